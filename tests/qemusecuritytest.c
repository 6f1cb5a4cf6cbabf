/*
 * qemusecuritytest.c: what the real QEMU of a guest has, and the files that it is given
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "testimage.h"
#include "testqemu.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define TEST_USER 65534

/* A guest on the real QEMU, which runs as another user if we can have it so. */
typedef struct {
    testQEMU qemu;
    virDomainObj *vm;
} testGuest;

static void
testGuestClear(testGuest *test)
{
    virDomainObjUnref(test->vm);
    if (test->qemu.driver)
        testQEMUClear(&test->qemu);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testGuest, testGuestClear)

static void
testGuestStart(testGuest *test, const char *more)
{
    g_autofree char *xml = testQEMUMakeXML("g", false, more);

    test->qemu.user = geteuid() == 0 ? G_STRINGIFY(TEST_USER) : NULL;
    testQEMUInit(&test->qemu, 0);
    g_assert_cmpint(g_chmod(test->qemu.directory, 0711), ==, 0);
    test->vm = qemuDomainCreateXML(test->qemu.driver, xml, 0, NULL);
    if (!test->vm)
        g_error("%s", virErrorGetMessage());
}

/* A file of the QEMU process in /proc; caller frees. */
static char *
testReadProc(const testGuest *test, const char *name, gsize *len)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)qemuDomainGetPid(test->vm), name);
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    if (!g_file_get_contents(path, &text, len, &error))
        g_error("%s", error->message);
    return text;
}

static void
testAssertLine(const char *text, const char *line)
{
    g_autofree char *wanted = g_strconcat("\n", line, "\n", NULL);

    if (!strstr(text, wanted))
        g_error("no line \"%s\" in: %s", line, text);
}

/* Another user's, with no capability and no way to one, behind a filter of system calls. */
static void
testStatus(void)
{
    g_auto(testGuest) test = {0};
    g_autofree char *status = NULL;

    if (!testQEMUIsThere())
        return;
    testGuestStart(&test, NULL);
    status = testReadProc(&test, "status", NULL);
    testAssertLine(status, "Umask:\t0077");
    testAssertLine(status, "NoNewPrivs:\t1");
    testAssertLine(status, "Seccomp:\t2");
    if (geteuid() != 0)
        return;
    testAssertLine(status, "Uid:\t65534\t65534\t65534\t65534");
    testAssertLine(status, "Gid:\t65534\t65534\t65534\t65534");
    testAssertLine(status, "Groups:\t65534 ");
    testAssertLine(status, "CapInh:\t0000000000000000");
    testAssertLine(status, "CapPrm:\t0000000000000000");
    testAssertLine(status, "CapEff:\t0000000000000000");
    testAssertLine(status, "CapAmb:\t0000000000000000");
}

static void
testNoCore(void)
{
    g_auto(testGuest) test = {0};
    g_autofree char *limits = NULL;

    if (!testQEMUIsThere())
        return;
    testGuestStart(&test, NULL);
    limits = testReadProc(&test, "limits", NULL);
    g_assert_true(g_regex_match_simple("\nMax core file size +1 +1 ", limits, 0, 0));
}

/* What we were told in our environment stays with us. */
static void
testEnvironment(void)
{
    static const char expected[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin\0LC_ALL=C\0HOME=/\0"
                                   "MALLOC_PERTURB_=1";
    g_auto(testGuest) test = {0};
    g_autofree char *environment = NULL;
    gsize len = 0;

    if (!testQEMUIsThere())
        return;
    g_assert_true(g_setenv("NOTIFY_SOCKET", "/nonexistent/notify", TRUE));
    testGuestStart(&test,
                   "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
                   "<qemu:env name='MALLOC_PERTURB_' value='1'/></qemu:commandline>");
    g_unsetenv("NOTIFY_SOCKET");
    environment = testReadProc(&test, "environ", &len);
    g_assert_cmpmem(environment, len, expected, sizeof(expected));
}

/* What a descriptor of QEMU may be. */
static bool
testIsKnown(int fd, const char *target)
{
    static const char *const kinds[] = {"anon_inode:", "pipe:", "socket:", "/memfd:"};

    if (fd <= 2)
        return strcmp(target, fd < 2 ? "/dev/null" : target) == 0;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_has_prefix(target, kinds[i]))
            return true;
    }
    return false;
}

