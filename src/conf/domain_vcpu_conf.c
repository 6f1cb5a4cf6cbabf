/*
 * domain_vcpu_conf.c: <vcpu>, <iothreads>, <cputune>: a guest's threads and where on the host they
 * run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_vcpu_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_DECL(virDomainPlacement);
VIR_ENUM_IMPL(virDomainPlacement, 1, "static");

const virXMLSchema virDomainVcpuSchema = {
    .name = "vcpu",
    .attributes = VIR_XML_NAMES("placement", "cpuset", "current"),
    .flags = VIR_XML_TEXT,
};

static const virXMLSchema virDomainVcpupinSchema = {
    .name = "vcpupin",
    .attributes = VIR_XML_NAMES("vcpu", "cpuset"),
    .flags = VIR_XML_MANY,
};
static const virXMLSchema virDomainEmulatorpinSchema = {
    .name = "emulatorpin",
    .attributes = VIR_XML_NAMES("cpuset"),
};
const virXMLSchema virDomainCputuneSchema = {
    .name = "cputune",
    .children = VIR_XML_CHILDREN(&virDomainVcpupinSchema, &virDomainEmulatorpinSchema,
                                 &virDomainIOThreadpinSchema),
};

static int
virDomainVcpuCountParseXML(virXMLNode *node, virDomainVcpuDef *vcpu)
{
    int placement;

    if (virXMLGetEnum(node, "placement", virDomainPlacementToString, &placement) < 0 ||
        virDomainNumberParseXML(node, NULL, VIR_DOMAIN_MAX_VCPUS, &vcpu->max) < 0 ||
        virDomainSetParseXML(node, "cpuset", VIR_DOMAIN_MAX_HOST_CPU, &vcpu->cpuset) < 0)
        return -1;
    if (vcpu->max == 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("a guest has at least one <vcpu>"));
        return -1;
    }
    vcpu->current = vcpu->max;
    if (virDomainNumberParseXML(node, "current", VIR_DOMAIN_MAX_VCPUS, &vcpu->current) < 0)
        return -1;
    if (vcpu->current == 0 || vcpu->current > vcpu->max) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("attribute 'current' of <vcpu> must be from 1 to %1$u, all that the "
                            "guest can have"),
                          vcpu->max);
        return -1;
    }
    return 0;
}

/* A pin whose set is required. */
static int
virDomainPinParseXML(virXMLNode *node, virBitmap **set)
{
    int rc = virDomainSetParseXML(node, "cpuset", VIR_DOMAIN_MAX_HOST_CPU, set);

    if (rc == 0)
        return virXMLReportMissing(node, "cpuset");
    return rc < 0 ? -1 : 0;
}

static int
virDomainVcpupinParseXML(virXMLNode *node, virDomainVcpuDef *vcpu)
{
    unsigned int number = 0;
    int rc = virDomainNumberParseXML(node, "vcpu", VIR_DOMAIN_MAX_VCPUS, &number);

    if (rc == 0)
        return virXMLReportMissing(node, "vcpu");
    if (rc < 0)
        return -1;
    if (number >= vcpu->max) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("there is no vCPU %1$u: the guest has 0 to %2$u"), number,
                          vcpu->max - 1);
        return -1;
    }
    if (vcpu->pins[number]) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("vCPU %1$u is pinned already"), number);
        return -1;
    }
    return virDomainPinParseXML(node, &vcpu->pins[number]);
}

static int
virDomainCputuneParseXML(virXMLNode *node, virDomainVcpuDef *vcpu)
{
    virXMLNode *emulatorpin = virXMLGetChild(node, "emulatorpin");

    for (virXMLNode *pin = virXMLGetChild(node, "vcpupin"); pin; pin = virXMLGetNext(pin)) {
        if (virDomainVcpupinParseXML(pin, vcpu) < 0)
            return -1;
    }
    if (emulatorpin && virDomainPinParseXML(emulatorpin, &vcpu->emulatorpin) < 0)
        return -1;
    return virDomainIOThreadpinsParseXML(node, &vcpu->iothreads);
}

