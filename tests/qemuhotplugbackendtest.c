/*
 * qemuhotplugbackendtest.c: tests of qemu_hotplug: devices that lead somewhere on the host
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fake QEMU knows which backends it has: what is left behind by an attempt that failed is in
 * the way of the next one.
 */

#include <config.h>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "testqemu.h"
#include "virerror.h"
#include "virfile.h"

#define CONTROLLER "<controller type='virtio-serial' index='0'/>"
#define CHANNEL(type, source)                                                                      \
    "<channel type='" type "'>" source "<target type='virtio' name='org.test.0'/></channel>"
#define RNG  "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
#define BOTH (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)

typedef struct {
    testQEMU qemu;
    virDomainObj *vm;
    char *xml;      /* of the guest as it was started */
    char *inactive; /* of its definition then */
} testBackend;

static void
testBackendClear(testBackend *test)
{
    virDomainObjUnref(test->vm);
    testQEMUClear(&test->qemu);
    g_free(test->xml);
    g_free(test->inactive);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testBackend, testBackendClear)

static void
testOK(int rc)
{
    if (rc < 0)
        g_error("%s", virErrorGetMessage());
}

/* @more: devices */
static void
testBackendInit(testBackend *test, const char *mode, const char *more)
{
    g_autofree char *bare = testQEMUMakeXML(mode, true, NULL);
    g_auto(GStrv) parts = g_strsplit(bare, "</devices>", 2);
    g_autofree char *xml = g_strconcat(parts[0], more, "</devices>", parts[1], NULL);

    test->qemu.unplugTimeout_ms = 20000;
    testQEMUInit(&test->qemu, 0);
    test->vm = qemuDomainDefineXML(test->qemu.driver, xml, 0);
    if (!test->vm)
        g_error("%s", virErrorGetMessage());
    testOK(qemuDomainCreate(test->vm, 0, NULL));
    test->xml = qemuDomainGetXMLDesc(test->vm, 0);
    test->inactive = qemuDomainGetXMLDesc(test->vm, VIR_DOMAIN_XML_INACTIVE);
}

static void
testAwait(testBackend *test, const char *event)
{
    g_autofree char *expected = g_strdup_printf("%s %s", test->vm->name, event);

    testQEMUAwaitLater(&test->qemu, expected);
}

static void
testAssertAsBefore(testBackend *test)
{
    g_autofree char *xml = qemuDomainGetXMLDesc(test->vm, 0);
    g_autofree char *inactive = qemuDomainGetXMLDesc(test->vm, VIR_DOMAIN_XML_INACTIVE);

    g_assert_cmpstr(xml, ==, test->xml);
    g_assert_cmpstr(inactive, ==, test->inactive);
}

static void
testAssertHas(testBackend *test, unsigned int flags, const char *text, bool has)
{
    g_autofree char *xml = qemuDomainGetXMLDesc(test->vm, flags);

    if (!strstr(xml, text) == has)
        g_error("\"%s\" is %s in %s", text, has ? "not" : "still", xml);
}

/* A channel, and what is then in the XML of the guest that runs. */
static const struct {
    const char *title;
    const char *xml;
    const char *live;
} testChannels[] = {
    {"null", CHANNEL("null", ""), "<channel type='null'>"},
    {"pty", CHANNEL("pty", ""), "<source path='/dev/pts/12345'/>"},
    {"file", CHANNEL("file", "<source path='/nowhere/x'/>"), "<source path='/nowhere/x'/>"},
    {"unix", CHANNEL("unix", "<source mode='bind' path='/nowhere/x'/>"),
     "<source mode='bind' path='/nowhere/x'/>"},
    {"unix with a path of ours", CHANNEL("unix", ""), "/channel-org.test.0'/>"},
    {"tcp", CHANNEL("tcp", "<source mode='connect' host='127.0.0.1' service='9'/>"), "service='9'"},
};

static void
testChannel(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    const char *xml = testChannels[i].xml;
    g_auto(testBackend) test = {0};

    testBackendInit(&test, "plugs", CONTROLLER);
    for (int turn = 0; turn < 2; turn++) {
        testOK(qemuDomainAttachDeviceFlags(test.vm, xml, VIR_DOMAIN_AFFECT_LIVE));
        testAwait(&test, "added channel0");
        testAssertHas(&test, 0, testChannels[i].live, true);
        testAssertHas(&test, 0, "name='org.test.0' state='disconnected'", true);
        testAssertHas(&test, 0, "<address type='virtio-serial' controller='0' bus='0' port='1'/>",
                      true);
        testAssertHas(&test, VIR_DOMAIN_XML_INACTIVE, "<channel", false);
        if (turn == 0)
            testOK(qemuDomainDetachDeviceFlags(test.vm, xml, 0));
        else
            testOK(qemuDomainDetachDeviceAlias(test.vm, "channel0", 0));
        testAwait(&test, "removed channel0");
        testAssertAsBefore(&test);
    }
}

