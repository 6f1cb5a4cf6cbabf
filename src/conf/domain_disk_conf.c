/*
 * domain_disk_conf.c: <disk>: disks and CD-ROMs of a guest, as XML
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_attribute.h"
#include "domain_disk_conf.h"
#include "domain_iothread_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainDiskType, VIR_DOMAIN_DISK_TYPE_LAST, "file", "block");
VIR_ENUM_IMPL(virDomainDiskDevice, VIR_DOMAIN_DISK_DEVICE_LAST, "disk", "cdrom");
VIR_ENUM_IMPL(virDomainDiskBus, VIR_DOMAIN_DISK_BUS_LAST, "virtio", "scsi", "sata", "ide", "usb");
VIR_ENUM_IMPL(virDomainDiskFormat, VIR_DOMAIN_DISK_FORMAT_LAST, "raw", "qcow2");
VIR_ENUM_IMPL(virDomainDiskCache, VIR_DOMAIN_DISK_CACHE_LAST, "default", "none", "writethrough",
              "writeback", "directsync", "unsafe");
VIR_ENUM_IMPL(virDomainDiskIO, VIR_DOMAIN_DISK_IO_LAST, "default", "native", "threads", "io_uring");
VIR_ENUM_IMPL(virDomainDiskDiscard, VIR_DOMAIN_DISK_DISCARD_LAST, "default", "unmap", "ignore");
VIR_ENUM_IMPL(virDomainDiskDetectZeroes, VIR_DOMAIN_DISK_DETECT_ZEROES_LAST, "default", "off", "on",
              "unmap");
VIR_ENUM_IMPL(virDomainDiskErrorPolicy, VIR_DOMAIN_DISK_ERROR_LAST, "default", "stop", "report",
              "ignore", "enospace");

VIR_ENUM_DECL(virDomainDiskDriver);
VIR_ENUM_IMPL(virDomainDiskDriver, 1, "qemu");

VIR_ENUM_DECL(virDomainDiskTray);
VIR_ENUM_IMPL(virDomainDiskTray, 1, "closed");

/* What <driver> of a disk on any bus can say. */
#define VIR_DOMAIN_DISK_DRIVER_ATTRIBUTES                                                          \
    "name", "type", "cache", "io", "discard", "detect_zeroes", "error_policy", "iothread"

static const virXMLSchema virDomainDiskDriverSchema = {
    .name = "driver",
    .attributes = VIR_XML_NAMES(VIR_DOMAIN_DISK_DRIVER_ATTRIBUTES, "queues", "queue_size",
                                "event_idx", "ioeventfd", VIR_DOMAIN_VIRTIO_ATTRIBUTES),
};
static const virXMLSchema virDomainDiskSourceSchema = {
    .name = "source",
    .attributes = VIR_XML_NAMES("file", "dev"),
};
static const virXMLSchema virDomainDiskBackingSchema = {.name = "backingStore"};
static const virXMLSchema virDomainDiskBlockIOSchema = {
    .name = "blockio",
    .attributes = VIR_XML_NAMES("logical_block_size", "physical_block_size"),
};
static const virXMLSchema virDomainDiskTargetSchema = {
    .name = "target",
    .attributes = VIR_XML_NAMES("dev", "bus", "tray"),
};
static const virXMLSchema virDomainDiskReadonlySchema = {.name = "readonly"};
static const virXMLSchema virDomainDiskShareableSchema = {.name = "shareable"};
static const virXMLSchema virDomainDiskSerialSchema = {.name = "serial", .flags = VIR_XML_TEXT};
static const virXMLSchema virDomainDiskWWNSchema = {.name = "wwn", .flags = VIR_XML_TEXT};