int
virDomainVcpuDefParseXML(virXMLNode *root, virDomainVcpuDef *vcpu)
{
    virXMLNode *node = virXMLGetChild(root, "vcpu");
    virXMLNode *cputune = virXMLGetChild(root, "cputune");

    vcpu->max = 1;
    vcpu->current = 1;
    if (node && virDomainVcpuCountParseXML(node, vcpu) < 0)
        return -1;
    vcpu->pins = g_new0(virBitmap *, vcpu->max);
    if (virDomainIOThreadsDefParseXML(root, &vcpu->iothreads) < 0)
        return -1;
    return cputune ? virDomainCputuneParseXML(cputune, vcpu) : 0;
}

static bool
virDomainHasPins(const virDomainVcpuDef *vcpu)
{
    for (unsigned int i = 0; i < vcpu->max; i++) {
        if (vcpu->pins[i])
            return true;
    }
    return vcpu->emulatorpin || virDomainIOThreadsHavePins(&vcpu->iothreads);
}

static void
virDomainCputuneFormatXML(virXMLWriter *writer, const virDomainVcpuDef *vcpu)
{
    if (!virDomainHasPins(vcpu))
        return;
    virXMLWriterStart(writer, "cputune");
    for (unsigned int i = 0; i < vcpu->max; i++) {
        if (!vcpu->pins[i])
            continue;
        virXMLWriterStart(writer, "vcpupin");
        virXMLWriterAttribute(writer, "vcpu", "%u", i);
        virDomainSetFormatXML(writer, "cpuset", vcpu->pins[i]);
        virXMLWriterEnd(writer);
    }
    if (vcpu->emulatorpin) {
        virXMLWriterStart(writer, "emulatorpin");
        virDomainSetFormatXML(writer, "cpuset", vcpu->emulatorpin);
        virXMLWriterEnd(writer);
    }
    virDomainIOThreadpinsFormatXML(writer, &vcpu->iothreads);
    virXMLWriterEnd(writer);
}

void
virDomainVcpuDefFormatXML(virXMLWriter *writer, const virDomainVcpuDef *vcpu)
{
    g_autofree char *max = g_strdup_printf("%u", vcpu->max);

    virXMLWriterStart(writer, "vcpu");
    virXMLWriterAttribute(writer, "placement", "static");
    virDomainSetFormatXML(writer, "cpuset", vcpu->cpuset);
    if (vcpu->current < vcpu->max)
        virXMLWriterAttribute(writer, "current", "%u", vcpu->current);
    virXMLWriterText(writer, max);
    virXMLWriterEnd(writer);
    virDomainIOThreadsDefFormatXML(writer, &vcpu->iothreads);
    virDomainCputuneFormatXML(writer, vcpu);
}

void
virDomainVcpuDefSetMax(virDomainVcpuDef *vcpu, unsigned int max)
{
    for (unsigned int i = max; i < vcpu->max; i++)
        g_clear_pointer(&vcpu->pins[i], virBitmapFree);
    vcpu->pins = g_renew(virBitmap *, vcpu->pins, max);
    for (unsigned int i = vcpu->max; i < max; i++)
        vcpu->pins[i] = NULL;
    vcpu->max = max;
    vcpu->current = MIN(vcpu->current, max);
}

void
virDomainVcpuDefClear(virDomainVcpuDef *vcpu)
{
    for (unsigned int i = 0; vcpu->pins && i < vcpu->max; i++)
        virBitmapFree(vcpu->pins[i]);
    g_clear_pointer(&vcpu->pins, g_free);
    g_clear_pointer(&vcpu->cpuset, virBitmapFree);
    g_clear_pointer(&vcpu->emulatorpin, virBitmapFree);
    virDomainIOThreadsDefClear(&vcpu->iothreads);
}
