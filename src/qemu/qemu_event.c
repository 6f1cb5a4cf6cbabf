/*
 * qemu_event.c: what happens to guests, told in order to who wants to know
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <libvirt/libvirt.h>

#include "qemu_event.h"
#include "virlog.h"

VIR_LOG_INIT("qemu.event")

/* An event, or a mark that somebody waits for, or the end. */
typedef struct {
    enum { QEMU_EVENT_TELL, QEMU_EVENT_MARK, QEMU_EVENT_END } what;
    qemuEvent event;
    char *name;
    char *uuid;
    char *alias;
    char *path;
    char *reason;
    char *uri;
    char *monitorName;
    char *monitorData;
    bool *reached; /* of a mark */
} qemuEventItem;

struct _qemuEventQueue {
    GAsyncQueue *items;
    GThread *thread;
    GRecMutex telling; /* held while a handler runs */
    qemuEventFunc handler;
    void *opaque;
    gint wantsMonitor; /* atomic */
    GMutex markLock;
    GCond markCond;
};

static void
qemuEventItemFree(qemuEventItem *item)
{
    g_free(item->name);
    g_free(item->path);
    g_free(item->reason);
    g_free(item->uri);
    g_free(item->monitorName);
    g_free(item->monitorData);
    g_free(item->uuid);
    g_free(item->alias);
    g_free(item);
}

static void
qemuEventTell(qemuEventQueue *queue, const qemuEventItem *item)
{
    g_rec_mutex_lock(&queue->telling);
    if (queue->handler)
        queue->handler(&item->event, queue->opaque);
    g_rec_mutex_unlock(&queue->telling);
}

static void
qemuEventReach(qemuEventQueue *queue, const qemuEventItem *item)
{
    g_mutex_lock(&queue->markLock);
    *item->reached = true;
    g_cond_broadcast(&queue->markCond);
    g_mutex_unlock(&queue->markLock);
}

static void *
qemuEventThread(void *opaque)
{
    qemuEventQueue *queue = opaque;
    bool end = false;

    while (!end) {
        qemuEventItem *item = g_async_queue_pop(queue->items);

        if (item->what == QEMU_EVENT_TELL)
            qemuEventTell(queue, item);
        else if (item->what == QEMU_EVENT_MARK)
            qemuEventReach(queue, item);
        else
            end = true;
        qemuEventItemFree(item);
    }
    return NULL;
}

qemuEventQueue *
qemuEventQueueNew(void)
{
    qemuEventQueue *queue = g_new0(qemuEventQueue, 1);

    queue->items = g_async_queue_new();
    g_rec_mutex_init(&queue->telling);
    g_mutex_init(&queue->markLock);
    g_cond_init(&queue->markCond);
    queue->thread = g_thread_new("qemu-events", qemuEventThread, queue);
    return queue;
}

static void
qemuEventPush(qemuEventQueue *queue, int what, bool *reached)
{
    qemuEventItem *item = g_new0(qemuEventItem, 1);

    item->what = what;
    item->reached = reached;
    g_async_queue_push(queue->items, item);
}

void
qemuEventQueueFree(qemuEventQueue *queue)
{
    if (!queue)
        return;
    qemuEventPush(queue, QEMU_EVENT_END, NULL);
    g_thread_join(queue->thread);
    g_async_queue_unref(queue->items);
    g_rec_mutex_clear(&queue->telling);
    g_mutex_clear(&queue->markLock);
    g_cond_clear(&queue->markCond);
    g_free(queue);
}

void
qemuEventQueueSetHandler(qemuEventQueue *queue, qemuEventFunc handler, void *opaque)
{
    g_rec_mutex_lock(&queue->telling);
    queue->handler = handler;
    queue->opaque = opaque;
    g_rec_mutex_unlock(&queue->telling);
}

void
qemuEventQueueFlush(qemuEventQueue *queue)
{
    bool reached = false;

    qemuEventPush(queue, QEMU_EVENT_MARK, &reached);
    g_mutex_lock(&queue->markLock);
    while (!reached)
        g_cond_wait(&queue->markCond, &queue->markLock);
    g_mutex_unlock(&queue->markLock);
}

static void
qemuEventQueuePush(qemuEventQueue *queue, const virDomainObj *vm, const qemuEvent *event)
{
    qemuEventItem *item = g_new0(qemuEventItem, 1);

    item->what = QEMU_EVENT_TELL;
    item->event = *event;
    item->event.name = item->name = g_strdup(vm->name);
    item->event.uuid = item->uuid = g_strdup(vm->uuid);
    item->event.alias = item->alias = g_strdup(event->alias);
    item->event.path = item->path = g_strdup(event->path);
    item->event.reason = item->reason = g_strdup(event->reason);
    item->event.uri = item->uri = g_strdup(event->uri);
    item->event.monitorName = item->monitorName = g_strdup(event->monitorName);
    item->event.monitorData = item->monitorData = g_strdup(event->monitorData);
    item->event.id = vm->id;
    g_async_queue_push(queue->items, item);
}

void
qemuEventQueueLifecycle(qemuEventQueue *queue, const virDomainObj *vm, int type, int detail)
{
    const qemuEvent event = {.kind = VIR_DOMAIN_EVENT_ID_LIFECYCLE, .type = type, .detail = detail};

    VIR_DEBUG("guest %s: lifecycle event %d, detail %d", vm->name, type, detail);
    qemuEventQueuePush(queue, vm, &event);
}

void
qemuEventQueueOther(qemuEventQueue *queue, const virDomainObj *vm, int kind, const char *alias)
{
    const qemuEvent event = {.kind = kind, .alias = alias};

    VIR_DEBUG("guest %s: event of kind %d", vm->name, kind);
    qemuEventQueuePush(queue, vm, &event);
}

void
qemuEventQueueAgent(qemuEventQueue *queue, const virDomainObj *vm, int state, int reason)
{
    const qemuEvent event = {
        .kind = VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
        .type = state,
        .detail = reason,
    };

    VIR_DEBUG("guest %s: its agent is in state %d, reason %d", vm->name, state, reason);
    qemuEventQueuePush(queue, vm, &event);
}

void
qemuEventQueueBalloon(qemuEventQueue *queue, const virDomainObj *vm, guint64 size_kib)
{
    const qemuEvent event = {.kind = VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, .size_kib = size_kib};

    qemuEventQueuePush(queue, vm, &event);
}

void
qemuEventQueueAny(qemuEventQueue *queue, const virDomainObj *vm, const qemuEvent *event)
{
    VIR_DEBUG("guest %s: event of kind %d", vm->name, event->kind);
    qemuEventQueuePush(queue, vm, event);
}

void
qemuEventQueueWantMonitor(qemuEventQueue *queue)
{
    g_atomic_int_set(&queue->wantsMonitor, TRUE);
}

void
qemuEventQueueMonitor(qemuEventQueue *queue, const virDomainObj *vm, const char *name,
                      JsonObject *data)
{
    g_autofree char *text = NULL;
    qemuEvent event = {.kind = QEMU_EVENT_MONITOR, .monitorName = name};

    if (!g_atomic_int_get(&queue->wantsMonitor))
        return;
    if (data) {
        g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), data);

        event.monitorData = text = json_to_string(node, FALSE);
    }
    event.time_us = g_get_real_time();
    qemuEventQueuePush(queue, vm, &event);
}
