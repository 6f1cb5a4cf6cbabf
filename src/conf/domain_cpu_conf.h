/*
 * domain_cpu_conf.h: <cpu>: what processors a guest sees
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "domain_value_conf.h"

typedef enum {
    VIR_DOMAIN_CPU_MODE_DEFAULT, /* nothing is said: the host's under KVM, QEMU's default else */
    VIR_DOMAIN_CPU_MODE_CUSTOM,
    VIR_DOMAIN_CPU_MODE_HOST_MODEL,
    VIR_DOMAIN_CPU_MODE_HOST_PASSTHROUGH,
    VIR_DOMAIN_CPU_MODE_MAXIMUM,
    VIR_DOMAIN_CPU_MODE_LAST,
} virDomainCPUMode;

VIR_ENUM_DECL(virDomainCPUMode);

/* If a guest may start where its model is not all there. */
typedef enum {
    VIR_DOMAIN_CPU_CHECK_DEFAULT, /* as NONE */
    VIR_DOMAIN_CPU_CHECK_NONE,
    VIR_DOMAIN_CPU_CHECK_PARTIAL, /* as FULL */
    VIR_DOMAIN_CPU_CHECK_FULL,
    VIR_DOMAIN_CPU_CHECK_LAST,
} virDomainCPUCheck;

VIR_ENUM_DECL(virDomainCPUCheck);

typedef enum {
    VIR_DOMAIN_CPU_POLICY_REQUIRE,
    VIR_DOMAIN_CPU_POLICY_FORCE,
    VIR_DOMAIN_CPU_POLICY_OPTIONAL,
    VIR_DOMAIN_CPU_POLICY_DISABLE,
    VIR_DOMAIN_CPU_POLICY_LAST,
} virDomainCPUPolicy;

VIR_ENUM_DECL(virDomainCPUPolicy);

typedef struct {
    char *name;
    virDomainCPUPolicy policy;
} virDomainCPUFeatureDef;

typedef enum {
    VIR_DOMAIN_CPU_CACHE_DEFAULT,
    VIR_DOMAIN_CPU_CACHE_EMULATE,     /* a third level that QEMU makes up */
    VIR_DOMAIN_CPU_CACHE_PASSTHROUGH, /* what the host has */
    VIR_DOMAIN_CPU_CACHE_DISABLE,     /* no third level */
    VIR_DOMAIN_CPU_CACHE_LAST,
} virDomainCPUCache;

VIR_ENUM_DECL(virDomainCPUCache);

typedef enum {
    VIR_DOMAIN_CPU_PHYSADDR_DEFAULT,
    VIR_DOMAIN_CPU_PHYSADDR_EMULATE,
    VIR_DOMAIN_CPU_PHYSADDR_PASSTHROUGH,
    VIR_DOMAIN_CPU_PHYSADDR_LAST,
} virDomainCPUPhysaddr;

VIR_ENUM_DECL(virDomainCPUPhysaddr);

/* virDomainCPUDefClear() frees what it holds. Texts are owned. */
typedef struct {
    bool present; /* there is a <cpu> */
    virDomainCPUMode mode;
    virDomainCPUCheck check;
    virTristate migratable;
    char *model;          /* of CUSTOM: letters, digits, '-', '_', '.' */
    bool fallbackForbid;  /* of CUSTOM: fallback='forbid' */
    char *vendorID;       /* 12 bytes, or NULL for the model's */
    unsigned int sockets; /* 0: no topology */
    unsigned int dies;
    unsigned int cores;
    unsigned int threads;
    virDomainCPUCache cache;
    virDomainCPUPhysaddr physaddr;
    unsigned int physaddrBits; /* of EMULATE; of PASSTHROUGH the limit, or 0 */
    GPtrArray *features;       /* virDomainCPUFeatureDef; NULL without */
} virDomainCPUDef;

extern const virXMLSchema virDomainCPUSchema;

/**
 * virDomainCPUDefParseXML:
 * @node: <cpu>, checked against the schema
 * @vcpus: what the topology has to give
 * @cpu: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainCPUDefClear() @cpu in either case
 */
int virDomainCPUDefParseXML(virXMLNode *node, unsigned int vcpus, virDomainCPUDef *cpu)
    G_GNUC_WARN_UNUSED_RESULT;

/* Starts <cpu> and prints what @cpu holds; the caller ends the element. */
void virDomainCPUDefFormatXML(virXMLWriter *writer, const virDomainCPUDef *cpu);
void virDomainCPUDefClear(virDomainCPUDef *cpu);
