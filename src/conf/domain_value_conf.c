/*
 * domain_value_conf.c: values that several families of elements have
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "device_conf.h"
#include "domain_value_conf.h"
#include "virerror.h"
#include "virgettext.h"

static int
virDomainSwitchParseXML(virXMLNode *node, const char *name, const char *(*toString)(int),
                        virTristate *value)
{
    int word;
    int rc = virXMLGetEnum(node, name, toString, &word);

    if (rc == 1)
        *value = word ? VIR_TRISTATE_ON : VIR_TRISTATE_OFF;
    return rc;
}

int
virDomainOnOffParseXML(virXMLNode *node, const char *name, virTristate *value)
{
    return virDomainSwitchParseXML(node, name, virDomainOnOffToString, value);
}

int
virDomainYesNoParseXML(virXMLNode *node, const char *name, virTristate *value)
{
    return virDomainSwitchParseXML(node, name, virDomainYesNoToString, value);
}

int
virDomainNumberParseXML(virXMLNode *node, const char *name, unsigned int max, unsigned int *value)
{
    guint64 number;
    int rc = virXMLGetNumber(node, name, max, &number);

    if (rc == 1)
        *value = (unsigned int)number;
    return rc;
}

/* Bytes in a unit of memory, or 0 if there is no such unit. Case is ignored, as in libvirt. */
static guint64
virDomainMemoryUnit(const char *unit)
{
    static const struct {
        const char *name;
        guint64 bytes;
    } units[] = {
        {"b", 1},
        {"byte", 1},
        {"bytes", 1},
        {"KB", 1000},
        {"k", G_GUINT64_CONSTANT(1) << 10},
        {"KiB", G_GUINT64_CONSTANT(1) << 10},
        {"MB", 1000 * 1000},
        {"M", G_GUINT64_CONSTANT(1) << 20},
        {"MiB", G_GUINT64_CONSTANT(1) << 20},
        {"GB", 1000 * 1000 * 1000},
        {"G", G_GUINT64_CONSTANT(1) << 30},
        {"GiB", G_GUINT64_CONSTANT(1) << 30},
        {"TB", G_GUINT64_CONSTANT(1000) * 1000 * 1000 * 1000},
        {"T", G_GUINT64_CONSTANT(1) << 40},
        {"TiB", G_GUINT64_CONSTANT(1) << 40},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (g_ascii_strcasecmp(unit, units[i].name) == 0)
            return units[i].bytes;
    }
    return 0;
}

/* The attribute of @node, or with NULL its text. */
static char *
virDomainGetValue(virXMLNode *node, const char *name)
{
    return name ? virXMLGetAttribute(node, name) : virXMLGetText(node);
}

/* What messages call a value: "<memory>", "'memory' of <cell>". Caller frees. */
static char *
virDomainDescribe(virXMLNode *node, const char *name)
{
    if (!name)
        return g_strdup_printf("<%s>", virXMLGetName(node));
    return virFormat(_("attribute '%1$s' of <%2$s>"), name, virXMLGetName(node));
}

int
virDomainSizeParseXML(virXMLNode *node, const char *name, guint64 min_kib, guint64 *size_kib)
{
    g_autofree char *unit = virXMLGetAttribute(node, "unit");
    g_autofree char *what = virDomainDescribe(node, name);
    guint64 bytes = virDomainMemoryUnit(unit ? unit : "KiB");
    guint64 number = 0;
    bool mib = min_kib % 1024 == 0;
    int rc;

    if (bytes == 0) {
        virXMLReportError(
            node, VIR_ERR_XML_ERROR,
            _("'%1$s' is no unit of memory; use KiB, MiB, GiB, TiB, KB, MB, GB, TB or "
              "bytes"),
            unit);
        return -1;
    }
    if ((rc = virXMLGetNumber(node, name, G_MAXUINT64, &number)) != 1)
        return rc;
    if (number > VIR_DOMAIN_MAX_MEMORY_KIB * 1024 / bytes || number * bytes < min_kib * 1024) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("%1$s must be from %2$llu %3$s to %4$llu TiB"),
                          what, (unsigned long long)(mib ? min_kib / 1024 : min_kib),
                          mib ? "MiB" : "KiB", (unsigned long long)VIR_DOMAIN_MAX_MEMORY_KIB >> 30);
        return -1;
    }
    *size_kib = (number * bytes + 1023) / 1024;
    return 1;
}

int
virDomainSetParseXML(virXMLNode *node, const char *name, unsigned int max, virBitmap **set)
{
    g_autofree char *text = virDomainGetValue(node, name);
    g_autofree char *what = virDomainDescribe(node, name);

    if (!text)
        return 0;
    if ((*set = virBitmapParse(text, max)))
        return 1;
    virXMLReportError(node, VIR_ERR_XML_ERROR,
                      _("%1$s is '%2$s' and must be numbers from 0 to %3$u like '0-3,^2,8'"), what,
                      text, max);
    return -1;
}

int
virDomainTextParseXML(virXMLNode *node, const char *name, size_t max, char **text)
{
    g_autofree char *value = virDomainGetValue(node, name);
    g_autofree char *what = virDomainDescribe(node, name);

    if (!value)
        return 0;
    if (*value && strlen(value) <= max && !virDomainTextHasControl(value)) {
        *text = g_steal_pointer(&value);
        return 1;
    }
    virXMLReportError(node, VIR_ERR_XML_ERROR,
                      _("%1$s must have 1 to %2$zu bytes and no control characters"), what, max);
    return -1;
}

void
virDomainOnOffFormatXML(virXMLWriter *writer, const char *name, virTristate value)
{
    if (value != VIR_TRISTATE_ABSENT)
        virXMLWriterAttribute(writer, name, "%s", virDomainOnOffToString(value == VIR_TRISTATE_ON));
}

void
virDomainYesNoFormatXML(virXMLWriter *writer, const char *name, virTristate value)
{
    if (value != VIR_TRISTATE_ABSENT)
        virXMLWriterAttribute(writer, name, "%s", virDomainYesNoToString(value == VIR_TRISTATE_ON));
}

void
virDomainSetFormatXML(virXMLWriter *writer, const char *name, const virBitmap *set)
{
    g_autofree char *text = set ? virBitmapFormat(set) : NULL;

    if (text)
        virXMLWriterAttribute(writer, name, "%s", text);
}

void
virDomainSizeFormatXML(virXMLWriter *writer, const char *name, guint64 size_kib)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, size_kib);

    virXMLWriterStart(writer, name);
    virXMLWriterAttribute(writer, "unit", "KiB");
    virXMLWriterText(writer, text);
    virXMLWriterEnd(writer);
}
