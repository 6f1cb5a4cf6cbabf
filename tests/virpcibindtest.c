/*
 * virpcibindtest.c: tests of virpcibind, virpcibindplan and virpcibindstep
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>
#include <stdio.h>

#include "testbind.h"
#include "testbindcases.h"
#include "virerror.h"

#define NIC   "0000:3b:00.3" /* a VF on mlx5_core; its best driver is mlx5_vfio_pci */
#define OTHER "0000:5e:00.0" /* an NVMe disk on nvme; its best driver is vfio-pci */

static void
testAssertHeld(testBind *bind, const char *device)
{
    virPCIDeviceAddress address = testBindParse(device);
    g_autoptr(virJournalRecord) record = virJournalRead(bind->ctx.journal, &address);
    g_auto(virPCIBinding) binding = {0};

    g_assert_nonnull(record);
    g_assert_cmpint((int)record->step, ==, VIR_JOURNAL_STEP_HELD);
    g_assert_cmpint(virPCIBindingRead(bind->ctx.host, &address, &binding), ==, 0);
    g_assert_cmpint((int)binding.type, ==, VIR_PCI_STUB_DRIVER_VFIO);
    g_assert_cmpstr(binding.driver, ==, record->target);
}

/* The error is the promised one, and so are the records that stay; without them all is as before.
 */
static void
testAssertFailed(testBind *bind, const testBindCase *test, const char *before)
{
    g_autofree char *after = testKernelSnapshot(bind->scene);
    g_autoptr(GPtrArray) records = virJournalList(bind->ctx.journal);
    guint i;

    g_assert_cmpstr(virErrorCodeName(virErrorGetLast()->code), ==, test->code);
    if (!strstr(virErrorGetMessage(), test->message))
        g_error("'%s' is not in '%s'", test->message, virErrorGetMessage());
    g_assert_nonnull(strstr(virErrorGetMessage(), "0000:"));
    for (i = 0; test->left[i]; i++) {
        virPCIDeviceAddress left = testBindParse(test->left[i]);

        g_assert_cmpuint(i, <, records->len);
        g_assert_cmpint(
            virPCIDeviceAddressCompare(&((virJournalRecord *)records->pdata[i])->address, &left),
            ==, 0);
    }
    g_assert_cmpuint(records->len, ==, i);
    if (i == 0)
        testKernelAssertSame(after, before);
}

static int
testRestoreAll(testBind *bind, const testBindCase *test)
{
    for (size_t i = 0; test->devices[i]; i++) {
        virPCIDeviceAddress address = testBindParse(test->devices[i]);

        if (virPCIBindRestore(&bind->ctx, &address, 1) < 0)
            return -1;
    }
    return 0;
}

static void
testHappenWhileHeld(testBind *bind, const testBindCase *test)
{
    if (g_strcmp0(test->whileHeld, "another-device") == 0) {
        g_autofree char *modalias =
            g_strdup_printf("sys/bus/pci/devices/%s/modalias", test->devices[0]);

        testSceneWrite(bind->scene, modalias,
                       "pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00\n");
    } else if (g_strcmp0(test->whileHeld, "driver-gone") == 0) {
        g_autofree char *from = testScenePath(bind->scene, "sys/bus/pci/drivers/nvme");
        g_autofree char *to = testScenePath(bind->scene, "sys/bus/pci/nvme-gone");

        g_assert_cmpint(rename(from, to), ==, 0);
    } else {
        g_assert_null(test->whileHeld);
    }
}

static void
testApply(const void *opaque)
{
    const testBindCase *test = opaque;
    g_autoptr(testBind) bind = testBindNew("smartnic-host", test->rules);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    g_autoptr(virPCIBindPlan) plan =
        testBindPlan(bind, (const char *const *)test->devices, test->driver);
    g_autofree char *after = testKernelSnapshot(bind->scene);
    int rc;

    /* A plan reads. */
    g_assert_cmpuint(plan->blockers->len, ==, 0);
    testKernelAssertSame(after, before);
    g_assert_cmpuint(testKernelCountWrites(bind->kernel), ==, 0);

    rc = virPCIBindApply(plan);
    if (rc == 0) {
        for (size_t i = 0; test->devices[i]; i++)
            testAssertHeld(bind, test->devices[i]);
        testHappenWhileHeld(bind, test);
        rc = testRestoreAll(bind, test);
    }
    if (!g_str_equal(test->code, "ok")) {
        g_assert_cmpint(rc, ==, -1);
        testAssertFailed(bind, test, before);
    } else if (rc < 0) {
        g_error("%s", virErrorGetMessage());
    } else {
        g_autofree char *restored = testKernelSnapshot(bind->scene);
        g_autoptr(GPtrArray) records = virJournalList(bind->ctx.journal);

        testKernelAssertSame(restored, before);
        g_assert_cmpuint(records->len, ==, 0);
    }
}

