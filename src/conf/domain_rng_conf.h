/*
 * domain_rng_conf.h: <rng>: where a guest gets its randomness from
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "device_conf.h"
#include "domain_virtio_conf.h"
#include "virenum.h"

typedef enum {
    VIR_DOMAIN_RNG_BACKEND_RANDOM,  /* a device of the host */
    VIR_DOMAIN_RNG_BACKEND_BUILTIN, /* getrandom() of QEMU: needs no file */
    VIR_DOMAIN_RNG_BACKEND_LAST,
} virDomainRNGBackend;

VIR_ENUM_DECL(virDomainRNGBackend);

typedef struct {
    virDomainRNGBackend backend;
    virDomainVirtioDef virtio;
    char *source;       /* of BACKEND_RANDOM: a path; owned */
    unsigned int bytes; /* at most so many bytes in @period_ms; 0 is no limit */
    unsigned int period_ms;
    virDomainDeviceInfo info;
} virDomainRNGDef;

extern const virXMLSchema virDomainRNGSchema;
extern const virDomainDeviceClass virDomainRNGClass;

void virDomainRNGDefFree(virDomainRNGDef *rng);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainRNGDef, virDomainRNGDefFree)

/**
 * virDomainRNGDefParseXML:
 * @node: <rng>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the device, owned by the caller, or NULL
 */
virDomainRNGDef *virDomainRNGDefParseXML(virXMLNode *node);

/* @flags: virDomainDefFormatFlags. */
void virDomainRNGDefFormatXML(virXMLWriter *writer, const virDomainRNGDef *rng, unsigned int flags);
