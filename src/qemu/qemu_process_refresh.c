/*
 * qemu_process_refresh.c: what only QEMU knows of a running guest: terminals, ports, open channels
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <libvirt/libvirt.h>

#include "qemu_process_priv.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.process")

/* Opened by us as root later: QEMU may have been taken over by its guest, and is not to choose. */
#define QEMU_PROCESS_TERMINALS "/dev/pts/"

static bool
qemuProcessIsTerminal(const char *path)
{
    const char *number =
        g_str_has_prefix(path, QEMU_PROCESS_TERMINALS) ? path + strlen(QEMU_PROCESS_TERMINALS) : "";

    return *number && strlen(number) < 10 && strspn(number, "0123456789") == strlen(number);
}

/* What a query returned as a list; NULL if it did not. */
static JsonArray *
qemuProcessAsk(qemuMonitor *mon, const char *command, JsonNode **result)
{
    if (qemuMonitorCommand(mon, command, NULL, result) < 0)
        return NULL;
    if (JSON_NODE_HOLDS_ARRAY(*result))
        return json_node_get_array(*result);
    virReportError(VIR_ERR_OPERATION_FAILED, _("QEMU's monitor did not answer %1$s with a list"),
                   command);
    return NULL;
}

static JsonObject *
qemuProcessGetElement(JsonArray *array, guint at)
{
    JsonNode *node = json_array_get_element(array, at);

    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonObject *
qemuProcessFindChardev(JsonArray *chardevs, const char *alias)
{
    g_autofree char *label = g_strconcat("char", alias, NULL);

    for (guint i = 0; i < json_array_get_length(chardevs); i++) {
        JsonObject *chardev = qemuProcessGetElement(chardevs, i);

        if (g_strcmp0(qemuMonitorGetString(chardev, "label"), label) == 0)
            return chardev;
    }
    return NULL;
}

static void
qemuProcessSetTerminal(const virDomainObj *vm, virDomainChrDef *chr, const char *filename)
{
    const char *path = g_str_has_prefix(filename, "pty:") ? filename + strlen("pty:") : "";

    if (!qemuProcessIsTerminal(path)) {
        VIR_WARN(_("QEMU of guest '%1$s' says that '%2$s' leads to '%3$s', which is no terminal"),
                 vm->name, chr->info.alias, filename);
        return;
    }
    g_free(chr->source.path);
    chr->source.path = g_strdup(path);
}

void
qemuProcessSetChannelState(virDomainObj *vm, const char *alias, bool open, int reason)
{
    const qemuDomainPrivate *priv = vm->privateData;
    virDomainChannelState state =
        open ? VIR_DOMAIN_CHANNEL_STATE_CONNECTED : VIR_DOMAIN_CHANNEL_STATE_DISCONNECTED;

    for (guint i = 0; i < vm->def->channels->len; i++) {
        virDomainChrDef *chr = g_ptr_array_index(vm->def->channels, i);

        if (strcmp(chr->info.alias, alias) != 0 || chr->state == state)
            continue;
        chr->state = state;
        if (strcmp(chr->name, QEMU_DOMAIN_AGENT_NAME) == 0)
            qemuEventQueueAgent(priv->driver->events, vm,
                                open ? VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED
                                     : VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED,
                                reason);
    }
}

static void
qemuProcessRefreshChr(virDomainObj *vm, virDomainChrDef *chr, JsonArray *chardevs, int reason)
{
    JsonObject *chardev = qemuProcessFindChardev(chardevs, chr->info.alias);
    const char *filename = chardev ? qemuMonitorGetString(chardev, "filename") : NULL;

    if (chr->source.type == VIR_DOMAIN_CHR_TYPE_PTY && filename)
        qemuProcessSetTerminal(vm, chr, filename);
    if (chr->device == VIR_DOMAIN_CHR_DEVICE_CHANNEL && chardev)
        qemuProcessSetChannelState(vm, chr->info.alias,
                                   qemuMonitorGetBoolean(chardev, "frontend-open"), reason);
}

static void
qemuProcessRefreshChrs(virDomainObj *vm, JsonArray *chardevs, int reason)
{
    GPtrArray *const lists[] = {vm->def->serials, vm->def->consoles, vm->def->channels};

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (guint j = 0; j < lists[i]->len; j++)
            qemuProcessRefreshChr(vm, g_ptr_array_index(lists[i], j), chardevs, reason);
    }
}

