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
#include "virpcibindreturn.h"
#include "virpcibindstep.h"
#include "virpcilock.h"
#include "virundo.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("util.pci")

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
virPCIBindLockOwn(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                  virPCIDeviceFacts *facts, virJournalRecord **record)
{
    g_autoptr(virJournalRecord) seen = virPCIBindReadOwn(ctx, address);
    g_autoptr(virPCIDevice) dev = NULL;
    g_autoptr(GPtrArray) locks = NULL;
    virPCIRecovery problem;

    if (!seen || !(dev = virPCIBindFindHeld(ctx, seen, facts, &problem)) ||
        !(locks = virPCIBindLockDevice(ctx, facts, ctx->wait_ms)) ||
        !(*record = virPCIBindReadOwn(ctx, address)))
        return NULL;
    return g_steal_pointer(&locks);
}

static int
virPCIBindRestoreOne(const virPCIBindContext *ctx, const virPCIDeviceAddress *address)
{
    g_autoptr(virJournalRecord) record = NULL;
    g_auto(virPCIDeviceFacts) facts = {0};
    g_autoptr(GPtrArray) locks = NULL;

    if (!(locks = virPCIBindLockOwn(ctx, address, &facts, &record)) ||
        virPCIBindReturnCheck(ctx, &facts, record) < 0)
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
    g_auto(virPCIDeviceFacts) facts = {0};
    g_autoptr(GPtrArray) locks = NULL;

    if (!(locks = virPCIBindLockOwn(ctx, address, &facts, &record)))
        return -1;
    record->pid = process->pid;
    record->pidStarted = process->started;
    return virJournalWrite(ctx->journal, record);
}
