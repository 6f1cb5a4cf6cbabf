/*
 * qemu_monitor_io.c: talking to QEMU's monitor: lines of JSON over a socket, without waiting
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include <glib-unix.h>

#include "qemu_monitor_io.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

VIR_LOG_INIT("qemu.monitor")

/* A command without an answer. */
typedef struct {
    qemuMonitorIO *io;
    char *id;
    char *command;
    qemuMonitorIOWaiter waiter;
    GSource *timeout;
} qemuMonitorIOPending;

struct _qemuMonitorIO {
    grefcount refs; /* the owner's, and that of a handler that is running */
    GMainContext *context;
    int fd; /* -1 once the connection has ended */
    qemuMonitorIOHandlers handlers;
    void *opaque;
    GByteArray *input;
    gsize scanned; /* bytes of @input in which there is no newline */
    GByteArray *output;
    int passFD; /* goes with the next bytes of @output; or -1 */
    GSource *readable;
    GSource *writable;   /* while there is output that the socket does not take */
    GHashTable *pending; /* id -> qemuMonitorIOPending */
    guint lastID;
    guint garbage;
};

static void
qemuMonitorIODropSource(GSource **source)
{
    if (!*source)
        return;
    g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void
qemuMonitorIOPendingFree(void *opaque)
{
    qemuMonitorIOPending *pending = opaque;

    qemuMonitorIODropSource(&pending->timeout);
    g_free(pending->id);
    g_free(pending->command);
    g_free(pending);
}

static void
qemuMonitorIOUnref(qemuMonitorIO *io)
{
    if (!g_ref_count_dec(&io->refs))
        return;
    g_byte_array_unref(io->input);
    g_byte_array_unref(io->output);
    g_hash_table_unref(io->pending);
    g_main_context_unref(io->context);
    g_free(io);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuMonitorIOPending, qemuMonitorIOPendingFree)

/* Takes @pending out of the table, so that nothing can answer it twice, and answers it. */
static void
qemuMonitorIOAnswer(qemuMonitorIOPending *pending, JsonNode *result,
                    const qemuMonitorIOError *error)
{
    g_autoptr(qemuMonitorIOPending) taken = pending;

    g_hash_table_steal(pending->io->pending, pending->id);
    if (taken->waiter.reply)
        taken->waiter.reply(result, error, taken->waiter.opaque);
    else if (error)
        VIR_INFO("monitor command %s failed: %s", taken->command, error->message);
}

static void
qemuMonitorIOFailAll(qemuMonitorIO *io, const char *reason)
{
    const qemuMonitorIOError error = {.kind = QEMU_MONITOR_IO_CLOSED, .message = reason};
    GHashTableIter iter;
    void *pending;

    /* A reply may send, or answer, another command: look at the table afresh every time. */
    for (;;) {
        g_hash_table_iter_init(&iter, io->pending);
        if (!g_hash_table_iter_next(&iter, NULL, &pending))
            return;
        qemuMonitorIOAnswer(pending, NULL, &error);
    }
}

static void
qemuMonitorIODisconnect(qemuMonitorIO *io)
{
    qemuMonitorIODropSource(&io->readable);
    qemuMonitorIODropSource(&io->writable);
    virFileClose(&io->fd);
    virFileClose(&io->passFD);
}

static void
qemuMonitorIOClose(qemuMonitorIO *io, const char *reason)
{
    void (*closed)(const char *, void *) = io->handlers.closed;

    if (io->fd < 0)
        return;
    VIR_DEBUG("monitor closed: %s", reason);
    qemuMonitorIODisconnect(io);
    qemuMonitorIOFailAll(io, reason);
    /* The owner may have freed it in a reply: then nobody wants to hear more. */
    if (closed && io->handlers.closed)
        closed(reason, io->opaque);
}

void
qemuMonitorIOFree(qemuMonitorIO *io)
{
    if (!io)
        return;
    memset(&io->handlers, 0, sizeof(io->handlers));
    qemuMonitorIODisconnect(io);
    qemuMonitorIOFailAll(io, _("the connection to QEMU's monitor is no longer needed"));
    qemuMonitorIOUnref(io);
}

static const char *
qemuMonitorIOGetString(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

static JsonObject *
qemuMonitorIOGetObject(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static void
qemuMonitorIOHandleGarbage(qemuMonitorIO *io, const char *what)
{
    VIR_WARN(_("QEMU's monitor sent what is no QMP message (%1$s); it is ignored"), what);
    if (++io->garbage > QEMU_MONITOR_IO_MAX_GARBAGE)
        qemuMonitorIOClose(io, _("QEMU's monitor sends nothing that makes sense"));
}

static void
qemuMonitorIOHandleReply(qemuMonitorIO *io, JsonObject *message)
{
    const char *id = qemuMonitorIOGetString(message, "id");
    qemuMonitorIOPending *pending = id ? g_hash_table_lookup(io->pending, id) : NULL;
    JsonObject *object = qemuMonitorIOGetObject(message, "error");
    const char *text = object ? qemuMonitorIOGetString(object, "desc") : NULL;
    const qemuMonitorIOError error = {
        .kind = QEMU_MONITOR_IO_REFUSED,
        .class = object ? qemuMonitorIOGetString(object, "class") : NULL,
        .message = text ? text : _("QEMU did not say why"),
    };

    if (!pending) {
        VIR_DEBUG("answer to no command that waits: id %s", id ? id : "none");
        return;
    }
    if (json_object_has_member(message, "return"))
        qemuMonitorIOAnswer(pending, json_object_get_member(message, "return"), NULL);
    else
        qemuMonitorIOAnswer(pending, NULL, &error);
}

static void
qemuMonitorIOHandleMessage(qemuMonitorIO *io, JsonObject *message)
{
    JsonObject *greeting = qemuMonitorIOGetObject(message, "QMP");
    const char *event = qemuMonitorIOGetString(message, "event");

    if (greeting) {
        if (io->handlers.greeting)
            io->handlers.greeting(greeting, io->opaque);
    } else if (event) {
        VIR_DEBUG("event %s", event);
        if (io->handlers.event)
            io->handlers.event(event, qemuMonitorIOGetObject(message, "data"), io->opaque);
    } else if (json_object_has_member(message, "return") ||
               json_object_has_member(message, "error")) {
        qemuMonitorIOHandleReply(io, message);
    } else {
        qemuMonitorIOHandleGarbage(io, _("unknown kind"));
    }
}

bool
qemuMonitorIONestsTooDeep(const char *line, gsize len)
{
    bool inString = false;
    int depth = 0;

    for (gsize i = 0; i < len; i++) {
        if (inString && line[i] == '\\') {
            i++;
        } else if (line[i] == '"') {
            inString = !inString;
        } else if (!inString && (line[i] == '{' || line[i] == '[')) {
            if (++depth > QEMU_MONITOR_IO_MAX_DEPTH)
                return true;
        } else if (!inString && (line[i] == '}' || line[i] == ']')) {
            depth--;
        }
    }
    return false;
}

static void
qemuMonitorIOHandleLine(qemuMonitorIO *io, const char *line, gsize len)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    JsonNode *root;

    if (len == 0 || (len == 1 && line[0] == '\r'))
        return;
    if (qemuMonitorIONestsTooDeep(line, len)) {
        qemuMonitorIOHandleGarbage(io, _("nested too deep"));
        return;
    }
    if (!json_parser_load_from_data(parser, line, (gssize)len, NULL) ||
        !(root = json_parser_get_root(parser)) || !JSON_NODE_HOLDS_OBJECT(root)) {
        qemuMonitorIOHandleGarbage(io, _("no JSON object"));
        return;
    }
    qemuMonitorIOHandleMessage(io, json_node_get_object(root));
}

/* Handles every complete line. A handler may end the connection. */
static void
qemuMonitorIOHandleInput(qemuMonitorIO *io)
{
    while (io->fd >= 0) {
        const guint8 *start = io->input->data;
        const guint8 *end = io->input->len > io->scanned
                                ? memchr(start + io->scanned, '\n', io->input->len - io->scanned)
                                : NULL;
        g_autofree char *line = NULL;
        gsize len;

        if (!end) {
            io->scanned = io->input->len;
            break;
        }
        len = (gsize)(end - start);
        line = g_strndup((const char *)start, len);
        g_byte_array_remove_range(io->input, 0, (guint)len + 1);
        io->scanned = 0;
        qemuMonitorIOHandleLine(io, line, len);
    }
    if (io->input->len > QEMU_MONITOR_IO_MAX_LINE)
        qemuMonitorIOClose(io, _("QEMU's monitor sent a line without an end"));
}

static gboolean
qemuMonitorIOReadable(int fd, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    qemuMonitorIO *io = opaque;
    guint8 buf[16 * 1024];
    ssize_t got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    g_ref_count_inc(&io->refs);
    if (got > 0) {
        g_byte_array_append(io->input, buf, (guint)got);
        qemuMonitorIOHandleInput(io);
    } else {
        qemuMonitorIOClose(io, got == 0 ? _("QEMU closed its monitor") : g_strerror(errno));
    }
    qemuMonitorIOUnref(io);
    return G_SOURCE_CONTINUE;
}

static gboolean qemuMonitorIOWritable(int fd, GIOCondition condition, void *opaque);

static GSource *
qemuMonitorIOWatch(qemuMonitorIO *io, GIOCondition condition, GUnixFDSourceFunc func)
{
    GSource *source = g_unix_fd_source_new(io->fd, condition);

    g_source_set_callback(source, G_SOURCE_FUNC(func), io, NULL);
    g_source_attach(source, io->context);
    return source;
}

/* Sends what the socket takes of the output, and the descriptor that waits to go with it. */
static ssize_t
qemuMonitorIOSendSome(qemuMonitorIO *io)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec data = {io->output->data, io->output->len};
    struct msghdr message = {
        .msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control.space),
    };
    ssize_t put;

    if (io->passFD < 0)
        return send(io->fd, io->output->data, io->output->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &io->passFD, sizeof(int));
    put = sendmsg(io->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put > 0)
        virFileClose(&io->passFD);
    return put;
}

