/*
 * domaindevicetest.c: tests of domain_device: names, look-up, devices by themselves, hot-plug
 * places
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <time.h>

#include "domain_address.h"
#include "domain_device_find.h"
#include "virerror.h"

#define HOSTDEV(bus, more)                                                                         \
    "<hostdev mode='subsystem' type='pci'><source><address bus='" bus "' slot='0'/></source>" more \
    "</hostdev>"

static virDomainDef *
testDef(const char *devices)
{
    g_autofree char *text =
        g_strdup_printf("<domain type='kvm'><name>g</name><memory unit='MiB'>512</memory>"
                        "<os><type>hvm</type></os><devices>%s</devices></domain>",
                        devices);
    virDomainDef *def = virDomainDefParse(text, strlen(text), "guest.xml");

    if (!def)
        g_error("%s", virErrorGetMessage());
    return def;
}

/* The device that an XML text is, for @def; NULL with an error reported. */
static bool
testParse(const char *text, const virDomainDef *def, virDomainDeviceDef *dev)
{
    g_autoptr(virXMLDoc) doc = virXMLParse(text, strlen(text), "device.xml");

    return virDomainDeviceParseXML(virXMLGetRoot(doc), def, dev) == 0;
}

static void
testFindsByAlias(void)
{
    g_autoptr(virDomainDef) def =
        testDef(HOSTDEV("1", "<alias name='ua-nic'/>") HOSTDEV("2", "") "<serial type='stdio'/>");
    virDomainDeviceDef dev = {.type = VIR_DOMAIN_DEVICE_LAST};

    g_assert_true(virDomainDeviceFindByAlias(def, "ua-nic", &dev));
    g_assert_cmpint(dev.type, ==, VIR_DOMAIN_DEVICE_HOSTDEV);
    g_assert_cmpuint(dev.data.hostdev->source.bus, ==, 1);
    g_assert_true(virDomainDeviceFindByAlias(def, "hostdev1", &dev));
    g_assert_cmpuint(dev.data.hostdev->source.bus, ==, 2);
    g_assert_true(virDomainDeviceFindByAlias(def, "serial0", &dev));
    g_assert_true(virDomainDeviceFindByAlias(def, "pcie.0", &dev));
    g_assert_true(virDomainDeviceFindByAlias(def, "pci.1", &dev));
    g_assert_false(virDomainDeviceFindByAlias(def, "hostdev0", &dev));
}

static void
testNamesAreFree(void)
{
    g_autoptr(virDomainDef) def = testDef(HOSTDEV("1", "") HOSTDEV("2", "") HOSTDEV("3", ""));
    virDomainDeviceDef dev;

    /* The second one is gone; the next one is not called as the third. */
    g_ptr_array_remove_index(def->hostdevs, 1);
    g_assert_true(testParse(HOSTDEV("4", ""), def, &dev));
    g_ptr_array_add(def->hostdevs, dev.data.hostdev);
    virDomainDeviceAssignAlias(def, &dev);
    g_assert_cmpstr(dev.info->alias, ==, "hostdev3");
}

static void
testLiveNames(void)
{
    g_autoptr(virDomainDef) def = testDef(HOSTDEV("1", "") HOSTDEV("2", "<alias name='ua-x'/>"));
    g_autoptr(virDomainDef) live = NULL;
    g_autoptr(virDomainDef) config = NULL;
    g_autofree char *inactive = NULL;
    g_autofree char *running = NULL;
    virDomainDeviceDef dev;

    inactive = virDomainDefFormat(def, 0);
    g_assert_null(strstr(inactive, "hostdev0"));
    g_assert_nonnull(strstr(inactive, "<alias name='ua-x'/>"));

    def->id = 1;
    g_ptr_array_remove_index(def->hostdevs, 0);
    g_assert_true(testParse(HOSTDEV("3", ""), def, &dev));
    g_ptr_array_insert(def->hostdevs, 0, dev.data.hostdev);
    dev.info->alias = g_strdup("hostdev7");
    running = virDomainDefFormat(def, 0);
    g_assert_nonnull(strstr(running, "<alias name='hostdev7'/>"));
    live = virDomainDefParseLive(running, strlen(running), "live.xml");
    g_assert_true(virDomainDeviceFindByAlias(live, "hostdev7", &dev));
    config = virDomainDefParse(running, strlen(running), "config.xml");
    g_assert_true(virDomainDeviceFindByAlias(config, "hostdev0", &dev));
    g_assert_true(virDomainDeviceFindByAlias(config, "ua-x", &dev));
}