/* No file of ours, also of those that somebody has opened without O_CLOEXEC. */
static void
testDescriptors(void)
{
    g_auto(testGuest) test = {0};
    VIR_AUTOCLOSE ours = open("/", O_RDONLY | O_DIRECTORY);
    g_autofree char *path = NULL;
    g_autoptr(GDir) dir = NULL;
    const char *name;

    g_assert_cmpint(ours, >=, 0);
    if (!testQEMUIsThere())
        return;
    testGuestStart(&test, NULL);
    path = g_strdup_printf("/proc/%d/fd", (int)qemuDomainGetPid(test.vm));
    dir = g_dir_open(path, 0, NULL);
    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *link = g_build_filename(path, name, NULL);
        g_autofree char *target = g_file_read_link(link, NULL);

        if (target && !testIsKnown(atoi(name), target))
            g_error("QEMU has %s open, as %s", target, name);
    }
}

/* A driver whose QEMU is another user's, and files of root alone in its directory. */
typedef struct {
    testQEMU qemu;
    GPtrArray *files; /* char *: that there were at the start */
} testFiles;

static char *
testFile(testFiles *test, const char *name)
{
    return g_build_filename(test->qemu.directory, name, NULL);
}

static void
testFilesAdd(testFiles *test, const char *name, const char *backing, const char *format)
{
    char *path = testFile(test, name);

    testImageWrite(path, backing, format);
    g_ptr_array_add(test->files, path);
}

/* False, and the test skipped, if that cannot be had. */
static bool
testFilesInit(testFiles *test)
{
    if (!testQEMUIsThere())
        return false;
    if (geteuid() != 0) {
        g_test_skip("needs root");
        return false;
    }
    test->qemu.user = G_STRINGIFY(TEST_USER);
    test->files = g_ptr_array_new_with_free_func(g_free);
    testQEMUInit(&test->qemu, 0);
    g_assert_cmpint(g_chmod(test->qemu.directory, 0711), ==, 0);
    return true;
}

static void
testFilesClear(testFiles *test)
{
    for (guint i = 0; test->files && i < test->files->len; i++)
        g_assert_cmpint(g_unlink(g_ptr_array_index(test->files, i)), ==, 0);
    if (test->files)
        g_ptr_array_unref(test->files);
    if (test->qemu.driver)
        testQEMUClear(&test->qemu);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testFiles, testFilesClear)

static void
testAssertOwner(testFiles *test, const char *name, uid_t uid)
{
    g_autofree char *path = testFile(test, name);
    struct stat st;

    g_assert_cmpint(lstat(path, &st), ==, 0);
    if (st.st_uid != uid || (st.st_gid != uid))
        g_error("%s belongs to %u:%u, not to %u", name, st.st_uid, st.st_gid, uid);
}

static char *
testMakeDisk(testFiles *test, const char *name, const char *format, const char *more)
{
    return g_strdup_printf("<disk type='file' device='disk'><driver name='qemu' type='%s'/>"
                           "<source file='%s/%s'/><target dev='vda' bus='virtio'/>%s</disk>",
                           format, test->qemu.directory, name, more);
}

/* NULL with an error reported if it does not start. */
static virDomainObj *
testCreate(testFiles *test, const char *guest, const char *devices)
{
    g_autofree char *more = g_strdup_printf("<devices>%s</devices>", devices);
    g_autofree char *xml = testQEMUMakeXML(guest, false, more);

    virErrorReset();
    return qemuDomainCreateXML(test->qemu.driver, xml, 0, NULL);
}

static virDomainObj *
testStart(testFiles *test, const char *guest, const char *devices)
{
    virDomainObj *vm = testCreate(test, guest, devices);

    if (!vm)
        g_error("%s", virErrorGetMessage());
    return vm;
}

static void
testDestroy(virDomainObj *vm)
{
    if (qemuDomainDestroy(vm, 0) < 0)
        g_error("%s", virErrorGetMessage());
    virDomainObjUnref(vm);
}

static int
testChangeDisc(testFiles *test, virDomainObj *vm, const char *name)
{
    g_autofree char *xml = g_strdup_printf(
        "<disk type='file' device='cdrom'><driver name='qemu' type='qcow2'/><source file='%s/%s'/>"
        "<target dev='sda' bus='sata'/><readonly/></disk>",
        test->qemu.directory, name);

    return qemuDomainUpdateDeviceFlags(vm, xml,
                                       VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_DEVICE_MODIFY_FORCE);
}

