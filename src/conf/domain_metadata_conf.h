/*
 * domain_metadata_conf.h: <title>, <description>, <metadata>: what people and programs note about a
 * guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virxml.h"
#include "virxmlwriter.h"

/* An element of a program of its own, with the namespaces that it uses. */
typedef struct {
    char *uri; /* of its namespace */
    char *xml; /* as it was written */
} virDomainMetadataElement;

/* virDomainMetadataDefClear() frees what it holds. */
typedef struct {
    char *title;         /* NULL without one; no line breaks */
    char *description;   /* NULL without one */
    GPtrArray *elements; /* virDomainMetadataElement, each of another namespace; NULL without any */
} virDomainMetadataDef;

/* All of <metadata>, in bytes. */
#define VIR_DOMAIN_METADATA_MAX (256 * 1024)

extern const virXMLSchema virDomainTitleSchema;
extern const virXMLSchema virDomainDescriptionSchema;
extern const virXMLSchema virDomainMetadataSchema;

/**
 * virDomainMetadataDefParseXML:
 * @root: <domain>, checked against a schema with the above
 * @metadata: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainMetadataDefClear() @metadata in either case
 */
int virDomainMetadataDefParseXML(virXMLNode *root, virDomainMetadataDef *metadata)
    G_GNUC_WARN_UNUSED_RESULT;
void virDomainMetadataDefFormatXML(virXMLWriter *writer, const virDomainMetadataDef *metadata);
void virDomainMetadataDefClear(virDomainMetadataDef *metadata);
