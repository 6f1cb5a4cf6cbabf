/*
 * qemuhotplugcrashtest.c: a driver that dies at any point of plugging a device into a running
 * guest, or of taking it out
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "testcrash.h"
#include "testguest.h"
#include "testkernelserver.h"
#include "testqemu.h"
#include "virerror.h"

static const char hostdev[] =
    "<hostdev mode='subsystem' type='pci' managed='yes'><source>"
    "<address domain='0x0' bus='0x3b' slot='0x00' function='0x3'/></source></hostdev>";

/* What processes tell each other. */
typedef struct {
    bool has;       /* the guest has the device */
    char xml[8192]; /* of the guest without it */
} testShared;

/*
 * A guest that runs, on a fake QEMU and a fake host; drivers come and go, each in a process of its
 * own: GLib's threads do not survive a fork(), so the first process has none.
 */
typedef struct {
    testBind *bind;
    testKernelServer *kernel;
    testQEMU qemu;
    testShared *shared;
    char *tree;       /* before anything was done */
    const char *mode; /* the guest's name: what its QEMU does */
    bool detach;
} testHost;

static void
testOpen(testHost *host)
{
    host->qemu.events = g_async_queue_new_full(g_free);
    host->qemu.hostdevMgr = testManage(host->bind);
    testQEMUOpen(&host->qemu);
}

/* The guest, once the driver has taken it over: what was begun by another driver is settled before
 * this call has its turn. */
static virDomainObj *
testTakeOver(testHost *host)
{
    virDomainObj *vm;

    testOpen(host);
    vm = qemuDomainLookupByName(host->qemu.driver, host->mode);
    if (!vm || qemuDomainReset(vm, 0) < 0)
        g_error("%s", virErrorGetMessage());
    return vm;
}

static void
testClose(testHost *host)
{
    g_clear_pointer(&host->qemu.driver, qemuDriverFree);
    g_clear_pointer(&host->qemu.hostdevMgr, virHostdevManagerFree);
}

static int
testChange(virDomainObj *vm, bool detach)
{
    return detach ? qemuDomainDetachDeviceFlags(vm, hostdev, 0)
                  : qemuDomainAttachDeviceFlags(vm, hostdev, 0);
}

/* These are testCrashFunc. The one that is killed: */
static int
testPerform(void *opaque)
{
    testHost *host = opaque;
    g_autoptr(virDomainObj) vm = testTakeOver(host);
    int rc = testChange(vm, host->detach);

    g_clear_pointer(&vm, virDomainObjUnref);
    testClose(host);
    return rc;
}

/* Starts the guest. */
static int
testStart(void *opaque)
{
    testHost *host = opaque;
    g_autofree char *xml = testQEMUMakeXML(host->mode, true, NULL);
    g_autofree char *live = NULL;
    g_autoptr(virDomainObj) vm = NULL;

    testOpen(host);
    if (!(vm = qemuDomainDefineXML(host->qemu.driver, xml, 0)) || qemuDomainCreate(vm, 0, NULL) < 0)
        return -1;
    live = qemuDomainGetXMLDesc(vm, 0);
    g_assert_cmpuint(g_strlcpy(host->shared->xml, live, sizeof(host->shared->xml)), <,
                     sizeof(host->shared->xml));
    if (host->detach && testChange(vm, false) < 0)
        return -1;
    g_clear_pointer(&vm, virDomainObjUnref);
    testClose(host);
    return 0;
}

/* The next driver finds the guest with its device or without it, and nothing between; then it has
 * the guest again as it was before. */
static int
testCheck(void *opaque)
{
    testHost *host = opaque;
    g_autoptr(virDomainObj) vm = testTakeOver(host);
    g_autofree char *xml = qemuDomainGetXMLDesc(vm, 0);

    host->shared->has = strstr(xml, "<hostdev");
    if (host->shared->has) {
        testAssertUser(host->qemu.hostdevMgr, VF, host->mode);
        testAssertDriver(host->bind, VF, "mlx5_vfio_pci");
    } else {
        g_assert_cmpstr(xml, ==, host->shared->xml);
        testAssertUntouched(host->bind, host->qemu.hostdevMgr, host->tree);
    }
    if (host->shared->has != host->detach && testChange(vm, host->shared->has) < 0)
        return -1;
    g_clear_pointer(&vm, virDomainObjUnref);
    testClose(host);
    return 0;
}

