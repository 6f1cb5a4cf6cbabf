/*
 * domain_address.c: where every device of a guest is: controllers, USB and virtio-serial ports
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_address.h"
#include "domain_drive_address.h"
#include "domain_pci_address.h"
#include "domain_virtio.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

/* Whether a running guest has the definition, which gets no new controllers then. */
typedef enum {
    VIR_DOMAIN_ADDRESS_MAY_ADD,
    VIR_DOMAIN_ADDRESS_KEEP,
} virDomainAddressControllers;

static int
virDomainControllerReport(const virDomainControllerDef *controller, const char *reason)
{
    g_autofree char *name = virDomainControllerClass.describe(controller);

    virReportError(VIR_ERR_XML_ERROR, "%s: %s", name, reason);
    return -1;
}

/* The lowest index that no controller of a type has; VIR_DOMAIN_CONTROLLER_MAX_INDEX + 1 if all are
 * taken. */
static int
virDomainControllerFindIndex(const virDomainDef *def, virDomainControllerType type)
{
    bool used[VIR_DOMAIN_CONTROLLER_MAX_INDEX + 2] = {false};
    int index = 0;

    for (guint i = 0; i < def->controllers->len; i++) {
        const virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->type == type && controller->index >= 0 &&
            !virDomainControllerIsCompanion(controller))
            used[MIN(controller->index, VIR_DOMAIN_CONTROLLER_MAX_INDEX)] = true;
    }
    while (used[index])
        index++;
    return index;
}

static bool
virDomainControllerIsTwice(const virDomainDef *def, const virDomainControllerDef *controller)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        const virDomainControllerDef *other = g_ptr_array_index(def->controllers, i);

        if (other != controller && other->type == controller->type &&
            other->index == controller->index &&
            (other->model == controller->model || (!virDomainControllerIsCompanion(other) &&
                                                   !virDomainControllerIsCompanion(controller))))
            return true;
    }
    return false;
}

static int
virDomainControllerCheckUSB(const virDomainDef *def, const virDomainControllerDef *controller)
{
    const virDomainControllerDef *main =
        virDomainControllerFind(def, VIR_DOMAIN_CONTROLLER_TYPE_USB, controller->index);

    if (virDomainControllerIsCompanion(controller) &&
        (!main || main->model != VIR_DOMAIN_CONTROLLER_USB_ICH9_EHCI1))
        return virDomainControllerReport(
            controller, _("an ich9-uhci belongs to an ich9-ehci1 with the same index"));
    if (controller->model != VIR_DOMAIN_CONTROLLER_USB_NONE)
        return 0;
    for (guint i = 0; i < def->controllers->len; i++) {
        const virDomainControllerDef *other = g_ptr_array_index(def->controllers, i);

        if (other != controller && other->type == VIR_DOMAIN_CONTROLLER_TYPE_USB)
            return virDomainControllerReport(
                controller, _("model 'none' says that there are no USB controllers"));
    }
    return 0;
}

static int
virDomainControllerCheck(const virDomainDef *def, const virDomainControllerDef *controller)
{
    /* Of PCI controllers, domain_pci_address.c knows more. */
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_PCI)
        return 0;
    if (virDomainControllerIsTwice(def, controller))
        return virDomainControllerReport(controller, _("there are two with that index"));
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_IDE &&
        !virDomainControllerIsBuiltIn(def, controller))
        return virDomainControllerReport(
            controller, _("machine type pc has one IDE controller, with index 0, and q35 none"));
    return controller->type == VIR_DOMAIN_CONTROLLER_TYPE_USB
               ? virDomainControllerCheckUSB(def, controller)
               : 0;
}

/* Every controller has an index, and the list is in order. */
static int
virDomainIndexControllers(virDomainDef *def)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);
        int index = virDomainControllerFindIndex(def, controller->type);

        if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_PCI ||
            controller->index != VIR_DOMAIN_CONTROLLER_UNSET)
            continue;
        /* A companion goes with the controller before it. */
        controller->index =
            virDomainControllerIsCompanion(controller) && index > 0 ? index - 1 : index;
        if (controller->index > VIR_DOMAIN_CONTROLLER_MAX_INDEX)
            return virDomainControllerReport(controller, _("there are too many"));
    }
    virDomainControllersSort(def);
    for (guint i = 0; i < def->controllers->len; i++) {
        if (virDomainControllerCheck(def, g_ptr_array_index(def->controllers, i)) < 0)
            return -1;
    }
    return 0;
}

/* A port of a bus: of a USB controller, or of a virtio-serial one. */
typedef struct {
    virDomainDeviceAddressType type;
    unsigned int controller;
    unsigned int port;
} virDomainPort;

static virDomainPort
virDomainPortOf(const virDomainDeviceInfo *info)
{
    virDomainPort port = {.type = info->type};

    if (info->type == VIR_DOMAIN_DEVICE_ADDRESS_USB) {
        port.controller = info->addr.usb.bus;
        port.port = info->addr.usb.port;
    } else if (info->type == VIR_DOMAIN_DEVICE_ADDRESS_VIRTIO_SERIAL) {
        port.controller = info->addr.virtioSerial.controller;
        port.port = info->addr.virtioSerial.port;
    }
    return port;
}

