/*
 * domain_video_conf.h: <video>: the guest's graphics adapters
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "device_conf.h"
#include "virenum.h"

typedef enum {
    VIR_DOMAIN_VIDEO_VGA,
    VIR_DOMAIN_VIDEO_CIRRUS,
    VIR_DOMAIN_VIDEO_QXL, /* where QEMU has spice */
    VIR_DOMAIN_VIDEO_VIRTIO,
    VIR_DOMAIN_VIDEO_BOCHS,
    VIR_DOMAIN_VIDEO_RAMFB, /* memory that the firmware draws in: no PCI device */
    VIR_DOMAIN_VIDEO_NONE,  /* the guest has no adapter of QEMU's, also if it has graphics */
    VIR_DOMAIN_VIDEO_LAST,
} virDomainVideoType;

VIR_ENUM_DECL(virDomainVideo);

typedef struct {
    virDomainVideoType type;
    unsigned int ram_kib;      /* QXL; 0 for types that do not have it, as for the others */
    unsigned int vram_kib;     /* VGA, CIRRUS, QXL, BOCHS; a power of two */
    unsigned int vgamem_kib;   /* QXL */
    unsigned int heads;        /* 1 for the types that have no more */
    bool primary;              /* what the firmware draws on: one of them, the first in the list */
    virDomainVirtioDef virtio; /* VIRTIO; its model says nothing */
    virDomainDeviceInfo info;
} virDomainVideoDef;

extern const virXMLSchema virDomainVideoSchema;
extern const virDomainDeviceClass virDomainVideoClass;

/* With the type's defaults. */
virDomainVideoDef *virDomainVideoDefNew(virDomainVideoType type);
void virDomainVideoDefFree(virDomainVideoDef *video);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainVideoDef, virDomainVideoDefFree)

/* True of the types that are a PCI device. */
bool virDomainVideoIsPCI(const virDomainVideoDef *video);

/**
 * virDomainVideoDefParseXML:
 * @node: <video>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the adapter, owned by the caller, or NULL
 */
virDomainVideoDef *virDomainVideoDefParseXML(virXMLNode *node);

/**
 * virDomainVideosComplete:
 * @videos: virDomainVideoDef of a guest
 * @graphics: the guest has a <graphics>, and gets an adapter if it has none
 *
 * Makes the primary adapter the first: the one that says so, or else the first.
 *
 * Errors: XML_ERROR if two are primary, CONFIG_UNSUPPORTED for one that can only be primary, and
 * for 'none' beside others.
 * Returns: 0, or -1 with an error reported
 */
int virDomainVideosComplete(GPtrArray *videos, bool graphics) G_GNUC_WARN_UNUSED_RESULT;

/* @flags: virDomainDefFormatFlags. */
void virDomainVideoDefFormatXML(virXMLWriter *writer, const virDomainVideoDef *video,
                                unsigned int flags);
