/*
 * domain_address.c: the guest's PCI Express topology: where every device goes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_address.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

/* q35 has its host bridge in slot 0 of bus 0, and its ISA bridge, SATA and SMBus in slot 31. */
#define VIR_DOMAIN_SLOT_HOST_BRIDGE 0x00
#define VIR_DOMAIN_SLOT_ICH9        0x1f

#define VIR_DOMAIN_FUNCTIONS        8

/* The functions in use on a bus, a bit each, per slot. */
typedef struct {
    guint8 used[VIR_DOMAIN_SLOT_ICH9 + 1];
} virDomainPCIBus;

static virDomainControllerDef *
virDomainFindController(const virDomainDef *def, int index)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->index == index)
            return controller;
    }
    return NULL;
}

/* The lowest index that no controller has and no device asks for; -1 if there is none. */
static int
virDomainFindFreeIndex(const virDomainDef *def)
{
    bool taken[VIR_DOMAIN_CONTROLLER_MAX_INDEX + 1] = {true};

    for (guint i = 0; i < def->controllers->len; i++) {
        const virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->index >= 0)
            taken[controller->index] = true;
    }
    for (guint i = 0; i < def->hostdevs->len; i++) {
        const virDomainHostdevDef *hostdev = g_ptr_array_index(def->hostdevs, i);

        if (hostdev->info.hasAddress)
            taken[hostdev->info.address.bus] = true;
    }
    for (int index = 1; index <= VIR_DOMAIN_CONTROLLER_MAX_INDEX; index++) {
        if (!taken[index])
            return index;
    }
    return -1;
}

static void
virDomainAddController(virDomainDef *def, virDomainControllerModel model, int index)
{
    g_ptr_array_add(def->controllers, virDomainControllerDefNew(model, index));
}

static gint
virDomainCompareControllers(gconstpointer a, gconstpointer b)
{
    const virDomainControllerDef *left = *(virDomainControllerDef *const *)a;
    const virDomainControllerDef *right = *(virDomainControllerDef *const *)b;

    return left->index - right->index;
}

/* Step 1: every controller has an index of its own, and there is a root. */
static int
virDomainIndexControllers(virDomainDef *def)
{
    bool seen[VIR_DOMAIN_CONTROLLER_MAX_INDEX + 1] = {false};

    if (!virDomainFindController(def, 0))
        virDomainAddController(def, VIR_DOMAIN_CONTROLLER_PCIE_ROOT, 0);
    for (guint i = 0; i < def->controllers->len; i++) {
        virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->index == VIR_DOMAIN_CONTROLLER_UNSET &&
            (controller->index = virDomainFindFreeIndex(def)) < 0) {
            virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                           _("unsupported configuration: more than %1$d PCI controllers"),
                           VIR_DOMAIN_CONTROLLER_MAX_INDEX);
            return -1;
        }
        if (seen[controller->index]) {
            virReportError(VIR_ERR_XML_ERROR, _("two PCI controllers have index %1$d"),
                           controller->index);
            return -1;
        }
        seen[controller->index] = true;
    }
    return 0;
}

static bool
virDomainPortIsUsed(const virDomainDef *def, int index)
{
    for (guint i = 0; i < def->hostdevs->len; i++) {
        const virDomainHostdevDef *hostdev = g_ptr_array_index(def->hostdevs, i);

        if (hostdev->info.hasAddress && hostdev->info.address.bus == (unsigned int)index)
            return true;
    }
    return false;
}

/* The lowest root port that nobody uses, or a new one; -1 with an error reported if none is left.
 */
static int
virDomainTakePort(virDomainDef *def)
{
    int index;

    for (guint i = 0; i < def->controllers->len; i++) {
        const virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->index > 0 && !virDomainPortIsUsed(def, controller->index))
            return controller->index;
    }
    if ((index = virDomainFindFreeIndex(def)) < 0) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("unsupported configuration: more host devices than the %1$d root ports "
                         "that a guest can have"),
                       VIR_DOMAIN_CONTROLLER_MAX_INDEX);
        return -1;
    }
    virDomainAddController(def, VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT, index);
    return index;
}

/* Step 2: every host device has an address, and the root port that the address names exists. */
static int
virDomainPlaceHostdevs(virDomainDef *def)
{
    for (guint i = 0; i < def->hostdevs->len; i++) {
        const virDomainHostdevDef *hostdev = g_ptr_array_index(def->hostdevs, i);
        int bus = (int)hostdev->info.address.bus;

        if (hostdev->info.hasAddress && !virDomainFindController(def, bus))
            virDomainAddController(def, VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT, bus);
    }
    g_ptr_array_sort(def->controllers, virDomainCompareControllers);

    for (guint i = 0; i < def->hostdevs->len; i++) {
        virDomainHostdevDef *hostdev = g_ptr_array_index(def->hostdevs, i);
        int bus;

        if (hostdev->info.hasAddress)
            continue;
        if ((bus = virDomainTakePort(def)) < 0)
            return -1;
        hostdev->info.hasAddress = true;
        hostdev->info.address = (virPCIDeviceAddress){.bus = (unsigned int)bus};
    }
    g_ptr_array_sort(def->controllers, virDomainCompareControllers);
    return 0;
}

