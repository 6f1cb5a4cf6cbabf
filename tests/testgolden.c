/*
 * testgolden.c: golden files, and guests that are refused
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <libxml/parser.h>
#include <libxml/relaxng.h>

#include "domain_conf.h"
#include "testgolden.h"
#include "virerror.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGParserCtxt, xmlRelaxNGFreeParserCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGValidCtxt, xmlRelaxNGFreeValidCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

char *
testGoldenPath(const char *directory, const char *file)
{
    return g_build_filename(g_getenv("abs_top_srcdir"), "tests", directory, file, NULL);
}

char *
testGoldenRead(const char *directory, const char *file)
{
    g_autofree char *path = testGoldenPath(directory, file);
    char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        g_error("cannot read %s", path);
    return text;
}

static gint
testGoldenSort(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **
testGoldenNames(const char *directory, const char *suffix, const char *butNot)
{
    g_autofree char *path = testGoldenPath(directory, "");
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, suffix) && !g_str_has_suffix(name, butNot))
            g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(suffix)));
    }
    g_assert_cmpuint(names->len, >, 0);
    g_ptr_array_sort(names, testGoldenSort);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

void
testGoldenCompare(const char *directory, const char *file, const char *actual)
{
    g_autofree char *expected = NULL;

    if (g_getenv("VIR_TEST_REGENERATE")) {
        g_autofree char *path = testGoldenPath(directory, file);

        g_assert_true(g_file_set_contents(path, actual, -1, NULL));
        return;
    }
    expected = testGoldenRead(directory, file);
    g_assert_cmpstr(actual, ==, expected);
}

static void G_GNUC_PRINTF(2, 3) testSchemaError(void *opaque, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_string_append_vprintf(opaque, fmt, ap);
    va_end(ap);
}

/* The compiled schema: it is the same for every test of a program. */
static xmlRelaxNG *
testSchemaLoad(void)
{
    static xmlRelaxNG *schema;
    g_autofree char *path = NULL;
    g_autoptr(xmlRelaxNGParserCtxt) ctxt = NULL;
    g_autoptr(GString) errors = g_string_new(NULL);

    if (schema)
        return schema;
    path = g_build_filename(g_getenv("abs_top_srcdir"), "src/conf/schemas/domain.rng", NULL);
    ctxt = xmlRelaxNGNewParserCtxt(path);
    g_assert_nonnull(ctxt);
    xmlRelaxNGSetParserErrors(ctxt, testSchemaError, testSchemaError, errors);
    if (!(schema = xmlRelaxNGParse(ctxt)))
        g_error("%s: %s", path, errors->str);
    return schema;
}

gboolean
testSchemaValidate(const char *text, char **message)
{
    g_autoptr(xmlRelaxNGValidCtxt) valid = xmlRelaxNGNewValidCtxt(testSchemaLoad());
    g_autoptr(xmlDoc) doc = xmlReadMemory(text, (int)strlen(text), "guest.xml", NULL,
                                          XML_PARSE_NONET | XML_PARSE_NOERROR);
    g_autoptr(GString) errors = g_string_new(NULL);
    int rc;

    g_assert_nonnull(doc);
    g_assert_nonnull(valid);
    xmlRelaxNGSetValidErrors(valid, testSchemaError, testSchemaError, errors);
    rc = xmlRelaxNGValidateDoc(valid, doc);
    g_assert_cmpint(rc, >=, 0);
    *message = g_strdup(errors->str);
    return rc == 0;
}

void
testSchemaAccepts(const char *text)
{
    g_autofree char *message = NULL;

    if (!testSchemaValidate(text, &message))
        g_error("not by the schema: %s%s", message, text);
}

static const char testGuest[] = "<domain type='kvm'>\n"
                                "<name>g</name>\n"
                                "<memory unit='MiB'>512</memory>\n"
                                "<vcpu>1</vcpu>\n"
                                "<!--T-->\n"
                                "<os><type>hvm</type></os>\n"
                                "<devices>\n"
                                "<!--D-->\n"
                                "</devices>\n"
                                "</domain>\n";

/* Names and words are in lists, and the schema has the same lists. */
static bool
testIsStructural(const char *message)
{
    return strstr(message, "> at line ") || strstr(message, "; supported: '") ||
           strstr(message, " lacks ");
}

static void
testRefuses(const void *opaque)
{
    const testRefused *test = opaque;
    g_auto(GStrv) parts = g_strsplit(testGuest, test->from, -1);
    g_autofree char *text = g_strjoinv(test->to, parts);
    g_autoptr(virDomainDef) good = virDomainDefParse(testGuest, strlen(testGuest), "guest.xml");
    g_autoptr(virDomainDef) bad = virDomainDefParse(text, strlen(text), "guest.xml");
    g_autofree char *message = NULL;

    g_assert_nonnull(good);
    g_assert_cmpuint(g_strv_length(parts), >, 1);
    if (bad)
        g_error("accepted: %s", text);
    g_assert_cmpint(virErrorGetLast()->code, ==, test->code);
    if (!strstr(virErrorGetMessage(), test->message))
        g_error("\"%s\" does not say \"%s\"", virErrorGetMessage(), test->message);
    if (testIsStructural(virErrorGetMessage()) && testSchemaValidate(text, &message))
        g_error("the schema takes what the parser does not: \"%s\"", virErrorGetMessage());
    virErrorReset();
}

void
testRefusedAdd(const char *prefix, const testRefused *tests, size_t ntests)
{
    for (size_t i = 0; i < ntests; i++) {
        g_autofree char *path = g_strdup_printf("%s/%s", prefix, tests[i].name);

        g_test_add_data_func(path, &tests[i], testRefuses);
    }
}
