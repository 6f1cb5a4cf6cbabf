/*
 * domain_disk.c: disks and CD-ROMs of a guest: what fits together, and where they are
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_device.h"
#include "domain_virtio.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

/* QEMU's virtio disk has room for so much of a serial number. */
#define VIR_DISK_VIRTIO_SERIAL_MAX 20

typedef struct {
    bool wrong;
    const char *reason;
} virDomainDiskRule;

static bool
virDomainDiskIsATA(const virDomainDiskDef *disk)
{
    return disk->bus == VIR_DOMAIN_DISK_BUS_SATA || disk->bus == VIR_DOMAIN_DISK_BUS_IDE;
}

static int
virDomainDiskCheck(const virDomainDiskDef *disk, const virDomainDiskRule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!rules[i].wrong)
            continue;
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("unsupported configuration: disk '%1$s': %2$s"), disk->target,
                       rules[i].reason);
        return -1;
    }
    return 0;
}

static int
virDomainDiskValidateDriver(const virDomainDiskDef *disk)
{
    bool direct = disk->cache == VIR_DOMAIN_DISK_CACHE_NONE ||
                  disk->cache == VIR_DOMAIN_DISK_CACHE_DIRECTSYNC;
    const virDomainDiskRule rules[] = {
        {disk->io == VIR_DOMAIN_DISK_IO_NATIVE && !direct,
         _("io='native' needs cache='none' or 'directsync'")},
        {disk->detectZeroes == VIR_DOMAIN_DISK_DETECT_ZEROES_UNMAP &&
             disk->discard != VIR_DOMAIN_DISK_DISCARD_UNMAP,
         _("detect_zeroes='unmap' needs discard='unmap'")},
        {disk->shareable && disk->format != VIR_DOMAIN_DISK_FORMAT_RAW,
         _("only a disk of type raw can be <shareable>: other guests would not see what has become "
           "of an image's tables")},
        {disk->iothread && disk->bus == VIR_DOMAIN_DISK_BUS_SCSI,
         _("iothread='…' of a disk on bus scsi is its controller's: <controller type='scsi' "
           "model='virtio-scsi'><driver iothread='…'/></controller>")},
        {disk->iothread && disk->bus != VIR_DOMAIN_DISK_BUS_VIRTIO,
         _("only a disk on bus virtio can have an iothread='…'")},
        {disk->iothread && disk->virtio.ioeventfd == VIR_TRISTATE_OFF,
         _("an I/O thread needs ioeventfd='on', which it hears of requests by")},
    };

    return virDomainDiskCheck(disk, rules, G_N_ELEMENTS(rules));
}

static int
virDomainDiskValidateBus(const virDomainDiskDef *disk)
{
    bool cdrom = disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM;
    const virDomainDiskRule rules[] = {
        {disk->bus == VIR_DOMAIN_DISK_BUS_VIRTIO && !g_str_has_prefix(disk->target, "vd"),
         _("the targets of bus virtio are vda, vdb and so on")},
        {disk->bus == VIR_DOMAIN_DISK_BUS_USB && !g_str_has_prefix(disk->target, "sd"),
         _("the targets of bus usb are sda, sdb and so on")},
        {cdrom && disk->bus == VIR_DOMAIN_DISK_BUS_VIRTIO,
         _("a cdrom cannot be on bus virtio, which has no disc to eject; use sata or scsi")},
        {cdrom && disk->bus == VIR_DOMAIN_DISK_BUS_USB,
         _("a cdrom cannot be on bus usb; use sata or scsi")},
        {!cdrom && disk->readonly && virDomainDiskIsATA(disk),
         _("a disk on bus ide or sata cannot be <readonly>; use virtio or scsi")},
        {disk->wwn &&
             (disk->bus == VIR_DOMAIN_DISK_BUS_VIRTIO || disk->bus == VIR_DOMAIN_DISK_BUS_USB),
         _("only disks on bus scsi, sata and ide have a <wwn>")},
        {disk->serial && strlen(disk->serial) > VIR_DISK_VIRTIO_SERIAL_MAX &&
             disk->bus != VIR_DOMAIN_DISK_BUS_SCSI,
         _("a <serial> of more than 20 bytes fits on bus scsi only")},
        {(disk->logicalBlockSize || disk->physicalBlockSize) &&
             disk->bus != VIR_DOMAIN_DISK_BUS_VIRTIO && disk->bus != VIR_DOMAIN_DISK_BUS_SCSI,
         _("<blockio> is possible on bus virtio and scsi only")},
        {disk->logicalBlockSize > disk->physicalBlockSize && disk->physicalBlockSize,
         _("logical_block_size cannot be above physical_block_size")},
    };

    return virDomainDiskCheck(disk, rules, G_N_ELEMENTS(rules));
}

