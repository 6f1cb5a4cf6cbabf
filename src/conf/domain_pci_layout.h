/*
 * domain_pci_layout.h: the guest's PCI buses and what is in their slots
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_device.h"

#define VIR_DOMAIN_PCI_SLOTS     32
#define VIR_DOMAIN_PCI_FUNCTIONS 8
#define VIR_DOMAIN_PCI_BUSES     (VIR_DOMAIN_CONTROLLER_MAX_INDEX + 1)

/* q35 has its ISA bridge, SATA and SMBus there. */
#define VIR_DOMAIN_PCI_SLOT_ICH9 0x1f

/* A picture of @def: changes of the definition have to go through it. */
typedef struct {
    virDomainDef *def;
    bool express;                                            /* q35 */
    virDomainControllerDef *buses[VIR_DOMAIN_PCI_BUSES];     /* by index; borrowed */
    guint8 used[VIR_DOMAIN_PCI_BUSES][VIR_DOMAIN_PCI_SLOTS]; /* a bit per function */
} virDomainPCILayout;

/**
 * virDomainPCILayoutAddBus:
 *
 * Adds a PCI controller to the definition and its bus to the picture, without an address.
 */
virDomainControllerDef *
virDomainPCILayoutAddBus(virDomainPCILayout *layout, virDomainControllerModelPCI model, int index);

/* Whether nothing is in an address, or in all of a slot. */
bool virDomainPCILayoutIsFree(const virDomainPCILayout *layout, const virPCIDeviceAddress *addr);
bool
virDomainPCILayoutSlotIsFree(const virDomainPCILayout *layout, unsigned int bus, unsigned int slot);

/**
 * virDomainPCILayoutClaim:
 * @dev: a device with a PCI address
 * @place: what it is
 *
 * Notes that the address is taken.
 *
 * Errors: XML_ERROR naming the device, and what is there, if it cannot be there.
 * Returns: 0, or -1 with an error reported
 */
int virDomainPCILayoutClaim(virDomainPCILayout *layout, const virDomainDeviceDef *dev,
                            const virDomainPCIPlace *place) G_GNUC_WARN_UNUSED_RESULT;

/* Gives a device an address that is free, and notes it. */
void virDomainPCILayoutPut(virDomainPCILayout *layout, virDomainDeviceInfo *info,
                           const virPCIDeviceAddress *addr);

/**
 * virDomainPCILayoutFindSlot:
 * @kind: what is to be placed
 * @limit: only buses with a number below this
 * @addr: filled with a slot that is wholly free, function 0, of a bus that such devices go to
 *
 * A conventional bus keeps its last slot for a bridge, so that there can always be more:
 * @limit below VIR_DOMAIN_PCI_BUSES says that a bridge is being placed.
 *
 * Returns: whether there is one
 */
bool virDomainPCILayoutFindSlot(const virDomainPCILayout *layout, virDomainPCIKind kind, int limit,
                                virPCIDeviceAddress *addr);

/* The lowest bus number above @above that no controller has; -1 if there is none. */
int virDomainPCILayoutFindIndex(const virDomainPCILayout *layout, int above);