static void
testDeviceByItself(void)
{
    g_autoptr(virDomainDef) def = testDef(HOSTDEV("1", ""));
    virDomainDeviceDef dev = {.type = VIR_DOMAIN_DEVICE_LAST};
    g_autofree char *name = NULL;

    g_assert_true(testParse(HOSTDEV("2", ""), def, &dev));
    name = virDomainDeviceDescribe(&dev);
    g_assert_cmpstr(name, ==, "host device 0000:02:00.0");
    virDomainDeviceFree(&dev);
    g_assert_false(testParse(HOSTDEV("1", ""), def, &dev));
    g_assert_nonnull(strstr(virErrorGetMessage(), "host device 0000:01:00.0 is given twice"));
    g_assert_false(testParse("<hostdev mode='subsystem' type='pci' x='1'/>", def, &dev));
    g_assert_nonnull(strstr(virErrorGetMessage(), "attribute 'x' of <hostdev> at line 1"));
    g_assert_false(testParse("<emulator>/q</emulator>", def, &dev));
    g_assert_nonnull(strstr(virErrorGetMessage(), "<emulator> as a device by itself"));
    virErrorReset();
}

static void
testHotplugPlaces(void)
{
    static const char *const texts[] = {HOSTDEV("2", ""), HOSTDEV("3", ""), HOSTDEV("4", ""),
                                        HOSTDEV("5", ""), HOSTDEV("6", "")};
    g_autoptr(virDomainDef) def = testDef(HOSTDEV("1", ""));
    guint controllers = def->controllers->len;

    /* There are four spare root ports. */
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        virDomainDeviceDef dev;

        g_assert_true(testParse(texts[i], def, &dev));
        g_assert_cmpint(virDomainAssignDeviceAddress(def, &dev), ==, i < 4 ? 0 : -1);
        if (i < 4) {
            g_assert_cmpuint(dev.info->addr.pci.bus, ==, i + 3);
            g_ptr_array_add(def->hostdevs, dev.data.hostdev);
        } else {
            virDomainDeviceFree(&dev);
        }
    }
    g_assert_nonnull(strstr(virErrorGetMessage(), "no PCI slot is free for host device"));
    g_assert_cmpuint(def->controllers->len, ==, controllers);
    virErrorReset();
}

static void
testHotplugConflict(void)
{
    g_autoptr(virDomainDef) def = testDef(HOSTDEV("1", ""));
    virDomainDeviceDef dev;

    g_assert_true(testParse(HOSTDEV("2", "<address type='pci' bus='1' slot='0'/>"), def, &dev));
    g_assert_cmpint(virDomainAssignDeviceAddress(def, &dev), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "host device 0000:01:00.0 is there"));
    dev.info->addr.pci.bus = 99;
    g_assert_cmpint(virDomainAssignDeviceAddress(def, &dev), ==, -1);
    g_assert_nonnull(strstr(virErrorGetMessage(), "there is no PCI bus 99"));
    virDomainDeviceFree(&dev);
    virErrorReset();
}

/* How much memory a balloon leaves a running guest is the guest's word: it has no say in whether
 * its devices are found. */
static void
testFindsInABalloonedGuest(void)
{
    g_autoptr(virDomainDef) def = testDef(HOSTDEV("1", "") HOSTDEV("2", ""));
    g_autoptr(virXMLDoc) doc = virXMLParse(HOSTDEV("2", ""), strlen(HOSTDEV("2", "")), "d.xml");
    virDomainDeviceDef dev;

    def->id = 1;
    def->mem.current_kib = def->mem.total_kib / 2;
    if (virDomainDeviceFindByXML(def, virXMLGetRoot(doc), &dev) < 0)
        g_error("%s", virErrorGetMessage());
    g_assert_cmpuint(dev.data.hostdev->source.bus, ==, 2);
}

static unsigned int
testCountControllers(const virDomainDef *def, int model)
{
    unsigned int count = 0;

    for (guint i = 0; i < def->controllers->len; i++) {
        const virDomainControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->type == VIR_DOMAIN_CONTROLLER_TYPE_PCI && controller->model == model)
            count++;
    }
    return count;
}

/* Slots 2 to 30 of bus 0 and 1 to 30 of a bridge: each keeps its last one for a bridge, and the
 * balloon has one. */
