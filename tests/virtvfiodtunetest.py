#!/usr/bin/python3
# virtvfiodtunetest.py: memory, processors and devices of guests on real QEMU, changed with virsh
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Golden files are in tests/virtvfioddata; VIR_TEST_REGENERATE=1 writes them anew.
# Usage: virtvfiodtunetest.py VIRTVFIOD SCENEBUILD

import contextlib
import queue
import re
import shlex
import unittest

import libvirt

import tap
from testdaemon import Daemon, Golden, start_libvirt, virsh

start_libvirt()


def guest(name, more=""):
    """A guest without an operating system."""
    return (f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory>"
            "<vcpu current='1'>3</vcpu><iothreads>2</iothreads><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>"
            f"<devices>{more}</devices></domain>")


@contextlib.contextmanager
def daemon_with(more=""):
    """A daemon with two guests: "on" runs, "off" does not."""
    with Daemon(scene=None, qemu=None) as daemon:
        conn = libvirt.open(daemon.uri())
        conn.defineXML(guest("off", more))
        conn.defineXML(guest("on", more)).create()
        try:
            yield daemon, conn
        finally:
            for dom in conn.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
                dom.destroy()
            conn.close()


# What differs from one host, or one run, to the next.
VARIES = ((r"(?m)^(rss|last_update) \d+$", r"\1 N"), (r"(?m)^CPU time: .*\n", ""),
          (r"(?m)^(CPU Affinity:) .*$", r"\1 y"), (r"(?m)^(CPU:  ) .*\d$", r"\1 N"),
          (r"(?m)^( \d   )0-\d+$", r"\1 all"))

MEMORY = """
dommemstat on
dommemstat off
setmem on 16M --live
setmem on 64M --live
setmem on 16M --config
setmem on 16M
setmem off 16M
setmem off 16M --live
setmem off 33M
setmem off 8M --current
dommemstat on --period 2 --live
dommemstat on --period 3 --live --config
dommemstat off --period 5
dommemstat gone
setmaxmem on 64M
setmaxmem on 64M --config
setmaxmem off 64M
-r setmem on 16M
-r dommemstat on
dumpxml on --xpath //memballoon/stats
dumpxml on --inactive --xpath //memballoon/stats
dumpxml off --xpath //currentMemory
dumpxml off --xpath //memory
"""


VCPUS = """
setvcpus on 2 --live
setvcpus on 3
setvcpus on 4 --live
setvcpus on 0
setvcpus on 2 --live --guest
setvcpus on 2 --live
vcpucount on --live --active
setvcpus on 2 --config
setvcpus on 2 --config --hotpluggable
setvcpus off 2 --config
setvcpus off 2 --live
setvcpus off 4 --maximum --config
setvcpus on 4 --maximum
setvcpus off 5 --config
vcpucount off --maximum --config
setvcpus off 1 --maximum --config
vcpucount off --maximum --config
vcpucount off --config --active
vcpuinfo on
vcpupin on 0 0 --live
vcpupin on 2 0 --config
vcpupin on 9 0
vcpupin off 0 0 --config
vcpupin off 9 0 --config
emulatorpin on 0
emulatorpin on 0 --config
-r emulatorpin on
-r vcpupin on 0
-r setvcpus on 2
dumpxml on --xpath //cputune
dumpxml on --xpath //vcpu
dumpxml on --inactive --xpath //cputune
dumpxml on --inactive --xpath //vcpu
dumpxml off --xpath //cputune
"""


IOTHREADS = """
iothreadinfo on
iothreadinfo off
iothreadpin on 1 0
iothreadpin on 2 0 --config
iothreadpin on 3 0
iothreadpin off 3 0 --config
-r iothreadpin on 1 0
-r iothreadinfo on --config
iothreadadd on 3
iothreadadd off 3 --config
iothreaddel off 2 --config
dumpxml on --xpath //cputune
dumpxml on --inactive --xpath //cputune
attach-disk on DIR/one.iso vda --targetbus virtio --iothread 3
attach-disk on DIR/one.iso vda --targetbus virtio --iothread 2
dumpxml on --xpath //disk/driver
"""


