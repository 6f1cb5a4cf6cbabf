/*
 * remote_event.c: who wants to know of what, and telling them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <limits.h>
#include <string.h>

#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>

#include "remote_event_priv.h"
#include "remote_table.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_RPC

VIR_LOG_INIT("remote.event")

/* More than any client has a use for. */
#define REMOTE_EVENTS_PER_CLIENT 1024

/* Numbers of the messages that tell of an event. */
typedef enum {
    REMOTE_MESSAGE_NODE_DEVICE_LIFECYCLE = 376,
    REMOTE_MESSAGE_NODE_DEVICE_UPDATE = 377,
} remoteMessage;

typedef struct {
    int number;
    virRPCClient *client; /* a reference */
    remoteEventKind kind;
    int event;
    GBytes *object;  /* or NULL */
    GRegex *pattern; /* of the name of a monitor's event, or NULL */
    bool old;        /* told in the old form, which has no number */
} remoteCallback;

struct _remoteEvents {
    GMutex lock;
    GPtrArray *callbacks;
    int last; /* number given */
};

typedef struct {
    const char *name;
    int count; /* of events, from 0 */
} remoteKind;

static const remoteKind remoteKinds[] = {
    [REMOTE_EVENTS_DOMAIN] = {"domain", VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE + 1},
    [REMOTE_EVENTS_NODE_DEVICE] = {"node device", VIR_NODE_DEVICE_EVENT_ID_UPDATE + 1},
    [REMOTE_EVENTS_NETWORK] = {"network", VIR_NETWORK_EVENT_ID_LIFECYCLE + 1},
    [REMOTE_EVENTS_POOL] = {"storage pool", VIR_STORAGE_POOL_EVENT_ID_REFRESH + 1},
    [REMOTE_EVENTS_MONITOR] = {"monitor", 1},
    [REMOTE_EVENTS_SECRET] = {"secret", VIR_SECRET_EVENT_ID_VALUE_CHANGED + 1},
};
G_STATIC_ASSERT(G_N_ELEMENTS(remoteKinds) == REMOTE_EVENTS_LAST);

static void
remoteCallbackFree(void *opaque)
{
    remoteCallback *callback = opaque;

    virRPCClientUnref(callback->client);
    g_clear_pointer(&callback->object, g_bytes_unref);
    g_clear_pointer(&callback->pattern, g_regex_unref);
    g_free(callback);
}

remoteEvents *
remoteEventsNew(void)
{
    remoteEvents *events = g_new0(remoteEvents, 1);

    g_mutex_init(&events->lock);
    events->callbacks = g_ptr_array_new_with_free_func(remoteCallbackFree);
    return events;
}

void
remoteEventsFree(remoteEvents *events)
{
    if (!events)
        return;
    g_ptr_array_unref(events->callbacks);
    g_mutex_clear(&events->lock);
    g_free(events);
}

static bool
remoteEventsIsFullLocked(const remoteEvents *events, const virRPCClient *client)
{
    guint count = 0;

    for (guint i = 0; i < events->callbacks->len; i++)
        count += ((const remoteCallback *)events->callbacks->pdata[i])->client == client;
    return count >= REMOTE_EVENTS_PER_CLIENT || events->last == INT_MAX;
}

/* The number of the callback in the old form, or -1. */
static int
remoteEventsFindOldLocked(const remoteEvents *events, const virRPCClient *client, int event)
{
    for (guint i = 0; i < events->callbacks->len; i++) {
        const remoteCallback *callback = events->callbacks->pdata[i];

        if (callback->old && callback->client == client && callback->event == event)
            return callback->number;
    }
    return -1;
}

static int
remoteEventsCheckLocked(const remoteEvents *events, const remoteCallback *wanted)
{
    if (remoteEventsIsFullLocked(events, wanted->client)) {
        virReportError(VIR_ERR_INTERNAL_ERROR,
                       _("internal error: a client cannot have more than %1$d callbacks"),
                       REMOTE_EVENTS_PER_CLIENT);
        return -1;
    }
    if (wanted->old && remoteEventsFindOldLocked(events, wanted->client, wanted->event) >= 0) {
        virReportError(VIR_ERR_INTERNAL_ERROR,
                       _("internal error: domain event %1$d already registered"), wanted->event);
        return -1;
    }
    return 0;
}

