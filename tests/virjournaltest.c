/*
 * virjournaltest.c: tests of virjournal and virjournalrecord
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testscene.h"
#include "virerror.h"
#include "virjournal.h"

typedef struct {
    char *directory;
    virJournal *journal;
} testFixture;

static void
testSetUp(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    fixture->directory = testSceneMakeTemporary();
    fixture->journal = virJournalOpen(fixture->directory);
}

static void
testTearDown(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    virJournalClose(fixture->journal);
    testSceneRemoveTemporary(fixture->directory);
    g_free(fixture->directory);
}

static virJournalRecord *
testMakeRecord(const char *address, const char *driver, const char *override)
{
    virJournalRecord *record = g_new0(virJournalRecord, 1);

    g_assert_true(virPCIDeviceAddressParse(address, &record->address));
    record->vendor = 0x15b3;
    record->device = 0x101e;
    record->driver = g_strdup(driver);
    record->override = g_strdup(override);
    record->target = g_strdup("mlx5_vfio_pci");
    record->transaction = g_strdup("4711-1");
    record->holder = g_strdup("administrator");
    record->step = VIR_JOURNAL_STEP_UNBIND;
    record->since = 1763780645;
    record->pid = 4711;
    return record;
}

static void
testAssertEqual(const virJournalRecord *a, const virJournalRecord *b)
{
    g_autofree char *left = virJournalRecordFormat(a);
    g_autofree char *right = virJournalRecordFormat(b);

    g_assert_cmpstr(left, ==, right);
    g_assert_cmpstr(a->driver, ==, b->driver);
    g_assert_cmpstr(a->override, ==, b->override);
    g_assert_cmpstr(a->heldDriver, ==, b->heldDriver);
}

/* An administrator reads this at three in the morning. */
static void
testText(void)
{
    g_autoptr(virJournalRecord) record = testMakeRecord("0000:3b:00.2", "mlx5_core", NULL);
    g_autofree char *text = virJournalRecordFormat(record);

    g_assert_cmpstr(text, ==,
                    "[device]\n"
                    "version=1\n"
                    "address=0000:3b:00.2\n"
                    "vendor=0x15b3\n"
                    "device=0x101e\n"
                    "step=unbind\n"
                    "previous-driver=mlx5_core\n"
                    "target-driver=mlx5_vfio_pci\n"
                    "holder=administrator\n"
                    "since=2025-11-22T03:04:05Z\n"
                    "transaction=4711-1\n"
                    "pid=4711\n");
}

/* Names come back verbatim, whatever is in them. */
static void
testVerbatim(void)
{
    const char *names[] = {NULL, "none", "(null)", " lead", "trail ", "a;b[c]=d#e\\s", "\t", "ä"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(virJournalRecord) record = testMakeRecord("0000:3b:00.2", names[i], names[i]);
        g_autofree char *text = NULL;
        g_autoptr(virJournalRecord) again = NULL;

        record->heldDriver = g_strdup(names[i]);
        record->heldBy = g_strdup(names[i]);
        record->pidStarted = i;
        text = virJournalRecordFormat(record);
        again = virJournalRecordParse(text, strlen(text));
        if (!again)
            g_error("%s", virErrorGetMessage());
        testAssertEqual(again, record);
    }
}

/* Nobody's name is longer. */
static void
testLongName(void)
{
    for (int excess = 0; excess <= 1; excess++) {
        g_autofree char *name = g_strnfill(4096 + (gsize)excess, 'x');
        g_autoptr(virJournalRecord) record = testMakeRecord("0000:3b:00.2", name, NULL);
        g_autofree char *text = virJournalRecordFormat(record);
        g_autoptr(virJournalRecord) again = virJournalRecordParse(text, strlen(text));

        g_assert_cmpint(again != NULL, ==, excess == 0);
    }
}

/* One key at a time is taken away or spoiled. */
static const struct {
    const char *line; /* beginning of the one to replace */
    const char *with;
    const char *blamed; /* NULL: still a record */
} spoiled[] = {
    {"version=", "version=2\n", "version"},
    {"version=", "", "version"},
    {"address=", "address=3b\n", "address"},
    {"vendor=", "vendor=0x10000\n", "vendor"},
    {"device=", "device=\n", "device"},
    {"device=", "device=0x10000\n", "device"},
    {"step=", "step=later\n", "step"},
    {"step=", "step=-1\n", "step"},
    {"previous-driver=", "", NULL},
    {"previous-driver=", "previous-driver=\n", "previous-driver"},
    {"previous-driver=", "previous-driver=\xff\n", "previous-driver"},
    {"target-driver=", "", "target-driver"},
    {"holder=", "", "holder"},
    {"since=", "since=yesterday\n", "since"},
    {"since=", "since=2025-11-22T03:04:05+01:00\n", "since"},
    {"since=", "since=2025-11-22T03:04:05+01\n", "since"},
    {"since=", "since=20251122T030405Z\n", "since"},
    {"transaction=", "", "transaction"},
    {"pid=", "pid=-1\n", "pid"},
    {"pid=", "pid=99999999999\n", "pid"},
    {"pid=", "pid=1\npid-started=1\n", NULL},
    {"pid=", "pid=1\npid-started=0\n", "pid-started"},
    {"pid=", "pid=1\npid-started=x\n", "pid-started"},
    {"pid=", "pid=1\nheld-driver=vfio-pci\n", "held-by"},
    {"pid=", "pid=1\nunknown-key=1\n", NULL},
    {"[device]", "[devices]\n", "version"},
};

