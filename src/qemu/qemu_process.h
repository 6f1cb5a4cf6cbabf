/*
 * qemu_process.h: QEMU of a guest, from its start to its end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_domain.h"

/* How long QEMU may take to end when told to, before it is killed. */
#define QEMU_PROCESS_QUIT_TIMEOUT_MS 5000

/* How long a killed process may take to be gone. */
#define QEMU_PROCESS_KILL_TIMEOUT_MS 30000

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

/* A guest that goes on where it was saved. */
typedef struct {
    int fd; /* where its memory is, from the position on; borrowed */
    guint64 len;
    const char *path; /* of the file, if it is to be gone once the guest goes on; or NULL */
} qemuProcessIncoming;

typedef struct {
    virDomainDef *def;  /* what is to run, for this time; taken; NULL for the guest's definition */
    unsigned int flags; /* virDomainCreateFlags: PAUSED and AUTODESTROY */
    const void *owner;  /* of an AUTODESTROY guest: whose end ends it; or NULL */
    int stdioFD;        /* connected stream socket that is to be the end of <serial type='stdio'>,
                           taken in any case; -1 if there is none */
    const qemuProcessIncoming *incoming; /* NULL for a guest that boots */
} qemuProcessStartArgs;

/**
 * qemuProcessStart:
 * @vm: an inactive guest, whose job is held
 *
 * Prepares what the guest needs of the host, starts QEMU and lets the guest run, or leaves it
 * paused. From early on the guest is active, and its status file says that it is starting: whatever
 * happens to us, the next driver undoes or goes on.
 *
 * Errors: those of qemuProcessCheck() and qemuHostdevPreparePCIDevices(), and OPERATION_FAILED with
 * what QEMU wrote to stderr.
 * Returns: 0, or -1 with an error reported, no QEMU left and everything as it was
 */
int qemuProcessStart(virDomainObj *vm, const qemuProcessStartArgs *args) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
    QEMU_PROCESS_STOP_GRACEFUL = 1 << 0, /* QEMU is asked to end, and never killed */
} qemuProcessStopFlags;

/**
 * qemuProcessStop:
 * @vm: an active guest, whose job is held
 * @reason: virDomainShutoffReason
 * @flags: qemuProcessStopFlags
 *
 * Ends QEMU if it is there, gives back what the guest had of the host, and tells of it. A transient
 * guest is then gone from the list.
 *
 * Errors: RESOURCE_BUSY if QEMU does not end when asked to, OPERATION_FAILED if not even when it is
 * killed: the guest is as active as before.
 * Returns: 0, or -1 with an error reported
 */
int qemuProcessStop(virDomainObj *vm, int reason, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuProcessReconnect:
 * @vm: a guest that an earlier driver left active, with what its status file says; its job is held
 *
 * Takes a running guest over and catches up with what has happened to it since; cleans up after one
 * that has ended, or whose start was not finished.
 */
void qemuProcessReconnect(virDomainObj *vm);

/**
 * qemuProcessFindUnread:
 * @file: name of a status file that cannot be read; the thread's error says why
 * @job: zero; begun if the guest is shown
 *
 * Looks for the QEMU of the guest that the file is named after. One that runs makes that guest
 * active, without a state: it can be destroyed, and nothing else. The file stays as it is until
 * then.
 *
 * Returns: true if such a QEMU runs, and the error forgotten
 */
bool qemuProcessFindUnread(qemuDriver *driver, const char *file, qemuDomainJob *job);

/* The guest goes on, and the driver does not: it is no longer watched or talked to. Nobody uses the
 * guest any more. */
void qemuProcessLeave(virDomainObj *vm);
