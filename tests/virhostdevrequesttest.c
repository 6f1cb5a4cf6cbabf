/*
 * virhostdevrequesttest.c: tests of what an administrator may do with devices while guests run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include "testguest.h"
#include "testnode.h"
#include "virerror.h"
#include "virhostdevledger.h"
#include "virhostdevledgerfile.h"
#include "virhostdevrequest.h"

#define COMPANION "0000:01:00.1" /* of BLOCKED's group, on snd_hda_intel */

/* A device goes back to the host when no guest has a member of its group any more. */
static void
testCompanionOfAGuest(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) guest = testGuestNew(BLOCKED, NULL, NULL);
    virPCIDeviceAddress companion = testBindParse(COMPANION);
    guint writes;

    guest->defs[0].managed = false;
    g_assert_cmpint(virHostdevPCINodeDeviceDetach(mgr, &companion, NULL), ==, 0);
    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, 0);
    writes = testKernelCountWrites(bind->kernel);
    g_assert_cmpint(virHostdevPCINodeDeviceReAttach(mgr, &companion), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_INVALID);
    g_assert_nonnull(strstr(virErrorGetMessage(), "guest 'web1' has " BLOCKED));
    g_assert_nonnull(strstr(virErrorGetMessage(), "snd_hda_intel"));
    g_assert_cmpuint(testKernelCountWrites(bind->kernel), ==, writes);
    testReAttach(mgr, "web1", guest);
    g_assert_cmpint(virHostdevPCINodeDeviceReAttach(mgr, &companion), ==, 0);
    testAssertDriver(bind, COMPANION, "snd_hda_intel");
}

/* What was on no driver before hurts no guest when it is on none again. */
static void
testCompanionWithoutDriver(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) guest = testGuestNew(BLOCKED, NULL, NULL);
    virPCIDeviceAddress companion = testBindParse(COMPANION);

    guest->defs[0].managed = false;
    testSceneUnbind(bind->scene, COMPANION);
    testAssertDriver(bind, COMPANION, NULL);
    g_assert_cmpint(virHostdevPCINodeDeviceDetach(mgr, &companion, NULL), ==, 0);
    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, 0);
    g_assert_cmpint(virHostdevPCINodeDeviceReAttach(mgr, &companion), ==, 0);
    testAssertDriver(bind, COMPANION, NULL);
    testReAttach(mgr, "web1", guest);
}

/* What an administrator does with a device that he holds, whose user nothing on the disk tells. */
static const struct {
    const char *name;
    const char *driver; /* another one to bind it to; NULL: it is to be given back */
} opens[] = {
    {"restore", NULL},
    {"bind to another driver", "vfio-pci"},
};

/* A guest's files were removed by hand, or no virtvfio started it: its group is open all the same.
 */
static void
testOpen(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    virPCIDeviceAddress address = testBindParse(VF);
    virHostdevDevice device = virHostdevDeviceRead(bind->ctx.host, &address);
    guint writes;
    int rc;

    g_assert_cmpint(virHostdevPCINodeDeviceDetach(mgr, &address, NULL), ==, 0);
    writes = testKernelCountWrites(bind->kernel);
    if (!testNodeOpenGroup(bind->scene, device.group))
        return;
    rc = opens[i].driver ? virHostdevPCINodeDeviceDetach(mgr, &address, opens[i].driver)
                         : virHostdevPCINodeDeviceReAttach(mgr, &address);
    g_assert_cmpint(rc, ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_INVALID);
    g_assert_nonnull(strstr(virErrorGetMessage(), VF));
    g_assert_nonnull(strstr(virErrorGetMessage(), "qemu-system-x86 (process 4711)"));
    g_assert_cmpuint(testKernelCountWrites(bind->kernel), ==, writes);
    testNodeClose(bind->scene, "4711");
    rc = opens[i].driver ? virHostdevPCINodeDeviceDetach(mgr, &address, opens[i].driver)
                         : virHostdevPCINodeDeviceReAttach(mgr, &address);
    g_assert_cmpint(rc, ==, 0);
}

/* A guest is known to have the rest of the open group: what goes to no driver hurts nobody. */
static void
testOpenByCompanion(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) guest = testGuestNew(BLOCKED, NULL, NULL);
    virPCIDeviceAddress companion = testBindParse(COMPANION);

    guest->defs[0].managed = false;
    testSceneUnbind(bind->scene, COMPANION);
    g_assert_cmpint(virHostdevPCINodeDeviceDetach(mgr, &companion, NULL), ==, 0);
    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, 0);
    if (!testNodeOpenGroup(bind->scene, 30))
        return;
    g_assert_cmpint(virHostdevPCINodeDeviceReAttach(mgr, &companion), ==, 0);
    testAssertDriver(bind, COMPANION, NULL);
}

static char *
testGetUser(const virPCIDeviceAddress *address G_GNUC_UNUSED, void *opaque)
{
    return g_strdup(opaque);
}

