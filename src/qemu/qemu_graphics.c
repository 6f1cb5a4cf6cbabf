/*
 * qemu_graphics.c: passwords of displays, which QEMU is told through its monitor
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_graphics.h"

static void
qemuGraphicsCommandFree(void *opaque)
{
    qemuGraphicsCommand *command = opaque;

    json_node_unref(command->arguments);
    g_free(command);
}

static void
qemuGraphicsAddCommand(GPtrArray *commands, const char *name, JsonObject *arguments)
{
    qemuGraphicsCommand *command = g_new0(qemuGraphicsCommand, 1);

    command->name = name;
    command->arguments = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(command->arguments, arguments);
    g_ptr_array_add(commands, command);
}

/* Whoever looks already stays: a new password is for the next one. */
static void
qemuGraphicsAddPassword(GPtrArray *commands, const virDomainGraphicsDef *graphics)
{
    const char *protocol = virDomainGraphicsToString((int)graphics->type);
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "protocol", protocol);
    json_object_set_string_member(arguments, "password", graphics->passwd);
    if (graphics->type == VIR_DOMAIN_GRAPHICS_SPICE)
        json_object_set_string_member(arguments, "connected", "keep");
    qemuGraphicsAddCommand(commands, "set_password", arguments);
}

static void
qemuGraphicsAddExpiry(GPtrArray *commands, const virDomainGraphicsDef *graphics)
{
    g_autofree char *time = graphics->passwdValidTo
                                ? g_strdup_printf("%" G_GINT64_FORMAT, graphics->passwdValidTo)
                                : g_strdup("never");
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "protocol",
                                  virDomainGraphicsToString((int)graphics->type));
    json_object_set_string_member(arguments, "time", time);
    qemuGraphicsAddCommand(commands, "expire_password", arguments);
}

GPtrArray *
qemuGraphicsGetPasswordCommands(const virDomainDef *def)
{
    GPtrArray *commands = g_ptr_array_new_with_free_func(qemuGraphicsCommandFree);

    for (guint i = 0; i < def->graphics->len; i++) {
        const virDomainGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);

        if (!graphics->passwd)
            continue;
        qemuGraphicsAddPassword(commands, graphics);
        qemuGraphicsAddExpiry(commands, graphics);
    }
    return commands;
}
