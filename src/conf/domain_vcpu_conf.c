/*
 * domain_vcpu_conf.c: <vcpu>: how many processors a guest has
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_vcpu_conf.h"
#include "virenum.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_DECL(virDomainPlacement);
VIR_ENUM_IMPL(virDomainPlacement, 1, "static");

const virXMLSchema virDomainVcpuSchema = {
    .name = "vcpu",
    .attributes = VIR_XML_NAMES("placement"),
    .flags = VIR_XML_TEXT,
};

int
virDomainVcpuDefParseXML(virXMLNode *root, virDomainVcpuDef *vcpu)
{
    virXMLNode *node = virXMLGetChild(root, "vcpu");
    guint64 vcpus = 0;
    int placement;

    vcpu->max = 1;
    if (!node)
        return 0;
    if (virXMLGetEnum(node, "placement", virDomainPlacementToString, &placement) < 0 ||
        virXMLGetNumber(node, NULL, VIR_DOMAIN_MAX_VCPUS, &vcpus) < 0)
        return -1;
    if (vcpus == 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("a guest has at least one <vcpu>"));
        return -1;
    }
    vcpu->max = (unsigned int)vcpus;
    return 0;
}

void
virDomainVcpuDefFormatXML(virXMLWriter *writer, const virDomainVcpuDef *vcpu)
{
    g_autofree char *max = g_strdup_printf("%u", vcpu->max);

    virXMLWriterElement(writer, "vcpu", max);
}
