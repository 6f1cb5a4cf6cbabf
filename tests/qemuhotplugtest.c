/*
 * qemuhotplugtest.c: tests of qemu_hotplug: devices that come and go, and what goes wrong
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "testguest.h"
#include "testkernelserver.h"
#include "testqemu.h"
#include "virerror.h"

#define TEST_HOSTDEV(slot, attributes, more)                                                       \
    "<hostdev mode='subsystem' type='pci' " attributes                                             \
    "><source><address domain='0x0' bus='0x3b' slot='0x00' function='" slot "'/></source>" more    \
    "</hostdev>"
#define MANAGED   TEST_HOSTDEV("3", "managed='yes'", "")
#define UNMANAGED TEST_HOSTDEV("2", "managed='no'", "")

/* A guest on a fake QEMU, on a fake host with real bookkeeping. */
typedef struct {
    testBind *bind;
    testKernelServer *kernel;
    virHostdevManager *mgr;
    char *tree; /* before anything was done */
    testQEMU qemu;
    virDomainObj *vm;
    char *xml; /* of the guest, likewise */
} testPlug;

static void
testPlugClear(testPlug *test)
{
    g_free(test->xml);
    virDomainObjUnref(test->vm);
    testQEMUClear(&test->qemu);
    testAssertUntouched(test->bind, test->mgr, test->tree);
    g_free(test->tree);
    virHostdevManagerFree(test->mgr);
    testKernelServerFree(test->kernel);
    testBindFree(test->bind);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testPlug, testPlugClear)

/* A driver with a defined guest whose name is @mode. */
static void
testPlugDefine(testPlug *test, const char *mode)
{
    g_autofree char *xml = testQEMUMakeXML(mode, true, NULL);

    test->bind = testBindNew("smartnic-host", NULL);
    test->kernel = testKernelServerNew(test->bind->kernel, test->bind->scene, NULL);
    test->mgr = testManage(test->bind);
    test->tree = testKernelSnapshot(test->bind->scene);
    test->qemu.host = test->bind->ctx.host;
    test->qemu.hostdevMgr = test->mgr;
    test->qemu.unplugTimeout_ms = strstr(mode, "late") ? 50 : 20000;
    testQEMUInit(&test->qemu, 0);
    test->vm = qemuDomainDefineXML(test->qemu.driver, xml, 0);
    if (!test->vm)
        g_error("%s", virErrorGetMessage());
}

static void
testOK(int rc)
{
    if (rc < 0)
        g_error("%s", virErrorGetMessage());
}

static void
testPlugInit(testPlug *test, const char *mode)
{
    testPlugDefine(test, mode);
    testOK(qemuDomainCreate(test->vm, 0, NULL));
    test->xml = qemuDomainGetXMLDesc(test->vm, 0);
    virErrorReset();
}

static void
testAwait(testPlug *test, const char *event)
{
    g_autofree char *expected = g_strdup_printf("%s %s", test->vm->name, event);

    testQEMUAwaitLater(&test->qemu, expected);
}

/* No event of a device is told up to now. */
static void
testAssertQuiet(testPlug *test)
{
    char *event;

    while ((event = g_async_queue_try_pop(test->qemu.events))) {
        if (strstr(event, "hostdev0"))
            g_error("the event \"%s\" comes", event);
        g_free(event);
    }
}

/* The host, the ledger and the definition are as they were. */
static void
testAssertAsBefore(testPlug *test)
{
    g_autofree char *xml = qemuDomainGetXMLDesc(test->vm, 0);

    g_assert_cmpstr(xml, ==, test->xml);
    testAssertUntouched(test->bind, test->mgr, test->tree);
}

static bool
testHas(testPlug *test, unsigned int flags, const char *text)
{
    g_autofree char *xml = qemuDomainGetXMLDesc(test->vm, flags);

    return strstr(xml, text);
}

/* The limit on locked memory of the guest's QEMU, as /proc prints it; caller frees. */
static char *
testGetMemlock(testPlug *test)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/limits", (int)qemuDomainGetPid(test->vm));
    g_autofree char *text = NULL;
    const char *line;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    line = strstr(text, "Max locked memory");
    g_assert_nonnull(line);
    return g_strndup(line, strcspn(line, "\n"));
}

