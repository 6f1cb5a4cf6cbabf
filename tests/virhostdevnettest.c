/*
 * virhostdevnettest.c: tests of virhostdevnet: the network of guests' VFs, set and given back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <linux/if_ether.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testbind.h"
#include "virerror.h"
#include "virhostdev.h"

#define VIR_FROM_THIS VIR_FROM_NONE

#define VF            "0000:3b:00.2" /* these two on mlx5_core; their best driver is mlx5_vfio_pci */
#define OTHER         "0000:3b:00.3"
#define BOUND         "0000:3b:00.4" /* on mlx5_vfio_pci, by hand */
#define PF            "0000:3b:00.0"
#define NO_NET        "0000:5f:00.2" /* its PF has no interface */
#define DOWN          "0000:60:00.2" /* its PF's interface is down */
#define VFS           3
#define NO_VLAN       (-1)

/* What comes of the n-th change of a VF (counted from 1), if not what should. */
typedef enum {
    TEST_NET_WORKS,
    TEST_NET_FAILS,   /* nothing is set */
    TEST_NET_HALF,    /* the MAC address is set, and then it fails */
    TEST_NET_KILLS,   /* the process dies before anything is set */
    TEST_NET_KILLED,  /* it dies when all is set */
    TEST_NET_LEDGER,  /* works, and the ledger cannot be locked from then on */
    TEST_NET_NO_READ, /* asking fails, from the n-th time on */
    TEST_NET_NO_MAC,  /* the driver tells no MAC address, ever */
} testNetEffect;

/* The card: shared with children, so that it outlives them as a card does. */
static struct {
    virPCIVFNetConfig vfs[VFS];
    testNetEffect effect;
    guint at;
    guint until;
    guint changes;
    guint reads;
    char ledger[256];
    bool onHostDriver; /* a VF was changed while a driver of the host had it */
} * card;

static const virPCIVFNetConfig fresh[VFS] = {
    {.hasMAC = true, .hasVLAN = true, .protocol = ETH_P_8021Q},
    {.hasMAC = true,
     .hasVLAN = true,
     .mac = {2, 0, 0, 0, 0, 0x99},
     .vlan = 77,
     .qos = 3,
     .protocol = ETH_P_8021AD},
    {.hasMAC = true, .hasVLAN = true, .mac = {2, 0, 0, 0, 0, 0x77}, .protocol = ETH_P_8021Q},
};

static void
testCardReset(testNetEffect effect, guint at)
{
    memset(card, 0, sizeof(*card));
    memcpy(card->vfs, fresh, sizeof(fresh));
    card->effect = effect;
    card->at = at;
    card->until = at;
}

static void
testAssertFresh(void)
{
    g_assert_cmpmem(card->vfs, sizeof(card->vfs), fresh, sizeof(fresh));
    g_assert_false(card->onHostDriver);
}

static virPCIVFNetConfig *
testGetVF(virPCIDevice *vf)
{
    return &card->vfs[virPCIDeviceGetAddress(vf)->function - 2];
}

static int
testRead(virPCIDevice *vf, virPCIVFNetConfig *config)
{
    card->reads++;
    if (card->effect == TEST_NET_NO_READ && card->reads >= card->at) {
        virReportError(VIR_ERR_OPERATION_UNSUPPORTED, "the card does not answer");
        return -1;
    }
    *config = *testGetVF(vf);
    config->hasMAC = card->effect != TEST_NET_NO_MAC;
    return 0;
}

