/*
 * domain_memballoon_conf.h: <memballoon>: takes memory from a running guest, and knows what it uses
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "device_conf.h"
#include "domain_value_conf.h"
#include "domain_virtio_conf.h"
#include "virenum.h"

typedef enum {
    VIR_DOMAIN_MEMBALLOON_VIRTIO,
    VIR_DOMAIN_MEMBALLOON_NONE,
    VIR_DOMAIN_MEMBALLOON_LAST,
} virDomainMemballoonModel;

VIR_ENUM_DECL(virDomainMemballoon);

typedef struct {
    virDomainMemballoonModel model;
    virDomainVirtioDef virtio; /* of model VIRTIO */
    virTristate autodeflate;   /* give memory back before the guest runs out of it */
    virTristate freePageReporting;
    unsigned int period_s; /* how often the guest says what it uses; 0 is never */
    virDomainDeviceInfo info;
} virDomainMemballoonDef;

extern const virXMLSchema virDomainMemballoonSchema;
extern const virDomainDeviceClass virDomainMemballoonClass;

void virDomainMemballoonDefFree(virDomainMemballoonDef *balloon);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainMemballoonDef, virDomainMemballoonDefFree)

/**
 * virDomainMemballoonDefParseXML:
 * @node: <memballoon>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the device, owned by the caller, or NULL
 */
virDomainMemballoonDef *virDomainMemballoonDefParseXML(virXMLNode *node);

/* @flags: virDomainDefFormatFlags. */
void virDomainMemballoonDefFormatXML(virXMLWriter *writer, const virDomainMemballoonDef *balloon,
                                     unsigned int flags);
