/*
 * qemu_monitor.h: what we ask of QEMU, and what it tells us
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * QEMU's monitor. It belongs to the main context that is the thread's default when it is made.
 *
 * Functions that return int wait for QEMU's answer, for a bounded time, and run that context
 * meanwhile: events, signals and timers are handled. The others do not wait.
 */
typedef struct _qemuMonitor qemuMonitor;

/* How long QEMU may take to come up, and to answer a command. Emulated hosts are slow. */
#define QEMU_MONITOR_START_TIMEOUT_MS   (120 * 1000)
#define QEMU_MONITOR_COMMAND_TIMEOUT_MS (60 * 1000)

typedef struct {
    /* QEMU is about to end, for @reason ("guest-shutdown", "guest-reset", "host-qmp-quit", …). */
    void (*shutdown)(const char *reason, void *opaque);
} qemuMonitorHandlers;

/**
 * qemuMonitorNew:
 * @fd: connected stream socket, QEMU at its other end; taken
 * @handlers: copied
 */
qemuMonitor *qemuMonitorNew(int fd, const qemuMonitorHandlers *handlers, void *opaque);
void qemuMonitorFree(qemuMonitor *mon);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuMonitor, qemuMonitorFree)

/**
 * qemuMonitorNegotiate:
 * @timeout_ms: how long QEMU may take to greet
 *
 * Waits for QEMU's greeting and agrees on its capabilities. The first thing to do.
 *
 * Errors: OPERATION_FAILED if the monitor closes or says no, OPERATION_TIMEOUT if it says nothing.
 * Returns: 0, or -1 with an error reported
 */
int qemuMonitorNegotiate(qemuMonitor *mon, guint timeout_ms) G_GNUC_WARN_UNUSED_RESULT;

/* QEMU's version as major * 1000000 + minor * 1000 + micro; 0 before the greeting. */
unsigned int qemuMonitorGetVersion(const qemuMonitor *mon);

/* True once the connection has ended: nothing more will come. */
bool qemuMonitorIsClosed(const qemuMonitor *mon);

/**
 * qemuMonitorContinue, qemuMonitorSetLink, qemuMonitorQueryRunning:
 * @alias: of a network interface
 * @running: filled with whether the guest's processors run
 *
 * Errors: OPERATION_FAILED with QEMU's reason.
 * Returns: 0, or -1 with an error reported
 */
int qemuMonitorContinue(qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;
int qemuMonitorSetLink(qemuMonitor *mon, const char *alias, bool up) G_GNUC_WARN_UNUSED_RESULT;
int qemuMonitorQueryRunning(qemuMonitor *mon, bool *running) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuMonitorSetBalloon:
 * @size_kib: what the balloon is to leave to the guest
 *
 * Errors: OPERATION_FAILED with QEMU's reason, as if there is no balloon.
 * Returns: 0, or -1 with an error reported
 */
int qemuMonitorSetBalloon(qemuMonitor *mon, guint64 size_kib) G_GNUC_WARN_UNUSED_RESULT;

/* Presses the guest's power button. A failure is logged. */
void qemuMonitorSystemPowerdown(qemuMonitor *mon);

/* Ends QEMU at once. A failure is logged. */
void qemuMonitorQuit(qemuMonitor *mon);
