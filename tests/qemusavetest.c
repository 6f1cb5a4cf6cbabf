/*
 * qemusavetest.c: tests of qemu_save and its file: guests on the real QEMU that go on later
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "qemu_domain.h"
#include "qemu_save_file.h"
#include "testqemu.h"
#include "virerror.h"

/* A guest that has been started, and where it can be saved. */
typedef struct {
    testQEMU test;
    virDomainObj *vm;
    char *directory;
    char *path;
    int saved;
} testSave;

/* A guest with so much memory that saving it takes a moment. */
static const char testBig[] = "big";

static void
testSaveInit(testSave *save, const char *more)
{
    g_autofree char *small = testQEMUMakeXML("g", false, more == testBig ? NULL : more);
    g_auto(GStrv) parts = g_strsplit(small, ">16<", 2);
    g_autofree char *xml = g_strjoinv(more == testBig ? ">2048<" : ">16<", parts);

    testQEMUInit(&save->test, 0);
    save->directory = g_dir_make_tmp("qemusavetest-XXXXXX", NULL);
    save->path = g_build_filename(save->directory, "g.saved", NULL);
    save->vm = qemuDomainDefineXML(save->test.driver, xml, 0);
    if (!save->vm || qemuDomainCreate(save->vm, 0, NULL) < 0)
        g_error("%s", virErrorGetMessage());
}

/* Nothing but the file that was asked for is ever left. */
static void
testSaveClear(testSave *save)
{
    if (!save->vm)
        return;
    g_unlink(save->path);
    g_assert_cmpint(g_rmdir(save->directory), ==, 0);
    virDomainObjUnref(save->vm);
    testQEMUClear(&save->test);
    g_free(save->directory);
    g_free(save->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testSave, testSaveClear)

static void
testOK(int rc)
{
    if (rc < 0)
        g_error("%s", virErrorGetMessage());
}

static void
testAssertState(virDomainObj *vm, int expectedState, int expectedReason)
{
    int state;
    int reason;

    qemuDomainGetState(vm, &state, &reason);
    g_assert_cmpint(state, ==, expectedState);
    g_assert_cmpint(reason, ==, expectedReason);
}

/* A checksum of the guest's memory; caller frees. */
static char *
testReadMemory(const testSave *save)
{
    g_autofree char *path = g_build_filename(save->directory, "memory", NULL);
    g_autoptr(qemuMonitor) mon = qemuDomainGetMonitor(save->vm);
    JsonObject *arguments = json_object_new();
    g_autofree char *bytes = NULL;
    gsize len = 0;

    json_object_set_int_member(arguments, "val", 0);
    json_object_set_int_member(arguments, "size", 1024 * 1024);
    json_object_set_string_member(arguments, "filename", path);
    testOK(qemuMonitorCommand(mon, "pmemsave", arguments, NULL));
    g_assert_true(g_file_get_contents(path, &bytes, &len, NULL));
    g_assert_cmpuint(len, ==, 1024 * 1024);
    g_unlink(path);
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, len);
}

static void
testSaveAndRestore(void)
{
    g_auto(testSave) save = {0};
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    struct stat st;

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, NULL);
    testOK(qemuDomainSuspend(save.vm));
    before = testReadMemory(&save);
    testOK(qemuDomainSave(save.vm, save.path, NULL, 0));
    testAssertState(save.vm, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SAVED);
    testQEMUAwaitLater(&save.test, "g stopped saved");
    g_assert_cmpint(stat(save.path, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 0777, ==, 0600);

    testOK(qemuDomainRestore(save.test.driver, save.path, NULL, 0));
    testAssertState(save.vm, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);
    testQEMUAwaitLater(&save.test, "g started restored");
    after = testReadMemory(&save);
    g_assert_cmpstr(after, ==, before);
    testOK(qemuDomainResume(save.vm));
    g_assert_cmpint(qemuDomainRestore(save.test.driver, save.path, NULL, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "already running");
}

static void
testRunningAndPaused(void)
{
    /* What it was, the flags of save and of restore, and what it is then. */
    static const struct {
        bool running;
        unsigned int save;
        unsigned int restore;
        int state;
    } cases[] = {
        {true, 0, 0, VIR_DOMAIN_RUNNING},
        {true, VIR_DOMAIN_SAVE_PAUSED, 0, VIR_DOMAIN_PAUSED},
        {false, VIR_DOMAIN_SAVE_RUNNING, 0, VIR_DOMAIN_RUNNING},
        {false, 0, VIR_DOMAIN_SAVE_RUNNING, VIR_DOMAIN_RUNNING},
        {true, 0, VIR_DOMAIN_SAVE_PAUSED, VIR_DOMAIN_PAUSED},
    };
    g_auto(testSave) save = {0};

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        int state;
        int reason;

        testOK(cases[i].running ? qemuDomainResume(save.vm) : qemuDomainSuspend(save.vm));
        testOK(qemuDomainSave(save.vm, save.path, NULL, cases[i].save));
        testOK(qemuDomainRestore(save.test.driver, save.path, NULL, cases[i].restore));
        qemuDomainGetState(save.vm, &state, &reason);
        g_assert_cmpint(state, ==, cases[i].state);
        if (state == VIR_DOMAIN_RUNNING)
            g_assert_cmpint(reason, ==, VIR_DOMAIN_RUNNING_RESTORED);
    }
}

