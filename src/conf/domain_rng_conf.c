/*
 * domain_rng_conf.c: <rng>: where a guest gets its randomness from
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stddef.h>

#include "domain_attribute.h"
#include "domain_device.h"
#include "domain_rng_conf.h"
#include "domain_virtio.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainRNGBackend, VIR_DOMAIN_RNG_BACKEND_LAST, "random", "builtin");

static const virXMLSchema virDomainRNGRateSchema = {
    .name = "rate",
    .attributes = VIR_XML_NAMES("bytes", "period"),
};
static const virXMLSchema virDomainRNGBackendSchema = {
    .name = "backend",
    .attributes = VIR_XML_NAMES("model"),
    .flags = VIR_XML_TEXT,
};
const virXMLSchema virDomainRNGSchema = {
    .name = "rng",
    .attributes = VIR_XML_NAMES("model"),
    .children = VIR_XML_CHILDREN(&virDomainRNGRateSchema, &virDomainRNGBackendSchema,
                                 &virDomainVirtioDriverSchema, &virDomainDeviceAliasSchema,
                                 &virDomainDeviceAddressSchema),
    .flags = VIR_XML_MANY,
};

void
virDomainRNGDefFree(virDomainRNGDef *rng)
{
    if (!rng)
        return;
    g_free(rng->source);
    virDomainDeviceInfoClear(&rng->info);
    g_free(rng);
}

#define VIR_DOMAIN_RNG_SOURCE    "/dev/urandom"
#define VIR_DOMAIN_RNG_PERIOD_MS 1000

/* A file that does not end the guest's patience or the host's: these are the kernel's. */
static int
virDomainRNGSourceParseXML(virXMLNode *backend, virDomainRNGDef *rng)
{
    static const char *const known[] = {"/dev/urandom", "/dev/random", "/dev/hwrng", NULL};
    g_autofree char *text = virXMLGetText(backend);

    if (rng->backend == VIR_DOMAIN_RNG_BACKEND_BUILTIN && *text) {
        virXMLReportError(backend, VIR_ERR_XML_ERROR,
                          _("<backend model='builtin'> has no text: it needs no file"));
        return -1;
    }
    if (rng->backend == VIR_DOMAIN_RNG_BACKEND_BUILTIN)
        return 0;
    if (*text && !g_strv_contains(known, text)) {
        virXMLReportError(backend, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: randomness from '%1$s'; supported: "
                            "/dev/urandom, /dev/random, /dev/hwrng"),
                          text);
        return -1;
    }
    rng->source = *text ? g_steal_pointer(&text) : g_strdup(VIR_DOMAIN_RNG_SOURCE);
    return 0;
}

static int
virDomainRNGRateParseXML(virXMLNode *rate, virDomainRNGDef *rng)
{
    const unsigned int range[2] = {1, G_MAXINT32};

    if (virDomainRangeParseXML(rate, "bytes", range, &rng->bytes) < 0)
        return -1;
    if (rng->bytes == 0)
        return virXMLReportMissing(rate, "bytes");
    rng->period_ms = VIR_DOMAIN_RNG_PERIOD_MS;
    return virDomainRangeParseXML(rate, "period", range, &rng->period_ms);
}

virDomainRNGDef *
virDomainRNGDefParseXML(virXMLNode *node)
{
    g_autoptr(virDomainRNGDef) rng = g_new0(virDomainRNGDef, 1);
    virXMLNode *backend = virXMLRequireChild(node, "backend");
    virXMLNode *rate = virXMLGetChild(node, "rate");
    int model = 0;
    int type = 0;

    if (!backend || virDomainRequireEnum(node, "model", virDomainVirtioModelToString, &model) < 0 ||
        virDomainRequireEnum(backend, "model", virDomainRNGBackendToString, &type) < 0)
        return NULL;
    rng->virtio.model = model;
    rng->backend = type;
    if (virDomainRNGSourceParseXML(backend, rng) < 0 ||
        (rate && virDomainRNGRateParseXML(rate, rng) < 0) ||
        virDomainVirtioParseXML(node, &rng->virtio) < 0 ||
        virDomainDeviceInfoParseXML(node, &rng->info) < 0)
        return NULL;
    return g_steal_pointer(&rng);
}

void
virDomainRNGDefFormatXML(virXMLWriter *writer, const virDomainRNGDef *rng, unsigned int flags)
{
    virXMLWriterStart(writer, "rng");
    virXMLWriterAttribute(writer, "model", "%s",
                          virDomainVirtioModelToString((int)rng->virtio.model));
    if (rng->bytes) {
        virXMLWriterStart(writer, "rate");
        virXMLWriterAttribute(writer, "bytes", "%u", rng->bytes);
        virXMLWriterAttribute(writer, "period", "%u", rng->period_ms);
        virXMLWriterEnd(writer);
    }
    virXMLWriterStart(writer, "backend");
    virXMLWriterAttribute(writer, "model", "%s", virDomainRNGBackendToString((int)rng->backend));
    if (rng->source)
        virXMLWriterText(writer, rng->source);
    virXMLWriterEnd(writer);
    virDomainVirtioFormatDriver(writer, &rng->virtio);
    virDomainDeviceInfoFormatXML(writer, &rng->info, flags);
    virXMLWriterEnd(writer);
}

VIR_DOMAIN_DEVICE_CLASS_FUNCTIONS(virDomainRNG);

static char *
virDomainRNGDescribe(const void *device G_GNUC_UNUSED)
{
    return g_strdup(_("random number generator"));
}

static virDomainDeviceAddressType
virDomainRNGAddressType(const void *device G_GNUC_UNUSED)
{
    return VIR_DOMAIN_DEVICE_ADDRESS_PCI;
}

static virDomainPCIPlace
virDomainRNGPCIPlace(const virDomainDef *def G_GNUC_UNUSED, const void *device)
{
    return virDomainVirtioPCIPlace(&((const virDomainRNGDef *)device)->virtio);
}

static const virDomainVirtioDef *
virDomainRNGGetVirtio(const void *device)
{
    return &((const virDomainRNGDef *)device)->virtio;
}

const virDomainDeviceClass virDomainRNGClass = {
    .schema = &virDomainRNGSchema,
    .list = offsetof(virDomainDef, rngs),
    .info = offsetof(virDomainRNGDef, info),
    .alias = "rng",
    .parse = virDomainRNGClassParse,
    .format = virDomainRNGClassFormat,
    .free = virDomainRNGClassFree,
    .describe = virDomainRNGDescribe,
    .addressType = virDomainRNGAddressType,
    .pciPlace = virDomainRNGPCIPlace,
    .virtio = virDomainRNGGetVirtio,
};