/* What @wanted says becomes a callback's; its object and pattern are borrowed. */
static int
remoteEventsAddCallback(remoteEvents *events, const remoteCallback *wanted)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&events->lock);
    remoteCallback *callback;

    if (remoteEventsCheckLocked(events, wanted) < 0)
        return -1;
    callback = g_new0(remoteCallback, 1);
    *callback = *wanted;
    callback->number = ++events->last;
    virRPCClientRef(callback->client);
    if (callback->object)
        g_bytes_ref(callback->object);
    if (callback->pattern)
        g_regex_ref(callback->pattern);
    g_ptr_array_add(events->callbacks, callback);
    return callback->number;
}

int
remoteEventsAdd(remoteEvents *events, virRPCClient *client, remoteEventKind kind, int event,
                GBytes *object)
{
    const remoteCallback wanted = {
        .client = client, .kind = kind, .event = event, .object = object};

    if (event < 0 || event >= remoteKinds[kind].count) {
        virReportError(VIR_ERR_INTERNAL_ERROR, _("internal error: unsupported event ID %1$d"),
                       event);
        return -1;
    }
    return remoteEventsAddCallback(events, &wanted);
}

/* NULL with an error reported. */
static GRegex *
remoteEventsMakePattern(const char *name, unsigned int flags)
{
    GRegexCompileFlags options =
        flags & VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE ? G_REGEX_CASELESS : 0;
    g_autofree char *literal = g_regex_escape_string(name, -1);
    g_autofree char *whole = g_strdup_printf("^(?:%s)$", literal);
    g_autoptr(GError) error = NULL;
    GRegex *pattern =
        g_regex_new(flags & VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX ? name : whole,
                    options, 0, &error);

    if (!pattern)
        virReportError(VIR_ERR_INVALID_ARG, _("invalid argument: %1$s"), error->message);
    return pattern;
}

int
remoteEventsAddMonitor(remoteEvents *events, virRPCClient *client, const char *name, GBytes *object,
                       unsigned int flags)
{
    unsigned int known = VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX |
                         VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE;
    g_autoptr(GRegex) pattern = NULL;
    remoteCallback wanted = {.client = client, .kind = REMOTE_EVENTS_MONITOR, .object = object};

    if (flags & ~known) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: virConnectDomainQemuMonitorEventRegister does not know "
                         "the flags 0x%1$x"),
                       flags & ~known);
        return -1;
    }
    if (name && !(pattern = remoteEventsMakePattern(name, flags)))
        return -1;
    wanted.pattern = pattern;
    return remoteEventsAddCallback(events, &wanted);
}

int
remoteEventsRemove(remoteEvents *events, virRPCClient *client, remoteEventKind kind, int number)
{
    bool found = false;

    g_mutex_lock(&events->lock);
    for (guint i = 0; i < events->callbacks->len && !found; i++) {
        const remoteCallback *callback = events->callbacks->pdata[i];

        found = callback->number == number && callback->client == client && callback->kind == kind;
        if (found)
            g_ptr_array_remove_index(events->callbacks, i);
    }
    g_mutex_unlock(&events->lock);
    if (found)
        return 0;
    virReportError(VIR_ERR_INTERNAL_ERROR,
                   _("internal error: %1$s event callback %2$d not registered"),
                   remoteKinds[kind].name, number);
    return -1;
}

int
remoteEventsAddOld(remoteEvents *events, virRPCClient *client, int event)
{
    const remoteCallback wanted = {
        .client = client, .kind = REMOTE_EVENTS_DOMAIN, .event = event, .old = true};

    return remoteEventsAddCallback(events, &wanted) < 0 ? -1 : 0;
}

int
remoteEventsRemoveOld(remoteEvents *events, virRPCClient *client, int event)
{
    int number;

    g_mutex_lock(&events->lock);
    number = remoteEventsFindOldLocked(events, client, event);
    g_mutex_unlock(&events->lock);
    if (number >= 0)
        return remoteEventsRemove(events, client, REMOTE_EVENTS_DOMAIN, number);
    virReportError(VIR_ERR_INTERNAL_ERROR, _("internal error: domain event %1$d not registered"),
                   event);
    return -1;
}

