/*
 * qemupowertest.c: tests of what follows when a guest on the real QEMU powers off, resets, crashes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "testboot.h"
#include "testqemu.h"
#include "virerror.h"
#include "virfile.h"

typedef struct {
    const char *name;
    const char *actions; /* of <domain> */
    const char *does;    /* TEST_BOOT_… */
    const char *event;   /* that comes, whatever comes before; NULL if it boots again */
    int state;           /* after it, and its reason */
    int reason;
    const char *unlike; /* an event that has not come before; or NULL */
} testCase;

#define OFF(action)   "<on_poweroff>" action "</on_poweroff>"
#define RESET(action) "<on_reboot>" action "</on_reboot>"
#define CRASH(action) "<on_crash>" action "</on_crash>"

static const testCase testCases[] = {
    {"powers off and ends", "", TEST_BOOT_POWEROFF, "g stopped shutdown", VIR_DOMAIN_SHUTOFF,
     VIR_DOMAIN_SHUTOFF_SHUTDOWN, NULL},
    {"powers off and boots", OFF("restart"), TEST_BOOT_POWEROFF, NULL, VIR_DOMAIN_RUNNING,
     VIR_DOMAIN_RUNNING_BOOTED, "g shutdown guest"},
    {"powers off and stays", OFF("preserve"), TEST_BOOT_POWEROFF, "g shutdown guest",
     VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_UNKNOWN, "g stopped shutdown"},
    {"powers off and ends, beside a reset that stays", RESET("preserve"), TEST_BOOT_POWEROFF,
     "g stopped shutdown", VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SHUTDOWN, NULL},
    {"resets and boots", "", TEST_BOOT_RESET, NULL, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED,
     "g shutdown guest"},
    {"resets and ends", RESET("destroy"), TEST_BOOT_RESET, "g stopped shutdown", VIR_DOMAIN_SHUTOFF,
     VIR_DOMAIN_SHUTOFF_SHUTDOWN, NULL},
    {"resets and ends, beside a power-off that stays", OFF("preserve") RESET("destroy"),
     TEST_BOOT_RESET, "g stopped shutdown", VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SHUTDOWN, NULL},
    {"resets and stays", RESET("preserve"), TEST_BOOT_RESET, "g shutdown guest",
     VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_UNKNOWN, "g stopped shutdown"},
    {"crashes and ends", "", TEST_BOOT_PANIC, "g stopped crashed", VIR_DOMAIN_SHUTOFF,
     VIR_DOMAIN_SHUTOFF_CRASHED, NULL},
    {"crashes and ends, beside a power-off that boots", OFF("restart"), TEST_BOOT_PANIC,
     "g stopped crashed", VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED, NULL},
    {"crashes and boots", CRASH("restart"), TEST_BOOT_PANIC, NULL, VIR_DOMAIN_RUNNING,
     VIR_DOMAIN_RUNNING_CRASHED, "g stopped crashed"},
    {"crashes and stays", CRASH("preserve"), TEST_BOOT_PANIC, "g crashed panicked",
     VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED, "g stopped crashed"},
};

/* A guest that has booted, and its console. */
static virDomainObj *
testBoot(testQEMU *test, const char *image, const char *actions, int *fd)
{
    g_autofree char *devices = testBootMakeXML(image, NULL);
    g_autofree char *more = g_strconcat(actions, devices, NULL);
    g_autofree char *xml = testQEMUMakeXML("g", false, more);
    virDomainObj *vm = qemuDomainDefineXML(test->driver, xml, 0);

    if (!vm || qemuDomainCreate(vm, VIR_DOMAIN_START_PAUSED, NULL) < 0 ||
        qemuDomainOpenConsole(vm, NULL, 0, fd) < 0 || qemuDomainResume(vm) < 0)
        g_error("%s", virErrorGetMessage());
    testBootAwait(*fd, "R");
    return vm;
}

