/*
 * device_conf.c: what every device of a guest has: its address, name, boot order and option ROM
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "device_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainOnOff, 2, "off", "on");
VIR_ENUM_IMPL(virDomainYesNo, 2, "no", "yes");

VIR_ENUM_IMPL(virDomainDeviceAddress, VIR_DOMAIN_DEVICE_ADDRESS_LAST, "none", "pci", "drive",
              "virtio-serial", "usb", "isa");

const virXMLSchema virPCIDeviceAddressSchema = {
    .name = "address",
    .attributes = VIR_XML_NAMES("type", "domain", "bus", "slot", "function"),
};

const virXMLSchema virDomainDeviceAddressSchema = {
    .name = "address",
    .attributes = VIR_XML_NAMES("type", "domain", "bus", "slot", "function", "multifunction",
                                "controller", "target", "unit", "port", "iobase", "irq"),
};

const virXMLSchema virDomainDeviceAliasSchema = {
    .name = "alias",
    .attributes = VIR_XML_NAMES("name"),
};

const virXMLSchema virDomainDeviceBootSchema = {
    .name = "boot",
    .attributes = VIR_XML_NAMES("order"),
};

const virXMLSchema virDomainDeviceRomSchema = {
    .name = "rom",
    .attributes = VIR_XML_NAMES("enabled", "bar", "file"),
};

void
virDomainDeviceInfoClear(virDomainDeviceInfo *info)
{
    g_clear_pointer(&info->romFile, g_free);
    g_clear_pointer(&info->alias, g_free);
}

/* The one type of address of a device of the host. */
VIR_ENUM_DECL(virPCIDeviceAddress);
VIR_ENUM_IMPL(virPCIDeviceAddress, 1, "pci");

typedef enum {
    VIR_PCI_ADDRESS_PART_OPTIONAL,
    VIR_PCI_ADDRESS_PART_REQUIRED,
} virPCIAddressPart;

static int
virPCIDeviceAddressParsePart(virXMLNode *node, const char *name, guint max, virPCIAddressPart part,
                             unsigned int *value)
{
    guint64 number = 0;
    int rc = virXMLGetNumber(node, name, max, &number);

    if (rc == 0 && part == VIR_PCI_ADDRESS_PART_REQUIRED)
        return virXMLReportMissing(node, name);
    if (rc < 0)
        return -1;
    *value = (unsigned int)number;
    return 0;
}

int
virPCIDeviceAddressParseXML(virXMLNode *node, virPCIDeviceAddress *addr)
{
    virPCIDeviceAddress parsed;
    int type = 0;

    if (virXMLGetEnum(node, "type", virPCIDeviceAddressToString, &type) < 0 ||
        virPCIDeviceAddressParsePart(node, "domain", G_MAXUINT32, VIR_PCI_ADDRESS_PART_OPTIONAL,
                                     &parsed.domain) < 0 ||
        virPCIDeviceAddressParsePart(node, "bus", 0xff, VIR_PCI_ADDRESS_PART_REQUIRED,
                                     &parsed.bus) < 0 ||
        virPCIDeviceAddressParsePart(node, "slot", 0x1f, VIR_PCI_ADDRESS_PART_REQUIRED,
                                     &parsed.slot) < 0 ||
        virPCIDeviceAddressParsePart(node, "function", 7, VIR_PCI_ADDRESS_PART_OPTIONAL,
                                     &parsed.function) < 0)
        return -1;
    *addr = parsed;
    return 0;
}

void
virPCIDeviceAddressFormatXML(virXMLWriter *writer, const virPCIDeviceAddress *addr)
{
    virXMLWriterAttribute(writer, "domain", "0x%04x", addr->domain);
    virXMLWriterAttribute(writer, "bus", "0x%02x", addr->bus);
    virXMLWriterAttribute(writer, "slot", "0x%02x", addr->slot);
    virXMLWriterAttribute(writer, "function", "0x%x", addr->function);
}

static int
virDomainDevicePCIAddressParseXML(virXMLNode *node, virDomainDeviceInfo *info)
{
    g_autofree char *bus = virXMLGetAttribute(node, "bus");
    g_autofree char *slot = virXMLGetAttribute(node, "slot");
    int multifunction = 0;

    if (virXMLGetEnum(node, "multifunction", virDomainOnOffToString, &multifunction) < 0)
        return -1;
    /* libvirt takes the type alone as "on PCI, anywhere". */
    if (!bus && !slot) {
        info->type = VIR_DOMAIN_DEVICE_ADDRESS_NONE;
        return 0;
    }
    if (virPCIDeviceAddressParseXML(node, &info->addr.pci) < 0)
        return -1;
    if (info->addr.pci.domain != 0) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: a guest has PCI domain 0 only"));
        return -1;
    }
    info->multifunction = multifunction;
    return 0;
}

