/*
 * domain_pci_address.c: the guest's PCI topology: where every device goes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_pci_address.h"
#include "domain_pci_layout.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

typedef int (*virDomainPCICallback)(virDomainPCILayout *layout, const virDomainDeviceDef *dev,
                                    const virDomainPCIPlace *place);

/* Calls @callback for every device that is on a PCI bus; stops at the first failure. */
static int
virDomainPCIForEach(virDomainPCILayout *layout, virDomainPCICallback callback)
{
    virDomainDeviceIter iter = virDomainDeviceIterInit(layout->def);
    virDomainDeviceDef dev;

    while (virDomainDeviceIterNext(&iter, &dev)) {
        const virDomainDeviceClass *class = virDomainDeviceGetClass(dev.type);
        virDomainPCIPlace place;

        if (virDomainDeviceGetAddressType(&dev) != VIR_DOMAIN_DEVICE_ADDRESS_PCI)
            continue;
        place = class->pciPlace(layout->def, dev.data.any);
        if (place.kind != VIR_DOMAIN_PCI_NONE && callback(layout, &dev, &place) < 0)
            return -1;
    }
    return 0;
}

static bool
virDomainPCIHasAddress(const virDomainDeviceDef *dev)
{
    return dev->info->type == VIR_DOMAIN_DEVICE_ADDRESS_PCI;
}

static int
virDomainPCICheckModel(const virDomainPCILayout *layout, const virDomainControllerDef *controller)
{
    bool conventional = controller->model == VIR_DOMAIN_CONTROLLER_PCI_ROOT;
    bool both = controller->model == VIR_DOMAIN_CONTROLLER_PCI_BRIDGE;

    if (both || layout->express != conventional)
        return 0;
    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("unsupported configuration: machine '%1$s' has no %2$s"),
                   layout->def->os.machine, virDomainControllerPCIToString(controller->model));
    return -1;
}

/* Notes the buses that controllers with an index have. */
static int
virDomainPCIAddGivenBuses(virDomainPCILayout *layout)
{
    GPtrArray *controllers = layout->def->controllers;

    for (guint i = 0; i < controllers->len; i++) {
        virDomainControllerDef *controller = g_ptr_array_index(controllers, i);

        if (controller->type != VIR_DOMAIN_CONTROLLER_TYPE_PCI)
            continue;
        if (virDomainPCICheckModel(layout, controller) < 0)
            return -1;
        if (controller->index == VIR_DOMAIN_CONTROLLER_UNSET)
            continue;
        if (layout->buses[controller->index]) {
            virReportError(VIR_ERR_XML_ERROR, _("two PCI controllers have index %1$d"),
                           controller->index);
            return -1;
        }
        layout->buses[controller->index] = controller;
    }
    return 0;
}

/* A bus that an address names exists. */
static int
virDomainPCIAddNamedBus(virDomainPCILayout *layout, const virDomainDeviceDef *dev,
                        const virDomainPCIPlace *place G_GNUC_UNUSED)
{
    int bus = (int)dev->info->addr.pci.bus;

    if (virDomainPCIHasAddress(dev) && !layout->buses[bus])
        virDomainPCILayoutAddBus(layout,
                                 layout->express ? VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT
                                                 : VIR_DOMAIN_CONTROLLER_PCI_BRIDGE,
                                 bus);
    return 0;
}

static int
virDomainPCIReportTooManyBuses(void)
{
    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("unsupported configuration: more devices than the %1$d PCI controllers that a "
                     "guest can have serve"),
                   VIR_DOMAIN_CONTROLLER_MAX_INDEX);
    return -1;
}

static virDomainControllerDef *
virDomainPCIFindUnset(const virDomainDef *def)
{
    return virDomainControllerFind(def, VIR_DOMAIN_CONTROLLER_TYPE_PCI,
                                   VIR_DOMAIN_CONTROLLER_UNSET);
}

