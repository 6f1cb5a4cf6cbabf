/*
 * domain_virtio_conf.h: what all virtio devices on PCI have: which generation they are of
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virenum.h"

/* Which drivers of a guest know the device: those of virtio 0.9, of virtio 1.0, or both. */
typedef enum {
    VIR_DOMAIN_VIRTIO_MODEL_DEFAULT,          /* both; on a PCI Express port those of 1.0 */
    VIR_DOMAIN_VIRTIO_MODEL_TRANSITIONAL,     /* both: a conventional PCI device */
    VIR_DOMAIN_VIRTIO_MODEL_NON_TRANSITIONAL, /* those of 1.0 */
    VIR_DOMAIN_VIRTIO_MODEL_LAST,
} virDomainVirtioModel;

/* "virtio", and the words below. */
VIR_ENUM_DECL(virDomainVirtioModel);

/* What a family with models of its own adds to its words, in the order of the above. */
#define VIR_DOMAIN_VIRTIO_MODEL_WORDS "virtio-transitional", "virtio-non-transitional"
#define VIR_DOMAIN_VIRTIO_MODEL_EXTRA (VIR_DOMAIN_VIRTIO_MODEL_LAST - 1)

typedef struct {
    virDomainVirtioModel model;
} virDomainVirtioDef;

/**
 * virDomainVirtioModelSplit:
 * @last: how many models the family has; the words above come after them, and its 0 is virtio
 * @model: the number of a word; left as the family's model
 *
 * Returns: the generation that the word says
 */
virDomainVirtioModel virDomainVirtioModelSplit(int last, int *model);

/* The other way round: the number of the word. */
int virDomainVirtioModelJoin(int last, int model, virDomainVirtioModel virtio);
