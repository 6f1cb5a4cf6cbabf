/*
 * virhostdevrecovertest.c: tests of recovery while guests use members of the same IOMMU group
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testguest.h"
#include "testnode.h"
#include "virerror.h"
#include "virhostdevledger.h"
#include "virhostdevledgerfile.h"
#include "virhostdevrecover.h"

#define GPU   BLOCKED        /* on vfio-pci by hand */
#define AUDIO "0000:01:00.1" /* of GPU's group, on snd_hda_intel */
#define GROUP 30

/* Recovery as tools do it, and what came of it. */
typedef struct {
    testBind *bind;
    virHostdevLedger *ledger;
    virPCIBindContext ctx;
    GString *outcomes; /* "0000:01:00.1 in-use; " */
    char *message;     /* the last one */
} testRecovery;

/* As tools ask for it. */
static char *
testGetUser(const virPCIDeviceAddress *address, void *opaque)
{
    g_autoptr(virHostdevLedgerEntry) entry = virHostdevLedgerFileFind(opaque, address);

    return entry && entry->state != VIR_HOSTDEV_CHANGING
               ? g_strconcat(VIR_PCI_BIND_GUEST_PREFIX, entry->domName, NULL)
               : NULL;
}

static testRecovery *
testRecoveryNew(void)
{
    testRecovery *recovery = g_new0(testRecovery, 1);

    recovery->bind = testBindNew("smartnic-host", NULL);
    recovery->ledger = virHostdevLedgerOpen(recovery->bind->runDirectory);
    recovery->ctx = recovery->bind->ctx;
    recovery->ctx.user = testGetUser;
    recovery->ctx.userOpaque = recovery->bind->runDirectory;
    recovery->outcomes = g_string_new(NULL);
    return recovery;
}

static void
testRecoveryFree(testRecovery *recovery)
{
    virHostdevLedgerClose(recovery->ledger);
    testBindFree(recovery->bind);
    g_string_free(recovery->outcomes, TRUE);
    g_free(recovery->message);
    g_free(recovery);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(testRecovery, testRecoveryFree)

static void
testCollect(const virJournalRecord *record, virPCIRecovery outcome, const char *message,
            void *opaque)
{
    testRecovery *recovery = opaque;
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);

    g_string_append_printf(recovery->outcomes, "%s %s; ", name,
                           virPCIRecoveryToString((int)outcome));
    g_free(recovery->message);
    recovery->message = g_strdup(message);
}

static void
testRun(testRecovery *recovery, int wanted, const char *outcomes)
{
    g_string_truncate(recovery->outcomes, 0);
    g_assert_cmpint(
        virHostdevRecoverBindings(&recovery->ctx, recovery->ledger, testCollect, recovery), ==,
        wanted);
    g_assert_cmpstr(recovery->outcomes->str, ==, outcomes);
}

/* A process that has ended. */
static virProcessIdentity
testGetDead(void)
{
    virProcessIdentity dead;
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    dead = (virProcessIdentity){(int)pid, 1};
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    return dead;
}

/* Guest web1 has got AUDIO, and then its QEMU and who started it died. */
static void
testAbandonAudio(testRecovery *recovery, virHostdevManager *mgr)
{
    g_autoptr(testGuest) audio = testGuestNew(AUDIO, NULL, NULL);
    const virHostdevUser user = {"QEMU", "web1"};
    const virPCIDeviceAddress address = testBindParse(AUDIO);
    const virProcessIdentity dead = testGetDead();
    virPCIBindContext ctx = recovery->bind->ctx;

    ctx.holder = "guest web1";
    g_assert_cmpint(testPrepare(mgr, "web1", audio), ==, 0);
    g_assert_cmpint(virPCIBindSetProcess(&ctx, &address, &dead), ==, 0);
    g_assert_cmpint(virHostdevLedgerSetProcess(recovery->ledger, &user, &dead), ==, 0);
}

