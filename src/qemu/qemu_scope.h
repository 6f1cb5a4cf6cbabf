/*
 * qemu_scope.h: a control group of its own for each guest, made by systemd
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <gio/gio.h>

/**
 * qemuScopeGetName:
 * @guest: its name
 *
 * Returns: the unit's name, "virtvfio-NAME.scope" with NAME escaped as systemd-escape(1) does;
 * owned by the caller; NULL if it were too long for systemd
 */
char *qemuScopeGetName(const char *guest);

/* Whether systemd runs this host, and we are root. */
bool qemuScopeIsAvailable(void);

/**
 * qemuScopeGetBus:
 *
 * Returns: a connection to the host's systemd, to be unreferenced; NULL with no error reported
 * where systemd does not run or does not answer, or where we are not root
 */
GDBusConnection *qemuScopeGetBus(void);

/**
 * qemuScopeStart:
 * @bus: connection over which systemd can be asked
 * @guest: its name
 * @pid: its QEMU
 *
 * Makes the scope below machine.slice, and moves QEMU there. Returns when that is done. The scope
 * is gone when QEMU is.
 *
 * Blocks for at most ten seconds. Not for a thread whose main context others use.
 *
 * Errors: OPERATION_FAILED, OPERATION_TIMEOUT.
 * Returns: 0, or -1 with an error reported
 * Source: org.freedesktop.systemd1(5)
 */
int qemuScopeStart(GDBusConnection *bus, const char *guest, pid_t pid) G_GNUC_WARN_UNUSED_RESULT;
