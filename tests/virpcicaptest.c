/*
 * virpcicaptest.c: tests of virpcicap and of what is pure in virpciconfig
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virpcicap.h"
#include "virpciconfig.h"

#define TEST_MAX_BYTES 24

/* A configuration space is all zero but for these bytes. */
typedef struct {
    unsigned int offset;
    guint8 value;
} testByte;

/* A list of capabilities that begins at 0x40. */
#define TEST_LIST                                                                                  \
    {0x06, 0x10},                                                                                  \
    {                                                                                              \
        0x34, 0x40                                                                                 \
    }

static const struct {
    const char *name;
    size_t len; /* 0: 256 */
    testByte bytes[TEST_MAX_BYTES];
    const char *expected;
} cases[] = {
    {"no list", 0, {{0x34, 0x40}, {0x40, 0x10}, {0x47, 0x10}}, ""},
    {"express with FLR", 0, {TEST_LIST, {0x40, 0x10}, {0x47, 0x10}}, "express=40 flr"},
    {"express without FLR", 0, {TEST_LIST, {0x40, 0x10}, {0x47, 0xef}}, "express=40"},
    {"second in the list",
     0,
     {TEST_LIST, {0x40, 0x05}, {0x41, 0x80}, {0x80, 0x10}, {0x87, 0x10}},
     "express=80 flr"},
    {"last of six",
     0,
     {TEST_LIST,
      {0x40, 0x05},
      {0x41, 0x50},
      {0x50, 0x11},
      {0x51, 0x60},
      {0x60, 0x03},
      {0x61, 0x70},
      {0x70, 0x09},
      {0x71, 0x80},
      {0x80, 0x0d},
      {0x81, 0x90},
      {0x90, 0x01}},
     "pm=90 pm-reset"},
    {"AF with FLR", 0, {TEST_LIST, {0x40, 0x13}, {0x43, 0x03}}, "flr"},
    {"AF with transactions pending only", 0, {TEST_LIST, {0x40, 0x13}, {0x43, 0x01}}, ""},
    {"AF with FLR only", 0, {TEST_LIST, {0x40, 0x13}, {0x43, 0x02}}, ""},
    {"PM that resets", 0, {TEST_LIST, {0x40, 0x01}}, "pm=40 pm-reset"},
    {"PM that keeps state", 0, {TEST_LIST, {0x40, 0x01}, {0x44, 0x08}}, "pm=40"},
    {"hot-plug port",
     0,
     {TEST_LIST, {0x40, 0x10}, {0x43, 0x01}, {0x54, 0x40}},
     "express=40 hotplug"},
    {"hot-plug without a slot", 0, {TEST_LIST, {0x40, 0x10}, {0x54, 0x40}}, "express=40"},
    {"CardBus bridges have their list elsewhere",
     0,
     {{0x06, 0x10}, {0x0e, 0x82}, {0x14, 0x80}, {0x34, 0x40}, {0x40, 0x10}, {0x80, 0x01}},
     "pm=80 pm-reset"},
    {"reserved bits of pointers",
     0,
     {{0x06, 0x10}, {0x34, 0x43}, {0x40, 0x05}, {0x41, 0x52}, {0x50, 0x01}},
     "pm=50 pm-reset"},
    {"pointer into the header", 0, {{0x06, 0x10}, {0x34, 0x3c}, {0x3c, 0x01}}, ""},
    {"pointer back into the header", 0, {TEST_LIST, {0x40, 0x05}, {0x41, 0x10}, {0x10, 0x01}}, ""},
    {"loop of one", 0, {TEST_LIST, {0x40, 0x05}, {0x41, 0x40}}, ""},
    {"loop of two", 0, {TEST_LIST, {0x40, 0x05}, {0x41, 0x50}, {0x50, 0x09}, {0x51, 0x40}}, ""},
    {"found before a loop", 0, {TEST_LIST, {0x40, 0x01}, {0x41, 0x40}}, "pm=40 pm-reset"},
    {"header only", 64, {{0x06, 0x10}, {0x34, 0x40}}, ""},
    {"capability at the very end", 0, {{0x06, 0x10}, {0x34, 0xfc}, {0xfc, 0x10}}, "express=fc"},
    {"PM cut off", 0x44, {TEST_LIST, {0x40, 0x01}}, "pm=40"},
    {"express cut off", 0x44, {TEST_LIST, {0x40, 0x10}}, "express=40"},
    {"gone from the bus",
     0,
     {{0x00, 0xff}, {0x01, 0xff}, {0x06, 0xff}, {0x34, 0xff}, {0xfc, 0x10}},
     ""},
    {"nothing", 1, {{0, 0}}, ""},
};