/* An administrator's own override comes back verbatim, odd as it may be. */
static void
testForeignOverride(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    const char *devices[] = {NIC, NULL};
    virPCIDeviceAddress address = testBindParse(NIC);
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autoptr(virPCIBindPlan) plan = NULL;

    testSceneWrite(bind->scene, "sys/bus/pci/devices/" NIC "/driver_override", "my driver; [x]\n");
    before = testKernelSnapshot(bind->scene);
    plan = testBindPlan(bind, devices, NULL);
    g_assert_cmpint(virPCIBindApply(plan), ==, 0);
    g_assert_cmpint(virPCIBindRestore(&bind->ctx, &address, 1), ==, 0);
    after = testKernelSnapshot(bind->scene);
    testKernelAssertSame(after, before);
}

/* A device that somebody put on a VFIO driver stays there, and is nobody's to give back. */
static void
testPreboundStays(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    const char *devices[] = {"0000:3b:00.2", NULL};
    g_autoptr(virPCIBindPlan) plan = testBindPlan(bind, devices, NULL);
    g_autoptr(GPtrArray) records = NULL;

    g_assert_cmpint(virPCIBindApply(plan), ==, 0);
    g_assert_cmpuint(testKernelCountWrites(bind->kernel), ==, 0);
    records = virJournalList(bind->ctx.journal);
    g_assert_cmpuint(records->len, ==, 0);
}

static void
testUnboundDevice(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    const char *devices[] = {"0000:5f:00.0", NULL};
    virPCIDeviceAddress address = testBindParse(devices[0]);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    g_autofree char *after = NULL;
    g_autoptr(virPCIBindPlan) plan = testBindPlan(bind, devices, NULL);

    g_assert_cmpint(virPCIBindApply(plan), ==, 0);
    testAssertHeld(bind, devices[0]);
    g_assert_cmpint(virPCIBindRestore(&bind->ctx, &address, 1), ==, 0);
    after = testKernelSnapshot(bind->scene);
    testKernelAssertSame(after, before);
}

/* From one VFIO driver to another: what the host had is still what comes back. */
static void
testRebind(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    const char *devices[] = {NIC, NULL};
    virPCIDeviceAddress address = testBindParse(NIC);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    g_autofree char *after = NULL;
    g_autoptr(virPCIBindPlan) first = testBindPlan(bind, devices, NULL);
    g_autoptr(virPCIBindPlan) second = NULL;

    g_assert_cmpint(virPCIBindApply(first), ==, 0);
    second = testBindPlan(bind, devices, "vfio-pci");
    g_assert_cmpint(virPCIBindApply(second), ==, 0);
    testAssertHeld(bind, NIC);
    g_assert_cmpint(virPCIBindRestore(&bind->ctx, &address, 1), ==, 0);
    after = testKernelSnapshot(bind->scene);
    testKernelAssertSame(after, before);
}

/* A rebind that fails leaves the device held as it was, not with the host. */
static void
testRebindFails(void)
{
    const testKernelRule rules[] = {{TEST_KERNEL_PROBE, TEST_KERNEL_FAILS, 2, 2, EIO, NULL}, {0}};
    g_autoptr(testBind) bind = testBindNew("smartnic-host", rules);
    const char *devices[] = {NIC, NULL};
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autoptr(virPCIBindPlan) first = testBindPlan(bind, devices, NULL);
    g_autoptr(virPCIBindPlan) second = NULL;

    g_assert_cmpint(virPCIBindApply(first), ==, 0);
    before = testKernelSnapshot(bind->scene);
    second = testBindPlan(bind, devices, "vfio-pci");
    g_assert_cmpint(virPCIBindApply(second), ==, -1);
    after = testKernelSnapshot(bind->scene);
    testKernelAssertSame(after, before);
    testAssertHeld(bind, NIC);
}

