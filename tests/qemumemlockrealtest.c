/*
 * qemumemlockrealtest.c: the limit on locked memory of the real QEMU, as host devices come and go
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host is a fake one: realqemu.py gives QEMU other devices in place of its own.
 */

#include <config.h>

#include <string.h>
#include <sys/resource.h>

#include "testguest.h"
#include "testkernelserver.h"
#include "testqemu.h"
#include "virerror.h"

#define TEST_HOSTDEV(function, managed)                                                            \
    "<hostdev mode='subsystem' type='pci' managed='" managed "'><source>"                          \
    "<address domain='0x0' bus='0x3b' slot='0x00' function='" function "'/></source></hostdev>"
#define MANAGED   TEST_HOSTDEV("3", "yes")
#define UNMANAGED TEST_HOSTDEV("2", "no")

/* 16 MiB of the guest and 1 GiB more. */
#define TEST_RAISED (G_GUINT64_CONSTANT(1040) * 1024 * 1024)

typedef struct {
    testBind *bind;
    testKernelServer *kernel;
    virHostdevManager *mgr;
    char *tree; /* before anything was done */
    testQEMU qemu;
    virDomainObj *vm;
} testReal;

/* Root of a container may not be able to raise a limit. */
static bool
testMayRaise(void)
{
    const struct rlimit raised = {.rlim_cur = TEST_RAISED, .rlim_max = TEST_RAISED};
    struct rlimit before;
    bool may;

    g_assert_cmpint(getrlimit(RLIMIT_MEMLOCK, &before), ==, 0);
    may = before.rlim_max < TEST_RAISED && setrlimit(RLIMIT_MEMLOCK, &raised) == 0;
    g_assert_cmpint(setrlimit(RLIMIT_MEMLOCK, &before), ==, 0);
    if (!may)
        g_test_skip(
            "needs a limit on locked memory that is low and can be raised (root of a host)");
    return may;
}

static void
testRealStart(testReal *test, const char *devices)
{
    g_autofree char *emulator = g_build_filename(g_getenv("abs_top_srcdir"), "tests",
                                                 "qemuprocessdata", "realqemu.py", NULL);
    g_autofree char *xml = g_strdup_printf(
        "<domain type='qemu'><name>g</name><memory unit='MiB'>16</memory>"
        "<os><type machine='q35'>hvm</type></os><devices><emulator>%s</emulator>%s</devices>"
        "</domain>",
        emulator, devices);

    test->bind = testBindNew("smartnic-host", NULL);
    test->kernel = testKernelServerNew(test->bind->kernel, test->bind->scene, NULL);
    test->mgr = testManage(test->bind);
    test->tree = testKernelSnapshot(test->bind->scene);
    test->qemu.host = test->bind->ctx.host;
    test->qemu.hostdevMgr = test->mgr;
    test->qemu.unplugTimeout_ms = 20;
    testQEMUInit(&test->qemu, 0);
    test->vm = qemuDomainCreateXML(test->qemu.driver, xml, 0, NULL);
    if (!test->vm)
        g_error("%s", virErrorGetMessage());
}

static void
testRealClear(testReal *test)
{
    if (!test->bind)
        return;
    virDomainObjUnref(test->vm);
    testQEMUClear(&test->qemu);
    testAssertUntouched(test->bind, test->mgr, test->tree);
    g_free(test->tree);
    virHostdevManagerFree(test->mgr);
    testKernelServerFree(test->kernel);
    testBindFree(test->bind);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testReal, testRealClear)

/* What the kernel says of the process, which is QEMU itself. */
static guint64
testGetLimit(testReal *test)
{
    struct rlimit limit;
    g_autofree char *path = g_strdup_printf("/proc/%d/limits", (int)qemuDomainGetPid(test->vm));
    g_autofree char *exe = g_strdup_printf("/proc/%d/exe", (int)qemuDomainGetPid(test->vm));
    g_autofree char *program = g_file_read_link(exe, NULL);
    g_autofree char *text = NULL;
    g_autofree char *line = NULL;

    g_assert_true(g_str_has_suffix(program, "/qemu-system-x86_64"));
    g_assert_cmpint(prlimit(qemuDomainGetPid(test->vm), RLIMIT_MEMLOCK, NULL, &limit), ==, 0);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    line = g_strdup_printf("Max locked memory         %-20" G_GUINT64_FORMAT
                           " %-20" G_GUINT64_FORMAT " bytes",
                           (guint64)limit.rlim_cur, (guint64)limit.rlim_max);
    if (!strstr(text, line))
        g_error("no \"%s\" in %s", line, text);
    g_test_message("%s", line);
    return limit.rlim_cur;
}

static void
testPlug(testReal *test, const char *xml, const char *event)
{
    if (qemuDomainAttachDeviceFlags(test->vm, xml, VIR_DOMAIN_AFFECT_LIVE) < 0)
        g_error("%s", virErrorGetMessage());
    testQEMUAwaitLater(&test->qemu, event);
}

/* A guest without a system releases a device when it is reset, but not always by the first reset.
 */
static void
testUnplug(testReal *test, const char *xml, const char *expected)
{
    if (qemuDomainDetachDeviceFlags(test->vm, xml, VIR_DOMAIN_AFFECT_LIVE) < 0)
        g_error("%s", virErrorGetMessage());
    for (int tries = 0; tries < 20; tries++) {
        char *event;

        if (qemuDomainReset(test->vm, 0) < 0)
            g_error("%s", virErrorGetMessage());
        while ((event = g_async_queue_timeout_pop(test->qemu.events, 5 * G_USEC_PER_SEC))) {
            g_autofree char *found = event;

            if (strcmp(found, expected) == 0)
                return;
        }
        if (qemuDomainDetachDeviceFlags(test->vm, xml, VIR_DOMAIN_AFFECT_LIVE) < 0)
            virErrorReset(); /* QEMU may still be at the first one */
    }
    g_error("the event \"%s\" does not come", expected);
}

static void
testPlugged(void)
{
    g_auto(testReal) test = {0};
    guint64 before;

    if (!testQEMUIsThere() || !testMayRaise())
        return;
    testRealStart(&test, "");
    before = testGetLimit(&test);
    g_assert_cmpuint(before, <, TEST_RAISED);
    testPlug(&test, UNMANAGED, "g added hostdev0");
    g_assert_cmpuint(testGetLimit(&test), ==, TEST_RAISED);
    testPlug(&test, MANAGED, "g added hostdev1");
    g_assert_cmpuint(testGetLimit(&test), ==, TEST_RAISED);
    testUnplug(&test, UNMANAGED, "g removed hostdev0");
    g_assert_cmpuint(testGetLimit(&test), ==, TEST_RAISED);
    testUnplug(&test, MANAGED, "g removed hostdev1");
    g_assert_cmpuint(testGetLimit(&test), ==, before);
}

static void
testStarted(void)
{
    g_auto(testReal) test = {0};

    if (!testQEMUIsThere() || !testMayRaise())
        return;
    testRealStart(&test, UNMANAGED);
    g_assert_cmpuint(testGetLimit(&test), ==, TEST_RAISED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemumemlock/real/at the start", testStarted);
    g_test_add_func("/qemumemlock/real/first and last device", testPlugged);
    return g_test_run();
}