static int
testApply(virPCIDevice *vf, const virPCIVFNetConfig *config)
{
    virPCIVFNetConfig *now = testGetVF(vf);
    testNetEffect effect = TEST_NET_WORKS;
    g_auto(virPCIBinding) binding = {0};

    if (!config->hasMAC && !config->hasVLAN)
        return 0;
    card->changes++;
    if (card->changes >= card->at && card->changes <= card->until)
        effect = card->effect;
    g_assert_cmpint(virPCIDeviceGetBinding(vf, &binding), ==, 0);
    if (g_strcmp0(binding.driver, "mlx5_core") == 0)
        card->onHostDriver = true;
    if (effect == TEST_NET_KILLS)
        raise(SIGKILL);
    if (effect != TEST_NET_FAILS && config->hasMAC)
        memcpy(now->mac, config->mac, sizeof(now->mac));
    if (effect == TEST_NET_FAILS || effect == TEST_NET_HALF) {
        virReportError(VIR_ERR_OPERATION_FAILED, "the card refused");
        return -1;
    }
    if (config->hasVLAN) {
        now->vlan = config->vlan;
        now->qos = config->qos;
        now->protocol = config->protocol;
    }
    if (effect == TEST_NET_KILLED)
        raise(SIGKILL);
    if (effect == TEST_NET_LEDGER) {
        g_autofree char *away = g_strconcat(card->ledger, ".away", NULL);

        g_assert_cmpint(rename(card->ledger, away), ==, 0);
        g_assert_cmpint(mkdir(card->ledger, 0700), ==, 0);
    }
    return 0;
}

static const virHostdevNetAccess access_to_card = {testRead, testApply};

static virHostdevManager *
testManage(testBind *bind, const char *runDirectory)
{
    virHostdevManager *mgr = virHostdevManagerNew(bind->ctx.host, runDirectory);

    virHostdevNetSetAccess(virHostdevManagerGetNet(mgr), &access_to_card);
    return mgr;
}

/* A guest of up to two interfaces. */
typedef struct {
    virDomainNetDef nets[2];
    virDomainHostdevDef defs[2];
    virDomainHostdevDef *list[2];
    size_t n;
} testGuest;

static void
testGuestInit(testGuest *guest, const char *first, const char *second, int vlan)
{
    const char *addresses[] = {first, second};

    memset(guest, 0, sizeof(*guest));
    for (; guest->n < 2 && addresses[guest->n]; guest->n++) {
        virDomainNetDef *net = &guest->nets[guest->n];
        virDomainHostdevDef *def = &guest->defs[guest->n];

        def->source = testBindParse(addresses[guest->n]);
        def->managed = strcmp(addresses[guest->n], BOUND) != 0;
        def->parentNet = net;
        net->mac[0] = 0x52;
        net->mac[5] = (guint8)(guest->n + 1);
        net->hasVLAN = vlan != NO_VLAN;
        net->vlan = net->hasVLAN ? (unsigned int)vlan : 0;
        guest->list[guest->n] = def;
    }
}

static int
testPrepare(virHostdevManager *mgr, testGuest *guest)
{
    return virHostdevPreparePCIDevices(mgr, "QEMU", "web1", guest->list, guest->n);
}

static void
testReAttach(virHostdevManager *mgr, testGuest *guest)
{
    virHostdevReAttachPCIDevices(mgr, "QEMU", "web1", guest->list, guest->n);
}

/* Everything is as it was: the card, the tree, the run directory. */
static void
testAssertUntouched(testBind *bind, virHostdevManager *mgr, const char *before)
{
    g_autofree char *after = testKernelSnapshot(bind->scene);
    g_autoptr(GPtrArray) records = virJournalList(bind->ctx.journal);
    g_autoptr(GPtrArray) networks = virHostdevNetList(virHostdevManagerGetNet(mgr));

    testAssertFresh();
    testKernelAssertSame(after, before);
    g_assert_cmpuint(records->len, ==, 0);
    g_assert_cmpuint(networks->len, ==, 0);
}

static const struct {
    const char *name;
    const char *devices[2];
    int vlan;       /* of the guest, or NO_VLAN */
    int vlans[2];   /* of the VFs, while the guest runs */
    bool record[2]; /* the record speaks of a VLAN */
} runs[] = {
    {"a MAC address", {VF}, NO_VLAN, {0}, {false}},
    {"a VLAN", {VF}, 42, {42}, {true}},
    {"VLAN 0 is none", {VF}, 0, {0}, {true}},
    {"a VLAN of somebody before is not the guest's", {OTHER}, NO_VLAN, {0}, {true}},
    {"two VFs", {VF, OTHER}, 42, {42, 42}, {true, true}},
    {"one that was bound by hand", {BOUND}, 42, {42}, {true}},
};

