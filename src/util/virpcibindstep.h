/*
 * virpcibindstep.h: the single steps of a change of binding, each announced and checked
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virpcibindplan.h"

/*
 * Every function here changes one device, or waits for it. All of them report errors with the
 * device's address, and return 0 or -1. The group's lock is held by the caller. OPERATION_TIMEOUT
 * means that the kernel holds a write, which goes on: nothing more can be done with the device
 * then.
 */

/* Has @record on the disk with @step, before the write that it announces. */
int virPCIBindStepAnnounce(const virPCIBindContext *ctx, virJournalRecord *record,
                           virJournalStep step) G_GNUC_WARN_UNUSED_RESULT;

/* driver_override becomes @override, or none if that is NULL. */
int virPCIBindStepOverride(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                           const char *override) G_GNUC_WARN_UNUSED_RESULT;

/* True if driver_override is known to be @override already (NULL: none). */
bool virPCIBindStepHasOverride(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                               const char *override);

/* Takes the device from its driver, if it has one. */
int virPCIBindStepUnbind(const virPCIBindContext *ctx, const virPCIDeviceAddress *address)
    G_GNUC_WARN_UNUSED_RESULT;

/* Lets the kernel look for a driver, and checks that it is @driver. */
int virPCIBindStepProbe(const virPCIBindContext *ctx, const virPCIDeviceAddress *address,
                        const char *driver) G_GNUC_WARN_UNUSED_RESULT;

/* Waits until the device is usable through VFIO: type, and node of its group. */
int virPCIBindStepAwaitVFIO(const virPCIBindContext *ctx, const virPCIDeviceAddress *address)
    G_GNUC_WARN_UNUSED_RESULT;