/* A device without a record is in use all the same, if whoever plans can say by whom. */
static void
testPlanAsksForUsers(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    const virPCIBindRequest request = {testBindParse(BOUND), NULL};
    virPCIBindContext ctx = bind->ctx;
    g_autoptr(virPCIBindPlan) plan = NULL;
    const virPCIBlocker *blocker;
    char user[] = "guest web1";

    ctx.user = testGetUser;
    ctx.userOpaque = user;
    plan = virPCIBindPlanNew(&ctx, &request, 1);
    g_assert_cmpuint(plan->blockers->len, ==, 1);
    blocker = &g_array_index(plan->blockers, virPCIBlocker, 0);
    g_assert_cmpint(blocker->code, ==, VIR_PCI_BLOCKER_IN_USE);
    g_assert_cmpstr(blocker->holder, ==, user);
    g_assert_nonnull(strstr(blocker->message, BOUND " is in use by guest web1"));
}

/* A guest that is known to have the device, and has its group open of course, is named once. */
static void
testPlanNamesUserOnce(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    const virPCIBindRequest request = {testBindParse(BOUND), "vfio-pci"};
    virHostdevDevice device = virHostdevDeviceRead(bind->ctx.host, &request.address);
    virPCIBindContext ctx = bind->ctx;
    g_autoptr(virPCIBindPlan) plan = NULL;
    char user[] = "guest web1";

    ctx.user = testGetUser;
    ctx.userOpaque = user;
    if (!testNodeOpenGroup(bind->scene, device.group))
        return;
    plan = virPCIBindPlanNew(&ctx, &request, 1);
    g_assert_cmpuint(plan->blockers->len, ==, 1);
    g_assert_cmpstr(g_array_index(plan->blockers, virPCIBlocker, 0).holder, ==, user);
}

/* A claim whose entry somebody removed is no guest's device: nobody else could know of it. */
static void
testActivateWithoutClaim(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevLedger) ledger = virHostdevLedgerOpen(bind->runDirectory);
    g_autofree char *path = g_build_filename(bind->runDirectory, "active", VF, NULL);
    g_autoptr(GArray) devices = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));
    const virHostdevDevice device = {testBindParse(VF), 12};
    const virHostdevUser user = {"QEMU", "web1"};

    g_array_append_val(devices, device);
    g_assert_cmpint(virHostdevLedgerClaim(ledger, &user, devices), ==, 0);
    g_assert_cmpint(unlink(path), ==, 0);
    g_assert_cmpint(virHostdevLedgerActivate(ledger, &user, devices), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_FAILED);
    g_assert_nonnull(strstr(virErrorGetMessage(), path));
}

/* Looking shows whose process runs, since when, and changes nothing. */
static void
testLook(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) guest = testGuestNew(BOUND, NULL, NULL);
    g_autofree char *damaged = g_build_filename(bind->runDirectory, "active", DISK, NULL);
    g_autoptr(virHostdevLedgerEntry) found = NULL;
    g_autoptr(GPtrArray) none = virHostdevLedgerFileList(bind->runDirectory);
    g_autoptr(GPtrArray) entries = NULL;
    const virHostdevLedgerEntry *entry;
    virPCIDeviceAddress address = testBindParse(BOUND);
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;

    guest->defs[0].managed = false;
    g_assert_cmpuint(none->len, ==, 0);
    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, 0);
    g_assert_true(g_file_set_contents(damaged, "[active]\n", -1, NULL));
    entries = virHostdevLedgerFileList(bind->runDirectory);
    g_assert_cmpuint(entries->len, ==, 1);
    entry = g_ptr_array_index(entries, 0);
    g_assert_cmpstr(entry->domName, ==, "web1");
    g_assert_cmpint(entry->process.pid, ==, getpid());
    g_assert_cmpint(ABS(entry->since - now), <=, 60);
    g_assert_true(g_file_test(damaged, G_FILE_TEST_EXISTS));
    found = virHostdevLedgerFileFind(bind->runDirectory, &address);
    g_assert_nonnull(found);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virhostdev/request/companion of a guest's", testCompanionOfAGuest);
    g_test_add_func("/virhostdev/request/companion without a driver", testCompanionWithoutDriver);
    for (size_t i = 0; i < G_N_ELEMENTS(opens); i++) {
        g_autofree char *path =
            g_strdup_printf("/virhostdev/request/open group, %s", opens[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testOpen);
    }
    g_test_add_func("/virhostdev/request/group open for a companion", testOpenByCompanion);
    g_test_add_func("/virhostdev/request/plan asks for users", testPlanAsksForUsers);
    g_test_add_func("/virhostdev/request/plan names a user once", testPlanNamesUserOnce);
    g_test_add_func("/virhostdev/request/activate without a claim", testActivateWithoutClaim);
    g_test_add_func("/virhostdev/request/look", testLook);
    return g_test_run();
}