static void
virDomainPortSet(virDomainDeviceInfo *info, const virDomainPort *port)
{
    info->type = port->type;
    if (port->type == VIR_DOMAIN_DEVICE_ADDRESS_USB)
        info->addr.usb = (virDomainDeviceUSBAddress){port->controller, port->port};
    else
        info->addr.virtioSerial = (virDomainDeviceVirtioSerialAddress){
            .controller = port->controller, .port = port->port};
}

static virDomainControllerType
virDomainPortControllerType(virDomainDeviceAddressType type)
{
    return type == VIR_DOMAIN_DEVICE_ADDRESS_USB ? VIR_DOMAIN_CONTROLLER_TYPE_USB
                                                 : VIR_DOMAIN_CONTROLLER_TYPE_VIRTIO_SERIAL;
}

/* The highest port that a controller has. QEMU gives virtio-serial 31 ports, of which 0 is one. */
static unsigned int
virDomainPortLast(const virDomainControllerDef *controller)
{
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_USB)
        return virDomainControllerGetUSBPorts(controller);
    return (controller->ports ? controller->ports : 31) - 1;
}

/* Who is at a port besides @dev; false if nobody is. */
static bool
virDomainPortFindUser(const virDomainDef *def, const virDomainPort *port,
                      const virDomainDeviceDef *dev, virDomainDeviceDef *user)
{
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);

    while (virDomainDeviceIterNext(&iter, user)) {
        virDomainPort other = virDomainPortOf(user->info);

        if (user->data.any != dev->data.any && other.type == port->type &&
            other.controller == port->controller && other.port == port->port)
            return true;
    }
    return false;
}

/* A bit per port of every controller of a kind: up to 511 of virtio-serial. */
#define VIR_DOMAIN_PORTS_MAX 512

typedef struct {
    guint8 used[VIR_DOMAIN_CONTROLLER_MAX_INDEX + 1][VIR_DOMAIN_PORTS_MAX / 8];
} virDomainPorts;

/* Those that have a user besides @dev, all in one pass: a document may have thousands of them. */
static virDomainPorts *
virDomainPortsNew(const virDomainDef *def, const virDomainDeviceDef *dev,
                  virDomainDeviceAddressType type)
{
    virDomainPorts *ports = g_new0(virDomainPorts, 1);
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);
    virDomainDeviceDef user;

    while (virDomainDeviceIterNext(&iter, &user)) {
        virDomainPort each = virDomainPortOf(user.info);

        if (user.data.any != dev->data.any && each.type == type &&
            each.controller <= VIR_DOMAIN_CONTROLLER_MAX_INDEX && each.port < VIR_DOMAIN_PORTS_MAX)
            ports->used[each.controller][each.port / 8] |= (guint8)(1 << each.port % 8);
    }
    return ports;
}

/* Port 0 of virtio-serial is for a console, and USB begins with 1. */
static bool
virDomainPortFind(const virDomainDef *def, const virDomainDeviceDef *dev,
                  virDomainDeviceAddressType type, virDomainPort *port)
{
    g_autofree virDomainPorts *ports = virDomainPortsNew(def, dev, type);

    for (guint i = 0; i < def->controllers->len; i++) {
        const virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);
        virDomainPort each = {.type = type, .controller = (unsigned int)controller->index};

        if (controller->type != virDomainPortControllerType(type))
            continue;
        for (each.port = 1; each.port <= virDomainPortLast(controller); each.port++) {
            if (ports->used[each.controller][each.port / 8] & 1 << each.port % 8)
                continue;
            *port = each;
            return true;
        }
    }
    return false;
}

/* The controller that a guest gets if it needs one and has none with room. */
static virDomainControllerDef *
virDomainAddDefaultController(virDomainDef *def, virDomainControllerType type, int index)
{
    int model = 0;
    virDomainControllerDef *controller;

    if (type == VIR_DOMAIN_CONTROLLER_TYPE_USB && !virDomainDefHasPCIe(def) && index == 0)
        model = VIR_DOMAIN_CONTROLLER_USB_PIIX3_UHCI;
    controller = virDomainControllerDefNew(type, model, index);
    virDomainControllerInsert(def, controller);
    return controller;
}

static int
virDomainPortReport(const virDomainDeviceDef *dev, const char *reason)
{
    g_autofree char *name = virDomainDeviceDescribe(dev);

    virReportError(VIR_ERR_XML_ERROR, _("%1$s has no place in the guest: %2$s"), name, reason);
    return -1;
}

