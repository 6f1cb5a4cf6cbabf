/*
 * qemu_monitor_io.h: talking to QEMU's monitor: lines of JSON over a socket, without waiting
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>
#include <json-glib/json-glib.h>

/*
 * One connection. It lives in the main context that is the thread's default when it is made, and
 * in that thread only: nothing here blocks, all functions below are called from there, and the
 * handlers are called by that context's loop. qemu_monitor.h is for other threads.
 *
 * QEMU is not trusted (a guest may have taken it over): what it sends is bounded, and what is not
 * understood is dropped with a warning.
 */
typedef struct _qemuMonitorIO qemuMonitorIO;

/* The longest line that is accepted, in bytes, and how deep its JSON may nest. */
#define QEMU_MONITOR_IO_MAX_LINE  (4 * 1024 * 1024)
#define QEMU_MONITOR_IO_MAX_DEPTH 64

/* How many lines may be no QMP message before the connection is given up. */
#define QEMU_MONITOR_IO_MAX_GARBAGE 16

/* Whether JSON nests deeper than that: json-glib follows it by recursion, and without a limit. */
bool qemuMonitorIONestsTooDeep(const char *line, gsize len);

/* JSON objects are borrowed. */
typedef struct {
    /* The first message: {"QMP": @greeting}. */
    void (*greeting)(JsonObject *greeting, void *opaque);
    /* @data is NULL if the event has none. */
    void (*event)(const char *name, JsonObject *data, void *opaque);
    /* The connection has ended, for @reason (translated). Called once, after all replies. */
    void (*closed)(const char *reason, void *opaque);
} qemuMonitorIOHandlers;

typedef enum {
    QEMU_MONITOR_IO_REFUSED, /* QEMU said no */
    QEMU_MONITOR_IO_TIMEOUT, /* it said nothing in time: it may still do it */
    QEMU_MONITOR_IO_CLOSED,  /* the connection has ended: it may have done it */
} qemuMonitorIOErrorKind;

/* Why a command failed. */
typedef struct {
    qemuMonitorIOErrorKind kind;
    const char *class;   /* of REFUSED: QEMU's word ("DeviceNotFound"); else NULL */
    const char *message; /* translated, or QEMU's own words */
} qemuMonitorIOError;

/**
 * qemuMonitorIOReply:
 * @result: what QEMU returned, or NULL if the command failed; borrowed. json_node_ref() keeps it,
 * for any thread; json_node_copy() does not
 * @error: why it failed, or NULL; borrowed
 *
 * The answer to one command. Called exactly once.
 */
typedef void (*qemuMonitorIOReply)(JsonNode *result, const qemuMonitorIOError *error, void *opaque);

/* Who waits for an answer. */
typedef struct {
    qemuMonitorIOReply reply;
    void *opaque;
} qemuMonitorIOWaiter;

/**
 * qemuMonitorIONew:
 * @fd: connected stream socket; taken
 * @handlers: copied
 *
 * Returns: the connection, owned by the caller
 */
qemuMonitorIO *qemuMonitorIONew(int fd, const qemuMonitorIOHandlers *handlers, void *opaque);

/* Ends the connection without calling the closed handler; commands without an answer fail. May be
 * called from a handler. */
void qemuMonitorIOFree(qemuMonitorIO *io);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuMonitorIO, qemuMonitorIOFree)

/* Has QEMU get @fd, which is taken, with what is sent next: the command "getfd" or "add-fd" has to
 * be the next one, and none with another descriptor may be without an answer. */
void qemuMonitorIOPassFD(qemuMonitorIO *io, int fd);

/**
 * qemuMonitorIOSend:
 * @command: name of a QMP command
 * @arguments: its arguments, taken; or NULL
 * @timeout_ms: how long to wait for the answer
 * @waiter: called with the answer, also if this fails at once; copied. With NULL a failure is
 *          logged
 *
 * An answer that comes after the timeout is dropped.
 */
void qemuMonitorIOSend(qemuMonitorIO *io, const char *command, JsonObject *arguments,
                       guint timeout_ms, const qemuMonitorIOWaiter *waiter);
