/*
 * virsysfstest.c: tests of virsysfs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testscene.h"
#include "virerror.h"
#include "virfile.h"
#include "virsysfs.h"

typedef struct {
    testScene *scene;
    virSysfsRoot *root;
    char *outside; /* a file beside the root, which nothing below the root may reach */
} testFixture;

static void
testSetUp(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    fixture->scene = testSceneNew("smartnic-host");
    fixture->root = virSysfsRootNew(testSceneGetRoot(fixture->scene));
    g_assert_nonnull(fixture->root);
    fixture->outside = g_strdup_printf("%s.outside", testSceneGetRoot(fixture->scene));
    g_assert_true(g_file_set_contents(fixture->outside, "secret", -1, NULL));
}

static void
testTearDown(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    unlink(fixture->outside);
    g_free(fixture->outside);
    virSysfsRootUnref(fixture->root);
    testSceneFree(fixture->scene);
}

static void
testLinkTo(testFixture *fixture, const char *below, const char *target)
{
    g_autofree char *path = testScenePath(fixture->scene, below);

    g_assert_cmpint(symlink(target, path), ==, 0);
}

static void
testLinksStayInside(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *base = g_path_get_basename(fixture->outside);
    g_autofree char *up = g_strdup_printf("../%s", base);
    g_autofree char *farUp = g_strdup_printf("../../../../../../../../..%s", fixture->outside);
    const char *targets[] = {fixture->outside, up, farUp};
    g_autofree char *text = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autofree char *name = g_strdup_printf("escape%zu", i);

        testLinkTo(fixture, name, targets[i]);
        g_assert_cmpint(virSysfsRead(fixture->root, name, &text), ==, -ENOENT);
        g_assert_null(text);
        g_assert_false(virSysfsExists(fixture->root, name));
    }
    g_assert_cmpint(virSysfsRead(fixture->root, up, &text), ==, -ENOENT);
}

static void
testAbsoluteLinkIsTheRoots(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *text = NULL;

    testSceneWrite(fixture->scene, "usr/lib/inside", "yes\n");
    testLinkTo(fixture, "absolute", "/usr/lib/inside");
    g_assert_cmpint(virSysfsRead(fixture->root, "absolute", &text), ==, 0);
    g_assert_cmpstr(text, ==, "yes");
}

static void
testLoop(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *text = NULL;

    testLinkTo(fixture, "loop", "loop");
    g_assert_cmpint(virSysfsRead(fixture->root, "loop", &text), ==, -ELOOP);
}

static void
testFifoDoesNotBlock(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *path = testScenePath(fixture->scene, "fifo");
    g_autofree char *text = NULL;

    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    g_assert_cmpint(virSysfsRead(fixture->root, "fifo", &text), ==, 0);
    g_assert_cmpstr(text, ==, "");
}

static void
testAtNeverFollows(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    VIR_AUTOCLOSE dir = virSysfsOpenDir(fixture->root, "proc/sys/kernel");
    g_autofree char *text = NULL;

    testLinkTo(fixture, "proc/sys/kernel/link", "osrelease");
    testLinkTo(fixture, "proc/sys/kernel/dirlink", ".");
    g_assert_cmpint(virSysfsReadAt(dir, "osrelease", &text), ==, 0);
    g_assert_cmpstr(text, ==, "6.12.0-test");
    g_clear_pointer(&text, g_free);
    g_assert_cmpint(virSysfsReadAt(dir, "link", &text), ==, -ELOOP);
    g_assert_null(text);
    g_assert_false(virSysfsIsDirAt(dir, "dirlink"));
    g_assert_cmpint(virSysfsReadLinkAt(dir, "link", &text), ==, 0);
    g_assert_cmpstr(text, ==, "osrelease");
}

static const struct {
    const char *name;
    const char *content;
    size_t len;
    int rc;
    const char *text;
} texts[] = {
    {"newline is cut", "abc\n", 4, 0, "abc"}, {"one newline only", "abc\n\n", 5, 0, "abc\n"},
    {"no newline", "abc", 3, 0, "abc"},       {"empty", "", 0, 0, ""},
    {"NUL byte", "a\0b\n", 4, -EILSEQ, NULL}, {"not UTF-8", "\xff\n", 2, -EILSEQ, NULL},
};

static void
testText(testFixture *fixture, const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autofree char *path = testScenePath(fixture->scene, "file");
    g_autofree char *text = NULL;

    g_assert_true(g_file_set_contents(path, texts[i].content, (gssize)texts[i].len, NULL));
    g_assert_cmpint(virSysfsRead(fixture->root, "file", &text), ==, texts[i].rc);
    g_assert_cmpstr(text, ==, texts[i].text);
}

static void
testTooLong(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *page = g_strnfill(4096, 'x');
    g_autofree char *more = g_strnfill(4097, 'x');
    g_autofree char *text = NULL;

    testSceneWrite(fixture->scene, "file", more);
    g_assert_cmpint(virSysfsRead(fixture->root, "file", &text), ==, -EFBIG);
    testSceneWrite(fixture->scene, "file", page);
    g_assert_cmpint(virSysfsRead(fixture->root, "file", &text), ==, 0);
    g_assert_cmpstr(text, ==, page);
}

