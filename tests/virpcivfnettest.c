/*
 * virpcivfnettest.c: tests of virpcivfnet and virpcivfnetconfig
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testnetns.h"
#include "testscene.h"
#include "virerror.h"
#include "virpcivfnet.h"

/* As text, and back. */
static const struct {
    const char *name;
    virPCIVFNetConfig config;
    const char *text;
} configs[] = {
    {"nothing", {0}, ""},
    {"MAC",
     {.hasMAC = true, .mac = {0x52, 0x54, 0x00, 0xab, 0xcd, 0xef}},
     "[net]\nvf-mac=52:54:00:ab:cd:ef\n"},
    {"no MAC of its own", {.hasMAC = true}, "[net]\nvf-mac=00:00:00:00:00:00\n"},
    {"VLAN",
     {.hasVLAN = true, .vlan = 42, .qos = 5, .protocol = ETH_P_8021Q},
     "[net]\nvf-vlan=42\nvf-vlan-qos=5\nvf-vlan-protocol=802.1Q\n"},
    {"provider VLAN",
     {.hasVLAN = true, .vlan = 4095, .qos = 7, .protocol = ETH_P_8021AD},
     "[net]\nvf-vlan=4095\nvf-vlan-qos=7\nvf-vlan-protocol=802.1ad\n"},
    {"both",
     {.hasMAC = true, .hasVLAN = true, .mac = {2, 0, 0, 0, 0, 1}, .protocol = ETH_P_8021Q},
     "[net]\nvf-mac=02:00:00:00:00:01\nvf-vlan=0\nvf-vlan-qos=0\nvf-vlan-protocol=802.1Q\n"},
};

static void
testAssertEqual(const virPCIVFNetConfig *a, const virPCIVFNetConfig *b)
{
    g_assert_cmpint(a->hasMAC, ==, b->hasMAC);
    g_assert_cmpmem(a->mac, sizeof(a->mac), b->mac, sizeof(b->mac));
    g_assert_cmpint(a->hasVLAN, ==, b->hasVLAN);
    g_assert_cmpuint(a->vlan, ==, b->vlan);
    g_assert_cmpuint(a->qos, ==, b->qos);
    g_assert_cmpuint(a->protocol, ==, b->protocol);
}

static void
testText(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *text = NULL;
    virPCIVFNetConfig again;

    virPCIVFNetConfigFormat(&configs[i].config, file, "net");
    text = g_key_file_to_data(file, NULL, NULL);
    g_assert_cmpstr(text, ==, configs[i].text);
    g_assert_cmpint(virPCIVFNetConfigParse(file, "net", &again), ==, 0);
    testAssertEqual(&again, &configs[i].config);
}

static const struct {
    const char *text;
    const char *key;
} refused[] = {
    {"vf-mac=52:54:00:ab:cd", "vf-mac"},
    {"vf-mac=52:54:00:ab:cd:ef:01", "vf-mac"},
    {"vf-mac=52:54:00:ab:cd:eg", "vf-mac"},
    {"vf-mac=52-54-00-ab-cd-ef", "vf-mac"},
    {"vf-mac=", "vf-mac"},
    {"vf-vlan=4096\nvf-vlan-qos=0\nvf-vlan-protocol=802.1Q", "vf-vlan"},
    {"vf-vlan=-1\nvf-vlan-qos=0\nvf-vlan-protocol=802.1Q", "vf-vlan"},
    {"vf-vlan=1\nvf-vlan-qos=8\nvf-vlan-protocol=802.1Q", "vf-vlan-qos"},
    {"vf-vlan=1\nvf-vlan-qos=0\nvf-vlan-protocol=802.3", "vf-vlan-protocol"},
    {"vf-vlan=1\nvf-vlan-qos=0", "vf-vlan-protocol"},
    {"vf-vlan-protocol=802.1Q", "vf-vlan"},
};

