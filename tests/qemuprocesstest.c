/*
 * qemuprocesstest.c: tests of qemu_process: how a fake QEMU starts, does not start, and ends
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "qemu_domain.h"
#include "qemu_process.h"
#include "testqemu.h"
#include "virerror.h"

static virDomainObj *
testCreate(testQEMU *test, const char *mode, unsigned int flags)
{
    g_autofree char *xml = testQEMUMakeXML(mode, true, NULL);

    virErrorReset();
    return qemuDomainCreateXML(test->driver, xml, flags, NULL);
}

/* testCreate() that has to work. */
static virDomainObj *
testStart(testQEMU *test, const char *mode)
{
    virDomainObj *vm = testCreate(test, mode, 0);

    if (!vm)
        g_error("%s", virErrorGetMessage());
    return vm;
}

/* How a QEMU that was started ends, and what is said of it. */
typedef struct {
    const char *mode;
    int reason; /* virDomainShutoffReason */
    const char *event;
    const char *message; /* NULL if it ended well */
} testEnd;

static const testEnd testEnds[] = {
    {"guest-shutdown", VIR_DOMAIN_SHUTOFF_SHUTDOWN, "stopped shutdown", NULL},
    {"guest-reset", VIR_DOMAIN_SHUTOFF_SHUTDOWN, "stopped shutdown", NULL},
    {"host-signal", VIR_DOMAIN_SHUTOFF_SHUTDOWN, "stopped shutdown",
     "guest 'host-signal' is gone: QEMU ended, and not because the guest did (host-signal)"},
    {"guest-panic", VIR_DOMAIN_SHUTOFF_CRASHED, "stopped crashed",
     "QEMU ended, and not because the guest did (guest-panic)"},
    {"leaves", VIR_DOMAIN_SHUTOFF_CRASHED, "stopped crashed",
     "QEMU ended, and not because the guest did (no reason given)"},
    {"fails", VIR_DOMAIN_SHUTOFF_CRASHED, "stopped crashed",
     "guest 'fails' is gone: QEMU failed with exit status 3: the disk is on fire [2J"},
    {"dies", VIR_DOMAIN_SHUTOFF_CRASHED, "stopped crashed",
     "guest 'dies' is gone: QEMU was killed by signal 9 (Killed)"},
    {"noisy", VIR_DOMAIN_SHUTOFF_CRASHED, "stopped crashed", "line 99999"},
};

static void
testEndsBy(const testEnd *end, unsigned int flags)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;
    g_autofree char *event = g_strdup_printf("%s %s", end->mode, end->event);
    g_autofree char *message = NULL;
    int state;
    int reason;

    testQEMUInit(&test, flags);
    vm = testStart(&test, end->mode);
    testQEMUAwaitLater(&test, event);
    qemuDomainGetState(vm, &state, &reason);
    g_assert_cmpint(state, ==, VIR_DOMAIN_SHUTOFF);
    g_assert_cmpint(reason, ==, end->reason);
    message = qemuDomainGetEndMessage(vm);
    if (end->message && !strstr(message ? message : "", end->message))
        g_error("\"%s\" does not say \"%s\"", message, end->message);
    g_assert_true(end->message != NULL || !message);
    g_assert_cmpuint(message ? strlen(message) : 0, <, 8192);
    g_assert_false(testProcessIsThere(qemuDomainGetPid(vm)));
}

static void
testEndsEmbedded(const void *opaque)
{
    testEndsBy(opaque, TEST_QEMU_EMBEDDED);
}

static void
testEndsInDaemon(const void *opaque)
{
    testEndsBy(opaque, 0);
}

/* A QEMU that does not come up. */
static const struct {
    const char *mode;
    const char *message;
} testFailures[] = {
    {"refuses-argv",
     "QEMU cannot start guest 'refuses-argv': fakeqemu: -machine q35: no such thing\nsee -help"},
    {"refuses", "QEMU cannot start guest 'refuses': QEMU's monitor command cont failed: no: cannot "
                "continue"},
    {"hangs-up", "QEMU cannot start guest 'hangs-up': good bye"},
    {"garbage", "QEMU cannot start guest 'garbage': QEMU's monitor sends nothing that makes sense"},
};

