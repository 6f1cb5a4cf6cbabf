/*
 * domain_virtio_conf.c: what all virtio devices on PCI have: which generation they are of
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_virtio_conf.h"

VIR_ENUM_IMPL(virDomainVirtioModel, VIR_DOMAIN_VIRTIO_MODEL_LAST, "virtio",
              VIR_DOMAIN_VIRTIO_MODEL_WORDS);

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
