/*
 * qemu_memlock.h: the right to lock the guest's memory, which VFIO needs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/resource.h>

#include "domain_conf.h"

/**
 * qemuMemlockNeed:
 *
 * VFIO locks all memory that the device may reach: the guest's, and the device's own regions as
 * other devices see them, for which 1 GiB is added. With an <iommu> the guest's memory counts once
 * for every host device.
 *
 * Returns: what QEMU must be able to lock, in KiB; 0 for a guest without host devices
 */
guint64 qemuMemlockNeed(const virDomainDef *def);

/**
 * qemuMemlockRaise:
 * @saved: filled with the limit as it was; for qemuMemlockRestore()
 *
 * Raises this process's RLIMIT_MEMLOCK for the children that it starts, if it is too low for them.
 * A process with CAP_IPC_LOCK needs no limit.
 *
 * Errors: OPERATION_FAILED naming the size if the limit is too low and cannot be raised.
 * Returns: 0, or -1 with an error reported and the limit as it was
 */
int qemuMemlockRaise(const virDomainDef *def, struct rlimit *saved) G_GNUC_WARN_UNUSED_RESULT;
void qemuMemlockRestore(const struct rlimit *saved);
