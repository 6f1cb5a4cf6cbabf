/*
 * qemu_hotplug_update.h: devices of a running guest that change
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_device.h"
#include "qemu_domain.h"

/*
 * All of these want the job of an active guest, and not its lock.
 */

/* Whether the live device @dev can become @wanted, which has its name and place: the disc of a
 * CD-ROM drive and the link of an interface can change, nothing else. CONFIG_UNSUPPORTED naming the
 * device if not. */
int qemuHotplugCheckUpdate(const virDomainDeviceDef *dev, const virDomainDeviceDef *wanted)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuHotplugUpdate:
 * @dev: of the live definition
 * @wanted: for which qemuHotplugCheckUpdate() is content; what it has of the new is taken
 * @force: open a drive though the guest has locked it
 *
 * Errors: OPERATION_FAILED with QEMU's reason.
 * Returns: 0, or -1 with an error reported and everything as it was
 */
int qemuHotplugUpdate(virDomainObj *vm, const virDomainDeviceDef *dev, virDomainDeviceDef *wanted,
                      bool force) G_GNUC_WARN_UNUSED_RESULT;
