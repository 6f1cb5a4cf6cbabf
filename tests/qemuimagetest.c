/*
 * qemuimagetest.c: tests of qemu_image and qemu_path: what an image may lead to
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "qemu_image.h"
#include "qemu_path.h"
#include "testimage.h"
#include "virerror.h"
#include "virfile.h"

/* A header of which a few bytes are others, and why it is refused. */
static const struct {
    const char *title;
    guint at;
    guint8 bytes[8];
    guint n;
    gsize len; /* 0: all of it */
    const char *reason;
} testDamaged[] = {
    {"nothing", 0, {0}, 0, 1, "it is no qcow2 image"},
    {"a header that ends", 0, {0}, 0, 71, "it is no qcow2 image"},
    {"another magic", 0, {'q'}, 1, 0, "it is no qcow2 image"},
    {"version 1", 4, {0, 0, 0, 1}, 4, 0, "it is qcow version 1"},
    {"version 4", 4, {0, 0, 0, 4}, 4, 0, "it is qcow version 4"},
    {"version 3 in the length of 2", 0, {0}, 0, 72, "its header is damaged"},
    {"a length of 0", 100, {0, 0, 0, 0}, 4, 0, "its header is damaged"},
    {"a length beyond the file", 100, {0xff, 0xff, 0xff, 0xff}, 4, 0, "its header is damaged"},
    {"data in another file", 72, {0, 0, 0, 0, 0, 0, 0, 4}, 8, 0, "its data is in another file"},
    {"a name in the header", 8, {0, 0, 0, 0, 0, 0, 0, 1}, 8, 0, "its backing file is damaged"},
    {"a name beyond the file", 8, {0xff, 0, 0, 0, 0, 0, 0, 0}, 8, 0, "its backing file is damaged"},
    {"a name that ends beyond it",
     16,
     {0xff, 0xff, 0xff, 0xff},
     4,
     0,
     "its backing file is damaged"},
    {"a name with a NUL", 513, {0}, 1, 0, "its backing file is damaged"},
    {"an extension that does not end",
     108,
     {0xff, 0xff, 0xff, 0xff},
     4,
     0,
     "its backing file is damaged"},
    {"a format with a NUL", 113, {0}, 1, 0, "its backing file is damaged"},
    {"a format of 16 letters", 111, {16}, 1, 0, "its backing file is damaged"},
};

static void
testRefuseHeader(const void *opaque)
{
    gsize i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(GByteArray) image = testImageMake("base.img", "qcow2");
    g_auto(qemuImageHeader) header = {0};
    g_autofree char *reason = NULL;

    memcpy(image->data + testDamaged[i].at, testDamaged[i].bytes, testDamaged[i].n);
    g_assert_cmpint(qemuImageParse(image->data,
                                   testDamaged[i].len ? testDamaged[i].len : image->len, &header,
                                   &reason),
                    ==, -1);
    if (!strstr(reason, testDamaged[i].reason))
        g_error("\"%s\" does not say \"%s\"", reason, testDamaged[i].reason);
    g_assert_null(header.backing);
    g_assert_null(header.backingFormat);
}

static void
testParse(void)
{
    static const char *const cases[][2] = {
        {NULL, NULL}, {"base.img", NULL}, {"/a:b", "raw"}, {"./a:b", "qcow2"}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GByteArray) image = testImageMake(cases[i][0], cases[i][1]);
        g_auto(qemuImageHeader) header = {0};
        g_autofree char *reason = NULL;

        g_assert_cmpint(qemuImageParse(image->data, image->len, &header, &reason), ==, 0);
        g_assert_cmpstr(header.backing, ==, cases[i][0]);
        g_assert_cmpstr(header.backingFormat, ==, cases[i][1]);
    }
}

/* A folder of images. */
typedef struct {
    char *directory;
} testFolder;

static void
testFolderClear(testFolder *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder->directory, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder->directory, name, NULL);

        g_assert_cmpint(g_remove(path), ==, 0);
    }
    g_assert_cmpint(g_rmdir(folder->directory), ==, 0);
    g_free(folder->directory);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testFolder, testFolderClear)

static char *
testPath(const testFolder *folder, const char *name)
{
    return g_build_filename(folder->directory, name, NULL);
}

