/*
 * qemu_driver_agent.c: what the agent in a guest is asked
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <libvirt/libvirt-qemu.h>

#include "qemu_agent.h"
#include "qemu_domain.h"
#include "qemu_driver_priv.h"
#include "qemu_guest.h"
#include "qemu_monitor_io.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* What a guest has to work for is waited for so many times as long as for its greeting. */
#define QEMU_DOMAIN_AGENT_WORK_FACTOR 12

/* One talk with the agent of a guest: QEMU has one connection to it. */
typedef struct {
    virDomainObj *vm; /* NULL if it is not held */
    int id;           /* of the run */
    int channelEvents;
    bool power; /* the guest is to end, or to start again */
    qemuPeer peer;
    char *path;                /* of the peer */
    GCancellable *cancellable; /* or NULL; borrowed */
} qemuDomainAgent;

static void
qemuDomainAgentEnd(qemuDomainAgent *agent)
{
    virDomainObj *vm = agent->vm;
    qemuDomainPrivate *priv;

    g_free(agent->path);
    if (!vm)
        return;
    g_mutex_lock(&vm->lock);
    priv = vm->privateData;
    priv->agentBusy = false;
    g_cond_broadcast(&priv->cond);
    g_mutex_unlock(&vm->lock);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuDomainAgent, qemuDomainAgentEnd)

const virDomainChrDef *
qemuDomainFindAgent(const virDomainDef *def)
{
    for (guint i = 0; i < def->channels->len; i++) {
        const virDomainChrDef *chr = g_ptr_array_index(def->channels, i);

        if (strcmp(chr->name, QEMU_DOMAIN_AGENT_NAME) == 0)
            return chr;
    }
    return NULL;
}

/* The agent's channel, if somebody can be expected at its other end. Wants the lock. */
static const virDomainChrDef *
qemuDomainGetAgent(const virDomainObj *vm)
{
    const virDomainChrDef *chr = qemuDomainFindAgent(vm->def);

    if (vm->state != VIR_DOMAIN_RUNNING)
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s': domain is not running, and its agent cannot answer"),
                       vm->name);
    else if (!chr || chr->source.type != VIR_DOMAIN_CHR_TYPE_UNIX ||
             chr->source.mode != VIR_DOMAIN_CHR_MODE_BIND)
        virReportError(VIR_ERR_ARGUMENT_UNSUPPORTED,
                       _("guest '%1$s' has no channel for a guest agent: a <channel type='unix'> "
                         "with <target type='virtio' name='%2$s'/>, without a path or with "
                         "mode='bind'"),
                       vm->name, QEMU_DOMAIN_AGENT_NAME);
    else if (chr->state == VIR_DOMAIN_CHANNEL_STATE_DISCONNECTED)
        virReportError(VIR_ERR_AGENT_UNRESPONSIVE,
                       _("the agent of guest '%1$s' is not connected; is qemu-guest-agent running "
                         "in the guest?"),
                       vm->name);
    else
        return chr;
    return NULL;
}

/* Waits for other talks with the same agent, as long as there is one. */
static int
qemuDomainAgentBegin(qemuDomainAgent *agent, virDomainObj *vm)
{
    gint64 deadline = g_get_monotonic_time() + QEMU_DOMAIN_JOB_TIMEOUT_MS * (gint64)1000;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    qemuDomainPrivate *priv = vm->privateData;
    const virDomainChrDef *chr;

    while ((chr = qemuDomainGetAgent(vm)) && priv->agentBusy) {
        if (g_cond_wait_until(&priv->cond, &vm->lock, deadline) || !priv->agentBusy)
            continue;
        virReportError(VIR_ERR_OPERATION_TIMEOUT,
                       _("the agent of guest '%1$s' is busy with another command; try again later"),
                       vm->name);
        return -1;
    }
    if (!chr)
        return -1;
    priv->agentBusy = true;
    agent->vm = vm;
    agent->id = vm->id;
    agent->path = g_strdup(chr->source.path);
    agent->peer = qemuDomainGetPeer(vm, agent->path);
    agent->channelEvents = g_atomic_int_get(&priv->channelEvents);
    return 0;
}

/* The guest has ended; or, if that is what it was told, is about to, or its agent is. */
static bool
qemuDomainAgentIsDone(void *opaque)
{
    const qemuDomainAgent *agent = opaque;
    virDomainObj *vm = agent->vm;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    qemuDomainPrivate *priv = vm->privateData;

    if (vm->id != agent->id || priv->exited || g_cancellable_is_cancelled(agent->cancellable))
        return true;
    return agent->power && (vm->state != VIR_DOMAIN_RUNNING ||
                            agent->channelEvents != g_atomic_int_get(&priv->channelEvents));
}

/* @reply_ms: as of qemuAgentRequest */
static int
qemuDomainAgentTalk(qemuDomainAgent *agent, const char *command, gint64 reply_ms, char **reply)
{
    const qemuDomainPrivate *priv = agent->vm->privateData;
    const qemuAgentRequest request = {
        .guest = agent->vm->name,
        .peer = agent->peer,
        .sync_ms = priv->driver->agentTimeout_ms,
        .reply_ms = reply_ms,
        .close_ms = agent->power ? priv->driver->agentTimeout_ms : 0,
        .done = qemuDomainAgentIsDone,
        .opaque = agent,
    };

    return qemuAgentCommand(&request, command, reply);
}

