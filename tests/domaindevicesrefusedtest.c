/*
 * domaindevicesrefusedtest.c: tests of the small families of devices: what is refused, and how
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_conf.h"
#include "testgolden.h"
#include "virerror.h"

/* A path of 107 bytes is the longest for a socket; this one has 108. */
#define PATH_12  "/abcdefghijk"
#define PATH_108 PATH_12 PATH_12 PATH_12 PATH_12 PATH_12 PATH_12 PATH_12 PATH_12 PATH_12

#define DEVICE(name, xml, code, message)                                                           \
    {                                                                                              \
        name, "<!--D-->", xml, VIR_ERR_##code, message                                             \
    }
#define SERIAL(type, more) "<serial type='" type "'>" more "</serial>"
#define FILE_AT(path)      SERIAL("file", "<source path='" path "'/>")
#define CHANNEL(type, more)                                                                        \
    "<channel type='" type "'>" more "<target type='virtio' name='a.b.0'/></channel>"
#define VNC(attributes, more)   "<graphics type='vnc' " attributes ">" more "</graphics>"
#define SPICE(attributes, more) "<graphics type='spice' " attributes ">" more "</graphics>"
#define VIDEO(model)            "<video><model type=" model "/></video>"
#define RNG(more)               "<rng model='virtio'>" more "</rng>"
#define URANDOM                 "<backend model='random'>/dev/urandom</backend>"
#define TPM(backend)            "<tpm model='tpm-crb'><backend " backend "/></tpm>"
#define IOMMU(driver)           "<iommu model='intel'><driver " driver "/></iommu>"