const virXMLSchema virDomainDiskSchema = {
    .name = "disk",
    .attributes = VIR_XML_NAMES("type", "device", "model"),
    .children = VIR_XML_CHILDREN(
        &virDomainDiskDriverSchema, &virDomainDiskSourceSchema, &virDomainDiskBackingSchema,
        &virDomainDiskBlockIOSchema, &virDomainDiskTargetSchema, &virDomainDiskReadonlySchema,
        &virDomainDiskShareableSchema, &virDomainDiskSerialSchema, &virDomainDiskWWNSchema,
        &virDomainDeviceBootSchema, &virDomainDeviceAliasSchema, &virDomainDeviceAddressSchema),
    .flags = VIR_XML_MANY,
};

void
virDomainDiskDefFree(virDomainDiskDef *disk)
{
    if (!disk)
        return;
    g_free(disk->source);
    g_free(disk->target);
    g_free(disk->serial);
    g_free(disk->wwn);
    virDomainDeviceInfoClear(&disk->info);
    g_free(disk);
}

/* An attribute that chooses among names, the first of which is what its absence means. */
typedef struct {
    const char *name;
    const char *(*toString)(int value);
    int value;
} virDomainDiskChoice;

static int
virDomainDiskChoicesParseXML(virXMLNode *node, virDomainDiskChoice *choices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (virXMLGetEnum(node, choices[i].name, choices[i].toString, &choices[i].value) < 0)
            return -1;
    }
    return 0;
}

static int
virDomainDiskDriverParseXML(virXMLNode *node, virDomainDiskDef *disk)
{
    virXMLNode *driver = virXMLGetChild(node, "driver");
    virDomainDiskChoice choices[] = {
        {"name", virDomainDiskDriverToString, 0},
        {"type", virDomainDiskFormatToString, 0},
        {"cache", virDomainDiskCacheToString, 0},
        {"io", virDomainDiskIOToString, 0},
        {"discard", virDomainDiskDiscardToString, 0},
        {"detect_zeroes", virDomainDiskDetectZeroesToString, 0},
        {"error_policy", virDomainDiskErrorPolicyToString, 0},
    };

    if (!driver)
        return 0;
    if (virDomainDiskChoicesParseXML(driver, choices, G_N_ELEMENTS(choices)) < 0)
        return -1;
    disk->format = choices[1].value;
    disk->cache = choices[2].value;
    disk->io = choices[3].value;
    disk->discard = choices[4].value;
    disk->detectZeroes = choices[5].value;
    disk->errorPolicy = choices[6].value;
    return virDomainIOThreadParseXML(driver, &disk->iothread) < 0 ? -1 : 0;
}

static int
virDomainDiskSourceParseXML(virXMLNode *node, virDomainDiskDef *disk)
{
    const char *attribute = disk->type == VIR_DOMAIN_DISK_TYPE_FILE ? "file" : "dev";
    const char *other = disk->type == VIR_DOMAIN_DISK_TYPE_FILE ? "dev" : "file";
    virXMLNode *source = virXMLGetChild(node, "source");
    g_autofree char *wrong = source ? virXMLGetAttribute(source, other) : NULL;

    if (wrong) {
        virXMLReportError(source, VIR_ERR_XML_ERROR,
                          _("the <source> of a <disk type='%1$s'> has the attribute '%2$s', not "
                            "'%3$s'"),
                          virDomainDiskTypeToString((int)disk->type), attribute, other);
        return -1;
    }
    if (source)
        return virDomainPathParseXML(source, attribute, &disk->source);
    if (disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM)
        return 0;
    virXMLReportError(node, VIR_ERR_XML_ERROR, _("<disk> lacks <source %1$s='…'/>"), attribute);
    return -1;
}

/* What a target is called says which bus it is on, if nothing else does. */
static virDomainDiskBus
virDomainDiskGuessBus(const char *target)
{
    if (g_str_has_prefix(target, "vd"))
        return VIR_DOMAIN_DISK_BUS_VIRTIO;
    return g_str_has_prefix(target, "hd") ? VIR_DOMAIN_DISK_BUS_IDE : VIR_DOMAIN_DISK_BUS_SCSI;
}