static void
testSpoiled(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(virJournalRecord) record = testMakeRecord("0000:3b:00.2", "mlx5_core", NULL);
    g_autofree char *text = virJournalRecordFormat(record);
    const char *from = strstr(text, spoiled[i].line);
    const char *to = strchr(from, '\n') + 1;
    g_autofree char *bad =
        g_strdup_printf("%.*s%s%s", (int)(from - text), text, spoiled[i].with, to);
    g_autoptr(virJournalRecord) parsed = virJournalRecordParse(bad, strlen(bad));

    g_assert_cmpint(parsed != NULL, ==, spoiled[i].blamed == NULL);
    if (!parsed) {
        g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_PARSE_FAILED);
        g_assert_nonnull(strstr(virErrorGetMessage(), spoiled[i].blamed));
    }
}

/* Cut anywhere: a record or none, never half a one. */
static void
testCut(void)
{
    g_autoptr(virJournalRecord) record = testMakeRecord("0000:3b:00.2", "mlx5_core", "x");
    g_autofree char *text = virJournalRecordFormat(record);

    for (size_t len = 0; len + 1 < strlen(text); len++) {
        g_autoptr(virJournalRecord) parsed = virJournalRecordParse(text, len);

        /* Only the last digits of the last number may be missing without being missed. */
        g_assert_true(!parsed || len > strlen(text) - strlen("4711\n"));
    }
}

static void
testLife(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virJournalRecord) first = testMakeRecord("0000:3b:00.2", "mlx5_core", NULL);
    g_autoptr(virJournalRecord) second = testMakeRecord("0000:01:00.0", NULL, NULL);
    g_autoptr(virJournalRecord) read = NULL;
    g_autoptr(GPtrArray) all = NULL;
    g_autoptr(GPtrArray) left = NULL;

    g_assert_null(virJournalRead(fixture->journal, &first->address));
    g_assert_cmpint(virJournalWrite(fixture->journal, first), ==, 0);
    g_assert_cmpint(virJournalWrite(fixture->journal, second), ==, 0);
    first->step = VIR_JOURNAL_STEP_HELD;
    g_assert_cmpint(virJournalWrite(fixture->journal, first), ==, 0);
    read = virJournalRead(fixture->journal, &first->address);
    testAssertEqual(read, first);

    all = virJournalList(fixture->journal);
    g_assert_cmpuint(all->len, ==, 2);
    testAssertEqual(all->pdata[0], second);
    testAssertEqual(all->pdata[1], first);

    g_assert_cmpint(virJournalRemove(fixture->journal, &second->address), ==, 0);
    g_assert_cmpint(virJournalRemove(fixture->journal, &second->address), ==, 0);
    left = virJournalList(fixture->journal);
    g_assert_cmpuint(left->len, ==, 1);
}

static void
testDamaged(testFixture *fixture, const void *opaque)
{
    g_autofree char *path = g_build_filename(fixture->directory, "0000:3b:00.2", NULL);
    g_autofree char *aside = g_strdup_printf("%s.damaged", path);
    g_autoptr(virJournalRecord) other = testMakeRecord("0000:01:00.0", NULL, NULL);
    g_autofree char *kept = NULL;
    g_autoptr(GPtrArray) records = NULL;

    g_assert_cmpint(virJournalWrite(fixture->journal, other), ==, 0);
    g_assert_true(g_file_set_contents(path, opaque, -1, NULL));
    g_test_expect_message("util.journal", G_LOG_LEVEL_WARNING, "*0000:3b:00.2*damaged*");
    records = virJournalList(fixture->journal);
    g_test_assert_expected_messages();
    g_assert_cmpuint(records->len, ==, 1);
    g_assert_true(g_file_get_contents(aside, &kept, NULL, NULL));
    g_assert_cmpstr(kept, ==, opaque);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* A record under another device's name is not believed. */
static void
testMisnamed(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virJournalRecord) record = testMakeRecord("0000:3b:00.2", "mlx5_core", NULL);
    g_autofree char *text = virJournalRecordFormat(record);
    g_autofree char *path = g_build_filename(fixture->directory, "0000:3b:00.3", NULL);
    g_autoptr(GPtrArray) records = NULL;

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_test_expect_message("util.journal", G_LOG_LEVEL_WARNING, "*another device*");
    records = virJournalList(fixture->journal);
    g_test_assert_expected_messages();
    g_assert_cmpuint(records->len, ==, 0);
}

