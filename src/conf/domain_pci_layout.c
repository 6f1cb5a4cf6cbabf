/*
 * domain_pci_layout.c: the guest's PCI buses and what is in their slots
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_pci_layout.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS      VIR_FROM_DOMAIN

#define VIR_PCI_KIND(kind) (1u << VIR_DOMAIN_PCI_##kind)
#define VIR_PCI_KINDS_ENDPOINT                                                                     \
    (VIR_PCI_KIND(EXPRESS) | VIR_PCI_KIND(CONVENTIONAL) | VIR_PCI_KIND(INTEGRATED))

/* What a bus is like: its slots, what can be there, and what we put there of ourselves. */
static const struct {
    guint8 first;
    guint8 last;
    guint8 accepts;
    guint8 takes;
} virDomainPCIBusTypes[VIR_DOMAIN_CONTROLLER_PCI_LAST] = {
    [VIR_DOMAIN_CONTROLLER_PCIE_ROOT] = {1, 0x1e, VIR_PCI_KINDS_ENDPOINT | VIR_PCI_KIND(ROOT_PORT),
                                         VIR_PCI_KIND(INTEGRATED) | VIR_PCI_KIND(ROOT_PORT)},
    [VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT] = {0, 0,
                                              VIR_PCI_KINDS_ENDPOINT | VIR_PCI_KIND(UPSTREAM_PORT),
                                              VIR_PCI_KIND(EXPRESS) | VIR_PCI_KIND(UPSTREAM_PORT)},
    [VIR_DOMAIN_CONTROLLER_PCIE_UPSTREAM_PORT] = {0, 0x1f, VIR_PCI_KIND(DOWNSTREAM_PORT),
                                                  VIR_PCI_KIND(DOWNSTREAM_PORT)},
    [VIR_DOMAIN_CONTROLLER_PCIE_DOWNSTREAM_PORT] =
        {0, 0, VIR_PCI_KINDS_ENDPOINT | VIR_PCI_KIND(UPSTREAM_PORT),
         VIR_PCI_KIND(EXPRESS) | VIR_PCI_KIND(UPSTREAM_PORT)},
    [VIR_DOMAIN_CONTROLLER_PCIE_TO_PCI_BRIDGE] = {1, 0x1f, VIR_PCI_KINDS_ENDPOINT,
                                                  VIR_PCI_KIND(CONVENTIONAL)},
    [VIR_DOMAIN_CONTROLLER_PCI_ROOT] = {1, 0x1f, VIR_PCI_KINDS_ENDPOINT,
                                        VIR_PCI_KIND(CONVENTIONAL)},
    [VIR_DOMAIN_CONTROLLER_PCI_BRIDGE] = {1, 0x1f, VIR_PCI_KINDS_ENDPOINT,
                                          VIR_PCI_KIND(CONVENTIONAL)},
};

virDomainControllerDef *
virDomainPCILayoutAddBus(virDomainPCILayout *layout, virDomainControllerModelPCI model, int index)
{
    virDomainControllerDef *controller =
        virDomainControllerDefNew(VIR_DOMAIN_CONTROLLER_TYPE_PCI, (int)model, index);

    virDomainControllerInsert(layout->def, controller);
    layout->buses[index] = controller;
    return controller;
}

bool
virDomainPCILayoutIsFree(const virDomainPCILayout *layout, const virPCIDeviceAddress *addr)
{
    return !(layout->used[addr->bus][addr->slot] & 1 << addr->function);
}

bool
virDomainPCILayoutSlotIsFree(const virDomainPCILayout *layout, unsigned int bus, unsigned int slot)
{
    return layout->used[bus][slot] == 0;
}

/* i440fx's ISA bridge, IDE, USB and ACPI are in slot 1; the host bridges are in slot 0. */
static bool
virDomainPCIIsMachines(const virDomainPCILayout *layout, const virPCIDeviceAddress *addr)
{
    return addr->bus == 0 &&
           (addr->slot == 0 || addr->slot == (layout->express ? VIR_DOMAIN_PCI_SLOT_ICH9 : 1));
}

static int
    G_GNUC_PRINTF(2, 3) virDomainPCIReportPlace(const virDomainDeviceDef *dev, const char *fmt, ...)
{
    g_autofree char *name = virDomainDeviceDescribe(dev);
    g_autofree char *where = virPCIDeviceAddressAsString(&dev->info->addr.pci);
    g_autofree char *reason = NULL;
    va_list ap;

    va_start(ap, fmt);
    reason = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    virReportError(VIR_ERR_XML_ERROR, _("%1$s cannot be at %2$s in the guest: %3$s"), name, where,
                   reason);
    return -1;
}

#define virDomainPCIReport(dev, ...) __extension__ virDomainPCIReportPlace((dev), __VA_ARGS__)

/* Another device has the address. */
static int
virDomainPCIReportTaken(const virDomainPCILayout *layout, const virDomainDeviceDef *dev)
{
    virDomainDeviceIter iter = virDomainDeviceIterInit(layout->def);
    virDomainDeviceDef other;

    while (virDomainDeviceIterNext(&iter, &other)) {
        g_autofree char *name = NULL;

        if (other.data.any == dev->data.any || other.info->type != VIR_DOMAIN_DEVICE_ADDRESS_PCI ||
            virPCIDeviceAddressCompare(&other.info->addr.pci, &dev->info->addr.pci) != 0)
            continue;
        name = virDomainDeviceDescribe(&other);
        return virDomainPCIReport(dev, _("%1$s is there"), name);
    }
    return virDomainPCIReport(dev, "%s", _("another device is there"));
}

