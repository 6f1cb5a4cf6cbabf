/*
 * domain_hyperv_conf.c: <hyperv>: what makes Windows run well as a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_features_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainHyperv, VIR_DOMAIN_HYPERV_LAST, "relaxed", "vapic", "spinlocks", "vpindex",
              "runtime", "synic", "stimer", "reset", "vendor_id", "frequencies", "reenlightenment",
              "tlbflush", "ipi", "evmcs", "avic");
VIR_ENUM_IMPL(virDomainHypervMode, VIR_DOMAIN_HYPERV_MODE_LAST, "custom", "passthrough");

/* Fewer retries than this the interface does not know. */
#define VIR_DOMAIN_HYPERV_MIN_RETRIES  4095
#define VIR_DOMAIN_HYPERV_VENDOR_BYTES 12

#define VIR_DOMAIN_HYPERV_SCHEMA(word)                                                             \
    static const virXMLSchema virDomainHyperv_##word##_Schema = {                                  \
        .name = #word,                                                                             \
        .attributes = VIR_XML_NAMES("state"),                                                      \
    }

VIR_DOMAIN_HYPERV_SCHEMA(relaxed);
VIR_DOMAIN_HYPERV_SCHEMA(vapic);
VIR_DOMAIN_HYPERV_SCHEMA(vpindex);
VIR_DOMAIN_HYPERV_SCHEMA(runtime);
VIR_DOMAIN_HYPERV_SCHEMA(synic);
VIR_DOMAIN_HYPERV_SCHEMA(reset);
VIR_DOMAIN_HYPERV_SCHEMA(frequencies);
VIR_DOMAIN_HYPERV_SCHEMA(reenlightenment);
VIR_DOMAIN_HYPERV_SCHEMA(tlbflush);
VIR_DOMAIN_HYPERV_SCHEMA(ipi);
VIR_DOMAIN_HYPERV_SCHEMA(evmcs);
VIR_DOMAIN_HYPERV_SCHEMA(avic);

static const virXMLSchema virDomainHypervSpinlocksSchema = {
    .name = "spinlocks",
    .attributes = VIR_XML_NAMES("state", "retries"),
};
static const virXMLSchema virDomainHypervDirectSchema = {
    .name = "direct",
    .attributes = VIR_XML_NAMES("state"),
};
static const virXMLSchema virDomainHypervStimerSchema = {
    .name = "stimer",
    .attributes = VIR_XML_NAMES("state"),
    .children = VIR_XML_CHILDREN(&virDomainHypervDirectSchema),
};
static const virXMLSchema virDomainHypervVendorSchema = {
    .name = "vendor_id",
    .attributes = VIR_XML_NAMES("state", "value"),
};

const virXMLSchema virDomainHypervSchema = {
    .name = "hyperv",
    .attributes = VIR_XML_NAMES("mode"),
    .children = VIR_XML_CHILDREN(&virDomainHyperv_relaxed_Schema, &virDomainHyperv_vapic_Schema,
                                 &virDomainHypervSpinlocksSchema, &virDomainHyperv_vpindex_Schema,
                                 &virDomainHyperv_runtime_Schema, &virDomainHyperv_synic_Schema,
                                 &virDomainHypervStimerSchema, &virDomainHyperv_reset_Schema,
                                 &virDomainHypervVendorSchema, &virDomainHyperv_frequencies_Schema,
                                 &virDomainHyperv_reenlightenment_Schema,
                                 &virDomainHyperv_tlbflush_Schema, &virDomainHyperv_ipi_Schema,
                                 &virDomainHyperv_evmcs_Schema, &virDomainHyperv_avic_Schema),
};

static int
virDomainHypervSpinlocksParseXML(virXMLNode *node, virDomainHypervDef *hyperv)
{
    int rc = virDomainNumberParseXML(node, "retries", G_MAXUINT32, &hyperv->spinlockRetries);

    if (rc < 0)
        return -1;
    if (hyperv->state[VIR_DOMAIN_HYPERV_SPINLOCKS] != VIR_TRISTATE_ON) {
        hyperv->spinlockRetries = 0;
        return 0;
    }
    if (rc == 0)
        return virXMLReportMissing(node, "retries");
    if (hyperv->spinlockRetries < VIR_DOMAIN_HYPERV_MIN_RETRIES) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("attribute 'retries' of <spinlocks> must be at least %1$d"),
                          VIR_DOMAIN_HYPERV_MIN_RETRIES);
        return -1;
    }
    return 0;
}