/* The host driver is gone: the error says so, and the record stays for another try. */
static void
testHostDriverGone(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    const char *devices[] = {NIC, NULL};
    virPCIDeviceAddress address = testBindParse(NIC);
    g_autoptr(virPCIBindPlan) plan = testBindPlan(bind, devices, NULL);
    g_autoptr(virJournalRecord) record = NULL;
    g_autofree char *from = testScenePath(bind->scene, "sys/bus/pci/drivers/mlx5_core");
    g_autofree char *to = testScenePath(bind->scene, "sys/bus/pci/mlx5_core_gone");

    g_assert_cmpint(virPCIBindApply(plan), ==, 0);
    g_assert_cmpint(rename(from, to), ==, 0);
    g_assert_cmpint(virPCIBindRestore(&bind->ctx, &address, 1), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "mlx5_core"));
    record = virJournalRead(bind->ctx.journal, &address);
    g_assert_nonnull(record);

    g_assert_cmpint(rename(to, from), ==, 0);
    g_assert_cmpint(virPCIBindRestore(&bind->ctx, &address, 1), ==, 0);
}

/* Another card in the slot of a held one is not touched. */
static void
testReplacedWhileHeld(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    const char *devices[] = {NIC, NULL};
    virPCIDeviceAddress address = testBindParse(NIC);
    g_autoptr(virPCIBindPlan) plan = testBindPlan(bind, devices, NULL);
    g_autoptr(virPCIBindPlan) again = NULL;
    guint writes;

    g_assert_cmpint(virPCIBindApply(plan), ==, 0);
    writes = testKernelCountWrites(bind->kernel);
    testSceneWrite(bind->scene, "sys/bus/pci/devices/" NIC "/modalias",
                   "pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00\n");
    g_assert_cmpint(virPCIBindRestore(&bind->ctx, &address, 1), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "15b3:101e"));
    again = testBindPlan(bind, devices, NULL);
    testBindAssertBlocked(again, VIR_PCI_BLOCKER_OTHER_DEVICE, NIC);
    g_assert_cmpuint(testKernelCountWrites(bind->kernel), ==, writes);
}

static void
testRestoreOfNothing(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    virPCIDeviceAddress address = testBindParse(NIC);

    g_assert_cmpint(virPCIBindRestore(&bind->ctx, &address, 1), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_INVALID);
}

static void
testRestoreOfAGuests(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    const char *devices[] = {NIC, NULL};
    virPCIDeviceAddress address = testBindParse(NIC);
    g_autoptr(virPCIBindPlan) plan = NULL;
    g_autoptr(virPCIBindPlan) again = NULL;

    bind->ctx.holder = "guest web1";
    plan = testBindPlan(bind, devices, NULL);
    g_assert_cmpint(virPCIBindApply(plan), ==, 0);
    bind->ctx.holder = "administrator";
    g_assert_cmpint(virPCIBindRestore(&bind->ctx, &address, 1), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "guest web1"));
    again = testBindPlan(bind, devices, "vfio-pci");
    testBindAssertBlocked(again, VIR_PCI_BLOCKER_IN_USE, NIC);
}

/* Each blocker by itself, and all of them at once. */
static const struct {
    const char *name;
    const char *scene;
    const char *device;
    const char *driver;
    virPCIBlockerCode code;
    const char *blamed; /* device that the blocker names */
} blocked[] = {
    {"vanished", "smartnic-host", "0000:ff:00.0", NULL, VIR_PCI_BLOCKER_VANISHED, "0000:ff:00.0"},
    {"bridge", "smartnic-host", "0000:00:01.0", "vfio-pci", VIR_PCI_BLOCKER_NOT_ENDPOINT,
     "0000:00:01.0"},
    {"companion", "smartnic-host", "0000:01:00.0", NULL, VIR_PCI_BLOCKER_GROUP, "0000:01:00.1"},
    {"no IOMMU", "mainline-variants", "0000:01:00.0", "vfio-pci", VIR_PCI_BLOCKER_NO_IOMMU,
     "0000:01:00.0"},
    {"unknown driver", "smartnic-host", NIC, "acme", VIR_PCI_BLOCKER_DRIVER_UNKNOWN, NIC},
    {"driver that is a path", "smartnic-host", NIC, "../x", VIR_PCI_BLOCKER_DRIVER_UNKNOWN, NIC},
    {"host driver", "smartnic-host", NIC, "nouveau", VIR_PCI_BLOCKER_DRIVER_NOT_VFIO, NIC},
    {"module not installed", "groups", "0000:02:00.1", "vfio_pci_missing",
     VIR_PCI_BLOCKER_DRIVER_UNKNOWN, "0000:02:00.1"},
    {"no driver known", "no-match", "0000:01:00.0", NULL, VIR_PCI_BLOCKER_NO_DRIVER,
     "0000:01:00.0"},
    {"module to load in a recorded tree", "alias-ranking", "0000:01:00.0", NULL,
     VIR_PCI_BLOCKER_MODULE_MISSING, "0000:01:00.0"},
};