/* A part of an address that is 0 if it is absent. */
typedef struct {
    const char *name;
    guint max;
    unsigned int *value;
} virDomainAddressPart;

static int
virDomainAddressPartsParseXML(virXMLNode *node, const virDomainAddressPart *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        guint64 number = 0;

        if (virXMLGetNumber(node, parts[i].name, parts[i].max, &number) < 0)
            return -1;
        *parts[i].value = (unsigned int)number;
    }
    return 0;
}

static int
virDomainDeviceDriveAddressParseXML(virXMLNode *node, virDomainDeviceInfo *info)
{
    virDomainDeviceDriveAddress *drive = &info->addr.drive;
    const virDomainAddressPart parts[] = {
        {"controller", 255, &drive->controller},
        {"bus", 255, &drive->bus},
        {"target", 255, &drive->target},
        {"unit", 16383, &drive->unit},
    };

    return virDomainAddressPartsParseXML(node, parts, G_N_ELEMENTS(parts));
}

static int
virDomainDeviceVirtioSerialAddressParseXML(virXMLNode *node, virDomainDeviceInfo *info)
{
    virDomainDeviceVirtioSerialAddress *serial = &info->addr.virtioSerial;
    const virDomainAddressPart parts[] = {
        {"controller", 255, &serial->controller},
        {"bus", 0, &serial->bus},
        {"port", 511, &serial->port},
    };

    return virDomainAddressPartsParseXML(node, parts, G_N_ELEMENTS(parts));
}

static int
virDomainDeviceUSBAddressParseXML(virXMLNode *node, virDomainDeviceInfo *info)
{
    virDomainDeviceUSBAddress *usb = &info->addr.usb;
    g_autofree char *port = virXMLGetAttribute(node, "port");
    const virDomainAddressPart parts[] = {
        {"bus", 255, &usb->bus},
        {"port", 255, &usb->port},
    };

    if (port && strchr(port, '.')) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: USB port '%1$s' behind a hub"), port);
        return -1;
    }
    return virDomainAddressPartsParseXML(node, parts, G_N_ELEMENTS(parts));
}

static int
virDomainDeviceISAAddressParseXML(virXMLNode *node, virDomainDeviceInfo *info)
{
    const virDomainAddressPart parts[] = {
        {"iobase", 0xffff, &info->addr.isa.iobase},
        {"irq", 15, &info->addr.isa.irq},
    };

    return virDomainAddressPartsParseXML(node, parts, G_N_ELEMENTS(parts));
}

/* What an address of a type is made of; other types' attributes are refused. */
static const struct {
    const char *const *attributes;
    int (*parse)(virXMLNode *node, virDomainDeviceInfo *info);
} virDomainDeviceAddressTypes[VIR_DOMAIN_DEVICE_ADDRESS_LAST] = {
    [VIR_DOMAIN_DEVICE_ADDRESS_PCI] = {VIR_XML_NAMES("domain", "bus", "slot", "function",
                                                     "multifunction"),
                                       virDomainDevicePCIAddressParseXML},
    [VIR_DOMAIN_DEVICE_ADDRESS_DRIVE] = {VIR_XML_NAMES("controller", "bus", "target", "unit"),
                                         virDomainDeviceDriveAddressParseXML},
    [VIR_DOMAIN_DEVICE_ADDRESS_VIRTIO_SERIAL] = {VIR_XML_NAMES("controller", "bus", "port"),
                                                 virDomainDeviceVirtioSerialAddressParseXML},
    [VIR_DOMAIN_DEVICE_ADDRESS_USB] = {VIR_XML_NAMES("bus", "port"),
                                       virDomainDeviceUSBAddressParseXML},
    [VIR_DOMAIN_DEVICE_ADDRESS_ISA] = {VIR_XML_NAMES("iobase", "irq"),
                                       virDomainDeviceISAAddressParseXML},
};

static int
virDomainDeviceAddressCheckAttributes(virXMLNode *node, virDomainDeviceAddressType type)
{
    for (size_t i = 0; virDomainDeviceAddressSchema.attributes[i]; i++) {
        const char *name = virDomainDeviceAddressSchema.attributes[i];
        g_autofree char *value = virXMLGetAttribute(node, name);

        if (!value || strcmp(name, "type") == 0 ||
            g_strv_contains(virDomainDeviceAddressTypes[type].attributes, name))
            continue;
        virXMLReportError(
            node, VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported configuration: attribute '%1$s' of an <address> of type '%2$s'"), name,
            virDomainDeviceAddressToString((int)type));
        return -1;
    }
    return 0;
}

