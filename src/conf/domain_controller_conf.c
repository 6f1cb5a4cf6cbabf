/*
 * domain_controller_conf.c: <controller>: the guest's buses, as XML
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_attribute.h"
#include "domain_conf.h"
#include "domain_controller_conf.h"
#include "domain_iothread_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainController, VIR_DOMAIN_CONTROLLER_TYPE_LAST, "pci", "usb", "ide", "sata",
              "scsi", "virtio-serial");
VIR_ENUM_IMPL(virDomainControllerPCI, VIR_DOMAIN_CONTROLLER_PCI_LAST, "pcie-root", "pcie-root-port",
              "pcie-switch-upstream-port", "pcie-switch-downstream-port", "pcie-to-pci-bridge",
              "pci-root", "pci-bridge");
VIR_ENUM_IMPL(virDomainControllerUSB, VIR_DOMAIN_CONTROLLER_USB_LAST, "qemu-xhci", "nec-xhci",
              "piix3-uhci", "ich9-ehci1", "ich9-uhci1", "ich9-uhci2", "ich9-uhci3", "none");
VIR_ENUM_IMPL(virDomainControllerSCSI,
              VIR_DOMAIN_CONTROLLER_SCSI_LAST + VIR_DOMAIN_VIRTIO_MODEL_EXTRA, "virtio-scsi",
              "lsilogic", VIR_DOMAIN_VIRTIO_MODEL_WORDS);

/* <model name='…'> of a PCI controller: QEMU's device; a root is none. */
static const char *const virDomainControllerPCIDevices[VIR_DOMAIN_CONTROLLER_PCI_LAST] = {
    [VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT] = "pcie-root-port",
    [VIR_DOMAIN_CONTROLLER_PCIE_UPSTREAM_PORT] = "x3130-upstream",
    [VIR_DOMAIN_CONTROLLER_PCIE_DOWNSTREAM_PORT] = "xio3130-downstream",
    [VIR_DOMAIN_CONTROLLER_PCIE_TO_PCI_BRIDGE] = "pcie-pci-bridge",
    [VIR_DOMAIN_CONTROLLER_PCI_BRIDGE] = "pci-bridge",
};

static const virXMLSchema virDomainControllerDeviceSchema = {
    .name = "model",
    .attributes = VIR_XML_NAMES("name"),
};
static const virXMLSchema virDomainControllerTargetSchema = {
    .name = "target",
    .attributes = VIR_XML_NAMES("chassis", "port", "chassisNr"),
};
static const virXMLSchema virDomainControllerMasterSchema = {
    .name = "master",
    .attributes = VIR_XML_NAMES("startport"),
};

static const virXMLSchema virDomainControllerDriverSchema = {
    .name = "driver",
    .attributes = VIR_XML_NAMES("iothread", "queues", "cmd_per_lun", "max_sectors", "ioeventfd",
                                VIR_DOMAIN_VIRTIO_ATTRIBUTES),
};

const virXMLSchema virDomainControllerSchema = {
    .name = "controller",
    .attributes = VIR_XML_NAMES("type", "index", "model", "ports"),
    .children = VIR_XML_CHILDREN(&virDomainControllerDeviceSchema, &virDomainControllerTargetSchema,
                                 &virDomainControllerMasterSchema, &virDomainControllerDriverSchema,
                                 &virDomainDeviceAddressSchema, &virDomainDeviceAliasSchema),
    .flags = VIR_XML_MANY,
};

/* An optional number into an int that stays as it is without one. */
static int
virDomainControllerParseNumber(virXMLNode *node, const char *name, guint max, int *value)
{
    guint64 number;
    int rc = virXMLGetNumber(node, name, max, &number);

    if (rc == 1)
        *value = (int)number;
    return rc < 0 ? -1 : 0;
}