static void
testBridgesOnPC(void)
{
    static const struct {
        unsigned int hostdevs;
        unsigned int bridges;
    } tests[] = {{28, 0}, {29, 1}, {58, 1}, {59, 2}};

    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autoptr(GString) text =
            g_string_new("<domain type='kvm'><name>g</name><memory unit='MiB'>512</memory>"
                         "<os><type machine='pc'>hvm</type></os><devices>");
        g_autoptr(virDomainDef) def = NULL;
        g_autoptr(virDomainDef) again = NULL;
        g_autofree char *out = NULL;
        g_autofree char *second = NULL;

        for (unsigned int n = 0; n < tests[i].hostdevs; n++)
            g_string_append_printf(text,
                                   "<hostdev mode='subsystem' type='pci'><source>"
                                   "<address bus='%u' slot='0'/></source></hostdev>",
                                   n);
        g_string_append(text, "</devices></domain>");
        if (!(def = virDomainDefParse(text->str, text->len, "guest.xml")))
            g_error("%s", virErrorGetMessage());
        g_assert_cmpuint(testCountControllers(def, VIR_DOMAIN_CONTROLLER_PCI_BRIDGE), ==,
                         tests[i].bridges);
        g_assert_cmpuint(testCountControllers(def, VIR_DOMAIN_CONTROLLER_PCIE_ROOT_PORT), ==, 0);
        out = virDomainDefFormat(def, 0);
        again = virDomainDefParse(out, strlen(out), "again.xml");
        second = virDomainDefFormat(again, 0);
        g_assert_cmpstr(second, ==, out);
    }
}

/* A place that a device has left is for the next one; all others stay. */
static void
testPlacesStay(void)
{
    g_autoptr(virDomainDef) def = testDef(HOSTDEV("1", "") HOSTDEV("2", "") HOSTDEV("3", ""));
    g_autoptr(virDomainDef) again = NULL;
    g_autofree char *out = NULL;
    g_auto(GStrv) parts = NULL;
    g_autofree char *text = NULL;

    g_ptr_array_remove_index(def->hostdevs, 0);
    out = virDomainDefFormat(def, 0);
    parts = g_strsplit(out, "</devices>", 2);
    text = g_strjoinv(HOSTDEV("4", "") HOSTDEV("5", "") "</devices>", parts);
    again = virDomainDefParse(text, strlen(text), "again.xml");
    for (guint i = 0; i < 4; i++) {
        static const unsigned int buses[] = {2, 3, 1, 5};
        const virDomainHostdevDef *hostdev = g_ptr_array_index(again->hostdevs, i);

        g_assert_cmpuint(hostdev->info.addr.pci.bus, ==, buses[i]);
    }
    g_assert_cmpuint(again->controllers->len, ==, def->controllers->len);
}

/* Time of this process's own, whatever else the machine does. */
static double
testGetProcessorTime(void)
{
    struct timespec now;

    g_assert_cmpint(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), ==, 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A document of 150 KiB: with time that grows with the third power it would take half a minute. */
static void
testManyPorts(void)
{
    const int count = 2500;
    g_autoptr(GString) xml = g_string_new("<domain type='qemu'><name>g</name><memory>65536</memory>"
                                          "<os><type machine='q35'>hvm</type></os><devices>");
    g_autoptr(virDomainDef) def = NULL;
    const virDomainChrDef *last;
    double begin = testGetProcessorTime();

    for (int i = 0; i < count; i++)
        g_string_append_printf(
            xml, "<channel type='null'><target type='virtio' name='c%d'/></channel>", i);
    g_string_append(xml, "</devices></domain>");
    def = virDomainDefParse(xml->str, xml->len, "many.xml");
    if (!def)
        g_error("%s", virErrorGetMessage());
    g_assert_cmpfloat(testGetProcessorTime() - begin, <, 8);
    last = g_ptr_array_index(def->channels, count - 1);
    g_assert_cmpuint(last->info.addr.virtioSerial.controller, ==, (count - 1) / 30);
    g_assert_cmpuint(last->info.addr.virtioSerial.port, ==, (count - 1) % 30 + 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domaindevice/finds devices of all families by name", testFindsByAlias);
    g_test_add_func("/domaindevice/a new name is one that is free", testNamesAreFree);
    g_test_add_func("/domaindevice/our names are in live XML only", testLiveNames);
    g_test_add_func("/domaindevice/a device by itself is checked against a guest",
                    testDeviceByItself);
    g_test_add_func("/domaindevice/hot-plug takes spare root ports and makes none",
                    testHotplugPlaces);
    g_test_add_func("/domaindevice/hot-plug refuses an address that cannot be",
                    testHotplugConflict);
    g_test_add_func("/domaindevice/a guest's balloon does not hide its devices",
                    testFindsInABalloonedGuest);
    g_test_add_func("/domaindevice/a pc gets bridges when bus 0 is full", testBridgesOnPC);
    g_test_add_func("/domaindevice/devices stay where they are", testPlacesStay);
    g_test_add_func("/domaindevice/thousands of ports take no time to speak of", testManyPorts);
    return g_test_run();
}