/* Root of a container may not be allowed to; there, QEMU may lock what it wants. */
static bool
testMayRaise(void)
{
    struct rlimit before;
    struct rlimit more;
    bool may;

    g_assert_cmpint(getrlimit(RLIMIT_MEMLOCK, &before), ==, 0);
    if (before.rlim_max == RLIM_INFINITY)
        return false;
    more = before;
    more.rlim_max++;
    may = setrlimit(RLIMIT_MEMLOCK, &more) == 0;
    g_assert_cmpint(setrlimit(RLIMIT_MEMLOCK, &before), ==, 0);
    return may && before.rlim_cur < (16 + 1024) * 1024 * 1024UL;
}

static void
testComesAndGoes(const void *opaque)
{
    const char *xml = opaque;
    bool managed = strstr(xml, "'yes'");
    const char *device = managed ? VF : BOUND;
    g_auto(testPlug) test = {0};
    g_autofree char *memlock = NULL;

    testPlugInit(&test, "plugs");
    memlock = testGetMemlock(&test);
    for (int i = 0; i < 3; i++) {
        g_autofree char *raised = NULL;
        g_autofree char *lowered = NULL;

        testOK(qemuDomainAttachDeviceFlags(test.vm, xml, VIR_DOMAIN_AFFECT_LIVE));
        testAwait(&test, "added hostdev0");
        testAssertDriver(test.bind, device, "mlx5_vfio_pci");
        testAssertUser(test.mgr, device, "plugs");
        g_assert_true(testHas(&test, 0, "<alias name='hostdev0'/>"));
        g_assert_false(testHas(&test, VIR_DOMAIN_XML_INACTIVE, "<hostdev"));
        raised = testGetMemlock(&test);
        if (testMayRaise())
            g_assert_nonnull(strstr(raised, "1090519040"));

        testOK(qemuDomainDetachDeviceFlags(test.vm, xml, 0));
        testAwait(&test, "removed hostdev0");
        lowered = testGetMemlock(&test);
        g_assert_cmpstr(lowered, ==, memlock);
        testAssertAsBefore(&test);
    }
}

static void
testByAlias(void)
{
    g_auto(testPlug) test = {0};

    testPlugInit(&test, "plugs");
    testOK(qemuDomainAttachDeviceFlags(
        test.vm, TEST_HOSTDEV("3", "managed='yes'", "<alias name='ua-nic'/>"), 0));
    testOK(qemuDomainAttachDeviceFlags(test.vm, UNMANAGED, 0));
    g_assert_cmpint(qemuDomainDetachDeviceAlias(test.vm, "ua-disk", 0), ==, -1);
    testQEMUAssertError(VIR_ERR_DEVICE_MISSING,
                        "guest 'plugs' has no device with the alias 'ua-disk'");
    testOK(qemuDomainDetachDeviceAlias(test.vm, "ua-nic", 0));
    testAwait(&test, "removed ua-nic");
    testAssertUser(test.mgr, VF, NULL);
    testAssertUser(test.mgr, BOUND, "plugs");
    testOK(qemuDomainDetachDeviceFlags(test.vm, TEST_HOSTDEV("2", "managed='yes'", ""), 0));
    testAssertAsBefore(&test);
}

/* The guest ends with a device that it got while it ran. */
static void
testEndsWithDevice(void)
{
    g_auto(testPlug) test = {0};

    testPlugInit(&test, "plugs");
    testOK(qemuDomainAttachDeviceFlags(test.vm, MANAGED, 0));
    testOK(qemuDomainDestroy(test.vm, 0));
    testAssertUntouched(test.bind, test.mgr, test.tree);
    g_assert_false(testHas(&test, 0, "<hostdev"));
}

