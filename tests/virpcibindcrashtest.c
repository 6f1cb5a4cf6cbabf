/*
 * virpcibindcrashtest.c: a process that dies at any point of a change of bindings, and the recovery
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testbind.h"
#include "testcrash.h"
#include "virerror.h"

#define FIRST  "0000:3b:00.3"
#define SECOND "0000:5e:00.0"

/* What a process does, from a state that was made before. */
typedef struct {
    const char *name;
    const char *devices[3];
    const char *driver;
    gboolean bound;   /* the devices are bound (to the best driver) before */
    gboolean restore; /* and are given back; otherwise they are bound to @driver */
} testOperation;

static const testOperation operations[] = {
    {"bind", {FIRST}, NULL, FALSE, FALSE},
    {"bind of two", {FIRST, SECOND}, NULL, FALSE, FALSE},
    {"restore", {FIRST}, NULL, TRUE, TRUE},
    {"rebind", {FIRST}, "vfio-pci", TRUE, FALSE},
    {"bind of an unbound device", {"0000:5f:00.0"}, NULL, FALSE, FALSE},
    {"rebind of two", {FIRST, SECOND}, "vfio-pci", TRUE, FALSE},
};

static int
testPerform(testBind *bind, const testOperation *operation)
{
    g_autoptr(virPCIBindPlan) plan = NULL;

    for (size_t i = 0; operation->restore && operation->devices[i]; i++) {
        virPCIDeviceAddress address = testBindParse(operation->devices[i]);

        if (virPCIBindRestore(&bind->ctx, &address, 1) < 0)
            return -1;
    }
    if (operation->restore)
        return 0;
    plan = testBindPlan(bind, operation->devices, operation->driver);
    return virPCIBindApply(plan);
}

/* An override of the administrator's own, and the devices bound if the operation wants them so. */
static testBind *
testPrepare(const testOperation *operation, const testKernelRule *rules)
{
    const testOperation first = {
        "", {operation->devices[0], operation->devices[1]}, NULL, FALSE, FALSE};
    testBind *bind = testBindNew("smartnic-host", rules);

    testSceneWrite(bind->scene, "sys/bus/pci/devices/" FIRST "/driver_override", "mlx5_core\n");
    if (operation->bound)
        g_assert_cmpint(testPerform(bind, &first), ==, 0);
    return bind;
}

/* The tree, and what the journal says of each device. */
static char *
testDescribe(testBind *bind)
{
    g_autofree char *tree = testKernelSnapshot(bind->scene);
    g_autoptr(GPtrArray) records = virJournalList(bind->ctx.journal);
    GString *text = g_string_new(tree);

    for (guint i = 0; i < records->len; i++) {
        const virJournalRecord *record = records->pdata[i];
        g_autofree char *name = virPCIDeviceAddressAsString(&record->address);

        g_string_append_printf(text, "\n%s %s: %s (%s), was %s", name,
                               virJournalStepToString((int)record->step), record->target,
                               record->holder, record->driver);
    }
    return g_string_free(text, FALSE);
}

/* One operation for a process of its own. */
typedef struct {
    testBind *bind;
    const testOperation *operation;
} testChild;

static int
testPerformIn(void *opaque)
{
    const testChild *child = opaque;

    return testPerform(child->bind, child->operation);
}

static gboolean
testPerformInChild(testBind *bind, const testOperation *operation, guint killAtStep)
{
    testChild child = {bind, operation};

    return testCrashRun(testPerformIn, &child, killAtStep);
}

static void
testCountRecovery(const virJournalRecord *record G_GNUC_UNUSED, virPCIRecovery outcome,
                  const char *message, void *opaque)
{
    if (outcome != VIR_PCI_RECOVERY_RESTORED && outcome != VIR_PCI_RECOVERY_COMPLETED)
        g_error("not recovered: %s", message);
    (*(guint *)opaque)++;
}

/* Dies at one point; afterwards everything is exactly as it was, or exactly as it was to be. */
static gboolean
testDieAt(const testOperation *operation, const testKernelRule *rules, guint killAtStep,
          testOutcomes *outcomes)
{
    g_autoptr(testBind) bind = testPrepare(operation, rules);
    g_autofree char *before = testDescribe(bind);
    g_autofree char *after = NULL;
    g_autofree char *wanted = NULL;
    g_autoptr(testBind) whole = NULL;
    guint recovered = 0;

    if (!testPerformInChild(bind, operation, killAtStep))
        return FALSE;

    if (virPCIBindRecover(&bind->ctx, testCountRecovery, &recovered) < 0)
        g_error("%s", virErrorGetMessage());
    after = testDescribe(bind);

    whole = testPrepare(operation, NULL);
    g_assert_false(testPerformInChild(whole, operation, 0));
    wanted = testDescribe(whole);

    testCrashCount(outcomes, after, before, wanted);
    return TRUE;
}

static void
testCrash(const void *opaque)
{
    const testOperation *operation = opaque;
    testOutcomes steps = {0};
    testOutcomes writes = {0};
    guint made;

    for (guint at = 1; testDieAt(operation, NULL, at, &steps); at++)
        continue;
    {
        g_autoptr(testBind) bind = testPrepare(operation, NULL);

        made = testKernelCountWrites(bind->kernel);
    }
    for (guint at = made + 1;; at++) {
        const testKernelRule rules[] = {{TEST_KERNEL_OPS, TEST_KERNEL_KILL, at, at, 0, NULL}, {0}};

        if (!testDieAt(operation, rules, 0, &writes))
            break;
    }
    testCrashPrint(operation->name, &steps, &writes);
}

/* Two processes that want the same device for different guests, again and again. */
static void
testRace(void)
{
    const char *devices[] = {FIRST, NULL};
    const char *holders[] = {"guest one", "guest two"};
    guint rounds = g_test_quick() ? 100 : 1000;

    for (guint round = 0; round < rounds; round++) {
        g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
        g_autoptr(GPtrArray) records = NULL;
        pid_t pids[2];
        guint won = 0;

        for (guint i = 0; i < 2; i++) {
            if ((pids[i] = fork()) == 0) {
                g_autoptr(virPCIBindPlan) plan = NULL;

                bind->ctx.holder = holders[i];
                plan = testBindPlan(bind, devices, i == 0 ? NULL : "vfio-pci");
                if (virPCIBindApply(plan) == 0)
                    _exit(0);
                _exit(strstr(virErrorGetMessage(), "locked by") ||
                              strstr(virErrorGetMessage(), "meanwhile") ||
                              strstr(virErrorGetMessage(), "has not ended") ||
                              strstr(virErrorGetMessage(), "in use by guest")
                          ? 1
                          : 2);
            }
        }
        for (guint i = 0; i < 2; i++) {
            int status;

            g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
            g_assert_true(WIFEXITED(status));
            g_assert_cmpint(WEXITSTATUS(status), <=, 1);
            won += WEXITSTATUS(status) == 0;
        }
        g_assert_cmpuint(won, ==, 1);
        records = virJournalList(bind->ctx.journal);
        g_assert_cmpuint(records->len, ==, 1);
        g_assert_cmpint((int)((virJournalRecord *)records->pdata[0])->step, ==,
                        VIR_JOURNAL_STEP_HELD);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    for (size_t i = 0; i < G_N_ELEMENTS(operations); i++) {
        g_autofree char *path = g_strdup_printf("/virpcibind/crash/%s", operations[i].name);

        g_test_add_data_func(path, &operations[i], testCrash);
    }
    g_test_add_func("/virpcibind/race", testRace);
    return g_test_run();
}
