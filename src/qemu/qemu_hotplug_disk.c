/*
 * qemu_hotplug_disk.c: disks that a running guest gets and gives back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"
#include "qemu_hotplug_priv.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

VIR_LOG_INIT("qemu.hotplug")

static int
qemuHotplugCheckDisk(const virDomainDef *def G_GNUC_UNUSED, const virDomainDeviceDef *dev)
{
    const virDomainDiskDef *disk = dev->data.disk;

    if (disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM)
        return qemuHotplugReport(dev, _("it is a CD-ROM drive"));
    if (disk->bus == VIR_DOMAIN_DISK_BUS_SATA || disk->bus == VIR_DOMAIN_DISK_BUS_IDE)
        return qemuHotplugReport(
            dev, _("it is on bus 'sata' or 'ide'; a disk on bus 'virtio', 'scsi' or 'usb' can"));
    return 0;
}

static int
qemuHotplugDelNode(qemuMonitor *mon, const virDomainDiskDef *disk, const char *layer)
{
    g_autofree char *name = qemuGetDiskNodeName(disk, layer);
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, "node-name", name);
    return qemuMonitorCommand(mon, "blockdev-del", arguments, NULL);
}

static int
qemuHotplugUndoStorage(void *opaque)
{
    const qemuHotplug *plug = opaque;

    return qemuHotplugDelNode(plug->mon, plug->dev.data.disk, QEMU_DISK_NODE_STORAGE);
}

static int
qemuHotplugUndoFormat(void *opaque)
{
    const qemuHotplug *plug = opaque;

    return qemuHotplugDelNode(plug->mon, plug->dev.data.disk, QEMU_DISK_NODE_FORMAT);
}

/* The file, and then the image that is in it. */
static int
qemuHotplugTellDisk(qemuHotplug *plug)
{
    const virDomainDiskDef *disk = plug->dev.data.disk;

    if (qemuMonitorCommand(plug->mon, "blockdev-add", qemuBuildDiskStorage(disk), NULL) < 0)
        return -1;
    virUndoPush(plug->undo, qemuHotplugUndoStorage, plug, NULL);
    if (qemuMonitorCommand(plug->mon, "blockdev-add", qemuBuildDiskFormat(disk), NULL) < 0)
        return -1;
    virUndoPush(plug->undo, qemuHotplugUndoFormat, plug, NULL);
    return 0;
}

int
qemuHotplugAddNodes(qemuMonitor *mon, const virDomainDiskDef *disk)
{
    virErrorInfo cause = {0};

    if (qemuMonitorCommand(mon, "blockdev-add", qemuBuildDiskStorage(disk), NULL) < 0)
        return -1;
    if (qemuMonitorCommand(mon, "blockdev-add", qemuBuildDiskFormat(disk), NULL) == 0)
        return 0;
    virErrorPreserve(&cause);
    (void)!qemuHotplugDelNode(mon, disk, QEMU_DISK_NODE_STORAGE);
    virErrorRestore(&cause);
    return -1;
}

int
qemuHotplugDelNodes(qemuMonitor *mon, const virDomainDiskDef *disk)
{
    virErrorInfo cause = {0};

    if (qemuHotplugDelNode(mon, disk, QEMU_DISK_NODE_FORMAT) < 0)
        return -1;
    if (qemuHotplugDelNode(mon, disk, QEMU_DISK_NODE_STORAGE) == 0)
        return 0;
    virErrorPreserve(&cause);
    (void)!qemuMonitorCommand(mon, "blockdev-add", qemuBuildDiskFormat(disk), NULL);
    virErrorRestore(&cause);
    return -1;
}

static JsonObject *
qemuHotplugBuildDisk(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    return qemuBuildDiskDevice(def, dev->data.disk);
}

/* Of a disk that was plugged in half, one of them is not there. */
static void
qemuHotplugForgetDisk(virDomainObj *vm, qemuMonitor *mon, const virDomainDeviceDef *dev)
{
    int format = qemuHotplugDelNode(mon, dev->data.disk, QEMU_DISK_NODE_FORMAT);
    int storage = qemuHotplugDelNode(mon, dev->data.disk, QEMU_DISK_NODE_STORAGE);

    if (format < 0 || storage < 0)
        VIR_WARN(_("guest '%1$s': QEMU keeps the image of a disk that is gone, '%2$s': %3$s"),
                 vm->name, dev->data.disk->source, virErrorGetMessage());
}

const qemuHotplugFamily qemuHotplugDisk = {
    .check = qemuHotplugCheckDisk,
    .prepare = qemuHotplugSecure,
    .tell = qemuHotplugTellDisk,
    .build = qemuHotplugBuildDisk,
    .forget = qemuHotplugForgetDisk,
    .release = qemuHotplugUnsecure,
};
