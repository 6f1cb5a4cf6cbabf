/*
 * domain_vcpu_conf.h: <vcpu>: how many processors a guest has
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virxml.h"
#include "virxmlwriter.h"

typedef struct {
    unsigned int max;
} virDomainVcpuDef;

#define VIR_DOMAIN_MAX_VCPUS 255

extern const virXMLSchema virDomainVcpuSchema;

/**
 * virDomainVcpuDefParseXML:
 * @root: <domain>, checked against a schema with the above
 * @vcpu: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported
 */
int virDomainVcpuDefParseXML(virXMLNode *root, virDomainVcpuDef *vcpu) G_GNUC_WARN_UNUSED_RESULT;
void virDomainVcpuDefFormatXML(virXMLWriter *writer, const virDomainVcpuDef *vcpu);