int
virDomainDiskTargetIndex(const char *target)
{
    int index = 0;

    if (!g_str_has_prefix(target, "vd") && !g_str_has_prefix(target, "sd") &&
        !g_str_has_prefix(target, "hd"))
        return -1;
    target += 2;
    if (!*target || strlen(target) > 3)
        return -1;
    for (; *target; target++) {
        if (!g_ascii_islower(*target))
            return -1;
        index = index * 26 + (*target - 'a' + 1);
    }
    return index - 1;
}

/* A tray is closed at a start; a drive without a disc says that there is none. */
static int
virDomainDiskTrayParseXML(virXMLNode *target, const virDomainDiskDef *disk)
{
    int tray = 0;
    int rc = virXMLGetEnum(target, "tray", virDomainDiskTrayToString, &tray);

    if (rc == 1 && disk->device != VIR_DOMAIN_DISK_DEVICE_CDROM) {
        virXMLReportError(target, VIR_ERR_XML_ERROR,
                          _("attribute 'tray' of disk '%1$s', which is no CD-ROM drive"),
                          disk->target);
        return -1;
    }
    return rc < 0 ? -1 : 0;
}

static int
virDomainDiskTargetParseXML(virXMLNode *node, virDomainDiskDef *disk)
{
    virXMLNode *target = virXMLRequireChild(node, "target");
    int bus;

    if (!target)
        return -1;
    if (!(disk->target = virXMLGetAttribute(target, "dev")))
        return virXMLReportMissing(target, "dev");
    if (virDomainDiskTargetIndex(disk->target) < 0) {
        virXMLReportError(target, VIR_ERR_XML_ERROR, _("'%1$s' is no target like vda, sdb or hdc"),
                          disk->target);
        return -1;
    }
    bus = virDomainDiskGuessBus(disk->target);
    if (virXMLGetEnum(target, "bus", virDomainDiskBusToString, &bus) < 0)
        return -1;
    disk->bus = bus;
    return virDomainDiskTrayParseXML(target, disk);
}

/* The other buses have one kind of disk each. */
static int
virDomainDiskModelParseXML(virXMLNode *node, virDomainDiskDef *disk)
{
    int model = VIR_DOMAIN_VIRTIO_MODEL_DEFAULT;
    int rc = virXMLGetEnum(node, "model", virDomainVirtioModelToString, &model);

    if (rc == 1 && disk->bus != VIR_DOMAIN_DISK_BUS_VIRTIO) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: model='%1$s' of disk '%2$s'; only disks on "
                            "bus 'virtio' have models"),
                          virDomainVirtioModelToString(model), disk->target);
        return -1;
    }
    disk->virtio.model = model;
    return rc < 0 ? -1 : 0;
}

static int
virDomainDiskVirtioParseXML(virXMLNode *node, virDomainDiskDef *disk)
{
    const unsigned int queues[2] = {1, VIR_DOMAIN_DISK_QUEUES_MAX};
    const unsigned int size[2] = {4, VIR_DOMAIN_DISK_QUEUE_SIZE_MAX};
    virXMLNode *driver = virXMLGetChild(node, "driver");
    g_autofree char *where = g_strdup_printf("bus='%s'", virDomainDiskBusToString((int)disk->bus));

    if (!driver)
        return 0;
    if (disk->bus != VIR_DOMAIN_DISK_BUS_VIRTIO)
        return virDomainCheckAttributes(driver, &virDomainDiskDriverSchema,
                                        VIR_XML_NAMES(VIR_DOMAIN_DISK_DRIVER_ATTRIBUTES), where);
    if (virDomainRangeParseXML(driver, "queues", queues, &disk->queues) < 0 ||
        virDomainPowerParseXML(driver, "queue_size", size, &disk->queueSize) < 0)
        return -1;
    return virDomainVirtioParseXML(node, &disk->virtio);
}