/* Waits for @expected; asserts that @unlike does not come before it. */
static void
testAwait(testQEMU *test, const char *expected, const char *unlike)
{
    for (;;) {
        g_autofree char *event = g_async_queue_timeout_pop(test->events, 60 * G_USEC_PER_SEC);

        g_assert_cmpstr(event, !=, NULL);
        g_assert_cmpstr(event, !=, unlike);
        if (strcmp(event, expected) == 0)
            return;
    }
}

static void
testAssertState(virDomainObj *vm, const testCase *test)
{
    int state;
    int reason;

    qemuDomainGetState(vm, &state, &reason);
    g_assert_cmpint(state, ==, test->state);
    g_assert_cmpint(reason, ==, test->reason);
}

static void
testEnds(const void *opaque)
{
    const testCase *test = opaque;
    g_auto(testQEMU) qemu = {0};
    g_autofree char *image = NULL;
    g_autoptr(virDomainObj) vm = NULL;
    VIR_AUTOCLOSE fd = -1;
    int id;

    if (!testQEMUIsThere())
        return;
    image = testBootMakeImage();
    testQEMUInit(&qemu, 0);
    vm = testBoot(&qemu, image, test->actions, &fd);
    id = qemuDomainGetID(vm);
    testBootSend(fd, test->does);
    if (test->event) {
        testAwait(&qemu, test->event, test->unlike);
    } else {
        testAwait(&qemu, "g reboot", test->unlike);
        testBootAwait(fd, "R");
        /* Waits for what boots it to be over. */
        g_assert_cmpint(qemuDomainResume(vm), ==, 0);
        g_assert_cmpint(qemuDomainGetID(vm), ==, id);
    }
    testAssertState(vm, test);
    if (qemuDomainIsActive(vm))
        g_assert_cmpint(qemuDomainDestroy(vm, 0), ==, 0);
    g_assert_cmpint(qemuDomainUndefine(vm, 0), ==, 0);
    g_unlink(image);
}

static int
testOpenTerminal(virDomainObj *vm)
{
    g_autofree char *xml = qemuDomainGetXMLDesc(vm, 0);
    g_auto(GStrv) parts = g_strsplit_set(strstr(xml, "tty=") + strlen("tty="), "'\"", 3);

    return open(parts[1], O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/* A guest that has stopped still while no driver was there. */
static void
testMeanwhile(void)
{
    static const struct {
        const char *actions;
        const char *does;
        const char *event;
    } cases[] = {
        {OFF("restart"), TEST_BOOT_POWEROFF, "g reboot"},
        {CRASH("restart"), TEST_BOOT_PANIC, "g reboot"},
        {CRASH("destroy") OFF("restart"), TEST_BOOT_PANIC, "g stopped crashed"},
    };

    for (size_t i = 0; testQEMUIsThere() && i < G_N_ELEMENTS(cases); i++) {
        g_auto(testQEMU) qemu = {0};
        g_autofree char *image = testBootMakeImage();
        g_autoptr(virDomainObj) vm = NULL;
        VIR_AUTOCLOSE fd = -1;
        VIR_AUTOCLOSE terminal = -1;

        testQEMUInit(&qemu, 0);
        vm = testBoot(&qemu, image, cases[i].actions, &fd);
        terminal = testOpenTerminal(vm);
        g_clear_pointer(&vm, virDomainObjUnref);
        qemuDriverFree(qemu.driver);
        testBootSend(terminal, cases[i].does);
        testBootAwait(terminal, cases[i].does);
        testQEMUOpen(&qemu);
        testQEMUAwaitLater(&qemu, cases[i].event);
        g_unlink(image);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* That a guest has crashed is a warning. */
    g_log_set_always_fatal((GLogLevelFlags)(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL));
    for (size_t i = 0; i < G_N_ELEMENTS(testCases); i++) {
        g_autofree char *path = g_strdup_printf("/qemupower/%s", testCases[i].name);

        g_test_add_data_func(path, &testCases[i], testEnds);
    }
    g_test_add_func("/qemupower/while no driver is there", testMeanwhile);
    return g_test_run();
}
