/*
 * virhostdevmanagedtest.c: tests of virhostdev where devices are bound for guests, and remembered
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testbind.h"
#include "virerror.h"
#include "virhostdev.h"

#define VF      "0000:3b:00.3" /* on mlx5_core; its best driver is mlx5_vfio_pci */
#define DISK    "0000:5e:00.0" /* on nvme */
#define BOUND   "0000:3b:00.2" /* on mlx5_vfio_pci already, by hand */
#define BLOCKED "0000:01:00.0" /* its group has a member on a driver of the host */

/* Up to two devices of a guest, as its XML would have them. */
typedef struct {
    virDomainHostdevDef defs[2];
    virDomainHostdevDef *list[2];
    size_t n;
} testGuest;

static testGuest *
testGuestNew(const char *first, const char *second, const char *model)
{
    testGuest *guest = g_new0(testGuest, 1);
    const char *addresses[] = {first, second};

    for (; guest->n < 2 && addresses[guest->n]; guest->n++) {
        virDomainHostdevDef *def = &guest->defs[guest->n];

        def->source = testBindParse(addresses[guest->n]);
        def->managed = true;
        def->driverModel = g_strdup(model);
        guest->list[guest->n] = def;
    }
    return guest;
}

static void
testGuestFree(testGuest *guest)
{
    for (size_t i = 0; i < guest->n; i++)
        g_free(guest->defs[i].driverModel);
    g_free(guest);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(testGuest, testGuestFree)

static int
testPrepare(virHostdevManager *mgr, const char *name, testGuest *guest)
{
    return virHostdevPreparePCIDevices(mgr, "QEMU", name, guest->list, guest->n);
}

static void
testReAttach(virHostdevManager *mgr, const char *name, testGuest *guest)
{
    virHostdevReAttachPCIDevices(mgr, "QEMU", name, guest->list, guest->n);
}

static virHostdevManager *
testManage(testBind *bind)
{
    return virHostdevManagerNew(bind->ctx.host, bind->runDirectory);
}

static void
testAssertDriver(testBind *bind, const char *device, const char *driver)
{
    virPCIDeviceAddress address = testBindParse(device);
    g_auto(virPCIBinding) binding = {0};

    g_assert_cmpint(virPCIBindingRead(bind->ctx.host, &address, &binding), ==, 0);
    g_assert_cmpstr(binding.driver, ==, driver);
}

static void
testAssertUser(virHostdevManager *mgr, const char *device, const char *user)
{
    virPCIDeviceAddress address = testBindParse(device);
    g_autofree char *found = virHostdevManagerGetUser(mgr, &address);

    g_assert_cmpstr(found, ==, user);
}

/* Nothing is held and nothing active, here and on the disk, and the tree is as it was. */
static void
testAssertUntouched(testBind *bind, virHostdevManager *mgr, const char *before)
{
    g_autofree char *after = testKernelSnapshot(bind->scene);
    g_autoptr(GPtrArray) records = virJournalList(bind->ctx.journal);
    g_autoptr(virHostdevManager) again = testManage(bind);

    testKernelAssertSame(after, before);
    g_assert_cmpuint(records->len, ==, 0);
    testAssertUser(mgr, VF, NULL);
    testAssertUser(again, VF, NULL);
    testAssertUser(again, DISK, NULL);
}

static const struct {
    const char *name;
    const char *devices[2];
    const char *model;
    const char *drivers[2]; /* while the guest runs */
} runs[] = {
    {"a VF goes to its variant", {VF}, NULL, {"mlx5_vfio_pci"}},
    {"a model", {VF}, "vfio-pci", {"vfio-pci"}},
    {"a model by its module", {VF}, "mlx5-vfio-pci", {"mlx5_vfio_pci"}},
    {"two devices", {VF, DISK}, NULL, {"mlx5_vfio_pci", "vfio-pci"}},
    {"one that was bound by hand stays", {BOUND, VF}, NULL, {"mlx5_vfio_pci", "mlx5_vfio_pci"}},
};

static void
testRun(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) guest =
        testGuestNew(runs[i].devices[0], runs[i].devices[1], runs[i].model);
    g_autofree char *before = testKernelSnapshot(bind->scene);

    if (testPrepare(mgr, "web1", guest) < 0)
        g_error("%s", virErrorGetMessage());
    for (size_t d = 0; d < guest->n; d++) {
        testAssertDriver(bind, runs[i].devices[d], runs[i].drivers[d]);
        testAssertUser(mgr, runs[i].devices[d], "web1");
    }
    testReAttach(mgr, "web1", guest);
    testAssertUntouched(bind, mgr, before);
}