static void
testSetStep(testRecovery *recovery, const char *device, virJournalStep step)
{
    const virPCIDeviceAddress address = testBindParse(device);
    g_autoptr(virJournalRecord) record = virJournalRead(recovery->bind->ctx.journal, &address);

    g_assert_nonnull(record);
    record->step = step;
    g_assert_cmpint(virJournalWrite(recovery->bind->ctx.journal, record), ==, 0);
}

/* How far an abandoned device's change had come, and what recovery says that its end is. */
static const struct {
    const char *name;
    virJournalStep step;
    int wanted;
} abandoned[] = {
    {"held", VIR_JOURNAL_STEP_HELD, 0},
    {"in the middle", VIR_JOURNAL_STEP_RESTORE, -1},
};

/* Its group is another guest's now: a driver of the host on it would be that guest's end. */
static void
testGroupInUse(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testRecovery) recovery = testRecoveryNew();
    g_autoptr(virHostdevManager) mgr = testManage(recovery->bind);
    g_autoptr(testGuest) gpu = testGuestNew(GPU, NULL, NULL);
    guint writes;

    gpu->defs[0].managed = false;
    testAbandonAudio(recovery, mgr);
    testSetStep(recovery, AUDIO, abandoned[i].step);
    g_assert_cmpint(testPrepare(mgr, "web2", gpu), ==, 0);
    writes = testKernelCountWrites(recovery->bind->kernel);
    testRun(recovery, abandoned[i].wanted, AUDIO " in-use; ");
    g_assert_nonnull(strstr(recovery->message, "guest web2 has " GPU));
    g_assert_nonnull(strstr(recovery->message, "IOMMU group (30)"));
    g_assert_nonnull(strstr(recovery->message, "snd_hda_intel"));
    g_assert_nonnull(strstr(recovery->message, "'virtvfio recover'"));
    g_assert_cmpuint(testKernelCountWrites(recovery->bind->kernel), ==, writes);
    testAssertUser(mgr, AUDIO, NULL);

    /* A device that was held goes back with the last one; the other one by the next recovery. */
    testReAttach(mgr, "web2", gpu);
    if (abandoned[i].step != VIR_JOURNAL_STEP_HELD)
        testRun(recovery, 0, AUDIO " restored; ");
    testAssertDriver(recovery->bind, AUDIO, "snd_hda_intel");
    testRun(recovery, 0, "");
}

/* What goes back to no driver hurts nobody. */
static void
testToNoDriver(void)
{
    g_autoptr(testRecovery) recovery = testRecoveryNew();
    g_autoptr(virHostdevManager) mgr = testManage(recovery->bind);
    g_autoptr(testGuest) gpu = testGuestNew(GPU, NULL, NULL);

    gpu->defs[0].managed = false;
    testSceneUnbind(recovery->bind->scene, AUDIO);
    testAbandonAudio(recovery, mgr);
    g_assert_cmpint(testPrepare(mgr, "web2", gpu), ==, 0);
    if (!testNodeOpenGroup(recovery->bind->scene, GROUP))
        return;
    testRun(recovery, 0, AUDIO " restored; ");
    testAssertDriver(recovery->bind, AUDIO, NULL);
}

/* The files that say so were removed; but who uses the group has its node open. */
static void
testOpenGroup(void)
{
    g_autoptr(testRecovery) recovery = testRecoveryNew();
    g_autoptr(virHostdevManager) mgr = testManage(recovery->bind);
    guint writes;

    testAbandonAudio(recovery, mgr);
    if (!testNodeOpenGroup(recovery->bind->scene, GROUP))
        return;
    writes = testKernelCountWrites(recovery->bind->kernel);
    testRun(recovery, 0, AUDIO " in-use; ");
    g_assert_nonnull(strstr(recovery->message, AUDIO));
    g_assert_nonnull(strstr(recovery->message, "/dev/vfio/30 is open in"));
    g_assert_nonnull(strstr(recovery->message, "qemu-system-x86 (process 4711)"));
    g_assert_cmpuint(testKernelCountWrites(recovery->bind->kernel), ==, writes);
    testNodeClose(recovery->bind->scene, "4711");
    testRun(recovery, 0, AUDIO " restored; ");
}