static int
virDomainDiskBlockIOParseXML(virXMLNode *node, virDomainDiskDef *disk)
{
    virXMLNode *blockio = virXMLGetChild(node, "blockio");
    unsigned int *const sizes[] = {&disk->logicalBlockSize, &disk->physicalBlockSize};
    static const char *const names[] = {"logical_block_size", "physical_block_size"};

    for (size_t i = 0; blockio && i < G_N_ELEMENTS(sizes); i++) {
        guint64 size = 0;
        int rc = virXMLGetNumber(blockio, names[i], 2 * 1024 * 1024, &size);

        if (rc < 0)
            return -1;
        if (rc == 1 && (size < 512 || (size & (size - 1)) != 0)) {
            virXMLReportError(blockio, VIR_ERR_XML_ERROR,
                              _("the size of a block is a power of 2 from 512 to 2097152 bytes"));
            return -1;
        }
        *sizes[i] = (unsigned int)size;
    }
    return 0;
}

#define VIR_DISK_SERIAL_MAX   36
#define VIR_DISK_SERIAL_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-"
#define VIR_DISK_WWN_LENGTH   16

static int
virDomainDiskNamesParseXML(virXMLNode *node, virDomainDiskDef *disk)
{
    virXMLNode *serial = virXMLGetChild(node, "serial");
    virXMLNode *wwn = virXMLGetChild(node, "wwn");

    if (serial) {
        disk->serial = virXMLGetText(serial);
        if (!*disk->serial || strlen(disk->serial) > VIR_DISK_SERIAL_MAX ||
            disk->serial[strspn(disk->serial, VIR_DISK_SERIAL_CHARS)] != '\0') {
            virXMLReportError(serial, VIR_ERR_XML_ERROR,
                              _("<serial> has 1 to %1$d letters, digits, '_', '.', '+' and '-'"),
                              VIR_DISK_SERIAL_MAX);
            return -1;
        }
    }
    if (!wwn)
        return 0;
    disk->wwn = virXMLGetText(wwn);
    if (strlen(disk->wwn) != VIR_DISK_WWN_LENGTH || disk->wwn[0] > '7' ||
        disk->wwn[strspn(disk->wwn, "0123456789abcdefABCDEF")] != '\0') {
        virXMLReportError(wwn, VIR_ERR_XML_ERROR,
                          _("<wwn> has %1$d hexadecimal digits, the first up to 7"),
                          VIR_DISK_WWN_LENGTH);
        return -1;
    }
    return 0;
}

static int
virDomainDiskAttributesParseXML(virXMLNode *node, virDomainDiskDef *disk)
{
    int type = VIR_DOMAIN_DISK_TYPE_FILE;
    int device = VIR_DOMAIN_DISK_DEVICE_DISK;

    if (virXMLGetEnum(node, "type", virDomainDiskTypeToString, &type) < 0 ||
        virXMLGetEnum(node, "device", virDomainDiskDeviceToString, &device) < 0)
        return -1;
    disk->type = type;
    disk->device = device;
    disk->readonly =
        virXMLGetChild(node, "readonly") || disk->device == VIR_DOMAIN_DISK_DEVICE_CDROM;
    disk->shareable = virXMLGetChild(node, "shareable");
    disk->noBacking = virXMLGetChild(node, "backingStore");
    return 0;
}

virDomainDiskDef *
virDomainDiskDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainDiskDef) disk = g_new0(virDomainDiskDef, 1);

    if (virDomainDiskAttributesParseXML(node, disk) < 0 ||
        virDomainDiskDriverParseXML(node, disk) < 0 ||
        virDomainDiskSourceParseXML(node, disk) < 0 ||
        virDomainDiskTargetParseXML(node, disk) < 0 || virDomainDiskModelParseXML(node, disk) < 0 ||
        virDomainDiskVirtioParseXML(node, disk) < 0 ||
        virDomainDiskBlockIOParseXML(node, disk) < 0 ||
        virDomainDiskNamesParseXML(node, disk) < 0 ||
        virDomainDeviceInfoParseXML(node, &disk->info) < 0 || virDomainDiskValidate(disk) < 0)
        return NULL;
    return g_steal_pointer(&disk);
}