static const testRefused testChrs[] = {
    DEVICE("serial: no type", "<serial/>", XML_ERROR, "lacks the attribute 'type'"),
    DEVICE("serial: udp", SERIAL("udp", ""), CONFIG_UNSUPPORTED,
           "'udp'; supported: 'null', 'pty', 'file', 'unix', 'tcp', 'stdio', 'spicevmc'"),
    DEVICE("serial: dev", SERIAL("dev", "<source path='/dev/ttyS0'/>"), CONFIG_UNSUPPORTED,
           "'dev'; supported"),
    DEVICE("serial: file without a source", SERIAL("file", ""), XML_ERROR,
           "<serial> lacks <source>"),
    DEVICE("serial: stdio with a source", SERIAL("stdio", "<source path='/x'/>"), XML_ERROR,
           "<serial type='stdio'> has no <source>"),
    DEVICE("serial: pty with append", SERIAL("pty", "<source path='/x' append='on'/>"),
           CONFIG_UNSUPPORTED, "attribute 'append' of <source> with type='pty'"),
    DEVICE("serial: unix without a path", SERIAL("unix", "<source mode='bind'/>"), XML_ERROR,
           "line 8: <serial type='unix'> lacks <source mode='bind|connect' path='…'/>"),
    DEVICE("serial: a path of a socket that is too long",
           SERIAL("unix", "<source path='" PATH_108 "'/>"), XML_ERROR,
           "has 108 bytes, and the kernel takes 107"),
    DEVICE("serial: tcp without a service", SERIAL("tcp", "<source host='h'/>"), XML_ERROR,
           "<source> lacks the attribute 'service'"),
    DEVICE("serial: tcp with TLS", SERIAL("tcp", "<source host='h' service='1' tls='yes'/>"),
           CONFIG_UNSUPPORTED, "attribute 'tls' of <source> at line 8"),
    DEVICE("serial: telnet over TLS",
           SERIAL("tcp", "<source host='h' service='1'/><protocol type='telnets'/>"),
           CONFIG_UNSUPPORTED, "'telnets'; supported: 'raw', 'telnet'"),
    DEVICE("serial: a protocol of no socket", SERIAL("pty", "<protocol type='raw'/>"), XML_ERROR,
           "<serial type='pty'> has no <protocol>"),
    DEVICE("serial: reconnect",
           SERIAL("unix", "<source path='/x'><reconnect enabled='yes' timeout='1'/></source>"),
           CONFIG_UNSUPPORTED, "<reconnect> in <source>"),
    DEVICE("serial: log without a file", SERIAL("pty", "<log append='on'/>"), XML_ERROR,
           "<log> lacks the attribute 'file'"),
    DEVICE("serial: two on stdio", "<serial type='stdio'/><serial type='stdio'/>", XML_ERROR,
           "only one character device can have type='stdio'"),
    DEVICE("serial: stdio and a channel on stdio", "<serial type='stdio'/>" CHANNEL("stdio", ""),
           XML_ERROR, "only one character device can have type='stdio'"),
    DEVICE("serial: five",
           FILE_AT("/1") FILE_AT("/2") FILE_AT("/3") FILE_AT("/4") "\n" FILE_AT("/5"), XML_ERROR,
           "line 9: no serial port is left"),
    DEVICE("serial: a port twice",
           SERIAL("stdio", "<target port='1'/>")
               SERIAL("file", "<source path='/1'/><target port='1'/>"),
           XML_ERROR, "no serial port is left"),
    DEVICE("serial: port 4", SERIAL("stdio", "<target port='4'/>"), XML_ERROR,
           "a number from 0 to 3"),
    DEVICE("serial: usb-serial", SERIAL("pty", "<target type='usb-serial'/>"), CONFIG_UNSUPPORTED,
           "'usb-serial'; supported: 'isa-serial', 'pci-serial'"),
    DEVICE("serial: a model of another type",
           SERIAL("pty", "<target type='isa-serial'><model name='pci-serial'/></target>"),
           XML_ERROR, "a <target> of type 'isa-serial' cannot have model 'pci-serial'"),
    DEVICE("serial: spicevmc", SERIAL("spicevmc", ""), XML_ERROR, "only a <channel>"),
    DEVICE("serial: on PCI though it is ISA",
           SERIAL("pty", "<address type='pci' bus='0' slot='5'/>"), CONFIG_UNSUPPORTED,
           "the address of serial port 0 is of type 'pci'"),
    DEVICE("parallel", "<parallel type='pty'/>", CONFIG_UNSUPPORTED,
           "<parallel> in <devices> at line 8"),
    DEVICE("console: elsewhere",
           "<serial type='stdio'/><console type='file'><source path='/x'/></console>", XML_ERROR,
           "<console> is another name for the first <serial>"),
    DEVICE("rom: none, and a file",
           "<interface type='user'><rom enabled='no' file='/x'/></interface>", XML_ERROR,
           "<rom enabled='no'> has no 'bar' and no 'file'"),
    DEVICE("console: xen", "<console type='pty'><target type='xen'/></console>", CONFIG_UNSUPPORTED,
           "'xen'; supported: 'serial', 'virtio'"),
    DEVICE("console: a second one that is serial", "<console type='pty'/>\n<console type='pty'/>",
           CONFIG_UNSUPPORTED,
           "line 9: unsupported configuration: only the first <console> can be a serial port"),
    DEVICE("channel: no target", "<channel type='pty'/>", XML_ERROR, "<channel> lacks <target>"),
    DEVICE("channel: no name", "<channel type='pty'><target type='virtio'/></channel>", XML_ERROR,
           "<target> lacks the attribute 'name'"),
    DEVICE("channel: a name with a slash",
           "<channel type='unix'><target type='virtio' name='a/b'/></channel>", XML_ERROR,
           "the name of a channel has 1 to 64 bytes"),
    DEVICE("channel: a name that leads up",
           "<channel type='unix'><target type='virtio' name='..'/></channel>", XML_ERROR,
           "the name of a channel has"),
    DEVICE("channel: a name twice", CHANNEL("pty", "") "\n" CHANNEL("null", ""), XML_ERROR,
           "line 9: two channels have the name 'a.b.0'"),
    DEVICE("channel: guestfwd",
           "<channel type='unix'><target type='guestfwd' address='10.0.2.1' port='1'/></channel>",
           CONFIG_UNSUPPORTED, "attribute 'address' of <target>"),
    DEVICE("channel: xen", "<channel type='pty'><target type='xen' name='a'/></channel>",
           CONFIG_UNSUPPORTED, "'xen'; supported: 'virtio'"),
    DEVICE("channel: connects to nothing", CHANNEL("unix", "<source mode='connect'/>"), XML_ERROR,
           "<source> lacks the attribute 'path'"),
    DEVICE("channel: spicevmc without spice", CHANNEL("spicevmc", ""), XML_ERROR,
           "<channel type='spicevmc'> needs a <graphics type='spice'>"),
    DEVICE(
        "channel: two at one port",
        CHANNEL(
            "pty",
            "<address type='virtio-serial' port='1'/>") "<channel type='pty'><target type='virtio' "
                                                        "name='c'/><address type='virtio-serial' "
                                                        "port='1'/></channel>",
        XML_ERROR, "is at its address"),
};