static void
testManagedSave(void)
{
    g_auto(testSave) save = {0};
    g_autofree char *image = NULL;
    g_autoptr(GPtrArray) found = NULL;

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, NULL);
    image = g_build_filename(save.test.directory, "state", "save", "g.save", NULL);
    g_assert_cmpint(qemuDomainManagedSaveRemove(save.vm, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "has no managed save");
    testOK(qemuDomainManagedSave(save.vm, 0));
    g_assert_true(g_file_test(image, G_FILE_TEST_EXISTS));
    g_assert_cmpint(qemuDomainUndefine(save.vm, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "--managed-save");

    /* Another driver knows of it as well. */
    virDomainObjUnref(save.vm);
    testQEMURestart(&save.test);
    save.vm = qemuDomainLookupByName(save.test.driver, "g");
    g_assert_true(qemuDomainHasManagedSaveImage(save.vm));
    found = qemuDriverListDomains(save.test.driver, VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE);
    g_assert_cmpuint(found->len, ==, 1);
    testOK(qemuDomainCreate(save.vm, 0, NULL));
    testAssertState(save.vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_RESTORED);
    g_assert_false(qemuDomainHasManagedSaveImage(save.vm));
    g_assert_false(g_file_test(image, G_FILE_TEST_EXISTS));

    testOK(qemuDomainManagedSave(save.vm, 0));
    testOK(qemuDomainCreate(save.vm, VIR_DOMAIN_START_FORCE_BOOT, NULL));
    testAssertState(save.vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
    g_assert_false(g_file_test(image, G_FILE_TEST_EXISTS));
    testOK(qemuDomainManagedSave(save.vm, 0));
    testOK(qemuDomainManagedSaveRemove(save.vm, 0));
    g_assert_false(g_file_test(image, G_FILE_TEST_EXISTS));
}

/* For this thread: QEMU cannot be ended, and what is awaited is overdue. */
static _Thread_local bool testUnkillable;

/* These two are in place of the libraries'. */
int
pidfd_send_signal(int pidfd, int number, siginfo_t *info, unsigned int flags)
{
    if (testUnkillable)
        return 0;
    return (int)syscall(SYS_pidfd_send_signal, pidfd, number, info, flags);
}

gint64
g_get_monotonic_time(void)
{
    gint64 ago = testUnkillable ? 3600 : 0;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - ago) * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* The kernel holds QEMU, and the call fails; the guest has been saved all the same. */
static void
testManagedSaveOfUnkillable(void)
{
    /* That it is killed is a warning. */
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
    g_auto(testSave) save = {0};
    int rc;

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, NULL);
    testUnkillable = true;
    rc = qemuDomainManagedSave(save.vm, 0);
    testUnkillable = false;
    g_assert_cmpint(rc, ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "has been killed and does not end");
    g_assert_true(qemuDomainIsActive(save.vm));
    g_assert_true(qemuDomainHasManagedSaveImage(save.vm));
    /* At last it does. */
    g_assert_cmpint(kill(qemuDomainGetPid(save.vm), SIGKILL), ==, 0);
    testQEMUAwaitLater(&save.test, "g stopped saved");
    g_log_set_always_fatal(fatal);
    testAssertState(save.vm, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SAVED);
    testOK(qemuDomainCreate(save.vm, 0, NULL));
    testAssertState(save.vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_RESTORED);
}

static void
testDamagedManagedSave(void)
{
    g_auto(testSave) save = {0};
    g_autofree char *image = NULL;

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, NULL);
    image = g_build_filename(save.test.directory, "state", "save", "g.save", NULL);
    testOK(qemuDomainManagedSave(save.vm, 0));
    g_assert_cmpint(truncate(image, 5000), ==, 0);
    g_assert_cmpint(qemuDomainCreate(save.vm, 0, NULL), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "--force-boot");
    testAssertState(save.vm, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SAVED);
    testOK(qemuDomainUndefine(save.vm, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE));
    g_assert_false(g_file_test(image, G_FILE_TEST_EXISTS));
}

