/*
 * domain_hostdev_conf.c: <hostdev>: a PCI device of the host that the guest gets
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_device.h"
#include "domain_hostdev_conf.h"
#include "domain_net_conf.h"
#include "virerror.h"
#include "virgettext.h"

/* What there is one of: an enumeration with one value says which, and refuses the others. */
typedef enum {
    VIR_DOMAIN_HOSTDEV_ONE,
    VIR_DOMAIN_HOSTDEV_ONE_LAST,
} virDomainHostdevOne;

VIR_ENUM_DECL(virDomainHostdevMode);
VIR_ENUM_IMPL(virDomainHostdevMode, VIR_DOMAIN_HOSTDEV_ONE_LAST, "subsystem");
VIR_ENUM_DECL(virDomainHostdevSubsys);
VIR_ENUM_IMPL(virDomainHostdevSubsys, VIR_DOMAIN_HOSTDEV_ONE_LAST, "pci");
VIR_ENUM_DECL(virDomainHostdevBackend);
VIR_ENUM_IMPL(virDomainHostdevBackend, VIR_DOMAIN_HOSTDEV_ONE_LAST, "vfio");

const virXMLSchema virDomainHostdevSourceSchema = {
    .name = "source",
    .children = VIR_XML_CHILDREN(&virPCIDeviceAddressSchema),
};
const virXMLSchema virDomainHostdevDriverSchema = {
    .name = "driver",
    .attributes = VIR_XML_NAMES("name", "model"),
};

const virXMLSchema virDomainHostdevSchema = {
    .name = "hostdev",
    .attributes = VIR_XML_NAMES("mode", "type", "managed"),
    .children = VIR_XML_CHILDREN(&virDomainHostdevSourceSchema, &virDomainHostdevDriverSchema,
                                 &virDomainDeviceAddressSchema, &virDomainDeviceAliasSchema,
                                 &virDomainDeviceBootSchema, &virDomainDeviceRomSchema),
    .flags = VIR_XML_MANY,
};

void
virDomainHostdevDefFree(virDomainHostdevDef *hostdev)
{
    if (!hostdev)
        return;
    g_free(hostdev->driverModel);
    virDomainNetDefFree(hostdev->parentNet);
    virDomainDeviceInfoClear(&hostdev->info);
    g_free(hostdev);
}

static int
virDomainHostdevCheckKind(virXMLNode *node)
{
    int one;
    int rc;

    /* libvirt lets the mode be absent too; the type has to be there. */
    if (virXMLGetEnum(node, "mode", virDomainHostdevModeToString, &one) < 0 ||
        (rc = virXMLGetEnum(node, "type", virDomainHostdevSubsysToString, &one)) < 0)
        return -1;
    return rc == 0 ? virXMLReportMissing(node, "type") : 0;
}

static int
virDomainHostdevSourceParseXML(virXMLNode *node, virDomainHostdevDef *hostdev)
{
    virXMLNode *source = virXMLGetChild(node, "source");
    virXMLNode *address = source ? virXMLGetChild(source, "address") : NULL;

    if (!address) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("<%1$s> lacks <source><address …/></source>, the device's address "
                            "on the host"),
                          virXMLGetName(node));
        return -1;
    }
    return virPCIDeviceAddressParseXML(address, &hostdev->source);
}

/* Names of drivers and modules are short words; anything else would only confuse messages. */
static bool
virDomainHostdevModelIsValid(const char *model)
{
    return *model && strlen(model) < 64 && !strpbrk(model, "/ ") && !virDomainTextHasControl(model);
}

static int
virDomainHostdevDriverParseXML(virXMLNode *node, virDomainHostdevDef *hostdev)
{
    virXMLNode *driver = virXMLGetChild(node, "driver");
    int backend;

    if (!driver)
        return 0;
    if (virXMLGetEnum(driver, "name", virDomainHostdevBackendToString, &backend) < 0)
        return -1;
    hostdev->driverModel = virXMLGetAttribute(driver, "model");
    if (hostdev->driverModel && !virDomainHostdevModelIsValid(hostdev->driverModel)) {
        virXMLReportError(driver, VIR_ERR_XML_ERROR,
                          _("driver model '%1$s' is no name of a driver or module"),
                          hostdev->driverModel);
        return -1;
    }
    return 0;
}

/* What tells <hostdev> and <interface> apart. */
static int
virDomainHostdevElementParseXML(virXMLNode *node, virDomainHostdevDef *hostdev)
{
    if (strcmp(virXMLGetName(node), virDomainNetSchema.name) != 0)
        return virDomainHostdevCheckKind(node);
    hostdev->parentNet = virDomainNetDefParseXML(node);
    return hostdev->parentNet ? 0 : -1;
}

