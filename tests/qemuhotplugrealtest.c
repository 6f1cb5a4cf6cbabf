/*
 * qemuhotplugrealtest.c: tests of qemu_hotplug with the real QEMU: disks and interfaces
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The guest has no system that could release a device: a reset does that for it.
 */

#include <config.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "testqemu.h"
#include "virerror.h"

#define NET "<interface type='user'><mac address='52:54:00:12:34:56'/></interface>"

typedef struct {
    testQEMU qemu;
    virDomainObj *vm;
    char *image; /* a file of 1 MiB */
    char *disk;  /* its XML */
    char *xml;   /* of the guest as it was started */
} testReal;

static void
testRealClear(testReal *test)
{
    virDomainObjUnref(test->vm);
    if (test->image)
        g_assert_cmpint(g_unlink(test->image), ==, 0);
    if (test->qemu.driver)
        testQEMUClear(&test->qemu);
    g_free(test->image);
    g_free(test->disk);
    g_free(test->xml);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testReal, testRealClear)

static void
testOK(int rc)
{
    if (rc < 0)
        g_error("%s", virErrorGetMessage());
}

static void
testRealInit(testReal *test, const char *bus, const char *more)
{
    g_autofree char *xml = testQEMUMakeXML("g", false, more);

    test->qemu.unplugTimeout_ms = 20;
    testQEMUInit(&test->qemu, 0);
    g_assert_cmpint(g_chmod(test->qemu.directory, 0711), ==, 0);
    test->image = g_build_filename(test->qemu.directory, "image", NULL);
    g_assert_true(
        g_file_set_contents_full(test->image, "x", 1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_cmpint(truncate(test->image, 1024 * 1024), ==, 0);
    test->disk = g_strdup_printf("<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
                                 "<source file='%s'/><target dev='%s' bus='%s'/></disk>",
                                 test->image, strcmp(bus, "virtio") == 0 ? "vda" : "sda", bus);
    test->vm = qemuDomainDefineXML(test->qemu.driver, xml, 0);
    if (!test->vm)
        g_error("%s", virErrorGetMessage());
    testOK(qemuDomainCreate(test->vm, 0, NULL));
    test->xml = qemuDomainGetXMLDesc(test->vm, 0);
}

static void
testAssertAsBefore(testReal *test)
{
    g_autofree char *xml = qemuDomainGetXMLDesc(test->vm, 0);

    g_assert_cmpstr(xml, ==, test->xml);
}

static void
testAssertOwner(testReal *test, uid_t uid)
{
    struct stat st;

    g_assert_cmpint(stat(test->image, &st), ==, 0);
    g_assert_cmpuint(st.st_uid, ==, uid);
}

/* Plugs a device in and out several times: whatever is left would be in the way of the next. */
static void
testCycle(testReal *test, const char *xml, const char *alias, uid_t owner)
{
    g_autofree char *added = g_strdup_printf("g added %s", alias);
    g_autofree char *removed = g_strdup_printf("g removed %s", alias);

    for (int i = 0; i < 3; i++) {
        testOK(qemuDomainAttachDeviceFlags(test->vm, xml, VIR_DOMAIN_AFFECT_LIVE));
        testQEMUAwaitLater(&test->qemu, added);
        testAssertOwner(test, owner);
        testOK(qemuDomainDetachDeviceFlags(test->vm, xml, VIR_DOMAIN_AFFECT_LIVE));
        testOK(qemuDomainReset(test->vm, 0));
        testQEMUAwaitLater(&test->qemu, removed);
        testAssertAsBefore(test);
        testAssertOwner(test, geteuid());
    }
}

static void
testDisk(void)
{
    g_auto(testReal) test = {0};

    if (!testQEMUIsThere())
        return;
    testRealInit(&test, "virtio", NULL);
    testCycle(&test, test.disk, "virtio-disk0", geteuid());
}

static void
testSCSI(void)
{
    g_auto(testReal) test = {0};

    if (!testQEMUIsThere())
        return;
    testRealInit(&test, "scsi",
                 "<devices><controller type='scsi' index='0' model='virtio-scsi'/></devices>");
    testCycle(&test, test.disk, "scsi0-0-0-0", geteuid());
}

static void
testInterface(void)
{
    g_auto(testReal) test = {0};

    if (!testQEMUIsThere())
        return;
    testRealInit(&test, "virtio", NULL);
    testCycle(&test, NET, "net0", geteuid());
}

/* What <driver> and the model say is what QEMU takes for a device that comes later, too. */
static void
testVirtio(void)
{
    g_auto(testReal) test = {0};
    g_autofree char *disk = NULL;

    if (!testQEMUIsThere())
        return;
    testRealInit(&test, "virtio", NULL);
    disk = g_strdup_printf(
        "<disk type='file' device='disk' model='virtio-non-transitional'><driver type='raw' "
        "queues='2' queue_size='128' event_idx='off' ioeventfd='off' iommu='on' ats='on' "
        "packed='on' page_per_vq='on'/><source file='%s'/><target dev='vda'/></disk>",
        test.image);
    testCycle(&test, disk, "virtio-disk0", geteuid());
    testCycle(&test,
              "<interface type='user'><mac address='52:54:00:12:34:56'/>"
              "<model type='virtio-non-transitional'/>"
              "<driver rx_queue_size='512' event_idx='off' iommu='on'/></interface>",
              "net0", geteuid());
    testCycle(&test,
              "<rng model='virtio-transitional'><driver packed='on'/><backend model='builtin'/>"
              "<address type='pci' bus='2' slot='0'/></rng>",
              "rng0", geteuid());
}

/* A conventional PCI device goes to the bridge that the definition has for it. */
static void
testTransitional(void)
{
    g_auto(testReal) test = {0};

    if (!testQEMUIsThere())
        return;
    testRealInit(&test, "virtio",
                 "<devices><controller type='pci' model='pcie-to-pci-bridge'/></devices>");
    testCycle(&test,
              "<interface type='user'><mac address='52:54:00:12:34:56'/>"
              "<model type='virtio-transitional'/></interface>",
              "net0", geteuid());
}

/* A transitional device needs a bridge, which a running guest does not get any more. */
static void
testVirtioRefused(void)
{
    g_auto(testReal) test = {0};

    if (!testQEMUIsThere())
        return;
    testRealInit(&test, "virtio", NULL);
    g_assert_cmpint(qemuDomainAttachDeviceFlags(
                        test.vm,
                        "<interface type='user'><model type='virtio-transitional'/></interface>",
                        VIR_DOMAIN_AFFECT_LIVE),
                    ==, -1);
    testQEMUAssertError(VIR_ERR_CONFIG_UNSUPPORTED,
                        "add <controller type='pci' model='pcie-to-pci-bridge'/>");
    g_assert_cmpint(
        qemuDomainAttachDeviceFlags(test.vm,
                                    "<rng model='virtio-transitional'><driver iommu='on'/>"
                                    "<backend model='builtin'/>"
                                    "<address type='pci' bus='2' slot='0'/></rng>",
                                    VIR_DOMAIN_AFFECT_LIVE),
        ==, -1);
    testQEMUAssertError(VIR_ERR_CONFIG_UNSUPPORTED,
                        "iommu='on' in <driver> of random number generator: drivers of virtio 0.9");
    testAssertAsBefore(&test);
}

#define CHANNEL(type, source)                                                                      \
    "<channel type='" type "'>" source "<target type='virtio' name='org.test.0'/></channel>"

static void
testRNG(void)
{
    g_auto(testReal) test = {0};

    if (!testQEMUIsThere())
        return;
    testRealInit(&test, "virtio", NULL);
    testCycle(&test, "<rng model='virtio'><backend model='builtin'/></rng>", "rng0", geteuid());
    testCycle(&test,
              "<rng model='virtio'><rate bytes='64'/>"
              "<backend model='random'>/dev/urandom</backend></rng>",
              "rng0", geteuid());
}

/* Channels of every type, one after the other: each has the name and the place of the last one. */
static void
testChannels(void)
{
    g_auto(testReal) test = {0};
    g_autofree char *file = NULL;

    if (!testQEMUIsThere())
        return;
    testRealInit(&test, "virtio",
                 "<devices><controller type='virtio-serial' index='0'/></devices>");
    file = g_strdup_printf(CHANNEL("file", "<source path='%s' append='on'/>"), test.image);
    testCycle(&test, CHANNEL("null", ""), "channel0", geteuid());
    testCycle(&test, CHANNEL("pty", ""), "channel0", geteuid());
    testCycle(&test, CHANNEL("unix", ""), "channel0", geteuid());
    testCycle(&test, CHANNEL("tcp", "<source mode='bind' host='127.0.0.1' service='0'/>"),
              "channel0", geteuid());
    testCycle(&test, file, "channel0", geteuid());
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(
            qemuDomainAttachDeviceFlags(
                test.vm, CHANNEL("unix", "<source mode='connect' path='/nowhere/x'/>"), 0),
            ==, -1);
        testAssertAsBefore(&test);
    }
    testOK(qemuDomainAttachDeviceFlags(test.vm, CHANNEL("pty", ""), 0));
    testOK(qemuDomainDestroy(test.vm, 0));
}

/* QEMU's own user gets the image for as long as it needs it. */
static void
testUser(void)
{
    g_auto(testReal) test = {.qemu = {.user = "65534"}};

    if (!testQEMUIsThere())
        return;
    if (geteuid() != 0) {
        g_test_skip("needs root");
        return;
    }
    testRealInit(&test, "virtio", NULL);
    testCycle(&test, test.disk, "virtio-disk0", 65534);
    testOK(qemuDomainAttachDeviceFlags(test.vm, test.disk, 0));
    testAssertOwner(&test, 65534);
    testOK(qemuDomainDestroy(test.vm, 0));
    testAssertOwner(&test, 0);
}

/* Makes the image one that looks like qcow2 to us, and not to QEMU. */
static void
testSpoil(testReal *test)
{
    static const char header[] = "QFI\xfb\0\0\0\2";
    g_autofree char *text = g_malloc0(1024 * 1024);

    memcpy(text, header, sizeof(header));
    g_assert_true(g_file_set_contents_full(test->image, text, 1024 * 1024, G_FILE_SET_CONTENTS_NONE,
                                           0600, NULL));
}

/* What QEMU does not take leaves nothing in it, and nothing on the host. */
static void
testRefused(void)
{
    g_auto(testReal) test = {.qemu = {.user = geteuid() == 0 ? "65534" : NULL}};
    g_autofree char *qcow2 = NULL;
    g_auto(GStrv) parts = NULL;

    if (!testQEMUIsThere())
        return;
    testRealInit(&test, "virtio", NULL);
    testSpoil(&test);
    parts = g_strsplit(test.disk, "'raw'", 2);
    qcow2 = g_strjoinv("'qcow2'", parts);
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, qcow2, 0), ==, -1);
        testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "Unsupported cluster size");
        testAssertAsBefore(&test);
        testAssertOwner(&test, geteuid());
    }
    testCycle(&test, test.disk, "virtio-disk0", geteuid() == 0 ? 65534 : geteuid());
}

