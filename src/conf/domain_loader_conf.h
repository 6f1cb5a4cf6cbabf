/*
 * domain_loader_conf.h: <loader>, <nvram>, <firmware> of <os>: the guest's firmware
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "domain_value_conf.h"

typedef enum {
    VIR_DOMAIN_LOADER_DEFAULT, /* nothing is said */
    VIR_DOMAIN_LOADER_ROM,
    VIR_DOMAIN_LOADER_PFLASH,
    VIR_DOMAIN_LOADER_LAST,
} virDomainLoaderType;

VIR_ENUM_DECL(virDomainLoader);

/* virDomainLoaderDefClear() frees what it holds. Paths are absolute; absent ones are NULL. */
typedef struct {
    bool efi; /* firmware='efi': QEMU's descriptors say which one, qemuFirmwareFill() asks them */
    virTristate secureBoot;   /* <feature name='secure-boot'/> */
    virTristate enrolledKeys; /* <feature name='enrolled-keys'/> */
    char *path;
    virDomainLoaderType type;
    virTristate readonly;
    virTristate secure;
    virTristate stateless;
    char *nvram;         /* the guest's variables */
    char *nvramTemplate; /* what they are at first */
} virDomainLoaderDef;

extern const virXMLSchema virDomainLoaderSchema;
extern const virXMLSchema virDomainNvramSchema;
extern const virXMLSchema virDomainFirmwareSchema;

/**
 * virDomainLoaderDefParseXML:
 * @os: <os>, checked against a schema with the above and the attribute 'firmware'
 * @loader: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainLoaderDefClear() @loader in either case
 */
int
virDomainLoaderDefParseXML(virXMLNode *os, virDomainLoaderDef *loader) G_GNUC_WARN_UNUSED_RESULT;
void virDomainLoaderDefFormatXML(virXMLWriter *writer, const virDomainLoaderDef *loader);
void virDomainLoaderDefClear(virDomainLoaderDef *loader);
