/*
 * qemu_agent.c: talking to the guest agent: one connection for one command
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qemu_agent.h"
#include "qemu_monitor.h"
#include "qemu_monitor_io.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.agent")

/* How often it is looked whether there is something to wait for still. */
#define QEMU_AGENT_SLICE_MS 200

/* The same once the channel is closed. */
#define QEMU_AGENT_CLOSED_SLICE_US (10 * 1000)

/* Starts the answer to guest-sync-delimited: no text in UTF-8 has it. */
#define QEMU_AGENT_DELIMITER 0xff

typedef struct {
    const qemuAgentRequest *request;
    int fd;
    GByteArray *input;
    gsize total;
} qemuAgent;

static void
qemuAgentClear(qemuAgent *agent)
{
    virFileClose(&agent->fd);
    g_byte_array_unref(agent->input);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuAgent, qemuAgentClear)

/* Not waiting: another program may be connected, and QEMU takes one at a time. */
static int
qemuAgentConnect(qemuAgent *agent)
{
    const qemuAgentRequest *request = agent->request;
    const char *why = NULL;
    int fd = qemuPeerConnect(&request->peer, &why);

    if (fd >= 0) {
        agent->fd = fd;
        return 0;
    }
    virReportError(VIR_ERR_AGENT_UNRESPONSIVE,
                   _("the agent of guest '%1$s' cannot be reached at '%2$s': %3$s"), request->guest,
                   request->peer.path, why);
    return -1;
}

/* Waits for the socket, or the end of a slice. Returns false when the time is over. */
static bool
qemuAgentPoll(const qemuAgent *agent, short events, gint64 deadline)
{
    gint64 left_ms = (deadline - g_get_monotonic_time()) / 1000;
    struct pollfd fd = {.fd = agent->fd, .events = events};

    if (left_ms <= 0)
        return false;
    (void)!poll(&fd, 1, (int)MIN(left_ms, QEMU_AGENT_SLICE_MS));
    return true;
}

static int
qemuAgentReportClosed(const qemuAgent *agent)
{
    virReportError(VIR_ERR_AGENT_UNRESPONSIVE,
                   _("the agent of guest '%1$s' does not answer: the guest has ended, or QEMU has "
                     "closed its channel"),
                   agent->request->guest);
    return -1;
}

static int
qemuAgentReportSilent(const qemuAgent *agent, const char *what)
{
    virReportError(VIR_ERR_AGENT_UNRESPONSIVE,
                   _("the agent of guest '%1$s' does not answer to '%2$s' in time; is "
                     "qemu-guest-agent running in the guest?"),
                   agent->request->guest, what);
    return -1;
}

static int
qemuAgentSend(const qemuAgent *agent, const char *text, const char *what, gint64 deadline)
{
    gsize len = strlen(text);

    while (len > 0) {
        ssize_t put = send(agent->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (put > 0) {
            text += put;
            len -= (gsize)put;
        } else if (put < 0 && errno != EAGAIN && errno != EINTR) {
            return qemuAgentReportClosed(agent);
        } else if (!qemuAgentPoll(agent, POLLOUT, deadline)) {
            return qemuAgentReportSilent(agent, what);
        }
    }
    return 0;
}

/* The next line that is there already, without what stands before a delimiter; or NULL. */
static char *
qemuAgentTakeLine(qemuAgent *agent, bool *delimited)
{
    const guint8 *start = agent->input->data;
    const guint8 *end = agent->input->len ? memchr(start, '\n', agent->input->len) : NULL;
    const guint8 *mark;
    char *line;

    if (!end)
        return NULL;
    mark = memrchr(start, QEMU_AGENT_DELIMITER, (gsize)(end - start));
    *delimited = mark != NULL;
    mark = mark ? mark + 1 : start;
    line = g_strndup((const char *)mark, (gsize)(end - mark));
    g_byte_array_remove_range(agent->input, 0, (guint)(end - start) + 1);
    return line;
}

/* 1 if something was read, 0 if there is nothing yet, -1 with an error reported. */
static int
qemuAgentReceive(qemuAgent *agent)
{
    guint8 buf[16 * 1024];
    ssize_t got = recv(agent->fd, buf, sizeof(buf), MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got <= 0)
        return qemuAgentReportClosed(agent);
    agent->total += (gsize)got;
    if (agent->total > QEMU_AGENT_MAX_INPUT) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("the agent of guest '%1$s' says more than %2$d bytes: no answer is that "
                         "long"),
                       agent->request->guest, QEMU_AGENT_MAX_INPUT);
        return -1;
    }
    g_byte_array_append(agent->input, buf, (guint)got);
    return 1;
}

/* A message of the agent's: an object with "return" or "error"; NULL if the line is none. */
static JsonNode *
qemuAgentParse(const char *line)
{
    g_autoptr(JsonNode) node = NULL;
    JsonObject *object;

    if (!g_utf8_validate(line, -1, NULL) || qemuMonitorIONestsTooDeep(line, strlen(line)) ||
        !(node = json_from_string(line, NULL)) || !JSON_NODE_HOLDS_OBJECT(node))
        return NULL;
    object = json_node_get_object(node);
    if (!json_object_has_member(object, "return") && !qemuMonitorGetObject(object, "error"))
        return NULL;
    return g_steal_pointer(&node);
}

