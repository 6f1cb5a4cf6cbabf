/*
 * virpcibind.c: changing which driver devices are bound to, in one transaction
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"
#include "virpcibind.h"
#include "virpcibindstep.h"
#include "virpcilock.h"
#include "virprocess.h"
#include "virundo.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("util.pci")

VIR_ENUM_IMPL(virPCIRecovery, VIR_PCI_RECOVERY_LAST, "restored", "completed", "busy", "vanished",
              "other-device", "failed");

/* A write that was left behind ends at once, or is stuck: nobody else is to wait for that. */
#define VIR_PCI_BIND_RECOVER_WAIT_MS 1000

static GPtrArray *
virPCIBindLockDevice(const virPCIBindContext *ctx, const virPCIDeviceFacts *facts, int timeout_ms)
{
    return virPCILockGroup(ctx->lockDirectory, ctx->holder, facts->iommuGroup, timeout_ms);
}

/*
 * @driver (NULL for none) is bound again, whatever the kernel would choose by itself: its name is
 * in driver_override while the kernel looks, and @override comes after.
 */
static int
virPCIBindReturnTo(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                   const char *driver, const char *override)
{
    g_auto(virPCIBinding) binding = {0};

    if (virPCIBindingRead(ctx->host, address, &binding) < 0)
        return -1;
    if (g_strcmp0(binding.driver, driver) == 0) {
        /* Where driver_override cannot be written, it was not changed either. */
        return virPCIBindStepHasOverride(ctx, address, override)
                   ? 0
                   : virPCIBindStepOverride(ctx, address, override);
    }
    if (virPCIBindStepOverride(ctx, address, driver ? driver : override) < 0 ||
        virPCIBindStepUnbind(ctx, address) < 0 ||
        (driver && virPCIBindStepProbe(ctx, address, driver) < 0))
        return -1;
    return virPCIBindStepOverride(ctx, address, override);
}

/* Gives the device of @record back to the host. Its lock is held. */
static int
virPCIBindReturnToHost(const virPCIBindContext *ctx, virJournalRecord *record)
{
    if (virPCIBindStepAnnounce(ctx, record, VIR_JOURNAL_STEP_RESTORE) < 0 ||
        virPCIBindReturnTo(ctx, &record->address, record->driver, record->override) < 0)
        return -1;
    return virJournalRemove(ctx->journal, &record->address);
}

/* A device that was held on another VFIO driver before goes back to that one, and stays held. */
static int
virPCIBindReturnToHeld(const virPCIBindContext *ctx, virJournalRecord *record)
{
    if (virPCIBindReturnTo(ctx, &record->address, record->heldDriver, record->heldDriver) < 0)
        return -1;
    g_free(record->target);
    record->target = g_steal_pointer(&record->heldDriver);
    g_free(record->holder);
    record->holder = g_steal_pointer(&record->heldBy);
    return virPCIBindStepAnnounce(ctx, record, VIR_JOURNAL_STEP_HELD);
}

/*
 * While the kernel holds a write to a device, every other one to it would be held too, and the
 * write may still take effect: the record stays, for a recovery when that is over.
 */
static void
virPCIBindMarkStuck(const virPCIBindContext *ctx, virJournalRecord *record)
{
    virErrorInfo cause = {0};

    virErrorPreserve(&cause);
    if (virPCIBindStepAnnounce(ctx, record, VIR_JOURNAL_STEP_STUCK) < 0)
        VIR_WARN("%s", virErrorGetMessage());
    virErrorRestore(&cause);
}

/* Takes back what was done to the device of @record in its transaction. */
static int
virPCIBindTakeBack(const virPCIBindContext *ctx, virJournalRecord *record)
{
    int rc = record->heldDriver ? virPCIBindReturnToHeld(ctx, record)
                                : virPCIBindReturnToHost(ctx, record);

    if (rc < 0 && virErrorGetLast()->code == VIR_ERR_OPERATION_TIMEOUT)
        virPCIBindMarkStuck(ctx, record);
    return rc;
}

/* One device of a transaction, for its undo. */
typedef struct {
    const virPCIBindContext *ctx;
    virJournalRecord *record;
} virPCIBindChange;

static void
virPCIBindChangeFree(void *opaque)
{
    virPCIBindChange *change = opaque;

    virJournalRecordFree(change->record);
    g_free(change);
}