static guint8 *
testMakeConfig(const testByte *bytes, size_t len)
{
    guint8 *config = g_malloc0(len);

    for (size_t i = 0; i < TEST_MAX_BYTES; i++) {
        if (bytes[i].value)
            config[bytes[i].offset] = bytes[i].value;
    }
    return config;
}

static char *
testDescribe(const virPCICaps *caps)
{
    GString *text = g_string_new(NULL);

    if (caps->pm)
        g_string_append_printf(text, "pm=%x ", caps->pm);
    if (caps->express)
        g_string_append_printf(text, "express=%x ", caps->express);
    g_string_append(text, caps->hasFLR ? "flr " : "");
    g_string_append(text, caps->hasPMReset ? "pm-reset " : "");
    g_string_append(text, caps->isHotplugPort ? "hotplug " : "");
    return g_strchomp(g_string_free(text, FALSE));
}

static void
testCaps(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    size_t len = cases[i].len ? cases[i].len : VIR_PCI_CONFIG_SIZE;
    /* On the heap and no longer than it says: a read beyond is seen by the sanitizer. */
    g_autofree guint8 *config = testMakeConfig(cases[i].bytes, len);
    g_autofree char *found = NULL;
    virPCICaps caps;

    virPCICapsParse(config, len, &caps);
    found = testDescribe(&caps);
    g_assert_cmpstr(found, ==, cases[i].expected);
}

static char *
testListRegisters(const testByte *bytes, size_t len)
{
    g_autofree guint8 *config = testMakeConfig(bytes, len);
    virPCIConfigRegister registers[VIR_PCI_CAP_MAX_REGISTERS];
    size_t count = virPCICapListRegisters(config, len, registers);
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < count; i++)
        g_string_append_printf(text, "%x/%u ", registers[i].offset, registers[i].size);
    return g_strchomp(g_string_free(text, FALSE));
}

#define TEST_BASES "10/4 14/4 18/4 1c/4 20/4 24/4 30/4 c/2 3c/2 "

static void
testRegisters(void)
{
    static const struct {
        size_t len;
        testByte bytes[TEST_MAX_BYTES];
        const char *expected;
    } lists[] = {
        {256, {{0, 0}}, TEST_BASES "4/2"},
        {256, {TEST_LIST, {0x40, 0x10}, {0x42, 0x02}}, TEST_BASES "48/2 50/2 68/2 4/2"},
        {256, {TEST_LIST, {0x40, 0x10}, {0x42, 0x01}}, TEST_BASES "48/2 50/2 4/2"},
        {256, {TEST_LIST, {0x40, 0x07}}, TEST_BASES "42/2 4/2"},
        /* VPD: writing back its address with the flag set would write to the device's memory. */
        {256, {TEST_LIST, {0x40, 0x03}, {0x43, 0x80}}, TEST_BASES "4/2"},
        {256, {{0x06, 0x10}, {0x34, 0xfc}, {0xfc, 0x10}}, TEST_BASES "4/2"},
        {8, {{0, 0}}, "4/2"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autofree char *found = testListRegisters(lists[i].bytes, lists[i].len);

        g_assert_cmpstr(found, ==, lists[i].expected);
    }
}

static void
testGet(void)
{
    const guint8 config[] = {0x12, 0x34, 0x56, 0x78, 0x9a};

    g_assert_cmpuint(virPCIConfigGet(config, (virPCIConfigRegister){0, 2}), ==, 0x3412);
    g_assert_cmpuint(virPCIConfigGet(config, (virPCIConfigRegister){1, 4}), ==, 0x9a785634);
}

static void
testKept(void)
{
    guint8 before[VIR_PCI_CONFIG_SIZE] = {0};
    guint8 after[VIR_PCI_CONFIG_SIZE] = {0};

    /* No base at all: nothing to tell by. */
    g_assert_false(virPCIConfigIsKept(before, after));
    before[0x13] = 0xfe;
    g_assert_false(virPCIConfigIsKept(before, after));
    after[0x13] = 0xfe;
    g_assert_true(virPCIConfigIsKept(before, after));
    after[0x04] = 0x07; /* the command register does not count */
    g_assert_true(virPCIConfigIsKept(before, after));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/virpcicap/%s", cases[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testCaps);
    }
    g_test_add_func("/virpcicap/registers to write back", testRegisters);
    g_test_add_func("/virpcicap/little-endian", testGet);
    g_test_add_func("/virpcicap/was it reset", testKept);
    return g_test_run();
}