static const testRefused testGraphics[] = {
    DEVICE("graphics: sdl", "<graphics type='sdl'/>", CONFIG_UNSUPPORTED,
           "'sdl'; supported: 'vnc', 'spice'"),
    DEVICE("graphics: rdp", "<graphics type='rdp'/>", CONFIG_UNSUPPORTED, "'rdp'"),
    DEVICE("graphics: dbus", "<graphics type='dbus'/>", CONFIG_UNSUPPORTED, "'dbus'"),
    DEVICE("graphics: egl-headless", "<graphics type='egl-headless'/>", CONFIG_UNSUPPORTED,
           "'egl-headless'"),
    DEVICE("graphics: two vnc", VNC("", "") VNC("", ""), CONFIG_UNSUPPORTED,
           "two <graphics> of type 'vnc'"),
    DEVICE("graphics: vnc port below 5900", VNC("port='80'", ""), XML_ERROR,
           "attribute 'port' of <graphics> must be from 5900 to 65535"),
    DEVICE("graphics: vnc port above 65535", VNC("port='65536'", ""), XML_ERROR,
           "a number from 0 to 65535"),
    DEVICE("graphics: a network", VNC("", "<listen type='network' network='n'/>"),
           CONFIG_UNSUPPORTED, "attribute 'network' of <listen>"),
    DEVICE("graphics: a type of listen", VNC("", "<listen type='network'/>"), CONFIG_UNSUPPORTED,
           "'network'; supported: 'address', 'socket', 'none'"),
    DEVICE("graphics: two listens", VNC("", "<listen type='address'/><listen type='socket'/>"),
           XML_ERROR, "<listen> is in <graphics> already"),
    DEVICE("graphics: an address of a socket", VNC("", "<listen type='socket' address='::1'/>"),
           CONFIG_UNSUPPORTED, "attribute 'address' of <listen> with type='socket'"),
    DEVICE("graphics: two addresses",
           VNC("listen='127.0.0.1'", "<listen type='address' address='::1'/>"), XML_ERROR,
           "attribute 'listen' of <graphics> does not agree with its <listen>"),
    DEVICE("graphics: an address with a space", VNC("listen='a b'", ""), XML_ERROR,
           "'a b' is no address to listen on"),
    DEVICE("graphics: a relative socket", VNC("socket='vnc'", ""), XML_ERROR,
           "needs an absolute path"),
    DEVICE("graphics: a socket that is too long", VNC("socket='" PATH_108 "'", ""), XML_ERROR,
           "has 108 bytes"),
    DEVICE("graphics: a password that is too long", VNC("passwd='123456789'", ""), XML_ERROR,
           "the password of <graphics type='vnc'> is longer than 8 bytes"),
    DEVICE("graphics: a time that is none", VNC("passwd='x' passwdValidTo='soon'", ""), XML_ERROR,
           "attribute 'passwdValidTo' of <graphics> is a time in UTC"),
    DEVICE("graphics: a time without a password", VNC("passwdValidTo='2040-01-31T15:51:00'", ""),
           XML_ERROR, "needs a 'passwd'"),
    DEVICE("graphics: a keymap with a path", VNC("keymap='../x'", ""), XML_ERROR,
           "'../x' is no keyboard layout"),
    DEVICE("graphics: sharePolicy", VNC("sharePolicy='alone'", ""), CONFIG_UNSUPPORTED,
           "'alone'; supported: 'allow-exclusive', 'force-shared', 'ignore'"),
    DEVICE("graphics: spice's option of vnc", VNC("", "<image compression='off'/>"),
           CONFIG_UNSUPPORTED, "<image> in <graphics type='vnc'>"),
    DEVICE("graphics: vnc's attribute of spice", SPICE("websocket='-1'", ""), CONFIG_UNSUPPORTED,
           "attribute 'websocket' of <graphics> with type='spice'"),
    DEVICE("graphics: spice with TLS", SPICE("tlsPort='5902'", ""), CONFIG_UNSUPPORTED,
           "attribute 'tlsPort' of <graphics>"),
    DEVICE("graphics: spice with OpenGL", SPICE("", "<gl enable='yes'/>"), CONFIG_UNSUPPORTED,
           "<gl> in <graphics>"),
    DEVICE("graphics: spice's channels", SPICE("", "<channel name='main' mode='secure'/>"),
           CONFIG_UNSUPPORTED, "<channel> in <graphics>"),
    DEVICE("graphics: a word of spice's", SPICE("", "<streaming mode='some'/>"), CONFIG_UNSUPPORTED,
           "'some'; supported: 'filter', 'all', 'off'"),
    DEVICE("video: vmvga", VIDEO("'vmvga'"), CONFIG_UNSUPPORTED, "'vmvga'; supported: 'vga'"),
    DEVICE("video: 3D", "<video><model type='virtio'><acceleration accel3d='yes'/></model></video>",
           CONFIG_UNSUPPORTED, "accel3d='yes'; a display with OpenGL"),
    DEVICE("video: memory of virtio", VIDEO("'virtio' vram='1024'"), CONFIG_UNSUPPORTED,
           "attribute 'vram' of <model> with type='virtio'"),
    DEVICE("video: too much memory", VIDEO("'vga' vram='999999'"), XML_ERROR,
           "a number from 0 to 262144"),
    DEVICE("video: two heads of vga", VIDEO("'vga' heads='2'"), XML_ERROR, "a number from 0 to 1"),
    DEVICE("video: two primary ones", VIDEO("'virtio' primary='yes'") VIDEO("'qxl' primary='yes'"),
           XML_ERROR, "two <video> devices are primary='yes'"),
    DEVICE("video: vga beside another", VIDEO("'virtio'") VIDEO("'vga'"), CONFIG_UNSUPPORTED,
           "a <video> of type 'vga' beside another"),
    DEVICE("video: none beside another", VIDEO("'none'") VIDEO("'virtio'"), CONFIG_UNSUPPORTED,
           "a <video> of type 'none' beside another"),
    DEVICE("video: an address of ramfb",
           "<video><model type='ramfb'/><address type='pci' bus='0' slot='5'/></video>",
           CONFIG_UNSUPPORTED, "video 'ramfb' cannot have an <address>"),
    DEVICE("audio: alsa", "<audio id='1' type='alsa'/>", CONFIG_UNSUPPORTED,
           "'alsa'; supported: 'none', 'spice'"),
    DEVICE("audio: number 2", "<audio id='2' type='none'/>", XML_ERROR, "a number from 0 to 1"),
    DEVICE("audio: spice without spice", "<audio id='1' type='spice'/>", XML_ERROR,
           "<audio type='spice'> needs a <graphics type='spice'>"),
    DEVICE("sound: ac97", "<sound model='ac97'/>", CONFIG_UNSUPPORTED, "'ac97'; supported: 'ich9'"),
    DEVICE("sound: a codec", "<sound model='ich9'><codec type='micro'/></sound>",
           CONFIG_UNSUPPORTED, "<codec> in <sound>"),
};