static const struct {
    const char *name;
    const char *devices[2];
    testKernelRule rules[2];
    const char *message;
} failures[] = {
    {"the second device's driver does not take it",
     {VF, DISK},
     {{TEST_KERNEL_PROBE, TEST_KERNEL_NOTHING, 2, 2, 0, NULL}},
     "driver 'vfio-pci' did not take " DISK},
    {"a companion is on a driver of the host", {VF, BLOCKED}, {{0}}, "0000:01:00.1"},
    {"there is no such device", {VF, "0000:ff:00.0"}, {{0}}, "0000:ff:00.0"},
    {"the same device twice", {VF, VF}, {{0}}, "named twice"},
};

static void
testFailure(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testBind) bind = testBindNew("smartnic-host", failures[i].rules);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) guest = testGuestNew(failures[i].devices[0], failures[i].devices[1], NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);

    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), failures[i].message));
    testAssertUntouched(bind, mgr, before);
}

/* The unmanaged device is wrong, so the managed one goes back. */
static void
testUnmanagedFails(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) guest = testGuestNew(VF, DISK, NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);

    guest->defs[1].managed = false;
    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "it is on driver nvme"));
    testAssertUntouched(bind, mgr, before);
}

static void
testOtherGuest(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(virHostdevManager) other = testManage(bind);
    g_autoptr(testGuest) guest = testGuestNew(VF, NULL, NULL);
    virPCIDeviceAddress address = testBindParse(VF);
    virPCIResetMethod method;
    guint writes;

    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, 0);
    writes = testKernelCountWrites(bind->kernel);
    g_assert_cmpint(testPrepare(other, "web2", guest), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "guest 'web1'"));
    g_assert_cmpint(virHostdevPCINodeDeviceDetach(other, &address, NULL), ==, -1);
    g_assert_cmpint(virHostdevPCINodeDeviceReAttach(other, &address), ==, -1);
    g_assert_cmpint(virHostdevPCINodeDeviceReset(other, &address, &method), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "guest 'web1'"));
    testReAttach(other, "web2", guest);
    g_assert_cmpuint(testKernelCountWrites(bind->kernel), ==, writes);
    testReAttach(mgr, "web1", guest);
}

/* libvirt's "mixed" case: a device that the administrator holds, for a guest that says managed. */
static void
testMixed(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) guest = testGuestNew(VF, NULL, NULL);
    virPCIDeviceAddress address = testBindParse(VF);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    g_autofree char *held = NULL;
    g_autofree char *after = NULL;

    g_assert_cmpint(virHostdevPCINodeDeviceDetach(mgr, &address, "vfio-pci"), ==, 0);
    held = testKernelSnapshot(bind->scene);
    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, 0);
    testAssertDriver(bind, VF, "vfio-pci");
    testReAttach(mgr, "web1", guest);
    after = testKernelSnapshot(bind->scene);
    testKernelAssertSame(after, held);
    g_assert_cmpint(virHostdevPCINodeDeviceReAttach(mgr, &address), ==, 0);
    testAssertUntouched(bind, mgr, before);
}