/* A memory that QEMU does not understand: the guest is off, and the file is there. */
static void
testGarbage(void)
{
    g_auto(testSave) save = {0};
    g_autofree char *image = NULL;
    g_autofree char *bytes = NULL;
    gsize len = 0;

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, NULL);
    image = g_build_filename(save.test.directory, "state", "save", "g.save", NULL);
    testOK(qemuDomainManagedSave(save.vm, 0));
    g_assert_true(g_file_get_contents(image, &bytes, &len, NULL));
    memset(bytes + len / 2, 0x5a, len - len / 2);
    g_assert_true(g_file_set_contents(image, bytes, (gssize)len, NULL));
    g_assert_cmpint(qemuDomainCreate(save.vm, 0, NULL), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "QEMU cannot start guest 'g'");
    testAssertState(save.vm, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_FAILED);
    g_assert_true(g_file_test(image, G_FILE_TEST_EXISTS));
    g_assert_true(qemuDomainHasManagedSaveImage(save.vm));
    testOK(qemuDomainManagedSaveRemove(save.vm, 0));
}

/* QEMU's NVMe controller cannot be migrated. */
static void
testUnmigratable(void)
{
    g_auto(testSave) save = {0};
    g_autofree char *text = NULL;
    static const char more[] =
        "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
        "<qemu:arg value='-device'/><qemu:arg value='nvme,serial=x,addr=0x1e'/></qemu:commandline>";

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, more);
    g_assert_true(g_file_set_contents(save.path, "precious", -1, NULL));
    g_assert_cmpint(qemuDomainSave(save.vm, save.path, NULL, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "nvme");
    g_assert_true(g_file_get_contents(save.path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "precious");
    testAssertState(save.vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
}

static void
testDiskFull(void)
{
    g_auto(testSave) save = {0};
    struct rlimit limit;
    const struct rlimit small = {64 * 1024, RLIM_INFINITY};
    int rc;

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, NULL);
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
    rc = qemuDomainSave(save.vm, save.path, NULL, 0);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    g_assert_cmpint(rc, ==, -1);
    testQEMUAssertError(VIR_ERR_SYSTEM_ERROR, "cannot write the memory of guest 'g'");
    g_assert_false(g_file_test(save.path, G_FILE_TEST_EXISTS));
    testAssertState(save.vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);
    testOK(qemuDomainSave(save.vm, save.path, NULL, 0));
}

static void
testInvalidPaths(void)
{
    g_auto(testSave) save = {0};

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, NULL);
    g_assert_cmpint(qemuDomainSave(save.vm, "relative", NULL, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_INVALID_ARG, "absolute");
    g_assert_cmpint(qemuDomainSave(save.vm, "/dev/null", NULL, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "no regular file");
    g_assert_cmpint(qemuDomainSave(save.vm, "/nonexistent/file", NULL, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_SYSTEM_ERROR, "/nonexistent/file");
    g_assert_cmpint(qemuDomainSave(save.vm, save.path, NULL, VIR_DOMAIN_SAVE_BYPASS_CACHE), ==, -1);
    testQEMUAssertError(VIR_ERR_ARGUMENT_UNSUPPORTED, "--bypass-cache");
    g_assert_cmpint(qemuDomainRestore(save.test.driver, "/dev/zero", NULL, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "'/dev/zero' is no file that virtvfio");
    testAssertState(save.vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
    testOK(qemuDomainDestroy(save.vm, 0));
    g_assert_cmpint(qemuDomainSave(save.vm, save.path, NULL, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "not running");
}

static void
testImageXML(void)
{
    g_auto(testSave) save = {0};
    g_autofree char *xml = NULL;
    g_autofree char *again = NULL;
    g_autofree char *other = NULL;
    g_auto(GStrv) parts = NULL;

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, NULL);
    testOK(qemuDomainSave(save.vm, save.path, NULL, 0));
    xml = qemuDomainSaveImageGetXMLDesc(save.path, 0);
    g_assert_nonnull(xml);
    g_assert_nonnull(strstr(xml, "machine='pc-q35-"));
    parts = g_strsplit(xml, "<memory", 2);
    other = g_strconcat(parts[0], "<title>changed</title><memory", parts[1], NULL);
    testOK(qemuDomainSaveImageDefineXML(save.path, other, VIR_DOMAIN_SAVE_PAUSED));
    again = qemuDomainSaveImageGetXMLDesc(save.path, 0);
    g_assert_nonnull(strstr(again, "<title>changed</title>"));
    testOK(qemuDomainRestore(save.test.driver, save.path, NULL, 0));
    testAssertState(save.vm, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);

    g_free(other);
    other = testQEMUMakeXML("h", false, NULL);
    g_assert_cmpint(qemuDomainSaveImageDefineXML(save.path, other, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_CONFIG_UNSUPPORTED, "cannot be that of the saved guest 'g'");
}

static void *
testAbort(void *opaque)
{
    testSave *save = opaque;
    virDomainObj *vm = save->vm;
    qemuDomainJobStats stats;

    while (!g_atomic_int_get(&save->saved) && qemuDomainGetJobStats(vm, &stats) == 0) {
        if (stats.type == VIR_DOMAIN_JOB_UNBOUNDED && stats.total > 0) {
            g_assert_cmpint(stats.operation, ==, VIR_DOMAIN_JOB_OPERATION_SAVE);
            return GINT_TO_POINTER(qemuDomainAbortJob(vm) == 0);
        }
        g_thread_yield();
    }
    return NULL;
}

/* A guest may be written before anybody can abort that: then it is tried again. */
static void
testAborted(void)
{
    g_auto(testSave) save = {0};
    int rc = 0;

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, testBig);
    g_assert_cmpint(qemuDomainAbortJob(save.vm), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "no job that can be aborted");
    for (int i = 0; i < 10 && rc == 0; i++) {
        GThread *thread = g_thread_new("abort", testAbort, &save);

        rc = qemuDomainSave(save.vm, save.path, NULL, 0);
        /* One that has seen nothing of it would wait for another one. */
        g_atomic_int_set(&save.saved, 1);
        g_thread_join(thread);
        g_atomic_int_set(&save.saved, 0);
        if (rc == 0)
            testOK(qemuDomainRestore(save.test.driver, save.path, NULL, 0));
    }
    g_assert_cmpint(rc, ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_ABORTED, "aborted by request");
    testAssertState(save.vm, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);
}

/* QEMU ends in the middle: the guest is gone, and the file is as it was. */
static void *
testKillQEMU(void *opaque)
{
    virDomainObj *vm = opaque;
    qemuDomainJobStats stats = {0};

    while (stats.type != VIR_DOMAIN_JOB_UNBOUNDED) {
        if (qemuDomainGetJobStats(vm, &stats) < 0)
            return NULL;
    }
    kill(qemuDomainGetPid(vm), SIGKILL);
    return NULL;
}

static void
testQEMUIsKilled(void)
{
    g_auto(testSave) save = {0};
    g_autofree char *text = NULL;
    GThread *thread;

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, testBig);
    g_assert_true(g_file_set_contents(save.path, "precious", -1, NULL));
    thread = g_thread_new("kill", testKillQEMU, save.vm);
    g_assert_cmpint(qemuDomainSave(save.vm, save.path, NULL, 0), ==, -1);
    g_thread_join(thread);
    virErrorReset();
    testQEMUAwaitLater(&save.test, "g stopped crashed");
    g_assert_true(g_file_get_contents(save.path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "precious");
}

/* QEMU stands still in the middle; 0 if it has ended before. */
static void *
testStopQEMU(void *opaque)
{
    virDomainObj *vm = opaque;
    qemuDomainJobStats stats = {0};

    while (stats.type != VIR_DOMAIN_JOB_UNBOUNDED || stats.total == 0) {
        if (qemuDomainGetJobStats(vm, &stats) < 0)
            return NULL;
    }
    kill(qemuDomainGetPid(vm), SIGSTOP);
    return GINT_TO_POINTER(qemuDomainDestroy(vm, 0) == 0);
}

/* Who reads from a QEMU that does not answer would wait for ever, and destroy for who reads. */
static void
testDestroyWhileQEMUHangs(void)
{
    /* That it is killed is a warning. */
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
    g_auto(testSave) save = {0};
    int rc = 0;

    if (!testQEMUIsThere())
        return;
    testSaveInit(&save, testBig);
    for (int i = 0; i < 10 && rc == 0; i++) {
        GThread *thread = g_thread_new("stop", testStopQEMU, save.vm);
        void *destroyed;

        rc = qemuDomainSave(save.vm, save.path, NULL, 0);
        destroyed = g_thread_join(thread);
        if (rc == 0)
            testOK(qemuDomainRestore(save.test.driver, save.path, NULL, 0));
        else
            g_assert_nonnull(destroyed);
    }
    g_assert_cmpint(rc, ==, -1);
    virErrorReset();
    testQEMUAwaitLater(&save.test, "g stopped destroyed");
    g_log_set_always_fatal(fatal);
}

static void
testHeader(void)
{
    const qemuSaveHeader header = {true, 1234, 1ULL << 40};
    qemuSaveHeader found = {0};
    guint8 bytes[QEMU_SAVE_HEADER_SIZE];
    /* A byte, what it is set to, and what the header is then. */
    static const struct {
        guint at;
        guint8 value;
        qemuSaveHeaderResult result;
    } cases[] = {
        {0, 'V', QEMU_SAVE_HEADER_ALIEN},     {16, 2, QEMU_SAVE_HEADER_NEWER},
        {20, 3, QEMU_SAVE_HEADER_NEWER},      {63, 1, QEMU_SAVE_HEADER_NEWER},
        {28, 1, QEMU_SAVE_HEADER_DAMAGED},    {31, 0xff, QEMU_SAVE_HEADER_DAMAGED},
        {39, 0xff, QEMU_SAVE_HEADER_DAMAGED}, {39, 0x7f, QEMU_SAVE_HEADER_DAMAGED},
    };

    qemuSaveHeaderFormat(&header, bytes);
    g_assert_cmpint(qemuSaveHeaderParse(bytes, sizeof(bytes), &found), ==, QEMU_SAVE_HEADER_OK);
    g_assert_true(found.running);
    g_assert_cmpuint(found.xmlLen, ==, 1234);
    g_assert_cmpuint(found.dataLen, ==, 1ULL << 40);
    g_assert_cmpint(qemuSaveHeaderParse(bytes, 15, &found), ==, QEMU_SAVE_HEADER_ALIEN);
    g_assert_cmpint(qemuSaveHeaderParse(bytes, 63, &found), ==, QEMU_SAVE_HEADER_DAMAGED);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint8 changed[QEMU_SAVE_HEADER_SIZE];

        memcpy(changed, bytes, sizeof(bytes));
        changed[cases[i].at] = cases[i].value;
        if (cases[i].at == 39 && cases[i].value == 0x7f)
            memset(changed + 32, 0xff, 7);
        g_assert_cmpint(qemuSaveHeaderParse(changed, sizeof(changed), &found), ==, cases[i].result);
    }
}

int
main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemusave/header of the file", testHeader);
    g_test_add_func("/qemusave/save and restore", testSaveAndRestore);
    g_test_add_func("/qemusave/running and paused", testRunningAndPaused);
    g_test_add_func("/qemusave/managed save", testManagedSave);
    g_test_add_func("/qemusave/managed save of a guest that cannot be ended",
                    testManagedSaveOfUnkillable);
    if (!g_test_slow())
        return g_test_run();
    g_test_add_func("/qemusave/managed save is cut", testDamagedManagedSave);
    g_test_add_func("/qemusave/memory is garbage", testGarbage);
    g_test_add_func("/qemusave/device that cannot be saved", testUnmigratable);
    g_test_add_func("/qemusave/disk is full", testDiskFull);
    g_test_add_func("/qemusave/paths that are no good", testInvalidPaths);
    g_test_add_func("/qemusave/definition in the file", testImageXML);
    g_test_add_func("/qemusave/aborted", testAborted);
    g_test_add_func("/qemusave/QEMU is killed", testQEMUIsKilled);
    g_test_add_func("/qemusave/destroyed while QEMU hangs", testDestroyWhileQEMUHangs);
    return g_test_run();
}
