/*
 * qemu_monitor.c: QEMU's monitor for all threads but the loop's
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_monitor.h"
#include "qemu_monitor_io.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.monitor")

struct _qemuMonitor {
    gatomicrefcount refs;
    qemuLoop *loop;
    qemuMonitorHandlers handlers; /* the loop's */
    void *opaque;                 /* the loop's */
    GDestroyNotify destroy;
    qemuMonitorIO *io; /* the loop's */
    int fd;            /* until the loop has made @io of it */
    GMutex lock;       /* of what is below */
    GCond cond;
    bool greeted;
    unsigned int version;
    char *package;
    char *closed; /* why the connection has ended, or NULL */
};

gint64
qemuMonitorGetInt(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;

    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : 0;
}

const char *
qemuMonitorGetString(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;

    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

bool
qemuMonitorGetBoolean(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;

    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_boolean(node);
}

JsonObject *
qemuMonitorGetObject(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;

    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static void
qemuMonitorHandleGreeting(JsonObject *greeting, void *opaque)
{
    qemuMonitor *mon = opaque;
    JsonObject *about = qemuMonitorGetObject(greeting, "version");
    JsonObject *version = qemuMonitorGetObject(about, "qemu");
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&mon->lock);

    mon->greeted = true;
    mon->version = (unsigned int)(qemuMonitorGetInt(version, "major") % 1000 * 1000000 +
                                  qemuMonitorGetInt(version, "minor") % 1000 * 1000 +
                                  qemuMonitorGetInt(version, "micro") % 1000);
    g_free(mon->package);
    mon->package = g_strdup(qemuMonitorGetString(about, "package"));
    g_cond_broadcast(&mon->cond);
}

static void
qemuMonitorHandleEvent(const char *name, JsonObject *data, void *opaque)
{
    qemuMonitor *mon = opaque;

    if (mon->handlers.event)
        mon->handlers.event(mon, name, data, mon->opaque);
}

static void
qemuMonitorSetClosed(qemuMonitor *mon, const char *reason)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&mon->lock);

    if (!mon->closed)
        mon->closed = g_strdup(reason);
    g_cond_broadcast(&mon->cond);
}

static void
qemuMonitorHandleClosed(const char *reason, void *opaque)
{
    qemuMonitor *mon = opaque;

    qemuMonitorSetClosed(mon, reason);
    if (mon->handlers.closed)
        mon->handlers.closed(mon, mon->opaque);
}

static void
qemuMonitorOpenIO(void *opaque)
{
    static const qemuMonitorIOHandlers handlers = {
        .greeting = qemuMonitorHandleGreeting,
        .event = qemuMonitorHandleEvent,
        .closed = qemuMonitorHandleClosed,
    };
    qemuMonitor *mon = opaque;

    mon->io = qemuMonitorIONew(mon->fd, &handlers, mon);
}

qemuMonitor *
qemuMonitorNew(qemuLoop *loop, int fd, const qemuMonitorHandlers *handlers, void *opaque,
               GDestroyNotify destroy)
{
    qemuMonitor *mon = g_new0(qemuMonitor, 1);

    g_atomic_ref_count_init(&mon->refs);
    g_mutex_init(&mon->lock);
    g_cond_init(&mon->cond);
    mon->loop = loop;
    mon->fd = fd;
    mon->handlers = *handlers;
    mon->opaque = opaque;
    mon->destroy = destroy;
    qemuLoopRun(loop, qemuMonitorOpenIO, mon);
    return mon;
}

qemuMonitor *
qemuMonitorRef(qemuMonitor *mon)
{
    g_atomic_ref_count_inc(&mon->refs);
    return mon;
}

void
qemuMonitorUnref(qemuMonitor *mon)
{
    if (!mon || !g_atomic_ref_count_dec(&mon->refs))
        return;
    g_assert(!mon->io);
    g_mutex_clear(&mon->lock);
    g_cond_clear(&mon->cond);
    g_free(mon->package);
    g_free(mon->closed);
    g_free(mon);
}

static void
qemuMonitorCloseIO(void *opaque)
{
    qemuMonitor *mon = opaque;

    g_clear_pointer(&mon->io, qemuMonitorIOFree);
}

void
qemuMonitorClose(qemuMonitor *mon)
{
    GDestroyNotify destroy = mon->destroy;

    mon->destroy = NULL;
    qemuLoopRun(mon->loop, qemuMonitorCloseIO, mon);
    qemuMonitorSetClosed(mon, _("the connection to QEMU's monitor is no longer needed"));
    if (destroy)
        destroy(mon->opaque);
}

