/*
 * qemu_monitor.h: what we ask of QEMU, and what it tells us
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>
#include <json-glib/json-glib.h>

#include "qemu_loop.h"

/*
 * QEMU's monitor. The loop's thread talks to QEMU; the functions below that return int are for
 * any other thread: they wait for QEMU's answer, for a bounded time. No guest's lock is held
 * meanwhile. Waiting in the loop's thread would be for ever, and is a programming error (assert).
 */
typedef struct _qemuMonitor qemuMonitor;

/* How long QEMU may take to come up, and to answer a command. Emulated hosts are slow. */
#define QEMU_MONITOR_START_TIMEOUT_MS   (120 * 1000)
#define QEMU_MONITOR_COMMAND_TIMEOUT_MS (60 * 1000)

/* Called by the loop's thread: they do not wait. */
typedef struct {
    /* @data is NULL if the event has none; borrowed. */
    void (*event)(qemuMonitor *mon, const char *name, JsonObject *data, void *opaque);
    /* The connection has ended. Called at most once, and not after qemuMonitorClose(). */
    void (*closed)(qemuMonitor *mon, void *opaque);
} qemuMonitorHandlers;

/**
 * qemuMonitorNew:
 * @fd: connected stream socket, QEMU at its other end; taken
 * @handlers: copied
 * @opaque: for the handlers; freed with @destroy when none is called any more
 *
 * Returns: the monitor, owned by the caller: qemuMonitorClose() before the last qemuMonitorUnref()
 */
qemuMonitor *qemuMonitorNew(qemuLoop *loop, int fd, const qemuMonitorHandlers *handlers,
                            void *opaque, GDestroyNotify destroy);
qemuMonitor *qemuMonitorRef(qemuMonitor *mon);
void qemuMonitorUnref(qemuMonitor *mon);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuMonitor, qemuMonitorUnref)

/* Ends the connection; whoever waits for an answer gets an error. When it returns, no handler is
 * running or will be called. From any thread but the loop's. */
void qemuMonitorClose(qemuMonitor *mon);

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
unsigned int qemuMonitorGetVersion(qemuMonitor *mon);

/* QEMU's full version as its packager calls it; "" before the greeting. Caller frees. */
char *qemuMonitorGetPackage(qemuMonitor *mon);

/* True once the connection has ended: nothing more will come. */
bool qemuMonitorIsClosed(qemuMonitor *mon);

/**
 * qemuMonitorCommand:
 * @command: name of a QMP command
 * @arguments: its arguments, taken; or NULL
 * @result: filled with what QEMU returned, owned by the caller; or NULL
 *
 * Errors: OPERATION_FAILED with QEMU's reason, DEVICE_MISSING if QEMU's error class is
 * DeviceNotFound, OPERATION_TIMEOUT if QEMU does not answer: it may still do it.
 * Returns: 0, or -1 with an error reported
 */
int qemuMonitorCommand(qemuMonitor *mon, const char *command, JsonObject *arguments,
                       JsonNode **result) G_GNUC_WARN_UNUSED_RESULT;

/* As qemuMonitorCommand(), with another time to wait. */
int qemuMonitorCommandTimed(qemuMonitor *mon, const char *command, JsonObject *arguments,
                            guint timeout_ms, JsonNode **result) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuMonitorCommandReply:
 * @command, @arguments: as of qemuMonitorCommand()
 *
 * Errors: as qemuMonitorCommand(), but QEMU's no is an answer.
 * Returns: what QEMU says: an object with "return", or with "error" in which are "class" and
 * "desc"; owned by the caller; NULL with an error reported
 */
JsonObject *qemuMonitorCommandReply(qemuMonitor *mon, const char *command, JsonObject *arguments);

/**
 * qemuMonitorPassFD:
 * @name: how commands call it ("fd:NAME")
 * @fd: taken
 *
 * Gives QEMU a descriptor. One at a time: the caller has the guest's job.
 *
 * Errors and return value: as qemuMonitorCommand()
 */
