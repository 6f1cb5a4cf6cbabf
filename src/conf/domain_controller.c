/*
 * domain_controller.c: the guest's buses: what they are to each other and to the machine
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_device.h"
#include "domain_virtio.h"
#include "virerror.h"
#include "virgettext.h"

virDomainControllerDef *
virDomainControllerDefNew(virDomainControllerType type, int model, int index)
{
    virDomainControllerDef *controller = g_new0(virDomainControllerDef, 1);

    controller->type = type;
    controller->model = model;
    controller->index = index;
    controller->chassis = VIR_DOMAIN_CONTROLLER_UNSET;
    controller->port = VIR_DOMAIN_CONTROLLER_UNSET;
    controller->chassisNumber = VIR_DOMAIN_CONTROLLER_UNSET;
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

bool
virDomainControllerIsPCIRoot(const virDomainControllerDef *controller)
{
    return controller->type == VIR_DOMAIN_CONTROLLER_TYPE_PCI &&
           (controller->model == VIR_DOMAIN_CONTROLLER_PCIE_ROOT ||
            controller->model == VIR_DOMAIN_CONTROLLER_PCI_ROOT);
}

bool
virDomainControllerIsRootPort(const virDomainControllerDef *controller)
{
    return controller->type == VIR_DOMAIN_CONTROLLER_TYPE_PCI &&
           controller->model == VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT;
}

bool
virDomainControllerIsVirtio(const virDomainControllerDef *controller)
{
    return controller->type == VIR_DOMAIN_CONTROLLER_TYPE_VIRTIO_SERIAL ||
           (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_SCSI &&
            controller->model == VIR_DOMAIN_CONTROLLER_SCSI_VIRTIO);
}

bool
virDomainControllerIsCompanion(const virDomainControllerDef *controller)
{
    return controller->type == VIR_DOMAIN_CONTROLLER_TYPE_USB &&
           controller->model >= VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI1 &&
           controller->model <= VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI3;
}

bool
virDomainControllerIsBuiltIn(const virDomainDef *def, const virDomainControllerDef *controller)
{
    if (virDomainControllerIsPCIRoot(controller))
        return true;
    return controller->index == 0 &&
           controller->type == (virDomainDefHasPCIe(def) ? VIR_DOMAIN_CONTROLLER_TYPE_SATA
                                                         : VIR_DOMAIN_CONTROLLER_TYPE_IDE);
}

unsigned int
virDomainControllerGetUSBPorts(const virDomainControllerDef *controller)
{
    switch ((virDomainControllerModelUSB)controller->model) {
    case VIR_DOMAIN_CONTROLLER_USB_QEMU_XHCI:
    case VIR_DOMAIN_CONTROLLER_USB_NEC_XHCI:
        return controller->ports ? controller->ports : 4;
    case VIR_DOMAIN_CONTROLLER_USB_PIIX3_UHCI:
        return 2;
    case VIR_DOMAIN_CONTROLLER_USB_ICH9_EHCI1:
        return 6;
    case VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI1:
    case VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI2:
    case VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI3:
    case VIR_DOMAIN_CONTROLLER_USB_NONE:
    case VIR_DOMAIN_CONTROLLER_USB_LAST:
        break;
    }
    return 0;
}

virDomainControllerDef *
virDomainControllerFind(const virDomainDef *def, virDomainControllerType type, int index)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->type == type && controller->index == index &&
            !virDomainControllerIsCompanion(controller))
            return controller;
    }
    return NULL;
}

static int
virDomainControllerCompare(const virDomainControllerDef *a, const virDomainControllerDef *b)
{
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    if (a->index != b->index)
        return a->index - b->index;
    return a->model - b->model;
}

static gint
virDomainControllerCompareElements(gconstpointer a, gconstpointer b)
{
    return virDomainControllerCompare(*(virDomainControllerDef *const *)a,
                                      *(virDomainControllerDef *const *)b);
}

void
virDomainControllersSort(virDomainDef *def)
{
    g_ptr_array_sort(def->controllers, virDomainControllerCompareElements);
}

void
virDomainControllerInsert(virDomainDef *def, virDomainControllerDef *controller)
{
    guint at = 0;

    while (at < def->controllers->len &&
           virDomainControllerCompare(def->controllers->pdata[at], controller) <= 0)
        at++;
    g_ptr_array_insert(def->controllers, (gint)at, controller);
}

/* Of the ICH9's USB controllers: their functions of the slot that they share. */
static unsigned int
virDomainControllerGetICH9Function(const virDomainControllerDef *controller)
{
    if (controller->model == VIR_DOMAIN_CONTROLLER_USB_ICH9_EHCI1)
        return 7;
    return (unsigned int)(controller->model - VIR_DOMAIN_CONTROLLER_USB_ICH9_UHCI1);
}

