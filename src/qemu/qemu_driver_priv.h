/*
 * qemu_driver_priv.h: what the files of qemu_driver share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_conf.h"
#include "qemu_answer.h"
#include "qemu_domain.h"
#include "qemu_driver.h"

/**
 * qemuDriverCheckFlags:
 * @what: name of the call, for the message
 *
 * Errors: INVALID_ARG if there are other flags than @known.
 * Returns: 0, or -1 with an error reported
 */
int qemuDriverCheckFlags(const char *what, unsigned int flags, unsigned int known)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainAgentPower:
 *
 * Has the guest agent power the guest off, or reboot it. Returns when the guest is about to, which
 * it tells by nothing but that. Wants no job and no lock.
 *
 * Errors: as qemuDomainAgentCommand()
 * Returns: 0, or -1 with an error reported
 */
int qemuDomainAgentPower(virDomainObj *vm, bool reboot) G_GNUC_WARN_UNUSED_RESULT;

/* What an agent is asked. */
typedef struct {
    const char *command;       /* "guest-…" */
    JsonObject *arguments;     /* taken; or NULL */
    bool patient;              /* it may take as long as it likes; else it has a minute */
    GCancellable *cancellable; /* ends the waiting; or NULL */
} qemuDomainAgentQuestion;

/**
 * qemuDomainAgentAsk:
 * @question: its arguments are gone after it
 * @answer: filled; qemuAnswerClear() it after success
 *
 * Waits for other questions to the same agent, and for the answer. Wants no job and no lock.
 *
 * Errors: as qemuDomainAgentCommand(), and OPERATION_UNSUPPORTED if the agent has no such command
 * or it is switched off; OPERATION_FAILED for an answer with a NUL in a text.
 * Returns: 0, or -1 with an error reported
 */
int qemuDomainAgentAsk(virDomainObj *vm, qemuDomainAgentQuestion *question, qemuAnswer *answer)
    G_GNUC_WARN_UNUSED_RESULT;

#define QEMU_AFFECT_FLAGS                                                                          \
    (VIR_DOMAIN_AFFECT_CURRENT | VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)

/* Which definitions a call changes, or reads. */
typedef struct {
    virDomainObj *vm;
    bool live;            /* what runs */
    virDomainDef *config; /* what will be the persistent definition; owned; NULL if it stays */
} qemuDomainChange;

void qemuDomainChangeClear(qemuDomainChange *change);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuDomainChange, qemuDomainChangeClear)

/**
 * qemuDomainChangeBegin:
 * @change: zero; filled
 * @flags: virDomainModificationImpact, and others, which are not looked at
 *
 * Wants the job.
 *
 * Errors: OPERATION_INVALID if there is no such definition.
 * Returns: 0, or -1 with an error reported; qemuDomainChangeClear() @change in either case
 */
int qemuDomainChangeBegin(qemuDomainChange *change, virDomainObj *vm, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;

/* Makes of the changed definition what it would be if it were read again: all that is checked of
 * one is checked. Nothing if it stays. */
int qemuDomainChangeCheckConfig(qemuDomainChange *change) G_GNUC_WARN_UNUSED_RESULT;

/* Writes the changed definition, and makes it the guest's. Nothing if it stays. */
int qemuDomainChangeSaveConfig(qemuDomainChange *change) G_GNUC_WARN_UNUSED_RESULT;

/* The definition that a call with @flags reads: what runs or what is defined, of which only one can
 * be asked for. Wants the lock. NULL with an error reported: those of qemuDomainChangeBegin(),
 * INVALID_ARG for both. */
const virDomainDef *qemuDomainGetReadDef(const virDomainObj *vm, unsigned int flags);

/* Finds or makes the guest of @def, and begins a job; to be unreferenced. NULL with an error
 * reported. */
virDomainObj *qemuDomainAddWithJob(qemuDriver *driver, const virDomainDef *def, qemuDomainJob *job,
                                   const char *what);

/* A guest that was made in vain is nobody's. */
void qemuDomainForget(virDomainObj *vm);

/* A guest that is shutting down, or has crashed, is not let go on (@resume), or stopped. Wants the
 * job. */
int qemuDomainCheckState(virDomainObj *vm, bool resume) G_GNUC_WARN_UNUSED_RESULT;

/* Stops the guest's processors, for that virDomainPausedReason. Wants the job. */
int qemuDomainStopCPUs(virDomainObj *vm, int reason) G_GNUC_WARN_UNUSED_RESULT;

/* What runs, or is defined; to be freed. NULL with an error reported. */
virDomainDef *qemuDomainStatsCopyDef(virDomainObj *vm);

/* Errors: OPERATION_INVALID. */
int qemuDomainCheckRuns(virDomainObj *vm) G_GNUC_WARN_UNUSED_RESULT;

/* The disk that is meant: by its target, or by its file. NULL with INVALID_ARG reported. */
const virDomainDiskDef *qemuDomainFindDisk(const virDomainDef *def, const char *path);
