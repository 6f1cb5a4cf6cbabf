/*
 * virhostdevgrouptest.c: tests of guests' devices that share an IOMMU group
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "testguest.h"
#include "virerror.h"
#include "virhostdevledger.h"

#define GPU   BLOCKED        /* on no driver, where testGroupNew() made the host */
#define AUDIO "0000:01:00.1" /* of GPU's group, on snd_hda_intel */

/* A host whose GPU is on no driver, so that both members are bound for a guest. */
static testBind *
testGroupNew(void)
{
    testBind *bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    virPCIDeviceAddress audio = testBindParse(AUDIO);

    testSceneUnbind(bind->scene, GPU);
    /* There and back: now the kernel removes the group's node, which the scene did not. */
    g_assert_cmpint(virHostdevPCINodeDeviceDetach(mgr, &audio, NULL), ==, 0);
    g_assert_cmpint(virHostdevPCINodeDeviceReAttach(mgr, &audio), ==, 0);
    return bind;
}

static void
testAssertHolder(testBind *bind, const char *device, const char *holder)
{
    virPCIDeviceAddress address = testBindParse(device);
    g_autoptr(virJournalRecord) record = virJournalRead(bind->ctx.journal, &address);

    g_assert_cmpstr(record ? record->holder : NULL, ==, holder);
}

/* Which one is unplugged first, the guest going on with the other one. */
static const struct {
    const char *name;
    const char *first;
    const char *last;
} orders[] = {
    {"the one of a host driver first", AUDIO, GPU},
    {"the one of a host driver last", GPU, AUDIO},
};

static void
testUnplug(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testBind) bind = testGroupNew();
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) both = testGuestNew(GPU, AUDIO, NULL);
    g_autoptr(testGuest) first = testGuestNew(orders[i].first, NULL, NULL);
    g_autoptr(testGuest) last = testGuestNew(orders[i].last, NULL, NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    guint writes;

    g_assert_cmpint(testPrepare(mgr, "web1", both), ==, 0);
    writes = testKernelCountWrites(bind->kernel);
    testReAttach(mgr, "web1", first);
    g_assert_cmpuint(testKernelCountWrites(bind->kernel), ==, writes);
    testAssertDriver(bind, orders[i].first, "vfio-pci");
    testAssertHolder(bind, orders[i].first, "guest web1");
    testAssertUser(mgr, orders[i].first, NULL);
    testAssertUser(mgr, orders[i].last, "web1");
    testReAttach(mgr, "web1", last);
    testAssertDriver(bind, GPU, NULL);
    testAssertDriver(bind, AUDIO, "snd_hda_intel");
    testAssertUntouched(bind, mgr, before);
}

/* What stayed can be had again, by the guest that has the rest of its group. */
static void
testPlugAgain(void)
{
    g_autoptr(testBind) bind = testGroupNew();
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) both = testGuestNew(GPU, AUDIO, NULL);
    g_autoptr(testGuest) audio = testGuestNew(AUDIO, NULL, NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);

    g_assert_cmpint(testPrepare(mgr, "web1", both), ==, 0);
    testReAttach(mgr, "web1", audio);
    g_assert_cmpint(testPrepare(mgr, "web2", audio), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "guest 'web1' of QEMU has " GPU));
    testAssertHolder(bind, AUDIO, "guest web1");
    g_assert_cmpint(testPrepare(mgr, "web1", audio), ==, 0);
    testAssertUser(mgr, AUDIO, "web1");
    testReAttach(mgr, "web1", both);
    testAssertUntouched(bind, mgr, before);
}

/* A hot-plug that fails does not take from the guest's other device what its group needs. */
static void
testPlugAgainFails(void)
{
    g_autoptr(testBind) bind = testGroupNew();
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) both = testGuestNew(GPU, AUDIO, NULL);
    g_autoptr(testGuest) audio = testGuestNew(AUDIO, NULL, NULL);
    g_autoptr(testGuest) wrong = testGuestNew(AUDIO, DISK, NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);

    wrong->defs[1].managed = false;
    g_assert_cmpint(testPrepare(mgr, "web1", both), ==, 0);
    testReAttach(mgr, "web1", audio);
    g_assert_cmpint(testPrepare(mgr, "web1", wrong), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "it is on driver nvme"));
    testAssertDriver(bind, AUDIO, "vfio-pci");
    testReAttach(mgr, "web1", both);
    testAssertUntouched(bind, mgr, before);
}

