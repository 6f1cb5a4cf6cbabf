/*
 * virhostdevnetrecordtest.c: tests of virhostdevnetrecord and virhostdevnetstore
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "testscene.h"
#include "virerror.h"
#include "virhostdevnetstore.h"

#define VF    "0000:3b:00.2"
#define OTHER "0000:3b:00.3"

static const char record_text[] = "[vf]\nversion=1\naddress=" VF "\nvendor=0x15b3\ndevice=0x101e\n"
                                  "interface=ens1f0np0\nguest=web1\npid=4711\npid-started=815\n"
                                  "since=2026-11-22T03:04:05Z\n"
                                  "\n[before]\nvf-mac=00:00:00:00:00:00\nvf-vlan=77\n"
                                  "vf-vlan-qos=3\nvf-vlan-protocol=802.1ad\n"
                                  "\n[guest]\nvf-mac=52:54:00:00:00:01\nvf-vlan=42\n"
                                  "vf-vlan-qos=0\nvf-vlan-protocol=802.1Q\n";

static void
testRecordText(void)
{
    g_autoptr(virHostdevNetRecord) record =
        virHostdevNetRecordParse(record_text, strlen(record_text));
    g_autofree char *again = NULL;

    g_assert_nonnull(record);
    again = virHostdevNetRecordFormat(record);
    g_assert_cmpstr(again, ==, record_text);
}

static const struct {
    const char *from;
    const char *to;
    const char *key;
} refused[] = {
    {"version=1", "version=2", "'version'"},
    {"address=" VF, "address=3b", "'address'"},
    {"vendor=0x15b3", "vendor=15b3", "'vendor'"},
    {"device=0x101e", "device=0x1101e", "'device'"},
    {"interface=ens1f0np0\n", "", "'interface'"},
    {"guest=web1", "guest=", "'guest'"},
    {"pid=4711", "pid=0", "'pid'"},
    {"started=815", "started=x", "'pid-started'"},
    {"since=2026", "since=x", "'since'"},
    {"since=2026-11-22T03:04:05Z", "since=2026-11-22T03:04:05+01", "'since'"},
    {"since=2026-11-22T03:04:05Z", "since=20261122T030405Z", "'since'"},
    {"since=2026-11-22T03:04:05Z", "since=0001-01-01T00:00:00+14:00", "'since'"},
    {"vf-mac=00:00", "vf-mac=00-00", "'vf-mac'"},
    {"vf-mac=52:54:00:00:00:01\n", "", "'vf-mac'"},
    {"vf-mac=00:00:00:00:00:00\n", "", "'before'"},
    {"vf-vlan=77\nvf-vlan-qos=3\nvf-vlan-protocol=802.1ad\n", "", "'before'"},
    {"[vf]", "vf", "key"},
};

static void
testRecordRefused(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_auto(GStrv) parts = g_strsplit(record_text, refused[i].from, 2);
    g_autofree char *text = g_strjoinv(refused[i].to, parts);

    g_assert_cmpuint(g_strv_length(parts), ==, 2);
    g_assert_null(virHostdevNetRecordParse(text, strlen(text)));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_PARSE_FAILED);
    g_assert_nonnull(strstr(virErrorGetMessage(), refused[i].key));
    virErrorReset();
}

/* What is in the store and is no record is kept under another name, and is not there. */
static void
testDamaged(void)
{
    g_autofree char *dir = testSceneMakeTemporary();
    g_autofree char *path = g_build_filename(dir, VF, NULL);
    g_autofree char *wrong = g_build_filename(dir, OTHER, NULL);
    g_autofree char *aside = g_strconcat(path, ".damaged", NULL);
    g_autofree char *none = g_build_filename(dir, "none", NULL);
    g_autoptr(GPtrArray) damaged = NULL;
    g_autoptr(GPtrArray) mistaken = NULL;
    g_autoptr(GPtrArray) absent = virHostdevNetStoreList(none);

    g_assert_true(g_file_set_contents(path, "[vf]\nversion=1\n", -1, NULL));
    g_test_expect_message("hypervisor.hostdevnet", G_LOG_LEVEL_WARNING, "*" VF "*damaged*");
    damaged = virHostdevNetStoreList(dir);
    g_test_assert_expected_messages();
    g_assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));

    g_assert_true(g_file_set_contents(wrong, record_text, -1, NULL));
    g_test_expect_message("hypervisor.hostdevnet", G_LOG_LEVEL_WARNING, "*of another device*");
    mistaken = virHostdevNetStoreList(dir);
    g_test_assert_expected_messages();
    g_assert_cmpuint(damaged->len + mistaken->len + absent->len, ==, 0);
    testSceneRemoveTemporary(dir);
}

static void
testStore(void)
{
    g_autofree char *dir = testSceneMakeTemporary();
    g_autofree char *below = g_build_filename(dir, "net", NULL);
    g_autoptr(virHostdevNetRecord) record =
        virHostdevNetRecordParse(record_text, strlen(record_text));
    g_autoptr(virHostdevNetRecord) again = NULL;
    g_autofree char *text = NULL;

    g_assert_cmpint(virHostdevNetStoreWrite(below, record), ==, 0);
    g_assert_nonnull(again = virHostdevNetStoreRead(below, &record->address));
    text = virHostdevNetRecordFormat(again);
    g_assert_cmpstr(text, ==, record_text);
    g_assert_cmpint(virHostdevNetStoreRemove(below, &record->address), ==, 0);
    g_assert_null(virHostdevNetStoreRead(below, &record->address));
    g_assert_cmpint(virHostdevNetStoreRemove(below, &record->address), ==, 0);
    testSceneRemoveTemporary(dir);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autofree char *path = g_strdup_printf("/virhostdevnet/record/refused/%zu", i);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testRecordRefused);
    }
    g_test_add_func("/virhostdevnet/record/text", testRecordText);
    g_test_add_func("/virhostdevnet/record/damaged", testDamaged);
    g_test_add_func("/virhostdevnet/record/store", testStore);
    return g_test_run();
}