/* Whether the device may be on that bus at all, and whether the bus has such a slot. */
static int
virDomainPCICheckBus(const virDomainPCILayout *layout, const virDomainDeviceDef *dev,
                     const virDomainPCIPlace *place)
{
    const virPCIDeviceAddress *addr = &dev->info->addr.pci;
    const virDomainControllerDef *bus = layout->buses[addr->bus];
    virDomainDeviceDef parent;
    g_autofree char *name = NULL;

    if (!bus)
        return virDomainPCIReport(dev, _("there is no PCI bus %1$u"), addr->bus);
    parent = virDomainDeviceWrap(VIR_DOMAIN_DEVICE_CONTROLLER, layout->buses[addr->bus]);
    name = virDomainDeviceDescribe(&parent);
    if (!(virDomainPCIBusTypes[bus->model].accepts & 1u << place->kind))
        return virDomainPCIReport(dev, _("the bus of %1$s takes no such device"), name);
    if (addr->slot < virDomainPCIBusTypes[bus->model].first ||
        addr->slot > virDomainPCIBusTypes[bus->model].last)
        return virDomainPCIReport(dev, _("the bus of %1$s has slots %2$u to %3$u"), name,
                                  virDomainPCIBusTypes[bus->model].first,
                                  virDomainPCIBusTypes[bus->model].last);
    return 0;
}

/* A bus is behind one with a lower number, so that there are no circles. */
static int
virDomainPCICheckOrder(const virDomainDeviceDef *dev)
{
    const virDomainControllerDef *controller = dev->data.controller;

    if (dev->type != VIR_DOMAIN_DEVICE_CONTROLLER ||
        controller->type != VIR_DOMAIN_CONTROLLER_TYPE_PCI ||
        controller->index > (int)dev->info->addr.pci.bus)
        return 0;
    return virDomainPCIReport(dev, "%s",
                              _("a PCI controller's index is above the number of the bus that "
                                "it is on"));
}

int
virDomainPCILayoutClaim(virDomainPCILayout *layout, const virDomainDeviceDef *dev,
                        const virDomainPCIPlace *place)
{
    const virPCIDeviceAddress *addr = &dev->info->addr.pci;

    if (place->wish == VIR_DOMAIN_PCI_FIXED) {
        if (virPCIDeviceAddressCompare(addr, &place->at) != 0) {
            g_autofree char *where = virPCIDeviceAddressAsString(&place->at);

            return virDomainPCIReport(dev, _("the machine has it at %1$s"), where);
        }
    } else if (virDomainPCIIsMachines(layout, addr)) {
        return virDomainPCIReport(dev, "%s", _("the machine's own devices are there"));
    } else if (virDomainPCICheckOrder(dev) < 0 || virDomainPCICheckBus(layout, dev, place) < 0) {
        return -1;
    }
    if (!virDomainPCILayoutIsFree(layout, addr))
        return virDomainPCIReportTaken(layout, dev);
    layout->used[addr->bus][addr->slot] =
        (guint8)(layout->used[addr->bus][addr->slot] | 1 << addr->function);
    return 0;
}

void
virDomainPCILayoutPut(virDomainPCILayout *layout, virDomainDeviceInfo *info,
                      const virPCIDeviceAddress *addr)
{
    info->type = VIR_DOMAIN_DEVICE_ADDRESS_PCI;
    info->addr.pci = *addr;
    layout->used[addr->bus][addr->slot] =
        (guint8)(layout->used[addr->bus][addr->slot] | 1 << addr->function);
}

/* Fills in the slot of @addr, whose bus is given. */
static bool
virDomainPCIFindSlotOfBus(const virDomainPCILayout *layout, unsigned int spare,
                          virPCIDeviceAddress *addr)
{
    int model = layout->buses[addr->bus]->model;
    unsigned int found = 0;

    for (unsigned int slot = virDomainPCIBusTypes[model].first;
         slot <= virDomainPCIBusTypes[model].last; slot++) {
        virPCIDeviceAddress each = {.bus = addr->bus, .slot = slot};

        if (!virDomainPCILayoutSlotIsFree(layout, addr->bus, slot) ||
            virDomainPCIIsMachines(layout, &each))
            continue;
        if (found++ == 0)
            addr->slot = slot;
        if (found > spare)
            return true;
    }
    return false;
}

bool
virDomainPCILayoutFindSlot(const virDomainPCILayout *layout, virDomainPCIKind kind, int limit,
                           virPCIDeviceAddress *addr)
{
    /* Conventional PCI has no distinctions. */
    unsigned int wanted = 1u << (layout->express ? kind : VIR_DOMAIN_PCI_CONVENTIONAL);
    unsigned int spare = !layout->express && limit == VIR_DOMAIN_PCI_BUSES ? 1 : 0;

    for (int bus = 0; bus < limit; bus++) {
        virPCIDeviceAddress found = {.bus = (unsigned int)bus};

        if (!layout->buses[bus] ||
            !(virDomainPCIBusTypes[layout->buses[bus]->model].takes & wanted))
            continue;
        if (virDomainPCIFindSlotOfBus(layout, spare, &found)) {
            *addr = found;
            return true;
        }
    }
    return false;
}

int
virDomainPCILayoutFindIndex(const virDomainPCILayout *layout, int above)
{
    for (int index = above + 1; index < VIR_DOMAIN_PCI_BUSES; index++) {
        if (!layout->buses[index])
            return index;
    }
    return -1;
}