static void
testAdd(const testFolder *folder, const char *name, const char *backing, const char *format)
{
    g_autofree char *path = testPath(folder, name);

    testImageWrite(path, backing, format);
}

static GPtrArray *
testList(const testFolder *folder, const char *name, bool noBacking)
{
    g_autofree char *path = testPath(folder, name);
    char target[] = "vda";
    virDomainDiskDef disk = {.source = path,
                             .target = target,
                             .format = VIR_DOMAIN_DISK_FORMAT_QCOW2,
                             .noBacking = noBacking};

    virErrorReset();
    return qemuImageListFiles(&disk, QEMU_PATH_TRUST_ALL);
}

static void
testAssertFiles(const testFolder *folder, GPtrArray *files, const char *const *names)
{
    if (!files)
        g_error("%s", virErrorGetMessage());
    g_assert_cmpuint(files->len, ==, g_strv_length((char **)(gpointer)(gsize)names));
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *path = testPath(folder, names[i]);

        g_assert_cmpstr(g_ptr_array_index(files, i), ==, path);
    }
}

/* A name without a slash is one beside the image, as its path says, also if that is a link. */
static void
testChain(void)
{
    static const char *const names[] = {"top", "middle", "base", NULL};
    static const char *const alone[] = {"top", NULL};
    static const char *const linked[] = {"link", "middle", "base", NULL};
    g_auto(testFolder) folder = {g_dir_make_tmp("testimage-XXXXXX", NULL)};
    g_autofree char *middle = testPath(&folder, "middle");
    g_autofree char *link = testPath(&folder, "link");
    g_autoptr(GPtrArray) files = NULL;
    g_autoptr(GPtrArray) top = NULL;
    g_autoptr(GPtrArray) behind = NULL;

    testAdd(&folder, "top", middle, "qcow2");
    testAdd(&folder, "middle", "base", "raw");
    testAdd(&folder, "base", "not looked at: raw", NULL);
    g_assert_cmpint(symlink("top", link), ==, 0);
    files = testList(&folder, "top", false);
    testAssertFiles(&folder, files, names);
    top = testList(&folder, "top", true);
    testAssertFiles(&folder, top, alone);
    behind = testList(&folder, "link", false);
    testAssertFiles(&folder, behind, linked);
}

static const struct {
    const char *title;
    const char *backing;
    const char *format;
    int code;
    const char *message;
} testRefusals[] = {
    {"no format", "base", NULL, VIR_ERR_CONFIG_UNSUPPORTED,
     "it does not say which format its backing file has, and that is not guessed"},
    {"another format", "base", "vmdk", VIR_ERR_CONFIG_UNSUPPORTED,
     "its backing file has the format 'vmdk'"},
    {"a format in JSON", "json:{\"driver\":\"nbd\"}", "raw", VIR_ERR_CONFIG_UNSUPPORTED,
     "is no file, which is not supported"},
    {"a protocol", "nbd://host/export", "raw", VIR_ERR_CONFIG_UNSUPPORTED,
     "its backing file 'nbd://host/export' is no file"},
    {"itself", "top", "qcow2", VIR_ERR_CONFIG_UNSUPPORTED, "it is below itself"},
    {"itself by another name", "./base-link", "qcow2", VIR_ERR_CONFIG_UNSUPPORTED,
     "it is below itself"},
    {"not there", "nowhere", "qcow2", VIR_ERR_SYSTEM_ERROR, "nowhere' of disk 'vda'"},
    {"a pipe", "pipe", "qcow2", VIR_ERR_CONFIG_UNSUPPORTED,
     "it is neither a file nor a block device"},
    {"no qcow2 image", "text", "qcow2", VIR_ERR_CONFIG_UNSUPPORTED, "it is no qcow2 image"},
};

static void
testRefuseChain(const void *opaque)
{
    gsize i = GPOINTER_TO_SIZE(opaque);
    g_auto(testFolder) folder = {g_dir_make_tmp("testimage-XXXXXX", NULL)};
    g_autofree char *link = testPath(&folder, "base-link");
    g_autofree char *pipe = testPath(&folder, "pipe");
    g_autofree char *text = testPath(&folder, "text");

    testAdd(&folder, "top", testRefusals[i].backing, testRefusals[i].format);
    g_assert_cmpint(symlink("top", link), ==, 0);
    g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
    g_assert_true(g_file_set_contents(text, "text", -1, NULL));
    g_assert_null(testList(&folder, "top", false));
    if (!strstr(virErrorGetMessage(), testRefusals[i].message))
        g_error("\"%s\" does not say \"%s\"", virErrorGetMessage(), testRefusals[i].message);
    g_assert_cmpint(virErrorGetLast()->code, ==, testRefusals[i].code);
}