/* A process that ends without giving its devices back, and what the next one finds. */
static void
testAbandoned(const void *opaque)
{
    bool managed = GPOINTER_TO_INT(opaque);
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(testGuest) guest = testGuestNew(managed ? VF : BOUND, NULL, NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    g_autoptr(virHostdevManager) mgr = NULL;
    pid_t pid;
    int status;

    guest->defs[0].managed = managed;
    if ((pid = fork()) == 0) {
        virHostdevManager *mine = testManage(bind);

        _exit(testPrepare(mine, "web1", guest) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);

    /* That guest is gone, so the device is nobody's; it is held until a guest takes it over. */
    mgr = testManage(bind);
    testAssertUser(mgr, VF, NULL);
    testAssertUser(mgr, BOUND, NULL);
    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, 0);
    testReAttach(mgr, "web1", guest);
    testAssertUntouched(bind, mgr, before);
}

static void
testCountRecovered(const virJournalRecord *record G_GNUC_UNUSED, virPCIRecovery outcome,
                   const char *message G_GNUC_UNUSED, void *opaque)
{
    if (outcome == VIR_PCI_RECOVERY_RESTORED)
        (*(guint *)opaque)++;
}

/* Recovery gives back what a guest that is gone has left, and not what a running one has. */
static void
testRecovery(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) gone = testGuestNew(VF, NULL, NULL);
    g_autoptr(testGuest) running = testGuestNew(DISK, NULL, NULL);
    guint recovered = 0;
    pid_t pid;

    if ((pid = fork()) == 0) {
        virHostdevManager *mine = testManage(bind);

        _exit(testPrepare(mine, "web1", gone) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    g_assert_cmpint(testPrepare(mgr, "web2", running), ==, 0);
    g_assert_cmpint(virPCIBindRecover(&bind->ctx, testCountRecovered, &recovered), ==, 0);
    g_assert_cmpuint(recovered, ==, 1);
    testAssertDriver(bind, VF, "mlx5_core");
    testAssertDriver(bind, DISK, "vfio-pci");
    testReAttach(mgr, "web2", running);
    testAssertDriver(bind, DISK, "nvme");
}

/* A second manager, as after a restart, knows the running guest and can give its devices back. */
static void
testRestart(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(testGuest) guest = testGuestNew(VF, DISK, NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    virHostdevManager *first = testManage(bind);
    g_autoptr(virHostdevManager) second = NULL;

    g_assert_cmpint(testPrepare(first, "web1", guest), ==, 0);
    virHostdevManagerFree(first);
    second = testManage(bind);
    g_assert_cmpint(virHostdevUpdateActivePCIDevices(second, guest->list, guest->n, "QEMU", "web1"),
                    ==, 0);
    testAssertUser(second, VF, "web1");
    g_assert_cmpint(virHostdevUpdateActivePCIDevices(second, guest->list, guest->n, "QEMU", "web2"),
                    ==, -1);
    testReAttach(second, "web1", guest);
    testAssertUntouched(bind, second, before);
}

/* A card that was pulled while its guest ran: reported, and the other one goes back. */
static void
testVanished(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(virHostdevManager) restarted = NULL;
    g_autoptr(testGuest) guest = testGuestNew(VF, DISK, NULL);

    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, 0);
    testSceneUnplug(bind->scene, VF);
    restarted = testManage(bind);
    g_test_expect_message("hypervisor.hostdev", G_LOG_LEVEL_WARNING, "*" VF "*");
    g_assert_cmpint(
        virHostdevUpdateActivePCIDevices(restarted, guest->list, guest->n, "QEMU", "web1"), ==, 0);
    g_test_assert_expected_messages();
    g_test_expect_message("hypervisor.hostdev", G_LOG_LEVEL_WARNING, "*" VF "*");
    testReAttach(mgr, "web1", guest);
    g_test_assert_expected_messages();
    testAssertDriver(bind, DISK, "nvme");
    testAssertUser(mgr, VF, NULL);
    testAssertUser(mgr, DISK, NULL);
}

/* The first cause of the guest's end is not lost in what giving back says. */
static void
testCauseIsKept(void)
{
    const testKernelRule rules[] = {{TEST_KERNEL_PROBE, TEST_KERNEL_FAILS, 2, 9, EIO, NULL}, {0}};
    g_autoptr(testBind) bind = testBindNew("smartnic-host", rules);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) guest = testGuestNew(VF, NULL, NULL);
    g_autofree char *cause = NULL;

    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, 0);
    g_assert_cmpint(testPrepare(mgr, "web2", guest), ==, -1);
    cause = g_strdup(virErrorGetMessage());
    g_test_expect_message("hypervisor.hostdev", G_LOG_LEVEL_WARNING, "*mlx5_core*");
    testReAttach(mgr, "web1", guest);
    g_test_assert_expected_messages();
    g_assert_cmpstr(virErrorGetMessage(), ==, cause);
}

