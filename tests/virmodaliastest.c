/*
 * virmodaliastest.c: tests of virmodalias
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virmodalias.h"

#define DEVICE "pci:v000015B3d0000101Esv000015B3sd00000058bc02sc00i00"

static const struct {
    const char *name;
    const char *text;
    bool valid;
} devices[] = {
    {"device", DEVICE, true},
    {"all ones", "pci:vFFFFFFFFdFFFFFFFFsvFFFFFFFFsdFFFFFFFFbcFFscFFiFF", true},
    {"lower case digits", "pci:v000015b3d0000101Esv000015B3sd00000058bc02sc00i00", false},
    {"wildcard", "pci:v000015B3d*sv000015B3sd00000058bc02sc00i00", false},
    {"question mark", "pci:v000015B3d0000101?sv000015B3sd00000058bc02sc00i00", false},
    {"short field", "pci:v15B3d0000101Esv000015B3sd00000058bc02sc00i00", false},
    {"long field", "pci:v0000015B3d0000101Esv000015B3sd00000058bc02sc00i00", false},
    {"missing field", "pci:v000015B3d0000101Esv000015B3sd00000058bc02sc00", false},
    {"fields in another order", "pci:d0000101Ev000015B3sv000015B3sd00000058bc02sc00i00", false},
    {"trailing star", DEVICE "*", false},
    {"trailing text", DEVICE "x", false},
    {"another bus", "usb:v1D6Bp0002d0601dc09dsc00dp00ic09isc00ip00in00", false},
    {"a pattern's prefix", "vfio_" DEVICE, false},
    {"prefix only", "pci:", false},
    {"empty", "", false},
};

static void
testParseDevice(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    virModAlias alias = {.value = {4711}};

    g_assert_cmpint(virModAliasParse(devices[i].text, &alias), ==, devices[i].valid);
    if (devices[i].valid) {
        g_autofree char *text = virModAliasFormat(&alias);

        g_assert_cmpstr(text, ==, devices[i].text);
    } else {
        g_assert_cmpuint(alias.value[0], ==, 4711);
    }
}

static void
testFields(void)
{
    const guint32 expected[] = {0x15b3, 0x101e, 0x15b3, 0x58, 2, 0, 0};
    virModAlias alias;

    g_assert_true(virModAliasParse(DEVICE, &alias));
    g_assert_cmpmem(alias.value, sizeof(alias.value), expected, sizeof(expected));
}

static const struct {
    const char *name;
    const char *text;
    int wildcards;         /* -1: no pattern */
    bool matches;          /* DEVICE */
    const char *canonical; /* NULL: @text itself */
} patterns[] = {
    {"catch-all", "vfio_pci:v*d*sv*sd*bc*sc*i*", 7, true, NULL},
    {"catch-all with a second star", "vfio_pci:v*d*sv*sd*bc*sc*i**", 7, true,
     "vfio_pci:v*d*sv*sd*bc*sc*i*"},
    {"vendor and device", "vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*", 5, true, NULL},
    {"other device", "vfio_pci:v000015B3d0000101Dsv*sd*bc*sc*i*", 5, false, NULL},
    {"exact", "vfio_pci:v000015B3d0000101Esv000015B3sd00000058bc02sc00i00*", 1, true, NULL},
    {"exact without the star", "vfio_pci:v000015B3d0000101Esv000015B3sd00000058bc02sc00i00", 1,
     true, "vfio_pci:v000015B3d0000101Esv000015B3sd00000058bc02sc00i00*"},
    {"class only", "vfio_pci:v*d*sv*sd*bc02sc00i00*", 5, true, NULL},
    {"other class", "vfio_pci:v*d*sv*sd*bc01sc08i02*", 5, false, NULL},
    {"digits then a star", "vfio_pci:v000015B3d000010*sv*sd*bc*sc*i*", 6, true, NULL},
    {"digits then a star, other", "vfio_pci:v000015B3d000020*sv*sd*bc*sc*i*", 6, false, NULL},
    {"one free digit", "vfio_pci:v000015B3d00001?1Esv*sd*bc*sc*i*", 6, true, NULL},
    {"free digits at the end", "vfio_pci:v000015B3d0000????sv*sd*bc*sc*i*", 6, true,
     "vfio_pci:v000015B3d0000*sv*sd*bc*sc*i*"},
    {"all digits free", "vfio_pci:v????????d*sv*sd*bc*sc*i*", 7, true,
     "vfio_pci:v*d*sv*sd*bc*sc*i*"},
    {"a star does not cross fields", "vfio_pci:v*d0000A808*", -1, false, NULL},
    {"a star in the middle of a field", "vfio_pci:v0000*15B3d*sv*sd*bc*sc*i*", -1, false, NULL},
    {"lower case", "vfio_pci:v000015b3d0000101esv*sd*bc*sc*i*", -1, false, NULL},
    {"bracket", "vfio_pci:v0000[01]5B3d*sv*sd*bc*sc*i*", -1, false, NULL},
    {"too many digits", "vfio_pci:v000015B30d*sv*sd*bc*sc*i*", -1, false, NULL},
    {"too few digits", "vfio_pci:v15B3d*sv*sd*bc*sc*i*", -1, false, NULL},
    {"missing field", "vfio_pci:v*d*sv*sd*bc*sc*", -1, false, NULL},
    {"trailing text", "vfio_pci:v*d*sv*sd*bc*sc*i*x", -1, false, NULL},
    {"ordinary alias", "pci:v*d*sv*sd*bc*sc*i*", -1, false, NULL},
    {"prefix without colon", "vfio_pci", -1, false, NULL},
    {"empty", "", -1, false, NULL},
};