static void
testRefused(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autofree char *text = g_strdup_printf("[net]\n%s\n", refused[i].text);
    g_autofree char *quoted = g_strdup_printf("'%s'", refused[i].key);
    g_autoptr(GKeyFile) file = g_key_file_new();
    virPCIVFNetConfig config = {.vlan = 77};

    g_assert_true(g_key_file_load_from_data(file, text, (gsize)-1, G_KEY_FILE_NONE, NULL));
    g_assert_cmpint(virPCIVFNetConfigParse(file, "net", &config), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_PARSE_FAILED);
    g_assert_nonnull(strstr(virErrorGetMessage(), quoted));
    g_assert_cmpuint(config.vlan, ==, 77);
    virErrorReset();
}

#define TAGGED(id, priority)                                                                       \
    {                                                                                              \
        .hasVLAN = true, .vlan = (id), .qos = (priority), .protocol = ETH_P_8021Q                  \
    }

static const struct {
    const char *name;
    virPCIVFNetConfig now;
    virPCIVFNetConfig wanted;
    bool mac; /* is still to be set */
    bool vlan;
} differences[] = {
    {"nothing is wanted", {.hasMAC = true}, {0}, false, false},
    {"the same MAC", {.hasMAC = true}, {.hasMAC = true}, false, false},
    {"another MAC", {.hasMAC = true}, {.hasMAC = true, .mac = {2}}, true, false},
    {"an unknown MAC", {0}, {.hasMAC = true}, true, false},
    {"the same VLAN", TAGGED(5, 1), TAGGED(5, 1), false, false},
    {"another VLAN", TAGGED(5, 1), TAGGED(6, 1), false, true},
    {"another priority", TAGGED(5, 1), TAGGED(5, 2), false, true},
    {"no VLAN, whatever its priority", TAGGED(0, 1), TAGGED(0, 0), false, false},
    {"an unknown VLAN", {0}, TAGGED(0, 0), false, true},
    {"another protocol",
     TAGGED(5, 0),
     {.hasVLAN = true, .vlan = 5, .protocol = ETH_P_8021AD},
     false,
     true},
};

static void
testDiff(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    virPCIVFNetConfig missing = virPCIVFNetConfigDiff(&differences[i].now, &differences[i].wanted);

    g_assert_cmpint(missing.hasMAC, ==, differences[i].mac);
    g_assert_cmpint(missing.hasVLAN, ==, differences[i].vlan);
}

/* The attribute @type directly in @attr; NULL if it is not there. */
static const struct nlattr *
testFindAttr(struct nlattr *attr, int type)
{
    return nla_find(nla_data(attr), nla_len(attr), type);
}

/* What the kernel's own structures say in the request. */
static void
testRequest(void)
{
    const virPCIVFNetConfig config = configs[1].config;
    const virPCIVFNetConfig vlan = configs[3].config;
    virPCIVFNetConfig both = config;
    struct nl_msg *msg;
    struct nlattr *list;
    struct nlattr *info;
    const struct nlattr *attr;
    struct ifla_vf_mac mac;
    struct ifla_vf_vlan tag;

    both.hasVLAN = true;
    both.vlan = vlan.vlan;
    both.qos = vlan.qos;
    both.protocol = vlan.protocol;
    msg = virPCIVFNetConfigToMessage(&both, 7, 3);
    g_assert_nonnull(msg);
    g_assert_cmpint(((struct ifinfomsg *)nlmsg_data(nlmsg_hdr(msg)))->ifi_index, ==, 7);
    list = nlmsg_find_attr(nlmsg_hdr(msg), sizeof(struct ifinfomsg), IFLA_VFINFO_LIST);
    g_assert_nonnull(list);
    info = nla_data(list);
    g_assert_cmpint(nla_type(info), ==, IFLA_VF_INFO);

    g_assert_nonnull(attr = testFindAttr(info, IFLA_VF_MAC));
    memcpy(&mac, nla_data(attr), sizeof(mac));
    g_assert_cmpuint(mac.vf, ==, 3);
    g_assert_cmpmem(mac.mac, VIR_MAC_BUFLEN, config.mac, VIR_MAC_BUFLEN);
    g_assert_nonnull(attr = testFindAttr(info, IFLA_VF_VLAN));
    memcpy(&tag, nla_data(attr), sizeof(tag));
    g_assert_cmpuint(tag.vf, ==, 3);
    g_assert_cmpuint(tag.vlan, ==, 42);
    g_assert_cmpuint(tag.qos, ==, 5);
    nlmsg_free(msg);
}

