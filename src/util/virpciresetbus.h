/*
 * virpciresetbus.h: reset everything behind a bridge, if nobody uses any of it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virpcireset.h"

/* Writes to the kernel's own reset attributes take so long at most. */
#define VIR_PCI_RESET_TIMEOUT_MS 30000

/**
 * virPCIDeviceResetBus:
 *
 * Through the bridge's "reset_subordinate" attribute (Linux 6.13, and 6.12 of some distributions)
 * where there is one, and by hand where there is none or the kernel answers ENOTTY there. Under the
 * locks of all groups that have devices behind the bridge; none is held before.
 *
 * Errors: OPERATION_UNSUPPORTED if @dev is on a root bus, or its bridge would take the reset for a
 * removal; OPERATION_INVALID naming everything behind the bridge that is used; OPERATION_FAILED
 * naming what did not come back; SYSTEM_ERROR.
 * Returns: 0, or -1 with an error reported
 */
int
virPCIDeviceResetBus(virPCIDevice *dev, const virPCIResetContext *ctx) G_GNUC_WARN_UNUSED_RESULT;

/* True if a driver of the host works with the device: not a VFIO driver, nor one that only keeps
 * others away. */
bool virPCIBindingIsHostDriver(const virPCIBinding *binding);