/* The types that a document can name; their values are one less. */
VIR_ENUM_DECL(virDomainDeviceAddressName);
VIR_ENUM_IMPL(virDomainDeviceAddressName, VIR_DOMAIN_DEVICE_ADDRESS_LAST - 1, "pci", "drive",
              "virtio-serial", "usb", "isa");

static int
virDomainDeviceAddressParseXML(virXMLNode *node, virDomainDeviceInfo *info)
{
    int name = VIR_DOMAIN_DEVICE_ADDRESS_PCI - 1;
    virDomainDeviceAddressType type;

    if (virXMLGetEnum(node, "type", virDomainDeviceAddressNameToString, &name) < 0)
        return -1;
    type = (virDomainDeviceAddressType)(name + 1);
    if (virDomainDeviceAddressCheckAttributes(node, type) < 0)
        return -1;
    info->type = type;
    return virDomainDeviceAddressTypes[type].parse(node, info);
}

#define VIR_DOMAIN_ALIAS_PREFIX "ua-"
#define VIR_DOMAIN_ALIAS_CHARS  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
#define VIR_DOMAIN_ALIAS_MAX    64

bool
virDomainDeviceAliasIsUser(const char *alias)
{
    return g_str_has_prefix(alias, VIR_DOMAIN_ALIAS_PREFIX);
}

static int
virDomainDeviceAliasParseXML(virXMLNode *node, char **alias)
{
    g_autofree char *name = virXMLGetAttribute(node, "name");

    if (!name)
        return virXMLReportMissing(node, "name");
    if (!*name || strlen(name) > VIR_DOMAIN_ALIAS_MAX ||
        name[strspn(name, VIR_DOMAIN_ALIAS_CHARS)] != '\0') {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: alias '%1$s'; it has 1 to %2$d letters, "
                            "digits, '.', '-' and '_'"),
                          name, VIR_DOMAIN_ALIAS_MAX);
        return -1;
    }
    *alias = g_steal_pointer(&name);
    return 0;
}

static int
virDomainDeviceBootParseXML(virXMLNode *node, virDomainDeviceInfo *info)
{
    guint64 order = 0;
    int rc = virXMLGetNumber(node, "order", G_MAXINT32, &order);

    if (rc == 0)
        return virXMLReportMissing(node, "order");
    if (rc < 0)
        return -1;
    if (order == 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("the first boot order is 1"));
        return -1;
    }
    info->bootIndex = (unsigned int)order;
    return 0;
}

static int
virDomainDeviceRomParseXML(virXMLNode *node, virDomainDeviceInfo *info)
{
    g_autofree char *file = virXMLGetAttribute(node, "file");
    int bar = 0;
    int rc = virXMLGetEnum(node, "bar", virDomainOnOffToString, &bar);

    if (rc < 0)
        return -1;
    if (rc == 1)
        info->romBar = bar ? VIR_DOMAIN_ROM_BAR_ON : VIR_DOMAIN_ROM_BAR_OFF;
    if (virDomainYesNoParseXML(node, "enabled", &info->romEnabled) < 0)
        return -1;
    if (info->romEnabled == VIR_TRISTATE_OFF && (rc == 1 || file)) {
        virXMLReportError(
            node, VIR_ERR_XML_ERROR,
            _("<rom enabled='no'> has no 'bar' and no 'file': the device gets no ROM"));
        return -1;
    }
    return file ? virDomainPathParseXML(node, "file", &info->romFile) : 0;
}

int
virDomainDeviceInfoParseXML(virXMLNode *node, virDomainDeviceInfo *info)
{
    virXMLNode *address = virXMLGetChild(node, "address");
    virXMLNode *alias = virXMLGetChild(node, "alias");
    virXMLNode *boot = virXMLGetChild(node, "boot");
    virXMLNode *rom = virXMLGetChild(node, "rom");

    if ((address && virDomainDeviceAddressParseXML(address, info) < 0) ||
        (alias && virDomainDeviceAliasParseXML(alias, &info->alias) < 0) ||
        (boot && virDomainDeviceBootParseXML(boot, info) < 0))
        return -1;
    return rom ? virDomainDeviceRomParseXML(rom, info) : 0;
}

static void
virDomainDevicePCIAddressFormatXML(virXMLWriter *writer, const virDomainDeviceInfo *info)
{
    virPCIDeviceAddressFormatXML(writer, &info->addr.pci);
    if (info->multifunction)
        virXMLWriterAttribute(writer, "multifunction", "on");
}

static void
virDomainDeviceISAAddressFormatXML(virXMLWriter *writer, const virDomainDeviceISAAddress *isa)
{
    if (isa->iobase)
        virXMLWriterAttribute(writer, "iobase", "0x%x", isa->iobase);
    if (isa->irq)
        virXMLWriterAttribute(writer, "irq", "0x%x", isa->irq);
}