/* A disc goes back when another one takes its place, and not when that fails. */
static void
testDisc(void)
{
    g_auto(testFiles) test = {0};
    g_autofree char *devices = NULL;
    virDomainObj *vm;

    if (!testFilesInit(&test))
        return;
    testFilesAdd(&test, "first", NULL, NULL);
    testFilesAdd(&test, "second", NULL, NULL);
    devices = g_strdup_printf("<disk type='file' device='cdrom'><driver name='qemu' type='qcow2'/>"
                              "<source file='%s/first'/><target dev='sda' bus='sata'/></disk>",
                              test.qemu.directory);
    vm = testStart(&test, "g", devices);
    testAssertOwner(&test, "first", TEST_USER);
    g_assert_cmpint(testChangeDisc(&test, vm, "nonexistent"), ==, -1);
    testQEMUAssertError(VIR_ERR_SYSTEM_ERROR, "nonexistent");
    testAssertOwner(&test, "first", TEST_USER);
    if (testChangeDisc(&test, vm, "second") < 0)
        g_error("%s", virErrorGetMessage());
    testAssertOwner(&test, "first", 0);
    testAssertOwner(&test, "second", TEST_USER);
    testDestroy(vm);
    testAssertOwner(&test, "second", 0);
}

/* Two guests read one image: it goes back with the second one, also if another driver has come. */
static void
testShared(void)
{
    g_auto(testFiles) test = {0};
    g_autofree char *disk = NULL;
    virDomainObj *one;
    virDomainObj *two;

    if (!testFilesInit(&test))
        return;
    testFilesAdd(&test, "shared", NULL, NULL);
    disk = testMakeDisk(&test, "shared", "qcow2", "<readonly/>");
    for (int round = 0; round < 2; round++) {
        one = testStart(&test, "one", disk);
        two = testStart(&test, "two", disk);
        testAssertOwner(&test, "shared", TEST_USER);
        if (round > 0) {
            virDomainObjUnref(one);
            virDomainObjUnref(two);
            testQEMURestart(&test.qemu);
            one = qemuDomainLookupByName(test.qemu.driver, "one");
            two = qemuDomainLookupByName(test.qemu.driver, "two");
        }
        testDestroy(one);
        testAssertOwner(&test, "shared", TEST_USER);
        testDestroy(two);
        testAssertOwner(&test, "shared", 0);
    }
}

/* One guest runs with the image when another one gets it and gives it back. */
static void
testSharedPlugged(void)
{
    g_auto(testFiles) test = {0};
    g_autofree char *disk = NULL;
    virDomainObj *one;
    virDomainObj *two;

    if (!testFilesInit(&test))
        return;
    testFilesAdd(&test, "shared", NULL, NULL);
    disk = testMakeDisk(&test, "shared", "qcow2", "<readonly/>");
    one = testStart(&test, "one", disk);
    two = testStart(&test, "two", "");
    g_assert_cmpint(qemuDomainAttachDeviceFlags(two, disk, VIR_DOMAIN_AFFECT_LIVE), ==, 0);
    g_assert_cmpint(qemuDomainDetachDeviceFlags(two, disk, VIR_DOMAIN_AFFECT_LIVE), ==, 0);
    g_assert_cmpint(qemuDomainReset(two, 0), ==, 0);
    testQEMUAwaitLater(&test.qemu, "two removed virtio-disk0");
    testAssertOwner(&test, "shared", TEST_USER);
    g_assert_cmpint(qemuDomainAttachDeviceFlags(two, disk, VIR_DOMAIN_AFFECT_LIVE), ==, 0);
    testDestroy(one);
    testAssertOwner(&test, "shared", TEST_USER);
    testDestroy(two);
    testAssertOwner(&test, "shared", 0);
}

/* An image is what is below it, too. */
static void
testChain(void)
{
    g_auto(testFiles) test = {0};
    g_autofree char *disk = NULL;
    virDomainObj *vm;

    if (!testFilesInit(&test))
        return;
    testFilesAdd(&test, "base", NULL, NULL);
    testFilesAdd(&test, "middle", "base", "qcow2");
    testFilesAdd(&test, "top", "middle", "qcow2");
    testFilesAdd(&test, "beside", NULL, NULL);
    disk = testMakeDisk(&test, "top", "qcow2", "");
    vm = testStart(&test, "g", disk);
    testAssertOwner(&test, "base", TEST_USER);
    testAssertOwner(&test, "middle", TEST_USER);
    testAssertOwner(&test, "top", TEST_USER);
    testAssertOwner(&test, "beside", 0);
    testDestroy(vm);
    testAssertOwner(&test, "base", 0);
    testAssertOwner(&test, "middle", 0);
    testAssertOwner(&test, "top", 0);
}

/* What is refused changes hands at no time. */
static void
testGuess(void)
{
    g_auto(testFiles) test = {0};
    g_autofree char *disk = NULL;
    virDomainObj *vm;

    if (!testFilesInit(&test))
        return;
    testFilesAdd(&test, "base", NULL, NULL);
    testFilesAdd(&test, "top", "base", NULL);
    disk = testMakeDisk(&test, "top", "qcow2", "");
    g_assert_null(testCreate(&test, "g", disk));
    testQEMUAssertError(VIR_ERR_CONFIG_UNSUPPORTED, "and that is not guessed");
    testAssertOwner(&test, "top", 0);
    vm = testStart(&test, "g", "");
    g_assert_cmpint(qemuDomainAttachDeviceFlags(vm, disk, VIR_DOMAIN_AFFECT_LIVE), ==, -1);
    testQEMUAssertError(VIR_ERR_CONFIG_UNSUPPORTED, "and that is not guessed");
    testAssertOwner(&test, "top", 0);
    testDestroy(vm);
}

