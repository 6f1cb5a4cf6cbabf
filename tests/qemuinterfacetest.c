/*
 * qemuinterfacetest.c: tests of qemu_interface: tap devices and the bridge helper
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "qemu_interface.h"
#include "testnetns.h"
#include "virerror.h"
#include "virfile.h"

/* A helper that does what the bridge's name says. */
static const char testHelper[] =
    "#!/usr/bin/python3\n"
    "import array, os, socket, sys\n"
    "options = dict(word[2:].partition('=')[::2] for word in sys.argv[1:])\n"
    "assert 'use-vnet' in options\n"
    "if options['br'] == 'denied':\n"
    "    sys.exit('access denied by acl file\\n')\n"
    "if options['br'] == 'silent':\n"
    "    sys.exit(1)\n"
    "sock = socket.socket(fileno=int(options['fd']))\n"
    "if options['br'] == 'empty':\n"
    "    sock.send(b'x')\n"
    "    sys.exit(0)\n"
    "socket.send_fds(sock, [b'x'], [os.open('/dev/null', os.O_RDONLY)])\n";

static int
testRunHelper(const char *bridge)
{
    g_autofree char *directory = g_dir_make_tmp("qemuinterfacetest-XXXXXX", NULL);
    g_autofree char *helper = g_build_filename(directory, "helper", NULL);
    int fd;

    g_assert_true(g_file_set_contents_full(helper, testHelper, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                           0755, NULL));
    fd = qemuInterfaceRunHelper(helper, bridge);
    g_assert_cmpint(unlink(helper), ==, 0);
    g_assert_cmpint(rmdir(directory), ==, 0);
    return fd;
}

static void
testHelperGives(void)
{
    VIR_AUTOCLOSE fd = testRunHelper("br0");
    g_autofree char *proc = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autofree char *target = g_file_read_link(proc, NULL);

    g_assert_cmpstr(target, ==, "/dev/null");
    g_assert_cmpint(fcntl(fd, F_GETFD), ==, FD_CLOEXEC);
}

static void
testHelperFails(const void *opaque)
{
    const char *const *test = opaque;

    g_assert_cmpint(testRunHelper(test[0]), ==, -1);
    if (!strstr(virErrorGetMessage(), test[1]))
        g_error("\"%s\" does not say \"%s\"", virErrorGetMessage(), test[1]);
    virErrorReset();
}

static void
testNoHelper(void)
{
    g_assert_cmpint(qemuInterfaceRunHelper("/nonexistent/helper", "br0"), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "cannot start /nonexistent/helper"));
    virErrorReset();
}

static bool
testMakeTap(const char *name)
{
    VIR_AUTOCLOSE fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

    g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    return fd >= 0 && ioctl(fd, TUNSETIFF, &request) == 0 && ioctl(fd, TUNSETPERSIST, 1) == 0;
}

static void
testTapInNamespace(testScene *scene G_GNUC_UNUSED)
{
    char name[] = "testtap0";
    virDomainNetDef net = {.type = VIR_DOMAIN_NET_TYPE_ETHERNET, .tap = name};
    struct ifreq request = {0};
    VIR_AUTOCLOSE fd = -1;

    if (!testNetnsEnter() || !testMakeTap(name))
        _exit(TEST_NETNS_SKIPPED);
    fd = qemuInterfaceOpen(&net);
    if (fd < 0)
        g_error("%s", virErrorGetMessage());
    g_assert_cmpint(ioctl(fd, TUNGETIFF, &request), ==, 0);
    g_assert_cmpstr(request.ifr_name, ==, name);
    g_assert_true(request.ifr_flags & IFF_VNET_HDR);

    /* It is in use now. */
    g_assert_cmpint(qemuInterfaceOpen(&net), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "cannot use 'testtap0' as a tap device"));

    net.tap[7] = '1';
    g_assert_cmpint(qemuInterfaceOpen(&net), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "there is no tap device 'testtap1'"));
    g_assert_cmpint(if_nametoindex("testtap1"), ==, 0);
}

static void
testAssertRefused(const virDomainNetDef *net, const char *message)
{
    testNetnsLink link;

    g_assert_cmpint(qemuInterfaceOpen(net), ==, -1);
    if (!strstr(virErrorGetMessage(), message))
        g_error("\"%s\" does not say \"%s\"", virErrorGetMessage(), message);
    virErrorReset();
    g_assert_false(testNetnsReadLink("nobodys", &link));
}

