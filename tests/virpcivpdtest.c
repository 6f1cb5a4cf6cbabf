/*
 * virpcivpdtest.c: tests of virpcivpd
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virpcivpd.h"

/* Lengths are right where a case does not say otherwise: see testBuild(). */
static const struct {
    const char *name;
    const char *parts; /* "n:NAME", "r:KWvalue|KWvalue", "w:…"; separated by ";", "+": a checksum */
    int cut;           /* bytes taken from the end */
    int wrong;         /* added to the checksum */
    const char *expected;
} cases[] = {
    {"a name only", "n:Card", 0, 0, "Card"},
    {"an empty name is none", "n:", 0, 0, NULL},
    {"a name of blanks is empty", "n:  ", 0, 0, ""},
    {"a name with a control character", "n:Ca\trd", 0, 0, NULL},
    {"a name with what the schema refuses", "n:a|b", 0, 0, NULL},
    {"a name that is cut off", "n:Card", 1, 0, NULL},
    {"no name first", "r:PNx|+", 0, 0, NULL},
    {"nothing", "", 0, 0, NULL},
    {"the maker's part", "n:Card;r:PN12-3|SNab  |+", 0, 0, "Card ro PN=12-3 SN=ab"},
    {"a wrong checksum", "n:Card;r:PN1|+", 0, 1, "Card"},
    {"no checksum", "n:Card;r:PN1", 0, 0, "Card"},
    {"nothing counts behind the checksum", "n:Card;r:PN1|+|SN2", 0, 0, "Card ro PN=1"},
    {"a keyword twice", "n:Card;r:PN1|PN2|+", 0, 0, "Card ro PN=1"},
    {"an odd keyword", "n:Card;r:P-1|SN2|+", 0, 0, "Card ro SN=2"},
    {"an odd value", "n:Card;r:PN{}|SN2|+", 0, 0, "Card ro SN=2"},
    {"the software's part needs none", "n:Card;w:YAtag|V0x", 0, 0, "Card rw YA=tag V0=x"},
    {"the software's part ends at its rest", "n:Card;w:YAtag|RW|V0x", 0, 0, "Card rw YA=tag"},
    {"both parts", "n:Card;r:PN1|+;w:Y0z", 0, 0, "Card ro PN=1 rw Y0=z"},
    {"the first part of a kind counts", "n:Card;w:Y0a;w:Y0b", 0, 0, "Card rw Y0=a"},
    {"unknown parts are passed over", "n:Card;x:PN1;w:Y0b", 0, 0, "Card rw Y0=b"},
    {"a part that is cut off", "n:Card;r:PN1|+;w:Y0abc", 1, 0, "Card ro PN=1"},
};

static void
testAppendFields(GByteArray *all, const char *text, int wrong)
{
    g_auto(GStrv) fields = g_strsplit(text, "|", -1);
    guint start = all->len;
    guint8 sum = 0;

    for (char **field = fields; *field; field++) {
        gboolean check = g_str_equal(*field, "+");
        guint8 len = (guint8)(check ? 1 : strlen(*field) - 2);

        g_byte_array_append(all, (const guint8 *)(check ? "RV" : *field), 2);
        g_byte_array_append(all, &len, 1);
        if (!check) {
            g_byte_array_append(all, (const guint8 *)*field + 2, len);
            continue;
        }
        /* The part's length is in what is added up, and not known yet: no more fields, or known. */
        all->data[start - 2] = (guint8)(all->len + 1 - start);
        for (char **more = field + 1; *more; more++)
            all->data[start - 2] = (guint8)(all->data[start - 2] + strlen(*more) + 1);
        for (guint i = 0; i < all->len; i++)
            sum = (guint8)(sum + all->data[i]);
        sum = (guint8)(wrong - sum);
        g_byte_array_append(all, &sum, 1);
    }
    all->data[start - 2] = (guint8)(all->len - start);
}

static GByteArray *
testBuild(const char *text, int wrong)
{
    GByteArray *all = g_byte_array_new();
    g_auto(GStrv) parts = g_strsplit(text, ";", -1);

    for (char **part = parts; *part; part++) {
        guint8 header[] = {0x84, (guint8)strlen(*part + 2), 0};

        if (**part == 'n')
            header[0] = 0x82;
        else if (**part == 'r')
            header[0] = 0x90;
        else if (**part == 'w')
            header[0] = 0x91;
        g_byte_array_append(all, header, sizeof(header));
        if (**part == 'n')
            g_byte_array_append(all, (const guint8 *)*part + 2, header[1]);
        else
            testAppendFields(all, *part + 2, wrong);
    }
    return all;
}

static void
testDescribe(GString *text, const char *what, const GPtrArray *fields)
{
    if (!fields)
        return;
    g_string_append_printf(text, " %s", what);
    for (guint i = 0; i < fields->len; i++) {
        const virPCIVPDField *field = fields->pdata[i];

        g_string_append_printf(text, " %s=%s", field->keyword, field->value);
    }
}

static void
testCase(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(GByteArray) all = testBuild(cases[i].parts, cases[i].wrong);
    /* On the heap and as long as it is, for AddressSanitizer. */
    size_t len = all->len - (size_t)cases[i].cut;
    g_autofree guint8 *data = g_memdup2(all->data, len);
    g_autoptr(virPCIVPD) vpd = virPCIVPDParse(data, len);
    g_autoptr(GString) text = g_string_new(vpd ? vpd->name : NULL);

    if (!cases[i].expected) {
        g_assert_null(vpd);
        return;
    }
    g_assert_nonnull(vpd);
    testDescribe(text, "ro", vpd->readOnly);
    testDescribe(text, "rw", vpd->readWrite);
    g_assert_cmpstr(text->str, ==, cases[i].expected);
}

/* At no length is anything read behind the end, or found that is not in the whole. */
static void
testEveryLength(void)
{
    g_autoptr(GByteArray) all = testBuild("n:Card;r:PN12-3|SNab|+;w:YAtag|V0x", 0);

    for (guint len = 0; len <= all->len; len++) {
        g_autofree guint8 *data = g_memdup2(all->data, len);
        g_autoptr(virPCIVPD) vpd = virPCIVPDParse(data, len);

        g_assert_cmpint(vpd != NULL, ==, len >= strlen("Card") + 3);
        g_assert_cmpint(vpd && vpd->readWrite, ==, len == all->len);
        if (vpd)
            g_assert_true(virPCIVPDIsStart(data, len));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/virpcivpd/%s", cases[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testCase);
    }
    g_test_add_func("/virpcivpd/every length", testEveryLength);
    return g_test_run();
}
