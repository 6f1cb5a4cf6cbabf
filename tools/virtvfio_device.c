/*
 * virtvfio_device.c: everything known of one device, gathered once
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virtvfio_device.h"

struct _virtvfioInventory {
    virPCIHost *host;
    virPCIScan *scan;
    virKModIndex *index;
    GHashTable *groups; /* number -> virPCIIOMMUGroup, NULL if it cannot be read */
};

virtvfioInventory *
virtvfioInventoryNew(virPCIHost *host, virtvfioInventoryMode mode)
{
    g_autoptr(virPCIScan) scan = NULL;
    virtvfioInventory *inventory;

    if (mode == VIRTVFIO_INVENTORY_SCAN && !(scan = virPCIScanNew(host)))
        return NULL;
    inventory = g_new0(virtvfioInventory, 1);
    inventory->host = virPCIHostRef(host);
    inventory->index =
        scan ? virKModIndexRef(virPCIScanGetIndex(scan)) : virKModGetIndex(virPCIHostGetKMod(host));
    inventory->scan = g_steal_pointer(&scan);
    inventory->groups = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL,
                                              (GDestroyNotify)virPCIIOMMUGroupFree);
    return inventory;
}

void
virtvfioInventoryFree(virtvfioInventory *inventory)
{
    if (!inventory)
        return;
    g_hash_table_unref(inventory->groups);
    virKModIndexUnref(inventory->index);
    virPCIScanFree(inventory->scan);
    virPCIHostUnref(inventory->host);
    g_free(inventory);
}

virPCIHost *
virtvfioInventoryGetHost(const virtvfioInventory *inventory)
{
    return inventory->host;
}

const virPCIScan *
virtvfioInventoryGetScan(const virtvfioInventory *inventory)
{
    return inventory->scan;
}

const virKModIndex *
virtvfioInventoryGetIndex(const virtvfioInventory *inventory)
{
    return inventory->index;
}

static const virPCIIOMMUGroup *
virtvfioInventoryGetGroup(virtvfioInventory *inventory, int number)
{
    void *key = GINT_TO_POINTER(number);
    void *group;

    if (number < 0)
        return NULL;
    if (g_hash_table_lookup_extended(inventory->groups, key, NULL, &group))
        return group;
    if (!(group = virPCIIOMMUGroupNew(inventory->host, inventory->scan, number)))
        virErrorReset(); /* the group's number is known all the same */
    g_hash_table_insert(inventory->groups, key, group);
    return group;
}

static int
virtvfioInventoryReadBinding(const virtvfioInventory *inventory, virPCIDevice *dev,
                             virtvfioDevice *device)
{
    virPCIBinding *binding = &device->binding;
    const virPCIScanDevice *known = NULL;

    if (inventory->scan)
        known = virPCIScanFind(inventory->scan, virPCIDeviceGetAddress(dev));
    if (!known)
        return virPCIDeviceGetBinding(dev, binding);
    if (known->driver) {
        binding->driver = g_strdup(known->driver->name);
        binding->module = g_strdup(known->driver->module);
    }
    binding->type = known->type;
    binding->basis = known->basis;
    device->error = known->error;
    return 0;
}

int
virtvfioInventoryRead(virtvfioInventory *inventory, const virPCIDeviceAddress *addr,
                      virtvfioDevice *device)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(inventory->host, addr);
    g_auto(virtvfioDevice) found = {0};

    if (!dev || virtvfioInventoryReadBinding(inventory, dev, &found) < 0 ||
        virPCIDeviceReadFacts(dev, &found.facts) < 0)
        return -1;
    virPCIDeviceAddressFormat(addr, found.name);
    found.hasBest =
        virPCIFindBestDriver(inventory->host, inventory->index, found.facts.modalias, &found.best);
    found.group = virtvfioInventoryGetGroup(inventory, found.facts.iommuGroup);
    *device = found;
    memset(&found, 0, sizeof(found));
    return 0;
}

void
virtvfioDeviceClear(virtvfioDevice *device)
{
    virPCIDeviceFactsClear(&device->facts);
    virPCIBindingClear(&device->binding);
    virPCIBestDriverClear(&device->best);
    memset(device, 0, sizeof(*device));
}

bool
virtvfioDeviceBestIsAssumed(virPCIHost *host, const virtvfioDevice *device)
{
    return device->hasBest && !device->best.pattern &&
           !virSysfsExists(virPCIHostGetRoot(host), "sys/bus/pci/drivers/vfio-pci");
}