static void
testBlocked(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testBind) bind = testBindNew(blocked[i].scene, NULL);
    const char *devices[] = {blocked[i].device, NULL};
    g_autoptr(virPCIBindPlan) plan = testBindPlan(bind, devices, blocked[i].driver);

    testBindAssertBlocked(plan, blocked[i].code, blocked[i].blamed);
    g_assert_cmpint(virPCIBindApply(plan), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), blocked[i].blamed));
    g_assert_cmpuint(testKernelCountWrites(bind->kernel), ==, 0);
}

static void
testAllBlockersAtOnce(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    const char *devices[] = {"0000:ff:00.0", "0000:00:01.0", "0000:01:00.0", NIC, NIC, NULL};
    g_autoptr(virPCIBindPlan) plan = testBindPlan(bind, devices, NULL);

    testBindAssertBlocked(plan, VIR_PCI_BLOCKER_VANISHED, "0000:ff:00.0");
    testBindAssertBlocked(plan, VIR_PCI_BLOCKER_NOT_ENDPOINT, "0000:00:01.0");
    testBindAssertBlocked(plan, VIR_PCI_BLOCKER_GROUP, "0000:01:00.1");
    testBindAssertBlocked(plan, VIR_PCI_BLOCKER_DUPLICATE, NIC);
}

/* The whole group in one plan: companions that go along do not block each other. */
static void
testWholeGroup(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    const char *devices[] = {"0000:01:00.0", "0000:01:00.1", NULL};
    g_autoptr(virPCIBindPlan) plan = testBindPlan(bind, devices, NULL);

    g_assert_cmpuint(plan->blockers->len, ==, 0);
    g_assert_cmpint(virPCIBindApply(plan), ==, 0);
    testAssertHeld(bind, "0000:01:00.1");
}

/* A decoy is told by what it does not do: it is tried, seen through, and taken back. */
static void
testDecoy(void)
{
    g_autoptr(testBind) bind = testBindNew("bindable-decoy", NULL);
    const char *devices[] = {"0000:01:00.0", NULL};
    g_autofree char *before = testKernelSnapshot(bind->scene);
    g_autofree char *after = NULL;
    g_autoptr(virPCIBindPlan) plan = testBindPlan(bind, devices, "decoy-driver");

    g_assert_cmpuint(plan->blockers->len, ==, 0);
    g_assert_cmpint(virPCIBindApply(plan), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "is not a VFIO driver"));
    after = testKernelSnapshot(bind->scene);
    testKernelAssertSame(after, before);
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) cases = testBindCasesLoad();

    g_test_init(&argc, &argv, NULL);
    /* Steps back that fail are warned of, in the cases where they do. */
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    for (guint i = 0; i < cases->len; i++) {
        const testBindCase *test = cases->pdata[i];
        g_autofree char *path = g_strdup_printf("/virpcibind/apply/%s", test->name);

        g_test_add_data_func(path, test, testApply);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(blocked); i++) {
        g_autofree char *path = g_strdup_printf("/virpcibind/blocked/%s", blocked[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testBlocked);
    }
    g_test_add_func("/virpcibind/blocked/all at once", testAllBlockersAtOnce);
    g_test_add_func("/virpcibind/foreign override", testForeignOverride);
    g_test_add_func("/virpcibind/a pre-bound device stays", testPreboundStays);
    g_test_add_func("/virpcibind/unbound device", testUnboundDevice);
    g_test_add_func("/virpcibind/rebind", testRebind);
    g_test_add_func("/virpcibind/rebind fails", testRebindFails);
    g_test_add_func("/virpcibind/host driver gone", testHostDriverGone);
    g_test_add_func("/virpcibind/replaced while held", testReplacedWhileHeld);
    g_test_add_func("/virpcibind/restore of nothing", testRestoreOfNothing);
    g_test_add_func("/virpcibind/restore of a guest's", testRestoreOfAGuests);
    g_test_add_func("/virpcibind/whole group", testWholeGroup);
    g_test_add_func("/virpcibind/decoy", testDecoy);
    return g_test_run();
}