/* Refuses an element that this kind of controller cannot have. */
static int
virDomainControllerRefuseChild(virXMLNode *node, const char *child, const char *kind)
{
    if (!virXMLGetChild(node, child))
        return 0;
    virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                      _("unsupported configuration: <%1$s> of a controller that is a %2$s"), child,
                      kind);
    return -1;
}

static int
virDomainControllerRefuseAttribute(virXMLNode *node, const char *name, const char *kind)
{
    g_autofree char *value = virXMLGetAttribute(node, name);

    if (!value)
        return 0;
    virXMLReportError(
        node, VIR_ERR_CONFIG_UNSUPPORTED,
        _("unsupported configuration: attribute '%1$s' of <%2$s> of a controller that is a %3$s"),
        name, virXMLGetName(node), kind);
    return -1;
}

static int
virDomainControllerRootCheckXML(virXMLNode *node, virDomainControllerDef *controller)
{
    static const char *const children[] = {"model", "target", "address", "alias"};
    const char *model = virDomainControllerPCIToString(controller->model);

    for (size_t i = 0; i < G_N_ELEMENTS(children); i++) {
        if (!virXMLGetChild(node, children[i]) ||
            (strcmp(children[i], "alias") == 0 && controller->info.alias &&
             !virDomainDeviceAliasIsUser(controller->info.alias)))
            continue;
        virXMLReportError(
            node, VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported configuration: <%1$s> of a %2$s, which the machine has built in"),
            children[i], model);
        return -1;
    }
    if (controller->index > 0) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: %1$s has index 0, not %2$d"), model,
                          controller->index);
        return -1;
    }
    controller->index = 0;
    return 0;
}

static int
virDomainControllerDeviceParseXML(virXMLNode *node, const virDomainControllerDef *controller)
{
    const char *device = virDomainControllerPCIDevices[controller->model];
    virXMLNode *model = virXMLGetChild(node, "model");
    g_autofree char *name = model ? virXMLGetAttribute(model, "name") : NULL;

    if (!name || strcmp(name, device) == 0)
        return 0;
    virXMLReportError(model, VIR_ERR_CONFIG_UNSUPPORTED,
                      _("unsupported configuration: attribute 'name' of <model> is '%1$s'; "
                        "supported: '%2$s'"),
                      name, device);
    return -1;
}

static bool
virDomainControllerHasChassis(const virDomainControllerDef *controller)
{
    return controller->model == VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT ||
           controller->model == VIR_DOMAIN_CONTROLLER_PCIE_DOWNSTREAM_PORT;
}

static int
virDomainControllerTargetParseXML(virXMLNode *node, virDomainControllerDef *controller)
{
    const char *kind = virDomainControllerPCIToString(controller->model);
    virXMLNode *target = virXMLGetChild(node, "target");

    if (!target)
        return 0;
    if (virDomainControllerHasChassis(controller)) {
        if (virDomainControllerRefuseAttribute(target, "chassisNr", kind) < 0 ||
            virDomainControllerParseNumber(target, "chassis", 255, &controller->chassis) < 0)
            return -1;
        return virDomainControllerParseNumber(target, "port", 255, &controller->port);
    }
    if (controller->model != VIR_DOMAIN_CONTROLLER_PCI_BRIDGE)
        return virDomainControllerRefuseChild(node, "target", kind);
    if (virDomainControllerRefuseAttribute(target, "chassis", kind) < 0 ||
        virDomainControllerRefuseAttribute(target, "port", kind) < 0)
        return -1;
    return virDomainControllerParseNumber(target, "chassisNr", 255, &controller->chassisNumber);
}

static int
virDomainControllerPCIParseXML(virXMLNode *node, virDomainControllerDef *controller)
{
    const char *kind = virDomainControllerPCIToString(controller->model);

    if (virDomainControllerRefuseChild(node, "master", kind) < 0 ||
        virDomainControllerRefuseAttribute(node, "ports", kind) < 0)
        return -1;
    if (virDomainControllerIsPCIRoot(controller))
        return virDomainControllerRootCheckXML(node, controller);
    if (controller->index == 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("index 0 is the root's; a %1$s has 1 to %2$d"),
                          kind, VIR_DOMAIN_CONTROLLER_MAX_INDEX);
        return -1;
    }
    if (virDomainControllerDeviceParseXML(node, controller) < 0)
        return -1;
    return virDomainControllerTargetParseXML(node, controller);
}

