/*
 * domain_iommu_conf.h: <iommu>: an IOMMU of the guest's own
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "device_conf.h"
#include "domain_value_conf.h"

/* Of model 'intel', the only one so far: VT-d. */
typedef struct {
    virTristate intremap;
    virTristate cachingMode; /* host devices behind it need it */
    virTristate eim;
    virTristate iotlb;
    unsigned int awBits; /* width of addresses: 39 or 48; 0 is QEMU's choice */
    virDomainDeviceInfo info;
} virDomainIOMMUDef;

extern const virXMLSchema virDomainIOMMUSchema;
extern const virDomainDeviceClass virDomainIOMMUClass;

void virDomainIOMMUDefFree(virDomainIOMMUDef *iommu);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainIOMMUDef, virDomainIOMMUDefFree)

/**
 * virDomainIOMMUDefParseXML:
 * @node: <iommu>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the device, owned by the caller, or NULL
 */
virDomainIOMMUDef *virDomainIOMMUDefParseXML(virXMLNode *node);

/* @flags: virDomainDefFormatFlags. */
void virDomainIOMMUDefFormatXML(virXMLWriter *writer, const virDomainIOMMUDef *iommu,
                                unsigned int flags);