static const testRefused testSmall[] = {
    DEVICE("input: evdev", "<input type='evdev'/>", CONFIG_UNSUPPORTED,
           "'evdev'; supported: 'mouse', 'tablet', 'keyboard'"),
    DEVICE("input: passthrough", "<input type='passthrough' bus='virtio'/>", CONFIG_UNSUPPORTED,
           "'passthrough'; supported"),
    DEVICE("input: a tablet on PS/2", "<input type='tablet' bus='ps2'/>", CONFIG_UNSUPPORTED,
           "a tablet with bus='ps2'"),
    DEVICE("input: two keyboards on PS/2",
           "<input type='keyboard' bus='ps2'/><input type='keyboard' bus='ps2'/>",
           CONFIG_UNSUPPORTED, "two <input type='keyboard' bus='ps2'>"),
    DEVICE("input: an address of PS/2",
           "<input type='mouse' bus='ps2'><address type='usb' bus='0' port='1'/></input>",
           CONFIG_UNSUPPORTED, "input device (mouse on ps2) cannot have an <address>"),
    DEVICE("rng: egd", RNG("<backend model='egd'/>"), CONFIG_UNSUPPORTED,
           "'egd'; supported: 'random', 'builtin'"),
    DEVICE("rng: no backend", RNG(""), XML_ERROR, "<rng> lacks <backend>"),
    DEVICE("rng: another file", RNG("<backend model='random'>/dev/sda</backend>"),
           CONFIG_UNSUPPORTED, "randomness from '/dev/sda'"),
    DEVICE("rng: a file of builtin", RNG("<backend model='builtin'>/dev/random</backend>"),
           XML_ERROR, "<backend model='builtin'> has no text"),
    DEVICE("rng: a rate of nothing", RNG(URANDOM "<rate period='1'/>"), XML_ERROR,
           "<rate> lacks the attribute 'bytes'"),
    DEVICE("rng: the model of another bus", "<rng model='virtio-ccw'>" URANDOM "</rng>",
           CONFIG_UNSUPPORTED,
           "'virtio-ccw'; supported: 'virtio', 'virtio-transitional', 'virtio-non-transitional'"),
    DEVICE("memballoon: xen", "<memballoon model='xen'/>", CONFIG_UNSUPPORTED,
           "'xen'; supported: 'virtio', 'none', 'virtio-transitional', 'virtio-non-transitional'"),
    DEVICE("input: a transitional model",
           "<input type='mouse' bus='virtio' model='virtio-transitional'/>", CONFIG_UNSUPPORTED,
           "model='virtio-transitional' of an <input>; such devices need drivers of virtio 1.0"),
    DEVICE("input: a model on USB", "<input type='mouse' bus='usb' model='virtio'/>",
           CONFIG_UNSUPPORTED, "model='virtio' of an <input> with bus='usb'; only bus='virtio'"),
    DEVICE("input: a driver on USB", "<input type='mouse' bus='usb'><driver iommu='on'/></input>",
           CONFIG_UNSUPPORTED, "<driver> of an <input> with bus='usb'"),
    DEVICE("video: a driver of VGA", "<video><driver iommu='on'/><model type='vga'/></video>",
           CONFIG_UNSUPPORTED, "<driver> of a <video> of type 'vga'"),
    DEVICE("video: vhostuser", "<video><driver name='vhostuser'/><model type='virtio'/></video>",
           CONFIG_UNSUPPORTED, "attribute 'name' of <driver>"),
    DEVICE("memballoon: none with a driver",
           "<memballoon model='none'><driver iommu='on'/></memballoon>", CONFIG_UNSUPPORTED,
           "<driver> in <memballoon model='none'>"),
    DEVICE("rng: on a bridge and with ATS",
           "<rng model='virtio-transitional'><driver ats='on'/>" URANDOM "</rng>",
           CONFIG_UNSUPPORTED, "ats='on' in <driver> of random number generator"),
    DEVICE("controller: queues of virtio-serial",
           "<controller type='virtio-serial'><driver queues='2'/></controller>", CONFIG_UNSUPPORTED,
           "attribute 'queues' of <driver> with type='virtio-serial'"),
    DEVICE("controller: more queues than QEMU has room for",
           "<controller type='scsi'><driver queues='1023'/></controller>", XML_ERROR,
           "attribute 'queues' of <driver> is '1023'"),
    DEVICE("controller: a deaf I/O thread",
           "<controller type='scsi'><driver iothread='1' ioeventfd='off'/></controller>",
           CONFIG_UNSUPPORTED, "ioeventfd='off' of a controller with an I/O thread"),
    DEVICE("controller: a model of virtio-serial that is none",
           "<controller type='virtio-serial' model='virtio-scsi'/>", CONFIG_UNSUPPORTED,
           "'virtio-scsi'; supported: 'virtio', 'virtio-transitional'"),
    DEVICE("memballoon: none with statistics",
           "<memballoon model='none'><stats period='1'/></memballoon>", CONFIG_UNSUPPORTED,
           "<stats> in <memballoon model='none'>"),
    DEVICE("memballoon: two", "<memballoon model='none'/><memballoon model='none'/>", XML_ERROR,
           "<memballoon> is in <devices> already"),
    DEVICE("watchdog: diag288", "<watchdog model='diag288'/>", CONFIG_UNSUPPORTED,
           "'diag288'; supported: 'i6300esb', 'ib700', 'itco'"),
    DEVICE("watchdog: dump", "<watchdog model='itco' action='dump'/>", CONFIG_UNSUPPORTED,
           "'dump'; supported: 'reset'"),
    DEVICE("watchdog: an address of itco",
           "<watchdog model='itco'><address type='pci' bus='0' slot='5'/></watchdog>",
           CONFIG_UNSUPPORTED, "watchdog cannot have an <address>"),
    DEVICE("tpm: passthrough", TPM("type='passthrough'"), CONFIG_UNSUPPORTED,
           "'passthrough'; supported: 'emulator'"),
    DEVICE("tpm: version 1.2", TPM("type='emulator' version='1.2'"), CONFIG_UNSUPPORTED,
           "'1.2'; supported: '2.0'"),
    DEVICE("tpm: encryption",
           "<tpm><backend type='emulator'><encryption secret='x'/></backend></tpm>",
           CONFIG_UNSUPPORTED, "<encryption> in <backend>"),
    DEVICE("iommu: virtio", "<iommu model='virtio'/>", CONFIG_UNSUPPORTED,
           "'virtio'; supported: 'intel'"),
    DEVICE("iommu: aw_bits", IOMMU("aw_bits='40'"), CONFIG_UNSUPPORTED,
           "aw_bits='40'; supported: 39, 48"),
    DEVICE("iommu: eim alone", IOMMU("eim='on'"), CONFIG_UNSUPPORTED,
           "eim='on' needs intremap='on'"),
    DEVICE("iommu: a host device without caching_mode",
           "<iommu model='intel'/><hostdev mode='subsystem' type='pci'><source><address bus='1' "
           "slot='0'/></source></hostdev>",
           CONFIG_UNSUPPORTED, "without caching_mode='on'"),
    DEVICE("panic: pseries", "<panic model='pseries'/>", CONFIG_UNSUPPORTED,
           "'pseries'; supported: 'isa'"),
    DEVICE("panic: hyperv", "<panic model='hyperv'/>", CONFIG_UNSUPPORTED,
           "'hyperv'; supported: 'isa'"),
    DEVICE("redirdev: without spice", "<redirdev bus='usb' type='spicevmc'/>", XML_ERROR,
           "<redirdev type='spicevmc'> needs a <graphics type='spice'>"),
    DEVICE("redirdev: without a type", "<redirdev bus='usb'/>", XML_ERROR,
           "<redirdev> lacks the attribute 'type'"),
    DEVICE("redirdev: from the network",
           "<redirdev bus='usb' type='tcp'><source host='h' service='4000'/></redirdev>",
           CONFIG_UNSUPPORTED, "<source> in <redirdev>"),
    DEVICE("redirdev: a socket", "<redirdev bus='usb' type='unix'/>", CONFIG_UNSUPPORTED,
           "attribute 'type' of <redirdev> is 'unix'; supported: 'spicevmc'"),
    DEVICE("redirfilter", "<redirfilter/>", CONFIG_UNSUPPORTED, "<redirfilter> in <devices>"),
    DEVICE("smartcard", "<smartcard mode='host'/>", CONFIG_UNSUPPORTED, "<smartcard> in <devices>"),
    DEVICE("hub", "<hub type='usb'/>", CONFIG_UNSUPPORTED, "<hub> in <devices>"),
    DEVICE("shmem", "<shmem name='s'/>", CONFIG_UNSUPPORTED, "<shmem> in <devices>"),
    DEVICE("memory", "<memory model='dimm'/>", CONFIG_UNSUPPORTED, "<memory> in <devices>"),
    DEVICE("vsock", "<vsock model='virtio'/>", CONFIG_UNSUPPORTED, "<vsock> in <devices>"),
    DEVICE("crypto", "<crypto model='virtio'/>", CONFIG_UNSUPPORTED, "<crypto> in <devices>"),
    DEVICE("filesystem", "<filesystem type='mount'/>", CONFIG_UNSUPPORTED,
           "<filesystem> in <devices>"),
};

