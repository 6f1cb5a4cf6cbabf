/*
 * device_conf.c: what every device of a guest has: its PCI address in the guest and its alias
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

typedef enum {
    VIR_DOMAIN_DEVICE_ADDRESS_PCI,
    VIR_DOMAIN_DEVICE_ADDRESS_LAST,
} virDomainDeviceAddressType;

VIR_ENUM_DECL(virDomainDeviceAddress);
VIR_ENUM_IMPL(virDomainDeviceAddress, VIR_DOMAIN_DEVICE_ADDRESS_LAST, "pci");

const virXMLSchema virPCIDeviceAddressSchema = {
    .name = "address",
    .attributes = VIR_XML_NAMES("type", "domain", "bus", "slot", "function"),
};

const virXMLSchema virDomainDeviceAddressSchema = {
    .name = "address",
    .attributes = VIR_XML_NAMES("type", "domain", "bus", "slot", "function", "multifunction"),
};

const virXMLSchema virDomainDeviceAliasSchema = {
    .name = "alias",
    .attributes = VIR_XML_NAMES("name"),
};

void
virDomainDeviceInfoClear(virDomainDeviceInfo *info)
{
    g_clear_pointer(&info->alias, g_free);
}

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
    int type;

    if (virXMLGetEnum(node, "type", virDomainDeviceAddressToString, &type) < 0 ||
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
virDomainDeviceAddressParseXML(virXMLNode *node, virDomainDeviceInfo *info)
{
    int multifunction = 0;

    if (virPCIDeviceAddressParseXML(node, &info->address) < 0 ||
        virXMLGetEnum(node, "multifunction", virDomainOnOffToString, &multifunction) < 0)
        return -1;
    if (info->address.domain != 0) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: a guest has PCI domain 0 only"));
        return -1;
    }
    info->hasAddress = true;
    info->multifunction = multifunction;
    return 0;
}

#define VIR_DOMAIN_ALIAS_PREFIX "ua-"
#define VIR_DOMAIN_ALIAS_CHARS  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
#define VIR_DOMAIN_ALIAS_MAX    64

/* The prefix keeps a user's names apart from those that we give. */
static int
virDomainDeviceAliasParseXML(virXMLNode *node, char **alias)
{
    g_autofree char *name = virXMLGetAttribute(node, "name");

    if (!name)
        return virXMLReportMissing(node, "name");
    if (!g_str_has_prefix(name, VIR_DOMAIN_ALIAS_PREFIX) || strlen(name) > VIR_DOMAIN_ALIAS_MAX ||
        name[strspn(name, VIR_DOMAIN_ALIAS_CHARS)] != '\0') {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: alias '%1$s'; it must begin with 'ua-' and "
                            "have at most %2$d letters, digits, '-' and '_'"),
                          name, VIR_DOMAIN_ALIAS_MAX);
        return -1;
    }
    *alias = g_steal_pointer(&name);
    return 0;
}

int
virDomainDeviceInfoParseXML(virXMLNode *node, virDomainDeviceInfo *info)
{
    virXMLNode *address = virXMLGetChild(node, "address");
    virXMLNode *alias = virXMLGetChild(node, "alias");

    if (address && virDomainDeviceAddressParseXML(address, info) < 0)
        return -1;
    return alias ? virDomainDeviceAliasParseXML(alias, &info->alias) : 0;
}

void
virDomainDeviceInfoFormatXML(virXMLWriter *writer, const virDomainDeviceInfo *info)
{
    if (info->alias) {
        virXMLWriterStart(writer, "alias");
        virXMLWriterAttribute(writer, "name", "%s", info->alias);
        virXMLWriterEnd(writer);
    }
    if (info->hasAddress) {
        virXMLWriterStart(writer, "address");
        virXMLWriterAttribute(writer, "type", "pci");
        virPCIDeviceAddressFormatXML(writer, &info->address);
        if (info->multifunction)
            virXMLWriterAttribute(writer, "multifunction", "on");
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
