/*
 * qemu_memlock.h: the right to lock the guest's memory, which VFIO needs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

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
 * qemuMemlockCheck:
 *
 * Whether a QEMU that we start can have that right: our hard limit is high enough, or we may raise
 * it (CAP_SYS_RESOURCE), or need no limit (CAP_IPC_LOCK). Changes nothing.
 *
 * Errors: OPERATION_FAILED naming the size.
 * Returns: 0, or -1 with an error reported
 */
int qemuMemlockCheck(const virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;