void
remoteEventsForget(remoteEvents *events, virRPCClient *client)
{
    g_mutex_lock(&events->lock);
    for (guint i = events->callbacks->len; i > 0; i--) {
        const remoteCallback *callback = events->callbacks->pdata[i - 1];

        if (callback->client == client)
            g_ptr_array_remove_index(events->callbacks, i - 1);
    }
    g_mutex_unlock(&events->lock);
}

/* --- telling ---------------------------------------------------------------------------------- */

static bool
remoteCallbackWants(const remoteCallback *callback, const remoteTelling *telling)
{
    gsize length;
    const void *object;

    if (callback->kind != telling->kind || callback->event != telling->event)
        return false;
    if (callback->pattern && !g_regex_match(callback->pattern, telling->name, 0, NULL))
        return false;
    if (!callback->object)
        return true;
    object = g_bytes_get_data(callback->object, &length);
    return length == telling->length && memcmp(object, telling->object, length) == 0;
}

/* Under the lock, so that two events reach every client in the order in which they happened. */
void
remoteEventsTell(remoteEvents *events, const remoteTelling *telling)
{
    g_mutex_lock(&events->lock);
    for (guint i = 0; i < events->callbacks->len; i++) {
        const remoteCallback *callback = events->callbacks->pdata[i];

        if (!remoteCallbackWants(callback, telling))
            continue;
        if (callback->old) {
            remoteEventsTellOld(callback->client, telling);
            continue;
        }
        *(int *)telling->payload = callback->number;
        virRPCClientSendEvent(callback->client,
                              telling->program ? telling->program : &remoteProgram,
                              telling->message, telling->filter, telling->payload);
    }
    g_mutex_unlock(&events->lock);
}

void
remoteEventsNodeDevice(remoteEvents *events, const char *name, int event, int detail)
{
    remote_event_node_device payload = {
        .device = {.name = (char *)(guintptr)name}, .event = event, .detail = detail};
    const remoteTelling telling = {.kind = REMOTE_EVENTS_NODE_DEVICE,
                                   .event = VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE,
                                   .object = name,
                                   .length = strlen(name),
                                   .message = REMOTE_MESSAGE_NODE_DEVICE_LIFECYCLE,
                                   .filter = (xdrproc_t)xdr_remote_event_node_device,
                                   .payload = &payload};

    remoteEventsTell(events, &telling);
}

void
remoteEventsNodeDeviceUpdate(remoteEvents *events, const char *name)
{
    remote_event_node_device_update payload = {.device = {.name = (char *)(guintptr)name}};
    const remoteTelling telling = {.kind = REMOTE_EVENTS_NODE_DEVICE,
                                   .event = VIR_NODE_DEVICE_EVENT_ID_UPDATE,
                                   .object = name,
                                   .length = strlen(name),
                                   .message = REMOTE_MESSAGE_NODE_DEVICE_UPDATE,
                                   .filter = (xdrproc_t)xdr_remote_event_node_device_update,
                                   .payload = &payload};

    remoteEventsTell(events, &telling);
}

/* --- procedures ------------------------------------------------------------------------------- */

/* @object: UUID or name, or NULL */
static int
remoteRegister(virRPCCall *call, remoteEventKind kind, int event, GBytes *object, remote_int *out)
{
    remoteEvents *events = remoteClientGetDaemon(remoteClientOf(call))->events;

    out->value = remoteEventsAdd(events, virRPCCallGetClient(call), kind, event, object);
    if (out->value < 0)
        return -1;
    VIR_DEBUG("process %d listens to %s event %d",
              (int)virRPCClientGetPID(virRPCCallGetClient(call)), remoteKinds[kind].name, event);
    return 0;
}

static int
remoteDeregister(virRPCCall *call, remoteEventKind kind, const remote_int *in)
{
    remoteEvents *events = remoteClientGetDaemon(remoteClientOf(call))->events;

    return remoteEventsRemove(events, virRPCCallGetClient(call), kind, in->value);
}

