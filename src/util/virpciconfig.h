/*
 * virpciconfig.h: a device's configuration space, saved and restored around a reset
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "virpci.h"
#include "virpcicap.h"

/**
 * virPCIDeviceReadConfig:
 * @config: filled with the first 256 bytes
 *
 * Errors: SYSTEM_ERROR, also without the privilege to read more than the header.
 * Returns: 0, or -1 with an error reported and @config undefined
 */
int virPCIDeviceReadConfig(virPCIDevice *dev, guint8 config[VIR_PCI_CONFIG_SIZE])
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virPCIDeviceWriteConfig:
 * @reg: a register of the first 256 bytes
 *
 * Errors: SYSTEM_ERROR.
 * Returns: 0, or -1 with an error reported
 */
int virPCIDeviceWriteConfig(virPCIDevice *dev, virPCIConfigRegister reg, guint32 value)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virPCIDeviceRestoreConfig:
 * @config: as virPCIDeviceReadConfig() read it before the reset
 *
 * Writes back the registers of virPCICapListRegisters().
 *
 * Errors: SYSTEM_ERROR.
 * Returns: 0, or -1 with an error reported
 */
int virPCIDeviceRestoreConfig(virPCIDevice *dev, const guint8 config[VIR_PCI_CONFIG_SIZE])
    G_GNUC_WARN_UNUSED_RESULT;

/* True if a device that was as @before and is as @after was not reset between: its bases of memory
 * are still set. */
bool virPCIConfigIsKept(const guint8 before[VIR_PCI_CONFIG_SIZE],
                        const guint8 after[VIR_PCI_CONFIG_SIZE]);
