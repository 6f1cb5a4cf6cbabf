/*
 * domain_panic_conf.c: <panic>: how a guest says that its kernel has crashed
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>

#include "domain_attribute.h"
#include "domain_device.h"
#include "domain_panic_conf.h"
#include "virgettext.h"

VIR_ENUM_DECL(virDomainPanicModel);
VIR_ENUM_IMPL(virDomainPanicModel, 1, "isa");

const virXMLSchema virDomainPanicSchema = {
    .name = "panic",
    .attributes = VIR_XML_NAMES("model"),
    .children = VIR_XML_CHILDREN(&virDomainDeviceAliasSchema, &virDomainDeviceAddressSchema),
};

void
virDomainPanicDefFree(virDomainPanicDef *panic)
{
    if (!panic)
        return;
    virDomainDeviceInfoClear(&panic->info);
    g_free(panic);
}

virDomainPanicDef *
virDomainPanicDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainPanicDef) panic = g_new0(virDomainPanicDef, 1);
    int model;

    if (virXMLGetEnum(node, "model", virDomainPanicModelToString, &model) < 0 ||
        virDomainDeviceInfoParseXML(node, &panic->info) < 0)
        return NULL;
    return g_steal_pointer(&panic);
}

void
virDomainPanicDefFormatXML(virXMLWriter *writer, const virDomainPanicDef *panic, unsigned int flags)
{
    virXMLWriterStart(writer, "panic");
    virXMLWriterAttribute(writer, "model", "isa");
    virDomainDeviceInfoFormatXML(writer, &panic->info, flags);
    virXMLWriterEnd(writer);
}

VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(virDomainPanic);

static char *
virDomainPanicDescribe(const void *device G_GNUC_UNUSED)
{
    return g_strdup(_("panic device"));
}

static virDomainDeviceAddressType
virDomainPanicAddressType(const void *device G_GNUC_UNUSED)
{
    return VIR_DOMAIN_DEVICE_ADDRESS_ISA;
}

const virDomainDeviceClass virDomainPanicClass = {
    .schema = &virDomainPanicSchema,
    .list = offsetof(virDomainDef, panics),
    .info = offsetof(virDomainPanicDef, info),
    .alias = "panic",
    .parse = virDomainPanicClassParse,
    .format = virDomainPanicClassFormat,
    .free = virDomainPanicClassFree,
    .describe = virDomainPanicDescribe,
    .addressType = virDomainPanicAddressType,
};
