/*
 * domainnettest.c: tests of domain_net_conf: <interface>
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_device.h"
#include "testgolden.h"
#include "virerror.h"

#define SOURCE(bus)     "<source><address domain='0' bus='" bus "' slot='0' function='0'/></source>"
#define HOSTDEV(bus)    "<hostdev mode='subsystem' type='pci'>" SOURCE(bus) "</hostdev>"
#define INTERFACE(more) "<interface type='hostdev'>" SOURCE("1") more "</interface>"

static const testRefused testRefusals[] = {
    {"interface: network", "<!--D-->",
     "<interface type='network'><source network='default'/><model type='virtio'/></interface>",
     VIR_ERR_CONFIG_UNSUPPORTED,
     "line 8: unsupported configuration: attribute 'type' of <interface> is 'network'; supported: "
     "'hostdev'"},
    {"interface: no type", "<!--D-->", "<interface/>", VIR_ERR_XML_ERROR,
     "<interface> lacks the attribute 'type'"},
    {"interface: no source", "<!--D-->", "<interface type='hostdev'/>", VIR_ERR_XML_ERROR,
     "<interface> lacks <source>"},
    {"interface: source of usb", "<!--D-->",
     "<interface type='hostdev'><source><address type='usb' bus='1' slot='0'/></source>"
     "</interface>",
     VIR_ERR_CONFIG_UNSUPPORTED, "attribute 'type' of <address> is 'usb'"},
    {"interface: managed", "<!--D-->", "<interface type='hostdev' managed='1'/>",
     VIR_ERR_CONFIG_UNSUPPORTED, "attribute 'managed' of <interface> is '1'"},
    {"interface: model", "<!--D-->", INTERFACE("<model type='virtio'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "<model> in <interface> at line 8"},
    {"interface: bandwidth", "<!--D-->", INTERFACE("<bandwidth/>"), VIR_ERR_CONFIG_UNSUPPORTED,
     "<bandwidth> in <interface>"},
    {"interface: virtualport", "<!--D-->", INTERFACE("<virtualport type='802.1Qbh'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "<virtualport> in <interface>"},
    {"interface: driver", "<!--D-->", INTERFACE("<driver name='vhost'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "supported: 'vfio'"},
    {"interface: mac without an address", "<!--D-->", INTERFACE("<mac/>"), VIR_ERR_XML_ERROR,
     "<mac> lacks the attribute 'address'"},
    {"interface: mac twice", "<!--D-->",
     INTERFACE("<mac address='02:00:00:00:00:01'/><mac address='02:00:00:00:00:02'/>"),
     VIR_ERR_XML_ERROR, "<mac> is in <interface> already"},
    {"interface: five bytes", "<!--D-->", INTERFACE("<mac address='02:00:00:00:01'/>"),
     VIR_ERR_XML_ERROR, "'02:00:00:00:01' is no MAC address"},
    {"interface: mac with dashes", "<!--D-->", INTERFACE("<mac address='02-00-00-00-00-01'/>"),
     VIR_ERR_XML_ERROR, "is no MAC address"},
    {"interface: multicast", "<!--D-->", INTERFACE("<mac address='01:00:5e:00:00:01'/>"),
     VIR_ERR_XML_ERROR, "cannot have the MAC address '01:00:5e:00:00:01'"},
    {"interface: broadcast", "<!--D-->", INTERFACE("<mac address='ff:ff:ff:ff:ff:ff'/>"),
     VIR_ERR_XML_ERROR, "cannot have the MAC address"},
    {"interface: mac of zeros", "<!--D-->", INTERFACE("<mac address='00:00:00:00:00:00'/>"),
     VIR_ERR_XML_ERROR, "cannot have the MAC address"},
    {"interface: vlan without a tag", "<!--D-->", INTERFACE("<vlan/>"), VIR_ERR_XML_ERROR,
     "<vlan> lacks <tag"},
    {"interface: tag without id", "<!--D-->", INTERFACE("<vlan><tag/></vlan>"), VIR_ERR_XML_ERROR,
     "<tag> lacks the attribute 'id'"},
    {"interface: vlan 4096", "<!--D-->", INTERFACE("<vlan><tag id='4096'/></vlan>"),
     VIR_ERR_XML_ERROR, "a number from 0 to 4095"},
    {"interface: two tags", "<!--D-->", INTERFACE("<vlan><tag id='1'/>\n<tag id='2'/></vlan>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "line 9: unsupported configuration: more than one <tag>"},
    {"interface: trunk", "<!--D-->", INTERFACE("<vlan trunk='yes'><tag id='1'/></vlan>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "trunk='yes' of <vlan>"},
    {"interface: native mode", "<!--D-->",
     INTERFACE("<vlan><tag id='1' nativeMode='tagged'/></vlan>"), VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'nativeMode' of <tag>"},
    {"interface: a device twice", "<!--D-->", INTERFACE("") "\n" INTERFACE(""), VIR_ERR_XML_ERROR,
     "line 9: host device 0000:01:00.0 is given twice"},
    {"interface: a device that is a hostdev too", "<!--D-->", HOSTDEV("1") "\n" INTERFACE(""),
     VIR_ERR_XML_ERROR, "line 8: host device 0000:01:00.0 is given twice"},
};

static char *
testRoundTrip(const char *text)
{
    g_autoptr(virDomainDef) def = virDomainDefParse(text, strlen(text), "guest.xml");

    return def ? virDomainDefFormat(def, 0) : NULL;
}

/* A guest with these devices; caller frees. */
static char *
testMakeGuest(const char *devices)
{
    return g_strdup_printf("<domain type='kvm'><name>g</name><memory unit='MiB'>512</memory>"
                           "<os><type>hvm</type></os><devices>%s</devices></domain>",
                           devices);
}