static void
testRun(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testBind) bind = testBindNew("vf-network", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind, bind->runDirectory);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    g_autoptr(GPtrArray) records = NULL;
    testGuest guest;

    testCardReset(TEST_NET_WORKS, 0);
    testGuestInit(&guest, runs[i].devices[0], runs[i].devices[1], runs[i].vlan);
    if (testPrepare(mgr, &guest) < 0)
        g_error("%s", virErrorGetMessage());
    records = virHostdevNetList(virHostdevManagerGetNet(mgr));
    g_assert_cmpuint(records->len, ==, guest.n);
    for (size_t d = 0; d < guest.n; d++) {
        const virHostdevNetRecord *record = g_ptr_array_index(records, d);
        size_t vf = guest.defs[d].source.function - 2;

        g_assert_cmpmem(card->vfs[vf].mac, VIR_MAC_BUFLEN, guest.nets[d].mac, VIR_MAC_BUFLEN);
        g_assert_cmpuint(card->vfs[vf].vlan, ==, (guint)runs[i].vlans[d]);
        g_assert_cmpmem(&record->before, sizeof(fresh[vf]), &fresh[vf], sizeof(fresh[vf]));
        g_assert_cmpint(record->guest.hasVLAN, ==, runs[i].record[d]);
        g_assert_cmpstr(record->interface, ==, "ens1f0np0");
        g_assert_cmpstr(record->domName, ==, "web1");
        g_assert_cmpint(record->process.pid, ==, getpid());
    }
    testReAttach(mgr, &guest);
    testAssertUntouched(bind, mgr, before);
}

static const struct {
    const char *name;
    const char *devices[2];
    testNetEffect effect;
    guint at;
    const char *blocked; /* a directory of the run directory that is a file instead */
    const char *message;
} failures[] = {
    {"a device that is no VF", {PF}, 0, 0, NULL, PF " to a guest as <interface>: it is no SR-IOV"},
    {"a PF without an interface", {NO_NET}, 0, 0, NULL, NO_NET ": its physical function 0000:5f"},
    {"a PF whose interface is down", {DOWN}, 0, 0, NULL, DOWN ": network interface 'ens2f0np0'"},
    {"there is no such device", {VF, "0000:ff:00.0"}, 0, 0, NULL, "0000:ff:00.0"},
    {"a card that cannot be asked", {VF}, TEST_NET_NO_READ, 1, NULL, "does not answer"},
    {"a card that cannot be asked later", {VF}, TEST_NET_NO_READ, 2, NULL, "does not answer"},
    {"a card that tells no MAC address", {VF}, TEST_NET_NO_MAC, 0, NULL, "could not be given back"},
    {"the first VF", {VF, OTHER}, TEST_NET_FAILS, 1, NULL, "the card refused"},
    {"half of the first VF", {VF, OTHER}, TEST_NET_HALF, 1, NULL, "the card refused"},
    {"the second VF", {VF, OTHER}, TEST_NET_FAILS, 2, NULL, "the card refused"},
    {"half of the second VF", {VF, OTHER}, TEST_NET_HALF, 2, NULL, "the card refused"},
    {"one that was bound by hand", {BOUND, VF}, TEST_NET_HALF, 2, NULL, "the card refused"},
    {"the records cannot be written", {VF}, 0, 0, "net", "cannot write"},
    {"the step after it", {VF}, TEST_NET_LEDGER, 1, NULL, "lock"},
};

static void
testFailure(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testBind) bind = testBindNew("vf-network", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind, bind->runDirectory);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    testGuest guest;

    if (failures[i].blocked) {
        g_autofree char *path = g_build_filename(bind->runDirectory, failures[i].blocked, NULL);

        g_assert_true(g_file_set_contents(path, "", 0, NULL));
    }
    /* Undoing has to ask the card again: one that never answers is told of. */
    if (failures[i].effect == TEST_NET_NO_READ && failures[i].at > 1)
        g_test_expect_message("util.undo", G_LOG_LEVEL_WARNING, "*does not answer*");
    if (failures[i].effect == TEST_NET_LEDGER)
        g_test_expect_message("hypervisor.ledger", G_LOG_LEVEL_WARNING, "*lock*");
    testCardReset(failures[i].effect, failures[i].at);
    g_snprintf(card->ledger, sizeof(card->ledger), "%s/lock/active", bind->runDirectory);
    testGuestInit(&guest, failures[i].devices[0], failures[i].devices[1], 42);
    g_assert_cmpint(testPrepare(mgr, &guest), ==, -1);
    if (!strstr(virErrorGetMessage(), failures[i].message))
        g_error("\"%s\" does not say \"%s\"", virErrorGetMessage(), failures[i].message);
    g_test_assert_expected_messages();
    if (failures[i].effect == TEST_NET_NO_READ && failures[i].at > 1) {
        card->effect = TEST_NET_WORKS;
        g_assert_cmpint(
            virHostdevNetRestore(virHostdevManagerGetNet(mgr), "web1", &guest.defs[0].source), ==,
            0);
    }
    testAssertUntouched(bind, mgr, before);
}

