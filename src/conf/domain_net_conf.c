/*
 * domain_net_conf.c: <interface>: a network interface of the guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <net/if.h>
#include <string.h>

#include "domain_attribute.h"
#include "domain_device.h"
#include "domain_virtio.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainNetType, VIR_DOMAIN_NET_TYPE_LAST, "hostdev", "user", "bridge", "ethernet");
VIR_ENUM_IMPL(virDomainNetModel, VIR_DOMAIN_NET_MODEL_LAST + VIR_DOMAIN_VIRTIO_MODEL_EXTRA,
              "virtio", "e1000", "e1000e", "rtl8139", VIR_DOMAIN_VIRTIO_MODEL_WORDS);
VIR_ENUM_IMPL(virDomainNetLink, VIR_DOMAIN_NET_LINK_LAST, "default", "up", "down");

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

static const virXMLSchema virDomainNetModelSchema = {
    .name = "model",
    .attributes = VIR_XML_NAMES("type"),
};
static const virXMLSchema virDomainNetLinkSchema = {
    .name = "link",
    .attributes = VIR_XML_NAMES("state"),
};
static const virXMLSchema virDomainNetMTUSchema = {
    .name = "mtu",
    .attributes = VIR_XML_NAMES("size"),
};
static const virXMLSchema virDomainNetBridgeSourceSchema = {
    .name = "source",
    .attributes = VIR_XML_NAMES("bridge"),
};
static const virXMLSchema virDomainNetDriverSchema = {
    .name = "driver",
    .attributes = VIR_XML_NAMES("name", "queues", "rx_queue_size", "event_idx", "ioeventfd",
                                VIR_DOMAIN_VIRTIO_ATTRIBUTES),
};
static const virXMLSchema virDomainNetTapNameSchema = {
    .name = "target",
    .attributes = VIR_XML_NAMES("dev"),
};
static const virXMLSchema virDomainNetTargetSchema = {
    .name = "target",
    .attributes = VIR_XML_NAMES("dev", "managed"),
};

#define VIR_DOMAIN_NET_EMULATED                                                                    \
    &virDomainNetMacSchema, &virDomainNetModelSchema, &virDomainNetLinkSchema,                     \
        &virDomainNetMTUSchema, &virDomainNetDriverSchema, &virDomainDeviceBootSchema,             \
        &virDomainDeviceRomSchema, &virDomainDeviceAddressSchema, &virDomainDeviceAliasSchema

static const virXMLSchema virDomainNetUserSchema = {
    .name = "interface",
    .attributes = VIR_XML_NAMES("type"),
    .children = VIR_XML_CHILDREN(VIR_DOMAIN_NET_EMULATED),
};
static const virXMLSchema virDomainNetBridgeSchema = {
    .name = "interface",
    .attributes = VIR_XML_NAMES("type"),
    .children = VIR_XML_CHILDREN(VIR_DOMAIN_NET_EMULATED, &virDomainNetBridgeSourceSchema,
                                 &virDomainNetTapNameSchema),
};
static const virXMLSchema virDomainNetEthernetSchema = {
    .name = "interface",
    .attributes = VIR_XML_NAMES("type"),
    .children = VIR_XML_CHILDREN(VIR_DOMAIN_NET_EMULATED, &virDomainNetTargetSchema),
};

/* By type. */
static const virXMLSchema *const virDomainNetSchemas[] = {
    &virDomainNetHostdevSchema,
    &virDomainNetUserSchema,
    &virDomainNetBridgeSchema,
    &virDomainNetEthernetSchema,
};

G_STATIC_ASSERT(G_N_ELEMENTS(virDomainNetSchemas) == VIR_DOMAIN_NET_TYPE_LAST);

void
virDomainNetDefFree(virDomainNetDef *net)
{
    if (!net)
        return;
    g_free(net->bridge);
    g_free(net->tap);
    virDomainDeviceInfoClear(&net->info);
    g_free(net);
}

