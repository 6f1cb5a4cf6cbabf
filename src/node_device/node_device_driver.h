/*
 * node_device_driver.h: the host's devices: found, described, given to VFIO drivers and back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "node_device_conf.h"
#include "virpcihost.h"

/*
 * Every function reads sysfs as it is then; nothing is kept. Any thread. PCI devices,
 * network interfaces, and the machine itself ("computer") as the parent of those that hang on no
 * other.
 */

/**
 * virNodeDeviceListNames:
 * @flags: virConnectListAllNodeDeviceFlags; without a capability among them: all devices
 *
 * Of capabilities that none of our devices has there are none. Looking for vital product data (VPD)
 * asks every device that has such for its first bytes.
 *
 * Errors: INVALID_ARG for flags that libvirt has not.
 * Returns: names, sorted by kind and address (a strv), owned by the caller; or NULL
 */
char **virNodeDeviceListNames(virPCIHost *host, unsigned int flags);

/**
 * virNodeDeviceCapFlag:
 * @cap: libvirt's name of a capability ("pci")
 * @flag: filled with the one that asks for it
 *
 * Errors: INVALID_ARG if libvirt has no such capability.
 * Returns: 0, or -1 with an error reported
 */
int virNodeDeviceCapFlag(const char *cap, unsigned int *flag) G_GNUC_WARN_UNUSED_RESULT;

/* The names of a device's capabilities (a strv), caller frees; NULL with NO_NODE_DEVICE reported.
 */
char **virNodeDeviceFindCaps(virPCIHost *host, const char *name);

/**
 * virNodeDeviceLookup:
 * @addr: filled with the PCI device's address, or NULL if that is not wanted
 *
 * Errors: NO_NODE_DEVICE if there is no such device now; with @addr INVALID_ARG if it is no PCI
 * device.
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