/* Released while no driver is there. */
static void
testMeanwhile(void)
{
    g_auto(testReal) test = {0};

    if (!testQEMUIsThere())
        return;
    testRealInit(&test, "virtio", NULL);
    testOK(qemuDomainAttachDeviceFlags(test.vm, test.disk, 0));
    testOK(qemuDomainAttachDeviceFlags(test.vm, NET, 0));
    testOK(qemuDomainDetachDeviceFlags(test.vm, test.disk, 0));
    g_clear_pointer(&test.vm, virDomainObjUnref);
    testQEMURestart(&test.qemu);
    test.vm = qemuDomainLookupByName(test.qemu.driver, "g");
    testOK(qemuDomainReset(test.vm, 0));
    testQEMUAwaitLater(&test.qemu, "g removed virtio-disk0");
    testOK(qemuDomainDetachDeviceAlias(test.vm, "net0", 0));
    testOK(qemuDomainReset(test.vm, 0));
    testQEMUAwaitLater(&test.qemu, "g removed net0");
    testAssertAsBefore(&test);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemuhotplug/real/virtio disk", testDisk);
    g_test_add_func("/qemuhotplug/real/scsi disk", testSCSI);
    g_test_add_func("/qemuhotplug/real/interface", testInterface);
    g_test_add_func("/qemuhotplug/real/rng", testRNG);
    g_test_add_func("/qemuhotplug/real/models and queues of virtio", testVirtio);
    g_test_add_func("/qemuhotplug/real/what virtio cannot do where it would be", testVirtioRefused);
    g_test_add_func("/qemuhotplug/real/transitional interface", testTransitional);
    g_test_add_func("/qemuhotplug/real/channels", testChannels);
    g_test_add_func("/qemuhotplug/real/QEMU's own user", testUser);
    g_test_add_func("/qemuhotplug/real/refused", testRefused);
    g_test_add_func("/qemuhotplug/real/released after a restart", testMeanwhile);
    return g_test_run();
}