static void
testStartFails(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque) / 2;
    g_auto(testQEMU) test = {0};
    g_autofree char *event = g_strdup_printf("%s stopped failed", testFailures[i].mode);

    testQEMUInit(&test, GPOINTER_TO_SIZE(opaque) % 2 ? TEST_QEMU_EMBEDDED : 0);
    g_assert_null(testCreate(&test, testFailures[i].mode, 0));
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, testFailures[i].message);
    testQEMUAwait(&test, event);
    g_assert_null(qemuDomainLookupByName(test.driver, testFailures[i].mode));
    testQEMUAssertError(VIR_ERR_NO_DOMAIN, "Domain not found: no domain with matching name");
}

/* What QEMU inherits: three standard descriptors and its sockets, and no terminal; and what ends
 * it with us. */
static void
testInherits(void)
{
    for (int stdio = 0; stdio <= 1; stdio++) {
        g_auto(testQEMU) test = {0};
        g_autofree char *xml = testQEMUMakeXML("inspect", true, NULL);
        g_autofree char *expected =
            g_strdup_printf("QEMU cannot start guest 'inspect': fds=0,1,2,3%s session=True "
                            "stdin=/dev/null stdout=/dev/null death=9",
                            stdio ? ",4" : "");

        testQEMUInit(&test, TEST_QEMU_EMBEDDED);
        g_assert_null(qemuDomainCreateDef(test.driver,
                                          virDomainDefParse(xml, strlen(xml), "guest.xml"), 0,
                                          stdio ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1));
        testQEMUAssertError(VIR_ERR_OPERATION_FAILED, expected);
    }
}

/* A guest of the daemon outlives it, unless it is not to. */
static void
testInheritsInDaemon(void)
{
    g_auto(testQEMU) test = {0};

    testQEMUInit(&test, 0);
    g_assert_null(testCreate(&test, "inspect", 0));
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "fds=0,1,2,3 session=True");
    g_assert_null(testCreate(&test, "inspect", 0));
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "death=0");
    g_assert_null(testCreate(&test, "inspect", VIR_DOMAIN_START_AUTODESTROY));
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "death=9");
}

static void *
testDestroyThread(void *opaque)
{
    testQEMU *test = opaque;
    g_autoptr(virDomainObj) vm = NULL;

    while (!(vm = qemuDomainLookupByName(test->driver, "mute")) || qemuDomainGetPid(vm) == 0) {
        g_clear_pointer(&vm, virDomainObjUnref);
        g_thread_yield();
    }
    return GINT_TO_POINTER(qemuDomainDestroy(vm, 0));
}

static void
testEndedWhileStarting(void)
{
    g_auto(testQEMU) test = {0};
    GThread *thread;

    testQEMUInit(&test, 0);
    thread = g_thread_new("destroy", testDestroyThread, &test);
    g_assert_null(testCreate(&test, "mute", 0));
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED,
                        "guest 'mute' was ended by request before it ran");
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(thread)), ==, 0);
}

static void
testShutdownIsObeyed(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = testStart(&test, "obedient");
    g_assert_cmpint(qemuDomainShutdown(vm, 0), ==, 0);
    testQEMUAwaitAll(&test, "obedient resumed unpaused", "obedient started booted",
                     "obedient shutdown guest", "obedient stopped shutdown", NULL);
}

static void
testGraceful(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = testStart(&test, "stubborn");
    g_assert_cmpint(qemuDomainDestroy(vm, VIR_DOMAIN_DESTROY_GRACEFUL), ==, -1);
    testQEMUAssertError(VIR_ERR_RESOURCE_BUSY, "does not end when asked to");
    g_assert_true(testProcessIsThere(qemuDomainGetPid(vm)));
    g_test_expect_message("qemu.process", G_LOG_LEVEL_WARNING, "*does not end when told to*");
    g_assert_cmpint(qemuDomainDestroy(vm, 0), ==, 0);
    g_test_assert_expected_messages();
    g_assert_false(testProcessIsThere(qemuDomainGetPid(vm)));
}

