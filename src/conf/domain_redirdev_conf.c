/*
 * domain_redirdev_conf.c: <redirdev>: a USB device that a viewer lends to the guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>

#include "domain_attribute.h"
#include "domain_device.h"
#include "domain_redirdev_conf.h"
#include "virgettext.h"

VIR_ENUM_DECL(virDomainRedirdevBus);
VIR_ENUM_IMPL(virDomainRedirdevBus, 1, "usb");

VIR_ENUM_DECL(virDomainRedirdevType);
VIR_ENUM_IMPL(virDomainRedirdevType, 1, "spicevmc");

const virXMLSchema virDomainRedirdevSchema = {
    .name = "redirdev",
    .attributes = VIR_XML_NAMES("bus", "type"),
    .children = VIR_XML_CHILDREN(&virDomainDeviceBootSchema, &virDomainDeviceAliasSchema,
                                 &virDomainDeviceAddressSchema),
    .flags = VIR_XML_MANY,
};

void
virDomainRedirdevDefFree(virDomainRedirdevDef *redirdev)
{
    if (!redirdev)
        return;
    virDomainDeviceInfoClear(&redirdev->info);
    g_free(redirdev);
}

virDomainRedirdevDef *
virDomainRedirdevDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainRedirdevDef) redirdev = g_new0(virDomainRedirdevDef, 1);
    int word = 0;

    if (virXMLGetEnum(node, "bus", virDomainRedirdevBusToString, &word) < 0 ||
        virDomainRequireEnum(node, "type", virDomainRedirdevTypeToString, &word) < 0 ||
        virDomainDeviceInfoParseXML(node, &redirdev->info) < 0)
        return NULL;
    return g_steal_pointer(&redirdev);
}

void
virDomainRedirdevDefFormatXML(virXMLWriter *writer, const virDomainRedirdevDef *redirdev,
                              unsigned int flags)
{
    virXMLWriterStart(writer, "redirdev");
    virXMLWriterAttribute(writer, "bus", "%s", virDomainRedirdevBusToString(0));
    virXMLWriterAttribute(writer, "type", "%s", virDomainRedirdevTypeToString(0));
    virDomainDeviceInfoFormatXML(writer, &redirdev->info, flags);
    virXMLWriterEnd(writer);
}

VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(virDomainRedirdev);

static char *
virDomainRedirdevDescribe(const void *device G_GNUC_UNUSED)
{
    return g_strdup(_("redirected USB device"));
}

static virDomainDeviceAddressType
virDomainRedirdevAddressType(const void *device G_GNUC_UNUSED)
{
    return VIR_DOMAIN_DEVICE_ADDRESS_USB;
}

const virDomainDeviceClass virDomainRedirdevClass = {
    .schema = &virDomainRedirdevSchema,
    .list = offsetof(virDomainDef, redirdevs),
    .info = offsetof(virDomainRedirdevDef, info),
    .alias = "redir",
    .parse = virDomainRedirdevClassParse,
    .format = virDomainRedirdevClassFormat,
    .free = virDomainRedirdevClassFree,
    .describe = virDomainRedirdevDescribe,
    .addressType = virDomainRedirdevAddressType,
};