unsigned int
qemuMonitorGetVersion(qemuMonitor *mon)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&mon->lock);

    return mon->version;
}

char *
qemuMonitorGetPackage(qemuMonitor *mon)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&mon->lock);

    return g_strdup(mon->package ? mon->package : "");
}

bool
qemuMonitorIsClosed(qemuMonitor *mon)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&mon->lock);

    return mon->closed != NULL;
}

/* A command that a thread waits for. Two own it: that thread and the loop. */
typedef struct {
    gatomicrefcount refs;
    qemuMonitor *mon;
    char *command;
    JsonObject *arguments;
    guint timeout_ms;
    int fd;      /* goes with it; or -1 */
    GMutex lock; /* of what is below */
    GCond cond;
    bool done;
    JsonNode *result;
    qemuMonitorIOErrorKind kind;
    char *class;
    char *error;
} qemuMonitorCall;

static void
qemuMonitorCallUnref(qemuMonitorCall *call)
{
    if (!g_atomic_ref_count_dec(&call->refs))
        return;
    qemuMonitorUnref(call->mon);
    virFileClose(&call->fd);
    g_clear_pointer(&call->result, json_node_unref);
    g_free(call->command);
    g_free(call->class);
    g_free(call->error);
    g_mutex_clear(&call->lock);
    g_cond_clear(&call->cond);
    g_free(call);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuMonitorCall, qemuMonitorCallUnref)

static void
qemuMonitorCallDone(JsonNode *result, const qemuMonitorIOError *error, void *opaque)
{
    qemuMonitorCall *call = opaque;

    /* Whoever waits may ask at once whether it has. */
    if (error && error->kind == QEMU_MONITOR_IO_CLOSED)
        qemuMonitorSetClosed(call->mon, error->message);
    g_mutex_lock(&call->lock);
    /* No copy: that would share its object, whose references, unlike a node's, are not counted
     * atomically, and the loop gives its own up while the other thread does. */
    call->result = result ? json_node_ref(result) : NULL;
    if (error) {
        call->kind = error->kind;
        call->class = g_strdup(error->class);
        call->error = g_strdup(error->message);
    }
    call->done = true;
    g_cond_signal(&call->cond);
    g_mutex_unlock(&call->lock);
    qemuMonitorCallUnref(call);
}

/* In the loop's thread. */
static void
qemuMonitorCallSend(void *opaque)
{
    qemuMonitorCall *call = opaque;
    const qemuMonitorIOWaiter waiter = {.reply = qemuMonitorCallDone, .opaque = call};
    const qemuMonitorIOError closed = {
        .kind = QEMU_MONITOR_IO_CLOSED,
        .message = _("QEMU closed its monitor"),
    };
    JsonObject *arguments = g_steal_pointer(&call->arguments);

    if (call->mon->io) {
        if (call->fd >= 0)
            qemuMonitorIOPassFD(call->mon->io, virFileStealFD(&call->fd));
        qemuMonitorIOSend(call->mon->io, call->command, arguments, call->timeout_ms, &waiter);
        return;
    }
    if (arguments)
        json_object_unref(arguments);
    qemuMonitorCallDone(NULL, &closed, call);
}

static int
qemuMonitorCallReport(const qemuMonitorCall *call)
{
    int code = VIR_ERR_OPERATION_FAILED;

    if (call->kind == QEMU_MONITOR_IO_TIMEOUT)
        code = VIR_ERR_OPERATION_TIMEOUT;
    else if (g_strcmp0(call->class, "DeviceNotFound") == 0)
        code = VIR_ERR_DEVICE_MISSING;
    virReportError(code, _("QEMU's monitor command %1$s failed: %2$s"), call->command, call->error);
    return -1;
}

static qemuMonitorCall *
qemuMonitorCallNew(qemuMonitor *mon, const char *command, JsonObject *arguments, guint timeout_ms)
{
    qemuMonitorCall *call = g_new0(qemuMonitorCall, 1);

    g_atomic_ref_count_init(&call->refs);
    g_atomic_ref_count_inc(&call->refs);
    g_mutex_init(&call->lock);
    g_cond_init(&call->cond);
    call->mon = qemuMonitorRef(mon);
    call->command = g_strdup(command);
    call->arguments = arguments;
    call->timeout_ms = timeout_ms;
    call->fd = -1;
    return call;
}

static int
qemuMonitorCallRun(qemuMonitorCall *call, JsonNode **result)
{
    g_assert(!qemuLoopIsCurrent(call->mon->loop));
    qemuLoopPost(call->mon->loop, qemuMonitorCallSend, call);
    /* The loop answers in any case: with a reply, with the timeout, or with the end. */
    g_mutex_lock(&call->lock);
    while (!call->done)
        g_cond_wait(&call->cond, &call->lock);
    g_mutex_unlock(&call->lock);
    if (!call->result)
        return qemuMonitorCallReport(call);
    if (result)
        *result = g_steal_pointer(&call->result);
    return 0;
}

