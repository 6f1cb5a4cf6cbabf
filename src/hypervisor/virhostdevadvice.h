/*
 * virhostdevadvice.h: what a user types to give a device to a VFIO driver
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virpci.h"
#include "virpciiommu.h"

/**
 * virHostdevAdviseDriver:
 * @dev: PCI device
 * @modalias: its modalias, or NULL if unknown
 * @best: filled; virPCIBestDriverClear() it after
 *
 * virPCIFindBestDriver() with the alias index as it is now.
 *
 * Returns: false and @best untouched if no VFIO driver is known for it
 */
bool virHostdevAdviseDriver(virPCIDevice *dev, const char *modalias, virPCIBestDriver *best);

/**
 * virHostdevAdviseBind:
 * @name: address of a device that is to be bound; NULL: it is on its driver already
 * @group: its IOMMU group, or NULL: members that are on drivers of the host have to be bound too
 * @driver: VFIO driver or its module to name; NULL: the best one of each
 *
 * Returns: the command that root types for that, on one line; NULL if nothing is to be bound.
 *          Caller frees
 */
char *virHostdevAdviseBind(const char *name, const virPCIIOMMUGroup *group, const char *driver);

/**
 * virHostdevAdviseIOMMU:
 *
 * Returns: why a device of @host may be in no IOMMU group and what to do about it; caller frees
 */
char *virHostdevAdviseIOMMU(virPCIHost *host);