int
qemuDomainAgentPower(virDomainObj *vm, bool reboot)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_auto(qemuDomainAgent) agent = {0};
    g_autofree char *command =
        g_strdup_printf("{\"execute\":\"guest-shutdown\",\"arguments\":{\"mode\":\"%s\"}}",
                        reboot ? "reboot" : "powerdown");

    if (qemuDomainAgentBegin(&agent, vm) < 0)
        return -1;
    agent.power = true;
    /* It answers only if it cannot. */
    if (qemuDomainAgentTalk(&agent, command,
                            priv->driver->agentTimeout_ms * (gint64)QEMU_DOMAIN_AGENT_WORK_FACTOR,
                            NULL) < 0)
        return -1;
    return 0;
}

/* What was waited for has ended without an answer. */
static void
qemuDomainAgentReportDone(const virDomainObj *vm, GCancellable *cancellable)
{
    virReportError(VIR_ERR_AGENT_UNRESPONSIVE,
                   g_cancellable_is_cancelled(cancellable)
                       ? _("the agent of guest '%1$s' has not answered, and who asked has gone")
                       : _("the agent of guest '%1$s' does not answer: the guest has ended"),
                   vm->name);
}

static int
qemuDomainAgentCheckCommand(const char *text)
{
    g_autoptr(JsonNode) node =
        qemuMonitorIONestsTooDeep(text, strlen(text)) ? NULL : json_from_string(text, NULL);

    if (node && JSON_NODE_HOLDS_OBJECT(node) &&
        qemuMonitorGetString(json_node_get_object(node), "execute"))
        return 0;
    virReportError(VIR_ERR_INVALID_ARG, "%s",
                   _("invalid argument: a command for the guest agent is a JSON object with the "
                     "text 'execute'"));
    return -1;
}

char *
qemuDomainAgentCommand(virDomainObj *vm, const char *command, int timeout_s, unsigned int flags,
                       GCancellable *cancellable)
{
    const qemuDomainPrivate *priv = vm->privateData;
    g_auto(qemuDomainAgent) agent = {.cancellable = cancellable};
    g_autofree char *line = g_strdelimit(g_strdup(command), "\r\n", ' ');
    gint64 reply_ms = timeout_s * (gint64)1000;
    char *reply = NULL;

    if (timeout_s < VIR_DOMAIN_QEMU_AGENT_COMMAND_MIN) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: %1$d seconds to wait for the guest agent; -1 is the "
                         "default, -2 as long as it takes"),
                       timeout_s);
        return NULL;
    }
    if (timeout_s == VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT)
        reply_ms = priv->driver->agentTimeout_ms;
    if (timeout_s == VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK)
        reply_ms = -1;
    if (qemuDriverCheckFlags("qemu-agent-command", flags, 0) < 0 ||
        qemuDomainAgentCheckCommand(line) < 0 || qemuDomainAgentBegin(&agent, vm) < 0)
        return NULL;
    if (qemuDomainAgentTalk(&agent, line, reply_ms, &reply) == QEMU_AGENT_DONE)
        qemuDomainAgentReportDone(vm, cancellable);
    return reply;
}

/* As of qemuAgentRequest. */
static gint64
qemuDomainAgentGetPatience(virDomainObj *vm, bool patient)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
    const qemuDomainPrivate *priv = vm->privateData;
    gint64 usual_ms = priv->driver->agentTimeout_ms;

    if (!priv->agentLimited)
        return patient ? -1 : usual_ms * QEMU_DOMAIN_AGENT_WORK_FACTOR;
    if (priv->agentTimeout_s == VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK)
        return -1;
    return priv->agentTimeout_s == VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT
               ? usual_ms
               : priv->agentTimeout_s * (gint64)1000;
}

int
qemuDomainAgentSetResponseTimeout(virDomainObj *vm, int timeout_s, unsigned int flags)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = NULL;
    qemuDomainPrivate *priv = vm->privateData;

    if (qemuDriverCheckFlags("guest-agent-timeout", flags, 0) < 0)
        return -1;
    if (timeout_s < VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK) {
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: %1$d seconds to wait for the guest agent; -1 is the "
                         "default, -2 as long as it takes"),
                       timeout_s);
        return -1;
    }
    locker = virDomainObjLock(vm);
    priv->agentLimited = true;
    priv->agentTimeout_s = timeout_s;
    return 0;
}

/* Takes @arguments, which may be NULL. */
static char *
qemuDomainAgentFormat(const char *command, JsonObject *arguments)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "execute", command);
    if (arguments)
        json_object_set_object_member(object, "arguments", arguments);
    json_node_take_object(node, object);
    return json_to_string(node, FALSE);
}

int
qemuDomainAgentAsk(virDomainObj *vm, qemuDomainAgentQuestion *question, qemuAnswer *answer)
{
    g_autofree char *text =
        qemuDomainAgentFormat(question->command, g_steal_pointer(&question->arguments));
    g_auto(qemuDomainAgent) agent = {.cancellable = question->cancellable};
    g_autofree char *reply = NULL;
    int end;

    if (qemuDomainAgentBegin(&agent, vm) < 0)
        return -1;
    end = qemuDomainAgentTalk(&agent, text, qemuDomainAgentGetPatience(vm, question->patient),
                              &reply);
    if (end == QEMU_AGENT_DONE)
        qemuDomainAgentReportDone(vm, question->cancellable);
    if (end != QEMU_AGENT_ANSWERED)
        return -1;
    return qemuAnswerInit(answer, vm->name, question->command, reply);
}
