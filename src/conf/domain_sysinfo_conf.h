/*
 * domain_sysinfo_conf.h: <sysinfo type='smbios'>: what the guest's SMBIOS tables say
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virenum.h"
#include "virxml.h"
#include "virxmlwriter.h"

typedef enum {
    VIR_DOMAIN_SYSINFO_BIOS,
    VIR_DOMAIN_SYSINFO_SYSTEM,
    VIR_DOMAIN_SYSINFO_BASEBOARD,
    VIR_DOMAIN_SYSINFO_CHASSIS,
    VIR_DOMAIN_SYSINFO_LAST,
} virDomainSysinfoBlock;

VIR_ENUM_DECL(virDomainSysinfoBlock);

typedef struct {
    virDomainSysinfoBlock block;
    char *name; /* "manufacturer" */
    char *value;
} virDomainSysinfoEntry;

extern const virXMLSchema virDomainSysinfoSchema;

/**
 * virDomainSysinfoParseXML:
 * @node: <sysinfo>, checked against the schema
 * @uuid: the guest's; a system may not have another
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: array of virDomainSysinfoEntry, owned by the caller, ordered by block, or NULL
 */
GPtrArray *virDomainSysinfoParseXML(virXMLNode *node, const char *uuid);
/* Nothing if @entries is NULL. */
void virDomainSysinfoFormatXML(virXMLWriter *writer, const GPtrArray *entries);
