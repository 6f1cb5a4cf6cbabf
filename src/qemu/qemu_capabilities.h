/*
 * qemu_capabilities.h: is there a QEMU, and can it use KVM
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_conf.h"
#include "qemu_caps.h"

/* The program of <emulator>, or qemu-system-ARCH, which is to be found in PATH; caller frees. */
char *qemuGetEmulatorName(const virDomainDef *def);

/**
 * qemuFindEmulator:
 *
 * The program that qemuGetEmulatorName() names.
 *
 * Errors: OPERATION_FAILED if there is no such program.
 * Returns: its absolute path, owned by the caller, or NULL
 */
char *qemuFindEmulator(const virDomainDef *def);

/* Names the program in <emulator> that qemuFindEmulator() finds, if there is one and none is named.
 */
void qemuFillEmulator(virDomainDef *def);

/* The path of qemu-system-ARCH for this host's own architecture, or NULL. Caller frees. */
char *qemuFindHostEmulator(void);

/**
 * qemuCheckKVM:
 *
 * Opens /dev/kvm if @def has type='kvm', and closes it again.
 *
 * Errors: OPERATION_FAILED if this host has no KVM, SYSTEM_ERROR if we may not use it.
 * Returns: 0, or -1 with an error reported
 */
int qemuCheckKVM(const virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuCheckCapsKVM:
 * @caps: what the guest's QEMU can do
 *
 * qemuCheckKVM() with QEMU's own word: a device that opens is no KVM that works.
 *
 * Errors: OPERATION_FAILED.
 * Returns: 0, or -1 with an error reported
 */
int qemuCheckCapsKVM(const virDomainDef *def, const qemuCaps *caps) G_GNUC_WARN_UNUSED_RESULT;
