/*
 * virnetlinktest.c: tests of virnetlink, on a real kernel in a network namespace of their own
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "testnetns.h"
#include "virerror.h"
#include "virnetlink.h"

static const struct {
    const char *name;
    const char *addresses[3];
    struct {
        const char *destination;
        const char *gateway;
    } routes[2];
    const char *expected;
} cases[] = {
    {"nothing but link-local IPv6", {"fe80::1/64"}, {{NULL, NULL}}, "addresses: gateways:"},
    {"an IPv4 address", {"192.0.2.1/24"}, {{NULL, NULL}}, "addresses: 192.0.2.1/24 gateways:"},
    {"an IPv6 address", {"2001:db8::1/64"}, {{NULL, NULL}}, "addresses: 2001:db8::1/64 gateways:"},
    {"several addresses",
     {"192.0.2.1/24", "198.51.100.1/32", "2001:db8::1/64"},
     {{NULL, NULL}},
     "addresses: 192.0.2.1/24 198.51.100.1 2001:db8::1/64 gateways:"},
    {"a default route",
     {"192.0.2.1/24"},
     {{"0.0.0.0/0", "192.0.2.254"}},
     "addresses: 192.0.2.1/24 gateways: 192.0.2.254"},
    {"a default route without a gateway",
     {"192.0.2.1/24"},
     {{"0.0.0.0/0", NULL}},
     "addresses: 192.0.2.1/24 gateways: on-link"},
    {"default routes of both families",
     {"192.0.2.1/24", "2001:db8::1/64"},
     {{"0.0.0.0/0", "192.0.2.254"}, {"::/0", "2001:db8::fe"}},
     "addresses: 192.0.2.1/24 2001:db8::1/64 gateways: 192.0.2.254 2001:db8::fe"},
    {"another route is not the default one",
     {"192.0.2.1/24"},
     {{"198.51.100.0/24", "192.0.2.254"}},
     "addresses: 192.0.2.1/24 gateways:"},
};

static char *
testDescribe(const virNetlinkInterface *interface)
{
    GString *text = g_string_new("addresses:");

    for (guint i = 0; i < interface->addresses->len; i++)
        g_string_append_printf(text, " %s", (char *)interface->addresses->pdata[i]);
    g_string_append(text, " gateways:");
    for (guint i = 0; i < interface->gateways->len; i++) {
        const char *gateway = interface->gateways->pdata[i];

        g_string_append_printf(text, " %s", *gateway ? gateway : "on-link");
    }
    return g_string_free(text, FALSE);
}

/* The one that is asked, and another beside it that has its own. */
static gboolean
testPrepare(void)
{
    if (!testNetnsEnter()) {
        g_test_skip("no right to make a network namespace");
        return FALSE;
    }
    if (!testNetnsAddInterface("other0") || !testNetnsAddInterface("asked0")) {
        g_test_skip("this kernel has no interfaces without devices");
        return FALSE;
    }
    testNetnsAddAddress("other0", "203.0.113.1/24");
    return TRUE;
}

static void
testInterface(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_auto(virNetlinkInterface) interface = {0};
    g_autofree char *found = NULL;

    if (!testPrepare())
        return;
    for (size_t n = 0; n < G_N_ELEMENTS(cases[i].addresses) && cases[i].addresses[n]; n++)
        testNetnsAddAddress("asked0", cases[i].addresses[n]);
    for (size_t n = 0; n < G_N_ELEMENTS(cases[i].routes) && cases[i].routes[n].destination; n++)
        testNetnsAddRoute("asked0", cases[i].routes[n].destination, cases[i].routes[n].gateway);

    g_assert_cmpint(virNetlinkReadInterface("asked0", &interface), ==, 0);
    found = testDescribe(&interface);
    g_assert_cmpstr(found, ==, cases[i].expected);
}

static void
testRouteOfAnother(void)
{
    g_auto(virNetlinkInterface) interface = {0};
    g_autofree char *found = NULL;

    if (!testPrepare())
        return;
    testNetnsAddRoute("other0", "0.0.0.0/0", "203.0.113.254");
    g_assert_cmpint(virNetlinkReadInterface("asked0", &interface), ==, 0);
    found = testDescribe(&interface);
    g_assert_cmpstr(found, ==, "addresses: gateways:");
}

static void
testNeighbours(void)
{
    const guint8 mac[] = {0x52, 0x54, 0, 0xaa, 0xbb, 0xcc};
    g_autoptr(GPtrArray) found = NULL;

    if (!testPrepare())
        return;
    testNetnsAddNeighbour("asked0", "192.0.2.7", "52:54:00:aa:bb:cc");
    testNetnsAddNeighbour("asked0", "192.0.2.8", "52:54:00:aa:bb:cd");
    testNetnsAddNeighbour("asked0", "2001:db8::7", "52:54:00:aa:bb:cc");
    found = virNetlinkReadNeighbours(mac);
    g_assert_nonnull(found);
    g_assert_cmpuint(found->len, ==, 2);
    g_assert_true(g_ptr_array_find_with_equal_func(found, "192.0.2.7", g_str_equal, NULL));
    g_assert_true(g_ptr_array_find_with_equal_func(found, "2001:db8::7", g_str_equal, NULL));
}

static void
testMissing(void)
{
    virNetlinkInterface interface = {0};

    g_assert_cmpint(virNetlinkReadInterface("no-such-if", &interface), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_SYSTEM_ERROR);
    g_assert_nonnull(strstr(virErrorGetMessage(), "no-such-if"));
    g_assert_null(interface.addresses);
    virErrorReset();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/virnetlink/%s", cases[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testInterface);
    }
    g_test_add_func("/virnetlink/the default route of another", testRouteOfAnother);
    g_test_add_func("/virnetlink/the addresses of a neighbour are found by its MAC address",
                    testNeighbours);
    g_test_add_func("/virnetlink/no such interface", testMissing);
    return g_test_run();
}
