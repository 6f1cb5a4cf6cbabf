/*
 * domain_qemu_conf.h: <qemu:commandline>: the way out for what this project does not know
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virxml.h"
#include "virxmlwriter.h"

/* The namespace, by its address and by the prefix that we print. */
#define VIR_DOMAIN_QEMU_NS     "http://libvirt.org/schemas/domain/qemu/1.0"
#define VIR_DOMAIN_QEMU_PREFIX "qemu"

/* What the user adds to QEMU's command line and environment, in the user's order. */
typedef struct {
    GPtrArray *args; /* words */
    GPtrArray *env;  /* "NAME=VALUE" */
} virDomainQemuDef;

extern const virXMLSchema virDomainQemuSchema;

void virDomainQemuDefInit(virDomainQemuDef *qemu);
void virDomainQemuDefClear(virDomainQemuDef *qemu);

/**
 * virDomainQemuDefParseXML:
 * @node: <qemu:commandline>, checked against the schema
 * @qemu: initialized; filled
 *
 * Errors: XML_ERROR for a name that is none of an environment variable.
 * Returns: 0, or -1 with an error reported
 */
int virDomainQemuDefParseXML(virXMLNode *node, virDomainQemuDef *qemu) G_GNUC_WARN_UNUSED_RESULT;

/* The declaration of the namespace, to <domain>, if it is needed. */
void virDomainQemuDefFormatNamespace(virXMLWriter *writer, const virDomainQemuDef *qemu);
void virDomainQemuDefFormatXML(virXMLWriter *writer, const virDomainQemuDef *qemu);