/* The number of ports, which some have. */
static int
virDomainControllerPortsParseXML(virXMLNode *node, guint max, virDomainControllerDef *controller)
{
    guint64 ports = 0;
    int rc = virXMLGetNumber(node, "ports", max, &ports);

    if (rc == 1 && ports == 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("a controller has at least one port"));
        return -1;
    }
    controller->ports = (unsigned int)ports;
    return rc < 0 ? -1 : 0;
}

static int
virDomainControllerUSBParseXML(virXMLNode *node, virDomainControllerDef *controller)
{
    static const int startPorts[] = {0, 2, 4};
    const char *kind = virDomainControllerUSBToString(controller->model);
    virXMLNode *master = virXMLGetChild(node, "master");

    if (controller->model == VIR_DOMAIN_CONTROLLER_USB_NONE &&
        virDomainControllerRefuseChild(node, "address", kind) < 0)
        return -1;
    if (controller->model == VIR_DOMAIN_CONTROLLER_USB_QEMU_XHCI ||
        controller->model == VIR_DOMAIN_CONTROLLER_USB_NEC_XHCI) {
        if (virDomainControllerPortsParseXML(node, 15, controller) < 0)
            return -1;
    } else if (virDomainControllerRefuseAttribute(node, "ports", kind) < 0) {
        return -1;
    }
    if (!virDomainControllerIsCompanion(controller))
        return virDomainControllerRefuseChild(node, "master", kind);
    controller->masterStartPort =
        startPorts[controller->model - VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI1];
    return master ? virDomainControllerParseNumber(master, "startport", 4,
                                                   &controller->masterStartPort)
                  : 0;
}

static int
virDomainControllerOtherParseXML(virXMLNode *node, virDomainControllerDef *controller)
{
    const char *kind = virDomainControllerToString((int)controller->type);

    if (virDomainControllerRefuseChild(node, "master", kind) < 0)
        return -1;
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_VIRTIO_SERIAL)
        return virDomainControllerPortsParseXML(node, 511, controller);
    return virDomainControllerRefuseAttribute(node, "ports", kind);
}

static int
virDomainControllerModelParseXML(virXMLNode *node, const virDomainDef *def,
                                 virDomainControllerDef *controller)
{
    int serial = VIR_DOMAIN_VIRTIO_MODEL_DEFAULT;
    int rc;

    switch (controller->type) {
    case VIR_DOMAIN_CONTROLLER_TYPE_PCI:
        rc = virXMLGetEnum(node, "model", virDomainControllerPCIToString, &controller->model);
        return rc == 0 ? virXMLReportMissing(node, "model") : rc;
    case VIR_DOMAIN_CONTROLLER_TYPE_USB:
        controller->model = virDomainDefHasPCIe(def) ? VIR_DOMAIN_CONTROLLER_USB_QEMU_XHCI
                                                     : VIR_DOMAIN_CONTROLLER_USB_PIIX3_UHCI;
        return virXMLGetEnum(node, "model", virDomainControllerUSBToString, &controller->model);
    case VIR_DOMAIN_CONTROLLER_TYPE_SCSI:
        rc = virXMLGetEnum(node, "model", virDomainControllerSCSIToString, &controller->model);
        controller->virtio.model =
            virDomainVirtioModelSplit(VIR_DOMAIN_CONTROLLER_SCSI_LAST, &controller->model);
        return rc;
    case VIR_DOMAIN_CONTROLLER_TYPE_VIRTIO_SERIAL:
        rc = virXMLGetEnum(node, "model", virDomainVirtioModelToString, &serial);
        controller->virtio.model = (virDomainVirtioModel)serial;
        return rc;
    case VIR_DOMAIN_CONTROLLER_TYPE_IDE:
    case VIR_DOMAIN_CONTROLLER_TYPE_SATA:
    case VIR_DOMAIN_CONTROLLER_TYPE_LAST:
        break;
    }
    return virDomainControllerRefuseAttribute(node, "model",
                                              virDomainControllerToString((int)controller->type));
}

