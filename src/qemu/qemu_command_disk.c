/*
 * qemu_command_disk.c: QEMU's command line: disks
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"

static const char *
qemuGetDiskProtocol(const virDomainDiskDef *disk)
{
    if (disk->type == VIR_DOMAIN_DISK_TYPE_FILE)
        return "file";
    return disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM ? "host_cdrom" : "host_device";
}

/* What both nodes have to agree on. */
static void
qemuSetBlockdevOptions(JsonObject *node, const virDomainDiskDef *disk)
{
    JsonObject *cache;

    if (disk->discard != VIR_DOMAIN_DISK_DISCARD_DEFAULT)
        qemuCommandSetMembers(node, "discard", virDomainDiskDiscardToString((int)disk->discard),
                              NULL);
    if (disk->cache == VIR_DOMAIN_DISK_CACHE_DEFAULT)
        return;
    cache = json_object_new();
    json_object_set_boolean_member(cache, "direct",
                                   disk->cache == VIR_DOMAIN_DISK_CACHE_NONE ||
                                       disk->cache == VIR_DOMAIN_DISK_CACHE_DIRECTSYNC);
    json_object_set_boolean_member(cache, "no-flush", disk->cache == VIR_DOMAIN_DISK_CACHE_UNSAFE);
    json_object_set_object_member(node, "cache", cache);
}

char *
qemuGetDiskNodeName(const virDomainDiskDef *disk, const char *layer)
{
    return g_strdup_printf("libvirt-%s-%s", disk->target, layer);
}

JsonObject *
qemuBuildDiskStorage(const virDomainDiskDef *disk)
{
    g_autofree char *name = qemuGetDiskNodeName(disk, QEMU_DISK_NODE_STORAGE);
    JsonObject *node = json_object_new();

    qemuCommandSetMembers(node, "driver", qemuGetDiskProtocol(disk), "filename", disk->source,
                          "node-name", name, NULL);
    if (disk->io != VIR_DOMAIN_DISK_IO_DEFAULT)
        qemuCommandSetMembers(node, "aio", virDomainDiskIOToString((int)disk->io), NULL);
    json_object_set_boolean_member(node, "auto-read-only", TRUE);
    qemuSetBlockdevOptions(node, disk);
    return node;
}

/* QEMU follows the backing files of an image by itself, unless it is told that there are none. */
JsonObject *
qemuBuildDiskFormat(const virDomainDiskDef *disk)
{
    g_autofree char *storage = qemuGetDiskNodeName(disk, QEMU_DISK_NODE_STORAGE);
    g_autofree char *name = qemuGetDiskNodeName(disk, QEMU_DISK_NODE_FORMAT);
    JsonObject *node = json_object_new();

    qemuCommandSetMembers(node, "node-name", name, NULL);
    json_object_set_boolean_member(node, "read-only", disk->readonly);
    qemuCommandSetMembers(node, "driver", virDomainDiskFormatToString((int)disk->format), "file",
                          storage, NULL);
    if (disk->noBacking && disk->format == VIR_DOMAIN_DISK_FORMAT_QCOW2)
        json_object_set_null_member(node, "backing");
    if (disk->detectZeroes != VIR_DOMAIN_DISK_DETECT_ZEROES_DEFAULT)
        qemuCommandSetMembers(node, "detect-zeroes",
                              virDomainDiskDetectZeroesToString((int)disk->detectZeroes), NULL);
    qemuSetBlockdevOptions(node, disk);
    return node;
}

/* What stops and what is told of errors. QEMU cannot tell reading from a full disk. */
static void
qemuSetDiskErrors(JsonObject *device, const virDomainDiskDef *disk)
{
    const char *policy = virDomainDiskErrorPolicyToString((int)disk->errorPolicy);

    if (disk->errorPolicy == VIR_DOMAIN_DISK_ERROR_DEFAULT)
        return;
    if (disk->errorPolicy == VIR_DOMAIN_DISK_ERROR_ENOSPACE)
        qemuCommandSetMembers(device, "werror", "enospc", NULL);
    else
        qemuCommandSetMembers(device, "werror", policy, "rerror", policy, NULL);
}

/* Whether the guest sees a write cache: whether it has to flush. */
static void
qemuSetDiskWriteCache(JsonObject *device, const virDomainDiskDef *disk)
{
    bool through = disk->cache == VIR_DOMAIN_DISK_CACHE_WRITETHROUGH ||
                   disk->cache == VIR_DOMAIN_DISK_CACHE_DIRECTSYNC;

    if (disk->cache != VIR_DOMAIN_DISK_CACHE_DEFAULT)
        qemuCommandSetMembers(device, "write-cache", through ? "off" : "on", NULL);
}

static void
qemuSetDiskTraits(JsonObject *device, const virDomainDiskDef *disk)
{
    if (disk->shareable)
        json_object_set_boolean_member(device, "share-rw", TRUE);
    if (disk->logicalBlockSize)
        json_object_set_int_member(device, "logical_block_size", disk->logicalBlockSize);
    if (disk->physicalBlockSize)
        json_object_set_int_member(device, "physical_block_size", disk->physicalBlockSize);
    if (disk->serial)
        qemuCommandSetMembers(device, "serial", disk->serial, NULL);
    if (disk->wwn)
        json_object_set_int_member(device, "wwn", (gint64)g_ascii_strtoull(disk->wwn, NULL, 16));
    qemuSetDiskErrors(device, disk);
}

