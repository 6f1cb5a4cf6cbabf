/*
 * qemu_firmware_descriptor.h: QEMU's descriptors of firmware
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

typedef enum {
    QEMU_FIRMWARE_SECURE_BOOT = 1 << 0,
    QEMU_FIRMWARE_ENROLLED_KEYS = 1 << 1,
    QEMU_FIRMWARE_REQUIRES_SMM = 1 << 2,
    QEMU_FIRMWARE_ACPI_S3 = 1 << 3,
    QEMU_FIRMWARE_ACPI_S4 = 1 << 4,
} qemuFirmwareFeatures;

typedef struct {
    bool uefi;           /* among its interfaces */
    bool usable;         /* false for formats other than raw, and code and variables in one file */
    bool flash;          /* mapped as flash; else in memory, as a ROM is */
    bool stateless;      /* of flash: without variables */
    char *executable;    /* absolute path; always there if usable */
    char *nvramTemplate; /* of flash that is not stateless */
    GStrv machines;      /* patterns of x86_64 machines: "pc-q35-*" */
    unsigned int features;
} qemuFirmware;

void qemuFirmwareFree(qemuFirmware *firmware);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuFirmware, qemuFirmwareFree)

/**
 * qemuFirmwareParse:
 * @text: a descriptor, NUL-terminated
 * @reason: filled with what is wrong, translated, if NULL comes back; caller frees
 *
 * Returns: the firmware, owned by the caller, or NULL; reports nothing
 */
qemuFirmware *qemuFirmwareParse(const char *text, char **reason);

/* True if it runs on a machine: "q35", "pc-q35-7.2". */
bool qemuFirmwareFitsMachine(const qemuFirmware *firmware, const char *machine);
