/*
 * nodedevicetest.c: tests of node_device_driver and node_device_net, with odd devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>
#include <glib/gstdio.h>
#include <libxml/parser.h>

#include "node_device_driver.h"
#include "testscene.h"
#include "virerror.h"

#define TEST_CARD "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/"

static const struct {
    unsigned int flags;
    const char *expected; /* NULL: refused */
} lists[] = {
    {0, "computer pci_0000_00_01_0 pci_0000_00_02_0 pci_0000_00_0e_0 pci_0000_01_00_0 "
        "pci_0000_01_00_2 pci_10000_e1_00_0 net_br0_1_52_54_00_00_00_02 "
        "net_enp0s2_52_54_00_00_00_02 net_ens1f0np0_0c_42_a1_00_00_01 "
        "net_ib0_80_00_02_08_fe_80_00_00_00_00_00_00_0c_42_a1_03_00_00_00_01 net_tun0 "
        "net_wlan0_52_54_00_00_00_03"},
    {VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM, "computer"},
    {VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPD, "pci_0000_01_00_0"},
    {VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE, ""},
    {VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE, ""},
    {VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM | VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE, ""},
    {VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM | VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE |
         VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE,
     "computer"},
    {1 << 22, NULL},
    {1 << 29 | VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM, NULL},
};

static testScene *
testHost(void)
{
    testScene *scene = testSceneNew("node-devices");

    testSceneWrite(scene, TEST_CARD "vpd",
                   "\x82\x04\x01"
                   "Card"); /* cut off; its start is fine */
    testSceneWrite(scene, "sys/devices/pci0000:00/0000:00:02.0/vpd", "no VPD");
    return scene;
}

static void
testList(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testScene) scene = testHost();
    g_auto(GStrv) names = virNodeDeviceListNames(testSceneGetHost(scene), lists[i].flags);
    g_autofree char *text = names ? g_strjoinv(" ", names) : NULL;

    g_assert_cmpstr(text, ==, lists[i].expected);
    if (!text)
        g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_INVALID_ARG);
}

static const struct {
    const char *name;
    const char *parent; /* NULL: none; "": there is no such device */
    const char *caps;
} devices[] = {
    {"computer", NULL, "system"},
    {"pci_0000_00_01_0", "computer", "pci"},
    {"pci_0000_01_00_0", "pci_0000_00_01_0", "pci vpd"},
    {"pci_0000_01_00_2", "pci_0000_00_01_0", "pci"},
    {"pci_10000_e1_00_0", "pci_0000_00_0e_0", "pci"},
    {"net_ens1f0np0_0c_42_a1_00_00_01", "pci_0000_01_00_0", "net"},
    {"net_enp0s2_52_54_00_00_00_02", "pci_0000_00_02_0", "net"},
    {"net_br0_1_52_54_00_00_00_02", "computer", "net"},
    {"net_tun0", "computer", "net"},
    {"net_ib0_80_00_02_08_fe_80_00_00_00_00_00_00_0c_42_a1_03_00_00_00_01", "computer", "net"},
    {"net_", "", NULL},
    {"net_ens1f0np0", "", NULL},
    {"net_ens1f0np0_0c_42_a1_00_00_02", "", NULL},
    {"net_ens1f0np0_0C_42_A1_00_00_01", "", NULL},
    {"net_br0.1_52_54_00_00_00_02", "", NULL},
    {"net_../net/tun0", "", NULL},
    {"net_bonding_masters", "", NULL},
    {"pci_0000_01_00_1", "", NULL},
    {"", "", NULL},
};

static void
testDevice(const void *opaque)
{
    size_t i = GPOINTER_TO_SIZE(opaque);
    g_autoptr(testScene) scene = testHost();
    virPCIHost *host = testSceneGetHost(scene);
    g_autoptr(virNodeDeviceDef) def = virNodeDeviceDescribe(host, devices[i].name);
    g_auto(GStrv) caps = virNodeDeviceFindCaps(host, devices[i].name);
    g_autofree char *parent = NULL;
    g_autofree char *text = NULL;
    int rc = virNodeDeviceLookup(host, devices[i].name, NULL);

    if (g_strcmp0(devices[i].parent, "") == 0) {
        g_assert_cmpint(rc, ==, -1);
        g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_NO_NODE_DEVICE);
        g_assert_null(def);
        g_assert_null(caps);
        return;
    }
    g_assert_cmpint(rc, ==, 0);
    parent = virNodeDeviceFindParent(host, devices[i].name);
    g_assert_cmpstr(parent, ==, devices[i].parent);
    g_assert_cmpstr(def->name, ==, devices[i].name);
    g_assert_cmpstr(def->parent, ==, devices[i].parent);
    text = g_strjoinv(" ", caps);
    g_assert_cmpstr(text, ==, devices[i].caps);
}