/* A guest that ends closes the channel before anybody is told that it has ended. */
static bool
qemuAgentIsDone(const qemuAgentRequest *request, bool closed)
{
    gint64 deadline = g_get_monotonic_time() + (closed ? request->close_ms * (gint64)1000 : 0);

    if (!request->done)
        return false;
    while (!request->done(request->opaque)) {
        if (g_get_monotonic_time() >= deadline)
            return false;
        g_usleep(QEMU_AGENT_CLOSED_SLICE_US);
    }
    return true;
}

/* What is waited for. */
typedef struct {
    const char *what;
    bool delimited; /* only what follows a delimiter counts */
    gint64 deadline;
} qemuAgentWait;

/* The next message: QEMU_AGENT_ANSWERED with @line and @node filled, or as qemuAgentCommand(). */
static int
qemuAgentNext(qemuAgent *agent, const qemuAgentWait *await, char **line, JsonNode **node)
{
    const qemuAgentRequest *request = agent->request;

    for (;;) {
        bool delimited = false;
        g_autofree char *text = qemuAgentTakeLine(agent, &delimited);
        int got;

        if (text && (delimited || !await->delimited) && (*node = qemuAgentParse(text))) {
            *line = g_steal_pointer(&text);
            return QEMU_AGENT_ANSWERED;
        }
        if (text)
            continue;
        got = qemuAgentReceive(agent);
        if (got != 1 && qemuAgentIsDone(request, got < 0)) {
            virErrorReset();
            return QEMU_AGENT_DONE;
        }
        if (got < 0)
            return -1;
        if (got == 0 && !qemuAgentPoll(agent, POLLIN, await->deadline))
            return qemuAgentReportSilent(agent, await->what);
    }
}

static bool
qemuAgentIsSync(JsonNode *node, gint64 id)
{
    JsonNode *value = json_object_get_member(json_node_get_object(node), "return");

    return value && JSON_NODE_HOLDS_VALUE(value) && json_node_get_int(value) == id;
}

/* Nothing that is said from here on is the answer to somebody else. */
static int
qemuAgentSync(qemuAgent *agent)
{
    const gint64 id = (gint64)g_random_int();
    const qemuAgentWait await = {
        .what = "guest-sync-delimited",
        .delimited = true,
        .deadline = g_get_monotonic_time() + agent->request->sync_ms * (gint64)1000,
    };
    /* The agent's parser forgets a half command of somebody else at a byte that is no UTF-8. */
    g_autofree char *text = g_strdup_printf(
        "\xff{\"execute\":\"%s\",\"arguments\":{\"id\":%" G_GINT64_FORMAT "}}\n", await.what, id);

    if (qemuAgentSend(agent, text, await.what, await.deadline) < 0)
        return -1;
    for (;;) {
        g_autoptr(JsonNode) node = NULL;
        g_autofree char *line = NULL;
        int end = qemuAgentNext(agent, &await, &line, &node);

        if (end == QEMU_AGENT_DONE)
            return qemuAgentReportClosed(agent);
        if (end < 0 || qemuAgentIsSync(node, id))
            return end;
    }
}

static int
qemuAgentReportRefusal(const qemuAgent *agent, const char *what, JsonObject *error)
{
    const char *text = qemuMonitorGetString(error, "desc");
    const char *class = qemuMonitorGetString(error, "class");

    /* That is also the class of a command that is switched off: by its configuration, or while file
     * systems are frozen. */
    virReportError(g_strcmp0(class, "CommandNotFound") == 0 ? VIR_ERR_OPERATION_UNSUPPORTED
                                                            : VIR_ERR_OPERATION_FAILED,
                   _("the agent of guest '%1$s' refuses '%2$s': %3$.1000s"), agent->request->guest,
                   what, text ? text : _("it does not say why"));
    return -1;
}

/* The name in a command, for messages; caller frees. */
static char *
qemuAgentGetName(const char *command)
{
    g_autoptr(JsonNode) node = json_from_string(command, NULL);
    const char *name = node && JSON_NODE_HOLDS_OBJECT(node)
                           ? qemuMonitorGetString(json_node_get_object(node), "execute")
                           : NULL;

    return g_strndup(name ? name : "?", 100);
}

static int
qemuAgentTalk(qemuAgent *agent, const char *command, char **reply)
{
    gint64 reply_ms = agent->request->reply_ms;
    g_autofree char *name = qemuAgentGetName(command);
    g_autofree char *text = g_strconcat(command, "\n", NULL);
    g_autoptr(JsonNode) node = NULL;
    g_autofree char *line = NULL;
    qemuAgentWait await = {.what = name, .deadline = G_MAXINT64};
    JsonObject *error;
    int end;

    if (qemuAgentConnect(agent) < 0 || qemuAgentSync(agent) < 0)
        return -1;
    if (reply_ms >= 0)
        await.deadline = g_get_monotonic_time() + reply_ms * 1000;
    if (qemuAgentSend(agent, text, name, await.deadline) < 0)
        return -1;
    end = qemuAgentNext(agent, &await, &line, &node);
    if (end == QEMU_AGENT_ANSWERED &&
        (error = qemuMonitorGetObject(json_node_get_object(node), "error")))
        return qemuAgentReportRefusal(agent, name, error);
    if (end == QEMU_AGENT_ANSWERED && reply)
        *reply = g_steal_pointer(&line);
    return end;
}

int
qemuAgentCommand(const qemuAgentRequest *request, const char *command, char **reply)
{
    g_auto(qemuAgent) agent = {.request = request, .fd = -1, .input = g_byte_array_new()};

    g_autofree char *name = qemuAgentGetName(command);

    VIR_DEBUG("agent of guest %s: %s", request->guest, name); /* not its arguments: passwords */
    return qemuAgentTalk(&agent, command, reply);
}