/* Live and in the definition, found by its name alone. */
static void
testChannelBoth(void)
{
    g_auto(testBackend) test = {0};

    testBackendInit(&test, "plugs", CONTROLLER);
    testOK(qemuDomainAttachDeviceFlags(test.vm, CHANNEL("pty", ""), BOTH));
    testAssertHas(&test, VIR_DOMAIN_XML_INACTIVE, "<channel type='pty'>", true);
    testAssertHas(&test, VIR_DOMAIN_XML_INACTIVE, "12345", false);
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, CHANNEL("null", ""), 0), ==, -1);
    testQEMUAssertError(VIR_ERR_XML_ERROR, "two channels have the name 'org.test.0'");
    testOK(qemuDomainDetachDeviceFlags(test.vm, CHANNEL("null", ""), BOTH));
    testAssertAsBefore(&test);
}

/* A channel of the start goes too, and a guest that ends takes one that came later with it. */
static void
testChannelOfStart(void)
{
    g_auto(testBackend) test = {0};

    testBackendInit(&test, "lost", CHANNEL("null", ""));
    g_assert_cmpint(qemuDomainDetachDeviceAlias(test.vm, "channel1", 0), ==, -1);
    testQEMUAssertError(VIR_ERR_DEVICE_MISSING, "has no device with the alias 'channel1'");
    testOK(qemuDomainDetachDeviceAlias(test.vm, "channel0", 0));
    testAwait(&test, "removed channel0");
    testAssertHas(&test, 0, "<channel", false);
    testOK(qemuDomainAttachDeviceFlags(test.vm, CHANNEL("pty", ""), VIR_DOMAIN_AFFECT_LIVE));
    testOK(qemuDomainDestroy(test.vm, 0));
    testAssertHas(&test, 0, "<channel type='null'>", true);
}

#define NET(more) "<interface type='user'><mac address='52:54:00:12:34:56'/>" more "</interface>"
#define DOWN      "<link state='down'/>"

/* Taking the cable out is what comes before taking the card out; one that comes without a cable
 * would be seen by the guest before we could say so. */
static void
testLinkDown(void)
{
    g_auto(testBackend) test = {0};

    testBackendInit(&test, "plugs", "");
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, NET(DOWN), VIR_DOMAIN_AFFECT_LIVE), ==,
                    -1);
    testQEMUAssertError(VIR_ERR_CONFIG_UNSUPPORTED, "its link is down");
    testOK(qemuDomainAttachDeviceFlags(test.vm, NET(""), VIR_DOMAIN_AFFECT_LIVE));
    testOK(qemuDomainUpdateDeviceFlags(test.vm, NET(DOWN), VIR_DOMAIN_AFFECT_LIVE));
    testAssertHas(&test, 0, "<link state=", true);
    testOK(qemuDomainDetachDeviceFlags(test.vm, NET(DOWN), VIR_DOMAIN_AFFECT_LIVE));
    testAwait(&test, "removed net0");
    testAssertAsBefore(&test);
}

/* A MAC address that we make up is that of one interface, in what runs and in what is defined: it
 * is what the interface is found by. */
static void
testMadeUpMAC(void)
{
    static const char bare[] = "<interface type='user'/>";
    g_auto(testBackend) test = {0};
    g_autofree char *xml = NULL;
    g_auto(GStrv) parts = NULL;
    g_autofree char *address = NULL;
    g_autofree char *found = NULL;

    testBackendInit(&test, "plugs", "");
    testOK(qemuDomainAttachDeviceFlags(test.vm, bare, BOTH));
    xml = qemuDomainGetXMLDesc(test.vm, 0);
    parts = g_strsplit(xml, "<mac address=", 2);
    address = g_strndup(parts[1] + 1, strlen("52:54:00:12:34:56"));
    found = g_strdup_printf("<interface type='user'><mac address='%s'/></interface>", address);
    testAssertHas(&test, VIR_DOMAIN_XML_INACTIVE, address, true);
    testOK(qemuDomainDetachDeviceFlags(test.vm, found, BOTH));
    testAssertAsBefore(&test);
}