DEVICES = ("<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>"
           "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='e1000'/></interface>"
           "<graphics type='vnc' passwd='secret'/>")
UPDATES = """
change-media on sda DIR/one.iso --insert --live
domblklist on
change-media on sda DIR/one.iso --insert --live
change-media on sda DIR/two.iso --update --live
change-media on sda DIR/gone.iso --update --live
dumpxml on --xpath //disk/source
change-media on sda --eject --live
change-media on sda --eject --live
change-media on sda DIR/two.iso --insert --live --config
dumpxml on --xpath //disk/source
dumpxml on --inactive --xpath //disk/source
change-media off sda DIR/one.iso --insert
change-media off sda DIR/two.iso --update --config
change-media off sda --eject --config
dumpxml off --xpath //disk/source
domif-getlink on 52:54:00:11:22:33
domif-setlink on 52:54:00:11:22:33 down
domif-getlink on 52:54:00:11:22:33
domif-getlink on 52:54:00:11:22:33 --config
domif-setlink on 52:54:00:11:22:33 up
domif-getlink on 52:54:00:11:22:33
domif-setlink off 52:54:00:11:22:33 down --config
domif-getlink off 52:54:00:11:22:33
update-device on DIR/model.xml
update-device on DIR/model.xml --config
update-device on DIR/display.xml
update-device off DIR/display.xml --config
update-device on DIR/balloon.xml
update-device on DIR/balloon.xml --config
update-device on DIR/other.xml
-r update-device on DIR/model.xml
dumpxml on --xpath //interface/model
dumpxml on --inactive --xpath //interface/model
"""
FILES = {
    "one.iso": "x" * 65536, "two.iso": "x" * 131072,
    "model.xml": "<interface type='user'><mac address='52:54:00:11:22:33'/>"
                 "<model type='virtio'/></interface>",
    "other.xml": "<interface type='user'><mac address='52:54:00:11:22:44'/></interface>",
    "display.xml": "<graphics type='vnc' passwd='other'/>",
    "balloon.xml": "<memballoon model='virtio' autodeflate='on'/>",
}


class TestVirsh(Golden):
    def battery(self, name, lines, more=""):
        """Every line's whole output is in virtvfioddata."""
        out = []
        with daemon_with(more) as (daemon, _):
            for path, text in FILES.items():
                with open(f"{daemon.dir}/{path}", "w", encoding="utf-8") as file:
                    file.write(text)
            for line in filter(None, lines.split("\n")):
                status, found = virsh(daemon.uri(), *shlex.split(line.replace("DIR", daemon.dir)))
                found = found.replace(daemon.dir, "DIR")
                for pattern, text in VARIES:
                    found = re.sub(pattern, text, found)
                out.append(f"$ virsh {line}\n{found.rstrip()}\n[{status}]\n")
        self.golden(name, "\n".join(out))

    def test_memory(self):
        """the memory of guests is looked at and changed with stock virsh"""
        self.battery("virsh-memory.txt", MEMORY)

    def test_vcpus(self):
        """the processors of guests come, go and are pinned with stock virsh"""
        self.battery("virsh-vcpus.txt", VCPUS)

    def test_iothreads(self):
        """the threads that serve disks are listed, pinned and given a disk with stock virsh"""
        self.battery("virsh-iothreads.txt", IOTHREADS)

    def test_updates(self):
        """discs and links change, and nothing else, with stock virsh"""
        self.battery("virsh-updates.txt", UPDATES, DEVICES)


class TestPython(unittest.TestCase):
    def test_old_calls(self):
        """the old calls for memory change what runs, and the maximum of what does not"""
        with daemon_with() as (_, conn):
            conn.lookupByName("on").setMemory(32768)
            off = conn.lookupByName("off")
            off.setMaxMemory(65536)
            self.assertEqual(off.info()[1], 65536)
            with self.assertRaises(libvirt.libvirtError) as caught:
                off.setMemory(32768)
            self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_OPERATION_INVALID)
            stats = conn.lookupByName("on").memoryStats()
            self.assertEqual(stats["actual"], 32768)
            self.assertGreater(stats["rss"], 1000)


if __name__ == "__main__":
    tap.main("__main__")
