/*
 * virhostdevmanagedtest.c: tests of virhostdev where devices are bound for guests, and remembered
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testguest.h"
#include "virerror.h"
#include "virhostdevledgerfile.h"

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

/* Recovery gives back what a guest that is gone has left, and not what a running one has. */
static void
testRecovery(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    g_autoptr(testGuest) gone = testGuestNew(VF, NULL, NULL);
    g_autoptr(testGuest) running = testGuestNew(DISK, NULL, NULL);
    pid_t pid;

    if ((pid = fork()) == 0) {
        virHostdevManager *mine = testManage(bind);

        _exit(testPrepare(mine, "web1", gone) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    g_assert_cmpint(testPrepare(mgr, "web2", running), ==, 0);
    testRecover(bind, 1);
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
    g_test_expect_message("hypervisor.hostdev", G_LOG_LEVEL_WARNING, "*" DISK "*");
    g_assert_cmpint(virHostdevUpdateActivePCIDevices(second, guest->list, guest->n, "QEMU", "web2"),
                    ==, -1);
    g_test_assert_expected_messages();
    g_assert_nonnull(strstr(virErrorGetMessage(), VF));
    g_assert_nonnull(strstr(virErrorGetMessage(), "guest 'web1' of QEMU has it"));
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

/* Also of interfaces, and on a recorded tree, where no VF can be asked what it has. */
static void
testCheckInterfaces(void)
{
    g_autoptr(testBind) bind = testBindNew("vf-network", NULL);
    g_autoptr(virHostdevManager) mgr = virHostdevManagerNew(bind->ctx.host, NULL);
    g_autoptr(testGuest) good = testGuestNew("0000:3b:00.2", "0000:3b:00.3", NULL);
    g_autoptr(testGuest) bad = testGuestNew("0000:3b:00.2", "0000:5f:00.2", NULL);
    virDomainNetDef net = {.mac = {2}};

    for (size_t i = 0; i < 2; i++) {
        good->defs[i].parentNet = &net;
        bad->defs[i].parentNet = &net;
    }
    g_assert_cmpint(virHostdevCheckPreparePCIDevices(mgr, "QEMU", "g", good->list, good->n), ==, 0);
    g_assert_cmpint(virHostdevCheckPreparePCIDevices(mgr, "QEMU", "g", bad->list, bad->n), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "0000:5f:00.2"));
}

/* Each lacks something, or holds what makes no sense; PID is this process. */
static const struct {
    const char *name;
    const char *text;
} damaged[] = {
    {"no process and no driver", "address=" VF "\nguest=web1\n"},
    {"no driver", "address=" VF "\nguest=web1\npid=PID\n"},
    {"no guest", "address=" VF "\ndriver=QEMU\npid=PID\n"},
    {"no process", "address=" VF "\ndriver=QEMU\nguest=web1\n"},
    {"a process without a number", "address=" VF "\ndriver=QEMU\nguest=web1\npid=PIDx\n"},
    {"process 0", "address=" VF "\ndriver=QEMU\nguest=web1\npid=0\n"},
    {"a state that there is not", "address=" VF "\nstate=x\ndriver=QEMU\nguest=web1\npid=PID\n"},
    {"another device", "address=0000:01:00.0\ndriver=QEMU\nguest=web1\npid=PID\n"},
    {"no device", "driver=QEMU\nguest=web1\npid=PID\n"},
};

static void
testDamagedLedger(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autofree char *pid = g_strdup_printf("%d", virProcessGetSelf().pid);
    g_autoptr(GString) text = g_string_new("[active]\n");
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autofree char *dir = g_build_filename(bind->runDirectory, "active", NULL);
    g_autofree char *path = g_build_filename(dir, VF, NULL);
    g_autoptr(virHostdevManager) mgr = NULL;

    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_string_append(text, damaged[i].text);
    g_string_replace(text, "PID", pid, 0);
    g_assert_true(g_file_set_contents(path, text->str, -1, NULL));
    g_test_expect_message("hypervisor.ledger", G_LOG_LEVEL_WARNING, "*" VF "*damaged*");
    mgr = testManage(bind);
    g_test_assert_expected_messages();
    testAssertUser(mgr, VF, NULL);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

typedef enum {
    TEST_ODD_NOT,  /* a good entry */
    TEST_ODD_LINK, /* to a good one */
    TEST_ODD_PIPE,
    TEST_ODD_LONG, /* a good one, and 16 KiB of comment */
} testOddEntry;

/* Whoever looks at the ledger follows no links, waits for nothing and reads no end of a file. */
static void
testOddEntries(const void *opaque)
{
    const testOddEntry odd = (testOddEntry)GPOINTER_TO_INT(opaque);
    virPCIDeviceAddress vf;
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autofree char *path = g_build_filename(bind->runDirectory, "active", VF, NULL);
    g_autofree char *good = g_strconcat(path, ".good", NULL);
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *comment = g_strnfill((gsize)16 * 1024, '#');
    g_autofree char *text =
        g_strdup_printf("[active]\naddress=%s\ndriver=QEMU\nguest=web1\npid=%d\n%s\n", VF, getpid(),
                        odd == TEST_ODD_LONG ? comment : "");
    g_autoptr(virHostdevLedgerEntry) entry = NULL;

    g_assert_true(virPCIDeviceAddressParse(VF, &vf));
    g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
    g_assert_true(g_file_set_contents(good, text, -1, NULL));
    if (odd == TEST_ODD_LINK)
        g_assert_cmpint(symlink(good, path), ==, 0);
    else if (odd == TEST_ODD_PIPE)
        g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    else
        g_assert_cmpint(rename(good, path), ==, 0);
    entry = virHostdevLedgerFileFind(bind->runDirectory, &vf);
    g_assert_cmpint(entry != NULL, ==, odd == TEST_ODD_NOT);
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
    g_test_add_func("/virhostdev/a check of interfaces", testCheckInterfaces);
    g_test_add_data_func("/virhostdev/ledger/odd/none", GINT_TO_POINTER(TEST_ODD_NOT),
                         testOddEntries);
    g_test_add_data_func("/virhostdev/ledger/odd/a link", GINT_TO_POINTER(TEST_ODD_LINK),
                         testOddEntries);
    g_test_add_data_func("/virhostdev/ledger/odd/a pipe", GINT_TO_POINTER(TEST_ODD_PIPE),
                         testOddEntries);
    g_test_add_data_func("/virhostdev/ledger/odd/a long file", GINT_TO_POINTER(TEST_ODD_LONG),
                         testOddEntries);
    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++) {
        g_autofree char *path = g_strdup_printf("/virhostdev/ledger/%s", entries[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testEntry);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(damaged); i++) {
        g_autofree char *path = g_strdup_printf("/virhostdev/ledger/damaged/%s", damaged[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testDamagedLedger);
    }
    return g_test_run();
}
