/*
 * virhostdevcrashtest.c: a process that dies at any point of giving devices to a guest, or of
 * taking them back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testbind.h"
#include "testcrash.h"
#include "virerror.h"
#include "virhostdev.h"

static const char *const addresses[] = {"0000:3b:00.3", "0000:5e:00.0"};

#define TEST_DEVICES G_N_ELEMENTS(addresses)

/* What a process does for guest "web1" and both devices. */
typedef enum {
    TEST_PREPARE,   /* prepares them */
    TEST_HAND_OVER, /* prepares them, and names QEMU, which outlives the process */
    TEST_REATTACH,  /* QEMU has ended: takes them back */
    TEST_UNPLUG,    /* QEMU goes on: takes the first one back */
} testKind;

typedef struct {
    const char *name;
    testKind kind;
    gboolean next; /* the next command comes without a recovery before it */
} testOperation;

static const testOperation operations[] = {
    {"prepare two, then recover", TEST_PREPARE, FALSE},
    {"prepare two, then the next guest", TEST_PREPARE, TRUE},
    {"prepare two for a QEMU that lives on, then recover", TEST_HAND_OVER, FALSE},
    {"prepare two for a QEMU that lives on, then the next guest", TEST_HAND_OVER, TRUE},
    {"reattach two, then recover", TEST_REATTACH, FALSE},
    {"reattach two, then the next guest", TEST_REATTACH, TRUE},
    {"reattach one of two, then recover", TEST_UNPLUG, FALSE},
    {"reattach one of two, then the next guest", TEST_UNPLUG, TRUE},
};

typedef struct {
    const testOperation *operation;
    testBind *bind;
    pid_t qemu; /* what stands for it */
    virDomainHostdevDef defs[TEST_DEVICES];
    virDomainHostdevDef *list[TEST_DEVICES];
} testHost;

static virHostdevManager *
testManage(const testHost *host)
{
    return virHostdevManagerNew(host->bind->ctx.host, host->bind->runDirectory);
}

static int
testPrepare(const testHost *host, const char *guest)
{
    g_autoptr(virHostdevManager) mgr = testManage(host);

    return virHostdevPreparePCIDevices(mgr, "QEMU", guest, host->list, TEST_DEVICES);
}

static int
testHandOver(const testHost *host)
{
    g_autoptr(virHostdevManager) mgr = testManage(host);

    if (virHostdevPreparePCIDevices(mgr, "QEMU", "web1", host->list, TEST_DEVICES) < 0)
        return -1;
    return virHostdevSetProcess(mgr, "QEMU", "web1", host->qemu);
}

static int
testReAttach(const testHost *host, const char *guest, size_t n)
{
    g_autoptr(virHostdevManager) mgr = testManage(host);

    virHostdevReAttachPCIDevices(mgr, "QEMU", guest, host->list, n);
    return 0;
}

static void
testEndQEMU(testHost *host)
{
    if (host->qemu <= 0)
        return;
    kill(host->qemu, SIGKILL);
    g_assert_cmpint(waitpid(host->qemu, NULL, 0), ==, host->qemu);
    host->qemu = 0;
}

static testHost *
testHostNew(const testOperation *operation, const testKernelRule *rules)
{
    testHost *host = g_new0(testHost, 1);

    host->operation = operation;
    host->bind = testBindNew("smartnic-host", rules);
    /* An override of the administrator's own comes back too. */
    testSceneWrite(host->bind->scene, "sys/bus/pci/devices/0000:3b:00.3/driver_override",
                   "mlx5_core\n");
    for (size_t i = 0; i < TEST_DEVICES; i++) {
        host->defs[i].source = testBindParse(addresses[i]);
        host->defs[i].managed = true;
        host->list[i] = &host->defs[i];
    }
    if ((host->qemu = fork()) == 0) {
        pause();
        _exit(0);
    }
    if (operation->kind == TEST_REATTACH || operation->kind == TEST_UNPLUG)
        g_assert_cmpint(testHandOver(host), ==, 0);
    if (operation->kind == TEST_REATTACH)
        testEndQEMU(host);
    return host;
}

