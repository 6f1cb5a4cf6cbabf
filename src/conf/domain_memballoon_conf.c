/*
 * domain_memballoon_conf.c: <memballoon>: takes memory from a running guest, and knows what it uses
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>

#include "domain_attribute.h"
#include "domain_device.h"
#include "domain_memballoon_conf.h"
#include "domain_virtio.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainMemballoon, VIR_DOMAIN_MEMBALLOON_LAST + VIR_DOMAIN_VIRTIO_MODEL_EXTRA,
              "virtio", "none", VIR_DOMAIN_VIRTIO_MODEL_WORDS);

static const virXMLSchema virDomainMemballoonStatsSchema = {
    .name = "stats",
    .attributes = VIR_XML_NAMES("period"),
};
const virXMLSchema virDomainMemballoonSchema = {
    .name = "memballoon",
    .attributes = VIR_XML_NAMES("model", "autodeflate", "freePageReporting"),
    .children = VIR_XML_CHILDREN(&virDomainMemballoonStatsSchema, &virDomainVirtioDriverSchema,
                                 &virDomainDeviceAliasSchema, &virDomainDeviceAddressSchema),
};

void
virDomainMemballoonDefFree(virDomainMemballoonDef *balloon)
{
    if (!balloon)
        return;
    virDomainDeviceInfoClear(&balloon->info);
    g_free(balloon);
}

/* libvirt's own XML says <memballoon model='none'/> and nothing more. */
static int
virDomainMemballoonCheckNone(virXMLNode *node)
{
    if (virDomainCheckAttributes(node, &virDomainMemballoonSchema, VIR_XML_NAMES("model"),
                                 "model='none'") < 0)
        return -1;
    for (size_t i = 0; virDomainMemballoonSchema.children[i]; i++) {
        const char *name = virDomainMemballoonSchema.children[i]->name;

        if (!virXMLGetChild(node, name))
            continue;
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: <%1$s> in <memballoon model='none'>"),
                          name);
        return -1;
    }
    return 0;
}

virDomainMemballoonDef *
virDomainMemballoonDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainMemballoonDef) balloon = g_new0(virDomainMemballoonDef, 1);
    virXMLNode *stats = virXMLGetChild(node, "stats");
    const unsigned int range[2] = {0, G_MAXINT32};
    int model = 0;

    if (virDomainRequireEnum(node, "model", virDomainMemballoonToString, &model) < 0)
        return NULL;
    balloon->virtio.model = virDomainVirtioModelSplit(VIR_DOMAIN_MEMBALLOON_LAST, &model);
    balloon->model = model;
    if (balloon->model == VIR_DOMAIN_MEMBALLOON_NONE)
        return virDomainMemballoonCheckNone(node) < 0 ? NULL : g_steal_pointer(&balloon);
    if (virDomainOnOffParseXML(node, "autodeflate", &balloon->autodeflate) < 0 ||
        virDomainOnOffParseXML(node, "freePageReporting", &balloon->freePageReporting) < 0 ||
        (stats && virDomainRangeParseXML(stats, "period", range, &balloon->period_s) < 0) ||
        virDomainVirtioParseXML(node, &balloon->virtio) < 0 ||
        virDomainDeviceInfoParseXML(node, &balloon->info) < 0)
        return NULL;
    return g_steal_pointer(&balloon);
}

void
virDomainMemballoonDefFormatXML(virXMLWriter *writer, const virDomainMemballoonDef *balloon,
                                unsigned int flags)
{
    int model = virDomainVirtioModelJoin(VIR_DOMAIN_MEMBALLOON_LAST, (int)balloon->model,
                                         balloon->virtio.model);

    virXMLWriterStart(writer, "memballoon");
    virXMLWriterAttribute(writer, "model", "%s", virDomainMemballoonToString(model));
    virDomainOnOffFormatXML(writer, "autodeflate", balloon->autodeflate);
    virDomainOnOffFormatXML(writer, "freePageReporting", balloon->freePageReporting);
    if (balloon->period_s) {
        virXMLWriterStart(writer, "stats");
        virXMLWriterAttribute(writer, "period", "%u", balloon->period_s);
        virXMLWriterEnd(writer);
    }
    virDomainVirtioFormatDriver(writer, &balloon->virtio);
    virDomainDeviceInfoFormatXML(writer, &balloon->info, flags);
    virXMLWriterEnd(writer);
}

VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(virDomainMemballoon);

static char *
virDomainMemballoonDescribe(const void *device G_GNUC_UNUSED)
{
    return g_strdup(_("memory balloon"));
}

static virDomainDeviceAddressType
virDomainMemballoonAddressType(const void *device)
{
    return ((const virDomainMemballoonDef *)device)->model == VIR_DOMAIN_MEMBALLOON_NONE
               ? VIR_DOMAIN_DEVICE_ADDRESS_NONE
               : VIR_DOMAIN_DEVICE_ADDRESS_PCI;
}

static virDomainPCIPlace
virDomainMemballoonPCIPlace(const virDomainDef *def G_GNUC_UNUSED, const void *device)
{
    return virDomainVirtioPCIPlace(&((const virDomainMemballoonDef *)device)->virtio);
}

static const virDomainVirtioDef *
virDomainMemballoonGetVirtio(const void *device)
{
    const virDomainMemballoonDef *balloon = device;

    return balloon->model == VIR_DOMAIN_MEMBALLOON_VIRTIO ? &balloon->virtio : NULL;
}

const virDomainDeviceClass virDomainMemballoonClass = {
    .schema = &virDomainMemballoonSchema,
    .list = offsetof(virDomainDef, memballoons),
    .info = offsetof(virDomainMemballoonDef, info),
    .alias = "balloon",
    .parse = virDomainMemballoonClassParse,
    .format = virDomainMemballoonClassFormat,
    .free = virDomainMemballoonClassFree,
    .describe = virDomainMemballoonDescribe,
    .addressType = virDomainMemballoonAddressType,
    .pciPlace = virDomainMemballoonPCIPlace,
    .virtio = virDomainMemballoonGetVirtio,
};
