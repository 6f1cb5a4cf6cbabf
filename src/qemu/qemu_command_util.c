/*
 * qemu_command_util.c: words of QEMU's command line
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"

void
qemuCommandAdd(GPtrArray *argv, const char *option, const char *value)
{
    g_ptr_array_add(argv, g_strdup(option));
    if (value)
        g_ptr_array_add(argv, g_strdup(value));
}

void
qemuCommandAddFormat(GPtrArray *argv, const char *option, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_ptr_array_add(argv, g_strdup(option));
    g_ptr_array_add(argv, g_strdup_vprintf(fmt, ap));
    va_end(ap);
}

char *
qemuCommandEscape(const char *value)
{
    g_auto(GStrv) parts = g_strsplit(value, ",", -1);

    return g_strjoinv(",,", parts);
}

void
qemuCommandSetMembers(JsonObject *device, const char *name, ...)
{
    va_list ap;

    va_start(ap, name);
    for (; name; name = va_arg(ap, const char *))
        json_object_set_string_member(device, name, va_arg(ap, const char *));
    va_end(ap);
}

void
qemuCommandAddDevice(GPtrArray *argv, JsonObject *device)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(node, device);
    g_ptr_array_add(argv, g_strdup("-device"));
    g_ptr_array_add(argv, json_to_string(node, FALSE));
}

void
qemuCommandSetAddress(JsonObject *device, const virDomainDeviceInfo *info)
{
    const virPCIDeviceAddress *addr = &info->address;
    g_autofree char *bus =
        addr->bus == 0 ? g_strdup("pcie.0") : g_strdup_printf("pci.%u", addr->bus);
    g_autofree char *slot = g_strdup_printf("0x%x.0x%x", addr->slot, addr->function);

    qemuCommandSetMembers(device, "bus", bus, "addr", slot, NULL);
    if (info->multifunction)
        json_object_set_boolean_member(device, "multifunction", TRUE);
}
