/*
 * qemu_command_util.c: words of QEMU's command line
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_device.h"
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
qemuCommandAddNetdev(GPtrArray *argv, JsonObject *backend)
{
    qemuCommandAddJSON(argv, "-netdev", backend);
}

static void
qemuCommandSetPCIAddress(JsonObject *device, const virDomainDef *def,
                         const virDomainDeviceInfo *info)
{
    const virPCIDeviceAddress *addr = &info->addr.pci;
    const virDomainControllerDef *bus =
        virDomainControllerFind(def, VIR_DOMAIN_CONTROLLER_TYPE_PCI, (int)addr->bus);
    g_autofree char *slot = g_strdup_printf("0x%x.0x%x", addr->slot, addr->function);

    qemuCommandSetMembers(device, "bus", bus->info.alias, "addr", slot, NULL);
    if (info->multifunction)
        json_object_set_boolean_member(device, "multifunction", TRUE);
}

/* The bus of a controller that is no bridge: QEMU numbers those that one has. */
static void
qemuCommandSetBus(JsonObject *device, const virDomainDef *def, virDomainControllerType type,
                  unsigned int index)
{
    const virDomainControllerDef *controller = virDomainControllerFind(def, type, (int)index);
    g_autofree char *bus = g_strconcat(controller->info.alias, ".0", NULL);

    qemuCommandSetMembers(device, "bus", bus, NULL);
}

static void
qemuCommandSetISAAddress(JsonObject *device, const virDomainDeviceISAAddress *isa)
{
    if (isa->iobase)
        json_object_set_int_member(device, "iobase", isa->iobase);
    if (isa->irq)
        json_object_set_int_member(device, "irq", isa->irq);
}

void
qemuCommandSetAddress(JsonObject *device, const virDomainDef *def, const virDomainDeviceInfo *info)
{
    g_autofree char *port = NULL;

    switch (info->type) {
    case VIR_DOMAIN_DEVICE_ADDRESS_PCI:
        qemuCommandSetPCIAddress(device, def, info);
        break;
    case VIR_DOMAIN_DEVICE_ADDRESS_USB:
        port = g_strdup_printf("%u", info->addr.usb.port);
        qemuCommandSetBus(device, def, VIR_DOMAIN_CONTROLLER_TYPE_USB, info->addr.usb.bus);
        qemuCommandSetMembers(device, "port", port, NULL);
        break;
    case VIR_DOMAIN_DEVICE_ADDRESS_VIRTIO_SERIAL:
        qemuCommandSetBus(device, def, VIR_DOMAIN_CONTROLLER_TYPE_VIRTIO_SERIAL,
                          info->addr.virtioSerial.controller);
        json_object_set_int_member(device, "nr", info->addr.virtioSerial.port);
        break;
    case VIR_DOMAIN_DEVICE_ADDRESS_ISA:
        qemuCommandSetISAAddress(device, &info->addr.isa);
        break;
    case VIR_DOMAIN_DEVICE_ADDRESS_DRIVE:
    case VIR_DOMAIN_DEVICE_ADDRESS_NONE:
    case VIR_DOMAIN_DEVICE_ADDRESS_LAST:
        break;
    }
}

void
qemuCommandSetTristate(JsonObject *device, const char *name, virTristate value)
{
    if (value != VIR_TRISTATE_ABSENT)
        json_object_set_boolean_member(device, name, value == VIR_TRISTATE_ON);
}

void
qemuCommandSetVirtio(JsonObject *device, const virDomainVirtioDef *virtio)
{
    qemuCommandSetTristate(device, "iommu_platform", virtio->iommu);
    qemuCommandSetTristate(device, "ats", virtio->ats);
    qemuCommandSetTristate(device, "packed", virtio->packed);
    qemuCommandSetTristate(device, "page-per-vq", virtio->pagePerVQ);
    qemuCommandSetTristate(device, "event_idx", virtio->eventIdx);
    qemuCommandSetTristate(device, "ioeventfd", virtio->ioeventfd);
}

void
qemuCommandSetBoot(JsonObject *device, const virDomainDef *def, const virDomainDeviceInfo *info)
{
    unsigned int order = virDomainDeviceGetBootIndex(def, info);

    if (order)
        json_object_set_int_member(device, "bootindex", order);
    if (info->romBar != VIR_DOMAIN_ROM_BAR_DEFAULT)
        json_object_set_int_member(device, "rombar", info->romBar == VIR_DOMAIN_ROM_BAR_ON);
    if (info->romFile)
        json_object_set_string_member(device, "romfile", info->romFile);
    if (info->romEnabled == VIR_TRISTATE_OFF)
        json_object_set_string_member(device, "romfile", "");
}
