/*
 * qemu_memlock.h: the right to lock the guest's memory, which VFIO needs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/resource.h>
#include <sys/types.h>

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

/**
 * qemuMemlockApply:
 * @pid: QEMU of @def, which runs
 * @before: filled with its limit until now; or NULL
 *
 * Gives it the right to lock what @def needs as it is now, and no more than that or what we have
 * ourselves.
 *
 * Errors: those of qemuMemlockCheck(), SYSTEM_ERROR if the limit cannot be changed.
 * Returns: 0, or -1 with an error reported and the limit as it was
 */
int qemuMemlockApply(const virDomainDef *def, pid_t pid, struct rlimit *before)
    G_GNUC_WARN_UNUSED_RESULT;

/* Undoes qemuMemlockApply(). */
int qemuMemlockRestore(pid_t pid, const struct rlimit *before) G_GNUC_WARN_UNUSED_RESULT;
