/*
 * virpciholderstest.c: tests of virpciholders, virpciblock and virpcinode
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "testnetns.h"
#include "testnode.h"
#include "testscene.h"
#include "virerror.h"
#include "virpciholders.h"

/* Of the scene "holders"; a text a line, with its guard before it. */
static const struct {
    const char *name;
    const char *address;
    const char *expected;
} cases[] = {
    {"bond member", "0000:01:00.0", "network: interface enp1s0f0 is a member of bond0\n"},
    {"VLAN on top", "0000:01:00.1", "network: interface enp1s0f1 carries interface enp1s0f1.100\n"},
    {"idle interface", "0000:01:00.2", ""},
    {"virtio interface", "0000:09:00.0", "network: interface eth0 is a member of br0\n"},
    {"USB interface", "0000:0a:00.0", "network: interface usb0 is a member of br0\n"},
    {"disk in every use", "0000:02:00.0",
     "storage: disk nvme0n1p1 is mounted on /boot, /boot/efi of old\n"
     "storage: disk nvme0n1p2 is swap space\n"
     "storage: disk nvme0n1p3 is part of dm-0 (vg-root)\n"
     "storage: disk nvme0n1p3 is part of md0\n"
     "storage: disk nvme0n1p4 is mounted on /\n"
     "storage: disk nvme0n1p4 is part of the mounted btrfs file system "
     "0d0e0a0d-0000-4000-8000-00000000beef\n"},
    {"other domain", "10000:02:00.0", "storage: disk nvme9n1 is mounted on /vmd\n"},
    {"first path to a disk", "0000:03:00.0",
     "storage: disk nvme1n1 is mounted on /data1, /data2, /data3, …\n"},
    {"second path to it", "0000:03:00.1",
     "storage: disk nvme1n1 is mounted on /data1, /data2, /data3, …\n"},
    {"another subsystem", "0000:03:00.2", ""},
    {"PF with VFs", "0000:04:00.0",
     "vfs: 4 VFs of it exist: 1 without a driver, 1 on mlx5_core, 2 on vfio-pci\n"},
    {"VF", "0000:04:00.2", ""},
    {"PF whose VFs cannot be seen", "0000:04:01.0", "vfs: 1 VF of it exists\n"},
    {"boot display", "0000:05:00.0", "display: it is the display that the firmware started on\n"},
    {"other display", "0000:06:00.0", ""},
    {"idle disk", "0000:07:00.0", ""},
    {"mounted disk of a controller", "0000:08:00.0", "storage: disk sdb is mounted on /srv\n"},
};

static virPCIDevice *
testGetDevice(virPCIHost *host, const char *address, virPCIDeviceFacts *facts)
{
    virPCIDeviceAddress addr;
    virPCIDevice *dev;

    g_assert_true(virPCIDeviceAddressParse(address, &addr));
    dev = virPCIDeviceNew(host, &addr);
    g_assert_nonnull(dev);
    g_assert_cmpint(virPCIDeviceReadFacts(dev, facts), ==, 0);
    return dev;
}

static char *
testDescribe(virPCIHost *host, const char *address)
{
    g_auto(virPCIDeviceFacts) facts = {0};
    g_autoptr(virPCIDevice) dev = testGetDevice(host, address, &facts);
    g_autoptr(virPCIInterfaces) interfaces = virPCIInterfacesNew(host);
    g_autoptr(GArray) holders = virPCIHoldersList(dev, &facts, interfaces);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < holders->len; i++) {
        const virPCIHolder *holder = &g_array_index(holders, virPCIHolder, i);

        g_string_append_printf(text, "%s: %s\n", virPCIGuardToString((int)holder->guard),
                               holder->what);
    }
    return g_string_free(text, FALSE);
}

static void
testGuards(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testScene) scene = testSceneNew("holders");
    g_autofree char *found = testDescribe(testSceneGetHost(scene), cases[i].address);

    g_assert_cmpstr(found, ==, cases[i].expected);
}