static void
virDomainDiskDriverFormatXML(virXMLWriter *writer, const virDomainDiskDef *disk)
{
    const virDomainDiskChoice choices[] = {
        {"cache", virDomainDiskCacheToString, (int)disk->cache},
        {"io", virDomainDiskIOToString, (int)disk->io},
        {"discard", virDomainDiskDiscardToString, (int)disk->discard},
        {"detect_zeroes", virDomainDiskDetectZeroesToString, (int)disk->detectZeroes},
        {"error_policy", virDomainDiskErrorPolicyToString, (int)disk->errorPolicy},
    };

    virXMLWriterStart(writer, "driver");
    virXMLWriterAttribute(writer, "name", "qemu");
    virXMLWriterAttribute(writer, "type", "%s", virDomainDiskFormatToString((int)disk->format));
    for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
        if (choices[i].value)
            virXMLWriterAttribute(writer, choices[i].name, "%s",
                                  choices[i].toString(choices[i].value));
    }
    if (disk->iothread)
        virXMLWriterAttribute(writer, "iothread", "%u", disk->iothread);
    if (disk->queues)
        virXMLWriterAttribute(writer, "queues", "%u", disk->queues);
    if (disk->queueSize)
        virXMLWriterAttribute(writer, "queue_size", "%u", disk->queueSize);
    virDomainVirtioFormatAttributes(writer, &disk->virtio);
    virXMLWriterEnd(writer);
}

static void
virDomainDiskSourceFormatXML(virXMLWriter *writer, const virDomainDiskDef *disk)
{
    if (disk->source) {
        virXMLWriterStart(writer, "source");
        virXMLWriterAttribute(writer, disk->type == VIR_DOMAIN_DISK_TYPE_FILE ? "file" : "dev",
                              "%s", disk->source);
        virXMLWriterEnd(writer);
    }
    if (disk->noBacking)
        virXMLWriterElement(writer, "backingStore", "");
    if (disk->logicalBlockSize || disk->physicalBlockSize) {
        virXMLWriterStart(writer, "blockio");
        if (disk->logicalBlockSize)
            virXMLWriterAttribute(writer, "logical_block_size", "%u", disk->logicalBlockSize);
        if (disk->physicalBlockSize)
            virXMLWriterAttribute(writer, "physical_block_size", "%u", disk->physicalBlockSize);
        virXMLWriterEnd(writer);
    }
}

void
virDomainDiskDefFormatXML(virXMLWriter *writer, const virDomainDiskDef *disk, unsigned int flags)
{
    virXMLWriterStart(writer, "disk");
    virXMLWriterAttribute(writer, "type", "%s", virDomainDiskTypeToString((int)disk->type));
    virXMLWriterAttribute(writer, "device", "%s", virDomainDiskDeviceToString((int)disk->device));
    if (disk->virtio.model != VIR_DOMAIN_VIRTIO_MODEL_DEFAULT)
        virXMLWriterAttribute(writer, "model", "%s",
                              virDomainVirtioModelToString((int)disk->virtio.model));
    virDomainDiskDriverFormatXML(writer, disk);
    virDomainDiskSourceFormatXML(writer, disk);
    virXMLWriterStart(writer, "target");
    virXMLWriterAttribute(writer, "dev", "%s", disk->target);
    virXMLWriterAttribute(writer, "bus", "%s", virDomainDiskBusToString((int)disk->bus));
    virXMLWriterEnd(writer);
    if (disk->readonly)
        virXMLWriterElement(writer, "readonly", "");
    if (disk->shareable)
        virXMLWriterElement(writer, "shareable", "");
    virXMLWriterElement(writer, "serial", disk->serial);
    virXMLWriterElement(writer, "wwn", disk->wwn);
    virDomainDeviceInfoFormatXML(writer, &disk->info, flags);
    virXMLWriterEnd(writer);
}
