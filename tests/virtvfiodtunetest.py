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
            "<vcpu current='1'>3</vcpu><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>"
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
          (r"(?m)^(CPU Affinity:) .*$", r"\1 y"), (r"(?m)^(CPU:  ) .*\d$", r"\1 N"))

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


class TestVirsh(Golden):
    def battery(self, name, lines, more=""):
        """Every line's whole output is in virtvfioddata."""
        out = []
        with daemon_with(more) as (daemon, _):
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