/* The alias of the controller that a disk is on. */
static const char *
qemuGetDiskController(const virDomainDef *def, const virDomainDiskDef *disk)
{
    virDomainControllerType type = virDomainDiskGetControllerType(disk);
    int index = (int)disk->info.addr.drive.controller;

    if (disk->bus == VIR_DOMAIN_DISK_BUS_USB) {
        type = VIR_DOMAIN_CONTROLLER_TYPE_USB;
        index = (int)disk->info.addr.usb.bus;
    }
    return virDomainControllerFind(def, type, index)->info.alias;
}

/* Without it the guest would name the disk by what QEMU calls its image. */
static void
qemuSetSCSIDeviceId(JsonObject *device, const virDomainDiskDef *disk)
{
    g_autofree char *id = g_strconcat("drive-", disk->info.alias, NULL);

    if (!disk->serial)
        qemuCommandSetMembers(device, "device_id", id, NULL);
}

static void
qemuSetSCSIAddress(JsonObject *device, const virDomainDef *def, const virDomainDiskDef *disk)
{
    const virDomainDeviceDriveAddress *drive = &disk->info.addr.drive;
    const virDomainControllerDef *controller =
        virDomainControllerFind(def, VIR_DOMAIN_CONTROLLER_TYPE_SCSI, (int)drive->controller);
    g_autofree char *bus = g_strconcat(controller->info.alias, ".0", NULL);

    qemuCommandSetMembers(device, "bus", bus, NULL);
    if (controller->model == VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC) {
        json_object_set_int_member(device, "scsi-id", drive->unit);
    } else {
        json_object_set_int_member(device, "channel", 0);
        json_object_set_int_member(device, "scsi-id", drive->target);
        json_object_set_int_member(device, "lun", drive->unit);
    }
    qemuSetSCSIDeviceId(device, disk);
}

static void
qemuSetDiskAddress(JsonObject *device, const virDomainDef *def, const virDomainDiskDef *disk)
{
    const virDomainDeviceDriveAddress *drive = &disk->info.addr.drive;
    g_autofree char *bus = NULL;
    g_autofree char *port = NULL;

    switch (disk->bus) {
    case VIR_DOMAIN_DISK_BUS_VIRTIO:
        qemuCommandSetAddress(device, def, &disk->info);
        break;
    case VIR_DOMAIN_DISK_BUS_SCSI:
        qemuSetSCSIAddress(device, def, disk);
        break;
    case VIR_DOMAIN_DISK_BUS_SATA:
        bus = g_strdup_printf("%s.%u", qemuGetDiskController(def, disk), drive->unit);
        qemuCommandSetMembers(device, "bus", bus, NULL);
        break;
    case VIR_DOMAIN_DISK_BUS_IDE:
        bus = g_strdup_printf("%s.%u", qemuGetDiskController(def, disk), drive->bus);
        qemuCommandSetMembers(device, "bus", bus, NULL);
        json_object_set_int_member(device, "unit", drive->unit);
        break;
    case VIR_DOMAIN_DISK_BUS_USB:
        bus = g_strconcat(qemuGetDiskController(def, disk), ".0", NULL);
        port = g_strdup_printf("%u", disk->info.addr.usb.port);
        qemuCommandSetMembers(device, "bus", bus, "port", port, NULL);
        break;
    case VIR_DOMAIN_DISK_BUS_LAST:
        break;
    }
}

static const char *const qemuVirtioDiskDrivers[] = QEMU_COMMAND_VIRTIO_DRIVERS("virtio-blk-pci");

static const char *
qemuGetDiskDriver(const virDomainDiskDef *disk)
{
    bool cdrom = disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM;

    switch (disk->bus) {
    case VIR_DOMAIN_DISK_BUS_VIRTIO:
        return qemuVirtioDiskDrivers[disk->virtio.model];
    case VIR_DOMAIN_DISK_BUS_SCSI:
        return cdrom ? "scsi-cd" : "scsi-hd";
    case VIR_DOMAIN_DISK_BUS_SATA:
    case VIR_DOMAIN_DISK_BUS_IDE:
        return cdrom ? "ide-cd" : "ide-hd";
    case VIR_DOMAIN_DISK_BUS_USB:
    case VIR_DOMAIN_DISK_BUS_LAST:
        break;
    }
    return "usb-storage";
}

JsonObject *
qemuBuildDiskDevice(const virDomainDef *def, const virDomainDiskDef *disk)
{
    g_autofree char *node = qemuGetDiskNodeName(disk, QEMU_DISK_NODE_FORMAT);
    JsonObject *device = json_object_new();

    qemuCommandSetMembers(device, "driver", qemuGetDiskDriver(disk), NULL);
    qemuSetDiskAddress(device, def, disk);
    if (disk->source)
        qemuCommandSetMembers(device, "drive", node, NULL);
    qemuCommandSetMembers(device, "id", disk->info.alias, NULL);
    qemuCommandSetBoot(device, def, &disk->info);
    qemuCommandSetIOThread(device, disk->iothread);
    if (disk->queues)
        json_object_set_int_member(device, "num-queues", disk->queues);
    if (disk->queueSize)
        json_object_set_int_member(device, "queue-size", disk->queueSize);
    qemuCommandSetVirtio(device, &disk->virtio);
    qemuSetDiskWriteCache(device, disk);
    qemuSetDiskTraits(device, disk);
    return device;
}

void
qemuCommandAddDisk(GPtrArray *argv, const virDomainDef *def, const virDomainDiskDef *disk)
{
    if (disk->source) {
        qemuCommandAddBlockdev(argv, qemuBuildDiskStorage(disk));
        qemuCommandAddBlockdev(argv, qemuBuildDiskFormat(disk));
    }
    qemuCommandAddDevice(argv, qemuBuildDiskDevice(def, disk));
}
