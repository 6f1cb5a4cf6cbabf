/*
 * virhostdevprocesstest.c: tests of virhostdev where QEMU is a process that lives on, or has ended
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testguest.h"
#include "virerror.h"

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

/* A card was pulled while the guest had it, and its record stays: the guest starts without it. */
static void
testPulledBefore(void)
{
    g_autoptr(testBind) bind = testBindNew("smartnic-host", NULL);
    g_autoptr(testGuest) both = testGuestNew(VF, DISK, NULL);
    g_autoptr(testGuest) rest = testGuestNew(DISK, NULL, NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind);
    virPCIDeviceAddress pulled = testBindParse(VF);
    g_autoptr(virJournalRecord) record = NULL;
    pid_t qemu = testStartQEMU();

    g_assert_cmpint(testPrepare(mgr, "web1", both), ==, 0);
    testSceneUnplug(bind->scene, VF);
    g_test_expect_message("hypervisor.hostdev", G_LOG_LEVEL_WARNING, "*" VF "*");
    testReAttach(mgr, "web1", both);
    g_test_assert_expected_messages();
    g_assert_nonnull(record = virJournalRead(bind->ctx.journal, &pulled));
    g_assert_cmpint(testPrepare(mgr, "web1", rest), ==, 0);
    g_assert_cmpint(virHostdevSetProcess(mgr, "QEMU", "web1", qemu), ==, 0);
    testReAttach(mgr, "web1", rest);
    testAssertDriver(bind, DISK, "nvme");
    testEndQEMU(qemu);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virhostdev/process/QEMU outlives who started it", testQEMUOutlives);
    g_test_add_func("/virhostdev/process/given back after QEMU", testGivenBackAfterQEMU);
    g_test_add_func("/virhostdev/process/a restart keeps it", testRestartKeepsProcess);
    g_test_add_func("/virhostdev/process/there is no such one", testNoSuchProcess);
    g_test_add_func("/virhostdev/process/a card that was pulled before", testPulledBefore);
    return g_test_run();
}
