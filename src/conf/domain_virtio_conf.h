/*
 * domain_virtio_conf.h: what all virtio devices on PCI have: which generation they are of, and how
 * they talk to the guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "domain_value_conf.h"
#include "virenum.h"
#include "virxml.h"
#include "virxmlwriter.h"

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
    virTristate iommu;     /* the guest's IOMMU, or its encryption, is between device and memory */
    virTristate ats;       /* the device keeps addresses that the IOMMU has translated */
    virTristate packed;    /* queues of virtio 1.1 */
    virTristate pagePerVQ; /* every queue is notified in a page of its own */
    virTristate eventIdx;  /* of disks and interfaces, and so is the next, of virtio-scsi too */
    virTristate ioeventfd; /* a thread of QEMU's hears of the guest's requests, not the processor */
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

/* <driver> of a device that has nothing else to say in it, and what all of them can say. */
extern const virXMLSchema virDomainVirtioDriverSchema;
#define VIR_DOMAIN_VIRTIO_ATTRIBUTES "iommu", "ats", "packed", "page_per_vq"

/**
 * virDomainVirtioParseXML:
 * @node: a device, checked against a schema with a <driver> that has some of the attributes
 * @virtio: filled, except for the model
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported
 */
int virDomainVirtioParseXML(virXMLNode *node, virDomainVirtioDef *virtio) G_GNUC_WARN_UNUSED_RESULT;

/* Whether it says anything that is written in <driver>. */
bool virDomainVirtioHasDriver(const virDomainVirtioDef *virtio);

/* Adds the attributes to the element started last. */
void virDomainVirtioFormatAttributes(virXMLWriter *writer, const virDomainVirtioDef *virtio);

/* Adds the <driver> of a device that has nothing else to say in it, if it says anything. */
void virDomainVirtioFormatDriver(virXMLWriter *writer, const virDomainVirtioDef *virtio);
