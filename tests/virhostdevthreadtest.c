/*
 * virhostdevthreadtest.c: tests of virhostdev with several threads that want the same devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "testbind.h"
#include "testkernelserver.h"
#include "virerror.h"
#include "virhostdev.h"

#define TEST_THREADS 6
#define TEST_ROUNDS  8 /* times that each thread gets what it wants */

/* Devices that threads want, and what each is on for a guest. */
static const struct {
    const char *address;
    const char *driver;
    bool managed;
} devices[] = {
    {"0000:3b:00.3", "mlx5_vfio_pci", true},
    {"0000:5e:00.0", "vfio-pci", true},
    {"0000:5f:00.0", "vfio-pci", true},
    {"0000:3b:00.2", "mlx5_vfio_pci", false},
};

/* What a thread may be told when another one has a device. */
static const char *const refusals[] = {
    "of QEMU has it",           "it is being prepared for guest",
    "is being given back from", "is changing it for an administrator",
    "is in use by guest",
};

typedef struct {
    testBind *bind;
    virHostdevManager *mgr;
    testKernelServer *server;
    gint owners[G_N_ELEMENTS(devices)]; /* number of the thread that has the device; 0: none */
    gint prepared;
    gint refused;
} testShared;

static testShared *
testSharedNew(const char *hold)
{
    testShared *shared = g_new0(testShared, 1);

    shared->bind = testBindNew("smartnic-host", NULL);
    shared->server = testKernelServerNew(shared->bind->kernel, shared->bind->scene, hold);
    shared->mgr = virHostdevManagerNew(shared->bind->ctx.host, shared->bind->runDirectory);
    return shared;
}

static void
testSharedFree(testShared *shared)
{
    virHostdevManagerFree(shared->mgr);
    testKernelServerFree(shared->server);
    testBindFree(shared->bind);
    g_free(shared);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(testShared, testSharedFree)

/* A guest with some of the devices. */
typedef struct {
    char *name;
    size_t first; /* of its devices */
    size_t n;
    virDomainHostdevDef defs[G_N_ELEMENTS(devices)];
    virDomainHostdevDef *list[G_N_ELEMENTS(devices)];
} testGuest;

static testGuest *
testGuestNew(gint number, size_t first, size_t n)
{
    testGuest *guest = g_new0(testGuest, 1);

    guest->name = g_strdup_printf("guest%d", number);
    guest->first = first;
    guest->n = n;
    for (size_t i = 0; i < n; i++) {
        size_t device = (first + i) % G_N_ELEMENTS(devices);

        guest->defs[i].source = testBindParse(devices[device].address);
        guest->defs[i].managed = devices[device].managed;
        guest->list[i] = &guest->defs[i];
    }
    return guest;
}

static void
testGuestFree(testGuest *guest)
{
    g_free(guest->name);
    g_free(guest);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(testGuest, testGuestFree)

static void
testAssertRefusal(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        if (strstr(virErrorGetMessage(), refusals[i]))
            return;
    }
    g_error("this is no clear refusal: %s", virErrorGetMessage());
}

/* The guest is the only one that has its devices, and they are as it needs them. */
static void
testUse(testShared *shared, const testGuest *guest, gint number)
{
    for (size_t i = 0; i < guest->n; i++) {
        size_t device = (guest->first + i) % G_N_ELEMENTS(devices);
        g_autofree char *user = virHostdevManagerGetUser(shared->mgr, &guest->defs[i].source);
        g_auto(virPCIBinding) binding = {0};

        g_assert_true(g_atomic_int_compare_and_exchange(&shared->owners[device], 0, number));
        g_assert_cmpstr(user, ==, guest->name);
        g_assert_cmpint(virPCIBindingRead(shared->bind->ctx.host, &guest->defs[i].source, &binding),
                        ==, 0);
        g_assert_cmpstr(binding.driver, ==, devices[device].driver);
    }
    g_thread_yield();
    for (size_t i = 0; i < guest->n; i++) {
        size_t device = (guest->first + i) % G_N_ELEMENTS(devices);

        g_assert_true(g_atomic_int_compare_and_exchange(&shared->owners[device], number, 0));
    }
}

/* False if it was refused. */
static bool
testRunGuest(testShared *shared, gint number, GRand *rand)
{
    g_autoptr(testGuest) guest =
        testGuestNew(number, (size_t)g_rand_int_range(rand, 0, G_N_ELEMENTS(devices)),
                     (size_t)g_rand_int_range(rand, 1, 4));

    if (virHostdevPreparePCIDevices(shared->mgr, "QEMU", guest->name, guest->list, guest->n) < 0) {
        testAssertRefusal();
        g_atomic_int_inc(&shared->refused);
        return false;
    }
    g_atomic_int_inc(&shared->prepared);
    testUse(shared, guest, number);
    virHostdevReAttachPCIDevices(shared->mgr, "QEMU", guest->name, guest->list, guest->n);
    return true;
}

/* An administrator takes a device and gives it back, between the guests. */
static bool
testRunAdministrator(testShared *shared)
{
    virPCIDeviceAddress address = testBindParse(devices[0].address);

    if (virHostdevPCINodeDeviceDetach(shared->mgr, &address, NULL) < 0) {
        testAssertRefusal();
        g_atomic_int_inc(&shared->refused);
        return false;
    }
    /* A guest may have taken it over, and is not robbed of it. */
    while (virHostdevPCINodeDeviceReAttach(shared->mgr, &address) < 0)
        testAssertRefusal();
    return true;
}

typedef struct {
    testShared *shared;
    gint number;
} testThread;

static void *
testThreadRun(void *opaque)
{
    const testThread *thread = opaque;
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)thread->number);

    for (guint had = 0; had < TEST_ROUNDS;) {
        if (thread->number == TEST_THREADS)
            had += testRunAdministrator(thread->shared);
        else
            had += testRunGuest(thread->shared, thread->number, rand);
    }
    return NULL;
}