static void
virDomainDeviceAddressFormatXML(virXMLWriter *writer, const virDomainDeviceInfo *info)
{
    const virDomainDeviceDriveAddress *drive = &info->addr.drive;
    const virDomainDeviceVirtioSerialAddress *serial = &info->addr.virtioSerial;

    switch (info->type) {
    case VIR_DOMAIN_DEVICE_ADDRESS_PCI:
        virDomainDevicePCIAddressFormatXML(writer, info);
        break;
    case VIR_DOMAIN_DEVICE_ADDRESS_DRIVE:
        virXMLWriterAttribute(writer, "controller", "%u", drive->controller);
        virXMLWriterAttribute(writer, "bus", "%u", drive->bus);
        virXMLWriterAttribute(writer, "target", "%u", drive->target);
        virXMLWriterAttribute(writer, "unit", "%u", drive->unit);
        break;
    case VIR_DOMAIN_DEVICE_ADDRESS_VIRTIO_SERIAL:
        virXMLWriterAttribute(writer, "controller", "%u", serial->controller);
        virXMLWriterAttribute(writer, "bus", "%u", serial->bus);
        virXMLWriterAttribute(writer, "port", "%u", serial->port);
        break;
    case VIR_DOMAIN_DEVICE_ADDRESS_USB:
        virXMLWriterAttribute(writer, "bus", "%u", info->addr.usb.bus);
        virXMLWriterAttribute(writer, "port", "%u", info->addr.usb.port);
        break;
    case VIR_DOMAIN_DEVICE_ADDRESS_ISA:
        virDomainDeviceISAAddressFormatXML(writer, &info->addr.isa);
        break;
    case VIR_DOMAIN_DEVICE_ADDRESS_NONE:
    case VIR_DOMAIN_DEVICE_ADDRESS_LAST:
        break;
    }
}

static void
virDomainDeviceRomFormatXML(virXMLWriter *writer, const virDomainDeviceInfo *info)
{
    if (info->romEnabled == VIR_TRISTATE_ABSENT && info->romBar == VIR_DOMAIN_ROM_BAR_DEFAULT &&
        !info->romFile)
        return;
    virXMLWriterStart(writer, "rom");
    virDomainYesNoFormatXML(writer, "enabled", info->romEnabled);
    if (info->romBar != VIR_DOMAIN_ROM_BAR_DEFAULT)
        virXMLWriterAttribute(writer, "bar", "%s",
                              virDomainOnOffToString(info->romBar == VIR_DOMAIN_ROM_BAR_ON));
    if (info->romFile)
        virXMLWriterAttribute(writer, "file", "%s", info->romFile);
    virXMLWriterEnd(writer);
}

void
virDomainDeviceInfoFormatXML(virXMLWriter *writer, const virDomainDeviceInfo *info,
                             unsigned int flags)
{
    if (info->bootIndex) {
        virXMLWriterStart(writer, "boot");
        virXMLWriterAttribute(writer, "order", "%u", info->bootIndex);
        virXMLWriterEnd(writer);
    }
    if (info->alias &&
        (!(flags & VIR_DOMAIN_DEF_FORMAT_INACTIVE) || virDomainDeviceAliasIsUser(info->alias))) {
        virXMLWriterStart(writer, "alias");
        virXMLWriterAttribute(writer, "name", "%s", info->alias);
        virXMLWriterEnd(writer);
    }
    virDomainDeviceRomFormatXML(writer, info);
    if (info->type != VIR_DOMAIN_DEVICE_ADDRESS_NONE) {
        virXMLWriterStart(writer, "address");
        virXMLWriterAttribute(writer, "type", "%s",
                              virDomainDeviceAddressToString((int)info->type));
        virDomainDeviceAddressFormatXML(writer, info);
        virXMLWriterEnd(writer);
    }
}

bool
virDomainTextHasControl(const char *text)
{
    for (; *text; text++) {
        if (g_ascii_iscntrl(*text))
            return true;
    }
    return false;
}

int
virDomainPathParseXML(virXMLNode *node, const char *attribute, char **path)
{
    g_autofree char *text = attribute ? virXMLGetAttribute(node, attribute) : virXMLGetText(node);

    if (!text)
        return virXMLReportMissing(node, attribute);
    if (!g_path_is_absolute(text) || virDomainTextHasControl(text)) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("<%1$s> needs an absolute path without control characters, not '%2$s'"),
                          virXMLGetName(node), text);
        return -1;
    }
    *path = g_steal_pointer(&text);
    return 0;
}
