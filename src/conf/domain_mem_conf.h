/*
 * domain_mem_conf.h: <memory>, <currentMemory>, <maxMemory>, <memoryBacking>: a guest's memory
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "domain_value_conf.h"

/* No guest has less. */
#define VIR_DOMAIN_MIN_MEMORY_KIB 1024

/* Memory in pages of this size; of some of the guest's NUMA cells only, if that is said. */
typedef struct {
    guint64 size_kib;
    virBitmap *cells; /* NULL is all that no other page has */
} virDomainHugepageDef;

typedef enum {
    VIR_DOMAIN_MEMORY_SOURCE_DEFAULT,
    VIR_DOMAIN_MEMORY_SOURCE_ANONYMOUS,
    VIR_DOMAIN_MEMORY_SOURCE_MEMFD,
    VIR_DOMAIN_MEMORY_SOURCE_LAST,
} virDomainMemorySource;

typedef enum {
    VIR_DOMAIN_MEMORY_ACCESS_DEFAULT,
    VIR_DOMAIN_MEMORY_ACCESS_PRIVATE,
    VIR_DOMAIN_MEMORY_ACCESS_SHARED,
    VIR_DOMAIN_MEMORY_ACCESS_LAST,
} virDomainMemoryAccess;

typedef enum {
    VIR_DOMAIN_MEMORY_ALLOCATION_DEFAULT,
    VIR_DOMAIN_MEMORY_ALLOCATION_IMMEDIATE,
    VIR_DOMAIN_MEMORY_ALLOCATION_ONDEMAND,
    VIR_DOMAIN_MEMORY_ALLOCATION_LAST,
} virDomainMemoryAllocation;

/* The words; VIR_DOMAIN_…_DEFAULT is "". */
VIR_ENUM_DECL(virDomainMemorySource);
VIR_ENUM_DECL(virDomainMemoryAccess);
VIR_ENUM_DECL(virDomainMemoryAllocation);

typedef struct {
    bool hugepages;   /* <hugepages>, without <page> those of the host's default size */
    GPtrArray *pages; /* virDomainHugepageDef; NULL without */
    bool nosharepages;
    bool locked;
    virDomainMemorySource source;
    virDomainMemoryAccess access;
    virDomainMemoryAllocation allocation;
    unsigned int allocationThreads; /* 0 is QEMU's choice */
} virDomainMemoryBackingDef;

/* virDomainMemoryDefClear() frees what it holds. */
typedef struct {
    guint64 total_kib;
    guint64 current_kib; /* what the balloon leaves to the guest; at most total_kib */
    guint64 max_kib;     /* with what can be plugged in later; 0 if nothing can */
    unsigned int slots;  /* of max_kib */
    virDomainMemoryBackingDef backing;
} virDomainMemoryDef;

#define VIR_DOMAIN_MAX_MEMORY_SLOTS 256
#define VIR_DOMAIN_MAX_CELLS        128

extern const virXMLSchema virDomainMemorySchema;
extern const virXMLSchema virDomainCurrentMemorySchema;
extern const virXMLSchema virDomainMaxMemorySchema;
extern const virXMLSchema virDomainMemoryBackingSchema;

/**
 * virDomainMemoryDefParseXML:
 * @root: <domain>, checked against a schema with the above
 * @mem: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainMemoryDefClear() @mem in either case
 */
int virDomainMemoryDefParseXML(virXMLNode *root, virDomainMemoryDef *mem) G_GNUC_WARN_UNUSED_RESULT;
void virDomainMemoryDefFormatXML(virXMLWriter *writer, const virDomainMemoryDef *mem);
void virDomainMemoryDefClear(virDomainMemoryDef *mem);

/* domain_membacking_conf.c */
int virDomainMemoryBackingDefParseXML(virXMLNode *node, virDomainMemoryBackingDef *backing)
    G_GNUC_WARN_UNUSED_RESULT;
void
virDomainMemoryBackingDefFormatXML(virXMLWriter *writer, const virDomainMemoryBackingDef *backing);
void virDomainMemoryBackingDefClear(virDomainMemoryBackingDef *backing);