int
qemuMonitorCommandTimed(qemuMonitor *mon, const char *command, JsonObject *arguments,
                        guint timeout_ms, JsonNode **result)
{
    g_autoptr(qemuMonitorCall) call = qemuMonitorCallNew(mon, command, arguments, timeout_ms);

    return qemuMonitorCallRun(call, result);
}

static JsonObject *
qemuMonitorMakeRefusal(const qemuMonitorCall *call)
{
    JsonObject *reply = json_object_new();
    JsonObject *error = json_object_new();

    json_object_set_string_member(error, "class", call->class);
    json_object_set_string_member(error, "desc", call->error);
    json_object_set_object_member(reply, "error", error);
    return reply;
}

JsonObject *
qemuMonitorCommandReply(qemuMonitor *mon, const char *command, JsonObject *arguments)
{
    g_autoptr(qemuMonitorCall) call =
        qemuMonitorCallNew(mon, command, arguments, QEMU_MONITOR_COMMAND_TIMEOUT_MS);
    JsonNode *result = NULL;
    JsonObject *reply;

    if (qemuMonitorCallRun(call, &result) < 0) {
        if (!call->class)
            return NULL;
        virErrorReset();
        return qemuMonitorMakeRefusal(call);
    }
    reply = json_object_new();
    json_object_set_member(reply, "return", result);
    return reply;
}

int
qemuMonitorPassFD(qemuMonitor *mon, const char *name, int fd)
{
    g_autoptr(qemuMonitorCall) call = NULL;
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "fdname", name);
    call = qemuMonitorCallNew(mon, "getfd", arguments, QEMU_MONITOR_COMMAND_TIMEOUT_MS);
    call->fd = fd;
    return qemuMonitorCallRun(call, NULL);
}

void
qemuMonitorCloseFD(qemuMonitor *mon, const char *name)
{
    JsonObject *arguments = json_object_new();
    virErrorInfo cause = {0};

    virErrorPreserve(&cause);
    json_object_set_string_member(arguments, "fdname", name);
    if (qemuMonitorCommand(mon, "closefd", arguments, NULL) < 0)
        VIR_DEBUG("descriptor %s is not QEMU's: %s", name, virErrorGetMessage());
    virErrorRestore(&cause);
}

int
qemuMonitorAddFD(qemuMonitor *mon, int fd, guint64 *set)
{
    g_autoptr(qemuMonitorCall) call =
        qemuMonitorCallNew(mon, "add-fd", NULL, QEMU_MONITOR_COMMAND_TIMEOUT_MS);
    g_autoptr(JsonNode) result = NULL;
    JsonObject *info;

    call->fd = fd;
    if (qemuMonitorCallRun(call, &result) < 0)
        return -1;
    info = JSON_NODE_HOLDS_OBJECT(result) ? json_node_get_object(result) : NULL;
    if (!info || !json_object_has_member(info, "fdset-id")) {
        virReportError(VIR_ERR_OPERATION_FAILED, "%s",
                       _("QEMU does not say where it has put a descriptor"));
        return -1;
    }
    *set = (guint64)qemuMonitorGetInt(info, "fdset-id");
    return 0;
}

void
qemuMonitorRemoveFD(qemuMonitor *mon, guint64 set)
{
    JsonObject *arguments = json_object_new();
    virErrorInfo cause = {0};

    virErrorPreserve(&cause);
    json_object_set_int_member(arguments, "fdset-id", (gint64)set);
    if (qemuMonitorCommand(mon, "remove-fd", arguments, NULL) < 0)
        VIR_DEBUG("QEMU keeps a descriptor: %s", virErrorGetMessage());
    virErrorRestore(&cause);
}

/* Whoever is told of the end first reports it. */
static int
qemuMonitorWaitGreeting(qemuMonitor *mon, guint timeout_ms)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&mon->lock);

    while (!mon->greeted && !mon->closed && g_cond_wait_until(&mon->cond, &mon->lock, deadline))
        ;
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
    g_assert(!qemuLoopIsCurrent(mon->loop));
    if (qemuMonitorWaitGreeting(mon, timeout_ms) < 0)
        return -1;
    VIR_DEBUG("QEMU version %u", qemuMonitorGetVersion(mon));
    return qemuMonitorCommand(mon, "qmp_capabilities", NULL, NULL);
}