/* Step 1: there is a root, every controller has an index, every bus that is named exists. */
static int
virDomainPCIIndexBuses(virDomainPCILayout *layout)
{
    virDomainDef *def = layout->def;
    virDomainControllerDef *controller;

    if (virDomainPCIAddGivenBuses(layout) < 0)
        return -1;
    if (!layout->buses[0])
        virDomainPCILayoutAddBus(
            layout,
            layout->express ? VIR_DOMAIN_CONTROLLER_PCIE_ROOT : VIR_DOMAIN_CONTROLLER_PCI_ROOT, 0);
    if (virDomainPCIForEach(layout, virDomainPCIAddNamedBus) < 0)
        return -1;
    while ((controller = virDomainPCIFindUnset(def))) {
        guint at;
        int index = virDomainPCILayoutFindIndex(layout, 0);

        if (index < 0)
            return virDomainPCIReportTooManyBuses();
        g_ptr_array_find(def->controllers, controller, &at);
        g_ptr_array_steal_index(def->controllers, at);
        controller->index = index;
        layout->buses[index] = controller;
        virDomainControllerInsert(def, controller);
    }
    return 0;
}

/* Step 2: what is given is possible. */
static int
virDomainPCIClaimGiven(virDomainPCILayout *layout, const virDomainDeviceDef *dev,
                       const virDomainPCIPlace *place)
{
    return virDomainPCIHasAddress(dev) ? virDomainPCILayoutClaim(layout, dev, place) : 0;
}

/* Step 3: what the machine has is where it is, and what prefers a place is there if it is free. */
static int
virDomainPCIPlaceWish(virDomainPCILayout *layout, const virDomainDeviceDef *dev,
                      const virDomainPCIPlace *place)
{
    const virPCIDeviceAddress *at = &place->at;

    if (virDomainPCIHasAddress(dev) || place->wish == VIR_DOMAIN_PCI_ANYWHERE)
        return 0;
    if (place->wish == VIR_DOMAIN_PCI_FIXED) {
        dev->info->type = VIR_DOMAIN_DEVICE_ADDRESS_PCI;
        dev->info->addr.pci = *at;
        return virDomainPCILayoutClaim(layout, dev, place);
    }
    if (place->wish == VIR_DOMAIN_PCI_JOINED
            ? virDomainPCILayoutIsFree(layout, at)
            : virDomainPCILayoutSlotIsFree(layout, at->bus, at->slot))
        virDomainPCILayoutPut(layout, dev->info, at);
    return 0;
}

static int
virDomainPCIGrowExpress(virDomainPCILayout *layout, virPCIDeviceAddress *addr)
{
    int index = virDomainPCILayoutFindIndex(layout, 0);

    if (index < 0)
        return virDomainPCIReportTooManyBuses();
    virDomainPCILayoutAddBus(layout, VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT, index);
    *addr = (virPCIDeviceAddress){.bus = (unsigned int)index};
    return 0;
}

/* A new bridge: behind a root port of its own, or on a conventional bus. */
static int
virDomainPCIGrowConventional(virDomainPCILayout *layout, virPCIDeviceAddress *addr)
{
    virDomainControllerDef *bridge;
    virPCIDeviceAddress at = {0};
    int index;

    if (!virDomainPCILayoutFindSlot(layout, VIR_DOMAIN_PCI_EXPRESS, VIR_DOMAIN_PCI_BUSES - 1,
                                    &at)) {
        if (!layout->express)
            return virDomainPCIReportTooManyBuses();
        if (virDomainPCIGrowExpress(layout, &at) < 0)
            return -1;
    }
    if ((index = virDomainPCILayoutFindIndex(layout, (int)at.bus)) < 0)
        return virDomainPCIReportTooManyBuses();
    bridge = virDomainPCILayoutAddBus(layout,
                                      layout->express ? VIR_DOMAIN_CONTROLLER_PCIE_TO_PCI_BRIDGE
                                                      : VIR_DOMAIN_CONTROLLER_PCI_BRIDGE,
                                      index);
    virDomainPCILayoutPut(layout, &bridge->info, &at);
    *addr = (virPCIDeviceAddress){.bus = (unsigned int)index, .slot = 1};
    return 0;
}