/* Where others of the same ICH9 are; NULL if they are nowhere yet. @alone: if there are others. */
static const virDomainDeviceInfo *
virDomainControllerFindSibling(const virDomainDef *def, const virDomainControllerDef *controller,
                               bool *alone)
{
    *alone = true;
    for (guint i = 0; i < def->controllers->len; i++) {
        const virDomainControllerDef *other = g_ptr_array_index(def->controllers, i);

        if (other == controller || other->type != controller->type ||
            other->index != controller->index)
            continue;
        *alone = false;
        if (other->info.type == VIR_DOMAIN_DEVICE_ADDRESS_PCI)
            return &other->info;
    }
    return NULL;
}

/* QEMU's ICH9 has its first set in slot 0x1d and its second in 0x1a, as the real one. */
static virDomainPCIPlace
virDomainControllerPlaceICH9(const virDomainDef *def, const virDomainControllerDef *controller)
{
    virDomainPCIPlace place = {.kind = VIR_DOMAIN_PCI_INTEGRATED};
    bool alone;
    const virDomainDeviceInfo *sibling = virDomainControllerFindSibling(def, controller, &alone);

    if (sibling) {
        place.wish = VIR_DOMAIN_PCI_JOINED;
        place.at = sibling->addr.pci;
    } else if (virDomainDefHasPCIe(def)) {
        place.wish = VIR_DOMAIN_PCI_PREFERRED;
        place.at.slot = controller->index == 0 ? 0x1d : 0x1a;
    }
    place.at.function = alone ? 0 : virDomainControllerGetICH9Function(controller);
    return place;
}

static virDomainPCIPlace
virDomainControllerPlaceUSB(const virDomainDef *def, const virDomainControllerDef *controller)
{
    virDomainPCIPlace place = {.kind = VIR_DOMAIN_PCI_EXPRESS};

    if (controller->model == VIR_DOMAIN_CONTROLLER_USB_NONE)
        return (virDomainPCIPlace){.kind = VIR_DOMAIN_PCI_NONE};
    if (controller->model == VIR_DOMAIN_CONTROLLER_USB_PIIX3_UHCI) {
        place.kind = VIR_DOMAIN_PCI_CONVENTIONAL;
        if (!virDomainDefHasPCIe(def) && controller->index == 0) {
            place.wish = VIR_DOMAIN_PCI_FIXED;
            place.at = (virPCIDeviceAddress){.slot = 1, .function = 2};
        }
    } else if (controller->model >= VIR_DOMAIN_CONTROLLER_USB_ICH9_EHCI1) {
        return virDomainControllerPlaceICH9(def, controller);
    }
    return place;
}

static virDomainPCIPlace
virDomainControllerPlacePCI(const virDomainControllerDef *controller)
{
    static const virDomainPCIKind kinds[VIR_DOMAIN_CONTROLLER_PCI_LAST] = {
        [VIR_DOMAIN_CONTROLLER_PCIE_ROOT] = VIR_DOMAIN_PCI_NONE,
        [VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT] = VIR_DOMAIN_PCI_ROOT_PORT,
        [VIR_DOMAIN_CONTROLLER_PCIE_UPSTREAM_PORT] = VIR_DOMAIN_PCI_UPSTREAM_PORT,
        [VIR_DOMAIN_CONTROLLER_PCIE_DOWNSTREAM_PORT] = VIR_DOMAIN_PCI_DOWNSTREAM_PORT,
        [VIR_DOMAIN_CONTROLLER_PCIE_TO_PCI_BRIDGE] = VIR_DOMAIN_PCI_EXPRESS,
        [VIR_DOMAIN_CONTROLLER_PCI_ROOT] = VIR_DOMAIN_PCI_NONE,
        [VIR_DOMAIN_CONTROLLER_PCI_BRIDGE] = VIR_DOMAIN_PCI_CONVENTIONAL,
    };

    return (virDomainPCIPlace){.kind = kinds[controller->model]};
}