/* A device that is no PCI device is not taken for one, whatever it hangs on. */
static void
testNoPCIDevice(void)
{
    static const char *const names[] = {"computer", "net_ens1f0np0_0c_42_a1_00_00_01"};
    g_autoptr(testScene) scene = testHost();

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        virPCIDeviceAddress addr;

        g_assert_cmpint(virNodeDeviceLookup(testSceneGetHost(scene), names[i], &addr), ==, -1);
        g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_INVALID_ARG);
        g_assert_nonnull(strstr(virErrorGetMessage(), "is not a PCI device"));
    }
}

static void
testCapNames(void)
{
    unsigned int flag = 0;

    g_assert_cmpint(virNodeDeviceCapFlag("system", &flag), ==, 0);
    g_assert_cmpuint(flag, ==, VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM);
    g_assert_cmpint(virNodeDeviceCapFlag("net", &flag), ==, 0);
    g_assert_cmpuint(flag, ==, VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET);
    g_assert_cmpint(virNodeDeviceCapFlag("ap_matrix", &flag), ==, 0);
    g_assert_cmpuint(flag, ==, VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_MATRIX);
    g_assert_cmpint(virNodeDeviceCapFlag("vpd", &flag), ==, 0);
    g_assert_cmpuint(flag, ==, VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPD);
    g_assert_cmpint(virNodeDeviceCapFlag("vfio", &flag), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "no capability 'vfio'"));
    g_assert_cmpuint(flag, ==, VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPD);
}

/* Of any device there is XML that can be parsed. */
static char *
testFormat(testScene *scene, const char *name)
{
    g_autoptr(virNodeDeviceDef) def = virNodeDeviceDescribe(testSceneGetHost(scene), name);
    g_autofree char *xml = NULL;
    xmlDoc *doc;

    g_assert_nonnull(def);
    xml = virNodeDeviceDefFormat(def);
    doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET);
    g_assert_nonnull(doc);
    xmlFreeDoc(doc);
    return g_steal_pointer(&xml);
}

static void
testVPD(void)
{
    g_autoptr(testScene) scene = testSceneNew("node-devices");
    g_autofree char *path = testScenePath(scene, TEST_CARD "vpd");
    g_autofree char *xml = NULL;
    g_autofree char *corpus =
        g_build_filename(g_getenv("abs_top_srcdir"), "tests/fuzz/corpus/pcivpdfuzz/good", NULL);
    g_autofree char *data = NULL;
    gsize len;

    g_assert_true(g_file_get_contents(corpus, &data, &len, NULL));
    g_assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
    xml = testFormat(scene, "pci_0000_01_00_0");
    g_assert_nonnull(strstr(xml, "    <capability type='vpd'>\n"
                                 "      <name>ConnectX-6 Dx EN</name>\n"
                                 "      <fields access='readonly'>\n"
                                 "        <change_level>A9</change_level>\n"
                                 "        <manufacture_id>15b3</manufacture_id>\n"
                                 "        <part_number>MCX623106AN</part_number>\n"
                                 "        <serial_number>MT2116X09299</serial_number>\n"
                                 "        <vendor_field index='0'>PCIeGen4 x16</vendor_field>\n"
                                 "      </fields>\n"
                                 "      <fields access='readwrite'>\n"
                                 "        <asset_tag>rack 7</asset_tag>\n"
                                 "        <vendor_field index='1'>note</vendor_field>\n"
                                 "        <system_field index='0'>system</system_field>\n"
                                 "      </fields>\n"
                                 "    </capability>\n"));
}

/* Files that are directories, or hold what is no text, are as good as absent. */
static void
testUnreadable(void)
{
    static const char *const files[] = {"vendor",    "device",         "class",  "max_link_speed",
                                        "numa_node", "sriov_totalvfs", "config", "vpd"};
    g_autoptr(testScene) scene = testSceneNew("node-devices");

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *below = g_strconcat(TEST_CARD, files[i], NULL);
        g_autofree char *path = testScenePath(scene, below);

        testSceneWrite(scene, below, "\xff\xfe\x01");
        g_free(testFormat(scene, "pci_0000_01_00_0"));
        g_assert_cmpint(g_unlink(path), ==, 0);
        g_assert_cmpint(g_mkdir(path, 0755), ==, 0);
        g_free(testFormat(scene, "pci_0000_01_00_0"));
    }
}

