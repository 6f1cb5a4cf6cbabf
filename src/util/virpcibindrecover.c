/*
 * virpcibindrecover.c: what a crash left in the middle of a change of bindings
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virpcibind.h"
#include "virpcibindreturn.h"
#include "virpcibindstep.h"
#include "virprocess.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_ENUM_IMPL(virPCIRecovery, VIR_PCI_RECOVERY_LAST, "restored", "completed", "busy", "vanished",
              "other-device", "in-use", "failed");

/* A write that was left behind ends at once, or is stuck: nobody else is to wait for that. */
#define VIR_PCI_BIND_RECOVER_WAIT_MS 1000

/* Was this record's transaction completed? Then one of its records at least says so. */
static bool
virPCIBindWasCompleted(const GPtrArray *records, const virJournalRecord *record)
{
    for (guint i = 0; i < records->len; i++) {
        const virJournalRecord *other = g_ptr_array_index(records, i);

        if (other->step == VIR_JOURNAL_STEP_HELD &&
            strcmp(other->transaction, record->transaction) == 0)
            return true;
    }
    return false;
}

static bool
virPCIBindHasProcess(const virJournalRecord *record)
{
    const virProcessIdentity process = {record->pid, record->pidStarted};

    return record->pid == 0 || virProcessIsRunning(&process);
}

/*
 * Held for a guest whose process has ended without giving the device back. A guest has one process:
 * where only some of its records name the one that runs, a crash came in between naming it.
 */
static bool
virPCIBindIsAbandoned(const GPtrArray *records, const virJournalRecord *record)
{
    if (!g_str_has_prefix(record->holder, VIR_PCI_BIND_GUEST_PREFIX))
        return false;
    for (guint i = 0; i < records->len; i++) {
        const virJournalRecord *other = g_ptr_array_index(records, i);

        if (other->step == VIR_JOURNAL_STEP_HELD && strcmp(other->holder, record->holder) == 0 &&
            virPCIBindHasProcess(other))
            return false;
    }
    return true;
}

bool
virPCIBindNeedsRecovery(const GPtrArray *records, const virJournalRecord *record)
{
    return record->step != VIR_JOURNAL_STEP_HELD || virPCIBindIsAbandoned(records, record);
}

/* Who uses it, of whom the journal need not know; caller frees. */
static char *
virPCIBindFindUser(const virPCIBindContext *ctx, const virPCIDeviceAddress *address)
{
    return ctx->user ? ctx->user(address, ctx->userOpaque) : NULL;
}

/* A driver of the host for a member of a group that a guest uses would be the end of the guest, or
 * of the host. The device's lock is held, and a claim on it keeps the group from other guests. */
static virPCIRecovery
virPCIBindRecoverUnused(const virPCIBindContext *ctx, const virPCIDeviceFacts *facts,
                        virJournalRecord *record)
{
    if (!record->heldDriver && virPCIBindReturnCheck(ctx, facts, record) < 0)
        return VIR_PCI_RECOVERY_IN_USE;
    return virPCIBindTakeBack(ctx, record) < 0 ? VIR_PCI_RECOVERY_FAILED
                                               : VIR_PCI_RECOVERY_RESTORED;
}

static virPCIRecovery
virPCIBindRecoverClaimed(const virPCIBindContext *ctx, const virPCIDeviceFacts *facts,
                         virJournalRecord *record)
{
    virPCIRecovery outcome;

    if (ctx->claim && ctx->claim(&record->address, ctx->claimOpaque) < 0)
        return VIR_PCI_RECOVERY_BUSY;
    outcome = virPCIBindRecoverUnused(ctx, facts, record);
    if (ctx->claim)
        ctx->release(&record->address, ctx->claimOpaque);
    return outcome;
}

