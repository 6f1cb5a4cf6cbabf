/*
 * domain_value_conf.h: values that several families of elements have
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virbitmap.h"
#include "virenum.h"
#include "virxml.h"
#include "virxmlwriter.h"

/* A switch that may be absent: then QEMU's default holds. */
typedef enum {
    VIR_TRISTATE_ABSENT,
    VIR_TRISTATE_OFF, /* off, no */
    VIR_TRISTATE_ON,  /* on, yes */
} virTristate;

/*
 * The following read an attribute, or with NULL as its name the element's text. Each returns 1 if
 * there is one, 0 and the output untouched if the attribute is absent, or -1 with XML_ERROR or
 * CONFIG_UNSUPPORTED reported and the output untouched.
 */

/* on or off; yes or no. */
int virDomainOnOffParseXML(virXMLNode *node, const char *name, virTristate *value)
    G_GNUC_WARN_UNUSED_RESULT;
int virDomainYesNoParseXML(virXMLNode *node, const char *name, virTristate *value)
    G_GNUC_WARN_UNUSED_RESULT;

int virDomainNumberParseXML(virXMLNode *node, const char *name, unsigned int max,
                            unsigned int *value) G_GNUC_WARN_UNUSED_RESULT;

/* A size with the attribute 'unit' (KiB if absent), from @min_kib to 16 TiB, rounded up to KiB. */
int virDomainSizeParseXML(virXMLNode *node, const char *name, guint64 min_kib, guint64 *size_kib)
    G_GNUC_WARN_UNUSED_RESULT;

/* Numbers of processors or nodes. */
int virDomainSetParseXML(virXMLNode *node, const char *name, unsigned int max, virBitmap **set)
    G_GNUC_WARN_UNUSED_RESULT;

/* 1 to @max bytes without control characters. */
int virDomainTextParseXML(virXMLNode *node, const char *name, size_t max, char **text)
    G_GNUC_WARN_UNUSED_RESULT;

/* Nothing if the value is absent. */
void virDomainOnOffFormatXML(virXMLWriter *writer, const char *name, virTristate value);
void virDomainYesNoFormatXML(virXMLWriter *writer, const char *name, virTristate value);
void virDomainSetFormatXML(virXMLWriter *writer, const char *name, const virBitmap *set);

/* An element with a size in KiB. */
void virDomainSizeFormatXML(virXMLWriter *writer, const char *name, guint64 size_kib);

#define VIR_DOMAIN_MAX_MEMORY_KIB (G_GUINT64_CONSTANT(16) << 30) /* 16 TiB */
