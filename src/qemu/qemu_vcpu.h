/*
 * qemu_vcpu.h: the processors of a running guest: which there are, one more, one less
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_domain.h"

/*
 * All of these want the job of an active guest, and not its lock.
 */

/* A processor as QEMU has it. */
typedef struct {
    unsigned int number;
    pid_t thread; /* of QEMU that runs it; with simple emulation several have one */
} qemuVcpu;

/**
 * qemuVcpuList:
 * @timeout_ms: as of qemuMonitorCommandTimed()
 *
 * Errors: those of qemuMonitorCommand().
 * Returns: an array of qemuVcpu, ordered by number, owned by the caller, or NULL
 */
GArray *qemuVcpuList(qemuMonitor *mon, guint timeout_ms);

/**
 * qemuVcpuPlug:
 * @wanted: how many there are to be, more than there are and at most the maximum
 *
 * Plugs processors in, one after the other, and has each run where it is pinned to. The live
 * definition and the status file say how many there are, also if one cannot be plugged in.
 *
 * Errors: OPERATION_FAILED with QEMU's reason; those of qemuAffinityApply().
 * Returns: 0, or -1 with an error reported
 */
int qemuVcpuPlug(virDomainObj *vm, unsigned int wanted) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuVcpuUnplug:
 * @wanted: how many there are to be, fewer than there are and at least one
 *
 * Asks the guest to release processors that were plugged in, last one first, and waits for each.
 *
 * Errors: OPERATION_INVALID if too few were plugged in: those of the start stay; OPERATION_FAILED
 * if the guest refuses; OPERATION_TIMEOUT if it does not release one in time: it may do so later.
 * Returns: 0, or -1 with an error reported
 */
int qemuVcpuUnplug(virDomainObj *vm, unsigned int wanted) G_GNUC_WARN_UNUSED_RESULT;

/* Makes the live definition say how many processors QEMU has. A QEMU that does not say is warned
 * of. Returns whether it was another number. */
bool qemuVcpuCatchUp(virDomainObj *vm, qemuMonitor *mon);
