/*
 * domain_hostdev_conf.h: <hostdev>: a PCI device of the host that the guest gets
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "device_conf.h"

/* The network of an <interface> (domain_net_conf.h). */
typedef struct _virDomainNetDef virDomainNetDef;

typedef struct {
    virPCIDeviceAddress source; /* on the host */
    bool managed;               /* bind and restore the driver for the user */
    char *driverModel;          /* the VFIO driver or its module that must serve it, or NULL */
    virDomainNetDef *parentNet; /* of <interface type='hostdev'>: owned; NULL for <hostdev> */
    virDomainDeviceInfo info;
} virDomainHostdevDef;

extern const virXMLSchema virDomainHostdevSchema;

/* <source> and <driver>, for <interface> too. */
extern const virXMLSchema virDomainHostdevSourceSchema;
extern const virXMLSchema virDomainHostdevDriverSchema;
extern const virDomainDeviceClass virDomainHostdevClass;

void virDomainHostdevDefFree(virDomainHostdevDef *hostdev);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainHostdevDef, virDomainHostdevDefFree)

/**
 * virDomainHostdevDefParseXML:
 * @node: <hostdev>, checked against the schema, or <interface>
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the device, owned by the caller, or NULL
 */
virDomainHostdevDef *virDomainHostdevDefParseXML(virXMLNode *node);
void virDomainHostdevDefFormatXML(virXMLWriter *writer, const virDomainHostdevDef *hostdev,
                                  unsigned int flags);

/* Its <driver>. */
void virDomainHostdevDefFormatDriver(virXMLWriter *writer, const virDomainHostdevDef *hostdev);
