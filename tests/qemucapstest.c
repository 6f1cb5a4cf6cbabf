/*
 * qemucapstest.c: tests of qemu_caps: asking QEMU what it can do, and remembering it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "qemu_capabilities.h"
#include "qemu_caps.h"
#include "testqemu.h"
#include "virerror.h"
#include "virfile.h"

#define TEST_DIRECTORY "QEMUCAPSTEST_DIRECTORY"

#define JSON                                                                                       \
    "{\"key\": \"k\", \"version\": 7002022, \"package\": \"Debian\", \"kvm\": true, "              \
    "\"machines\": [{\"name\": \"pc-q35-7.2\", \"alias\": \"q35\", \"maxCpus\": 288, "             \
    "\"default\": true}], \"commands\": [\"cont\"], \"devices\": [\"vfio-pci\"], "                 \
    "\"cpus\": [\"max\"], \"vfioProperties\": [\"host\"]}"

static void
testRoundTrip(void)
{
    g_autoptr(qemuCaps) caps = qemuCapsParse(JSON, strlen(JSON));
    g_autoptr(qemuCaps) again = NULL;
    g_autofree char *text = NULL;
    g_autofree char *same = NULL;

    g_assert_nonnull(caps);
    text = qemuCapsFormat(caps);
    again = qemuCapsParse(text, strlen(text));
    same = qemuCapsFormat(again);
    g_assert_cmpstr(text, ==, same);
    g_assert_cmpuint(again->version, ==, 7002022);
    g_assert_true(again->kvm);
    g_assert_true(qemuCapsHasDevice(again, "vfio-pci"));
    g_assert_false(qemuCapsHasDevice(again, "vfio"));
    g_assert_true(qemuCapsHasCommand(again, "cont"));
    g_assert_true(qemuCapsHasVFIOProperty(again, "host"));
    g_assert_cmpstr(qemuCapsFindMachine(again, "q35")->name, ==, "pc-q35-7.2");
    g_assert_cmpstr(qemuCapsFindMachine(again, NULL)->alias, ==, "q35");
    g_assert_null(qemuCapsFindMachine(again, "pc"));
}

/* Cached files that are none. */
static const char *const testDamages[] = {
    "", "{", "[]", "{}", "{\"key\": 1}", "\x01\xff", "{\"key\": \"k\", \"version\": 1}",
};

static void
testDamaged(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(testDamages); i++)
        g_assert_null(qemuCapsParse(testDamages[i], strlen(testDamages[i])));
}

/* The one file in a directory. */
static char *
testFindFile(const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name = dir ? g_dir_read_name(dir) : NULL;

    g_assert_nonnull(name);
    g_assert_null(g_dir_read_name(dir));
    return g_build_filename(directory, name, NULL);
}

static qemuCaps *
testGet(qemuCapsCache *cache, const char *path)
{
    qemuCaps *caps = qemuCapsCacheGet(cache, path, 60 * 1000);

    if (!caps)
        g_error("%s", virErrorGetMessage());
    return caps;
}