static void
testWithoutRunDirectory(void)
{
    g_autoptr(testBind) bind = testBindNew("vf-network", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind, NULL);
    testGuest guest;

    testCardReset(TEST_NET_WORKS, 0);
    testGuestInit(&guest, BOUND, NULL, NO_VLAN);
    g_assert_cmpint(testPrepare(mgr, &guest), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_CONFIG_UNSUPPORTED);
    g_assert_nonnull(strstr(virErrorGetMessage(), "only root can set its MAC address"));
    testAssertFresh();
}

/* Runs a guest of two VFs to its end, in a process that the card kills on the way, or that just
 * ends with its guest running. */
static void
testCrash(testBind *bind, testNetEffect effect, guint at)
{
    pid_t pid;
    int status;

    testCardReset(effect, at);
    if ((pid = fork()) == 0) {
        virHostdevManager *mgr = testManage(bind, bind->runDirectory);
        testGuest guest;

        testGuestInit(&guest, VF, OTHER, 42);
        if (testPrepare(mgr, &guest) == 0 && effect != TEST_NET_WORKS)
            testReAttach(mgr, &guest);
        _exit(EXIT_SUCCESS);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    if (effect == TEST_NET_WORKS)
        g_assert_cmpint(status, ==, EXIT_SUCCESS);
    else
        g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    card->effect = TEST_NET_WORKS;
}

static void
testCount(const virHostdevNetRecord *record G_GNUC_UNUSED, virPCIRecovery outcome,
          const char *message G_GNUC_UNUSED, void *opaque)
{
    (*((guint(*)[VIR_PCI_RECOVERY_LAST])opaque))[outcome]++;
}

static void
testIgnore(const virJournalRecord *record G_GNUC_UNUSED, virPCIRecovery outcome G_GNUC_UNUSED,
           const char *message G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
}

static void
testRecover(testBind *bind, virHostdevManager *mgr)
{
    guint outcomes[VIR_PCI_RECOVERY_LAST] = {0};

    g_assert_cmpuint(virHostdevNetRecover(virHostdevManagerGetNet(mgr), testCount, outcomes), ==,
                     0);
    g_assert_cmpint(virPCIBindRecover(&bind->ctx, testIgnore, NULL), ==, 0);
}

/* Two changes on the way to the guest, two on the way back: killed before and after each. */
static void
testCrashes(void)
{
    static const testNetEffect effects[] = {TEST_NET_KILLS, TEST_NET_KILLED};

    for (guint point = 0; point <= 8; point++) {
        for (guint next = 0; next < 2; next++) {
            g_autoptr(testBind) bind = testBindNew("vf-network", NULL);
            g_autofree char *before = testKernelSnapshot(bind->scene);
            g_autoptr(virHostdevManager) mgr = NULL;
            testGuest guest;

            if (point == 0)
                testCrash(bind, TEST_NET_WORKS, 0);
            else
                testCrash(bind, effects[point % 2], (point + 1) / 2);
            mgr = testManage(bind, bind->runDirectory);
            if (next == 0) {
                testRecover(bind, mgr);
            } else {
                /* Another guest gets them, and nobody recovered: what was first saved counts. */
                testGuestInit(&guest, VF, OTHER, NO_VLAN);
                if (virPCIBindRecover(&bind->ctx, testIgnore, NULL) < 0 ||
                    testPrepare(mgr, &guest) < 0)
                    g_error("point %u: %s", point, virErrorGetMessage());
                g_assert_cmpuint(card->vfs[0].vlan, ==, 0);
                card->onHostDriver = false;
                testReAttach(mgr, &guest);
            }
            testAssertUntouched(bind, mgr, before);
        }
    }
}

/* What a running guest has is not recovered, and no other process takes it. */
static void
testRunningGuest(void)
{
    g_autoptr(testBind) bind = testBindNew("vf-network", NULL);
    g_autoptr(virHostdevManager) mgr = testManage(bind, bind->runDirectory);
    virHostdevNet *net = virHostdevManagerGetNet(mgr);
    virPCIDeviceAddress address = testBindParse(BOUND);
    guint outcomes[VIR_PCI_RECOVERY_LAST] = {0};
    testGuest guest;
    pid_t pid;
    int status;

    testCardReset(TEST_NET_WORKS, 0);
    testGuestInit(&guest, BOUND, NULL, 42);
    g_assert_cmpint(testPrepare(mgr, &guest), ==, 0);
    g_assert_cmpuint(virHostdevNetRecover(net, testCount, outcomes), ==, 0);
    g_assert_cmpuint(outcomes[VIR_PCI_RECOVERY_RESTORED], ==, 0);
    g_assert_cmpint(virHostdevNetForget(net, &address), ==, -1);
    g_assert_cmpuint(card->vfs[2].vlan, ==, 42);
    if ((pid = fork()) == 0) {
        g_autoptr(GPtrArray) plan = virHostdevNetPlan(net, "web2", guest.list, guest.n);

        /* As if its owner had been looked up just before the first guest got it. */
        _exit(plan && virHostdevNetApply(net, plan) == -1 &&
                      strstr(virErrorGetMessage(), "guest 'web1'") && card->vfs[2].vlan == 42
                  ? EXIT_SUCCESS
                  : EXIT_FAILURE);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, EXIT_SUCCESS);
}

/* While QEMU runs, its VFs are its own, whatever becomes of the process that started it. */
static void
testQEMURuns(void)
{
    g_autoptr(testBind) bind = testBindNew("vf-network", NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    g_autoptr(virHostdevManager) mgr = NULL;
    pid_t qemu = fork();
    testGuest guest;
    pid_t pid;

    if (qemu == 0) {
        pause();
        _exit(EXIT_SUCCESS);
    }
    testCardReset(TEST_NET_WORKS, 0);
    testGuestInit(&guest, VF, OTHER, 42);
    if ((pid = fork()) == 0) {
        virHostdevManager *mine = testManage(bind, bind->runDirectory);

        _exit(testPrepare(mine, &guest) < 0 || virHostdevSetProcess(mine, "QEMU", "web1", qemu) < 0
                  ? EXIT_FAILURE
                  : EXIT_SUCCESS);
    }
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    mgr = testManage(bind, bind->runDirectory);
    testRecover(bind, mgr);
    g_assert_cmpuint(card->vfs[1].vlan, ==, 42);
    g_assert_cmpint(kill(qemu, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(qemu, NULL, 0), ==, qemu);
    testRecover(bind, mgr);
    testAssertUntouched(bind, mgr, before);
}

/* A second manager, as after a restart, gives back what the first one set. */
static void
testRestart(void)
{
    g_autoptr(testBind) bind = testBindNew("vf-network", NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    virHostdevManager *first = testManage(bind, bind->runDirectory);
    g_autoptr(virHostdevManager) second = testManage(bind, bind->runDirectory);
    testGuest guest;

    testCardReset(TEST_NET_WORKS, 0);
    testGuestInit(&guest, VF, OTHER, 42);
    g_assert_cmpint(testPrepare(first, &guest), ==, 0);
    virHostdevManagerFree(first);
    g_assert_cmpint(virHostdevUpdateActivePCIDevices(second, guest.list, guest.n, "QEMU", "web1"),
                    ==, 0);
    testReAttach(second, &guest);
    testAssertUntouched(bind, second, before);
}

/* A card that does not take it back: told of, kept on the disk, and tried again by recover. */
static void
testNotGivenBack(void)
{
    g_autoptr(testBind) bind = testBindNew("vf-network", NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    g_autoptr(virHostdevManager) mgr = NULL;
    guint outcomes[VIR_PCI_RECOVERY_LAST] = {0};

    testCrash(bind, TEST_NET_WORKS, 0);
    mgr = testManage(bind, bind->runDirectory);
    card->effect = TEST_NET_FAILS;
    card->at = card->changes + 1;
    card->until = card->at;
    g_assert_cmpuint(virHostdevNetRecover(virHostdevManagerGetNet(mgr), testCount, outcomes), ==,
                     1);
    g_assert_cmpuint(outcomes[VIR_PCI_RECOVERY_FAILED], ==, 1);
    g_assert_cmpuint(outcomes[VIR_PCI_RECOVERY_RESTORED], ==, 1);
    testRecover(bind, mgr);
    testAssertUntouched(bind, mgr, before);
}

/* The guest's end goes on when a card does not take it back. */
static void
testReAttachFails(void)
{
    g_autoptr(testBind) bind = testBindNew("vf-network", NULL);
    g_autofree char *before = testKernelSnapshot(bind->scene);
    g_autoptr(virHostdevManager) mgr = testManage(bind, bind->runDirectory);
    g_autofree char *after = NULL;
    testGuest guest;

    testCardReset(TEST_NET_FAILS, 3);
    testGuestInit(&guest, VF, OTHER, 42);
    g_assert_cmpint(testPrepare(mgr, &guest), ==, 0);
    g_test_expect_message("hypervisor.hostdevnet", G_LOG_LEVEL_WARNING, "*" VF "*refused*");
    testReAttach(mgr, &guest);
    g_test_assert_expected_messages();
    after = testKernelSnapshot(bind->scene);
    testKernelAssertSame(after, before);
    g_assert_cmpuint(card->vfs[0].vlan, ==, 42);
    g_assert_cmpmem(&card->vfs[1], sizeof(fresh[1]), &fresh[1], sizeof(fresh[1]));
}

static void
testVanished(void)
{
    g_autoptr(testBind) bind = testBindNew("vf-network", NULL);
    g_autoptr(virHostdevManager) mgr = NULL;
    virPCIDeviceAddress address = testBindParse(VF);
    guint outcomes[VIR_PCI_RECOVERY_LAST] = {0};
    virHostdevNet *net;

    testCrash(bind, TEST_NET_WORKS, 0);
    testSceneUnplug(bind->scene, VF);
    testSceneWrite(bind->scene, "sys/bus/pci/devices/" OTHER "/modalias",
                   "pci:v000015B3d00004711sv000015B3sd00000058bc02sc00i00\n");
    mgr = testManage(bind, bind->runDirectory);
    net = virHostdevManagerGetNet(mgr);
    g_assert_cmpuint(virHostdevNetRecover(net, testCount, outcomes), ==, 2);
    g_assert_cmpuint(outcomes[VIR_PCI_RECOVERY_VANISHED], ==, 1);
    g_assert_cmpuint(outcomes[VIR_PCI_RECOVERY_OTHER_DEVICE], ==, 1);
    g_assert_cmpuint(card->vfs[1].vlan, ==, 42);
    g_assert_cmpint(virHostdevNetForget(net, &address), ==, 1);
    g_assert_cmpint(virHostdevNetForget(net, &address), ==, 0);
}

static void
testAddTables(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(runs); i++) {
        g_autofree char *path = g_strdup_printf("/virhostdevnet/run/%s", runs[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testRun);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(failures); i++) {
        g_autofree char *path = g_strdup_printf("/virhostdevnet/fails/%s", failures[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testFailure);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    card = mmap(NULL, sizeof(*card), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(card != MAP_FAILED);
    testAddTables();
    g_test_add_func("/virhostdevnet/fails/without a run directory", testWithoutRunDirectory);
    g_test_add_func("/virhostdevnet/crashes", testCrashes);
    g_test_add_func("/virhostdevnet/a running guest", testRunningGuest);
    g_test_add_func("/virhostdevnet/QEMU runs", testQEMURuns);
    g_test_add_func("/virhostdevnet/restart", testRestart);
    g_test_add_func("/virhostdevnet/not given back", testNotGivenBack);
    g_test_add_func("/virhostdevnet/reattach fails", testReAttachFails);
    g_test_add_func("/virhostdevnet/vanished", testVanished);
    return g_test_run();
}
