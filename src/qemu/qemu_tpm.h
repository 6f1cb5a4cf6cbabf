/*
 * qemu_tpm.h: swtpm, the process that emulates a guest's TPM, and what the TPM remembers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_domain.h"

/**
 * qemuTPMStart:
 * @vm: a guest that is being started and has its log; its job is held
 *
 * Starts swtpm as QEMU's user if the guest has a TPM. It listens at the socket of the live
 * definition, in the guest's run directory, and keeps the TPM's memory in
 * STATE/swtpm/UUID (mode 0700, of QEMU's user), which is made for the first start. It ends when
 * QEMU does. Wants no lock.
 *
 * Errors: OPERATION_FAILED if swtpm is not installed or does not start; SYSTEM_ERROR.
 * Returns: 0, or -1 with an error reported: qemuTPMStop() undoes what was done
 */
int qemuTPMStart(virDomainObj *vm) G_GNUC_WARN_UNUSED_RESULT;

/* Finds the swtpm of a guest that an earlier driver has started. Wants the job, and no lock. */
void qemuTPMFind(virDomainObj *vm);

/* Ends swtpm, if it does not do so by itself: QEMU has ended, or was not started. Wants the job,
 * and no lock. */
void qemuTPMStop(virDomainObj *vm);

/* Removes what the TPM of that guest has remembered, if there is any. */
void qemuTPMForget(const qemuDriver *driver, const char *uuid);
