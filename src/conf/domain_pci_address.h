/*
 * domain_pci_address.h: the guest's PCI topology: where every device goes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_device.h"

/* How many root ports a guest has for hot-plug if its definition says nothing of root ports. */
#define VIR_DOMAIN_SPARE_ROOT_PORTS 4

/**
 * virDomainAssignPCIAddresses:
 * @def: a definition; what it already says of addresses is kept
 *
 * On q35 every PCI Express device without an address gets a root port of its own, one that is
 * unused or a new one, so that it is in an IOMMU group of its own in the guest too and can be
 * unplugged; conventional devices share a bridge. Root ports share slots of bus 0, eight to a slot.
 * On i440fx devices get slots of bus 0, and of bridges when that is full. Controllers are made as
 * they are needed. Pure and deterministic.
 *
 * Errors: XML_ERROR if given addresses collide or no device can be there, CONFIG_UNSUPPORTED if
 * there are more devices than places.
 * Returns: 0, or -1 with an error reported
 */
int virDomainAssignPCIAddresses(virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virDomainAssignDevicePCIAddress:
 * @def: a definition with its addresses, without @dev
 * @dev: a device that is to be plugged into the running guest
 *
 * Checks the address that @dev has, or gives it one. No controller is added.
 *
 * Errors: XML_ERROR if the address cannot be, CONFIG_UNSUPPORTED if no slot is free.
 * Returns: 0, or -1 with an error reported
 */
int virDomainAssignDevicePCIAddress(virDomainDef *def, const virDomainDeviceDef *dev)
    G_GNUC_WARN_UNUSED_RESULT;