static void
testLinkNames(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    const char *nameless[] = {"..", "a/..", "/", "a/", ".", "a/\xff"};
    g_autofree char *base = NULL;

    testLinkTo(fixture, "good", "../../bus/pci/drivers/vfio-pci");
    g_assert_cmpint(virSysfsReadLink(fixture->root, "good", &base), ==, 0);
    g_assert_cmpstr(base, ==, "vfio-pci");
    g_clear_pointer(&base, g_free);
    for (size_t i = 0; i < G_N_ELEMENTS(nameless); i++) {
        g_autofree char *name = g_strdup_printf("nameless%zu", i);

        testLinkTo(fixture, name, nameless[i]);
        g_assert_cmpint(virSysfsReadLink(fixture->root, name, &base), ==, -EBADMSG);
        g_assert_null(base);
    }
    g_assert_cmpint(virSysfsReadLink(fixture->root, "absent", &base), ==, -ENOENT);
}

static void
testLinkTargets(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *target = NULL;

    testLinkTo(fixture, "good", "../../devices/pci0000:00/0000:00:02.0/virtio1/block/vda");
    testLinkTo(fixture, "bad", "\xff");
    g_assert_cmpint(virSysfsReadLinkTarget(fixture->root, "bad", &target), ==, -EBADMSG);
    g_assert_cmpint(virSysfsReadLinkTarget(fixture->root, "absent", &target), ==, -ENOENT);
    g_assert_cmpint(virSysfsReadLinkTarget(fixture->root, "proc", &target), <, 0);
    g_assert_null(target);
    g_assert_cmpint(virSysfsReadLinkTarget(fixture->root, "good", &target), ==, 0);
    g_assert_cmpstr(target, ==, "../../devices/pci0000:00/0000:00:02.0/virtio1/block/vda");
}

/* A recorded tree stays as it is. */
static void
testWriteBytes(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autofree char *text = NULL;

    testSceneWrite(fixture->scene, "file", "abc\n");
    g_assert_cmpint(virSysfsWriteBytes(fixture->root, "file", 1, "x", 1), ==, -EROFS);
    g_assert_cmpint(virSysfsRead(fixture->root, "file", &text), ==, 0);
    g_assert_cmpstr(text, ==, "abc");
}

/* On this host, at the offset and nowhere else. */
static void
testWriteBytesHere(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virSysfsRoot) host = virSysfsRootNew(NULL);
    g_autofree char *path = testScenePath(fixture->scene, "file");
    g_autofree char *text = NULL;

    testSceneWrite(fixture->scene, "file", "abcd\n");
    g_assert_cmpint(virSysfsWriteBytes(host, path + 1, 1, "xy", 2), ==, 0);
    g_assert_cmpint(virSysfsRead(fixture->root, "file", &text), ==, 0);
    g_assert_cmpstr(text, ==, "axyd");
    g_assert_cmpint(virSysfsWriteBytes(host, "proc/self/comm/none", 0, "x", 1), ==, -ENOTDIR);
}

static void
testList(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_auto(GStrv) groups = virSysfsListNames(fixture->root, "sys/kernel/iommu_groups");
    g_auto(GStrv) none = virSysfsListNames(fixture->root, "sys/absent");
    g_autofree char *joined = g_strjoinv(" ", groups);

    g_assert_cmpstr(joined, ==, "0 10 11 12 20 21 30");
    g_assert_null(none[0]);
}

/* Through the reader, in this process and in one that was forked after it had a reader. */
static void
testPatientRead(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virSysfsRoot) host = virSysfsRootNew(NULL);
    g_autofree char *direct = NULL;
    g_autofree char *text = NULL;
    g_autofree char *inTree = NULL;
    g_autofree char *absent = NULL;
    pid_t pid;
    int status;

    g_assert_cmpint(virSysfsRead(host, "proc/sys/kernel/osrelease", &direct), ==, 0);
    g_assert_cmpint(virSysfsReadPatiently(host, "proc/sys/kernel/osrelease", &text), ==, 0);
    g_assert_cmpstr(text, ==, direct);
    g_assert_cmpint(virSysfsReadPatiently(host, "sys/absent", &absent), ==, -ENOENT);
    g_assert_cmpint(virSysfsReadPatiently(fixture->root, "proc/sys/kernel/osrelease", &inTree), ==,
                    0);
    g_assert_cmpstr(inTree, ==, "6.12.0-test");
    if ((pid = fork()) == 0) {
        g_autofree char *again = NULL;

        _exit(virSysfsReadPatiently(host, "proc/sys/kernel/osrelease", &again) == 0 &&
                      g_str_equal(again, direct)
                  ? 0
                  : 1);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);
}

