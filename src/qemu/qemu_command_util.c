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

static void
qemuCommandAddJSON(GPtrArray *argv, const char *option, JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(node, object);
    g_ptr_array_add(argv, g_strdup(option));
    g_ptr_array_add(argv, json_to_string(node, FALSE));
}

void
qemuCommandAddDevice(GPtrArray *argv, JsonObject *device)
{
    qemuCommandAddJSON(argv, "-device", device);
}

void
qemuCommandAddObject(GPtrArray *argv, JsonObject *object)
{
    qemuCommandAddJSON(argv, "-object", object);
}

void
qemuCommandAddBlockdev(GPtrArray *argv, JsonObject *node)
{
    qemuCommandAddJSON(argv, "-blockdev", node);
}

void
qemuCommandSetAddress(JsonObject *device, const virDomainDef *def, const virDomainDeviceInfo *info)
{
    const virPCIDeviceAddress *addr = &info->addr.pci;
    const virDomainControllerDef *bus =
        virDomainControllerFind(def, VIR_DOMAIN_CONTROLLER_TYPE_PCI, (int)addr->bus);
    g_autofree char *slot = g_strdup_printf("0x%x.0x%x", addr->slot, addr->function);

    qemuCommandSetMembers(device, "bus", bus->info.alias, "addr", slot, NULL);
    if (info->multifunction)
        json_object_set_boolean_member(device, "multifunction", TRUE);
}

void
qemuCommandSetBoot(JsonObject *device, const virDomainDeviceInfo *info)
{
    if (info->bootIndex)
        json_object_set_int_member(device, "bootindex", info->bootIndex);
    if (info->romBar != VIR_DOMAIN_ROM_BAR_DEFAULT)
        json_object_set_int_member(device, "rombar", info->romBar == VIR_DOMAIN_ROM_BAR_ON);
    if (info->romFile)
        json_object_set_string_member(device, "romfile", info->romFile);
}