/* Whoever is alive and has it, or gives it back just now, is not warned about. */
static void
testInHand(void)
{
    g_autoptr(testRecovery) recovery = testRecoveryNew();
    g_autoptr(virHostdevManager) mgr = testManage(recovery->bind);
    g_autoptr(GArray) devices = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));
    g_autoptr(GArray) returning = NULL;
    const virHostdevDevice audio = {testBindParse(AUDIO), GROUP};
    const virHostdevUser user = {"QEMU", "web1"};

    g_array_append_val(devices, audio);
    testAbandonAudio(recovery, mgr);
    g_assert_nonnull(returning = virHostdevLedgerReturn(recovery->ledger, &user, devices));
    testRun(recovery, 0, "");
    testAssertDriver(recovery->bind, AUDIO, "vfio-pci");
    virHostdevLedgerRelease(recovery->ledger, &user, devices);
    testRun(recovery, 0, AUDIO " restored; ");
}

/* An administrator's request is about it just now. */
static void
testClaimed(void)
{
    g_autoptr(testRecovery) recovery = testRecoveryNew();
    g_autoptr(virHostdevManager) mgr = testManage(recovery->bind);
    g_autoptr(GArray) devices = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));
    const virHostdevDevice audio = {testBindParse(AUDIO), GROUP};

    g_array_append_val(devices, audio);
    testAbandonAudio(recovery, mgr);
    g_assert_cmpint(virHostdevLedgerClaim(recovery->ledger, NULL, devices), ==, 0);
    testRun(recovery, -1, AUDIO " busy; ");
    g_assert_nonnull(strstr(recovery->message, "is changing it for an administrator"));
    testAssertDriver(recovery->bind, AUDIO, "vfio-pci");
    virHostdevLedgerRelease(recovery->ledger, NULL, devices);
    testRun(recovery, 0, AUDIO " restored; ");
}

static void
testTryToClaim(const char *device G_GNUC_UNUSED, virJournalStep step G_GNUC_UNUSED, void *opaque)
{
    testRecovery *recovery = opaque;
    g_autoptr(virHostdevLedger) ledger = virHostdevLedgerOpen(recovery->bind->runDirectory);
    g_autoptr(GArray) devices = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));
    const virHostdevDevice gpu = {testBindParse(GPU), GROUP};
    const virHostdevUser user = {"QEMU", "web2"};

    g_array_append_val(devices, gpu);
    g_assert_cmpint(virHostdevLedgerClaim(ledger, &user, devices), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), AUDIO));
    g_assert_nonnull(strstr(virErrorGetMessage(), "is changing it for an administrator"));
    virErrorReset();
    recovery->ctx.progress = NULL;
}

/* While a device goes back no guest gets another member of its group; after that it does. */
static void
testKeepsGroup(void)
{
    g_autoptr(testRecovery) recovery = testRecoveryNew();
    g_autoptr(virHostdevManager) mgr = testManage(recovery->bind);
    g_autoptr(virHostdevLedgerEntry) left = NULL;
    const virPCIDeviceAddress address = testBindParse(AUDIO);

    testAbandonAudio(recovery, mgr);
    recovery->ctx.progress = testTryToClaim;
    recovery->ctx.progressOpaque = recovery;
    testRun(recovery, 0, AUDIO " restored; ");
    g_assert_null(recovery->ctx.progress);
    g_assert_null(left = virHostdevLedgerFileFind(recovery->bind->runDirectory, &address));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(abandoned); i++) {
        g_autofree char *path = g_strdup_printf(
            "/virhostdev/recover/a guest has the rest of the group, %s", abandoned[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testGroupInUse);
    }
    g_test_add_func("/virhostdev/recover/what goes back to no driver", testToNoDriver);
    g_test_add_func("/virhostdev/recover/a group that a process has open", testOpenGroup);
    g_test_add_func("/virhostdev/recover/what is being given back", testInHand);
    g_test_add_func("/virhostdev/recover/what an administrator changes", testClaimed);
    g_test_add_func("/virhostdev/recover/no guest gets the group meanwhile", testKeepsGroup);
    return g_test_run();
}
