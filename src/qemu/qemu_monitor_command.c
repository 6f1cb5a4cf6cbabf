/*
 * qemu_monitor_command.c: the commands that QEMU is given
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_monitor.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

int
qemuMonitorCommand(qemuMonitor *mon, const char *command, JsonObject *arguments, JsonNode **result)
{
    return qemuMonitorCommandTimed(mon, command, arguments, QEMU_MONITOR_COMMAND_TIMEOUT_MS,
                                   result);
}

int
qemuMonitorContinue(qemuMonitor *mon)
{
    return qemuMonitorCommand(mon, "cont", NULL, NULL);
}

int
qemuMonitorStop(qemuMonitor *mon)
{
    return qemuMonitorCommand(mon, "stop", NULL, NULL);
}

int
qemuMonitorSystemReset(qemuMonitor *mon)
{
    return qemuMonitorCommand(mon, "system_reset", NULL, NULL);
}

int
qemuMonitorResetReinjection(qemuMonitor *mon)
{
    return qemuMonitorCommand(mon, "rtc-reset-reinjection", NULL, NULL);
}

int
qemuMonitorSystemPowerdown(qemuMonitor *mon)
{
    return qemuMonitorCommand(mon, "system_powerdown", NULL, NULL);
}

int
qemuMonitorQuit(qemuMonitor *mon)
{
    return qemuMonitorCommand(mon, "quit", NULL, NULL);
}

int
qemuMonitorQueryStatus(qemuMonitor *mon, bool *running, char **status)
{
    g_autoptr(JsonNode) result = NULL;
    JsonObject *object;
    JsonNode *node = NULL;

    if (qemuMonitorCommand(mon, "query-status", NULL, &result) < 0)
        return -1;
    object = JSON_NODE_HOLDS_OBJECT(result) ? json_node_get_object(result) : NULL;
    if (object)
        node = json_object_get_member(object, "running");
    if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_BOOLEAN) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("QEMU's monitor did not say whether the guest runs"));
        return -1;
    }
    *running = json_node_get_boolean(node);
    if (status) {
        const char *word = qemuMonitorGetString(object, "status");

        *status = g_strdup(word ? word : "");
    }
    return 0;
}

int
qemuMonitorSetAction(qemuMonitor *mon, const char *shutdown, const char *panic)
{
    JsonObject *arguments = json_object_new();

    if (shutdown)
        json_object_set_string_member(arguments, "shutdown", shutdown);
    if (panic)
        json_object_set_string_member(arguments, "panic", panic);
    return qemuMonitorCommand(mon, "set-action", arguments, NULL);
}

int
qemuMonitorSetBalloon(qemuMonitor *mon, guint64 size_kib)
{
    JsonObject *arguments = json_object_new();

    json_object_set_int_member(arguments, "value", (gint64)(size_kib * 1024));
    return qemuMonitorCommand(mon, "balloon", arguments, NULL);
}

int
qemuMonitorSetLink(qemuMonitor *mon, const char *alias, bool up)
{
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "name", alias);
    json_object_set_boolean_member(arguments, "up", up);
    return qemuMonitorCommand(mon, "set_link", arguments, NULL);
}

int
qemuMonitorAddDevice(qemuMonitor *mon, JsonObject *device)
{
    return qemuMonitorCommand(mon, "device_add", device, NULL);
}

int
qemuMonitorDelDevice(qemuMonitor *mon, const char *id)
{
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "id", id);
    return qemuMonitorCommand(mon, "device_del", arguments, NULL);
}

/* Where QEMU keeps devices with an id. */
#define QEMU_MONITOR_PERIPHERAL "/machine/peripheral"

static void
qemuMonitorAddName(JsonArray *array G_GNUC_UNUSED, guint at G_GNUC_UNUSED, JsonNode *node,
                   void *opaque)
{
    const char *name = JSON_NODE_HOLDS_OBJECT(node)
                           ? qemuMonitorGetString(json_node_get_object(node), "name")
                           : NULL;

    if (name)
        g_hash_table_add(opaque, g_strdup(name));
}

GHashTable *
qemuMonitorListDevices(qemuMonitor *mon)
{
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(JsonNode) result = NULL;
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "path", QEMU_MONITOR_PERIPHERAL);
    if (qemuMonitorCommand(mon, "qom-list", arguments, &result) < 0)
        return NULL;
    if (!JSON_NODE_HOLDS_ARRAY(result)) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("QEMU's monitor did not say which devices there are"));
        return NULL;
    }
    json_array_foreach_element(json_node_get_array(result), qemuMonitorAddName, ids);
    return g_steal_pointer(&ids);
}