bool
virDomainNetHasTap(const virDomainNetDef *net)
{
    return net->type == VIR_DOMAIN_NET_TYPE_BRIDGE || net->type == VIR_DOMAIN_NET_TYPE_ETHERNET;
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

/* The name of a network interface of the host. */
static int
virDomainNetNameParseXML(virXMLNode *node, const char *attribute, char **name)
{
    g_autofree char *text = virXMLGetAttribute(node, attribute);

    if (!text)
        return virXMLReportMissing(node, attribute);
    if (!*text || strlen(text) >= IFNAMSIZ || strpbrk(text, "/% \t\n") ||
        virDomainTextHasControl(text) || strcmp(text, ".") == 0 || strcmp(text, "..") == 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("'%1$s' is no name of a network interface: it has 1 to %2$d bytes, "
                            "without spaces, '/' and '%%'"),
                          text, IFNAMSIZ - 1);
        return -1;
    }
    *name = g_steal_pointer(&text);
    return 0;
}

/* What libvirt calls tap devices for which the user has no name: it drops them when it reads. */
#define VIR_DOMAIN_NET_GENERATED "vnet"

/* A tap device on a bridge has the name that the user gives it, or one of QEMU's helper. */
static int
virDomainNetBridgeTapParseXML(virXMLNode *node, virDomainNetDef *net)
{
    virXMLNode *target = virXMLGetChild(node, "target");

    if (!target)
        return 0;
    if (virDomainNetNameParseXML(target, "dev", &net->tap) < 0)
        return -1;
    if (g_str_has_prefix(net->tap, VIR_DOMAIN_NET_GENERATED))
        g_clear_pointer(&net->tap, g_free);
    net->tapIsOurs = net->tap;
    return 0;
}

/* <driver name='qemu'/> says what is so. */
static int
virDomainNetDriverParseXML(virXMLNode *node)
{
    virXMLNode *driver = virXMLGetChild(node, "driver");
    g_autofree char *name = driver ? virXMLGetAttribute(driver, "name") : NULL;
    g_autofree char *queues = driver ? virXMLGetAttribute(driver, "queues") : NULL;

    if (queues) {
        virXMLReportError(
            driver, VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported configuration: attribute 'queues' of <driver>: an "
              "interface has one queue here; leave it out, or give the guest a virtual "
              "function (<interface type='hostdev'>)"));
        return -1;
    }
    if (!name || strcmp(name, "qemu") == 0)
        return 0;
    virXMLReportError(driver, VIR_ERR_CONFIG_UNSUPPORTED,
                      _("unsupported configuration: attribute 'name' of <driver> is '%1$s'; "
                        "supported: 'qemu': QEMU itself moves the packets; leave <driver> out, or "
                        "give the guest a virtual function (<interface type='hostdev'>)"),
                      name);
    return -1;
}

static int
virDomainNetVirtioParseXML(virXMLNode *node, virDomainNetDef *net)
{
    const unsigned int size[2] = {256, 1024};
    virXMLNode *driver = virXMLGetChild(node, "driver");
    g_autofree char *where =
        g_strdup_printf("<model type='%s'/>", virDomainNetModelToString((int)net->model));

    if (!driver)
        return 0;
    if (net->model != VIR_DOMAIN_NET_MODEL_VIRTIO)
        return virDomainCheckAttributes(driver, &virDomainNetDriverSchema, VIR_XML_NAMES("name"),
                                        where);
    if (virDomainPowerParseXML(driver, "rx_queue_size", size, &net->rxQueueSize) < 0)
        return -1;
    return virDomainVirtioParseXML(node, &net->virtio);
}

static int
virDomainNetBridgeParseXML(virXMLNode *node, virDomainNetDef *net)
{
    virXMLNode *source = virXMLRequireChild(node, "source");

    if (virDomainNetBridgeTapParseXML(node, net) < 0)
        return -1;
    return source ? virDomainNetNameParseXML(source, "bridge", &net->bridge) : -1;
}

static int
virDomainNetEthernetParseXML(virXMLNode *node, virDomainNetDef *net)
{
    virXMLNode *target = virXMLRequireChild(node, "target");
    int managed = 1;

    if (!target || virXMLGetEnum(target, "managed", virDomainYesNoToString, &managed) < 0)
        return -1;
    net->tapIsOurs = managed;
    return virDomainNetNameParseXML(target, "dev", &net->tap);
}