static int
virPCIBindUndoChange(void *opaque)
{
    virPCIBindChange *change = opaque;

    if (change->record->step == VIR_JOURNAL_STEP_STUCK) {
        g_autofree char *name = virPCIDeviceAddressAsString(&change->record->address);

        virReportError(VIR_ERR_OPERATION_TIMEOUT,
                       _("%1$s is stuck and stays in the journal: run 'virtvfio recover' when the "
                         "kernel has let go of it"),
                       name);
        return -1;
    }
    return virPCIBindTakeBack(change->ctx, change->record);
}

/* What the device was before anybody bound it: known from now on, or from the record there is. */
static virJournalRecord *
virPCIBindRecordOrigin(const virPCIBindItem *item)
{
    virJournalRecord *record = g_new0(virJournalRecord, 1);
    const virJournalRecord *held = item->record;

    record->address = *virPCIDeviceGetAddress(item->dev);
    record->vendor = item->facts.vendor;
    record->device = item->facts.device;
    record->driver = g_strdup(held ? held->driver : item->binding.driver);
    record->override = g_strdup(held ? held->override : item->facts.driverOverride);
    if (held) {
        record->heldDriver = g_strdup(held->target);
        record->heldBy = g_strdup(held->holder);
    }
    return record;
}

static virPCIBindChange *
virPCIBindChangeNew(const virPCIBindContext *ctx, const virPCIBindItem *item,
                    const char *transaction)
{
    virPCIBindChange *change = g_new0(virPCIBindChange, 1);

    change->ctx = ctx;
    change->record = virPCIBindRecordOrigin(item);
    change->record->target = g_strdup(item->driver);
    change->record->transaction = g_strdup(transaction);
    change->record->holder = g_strdup(ctx->holder);
    change->record->since = g_get_real_time() / G_USEC_PER_SEC;
    return change;
}

static int
virPCIBindDevice(const virPCIBindContext *ctx, virJournalRecord *record)
{
    const virPCIDeviceAddress *address = &record->address;

    if (virPCIBindStepAnnounce(ctx, record, VIR_JOURNAL_STEP_OVERRIDE) < 0 ||
        virPCIBindStepOverride(ctx, address, record->target) < 0 ||
        virPCIBindStepAnnounce(ctx, record, VIR_JOURNAL_STEP_UNBIND) < 0 ||
        virPCIBindStepUnbind(ctx, address) < 0 ||
        virPCIBindStepAnnounce(ctx, record, VIR_JOURNAL_STEP_PROBE) < 0 ||
        virPCIBindStepProbe(ctx, address, record->target) < 0 ||
        virPCIBindStepAwaitVFIO(ctx, address) < 0)
        return -1;
    return virPCIBindStepAnnounce(ctx, record, VIR_JOURNAL_STEP_BOUND);
}

/* The plan was made without locks: is what it found still so? */
static int
virPCIBindRecheck(const virPCIBindContext *ctx, const virPCIBindItem *item)
{
    const virPCIDeviceAddress *address = virPCIDeviceGetAddress(item->dev);
    g_autoptr(virJournalRecord) record = virJournalRead(ctx->journal, address);
    g_auto(virPCIDeviceFacts) facts = {0};
    g_auto(virPCIBinding) binding = {0};

    if (virPCIDeviceGetBinding(item->dev, &binding) < 0 ||
        virPCIDeviceReadFacts(item->dev, &facts) < 0)
        return -1;
    if (g_strcmp0(binding.driver, item->binding.driver) == 0 &&
        g_strcmp0(facts.driverOverride, item->facts.driverOverride) == 0 &&
        facts.vendor == item->facts.vendor && facts.device == item->facts.device &&
        !record == !item->record)
        return 0;
    if (record) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("%1$s was changed by process %2$d (%3$s) meanwhile: nothing was done; try "
                         "again"),
                       virPCIDeviceGetName(item->dev), record->pid, record->holder);
    } else {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("%1$s was changed by somebody else meanwhile: nothing was done; try "
                         "again"),
                       virPCIDeviceGetName(item->dev));
    }
    return -1;
}

/* A module that only loading could name the driver of. */
static int
virPCIBindLoadModule(const virPCIBindContext *ctx, virPCIBindItem *item)
{
    virKMod *kmod = virPCIHostGetKMod(ctx->host);

    if (item->load && virKModLoad(kmod, item->module) < 0)
        return -1;
    if (!item->driver && !(item->driver = virKModModuleGetDriver(kmod, item->module))) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("kernel module '%1$s', loaded for %2$s, has registered no PCI driver"),
                       item->module, virPCIDeviceGetName(item->dev));
        return -1;
    }
    return 0;
}

