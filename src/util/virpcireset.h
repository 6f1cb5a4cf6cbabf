/*
 * virpcireset.h: bring a device back to its state after power-on, between two users of it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virenum.h"
#include "virpci.h"

/* How a device was reset, or why that is left to others. */
typedef enum {
    VIR_PCI_RESET_VFIO, /* nothing done: its VFIO driver resets it whenever a user comes or goes */
    VIR_PCI_RESET_FLR,  /* nothing done: it has function level reset, and VFIO will use that */
    VIR_PCI_RESET_KERNEL, /* by the kernel, in a way that it knows for this device */
    VIR_PCI_RESET_PM,     /* put to sleep and woken (D3hot, D0) */
    VIR_PCI_RESET_BUS,    /* with everything else behind the bridge above it */
    VIR_PCI_RESET_LAST,
} virPCIResetMethod;

VIR_ENUM_DECL(virPCIResetMethod);

/**
 * virPCIResetUserFunc:
 * @addr: of the device to be reset, or of one that would be reset with it
 *
 * Called under the lock of the device's IOMMU group, more than once perhaps.
 *
 * Returns: who uses it ("guest web1"), freed by the asker; NULL if nobody does
 */
typedef char *(*virPCIResetUserFunc)(const virPCIDeviceAddress *addr, void *opaque);

/* For whom a device is reset, and who else is asked. Borrowed for as long as it is used. */
typedef struct {
    virPCIResetUserFunc user; /* asked about the device, and about all that a bus reset would hit */
    void *opaque;
    const char *lockDirectory; /* of virPCILockGroups() */
    const char *holder;        /* "administrator" */
    int back_ms;               /* for a device to come back from a bus reset; 0: 5 s, as is usual */
} virPCIResetContext;

/**
 * virPCIDeviceReset:
 * @dev: an endpoint that no driver of the host uses
 * @method: filled with what was done
 *
 * In this order: a VFIO driver or function level reset, where nothing is to be done; the kernel's
 * own "reset" attribute, because it locks the device, saves its whole state and knows the devices
 * that lie about their abilities; a PM reset; a reset of the bus, if nobody uses anything on it.
 * What an administrator switched off (an empty "reset_method") is not done by other means.
 *
 * Blocks: up to 30 s for the kernel, 20 ms for a PM reset, up to 5 s for devices to come back from
 * a bus reset. Holds the lock of the device's IOMMU group; for a bus reset, those of all groups
 * with devices on the bus, taken anew in their order before it is asked who uses what.
 *
 * Errors: OPERATION_INVALID if @dev is no endpoint, is used or is bound to a driver of the host, or
 * if the bus would have to be reset and that is so for a device on it;
 * OPERATION_UNSUPPORTED if there is no way to reset it, saying what is in each one's way;
 * OPERATION_FAILED if a group is locked by another, or a device did not come back; SYSTEM_ERROR.
 * Returns: 0, or -1 with an error reported and @method untouched
 * Source: Linux Documentation/ABI/testing/sysfs-bus-pci (reset, reset_method, reset_subordinate);
 *         PCI Express Base Specification 6.6 (resets)
 */
int virPCIDeviceReset(virPCIDevice *dev, const virPCIResetContext *ctx, virPCIResetMethod *method)
    G_GNUC_WARN_UNUSED_RESULT;
