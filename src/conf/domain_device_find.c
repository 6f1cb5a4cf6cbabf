/*
 * domain_device_find.c: devices that come and go: into a definition, out of it, found by their XML
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_device_find.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

void
virDomainDeviceInsert(virDomainDef *def, const virDomainDeviceDef *dev)
{
    GPtrArray *list = virDomainDefGetDevices(def, dev->type);
    guint at = list->len;

    /* Host devices that are interfaces come first. */
    if (dev->type == VIR_DOMAIN_DEVICE_HOSTDEV && dev->data.hostdev->parentNet) {
        for (at = 0; at < list->len; at++) {
            const virDomainHostdevDef *hostdev = g_ptr_array_index(list, at);

            if (!hostdev->parentNet)
                break;
        }
    }
    g_ptr_array_insert(list, (gint)at, dev->data.any);
}

void
virDomainDeviceSteal(virDomainDef *def, const virDomainDeviceDef *dev)
{
    GPtrArray *list = virDomainDefGetDevices(def, dev->type);
    guint at;

    if (g_ptr_array_find(list, dev->data.any, &at))
        (void)!g_ptr_array_steal_index(list, at);
}

/* Names and places that are ours are those of what runs: a definition has its own. */
static bool
virDomainDeviceIsNamed(const virDomainDef *def, const virDomainDeviceInfo *info,
                       const virDomainDeviceInfo *wanted)
{
    if (!wanted->alias || (def->id < 0 && !virDomainDeviceAliasIsUser(wanted->alias)))
        return true;
    return g_strcmp0(info->alias, wanted->alias) == 0;
}

static bool
virDomainDeviceIsAt(const virDomainDef *def, const virDomainDeviceInfo *info,
                    const virDomainDeviceInfo *wanted)
{
    if (wanted->type != VIR_DOMAIN_DEVICE_ADDRESS_PCI || def->id < 0)
        return true;
    return info->type == wanted->type &&
           virPCIDeviceAddressCompare(&info->addr.pci, &wanted->addr.pci) == 0;
}

/* A MAC address that is not in the document was made up. */
static bool
virDomainNetIsWanted(const virDomainNetDef *net, const virDomainNetDef *wanted, virXMLNode *node)
{
    return net->type == wanted->type &&
           (!virXMLGetChild(node, "mac") || memcmp(net->mac, wanted->mac, sizeof(net->mac)) == 0);
}

static bool
virDomainDeviceIsWanted(const virDomainDef *def, const virDomainDeviceDef *dev,
                        const virDomainDeviceDef *wanted, virXMLNode *node)
{
    if (!virDomainDeviceIsNamed(def, dev->info, wanted->info) ||
        !virDomainDeviceIsAt(def, dev->info, wanted->info))
        return false;
    switch (dev->type) {
    case VIR_DOMAIN_DEVICE_DISK:
        return strcmp(dev->data.disk->target, wanted->data.disk->target) == 0;
    case VIR_DOMAIN_DEVICE_HOSTDEV:
        return virPCIDeviceAddressCompare(&dev->data.hostdev->source,
                                          &wanted->data.hostdev->source) == 0;
    case VIR_DOMAIN_DEVICE_NET:
        return virDomainNetIsWanted(dev->data.net, wanted->data.net, node);
    case VIR_DOMAIN_DEVICE_RNG:
        return dev->data.rng->backend == wanted->data.rng->backend &&
               g_strcmp0(dev->data.rng->source, wanted->data.rng->source) == 0;
    case VIR_DOMAIN_DEVICE_CHANNEL:
        return strcmp(dev->data.chr->name, wanted->data.chr->name) == 0;
    default:
        return true;
    }
}

int
virDomainDeviceParseWanted(const virDomainDef *def, virXMLNode *node, virDomainDeviceDef *wanted)
{
    /* What runs, and not what a guest may start with: one that runs is what it is, and what it has
     * left to the host by itself must not hide its devices. */
    g_autofree char *text = virDomainDefFormat(def, VIR_DOMAIN_DEF_FORMAT_SECURE);
    g_autoptr(virDomainDef) bare = virDomainDefParseLive(text, strlen(text), def->name);

    /* Devices of those families could only be in the way. */
    if (!bare)
        return -1;
    g_ptr_array_set_size(bare->disks, 0);
    g_ptr_array_set_size(bare->nets, 0);
    g_ptr_array_set_size(bare->hostdevs, 0);
    g_ptr_array_set_size(bare->graphics, 0);
    g_ptr_array_set_size(bare->channels, 0);
    return virDomainDeviceParseXML(node, bare, wanted);
}

static int
virDomainDeviceReportFound(const virDomainDef *def, const virDomainDeviceDef *wanted, guint n)
{
    g_autofree char *name = virDomainDeviceDescribe(wanted);

    if (n == 0)
        virReportError(VIR_ERR_DEVICE_MISSING, _("device not found: guest '%1$s' has no such %2$s"),
                       def->name, name);
    else
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("guest '%1$s' has %2$u devices that are meant by this; say the <mac>, the "
                         "<alias> or the <address> of one"),
                       def->name, n);
    return -1;
}

int
virDomainDeviceFindByXML(const virDomainDef *def, virXMLNode *node, virDomainDeviceDef *found)
{
    virDomainDeviceDef wanted;
    const GPtrArray *list;
    void *device = NULL;
    guint n = 0;

    if (virDomainDeviceParseWanted(def, node, &wanted) < 0)
        return -1;
    list = virDomainDefGetDevices(def, wanted.type);
    for (guint i = 0; i < list->len; i++) {
        const virDomainDeviceDef dev = virDomainDeviceWrap(wanted.type, list->pdata[i]);

        if (!virDomainDeviceIsWanted(def, &dev, &wanted, node))
            continue;
        device = list->pdata[i];
        n++;
    }
    if (n == 1)
        *found = virDomainDeviceWrap(wanted.type, device);
    else
        (void)!virDomainDeviceReportFound(def, &wanted, n);
    virDomainDeviceFree(&wanted);
    return n == 1 ? 0 : -1;
}
