/*
 * qemu_scope.h: a control group of its own for each guest, made by systemd
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <gio/gio.h>

/* What a guest's scope may use of the host; 0 is not said. */
typedef struct {
    guint64 cpuWeight;      /* 1 to 10000, 100 for others */
    guint64 cpuQuota_us;    /* of processor time in a second */
    guint64 memoryHigh_kib; /* above it, the guest is slowed down */
    guint64 memoryMax_kib;  /* above it, QEMU is killed */
    guint64 memorySwap_kib; /* most of it that may be swapped */
} qemuScopeLimits;

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
int qemuScopeStart(GDBusConnection *bus, const char *guest, pid_t pid,
                   const qemuScopeLimits *limits) G_GNUC_WARN_UNUSED_RESULT;

/* Changes the limits of a scope that there is, until its end; what is 0 stays. Errors as above. */
int qemuScopeSetLimits(GDBusConnection *bus, const char *guest, const qemuScopeLimits *limits)
    G_GNUC_WARN_UNUSED_RESULT;