/* Writes what the socket takes, and waits for it to take the rest. An error is the reader's to
 * report: it may still find why QEMU went away. */
static void
qemuMonitorIOFlush(qemuMonitorIO *io)
{
    while (io->fd >= 0 && io->output->len > 0) {
        ssize_t put = qemuMonitorIOSendSome(io);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN) {
            if (!io->writable)
                io->writable = qemuMonitorIOWatch(io, G_IO_OUT, qemuMonitorIOWritable);
            return;
        }
        g_byte_array_remove_range(io->output, 0, put < 0 ? io->output->len : (guint)put);
    }
    qemuMonitorIODropSource(&io->writable);
}

static gboolean
qemuMonitorIOWritable(int fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    qemuMonitorIOFlush(opaque);
    return G_SOURCE_CONTINUE;
}

static gboolean
qemuMonitorIOTimeout(void *opaque)
{
    qemuMonitorIOPending *pending = opaque;
    g_autofree char *text = virFormat(_("QEMU did not answer %1$s in time"), pending->command);
    const qemuMonitorIOError error = {.kind = QEMU_MONITOR_IO_TIMEOUT, .message = text};
    qemuMonitorIO *io = pending->io;

    g_ref_count_inc(&io->refs);
    qemuMonitorIOAnswer(pending, NULL, &error);
    qemuMonitorIOUnref(io);
    return G_SOURCE_REMOVE;
}

