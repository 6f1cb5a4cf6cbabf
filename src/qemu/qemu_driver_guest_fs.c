/*
 * qemu_driver_guest_fs.c: the file systems of guests, and the disks that they are on
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_driver_priv.h"
#include "qemu_guest_priv.h"

/* Where the guest says that a disk is. Numbers are -1 if it does not know. */
typedef struct {
    virPCIDeviceAddress pci; /* of the controller, or the disk itself */
    gint64 bus;
    gint64 target;
    gint64 unit;
} qemuGuestPlace;

void
qemuGuestDiskFree(void *opaque)
{
    qemuGuestDisk *disk = opaque;

    g_free(disk->target);
    g_free(disk->serial);
    g_free(disk->device);
    g_free(disk->bus);
    g_free(disk);
}

static void
qemuGuestFileSystemFree(void *opaque)
{
    qemuGuestFileSystem *fs = opaque;

    g_free(fs->name);
    g_free(fs->mountpoint);
    g_free(fs->type);
    g_ptr_array_unref(fs->disks);
    g_free(fs);
}

/* A controller of drives that the chipset has, has no address of its own to compare. */
static bool
qemuGuestControllerIs(const virDomainDef *def, const virDomainDiskDef *disk,
                      const qemuGuestPlace *place)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        const virDomainControllerDef *controller = def->controllers->pdata[i];

        if (controller->type == virDomainDiskGetControllerType(disk) &&
            (unsigned int)controller->index == disk->info.addr.drive.controller)
            return controller->info.type != VIR_DOMAIN_DEVICE_ADDRESS_PCI ||
                   virPCIDeviceAddressCompare(&controller->info.addr.pci, &place->pci) == 0;
    }
    return false;
}

static bool
qemuGuestDiskIs(const virDomainDef *def, const virDomainDiskDef *disk, const qemuGuestPlace *place)
{
    const virDomainDeviceInfo *info = &disk->info;

    if (info->type == VIR_DOMAIN_DEVICE_ADDRESS_PCI)
        return virPCIDeviceAddressCompare(&info->addr.pci, &place->pci) == 0;
    return info->type == VIR_DOMAIN_DEVICE_ADDRESS_DRIVE && info->addr.drive.bus == place->bus &&
           info->addr.drive.target == place->target && info->addr.drive.unit == place->unit &&
           qemuGuestControllerIs(def, disk, place);
}

static const char *
qemuGuestFindTarget(const virDomainDef *def, const qemuGuestPlace *place)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const virDomainDiskDef *disk = def->disks->pdata[i];

        if (qemuGuestDiskIs(def, disk, place))
            return disk->target;
    }
    return NULL;
}

static int
qemuGuestParsePlace(const qemuAnswer *answer, JsonObject *object, qemuGuestPlace *place)
{
    static const qemuAnswerRange range = {-1, G_MAXUINT32};
    JsonNode *node = json_object_get_member(object, "pci-controller");
    JsonObject *pci = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    gint64 domain;
    gint64 bus;
    gint64 slot;
    gint64 function;

    if (!pci)
        return qemuAnswerRefuse(answer, "pci-controller");
    if (qemuAnswerGetInt(answer, pci, "domain", &range, &domain) < 0 ||
        qemuAnswerGetInt(answer, pci, "bus", &range, &bus) < 0 ||
        qemuAnswerGetInt(answer, pci, "slot", &range, &slot) < 0 ||
        qemuAnswerGetInt(answer, pci, "function", &range, &function) < 0 ||
        qemuAnswerGetInt(answer, object, "bus", &range, &place->bus) < 0 ||
        qemuAnswerGetInt(answer, object, "target", &range, &place->target) < 0 ||
        qemuAnswerGetInt(answer, object, "unit", &range, &place->unit) < 0)
        return -1;
    /* What is no address of a device is none of ours. */
    if (domain < 0 || bus < 0 || bus > 0xff || slot < 0 || slot > 0x1f || function < 0 ||
        function > 7)
        place->pci = (virPCIDeviceAddress){G_MAXUINT32, 0xff, 0x1f, 7};
    else
        place->pci = (virPCIDeviceAddress){(unsigned int)domain, (unsigned int)bus,
                                           (unsigned int)slot, (unsigned int)function};
    return 0;
}