static void
testDepth(void)
{
    g_auto(testFolder) folder = {g_dir_make_tmp("testimage-XXXXXX", NULL)};
    g_autoptr(GPtrArray) most = NULL;

    for (int i = 0; i <= QEMU_IMAGE_CHAIN_MAX; i++) {
        g_autofree char *name = g_strdup_printf("%d", i);
        g_autofree char *below = i > 0 ? g_strdup_printf("%d", i - 1) : NULL;

        testAdd(&folder, name, below, below ? "qcow2" : NULL);
    }
    most = testList(&folder, G_STRINGIFY(199), false);
    g_assert_nonnull(most);
    g_assert_cmpuint(most->len, ==, QEMU_IMAGE_CHAIN_MAX);
    g_assert_null(testList(&folder, G_STRINGIFY(200), false));
    g_assert_nonnull(strstr(virErrorGetMessage(), "too many images are on top of each other"));
}

/* Paths below a folder, and what becomes of them. */
static void
testLinks(void)
{
    g_auto(testFolder) folder = {g_dir_make_tmp("testimage-XXXXXX", NULL)};
    g_autofree char *file = testPath(&folder, "file");
    g_autofree char *link = testPath(&folder, "link");
    g_autofree char *loop = testPath(&folder, "loop");
    g_autofree char *winding =
        g_strdup_printf("//%s/./../%s/link", folder.directory, strrchr(folder.directory, '/') + 1);
    g_autofree char *real = NULL;
    g_autofree char *physical = realpath(folder.directory, NULL);
    g_autofree char *expected = g_build_filename(physical, "file", NULL);
    VIR_AUTOCLOSE fd = -1;

    g_assert_cmpint(qemuPathOpen(file, QEMU_PATH_TRUST_ALL, 0, NULL), ==, -ENOENT);
    fd = qemuPathOpen(file, QEMU_PATH_TRUST_ALL, QEMU_PATH_CREATE, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(symlink(file, link), ==, 0);
    g_assert_cmpint(symlink("loop", loop), ==, 0);
    virFileClose(&fd);
    fd = qemuPathOpen(winding, QEMU_PATH_TRUST_ALL, 0, &real);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpstr(real, ==, expected);
    g_assert_cmpint(qemuPathOpen(link, QEMU_PATH_TRUST_ALL, QEMU_PATH_NO_LINKS, NULL), ==, -ELOOP);
    g_assert_cmpint(qemuPathOpen(link, geteuid(), 0, NULL), ==, -EPERM);
    g_assert_cmpint(qemuPathOpen(link, geteuid() + 1, QEMU_PATH_CREATE, NULL), >=, 0);
    g_assert_cmpint(qemuPathOpen(loop, QEMU_PATH_TRUST_ALL, 0, NULL), ==, -ELOOP);
    g_assert_cmpint(qemuPathOpen("relative", QEMU_PATH_TRUST_ALL, 0, NULL), ==, -EINVAL);
    g_assert_cmpint(qemuPathOpen("/dev/null/x", QEMU_PATH_TRUST_ALL, 0, NULL), ==, -ENOTDIR);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemuimage/header", testParse);
    for (size_t i = 0; i < G_N_ELEMENTS(testDamaged); i++) {
        g_autofree char *path = g_strdup_printf("/qemuimage/header/%s", testDamaged[i].title);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testRefuseHeader);
    }
    g_test_add_func("/qemuimage/chain", testChain);
    for (size_t i = 0; i < G_N_ELEMENTS(testRefusals); i++) {
        g_autofree char *path = g_strdup_printf("/qemuimage/chain/%s", testRefusals[i].title);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testRefuseChain);
    }
    g_test_add_func("/qemuimage/chain/as many as there may be", testDepth);
    g_test_add_func("/qemuimage/links", testLinks);
    return g_test_run();
}