/* More room for a kind of device; fills @addr with some of it. */
static int
virDomainPCIGrow(virDomainPCILayout *layout, const virDomainDeviceDef *dev, virDomainPCIKind kind,
                 virPCIDeviceAddress *addr)
{
    g_autofree char *name = NULL;

    if (!layout->express || kind == VIR_DOMAIN_PCI_CONVENTIONAL)
        return virDomainPCIGrowConventional(layout, addr);
    if (kind == VIR_DOMAIN_PCI_EXPRESS)
        return virDomainPCIGrowExpress(layout, addr);
    name = virDomainDeviceDescribe(dev);
    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("unsupported configuration: bus 0 of the guest has no room for %1$s"), name);
    return -1;
}

/* Whether it is a bridge or a switch: root ports are placed at last, since they share slots. */
static bool
virDomainPCIIsBridge(const virDomainDeviceDef *dev)
{
    return dev->type == VIR_DOMAIN_DEVICE_CONTROLLER &&
           dev->data.controller->type == VIR_DOMAIN_CONTROLLER_TYPE_PCI &&
           !virDomainControllerIsRootPort(dev->data.controller);
}

/* A slot for a bridge, on a bus with a number below @limit. */
static bool
virDomainPCIFindBridgeSlot(virDomainPCILayout *layout, virDomainPCIKind kind, int limit,
                           virPCIDeviceAddress *addr)
{
    int index = virDomainPCILayoutFindIndex(layout, 0);

    if (virDomainPCILayoutFindSlot(layout, kind, limit, addr))
        return true;
    if (!layout->express ||
        (kind != VIR_DOMAIN_PCI_EXPRESS && kind != VIR_DOMAIN_PCI_UPSTREAM_PORT))
        return false;
    if (index > 0 && index < limit) {
        virDomainPCILayoutAddBus(layout, VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT, index);
        *addr = (virPCIDeviceAddress){.bus = (unsigned int)index};
        return true;
    }
    return kind == VIR_DOMAIN_PCI_EXPRESS &&
           virDomainPCILayoutFindSlot(layout, VIR_DOMAIN_PCI_INTEGRATED, 1, addr);
}

/* Step 4: a bridge that the user wrote is on a bus with a lower number. */
static int
virDomainPCIPlaceBridge(virDomainPCILayout *layout, const virDomainDeviceDef *dev,
                        const virDomainPCIPlace *place)
{
    virPCIDeviceAddress at = {0};
    g_autofree char *name = NULL;

    if (virDomainPCIHasAddress(dev) || !virDomainPCIIsBridge(dev))
        return 0;
    if (virDomainPCIFindBridgeSlot(layout, place->kind, dev->data.controller->index, &at)) {
        virDomainPCILayoutPut(layout, dev->info, &at);
        return 0;
    }
    name = virDomainDeviceDescribe(dev);
    virReportError(VIR_ERR_XML_ERROR,
                   _("there is no place for %1$s on a PCI bus with a lower number; give it a "
                     "higher index or an <address>"),
                   name);
    return -1;
}

/* Step 5: everything else has a place. */
static int
virDomainPCIPlaceDevice(virDomainPCILayout *layout, const virDomainDeviceDef *dev,
                        const virDomainPCIPlace *place)
{
    virPCIDeviceAddress at = {0};

    if (virDomainPCIHasAddress(dev) || place->kind == VIR_DOMAIN_PCI_ROOT_PORT)
        return 0;
    if (virDomainPCIPlaceWish(layout, dev, place) < 0)
        return -1;
    if (virDomainPCIHasAddress(dev))
        return 0;
    if (!virDomainPCILayoutFindSlot(layout, place->kind, VIR_DOMAIN_PCI_BUSES, &at) &&
        virDomainPCIGrow(layout, dev, place->kind, &at) < 0)
        return -1;
    at.function = place->at.function;
    virDomainPCILayoutPut(layout, dev->info, &at);
    return 0;
}

