/*
 * qemutpmtest.c: a guest on the real QEMU with a TPM of the real swtpm
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "qemu_tpm.h"
#include "testqemu.h"
#include "virerror.h"

#define TEST_USER 65534
#define TEST_TPM  "<devices><tpm model='tpm-tis'><backend type='emulator'/></tpm></devices>"
/* QEMU has connected to its TPM by the time that it refuses this. */
#define TEST_REFUSED                                                                               \
    TEST_TPM "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"          \
             "<qemu:arg value='-device'/><qemu:arg value='nonsense'/></qemu:commandline>"

typedef struct {
    testQEMU qemu;
    virDomainObj *vm;
    char *state; /* what its TPM remembers */
} testTPM;

static void
testOK(int rc)
{
    if (rc < 0)
        g_error("%s", virErrorGetMessage());
}

/* False, and the test skipped, if that cannot be. */
static bool
testTPMInit(testTPM *test)
{
    g_autofree char *program = g_find_program_in_path("swtpm");

    if (!testQEMUIsThere())
        return false;
    if (!program) {
        g_test_skip("needs swtpm");
        return false;
    }
    test->qemu.user = geteuid() == 0 ? G_STRINGIFY(TEST_USER) : NULL;
    testQEMUInit(&test->qemu, 0);
    g_assert_cmpint(g_chmod(test->qemu.directory, 0711), ==, 0);
    return true;
}

static void
testDefine(testTPM *test, const char *more)
{
    g_autofree char *xml = testQEMUMakeXML("g", false, more);

    test->vm = qemuDomainDefineXML(test->qemu.driver, xml, 0);
    if (!test->vm)
        g_error("%s", virErrorGetMessage());
    test->state = g_build_filename(test->qemu.directory, "state", "swtpm", test->vm->uuid, NULL);
}

static void
testTPMClear(testTPM *test)
{
    g_autofree char *directory = NULL;

    if (!test->qemu.driver)
        return;
    directory = g_build_filename(test->qemu.directory, "state", "swtpm", NULL);
    g_clear_pointer(&test->vm, virDomainObjUnref);
    g_assert_true(g_rmdir(directory) == 0 || errno == ENOENT);
    testQEMUClear(&test->qemu);
    g_free(test->state);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testTPM, testTPMClear)

static void
testAssertState(const testTPM *test)
{
    g_autofree char *file = g_build_filename(test->state, "tpm2-00.permall", NULL);
    uid_t uid = geteuid() == 0 ? TEST_USER : geteuid();
    struct stat st;

    g_assert_cmpint(stat(test->state, &st), ==, 0);
    g_assert_cmpuint(st.st_mode & 07777, ==, 0700);
    g_assert_cmpuint(st.st_uid, ==, uid);
    g_assert_cmpint(stat(file, &st), ==, 0);
    g_assert_cmpuint(st.st_mode & 07777, ==, 0600);
    g_assert_cmpuint(st.st_uid, ==, uid);
}

static pid_t
testGetPid(const testTPM *test)
{
    g_autofree char *file =
        g_build_filename(test->qemu.directory, "run", test->vm->uuid, "swtpm.pid", NULL);
    g_autofree char *text = NULL;
    g_autofree char *path = NULL;
    struct stat st;
    pid_t pid;

    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    pid = (pid_t)g_ascii_strtoll(text, NULL, 10);
    g_assert_cmpint(pid, >, 1);
    g_assert_true(testProcessIsThere(pid));
    path = g_strdup_printf("/proc/%d", (int)pid);
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpuint(st.st_uid, ==, geteuid() == 0 ? TEST_USER : geteuid());
    return pid;
}

static void
testLife(void)
{
    g_auto(testTPM) test = {0};
    pid_t pid;

    if (!testTPMInit(&test))
        return;
    testDefine(&test, TEST_TPM);
    /* The second time with the memory of the first. */
    for (int i = 0; i < 2; i++) {
        testOK(qemuDomainCreate(test.vm, 0, NULL));
        pid = testGetPid(&test);
        testAssertState(&test);
        testOK(qemuDomainDestroy(test.vm, 0));
        g_assert_false(testProcessIsThere(pid));
        testAssertState(&test);
    }
    g_assert_cmpint(
        qemuDomainUndefine(test.vm, VIR_DOMAIN_UNDEFINE_TPM | VIR_DOMAIN_UNDEFINE_KEEP_TPM), ==,
        -1);
    testQEMUAssertError(VIR_ERR_INVALID_ARG, "--keep-tpm");
    testOK(qemuDomainUndefine(test.vm, VIR_DOMAIN_UNDEFINE_TPM));
    g_assert_false(g_file_test(test.state, G_FILE_TEST_EXISTS));
}

static void
testRestart(void)
{
    g_auto(testTPM) test = {0};
    pid_t pid;

    if (!testTPMInit(&test))
        return;
    testDefine(&test, TEST_TPM);
    testOK(qemuDomainCreate(test.vm, VIR_DOMAIN_START_PAUSED, NULL));
    pid = testGetPid(&test);
    g_clear_pointer(&test.vm, virDomainObjUnref);
    testQEMURestart(&test.qemu);
    g_assert_true(testProcessIsThere(pid));
    test.vm = qemuDomainLookupByName(test.qemu.driver, "g");
    testOK(qemuDomainDestroy(test.vm, 0));
    g_assert_false(testProcessIsThere(pid));
    testOK(qemuDomainUndefine(test.vm, 0));
    g_assert_false(g_file_test(test.state, G_FILE_TEST_EXISTS));
}

