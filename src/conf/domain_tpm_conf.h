/*
 * domain_tpm_conf.h: <tpm>: a TPM of the guest's own, emulated by swtpm
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "device_conf.h"
#include "virenum.h"

typedef enum {
    VIR_DOMAIN_TPM_CRB,
    VIR_DOMAIN_TPM_TIS,
    VIR_DOMAIN_TPM_LAST,
} virDomainTPMModel;

VIR_ENUM_DECL(virDomainTPM);

/* Of version 2.0, the only one that a guest can have. */
typedef struct {
    virDomainTPMModel model;
    char *socket; /* where swtpm listens: absolute; NULL before a start; owned, never printed */
    virDomainDeviceInfo info;
} virDomainTPMDef;

extern const virXMLSchema virDomainTPMSchema;
extern const virDomainDeviceClass virDomainTPMClass;

void virDomainTPMDefFree(virDomainTPMDef *tpm);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainTPMDef, virDomainTPMDefFree)

/**
 * virDomainTPMDefParseXML:
 * @node: <tpm>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the device, owned by the caller, or NULL
 */
virDomainTPMDef *virDomainTPMDefParseXML(virXMLNode *node);

/* @flags: virDomainDefFormatFlags. */
void virDomainTPMDefFormatXML(virXMLWriter *writer, const virDomainTPMDef *tpm, unsigned int flags);