/* No tables at all: nothing is mounted, and nobody is stopped by that. */
static void
testNoTables(void)
{
    g_autoptr(testScene) scene = testSceneNew("holders");
    g_autofree char *proc = testScenePath(scene, "proc");
    g_autofree char *away = testScenePath(scene, "away");
    g_autofree char *found = NULL;

    g_assert_cmpint(rename(proc, away), ==, 0);
    found = testDescribe(testSceneGetHost(scene), "0000:08:00.0");
    g_assert_cmpstr(found, ==, "");
}

static void
testAddInterface(void)
{
    if (!testNetnsEnter() || !testNetnsAddInterface("enp1s0f2"))
        _exit(TEST_NETNS_SKIPPED);
    testNetnsAddAddress("enp1s0f2", "192.0.2.1/24");
    testNetnsAddAddress("enp1s0f2", "fe80::1/64");
    testNetnsAddRoute("enp1s0f2", "0.0.0.0/0", "192.0.2.254");
}

/* The interface is the scene's, its address and its route are this kernel's. */
static void
testAddressesHere(testScene *scene)
{
    g_autofree char *found = NULL;

    testAddInterface();
    if (!testSceneEnter(scene))
        _exit(TEST_NETNS_SKIPPED);
    found = testDescribe(testSceneGetHost(scene), "0000:01:00.2");
    g_assert_cmpstr(found, ==,
                    "network: interface enp1s0f2 has the address 192.0.2.1/24\n"
                    "network: interface enp1s0f2 has the default route via 192.0.2.254\n");
}

/* A recorded tree: this kernel's interface of the same name is another one. */
static void
testAddressesElsewhere(testScene *scene)
{
    g_autofree char *found = NULL;

    testAddInterface();
    found = testDescribe(testSceneGetHost(scene), "0000:01:00.2");
    g_assert_cmpstr(found, ==, "");
}

/* The interface vanished between sysfs and netlink: a warning, and no holder. */
static void
testInterfaceVanished(testScene *scene)
{
    g_autofree char *found = NULL;

    if (!testNetnsEnter() || !testSceneEnter(scene))
        _exit(TEST_NETNS_SKIPPED);
    virErrorReport(VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, 0, "the first cause");
    found = testDescribe(testSceneGetHost(scene), "0000:01:00.2");
    g_assert_cmpstr(found, ==, "");
    /* What the caller has reported is still there. */
    g_assert_cmpstr(virErrorGetMessage(), ==, "the first cause");
}

/* Who has what open, as links of a /proc that we make up; only the nodes are real. */
static const struct {
    const char *name;
    const char *address;
    struct {
        const char *path; /* below the root; NULL for none */
        mode_t type;
        unsigned int major, minor;
    } node;
    const char *link; /* of the descriptor */
    const char *expected;
} opens[] = {
    {"the group's node",
     "0000:01:00.0",
     {"dev/vfio/1", S_IFCHR, 511, 1},
     "/dev/vfio/1",
     "qemu-system-x86 (process 4711)"},
    {"another group's", "0000:01:00.1", {"dev/vfio/1", S_IFCHR, 511, 1}, "/dev/vfio/1", NULL},
    {"a controller's own node",
     "0000:02:00.0",
     {"dev/nvme0", S_IFCHR, 240, 0},
     "/dev/nvme0",
     "qemu-system-x86 (process 4711)"},
    {"a disk",
     "0000:02:00.0",
     {"dev/nvme0n1", S_IFBLK, 259, 0},
     "/dev/nvme0n1",
     "qemu-system-x86 (process 4711)"},
    {"a disk by another name",
     "0000:02:00.0",
     {"dev/disk/by-id/x", S_IFBLK, 259, 0},
     "/dev/disk/by-id/x",
     "qemu-system-x86 (process 4711)"},
    {"a disk six directories down",
     "0000:07:00.0",
     {"dev/sda", S_IFBLK, 8, 0},
     "/dev/sda",
     "qemu-system-x86 (process 4711)"},
    {"a disk with several paths",
     "0000:03:00.1",
     {"dev/nvme1n1", S_IFBLK, 259, 10},
     "/dev/nvme1n1",
     "qemu-system-x86 (process 4711)"},
    {"the same number of the other kind",
     "0000:07:00.0",
     {"dev/sda", S_IFCHR, 8, 0},
     "/dev/sda",
     NULL},
    {"in a process with nodes of its own",
     "0000:07:00.0",
     {"sda", S_IFBLK, 8, 0},
     "/sda",
     "qemu-system-x86 (process 4711)"},
    {"a file elsewhere", "0000:07:00.0", {"srv/file", S_IFREG, 0, 0}, "/srv/file", NULL},
    {"a socket", "0000:07:00.0", {NULL, 0, 0, 0}, "socket:[4711]", NULL},
    {"a file that is gone", "0000:07:00.0", {NULL, 0, 0, 0}, "/dev/shm/x (deleted)", NULL},
};

