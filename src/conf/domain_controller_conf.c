/*
 * domain_controller_conf.c: <controller type='pci'>: the guest's PCI Express root and its ports
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_controller_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainController, VIR_DOMAIN_CONTROLLER_LAST, "pcie-root", "pcie-root-port");

typedef enum {
    VIR_DOMAIN_CONTROLLER_TYPE_PCI,
    VIR_DOMAIN_CONTROLLER_TYPE_LAST,
} virDomainControllerType;

VIR_ENUM_DECL(virDomainControllerType);
VIR_ENUM_IMPL(virDomainControllerType, VIR_DOMAIN_CONTROLLER_TYPE_LAST, "pci");

typedef enum {
    VIR_DOMAIN_CONTROLLER_DEVICE_ROOT_PORT,
    VIR_DOMAIN_CONTROLLER_DEVICE_LAST,
} virDomainControllerDevice;

/* QEMU's device behind a model: <model name='…'/>. */
VIR_ENUM_DECL(virDomainControllerDevice);
VIR_ENUM_IMPL(virDomainControllerDevice, VIR_DOMAIN_CONTROLLER_DEVICE_LAST, "pcie-root-port");

static const virXMLSchema virDomainControllerDeviceSchema = {
    .name = "model",
    .attributes = VIR_XML_NAMES("name"),
};
static const virXMLSchema virDomainControllerTargetSchema = {
    .name = "target",
    .attributes = VIR_XML_NAMES("chassis", "port"),
};

const virXMLSchema virDomainControllerSchema = {
    .name = "controller",
    .attributes = VIR_XML_NAMES("type", "index", "model"),
    .children = VIR_XML_CHILDREN(&virDomainControllerDeviceSchema, &virDomainControllerTargetSchema,
                                 &virDomainDeviceAddressSchema, &virDomainDeviceAliasSchema),
    .flags = VIR_XML_MANY,
};

virDomainControllerDef *
virDomainControllerDefNew(virDomainControllerModel model, int index)
{
    virDomainControllerDef *controller = g_new0(virDomainControllerDef, 1);

    controller->model = model;
    controller->index = index;
    controller->chassis = VIR_DOMAIN_CONTROLLER_UNSET;
    controller->port = VIR_DOMAIN_CONTROLLER_UNSET;
    return controller;
}

void
virDomainControllerDefFree(virDomainControllerDef *controller)
{
    if (!controller)
        return;
    virDomainDeviceInfoClear(&controller->info);
    g_free(controller);
}

/* An optional number into an int that stays as it is without one. */
static int
virDomainControllerParseNumber(virXMLNode *node, const char *name, int *value)
{
    guint64 number;
    int rc = virXMLGetNumber(node, name, VIR_DOMAIN_CONTROLLER_MAX_INDEX, &number);

    if (rc == 1)
        *value = (int)number;
    return rc < 0 ? -1 : 0;
}

static int
virDomainControllerAttributesParseXML(virXMLNode *node, virDomainControllerDef *controller)
{
    int type;
    int model = 0;
    int rc = virXMLGetEnum(node, "type", virDomainControllerTypeToString, &type);

    if (rc == 0)
        return virXMLReportMissing(node, "type");
    if (rc < 0 || (rc = virXMLGetEnum(node, "model", virDomainControllerToString, &model)) < 0)
        return -1;
    if (rc == 0)
        return virXMLReportMissing(node, "model");
    controller->model = model;
    return virDomainControllerParseNumber(node, "index", &controller->index);
}

static int
virDomainControllerRootCheckXML(virXMLNode *node, virDomainControllerDef *controller)
{
    static const char *const children[] = {"model", "target", "address", "alias"};

    for (size_t i = 0; i < G_N_ELEMENTS(children); i++) {
        if (!virXMLGetChild(node, children[i]))
            continue;
        virXMLReportError(
            node, VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported configuration: <%1$s> of a pcie-root, which the machine has built in"),
            children[i]);
        return -1;
    }
    if (controller->index > 0) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: pcie-root has index 0, not %1$d"),
                          controller->index);
        return -1;
    }
    controller->index = 0;
    return 0;
}

static int
virDomainControllerPortParseXML(virXMLNode *node, virDomainControllerDef *controller)
{
    virXMLNode *device = virXMLGetChild(node, "model");
    virXMLNode *target = virXMLGetChild(node, "target");
    int value;

    if (controller->index == 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("index 0 is the pcie-root's; a pcie-root-port has 1 to %1$d"),
                          VIR_DOMAIN_CONTROLLER_MAX_INDEX);
        return -1;
    }
    if (device && virXMLGetEnum(device, "name", virDomainControllerDeviceToString, &value) < 0)
        return -1;
    if (target && (virDomainControllerParseNumber(target, "chassis", &controller->chassis) < 0 ||
                   virDomainControllerParseNumber(target, "port", &controller->port) < 0))
        return -1;
    return virDomainDeviceInfoParseXML(node, &controller->info);
}

virDomainControllerDef *
virDomainControllerDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainControllerDef) controller =
        virDomainControllerDefNew(VIR_DOMAIN_CONTROLLER_PCIE_ROOT, VIR_DOMAIN_CONTROLLER_UNSET);
    int rc;

    if (virDomainControllerAttributesParseXML(node, controller) < 0)
        return NULL;
    rc = controller->model == VIR_DOMAIN_CONTROLLER_PCIE_ROOT
             ? virDomainControllerRootCheckXML(node, controller)
             : virDomainControllerPortParseXML(node, controller);
    return rc < 0 ? NULL : g_steal_pointer(&controller);
}

void
virDomainControllerDefFormatXML(virXMLWriter *writer, const virDomainControllerDef *controller)
{
    virXMLWriterStart(writer, "controller");
    virXMLWriterAttribute(writer, "type", "pci");
    virXMLWriterAttribute(writer, "index", "%d", controller->index);
    virXMLWriterAttribute(writer, "model", "%s", virDomainControllerToString(controller->model));
    if (controller->model == VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT) {
        virXMLWriterStart(writer, "model");
        virXMLWriterAttribute(writer, "name", "pcie-root-port");
        virXMLWriterEnd(writer);
        virXMLWriterStart(writer, "target");
        virXMLWriterAttribute(writer, "chassis", "%d", controller->chassis);
        virXMLWriterAttribute(writer, "port", "0x%x", controller->port);
        virXMLWriterEnd(writer);
        virDomainDeviceInfoFormatXML(writer, &controller->info);
    }
    virXMLWriterEnd(writer);
}
