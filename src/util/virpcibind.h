/*
 * virpcibind.h: changing which driver devices are bound to, in one transaction
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virpcibindplan.h"
#include "virprocess.h"

/**
 * virPCIBindApply:
 * @plan: without blockers
 *
 * Binds every device of the plan to its VFIO driver, or none. Each device goes through
 * driver_override, unbind and drivers_probe, never new_id; each of these writes is announced in the
 * journal before. What came of it is read back: the driver, its type, and the node in /dev/vfio.
 * At the end the devices are held: their records say what they were bound to before.
 *
 * Blocks for at most the context's timeout per write and per wait. Holds a lock on each IOMMU group
 * meanwhile.
 *
 * Errors: OPERATION_INVALID if the plan has blockers, OPERATION_FAILED if a group is locked by
 * another process or a driver did not take its device, OPERATION_TIMEOUT if the kernel holds a
 * write, SYSTEM_ERROR for what it refuses.
 * Returns: 0, or -1 with an error reported, and every device as it was before (what could not be
 *          given back is warned of and stays in the journal)
 */
int virPCIBindApply(virPCIBindPlan *plan) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virPCIBindRestore:
 * @addresses: @n devices that the journal holds
 *
 * Gives each device back: the driver it had before is bound again, the driver_override it had
 * before is there again, verbatim, and its record is gone. One after the other: a device that fails
 * keeps its record, and the rest goes on. Waits for each group's lock, at most the context's
 * wait_ms.
 *
 * Errors: OPERATION_INVALID if a device is not held or is held by a guest, if a guest that the
 * context knows of has another member of its IOMMU group, or if any process has the group open;
 * DEVICE_MISSING,
 * OPERATION_FAILED, OPERATION_TIMEOUT, SYSTEM_ERROR as above. The first failure is the one
 * reported. Returns: 0, or -1 with an error reported
 */
int virPCIBindRestore(const virPCIBindContext *ctx, const virPCIDeviceAddress *addresses, size_t n)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virPCIBindSetProcess:
 * @address: device that the context's holder has
 * @process: the one that uses it from now on
 *
 * As long as that process runs, recovery leaves the device alone, whatever becomes of this one.
 * Waits for the group's lock, at most the context's wait_ms.
 *
 * Errors: as virPCIBindRestore()
 * Returns: 0, or -1 with an error reported and the record as it was
 */
int virPCIBindSetProcess(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                         const virProcessIdentity *process) G_GNUC_WARN_UNUSED_RESULT;

/* What came of one record that a crash left behind. */
typedef enum {
    VIR_PCI_RECOVERY_RESTORED,     /* the device is as it was before the transaction */
    VIR_PCI_RECOVERY_COMPLETED,    /* the transaction was complete: it is held */
    VIR_PCI_RECOVERY_BUSY,         /* the process is still at it */
    VIR_PCI_RECOVERY_VANISHED,     /* there is no such device now; the record stays */
    VIR_PCI_RECOVERY_OTHER_DEVICE, /* another device is at its address; the record stays */
    VIR_PCI_RECOVERY_IN_USE,       /* a guest, or another process, uses its IOMMU group; it stays */
    VIR_PCI_RECOVERY_FAILED,       /* the record stays */
    VIR_PCI_RECOVERY_LAST,
} virPCIRecovery;

VIR_ENUM_DECL(virPCIRecovery);

typedef void (*virPCIRecoveryFunc)(const virJournalRecord *record, virPCIRecovery outcome,
                                   const char *message, void *opaque);

/* Whether virPCIBindRecover() would have to do something about @record, one of @records, which is
 * all of the journal. Asks nothing but whether processes run. */
bool virPCIBindNeedsRecovery(const GPtrArray *records, const virJournalRecord *record);

/**
 * virPCIBindRecover:
 * @func: called for every record that is not simply held; @message says why for those
 *        that are neither restored nor completed
 *
 * Brings every device that a crash left in the middle of a transaction to its old state, or to its
 * new one if the transaction had been completed. Devices held for a guest whose process has ended
 * are given back; but one that the context's user() says is in use, or on its way, is passed over,
 * and one whose IOMMU group is in use stays where it is: it goes back when the group does, or with
 * a later recovery. The context's claim() is asked before a device is changed.
 *
 * Returns: 0, or -1 with an error reported if a device is neither, or could not be looked at
 */
int virPCIBindRecover(const virPCIBindContext *ctx, virPCIRecoveryFunc func, void *opaque)
    G_GNUC_WARN_UNUSED_RESULT;
