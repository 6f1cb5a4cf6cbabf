/*
 * virpciblock.h: the block devices behind a PCI device, and what the host does with them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virpci.h"

/**
 * virPCIDeviceListBlocks:
 *
 * Disks and partitions below the device, and the NVMe disks that it is one of several paths to.
 *
 * Returns: their names ("nvme0n1", "nvme0n1p1"), sorted; caller frees (strv). Reports no error.
 */
char **virPCIDeviceListBlocks(virPCIDevice *dev);

/**
 * virPCIDeviceDescribeBlockUsers:
 *
 * Mounts are those of this process's mount namespace. Not seen: ZFS and bcachefs pools, disks that
 * a process has open itself.
 *
 * Returns: an array of owned translated texts, one per disk and kind of use ("disk sda1 is mounted
 *          on /boot"); caller unrefs. Reports no error: what cannot be read uses nothing.
 */
GPtrArray *virPCIDeviceDescribeBlockUsers(virPCIDevice *dev);