static void
testCheckChangesNothing(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(virHostdevManager) looking = virHostdevManagerNew(bind->ctx.host, NULL);
    g_autoptr(testGuest) good = testGuestNew(VF, NULL, NULL);
    g_autoptr(testGuest) bad = testGuestNew(VF, BLOCKED, NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);

    g_assert_cmpint(virHostdevCheckPreparePCIDevices(mgr, "QEMU", "g", good->list, good->n), ==, 0);
    g_assert_cmpint(virHostdevCheckPreparePCIDevices(looking, "QEMU", "g", good->list, good->n), ==,
                    0);
    g_assert_cmpint(virHostdevCheckPreparePCIDevices(mgr, "QEMU", "g", bad->list, bad->n), ==, -1);
    testAssertUntouched(bind, mgr, before);
}

/* Starts what stands for QEMU. */
static pid_t
testStartQEMU(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        pause();
        _exit(0);
    }
    return pid;
}

static void
testEndQEMU(pid_t pid)
{
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

static void
testRecover(testBind *bind, guint wanted)
{
    guint recovered = 0;

    g_assert_cmpint(virPCIBindRecover(&bind->ctx, testCountRecovered, &recovered), ==, 0);
    g_assert_cmpuint(recovered, ==, wanted);
}

/* Who started the guest ends, and QEMU does not: the guest has its devices until QEMU ends. */
static void
testQEMUOutlives(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(testGuest) guest = testGuestNew(VF, BOUND, NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    g_autoptr(virHostdevManager) mgr = NULL;
    pid_t qemu = testStartQEMU();
    pid_t pid;
    int status;

    guest->defs[1].managed = false;
    if ((pid = fork()) == 0) {
        virHostdevManager *mine = testManage(bind);

        _exit(testPrepare(mine, "web1", guest) < 0 ||
                      virHostdevSetProcess(mine, "QEMU", "web1", qemu) < 0
                  ? EXIT_FAILURE
                  : EXIT_SUCCESS);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);

    testRecover(bind, 0);
    mgr = testManage(bind);
    testAssertUser(mgr, VF, "web1");
    testAssertUser(mgr, BOUND, "web1");
    g_assert_cmpint(testPrepare(mgr, "web2", guest), ==, -1);

    testEndQEMU(qemu);
    testRecover(bind, 1);
    virHostdevManagerFree(g_steal_pointer(&mgr));
    mgr = testManage(bind);
    testAssertUser(mgr, BOUND, NULL);
    testAssertUntouched(bind, mgr, before);
}

/* QEMU has ended, and somebody else looked before its devices are given back. */
static void
testGivenBackAfterQEMU(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(testGuest) guest = testGuestNew(VF, DISK, NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(virHostdevManager) other = NULL;
    pid_t qemu = testStartQEMU();

    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, 0);
    g_assert_cmpint(virHostdevSetProcess(mgr, "QEMU", "web1", qemu), ==, 0);
    testEndQEMU(qemu);
    other = testManage(bind);
    testReAttach(other, "web2", guest);
    testAssertDriver(bind, VF, "mlx5_vfio_pci");
    testReAttach(mgr, "web1", guest);
    testAssertUntouched(bind, mgr, before);
}

/* A restart does not make this process answer for a guest that has its own. */
static void
testRestartKeepsProcess(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(testGuest) guest = testGuestNew(VF, NULL, NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(virHostdevManager) again = NULL;
    pid_t qemu = testStartQEMU();

    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, 0);
    g_assert_cmpint(virHostdevSetProcess(mgr, "QEMU", "web1", qemu), ==, 0);
    again = testManage(bind);
    g_assert_cmpint(virHostdevUpdateActivePCIDevices(again, guest->list, guest->n, "QEMU", "web1"),
                    ==, 0);
    testEndQEMU(qemu);
    virHostdevManagerFree(g_steal_pointer(&again));
    again = testManage(bind);
    testAssertUser(again, VF, NULL);
    testRecover(bind, 1);
}

static void
testNoSuchProcess(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(testGuest) guest = testGuestNew(VF, NULL, NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    pid_t qemu = testStartQEMU();

    g_assert_cmpint(testPrepare(mgr, "web1", guest), ==, 0);
    testEndQEMU(qemu);
    g_assert_cmpint(virHostdevSetProcess(mgr, "QEMU", "web1", qemu), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_INVALID);
    testAssertUser(mgr, VF, "web1");
    testRecover(bind, 0);
    testReAttach(mgr, "web1", guest);
}

/* Entries as they may lie on the disk. This process is in place of PID and START. */
static const struct {
    const char *name;
    const char *text;
    const char *user;
} entries[] = {
    {"an older version's", "driver=QEMU\nguest=web1\npid=PID\n", "web1"},
    {"whole", "iommu-group=59\nstate=active\ndriver=QEMU\nguest=web1\npid=PID\npid-started=START\n",
     "web1"},
    {"another process has the number now", "driver=QEMU\nguest=web1\npid=PID\npid-started=1\n",
     NULL},
    {"an administrator's request", "state=changing\ndriver=\nguest=administrator\npid=PID\n", NULL},
};

static void
testEntry(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    const virProcessIdentity self = virProcessGetSelf();
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autofree char *path = g_build_filename(bind->runDirectory, "active", VF, NULL);
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *start = g_strdup_printf("%" G_GUINT64_FORMAT, self.started);
    g_autofree char *pid = g_strdup_printf("%d", self.pid);
    g_autoptr(GString) text = g_string_new("[active]\naddress=" VF "\n");
    g_autoptr(virHostdevManager) mgr = NULL;

    g_string_append(text, entries[i].text);
    g_string_replace(text, "PID", pid, 0);
    g_string_replace(text, "START", start, 0);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, text->str, -1, NULL));
    mgr = testManage(bind);
    testAssertUser(mgr, VF, entries[i].user);
}

static void
testDamagedLedger(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autofree char *dir = g_build_filename(bind->runDirectory, "active", NULL);
    g_autofree char *path = g_build_filename(dir, VF, NULL);
    g_autoptr(virHostdevManager) mgr = NULL;

    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, "[active]\naddress=" VF "\nguest=web1\n", -1, NULL));
    g_test_expect_message("hypervisor.ledger", G_LOG_LEVEL_WARNING, "*" VF "*damaged*");
    mgr = testManage(bind);
    g_test_assert_expected_messages();
    testAssertUser(mgr, VF, NULL);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(runs); i++) {
        g_autofree char *path = g_strdup_printf("/virhostdev/managed/%s", runs[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testRun);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(failures); i++) {
        g_autofree char *path = g_strdup_printf("/virhostdev/fails/%s", failures[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testFailure);
    }
    g_test_add_func("/virhostdev/fails/the unmanaged one", testUnmanagedFails);
    g_test_add_func("/virhostdev/other guest", testOtherGuest);
    g_test_add_func("/virhostdev/mixed", testMixed);
    g_test_add_data_func("/virhostdev/abandoned, managed", GINT_TO_POINTER(true), testAbandoned);
    g_test_add_data_func("/virhostdev/abandoned, unmanaged", GINT_TO_POINTER(false), testAbandoned);
    g_test_add_func("/virhostdev/recovery", testRecovery);
    g_test_add_func("/virhostdev/restart", testRestart);
    g_test_add_func("/virhostdev/vanished", testVanished);
    g_test_add_func("/virhostdev/the cause is kept", testCauseIsKept);
    g_test_add_func("/virhostdev/a check changes nothing", testCheckChangesNothing);
    g_test_add_func("/virhostdev/process/QEMU outlives who started it", testQEMUOutlives);
    g_test_add_func("/virhostdev/process/given back after QEMU", testGivenBackAfterQEMU);
    g_test_add_func("/virhostdev/process/a restart keeps it", testRestartKeepsProcess);
    g_test_add_func("/virhostdev/process/there is no such one", testNoSuchProcess);
    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++) {
        g_autofree char *path = g_strdup_printf("/virhostdev/ledger/%s", entries[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testEntry);
    }
    g_test_add_func("/virhostdev/damaged ledger", testDamagedLedger);
    return g_test_run();
}
