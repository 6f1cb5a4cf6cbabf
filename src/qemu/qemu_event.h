/*
 * qemu_event.h: what happens to guests, told in order to who wants to know
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <json-glib/json-glib.h>

#include "virdomainobj.h"

/* The kind of an event of QEMU's monitor as it is; every other kind is libvirt's number. */
#define QEMU_EVENT_MONITOR (-1)

/* @alias is borrowed and of device events only. */
typedef struct {
    int kind;         /* virDomainEventID: LIFECYCLE, REBOOT, DEVICE_REMOVED, … */
    int type;         /* of LIFECYCLE: virDomainEventType; else what the kind says, or 0 */
    int detail;       /* of LIFECYCLE: the type's detail; of AGENT_LIFECYCLE: the reason; else 0 */
    const char *name; /* of the guest */
    const char *uuid;
    int id; /* of the guest when it happened, or -1 */
    const char *alias;
    guint64 size_kib;        /* of BALLOON_CHANGE: the memory that the guest has */
    gint64 offset_s;         /* of RTC_CHANGE: the guest's clock, from where it began */
    const char *path;        /* of IO_ERROR: the disk's file, */
    const char *reason;      /* and "enospc", or ""; of STOPPED: why it ended badly, or NULL */
    const char *uri;         /* of METADATA_CHANGE: the element's namespace, or NULL */
    const char *monitorName; /* of MONITOR: its name, */
    const char *monitorData; /* its data as JSON, or NULL, */
    gint64 time_us;          /* and when it came: microseconds since 1970 */
} qemuEvent;

typedef void (*qemuEventFunc)(const qemuEvent *event, void *opaque);

/*
 * Events are delivered one after the other, in the order in which they were queued, by a thread
 * that does nothing else: a handler may take its time, and may call the driver.
 */
typedef struct _qemuEventQueue qemuEventQueue;

qemuEventQueue *qemuEventQueueNew(void);

/* Delivers what was queued, and frees. Not to be called by a handler. */
void qemuEventQueueFree(qemuEventQueue *queue);

/* Who is told from now on; NULL for nobody. When it returns, the one before is not being told any
 * more, unless it is called by that one itself. */
void qemuEventQueueSetHandler(qemuEventQueue *queue, qemuEventFunc handler, void *opaque);

/* Returns when everything that was queued before has been delivered. Not for handlers. */
void qemuEventQueueFlush(qemuEventQueue *queue);

/* Queues an event of @vm, whose lock is held. Does not wait. */
void qemuEventQueueLifecycle(qemuEventQueue *queue, const virDomainObj *vm, int type, int detail);
void
qemuEventQueueOther(qemuEventQueue *queue, const virDomainObj *vm, int kind, const char *alias);

/* AGENT_LIFECYCLE: its type is the state, its detail the reason. */
void qemuEventQueueAgent(qemuEventQueue *queue, const virDomainObj *vm, int state, int reason);
void qemuEventQueueBalloon(qemuEventQueue *queue, const virDomainObj *vm, guint64 size_kib);

/* What @event says but for the guest, which is @vm. Likewise. */
void qemuEventQueueAny(qemuEventQueue *queue, const virDomainObj *vm, const qemuEvent *event);

/* From now on MONITOR events are queued. */
void qemuEventQueueWantMonitor(qemuEventQueue *queue);

/* An event of QEMU's monitor; @data may be NULL. Nothing if nobody wants to know. */
void qemuEventQueueMonitor(qemuEventQueue *queue, const virDomainObj *vm, const char *name,
                           JsonObject *data);
