/*
 * domain_address.h: where every device of a guest is
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_device.h"

/**
 * virDomainAssignAddresses:
 * @def: a definition; what it already says of addresses is kept
 *
 * Every device that can have an address gets one, and the controllers that this takes are made.
 * Pure and deterministic: the result, parsed again, stays as it is.
 *
 * Errors: XML_ERROR if given addresses collide or no device can be there, CONFIG_UNSUPPORTED if
 * there are more devices than places, or
 * for what a virtio device cannot do where it is.
 * Returns: 0, or -1 with an error reported
 */
int virDomainAssignAddresses(virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virDomainAssignDeviceAddress:
 * @def: a definition with its addresses, without @dev
 * @dev: a device that is to be plugged into the running guest
 *
 * Checks the address that @dev has, or gives it one. No controller is added.
 *
 * Errors: XML_ERROR if the address cannot be, CONFIG_UNSUPPORTED if none is free, or for what a
 * virtio device cannot do there.
 * Returns: 0, or -1 with an error reported
 */
int virDomainAssignDeviceAddress(virDomainDef *def, const virDomainDeviceDef *dev)
    G_GNUC_WARN_UNUSED_RESULT;
