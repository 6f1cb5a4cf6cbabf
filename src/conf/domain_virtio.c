/*
 * domain_virtio.c: virtio devices of a guest: what they can be where they are
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_virtio.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

virDomainPCIPlace
virDomainVirtioPCIPlace(const virDomainVirtioDef *virtio)
{
    return (virDomainPCIPlace){.kind = virtio->model == VIR_DOMAIN_VIRTIO_MODEL_TRANSITIONAL
                                           ? VIR_DOMAIN_PCI_CONVENTIONAL
                                           : VIR_DOMAIN_PCI_EXPRESS};
}

/* Whether it is behind a PCI Express port: not on bus 0, and not behind a bridge. */
static bool
virDomainVirtioIsBehindPort(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    const virDomainControllerDef *bus =
        virDomainControllerFind(def, VIR_DOMAIN_CONTROLLER_TYPE_PCI, (int)dev->info->addr.pci.bus);

    return bus && (bus->model == VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT ||
                   bus->model == VIR_DOMAIN_CONTROLLER_PCIE_DOWNSTREAM_PORT);
}

/* Whether only drivers of virtio 1.0 know it. */
static bool
virDomainVirtioIsModern(const virDomainDeviceDef *dev, const virDomainVirtioDef *virtio, bool port)
{
    if (dev->type == VIR_DOMAIN_DEVICE_INPUT || dev->type == VIR_DOMAIN_DEVICE_VIDEO)
        return true;
    return virtio->model == VIR_DOMAIN_VIRTIO_MODEL_NON_TRANSITIONAL ||
           (virtio->model == VIR_DOMAIN_VIRTIO_MODEL_DEFAULT && port);
}

static int
virDomainVirtioReport(const virDomainDeviceDef *dev, const char *attribute, const char *reason)
{
    g_autofree char *name = virDomainDeviceDescribe(dev);

    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("unsupported configuration: %1$s='on' in <driver> of %2$s: %3$s"), attribute,
                   name, reason);
    return -1;
}

int
virDomainVirtioCheck(const virDomainDef *def, const virDomainDeviceDef *dev)
{
    const virDomainDeviceClass *class = virDomainDeviceGetClass(dev->type);
    const virDomainVirtioDef *virtio = class->virtio ? class->virtio(dev->data.any) : NULL;
    bool port;

    if (!virtio || dev->info->type != VIR_DOMAIN_DEVICE_ADDRESS_PCI)
        return 0;
    port = virDomainVirtioIsBehindPort(def, dev);
    if (virtio->iommu == VIR_TRISTATE_ON && !virDomainVirtioIsModern(dev, virtio, port))
        return virDomainVirtioReport(
            dev, "iommu",
            _("drivers of virtio 0.9 know no IOMMU, and the device is there for them too; use "
              "model='virtio-non-transitional', or model='virtio' behind a pcie-root-port"));
    if (virtio->ats == VIR_TRISTATE_ON &&
        (!port || virtio->model == VIR_DOMAIN_VIRTIO_MODEL_TRANSITIONAL))
        return virDomainVirtioReport(dev, "ats",
                                     _("only a PCI Express device behind a pcie-root-port has "
                                       "address translation services"));
    return 0;
}