static int
virDomainPortCheck(virDomainDef *def, const virDomainDeviceDef *dev,
                   virDomainAddressControllers add)
{
    virDomainPort port = virDomainPortOf(dev->info);
    virDomainControllerType type = virDomainPortControllerType(port.type);
    virDomainControllerDef *controller = virDomainControllerFind(def, type, (int)port.controller);
    virDomainDeviceDef user;
    g_autofree char *name = NULL;
    g_autofree char *reason = NULL;

    if (!controller && add == VIR_DOMAIN_ADDRESS_MAY_ADD)
        controller = virDomainAddDefaultController(def, type, (int)port.controller);
    if (!controller)
        return virDomainPortReport(dev, _("the controller of its address does not exist"));
    if (port.port > virDomainPortLast(controller) ||
        (port.port == 0 && type == VIR_DOMAIN_CONTROLLER_TYPE_USB))
        return virDomainPortReport(dev, _("the controller has no port with that number"));
    if (!virDomainPortFindUser(def, &port, dev, &user))
        return 0;
    name = virDomainDeviceDescribe(&user);
    reason = virFormat(_("%1$s is at its address"), name);
    return virDomainPortReport(dev, reason);
}

static bool
virDomainHasNoUSB(const virDomainDef *def)
{
    const virDomainControllerDef *controller =
        virDomainControllerFind(def, VIR_DOMAIN_CONTROLLER_TYPE_USB, 0);

    return controller && controller->model == VIR_DOMAIN_CONTROLLER_USB_NONE;
}

static int
virDomainPortAssign(virDomainDef *def, const virDomainDeviceDef *dev,
                    virDomainAddressControllers add)
{
    virDomainDeviceAddressType type = virDomainDeviceGetAddressType(dev);
    virDomainControllerType bus = virDomainPortControllerType(type);
    virDomainPort port;

    if (dev->info->type == type)
        return virDomainPortCheck(def, dev, add);
    if (type == VIR_DOMAIN_DEVICE_ADDRESS_USB && virDomainHasNoUSB(def))
        return virDomainPortReport(dev, _("the guest has no USB"));
    if (!virDomainPortFind(def, dev, type, &port)) {
        int index = virDomainControllerFindIndex(def, bus);

        if (add == VIR_DOMAIN_ADDRESS_KEEP || index > VIR_DOMAIN_CONTROLLER_MAX_INDEX)
            return virDomainPortReport(dev, _("no port of a controller is free"));
        virDomainAddDefaultController(def, bus, index);
        port = (virDomainPort){.type = type, .controller = (unsigned int)index, .port = 1};
    }
    virDomainPortSet(dev->info, &port);
    return 0;
}

static bool
virDomainHasPort(const virDomainDeviceDef *dev)
{
    virDomainDeviceAddressType type = virDomainDeviceGetAddressType(dev);

    return type == VIR_DOMAIN_DEVICE_ADDRESS_USB || type == VIR_DOMAIN_DEVICE_ADDRESS_VIRTIO_SERIAL;
}

/* Those that say where they are first. */
static int
virDomainAssignPorts(virDomainDef *def)
{
    for (int given = 1; given >= 0; given--) {
        virDomainDeviceIter iter = virDomainDeviceIterInit(def);
        virDomainDeviceDef dev;

        while (virDomainDeviceIterNext(&iter, &dev)) {
            if (virDomainHasPort(&dev) &&
                (dev.info->type != VIR_DOMAIN_DEVICE_ADDRESS_NONE) == given &&
                virDomainPortAssign(def, &dev, VIR_DOMAIN_ADDRESS_MAY_ADD) < 0)
                return -1;
        }
    }
    return 0;
}

static int
virDomainCheckPlaces(const virDomainDef *def)
{
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);
    virDomainDeviceDef dev;

    while (virDomainDeviceIterNext(&iter, &dev)) {
        if (virDomainVirtioCheck(def, &dev) < 0)
            return -1;
    }
    return 0;
}

int
virDomainAssignAddresses(virDomainDef *def)
{
    if (virDomainIndexControllers(def) < 0 || virDomainAssignDriveAddresses(def) < 0 ||
        virDomainAssignPorts(def) < 0 || virDomainAssignPCIAddresses(def) < 0)
        return -1;
    return virDomainCheckPlaces(def);
}

int
virDomainAssignDeviceAddress(virDomainDef *def, const virDomainDeviceDef *dev)
{
    switch (virDomainDeviceGetAddressType(dev)) {
    case VIR_DOMAIN_DEVICE_ADDRESS_PCI:
        if (virDomainAssignDevicePCIAddress(def, dev) < 0)
            return -1;
        return virDomainVirtioCheck(def, dev);
    case VIR_DOMAIN_DEVICE_ADDRESS_USB:
    case VIR_DOMAIN_DEVICE_ADDRESS_VIRTIO_SERIAL:
        return virDomainPortAssign(def, dev, VIR_DOMAIN_ADDRESS_KEEP);
    case VIR_DOMAIN_DEVICE_ADDRESS_DRIVE:
        return virDomainAssignDriveAddress(def, dev->data.disk);
    case VIR_DOMAIN_DEVICE_ADDRESS_ISA:
    case VIR_DOMAIN_DEVICE_ADDRESS_NONE:
    case VIR_DOMAIN_DEVICE_ADDRESS_LAST:
        break;
    }
    return 0;
}