virDomainHostdevDef *
virDomainHostdevDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainHostdevDef) hostdev = g_new0(virDomainHostdevDef, 1);
    int managed = 0;

    if (virDomainHostdevElementParseXML(node, hostdev) < 0 ||
        virXMLGetEnum(node, "managed", virDomainYesNoToString, &managed) < 0 ||
        virDomainHostdevSourceParseXML(node, hostdev) < 0 ||
        virDomainHostdevDriverParseXML(node, hostdev) < 0 ||
        virDomainDeviceInfoParseXML(node, &hostdev->info) < 0)
        return NULL;
    hostdev->managed = managed;
    return g_steal_pointer(&hostdev);
}

void
virDomainHostdevDefFormatDriver(virXMLWriter *writer, const virDomainHostdevDef *hostdev)
{
    virXMLWriterStart(writer, "driver");
    virXMLWriterAttribute(writer, "name", "vfio");
    if (hostdev->driverModel)
        virXMLWriterAttribute(writer, "model", "%s", hostdev->driverModel);
    virXMLWriterEnd(writer);
}

void
virDomainHostdevDefFormatXML(virXMLWriter *writer, const virDomainHostdevDef *hostdev,
                             unsigned int flags)
{
    virXMLWriterStart(writer, "hostdev");
    virXMLWriterAttribute(writer, "mode", "subsystem");
    virXMLWriterAttribute(writer, "type", "pci");
    virXMLWriterAttribute(writer, "managed", "%s", virDomainYesNoToString(hostdev->managed));
    virDomainHostdevDefFormatDriver(writer, hostdev);
    virXMLWriterStart(writer, "source");
    virXMLWriterStart(writer, "address");
    virPCIDeviceAddressFormatXML(writer, &hostdev->source);
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
    virDomainDeviceInfoFormatXML(writer, &hostdev->info, flags);
    virXMLWriterEnd(writer);
}

static bool
virDomainHasHostdev(const virDomainDef *def, const virPCIDeviceAddress *source)
{
    for (guint i = 0; i < def->hostdevs->len; i++) {
        const virDomainHostdevDef *hostdev = g_ptr_array_index(def->hostdevs, i);

        if (virPCIDeviceAddressCompare(&hostdev->source, source) == 0)
            return true;
    }
    return false;
}

static bool
virDomainHostdevClassTakes(virXMLNode *node)
{
    return strcmp(virXMLGetName(node), virDomainHostdevSchema.name) == 0 ||
           virDomainNetIsHostdev(node);
}

static void *
virDomainHostdevClassParse(virXMLNode *node, const virDomainDef *def)
{
    g_autoptr(virDomainHostdevDef) hostdev = virDomainHostdevDefParseXML(node);
    g_autofree char *address = NULL;

    if (!hostdev || !virDomainHasHostdev(def, &hostdev->source))
        return g_steal_pointer(&hostdev);
    address = virPCIDeviceAddressAsString(&hostdev->source);
    virXMLReportError(node, VIR_ERR_XML_ERROR, _("host device %1$s is given twice"), address);
    return NULL;
}

static void
virDomainHostdevClassFormat(virXMLWriter *writer, const void *device, unsigned int flags)
{
    const virDomainHostdevDef *hostdev = device;

    if (hostdev->parentNet)
        virDomainNetHostdevFormatXML(writer, hostdev, flags);
    else
        virDomainHostdevDefFormatXML(writer, hostdev, flags);
}

static void
virDomainHostdevClassFree(void *device)
{
    virDomainHostdevDefFree(device);
}

static char *
virDomainHostdevDescribe(const void *device)
{
    const virDomainHostdevDef *hostdev = device;
    g_autofree char *source = virPCIDeviceAddressAsString(&hostdev->source);

    return virFormat(_("host device %1$s"), source);
}

static virDomainDeviceAddressType
virDomainHostdevAddressType(const void *device G_GNUC_UNUSED)
{
    return VIR_DOMAIN_DEVICE_ADDRESS_PCI;
}

static virDomainPCIPlace
virDomainHostdevPCIPlace(const virDomainDef *def G_GNUC_UNUSED, const void *device G_GNUC_UNUSED)
{
    return (virDomainPCIPlace){.kind = VIR_DOMAIN_PCI_EXPRESS};
}

const virDomainDeviceClass virDomainHostdevClass = {
    .schema = &virDomainHostdevSchema,
    .otherSchema = &virDomainNetSchema,
    .list = offsetof(virDomainDef, hostdevs),
    .info = offsetof(virDomainHostdevDef, info),
    .alias = "hostdev",
    .takes = virDomainHostdevClassTakes,
    .parse = virDomainHostdevClassParse,
    .format = virDomainHostdevClassFormat,
    .free = virDomainHostdevClassFree,
    .describe = virDomainHostdevDescribe,
    .addressType = virDomainHostdevAddressType,
    .pciPlace = virDomainHostdevPCIPlace,
};