static int
virDomainNetMTUParseXML(virXMLNode *node, virDomainNetDef *net)
{
    virXMLNode *mtu = virXMLGetChild(node, "mtu");
    guint64 size = 0;
    int rc;

    if (!mtu)
        return 0;
    if ((rc = virXMLGetNumber(mtu, "size", 65535, &size)) < 0)
        return -1;
    if (rc == 0)
        return virXMLReportMissing(mtu, "size");
    if (size < 68) {
        virXMLReportError(mtu, VIR_ERR_XML_ERROR, _("the size of an <mtu> is 68 to 65535"));
        return -1;
    }
    if (net->model != VIR_DOMAIN_NET_MODEL_VIRTIO) {
        virXMLReportError(
            mtu, VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported configuration: <mtu> of an interface of model '%1$s'; only "
              "virtio can tell the guest"),
            virDomainNetModelToString((int)net->model));
        return -1;
    }
    net->mtu = (unsigned int)size;
    return 0;
}

static int
virDomainNetEmulatedParseXML(virXMLNode *node, virDomainNetDef *net)
{
    virXMLNode *modelNode = virXMLGetChild(node, "model");
    virXMLNode *linkNode = virXMLGetChild(node, "link");
    int model = VIR_DOMAIN_NET_MODEL_VIRTIO;
    int state = VIR_DOMAIN_NET_LINK_DEFAULT;

    if ((modelNode && virXMLGetEnum(modelNode, "type", virDomainNetModelToString, &model) < 0) ||
        (linkNode && virXMLGetEnum(linkNode, "state", virDomainNetLinkToString, &state) < 0))
        return -1;
    net->virtio.model = virDomainVirtioModelSplit(VIR_DOMAIN_NET_MODEL_LAST, &model);
    net->model = model;
    net->link = state;
    if (virDomainNetMTUParseXML(node, net) < 0 || virDomainNetDriverParseXML(node) < 0 ||
        virDomainNetVirtioParseXML(node, net) < 0)
        return -1;
    return virDomainDeviceInfoParseXML(node, &net->info);
}

static int
virDomainNetSourceParseXML(virXMLNode *node, virDomainNetDef *net)
{
    if (net->type == VIR_DOMAIN_NET_TYPE_BRIDGE)
        return virDomainNetBridgeParseXML(node, net);
    return net->type == VIR_DOMAIN_NET_TYPE_ETHERNET ? virDomainNetEthernetParseXML(node, net) : 0;
}

virDomainNetDef *
virDomainNetDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainNetDef) net = g_new0(virDomainNetDef, 1);
    int type = 0;
    int rc = virXMLGetEnum(node, "type", virDomainNetTypeToString, &type);

    if (rc == 0)
        virXMLReportMissing(node, "type");
    if (rc != 1 || virXMLCheck(node, virDomainNetSchemas[type]) < 0)
        return NULL;
    net->type = type;
    if (virDomainNetMacParseXML(node, net) < 0 || virDomainNetVlanParseXML(node, net) < 0)
        return NULL;
    if (net->type != VIR_DOMAIN_NET_TYPE_HOSTDEV &&
        (virDomainNetSourceParseXML(node, net) < 0 || virDomainNetEmulatedParseXML(node, net) < 0))
        return NULL;
    return g_steal_pointer(&net);
}

/* An element with one attribute. */
static void
virDomainNetFormatElement(virXMLWriter *writer, const char *element, const char *attribute,
                          const char *value)
{
    virXMLWriterStart(writer, element);
    virXMLWriterAttribute(writer, attribute, "%s", value);
    virXMLWriterEnd(writer);
}

static void
virDomainNetSourceFormatXML(virXMLWriter *writer, const virDomainNetDef *net)
{
    if (net->type == VIR_DOMAIN_NET_TYPE_BRIDGE)
        virDomainNetFormatElement(writer, "source", "bridge", net->bridge);
    if (!net->tap)
        return;
    virXMLWriterStart(writer, "target");
    virXMLWriterAttribute(writer, "dev", "%s", net->tap);
    if (!net->tapIsOurs)
        virXMLWriterAttribute(writer, "managed", "no");
    virXMLWriterEnd(writer);
}

static void
virDomainNetDriverFormatXML(virXMLWriter *writer, const virDomainNetDef *net)
{
    if (!net->rxQueueSize && !virDomainVirtioHasDriver(&net->virtio))
        return;
    virXMLWriterStart(writer, "driver");
    if (net->rxQueueSize)
        virXMLWriterAttribute(writer, "rx_queue_size", "%u", net->rxQueueSize);
    virDomainVirtioFormatAttributes(writer, &net->virtio);
    virXMLWriterEnd(writer);
}

