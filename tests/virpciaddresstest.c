/*
 * virpciaddresstest.c: tests of virpciaddress
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virpciaddress.h"

static const struct {
    const char *name;
    const char *text;
    virPCIDeviceAddress addr;
    const char *canonical; /* NULL: not an address */
} cases[] = {
    {"full", "0000:3b:00.2", {0, 0x3b, 0, 2}, "0000:3b:00.2"},
    {"short form is domain 0", "3b:1f.7", {0, 0x3b, 0x1f, 7}, "0000:3b:1f.7"},
    {"upper case", "000A:FF:1F.0", {10, 0xff, 0x1f, 0}, "000a:ff:1f.0"},
    {"VMD domain above 16 bits", "10000:e1:00.0", {0x10000, 0xe1, 0, 0}, "10000:e1:00.0"},
    {"largest domain", "ffffffff:ff:1f.7", {0xffffffff, 0xff, 0x1f, 7}, "ffffffff:ff:1f.7"},
    {"all zero", "0000:00:00.0", {0}, "0000:00:00.0"},
    {"slot out of range", "0000:3b:20.0", {0}, NULL},
    {"function out of range", "0000:3b:00.8", {0}, NULL},
    {"function is no digit", "0000:3b:00.a", {0}, NULL},
    {"two functions", "0000:3b:00.10", {0}, NULL},
    {"bus of one digit", "0000:b:00.0", {0}, NULL},
    {"bus of three digits", "0000:03b:00.0", {0}, NULL},
    {"domain of three digits", "000:3b:00.0", {0}, NULL},
    {"domain of nine digits", "000000000:3b:00.0", {0}, NULL},
    {"trailing text", "0000:3b:00.0 ", {0}, NULL},
    {"trailing newline", "0000:3b:00.0\n", {0}, NULL},
    {"leading blank", " 0000:3b:00.0", {0}, NULL},
    {"sign", "-000:3b:00.0", {0}, NULL},
    {"prefix 0x", "0x00:3b:00.0", {0}, NULL},
    {"dot for colon", "0000.3b:00.0", {0}, NULL},
    {"no function", "0000:3b:00", {0}, NULL},
    {"empty", "", {0}, NULL},
};

static void
testParse(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    const virPCIDeviceAddress untouched = {1, 2, 3, 4};
    virPCIDeviceAddress addr = untouched;
    bool parsed = virPCIDeviceAddressParse(cases[i].text, &addr);

    g_assert_cmpint(parsed, ==, cases[i].canonical != NULL);
    g_assert_cmpint(virPCIDeviceAddressCompare(&addr, parsed ? &cases[i].addr : &untouched), ==, 0);
    if (parsed) {
        g_autofree char *text = virPCIDeviceAddressAsString(&addr);

        g_assert_cmpstr(text, ==, cases[i].canonical);
    }
}

static void
testCompare(void)
{
    const char *ordered[] = {"0000:00:00.0", "0000:00:00.1", "0000:00:01.0",
                             "0000:01:00.0", "0001:00:00.0", "10000:00:00.0"};

    for (size_t i = 0; i < G_N_ELEMENTS(ordered); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(ordered); j++) {
            virPCIDeviceAddress a;
            virPCIDeviceAddress b;
            int order;

            g_assert_true(virPCIDeviceAddressParse(ordered[i], &a));
            g_assert_true(virPCIDeviceAddressParse(ordered[j], &b));
            order = virPCIDeviceAddressCompare(&a, &b);
            g_assert_cmpint(order < 0, ==, i < j);
            g_assert_cmpint(order > 0, ==, i > j);
        }
    }
}

static void
testIsValid(void)
{
    const virPCIDeviceAddress wrong[] = {{0, 0x100, 0, 0}, {0, 0, 0x20, 0}, {0, 0, 0, 8}};

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_false(virPCIDeviceAddressIsValid(&wrong[i]));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/virpciaddress/parse/%s", cases[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testParse);
    }
    g_test_add_func("/virpciaddress/compare", testCompare);
    g_test_add_func("/virpciaddress/is-valid", testIsValid);
    return g_test_run();
}
