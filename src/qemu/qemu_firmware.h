/*
 * qemu_firmware.h: which firmware a guest with <os firmware='efi'> gets
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_conf.h"

/**
 * qemuFirmwareFill:
 * @def: the guest; its loader is filled in
 * @directories: folders with QEMU's firmware descriptors, the one that counts least first; NULL for
 *               /usr/share/qemu/firmware, /etc/qemu/firmware and $XDG_CONFIG_HOME/qemu/firmware
 * @nvramDirectory: absolute path of the folder for the guest's variables, if it names no file
 *
 * Nothing if the guest does not ask for it. Files of the same name in a later folder take the place
 * of earlier ones, and an empty file takes one away. Of the rest, in the order of their names, the
 * first that fits is taken.
 *
 * Errors: OPERATION_FAILED if none fits. A descriptor that cannot be understood is logged.
 * Returns: 0, or -1 with an error reported and @def untouched
 * Source: QEMU docs/interop/firmware.json
 */
int qemuFirmwareFill(virDomainDef *def, const char *const *directories, const char *nvramDirectory)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuFirmwareListExecutables:
 * @machine: "q35", "pc-q35-7.2"
 * @directories: as of qemuFirmwareFill()
 *
 * Returns: the paths of the UEFI firmware that qemuFirmwareFill() may take for such a machine, the
 *          best first (a strv); caller frees
 */
char **qemuFirmwareListExecutables(const char *machine, const char *const *directories);

/**
 * qemuFirmwareCreateNVRAM:
 * @def: the guest, its loader filled in
 *
 * Copies the template of the guest's variables to their file, if there is none yet. Its folder is
 * made, too. Nobody sees half a file.
 *
 * Errors: OPERATION_FAILED, SYSTEM_ERROR.
 * Returns: 0, or -1 with an error reported
 */
int qemuFirmwareCreateNVRAM(const virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* Where a guest's variables are if nobody says; caller frees. */
char *qemuFirmwareGetNVRAMDirectory(void);
