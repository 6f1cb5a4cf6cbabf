/*
 * domain_drive_address.c: where disks are on SCSI, SATA and IDE controllers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_drive_address.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

/* Whether controllers may be added. */
typedef enum {
    VIR_DOMAIN_DRIVE_GROW,
    VIR_DOMAIN_DRIVE_KEEP,
} virDomainDriveMode;

/* How many places of a bus we fill ourselves: controllers, buses of each, units of each. */
typedef struct {
    unsigned int controllers;
    unsigned int buses;
    unsigned int units;
} virDomainDriveShape;

/* Of SCSI, 7 units: what any controller has, and what libvirt fills. */
static virDomainDriveShape
virDomainDriveGetShape(const virDomainDiskDef *disk)
{
    if (disk->bus == VIR_DOMAIN_DISK_BUS_SCSI)
        return (virDomainDriveShape){VIR_DOMAIN_CONTROLLER_MAX_INDEX + 1, 1, 7};
    if (disk->bus == VIR_DOMAIN_DISK_BUS_SATA)
        return (virDomainDriveShape){VIR_DOMAIN_CONTROLLER_MAX_INDEX + 1, 1, 6};
    return (virDomainDriveShape){1, 2, 2};
}

static bool
virDomainDriveIsDrive(const virDomainDiskDef *disk)
{
    return virDomainDiskClass.addressType(disk) == VIR_DOMAIN_DEVICE_ADDRESS_DRIVE;
}

/* The disk of the same bus at an address, besides @disk; or NULL. */
static const virDomainDiskDef *
virDomainDriveFindUser(const virDomainDef *def, const virDomainDiskDef *disk,
                       const virDomainDeviceDriveAddress *addr)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const virDomainDiskDef *other = g_ptr_array_index(def->disks, i);
        const virDomainDeviceDriveAddress *drive = &other->info.addr.drive;

        if (other != disk && other->bus == disk->bus &&
            other->info.type == VIR_DOMAIN_DEVICE_ADDRESS_DRIVE &&
            drive->controller == addr->controller && drive->bus == addr->bus &&
            drive->target == addr->target && drive->unit == addr->unit)
            return other;
    }
    return NULL;
}

static int
virDomainDriveReport(const virDomainDiskDef *disk, const char *reason)
{
    virReportError(VIR_ERR_XML_ERROR, _("disk '%1$s' has no place in the guest: %2$s"),
                   disk->target, reason);
    return -1;
}

/* A disk's controller exists. */
static int
virDomainDriveRequireController(virDomainDef *def, const virDomainDiskDef *disk,
                                virDomainDriveMode mode)
{
    virDomainControllerType type = virDomainDiskGetControllerType(disk);
    int index = (int)disk->info.addr.drive.controller;

    if (virDomainControllerFind(def, type, index))
        return 0;
    if (type == VIR_DOMAIN_CONTROLLER_TYPE_IDE && (virDomainDefHasPCIe(def) || index > 0))
        return virDomainDriveReport(disk, virDomainDefHasPCIe(def)
                                              ? _("a q35 machine has no IDE; use bus='sata'")
                                              : _("a pc machine has one IDE controller"));
    if (mode == VIR_DOMAIN_DRIVE_KEEP)
        return virDomainDriveReport(disk, _("the controller of its address does not exist"));
    virDomainControllerInsert(def, virDomainControllerDefNew(type, 0, index));
    return 0;
}

/* Whether a controller has such an address. virtio-scsi has more than the shape that we fill. */
static bool
virDomainDriveIsPossible(const virDomainDef *def, const virDomainDiskDef *disk)
{
    const virDomainDeviceDriveAddress *drive = &disk->info.addr.drive;
    virDomainDriveShape shape = virDomainDriveGetShape(disk);
    const virDomainControllerDef *controller =
        virDomainControllerFind(def, virDomainDiskGetControllerType(disk), (int)drive->controller);

    if (disk->bus == VIR_DOMAIN_DISK_BUS_SCSI &&
        controller->model == VIR_DOMAIN_CONTROLLER_SCSI_VIRTIO)
        return drive->bus == 0;
    return drive->bus < shape.buses && drive->target == 0 && drive->unit < shape.units;
}