static int
virDomainHypervVendorParseXML(virXMLNode *node, virDomainHypervDef *hyperv)
{
    g_autofree char *value = NULL;
    int rc = virDomainTextParseXML(node, "value", VIR_DOMAIN_HYPERV_VENDOR_BYTES, &value);

    if (rc < 0)
        return -1;
    if (hyperv->state[VIR_DOMAIN_HYPERV_VENDOR_ID] != VIR_TRISTATE_ON)
        return 0;
    if (rc == 0)
        return virXMLReportMissing(node, "value");
    if (strchr(value, ',')) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("the value of <vendor_id> has no comma"));
        return -1;
    }
    hyperv->vendorID = g_steal_pointer(&value);
    return 0;
}

static int
virDomainHypervStimerParseXML(virXMLNode *node, virDomainHypervDef *hyperv)
{
    virXMLNode *direct = virXMLGetChild(node, "direct");
    int rc = direct ? virDomainOnOffParseXML(direct, "state", &hyperv->stimerDirect) : 1;

    if (rc == 0)
        return virXMLReportMissing(direct, "state");
    return rc < 0 ? -1 : 0;
}

static int
virDomainHypervFeatureParseXML(virXMLNode *node, int feature, virDomainHypervDef *hyperv)
{
    int rc = virDomainOnOffParseXML(node, "state", &hyperv->state[feature]);

    if (rc == 0)
        return virXMLReportMissing(node, "state");
    if (rc < 0)
        return -1;
    switch (feature) {
    case VIR_DOMAIN_HYPERV_SPINLOCKS:
        return virDomainHypervSpinlocksParseXML(node, hyperv);
    case VIR_DOMAIN_HYPERV_STIMER:
        return virDomainHypervStimerParseXML(node, hyperv);
    case VIR_DOMAIN_HYPERV_VENDOR_ID:
        return virDomainHypervVendorParseXML(node, hyperv);
    default:
        return 0;
    }
}

int
virDomainHypervDefParseXML(virXMLNode *node, virDomainHypervDef *hyperv)
{
    int mode = VIR_DOMAIN_HYPERV_MODE_CUSTOM;

    if (virXMLGetEnum(node, "mode", virDomainHypervModeToString, &mode) < 0)
        return -1;
    hyperv->present = true;
    hyperv->mode = (virDomainHypervMode)mode;
    for (int i = 0; i < VIR_DOMAIN_HYPERV_LAST; i++) {
        virXMLNode *child = virXMLGetChild(node, virDomainHypervToString(i));

        if (!child)
            continue;
        if (hyperv->mode == VIR_DOMAIN_HYPERV_MODE_PASSTHROUGH) {
            virXMLReportError(child, VIR_ERR_XML_ERROR,
                              _("<hyperv mode='passthrough'> takes all that the host offers, and "
                                "no <%1$s>"),
                              virDomainHypervToString(i));
            return -1;
        }
        if (virDomainHypervFeatureParseXML(child, i, hyperv) < 0)
            return -1;
    }
    return 0;
}

static void
virDomainHypervFeatureFormatXML(virXMLWriter *writer, int feature, const virDomainHypervDef *hyperv)
{
    virXMLWriterStart(writer, virDomainHypervToString(feature));
    virDomainOnOffFormatXML(writer, "state", hyperv->state[feature]);
    if (feature == VIR_DOMAIN_HYPERV_SPINLOCKS && hyperv->spinlockRetries > 0)
        virXMLWriterAttribute(writer, "retries", "%u", hyperv->spinlockRetries);
    if (feature == VIR_DOMAIN_HYPERV_VENDOR_ID && hyperv->vendorID)
        virXMLWriterAttribute(writer, "value", "%s", hyperv->vendorID);
    if (feature == VIR_DOMAIN_HYPERV_STIMER && hyperv->stimerDirect != VIR_TRISTATE_ABSENT) {
        virXMLWriterStart(writer, "direct");
        virDomainOnOffFormatXML(writer, "state", hyperv->stimerDirect);
        virXMLWriterEnd(writer);
    }
    virXMLWriterEnd(writer);
}

void
virDomainHypervDefFormatXML(virXMLWriter *writer, const virDomainHypervDef *hyperv)
{
    if (!hyperv->present)
        return;
    virXMLWriterStart(writer, "hyperv");
    virXMLWriterAttribute(writer, "mode", "%s", virDomainHypervModeToString(hyperv->mode));
    for (int i = 0; i < VIR_DOMAIN_HYPERV_LAST; i++) {
        if (hyperv->state[i] != VIR_TRISTATE_ABSENT)
            virDomainHypervFeatureFormatXML(writer, i, hyperv);
    }
    virXMLWriterEnd(writer);
}
