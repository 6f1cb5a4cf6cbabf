/*
 * pcivpdfuzz.c: vital product data of any content: what is taken from it is text
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "fuzz.h"
#include "virpcivpd.h"

static void
fuzzCheckText(const char *text)
{
    for (const char *at = text; *at; at++)
        g_assert_true(g_ascii_isprint(*at));
    g_assert_false(g_str_has_suffix(text, " "));
}

static void
fuzzCheckFields(const GPtrArray *fields)
{
    for (guint i = 0; fields && i < fields->len; i++) {
        const virPCIVPDField *field = fields->pdata[i];

        g_assert_true(virPCIVPDFind(fields, field->keyword) == field->value);
        g_assert_cmpuint(strlen(field->value), <=, 255);
        fuzzCheckText(field->value);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(virPCIVPD) vpd = virPCIVPDParse(data, size);

    if (!vpd)
        return 0;
    g_assert_true(virPCIVPDIsStart(data, size));
    fuzzCheckText(vpd->name);
    fuzzCheckFields(vpd->readOnly);
    fuzzCheckFields(vpd->readWrite);
    return 0;
}