/* An attach that fails, and leaves nothing behind. */
static const struct {
    const char *title;
    const char *mode;
    const char *xml;
    int code;
    const char *message;
} testRefusals[] = {
    {"QEMU refuses", "refuses-add", MANAGED, VIR_ERR_OPERATION_FAILED,
     "QEMU's monitor command device_add failed: vfio: no such luck"},
    {"QEMU refuses an unmanaged device", "refuses-add", UNMANAGED, VIR_ERR_OPERATION_FAILED,
     "vfio: no such luck"},
    {"on a driver of the host", "plugs", TEST_HOSTDEV("3", "managed='no'", ""),
     VIR_ERR_OPERATION_INVALID, "it is on driver mlx5_core"},
    {"no such device", "plugs", TEST_HOSTDEV("7", "managed='yes'", ""), VIR_ERR_DEVICE_MISSING,
     "0000:3b:00.7"},
    {"a function of several", "plugs",
     TEST_HOSTDEV("3", "managed='yes'",
                  "<address type='pci' domain='0' bus='2' slot='0' function='0' "
                  "multifunction='on'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "several functions of its slot"},
    {"bus 0", "plugs",
     TEST_HOSTDEV("3", "managed='yes'",
                  "<address type='pci' domain='0' bus='0' slot='5' function='0'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "it is on bus 0, where devices are part of the machine"},
    {"a bus that is not there", "plugs",
     TEST_HOSTDEV("3", "managed='yes'",
                  "<address type='pci' domain='0' bus='99' slot='0' function='0'/>"),
     VIR_ERR_XML_ERROR, "99"},
    {"a boot order beside <boot dev='…'/>", "plugs",
     TEST_HOSTDEV("3", "managed='yes'", "<alias name='ua-1'/><boot order='0'/>"), VIR_ERR_XML_ERROR,
     "order"},
    {"a device that is part of the machine", "plugs", "<watchdog model='i6300esb'/>",
     VIR_ERR_CONFIG_UNSUPPORTED, "only host devices, disks, interfaces, channels and <rng> can"},
    {"no device", "plugs", "<vcpu>3</vcpu>", VIR_ERR_CONFIG_UNSUPPORTED,
     "unsupported configuration: <vcpu> as a device by itself"},
    {"no XML", "plugs", "<hostdev", VIR_ERR_XML_ERROR, "device.xml"},
    {"a CD-ROM drive", "plugs",
     "<disk type='file' device='cdrom'><target dev='sda' bus='scsi'/></disk>",
     VIR_ERR_CONFIG_UNSUPPORTED, "it is a CD-ROM drive"},
    {"a disk on SATA", "plugs",
     "<disk type='file' device='disk'><source file='/x'/><target dev='sda' bus='sata'/></disk>",
     VIR_ERR_CONFIG_UNSUPPORTED, "it is on bus 'sata' or 'ide'"},
};

static void
testRefusal(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_auto(testPlug) test = {0};

    testPlugInit(&test, testRefusals[i].mode);
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, testRefusals[i].xml, 0), ==, -1);
    testQEMUAssertError(testRefusals[i].code, testRefusals[i].message);
    testAssertAsBefore(&test);
    testAssertQuiet(&test);
}

static void
testTwice(void)
{
    g_auto(testPlug) test = {0};

    testPlugInit(&test, "plugs");
    testOK(qemuDomainAttachDeviceFlags(test.vm, MANAGED, 0));
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, MANAGED, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_XML_ERROR, "host device 0000:3b:00.3 is given twice");
    testAssertUser(test.mgr, VF, "plugs");
    testOK(qemuDomainDetachDeviceFlags(test.vm, MANAGED, 0));
}

static void
testOtherGuestHasIt(void)
{
    g_auto(testPlug) test = {0};
    g_autoptr(testGuest) guest = testGuestNew(VF, NULL, NULL);

    testPlugInit(&test, "plugs");
    testOK(testPrepare(test.mgr, "other", guest));
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, MANAGED, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "guest 'other'");
    testAssertUser(test.mgr, VF, "other");
    testReAttach(test.mgr, "other", guest);
    testAssertAsBefore(&test);
}

/* How a guest releases a device, or does not. */
static const struct {
    const char *mode;
    int rc;
    const char *message;
    const char *events[2]; /* during the call; after the next reset, NULL if nothing follows */
} testReleases[] = {
    {"plugs", 0, NULL, {"removed hostdev0", NULL}},
    {"deletes-first", 0, NULL, {"removed hostdev0", NULL}},
    {"lost", 0, NULL, {"removed hostdev0", NULL}},
    {"deletes-late", 0, NULL, {NULL, "removed hostdev0"}},
    {"keeps-late", 0, NULL, {NULL, "keeps hostdev0"}},
    {"keeps", -1, "unplug of device was rejected by the guest", {"keeps hostdev0", NULL}},
    {"refuses-del", -1, "already in the process of unplug", {"keeps hostdev0", NULL}},
};

static void
testRelease(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_auto(testPlug) test = {0};

    testPlugInit(&test, testReleases[i].mode);
    testOK(qemuDomainAttachDeviceFlags(test.vm, MANAGED, 0));
    testAwait(&test, "added hostdev0");
    g_assert_cmpint(qemuDomainDetachDeviceFlags(test.vm, MANAGED, 0), ==, testReleases[i].rc);
    if (testReleases[i].message)
        testQEMUAssertError(VIR_ERR_OPERATION_FAILED, testReleases[i].message);
    if (testReleases[i].events[0])
        testAwait(&test, testReleases[i].events[0]);
    if (testReleases[i].events[1]) {
        testAssertUser(test.mgr, VF, testReleases[i].mode);
        testAssertDriver(test.bind, VF, "mlx5_vfio_pci");
        testAssertQuiet(&test);
        testOK(qemuDomainReset(test.vm, 0));
        testAwait(&test, testReleases[i].events[1]);
    }
    if (strstr(testReleases[i].mode, "keeps") || testReleases[i].rc < 0) {
        testAssertUser(test.mgr, VF, testReleases[i].mode);
        g_assert_true(testHas(&test, 0, "<hostdev"));
    } else {
        testAssertAsBefore(&test);
    }
    testAssertQuiet(&test);
}

