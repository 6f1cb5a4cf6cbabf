/*
 * domainconftest.c: tests of domain_conf and what it is made of: XML in, XML out, XML refused
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <gio/gio.h>

#include "domain_conf.h"
#include "virerror.h"

/* domainconfdata/NAME.xml in, domainconfdata/NAME.out.xml out. */
static const struct {
    const char *name;
    bool libvirt; /* valid by libvirt's schema */
} testGolden[] = {
    {"console-only", true},  {"everything", true},      {"beyond-libvirt9", false},
    {"hostdevs-auto", true}, {"hostdevs-placed", true}, {"minimal", true},
};

static char *
testReadFile(const char *name)
{
    g_autofree char *path =
        g_build_filename(g_getenv("abs_top_srcdir"), "tests", "domainconfdata", name, NULL);
    char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        g_error("cannot read %s", path);
    return text;
}

/* The XML that a definition is printed as, or NULL and the error; caller frees. */
static char *
testRoundTrip(const char *text)
{
    g_autoptr(virDomainDef) def = virDomainDefParse(text, strlen(text), "guest.xml");

    return def ? virDomainDefFormat(def) : NULL;
}

static void
testGoldenFile(const void *opaque)
{
    const char *name = opaque;
    g_autofree char *in = g_strdup_printf("%s.xml", name);
    g_autofree char *out = g_strdup_printf("%s.out.xml", name);
    g_autofree char *text = testReadFile(in);
    g_autofree char *expected = testReadFile(out);
    g_autofree char *actual = testRoundTrip(text);
    g_autofree char *again = NULL;

    if (!actual)
        g_error("%s", virErrorGetMessage());
    g_assert_cmpstr(actual, ==, expected);
    again = testRoundTrip(actual);
    g_assert_cmpstr(again, ==, actual);
}

/* libvirt's own schema, where it is installed, takes what we print. */
static void
testLibvirtSchema(const void *opaque)
{
    const char *schema = "/usr/share/libvirt/schemas/domain.rng";
    g_autofree char *file = g_strdup_printf("%s.out.xml", (const char *)opaque);
    g_autofree char *path =
        g_build_filename(g_getenv("abs_top_srcdir"), "tests", "domainconfdata", file, NULL);
    g_autofree char *xmllint = g_find_program_in_path("xmllint");
    const char *argv[] = {xmllint, "--noout", "--relaxng", schema, path, NULL};
    g_autoptr(GSubprocess) child = NULL;
    g_autofree char *output = NULL;

    if (!xmllint || !g_file_test(schema, G_FILE_TEST_EXISTS)) {
        g_test_skip("needs xmllint and libvirt's schemas (libxml2-utils, libvirt0)");
        return;
    }
    child = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL);
    g_assert_nonnull(child);
    g_assert_true(g_subprocess_communicate_utf8(child, NULL, NULL, NULL, &output, NULL));
    if (!g_subprocess_get_successful(child))
        g_error("%s", output);
}

static void
testMakesUUID(void)
{
    g_autofree char *minimal = testReadFile("minimal.xml");
    g_auto(GStrv) parts =
        g_strsplit(minimal, "<uuid>C9C1B2A4-0D2F-4B5E-9C53-0F1F2AC7D0F1</uuid>", 2);
    g_autofree char *text = g_strjoinv("", parts);
    g_autoptr(virDomainDef) first = virDomainDefParse(text, strlen(text), "guest.xml");
    g_autoptr(virDomainDef) second = virDomainDefParse(text, strlen(text), "guest.xml");

    g_assert_true(g_uuid_string_is_valid(first->uuid));
    g_assert_cmpstr(first->uuid, !=, second->uuid);
}

/* A change to a good guest, and what the message has to say. */
typedef struct {
    const char *name;
    const char *from; /* text of testGuest that is replaced by @to */
    const char *to;
    int code;
    const char *message;
} testRefused;

static const char testGuest[] = "<domain type='kvm'>\n"
                                "<name>g</name>\n"
                                "<memory unit='MiB'>512</memory>\n"
                                "<vcpu>1</vcpu>\n"
                                "<os><type>hvm</type></os>\n"
                                "<devices>\n"
                                "<!--D-->\n"
                                "</devices>\n"
                                "</domain>\n";

#define SUBSYSTEM          "<hostdev mode='subsystem' type='pci'>"
#define SOURCE(bus)        "<source><address domain='0' bus='" bus "' slot='0' function='0'/></source>"
#define HOSTDEV(bus, more) SUBSYSTEM SOURCE(bus) more "</hostdev>"
#define GUEST_ADDRESS(bus, slot, function)                                                         \
    "<address type='pci' bus='" bus "' slot='" slot "' function='" function "'/>"
#define PORT(index, more)                                                                          \
    "<controller type='pci' model='pcie-root-port' " index ">" more "</controller>"