/* What is not set is not asked for. */
static void
testRequestOfMAC(void)
{
    struct nl_msg *msg = virPCIVFNetConfigToMessage(&configs[1].config, 7, 0);
    struct nlattr *list =
        nlmsg_find_attr(nlmsg_hdr(msg), sizeof(struct ifinfomsg), IFLA_VFINFO_LIST);

    g_assert_nonnull(testFindAttr(nla_data(list), IFLA_VF_MAC));
    g_assert_null(testFindAttr(nla_data(list), IFLA_VF_VLAN));
    g_assert_null(testFindAttr(nla_data(list), IFLA_VF_VLAN_LIST));
    nlmsg_free(msg);
}

static void
testPutVF(struct nl_msg *msg, unsigned int index)
{
    struct nlattr *info = nla_nest_start(msg, IFLA_VF_INFO);
    struct ifla_vf_mac mac = {.vf = index, .mac = {2, 0, 0, 0, 0, (guint8)index}};
    struct ifla_vf_vlan vlan = {.vf = index, .vlan = 40 + index, .qos = index};
    struct ifla_vf_vlan_info tag = {
        .vf = index, .vlan = 40 + index, .qos = index, .vlan_proto = htons(ETH_P_8021AD)};
    struct nlattr *list;

    nla_put(msg, IFLA_VF_MAC, sizeof(mac), &mac);
    nla_put(msg, IFLA_VF_VLAN, sizeof(vlan), &vlan);
    list = nla_nest_start(msg, IFLA_VF_VLAN_LIST);
    nla_put(msg, IFLA_VF_VLAN_INFO, sizeof(tag), &tag);
    nla_nest_end(msg, list);
    nla_nest_end(msg, info);
}

static void
testTakeLink(struct nl_object *object, void *opaque)
{
    nl_object_get(object);
    *(struct rtnl_link **)opaque = (struct rtnl_link *)object;
}

/* A PF of @vfs VFs as the kernel describes it. */
static struct rtnl_link *
testMakeLink(unsigned int vfs)
{
    struct nl_msg *msg = nlmsg_alloc();
    struct ifinfomsg interface = {.ifi_index = 7};
    struct rtnl_link *link = NULL;

    nlmsg_put(msg, 0, 0, RTM_NEWLINK, 0, 0);
    nlmsg_append(msg, &interface, sizeof(interface), NLMSG_ALIGNTO);
    nla_put_string(msg, IFLA_IFNAME, "pf0");
    nla_put_u32(msg, IFLA_NUM_VF, vfs);
    if (vfs > 0) {
        struct nlattr *list = nla_nest_start(msg, IFLA_VFINFO_LIST);

        for (unsigned int i = 0; i < vfs; i++)
            testPutVF(msg, i);
        nla_nest_end(msg, list);
    }
    nlmsg_set_proto(msg, NETLINK_ROUTE);
    g_assert_cmpint(nl_msg_parse(msg, testTakeLink, &link), ==, 0);
    g_assert_nonnull(link);
    nlmsg_free(msg);
    return link;
}

static void
testAnswer(void)
{
    const virPCIVFNetConfig expected = {
        .hasMAC = true,
        .hasVLAN = true,
        .mac = {2, 0, 0, 0, 0, 2},
        .vlan = 42,
        .qos = 2,
        .protocol = ETH_P_8021AD,
    };
    struct rtnl_link *link = testMakeLink(4);
    struct rtnl_link *bare = testMakeLink(0);
    virPCIVFNetConfig found = {.vlan = 77};

    g_assert_false(virPCIVFNetConfigFromLink(link, 4, &found));
    g_assert_false(virPCIVFNetConfigFromLink(bare, 0, &found));
    g_assert_cmpuint(found.vlan, ==, 77);
    g_assert_true(virPCIVFNetConfigFromLink(link, 2, &found));
    testAssertEqual(&found, &expected);
    rtnl_link_put(bare);
    rtnl_link_put(link);
}

