/*
 * domain_numa_conf.h: <numa> of <cpu>, <numatune>: nodes of the guest, and of the host
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "domain_mem_conf.h"
#include "domain_value_conf.h"

/* How memory is taken from nodes of the host. */
typedef enum {
    VIR_DOMAIN_NUMATUNE_STRICT,
    VIR_DOMAIN_NUMATUNE_PREFERRED,
    VIR_DOMAIN_NUMATUNE_INTERLEAVE,
    VIR_DOMAIN_NUMATUNE_LAST,
} virDomainNumatuneMode;

VIR_ENUM_DECL(virDomainNumatune);

typedef struct {
    virDomainNumatuneMode mode;
    virBitmap *nodes; /* of the host; NULL is: nothing is said */
} virDomainNumatuneDef;

/* A node of the guest; its number is its place among the cells. */
typedef struct {
    virBitmap *cpus; /* of the guest; NULL is none */
    guint64 size_kib;
    virDomainMemoryAccess access;
    virDomainNumatuneDef tune; /* <memnode>: goes before <memory> of <numatune> */
} virDomainNumaCellDef;

/* virDomainNumaDefClear() frees what it holds. */
typedef struct {
    GPtrArray *cells; /* virDomainNumaCellDef; NULL without NUMA */
    virDomainNumatuneDef tune;
} virDomainNumaDef;

extern const virXMLSchema virDomainNumaSchema; /* in <cpu> */
extern const virXMLSchema virDomainNumatuneSchema;

/**
 * virDomainNumaDefParseXML:
 * @root: <domain>, checked against a schema with the above
 * @total_kib: the guest's memory, which its cells have together
 * @vcpus: how many processors it has, each of which is in one cell
 * @numa: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainNumaDefClear() @numa in either case
 */
int virDomainNumaDefParseXML(virXMLNode *root, guint64 total_kib, unsigned int vcpus,
                             virDomainNumaDef *numa) G_GNUC_WARN_UNUSED_RESULT;
/* <numa>, and <numatune>. */
void virDomainNumaCellsFormatXML(virXMLWriter *writer, const virDomainNumaDef *numa);
void virDomainNumatuneFormatXML(virXMLWriter *writer, const virDomainNumaDef *numa);
void virDomainNumaDefClear(virDomainNumaDef *numa);