int
virDomainDiskValidate(const virDomainDiskDef *disk)
{
    if (virDomainDiskValidateDriver(disk) < 0)
        return -1;
    return virDomainDiskValidateBus(disk);
}

virDomainControllerType
virDomainDiskGetControllerType(const virDomainDiskDef *disk)
{
    if (disk->bus == VIR_DOMAIN_DISK_BUS_SCSI)
        return VIR_DOMAIN_CONTROLLER_TYPE_SCSI;
    return disk->bus == VIR_DOMAIN_DISK_BUS_SATA ? VIR_DOMAIN_CONTROLLER_TYPE_SATA
                                                 : VIR_DOMAIN_CONTROLLER_TYPE_IDE;
}

static void *
virDomainDiskClassParse(virXMLNode *node, const virDomainDef *def)
{
    g_autoptr(virDomainDiskDef) disk = virDomainDiskDefParseXML(node);

    for (guint i = 0; disk && i < def->disks->len; i++) {
        const virDomainDiskDef *other = g_ptr_array_index(def->disks, i);

        if (strcmp(other->target, disk->target) == 0) {
            virXMLReportError(node, VIR_ERR_XML_ERROR, _("two disks have the target '%1$s'"),
                              disk->target);
            return NULL;
        }
    }
    return g_steal_pointer(&disk);
}

static void
virDomainDiskClassFormat(virXMLWriter *writer, const void *device, unsigned int flags)
{
    virDomainDiskDefFormatXML(writer, device, flags);
}

static void
virDomainDiskClassFree(void *device)
{
    virDomainDiskDefFree(device);
}

static char *
virDomainDiskDescribe(const void *device)
{
    const virDomainDiskDef *disk = device;

    return virFormat(_("disk '%1$s'"), disk->target);
}

static char *
virDomainDiskMakeAlias(const virDomainDef *def G_GNUC_UNUSED, const void *device)
{
    const virDomainDiskDef *disk = device;
    const virDomainDeviceDriveAddress *drive = &disk->info.addr.drive;
    const char *bus = virDomainDiskBusToString((int)disk->bus);

    if (disk->bus == VIR_DOMAIN_DISK_BUS_VIRTIO || disk->bus == VIR_DOMAIN_DISK_BUS_USB)
        return g_strdup_printf("%s-disk%d", bus, virDomainDiskTargetIndex(disk->target));
    if (disk->bus == VIR_DOMAIN_DISK_BUS_SCSI)
        return g_strdup_printf("scsi%u-%u-%u-%u", drive->controller, drive->bus, drive->target,
                               drive->unit);
    return g_strdup_printf("%s%u-%u-%u", bus, drive->controller, drive->bus, drive->unit);
}

static virDomainDeviceAddressType
virDomainDiskAddressType(const void *device)
{
    const virDomainDiskDef *disk = device;

    if (disk->bus == VIR_DOMAIN_DISK_BUS_VIRTIO)
        return VIR_DOMAIN_DEVICE_ADDRESS_PCI;
    return disk->bus == VIR_DOMAIN_DISK_BUS_USB ? VIR_DOMAIN_DEVICE_ADDRESS_USB
                                                : VIR_DOMAIN_DEVICE_ADDRESS_DRIVE;
}

static virDomainPCIPlace
virDomainDiskPCIPlace(const virDomainDef *def G_GNUC_UNUSED, const void *device)
{
    return virDomainVirtioPCIPlace(&((const virDomainDiskDef *)device)->virtio);
}

static const virDomainVirtioDef *
virDomainDiskGetVirtio(const void *device)
{
    const virDomainDiskDef *disk = device;

    return disk->bus == VIR_DOMAIN_DISK_BUS_VIRTIO ? &disk->virtio : NULL;
}

const virDomainDeviceClass virDomainDiskClass = {
    .schema = &virDomainDiskSchema,
    .list = offsetof(virDomainDef, disks),
    .info = offsetof(virDomainDiskDef, info),
    .parse = virDomainDiskClassParse,
    .format = virDomainDiskClassFormat,
    .free = virDomainDiskClassFree,
    .describe = virDomainDiskDescribe,
    .makeAlias = virDomainDiskMakeAlias,
    .addressType = virDomainDiskAddressType,
    .pciPlace = virDomainDiskPCIPlace,
    .virtio = virDomainDiskGetVirtio,
};
