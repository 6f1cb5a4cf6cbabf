/*
 * domain_virtio_conf.c: what all virtio devices on PCI have: which generation they are of, and how
 * they talk to the guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>
#include <string.h>

#include "device_conf.h"
#include "domain_virtio_conf.h"

VIR_ENUM_IMPL(virDomainVirtioModel, VIR_DOMAIN_VIRTIO_MODEL_LAST, "virtio",
              VIR_DOMAIN_VIRTIO_MODEL_WORDS);

const virXMLSchema virDomainVirtioDriverSchema = {
    .name = "driver",
    .attributes = VIR_XML_NAMES(VIR_DOMAIN_VIRTIO_ATTRIBUTES),
};

/* All of them; a schema says which of them a device can have. */
static const struct {
    const char *name;
    size_t offset; /* of a virTristate in virDomainVirtioDef */
} virDomainVirtioSwitches[] = {
    {"iommu", offsetof(virDomainVirtioDef, iommu)},
    {"ats", offsetof(virDomainVirtioDef, ats)},
    {"packed", offsetof(virDomainVirtioDef, packed)},
    {"page_per_vq", offsetof(virDomainVirtioDef, pagePerVQ)},
    {"event_idx", offsetof(virDomainVirtioDef, eventIdx)},
    {"ioeventfd", offsetof(virDomainVirtioDef, ioeventfd)},
};

virDomainVirtioModel
virDomainVirtioModelSplit(int last, int *model)
{
    int extra = *model - last;

    if (extra < 0)
        return VIR_DOMAIN_VIRTIO_MODEL_DEFAULT;
    *model = 0;
    return (virDomainVirtioModel)(VIR_DOMAIN_VIRTIO_MODEL_TRANSITIONAL + extra);
}

int
virDomainVirtioModelJoin(int last, int model, virDomainVirtioModel virtio)
{
    if (virtio == VIR_DOMAIN_VIRTIO_MODEL_DEFAULT)
        return model;
    return last + (int)virtio - VIR_DOMAIN_VIRTIO_MODEL_TRANSITIONAL;
}

int
virDomainVirtioParseXML(virXMLNode *node, virDomainVirtioDef *virtio)
{
    virXMLNode *driver = virXMLGetChild(node, "driver");

    for (size_t i = 0; driver && i < G_N_ELEMENTS(virDomainVirtioSwitches); i++) {
        virTristate *value =
            &G_STRUCT_MEMBER(virTristate, virtio, virDomainVirtioSwitches[i].offset);

        if (virDomainOnOffParseXML(driver, virDomainVirtioSwitches[i].name, value) < 0)
            return -1;
    }
    return 0;
}

static virTristate
virDomainVirtioGetSwitch(const virDomainVirtioDef *virtio, size_t number)
{
    virTristate value;

    memcpy(&value, (const char *)virtio + virDomainVirtioSwitches[number].offset, sizeof(value));
    return value;
}

bool
virDomainVirtioHasDriver(const virDomainVirtioDef *virtio)
{
    for (size_t i = 0; i < G_N_ELEMENTS(virDomainVirtioSwitches); i++) {
        if (virDomainVirtioGetSwitch(virtio, i) != VIR_TRISTATE_ABSENT)
            return true;
    }
    return false;
}

void
virDomainVirtioFormatAttributes(virXMLWriter *writer, const virDomainVirtioDef *virtio)
{
    for (size_t i = 0; i < G_N_ELEMENTS(virDomainVirtioSwitches); i++)
        virDomainOnOffFormatXML(writer, virDomainVirtioSwitches[i].name,
                                virDomainVirtioGetSwitch(virtio, i));
}

void
virDomainVirtioFormatDriver(virXMLWriter *writer, const virDomainVirtioDef *virtio)
{
    if (!virDomainVirtioHasDriver(virtio))
        return;
    virXMLWriterStart(writer, "driver");
    virDomainVirtioFormatAttributes(writer, virtio);
    virXMLWriterEnd(writer);
}