void
virDomainNetDefFormatXML(virXMLWriter *writer, const virDomainNetDef *net, unsigned int flags)
{
    g_autofree char *mac = virMacAddrFormat(net->mac);
    g_autofree char *mtu = g_strdup_printf("%u", net->mtu);
    int model =
        virDomainVirtioModelJoin(VIR_DOMAIN_NET_MODEL_LAST, (int)net->model, net->virtio.model);

    virXMLWriterStart(writer, "interface");
    virXMLWriterAttribute(writer, "type", "%s", virDomainNetTypeToString((int)net->type));
    virDomainNetFormatElement(writer, "mac", "address", mac);
    virDomainNetSourceFormatXML(writer, net);
    virDomainNetFormatElement(writer, "model", "type", virDomainNetModelToString(model));
    virDomainNetDriverFormatXML(writer, net);
    if (net->link != VIR_DOMAIN_NET_LINK_DEFAULT)
        virDomainNetFormatElement(writer, "link", "state",
                                  virDomainNetLinkToString((int)net->link));
    if (net->mtu)
        virDomainNetFormatElement(writer, "mtu", "size", mtu);
    virDomainDeviceInfoFormatXML(writer, &net->info, flags);
    virXMLWriterEnd(writer);
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

bool
virDomainNetIsHostdev(virXMLNode *node)
{
    g_autofree char *type = NULL;

    if (strcmp(virXMLGetName(node), virDomainNetSchema.name) != 0)
        return false;
    type = virXMLGetAttribute(node, "type");
    return g_strcmp0(type, virDomainNetTypeToString(VIR_DOMAIN_NET_TYPE_HOSTDEV)) == 0;
}

static bool
virDomainNetClassTakes(virXMLNode *node)
{
    return !virDomainNetIsHostdev(node);
}

static void *
virDomainNetClassParse(virXMLNode *node, const virDomainDef *def G_GNUC_UNUSED)
{
    return virDomainNetDefParseXML(node);
}

static void
virDomainNetClassFormat(virXMLWriter *writer, const void *device, unsigned int flags)
{
    virDomainNetDefFormatXML(writer, device, flags);
}

static void
virDomainNetClassFree(void *device)
{
    virDomainNetDefFree(device);
}

static char *
virDomainNetDescribe(const void *device)
{
    const virDomainNetDef *net = device;
    g_autofree char *mac = virMacAddrFormat(net->mac);

    return virFormat(_("interface %1$s"), mac);
}

static virDomainDeviceAddressType
virDomainNetAddressType(const void *device G_GNUC_UNUSED)
{
    return VIR_DOMAIN_DEVICE_ADDRESS_PCI;
}

static virDomainPCIPlace
virDomainNetPCIPlace(const virDomainDef *def G_GNUC_UNUSED, const void *device)
{
    const virDomainNetDef *net = device;

    if (net->model == VIR_DOMAIN_NET_MODEL_VIRTIO)
        return virDomainVirtioPCIPlace(&net->virtio);
    return (virDomainPCIPlace){
        .kind = net->model == VIR_DOMAIN_NET_MODEL_E1000E ? VIR_DOMAIN_PCI_EXPRESS
                                                          : VIR_DOMAIN_PCI_CONVENTIONAL,
    };
}

static const virDomainVirtioDef *
virDomainNetGetVirtio(const void *device)
{
    const virDomainNetDef *net = device;

    return net->model == VIR_DOMAIN_NET_MODEL_VIRTIO ? &net->virtio : NULL;
}

const virDomainDeviceClass virDomainNetClass = {
    .schema = &virDomainNetSchema,
    .list = offsetof(virDomainDef, nets),
    .info = offsetof(virDomainNetDef, info),
    .alias = "net",
    .takes = virDomainNetClassTakes,
    .parse = virDomainNetClassParse,
    .format = virDomainNetClassFormat,
    .free = virDomainNetClassFree,
    .describe = virDomainNetDescribe,
    .addressType = virDomainNetAddressType,
    .pciPlace = virDomainNetPCIPlace,
    .virtio = virDomainNetGetVirtio,
};