/* Each step that fails is undone: the second attempt fails as the first one does. */
static const struct {
    const char *mode;
    const char *xml;
    int code;
    const char *message;
} testRefusals[] = {
    {"refuses-backend", CHANNEL("null", ""), VIR_ERR_OPERATION_FAILED,
     "chardev-add failed: no backend today"},
    {"refuses-query", CHANNEL("pty", ""), VIR_ERR_OPERATION_FAILED,
     "query-chardev failed: ask later"},
    {"refuses-add", CHANNEL("unix", ""), VIR_ERR_OPERATION_FAILED,
     "device_add failed: vfio: no such luck"},
    {"refuses-backend", RNG, VIR_ERR_OPERATION_FAILED, "object-add failed: no backend today"},
    {"refuses-add", RNG, VIR_ERR_OPERATION_FAILED, "device_add failed: vfio: no such luck"},
    {"plugs", CHANNEL("stdio", ""), VIR_ERR_CONFIG_UNSUPPORTED,
     "channel 'org.test.0' cannot be plugged into or out of a running guest: it is of type "
     "'stdio'"},
    {"plugs", CHANNEL("spicevmc", ""), VIR_ERR_CONFIG_UNSUPPORTED, "it is of type 'stdio' or 'spi"},
    {"plugs", "<serial type='pty'/>", VIR_ERR_CONFIG_UNSUPPORTED, "<serial> as a device by itself"},
    {"plugs", "<console type='pty'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<console> as a device by itself"},
};

static void
testRefusal(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_auto(testBackend) test = {0};

    testBackendInit(&test, testRefusals[i].mode, CONTROLLER);
    for (int turn = 0; turn < 2; turn++) {
        g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, testRefusals[i].xml, 0), ==, -1);
        testQEMUAssertError(testRefusals[i].code, testRefusals[i].message);
        testAssertAsBefore(&test);
    }
}

static void
testSerial(void)
{
    g_auto(testBackend) test = {0};

    testBackendInit(&test, "plugs",
                    "<serial type='null'/><console type='null'>"
                    "<target type='virtio'/></console>");
    g_assert_cmpint(qemuDomainDetachDeviceAlias(test.vm, "serial0", 0), ==, -1);
    testQEMUAssertError(VIR_ERR_CONFIG_UNSUPPORTED, "serial port 0 cannot be plugged");
    g_assert_cmpint(qemuDomainDetachDeviceAlias(test.vm, "console1", 0), ==, -1);
    testQEMUAssertError(VIR_ERR_CONFIG_UNSUPPORTED, "console 1 cannot be plugged");
    testAssertAsBefore(&test);
}

static void
testNoController(void)
{
    g_auto(testBackend) test = {0};

    testBackendInit(&test, "plugs", "");
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, CHANNEL("null", ""), 0), ==, -1);
    testQEMUAssertError(VIR_ERR_XML_ERROR, "no port of a controller is free");
    testAssertAsBefore(&test);
}

static void
testRNG(void)
{
    g_auto(testBackend) test = {0};

    testBackendInit(&test, "plugs", "");
    for (int turn = 0; turn < 2; turn++) {
        testOK(qemuDomainAttachDeviceFlags(test.vm, RNG, BOTH));
        testAwait(&test, "added rng0");
        testAssertHas(&test, VIR_DOMAIN_XML_INACTIVE, "<rng", true);
        g_assert_cmpint(qemuDomainDetachDeviceFlags(
                            test.vm, "<rng model='virtio'><backend model='builtin'/></rng>", 0),
                        ==, -1);
        testQEMUAssertError(VIR_ERR_DEVICE_MISSING, "device not found");
        testOK(qemuDomainDetachDeviceFlags(test.vm, RNG, BOTH));
        testAwait(&test, "removed rng0");
        testAssertAsBefore(&test);
    }
}

/* As long as it is not known what has become of a device, none comes that would be noted instead.
 */
static void
testUnsure(void)
{
    /* That nobody knows is a warning. */
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
    g_auto(testBackend) test = {0};

    testBackendInit(&test, "unsure", "");
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, RNG, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "something went wrong");
    g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, RNG, 0), ==, -1);
    testQEMUAssertError(VIR_ERR_OPERATION_FAILED, "whether it has got 'rng0'");
    testAssertHas(&test, 0, "rng1", false);
    testOK(qemuDomainReset(test.vm, 0));
    testOK(qemuDomainAttachDeviceFlags(test.vm, RNG, 0));
    testAwait(&test, "added rng0");
    testAwait(&test, "added rng1");
    g_log_set_always_fatal(fatal);
}

#define TAP(name)                                                                                  \
    "<interface type='ethernet'><mac address='52:54:00:12:34:56'/>"                                \
    "<target dev='" name "' managed='no'/></interface>"

/* A tap device of the network that this program has for itself; still there when it is closed. */
static void
testMakeTap(const char *name)
{
    VIR_AUTOCLOSE fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

    g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ioctl(fd, TUNSETIFF, &request), ==, 0);
    g_assert_cmpint(ioctl(fd, TUNSETPERSIST, 1), ==, 0);
}

/* Nobody has it open. */
static void
testAssertFree(const char *name)
{
    VIR_AUTOCLOSE fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

    g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    g_assert_cmpint(ioctl(fd, TUNSETIFF, &request), ==, 0);
}

