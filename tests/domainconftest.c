/*
 * domainconftest.c: tests of domain_conf and what it is made of: XML in, XML out, XML refused
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <gio/gio.h>

#include "domain_conf.h"
#include "testgolden.h"
#include "virerror.h"

/* domainconfdata/NAME.xml in, domainconfdata/NAME.out.xml out; libvirt's schema takes what comes
 * out unless NAME begins with "beyond-". */
#define TEST_DATA "domainconfdata"

/* The XML that a definition is printed as, or NULL and the error; caller frees. */
static char *
testRoundTrip(const char *text)
{
    g_autoptr(virDomainDef) def = virDomainDefParse(text, strlen(text), "guest.xml");

    return def ? virDomainDefFormat(def, 0) : NULL;
}

static void
testGoldenFile(const void *opaque)
{
    const char *name = opaque;
    g_autofree char *in = g_strdup_printf("%s.xml", name);
    g_autofree char *out = g_strdup_printf("%s.out.xml", name);
    g_autofree char *text = testGoldenRead(TEST_DATA, in);
    g_autofree char *actual = testRoundTrip(text);
    g_autofree char *again = NULL;

    if (!actual)
        g_error("%s", virErrorGetMessage());
    testGoldenCompare(TEST_DATA, out, actual);
    again = testRoundTrip(actual);
    g_assert_cmpstr(again, ==, actual);
    testSchemaAccepts(text);
    testSchemaAccepts(actual);
}

/* libvirt's own schema, where it is installed, takes what we print. */
static void
testLibvirtSchema(const void *opaque)
{
    const char *schema = "/usr/share/libvirt/schemas/domain.rng";
    g_autofree char *xmllint = g_find_program_in_path("xmllint");
    g_auto(GStrv) names = testGoldenNames(TEST_DATA, ".out.xml", "\n");
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GSubprocess) child = NULL;
    g_autofree char *output = NULL;

    g_assert_null(opaque);
    if (!xmllint || !g_file_test(schema, G_FILE_TEST_EXISTS)) {
        g_test_skip("needs xmllint and libvirt's schemas (libxml2-utils, libvirt0)");
        return;
    }
    g_ptr_array_add(argv, g_strdup(xmllint));
    g_ptr_array_add(argv, g_strdup("--noout"));
    g_ptr_array_add(argv, g_strdup("--relaxng"));
    g_ptr_array_add(argv, g_strdup(schema));
    for (size_t i = 0; names[i]; i++) {
        g_autofree char *file = g_strdup_printf("%s.out.xml", names[i]);

        if (!g_str_has_prefix(names[i], "beyond-"))
            g_ptr_array_add(argv, testGoldenPath(TEST_DATA, file));
    }
    g_ptr_array_add(argv, NULL);
    child =
        g_subprocess_newv((const char *const *)argv->pdata, G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL);
    g_assert_nonnull(child);
    g_assert_true(g_subprocess_communicate_utf8(child, NULL, NULL, NULL, &output, NULL));
    if (!g_subprocess_get_successful(child))
        g_error("%s", output);
}

static void
testMakesUUID(void)
{
    g_autofree char *minimal = testGoldenRead(TEST_DATA, "minimal.xml");
    g_auto(GStrv) parts =
        g_strsplit(minimal, "<uuid>C9C1B2A4-0D2F-4B5E-9C53-0F1F2AC7D0F1</uuid>", 2);
    g_autofree char *text = g_strjoinv("", parts);
    g_autoptr(virDomainDef) first = virDomainDefParse(text, strlen(text), "guest.xml");
    g_autoptr(virDomainDef) second = virDomainDefParse(text, strlen(text), "guest.xml");

    g_assert_true(g_uuid_string_is_valid(first->uuid));
    g_assert_cmpstr(first->uuid, !=, second->uuid);
}

#define SUBSYSTEM          "<hostdev mode='subsystem' type='pci'>"
#define SOURCE(bus)        "<source><address domain='0' bus='" bus "' slot='0' function='0'/></source>"
#define HOSTDEV(bus, more) SUBSYSTEM SOURCE(bus) more "</hostdev>"
#define GUEST_ADDRESS(bus, slot, function)                                                         \
    "<address type='pci' bus='" bus "' slot='" slot "' function='" function "'/>"
#define PORT(index, more)                                                                          \
    "<controller type='pci' model='pcie-root-port' " index ">" more "</controller>"

