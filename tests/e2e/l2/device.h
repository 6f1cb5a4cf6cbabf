/*
 * device.h: what the nested guest does with each device
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stddef.h>

#define PCI "/sys/bus/pci/devices"

/* Uses a PCI device, and says on the console what came of it; that may take seconds. */
void tryDevice(const char *address);

/* Reads the first line of a file; an empty string if that fails. */
void readLine(const char *path, char *buf, size_t size);