static const testRefused testRefusals[] = {
    {"type: absent", "<domain type='kvm'>", "<domain>", VIR_ERR_XML_ERROR,
     "guest.xml line 1: <domain> lacks the attribute 'type'"},
    {"type: xen", "'kvm'", "'xen'", VIR_ERR_CONFIG_UNSUPPORTED, "supported: 'qemu', 'kvm'"},
    {"another document", "domain", "network", VIR_ERR_XML_ERROR, "<domain> is needed"},
    {"name: absent", "<name>g</name>", "", VIR_ERR_XML_ERROR, "<domain> lacks <name>"},
    {"name: empty", "<name>g<", "<name> <", VIR_ERR_XML_ERROR, "line 2: a guest's name has"},
    {"name: slash", "<name>g<", "<name>a/b<", VIR_ERR_XML_ERROR, "a guest's name has"},
    {"name: newline", "<name>g<", "<name>a\nb<", VIR_ERR_XML_ERROR, "a guest's name has"},
    {"name: twice", "<name>g</name>", "<name>g</name>\n<name>h</name>", VIR_ERR_XML_ERROR,
     "line 3: <name> is in <domain> already"},
    {"uuid: wrong", "<name>g</name>", "<name>g</name><uuid>1234</uuid>", VIR_ERR_XML_ERROR,
     "'1234' is no UUID"},
    {"memory: absent", "<memory unit='MiB'>512</memory>", "", VIR_ERR_XML_ERROR, "lacks <memory>"},
    {"memory: unit", "'MiB'", "'pages'", VIR_ERR_XML_ERROR, "'pages' is no unit of memory"},
    {"memory: none", ">512<", ">0<", VIR_ERR_XML_ERROR, "<memory> must be from 1 MiB to 16 TiB"},
    {"memory: overflow", ">512<", ">18446744073709551615<", VIR_ERR_XML_ERROR, "<memory> must be"},
    {"memory: more than 64 bits", ">512<", ">18446744073709551616<", VIR_ERR_XML_ERROR,
     "line 3: <memory> is '18446744073709551616'"},
    {"memory: negative", ">512<", ">-1<", VIR_ERR_XML_ERROR, "<memory> is '-1'"},
    {"memory: a fraction", ">512<", ">0.5<", VIR_ERR_XML_ERROR, "<memory> is '0.5'"},
    {"currentMemory: less", "<vcpu>", "<currentMemory unit='MiB'>256</currentMemory>\n<vcpu>",
     VIR_ERR_CONFIG_UNSUPPORTED, "line 4: unsupported configuration: <currentMemory> differs"},
    {"memory: slots", "<memory ", "<memory slots='2' ", VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'slots' of <memory> at line 3"},
    {"vcpu: none", ">1<", ">0<", VIR_ERR_XML_ERROR, "at least one <vcpu>"},
    {"vcpu: too many", ">1<", ">256<", VIR_ERR_XML_ERROR, "a number from 0 to 255"},
    {"vcpu: placement", "<vcpu>", "<vcpu placement='auto'>", VIR_ERR_CONFIG_UNSUPPORTED,
     "supported: 'static'"},
    {"vcpu: cpuset", "<vcpu>", "<vcpu cpuset='0'>", VIR_ERR_CONFIG_UNSUPPORTED, "'cpuset'"},
    {"os: absent", "<os><type>hvm</type></os>", "", VIR_ERR_XML_ERROR, "<domain> lacks <os>"},
    {"os: no type", "<type>hvm</type>", "", VIR_ERR_XML_ERROR, "line 5: <os> lacks <type>"},
    {"os: linux", ">hvm<", ">linux<", VIR_ERR_CONFIG_UNSUPPORTED, "os type 'linux'"},
    {"os: arch", "<type>", "<type arch='riscv64'>", VIR_ERR_CONFIG_UNSUPPORTED, "arch 'riscv64'"},
    {"os: machine pc", "<type>", "<type machine='pc'>", VIR_ERR_CONFIG_UNSUPPORTED,
     "machine 'pc'; supported: 'q35'"},
    {"os: machine with options", "<type>", "<type machine='q35,x=y'>", VIR_ERR_CONFIG_UNSUPPORTED,
     "machine 'q35,x=y'"},
    {"os: machine with options behind a version", "<type>", "<type machine='pc-q35-7.2,x=y'>",
     VIR_ERR_CONFIG_UNSUPPORTED, "machine 'pc-q35-7.2,x=y'"},
    {"os: initrd alone", "</type>", "</type><initrd>/i</initrd>", VIR_ERR_XML_ERROR,
     "need a <kernel>"},
    {"os: relative kernel", "</type>", "</type><kernel>k</kernel>", VIR_ERR_XML_ERROR,
     "<kernel> needs an absolute path"},
    {"os: loader", "</type>", "</type><loader>/l</loader>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<loader> in <os> at line 5"},
    {"clock: offset", "<os>", "<clock offset='variable'/><os>", VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'offset' of <clock> is 'variable'"},
    {"clock: timer", "<os>", "<clock offset='utc'><timer name='rtc'/></clock><os>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<timer> in <clock>"},
    {"features: pae", "<os>", "<features><pae/></features><os>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<pae> in <features>"},
    {"on_poweroff: restart", "<os>", "<on_poweroff>restart</on_poweroff><os>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<on_poweroff> is 'restart'; supported: 'destroy'"},
    {"on_crash: preserve", "<os>", "<on_crash>preserve</on_crash><os>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<on_crash> is 'preserve'"},
    {"on_reboot: preserve", "<os>", "<on_reboot>preserve</on_reboot><os>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<on_reboot> is 'preserve'; supported: 'restart', 'destroy'"},
    {"cpu", "<os>", "<cpu mode='host-passthrough'/><os>", VIR_ERR_CONFIG_UNSUPPORTED,
     "<cpu> in <domain> at line 5"},
    {"qemu:commandline", "<os>",
     "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'/><os>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<qemu:commandline> in <domain> at line 5"},
    {"emulator: relative", "<!--D-->", "<emulator>qemu</emulator>", VIR_ERR_XML_ERROR,
     "line 7: <emulator> needs an absolute path"},
    {"disk", "<!--D-->", "<disk/>", VIR_ERR_CONFIG_UNSUPPORTED, "<disk> in <devices> at line 7"},
    {"serial: pty", "<!--D-->", "<serial type='pty'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "'pty'; supported: 'stdio', 'file'"},
    {"serial: no type", "<!--D-->", "<serial/>", VIR_ERR_XML_ERROR, "lacks the attribute 'type'"},
    {"serial: file without a source", "<!--D-->", "<serial type='file'/>", VIR_ERR_XML_ERROR,
     "lacks <source"},
    {"serial: stdio with a source", "<!--D-->", "<serial type='stdio'><source path='/x'/></serial>",
     VIR_ERR_XML_ERROR, "has no <source>"},
    {"serial: two on stdio", "<!--D-->", "<serial type='stdio'/><serial type='stdio'/>",
     VIR_ERR_XML_ERROR, "only one <serial> can have type='stdio'"},
    {"serial: five", "<!--D-->",
     "<serial type='file'><source path='/1'/></serial><serial type='file'><source path='/2'/>"
     "</serial><serial type='file'><source path='/3'/></serial><serial type='file'>"
     "<source path='/4'/></serial>\n<serial type='file'><source path='/5'/></serial>",
     VIR_ERR_XML_ERROR, "line 8: no serial port is left"},
    {"serial: a port twice", "<!--D-->",
     "<serial type='stdio'><target port='1'/></serial>"
     "<serial type='file'><source path='/1'/><target port='1'/></serial>",
     VIR_ERR_XML_ERROR, "no serial port is left"},
    {"serial: port 4", "<!--D-->", "<serial type='stdio'><target port='4'/></serial>",
     VIR_ERR_XML_ERROR, "a number from 0 to 3"},
    {"console: elsewhere", "<!--D-->",
     "<serial type='stdio'/><console type='file'><source path='/x'/></console>", VIR_ERR_XML_ERROR,
     "<console> is another name for the first <serial>"},
    {"console: virtio", "<!--D-->", "<console type='stdio'><target type='virtio'/></console>",
     VIR_ERR_CONFIG_UNSUPPORTED, "supported: 'serial'"},
    {"controller: usb", "<!--D-->", "<controller type='usb' model='none'/>",
     VIR_ERR_CONFIG_UNSUPPORTED, "attribute 'type' of <controller> is 'usb'"},
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
     "index 0 is the pcie-root's"},
    {"controller: index 256", "<!--D-->", PORT("index='256'", ""), VIR_ERR_XML_ERROR,
     "a number from 0 to 255"},
    {"controller: an index twice", "<!--D-->", PORT("index='1'", "") PORT("index='1'", ""),
     VIR_ERR_XML_ERROR, "two PCI controllers have index 1"},
    {"controller: a chassis twice", "<!--D-->",
     PORT("index='1'", "<target chassis='2'/>") PORT("index='2'", ""), VIR_ERR_XML_ERROR,
     "two root ports have chassis 2"},
    {"controller: port behind a port", "<!--D-->",
     PORT("index='1'", "") PORT("index='2'", GUEST_ADDRESS("1", "0", "0")), VIR_ERR_XML_ERROR,
     "root port 2 must be on bus 0"},
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
     "line 7: <hostdev> lacks <source>"},
    {"hostdev: no slot", "<!--D-->", SUBSYSTEM "<source><address bus='1'/></source></hostdev>",
     VIR_ERR_XML_ERROR, "<address> lacks the attribute 'slot'"},
    {"hostdev: bus 256", "<!--D-->", HOSTDEV("256", ""), VIR_ERR_XML_ERROR,
     "attribute 'bus' of <address> is '256'"},
    {"hostdev: an octal bus", "<!--D-->", HOSTDEV("010", ""), VIR_ERR_XML_ERROR,
     "decimal without leading zeros"},
    {"hostdev: a device twice", "<!--D-->", HOSTDEV("1", "") "\n" HOSTDEV("0x01", ""),
     VIR_ERR_XML_ERROR, "line 8: host device 0000:01:00.0 is given twice"},
    {"hostdev: backend", "<!--D-->", HOSTDEV("1", "<driver name='xen'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "supported: 'vfio'"},
    {"hostdev: iommufd", "<!--D-->", HOSTDEV("1", "<driver name='vfio' iommufd='yes'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "attribute 'iommufd' of <driver>"},
    {"hostdev: model with a slash", "<!--D-->", HOSTDEV("1", "<driver model='../x'/>"),
     VIR_ERR_XML_ERROR, "driver model '../x'"},
    {"hostdev: rom", "<!--D-->", HOSTDEV("1", "<rom bar='off'/>"), VIR_ERR_CONFIG_UNSUPPORTED,
     "<rom> in <hostdev>"},
    {"hostdev: alias without ua-", "<!--D-->", HOSTDEV("1", "<alias name='hostdev0'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "must begin with 'ua-'"},
    {"hostdev: alias with a comma", "<!--D-->", HOSTDEV("1", "<alias name='ua-a,b'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "alias 'ua-a,b'"},
    {"hostdev: domain 1 of the guest", "<!--D-->",
     HOSTDEV("1", "<address type='pci' domain='1' bus='1' slot='0'/>"), VIR_ERR_CONFIG_UNSUPPORTED,
     "PCI domain 0 only"},
    {"hostdev: slot 1 of a root port", "<!--D-->", HOSTDEV("1", GUEST_ADDRESS("1", "1", "0")),
     VIR_ERR_XML_ERROR,
     "host device 0000:01:00.0 cannot be at 0000:01:01.0 in the guest: a root port's bus"},
    {"hostdev: where another is", "<!--D-->",
     HOSTDEV("1", GUEST_ADDRESS("1", "0", "0")) HOSTDEV("2", GUEST_ADDRESS("1", "0", "0")),
     VIR_ERR_XML_ERROR, "host device 0000:02:00.0 cannot be at 0000:01:00.0 in the guest: another"},
    {"hostdev: address of type usb", "<!--D-->", HOSTDEV("1", "<address type='usb' bus='0'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "attribute 'type' of <address> is 'usb'"},
};

static void
testRefuses(const void *opaque)
{
    const testRefused *test = opaque;
    g_auto(GStrv) parts = g_strsplit(testGuest, test->from, -1);
    g_autofree char *text = g_strjoinv(test->to, parts);
    g_autofree char *good = testRoundTrip(testGuest);
    g_autofree char *bad = testRoundTrip(text);

    g_assert_nonnull(good);
    g_assert_cmpuint(g_strv_length(parts), >, 1);
    if (bad)
        g_error("accepted: %s", bad);
    g_assert_cmpint(virErrorGetLast()->code, ==, test->code);
    if (!strstr(virErrorGetMessage(), test->message))
        g_error("\"%s\" does not say \"%s\"", virErrorGetMessage(), test->message);
    virErrorReset();
}

/* As many host devices as root ports fit on bus 0, and one more. */
static void
testManyHostdevs(void)
{
    for (unsigned int n = 240; n <= 241; n++) {
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
        g_assert_cmpint(out != NULL, ==, n == 240);
    }
    g_assert_nonnull(strstr(virErrorGetMessage(), "has no room for root port 241"));
    virErrorReset();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(testGolden); i++) {
        const char *name = testGolden[i].name;
        g_autofree char *golden = g_strdup_printf("/domainconf/golden/%s", name);
        g_autofree char *schema = g_strdup_printf("/domainconf/libvirt-schema/%s", name);

        g_test_add_data_func(golden, name, testGoldenFile);
        if (testGolden[i].libvirt)
            g_test_add_data_func(schema, name, testLibvirtSchema);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(testRefusals); i++) {
        g_autofree char *path = g_strdup_printf("/domainconf/refused/%s", testRefusals[i].name);

        g_test_add_data_func(path, &testRefusals[i], testRefuses);
    }
    g_test_add_func("/domainconf/makes a UUID", testMakesUUID);
    g_test_add_func("/domainconf/240 host devices", testManyHostdevs);
    return g_test_run();
}
