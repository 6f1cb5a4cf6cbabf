/*
 * domain_virtio.h: virtio devices of a guest: what they can be where they are
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_device.h"

/* Where a virtio device goes by itself: those that older drivers know too need I/O ports, which
 * PCI Express ports have few of. */
virDomainPCIPlace virDomainVirtioPCIPlace(const virDomainVirtioDef *virtio);

/**
 * virDomainVirtioCheck:
 * @def: the definition that @dev is in or will be in
 * @dev: a device with its address
 *
 * What a virtio device says and QEMU cannot do on the bus that it is on.
 *
 * Errors: CONFIG_UNSUPPORTED naming the device.
 * Returns: 0, also for other devices, or -1 with an error reported
 */
int virDomainVirtioCheck(const virDomainDef *def, const virDomainDeviceDef *dev)
    G_GNUC_WARN_UNUSED_RESULT;