/* What is not a record's name is nobody's business. */
static void
testForeignFiles(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *other = g_build_filename(fixture->directory, "README", NULL);
    g_autofree char *left = g_build_filename(fixture->directory, "0000:3b:00.4.new", NULL);
    g_autoptr(GPtrArray) records = NULL;

    g_assert_true(g_file_set_contents(other, "x", -1, NULL));
    g_assert_true(g_file_set_contents(left, "x", -1, NULL));
    records = virJournalList(fixture->journal);
    g_assert_cmpuint(records->len, ==, 0);
    g_assert_true(g_file_test(other, G_FILE_TEST_EXISTS));
}

typedef enum {
    TEST_ODD_LINK, /* to a good record */
    TEST_ODD_PIPE,
    TEST_ODD_LONG, /* a good record, and 64 KiB of comment */
} testOddFile;

/* In a record's place: links are not followed, nothing is waited for, and all has an end. */
static void
testOddFiles(testFixture *fixture, const void *opaque)
{
    g_autoptr(virJournalRecord) record = testMakeRecord("0000:3b:00.2", "mlx5_core", NULL);
    g_autofree char *text = virJournalRecordFormat(record);
    g_autofree char *comment = g_strnfill((gsize)64 * 1024, '#');
    g_autofree char *longer = g_strconcat(text, comment, "\n", NULL);
    g_autofree char *path = g_build_filename(fixture->directory, "0000:3b:00.2", NULL);
    g_autofree char *good = g_build_filename(fixture->directory, "good", NULL);
    g_autoptr(GPtrArray) records = NULL;

    g_assert_true(g_file_set_contents(good, text, -1, NULL));
    switch ((testOddFile)GPOINTER_TO_INT(opaque)) {
    case TEST_ODD_LINK:
        g_assert_cmpint(symlink(good, path), ==, 0);
        break;
    case TEST_ODD_PIPE:
        g_assert_cmpint(mkfifo(path, 0600), ==, 0);
        break;
    case TEST_ODD_LONG:
    default:
        g_assert_true(g_file_set_contents(path, longer, -1, NULL));
        break;
    }
    g_test_expect_message("util.journal", G_LOG_LEVEL_WARNING, "*0000:3b:00.2*damaged*");
    records = virJournalList(fixture->journal);
    g_test_assert_expected_messages();
    g_assert_cmpuint(records->len, ==, 0);
}

/* A disk that is full, here a directory that cannot be made: the error names the file. */
static void
testUnwritable(void)
{
    g_autoptr(virJournal) journal = virJournalOpen("/proc/virtvfio-no-such/journal");
    g_autoptr(virJournalRecord) record = testMakeRecord("0000:3b:00.2", NULL, NULL);

    g_assert_cmpint(virJournalWrite(journal, record), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "0000:3b:00.2"));
}

#define TEST(path, data, func) g_test_add(path, testFixture, data, testSetUp, func, testTearDown)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virjournal/text", testText);
    g_test_add_func("/virjournal/verbatim", testVerbatim);
    g_test_add_func("/virjournal/cut", testCut);
    g_test_add_func("/virjournal/long name", testLongName);
    for (size_t i = 0; i < G_N_ELEMENTS(spoiled); i++) {
        g_autofree char *path = g_strdup_printf("/virjournal/spoiled/%zu %s", i, spoiled[i].line);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testSpoiled);
    }
    TEST("/virjournal/life", NULL, testLife);
    TEST("/virjournal/damaged/empty", "", testDamaged);
    TEST("/virjournal/damaged/garbage", "\x01\x02 not a key file", testDamaged);
    TEST("/virjournal/damaged/half", "[device]\nversion=1\naddress=0000:3b:00.2\n", testDamaged);
    TEST("/virjournal/misnamed", NULL, testMisnamed);
    TEST("/virjournal/foreign files", NULL, testForeignFiles);
    TEST("/virjournal/odd/a link", GINT_TO_POINTER(TEST_ODD_LINK), testOddFiles);
    TEST("/virjournal/odd/a pipe", GINT_TO_POINTER(TEST_ODD_PIPE), testOddFiles);
    TEST("/virjournal/odd/a long file", GINT_TO_POINTER(TEST_ODD_LONG), testOddFiles);
    g_test_add_func("/virjournal/unwritable", testUnwritable);
    return g_test_run();
}