qemuGuestDisk *
qemuGuestParseDisk(const qemuAnswer *answer, JsonObject *object, const virDomainDef *def)
{
    qemuGuestPlace place = {0};
    const char *serial;
    const char *device;
    const char *bus;
    qemuGuestDisk *disk;

    if (qemuGuestParsePlace(answer, object, &place) < 0 ||
        qemuAnswerFindText(answer, object, "serial", &serial) < 0 ||
        qemuAnswerFindText(answer, object, "dev", &device) < 0 ||
        qemuAnswerGetText(answer, object, "bus-type", &bus) < 0)
        return NULL;
    disk = g_new0(qemuGuestDisk, 1);
    disk->target = g_strdup(qemuGuestFindTarget(def, &place));
    disk->serial = g_strdup(serial);
    disk->device = g_strdup(device);
    disk->bus = g_strdup(bus);
    return disk;
}

static int
qemuGuestParseDisks(const qemuAnswer *answer, JsonObject *object, const virDomainDef *def,
                    GPtrArray *disks)
{
    JsonArray *array;

    if (qemuAnswerFindArray(answer, object, "disk", &array) < 0)
        return -1;
    if (array && json_array_get_length(array) > QEMU_GUEST_FILE_SYSTEMS_MAX)
        return qemuAnswerRefuse(answer, "disk");
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonObject *element;
        qemuGuestDisk *disk;

        if (qemuAnswerGetElement(answer, array, i, &element) < 0 ||
            !(disk = qemuGuestParseDisk(answer, element, def)))
            return -1;
        g_ptr_array_add(disks, disk);
    }
    return 0;
}

static int
qemuGuestParseSize(const qemuAnswer *answer, JsonObject *object, const char *what, guint64 *value)
{
    static const qemuAnswerRange range = {0, G_MAXINT64};
    gint64 size;

    if (!json_object_has_member(object, what))
        return 0;
    if (qemuAnswerGetInt(answer, object, what, &range, &size) < 0)
        return -1;
    *value = (guint64)size;
    return 1;
}

static int
qemuGuestParseFileSystem(const qemuAnswer *answer, JsonObject *object, const virDomainDef *def,
                         GPtrArray *systems)
{
    qemuGuestFileSystem *fs = g_new0(qemuGuestFileSystem, 1);
    const char *name;
    const char *mountpoint;
    const char *type;
    int used;
    int total;

    fs->disks = g_ptr_array_new_with_free_func(qemuGuestDiskFree);
    g_ptr_array_add(systems, fs);
    if (qemuAnswerGetText(answer, object, "name", &name) < 0 ||
        qemuAnswerGetText(answer, object, "mountpoint", &mountpoint) < 0 ||
        qemuAnswerGetText(answer, object, "type", &type) < 0 ||
        (used = qemuGuestParseSize(answer, object, "used-bytes", &fs->used)) < 0 ||
        (total = qemuGuestParseSize(answer, object, "total-bytes", &fs->total)) < 0)
        return -1;
    fs->sized = used > 0 && total > 0;
    fs->name = g_strdup(name);
    fs->mountpoint = g_strdup(mountpoint);
    fs->type = g_strdup(type);
    return qemuGuestParseDisks(answer, object, def, fs->disks);
}

GPtrArray *
qemuDomainGetGuestFileSystems(virDomainObj *vm, unsigned int flags, GCancellable *cancellable)
{
    qemuDomainAgentQuestion question = {
        .command = "guest-get-fsinfo",
        .cancellable = cancellable,
    };
    g_autoptr(GPtrArray) systems = g_ptr_array_new_with_free_func(qemuGuestFileSystemFree);
    g_autoptr(virDomainDef) def = NULL;
    g_auto(qemuAnswer) answer = {0};
    JsonArray *array;

    if (qemuDriverCheckFlags("domfsinfo", flags, 0) < 0 ||
        qemuDomainAgentAsk(vm, &question, &answer) < 0 || !(def = qemuDomainStatsCopyDef(vm)) ||
        qemuAnswerGetArray(&answer, QEMU_GUEST_FILE_SYSTEMS_MAX, &array) < 0)
        return NULL;
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonObject *object;

        if (qemuAnswerGetElement(&answer, array, i, &object) < 0 ||
            qemuGuestParseFileSystem(&answer, object, def, systems) < 0)
            return NULL;
    }
    return g_steal_pointer(&systems);
}