static const testRefused testRefusals[] = {
    {"filesystem", "<!--D-->", "<filesystem/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<filesystem> in <devices> at line 8"},
    {"controller: ccid", "<!--D-->", "<controller type='ccid'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'type' of <controller> is 'ccid'"},
    {"controller: usb of an unknown model", "<!--D-->",
     "<controller type='usb' model='vt82c686b'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'model' of <controller> is 'vt82c686b'"},
    {"controller: usb with two of an index", "<!--D-->",
     "<controller type='usb' index='0'/><controller type='usb' index='0' model='nec-xhci'/>",
     VIR_ERR_XML_ERROR, "usb controller 0: there are two with that index"},
    {"controller: usb none and another", "<!--D-->",
     "<controller type='usb' model='none'/><controller type='usb'/>", VIR_ERR_XML_ERROR,
     "model 'none' says that there are no USB controllers"},
    {"controller: companion alone", "<!--D-->", "<controller type='usb' model='ich9-uhci1'/>",
     VIR_ERR_XML_ERROR, "an ich9-uhci belongs to an ich9-ehci1"},
    {"controller: ports of an ehci", "<!--D-->",
     "<controller type='usb' model='ich9-ehci1' ports='4'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'ports' of <controller> of a controller that is a ich9-ehci1"},
    {"controller: sixteen ports of an xhci", "<!--D-->",
     "<controller type='usb' model='qemu-xhci' ports='16'/>", VIR_ERR_XML_ERROR,
     "a number from 0 to 15"},
    {"controller: scsi of an unknown model", "<!--D-->",
     "<controller type='scsi' model='vmpvscsi'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "supported: 'virtio-scsi', 'lsilogic'"},
    {"controller: ide on q35", "<!--D-->", "<controller type='ide' index='0'/>", VIR_ERR_XML_ERROR,
     "ide controller 0: machine type pc has one IDE controller"},
    {"controller: sata 0 elsewhere", "<!--D-->",
     "<controller type='sata' index='0'>" GUEST_ADDRESS("0", "4", "0") "</controller>",
     VIR_ERR_XML_ERROR,
     "sata controller 0 cannot be at 0000:00:04.0 in the guest: the machine has"},
    {"controller: scsi on an I/O thread that is not there", "<!--D-->",
     "<controller type='scsi' model='virtio-scsi'><driver iothread='1'/></controller>",
     VIR_ERR_XML_ERROR, "a scsi controller is to be served by I/O thread 1, and the guest has 0"},
    {"controller: lsilogic on an I/O thread", "<!--D-->",
     "<controller type='scsi' model='lsilogic'><driver iothread='1'/></controller>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<driver> of a controller that is a lsilogic"},
    {"controller: sata on an I/O thread", "<!--D-->",
     "<controller type='sata'><driver iothread='1'/></controller>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<driver> of a controller that is a sata"},
    {"controller: pci-root on q35", "<!--D-->", "<controller type='pci' model='pci-root'/>",
     VIR_ERR_CONFIG_UNSUPPORTED, "machine 'q35' has no pci-root"},
    {"controller: downstream port alone", "<!--D-->",
     "<controller type='pci' index='3' model='pcie-switch-downstream-port'/>", VIR_ERR_XML_ERROR,
     "no place for pcie-switch-downstream-port 3 on a PCI bus with a lower number"},
    {"controller: a device in a switch", "<!--D-->",
     "<controller type='pci' index='2' model='pcie-switch-upstream-port'/>" HOSTDEV(
         "1", GUEST_ADDRESS("2", "0", "0")),
     VIR_ERR_XML_ERROR, "the bus of pcie-switch-upstream-port 2 takes no such device"},
    {"controller: behind itself", "<!--D-->",
     "<controller type='pci' index='1' model='pcie-to-pci-bridge'>" GUEST_ADDRESS(
         "1", "1", "0") "</controller>",
     VIR_ERR_XML_ERROR, "a PCI controller's index is above the number of the bus"},
    {"controller: chassis of a bridge", "<!--D-->",
     "<controller type='pci' index='1' model='pci-bridge'><target chassis='2'/></controller>",
     VIR_ERR_CONFIG_UNSUPPORTED, "attribute 'chassis' of <target>"},
    {"controller: model name of another", "<!--D-->", PORT("index='1'", "<model name='ioh3420'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'name' of <model> is 'ioh3420'; supported: 'pcie-root-port'"},
    {"controller: dmi-to-pci-bridge", "<!--D-->",
     "<controller type='pci' model='dmi-to-pci-bridge'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "supported: 'pcie-root', 'pcie-root-port'"},
    {"controller: no model", "<!--D-->", "<controller type='pci'/>", VIR_ERR_XML_ERROR,
     "lacks the attribute 'model'"},
    {"controller: root with index 1", "<!--D-->",
     "<controller type='pci' model='pcie-root' index='1'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "pcie-root has index 0, not 1"},
    {"controller: root with an address", "<!--D-->",
     "<controller type='pci' model='pcie-root'>" GUEST_ADDRESS("0", "1", "0") "</controller>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<address> of a pcie-root"},
    {"controller: port with index 0", "<!--D-->", PORT("index='0'", ""), VIR_ERR_XML_ERROR,
     "index 0 is the root's"},
    {"controller: index 256", "<!--D-->", PORT("index='256'", ""), VIR_ERR_XML_ERROR,
     "a number from 0 to 255"},
    {"controller: an index twice", "<!--D-->", PORT("index='1'", "") PORT("index='1'", ""),
     VIR_ERR_XML_ERROR, "two PCI controllers have index 1"},
    {"controller: a chassis twice", "<!--D-->",
     PORT("index='1'", "<target chassis='2'/>") PORT("index='2'", ""), VIR_ERR_XML_ERROR,
     "chassis 2 is not the number of one PCI controller"},
    {"controller: port behind a port", "<!--D-->",
     PORT("index='1'", "") PORT("index='2'", GUEST_ADDRESS("1", "0", "0")), VIR_ERR_XML_ERROR,
     "root port 2 cannot be at 0000:01:00.0 in the guest: the bus of root port 1 takes no"},
    {"controller: slot of the host bridge", "<!--D-->",
     PORT("index='1'", GUEST_ADDRESS("0", "0", "0")), VIR_ERR_XML_ERROR,
     "root port 1 cannot be at 0000:00:00.0 in the guest: the machine's own devices"},
    {"controller: without function 0", "<!--D-->", PORT("index='1'", GUEST_ADDRESS("0", "1", "1")),
     VIR_ERR_XML_ERROR, "function 0 of that slot is missing"},
    {"hostdev: usb", "<!--D-->", "<hostdev mode='subsystem' type='usb'/>",
     VIR_ERR_CONFIG_UNSUPPORTED, "'usb'; supported: 'pci'"},
    {"hostdev: capabilities", "<!--D-->", "<hostdev mode='capabilities' type='pci'/>",
     VIR_ERR_CONFIG_UNSUPPORTED, "supported: 'subsystem'"},
    {"hostdev: no type", "<!--D-->", "<hostdev mode='subsystem'/>", VIR_ERR_XML_ERROR,
     "lacks the attribute 'type'"},
    {"hostdev: managed", "<!--D-->", "<hostdev mode='subsystem' type='pci' managed='maybe'/>",
     VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'managed' of <hostdev> is 'maybe'; supported: 'no', 'yes'"},
    {"hostdev: no source", "<!--D-->", SUBSYSTEM "</hostdev>", VIR_ERR_XML_ERROR,
     "line 8: <hostdev> lacks <source>"},
    {"hostdev: no slot", "<!--D-->", SUBSYSTEM "<source><address bus='1'/></source></hostdev>",
     VIR_ERR_XML_ERROR, "<address> lacks the attribute 'slot'"},
    {"hostdev: bus 256", "<!--D-->", HOSTDEV("256", ""), VIR_ERR_XML_ERROR,
     "attribute 'bus' of <address> is '256'"},
    {"hostdev: an octal bus", "<!--D-->", HOSTDEV("010", ""), VIR_ERR_XML_ERROR,
     "decimal without leading zeros"},
    {"hostdev: a device twice", "<!--D-->", HOSTDEV("1", "") "\n" HOSTDEV("0x01", ""),
     VIR_ERR_XML_ERROR, "line 9: host device 0000:01:00.0 is given twice"},
    {"hostdev: backend", "<!--D-->", HOSTDEV("1", "<driver name='xen'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "supported: 'vfio'"},
    {"hostdev: iommufd", "<!--D-->", HOSTDEV("1", "<driver name='vfio' iommufd='yes'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "attribute 'iommufd' of <driver>"},
    {"hostdev: model with a slash", "<!--D-->", HOSTDEV("1", "<driver model='../x'/>"),
     VIR_ERR_XML_ERROR, "driver model '../x'"},
    {"hostdev: no rom, and its bar", "<!--D-->", HOSTDEV("1", "<rom enabled='no' bar='on'/>"),
     VIR_ERR_XML_ERROR, "<rom enabled='no'> has no 'bar' and no 'file'"},
    {"hostdev: rom of a relative file", "<!--D-->", HOSTDEV("1", "<rom file='x'/>"),
     VIR_ERR_XML_ERROR, "<rom> needs an absolute path"},
    {"hostdev: teaming", "<!--D-->", HOSTDEV("1", "<teaming type='transient'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "<teaming> in <hostdev>"},
    {"hostdev: mdev", "<!--D-->", "<hostdev mode='subsystem' type='mdev'/>",
     VIR_ERR_CONFIG_UNSUPPORTED, "'mdev'; supported: 'pci'"},
    {"hostdev: boot order 0", "<!--D-->", HOSTDEV("1", "<boot order='0'/>"), VIR_ERR_XML_ERROR,
     "the first boot order is 1"},
    {"hostdev: a boot order twice", "<!--D-->",
     HOSTDEV("1", "<boot order='1'/>") HOSTDEV("2", "<boot order='1'/>"), VIR_ERR_XML_ERROR,
     "host device 0000:02:00.0 has the same boot order as host device 0000:01:00.0"},
    {"hostdev: an alias twice", "<!--D-->",
     HOSTDEV("1", "<alias name='ua-x'/>") HOSTDEV("2", "<alias name='ua-x'/>"), VIR_ERR_XML_ERROR,
     "host device 0000:02:00.0 has the same alias as host device 0000:01:00.0"},
    {"hostdev: alias with a comma", "<!--D-->", HOSTDEV("1", "<alias name='ua-a,b'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "alias 'ua-a,b'"},
    {"hostdev: domain 1 of the guest", "<!--D-->",
     HOSTDEV("1", "<address type='pci' domain='1' bus='1' slot='0'/>"), VIR_ERR_CONFIG_UNSUPPORTED,
     "PCI domain 0 only"},
    {"hostdev: slot 1 of a root port", "<!--D-->", HOSTDEV("1", GUEST_ADDRESS("1", "1", "0")),
     VIR_ERR_XML_ERROR,
     "host device 0000:01:00.0 cannot be at 0000:01:01.0 in the guest: the bus of root port 1 has "
     "slots 0 to 0"},
    {"hostdev: where another is", "<!--D-->",
     HOSTDEV("1", GUEST_ADDRESS("1", "0", "0")) HOSTDEV("2", GUEST_ADDRESS("1", "0", "0")),
     VIR_ERR_XML_ERROR,
     "host device 0000:02:00.0 cannot be at 0000:01:00.0 in the guest: host device "
     "0000:01:00.0 is there"},
    {"hostdev: address of type usb", "<!--D-->", HOSTDEV("1", "<address type='usb' bus='0'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED,
     "the address of host device 0000:01:00.0 is of type 'usb', and it can only be of type 'pci'"},
    {"hostdev: address with a port", "<!--D-->",
     HOSTDEV("1", "<address type='pci' bus='1' slot='0' port='1'/>"), VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'port' of an <address> of type 'pci'"},
    {"hostdev: address of type ccid", "<!--D-->", HOSTDEV("1", "<address type='ccid'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "attribute 'type' of <address> is 'ccid'"},
};

static const char testGuest[] = "<domain type='kvm'><name>g</name><memory unit='MiB'>512</memory>"
                                "<os><type>hvm</type></os><devices><!--D--></devices></domain>";

/* As many host devices as root ports fit on bus 0 beside the balloon's, and one more. */
static void
testManyHostdevs(void)
{
    for (unsigned int n = 239; n <= 240; n++) {
        g_autoptr(GString) devices = g_string_new(NULL);
        g_auto(GStrv) parts = g_strsplit(testGuest, "<!--D-->", 2);
        g_autofree char *text = NULL;
        g_autofree char *out = NULL;

        for (unsigned int i = 0; i < n; i++)
            g_string_append_printf(devices,
                                   SUBSYSTEM "<source><address bus='%u' slot='0'/></source>"
                                             "</hostdev>",
                                   i);
        text = g_strjoinv(devices->str, parts);
        out = testRoundTrip(text);
        g_assert_cmpint(out != NULL, ==, n == 239);
    }
    g_assert_nonnull(strstr(virErrorGetMessage(), "has no room for root port 241"));
    virErrorReset();
}

int
main(int argc, char **argv)
{
    g_auto(GStrv) names = NULL;

    g_test_init(&argc, &argv, NULL);
    names = testGoldenNames(TEST_DATA, ".xml", ".out.xml");
    for (size_t i = 0; names[i]; i++) {
        g_autofree char *path = g_strdup_printf("/domainconf/golden/%s", names[i]);

        g_test_add_data_func(path, names[i], testGoldenFile);
    }
    g_test_add_data_func("/domainconf/libvirt/its schema takes what we print", NULL,
                         testLibvirtSchema);
    testRefusedAdd("/domainconf/refused", testRefusals, G_N_ELEMENTS(testRefusals));
    g_test_add_func("/domainconf/makes a UUID", testMakesUUID);
    g_test_add_func("/domainconf/240 host devices", testManyHostdevs);
    return g_test_run();
}
