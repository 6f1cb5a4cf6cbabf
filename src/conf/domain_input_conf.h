/*
 * domain_input_conf.h: <input>: the guest's keyboards, mice and tablets
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "device_conf.h"
#include "domain_virtio_conf.h"
#include "virenum.h"

typedef enum {
    VIR_DOMAIN_INPUT_MOUSE,
    VIR_DOMAIN_INPUT_TABLET, /* says where it is, not how far it went: no captured pointer */
    VIR_DOMAIN_INPUT_KEYBOARD,
    VIR_DOMAIN_INPUT_LAST,
} virDomainInputType;

VIR_ENUM_DECL(virDomainInput);

typedef enum {
    VIR_DOMAIN_INPUT_BUS_PS2, /* the machine has it: one mouse and one keyboard */
    VIR_DOMAIN_INPUT_BUS_USB,
    VIR_DOMAIN_INPUT_BUS_VIRTIO,
    VIR_DOMAIN_INPUT_BUS_LAST,
} virDomainInputBus;

VIR_ENUM_DECL(virDomainInputBus);

typedef struct {
    virDomainInputType type;
    virDomainInputBus bus;
    virDomainVirtioDef virtio; /* of bus VIRTIO; never TRANSITIONAL */
    virDomainDeviceInfo info;
} virDomainInputDef;

extern const virXMLSchema virDomainInputSchema;
extern const virDomainDeviceClass virDomainInputClass;

void virDomainInputDefFree(virDomainInputDef *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainInputDef, virDomainInputDefFree)

/**
 * virDomainInputDefParseXML:
 * @node: <input>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the device, owned by the caller, or NULL
 */
virDomainInputDef *virDomainInputDefParseXML(virXMLNode *node);

/* Adds the keyboard and the mouse that the machine has to @inputs, if they are not there. */
void virDomainInputsAddPS2(GPtrArray *inputs);

/* @flags: virDomainDefFormatFlags. */
void virDomainInputDefFormatXML(virXMLWriter *writer, const virDomainInputDef *input,
                                unsigned int flags);
