/*
 * qemu_driver_monitor.c: a guest's monitor, for those who talk to QEMU themselves
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <libvirt/libvirt-qemu.h>

#include "qemu_domain.h"
#include "qemu_driver_priv.h"
#include "qemu_monitor_io.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* As one line. Takes @object. */
static char *
qemuDomainFormatReply(JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);

    json_object_unref(object);
    return json_to_string(node, FALSE);
}

/* What is typed at QEMU's prompt, and what it prints. */
static char *
qemuDomainTypeCommand(qemuMonitor *mon, const char *line)
{
    JsonObject *arguments = json_object_new();
    g_autoptr(JsonNode) result = NULL;

    json_object_set_string_member(arguments, "command-line", line);
    if (qemuMonitorCommand(mon, "human-monitor-command", arguments, &result) < 0)
        return NULL;
    return g_strdup(JSON_NODE_HOLDS_VALUE(result) ? json_node_get_string(result) : "");
}

static JsonNode *
qemuDomainParseCommand(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = NULL;
    const char *problem = _("it nests too deep");

    if (!qemuMonitorIONestsTooDeep(text, strlen(text))) {
        node = json_from_string(text, &error);
        problem = error ? error->message : _("it is no object");
    }
    if (node && JSON_NODE_HOLDS_OBJECT(node))
        return g_steal_pointer(&node);
    virReportError(VIR_ERR_INVALID_ARG,
                   _("invalid argument: a command for QEMU's monitor is JSON, and this is not: "
                     "%1$s (--hmp takes what is typed at QEMU's prompt)"),
                   problem);
    return NULL;
}

/* Whether the command says nothing but what we can pass on. */
static int
qemuDomainCheckCommand(JsonObject *object)
{
    static const char *const known[] = {"execute", "arguments", "id", NULL};
    g_autoptr(GList) names = json_object_get_members(object);
    JsonNode *arguments = json_object_get_member(object, "arguments");

    for (const GList *name = names; name; name = name->next) {
        if (!g_strv_contains(known, name->data)) {
            virReportError(VIR_ERR_INVALID_ARG,
                           _("invalid argument: a command for QEMU's monitor has 'execute', "
                             "'arguments' and 'id', not '%1$.100s'"),
                           (const char *)name->data);
            return -1;
        }
    }
    if (qemuMonitorGetString(object, "execute") &&
        (!arguments || JSON_NODE_HOLDS_OBJECT(arguments)))
        return 0;
    virReportError(VIR_ERR_INVALID_ARG, "%s",
                   _("invalid argument: of a command for QEMU's monitor 'execute' is a text, and "
                     "'arguments' an object"));
    return -1;
}

/* A message of QMP, and QEMU's. */
static char *
qemuDomainPassCommand(qemuMonitor *mon, const char *text)
{
    g_autoptr(JsonNode) node = qemuDomainParseCommand(text);
    JsonObject *object;
    JsonObject *arguments;
    JsonObject *reply;

    if (!node || qemuDomainCheckCommand(object = json_node_get_object(node)) < 0)
        return NULL;
    arguments = qemuMonitorGetObject(object, "arguments");
    reply = qemuMonitorCommandReply(mon, qemuMonitorGetString(object, "execute"),
                                    arguments ? json_object_ref(arguments) : NULL);
    if (!reply)
        return NULL;
    if (json_object_has_member(object, "id"))
        json_object_set_member(reply, "id", json_object_dup_member(object, "id"));
    return qemuDomainFormatReply(reply);
}

char *
qemuDomainMonitorCommand(virDomainObj *vm, const char *command, unsigned int flags)
{
    g_auto(qemuDomainJob) job = {0};
    g_autoptr(qemuMonitor) mon = NULL;

    if (qemuDriverCheckFlags("qemu-monitor-command", flags, VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP) <
            0 ||
        qemuDomainJobBeginActive(&job, vm, "monitor command") < 0 ||
        !(mon = qemuDomainGetMonitor(vm)))
        return NULL;
    return flags & VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP ? qemuDomainTypeCommand(mon, command)
                                                       : qemuDomainPassCommand(mon, command);
}