static void
testParsePattern(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    virModAliasPattern pattern = {.value = {4711}};
    virModAliasPattern again;
    g_autofree char *text = NULL;
    virModAlias device;
    bool valid = virModAliasPatternParse(patterns[i].text, strlen(patterns[i].text), &pattern);

    g_assert_cmpint(valid, ==, patterns[i].wildcards >= 0);
    if (!valid) {
        g_assert_cmpuint(pattern.value[0], ==, 4711);
        return;
    }
    g_assert_true(virModAliasParse(DEVICE, &device));
    g_assert_cmpint(virModAliasPatternMatches(&pattern, &device), ==, patterns[i].matches);
    g_assert_cmpuint(virModAliasPatternCountWildcards(&pattern), ==,
                     (unsigned int)patterns[i].wildcards);
    text = virModAliasPatternFormat(&pattern);
    g_assert_cmpstr(text, ==, patterns[i].canonical ? patterns[i].canonical : patterns[i].text);
    g_assert_true(virModAliasPatternParse(text, strlen(text), &again));
    g_assert_cmpmem(&again, sizeof(again), &pattern, sizeof(pattern));
}

/* From the most specific on; equals share a rank. */
static const struct {
    int rank;
    const char *text;
} ranked[] = {
    {0, "vfio_pci:v000015B3d0000101Esv000015B3sd00000058bc02sc00i00*"},
    {1, "vfio_pci:v000015B3d0000101Esv000015B3sd00000058bc02sc00i*"},
    {2, "vfio_pci:v000015B3d0000101Esv000015B3sd00000058bc*sc*i*"},
    {3, "vfio_pci:v000015B3d0000101Esv000015B3sd*bc*sc*i*"},
    {4, "vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*"},
    {4, "vfio_pci:v00008086d000010D3sv*sd*bc*sc*i*"},
    {5, "vfio_pci:v000015B3d*sv*sd*bc02sc*i*"},
    {6, "vfio_pci:v*d*sv*sd*bc02sc00i00*"},
    {7, "vfio_pci:v000015B3d0000101*sv*sd*bc*sc*i*"},
    {8, "vfio_pci:v000015B3d000010*sv*sd*bc*sc*i*"},
    {9, "vfio_pci:v000015B3d*sv*sd*bc*sc*i*"},
    {10, "vfio_pci:v*d0000101Esv*sd*bc*sc*i*"},
    {11, "vfio_pci:v*d*sv*sd*bc*sc*i*"},
};

static void
testRank(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ranked); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(ranked); j++) {
            virModAliasPattern a;
            virModAliasPattern b;
            int order;

            g_assert_true(virModAliasPatternParse(ranked[i].text, strlen(ranked[i].text), &a));
            g_assert_true(virModAliasPatternParse(ranked[j].text, strlen(ranked[j].text), &b));
            order = virModAliasPatternCompare(&a, &b);
            g_assert_cmpint(order < 0, ==, ranked[i].rank < ranked[j].rank);
            g_assert_cmpint(order > 0, ==, ranked[i].rank > ranked[j].rank);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(devices); i++) {
        g_autofree char *path = g_strdup_printf("/virmodalias/device/%s", devices[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testParseDevice);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++) {
        g_autofree char *path = g_strdup_printf("/virmodalias/pattern/%s", patterns[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testParsePattern);
    }
    g_test_add_func("/virmodalias/fields", testFields);
    g_test_add_func("/virmodalias/rank", testRank);
    return g_test_run();
}
