/*
 * domain_tpm_conf.c: <tpm>: a TPM of the guest's own, emulated by swtpm
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>

#include "domain_attribute.h"
#include "domain_device.h"
#include "domain_tpm_conf.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainTPM, VIR_DOMAIN_TPM_LAST, "tpm-crb", "tpm-tis");

VIR_ENUM_DECL(virDomainTPMBackend);
VIR_ENUM_IMPL(virDomainTPMBackend, 1, "emulator");
VIR_ENUM_DECL(virDomainTPMVersion);
VIR_ENUM_IMPL(virDomainTPMVersion, 1, "2.0");

static const virXMLSchema virDomainTPMBackendSchema = {
    .name = "backend",
    .attributes = VIR_XML_NAMES("type", "version"),
};
const virXMLSchema virDomainTPMSchema = {
    .name = "tpm",
    .attributes = VIR_XML_NAMES("model"),
    .children = VIR_XML_CHILDREN(&virDomainTPMBackendSchema, &virDomainDeviceAliasSchema,
                                 &virDomainDeviceAddressSchema),
};

void
virDomainTPMDefFree(virDomainTPMDef *tpm)
{
    if (!tpm)
        return;
    g_free(tpm->socket);
    virDomainDeviceInfoClear(&tpm->info);
    g_free(tpm);
}

virDomainTPMDef *
virDomainTPMDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainTPMDef) tpm = g_new0(virDomainTPMDef, 1);
    virXMLNode *backend = virXMLRequireChild(node, "backend");
    int model = VIR_DOMAIN_TPM_CRB;
    int value;

    if (!backend || virXMLGetEnum(node, "model", virDomainTPMToString, &model) < 0 ||
        virDomainRequireEnum(backend, "type", virDomainTPMBackendToString, &value) < 0 ||
        virXMLGetEnum(backend, "version", virDomainTPMVersionToString, &value) < 0 ||
        virDomainDeviceInfoParseXML(node, &tpm->info) < 0)
        return NULL;
    tpm->model = model;
    return g_steal_pointer(&tpm);
}

void
virDomainTPMDefFormatXML(virXMLWriter *writer, const virDomainTPMDef *tpm, unsigned int flags)
{
    virXMLWriterStart(writer, "tpm");
    virXMLWriterAttribute(writer, "model", "%s", virDomainTPMToString((int)tpm->model));
    virXMLWriterStart(writer, "backend");
    virXMLWriterAttribute(writer, "type", "emulator");
    virXMLWriterAttribute(writer, "version", "2.0");
    virXMLWriterEnd(writer);
    virDomainDeviceInfoFormatXML(writer, &tpm->info, flags);
    virXMLWriterEnd(writer);
}

VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(virDomainTPM);

static char *
virDomainTPMDescribe(const void *device G_GNUC_UNUSED)
{
    return g_strdup(_("TPM"));
}

const virDomainDeviceClass virDomainTPMClass = {
    .schema = &virDomainTPMSchema,
    .list = offsetof(virDomainDef, tpms),
    .info = offsetof(virDomainTPMDef, info),
    .alias = "tpm",
    .parse = virDomainTPMClassParse,
    .format = virDomainTPMClassFormat,
    .free = virDomainTPMClassFree,
    .describe = virDomainTPMDescribe,
};
