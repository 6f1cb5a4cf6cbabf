/*
 * qemu_guest.h: what guests do through their agents: guests' file systems
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "virdomainobj.h"

/*
 * All want a running guest whose agent is connected, and wait for the agent, which is asked by one
 * thread at a time: not for workers that others wait for. @cancellable ends the waiting when
 * somebody cancels it; or NULL.
 *
 * Errors of all: those of qemuDomainAgentCommand(); OPERATION_UNSUPPORTED if the agent has no such
 * command; OPERATION_FAILED also for an answer that is not as it has to be; INVALID_ARG for flags,
 * of which there are none where nothing else is said.
 */

/**
 * qemuDomainFSFreeze, qemuDomainFSThaw:
 * @mountpoints: of which file systems in the guest; empty for all. Those to thaw cannot be chosen.
 *
 * Flushes file systems and stops writes to them, until they are thawed. What a command cannot be
 * told to undo is waited for as long as it takes.
 *
 * Errors: CONFIG_UNSUPPORTED for mount points to thaw.
 * Returns: how many file systems it were, or -1 with an error reported
 */
int qemuDomainFSFreeze(virDomainObj *vm, const GPtrArray *mountpoints, unsigned int flags,
                       GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;
int qemuDomainFSThaw(virDomainObj *vm, const GPtrArray *mountpoints, unsigned int flags,
                     GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainFSTrim:
 * @minimum: bytes; shorter free ranges may be left alone
 *
 * Gives what file systems do not use back to the host's storage; waits as long as it takes. File
 * systems that cannot do that are skipped, unless there is no other.
 */
int qemuDomainFSTrim(virDomainObj *vm, guint64 minimum, unsigned int flags,
                     GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;