static void
testProbe(void)
{
    g_autofree char *path = qemuFindHostEmulator();
    g_autofree char *directory = g_dir_make_tmp("qemucapstest-XXXXXX", NULL);
    g_autoptr(qemuLoop) loop = qemuLoopNew();
    g_autoptr(qemuCapsCache) cache = qemuCapsCacheNew(loop, directory);
    g_autoptr(qemuCapsCache) second = qemuCapsCacheNew(loop, directory);
    g_autoptr(qemuCaps) caps = NULL;
    g_autoptr(qemuCaps) again = NULL;
    g_autoptr(qemuCaps) loaded = NULL;
    g_autofree char *file = NULL;
    g_autofree char *text = NULL;

    if (!path) {
        g_test_skip("needs this host's QEMU");
        g_rmdir(directory);
        return;
    }
    qemuCapsCachePrefetch(cache, path);
    caps = testGet(cache, path);
    g_assert_cmpuint(caps->version, >=, 6002000);
    g_assert_true(qemuCapsHasDevice(caps, "pcie-root-port"));
    g_assert_true(qemuCapsHasCommand(caps, "set-action"));
    g_assert_true(!qemuCapsHasDevice(caps, "vfio-pci") || qemuCapsHasVFIOProperty(caps, "host"));
    g_assert_nonnull(qemuCapsFindMachine(caps, "q35"));
    again = testGet(cache, path);
    g_assert_true(again == caps);
    loaded = testGet(second, path);
    file = testFindFile(directory);
    text = qemuCapsFormat(loaded);
    g_assert_true(g_str_has_prefix(text, "{"));
    g_assert_cmpint(g_unlink(file), ==, 0);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

/* A damaged file is as good as none; one about another program does not count. */
static void
testProbeAgain(void)
{
    g_autofree char *path = qemuFindHostEmulator();
    g_autofree char *directory = g_dir_make_tmp("qemucapstest-XXXXXX", NULL);
    g_autoptr(qemuLoop) loop = qemuLoopNew();
    g_autofree char *file = NULL;

    for (int i = 0; path && i < 3; i++) {
        g_autoptr(qemuCapsCache) cache = qemuCapsCacheNew(loop, directory);
        g_autoptr(qemuCaps) caps = NULL;

        if (file)
            g_assert_true(g_file_set_contents(file, i == 1 ? "{\"key" : JSON, -1, NULL));
        if (i == 1)
            g_test_expect_message("qemu.caps", G_LOG_LEVEL_WARNING, "*is damaged: QEMU is asked*");
        caps = testGet(cache, path);
        g_test_assert_expected_messages();
        g_assert_cmpstr(caps->key, !=, "k");
        if (!file)
            file = testFindFile(directory);
    }
    if (!path)
        g_test_skip("needs this host's QEMU");
    if (file)
        g_unlink(file);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

static void
testFails(void)
{
    g_autoptr(qemuLoop) loop = qemuLoopNew();
    g_autoptr(qemuCapsCache) cache = qemuCapsCacheNew(loop, NULL);

    g_assert_null(qemuCapsCacheGet(cache, "/nonexistent/qemu", 60 * 1000));
    testQEMUAssertError(VIR_ERR_SYSTEM_ERROR, "cannot look at QEMU, /nonexistent/qemu: No such");
    for (int i = 0; i < 2; i++) {
        g_assert_null(qemuCapsCacheGet(cache, "/bin/true", 60 * 1000));
        testQEMUAssertError(VIR_ERR_OPERATION_FAILED,
                            "cannot find out what /bin/true can do: QEMU closed its monitor");
    }
}

/* A process that is killed while it asks a QEMU that never answers. */
static void
testKilledProcess(void)
{
    const char *directory = g_getenv(TEST_DIRECTORY);
    g_autofree char *program = g_build_filename(directory, "program", NULL);
    g_autofree char *fifo = g_build_filename(directory, "fifo", NULL);
    g_autofree char *file = g_build_filename(directory, "pid", NULL);
    g_autoptr(qemuLoop) loop = qemuLoopNew();
    g_autoptr(qemuCapsCache) cache = qemuCapsCacheNew(loop, NULL);
    g_autofree char *pid = NULL;

    qemuCapsCachePrefetch(cache, program);
    g_assert_true(g_file_get_contents(fifo, &pid, NULL, NULL));
    g_assert_true(g_file_set_contents(file, pid, -1, NULL));
    raise(SIGKILL);
}

static void
testKilled(void)
{
    g_autofree char *directory = g_dir_make_tmp("qemucapstest-XXXXXX", NULL);
    g_autofree char *program = g_build_filename(directory, "program", NULL);
    g_autofree char *fifo = g_build_filename(directory, "fifo", NULL);
    g_autofree char *file = g_build_filename(directory, "pid", NULL);
    g_autofree char *script = g_strdup_printf("#!/bin/sh\necho $$ >%s\nexec sleep 600\n", fifo);
    g_autofree char *pid = NULL;
    struct pollfd pfd = {.events = POLLIN};

    g_assert_true(
        g_file_set_contents_full(program, script, -1, G_FILE_SET_CONTENTS_NONE, S_IRWXU, NULL));
    g_assert_cmpint(mkfifo(fifo, S_IRUSR | S_IWUSR), ==, 0);
    g_setenv(TEST_DIRECTORY, directory, TRUE);
    g_test_trap_subprocess("/qemucaps/killed/subprocess", 0, 0);
    g_test_trap_assert_failed();
    g_assert_true(g_file_get_contents(file, &pid, NULL, NULL));
    pfd.fd = pidfd_open((pid_t)g_ascii_strtoll(pid, NULL, 10), 0);
    g_assert_true(pfd.fd < 0 || poll(&pfd, 1, 60 * 1000) == 1);
    virFileClose(&pfd.fd);
    g_unlink(file);
    g_unlink(fifo);
    g_unlink(program);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

/* Who does not want to wait is told so, also if it will be known in a moment. */
static void
testTimeout(void)
{
    g_autoptr(qemuLoop) loop = qemuLoopNew();
    g_autoptr(qemuCapsCache) cache = qemuCapsCacheNew(loop, NULL);

    g_assert_null(qemuCapsCacheGet(cache, "/bin/cat", 0));
    testQEMUAssertError(VIR_ERR_OPERATION_TIMEOUT, "has not answered yet");
}

static void
testKVM(void)
{
    static const char xml[] = "<domain type='kvm'><name>g</name><memory>16384</memory><os><type>hvm"
                              "</type></os></domain>";
    g_autoptr(virDomainDef) def = virDomainDefParse(xml, strlen(xml), "guest.xml");
    g_autoptr(qemuCaps) with = qemuCapsParse(JSON, strlen(JSON));
    g_autoptr(qemuCaps) without = qemuCapsNew();

    g_assert_cmpint(qemuCheckCapsKVM(def, with), ==, 0);
    g_assert_cmpint(qemuCheckCapsKVM(def, without), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "its QEMU cannot use KVM here");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemucaps/JSON, there and back", testRoundTrip);
    g_test_add_func("/qemucaps/JSON that is none of ours", testDamaged);
    g_test_add_func("/qemucaps/the real QEMU", testProbe);
    g_test_add_func("/qemucaps/damaged and old files", testProbeAgain);
    g_test_add_func("/qemucaps/no QEMU", testFails);
    g_test_add_func("/qemucaps/who asks is killed", testKilled);
    g_test_add_func("/qemucaps/killed/subprocess", testKilledProcess);
    g_test_add_func("/qemucaps/nobody waits for ever", testTimeout);
    g_test_add_func("/qemucaps/KVM", testKVM);
    return g_test_run();
}