/* Made up as libvirt does it, another one each time, and then kept. */
static void
testMakesMAC(void)
{
    g_autofree char *text = testMakeGuest(INTERFACE(""));
    g_autofree char *printed = testRoundTrip(text);
    g_autofree char *again = testRoundTrip(printed);
    g_autofree char *other = testRoundTrip(text);

    g_assert_nonnull(strstr(printed, "<mac address='52:54:00:"));
    g_assert_cmpstr(strstr(again, "<mac"), ==, strstr(printed, "<mac"));
    g_assert_cmpstr(strstr(other, "<mac"), !=, strstr(printed, "<mac"));
}

static void
testBootOrder(void)
{
    g_autofree char *text = testMakeGuest(INTERFACE("<boot order='2'/><rom bar='off'/>"));
    g_autofree char *printed = testRoundTrip(text);

    g_assert_nonnull(strstr(printed, "<boot order='2'/>"));
    g_assert_nonnull(strstr(printed, "<rom bar='off'/>"));
}

/* As a device by itself, for hotplug. */
static void
testAlone(void)
{
    static const char text[] = INTERFACE("<mac address='02:00:00:00:00:01'/>");
    static const char wrong[] = "<interface type='udp'/>";
    g_autofree char *guest = testMakeGuest("");
    g_autoptr(virDomainDef) def = virDomainDefParse(guest, strlen(guest), "guest.xml");
    g_autoptr(virXMLDoc) doc = virXMLParse(text, strlen(text), "device.xml");
    g_autoptr(virXMLDoc) refused = virXMLParse(wrong, strlen(wrong), "device.xml");
    virDomainDeviceDef dev;

    g_assert_cmpint(virDomainDeviceParseXML(virXMLGetRoot(doc), def, &dev), ==, 0);
    g_assert_cmpint(dev.type, ==, VIR_DOMAIN_DEVICE_HOSTDEV);
    g_assert_cmpint(dev.data.hostdev->parentNet->mac[5], ==, 1);
    virDomainDeviceFree(&dev);
    g_assert_cmpint(virDomainDeviceParseXML(virXMLGetRoot(refused), def, &dev), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "'udp'; supported: 'hostdev'"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    testRefusedAdd("/domainnet/refused", testRefusals, G_N_ELEMENTS(testRefusals));
    g_test_add_func("/domainnet/makes a MAC", testMakesMAC);
    g_test_add_func("/domainnet/boot order", testBootOrder);
    g_test_add_func("/domainnet/alone", testAlone);
    return g_test_run();
}