/* One that no other has, of another thread neither. */
static char *
virPCIBindNameTransaction(void)
{
    static gint last;

    return g_strdup_printf("%d-%" G_GINT64_FORMAT "-%d", (int)getpid(), g_get_real_time(),
                           g_atomic_int_add(&last, 1));
}

/* The devices of the plan that are not where they should be. */
static int
virPCIBindAll(virPCIBindPlan *plan, GPtrArray *changes, virUndo *undo)
{
    g_autofree char *transaction = virPCIBindNameTransaction();

    for (guint i = 0; i < plan->items->len; i++) {
        virPCIBindItem *item = g_ptr_array_index(plan->items, i);
        virPCIBindChange *change;

        if (item->keep)
            continue;
        if (virPCIBindRecheck(plan->ctx, item) < 0 || virPCIBindLoadModule(plan->ctx, item) < 0)
            return -1;
        change = virPCIBindChangeNew(plan->ctx, item, transaction);
        g_ptr_array_add(changes, change);
        virUndoPush(undo, virPCIBindUndoChange, change, NULL);
        if (virPCIBindDevice(plan->ctx, change->record) < 0) {
            if (virErrorGetLast()->code == VIR_ERR_OPERATION_TIMEOUT)
                virPCIBindMarkStuck(plan->ctx, change->record);
            return -1;
        }
    }
    /* From the first of these on, recovery completes the transaction instead of undoing it. */
    for (guint i = 0; i < changes->len; i++) {
        virPCIBindChange *change = g_ptr_array_index(changes, i);

        if (virPCIBindStepAnnounce(plan->ctx, change->record, VIR_JOURNAL_STEP_HELD) < 0)
            return -1;
    }
    return 0;
}

static GPtrArray *
virPCIBindLockPlan(const virPCIBindPlan *plan)
{
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(int));

    for (guint i = 0; i < plan->items->len; i++) {
        const virPCIBindItem *item = g_ptr_array_index(plan->items, i);

        if (!item->keep)
            g_array_append_val(groups, item->facts.iommuGroup);
    }
    return virPCILockGroups(plan->ctx->lockDirectory, plan->ctx->holder, groups, 0);
}

int
virPCIBindApply(virPCIBindPlan *plan)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(virPCIBindChangeFree);
    g_autoptr(virUndo) undo = virUndoNew();
    g_autoptr(GPtrArray) locks = NULL;

    if (virPCIBindPlanCheck(plan) < 0 || !(locks = virPCIBindLockPlan(plan)))
        return -1;
    if (virPCIBindAll(plan, changes, undo) < 0) {
        (void)!virUndoRollback(undo);
        return -1;
    }
    virUndoCommit(undo);
    return 0;
}

/* The device of @record, if it is still the same one. */
static virPCIDevice *
virPCIBindFindHeld(const virPCIBindContext *ctx, const virJournalRecord *record,
                   virPCIDeviceFacts *facts, virPCIRecovery *problem)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(ctx->host, &record->address);
    g_auto(virPCIDeviceFacts) found = {0};

    *problem = VIR_PCI_RECOVERY_VANISHED;
    if (!dev || virPCIDeviceReadFacts(dev, &found) < 0)
        return NULL;
    if (found.vendor != record->vendor || found.device != record->device) {
        *problem = VIR_PCI_RECOVERY_OTHER_DEVICE;
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("the journal holds another device at %1$s (%2$04x:%3$04x): it is not "
                         "touched; forget it with 'virtvfio recover --forget %1$s'"),
                       virPCIDeviceGetName(dev), (unsigned int)record->vendor,
                       (unsigned int)record->device);
        return NULL;
    }
    *facts = found;
    memset(&found, 0, sizeof(found));
    return g_steal_pointer(&dev);
}

/* The record of a device that the context's holder has; NULL with an error reported. */
static virJournalRecord *
virPCIBindReadOwn(const virPCIBindContext *ctx, const virPCIDeviceAddress *address)
{
    g_autoptr(virJournalRecord) record = virJournalRead(ctx->journal, address);
    g_autofree char *name = virPCIDeviceAddressAsString(address);

    if (!record) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("%1$s is not held: there is nothing to restore; see 'virtvfio status'"),
                       name);
        return NULL;
    }
    if (strcmp(record->holder, ctx->holder) != 0) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("%1$s is in use by %2$s: detach it there first"), name, record->holder);
        return NULL;
    }
    return g_steal_pointer(&record);
}

/* Locks the group of a device that the holder has, and reads its record anew: until then somebody
 * else could change it. NULL with an error reported. */
