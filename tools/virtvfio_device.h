/*
 * virtvfio_device.h: everything known of one device, gathered once
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virpci.h"
#include "virpciiommu.h"
#include "virpciscan.h"

/* What devices share: the alias index, the IOMMU groups, and perhaps a scan of the whole bus. */
typedef struct _virtvfioInventory virtvfioInventory;

typedef enum {
    VIRTVFIO_INVENTORY_SCAN, /* one pass over the bus: for many devices */
    VIRTVFIO_INVENTORY_ASK,  /* ask each device: for one */
} virtvfioInventoryMode;

/**
 * virtvfioInventoryNew:
 *
 * Errors: SYSTEM_ERROR if a scan is wanted and the PCI bus cannot be listed.
 * Returns: the inventory, owned by the caller, or NULL
 */
virtvfioInventory *virtvfioInventoryNew(virPCIHost *host, virtvfioInventoryMode mode);
void virtvfioInventoryFree(virtvfioInventory *inventory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virtvfioInventory, virtvfioInventoryFree)

/* Borrowed. The scan is NULL with VIRTVFIO_INVENTORY_ASK. */
virPCIHost *virtvfioInventoryGetHost(const virtvfioInventory *inventory);
const virPCIScan *virtvfioInventoryGetScan(const virtvfioInventory *inventory);
const virKModIndex *virtvfioInventoryGetIndex(const virtvfioInventory *inventory);

/* A device. Texts are owned, the group is borrowed from the inventory. */
typedef struct {
    char name[VIR_PCI_ADDRESS_STRLEN];
    virPCIDeviceFacts facts;
    virPCIBinding binding;
    const virErrorInfo *error; /* why that cannot be told, or NULL; borrowed too */
    bool hasBest;
    virPCIBestDriver best;
    const virPCIIOMMUGroup *group; /* NULL if there is none, or if it cannot be read */
} virtvfioDevice;

void virtvfioDeviceClear(virtvfioDevice *device);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virtvfioDevice, virtvfioDeviceClear)

/**
 * virtvfioInventoryRead:
 * @device: filled; virtvfioDeviceClear() it before @inventory is freed
 *
 * Errors: DEVICE_MISSING, SYSTEM_ERROR
 * Returns: 0, or -1 with an error reported and @device untouched
 */
int virtvfioInventoryRead(virtvfioInventory *inventory, const virPCIDeviceAddress *addr,
                          virtvfioDevice *device) G_GNUC_WARN_UNUSED_RESULT;

/* True if vfio-pci is named for want of a better answer, and nobody knows if this kernel has it. */
bool virtvfioDeviceBestIsAssumed(virPCIHost *host, const virtvfioDevice *device);
