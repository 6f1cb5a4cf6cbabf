/*
 * node_device_driver.h: the host's devices: found, described, given to VFIO drivers and back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "node_device_conf.h"
#include "virpcihost.h"

/*
 * Every function reads sysfs as it is then; nothing is kept. Any thread. PCI devices, and the
 * machine itself ("computer") as the parent of those that hang on no other.
 */

/**
 * virNodeDeviceListNames:
 * @flags: virConnectListAllNodeDeviceFlags; without a capability among them: all devices
 *
 * Returns: names, sorted by kind and address (a strv), owned by the caller
 */
char **virNodeDeviceListNames(virPCIHost *host, unsigned int flags);

/* The flag of a capability's name ("pci"), or 0 if there is none, or we have none such devices. */
unsigned int virNodeDeviceCapFlag(const char *cap);

/**
 * virNodeDeviceLookup:
 * @addr: filled with the PCI device's address, or NULL if that is not wanted
 *
 * Errors: NO_NODE_DEVICE if there is no such device now; with @addr also if it is no PCI device.
 * Returns: 0, or -1 with an error reported
 */
int virNodeDeviceLookup(virPCIHost *host, const char *name, virPCIDeviceAddress *addr)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virNodeDeviceDescribe:
 *
 * Errors: NO_NODE_DEVICE if there is no such device now.
 * Returns: the description, owned by the caller, or NULL
 */
virNodeDeviceDef *virNodeDeviceDescribe(virPCIHost *host, const char *name);

/* The parent's name, or NULL for the machine itself; caller frees. For a device that was looked up.
 */
char *virNodeDeviceFindParent(virPCIHost *host, const char *name);
