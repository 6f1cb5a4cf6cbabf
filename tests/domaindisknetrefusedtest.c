/*
 * domaindisknetrefusedtest.c: tests of domain_conf: disks and interfaces that are refused, and how
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "testgolden.h"
#include "virerror.h"

#define DISK(more) "<disk><source file='/d'/><target dev='vda'/>" more "</disk>"
#define DISK_ON(bus, more)                                                                         \
    "<disk><source file='/d'/><target dev='sda' bus='" bus "'/>" more "</disk>"
#define DRIVER(more) DISK("<driver " more "/>")
#define CDROM(bus)   "<disk device='cdrom'><target dev='sda' bus='" bus "'/></disk>"
#define USER(more)   "<interface type='user'>" more "</interface>"

static const testRefused testDisks[] = {
    {"of type network", "<!--D-->", "<disk type='network'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'type' of <disk> is 'network'; supported: 'file', 'block'"},
    {"of type volume", "<!--D-->", "<disk type='volume'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "'volume'; supported: 'file', 'block'"},
    {"that is a floppy", "<!--D-->", "<disk device='floppy'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "'floppy'; supported: 'disk', 'cdrom'"},
    {"that is a lun", "<!--D-->", "<disk type='block' device='lun'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "'lun'; supported: 'disk', 'cdrom'"},
    {"of format vmdk", "<!--D-->", DRIVER("type='vmdk'"), VIR_ERR_CONFIG_UNSUPPORTED,
     "'vmdk'; supported: 'raw', 'qcow2'"},
    {"of driver file", "<!--D-->", DRIVER("name='file'"), VIR_ERR_CONFIG_UNSUPPORTED,
     "supported: 'qemu'"},
    {"with a queue number", "<!--D-->", DRIVER("queues='4'"), VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'queues' of <driver> at line 8"},
    {"on an I/O thread that is not there", "<!--D-->", DRIVER("iothread='1'"), VIR_ERR_XML_ERROR,
     "disk 'vda' is to be served by I/O thread 1, and the guest has 0 of them (<iothreads>)"},
    {"on I/O thread 0", "<!--D-->", DRIVER("iothread='0'"), VIR_ERR_XML_ERROR,
     "I/O threads are numbered from 1"},
    {"on an I/O thread, on scsi", "<!--D-->",
     "<disk><driver iothread='1'/><source file='/i'/><target dev='sda' bus='scsi'/></disk>",
     VIR_ERR_CONFIG_UNSUPPORTED,
     "disk 'sda': iothread='…' of a disk on bus scsi is its controller's: <controller type='scsi'"},
    {"on an I/O thread, on sata", "<!--D-->",
     "<disk><driver iothread='1'/><source file='/i'/><target dev='sda' bus='sata'/></disk>",
     VIR_ERR_CONFIG_UNSUPPORTED, "disk 'sda': only a disk on bus virtio can have an iothread='…'"},
    {"with native I/O through the cache", "<!--D-->", DRIVER("io='native'"),
     VIR_ERR_CONFIG_UNSUPPORTED, "disk 'vda': io='native' needs cache='none' or 'directsync'"},
    {"that unmaps zeroes and ignores discards", "<!--D-->", DRIVER("detect_zeroes='unmap'"),
     VIR_ERR_CONFIG_UNSUPPORTED, "disk 'vda': detect_zeroes='unmap' needs discard='unmap'"},
    {"without a source", "<!--D-->", "<disk><target dev='vda'/></disk>", VIR_ERR_XML_ERROR,
     "<disk> lacks <source file='…'/>"},
    {"with a file that is a device", "<!--D-->",
     "<disk type='block'><source file='/d'/><target dev='vda'/></disk>", VIR_ERR_XML_ERROR,
     "the <source> of a <disk type='block'> has the attribute 'dev', not 'file'"},
    {"with a relative path", "<!--D-->", "<disk><source file='d'/><target dev='vda'/></disk>",
     VIR_ERR_XML_ERROR, "<source> needs an absolute path"},
    {"that may be missing", "<!--D-->",
     "<disk><source file='/d' startupPolicy='optional'/><target dev='vda'/></disk>",
     VIR_ERR_CONFIG_UNSUPPORTED, "attribute 'startupPolicy' of <source>"},
    {"with a backing chain", "<!--D-->", DISK("<backingStore type='file'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "attribute 'type' of <backingStore>"},
    {"without a target", "<!--D-->", "<disk><source file='/d'/></disk>", VIR_ERR_XML_ERROR,
     "<disk> lacks <target>"},
    {"with a strange target", "<!--D-->", "<disk><source file='/d'/><target dev='fda'/></disk>",
     VIR_ERR_XML_ERROR, "'fda' is no target like vda"},
    {"on bus fdc", "<!--D-->", DISK_ON("fdc", ""), VIR_ERR_CONFIG_UNSUPPORTED,
     "supported: 'virtio', 'scsi', 'sata', 'ide', 'usb'"},
    {"on bus virtio as sda", "<!--D-->", DISK_ON("virtio", ""), VIR_ERR_CONFIG_UNSUPPORTED,
     "disk 'sda': the targets of bus virtio are vda"},
    {"on bus ide of q35", "<!--D-->", DISK_ON("ide", ""), VIR_ERR_XML_ERROR,
     "disk 'sda' has no place in the guest: a q35 machine has no IDE; use bus='sata'"},
    {"with the target of another", "<!--D-->", DISK("") "\n" DISK(""), VIR_ERR_XML_ERROR,
     "line 9: two disks have the target 'vda'"},
    {"with the drive of another", "<!--D-->",
     DISK_ON("scsi", "<address type='drive' unit='3'/>") "<disk><source file='/d'/>"
                                                         "<target dev='sdb'/><address type='drive' "
                                                         "unit='3'/></disk>",
     VIR_ERR_XML_ERROR, "disk 'sda' has no place in the guest: disk 'sdb' is at its address"},
    {"on unit 6 of SATA", "<!--D-->", DISK_ON("sata", "<address type='drive' unit='6'/>"),
     VIR_ERR_XML_ERROR, "disk 'sda' has no place in the guest: its controller has no such address"},
    {"on a port that USB has not", "<!--D-->", DISK_ON("usb", "<address type='usb' port='5'/>"),
     VIR_ERR_XML_ERROR, "disk 'sda' has no place in the guest: the controller has no port"},
    {"behind a USB hub", "<!--D-->", DISK_ON("usb", "<address type='usb' port='1.2'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "USB port '1.2' behind a hub"},
    {"on USB that is not there", "<!--D-->",
     "<controller type='usb' model='none'/>" DISK_ON("usb", ""), VIR_ERR_XML_ERROR,
     "disk 'sda' has no place in the guest: the guest has no USB"},
    {"on virtio with the address of a drive", "<!--D-->", DISK("<address type='drive'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "the address of disk 'vda' is of type 'drive', and it can only"},
    {"where another device is", "<!--D-->",
     DISK("<address type='pci' bus='1' slot='0'/>")
         USER("<mac address='52:54:00:00:00:01'/><address type='pci' bus='1' slot='0'/>"),
     VIR_ERR_XML_ERROR,
     "interface 52:54:00:00:00:01 cannot be at 0000:01:00.0 in the guest: disk 'vda' is there"},
    {"with the boot order of another device", "<!--D-->",
     DISK("<boot order='1'/>") USER("<mac address='52:54:00:00:00:01'/><boot order='1'/>"),
     VIR_ERR_XML_ERROR, "interface 52:54:00:00:00:01 has the same boot order as disk 'vda'"},
    {"with a boot order beside that of <os>", "<type>hvm</type></os>\n<devices>\n<!--D-->",
     "<type>hvm</type><boot dev='hd'/></os>\n<devices>\n" DISK("<boot order='1'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "disk 'vda' has a <boot order='…'/> and <os> has a <boot dev="},
    {"that is a CD on virtio", "<!--D-->", "<disk device='cdrom'><target dev='vda'/></disk>",
     VIR_ERR_CONFIG_UNSUPPORTED, "disk 'vda': a cdrom cannot be on bus virtio"},
    {"that is a CD on USB", "<!--D-->", CDROM("usb"), VIR_ERR_CONFIG_UNSUPPORTED,
     "disk 'sda': a cdrom cannot be on bus usb"},
    {"that is readonly on SATA", "<!--D-->", DISK_ON("sata", "<readonly/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "a disk on bus ide or sata cannot be <readonly>"},
    {"that is shareable and qcow2", "<!--D-->", DISK("<driver type='qcow2'/><shareable/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "disk 'vda': only a disk of type raw can be <shareable>"},
    {"with a WWN on virtio", "<!--D-->", DISK("<wwn>5000c50015ea71ac</wwn>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "only disks on bus scsi, sata and ide have a <wwn>"},
    {"with a short WWN", "<!--D-->", DISK_ON("scsi", "<wwn>5000c50015ea71a</wwn>"),
     VIR_ERR_XML_ERROR, "<wwn> has 16 hexadecimal digits"},
    {"with a strange serial", "<!--D-->", DISK("<serial>a b</serial>"), VIR_ERR_XML_ERROR,
     "<serial> has 1 to 36 letters"},
    {"with a long serial on virtio", "<!--D-->", DISK("<serial>123456789012345678901</serial>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "a <serial> of more than 20 bytes fits on bus scsi only"},
    {"with odd blocks", "<!--D-->", DISK("<blockio logical_block_size='1000'/>"), VIR_ERR_XML_ERROR,
     "the size of a block is a power of 2"},
    {"with blocks on SATA", "<!--D-->", DISK_ON("sata", "<blockio logical_block_size='4096'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "<blockio> is possible on bus virtio and scsi only"},
    {"with iotune", "<!--D-->", DISK("<iotune/>"), VIR_ERR_CONFIG_UNSUPPORTED,
     "<iotune> in <disk> at line 8"},
    {"with encryption", "<!--D-->", DISK("<encryption/>"), VIR_ERR_CONFIG_UNSUPPORTED,
     "<encryption> in <disk>"},
    {"that is transient", "<!--D-->", DISK("<transient/>"), VIR_ERR_CONFIG_UNSUPPORTED,
     "<transient> in <disk>"},
};

static const testRefused testInterfaces[] = {
    {"without a type", "<!--D-->", "<interface/>", VIR_ERR_XML_ERROR, "lacks the attribute 'type'"},
    {"of type network", "<!--D-->", "<interface type='network'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "attribute 'type' of <interface> is 'network'; supported: 'hostdev', 'user', 'bridge', "
     "'ethernet'"},
    {"of type vhostuser", "<!--D-->", "<interface type='vhostuser'/>", VIR_ERR_CONFIG_UNSUPPORTED,
     "'vhostuser'; supported:"},
    {"of type bridge without one", "<!--D-->", "<interface type='bridge'/>", VIR_ERR_XML_ERROR,
     "<interface> lacks <source>"},
    {"on a bridge with a slash", "<!--D-->",
     "<interface type='bridge'><source bridge='a/b'/></interface>", VIR_ERR_XML_ERROR,
     "'a/b' is no name of a network interface"},
    {"on a bridge with 16 letters", "<!--D-->",
     "<interface type='bridge'><source bridge='abcdefghijklmnop'/></interface>", VIR_ERR_XML_ERROR,
     "it has 1 to 15 bytes"},
    {"on a bridge with a named tap", "<!--D-->",
     "<interface type='bridge'><source bridge='b'/><target dev='t'/></interface>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<target> in <interface>"},
    {"with a tap of ours", "<!--D-->",
     "<interface type='ethernet'><target dev='tap0'/></interface>", VIR_ERR_CONFIG_UNSUPPORTED,
     "a tap device that is made for the guest; make it beforehand"},
    {"with a script", "<!--D-->", "<interface type='ethernet'><script path='/x'/></interface>",
     VIR_ERR_CONFIG_UNSUPPORTED, "<script> in <interface>"},
    {"of type user with a source", "<!--D-->", USER("<source bridge='b'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "<source> in <interface>"},
    {"with a short MAC", "<!--D-->", USER("<mac address='52:54:00'/>"), VIR_ERR_XML_ERROR,
     "'52:54:00' is no MAC address"},
    {"with a multicast MAC", "<!--D-->", USER("<mac address='53:54:00:00:00:01'/>"),
     VIR_ERR_XML_ERROR, "it has to be a unicast address"},
    {"of model vmxnet3", "<!--D-->", USER("<model type='vmxnet3'/>"), VIR_ERR_CONFIG_UNSUPPORTED,
     "supported: 'virtio', 'e1000', 'e1000e', 'rtl8139'"},
    {"with an MTU of a model that cannot tell", "<!--D-->",
     USER("<model type='e1000'/><mtu size='9000'/>"), VIR_ERR_CONFIG_UNSUPPORTED,
     "<mtu> of an interface of model 'e1000'"},
    {"with a small MTU", "<!--D-->", USER("<mtu size='67'/>"), VIR_ERR_XML_ERROR,
     "the size of an <mtu> is 68 to 65535"},
    {"with a link that is sideways", "<!--D-->", USER("<link state='sideways'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "attribute 'state' of <link> is 'sideways'"},
    {"with bandwidth", "<!--D-->", USER("<bandwidth/>"), VIR_ERR_CONFIG_UNSUPPORTED,
     "<bandwidth> in <interface>"},
    {"with vhost queues", "<!--D-->", USER("<driver name='vhost' queues='4'/>"),
     VIR_ERR_CONFIG_UNSUPPORTED, "<driver> in <interface>"},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    testRefusedAdd("/domaindevice/refuses a disk", testDisks, G_N_ELEMENTS(testDisks));
    testRefusedAdd("/domaindevice/refuses an interface", testInterfaces,
                   G_N_ELEMENTS(testInterfaces));
    return g_test_run();
}