/* Step 6: some root ports stay free, if it is us who choose how many there are. */
static void
virDomainPCIAddSpares(virDomainPCILayout *layout)
{
    unsigned int free = 0;

    for (unsigned int bus = 1; bus < VIR_DOMAIN_PCI_BUSES; bus++) {
        if (layout->buses[bus] && virDomainControllerIsRootPort(layout->buses[bus]) &&
            virDomainPCILayoutSlotIsFree(layout, bus, 0))
            free++;
    }
    for (; free < VIR_DOMAIN_SPARE_ROOT_PORTS; free++) {
        int index = virDomainPCILayoutFindIndex(layout, 0);

        if (index < 0 || index > VIR_DOMAIN_PCI_BUSES / 2)
            return;
        virDomainPCILayoutAddBus(layout, VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT, index);
    }
}

/* Step 7: every root port has a place on bus 0, in slots that all others left alone. */
static int
virDomainPCIPlaceRootPorts(virDomainPCILayout *layout)
{
    virPCIDeviceAddress next = {0};

    for (int bus = 1; bus < VIR_DOMAIN_PCI_BUSES; bus++) {
        virDomainControllerDef *port = layout->buses[bus];

        if (!port || !virDomainControllerIsRootPort(port) ||
            port->info.type == VIR_DOMAIN_DEVICE_ADDRESS_PCI)
            continue;
        if (next.function == 0 &&
            !virDomainPCILayoutFindSlot(layout, VIR_DOMAIN_PCI_ROOT_PORT, 1, &next)) {
            virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                           _("unsupported configuration: bus 0 of the guest has no room for root "
                             "port %1$d"),
                           bus);
            return -1;
        }
        virDomainPCILayoutPut(layout, &port->info, &next);
        next.function = (next.function + 1) % VIR_DOMAIN_PCI_FUNCTIONS;
    }
    return 0;
}

/* Step 8: guests look at functions 1 to 7 of a slot only if there is a function 0 that says so. */
static int
virDomainPCISetMultifunction(virDomainPCILayout *layout, const virDomainDeviceDef *dev,
                             const virDomainPCIPlace *place)
{
    const virPCIDeviceAddress *addr = &dev->info->addr.pci;
    guint8 used = layout->used[addr->bus][addr->slot];
    g_autofree char *where = NULL;
    g_autofree char *name = NULL;

    if (place->wish == VIR_DOMAIN_PCI_FIXED)
        return 0;
    if (used & 1) {
        dev->info->multifunction = addr->function == 0 && (dev->info->multifunction || used != 1);
        return 0;
    }
    where = virPCIDeviceAddressAsString(addr);
    name = virDomainDeviceDescribe(dev);
    virReportError(VIR_ERR_XML_ERROR,
                   _("the guest would not see %1$s at %2$s: function 0 of that slot is missing"),
                   name, where);
    return -1;
}

/* Marks a number as used by one controller. */
static int
virDomainPCICheckNumber(bool *seen, const char *what, int number)
{
    if (number < 1 || number > VIR_DOMAIN_CONTROLLER_MAX_INDEX || seen[number]) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("%1$s %2$d is not the number of one PCI controller; there are 1 to %3$d"),
                       what, number, VIR_DOMAIN_CONTROLLER_MAX_INDEX);
        return -1;
    }
    seen[number] = true;
    return 0;
}

static int
virDomainPCINumberBus(virDomainControllerDef *bus, bool *seenChassis, bool *seenNumber)
{
    const virPCIDeviceAddress *addr = &bus->info.addr.pci;

    if (bus->model == VIR_DOMAIN_CONTROLLER_PCI_BRIDGE) {
        if (bus->chassisNumber == VIR_DOMAIN_CONTROLLER_UNSET)
            bus->chassisNumber = bus->index;
        return virDomainPCICheckNumber(seenNumber, "chassisNr", bus->chassisNumber);
    }
    if (bus->model != VIR_DOMAIN_CONTROLLER_PCIE_DOWNSTREAM_PORT &&
        bus->model != VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT)
        return 0;
    if (bus->chassis == VIR_DOMAIN_CONTROLLER_UNSET)
        bus->chassis = bus->index;
    if (bus->port == VIR_DOMAIN_CONTROLLER_UNSET)
        bus->port = (int)(addr->slot << 3 | addr->function);
    return virDomainPCICheckNumber(seenChassis, "chassis", bus->chassis);
}