/* Those that a change of the good guest's devices alone does not show. */
static const struct {
    const char *name;
    const char *type;
    const char *machine;
    const char *features;
    const char *device;
    const char *message;
} testMachines[] = {
    {"iommu: eim without KVM", "qemu", "q35", "",
     "<iommu model='intel'><driver intremap='on' eim='on'/></iommu>",
     "eim='on' of <iommu> without KVM"},
    {"iommu: intremap with KVM's I/O APIC", "kvm", "q35",
     "<features><ioapic driver='kvm'/></features>",
     "<iommu model='intel'><driver intremap='on'/></iommu>", "it needs driver='qemu'"},
    {"iommu: machine pc", "kvm", "pc", "", "<iommu model='intel'/>",
     "<iommu model='intel'> on machine 'pc'; it needs q35"},
    {"watchdog: itco on machine pc", "kvm", "pc", "", "<watchdog model='itco'/>",
     "<watchdog model='itco'> on machine 'pc'; it needs q35"},
};

static void
testRefusesOnMachine(const void *opaque)
{
    size_t row = GPOINTER_TO_SIZE(opaque);
    g_autofree char *text = g_strdup_printf(
        "<domain type='%s'><name>g</name><memory>65536</memory><os><type machine='%s'>hvm</type>"
        "</os>%s<devices>%s</devices></domain>",
        testMachines[row].type, testMachines[row].machine, testMachines[row].features,
        testMachines[row].device);

    g_assert_null(virDomainDefParse(text, strlen(text), "guest.xml"));
    g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_CONFIG_UNSUPPORTED);
    if (!strstr(virErrorGetMessage(), testMachines[row].message))
        g_error("\"%s\" does not say \"%s\"", virErrorGetMessage(), testMachines[row].message);
    virErrorReset();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    testRefusedAdd("/domaindevicesrefused/chr", testChrs, G_N_ELEMENTS(testChrs));
    testRefusedAdd("/domaindevicesrefused/graphics", testGraphics, G_N_ELEMENTS(testGraphics));
    testRefusedAdd("/domaindevicesrefused/small", testSmall, G_N_ELEMENTS(testSmall));
    for (size_t i = 0; i < G_N_ELEMENTS(testMachines); i++) {
        g_autofree char *path =
            g_strconcat("/domaindevicesrefused/machine/", testMachines[i].name, NULL);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), testRefusesOnMachine);
    }
    return g_test_run();
}