/* A file below the host's root that gives nothing until somebody writes: as an attribute whose
 * device the kernel has locked. */
typedef struct {
    char *path;
    const char *text; /* written as soon as it is being read; NULL: nothing */
    int fd;
} testSlowFile;

static void *
testFillSlowFile(void *opaque)
{
    testSlowFile *slow = opaque;

    /* Waits until somebody has it open to read. */
    slow->fd = open(slow->path, O_WRONLY | O_CLOEXEC);
    g_assert_cmpint(slow->fd, >=, 0);
    if (slow->text) {
        g_assert_cmpint(virFileWriteText(slow->fd, slow->text), ==, 0);
        virFileClose(&slow->fd);
    }
    return NULL;
}

static int
testReadSlowFile(testFixture *fixture, testSlowFile *slow, char **text)
{
    g_autoptr(virSysfsRoot) host = virSysfsRootNew(NULL);
    GThread *thread;
    int rc;

    slow->path = testScenePath(fixture->scene, "slow");
    g_assert_cmpint(mkfifo(slow->path, 0600), ==, 0);
    thread = g_thread_new("fill", testFillSlowFile, slow);
    rc = virSysfsReadPatiently(host, slow->path + 1, text);
    g_thread_join(thread);
    return rc;
}

static void
testPatientReadWaits(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    testSlowFile slow = {.text = "vfio-pci\n", .fd = -1};
    g_autofree char *text = NULL;

    g_assert_cmpint(testReadSlowFile(fixture, &slow, &text), ==, 0);
    g_assert_cmpstr(text, ==, "vfio-pci");
    g_free(slow.path);
}

/* The deadline; and the next file is read at once, although the first one still blocks. */
static void
testPatientReadEnds(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virSysfsRoot) host = virSysfsRootNew(NULL);
    testSlowFile slow = {.fd = -1};
    gint64 start = g_get_monotonic_time();
    g_autofree char *text = NULL;
    g_autofree char *next = NULL;

    g_assert_cmpint(testReadSlowFile(fixture, &slow, &text), ==, -ETIMEDOUT);
    g_assert_cmpint(g_get_monotonic_time() - start, >=, VIR_SYSFS_PATIENCE_MS * 1000);
    g_assert_null(text);
    g_assert_cmpint(virSysfsReadPatiently(host, "proc/sys/kernel/osrelease", &next), ==, 0);
    g_assert_nonnull(next);
    virFileClose(&slow.fd);
    g_free(slow.path);
}

static void
testRoots(testFixture *fixture, const void *opaque G_GNUC_UNUSED)
{
    g_autoptr(virSysfsRoot) host = virSysfsRootNew(NULL);
    g_autoptr(virSysfsRoot) slash = virSysfsRootNew("//");
    g_autofree char *tree = virSysfsRootDescribe(fixture->root, "sys");
    g_autofree char *expected = testScenePath(fixture->scene, "sys");
    g_autofree char *onHost = virSysfsRootDescribe(slash, "sys");

    g_assert_true(virSysfsRootIsHost(host));
    g_assert_true(virSysfsRootIsHost(slash));
    g_assert_false(virSysfsRootIsHost(fixture->root));
    g_assert_cmpstr(tree, ==, expected);
    g_assert_cmpstr(onHost, ==, "/sys");
    g_assert_null(virSysfsRootNew(fixture->outside));
    g_assert_cmpint(virErrorGetLast()->sysErrno, ==, ENOTDIR);
    g_assert_nonnull(strstr(virErrorGetMessage(), fixture->outside));
}

#define TEST(path, data, func) g_test_add(path, testFixture, data, testSetUp, func, testTearDown)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("/virsysfs/links stay inside", NULL, testLinksStayInside);
    TEST("/virsysfs/an absolute link is the root's", NULL, testAbsoluteLinkIsTheRoots);
    TEST("/virsysfs/loop", NULL, testLoop);
    TEST("/virsysfs/a FIFO does not block", NULL, testFifoDoesNotBlock);
    TEST("/virsysfs/At functions never follow", NULL, testAtNeverFollows);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *path = g_strdup_printf("/virsysfs/text/%s", texts[i].name);

        TEST(path, GSIZE_TO_POINTER(i), testText);
    }
    TEST("/virsysfs/text/too long", NULL, testTooLong);
    TEST("/virsysfs/link names", NULL, testLinkNames);
    TEST("/virsysfs/link targets", NULL, testLinkTargets);
    TEST("/virsysfs/bytes/not to a recorded tree", NULL, testWriteBytes);
    TEST("/virsysfs/bytes/at an offset", NULL, testWriteBytesHere);
    TEST("/virsysfs/list", NULL, testList);
    TEST("/virsysfs/patient read", NULL, testPatientRead);
    TEST("/virsysfs/a patient read waits", NULL, testPatientReadWaits);
    TEST("/virsysfs/a patient read ends", NULL, testPatientReadEnds);
    TEST("/virsysfs/roots", NULL, testRoots);
    return g_test_run();
}