/* Step 9: ports and bridges have the numbers that firmware tells them apart by. */
static int
virDomainPCINumberBuses(virDomainPCILayout *layout)
{
    bool chassis[VIR_DOMAIN_PCI_BUSES] = {false};
    bool numbers[VIR_DOMAIN_PCI_BUSES] = {false};

    for (int bus = 1; bus < VIR_DOMAIN_PCI_BUSES; bus++) {
        if (layout->buses[bus] && virDomainPCINumberBus(layout->buses[bus], chassis, numbers) < 0)
            return -1;
    }
    return 0;
}

static bool
virDomainPCIHasRootPort(const virDomainDef *def)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        if (virDomainControllerIsRootPort(g_ptr_array_index(def->controllers, i)))
            return true;
    }
    return false;
}

static virDomainPCILayout *
virDomainPCILayoutNew(virDomainDef *def)
{
    virDomainPCILayout *layout = g_new0(virDomainPCILayout, 1);

    layout->def = def;
    layout->express = virDomainDefHasPCIe(def);
    return layout;
}

int
virDomainAssignPCIAddresses(virDomainDef *def)
{
    g_autofree virDomainPCILayout *layout = virDomainPCILayoutNew(def);
    bool spares = layout->express && !virDomainPCIHasRootPort(def);

    if (virDomainPCIIndexBuses(layout) < 0 ||
        virDomainPCIForEach(layout, virDomainPCIClaimGiven) < 0 ||
        virDomainPCIForEach(layout, virDomainPCIPlaceWish) < 0 ||
        virDomainPCIForEach(layout, virDomainPCIPlaceBridge) < 0 ||
        virDomainPCIForEach(layout, virDomainPCIPlaceDevice) < 0)
        return -1;
    if (spares)
        virDomainPCIAddSpares(layout);
    if (virDomainPCIPlaceRootPorts(layout) < 0 ||
        virDomainPCIForEach(layout, virDomainPCISetMultifunction) < 0)
        return -1;
    return virDomainPCINumberBuses(layout);
}

/* The controller that would have had room for a device. */
static const char *
virDomainPCIGetRemedy(const virDomainPCILayout *layout, virDomainPCIKind kind)
{
    if (!layout->express)
        return "pci-bridge";
    return kind == VIR_DOMAIN_PCI_CONVENTIONAL ? "pcie-to-pci-bridge" : "pcie-root-port";
}

int
virDomainAssignDevicePCIAddress(virDomainDef *def, const virDomainDeviceDef *dev)
{
    g_autofree virDomainPCILayout *layout = virDomainPCILayoutNew(def);
    virDomainPCIPlace place = virDomainDeviceGetClass(dev->type)->pciPlace(def, dev->data.any);
    virPCIDeviceAddress at = {0};
    g_autofree char *name = NULL;

    if (virDomainPCIAddGivenBuses(layout) < 0 ||
        virDomainPCIForEach(layout, virDomainPCIClaimGiven) < 0)
        return -1;
    if (virDomainPCIHasAddress(dev))
        return virDomainPCILayoutClaim(layout, dev, &place);
    if (virDomainPCILayoutFindSlot(layout, place.kind, VIR_DOMAIN_PCI_BUSES, &at)) {
        virDomainPCILayoutPut(layout, dev->info, &at);
        return 0;
    }
    name = virDomainDeviceDescribe(dev);
    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("no PCI slot is free for %1$s in the running guest; add <controller "
                     "type='pci' model='%2$s'/> to its definition and start it anew"),
                   name, virDomainPCIGetRemedy(layout, place.kind));
    return -1;
}