static virPCIDevice *
testGetDevice(testScene *scene, const char *address)
{
    virPCIDeviceAddress addr;
    virPCIDevice *dev;

    g_assert_true(virPCIDeviceAddressParse(address, &addr));
    dev = virPCIDeviceNew(testSceneGetHost(scene), &addr);
    g_assert_nonnull(dev);
    return dev;
}

static void
testAssertFails(virPCIDevice *dev, int readCode, int applyCode, const char *says)
{
    virPCIVFNetConfig found = {.vlan = 77};

    g_assert_cmpint(virPCIVFNetConfigRead(dev, &found), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, readCode);
    g_assert_nonnull(strstr(virErrorGetMessage(), says));
    g_assert_cmpuint(found.vlan, ==, 77);
    g_assert_cmpint(virPCIVFNetConfigApply(dev, &configs[1].config), ==, -1);
    g_assert_cmpint(virErrorGetLast()->code, ==, applyCode);
    g_assert_nonnull(strstr(virErrorGetMessage(), says));
    virErrorReset();
}

static void
testElsewhere(void)
{
    g_autoptr(testScene) scene = testSceneNew("holders");
    g_autoptr(virPCIDevice) dev = testGetDevice(scene, "0000:04:00.2");

    testAssertFails(dev, VIR_ERR_OPERATION_UNSUPPORTED, VIR_ERR_OPERATION_UNSUPPORTED,
                    "0000:04:00.2");
    /* Nothing to do is success anywhere. */
    g_assert_cmpint(virPCIVFNetConfigApply(dev, &configs[0].config), ==, 0);
}

/* A PF whose interface is real and knows no VFs, and one without any interface. */
static void
testInChild(testScene *scene)
{
    g_autoptr(virPCIDevice) vf = NULL;
    g_autoptr(virPCIDevice) pf = NULL;

    if (!testNetnsEnter() || !testNetnsAddInterface("enp4s0") || !testSceneEnter(scene))
        _exit(TEST_NETNS_SKIPPED);
    vf = testGetDevice(scene, "0000:04:00.2");
    pf = testGetDevice(scene, "0000:04:00.0");
    testAssertFails(vf, VIR_ERR_OPERATION_UNSUPPORTED, VIR_ERR_OPERATION_FAILED, "enp4s0");
    testAssertFails(pf, VIR_ERR_OPERATION_INVALID, VIR_ERR_OPERATION_INVALID, "0000:04:00.0");
    g_assert_cmpint(rename("/sys/bus/pci/devices/0000:04:00.0/net", "/away"), ==, 0);
    testAssertFails(vf, VIR_ERR_OPERATION_INVALID, VIR_ERR_OPERATION_INVALID,
                    "no network interface");
}

static void
testRealKernel(void)
{
    testNetnsRunInChild("holders", testInChild);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(configs); i++) {
        g_autofree char *path = g_strdup_printf("/virpcivfnet/text/%s", configs[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testText);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autofree char *path = g_strdup_printf("/virpcivfnet/refused/%zu", i);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testRefused);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(differences); i++) {
        g_autofree char *path = g_strdup_printf("/virpcivfnet/diff/%s", differences[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testDiff);
    }
    g_test_add_func("/virpcivfnet/request", testRequest);
    g_test_add_func("/virpcivfnet/request of a part", testRequestOfMAC);
    g_test_add_func("/virpcivfnet/answer", testAnswer);
    g_test_add_func("/virpcivfnet/not on another host", testElsewhere);
    g_test_add_func("/virpcivfnet/a driver without VFs", testRealKernel);
    return g_test_run();
}
