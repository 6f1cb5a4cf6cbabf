/*
 * remote_event.h: who wants to know of what, and telling them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "rpc_client.h"

/* Kinds of objects that have events. Each has numbers of its own for them. */
typedef enum {
    REMOTE_EVENTS_DOMAIN,
    REMOTE_EVENTS_NODE_DEVICE,
    REMOTE_EVENTS_NETWORK,
    REMOTE_EVENTS_POOL,
    REMOTE_EVENTS_SECRET,
    REMOTE_EVENTS_MONITOR,
    REMOTE_EVENTS_LAST
} remoteEventKind;

/* A guest, as its clients know it. */
typedef struct {
    const char *name;
    const unsigned char *uuid; /* 16 bytes */
    int id;                    /* -1 if it does not run */
} remoteEventGuest;

/* What a disk's error is. Texts may be empty. */
typedef struct {
    const char *path;
    const char *alias;
    int action; /* virDomainEventIOErrorAction */
    const char *reason;
} remoteEventIOError;

/* The callbacks of all clients. Any thread; nothing here blocks. */
typedef struct _remoteEvents remoteEvents;

remoteEvents *remoteEventsNew(void);
void remoteEventsFree(remoteEvents *events);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(remoteEvents, remoteEventsFree)

/**
 * remoteEventsAdd:
 * @event: the number that libvirt gave it
 * @object: only of this one, named by 16 bytes of UUID or by its name; NULL: of all
 *
 * Errors: INTERNAL_ERROR if there is no such event, or if the client has too many callbacks.
 * Returns: the callback's number, or -1 with an error reported
 */
int remoteEventsAdd(remoteEvents *events, virRPCClient *client, remoteEventKind kind, int event,
                    GBytes *object) G_GNUC_WARN_UNUSED_RESULT;

/**
 * remoteEventsAddMonitor:
 * @name: of QEMU's event: that one, or with the flag a regular expression; NULL: all
 * @object: as of remoteEventsAdd()
 * @flags: virConnectDomainQemuMonitorEventRegisterFlags: REGEX, NOCASE
 *
 * Errors: INVALID_ARG for a bad expression, or other flags; else as remoteEventsAdd().
 * Returns: as remoteEventsAdd()
 */
int remoteEventsAddMonitor(remoteEvents *events, virRPCClient *client, const char *name,
                           GBytes *object, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/* Errors: INTERNAL_ERROR if the client has no such callback. */
int remoteEventsRemove(remoteEvents *events, virRPCClient *client, remoteEventKind kind,
                       int callback) G_GNUC_WARN_UNUSED_RESULT;

/* The client is gone. */
void remoteEventsForget(remoteEvents *events, virRPCClient *client);

/* Tells whoever wants to know, each callback for itself. Numbers are libvirt's (libvirt-domain.h).
 */
void
remoteEventsLifecycle(remoteEvents *events, const remoteEventGuest *guest, int event, int detail);
void remoteEventsReboot(remoteEvents *events, const remoteEventGuest *guest);
void remoteEventsAgent(remoteEvents *events, const remoteEventGuest *guest, int state, int reason);
void
remoteEventsDeviceAdded(remoteEvents *events, const remoteEventGuest *guest, const char *alias);
void
remoteEventsDeviceRemoved(remoteEvents *events, const remoteEventGuest *guest, const char *alias);
void remoteEventsDeviceRemovalFailed(remoteEvents *events, const remoteEventGuest *guest,
                                     const char *alias);
void remoteEventsBalloon(remoteEvents *events, const remoteEventGuest *guest, guint64 size_kib);
void remoteEventsClock(remoteEvents *events, const remoteEventGuest *guest, gint64 offset_s);
void remoteEventsWatchdog(remoteEvents *events, const remoteEventGuest *guest, int action);
void remoteEventsIOError(remoteEvents *events, const remoteEventGuest *guest,
                         const remoteEventIOError *error);
void remoteEventsIOErrorReason(remoteEvents *events, const remoteEventGuest *guest,
                               const remoteEventIOError *error);
void remoteEventsTray(remoteEvents *events, const remoteEventGuest *guest, const char *alias,
                      int reason);
/* @type: virDomainMetadataType; @uri: of an element, or NULL. */
void remoteEventsMetadata(remoteEvents *events, const remoteEventGuest *guest, int type,
                          const char *uri);
void remoteEventsWakeup(remoteEvents *events, const remoteEventGuest *guest);
void remoteEventsSuspend(remoteEvents *events, const remoteEventGuest *guest);
void remoteEventsSuspendDisk(remoteEvents *events, const remoteEventGuest *guest);
void remoteEventsNodeDevice(remoteEvents *events, const char *name, int event, int detail);
void remoteEventsNodeDeviceUpdate(remoteEvents *events, const char *name);

/* An event of QEMU's monitor as it is; @data may be NULL. @time_us: microseconds since 1970 */
void remoteEventsMonitor(remoteEvents *events, const remoteEventGuest *guest, const char *name,
                         const char *data, gint64 time_us);