/* Marks an address as used. Returns -1 with an error reported if nothing can be there. */
static int
virDomainClaimAddress(virDomainPCIBus *buses, const virDomainDeviceInfo *info, const char *device)
{
    const virPCIDeviceAddress *addr = &info->address;
    guint8 *used = &buses[addr->bus].used[addr->slot];
    g_autofree char *where = virPCIDeviceAddressAsString(addr);

    if (addr->bus == 0 &&
        (addr->slot == VIR_DOMAIN_SLOT_HOST_BRIDGE || addr->slot == VIR_DOMAIN_SLOT_ICH9)) {
        virReportError(
            VIR_ERR_XML_ERROR,
            _("%1$s cannot be at %2$s in the guest: the machine's own devices are there"), device,
            where);
        return -1;
    }
    if (addr->bus != 0 && addr->slot != 0) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("%1$s cannot be at %2$s in the guest: a root port's bus has slot 0 only"),
                       device, where);
        return -1;
    }
    if (*used & 1 << addr->function) {
        virReportError(VIR_ERR_XML_ERROR,
                       _("%1$s cannot be at %2$s in the guest: another device is there"), device,
                       where);
        return -1;
    }
    *used = (guint8)(*used | 1 << addr->function);
    return 0;
}

static int
virDomainClaimGivenAddresses(const virDomainDef *def, virDomainPCIBus *buses)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        const virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);
        g_autofree char *name = virFormat(_("root port %1$d"), controller->index);

        if (!controller->info.hasAddress)
            continue;
        if (controller->info.address.bus != 0) {
            virReportError(VIR_ERR_XML_ERROR, _("%1$s must be on bus 0 of the guest, the root"),
                           name);
            return -1;
        }
        if (virDomainClaimAddress(buses, &controller->info, name) < 0)
            return -1;
    }
    for (guint i = 0; i < def->hostdevs->len; i++) {
        const virDomainHostdevDef *hostdev = g_ptr_array_index(def->hostdevs, i);
        g_autofree char *source = virPCIDeviceAddressAsString(&hostdev->source);
        g_autofree char *name = virFormat(_("host device %1$s"), source);

        if (virDomainClaimAddress(buses, &hostdev->info, name) < 0)
            return -1;
    }
    return 0;
}

/* Step 3: every root port has a place on bus 0, in slots that the user left alone. */
static int
virDomainPlacePorts(virDomainDef *def, virDomainPCIBus *buses)
{
    virPCIDeviceAddress next = {.slot = VIR_DOMAIN_SLOT_HOST_BRIDGE + 1};

    for (guint i = 0; i < def->controllers->len; i++) {
        virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->index == 0 || controller->info.hasAddress)
            continue;
        while (next.function == 0 && next.slot < VIR_DOMAIN_SLOT_ICH9 && buses[0].used[next.slot])
            next.slot++;
        if (next.slot >= VIR_DOMAIN_SLOT_ICH9) {
            virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                           _("unsupported configuration: bus 0 of the guest has no room for root "
                             "port %1$d"),
                           controller->index);
            return -1;
        }
        controller->info.hasAddress = true;
        controller->info.address = next;
        buses[0].used[next.slot] = (guint8)(buses[0].used[next.slot] | 1 << next.function);
        if (++next.function == VIR_DOMAIN_FUNCTIONS) {
            next.function = 0;
            next.slot++;
        }
    }
    return 0;
}

/* Guests look at functions 1 to 7 of a slot only if there is a function 0 that says so. */
static int
virDomainSetMultifunction(const virDomainPCIBus *buses, virDomainDeviceInfo *info)
{
    guint8 used = buses[info->address.bus].used[info->address.slot];

    if (!(used & 1)) {
        g_autofree char *where = virPCIDeviceAddressAsString(&info->address);

        virReportError(VIR_ERR_XML_ERROR,
                       _("the guest would not see its device at %1$s: function 0 of that slot is "
                         "missing"),
                       where);
        return -1;
    }
    info->multifunction = info->address.function == 0 && (info->multifunction || used != 1);
    return 0;
}

/* Step 4: what follows from the addresses. */
static int
virDomainFinishDevices(virDomainDef *def, const virDomainPCIBus *buses)
{
    bool seen[VIR_DOMAIN_CONTROLLER_MAX_INDEX + 1] = {false};

    for (guint i = 0; i < def->hostdevs->len; i++) {
        virDomainHostdevDef *hostdev = g_ptr_array_index(def->hostdevs, i);

        if (virDomainSetMultifunction(buses, &hostdev->info) < 0)
            return -1;
    }
    for (guint i = 0; i < def->controllers->len; i++) {
        virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);
        const virPCIDeviceAddress *addr = &controller->info.address;

        if (controller->index == 0)
            continue;
        if (virDomainSetMultifunction(buses, &controller->info) < 0)
            return -1;
        if (controller->chassis == VIR_DOMAIN_CONTROLLER_UNSET)
            controller->chassis = controller->index;
        if (controller->port == VIR_DOMAIN_CONTROLLER_UNSET)
            controller->port = (int)(addr->slot << 3 | addr->function);
        if (seen[controller->chassis]) {
            virReportError(VIR_ERR_XML_ERROR, _("two root ports have chassis %1$d"),
                           controller->chassis);
            return -1;
        }
        seen[controller->chassis] = true;
    }
    return 0;
}

int
virDomainAssignPCIAddresses(virDomainDef *def)
{
    g_autofree virDomainPCIBus *buses =
        g_new0(virDomainPCIBus, VIR_DOMAIN_CONTROLLER_MAX_INDEX + 1);

    if (virDomainIndexControllers(def) < 0 || virDomainPlaceHostdevs(def) < 0 ||
        virDomainClaimGivenAddresses(def, buses) < 0 || virDomainPlacePorts(def, buses) < 0)
        return -1;
    return virDomainFinishDevices(def, buses);
}