static GPtrArray *
virPCIBindLockOwn(const virPCIBindContext *ctx, const virPCIDeviceAddress *address, int timeout_ms,
                  virJournalRecord **record)
{
    g_autoptr(virJournalRecord) seen = virPCIBindReadOwn(ctx, address);
    g_autoptr(virPCIDevice) dev = NULL;
    g_auto(virPCIDeviceFacts) facts = {0};
    g_autoptr(GPtrArray) locks = NULL;
    virPCIRecovery problem;

    if (!seen || !(dev = virPCIBindFindHeld(ctx, seen, &facts, &problem)) ||
        !(locks = virPCIBindLockDevice(ctx, &facts, timeout_ms)) ||
        !(*record = virPCIBindReadOwn(ctx, address)))
        return NULL;
    return g_steal_pointer(&locks);
}

static int
virPCIBindRestoreOne(const virPCIBindContext *ctx, const virPCIDeviceAddress *address)
{
    g_autoptr(virJournalRecord) record = NULL;
    g_autoptr(GPtrArray) locks = NULL;

    if (!(locks = virPCIBindLockOwn(ctx, address, 0, &record)))
        return -1;
    if (virPCIBindReturnToHost(ctx, record) == 0)
        return 0;
    if (virErrorGetLast()->code == VIR_ERR_OPERATION_TIMEOUT)
        virPCIBindMarkStuck(ctx, record);
    return -1;
}

int
virPCIBindRestore(const virPCIBindContext *ctx, const virPCIDeviceAddress *addresses, size_t n)
{
    virErrorInfo first = {0};
    int ret = 0;

    for (size_t i = 0; i < n; i++) {
        if (virPCIBindRestoreOne(ctx, &addresses[i]) == 0)
            continue;
        if (ret < 0)
            VIR_WARN("%s", virErrorGetMessage());
        else
            virErrorPreserve(&first);
        ret = -1;
    }
    if (ret < 0)
        virErrorRestore(&first);
    return ret;
}

int
virPCIBindSetProcess(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                     const virProcessIdentity *process)
{
    g_autoptr(virJournalRecord) record = NULL;
    g_autoptr(GPtrArray) locks = NULL;

    if (!(locks = virPCIBindLockOwn(ctx, address, ctx->timeout_ms, &record)))
        return -1;
    record->pid = process->pid;
    record->pidStarted = process->started;
    return virJournalWrite(ctx->journal, record);
}

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

static bool
virPCIBindNeedsRecovery(const GPtrArray *records, const virJournalRecord *record)
{
    return record->step != VIR_JOURNAL_STEP_HELD || virPCIBindIsAbandoned(records, record);
}

/* The device's lock is held, so nobody is at work on it, or on others of its transaction. */
static virPCIRecovery
virPCIBindRecoverLocked(const virPCIBindContext *ctx, virJournalRecord *record)
{
    g_autoptr(GPtrArray) records = virJournalList(ctx->journal);

    if (!virPCIBindNeedsRecovery(records, record))
        return VIR_PCI_RECOVERY_LAST;
    if (record->step == VIR_JOURNAL_STEP_BOUND && virPCIBindWasCompleted(records, record)) {
        return virPCIBindStepAnnounce(ctx, record, VIR_JOURNAL_STEP_HELD) < 0
                   ? VIR_PCI_RECOVERY_FAILED
                   : VIR_PCI_RECOVERY_COMPLETED;
    }
    return virPCIBindTakeBack(ctx, record) < 0 ? VIR_PCI_RECOVERY_FAILED
                                               : VIR_PCI_RECOVERY_RESTORED;
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
    return virPCIBindRecoverLocked(ctx, record);
}

int
virPCIBindRecover(const virPCIBindContext *ctx, virPCIRecoveryFunc func, void *opaque)
{
    g_autoptr(GPtrArray) records = virJournalList(ctx->journal);
    guint failed = 0;

    for (guint i = 0; i < records->len; i++) {
        virJournalRecord **record = (virJournalRecord **)&g_ptr_array_index(records, i);
        virPCIRecovery outcome;

        if (!virPCIBindNeedsRecovery(records, *record))
            continue;
        virErrorReset();
        outcome = virPCIBindRecoverRecord(ctx, record);
        if (outcome == VIR_PCI_RECOVERY_LAST)
            continue;
        if (outcome != VIR_PCI_RECOVERY_RESTORED && outcome != VIR_PCI_RECOVERY_COMPLETED)
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
