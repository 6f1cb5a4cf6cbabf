/*
 * qemu_command_device.c: QEMU's command line: devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command.h"
#include "qemu_command_priv.h"

static void
qemuCommandAddSerial(GPtrArray *argv, const virDomainChrDef *chr)
{
    g_autofree char *chardev = g_strconcat("char", chr->info.alias, NULL);
    JsonObject *device = json_object_new();

    if (chr->type == VIR_DOMAIN_CHR_TYPE_STDIO) {
        qemuCommandAddFormat(argv, "-chardev", "socket,id=%s,fd=%d", chardev,
                             QEMU_COMMAND_STDIO_FD);
    } else {
        g_autofree char *path = qemuCommandEscape(chr->path);

        qemuCommandAddFormat(argv, "-chardev", "file,id=%s,path=%s,append=%s", chardev, path,
                             virDomainOnOffToString(chr->append));
    }
    qemuCommandSetMembers(device, "driver", "isa-serial", "chardev", chardev, "id", chr->info.alias,
                          NULL);
    json_object_set_int_member(device, "index", chr->port);
    qemuCommandAddDevice(argv, device);
}

/* QEMU's "host" takes PCI domains of 16 bits only (7.2). */
static void
qemuCommandSetHost(JsonObject *device, const virPCIDeviceAddress *source)
{
    g_autofree char *host = virPCIDeviceAddressAsString(source);
    g_autofree char *path = g_strdup_printf("/sys/bus/pci/devices/%s", host);

    if (source->domain <= 0xffff)
        qemuCommandSetMembers(device, "host", host, NULL);
    else
        qemuCommandSetMembers(device, "sysfsdev", path, NULL);
}

static void
qemuCommandAddHostdev(GPtrArray *argv, const virDomainDef *def, const virDomainHostdevDef *hostdev)
{
    JsonObject *device = json_object_new();

    /* Whatever VFIO driver is bound on the host, QEMU's side of it is vfio-pci. */
    qemuCommandSetMembers(device, "driver", "vfio-pci", "id", hostdev->info.alias, NULL);
    qemuCommandSetHost(device, &hostdev->source);
    qemuCommandSetBoot(device, &hostdev->info);
    qemuCommandSetAddress(device, def, &hostdev->info);
    qemuCommandAddDevice(argv, device);
}

/* Controllers first: buses have to be there before what is on them. */
void
qemuCommandAddDevices(GPtrArray *argv, const virDomainDef *def)
{
    for (guint i = 0; i < def->controllers->len; i++)
        qemuCommandAddController(argv, def, g_ptr_array_index(def->controllers, i));
    for (guint i = 0; i < def->serials->len; i++)
        qemuCommandAddSerial(argv, g_ptr_array_index(def->serials, i));
    for (guint i = 0; i < def->hostdevs->len; i++)
        qemuCommandAddHostdev(argv, def, g_ptr_array_index(def->hostdevs, i));
}