static char *
testListProcesses(testScene *scene, const char *address)
{
    g_auto(virPCIDeviceFacts) facts = {0};
    g_autoptr(virPCIDevice) dev = testGetDevice(testSceneGetHost(scene), address, &facts);

    return virPCIHoldersListProcesses(dev, &facts);
}

static void
testProcesses(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testScene) scene = testSceneNew("holders");
    g_autofree char *found = NULL;

    if (opens[i].node.path && !testNodeMake(scene, opens[i].node.path, opens[i].node.type,
                                            makedev(opens[i].node.major, opens[i].node.minor)))
        return;
    testNodeOpen(scene, "4711", "qemu-system-x86\n", opens[i].link);
    found = testListProcesses(scene, opens[i].address);
    g_assert_cmpstr(found, ==, opens[i].expected);
}

static void
testManyProcesses(void)
{
    g_autoptr(testScene) scene = testSceneNew("holders");
    g_autofree char *found = NULL;
    g_auto(GStrv) parts = NULL;

    if (!testNodeMake(scene, "dev/vfio/1", S_IFCHR, makedev(511, 1)))
        return;
    for (int pid = 100; pid < 120; pid++) {
        g_autofree char *text = g_strdup_printf("%d", pid);

        testNodeOpen(scene, text, "evil\033[2Jname\n", "/dev/vfio/1");
    }
    found = testListProcesses(scene, "0000:01:00.0");
    parts = g_strsplit(found, ", ", -1);
    g_assert_cmpuint(g_strv_length(parts), ==, 17);
    g_assert_cmpstr(parts[0], ==, "evil?[2Jname (process 100)");
    g_assert_cmpstr(parts[16], ==, "…");
}

static void
testAdd(const char *group, const char *name, size_t i, GTestDataFunc func)
{
    g_autofree char *path = g_strdup_printf("/virpciholders/%s/%s", group, name);

    g_test_add_data_func(path, GSIZE_TO_POINTER(i), func);
}

static void
testInChild(const void *opaque)
{
    void (*const funcs[])(testScene *) = {testAddressesHere, testAddressesElsewhere,
                                          testInterfaceVanished};

    testNetnsRunInChild("holders", funcs[GPOINTER_TO_SIZE(opaque)]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        testAdd("guards", cases[i].name, i, testGuards);
    g_test_add_func("/virpciholders/guards/no tables", testNoTables);
    testAdd("network", "address and default route", 0, testInChild);
    testAdd("network", "not those of this host for another", 1, testInChild);
    testAdd("network", "interface vanished", 2, testInChild);
    for (size_t i = 0; i < G_N_ELEMENTS(opens); i++)
        testAdd("processes", opens[i].name, i, testProcesses);
    g_test_add_func("/virpciholders/processes/many", testManyProcesses);
    return g_test_run();
}