static const char *
virDomainControllerGetModelName(const virDomainControllerDef *controller)
{
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_PCI)
        return virDomainControllerPCIToString(controller->model);
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_USB)
        return virDomainControllerUSBToString(controller->model);
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_SCSI)
        return virDomainControllerSCSIToString(virDomainVirtioModelJoin(
            VIR_DOMAIN_CONTROLLER_SCSI_LAST, controller->model, controller->virtio.model));
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_VIRTIO_SERIAL &&
        controller->virtio.model != VIR_DOMAIN_VIRTIO_MODEL_DEFAULT)
        return virDomainVirtioModelToString((int)controller->virtio.model);
    return NULL;
}

static int
virDomainControllerSCSIParseXML(virXMLNode *driver, virDomainControllerDef *controller)
{
    const unsigned int queues[2] = {1, VIR_DOMAIN_CONTROLLER_QUEUES_MAX};
    const unsigned int range[2] = {1, G_MAXINT32};

    if (virDomainIOThreadParseXML(driver, &controller->iothread) < 0 ||
        virDomainRangeParseXML(driver, "queues", queues, &controller->queues) < 0 ||
        virDomainRangeParseXML(driver, "cmd_per_lun", range, &controller->commandsPerLUN) < 0 ||
        virDomainRangeParseXML(driver, "max_sectors", range, &controller->maxSectors) < 0)
        return -1;
    if (controller->iothread && controller->virtio.ioeventfd == VIR_TRISTATE_OFF) {
        virXMLReportError(
            driver, VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported configuration: ioeventfd='off' of a controller with an I/O "
              "thread, which hears of requests by it"));
        return -1;
    }
    return 0;
}

/* <driver>, which virtio-scsi and virtio-serial have. */
static int
virDomainControllerDriverParseXML(virXMLNode *node, virDomainControllerDef *controller)
{
    virXMLNode *driver = virXMLGetChild(node, "driver");
    const char *model = virDomainControllerGetModelName(controller);
    bool serial = controller->type == VIR_DOMAIN_CONTROLLER_TYPE_VIRTIO_SERIAL;

    if (!virDomainControllerIsVirtio(controller))
        return virDomainControllerRefuseChild(
            node, "driver", model ? model : virDomainControllerToString((int)controller->type));
    if (!driver)
        return 0;
    if (serial && virDomainCheckAttributes(driver, &virDomainControllerDriverSchema,
                                           VIR_XML_NAMES(VIR_DOMAIN_VIRTIO_ATTRIBUTES),
                                           "type='virtio-serial'") < 0)
        return -1;
    if (virDomainVirtioParseXML(node, &controller->virtio) < 0)
        return -1;
    return serial ? 0 : virDomainControllerSCSIParseXML(driver, controller);
}

static int
virDomainControllerDetailsParseXML(virXMLNode *node, virDomainControllerDef *controller)
{
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_PCI)
        return virDomainControllerPCIParseXML(node, controller);
    if (virDomainControllerRefuseChild(node, "model", virXMLGetName(node)) < 0 ||
        virDomainControllerRefuseChild(node, "target", virXMLGetName(node)) < 0)
        return -1;
    return controller->type == VIR_DOMAIN_CONTROLLER_TYPE_USB
               ? virDomainControllerUSBParseXML(node, controller)
               : virDomainControllerOtherParseXML(node, controller);
}

