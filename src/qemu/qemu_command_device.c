/*
 * qemu_command_device.c: QEMU's command line: devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"

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

JsonObject *
qemuBuildHostdevDevice(const virDomainDef *def, const virDomainHostdevDef *hostdev)
{
    JsonObject *device = json_object_new();

    /* Whatever VFIO driver is bound on the host, QEMU's side of it is vfio-pci. */
    qemuCommandSetMembers(device, "driver", "vfio-pci", "id", hostdev->info.alias, NULL);
    qemuCommandSetHost(device, &hostdev->source);
    qemuCommandSetBoot(device, def, &hostdev->info);
    qemuCommandSetAddress(device, def, &hostdev->info);
    return device;
}

/* Controllers first: buses have to be there before what is on them, and the IOMMU before all. */
void
qemuCommandAddDevices(GPtrArray *argv, const virDomainDef *def)
{
    qemuCommandAddIOThreads(argv, def);
    qemuCommandAddIOMMU(argv, def);
    for (guint i = 0; i < def->controllers->len; i++)
        qemuCommandAddController(argv, def, g_ptr_array_index(def->controllers, i));
    for (guint i = 0; i < def->disks->len; i++)
        qemuCommandAddDisk(argv, def, g_ptr_array_index(def->disks, i));
    for (guint i = 0; i < def->nets->len; i++)
        qemuCommandAddNet(argv, def, i);
    qemuCommandAddChrs(argv, def);
    qemuCommandAddTPMs(argv, def);
    qemuCommandAddInputs(argv, def);
    qemuCommandAddGraphics(argv, def);
    for (guint i = 0; i < def->hostdevs->len; i++)
        qemuCommandAddDevice(argv,
                             qemuBuildHostdevDevice(def, g_ptr_array_index(def->hostdevs, i)));
    qemuCommandAddMisc(argv, def);
}