static GSource *
qemuMonitorIOStartTimeout(qemuMonitorIOPending *pending, guint timeout_ms)
{
    GSource *source = g_timeout_source_new(timeout_ms);

    g_source_set_callback(source, qemuMonitorIOTimeout, pending, NULL);
    g_source_attach(source, pending->io->context);
    return source;
}

/* {"execute": …, "arguments": …, "id": …} and a newline */
static char *
qemuMonitorIOFormat(const char *command, JsonObject *arguments, const char *id)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *object = json_object_new();
    g_autofree char *text = NULL;

    json_object_set_string_member(object, "execute", command);
    if (arguments)
        json_object_set_object_member(object, "arguments", arguments);
    json_object_set_string_member(object, "id", id);
    json_node_take_object(node, object);
    text = json_to_string(node, FALSE);
    return g_strconcat(text, "\n", NULL);
}

void
qemuMonitorIOPassFD(qemuMonitorIO *io, int fd)
{
    virFileClose(&io->passFD);
    io->passFD = fd;
}

void
qemuMonitorIOSend(qemuMonitorIO *io, const char *command, JsonObject *arguments, guint timeout_ms,
                  const qemuMonitorIOWaiter *waiter)
{
    g_autofree char *id = g_strdup_printf("virtvfio-%u", ++io->lastID);
    g_autofree char *line = NULL;
    qemuMonitorIOPending *pending;

    if (io->fd < 0) {
        const qemuMonitorIOError error = {
            .kind = QEMU_MONITOR_IO_CLOSED,
            .message = _("QEMU closed its monitor"),
        };

        if (arguments)
            json_object_unref(arguments);
        if (waiter)
            waiter->reply(NULL, &error, waiter->opaque);
        return;
    }
    line = qemuMonitorIOFormat(command, arguments, id);
    pending = g_new0(qemuMonitorIOPending, 1);
    pending->io = io;
    pending->id = g_steal_pointer(&id);
    pending->command = g_strdup(command);
    if (waiter)
        pending->waiter = *waiter;
    pending->timeout = qemuMonitorIOStartTimeout(pending, timeout_ms);
    g_hash_table_insert(io->pending, pending->id, pending);
    VIR_DEBUG("send %s", command);
    g_byte_array_append(io->output, (const guint8 *)line, (guint)strlen(line));
    qemuMonitorIOFlush(io);
}

qemuMonitorIO *
qemuMonitorIONew(int fd, const qemuMonitorIOHandlers *handlers, void *opaque)
{
    qemuMonitorIO *io = g_new0(qemuMonitorIO, 1);

    g_ref_count_init(&io->refs);
    io->context = g_main_context_ref_thread_default();
    io->fd = fd;
    io->passFD = -1;
    io->handlers = *handlers;
    io->opaque = opaque;
    io->input = g_byte_array_new();
    io->output = g_byte_array_new();
    io->pending = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, qemuMonitorIOPendingFree);
    io->readable = qemuMonitorIOWatch(io, G_IO_IN | G_IO_HUP | G_IO_ERR, qemuMonitorIOReadable);
    return io;
}
