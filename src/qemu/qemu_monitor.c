/*
 * qemu_monitor.c: what we ask of QEMU, and what it tells us
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_monitor.h"
#include "qemu_monitor_io.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.monitor")

struct _qemuMonitor {
    GMainContext *context;
    qemuMonitorIO *io;
    qemuMonitorHandlers handlers;
    void *opaque;
    bool greeted;
    unsigned int version;
    char *closed; /* why the connection has ended, or NULL */
};

/* QEMU's word for a number: absent, or of another type, is 0. */
static gint64
qemuMonitorGetInt(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;

    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : 0;
}

static JsonObject *
qemuMonitorGetObject(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;

    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static void
qemuMonitorHandleGreeting(JsonObject *greeting, void *opaque)
{
    qemuMonitor *mon = opaque;
    JsonObject *version = qemuMonitorGetObject(qemuMonitorGetObject(greeting, "version"), "qemu");

    mon->greeted = true;
    mon->version = (unsigned int)(qemuMonitorGetInt(version, "major") % 1000 * 1000000 +
                                  qemuMonitorGetInt(version, "minor") % 1000 * 1000 +
                                  qemuMonitorGetInt(version, "micro") % 1000);
}

static void
qemuMonitorHandleEvent(const char *name, JsonObject *data, void *opaque)
{
    qemuMonitor *mon = opaque;
    JsonNode *reason = data ? json_object_get_member(data, "reason") : NULL;
    const char *text =
        reason && JSON_NODE_HOLDS_VALUE(reason) ? json_node_get_string(reason) : NULL;

    if (g_str_equal(name, "SHUTDOWN") && mon->handlers.shutdown)
        mon->handlers.shutdown(text ? text : "unknown", mon->opaque);
}

static void
qemuMonitorHandleClosed(const char *reason, void *opaque)
{
    qemuMonitor *mon = opaque;

    mon->closed = g_strdup(reason);
}

qemuMonitor *
qemuMonitorNew(int fd, const qemuMonitorHandlers *handlers, void *opaque)
{
    static const qemuMonitorIOHandlers ioHandlers = {
        .greeting = qemuMonitorHandleGreeting,
        .event = qemuMonitorHandleEvent,
        .closed = qemuMonitorHandleClosed,
    };
    qemuMonitor *mon = g_new0(qemuMonitor, 1);

    mon->context = g_main_context_ref_thread_default();
    mon->handlers = *handlers;
    mon->opaque = opaque;
    mon->io = qemuMonitorIONew(fd, &ioHandlers, mon);
    return mon;
}

void
qemuMonitorFree(qemuMonitor *mon)
{
    if (!mon)
        return;
    qemuMonitorIOFree(mon->io);
    g_main_context_unref(mon->context);
    g_free(mon->closed);
    g_free(mon);
}

unsigned int
qemuMonitorGetVersion(const qemuMonitor *mon)
{
    return mon->version;
}

bool
qemuMonitorIsClosed(const qemuMonitor *mon)
{
    return mon->closed != NULL;
}

/* A command that somebody waits for, on the stack of that function. */
typedef struct {
    bool done;
    JsonNode *result;
    char *error;
} qemuMonitorCall;

static void
qemuMonitorCallClear(qemuMonitorCall *call)
{
    g_clear_pointer(&call->result, json_node_unref);
    g_free(call->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuMonitorCall, qemuMonitorCallClear)

static void
qemuMonitorCallDone(JsonNode *result, const char *error, void *opaque)
{
    qemuMonitorCall *call = opaque;

    call->result = result ? json_node_copy(result) : NULL;
    call->error = g_strdup(error);
    call->done = true;
}

/* Asks and waits; takes @arguments. @call holds the result after success. */
static int
qemuMonitorAskWith(qemuMonitor *mon, const char *command, JsonObject *arguments,
                   qemuMonitorCall *call)
{
    const qemuMonitorIOWaiter waiter = {.reply = qemuMonitorCallDone, .opaque = call};

    qemuMonitorIOSend(mon->io, command, arguments, QEMU_MONITOR_COMMAND_TIMEOUT_MS, &waiter);
    while (!call->done)
        g_main_context_iteration(mon->context, TRUE);
    if (call->result)
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED, _("QEMU's monitor command %1$s failed: %2$s"), command,
                   call->error);
    return -1;
}

static int
qemuMonitorAsk(qemuMonitor *mon, const char *command, qemuMonitorCall *call)
{
    return qemuMonitorAskWith(mon, command, NULL, call);
}

static gboolean
qemuMonitorExpire(void *opaque)
{
    *(bool *)opaque = true;
    return G_SOURCE_CONTINUE;
}

static int
qemuMonitorWaitGreeting(qemuMonitor *mon, guint timeout_ms)
{
    g_autoptr(GSource) timeout = g_timeout_source_new(timeout_ms);
    bool expired = false;

    g_source_set_callback(timeout, qemuMonitorExpire, &expired, NULL);
    g_source_attach(timeout, mon->context);
    while (!mon->greeted && !mon->closed && !expired)
        g_main_context_iteration(mon->context, TRUE);
    g_source_destroy(timeout);
    if (mon->greeted)
        return 0;
    if (mon->closed)
        virReportError(VIR_ERR_OPERATION_FAILED, "%s", mon->closed);
    else
        virReportError(VIR_ERR_OPERATION_TIMEOUT, _("QEMU did not open its monitor in time"));
    return -1;
}

int
qemuMonitorNegotiate(qemuMonitor *mon, guint timeout_ms)
{
    g_auto(qemuMonitorCall) call = {0};

    if (qemuMonitorWaitGreeting(mon, timeout_ms) < 0)
        return -1;
    VIR_DEBUG("QEMU version %u", mon->version);
    return qemuMonitorAsk(mon, "qmp_capabilities", &call);
}

int
qemuMonitorContinue(qemuMonitor *mon)
{
    g_auto(qemuMonitorCall) call = {0};

    return qemuMonitorAsk(mon, "cont", &call);
}

int
qemuMonitorSetBalloon(qemuMonitor *mon, guint64 size_kib)
{
    g_auto(qemuMonitorCall) call = {0};
    JsonObject *arguments = json_object_new();

    json_object_set_int_member(arguments, "value", (gint64)(size_kib * 1024));
    return qemuMonitorAskWith(mon, "balloon", arguments, &call);
}

int
qemuMonitorSetLink(qemuMonitor *mon, const char *alias, bool up)
{
    g_auto(qemuMonitorCall) call = {0};
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "name", alias);
    json_object_set_boolean_member(arguments, "up", up);
    return qemuMonitorAskWith(mon, "set_link", arguments, &call);
}

int
qemuMonitorQueryRunning(qemuMonitor *mon, bool *running)
{
    g_auto(qemuMonitorCall) call = {0};
    JsonNode *node = NULL;

    if (qemuMonitorAsk(mon, "query-status", &call) < 0)
        return -1;
    if (JSON_NODE_HOLDS_OBJECT(call.result))
        node = json_object_get_member(json_node_get_object(call.result), "running");
    if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_BOOLEAN) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("QEMU's monitor did not say whether the guest runs"));
        return -1;
    }
    *running = json_node_get_boolean(node);
    return 0;
}

void
qemuMonitorSystemPowerdown(qemuMonitor *mon)
{
    qemuMonitorIOSend(mon->io, "system_powerdown", NULL, QEMU_MONITOR_COMMAND_TIMEOUT_MS, NULL);
}

void
qemuMonitorQuit(qemuMonitor *mon)
{
    qemuMonitorIOSend(mon->io, "quit", NULL, QEMU_MONITOR_COMMAND_TIMEOUT_MS, NULL);
}
