/*
 * domain_mem_conf.h: <memory>, <currentMemory>: how much memory a guest has
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virxml.h"
#include "virxmlwriter.h"

typedef struct {
    guint64 total_kib;
} virDomainMemoryDef;

#define VIR_DOMAIN_MAX_MEMORY_KIB (G_GUINT64_CONSTANT(16) << 30) /* 16 TiB */

extern const virXMLSchema virDomainMemorySchema;
extern const virXMLSchema virDomainCurrentMemorySchema;

/**
 * virDomainMemoryDefParseXML:
 * @root: <domain>, checked against a schema with the above
 * @mem: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported
 */
int virDomainMemoryDefParseXML(virXMLNode *root, virDomainMemoryDef *mem) G_GNUC_WARN_UNUSED_RESULT;
void virDomainMemoryDefFormatXML(virXMLWriter *writer, const virDomainMemoryDef *mem);