/* Nobody has anything, here and on the disk. */
static void
testAssertNothing(testShared *shared)
{
    g_autoptr(virHostdevManager) again =
        virHostdevManagerNew(shared->bind->ctx.host, shared->bind->runDirectory);
    g_autoptr(GPtrArray) records = virJournalList(shared->bind->ctx.journal);

    g_assert_cmpuint(records->len, ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(devices); i++) {
        virPCIDeviceAddress address = testBindParse(devices[i].address);

        g_assert_null(virHostdevManagerGetUser(shared->mgr, &address));
        g_assert_null(virHostdevManagerGetUser(again, &address));
    }
}

static void
testOverlap(void)
{
    g_autoptr(testShared) shared = testSharedNew(NULL);
    g_autofree char *before = testKernelSnapshot(shared->bind->scene);
    g_autofree char *after = NULL;
    testThread threads[TEST_THREADS];
    GThread *running[TEST_THREADS];

    for (gint i = 0; i < TEST_THREADS; i++) {
        threads[i] = (testThread){shared, i + 1};
        running[i] = g_thread_new("guest", testThreadRun, &threads[i]);
    }
    for (gint i = 0; i < TEST_THREADS; i++)
        g_thread_join(running[i]);
    g_test_message("%d threads: %d times a guest had its devices, %d refusals", TEST_THREADS,
                   shared->prepared, shared->refused);
    g_assert_cmpint(shared->prepared, ==, (TEST_THREADS - 1) * TEST_ROUNDS);
    g_assert_cmpint(shared->refused, >, 0);
    after = testKernelSnapshot(shared->bind->scene);
    testKernelAssertSame(after, before);
    testAssertNothing(shared);
}

/* A guest of device @opaque, prepared in a thread of its own. */
static void *
testPrepareHeld(void *opaque)
{
    testShared *shared = opaque;
    g_autoptr(testGuest) guest = testGuestNew(1, 0, 1);

    if (virHostdevPreparePCIDevices(shared->mgr, "QEMU", guest->name, guest->list, guest->n) < 0)
        g_error("%s", virErrorGetMessage());
    virHostdevReAttachPCIDevices(shared->mgr, "QEMU", guest->name, guest->list, guest->n);
    return NULL;
}

/* While the kernel sits in a write, that device is refused at once, and others are had. */
static void
testHeldWrite(void)
{
    g_autoptr(testShared) shared = testSharedNew(devices[0].address);
    g_autofree char *before = testKernelSnapshot(shared->bind->scene);
    g_autoptr(testGuest) same = testGuestNew(2, 0, 2);
    g_autoptr(testGuest) other = testGuestNew(3, 1, 3);
    virPCIDeviceAddress address = testBindParse(devices[0].address);
    g_autofree char *user = NULL;
    g_autofree char *after = NULL;
    GThread *thread = g_thread_new("held", testPrepareHeld, shared);

    testKernelServerAwaitHeld(shared->server);
    user = virHostdevManagerGetUser(shared->mgr, &address);
    g_assert_cmpstr(user, ==, "guest1");
    g_assert_cmpint(
        virHostdevPreparePCIDevices(shared->mgr, "QEMU", same->name, same->list, same->n), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "it is being prepared for guest 'guest1'"));
    g_assert_cmpint(virHostdevPCINodeDeviceReAttach(shared->mgr, &address), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "it is being prepared for guest 'guest1'"));
    if (virHostdevPreparePCIDevices(shared->mgr, "QEMU", other->name, other->list, other->n) < 0)
        g_error("%s", virErrorGetMessage());
    testUse(shared, other, 3);
    virHostdevReAttachPCIDevices(shared->mgr, "QEMU", other->name, other->list, other->n);

    testKernelServerRelease(shared->server);
    g_thread_join(thread);
    after = testKernelSnapshot(shared->bind->scene);
    testKernelAssertSame(after, before);
    testAssertNothing(shared);
}