int qemuMonitorPassFD(qemuMonitor *mon, const char *name, int fd) G_GNUC_WARN_UNUSED_RESULT;

/* Has QEMU close a descriptor if it still has one of that name. The error that is reported stays.
 */
void qemuMonitorCloseFD(qemuMonitor *mon, const char *name);

/**
 * qemuMonitorAddFD:
 * @fd: taken
 * @set: filled with the number of a set that holds it alone
 *
 * Gives QEMU a descriptor to open as "/dev/fdset/SET", for no more than @fd is open for. One at a
 * time: the caller has the guest's job.
 *
 * Errors and return value: as qemuMonitorCommand()
 */
int qemuMonitorAddFD(qemuMonitor *mon, int fd, guint64 *set) G_GNUC_WARN_UNUSED_RESULT;

/* Has QEMU forget such a set. A failure is logged; the error that is reported stays. */
void qemuMonitorRemoveFD(qemuMonitor *mon, guint64 set);

/* As qemuMonitorCommand(): lets the guest's processors run, stops them, resets the machine, presses
 * its power button, ends QEMU; forgets ticks that the guest has missed. */
int qemuMonitorContinue(qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;
int qemuMonitorStop(qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;
int qemuMonitorResetReinjection(qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;
int qemuMonitorSystemReset(qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;
int qemuMonitorSystemPowerdown(qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;
int qemuMonitorQuit(qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuMonitorQueryStatus:
 * @running: filled with whether the guest's processors run
 * @status: filled with QEMU's word for the state ("running", "paused", "shutdown",
 *          "guest-panicked", "prelaunch", …), owned by the caller; or NULL
 *
 * Errors and return value: as qemuMonitorCommand()
 */
int
qemuMonitorQueryStatus(qemuMonitor *mon, bool *running, char **status) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuMonitorSetBalloon:
 * @size_kib: what the balloon is to leave to the guest
 *
 * Errors and return value: as qemuMonitorCommand()
 */
int qemuMonitorSetBalloon(qemuMonitor *mon, guint64 size_kib) G_GNUC_WARN_UNUSED_RESULT;

/* As qemuMonitorCommand(): plugs the cable of a network interface in, or pulls it out. */
int qemuMonitorSetLink(qemuMonitor *mon, const char *alias, bool up) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuMonitorSetAction:
 * @shutdown: "poweroff" or "pause": what follows when the guest powers off; NULL leaves it
 * @panic: "shutdown", "pause" or "none"; NULL leaves it
 *
 * Errors and return value: as qemuMonitorCommand()
 */
int qemuMonitorSetAction(qemuMonitor *mon, const char *shutdown, const char *panic)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuMonitorAddDevice:
 * @device: "driver", "id" and properties; taken
 *
 * Plugs a device in.
 *
 * Errors and return value: as qemuMonitorCommand()
 */
int qemuMonitorAddDevice(qemuMonitor *mon, JsonObject *device) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuMonitorDelDevice:
 *
 * Asks the guest to release a device. It is gone when the event DEVICE_DELETED says so.
 *
 * Errors: as qemuMonitorCommand(); DEVICE_MISSING if QEMU knows none of that id.
 * Returns: 0, or -1 with an error reported
 */
int qemuMonitorDelDevice(qemuMonitor *mon, const char *id) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuMonitorListDevices:
 *
 * The devices that QEMU knows by an id: those of the command line and those plugged in since,
 * without those that the guest has released.
 *
 * Errors: as qemuMonitorCommand().
 * Returns: a set of ids, to be unreferenced, or NULL with an error reported
 */
GHashTable *qemuMonitorListDevices(qemuMonitor *mon);

/* QEMU's word for a number, a text, a truth: absent, or of another type, is 0, NULL, false. */
gint64 qemuMonitorGetInt(JsonObject *object, const char *name);
const char *qemuMonitorGetString(JsonObject *object, const char *name);
bool qemuMonitorGetBoolean(JsonObject *object, const char *name);
JsonObject *qemuMonitorGetObject(JsonObject *object, const char *name);
