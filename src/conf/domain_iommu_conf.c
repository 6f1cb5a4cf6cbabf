/*
 * domain_iommu_conf.c: <iommu>: an IOMMU of the guest's own
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>

#include "domain_attribute.h"
#include "domain_device.h"
#include "domain_iommu_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_DECL(virDomainIOMMUModel);
VIR_ENUM_IMPL(virDomainIOMMUModel, 1, "intel");

static const virXMLSchema virDomainIOMMUDriverSchema = {
    .name = "driver",
    .attributes = VIR_XML_NAMES("intremap", "caching_mode", "eim", "iotlb", "aw_bits"),
};
const virXMLSchema virDomainIOMMUSchema = {
    .name = "iommu",
    .attributes = VIR_XML_NAMES("model"),
    .children = VIR_XML_CHILDREN(&virDomainIOMMUDriverSchema, &virDomainDeviceAliasSchema),
};

void
virDomainIOMMUDefFree(virDomainIOMMUDef *iommu)
{
    if (!iommu)
        return;
    virDomainDeviceInfoClear(&iommu->info);
    g_free(iommu);
}

static int
virDomainIOMMUDriverParseXML(virXMLNode *driver, virDomainIOMMUDef *iommu)
{
    const unsigned int range[2] = {39, 48};

    if (virDomainOnOffParseXML(driver, "intremap", &iommu->intremap) < 0 ||
        virDomainOnOffParseXML(driver, "caching_mode", &iommu->cachingMode) < 0 ||
        virDomainOnOffParseXML(driver, "eim", &iommu->eim) < 0 ||
        virDomainOnOffParseXML(driver, "iotlb", &iommu->iotlb) < 0 ||
        virDomainRangeParseXML(driver, "aw_bits", range, &iommu->awBits) < 0)
        return -1;
    if (iommu->awBits != 0 && iommu->awBits != range[0] && iommu->awBits != range[1]) {
        virXMLReportError(driver, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: aw_bits='%1$u'; supported: 39, 48"),
                          iommu->awBits);
        return -1;
    }
    if (iommu->eim == VIR_TRISTATE_ON && iommu->intremap != VIR_TRISTATE_ON) {
        virXMLReportError(driver, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: eim='on' needs intremap='on'"));
        return -1;
    }
    return 0;
}

virDomainIOMMUDef *
virDomainIOMMUDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainIOMMUDef) iommu = g_new0(virDomainIOMMUDef, 1);
    virXMLNode *driver = virXMLGetChild(node, "driver");
    int model;

    if (virDomainRequireEnum(node, "model", virDomainIOMMUModelToString, &model) < 0 ||
        (driver && virDomainIOMMUDriverParseXML(driver, iommu) < 0) ||
        virDomainDeviceInfoParseXML(node, &iommu->info) < 0)
        return NULL;
    return g_steal_pointer(&iommu);
}

static bool
virDomainIOMMUHasDriver(const virDomainIOMMUDef *iommu)
{
    return iommu->intremap || iommu->cachingMode || iommu->eim || iommu->iotlb || iommu->awBits;
}

static void
virDomainIOMMUDriverFormatXML(virXMLWriter *writer, const virDomainIOMMUDef *iommu)
{
    virXMLWriterStart(writer, "driver");
    virDomainOnOffFormatXML(writer, "intremap", iommu->intremap);
    virDomainOnOffFormatXML(writer, "caching_mode", iommu->cachingMode);
    virDomainOnOffFormatXML(writer, "eim", iommu->eim);
    virDomainOnOffFormatXML(writer, "iotlb", iommu->iotlb);
    if (iommu->awBits)
        virXMLWriterAttribute(writer, "aw_bits", "%u", iommu->awBits);
    virXMLWriterEnd(writer);
}

void
virDomainIOMMUDefFormatXML(virXMLWriter *writer, const virDomainIOMMUDef *iommu, unsigned int flags)
{
    virXMLWriterStart(writer, "iommu");
    virXMLWriterAttribute(writer, "model", "intel");
    if (virDomainIOMMUHasDriver(iommu))
        virDomainIOMMUDriverFormatXML(writer, iommu);
    virDomainDeviceInfoFormatXML(writer, &iommu->info, flags);
    virXMLWriterEnd(writer);
}

VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(virDomainIOMMU);

static char *
virDomainIOMMUDescribe(const void *device G_GNUC_UNUSED)
{
    return g_strdup(_("IOMMU"));
}

const virDomainDeviceClass virDomainIOMMUClass = {
    .schema = &virDomainIOMMUSchema,
    .list = offsetof(virDomainDef, iommus),
    .info = offsetof(virDomainIOMMUDef, info),
    .alias = "iommu",
    .parse = virDomainIOMMUClassParse,
    .format = virDomainIOMMUClassFormat,
    .free = virDomainIOMMUClassFree,
    .describe = virDomainIOMMUDescribe,
};