virDomainControllerDef *
virDomainControllerDefParseXML(virXMLNode *node, const virDomainDef *def)
{
    g_autoptr(virDomainControllerDef) controller =
        virDomainControllerDefNew(VIR_DOMAIN_CONTROLLER_TYPE_PCI, 0, VIR_DOMAIN_CONTROLLER_UNSET);
    int type = 0;
    int rc = virXMLGetEnum(node, "type", virDomainControllerToString, &type);

    if (rc == 0)
        virXMLReportMissing(node, "type");
    if (rc <= 0)
        return NULL;
    controller->type = type;
    if (virDomainControllerModelParseXML(node, def, controller) < 0 ||
        virDomainControllerParseNumber(node, "index", VIR_DOMAIN_CONTROLLER_MAX_INDEX,
                                       &controller->index) < 0 ||
        virDomainDeviceInfoParseXML(node, &controller->info) < 0 ||
        virDomainControllerDriverParseXML(node, controller) < 0 ||
        virDomainControllerDetailsParseXML(node, controller) < 0)
        return NULL;
    return g_steal_pointer(&controller);
}

static void
virDomainControllerPCIFormatXML(virXMLWriter *writer, const virDomainControllerDef *controller)
{
    if (virDomainControllerIsPCIRoot(controller))
        return;
    virXMLWriterStart(writer, "model");
    virXMLWriterAttribute(writer, "name", "%s", virDomainControllerPCIDevices[controller->model]);
    virXMLWriterEnd(writer);
    if (virDomainControllerHasChassis(controller)) {
        virXMLWriterStart(writer, "target");
        virXMLWriterAttribute(writer, "chassis", "%d", controller->chassis);
        virXMLWriterAttribute(writer, "port", "0x%x", controller->port);
        virXMLWriterEnd(writer);
    } else if (controller->model == VIR_DOMAIN_CONTROLLER_PCI_BRIDGE) {
        virXMLWriterStart(writer, "target");
        virXMLWriterAttribute(writer, "chassisNr", "%d", controller->chassisNumber);
        virXMLWriterEnd(writer);
    }
}

static void
virDomainControllerDriverFormatXML(virXMLWriter *writer, const virDomainControllerDef *controller)
{
    const struct {
        const char *name;
        unsigned int value;
    } numbers[] = {
        {"iothread", controller->iothread},
        {"queues", controller->queues},
        {"cmd_per_lun", controller->commandsPerLUN},
        {"max_sectors", controller->maxSectors},
    };
    bool any = virDomainVirtioHasDriver(&controller->virtio);

    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        any = any || numbers[i].value;
    if (!any)
        return;
    virXMLWriterStart(writer, "driver");
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (numbers[i].value)
            virXMLWriterAttribute(writer, numbers[i].name, "%u", numbers[i].value);
    }
    virDomainVirtioFormatAttributes(writer, &controller->virtio);
    virXMLWriterEnd(writer);
}

void
virDomainControllerDefFormatXML(virXMLWriter *writer, const virDomainControllerDef *controller,
                                unsigned int flags)
{
    const char *model = virDomainControllerGetModelName(controller);

    virXMLWriterStart(writer, "controller");
    virXMLWriterAttribute(writer, "type", "%s", virDomainControllerToString((int)controller->type));
    virXMLWriterAttribute(writer, "index", "%d", controller->index);
    if (model)
        virXMLWriterAttribute(writer, "model", "%s", model);
    if (controller->ports)
        virXMLWriterAttribute(writer, "ports", "%u", controller->ports);
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_PCI)
        virDomainControllerPCIFormatXML(writer, controller);
    if (virDomainControllerIsCompanion(controller)) {
        virXMLWriterStart(writer, "master");
        virXMLWriterAttribute(writer, "startport", "%d", controller->masterStartPort);
        virXMLWriterEnd(writer);
    }
    virDomainControllerDriverFormatXML(writer, controller);
    virDomainDeviceInfoFormatXML(writer, &controller->info, flags);
    virXMLWriterEnd(writer);
}
