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

/* All of <metadata>, in bytes; and the others. */
#define VIR_DOMAIN_METADATA_MAX    (256 * 1024)
#define VIR_DOMAIN_TITLE_MAX       1024
#define VIR_DOMAIN_DESCRIPTION_MAX (64 * 1024)

void virDomainMetadataElementFree(virDomainMetadataElement *element);

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

/* What a program or a person notes. */
typedef struct {
    int type;         /* virDomainMetadataType */
    const char *text; /* title or description, or an element; NULL or "": none */
    const char *key;  /* of an element: the prefix of its namespace, */
    const char *uri;  /* and that */
} virDomainMetadataNote;

/**
 * virDomainMetadataDefSet:
 * @note: takes the place of what is there
 *
 * Errors: INVALID_ARG for what cannot be one, and is too long; XML_ERROR for an element that is
 * none.
 * Returns: 0, or -1 with an error reported and @metadata as it was
 */
int virDomainMetadataDefSet(virDomainMetadataDef *metadata, const virDomainMetadataNote *note)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virDomainMetadataDefGet:
 * @type: virDomainMetadataType
 * @uri: of an element
 *
 * Errors: NO_DOMAIN_METADATA if there is none, INVALID_ARG.
 * Returns: the text, of an element without its namespace, owned by the caller; NULL with an error
 * reported
 */
char *virDomainMetadataDefGet(const virDomainMetadataDef *metadata, int type, const char *uri);

/* @copy: zero */
void virDomainMetadataDefCopy(virDomainMetadataDef *copy, const virDomainMetadataDef *metadata);
void virDomainMetadataDefClear(virDomainMetadataDef *metadata);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virDomainMetadataDef, virDomainMetadataDefClear)