/* QEMU has the descriptor, and nobody else, until the interface goes. */
static void
testTap(void)
{
    g_auto(testBackend) test = {0};

    testMakeTap("testtap0");
    testBackendInit(&test, "plugs", "");
    for (int turn = 0; turn < 2; turn++) {
        testOK(qemuDomainAttachDeviceFlags(test.vm, TAP("testtap0"), VIR_DOMAIN_AFFECT_LIVE));
        testAwait(&test, "added net0");
        testAssertHas(&test, 0, "<target dev='testtap0'", true);
        testOK(qemuDomainDetachDeviceFlags(test.vm, TAP("testtap0"), 0));
        testAwait(&test, "removed net0");
        testAssertFree("testtap0");
        testAssertAsBefore(&test);
    }
}

static const struct {
    const char *mode;
    const char *xml;
    int code;
    const char *message;
} testTapRefusals[] = {
    {"plugs", TAP("testtap9"), VIR_ERR_SYSTEM_ERROR, "there is no tap device 'testtap9'"},
    {"refuses-backend", TAP("testtap1"), VIR_ERR_OPERATION_FAILED,
     "netdev_add failed: no backend today"},
    {"refuses-add", TAP("testtap1"), VIR_ERR_OPERATION_FAILED,
     "device_add failed: vfio: no such luck"},
};

static void
testTapRefused(void)
{
    testMakeTap("testtap1");
    for (size_t i = 0; i < G_N_ELEMENTS(testTapRefusals); i++) {
        g_auto(testBackend) test = {0};

        testBackendInit(&test, testTapRefusals[i].mode, "");
        for (int turn = 0; turn < 2; turn++) {
            g_assert_cmpint(qemuDomainAttachDeviceFlags(test.vm, testTapRefusals[i].xml, 0), ==,
                            -1);
            testQEMUAssertError(testTapRefusals[i].code, testTapRefusals[i].message);
            testAssertAsBefore(&test);
            testAssertFree("testtap1");
        }
    }
}

/* As QEMU does it: its guest has no system, and a reset has the device released. */
static void
testTapReal(void)
{
    g_autofree char *xml = testQEMUMakeXML("real", false, NULL);
    g_auto(testBackend) test = {.qemu = {.unplugTimeout_ms = 20}};

    testQEMUInit(&test.qemu, 0);
    if (!testQEMUIsThere())
        return;
    testMakeTap("testtap2");
    if (!(test.vm = qemuDomainDefineXML(test.qemu.driver, xml, 0)))
        g_error("%s", virErrorGetMessage());
    testOK(qemuDomainCreate(test.vm, 0, NULL));
    for (int turn = 0; turn < 2; turn++) {
        testOK(qemuDomainAttachDeviceFlags(test.vm, TAP("testtap2"), 0));
        testAwait(&test, "added net0");
        testOK(qemuDomainDetachDeviceFlags(test.vm, TAP("testtap2"), 0));
        testOK(qemuDomainReset(test.vm, 0));
        testAwait(&test, "removed net0");
        testAssertFree("testtap2");
    }
}

static void
testNoNetwork(void)
{
    g_test_skip("needs root, and /dev/net/tun");
}

int
main(int argc, char **argv)
{
    bool network = access("/dev/net/tun", R_OK | W_OK) == 0 && unshare(CLONE_NEWNET) == 0;

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(testChannels); i++) {
        g_autofree char *path =
            g_strdup_printf("/qemuhotplug/backend/channel/%s", testChannels[i].title);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testChannel);
    }
    g_test_add_func("/qemuhotplug/backend/channel/live and config", testChannelBoth);
    g_test_add_func("/qemuhotplug/backend/channel/one of the start goes", testChannelOfStart);
    for (size_t i = 0; i < G_N_ELEMENTS(testRefusals); i++) {
        g_autofree char *path =
            g_strdup_printf("/qemuhotplug/backend/refused/%zu %s", i, testRefusals[i].mode);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testRefusal);
    }
    g_test_add_func("/qemuhotplug/backend/refused/serial ports and consoles", testSerial);
    g_test_add_func("/qemuhotplug/backend/refused/no controller", testNoController);
    g_test_add_func("/qemuhotplug/backend/rng", testRNG);
    g_test_add_func("/qemuhotplug/backend/QEMU does not say whether it has it", testUnsure);
    g_test_add_func("/qemuhotplug/backend/an interface has one MAC address", testMadeUpMAC);
    g_test_add_func("/qemuhotplug/backend/an interface goes with its link down", testLinkDown);
    g_test_add_func("/qemuhotplug/backend/tap/comes and goes", network ? testTap : testNoNetwork);
    g_test_add_func("/qemuhotplug/backend/tap/refused", network ? testTapRefused : testNoNetwork);
    g_test_add_func("/qemuhotplug/backend/tap/real", network ? testTapReal : testNoNetwork);
    return g_test_run();
}