/* A guest that is no more had devices[3], and the kernel does not let go of it. */
static void
testAbandon(testShared *shared)
{
    char driver[] = "mlx5_core";
    char target[] = "mlx5_vfio_pci";
    char transaction[] = "1-1";
    char holder[] = "guest gone";
    const virJournalRecord record = {
        .address = testBindParse(devices[3].address),
        .vendor = 0x15b3,
        .device = 0x101e,
        .driver = driver,
        .target = target,
        .transaction = transaction,
        .holder = holder,
        .step = VIR_JOURNAL_STEP_HELD,
        .since = 1,
        .pid = G_MAXINT32,
        .pidStarted = 1,
    };

    g_assert_cmpint(virJournalWrite(shared->bind->ctx.journal, &record), ==, 0);
    virHostdevManagerStartRecovery(shared->mgr, 20);
    testKernelServerAwaitHeld(shared->server);
}

static void *
testPrepareRecovered(void *opaque)
{
    testShared *shared = opaque;
    g_autoptr(testGuest) guest = testGuestNew(1, 3, 1);

    virHostdevManagerAwaitRecovery(shared->mgr);
    guest->defs[0].managed = true;
    if (virHostdevPreparePCIDevices(shared->mgr, "QEMU", guest->name, guest->list, guest->n) < 0)
        g_error("%s", virErrorGetMessage());
    virHostdevReAttachPCIDevices(shared->mgr, "QEMU", guest->name, guest->list, guest->n);
    return NULL;
}

static void
testAssertRecovering(int rc)
{
    g_assert_cmpint(rc, ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_OPERATION_TIMEOUT);
    g_assert_nonnull(strstr(virErrorGetMessage(), "0000:3b:00.2 is still being put in order"));
}

/* Its device is waited for, and refused by name; others are had meanwhile. */
static void
testRecovery(void)
{
    g_autoptr(testShared) shared = testSharedNew(devices[3].address);
    g_autoptr(testGuest) same = testGuestNew(2, 3, 1);
    g_autoptr(testGuest) other = testGuestNew(3, 1, 2);
    virPCIDeviceAddress address = testBindParse(devices[3].address);
    g_auto(virPCIBinding) binding = {0};
    GThread *thread;

    testAbandon(shared);
    if (virHostdevPreparePCIDevices(shared->mgr, "QEMU", other->name, other->list, other->n) < 0)
        g_error("%s", virErrorGetMessage());
    testUse(shared, other, 3);
    virHostdevReAttachPCIDevices(shared->mgr, "QEMU", other->name, other->list, other->n);
    testAssertRecovering(
        virHostdevPreparePCIDevices(shared->mgr, "QEMU", same->name, same->list, same->n));
    testAssertRecovering(virHostdevPCINodeDeviceDetach(shared->mgr, &address, NULL));

    thread = g_thread_new("after", testPrepareRecovered, shared);
    testKernelServerRelease(shared->server);
    g_thread_join(thread);
    g_assert_cmpint(virPCIBindingRead(shared->bind->ctx.host, &address, &binding), ==, 0);
    g_assert_cmpstr(binding.driver, ==, "mlx5_core");
    testAssertNothing(shared);
}

/* What is not begun when the daemon ends is left to the next one. */
static void
testRecoveryStopped(void)
{
    g_autoptr(testShared) shared = testSharedNew(devices[3].address);
    virPCIDeviceAddress address = testBindParse(devices[1].address);
    g_autoptr(virJournalRecord) record = NULL;
    g_autoptr(virJournalRecord) left = NULL;

    g_assert_cmpint(virHostdevPCINodeDeviceDetach(shared->mgr, &address, NULL), ==, 0);
    record = virJournalRead(shared->bind->ctx.journal, &address);
    record->pid = G_MAXINT32;
    g_free(record->holder);
    record->holder = g_strdup("guest gone too");
    g_assert_cmpint(virJournalWrite(shared->bind->ctx.journal, record), ==, 0);
    testAbandon(shared);
    virHostdevManagerStopRecovery(shared->mgr);
    testKernelServerRelease(shared->server);
    virHostdevManagerAwaitRecovery(shared->mgr);
    left = virJournalRead(shared->bind->ctx.journal, &address);
    g_assert_nonnull(left);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    g_test_add_func("/virhostdev/threads/overlapping sets", testOverlap);
    g_test_add_func("/virhostdev/threads/a write that takes long", testHeldWrite);
    g_test_add_func("/virhostdev/threads/a recovery that takes long", testRecovery);
    g_test_add_func("/virhostdev/threads/a recovery that is stopped", testRecoveryStopped);
    return g_test_run();
}
