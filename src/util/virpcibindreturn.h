/*
 * virpcibindreturn.h: a device whose driver was changed, on its way back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "virpcibind.h"

/* For virpcibind and its neighbours. Functions that fail have reported an error. */

/* The lock of the device's IOMMU group; caller unrefs. NULL if another has it for @timeout_ms. */
GPtrArray *
virPCIBindLockDevice(const virPCIBindContext *ctx, const virPCIDeviceFacts *facts, int timeout_ms);

/* The device of @record, if it is still the same one; caller frees. If not, *@problem says what is
 * the matter. */
virPCIDevice *virPCIBindFindHeld(const virPCIBindContext *ctx, const virJournalRecord *record,
                                 virPCIDeviceFacts *facts, virPCIRecovery *problem);

/* A driver that uses a device, by its name, which is all there is before it is bound. False for
 * none (NULL). */
bool virPCIBindIsHostDriver(virPCIHost *host, const char *name);

/* A guest that the context knows to use another member of the group @number: "guest web1 has
 * 0000:01:00.0"; NULL if none. Caller frees. */
char *virPCIBindDescribeCompanion(const virPCIBindContext *ctx, int number,
                                  const virPCIDeviceAddress *address);

/**
 * virPCIBindReturnCheck:
 * @facts: of the device of @record
 *
 * Whether the device can go back to the driver of @record: no guest that the context knows of has
 * another member of its IOMMU group, and nobody has the group open. Waits a moment for a process
 * that is just ending.
 *
 * Errors: OPERATION_INVALID naming the device, the group and who uses it; SYSTEM_ERROR.
 * Returns: 0, or -1 with an error reported
 */
int virPCIBindReturnCheck(const virPCIBindContext *ctx, const virPCIDeviceFacts *facts,
                          const virJournalRecord *record) G_GNUC_WARN_UNUSED_RESULT;

/* Gives the device of @record back to the host. Its lock is held. */
int virPCIBindReturnToHost(const virPCIBindContext *ctx, virJournalRecord *record)
    G_GNUC_WARN_UNUSED_RESULT;

/* Takes back what was done to the device of @record in its transaction. Its lock is held. */
int virPCIBindTakeBack(const virPCIBindContext *ctx, virJournalRecord *record)
    G_GNUC_WARN_UNUSED_RESULT;

/*
 * While the kernel holds a write to a device, every other one to it would be held too, and the
 * write may still take effect: the record stays, for a recovery when that is over. The error that
 * was reported before stays.
 */
void virPCIBindMarkStuck(const virPCIBindContext *ctx, virJournalRecord *record);