static GBytes *
remoteObjectByUUID(const char *uuid)
{
    return uuid ? g_bytes_new(uuid, REMOTE_UUID_SIZE) : NULL;
}

int
remoteConnectDomainEventRegisterAny(virRPCCall *call, remote_domain_event_args *in, remote_int *out)
{
    g_autoptr(GBytes) object = remoteObjectByUUID(in->domain ? in->domain->uuid : NULL);

    return remoteRegister(call, REMOTE_EVENTS_DOMAIN, in->event, object, out);
}

int
remoteConnectDomainEventDeregisterAny(virRPCCall *call, remote_int *in,
                                      virRPCNothing *out G_GNUC_UNUSED)
{
    return remoteDeregister(call, REMOTE_EVENTS_DOMAIN, in);
}

int
remoteConnectDomainQemuMonitorEventRegister(virRPCCall *call, remote_monitor_event_args *in,
                                            remote_int *out)
{
    const remoteDaemon *daemon = remoteClientGetDaemon(remoteClientOf(call));
    g_autoptr(GBytes) object = remoteObjectByUUID(in->domain ? in->domain->uuid : NULL);

    out->value = remoteEventsAddMonitor(daemon->events, virRPCCallGetClient(call),
                                        in->event ? *in->event : NULL, object, in->flags);
    if (out->value < 0)
        return -1;
    qemuDriverWantMonitorEvents(daemon->driver);
    return 0;
}

int
remoteConnectDomainQemuMonitorEventDeregister(virRPCCall *call, remote_int *in,
                                              virRPCNothing *out G_GNUC_UNUSED)
{
    return remoteDeregister(call, REMOTE_EVENTS_MONITOR, in);
}

int
remoteConnectNodeDeviceEventRegisterAny(virRPCCall *call, remote_node_device_event_args *in,
                                        remote_int *out)
{
    g_autoptr(GBytes) object =
        in->device ? g_bytes_new(in->device->name, strlen(in->device->name)) : NULL;

    return remoteRegister(call, REMOTE_EVENTS_NODE_DEVICE, in->event, object, out);
}

int
remoteConnectNodeDeviceEventDeregisterAny(virRPCCall *call, remote_int *in,
                                          virRPCNothing *out G_GNUC_UNUSED)
{
    return remoteDeregister(call, REMOTE_EVENTS_NODE_DEVICE, in);
}

/* Of what there is never any, nothing ever happens: the callbacks below are kept all the same. */

int
remoteConnectNetworkEventRegisterAny(virRPCCall *call, remote_network_event_args *in,
                                     remote_int *out)
{
    g_autoptr(GBytes) object = remoteObjectByUUID(in->network ? in->network->uuid : NULL);

    return remoteRegister(call, REMOTE_EVENTS_NETWORK, in->event, object, out);
}

int
remoteConnectNetworkEventDeregisterAny(virRPCCall *call, remote_int *in,
                                       virRPCNothing *out G_GNUC_UNUSED)
{
    return remoteDeregister(call, REMOTE_EVENTS_NETWORK, in);
}

int
remoteConnectStoragePoolEventRegisterAny(virRPCCall *call, remote_pool_event_args *in,
                                         remote_int *out)
{
    g_autoptr(GBytes) object = remoteObjectByUUID(in->pool ? in->pool->uuid : NULL);

    return remoteRegister(call, REMOTE_EVENTS_POOL, in->event, object, out);
}

int
remoteConnectStoragePoolEventDeregisterAny(virRPCCall *call, remote_int *in,
                                           virRPCNothing *out G_GNUC_UNUSED)
{
    return remoteDeregister(call, REMOTE_EVENTS_POOL, in);
}

int
remoteConnectSecretEventRegisterAny(virRPCCall *call, remote_secret_event_args *in, remote_int *out)
{
    g_autoptr(GBytes) object = remoteObjectByUUID(in->secret ? in->secret->uuid : NULL);

    return remoteRegister(call, REMOTE_EVENTS_SECRET, in->event, object, out);
}

int
remoteConnectSecretEventDeregisterAny(virRPCCall *call, remote_int *in,
                                      virRPCNothing *out G_GNUC_UNUSED)
{
    return remoteDeregister(call, REMOTE_EVENTS_SECRET, in);
}