static void
testOddTexts(void)
{
    g_autoptr(testScene) scene = testSceneNew("node-devices");
    g_autofree char *xml = NULL;

    testSceneWrite(scene, "sys/class/dmi/id/sys_vendor", "A\x01<&>\x1f\x7f");
    testSceneWrite(scene, "sys/class/dmi/id/product_name", "\xff");
    xml = testFormat(scene, "computer");
    g_assert_nonnull(strstr(xml, "<vendor>A &lt;&amp;&gt; \x7f</vendor>"));
    g_assert_null(strstr(xml, "<product>"));
}

/* The kernel lets an interface have any bytes but blanks, slashes and colons. */
static void
testOddInterface(void)
{
    g_autoptr(testScene) scene = testSceneNew("node-devices");
    g_autofree char *directory = testScenePath(scene, "sys/devices/virtual/net/\xff<\x01");
    g_autofree char *link = testScenePath(scene, "sys/class/net/\xff<\x01");
    g_autofree char *file = g_build_filename(directory, "address", NULL);
    g_autofree char *xml = NULL;

    g_assert_cmpint(g_mkdir(directory, 0755), ==, 0);
    g_assert_true(g_file_set_contents(file, "52:54:00:00:00:09\n", -1, NULL));
    g_assert_cmpint(symlink("../../devices/virtual/net/\xff<\x01", link), ==, 0);
    xml = testFormat(scene, "net_____52_54_00_00_00_09");
    g_assert_nonnull(strstr(xml, "<address>52:54:00:00:00:09</address>"));
    g_assert_nonnull(strstr(xml, "<parent>computer</parent>"));
}

/* --- a device that vanishes in the middle ----------------------------------------------------- */

typedef struct {
    testScene *scene;
    gint stop;
} testRace;

static gpointer
testComeAndGo(gpointer opaque)
{
    testRace *race = opaque;
    g_autofree char *card = testScenePath(race->scene, "sys/bus/pci/devices/0000:01:00.0");
    g_autofree char *net = testScenePath(race->scene, "sys/class/net/ens1f0np0");
    g_autofree char *cardTarget = g_file_read_link(card, NULL);
    g_autofree char *netTarget = g_file_read_link(net, NULL);

    while (!g_atomic_int_get(&race->stop)) {
        g_assert_cmpint(g_unlink(card), ==, 0);
        g_assert_cmpint(g_unlink(net), ==, 0);
        g_assert_cmpint(symlink(cardTarget, card), ==, 0);
        g_assert_cmpint(symlink(netTarget, net), ==, 0);
    }
    return NULL;
}

static void
testVanishing(void)
{
    static const char *const names[] = {"pci_0000_01_00_0", "net_ens1f0np0_0c_42_a1_00_00_01"};
    g_autoptr(testScene) scene = testHost();
    testRace race = {.scene = scene};
    virPCIHost *host = testSceneGetHost(scene);
    GThread *thread = g_thread_new("come and go", testComeAndGo, &race);

    for (guint i = 0; i < 400; i++) {
        g_autoptr(virNodeDeviceDef) def = virNodeDeviceDescribe(host, names[i % 2]);
        g_autofree char *parent = virNodeDeviceFindParent(host, names[i % 2]);
        g_auto(GStrv) all = virNodeDeviceListNames(host, 0);
        g_autofree char *xml = def ? virNodeDeviceDefFormat(def) : NULL;

        g_assert_nonnull(parent);
        g_assert_cmpuint(g_strv_length(all), >=, 11);
        if (!xml)
            g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_NO_NODE_DEVICE);
    }
    g_atomic_int_set(&race.stop, TRUE);
    g_thread_join(thread);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autofree char *path = g_strdup_printf("/nodedevice/list 0x%x", lists[i].flags);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testList);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(devices); i++) {
        g_autofree char *path = g_strdup_printf("/nodedevice/device '%s'", devices[i].name);

        g_strdelimit(path + strlen("/nodedevice/"), "/", '|');
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testDevice);
    }
    g_test_add_func("/nodedevice/an interface is not its PCI device", testNoPCIDevice);
    g_test_add_func("/nodedevice/names of capabilities", testCapNames);
    g_test_add_func("/nodedevice/vital product data", testVPD);
    g_test_add_func("/nodedevice/files that cannot be read", testUnreadable);
    g_test_add_func("/nodedevice/texts of the firmware", testOddTexts);
    g_test_add_func("/nodedevice/an interface without a name of text", testOddInterface);
    g_test_add_func("/nodedevice/devices that vanish meanwhile", testVanishing);
    return g_test_run();
}