/* An administrator is at the one that stayed just when the last one goes back: he is told that
 * nobody else gives it back, and can do that himself. */
static void
testLeftToAdministrator(void)
{
    g_autoptr(testBind) bind = testGroupNew();
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(virHostdevLedger) ledger = virHostdevLedgerOpen(bind->runDirectory);
    g_autoptr(testGuest) both = testGuestNew(GPU, AUDIO, NULL);
    g_autoptr(testGuest) gpu = testGuestNew(GPU, NULL, NULL);
    g_autoptr(testGuest) audio = testGuestNew(AUDIO, NULL, NULL);
    g_autoptr(GArray) changing = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));
    const virHostdevDevice device = {testBindParse(AUDIO), 30};
    g_autofree char *before = testKernelSnapshot(bind->scene);

    g_array_append_val(changing, device);
    g_assert_cmpint(testPrepare(mgr, "web1", both), ==, 0);
    testReAttach(mgr, "web1", audio);
    g_assert_cmpint(virHostdevPCINodeDeviceReAttach(mgr, &device.address), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "guest 'web1' has " GPU));
    g_assert_cmpint(virHostdevLedgerClaim(ledger, NULL, changing), ==, 0);
    g_test_expect_message("hypervisor.hostdev", G_LOG_LEVEL_WARNING,
                          "*" AUDIO "*guest web1*vfio-pci*virtvfio restore " AUDIO "*");
    testReAttach(mgr, "web1", gpu);
    g_test_assert_expected_messages();
    testAssertDriver(bind, AUDIO, "vfio-pci");
    virHostdevLedgerRelease(ledger, NULL, changing);
    g_assert_cmpint(virHostdevPCINodeDeviceReAttach(mgr, &device.address), ==, 0);
    testAssertUntouched(bind, mgr, before);
}

/* QEMU has ended, and before its device is given back another guest gets the rest of the group: the
 * device waits for that one. */
static void
testAnotherGuest(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) gpu = testGuestNew(GPU, NULL, NULL);
    g_autoptr(testGuest) audio = testGuestNew(AUDIO, NULL, NULL);
    g_autofree char *entry = g_build_filename(bind->runDirectory, "active", AUDIO, NULL);

    gpu->defs[0].managed = false; /* it was bound by hand */
    g_assert_cmpint(testPrepare(mgr, "web1", audio), ==, 0);
    g_assert_cmpint(unlink(entry), ==, 0); /* as whoever looks at the ledger then does */
    g_assert_cmpint(testPrepare(mgr, "web2", gpu), ==, 0);
    testReAttach(mgr, "web1", audio);
    testAssertDriver(bind, AUDIO, "vfio-pci");
    testAssertHolder(bind, AUDIO, "guest web1");
    testReAttach(mgr, "web2", gpu);
    testAssertDriver(bind, AUDIO, "snd_hda_intel");
    testAssertHolder(bind, AUDIO, NULL);
    testAssertDriver(bind, GPU, "vfio-pci");
}

/* A guest that was found running in a group that another one has: it is told of, and the guest's
 * other devices are known all the same. */
static void
testAdoptInGroup(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) audio = testGuestNew(AUDIO, NULL, NULL);
    g_autoptr(testGuest) found = testGuestNew(GPU, BOUND, NULL);

    g_assert_cmpint(testPrepare(mgr, "web1", audio), ==, 0);
    g_assert_cmpint(virHostdevUpdateActivePCIDevices(mgr, found->list, found->n, "QEMU", "web2"),
                    ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_INVALID);
    g_assert_nonnull(strstr(virErrorGetMessage(), GPU));
    g_assert_nonnull(strstr(virErrorGetMessage(), AUDIO));
    g_assert_nonnull(strstr(virErrorGetMessage(), "guest 'web1' of QEMU has it"));
    g_assert_nonnull(strstr(virErrorGetMessage(), "IOMMU group (30)"));
    g_assert_nonnull(strstr(virErrorGetMessage(), "shut the other one down"));
    testAssertUser(mgr, GPU, NULL);
    testAssertUser(mgr, BOUND, "web2");
    g_assert_cmpint(virHostdevUpdateActivePCIDevices(mgr, found->list, 1, "QEMU", "web1"), ==, 0);
    testAssertUser(mgr, GPU, "web1");
}