/* QEMU's user cannot have itself given a file by a link to it; an administrator's link is one. */
static void
testLinks(void)
{
    g_auto(testFiles) test = {0};
    g_autofree char *disk = NULL;
    g_autofree char *link = NULL;

    if (!testFilesInit(&test))
        return;
    testFilesAdd(&test, "secret", NULL, NULL);
    link = testFile(&test, "link");
    disk = testMakeDisk(&test, "link", "raw", "");
    g_assert_cmpint(symlink("secret", link), ==, 0);
    testDestroy(testStart(&test, "g", disk));
    g_assert_cmpint(lchown(link, TEST_USER, TEST_USER), ==, 0);
    g_assert_null(testCreate(&test, "g", disk));
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "is that user's own, and is not followed");
    testAssertOwner(&test, "secret", 0);
    g_assert_cmpint(g_unlink(link), ==, 0);
}

/* What is at a path later is not what was given. */
static void
testReplaced(void)
{
    g_auto(testFiles) test = {0};
    g_autofree char *disk = NULL;
    g_autofree char *image = NULL;
    virDomainObj *vm;

    if (!testFilesInit(&test))
        return;
    testFilesAdd(&test, "image", NULL, NULL);
    disk = testMakeDisk(&test, "image", "raw", "");
    image = testFile(&test, "image");
    vm = testStart(&test, "g", disk);
    g_assert_cmpint(g_unlink(image), ==, 0);
    testImageWrite(image, NULL, NULL);
    g_assert_cmpint(chown(image, TEST_USER, TEST_USER), ==, 0);
    testDestroy(vm);
    testAssertOwner(&test, "image", TEST_USER);
}

/* Logs, a socket on which somebody else listens, and one that QEMU makes in the run directory. */
static void
testCharacterDevices(void)
{
    g_auto(testFiles) test = {0};
    g_autofree char *devices = NULL;
    g_autofree char *path = NULL;
    g_autoptr(GSocketAddress) address = NULL;
    g_autoptr(GSocket) sock = NULL;
    virDomainObj *vm;

    if (!testFilesInit(&test))
        return;
    path = testFile(&test, "peer");
    address = g_unix_socket_address_new(path);
    sock = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
    g_assert_true(g_socket_bind(sock, address, FALSE, NULL) && g_socket_listen(sock, NULL));
    g_ptr_array_add(test.files, g_steal_pointer(&path));
    testFilesAdd(&test, "console", NULL, NULL);
    g_ptr_array_add(test.files, testFile(&test, "output"));
    devices = virFormat("<serial type='null'><log file='%1$s/output'/></serial>"
                        "<console type='file'><source path='%1$s/console'/>"
                        "<target type='virtio'/></console>"
                        "<channel type='unix'><source mode='connect' path='%1$s/peer'/>"
                        "<target type='virtio' name='org.example.0'/></channel>"
                        "<channel type='unix'>"
                        "<target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
                        test.qemu.directory);
    vm = testStart(&test, "g", devices);
    testAssertOwner(&test, "output", TEST_USER);
    testAssertOwner(&test, "console", TEST_USER);
    testAssertOwner(&test, "peer", TEST_USER);
    testDestroy(vm);
    testAssertOwner(&test, "output", 0);
    testAssertOwner(&test, "console", 0);
    testAssertOwner(&test, "peer", 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemusecurity/user, capabilities, filter", testStatus);
    g_test_add_func("/qemusecurity/no core dump", testNoCore);
    g_test_add_func("/qemusecurity/environment", testEnvironment);
    g_test_add_func("/qemusecurity/descriptors", testDescriptors);
    g_test_add_func("/qemusecurity/a disc and the next one", testDisc);
    g_test_add_func("/qemusecurity/an image of two guests", testShared);
    g_test_add_func("/qemusecurity/an image of two guests, one plugged", testSharedPlugged);
    g_test_add_func("/qemusecurity/an image and what is below it", testChain);
    g_test_add_func("/qemusecurity/an image whose format is to be guessed", testGuess);
    g_test_add_func("/qemusecurity/links", testLinks);
    g_test_add_func("/qemusecurity/a file that was replaced", testReplaced);
    g_test_add_func("/qemusecurity/character devices", testCharacterDevices);
    return g_test_run();
}