/* The connection ends in the middle, and the next driver finds out what has happened. */
static const struct {
    const char *mode;
    bool there; /* the guest has the device then */
    const char *event;
} testDrops[] = {
    {"drops-add", false, NULL},
    {"drops-added", true, "added hostdev0"},
    {"drops-del", false, "removed hostdev0"},
};

static void
testDrop(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    const char *mode = testDrops[i].mode;
    bool del = strcmp(mode, "drops-del") == 0;
    g_auto(testPlug) test = {0};

    testPlugInit(&test, mode);
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, MANAGED, 0), ==, del ? 0 : -1);
    if (del) {
        testAwait(&test, "added hostdev0");
        g_assert_cmpint(qemuDomainDetachDeviceFlags(test.vm, MANAGED, 0), ==, -1);
    }
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "QEMU closed its monitor");
    /* Nobody knows: it is nobody else's. */
    testAssertUser(test.mgr, VF, mode);
    g_clear_pointer(&test.vm, virDomainObjUnref);
    testQEMURestart(&test.qemu);
    test.vm = qemuDomainLookupByName(test.qemu.driver, mode);
    if (testDrops[i].event)
        testAwait(&test, testDrops[i].event);
    /* Its job comes after the reconnection's. */
    testOK(qemuDomainReset(test.vm, 0));
    testAssertQuiet(&test);
    if (testDrops[i].there) {
        testAssertUser(test.mgr, VF, mode);
        testAssertDriver(test.bind, VF, "mlx5_vfio_pci");
        testOK(qemuDomainDetachDeviceFlags(test.vm, MANAGED, 0));
        testAwait(&test, "removed hostdev0");
    }
    testAssertAsBefore(&test);
}

/* The guest releases the device while there is no driver. */
static void
testReleasedMeanwhile(void)
{
    g_auto(testPlug) test = {0};

    testPlugInit(&test, "deletes-late");
    testOK(qemuDomainAttachDeviceFlags(test.vm, UNMANAGED, 0));
    g_clear_pointer(&test.vm, virDomainObjUnref);
    testQEMURestart(&test.qemu);
    test.vm = qemuDomainLookupByName(test.qemu.driver, "deletes-late");
    testOK(qemuDomainDetachDeviceFlags(test.vm, UNMANAGED, 0));
    testAssertUser(test.mgr, BOUND, "deletes-late");
    testOK(qemuDomainReset(test.vm, 0));
    testAwait(&test, "removed hostdev0");
    testAssertAsBefore(&test);
}

/* QEMU does not answer: the device stays the guest's, and is found out about later. */
static void
testStalls(void)
{
    g_auto(testPlug) test = {0};

    testPlugInit(&test, "stalls-add");
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, MANAGED, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_TIMEOUT, "device_add");
    testAwait(&test, "added hostdev0");
    testAssertUser(test.mgr, VF, "stalls-add");
    testOK(qemuDomainDetachDeviceFlags(test.vm, MANAGED, 0));
    testAssertAsBefore(&test);
}

static void
testConfig(void)
{
    const unsigned int both = VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG;
    g_auto(testPlug) test = {0};

    testPlugDefine(&test, "plugs");
    test.xml = qemuDomainGetXMLDesc(test.vm, 0);
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, MANAGED, VIR_DOMAIN_AFFECT_LIVE), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "guest 'plugs': domain is not running");
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, MANAGED, both), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "domain is not running");
    testAssertAsBefore(&test);

    testOK(qemuDomainAttachDeviceFlags(test.vm, UNMANAGED, 0));
    g_assert_true(testHas(&test, 0, "<hostdev"));
    testOK(qemuDomainCreate(test.vm, 0, NULL));
    testAssertUser(test.mgr, BOUND, "plugs");
    /* The definition has it already: nothing is plugged in. */
    testOK(qemuDomainDetachDeviceFlags(test.vm, UNMANAGED, VIR_DOMAIN_AFFECT_LIVE));
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, UNMANAGED, both), ==, -1);
    testQEMUAssertError(VIR_ERR_XML_ERROR, "is given twice");
    testAssertUser(test.mgr, BOUND, NULL);

    testOK(qemuDomainAttachDeviceFlags(test.vm, MANAGED, both));
    testAssertUser(test.mgr, VF, "plugs");
    g_assert_true(testHas(&test, VIR_DOMAIN_XML_INACTIVE, "managed='yes'"));
    testOK(qemuDomainDetachDeviceFlags(test.vm, MANAGED, both));
    testOK(qemuDomainDetachDeviceFlags(test.vm, UNMANAGED, VIR_DOMAIN_AFFECT_CONFIG));
    testOK(qemuDomainDestroy(test.vm, 0));
    g_assert_false(testHas(&test, 0, "<hostdev"));
}