static int
virDomainDriveCheck(virDomainDef *def, const virDomainDiskDef *disk, virDomainDriveMode mode)
{
    const virDomainDiskDef *other = virDomainDriveFindUser(def, disk, &disk->info.addr.drive);
    g_autofree char *reason = NULL;

    if (virDomainDriveRequireController(def, disk, mode) < 0)
        return -1;
    if (!virDomainDriveIsPossible(def, disk))
        return virDomainDriveReport(disk, _("its controller has no such address"));
    if (!other)
        return 0;
    reason = virFormat(_("disk '%1$s' is at its address"), other->target);
    return virDomainDriveReport(disk, reason);
}

/* Place number @position, counted through units, buses and controllers. */
static virDomainDeviceDriveAddress
virDomainDriveAt(const virDomainDriveShape *shape, unsigned int position)
{
    return (virDomainDeviceDriveAddress){
        .controller = position / shape->units / shape->buses,
        .bus = position / shape->units % shape->buses,
        .unit = position % shape->units,
    };
}

static bool
virDomainDriveCanUse(const virDomainDef *def, const virDomainDiskDef *disk,
                     const virDomainDeviceDriveAddress *addr, virDomainDriveMode mode)
{
    if (virDomainDriveFindUser(def, disk, addr))
        return false;
    return mode == VIR_DOMAIN_DRIVE_GROW ||
           virDomainControllerFind(def, virDomainDiskGetControllerType(disk),
                                   (int)addr->controller);
}

/* From the place that the target's letters say on, then from the first. */
static int
virDomainDriveFind(const virDomainDef *def, virDomainDiskDef *disk, virDomainDriveMode mode)
{
    virDomainDriveShape shape = virDomainDriveGetShape(disk);
    unsigned int count = shape.controllers * shape.buses * shape.units;
    unsigned int start = (unsigned int)virDomainDiskTargetIndex(disk->target);

    for (unsigned int i = 0; i < count; i++) {
        virDomainDeviceDriveAddress addr = virDomainDriveAt(&shape, (start + i) % count);

        if (virDomainDriveCanUse(def, disk, &addr, mode)) {
            disk->info.type = VIR_DOMAIN_DEVICE_ADDRESS_DRIVE;
            disk->info.addr.drive = addr;
            return 0;
        }
    }
    return virDomainDriveReport(disk, _("no controller of its bus has room for it"));
}

static int
virDomainDriveAssign(virDomainDef *def, virDomainDiskDef *disk, virDomainDriveMode mode)
{
    if (disk->info.type == VIR_DOMAIN_DEVICE_ADDRESS_DRIVE)
        return virDomainDriveCheck(def, disk, mode);
    if (virDomainDriveFind(def, disk, mode) < 0)
        return -1;
    return virDomainDriveRequireController(def, disk, mode);
}

/* Those that say where they are first. */
int
virDomainAssignDriveAddresses(virDomainDef *def)
{
    for (int given = 1; given >= 0; given--) {
        for (guint i = 0; i < def->disks->len; i++) {
            virDomainDiskDef *disk = g_ptr_array_index(def->disks, i);

            if (virDomainDriveIsDrive(disk) &&
                (disk->info.type != VIR_DOMAIN_DEVICE_ADDRESS_NONE) == given &&
                virDomainDriveAssign(def, disk, VIR_DOMAIN_DRIVE_GROW) < 0)
                return -1;
        }
    }
    return 0;
}

int
virDomainAssignDriveAddress(virDomainDef *def, virDomainDiskDef *disk)
{
    return virDomainDriveAssign(def, disk, VIR_DOMAIN_DRIVE_KEEP);
}
