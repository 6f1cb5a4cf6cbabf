/*
 * virhostdevadvice.h: what a user types to give a device to a VFIO driver
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virpci.h"

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
 * @dev: PCI device
 * @driver: the driver that is bound to it, or NULL
 * @best: what to bind it to
 *
 * Where the driver's name is not known because its module is not loaded, the commands end with the
 * one that tells the rest.
 *
 * Returns: the commands, one a line and each indented by two spaces; caller frees
 */
char *virHostdevAdviseBind(virPCIDevice *dev, const char *driver, const virPCIBestDriver *best);

/**
 * virHostdevAdviseIOMMU:
 *
 * Returns: why a device of @host may be in no IOMMU group and what to do about it; caller frees
 */
char *virHostdevAdviseIOMMU(virPCIHost *host);
