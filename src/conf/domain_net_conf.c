/*
 * domain_net_conf.c: <interface>: a network interface of the guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_net_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainNetType, VIR_DOMAIN_NET_TYPE_LAST, "hostdev");

/* What the document as a whole is checked against: the type has to be known first. */
const virXMLSchema virDomainNetSchema = {
    .name = "interface",
    .flags = VIR_XML_MANY | VIR_XML_CHECKED_LATER,
};

static const virXMLSchema virDomainNetMacSchema = {
    .name = "mac",
    .attributes = VIR_XML_NAMES("address"),
};
static const virXMLSchema virDomainNetTagSchema = {
    .name = "tag",
    .attributes = VIR_XML_NAMES("id"),
    .flags = VIR_XML_MANY,
};
static const virXMLSchema virDomainNetVlanSchema = {
    .name = "vlan",
    .attributes = VIR_XML_NAMES("trunk"),
    .children = VIR_XML_CHILDREN(&virDomainNetTagSchema),
};
static const virXMLSchema virDomainNetHostdevSchema = {
    .name = "interface",
    .attributes = VIR_XML_NAMES("type", "managed"),
    .children = VIR_XML_CHILDREN(&virDomainNetMacSchema, &virDomainHostdevSourceSchema,
                                 &virDomainNetVlanSchema, &virDomainHostdevDriverSchema,
                                 &virDomainDeviceAddressSchema, &virDomainDeviceAliasSchema,
                                 &virDomainDeviceBootSchema, &virDomainDeviceRomSchema),
};

/* By type. */
static const virXMLSchema *const virDomainNetSchemas[] = {&virDomainNetHostdevSchema};

G_STATIC_ASSERT(G_N_ELEMENTS(virDomainNetSchemas) == VIR_DOMAIN_NET_TYPE_LAST);

void
virDomainNetDefFree(virDomainNetDef *net)
{
    g_free(net);
}

static int
virDomainNetMacParseXML(virXMLNode *node, virDomainNetDef *net)
{
    virXMLNode *mac = virXMLGetChild(node, "mac");
    g_autofree char *text = mac ? virXMLGetAttribute(mac, "address") : NULL;

    if (!mac) {
        virMacAddrGenerate(net->mac);
        return 0;
    }
    if (!text)
        return virXMLReportMissing(mac, "address");
    if (!virMacAddrParse(text, net->mac)) {
        virXMLReportError(mac, VIR_ERR_XML_ERROR,
                          _("'%1$s' is no MAC address like 52:54:00:ab:cd:ef"), text);
        return -1;
    }
    if (virMacAddrIsMulticast(net->mac) || virMacAddrIsAllClear(net->mac)) {
        virXMLReportError(mac, VIR_ERR_XML_ERROR,
                          _("an interface cannot have the MAC address '%1$s': it has to be a "
                            "unicast address, with an even first byte, and not all zero"),
                          text);
        return -1;
    }
    return 0;
}

static int
virDomainNetTagParseXML(virXMLNode *vlan, virDomainNetDef *net)
{
    virXMLNode *tag = virXMLGetChild(vlan, "tag");
    guint64 id = 0;
    int rc;

    if (!tag) {
        virXMLReportError(vlan, VIR_ERR_XML_ERROR, _("<vlan> lacks <tag id='…'/>"));
        return -1;
    }
    if (virXMLGetNext(tag)) {
        virXMLReportError(virXMLGetNext(tag), VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: more than one <tag> in <vlan>; a virtual "
                            "function has one VLAN"));
        return -1;
    }
    if ((rc = virXMLGetNumber(tag, "id", VIR_DOMAIN_NET_VLAN_MAX, &id)) < 0)
        return -1;
    if (rc == 0)
        return virXMLReportMissing(tag, "id");
    net->hasVLAN = true;
    net->vlan = (unsigned int)id;
    return 0;
}

static int
virDomainNetVlanParseXML(virXMLNode *node, virDomainNetDef *net)
{
    virXMLNode *vlan = virXMLGetChild(node, "vlan");
    int trunk = 0;

    if (!vlan)
        return 0;
    if (virXMLGetEnum(vlan, "trunk", virDomainYesNoToString, &trunk) < 0)
        return -1;
    if (trunk) {
        virXMLReportError(vlan, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: trunk='yes' of <vlan>; a virtual function "
                            "has one VLAN"));
        return -1;
    }
    return virDomainNetTagParseXML(vlan, net);
}

virDomainNetDef *
virDomainNetDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainNetDef) net = g_new0(virDomainNetDef, 1);
    int type = 0;
    int rc = virXMLGetEnum(node, "type", virDomainNetTypeToString, &type);

    if (rc == 0)
        (void)!virXMLReportMissing(node, "type");
    if (rc != 1 || virXMLCheck(node, virDomainNetSchemas[type]) < 0)
        return NULL;
    net->type = type;
    if (virDomainNetMacParseXML(node, net) < 0 || virDomainNetVlanParseXML(node, net) < 0)
        return NULL;
    return g_steal_pointer(&net);
}

static void
virDomainNetVlanFormatXML(virXMLWriter *writer, const virDomainNetDef *net)
{
    if (!net->hasVLAN)
        return;
    virXMLWriterStart(writer, "vlan");
    virXMLWriterStart(writer, "tag");
    virXMLWriterAttribute(writer, "id", "%u", net->vlan);
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
}

void
virDomainNetHostdevFormatXML(virXMLWriter *writer, const virDomainHostdevDef *hostdev,
                             unsigned int flags)
{
    const virDomainNetDef *net = hostdev->parentNet;
    g_autofree char *mac = virMacAddrFormat(net->mac);

    virXMLWriterStart(writer, "interface");
    virXMLWriterAttribute(writer, "type", "%s", virDomainNetTypeToString((int)net->type));
    virXMLWriterAttribute(writer, "managed", "%s", virDomainYesNoToString(hostdev->managed));
    virXMLWriterStart(writer, "mac");
    virXMLWriterAttribute(writer, "address", "%s", mac);
    virXMLWriterEnd(writer);
    virDomainHostdevDefFormatDriver(writer, hostdev);
    virXMLWriterStart(writer, "source");
    virXMLWriterStart(writer, "address");
    virXMLWriterAttribute(writer, "type", "pci"); /* <interface> itself does not say so */
    virPCIDeviceAddressFormatXML(writer, &hostdev->source);
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
    virDomainNetVlanFormatXML(writer, net);
    virDomainDeviceInfoFormatXML(writer, &hostdev->info, flags);
    virXMLWriterEnd(writer);
}
