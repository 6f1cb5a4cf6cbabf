/*
 * qemu_status.h: the status file of an active guest, as XML
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stddef.h>

#include "qemu_domain.h"

/* What a status file says. */
typedef struct {
    virDomainDef *def; /* what runs */
    int id;
    int state;
    int reason;
    virProcessIdentity process; /* pid 0: QEMU had not been started, or not been noted */
    virProcessIdentity tpm;     /* swtpm; pid 0: none, or not been noted */
    char *plugging;             /* or NULL */
    qemuDomainSaving *saving;   /* or NULL */
    bool starting;
    bool fakeReboot;
    bool autodestroy;
    bool keepTPM;
    GPtrArray *owners; /* qemuSecurityOwner */
} qemuStatus;

void qemuStatusFree(qemuStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuStatus, qemuStatusFree)

/* The status of @vm, whose lock is held and which is active. Caller frees. */
char *qemuStatusFormat(const virDomainObj *vm);

/**
 * qemuStatusParse:
 * @text: what qemuStatusFormat() made
 * @source: what to call it in messages
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the status, owned by the caller, or NULL with an error reported
 */
qemuStatus *qemuStatusParse(const char *text, const char *source);

/* libvirt's word for a virDomainState. */
VIR_ENUM_DECL(qemuStatusState);