/* The file of an older version does not say of which group its device is; the group itself does. */
static void
testEntryWithoutGroup(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autofree char *active = g_build_filename(bind->runDirectory, "active", NULL);
    g_autofree char *path = g_build_filename(active, AUDIO, NULL);
    g_autofree char *text = g_strdup_printf("[active]\naddress=" AUDIO "\nstate=active\n"
                                            "driver=QEMU\nguest=web1\npid=%d\n",
                                            (int)getpid());
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) gpu = testGuestNew(GPU, NULL, NULL);

    gpu->defs[0].managed = false;
    testSceneUnbind(bind->scene, AUDIO);
    g_assert_cmpint(g_mkdir(active, 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_cmpint(testPrepare(mgr, "web2", gpu), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_INVALID);
    g_assert_nonnull(strstr(virErrorGetMessage(), "guest 'web1' of QEMU has " AUDIO));
    g_assert_nonnull(strstr(virErrorGetMessage(), "detach " AUDIO " there"));
    g_assert_cmpint(testPrepare(mgr, "web1", gpu), ==, 0);
}

/* Members of GPU's group that are on their way somewhere, and the guest whose they are or were. */
static const struct {
    const char *name;
    const char *guest; /* NULL: an administrator's */
    const char *why;
} moves[] = {
    {"an administrator changes it", NULL, "is changing it for an administrator"},
    {"another guest gives it back", "web2", "it is being given back from guest 'web2'"},
    {"the same guest gives it back", "web1", "it is being given back from guest 'web1'"},
};

/* Whether the group can be used shows when that is done, so a guest is told to try again then. */
static void
testMoving(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testBind) bind = testGroupNew();
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(virHostdevLedger) ledger = virHostdevLedgerOpen(bind->runDirectory);
    g_autoptr(testGuest) both = testGuestNew(GPU, DISK, NULL);
    g_autoptr(GArray) moving = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));
    g_autoptr(GArray) returning = NULL;
    const virHostdevUser user = {"QEMU", moves[i].guest};
    const virHostdevDevice audio = {testBindParse(AUDIO), 30};
    guint writes = testKernelCountWrites(bind->kernel);

    g_array_append_val(moving, audio);
    if (moves[i].guest)
        g_assert_nonnull(returning = virHostdevLedgerReturn(ledger, &user, moving));
    else
        g_assert_cmpint(virHostdevLedgerClaim(ledger, NULL, moving), ==, 0);
    g_assert_cmpint(testPrepare(mgr, "web1", both), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_INVALID);
    g_assert_nonnull(strstr(virErrorGetMessage(), GPU));
    g_assert_nonnull(strstr(virErrorGetMessage(), AUDIO));
    g_assert_nonnull(strstr(virErrorGetMessage(), moves[i].why));
    g_assert_nonnull(strstr(virErrorGetMessage(), "try again"));
    g_assert_cmpuint(testKernelCountWrites(bind->kernel), ==, writes);
    testAssertUser(mgr, DISK, NULL);

    virHostdevLedgerRelease(ledger, moves[i].guest ? &user : NULL, moving);
    g_assert_cmpint(testPrepare(mgr, "web1", both), ==, -1); /* by what the plan finds now */
    g_assert_nonnull(strstr(virErrorGetMessage(), "snd_hda_intel"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        g_autofree char *path = g_strdup_printf("/virhostdev/group/unplug, %s", orders[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testUnplug);
    }
    g_test_add_func("/virhostdev/group/plug again", testPlugAgain);
    g_test_add_func("/virhostdev/group/plugging again fails", testPlugAgainFails);
    g_test_add_func("/virhostdev/group/left to an administrator", testLeftToAdministrator);
    g_test_add_func("/virhostdev/group/another guest", testAnotherGuest);
    g_test_add_func("/virhostdev/group/an entry without a group", testEntryWithoutGroup);
    g_test_add_func("/virhostdev/group/a running guest in another one's group", testAdoptInGroup);
    for (size_t i = 0; i < G_N_ELEMENTS(moves); i++) {
        g_autofree char *path = g_strdup_printf("/virhostdev/group/moving, %s", moves[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testMoving);
    }
    return g_test_run();
}
