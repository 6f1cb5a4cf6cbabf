/*
 * qemu_process.h: one QEMU, from its start to its end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/types.h>

#include "domain_conf.h"

/*
 * A QEMU that we started. It dies with the thread that started it, has no terminal (a Ctrl-C does
 * not reach it), and belongs to the main context that is that thread's default.
 */
typedef struct _qemuProcess qemuProcess;

/* How long QEMU may take to end when told to, before it is killed. */
#define QEMU_PROCESS_QUIT_TIMEOUT_MS 5000

/**
 * qemuProcessCheck:
 *
 * What QEMU needs of this host: the program, KVM, the kernel and initrd, the right to lock memory.
 * Changes nothing.
 *
 * Errors: OPERATION_FAILED or SYSTEM_ERROR.
 * Returns: the program's path, owned by the caller, or NULL with an error reported
 */
char *qemuProcessCheck(const virDomainDef *def);

/* A process that is not there yet. */
qemuProcess *qemuProcessNew(void);

/* Kills QEMU if it runs. */
void qemuProcessFree(qemuProcess *proc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuProcess, qemuProcessFree)

/**
 * qemuProcessStart:
 * @proc: a new process
 * @def: the guest; its host devices have been prepared
 * @stdioFD: connected stream socket that is to be the end of <serial type='stdio'>, taken in any
 *           case; -1 if there is none
 *
 * Starts QEMU and lets the guest run. Waits for it, in bounded time, and runs the main context
 * meanwhile; what that calls may end @proc with qemuProcessShutdown() or qemuProcessDestroy().
 *
 * Errors: those of qemuProcessCheck(), and OPERATION_FAILED with what QEMU wrote to stderr.
 * Returns: 0, or -1 with an error reported and no QEMU left
 */
int
qemuProcessStart(qemuProcess *proc, const virDomainDef *def, int stdioFD) G_GNUC_WARN_UNUSED_RESULT;

pid_t qemuProcessGetPid(const qemuProcess *proc);

/* Asks the guest to power off, as its power button would. The guest may take its time, or ignore
 * it. A guest that does not run yet is ended. Does not wait. */
void qemuProcessShutdown(qemuProcess *proc);

/* Ends the guest at once: QEMU is told to quit and, if it has not after
 * QEMU_PROCESS_QUIT_TIMEOUT_MS, killed. Does not wait. */
void qemuProcessDestroy(qemuProcess *proc);

/**
 * qemuProcessWait:
 *
 * Runs the main context until QEMU has ended. @proc was started.
 *
 * Errors: OPERATION_FAILED, with what QEMU wrote to stderr last, if it died or was killed by
 * anybody but us.
 * Returns: 0 if the guest powered itself off or was ended by qemuProcessDestroy(), or -1 with an
 *          error reported
 */
int qemuProcessWait(qemuProcess *proc) G_GNUC_WARN_UNUSED_RESULT;