static virDomainPCIPlace
virDomainControllerPCIPlace(const virDomainDef *def, const void *device)
{
    const virDomainControllerDef *controller = device;
    virDomainPCIPlace place = {.kind = VIR_DOMAIN_PCI_EXPRESS};

    switch (controller->type) {
    case VIR_DOMAIN_CONTROLLER_TYPE_PCI:
        return virDomainControllerPlacePCI(controller);
    case VIR_DOMAIN_CONTROLLER_TYPE_USB:
        return virDomainControllerPlaceUSB(def, controller);
    case VIR_DOMAIN_CONTROLLER_TYPE_SCSI:
        if (controller->model == VIR_DOMAIN_CONTROLLER_SCSI_LSILOGIC)
            place.kind = VIR_DOMAIN_PCI_CONVENTIONAL;
        else
            place = virDomainVirtioPCIPlace(&controller->virtio);
        break;
    case VIR_DOMAIN_CONTROLLER_TYPE_VIRTIO_SERIAL:
        return virDomainVirtioPCIPlace(&controller->virtio);
    case VIR_DOMAIN_CONTROLLER_TYPE_IDE:
    case VIR_DOMAIN_CONTROLLER_TYPE_SATA:
        place.kind = VIR_DOMAIN_PCI_INTEGRATED;
        if (virDomainControllerIsBuiltIn(def, controller)) {
            place.wish = VIR_DOMAIN_PCI_FIXED;
            place.at.slot = virDomainDefHasPCIe(def) ? 0x1f : 1;
            place.at.function = virDomainDefHasPCIe(def) ? 2 : 1;
        }
        break;
    case VIR_DOMAIN_CONTROLLER_TYPE_LAST:
        break;
    }
    return place;
}

static void *
virDomainControllerClassParse(virXMLNode *node, const virDomainDef *def)
{
    return virDomainControllerDefParseXML(node, def);
}

static void
virDomainControllerClassFormat(virXMLWriter *writer, const void *device, unsigned int flags)
{
    virDomainControllerDefFormatXML(writer, device, flags);
}

static void
virDomainControllerClassFree(void *device)
{
    virDomainControllerDefFree(device);
}

static char *
virDomainControllerDescribe(const void *device)
{
    const virDomainControllerDef *controller = device;

    if (virDomainControllerIsRootPort(controller))
        return virFormat(_("root port %1$d"), controller->index);
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_PCI)
        return g_strdup_printf("%s %d", virDomainControllerPCIToString(controller->model),
                               controller->index);
    if (controller->index == VIR_DOMAIN_CONTROLLER_UNSET)
        return virFormat(_("a %1$s controller"),
                         virDomainControllerToString((int)controller->type));
    return virFormat(_("%1$s controller %2$d"), virDomainControllerToString((int)controller->type),
                     controller->index);
}

/* libvirt's names; what the machine has built in is called as QEMU calls it. */
static char *
virDomainControllerMakeAlias(const virDomainDef *def, const void *device)
{
    const virDomainControllerDef *controller = device;

    if (virDomainControllerIsPCIRoot(controller))
        return g_strdup(virDomainDefHasPCIe(def) ? "pcie.0" : "pci.0");
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_PCI)
        return g_strdup_printf("pci.%d", controller->index);
    if (virDomainControllerIsBuiltIn(def, controller))
        return g_strdup("ide");
    if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_USB && controller->index == 0)
        return g_strdup("usb");
    return g_strdup_printf("%s%d", virDomainControllerToString((int)controller->type),
                           controller->index);
}

static virDomainDeviceAddressType
virDomainControllerAddressType(const void *device)
{
    const virDomainControllerDef *controller = device;

    if (virDomainControllerIsPCIRoot(controller) ||
        (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_USB &&
         controller->model == VIR_DOMAIN_CONTROLLER_USB_NONE))
        return VIR_DOMAIN_DEVICE_ADDRESS_NONE;
    return VIR_DOMAIN_DEVICE_ADDRESS_PCI;
}

static const virDomainVirtioDef *
virDomainControllerGetVirtio(const void *device)
{
    const virDomainControllerDef *controller = device;

    return virDomainControllerIsVirtio(controller) ? &controller->virtio : NULL;
}

const virDomainDeviceClass virDomainControllerClass = {
    .schema = &virDomainControllerSchema,
    .list = offsetof(virDomainDef, controllers),
    .info = offsetof(virDomainControllerDef, info),
    .parse = virDomainControllerClassParse,
    .format = virDomainControllerClassFormat,
    .free = virDomainControllerClassFree,
    .describe = virDomainControllerDescribe,
    .makeAlias = virDomainControllerMakeAlias,
    .addressType = virDomainControllerAddressType,
    .pciPlace = virDomainControllerPCIPlace,
    .virtio = virDomainControllerGetVirtio,
};