static void
testMakeInNamespace(testScene *scene G_GNUC_UNUSED)
{
    char name[] = "tap5d2f7b6a-1c";
    char bridge[] = "qbr5d2f7b6a-1c";
    virDomainNetDef net = {
        .type = VIR_DOMAIN_NET_TYPE_BRIDGE,
        .bridge = bridge,
        .tap = name,
        .tapIsOurs = true,
        .mac = {0x52, 0x54, 0, 1, 2, 3},
    };
    struct ifreq request = {0};
    testNetnsLink link;
    int fd;

    if (!testNetnsEnter() || !testNetnsAddBridge(bridge, 1450) || access("/dev/net/tun", F_OK) < 0)
        _exit(TEST_NETNS_SKIPPED);
    if ((fd = qemuInterfaceOpen(&net)) < 0)
        g_error("%s", virErrorGetMessage());
    g_assert_cmpint(fcntl(fd, F_GETFD), ==, FD_CLOEXEC);
    g_assert_cmpint(ioctl(fd, TUNGETIFF, &request), ==, 0);
    g_assert_cmpstr(request.ifr_name, ==, name);
    g_assert_true(request.ifr_flags & IFF_VNET_HDR);
    g_assert_true(testNetnsReadLink(name, &link));
    g_assert_true(link.up);
    g_assert_cmpuint(link.master, ==, if_nametoindex(bridge));
    g_assert_cmpuint(link.mtu, ==, 1450);
    g_assert_cmpstr(link.mac, ==, "fe:54:00:01:02:03");
    g_assert_cmpint(close(fd), ==, 0);
    g_assert_false(testNetnsReadLink(name, &link));

    /* With an MTU of its own, and on no bridge. */
    net = (virDomainNetDef){
        .type = VIR_DOMAIN_NET_TYPE_ETHERNET, .tap = name, .tapIsOurs = true, .mtu = 9000};
    if ((fd = qemuInterfaceOpen(&net)) < 0)
        g_error("%s", virErrorGetMessage());
    g_assert_true(testNetnsReadLink(name, &link));
    g_assert_true(link.up);
    g_assert_cmpuint(link.master, ==, 0);
    g_assert_cmpuint(link.mtu, ==, 9000);
    g_assert_cmpint(close(fd), ==, 0);
}

static void
testMake(void)
{
    testNetnsRunInChild("alias-empty", testMakeInNamespace);
}

static void
testMakeRefusedInNamespace(testScene *scene G_GNUC_UNUSED)
{
    char name[] = "nobodys";
    char taken[] = "testtap0";
    char bridge[] = "br0";
    char missing[] = "br1";
    virDomainNetDef net = {
        .type = VIR_DOMAIN_NET_TYPE_BRIDGE, .bridge = bridge, .tap = taken, .tapIsOurs = true};
    testNetnsLink link;

    if (!testNetnsEnter() || !testNetnsAddBridge(bridge, 1500) || !testMakeTap(taken))
        _exit(TEST_NETNS_SKIPPED);
    testAssertRefused(&net, "the host has a network interface of that name");
    g_assert_true(testNetnsReadLink(taken, &link));
    g_assert_cmpuint(link.master, ==, 0);
    net.tap = bridge; /* no tap device at all */
    testAssertRefused(&net, "the host has a network interface of that name");
    net.tap = name;
    net.bridge = missing;
    testAssertRefused(&net, "cannot find bridge 'br1'");
    net.bridge = taken;
    testAssertRefused(&net, "network interface 'testtap0' is no bridge of the kernel");
}

static void
testMakeRefused(void)
{
    testNetnsRunInChild("alias-empty", testMakeRefusedInNamespace);
}

static void
testTap(void)
{
    testNetnsRunInChild("alias-empty", testTapInNamespace);
}

int
main(int argc, char **argv)
{
    static const char *const denied[] = {"denied", "'denied': access denied by acl file; the"};
    static const char *const silent[] = {"silent", "bridge 'silent': it does not say why"};
    static const char *const empty[] = {"empty", "bridge 'empty': it does not say why"};

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qemuinterface/the helper gives a descriptor", testHelperGives);
    g_test_add_data_func("/qemuinterface/the helper says why not", denied, testHelperFails);
    g_test_add_data_func("/qemuinterface/the helper says nothing", silent, testHelperFails);
    g_test_add_data_func("/qemuinterface/the helper gives nothing", empty, testHelperFails);
    g_test_add_func("/qemuinterface/there is no helper", testNoHelper);
    g_test_add_func("/qemuinterface/a tap device that is there is opened, and no other is made",
                    testTap);
    g_test_add_func(
        "/qemuinterface/a tap device is made on its bridge, and goes with its descriptor",
        testMake);
    g_test_add_func("/qemuinterface/what is in the way of a tap device is left alone",
                    testMakeRefused);
    return g_test_run();
}