/* A command that QEMU does not answer does not keep the guest from being destroyed. */
static void *
testSuspendThread(void *opaque)
{
    return GINT_TO_POINTER(qemuDomainSuspend(opaque));
}

static void
testDestroyWhileBusy(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;
    GThread *thread;

    testQEMUInit(&test, 0);
    vm = testStart(&test, "stalls");
    testQEMUAwaitLater(&test, "stalls started booted");
    thread = g_thread_new("suspend", testSuspendThread, vm);
    /* The fake QEMU tells that it has got the command, and then nothing more. */
    testQEMUAwaitLater(&test, "stalls reboot");
    g_assert_cmpint(qemuDomainDestroy(vm, 0), ==, 0);
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(thread)), ==, -1);
    testQEMUAwaitLater(&test, "stalls stopped destroyed");
}

/* For this thread what is awaited is overdue. */
static _Thread_local bool testImpatient;

/* In place of GLib's. */
gint64
g_get_monotonic_time(void)
{
    gint64 ago = testImpatient ? 3600 : 0;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - ago) * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* What is being done hangs, whatever becomes of QEMU: then destroy does not hang too. */
static void
testDestroyBehindJob(void)
{
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
    g_auto(testQEMU) test = {0};
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = testStart(&test, "plain");
    testImpatient = true;
    g_assert_cmpint(qemuDomainJobBegin(&job, vm, "bind a device"), ==, 0);
    g_assert_cmpint(qemuDomainDestroy(vm, VIR_DOMAIN_DESTROY_GRACEFUL), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_TIMEOUT,
                        "'bind a device' has been going on for 0 seconds, and 'destroy' has to "
                        "wait for it; try again later");
    g_assert_true(testProcessIsThere(qemuDomainGetPid(vm)));
    g_assert_cmpint(qemuDomainDestroy(vm, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_TIMEOUT,
                        "try again later. Its QEMU, if there is one, has been killed");
    testImpatient = false;
    qemuDomainJobEnd(&job);
    testQEMUAwaitLater(&test, "plain stopped destroyed");
    g_assert_false(qemuDomainIsActive(vm));
    g_log_set_always_fatal(fatal);
}

/* A guest whose monitor is lost goes on, and can be destroyed. */
static void
testMonitorLost(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = testStart(&test, "drops");
    /* The call that is under way is told first, and those that come later a moment after. */
    do {
        g_assert_cmpint(qemuDomainSuspend(vm), ==, -1);
    } while (
        !strstr(virErrorGetMessage(), "the connection to QEMU of guest 'drops' has been lost"));
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "destroy the guest, or restart virtvfiod");
    g_assert_true(testProcessIsThere(qemuDomainGetPid(vm)));
    g_assert_cmpint(qemuDomainDestroy(vm, 0), ==, 0);
}

static void
testFreeKills(void)
{
    g_auto(testQEMU) test = {0};
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, TEST_QEMU_EMBEDDED);
    vm = testStart(&test, "deaf");
    g_clear_pointer(&test.driver, qemuDriverFree);
    g_assert_false(testProcessIsThere(qemuDomainGetPid(vm)));
    test.driver = qemuDriverNew(&(qemuDriverConfig){0});
}

/* What cannot be started here. */
static const struct {
    const char *title;
    const char *more;
    int code;
    const char *message;
} testChecks[] = {
    {"no emulator", "<devices><emulator>/nonexistent/qemu</emulator></devices>",
     VIR_ERR_OPERATION_FAILED,
     "the <emulator> of guest 'x', /nonexistent/qemu, is no program that can be run"},
    {"stdio", "<devices><serial type='stdio'/></devices>", VIR_ERR_CONFIG_UNSUPPORTED,
     "unsupported configuration: guest 'x' has <serial type='stdio'>, which is for 'virtvfio run'"},
};

