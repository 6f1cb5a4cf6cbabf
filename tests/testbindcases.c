/*
 * testbindcases.c: the table of what the kernel may do to a change of binding, and what is promised
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>

#include <json-glib/json-glib.h>

#include "testbindcases.h"

#define TEST_BIND_CASES "tests/virpcibinddata/cases.json"

/* What the texts of the table stand for in the scene. */
static const struct {
    const char *word;
    const char *text;
} words[] = {
    {"{first}", "0000:3b:00.3"}, {"{second}", "0000:5e:00.0"},   {"{third}", "0000:5f:00.0"},
    {"{group}", "12"},           {"{variant}", "mlx5_vfio_pci"}, {"{module}", "mlx5-vfio-pci"},
    {"{other}", "nouveau"},
};

static const struct {
    const char *name;
    int value;
} names[] = {
    {"override", TEST_KERNEL_OVERRIDE},
    {"unbind", TEST_KERNEL_UNBIND},
    {"probe", TEST_KERNEL_PROBE},
    {"fails", TEST_KERNEL_FAILS},
    {"hangs", TEST_KERNEL_HANGS},
    {"nothing", TEST_KERNEL_NOTHING},
    {"other-driver", TEST_KERNEL_OTHER},
    {"late", TEST_KERNEL_LATE},
    {"node-late", TEST_KERNEL_NODE_LATE},
    {"no-vfio-dev", TEST_KERNEL_NO_DEV},
    {"no-node", TEST_KERNEL_NO_NODE},
    {"unplug", TEST_KERNEL_UNPLUG},
    {"EBUSY", EBUSY},
    {"EIO", EIO},
    {"ENODEV", ENODEV},
    {"ENOMEM", ENOMEM},
    {"EROFS", EROFS},
};

static int
testBindCaseValue(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_equal(names[i].name, name))
            return names[i].value;
    }
    g_error("%s: what is '%s'?", TEST_BIND_CASES, name);
}

static char *
testBindCaseExpand(const char *text, const char *host)
{
    g_autoptr(GString) expanded = g_string_new(text);

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        g_string_replace(expanded, words[i].word, words[i].text, 0);
    g_string_replace(expanded, "{host}", host, 0);
    return g_strdup(expanded->str);
}

static char *
testBindCaseGetText(JsonObject *row, const char *member, const char *host)
{
    const char *text = json_object_get_string_member_with_default(row, member, NULL);

    return text ? testBindCaseExpand(text, host) : NULL;
}

static void
testBindCaseGetDevices(JsonObject *row, const char *member, char **devices)
{
    JsonArray *array =
        json_object_has_member(row, member) ? json_object_get_array_member(row, member) : NULL;

    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        g_autofree char *word = g_strdup_printf("{%s}", json_array_get_string_element(array, i));

        g_assert_cmpuint(i, <, TEST_BIND_CASE_DEVICES);
        devices[i] = testBindCaseExpand(word, "");
    }
}

static void
testBindCaseGetRule(JsonObject *json, testKernelRule *rule)
{
    const char *number = json_object_get_string_member_with_default(json, "errno", NULL);

    rule->op = (testKernelOp)testBindCaseValue(json_object_get_string_member(json, "write"));
    rule->effect =
        (testKernelEffect)testBindCaseValue(json_object_get_string_member(json, "effect"));
    rule->from = (guint)json_object_get_int_member(json, "from");
    rule->to = (guint)json_object_get_int_member(json, "to");
    rule->value = number ? testBindCaseValue(number)
                         : (int)json_object_get_int_member_with_default(json, "ms", 0);
    rule->driver = rule->effect == TEST_KERNEL_OTHER ? "nouveau" : NULL;
}

/* Who reads the table is to learn why a row is not run somewhere. */
static void
testBindCaseCheck(JsonObject *row)
{
    const char *name = json_object_get_string_member(row, "name");

    if (json_object_has_member(row, "real") == json_object_has_member(row, "not-on-real"))
        g_error("%s: '%s' is to have one of 'real' and 'not-on-real'", TEST_BIND_CASES, name);
    if (json_object_has_member(row, "not-on-real") &&
        !*json_object_get_string_member(row, "not-on-real"))
        g_error("%s: '%s' does not say why a real kernel cannot do it", TEST_BIND_CASES, name);
}

static testBindCase *
testBindCaseNew(JsonObject *row)
{
    testBindCase *test = g_new0(testBindCase, 1);
    JsonArray *rules =
        json_object_has_member(row, "kernel") ? json_object_get_array_member(row, "kernel") : NULL;
    const char *host;

    testBindCaseGetDevices(row, "devices", test->devices);
    testBindCaseGetDevices(row, "left", test->left);
    host = g_str_equal(test->devices[0], "0000:3b:00.3") ? "mlx5_core" : "nvme";
    test->name = testBindCaseGetText(row, "name", host);
    test->driver = testBindCaseGetText(row, "driver", host);
    test->whileHeld = testBindCaseGetText(row, "while-held", host);
    test->code = testBindCaseGetText(row, "code", host);
    test->message = testBindCaseGetText(row, "message", host);
    for (guint i = 0; rules && i < json_array_get_length(rules); i++) {
        g_assert_cmpuint(i, <, TEST_BIND_CASE_RULES);
        testBindCaseGetRule(json_array_get_object_element(rules, i), &test->rules[i]);
    }
    return test;
}

static void
testBindCaseFree(void *opaque)
{
    testBindCase *test = opaque;

    for (size_t i = 0; i < TEST_BIND_CASE_DEVICES; i++) {
        g_free(test->devices[i]);
        g_free(test->left[i]);
    }
    g_free(test->name);
    g_free(test->driver);
    g_free(test->whileHeld);
    g_free(test->code);
    g_free(test->message);
    g_free(test);
}

GPtrArray *
testBindCasesLoad(void)
{
    GPtrArray *cases = g_ptr_array_new_with_free_func(testBindCaseFree);
    g_autofree char *path = g_build_filename(g_getenv("abs_top_srcdir"), TEST_BIND_CASES, NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    JsonArray *rows;

    if (!json_parser_load_from_file(parser, path, &error))
        g_error("%s", error->message);
    rows = json_node_get_array(json_parser_get_root(parser));
    for (guint i = 0; i < json_array_get_length(rows); i++) {
        JsonObject *row = json_array_get_object_element(rows, i);

        testBindCaseCheck(row);
        if (!json_object_has_member(row, "not-on-fake"))
            g_ptr_array_add(cases, testBindCaseNew(row));
    }
    return cases;
}