/* Destroying the guest gives everything back. */
static int
testEnd(void *opaque)
{
    testHost *host = opaque;
    g_autoptr(virDomainObj) vm = testTakeOver(host);

    g_clear_pointer(&vm, virDomainObjUnref);
    testQEMUClear(&host->qemu);
    testAssertUntouched(host->bind, host->qemu.hostdevMgr, host->tree);
    return 0;
}

static void
testHostInit(testHost *host, const char *mode)
{
    host->mode = mode;
    host->shared = mmap(NULL, sizeof(*host->shared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(host->shared != MAP_FAILED);
    host->bind = testBindNew("smartnic-host", NULL);
    host->kernel = testKernelServerNew(host->bind->kernel, host->bind->scene, NULL);
    host->tree = testKernelSnapshot(host->bind->scene);
    host->qemu.host = host->bind->ctx.host;
    host->qemu.directory = g_dir_make_tmp("testqemu-XXXXXX", NULL);
    g_assert_false(testCrashRun(testStart, host, 0));
}

static void
testHostClear(testHost *host)
{
    g_assert_false(testCrashRun(testEnd, host, 0));
    testKernelServerFree(host->kernel);
    testBindFree(host->bind);
    g_free(host->qemu.directory);
    g_free(host->tree);
    g_assert_cmpint(munmap(host->shared, sizeof(*host->shared)), ==, 0);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testHost, testHostClear)

/* Kills a driver at a point, and looks. Returns whether there was such a point. */
static bool
testPoint(testHost *host, guint step, testOutcomes *outcomes)
{
    bool killed = testCrashRun(testPerform, host, step);

    g_assert_false(testCrashRun(testCheck, host, 0));
    outcomes->points += killed;
    if (host->shared->has == host->detach)
        outcomes->old += killed;
    else
        outcomes->new += killed;
    return killed;
}

static void
testSteps(const void *opaque)
{
    g_auto(testHost) host = {.detach = GPOINTER_TO_INT(opaque)};
    testOutcomes outcomes = {0};
    guint step = 1;

    testHostInit(&host, "plugs");
    while (testPoint(&host, step, &outcomes))
        step++;
    g_test_message("crash matrix: %s: %u points, %u old, %u new",
                   host.detach ? "unplug from a running guest" : "plug into a running guest",
                   outcomes.points, outcomes.old, outcomes.new);
    g_assert_cmpuint(outcomes.points, >, 8);
    g_assert_cmpuint(outcomes.old, >, 0);
    g_assert_cmpuint(outcomes.new, >, 0);
}

/* QEMU itself kills the driver: it has got the command, and nobody gets the reply. */
static const struct {
    const char *mode;
    bool detach;
    bool has; /* the guest has the device then */
} testReplies[] = {
    {"kills-before", false, false},
    {"kills-after", false, true},
    {"kills-del", true, false},
};

static void
testReply(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_auto(testHost) host = {.detach = testReplies[i].detach};

    testHostInit(&host, testReplies[i].mode);
    g_assert_true(testCrashRun(testPerform, &host, 0));
    /* Only what is not to be is put right again. */
    host.detach = testReplies[i].has;
    g_assert_false(testCrashRun(testCheck, &host, 0));
    g_assert_true(host.shared->has == testReplies[i].has);
}

/* A QEMU that is gone is warned of. */
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
    if (geteuid() != 0) {
        g_print("1..0 # SKIP only root can raise the limit on locked memory\n");
        return 0;
    }
    g_test_add_data_func("/qemuhotplugcrash/attach", GINT_TO_POINTER(false), testSteps);
    g_test_add_data_func("/qemuhotplugcrash/detach", GINT_TO_POINTER(true), testSteps);
    for (size_t i = 0; i < G_N_ELEMENTS(testReplies); i++) {
        g_autofree char *path = g_strdup_printf("/qemuhotplugcrash/%s", testReplies[i].mode);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testReply);
    }
    return g_test_run();
}