static void
testCheck(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("x", false, testChecks[i].more);

    testQEMUInit(&test, 0);
    g_assert_null(qemuDomainCreateXML(test.driver, xml, 0, NULL));
    testQEMUAssertError(testChecks[i].code, testChecks[i].message);
    g_assert_null(g_async_queue_try_pop(test.events));
}

static void
testNoKernel(void)
{
    g_autofree char *xml = testQEMUMakeXML("x", true, NULL);
    g_autoptr(virDomainDef) def = virDomainDefParse(xml, strlen(xml), "guest.xml");

    def->os.kernel = g_strdup("/nonexistent/vmlinuz");
    g_assert_null(qemuProcessCheck(def));
    testQEMUAssertError(VIR_ERR_SYSTEM_ERROR,
                        "cannot read the <kernel> of guest 'x', /nonexistent/vmlinuz: No such file "
                        "or directory");
}

/* With the lock held no worker comes to its end, so each piece of work would have one. */
static void
testManyEvents(void)
{
    g_auto(testQEMU) test = {0};
    g_autofree char *xml = testQEMUMakeXML("plain", true, NULL);
    g_autoptr(virDomainObj) vm = NULL;

    testQEMUInit(&test, 0);
    vm = qemuDomainCreateXML(test.driver, xml, 0, NULL);
    g_assert_nonnull(vm);
    g_mutex_lock(&vm->lock);
    for (int i = 0; i < 200; i++)
        qemuDomainPushStatus(vm);
    g_assert_cmpuint(g_thread_pool_get_num_threads(test.driver->workers), <, 20);
    g_mutex_unlock(&vm->lock);
}

static void
testAdd(const char *group, const char *name, const void *data, GTestDataFunc func)
{
    g_autofree char *path = g_strdup_printf("/qemuprocess/%s/%s", group, name);

    g_test_add_data_func(path, data, func);
}

/* Garbage is warned of, and the tests send it on purpose. */
static gboolean
testIgnoreWarnings(const char *source G_GNUC_UNUSED, GLogLevelFlags level,
                   const char *message G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
    return !(level & G_LOG_LEVEL_WARNING);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_log_set_fatal_handler(testIgnoreWarnings, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
    for (size_t i = 0; i < G_N_ELEMENTS(testEnds); i++) {
        testAdd("end, embedded", testEnds[i].mode, &testEnds[i], testEndsEmbedded);
        testAdd("end", testEnds[i].mode, &testEnds[i], testEndsInDaemon);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(testFailures); i++) {
        /* Its end is waited for, in vain. */
        if (strcmp(testFailures[i].mode, "garbage") == 0 && !g_test_slow())
            continue;
        testAdd("start fails", testFailures[i].mode, GSIZE_TO_POINTER(2 * i), testStartFails);
        testAdd("start fails, embedded", testFailures[i].mode, GSIZE_TO_POINTER(2 * i + 1),
                testStartFails);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(testChecks); i++)
        testAdd("refused", testChecks[i].title, GSIZE_TO_POINTER(i), testCheck);
    g_test_add_func("/qemuprocess/refused/no kernel", testNoKernel);
    g_test_add_func("/qemuprocess/inherits, embedded", testInherits);
    g_test_add_func("/qemuprocess/inherits", testInheritsInDaemon);
    g_test_add_func("/qemuprocess/ended while starting", testEndedWhileStarting);
    g_test_add_func("/qemuprocess/shutdown is obeyed", testShutdownIsObeyed);
    if (g_test_slow())
        g_test_add_func("/qemuprocess/destroy kills what does not end", testGraceful);
    g_test_add_func("/qemuprocess/destroyed while QEMU does not answer", testDestroyWhileBusy);
    g_test_add_func("/qemuprocess/destroyed while something hangs", testDestroyBehindJob);
    g_test_add_func("/qemuprocess/many events are no crowd of threads", testManyEvents);
    g_test_add_func("/qemuprocess/monitor lost", testMonitorLost);
    g_test_add_func("/qemuprocess/the end of an embedded driver ends guests", testFreeKills);
    return g_test_run();
}
