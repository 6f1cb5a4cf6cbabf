/*
 * domain_controller_conf.h: <controller type='pci'>: the guest's PCI Express root and its ports
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "device_conf.h"
#include "virenum.h"

typedef enum {
    VIR_DOMAIN_CONTROLLER_PCIE_ROOT,      /* bus 0; the machine has it */
    VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT, /* has one slot, slot 0, of the bus with its index */
    VIR_DOMAIN_CONTROLLER_LAST,
} virDomainControllerModel;

VIR_ENUM_DECL(virDomainController);

/* An index that nobody has chosen yet, and a chassis or port number likewise. */
#define VIR_DOMAIN_CONTROLLER_UNSET -1

/* The highest index: buses have 8 bits. */
#define VIR_DOMAIN_CONTROLLER_MAX_INDEX 255

typedef struct {
    virDomainControllerModel model;
    int index;   /* number of the bus behind it */
    int chassis; /* of a root port: what the guest's firmware shows */
    int port;
    virDomainDeviceInfo info; /* of a root port: where on bus 0 it sits */
} virDomainControllerDef;

extern const virXMLSchema virDomainControllerSchema;

virDomainControllerDef *virDomainControllerDefNew(virDomainControllerModel model, int index);
void virDomainControllerDefFree(virDomainControllerDef *controller);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainControllerDef, virDomainControllerDefFree)

/**
 * virDomainControllerDefParseXML:
 * @node: <controller>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the controller, owned by the caller, or NULL
 */
virDomainControllerDef *virDomainControllerDefParseXML(virXMLNode *node);
void
virDomainControllerDefFormatXML(virXMLWriter *writer, const virDomainControllerDef *controller);
