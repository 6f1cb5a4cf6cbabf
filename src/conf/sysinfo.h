/*
 * sysinfo.h: what the host's firmware says of the host, as libvirt's XML
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virsysfs.h"

/**
 * virSysinfoRead:
 * @all: also what the kernel shows to root alone: serial numbers
 *
 * Errors: CONFIG_UNSUPPORTED if the firmware says nothing (there is no SMBIOS).
 * Returns: <sysinfo type='smbios'>, owned by the caller, or NULL
 */
char *virSysinfoRead(const virSysfsRoot *root, bool all);
