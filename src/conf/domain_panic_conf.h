/*
 * domain_panic_conf.h: <panic>: how a guest says that its kernel has crashed
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "device_conf.h"

/* Of model 'isa', QEMU's pvpanic: its I/O port is in the address, or QEMU's usual one. */
typedef struct {
    virDomainDeviceInfo info;
} virDomainPanicDef;

extern const virXMLSchema virDomainPanicSchema;
extern const virDomainDeviceClass virDomainPanicClass;

void virDomainPanicDefFree(virDomainPanicDef *panic);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainPanicDef, virDomainPanicDefFree)

/**
 * virDomainPanicDefParseXML:
 * @node: <panic>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the device, owned by the caller, or NULL
 */
virDomainPanicDef *virDomainPanicDefParseXML(virXMLNode *node);

/* @flags: virDomainDefFormatFlags. */
void virDomainPanicDefFormatXML(virXMLWriter *writer, const virDomainPanicDef *panic,
                                unsigned int flags);