static void
testTransient(void)
{
    g_auto(testPlug) test = {0};

    testPlugInit(&test, "plugs");
    testOK(qemuDomainUndefine(test.vm, 0));
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, MANAGED, VIR_DOMAIN_AFFECT_CONFIG), ==,
                    -1);
    testQEMUAssertError(VIR_ERR_OPERATION_INVALID, "it has no persistent definition to change");
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, MANAGED, 64), ==, -1);
    testQEMUAssertError(VIR_ERR_INVALID_ARG, "unsupported flags 0x40 in attach-device");
    g_assert_cmpint(qemuDomainDetachDeviceFlags(test.vm, MANAGED, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_DEVICE_MISSING, "device not found");
    testAssertAsBefore(&test);
}

/* There are as many root ports as there are. */
static void
testNoPort(void)
{
    g_auto(testPlug) test = {0};
    int n = 0;

    testPlugInit(&test, "plugs");
    for (int rc = 0; rc == 0; n++) {
        g_autofree char *xml = g_strdup_printf(
            "<interface type='user'><mac address='52:54:00:00:00:%02x'/></interface>", n + 1);

        rc = qemuDomainAttachDeviceFlags(test.vm, xml, 0);
    }
    testQEMUAssertError(VIR_ERR_CONFIG_UNSUPPORTED,
                        "add <controller type='pci' model='pcie-root-port'/> to its definition");
    g_assert_cmpint(n, ==, 5);
}

/* What QEMU does not say is warned of. */
static gboolean
testIgnoreWarnings(const char *source G_GNUC_UNUSED, GLogLevelFlags level,
                   const char *message G_GNUC_UNUSED, void *opaque G_GNUC_UNUSED)
{
    return !(level & G_LOG_LEVEL_WARNING);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_log_set_fatal_handler(testIgnoreWarnings, NULL);
    g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
    if (geteuid() != 0) {
        g_print("1..0 # SKIP only root can raise the limit on locked memory\n");
        return 0;
    }
    g_test_add_data_func("/qemuhotplug/comes and goes/managed", MANAGED, testComesAndGoes);
    g_test_add_data_func("/qemuhotplug/comes and goes/unmanaged", UNMANAGED, testComesAndGoes);
    g_test_add_func("/qemuhotplug/found by its alias", testByAlias);
    g_test_add_func("/qemuhotplug/the guest ends with it", testEndsWithDevice);
    for (size_t i = 0; i < G_N_ELEMENTS(testRefusals); i++) {
        g_autofree char *path = g_strdup_printf("/qemuhotplug/refused/%s", testRefusals[i].title);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testRefusal);
    }
    g_test_add_func("/qemuhotplug/refused/twice", testTwice);
    g_test_add_func("/qemuhotplug/refused/another guest has it", testOtherGuestHasIt);
    g_test_add_func("/qemuhotplug/refused/no root port is free", testNoPort);
    for (size_t i = 0; i < G_N_ELEMENTS(testReleases); i++) {
        g_autofree char *path = g_strdup_printf("/qemuhotplug/release/%s", testReleases[i].mode);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testRelease);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(testDrops); i++) {
        g_autofree char *path =
            g_strdup_printf("/qemuhotplug/the connection ends/%s", testDrops[i].mode);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testDrop);
    }
    g_test_add_func("/qemuhotplug/released after a restart", testReleasedMeanwhile);
    if (g_test_slow())
        g_test_add_func("/qemuhotplug/QEMU does not answer", testStalls);
    g_test_add_func("/qemuhotplug/live and config", testConfig);
    g_test_add_func("/qemuhotplug/transient", testTransient);
    return g_test_run();
}