static void
testKeep(void)
{
    g_auto(testTPM) test = {0};

    if (!testTPMInit(&test))
        return;
    testDefine(&test, TEST_TPM);
    testOK(qemuDomainCreate(test.vm, VIR_DOMAIN_START_PAUSED, NULL));
    testOK(qemuDomainUndefine(test.vm, VIR_DOMAIN_UNDEFINE_KEEP_TPM));
    testOK(qemuDomainDestroy(test.vm, 0));
    testAssertState(&test);
    qemuTPMForget(test.qemu.driver, test.vm->uuid);
}

static void
testTransient(void)
{
    g_auto(testTPM) test = {0};
    g_autofree char *xml = testQEMUMakeXML("g", false, TEST_TPM);

    if (!testTPMInit(&test))
        return;
    test.vm = qemuDomainCreateXML(test.qemu.driver, xml, VIR_DOMAIN_START_PAUSED, NULL);
    if (!test.vm)
        g_error("%s", virErrorGetMessage());
    test.state = g_build_filename(test.qemu.directory, "state", "swtpm", test.vm->uuid, NULL);
    testAssertState(&test);
    testOK(qemuDomainDestroy(test.vm, 0));
    g_assert_false(g_file_test(test.state, G_FILE_TEST_EXISTS));
}

/* Every process of this user that was given this directory. */
static void
testAssertNobodyHas(const char *state)
{
    g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename("/proc", name, "cmdline", NULL);
        g_autofree char *words = NULL;
        gsize len = 0;

        if (g_ascii_isdigit(*name) && g_file_get_contents(path, &words, &len, NULL))
            g_assert_null(g_strstr_len(words, (gssize)len, state));
    }
}

static void
testFailure(void)
{
    g_auto(testTPM) test = {0};

    if (!testTPMInit(&test))
        return;
    testDefine(&test, TEST_REFUSED);
    g_assert_cmpint(qemuDomainCreate(test.vm, 0, NULL), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "nonsense");
    testAssertNobodyHas(test.state);
    testOK(qemuDomainUndefine(test.vm, 0));
}

static void
testDamaged(void)
{
    g_auto(testTPM) test = {0};
    g_autofree char *file = NULL;

    if (!testTPMInit(&test))
        return;
    testDefine(&test, TEST_TPM);
    file = g_build_filename(test.state, "tpm2-00.permall", NULL);
    testOK(g_mkdir_with_parents(test.state, 0700));
    g_assert_true(g_file_set_contents(file, "nonsense", -1, NULL));
    g_assert_cmpint(qemuDomainCreate(test.vm, 0, NULL), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "tpm-emulator");
    testAssertNobodyHas(test.state);
    testOK(qemuDomainUndefine(test.vm, 0));
}

static void
testComma(void)
{
    g_auto(testTPM) test = {0};
    g_autofree char *directory = NULL;

    if (!testTPMInit(&test))
        return;
    directory = g_strconcat(test.qemu.directory, ",x", NULL);
    testOK(g_rename(test.qemu.directory, directory));
    g_free(test.qemu.directory);
    test.qemu.directory = g_steal_pointer(&directory);
    testQEMURestart(&test.qemu);
    testDefine(&test, TEST_TPM);
    g_assert_cmpint(qemuDomainCreate(test.vm, 0, NULL), ==, -1);
    testQEMUAssertError(VIR_ERR_CONFIG_UNSUPPORTED, "takes no directory with a comma");
    g_assert_false(g_file_test(test.state, G_FILE_TEST_EXISTS));
    testOK(qemuDomainUndefine(test.vm, 0));
}

/* Its state travels with the guest's memory. */
static void
testManagedSave(void)
{
    g_auto(testTPM) test = {0};

    if (!testTPMInit(&test))
        return;
    testDefine(&test, TEST_TPM);
    testOK(qemuDomainCreate(test.vm, 0, NULL));
    testOK(qemuDomainManagedSave(test.vm, 0));
    g_assert_true(qemuDomainHasManagedSaveImage(test.vm));
    testAssertNobodyHas(test.state);
    testOK(qemuDomainCreate(test.vm, 0, NULL));
    g_assert_false(qemuDomainHasManagedSaveImage(test.vm));
    g_assert_cmpint(test.vm->state, ==, VIR_DOMAIN_RUNNING);
    testOK(qemuDomainDestroy(test.vm, 0));
    testAssertNobodyHas(test.state);
    testOK(qemuDomainUndefine(test.vm, 0));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemutpm/starts with the guest, ends with it and remembers", testLife);
    g_test_add_func("/qemutpm/is found by the next driver", testRestart);
    g_test_add_func("/qemutpm/stays when the guest is undefined and it is to be kept", testKeep);
    g_test_add_func("/qemutpm/goes with a transient guest", testTransient);
    g_test_add_func("/qemutpm/is ended when QEMU does not start", testFailure);
    g_test_add_func("/qemutpm/that is damaged keeps the guest from starting", testDamaged);
    g_test_add_func("/qemutpm/needs a directory without a comma", testComma);
    g_test_add_func("/qemutpm/is saved with the guest, and comes back", testManagedSave);
    return g_test_run();
}