static bool
qemuProcessHasTerminal(const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        const virDomainChrDef *chr = g_ptr_array_index(list, i);

        if (chr->source.type == VIR_DOMAIN_CHR_TYPE_PTY)
            return true;
    }
    return false;
}

/* An answer that is older than what an event has told meanwhile is asked for again. */
static int
qemuProcessQueryChrs(virDomainObj *vm, qemuMonitor *mon, int reason)
{
    qemuDomainPrivate *priv = vm->privateData;
    bool done = false;

    if (vm->def->channels->len == 0 && !qemuProcessHasTerminal(vm->def->serials) &&
        !qemuProcessHasTerminal(vm->def->consoles))
        return 0;
    while (!done) {
        int seen = g_atomic_int_get(&priv->channelEvents);
        g_autoptr(JsonNode) result = NULL;
        JsonArray *chardevs = qemuProcessAsk(mon, "query-chardev", &result);
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

        if (!chardevs)
            return -1;
        if ((done = seen == g_atomic_int_get(&priv->channelEvents)))
            qemuProcessRefreshChrs(vm, chardevs, reason);
    }
    return 0;
}

/* One that a definition can have, from @min on; 0 if it is none. What else QEMU says would be in
 * the status file, and the next driver could not read that. */
static int
qemuProcessGetPort(JsonObject *listener, guint64 min)
{
    const char *service = listener ? qemuMonitorGetString(listener, "service") : NULL;
    guint64 port = 0;

    if (!service || !g_ascii_string_to_unsigned(service, 10, min, G_MAXUINT16, &port, NULL))
        return 0;
    return (int)port;
}

/* The last of the ports that QEMU listens on for one purpose: the same one for IPv4 and IPv6. */
static void
qemuProcessRefreshVNC(virDomainGraphicsDef *graphics, JsonObject *server)
{
    JsonNode *node = server ? json_object_get_member(server, "server") : NULL;
    JsonArray *listeners = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

    for (guint i = 0; listeners && i < json_array_get_length(listeners); i++) {
        JsonObject *listener = qemuProcessGetElement(listeners, i);
        bool websocket = qemuMonitorGetBoolean(listener, "websocket");
        int port = qemuProcessGetPort(listener, websocket ? 1 : VIR_DOMAIN_GRAPHICS_PORT_MIN);

        if (port > 0 && websocket && graphics->websocket != 0)
            graphics->websocket = port;
        else if (port > 0 && !websocket)
            graphics->port = port;
    }
}

/* Spice's port has been chosen before the start. */
static int
qemuProcessQueryGraphics(virDomainObj *vm, qemuMonitor *mon, virDomainGraphicsDef *graphics)
{
    g_autoptr(JsonNode) result = NULL;
    JsonArray *servers;

    if (graphics->type != VIR_DOMAIN_GRAPHICS_VNC ||
        graphics->listen != VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS ||
        (!graphics->autoport && graphics->websocket != VIR_DOMAIN_GRAPHICS_PORT_AUTO))
        return 0;
    if (!(servers = qemuProcessAsk(mon, "query-vnc-servers", &result)))
        return -1;
    if (json_array_get_length(servers) > 0) {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

        qemuProcessRefreshVNC(graphics, qemuProcessGetElement(servers, 0));
    }
    return 0;
}

int
qemuProcessRefresh(virDomainObj *vm, qemuMonitor *mon, int reason)
{
    for (guint i = 0; i < vm->def->graphics->len; i++) {
        if (qemuProcessQueryGraphics(vm, mon, g_ptr_array_index(vm->def->graphics, i)) < 0)
            return -1;
    }
    return qemuProcessQueryChrs(vm, mon, reason);
}

void
qemuProcessHandleChannel(virDomainObj *vm, JsonObject *data)
{
    qemuDomainPrivate *priv = vm->privateData;
    const char *alias = qemuMonitorGetString(data, "id");

    if (!alias)
        return;
    g_atomic_int_inc(&priv->channelEvents);
    qemuProcessSetChannelState(vm, alias, qemuMonitorGetBoolean(data, "open"),
                               VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL);
    qemuDomainPushStatus(vm);
}