static void
testHostFree(testHost *host)
{
    testEndQEMU(host);
    testBindFree(host->bind);
    g_free(host);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(testHost, testHostFree)

/* testCrashFunc */
static int
testPerform(void *opaque)
{
    const testHost *host = opaque;

    switch (host->operation->kind) {
    case TEST_PREPARE:
        return testPrepare(host, "web1");
    case TEST_HAND_OVER:
        return testHandOver(host);
    case TEST_REATTACH:
        return testReAttach(host, "web1", TEST_DEVICES);
    case TEST_UNPLUG:
    default:
        return testReAttach(host, "web1", 1);
    }
}

static void
testCheckRecovery(const virJournalRecord *record G_GNUC_UNUSED, virPCIRecovery outcome,
                  const char *message, void *opaque G_GNUC_UNUSED)
{
    if (outcome != VIR_PCI_RECOVERY_RESTORED && outcome != VIR_PCI_RECOVERY_COMPLETED)
        g_error("not recovered: %s", message);
}

static void
testRecover(const testHost *host)
{
    if (virPCIBindRecover(&host->bind->ctx, testCheckRecovery, NULL) < 0)
        g_error("%s", virErrorGetMessage());
}

/* A guest gets the devices and ends; or is told who has them, or to recover. */
static void
testNextGuest(const testHost *host)
{
    if (testPrepare(host, "web2") == 0)
        testReAttach(host, "web2", TEST_DEVICES);
    else if (!strstr(virErrorGetMessage(), "guest web1") &&
             !strstr(virErrorGetMessage(), "guest 'web1'") &&
             !strstr(virErrorGetMessage(), "'virtvfio recover'"))
        g_error("this is no clear refusal: %s", virErrorGetMessage());
}

/* What the daemon does after a restart with a guest that runs: what was bound for it is its. */
static void
testRestart(const testHost *host)
{
    g_autoptr(virHostdevManager) mgr = testManage(host);

    if (host->qemu <= 0)
        return;
    for (size_t i = 0; i < TEST_DEVICES; i++) {
        virDomainHostdevDef *one = host->list[i];
        g_autoptr(virJournalRecord) record = virJournalRead(host->bind->ctx.journal, &one->source);

        if (record && strcmp(record->holder, "guest web1") == 0)
            g_assert_cmpint(virHostdevUpdateActivePCIDevices(mgr, &one, 1, "QEMU", "web1"), ==, 0);
    }
    g_assert_cmpint(virHostdevSetProcess(mgr, "QEMU", "web1", host->qemu), ==, 0);
}

/* The tree, what the journal says of each device, and who has it. */
static char *
testDescribe(const testHost *host)
{
    g_autoptr(virHostdevManager) mgr = testManage(host);
    g_autofree char *tree = testKernelSnapshot(host->bind->scene);
    GString *text = g_string_new(tree);

    for (size_t i = 0; i < TEST_DEVICES; i++) {
        const virPCIDeviceAddress *address = &host->defs[i].source;
        g_autoptr(virJournalRecord) record = virJournalRead(host->bind->ctx.journal, address);
        g_autofree char *user = virHostdevManagerGetUser(mgr, address);

        g_string_append_printf(text, "\n%s of %s", addresses[i], user ? user : "nobody");
        if (record)
            g_string_append_printf(text, " %s: %s (%s, %s), was %s",
                                   virJournalStepToString((int)record->step), record->target,
                                   record->holder, record->pid == host->qemu ? "QEMU" : "other",
                                   record->driver);
    }
    return g_string_free(text, FALSE);
}

static char *
testDescribeAfter(const testHost *host)
{
    if (host->operation->next)
        testNextGuest(host);
    testRecover(host);
    testRestart(host);
    return testDescribe(host);
}

/* What an operation starts from, and what it comes to if nothing kills it. */
typedef struct {
    guint writes; /* to the kernel, before it starts */
    char *before;
    char *wanted;
} testExpectation;

static void
testExpectationClear(testExpectation *expected)
{
    g_free(expected->before);
    g_free(expected->wanted);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testExpectation, testExpectationClear)

static void
testExpect(const testOperation *operation, testExpectation *expected)
{
    g_autoptr(testHost) host = testHostNew(operation, NULL);

    expected->writes = testKernelCountWrites(host->bind->kernel);
    expected->before = testDescribe(host);
    g_assert_false(testCrashRun(testPerform, host, 0));
    testRecover(host);
    expected->wanted = testDescribe(host);
}

/* Dies at one point; FALSE if there is no such point. */
static gboolean
testDieAt(const testOperation *operation, const testExpectation *expected,
          const testKernelRule *rules, guint killAtStep, testOutcomes *outcomes)
{
    g_autoptr(testHost) host = testHostNew(operation, rules);
    g_autofree char *after = NULL;

    if (!testCrashRun(testPerform, host, killAtStep))
        return FALSE;
    after = testDescribeAfter(host);
    testCrashCount(outcomes, after, expected->before, expected->wanted);
    return TRUE;
}

static void
testCrash(const void *opaque)
{
    const testOperation *operation = opaque;
    testOutcomes steps = {0};
    testOutcomes writes = {0};
    g_auto(testExpectation) expected = {0};

    testExpect(operation, &expected);
    for (guint at = 1; testDieAt(operation, &expected, NULL, at, &steps); at++)
        continue;
    for (guint at = expected.writes + 1;; at++) {
        const testKernelRule rules[] = {{TEST_KERNEL_OPS, TEST_KERNEL_KILL, at, at, 0, NULL}, {0}};

        if (!testDieAt(operation, &expected, rules, 0, &writes))
            break;
    }
    testCrashPrint(operation->name, &steps, &writes);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    for (size_t i = 0; i < G_N_ELEMENTS(operations); i++) {
        g_autofree char *path = g_strdup_printf("/virhostdev/crash/%s", operations[i].name);

        g_test_add_data_func(path, &operations[i], testCrash);
    }
    return g_test_run();
}