/* The device's lock is held, so nobody is at work on it, or on others of its transaction. */
static virPCIRecovery
virPCIBindRecoverLocked(const virPCIBindContext *ctx, const virPCIDeviceFacts *facts,
                        virJournalRecord *record)
{
    g_autoptr(GPtrArray) records = virJournalList(ctx->journal);

    if (!virPCIBindNeedsRecovery(records, record))
        return VIR_PCI_RECOVERY_LAST;
    if (record->step == VIR_JOURNAL_STEP_BOUND && virPCIBindWasCompleted(records, record)) {
        return virPCIBindStepAnnounce(ctx, record, VIR_JOURNAL_STEP_HELD) < 0
                   ? VIR_PCI_RECOVERY_FAILED
                   : VIR_PCI_RECOVERY_COMPLETED;
    }
    return virPCIBindRecoverClaimed(ctx, facts, record);
}

/*
 * Replaces *@seen, which was read without the lock, by the record as it is then.
 * VIR_PCI_RECOVERY_LAST if another process has ended its change meanwhile: that was no crash.
 */
static virPCIRecovery
virPCIBindRecoverRecord(const virPCIBindContext *ctx, virJournalRecord **seen)
{
    g_auto(virPCIDeviceFacts) facts = {0};
    g_autoptr(virPCIDevice) dev = NULL;
    g_autoptr(GPtrArray) locks = NULL;
    virJournalRecord *record;
    virPCIRecovery problem;

    if (!(dev = virPCIBindFindHeld(ctx, *seen, &facts, &problem)))
        return problem;
    /*
     * Whoever is in the middle of a transaction has the lock; so has, for a moment more, the write
     * that a process which has died left behind.
     */
    if (!(locks = virPCIBindLockDevice(ctx, &facts, VIR_PCI_BIND_RECOVER_WAIT_MS)))
        return VIR_PCI_RECOVERY_BUSY;
    if (!(record = virJournalRead(ctx->journal, &(*seen)->address)))
        return VIR_PCI_RECOVERY_LAST;
    virJournalRecordFree(*seen);
    *seen = record;
    return virPCIBindRecoverLocked(ctx, &facts, record);
}

/* What is left with its guest is where its last transaction brought it: that is no failure. */
static bool
virPCIBindIsRecovered(const virJournalRecord *record, virPCIRecovery outcome)
{
    return outcome == VIR_PCI_RECOVERY_RESTORED || outcome == VIR_PCI_RECOVERY_COMPLETED ||
           (outcome == VIR_PCI_RECOVERY_IN_USE && record->step == VIR_JOURNAL_STEP_HELD);
}

/* Somebody who is alive has it, is about to, or is giving it back: he is not to be overtaken. */
static bool
virPCIBindIsInHand(const virPCIBindContext *ctx, const virJournalRecord *record)
{
    g_autofree char *user = virPCIBindFindUser(ctx, &record->address);

    return user && record->step == VIR_JOURNAL_STEP_HELD;
}

static bool
virPCIBindIsStopped(const virPCIBindContext *ctx)
{
    return ctx->stop && g_atomic_int_get(ctx->stop);
}

int
virPCIBindRecover(const virPCIBindContext *ctx, virPCIRecoveryFunc func, void *opaque)
{
    g_autoptr(GPtrArray) records = virJournalList(ctx->journal);
    guint failed = 0;

    for (guint i = 0; i < records->len && !virPCIBindIsStopped(ctx); i++) {
        virJournalRecord **record = (virJournalRecord **)&g_ptr_array_index(records, i);
        virPCIRecovery outcome;

        if (!virPCIBindNeedsRecovery(records, *record) || virPCIBindIsInHand(ctx, *record))
            continue;
        virErrorReset();
        outcome = virPCIBindRecoverRecord(ctx, record);
        if (outcome == VIR_PCI_RECOVERY_LAST)
            continue;
        if (!virPCIBindIsRecovered(*record, outcome))
            failed++;
        func(*record, outcome, virErrorGetMessage(), opaque);
    }
    if (failed == 0)
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED,
                   P_("%1$u device could not be recovered; see 'virtvfio status'",
                      "%1$u devices could not be recovered; see 'virtvfio status'", failed),
                   failed);
    return -1;
}
