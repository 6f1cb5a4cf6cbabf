/*
 * qemustatustest.c: tests of what a driver makes of the status files that it finds
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <libvirt/libvirt.h>

#include "testqemu.h"
#include "virerror.h"

/* Somebody has copied a status file: the guest has one state, and that is in the file with its
 * name. */
static void
testCopy(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("plain", true, NULL);
    g_autoptr(virDomainObj) vm = NULL;
    g_autofree char *path = NULL;
    g_autofree char *copy = NULL;
    g_autofree char *aside = NULL;
    g_autofree char *text = NULL;
    GLogLevelFlags fatal;
    pid_t pid;

    testQEMUInit(&test, 0);
    vm = qemuDomainDefineXML(test.driver, xml, 0);
    if (!vm || qemuDomainCreate(vm, 0, NULL) < 0)
        g_error("%s", virErrorGetMessage());
    pid = qemuDomainGetPid(vm);
    g_clear_pointer(&vm, virDomainObjUnref);
    g_clear_pointer(&test.driver, qemuDriverFree);
    path = g_build_filename(test.directory, "run", "plain.xml", NULL);
    copy = g_build_filename(test.directory, "run", "plain (copy).xml", NULL);
    aside = g_strconcat(copy, ".damaged", NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_true(g_file_set_contents(copy, text, -1, NULL));
    /* It warns of that, while others say other things. */
    fatal = g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    testQEMUOpen(&test);
    g_log_set_always_fatal(fatal);
    vm = qemuDomainLookupByName(test.driver, "plain");
    g_assert_true(qemuDomainIsActive(vm));
    g_assert_cmpint(qemuDomainGetPid(vm), ==, pid);
    g_assert_cmpint(g_unlink(aside), ==, 0);
}

static int testNoDescriptors; /* atomic: how often there is none left for a process */

/* In place of the C library's. */
int
pidfd_open(pid_t pid, unsigned int flags)
{
    if (g_atomic_int_get(&testNoDescriptors) > 0) {
        g_atomic_int_add(&testNoDescriptors, -1);
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_pidfd_open, pid, flags);
}

static int testNoFiles; /* atomic: how often there is none left for a pid file */

/* Likewise. */
int
open64(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode = 0;

    if (flags & (O_CREAT | O_TMPFILE)) {
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    if (g_str_has_suffix(path, "/pid") && g_atomic_int_get(&testNoFiles) > 0) {
        g_atomic_int_add(&testNoFiles, -1);
        errno = EMFILE;
        return -1;
    }
    return openat(AT_FDCWD, path, flags, mode);
}

/* That a driver lacks a descriptor when it starts does not mean that its guests have ended. */
static void
testLacksDescriptors(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("plain", true, NULL);
    g_autoptr(virDomainObj) vm = NULL;
    GLogLevelFlags fatal;
    pid_t pid;

    testQEMUInit(&test, 0);
    vm = qemuDomainCreateXML(test.driver, xml, 0, NULL);
    if (!vm)
        g_error("%s", virErrorGetMessage());
    pid = qemuDomainGetPid(vm);
    g_clear_pointer(&vm, virDomainObjUnref);
    g_clear_pointer(&test.driver, qemuDriverFree);
    g_atomic_int_set(&testNoDescriptors, 2);
    /* A worker warns of it, some time. */
    fatal = g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    testQEMUOpen(&test);
    vm = qemuDomainLookupByName(test.driver, "plain");
    g_assert_nonnull(vm);
    if (qemuDomainReset(vm, 0) < 0)
        g_error("%s", virErrorGetMessage());
    g_assert_cmpint(g_atomic_int_get(&testNoDescriptors), ==, 0);
    g_log_set_always_fatal(fatal);
    g_assert_cmpint(qemuDomainGetPid(vm), ==, pid);
}

/* A status file that cannot be made out, while its guest runs. */
typedef struct {
    const char *name;
    bool persistent;
    bool unreadable; /* else damaged */
} testUnreadCase;

static const testUnreadCase testUnreadCases[] = {
    {"a persistent guest, damaged", true, false},
    {"a persistent guest, unreadable", true, true},
    {"a transient guest, damaged", false, false},
    {"a transient guest, unreadable", false, true},
};

#define TEST_GARBAGE "<domstatus id='1'"

/* Puts what nobody can read in the place of the status file. */
static void
testSpoil(const testQEMU *test, const testUnreadCase *spoilt)
{
    g_autofree char *path = g_build_filename(test->directory, "run", "plain.xml", NULL);
    g_autofree char *other = g_build_filename(test->directory, "garbage", NULL);

    if (!spoilt->unreadable) {
        g_assert_true(g_file_set_contents(path, TEST_GARBAGE, -1, NULL));
        return;
    }
    /* Nobody follows a link there. */
    g_assert_true(g_file_set_contents(other, TEST_GARBAGE, -1, NULL));
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_cmpint(symlink(other, path), ==, 0);
}

/* It is as it was, now with the other name. */
static void
testAssertSetAside(const testQEMU *test)
{
    g_autofree char *path = g_build_filename(test->directory, "run", "plain.xml.damaged", NULL);
    g_autofree char *other = g_build_filename(test->directory, "garbage", NULL);
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, TEST_GARBAGE);
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_unlink(other);
}

/* It is known that the guest runs, and nothing is done but end it. */
static void
testAssertOnlyRuns(testQEMU *test, const char *xml, pid_t pid)
{
    g_autoptr(virDomainObj) vm = qemuDomainLookupByName(test->driver, "plain");
    g_autofree char *message = g_strdup_printf(
        "QEMU of guest 'plain', process %d, is still running, and its status file", (int)pid);
    int state = -1;
    int reason;

    g_assert_nonnull(vm);
    g_assert_cmpint(qemuDomainGetPid(vm), ==, pid);
    qemuDomainGetState(vm, &state, &reason);
    g_assert_cmpint(state, ==, VIR_DOMAIN_NOSTATE);
    g_assert_cmpint(qemuDomainCreate(vm, 0, NULL), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, message);
    g_assert_null(qemuDomainCreateXML(test->driver, xml, 0, NULL));
    testQEMUAssertError(VIR_ERR_DOM_EXIST, "a guest of that name exists");
    g_assert_cmpint(qemuDomainSuspend(vm), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "can be destroyed, and nothing else");
    g_assert_true(testProcessIsThere(pid));
}

/* A guest runs on whatever becomes of its status file, and is not started a second time. */
static void
testUnread(const void *opaque)
{
    const testUnreadCase *spoilt = opaque;
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("plain", true, NULL);
    g_autoptr(virDomainObj) vm = NULL;
    pid_t pid;

    testQEMUInit(&test, 0);
    vm = spoilt->persistent ? qemuDomainDefineXML(test.driver, xml, 0)
                            : qemuDomainCreateXML(test.driver, xml, 0, NULL);
    if (!vm || (spoilt->persistent && qemuDomainCreate(vm, 0, NULL) < 0))
        g_error("%s", virErrorGetMessage());
    pid = qemuDomainGetPid(vm);
    g_clear_pointer(&vm, virDomainObjUnref);
    g_clear_pointer(&test.driver, qemuDriverFree);
    testSpoil(&test, spoilt);
    for (int turn = 0; turn < 2; turn++) {
        g_clear_pointer(&test.driver, qemuDriverFree);
        testQEMUOpen(&test);
        testAssertOnlyRuns(&test, xml, pid);
    }
    vm = qemuDomainLookupByName(test.driver, "plain");
    if (qemuDomainDestroy(vm, 0) < 0)
        g_error("%s", virErrorGetMessage());
    g_assert_false(testProcessIsThere(pid));
    testAssertSetAside(&test);
    if (spoilt->persistent && qemuDomainCreate(vm, 0, NULL) < 0)
        g_error("%s", virErrorGetMessage());
    g_log_set_always_fatal(fatal);
}

/* A guest of which only the pid file says which process it is. */
static void
testPidFileLacksDescriptors(void)
{
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("plain", true, NULL);
    g_autoptr(virDomainObj) vm = NULL;
    g_autofree char *path = NULL;
    g_autofree char *text = NULL;
    char *process;
    pid_t pid;

    testQEMUInit(&test, 0);
    vm = qemuDomainCreateXML(test.driver, xml, 0, NULL);
    if (!vm)
        g_error("%s", virErrorGetMessage());
    pid = qemuDomainGetPid(vm);
    g_clear_pointer(&vm, virDomainObjUnref);
    g_clear_pointer(&test.driver, qemuDriverFree);
    path = g_build_filename(test.directory, "run", "plain.xml", NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    process = strstr(text, "<process ");
    memset(process, ' ', (size_t)(strstr(process, "/>") + 2 - process));
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_atomic_int_set(&testNoFiles, 2);
    testQEMUOpen(&test);
    vm = qemuDomainLookupByName(test.driver, "plain");
    if (!vm || qemuDomainReset(vm, 0) < 0)
        g_error("%s", virErrorGetMessage());
    g_assert_cmpint(g_atomic_int_get(&testNoFiles), ==, 0);
    g_assert_cmpint(qemuDomainGetPid(vm), ==, pid);
    g_log_set_always_fatal(fatal);
}

static bool
testStatusHas(testQEMU *test, const char *name, const char *text)
{
    g_autofree char *file = g_strconcat(name, ".xml", NULL);
    g_autofree char *path = g_build_filename(test->directory, "run", file, NULL);
    g_autofree char *status = NULL;

    g_assert_true(g_file_get_contents(path, &status, NULL, NULL));
    return strstr(status, text);
}

/* A guest that did not care for its power button, and was reset, powers off for good later. */
static void
testResetForgetsReboot(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("deaf", true, NULL);
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = qemuDomainCreateXML(test.driver, xml, 0, NULL);
    if (!vm || qemuDomainReboot(vm, VIR_DOMAIN_REBOOT_ACPI_POWER_BTN) < 0)
        g_error("%s", virErrorGetMessage());
    g_assert_true(testStatusHas(&test, "deaf", "<fakeReboot/>"));
    g_assert_cmpint(qemuDomainReset(vm, 0), ==, 0);
    g_assert_false(testStatusHas(&test, "deaf", "<fakeReboot/>"));
    g_assert_cmpint(qemuDomainDestroy(vm, 0), ==, 0);
}

/* A reboot that could not be asked for is none that somebody waits for. */
static void
testRefusedReboot(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("numb", true, NULL);
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = qemuDomainCreateXML(test.driver, xml, 0, NULL);
    if (!vm)
        g_error("%s", virErrorGetMessage());
    g_assert_cmpint(qemuDomainReboot(vm, VIR_DOMAIN_REBOOT_ACPI_POWER_BTN), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "no button");
    g_assert_false(testStatusHas(&test, "numb", "<fakeReboot/>"));
}

/* Messages that hold testMessage; atomic. */
static const char *testMessage;
static int testMessages;

static void
testCountMessage(const char *domain G_GNUC_UNUSED, GLogLevelFlags level G_GNUC_UNUSED,
                 const char *message, void *opaque G_GNUC_UNUSED)
{
    if (strstr(message, testMessage))
        g_atomic_int_inc(&testMessages);
}

/* Who is told that the monitor is lost need not be told what could not be asked any more. */
static void
testBalloonOfLostMonitor(void)
{
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    GLogFunc before;
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("drops-balloon", true, NULL);
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = qemuDomainCreateXML(test.driver, xml, 0, NULL);
    if (!vm)
        g_error("%s", virErrorGetMessage());
    g_clear_pointer(&vm, virDomainObjUnref);
    g_clear_pointer(&test.driver, qemuDriverFree);
    testMessage = "how much memory it has now";
    g_atomic_int_set(&testMessages, 0);
    before = g_log_set_default_handler(testCountMessage, NULL);
    testQEMUOpen(&test);
    vm = qemuDomainLookupByName(test.driver, "drops-balloon");
    g_assert_cmpint(qemuDomainReset(vm, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "has been lost");
    g_log_set_default_handler(before, NULL);
    g_assert_cmpint(g_atomic_int_get(&testMessages), ==, 0);
    g_log_set_always_fatal(fatal);
}

static bool testDisturb; /* errno is another one after the list of guests has been made */

/* In place of GLib's. */
void
g_ptr_array_sort(GPtrArray *array, GCompareFunc compare)
{
    if (array->len > 0)
        qsort(array->pdata, array->len, sizeof(void *), compare);
    if (testDisturb)
        errno = EIO;
}

/* That guests have been started with the host is no failure, whatever comes after that is seen. */
static void
testAutostartOnce(void)
{
    GLogFunc before;
    g_auto(testQEMU) test = {0};

    testQEMUInit(&test, 0);
    qemuDriverAutostart(test.driver);
    testMessage = "autostarted";
    g_atomic_int_set(&testMessages, 0);
    before = g_log_set_default_handler(testCountMessage, NULL);
    testDisturb = true;
    qemuDriverAutostart(test.driver);
    testDisturb = false;
    g_log_set_default_handler(before, NULL);
    g_assert_cmpint(g_atomic_int_get(&testMessages), ==, 0);
}

/* All files that are named after a guest can be made. */
static void
testLongName(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *longest = g_strnfill(237, 'n');
    g_autofree char *xml = testQEMUMakeXML(longest, false, NULL);
    g_autoptr(virDomainObj) vm = NULL;

    if (!testQEMUIsThere())
        return;
    testQEMUInit(&test, 0);
    vm = qemuDomainDefineXML(test.driver, xml, 0);
    if (!vm || qemuDomainSetAutostart(vm, true) < 0 || qemuDomainCreate(vm, 0, NULL) < 0 ||
        qemuDomainManagedSave(vm, 0) < 0 || qemuDomainCreate(vm, 0, NULL) < 0 ||
        qemuDomainDestroy(vm, 0) < 0 || qemuDomainUndefine(vm, 0) < 0)
        g_error("%s", virErrorGetMessage());
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemustatus/a copy of a status file", testCopy);
    g_test_add_func("/qemustatus/a driver without descriptors", testLacksDescriptors);
    g_test_add_func("/qemustatus/a driver without descriptors for pid files",
                    testPidFileLacksDescriptors);
    for (size_t i = 0; i < G_N_ELEMENTS(testUnreadCases); i++) {
        g_autofree char *path =
            g_strdup_printf("/qemustatus/no status is to be had of %s", testUnreadCases[i].name);

        g_test_add_data_func(path, &testUnreadCases[i], testUnread);
    }
    g_test_add_func("/qemustatus/a reboot that is refused", testRefusedReboot);
    g_test_add_func("/qemustatus/the balloon of a lost monitor", testBalloonOfLostMonitor);
    g_test_add_func("/qemustatus/guests start with the host once", testAutostartOnce);
    g_test_add_func("/qemustatus/a long name", testLongName);
    g_test_add_func("/qemustatus/a reset forgets a reboot that was asked for",
                    testResetForgetsReboot);
    return g_test_run();
}
