#!/usr/bin/python3
# virtvfiodtest.py: the daemon with stock clients, and with what no stock client would send
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Golden files are in tests/virtvfioddata; VIR_TEST_REGENERATE=1 writes them anew.
# Usage: virtvfiodtest.py VIRTVFIOD SCENEBUILD

import contextlib
import fcntl
import os
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import libvirt

import tap
from testdaemon import (ENV, EVENT, KEEPALIVE, MAIN, REPLY, SANITIZED, SCHEMAS, TOP, VIRTVFIOD,
                        Daemon, Golden, Wire, error_of, optional, run, start_libvirt, text, virsh)

CONF = os.path.join(TOP, "src", "remote", "virtvfiod.conf")
MAN = os.path.join(TOP, "docs", "manpages", "virtvfiod.rst")

# What root's daemon says first where nobody has made QEMU's user.
QEMU_AS_ROOT = """\
virtvfiod: warning: there is no user virtvfio-qemu: QEMU of guests runs as root, and a guest that breaks \
out of it has the host; make the user with 'systemd-sysusers virtvfio.conf', or name another one in \
virtvfiod.conf
"""

start_libvirt()


# The battery: every line's whole output is in virtvfioddata/virsh.txt.
BATTERY = """
uri
version
version --daemon
nodeinfo
nodememstats
nodememstats --cell 1
nodememstats --cell 2
nodecpustats
nodecpustats --cpu 1
nodecpustats --cpu 7
nodecpumap
freecell
freecell --all
freecell --cellno 1
freecell --cellno 2
maxvcpus
maxvcpus --type qemu
freepages --all
freepages --cellno 0 --pagesize 2048
freepages --cellno 1 --pagesize 4
freepages --cellno 1 --pagesize 64
freepages --cellno 2 --pagesize 2048
allocpages 2048 1
node-memory-tune
capabilities
net-list --all
pool-list --all
iface-list --all
secret-list
nwfilter-list
event --all --timeout 1
nodedev-event --event lifecycle --timeout 1
net-info default
pool-info default
cpu-models x86_64
sysinfo
nodesuspend mem 60
vol-info /nonexistent
vol-dumpxml /nonexistent
vol-info x --pool default
secret-define /dev/null
iface-dumpxml lo
domxml-from-native qemu-argv /dev/null
maxvcpus --type xen
"""


# The same on the recorded host smartnic-host, in virtvfioddata/virsh-nodedev.txt.
DEVICES = """
nodedev-list
nodedev-list --tree
nodedev-list --cap pci
nodedev-list --cap system
nodedev-list --cap net
nodedev-list --cap pci --inactive
nodedev-info pci_0000_3b_00_2
nodedev-dumpxml computer
nodedev-dumpxml pci_0000_00_01_0
nodedev-dumpxml pci_0000_3b_00_0
nodedev-dumpxml pci_0000_3b_00_2
nodedev-dumpxml pci_0000_3b_00_7
nodedev-dumpxml net_enp1s0
nodedev-detach pci_0000_3b_00_0 --driver bogus
nodedev-detach pci_0000_3b_00_7
nodedev-reattach pci_0000_3b_00_0
nodedev-reset computer
-r nodedev-detach pci_0000_3b_00_2
-r nodedev-reset pci_0000_3b_00_2
"""


# And on node-devices, whose devices hang on each other, in virtvfioddata/virsh-nodedev-tree.txt.
TREE = """
nodedev-list
nodedev-list --tree
nodedev-list --cap net
nodedev-list --cap pci,net
nodedev-list --cap vpd
nodedev-list --cap storage
nodedev-list --cap vfio
nodedev-info net_ens1f0np0_0c_42_a1_00_00_01
nodedev-dumpxml net_ens1f0np0_0c_42_a1_00_00_01
nodedev-dumpxml net_enp0s2_52_54_00_00_00_02
nodedev-dumpxml net_br0_1_52_54_00_00_00_02
nodedev-dumpxml net_ib0_80_00_02_08_fe_80_00_00_00_00_00_00_0c_42_a1_03_00_00_00_01
nodedev-dumpxml net_tun0
nodedev-dumpxml net_wlan0_52_54_00_00_00_03
nodedev-dumpxml pci_0000_01_00_0
nodedev-dumpxml pci_0000_01_00_2
nodedev-dumpxml pci_10000_e1_00_0
nodedev-dumpxml computer
nodedev-detach net_ens1f0np0_0c_42_a1_00_00_01
"""


# What the hardware database of this machine calls a vendor and a product.
DATABASE = re.compile(r"(<(vendor|product) id='0x[0-9a-f]{4}')>[^<]*</\2>")


class TestVirsh(Golden):
    def battery(self, lines, **kwargs):
        """Every line with its whole output and its status."""
        out = []
        with Daemon(**kwargs) as daemon:
            for line in filter(None, lines.split("\n")):
                status, found = virsh(daemon.uri(), *line.split())
                found = found.replace(daemon.path, "SOCKET").replace(daemon.dir, "DIR")
                found = DATABASE.sub(r"\1/>", found)
                out.append(f"$ virsh {line}\n{found.rstrip()}\n[{status}]\n")
        return "\n".join(out).replace(os.uname().machine, "x86_64")

    def test_battery(self):
        """a battery of stock virsh commands, with their whole output"""
        self.golden("virsh.txt", self.battery(BATTERY))

    def test_devices(self):
        """what virsh does with the host's devices, with its whole output"""
        self.golden("virsh-nodedev.txt", self.battery(DEVICES, scene="smartnic-host"))

    def test_tree(self):
        """devices that hang on each other, and interfaces, with virsh's whole output"""
        self.golden("virsh-nodedev-tree.txt", self.battery(TREE, scene="node-devices"))

    def test_database(self):
        """vendors and products have the names of the hardware database, where there is one"""
        known = os.path.exists("/usr/lib/udev/hwdb.bin") or os.path.exists("/etc/udev/hwdb.bin")
        with Daemon(scene="smartnic-host") as daemon:
            found = virsh(daemon.uri(), "nodedev-dumpxml", "pci_0000_3b_00_0")[1]
            self.assertRegex(found, "<vendor id='0x15b3'>.*Mellanox.*</vendor>" if known
                             else "<vendor id='0x15b3'/>")

    def check_schema(self, scene, count):
        with Daemon(scene=scene) as daemon:
            self.write_vpd(daemon.root)
            names = virsh(daemon.uri(), "nodedev-list")[1].split()
            self.assertEqual(len(names), count)
            for name in names:
                done = subprocess.run(
                    ["xmllint", "--noout", "--relaxng", f"{SCHEMAS}/nodedev.rng", "-"],
                    input=virsh(daemon.uri(), "nodedev-dumpxml", name)[1], text=True,
                    capture_output=True, check=False)
                self.assertEqual(done.returncode, 0, f"{name}: {done.stderr}")

    def write_vpd(self, root):
        """All devices have vital product data."""
        for name in os.listdir(f"{root}/sys/bus/pci/devices"):
            shutil.copy(os.path.join(TOP, "tests/fuzz/corpus/pcivpdfuzz/good"),
                        f"{root}/sys/bus/pci/devices/{name}/vpd")

    def test_device_schema(self):
        """descriptions of devices are valid by libvirt's schema"""
        self.check_schema("smartnic-host", 10)
        self.check_schema("node-devices", 13)

    def test_vpd(self):
        """devices with vital product data are listed and described"""
        with Daemon(scene="smartnic-host") as daemon:
            self.assertEqual(virsh(daemon.uri(), "nodedev-list", "--cap", "vpd")[1].split(), [])
            self.write_vpd(daemon.root)
            listed = virsh(daemon.uri(), "nodedev-list", "--cap", "vpd")[1].split()
            self.assertEqual(len(listed), 9)
            conn = libvirt.open(daemon.uri())
            self.assertEqual(conn.nodeDeviceLookupByName(listed[0]).listCaps(), ["pci", "vpd"])
            self.assertIn("<part_number>MCX623106AN</part_number>",
                          conn.nodeDeviceLookupByName(listed[0]).XMLDesc())
            conn.close()

    def test_cap_names(self):
        """the old calls know libvirt's capabilities by name, and refuse what is none"""
        with Daemon(scene="node-devices") as daemon:
            conn = libvirt.open(daemon.uri())
            self.assertEqual(conn.listDevices("pci"),
                             [dev.name() for dev in conn.listAllDevices(2)])
            self.assertEqual(conn.numOfDevices("net"), 6)
            self.assertEqual(conn.numOfDevices("usb_device"), 0)
            for call in (lambda: conn.numOfDevices("vfio"), lambda: conn.listDevices("vfio")):
                with self.assertRaisesRegex(libvirt.libvirtError, "no capability 'vfio'") as caught:
                    call()
                self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_INVALID_ARG)
            with self.assertRaisesRegex(libvirt.libvirtError, "flags 0x400000"):
                conn.listAllDevices(1 << 22)
            conn.close()

    def test_hostname(self):
        """virsh hostname is this host's"""
        with Daemon() as daemon:
            self.assertEqual(virsh(daemon.uri(), "hostname"), (0, socket.gethostname() + "\n"))

    def test_read_only(self):
        """virsh -r works over both sockets"""
        with Daemon() as daemon:
            for path in (daemon.path, daemon.path + "-ro"):
                self.assertEqual(virsh(daemon.uri(path), "freecell", extra=["-r"]),
                                 (0, "Total: 16384000 KiB\n"))

    def test_foreign_uri(self):
        """a URI of another hypervisor is refused by its name"""
        with Daemon() as daemon:
            for asked in ("qemu:///session", "nosuch:///x", "qemu:///system/more", "test:///"):
                status, out = virsh(f"{daemon.uri()}&name={asked}", "uri")
                self.assertEqual(status, 1)
                self.assertIn(f"error: no connection driver available for {asked}\n", out)

    def test_keepalive(self):
        """a client that asks every second whether we are there stays connected"""
        with Daemon(config="[keepalive]\ninterval_seconds=1\ncount=2\n") as daemon:
            self.assertEqual(virsh(daemon.uri(), "event", "--all", "--timeout", "3",
                                   extra=["-k1", "-K1"])[1],
                             "event loop timed out\nevents received: 0\n")


class TestRecovery(unittest.TestCase):
    def test_slow(self):
        """the daemon answers while what a crash left cannot be set right yet"""
        address = "fffe:00:00.0"
        with Daemon(scene=None) as daemon:
            daemon.kill()
            os.makedirs(f"{daemon.dir}/run/net")
            os.makedirs(f"{daemon.dir}/run/lock", exist_ok=True)
            with open(f"{daemon.dir}/run/net/{address}", "w", encoding="utf-8") as file:
                file.write(f"[vf]\nversion=1\naddress={address}\nvendor=0x15b3\ndevice=0x101e\n"
                           f"interface=gone0\nguest=web\npid={daemon.process.pid}\n"
                           "since=2026-11-22T03:04:05Z\n[before]\nvf-mac=00:00:00:00:00:00\n"
                           "[guest]\nvf-mac=52:54:00:ab:cd:ef\n")
            with open(f"{daemon.dir}/run/lock/net-{address}", "w", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                daemon.start()
                self.assertEqual(virsh(daemon.uri(), "list", "--all")[0], 0)
                self.assertNotIn(address, daemon.read_log())  # it is waiting for the lock
            while address not in daemon.read_log():
                time.sleep(0.05)


class TestPython(unittest.TestCase):
    def test_every_event(self):
        """python registers for every event there is, and deregisters"""
        with Daemon() as daemon:
            conn = libvirt.open(daemon.uri())
            callbacks = [conn.domainEventRegisterAny(None, number, lambda *_: None, None)
                         for number in range(27)]
            devices = [conn.nodeDeviceEventRegisterAny(None, number, lambda *_: None, None)
                       for number in range(2)]
            for number in callbacks:
                conn.domainEventDeregisterAny(number)
            for number in devices:
                conn.nodeDeviceEventDeregisterAny(number)
            for kind in ("network", "storagePool", "secret"):
                number = getattr(conn, f"{kind}EventRegisterAny")(None, 0, lambda *_: None, None)
                getattr(conn, f"{kind}EventDeregisterAny")(number)
            conn.close()

    def test_device_update(self):
        """a change of one of this host's devices is an event for who asked for it"""
        devices = sorted(os.listdir("/sys/bus/pci/devices")) \
            if os.path.isdir("/sys/bus/pci/devices") else []
        if not devices or not os.access(f"/sys/bus/pci/devices/{devices[0]}/uevent", os.W_OK):
            self.skipTest("no PCI device here of which an event may be made")
        name = "pci_" + re.sub("[:.]", "_", devices[0])
        seen, told = [], threading.Event()

        def callback(_conn, dev, _opaque):
            seen.append(dev.name())
            told.set()

        with Daemon(scene=None) as daemon:
            conn = libvirt.open(daemon.uri())
            other = conn.nodeDeviceLookupByName("computer")
            update = libvirt.VIR_NODE_DEVICE_EVENT_ID_UPDATE
            numbers = [conn.nodeDeviceEventRegisterAny(None, update, callback, None),
                       conn.nodeDeviceEventRegisterAny(other, update, callback, None)]
            with open(f"/sys/bus/pci/devices/{devices[0]}/uevent", "w", encoding="utf-8") as file:
                file.write("change")
            self.assertTrue(told.wait(20))
            for number in numbers:
                conn.nodeDeviceEventDeregisterAny(number)
            conn.close()
        self.assertEqual(seen, [name])

    def test_interface_events(self):
        """interfaces that come, change their name and go are events, each under its name"""
        alone = ["unshare", "--mount", "--net", "--", "sh", "-c",
                 'mount -t sysfs sysfs /sys && exec "$@"', "sh"]
        if subprocess.run([*alone, "ip", "link", "add", "here", "type", "veth"], check=False,
                          capture_output=True).returncode != 0:
            self.skipTest("no network of one's own, with interfaces in pairs, may be made here")
        seen, told = [], threading.Semaphore(0)

        def callback(_conn, dev, event, _detail, _opaque):
            seen.append((event, dev.name()))
            told.release()

        with Daemon(scene=None, prefix=alone) as daemon:
            conn = libvirt.open(daemon.uri())
            number = conn.nodeDeviceEventRegisterAny(
                None, libvirt.VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE, callback, None)
            self.assertEqual(conn.listDevices("net"), ["net_lo_00_00_00_00_00_00"])
            for words in ("add here address 52:54:00:00:00:01 type veth peer there "
                          "address 52:54:00:00:00:02", "set here name new", "delete new"):
                subprocess.run(["nsenter", f"--net=/proc/{daemon.process.pid}/ns/net", "ip",
                                "link", *words.split()], check=True)
                for _ in range(2):
                    self.assertTrue(told.acquire(timeout=20), seen)
            conn.nodeDeviceEventDeregisterAny(number)
            conn.close()
        here, new, there = (f"net_{name}_52_54_00_00_00_0{number}"
                            for name, number in (("here", 1), ("new", 1), ("there", 2)))
        self.assertEqual(sorted(seen[:2]), [(0, here), (0, there)])
        self.assertEqual(seen[2:4], [(1, here), (0, new)])
        self.assertEqual(sorted(seen[4:]), [(1, new), (1, there)])

    def test_old_counting(self):
        """what there is none of is none, in the old way of counting too"""
        with Daemon() as daemon:
            conn = libvirt.open(daemon.uri())
            for kind in ("Networks", "DefinedNetworks", "StoragePools", "DefinedStoragePools",
                         "Interfaces", "DefinedInterfaces", "Secrets", "NWFilters"):
                self.assertEqual(getattr(conn, f"numOf{kind}")(), 0)
                self.assertEqual(getattr(conn, f"list{kind}")(), [])
            for kind in ("Networks", "StoragePools", "Interfaces", "Secrets", "NWFilters"):
                self.assertEqual(getattr(conn, f"listAll{kind}")(), [])
            self.assertEqual((conn.isSecure(), conn.isAlive(), conn.getType()), (1, 1, "QEMU"))
            conn.close()

    def test_devices(self):
        """the host's devices, in the old and the new way"""
        with Daemon(scene="smartnic-host") as daemon:
            conn = libvirt.open(daemon.uri())
            names = conn.listDevices("pci")
            self.assertEqual(len(names), 9)
            self.assertEqual(conn.numOfDevices("pci"), 9)
            self.assertEqual(conn.numOfDevices(None), 10)
            self.assertEqual(conn.listDevices("net"), [])
            self.assertEqual([dev.name() for dev in conn.listAllDevices()], ["computer", *names])
            dev = conn.nodeDeviceLookupByName(names[0])
            self.assertEqual((dev.numOfCaps(), dev.listCaps(), dev.parent()),
                             (1, ["pci"], "computer"))
            root = conn.nodeDeviceLookupByName("computer")
            self.assertEqual((root.listCaps(), root.parent()), (["system"], None))
            for name in ("pci_0000_3B_00_0", "pci_3b_00_0", "pci_0000_ff_00_0", "", "x" * 5000):
                with self.assertRaises(libvirt.libvirtError) as caught:
                    conn.nodeDeviceLookupByName(name)
                self.assertEqual(caught.exception.get_error_code(),
                                 libvirt.VIR_ERR_NO_NODE_DEVICE)
            conn.close()

    def test_not_supported(self):
        """what is not there is not supported, and never a wrong success"""
        with Daemon() as daemon:
            conn = libvirt.open(daemon.uri())
            for name, args in (("networkLookupByName", ("default",)),
                               ("allocPages", ({2048: 1}, 0, 1)),
                               ("storagePoolLookupByName", ("default",))):
                with self.assertRaises(libvirt.libvirtError) as caught:
                    getattr(conn, name)(*args)
                self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_NO_SUPPORT)
            with self.assertRaisesRegex(libvirt.libvirtError, "no storage vol") as caught:
                conn.storageVolLookupByPath("/tmp/disk.img")
            self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_NO_STORAGE_VOL)
            conn.close()

    def test_pages(self):
        """free pages of several nodes and sizes, as far as there are nodes"""
        with Daemon() as daemon:
            conn = libvirt.openReadOnly(daemon.uri())
            self.assertEqual(conn.getFreePages([2048, 4], 0, 2),
                             {0: {2048: 500, 4: 2000000}, 1: {2048: 256, 4: 2096000}})
            self.assertEqual(conn.getFreePages([4], -1, 1), {-1: {4: 4096000}})
            for args in (([4], -2, 1), ([4], 2147483647, 1), ([4], 9, 1)):
                with self.assertRaises(libvirt.libvirtError) as caught:
                    conn.getFreePages(*args)
                self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_INVALID_ARG,
                                 args)
            conn.close()

    def test_many_connections(self):
        """200 connections at a time, from eight threads"""
        failures = []

        def connect(daemon, keep):
            try:
                for _ in range(25):
                    conn = libvirt.open(daemon.uri())
                    self.assertEqual(conn.getInfo()[2], 7)
                    keep.append(conn)
            except Exception as err:  # pylint: disable=broad-except
                failures.append(err)

        with Daemon() as daemon:
            keep = []
            threads = [threading.Thread(target=connect, args=(daemon, keep)) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            self.assertEqual(len(keep), 200)
            for conn in keep:
                conn.close()


class TestWire(unittest.TestCase):
    """What libvirt's daemon answers to what no client should send (facts, section 4)."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__(None, None, None)

    @contextlib.contextmanager
    def wire(self, is_open=True):
        with self.daemon.connect() as wire:
            if is_open:
                self.assertEqual(wire.open(), b"")
            yield wire

    def test_before_open(self):
        """calls before the connection is open"""
        closed = (1, 7, "internal error: hypervisor connection not open")
        with self.wire(is_open=False) as wire:
            self.assertEqual(wire.call(66), struct.pack(">Ii", 1, 0))
            self.assertEqual(wire.call(60, struct.pack(">i", 10)), struct.pack(">i", 1))
            self.assertEqual(wire.call(60, struct.pack(">i", 14)), closed)
            self.assertEqual(wire.call(59), closed)
            self.assertEqual(wire.call(9999), (39, 7, "unknown procedure: 9999"))
            self.assertEqual(wire.call(46), (3, 20, "this function is not supported by the connection "
                                             "driver: virNetworkLookupByName"))
            self.assertEqual(wire.open(), b"")
            self.assertEqual(wire.call(60, struct.pack(">i", 14)), struct.pack(">i", 1))

    def test_second_open(self):
        """a connection is opened once"""
        with self.wire() as wire:
            self.assertEqual(wire.open(), (1, 7, "internal error: connection already open"))

    def test_uris(self):
        """no URI, an empty one and ours with parameters are ours"""
        for uri in (None, "", "qemu:///system", "qemu:///system?foo=bar"):
            with self.wire(is_open=False) as wire:
                self.assertEqual(wire.open(uri=uri), b"")
                self.assertEqual(wire.call(110), text("qemu:///system"))

    def test_foreign_uri(self):
        """a foreign URI is quoted, and not without end"""
        with self.wire(is_open=False) as wire:
            self.assertEqual(wire.open(uri="nosuch:///x"),
                             (5, 0, "no connection driver available for nosuch:///x"))
            code, _, message = wire.open(uri="x" * 4194304)
            self.assertEqual(code, 5)
            self.assertLess(len(message), 300)
            self.assertEqual(wire.open(), b"")

    def test_features(self):
        """features that we have, and that nobody has"""
        with self.wire() as wire:
            for feature, has in ((9, 1), (10, 1), (14, 1), (15, 1), (8, 1), (1, 0), (99, 0),
                                 (-1, 0)):
                self.assertEqual(wire.call(60, struct.pack(">i", feature)), struct.pack(">i", has))

    def test_old_events(self):
        """events as clients ask for them that are older than the numbers of callbacks"""
        xml = ("<domain type='qemu'><name>old</name><memory unit='MiB'>32</memory><os>"
               "<type arch='x86_64' machine='pc'>hvm</type></os></domain>")
        number = struct.Struct(">i").pack
        with self.wire() as wire:
            self.assertEqual(wire.call(105), number(1))
            self.assertEqual(wire.call(105), (1, 7, "internal error: domain event 0 already registered"))
            self.assertEqual(wire.call(167, number(15)), b"")
            for event in (-1, 5, 18, 26, 99):
                self.assertEqual(wire.call(167, number(event)),
                                 (1, 7, f"internal error: unsupported event ID {event}"))
            wire.send(text(xml), procedure=11, serial=70)
            told = {}
            for _ in range(2):  # the event may come before the reply
                header, payload = wire.receive()
                told[header[2]] = header[3], payload
            self.assertEqual(told[107], (EVENT, told[11][1] + number(0) + number(0)))
            self.assertEqual(wire.call(106), number(0))
            self.assertEqual(wire.call(168, number(15)), b"")
            self.assertEqual(wire.call(168, number(15)),
                             (1, 7, "internal error: domain event 15 not registered"))
            self.assertEqual(wire.call(35, told[11][1]), b"")

    def test_events(self):
        """events and callbacks that there are not"""
        with self.wire() as wire:
            self.assertEqual(wire.call(316, struct.pack(">iI", 99, 0)),
                             (1, 7, "internal error: unsupported event ID 99"))
            self.assertEqual(wire.call(317, struct.pack(">i", 77)),
                             (1, 7, "internal error: domain event callback 77 not registered"))
            number = wire.call(316, struct.pack(">iI", 0, 0))
            with self.wire() as other:
                self.assertEqual(other.call(317, number)[0], 1)
            self.assertEqual(wire.call(317, number), b"")

    def test_close_callback(self):
        """the close callback need not have been registered"""
        with self.wire() as wire:
            self.assertEqual(wire.call(361), b"")
            self.assertEqual(wire.call(360), b"")

    def test_close(self):
        """the end of a connection is answered, and then it is over"""
        with self.wire() as wire:
            self.assertEqual(wire.call(2), b"")
            with self.assertRaises((EOFError, ConnectionResetError, BrokenPipeError)):
                wire.call(59)

    def test_undecodable(self):
        """arguments that make no sense are refused, and the connection stays"""
        bad = (39, 7, "Unable to decode message payload")
        with self.wire() as wire:
            for payload in (b"", b"\0\0\0", struct.pack(">iI", 0, 1),
                            struct.pack(">iII", 0, 1, 4194305) + b"x" * 100):
                self.assertEqual(wire.call(316, payload), bad)
            self.assertEqual(wire.call(59, b"more than is asked for"), text(socket.gethostname()))

    def test_node_stats(self):
        """room for fewer values than there are gets that many"""
        with self.wire() as wire:
            self.assertEqual(wire.call(228, struct.pack(">iiI", 0, -1, 0)),
                             struct.pack(">Ii", 0, 4))
            one = struct.pack(">I", 1) + text("total") + struct.pack(">Qi", 32768000, 1)
            self.assertEqual(wire.call(228, struct.pack(">iiI", 1, -1, 0)), one)
            self.assertEqual(wire.call(228, struct.pack(">iiI", 1, -1, 1))[0], 8)

    def test_node_info(self):
        """the model of the node is 32 numbers on the wire"""
        with self.wire() as wire:
            payload = wire.call(6)
            model = struct.unpack(">32i", payload[:128])
            self.assertEqual(bytes(model).rstrip(b"\0").decode(), os.uname().machine)
            self.assertEqual(struct.unpack(">Q6i", payload[128:]),
                             (32768000, 7, 2593, 2, 1, 2, 2))

    def test_keepalive(self):
        """a ping is answered before anything else was said"""
        with self.wire(is_open=False) as wire:
            wire.send(program=KEEPALIVE, procedure=1, kind=EVENT)
            self.assertEqual(wire.receive(), ((KEEPALIVE, 1, 2, EVENT, 0, 0), b""))

    def test_half_frames(self):
        """clients that stop in the middle of a frame hold up nobody"""
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                wire = stack.enter_context(self.wire())
                wire.socket.sendall(b"\2\0\0\4\x20")
            with self.wire() as wire:
                self.assertEqual(wire.call(3), text("QEMU"))

    def test_come_and_go(self):
        """2000 connections that come and go leave no descriptor and no memory behind"""
        def come_and_go(count):
            for i in range(count):
                with self.wire(is_open=i % 2 == 0) as wire:
                    wire.send(procedure=(6, 7, 316, 9999)[i % 4])
            with self.wire() as wire:
                wire.call(3)

        def settle(fds):
            """The daemon notices the end of a connection when it reads."""
            end = time.monotonic() + 20
            while self.daemon.fds() > fds and time.monotonic() < end:
                time.sleep(0.01)
            return self.daemon.fds()

        fds = self.daemon.fds()
        come_and_go(500)
        rss = self.daemon.rss_kib()
        come_and_go(2000)
        self.assertLessEqual(settle(fds), fds)
        if not SANITIZED:  # they keep freed memory on purpose
            self.assertLess(self.daemon.rss_kib(), rss + 2048)


class TestDaemon(unittest.TestCase):
    def test_help(self):
        """--help names every option of the man page, and --version the version"""
        status, out, err = run("--help")
        self.assertEqual((status, err), (0, ""))
        with open(MAN, encoding="utf-8") as file:
            man = file.read()
        options = set(re.findall(r"(?<=--)[a-z-]+", out))
        self.assertEqual(options, {"help", "config", "socket", "run-dir", "state-dir", "root",
                                   "check-config", "verbose", "version"})
        for option in options:
            self.assertIn(f"**--{option}**", man)
        self.assertRegex(run("--version")[1], r"^virtvfiod \d+\.\d+\.\d+\n$")

    def test_usage(self):
        """what is wrong on the command line is status 2"""
        self.assertEqual(run("--nonsense"), (2, "", "virtvfiod: error: Unknown option --nonsense: "
                                                    "see 'virtvfiod --help'\n"))
        self.assertEqual(run("word"), (2, "", "virtvfiod: error: virtvfiod takes options only: "
                                              "see 'virtvfiod --help'\n"))

    def test_sockets_go_with_it(self):
        """SIGTERM ends it in good order: the client hears it, the sockets are gone"""
        daemon = Daemon()
        with daemon.connect() as wire:
            self.assertEqual(wire.open(), b"")
            daemon.process.send_signal(signal.SIGTERM)
            daemon.await_notice("STOPPING=1")
            with self.assertRaises(EOFError):
                wire.receive()
            self.assertEqual(daemon.process.wait(20), 0)
            self.assertFalse(os.path.exists(daemon.path))
            self.assertFalse(os.path.exists(daemon.path + "-ro"))
        self.assertEqual(daemon.stop()[0], 0)

    def test_killed(self):
        """after kill -9 the next one takes the sockets over"""
        with Daemon() as daemon:
            with Daemon() as other:
                other.process.kill()
                other.process.wait()
                os.rename(other.path, daemon.dir + "/stale-sock")
                again = subprocess.Popen([VIRTVFIOD, "--run-dir", other.dir + "/run", "--state-dir",
                                          other.dir + "/state", "--config", CONF, "--socket",
                                          daemon.dir + "/stale-sock"],
                                         env={**ENV, "NOTIFY_SOCKET": other.dir + "/notify"})
                other.await_notice("READY=1")
                with Wire(daemon.dir + "/stale-sock") as wire:
                    self.assertEqual(wire.open(), b"")
                again.terminate()
                self.assertEqual(again.wait(20), 0)
                other.process = again

    def test_second_instance(self):
        """a second one in the same place is refused, one beside it is not"""
        with Daemon() as daemon:
            status, _, err = run("--run-dir", daemon.dir + "/run", "--config", CONF)
            self.assertEqual(status, 1)
            self.assertIn(f"process {daemon.process.pid} (virtvfiod)", err)
            status, _, err = run("--run-dir", daemon.dir, "--state-dir",
                                 daemon.dir + "/other", "--config", CONF, "--socket",
                                 daemon.path)
            self.assertEqual((status, err.removeprefix(QEMU_AS_ROOT)), (
                1, f"virtvfiod: error: cannot listen on {daemon.path}: another daemon does so; "
                   "stop that, or use another path\n"))
            with Daemon():
                pass

    def test_no_socket(self):
        """what is no socket is not removed, and a path that is too long is refused"""
        with Daemon() as daemon:
            path = daemon.dir + "/precious"
            with open(path, "w", encoding="utf-8"):
                pass
            status, _, err = run("--run-dir", daemon.dir, "--state-dir",
                                 daemon.dir + "/other", "--config", CONF, "--socket", path)
            self.assertEqual((status, err.removeprefix(QEMU_AS_ROOT)), (
                1, f"virtvfiod: error: cannot listen on {path}: it exists and is no socket\n"))
            self.assertTrue(os.path.exists(path))
            status, _, err = run("--run-dir", daemon.dir, "--state-dir",
                                 daemon.dir + "/other", "--config", CONF, "--socket",
                                 daemon.dir + "/" + "x" * 120)
            self.assertEqual(status, 1)
            self.assertIn("is longer than the 107 bytes of a socket's name", err)

    def test_qemu_as_root(self):
        """QEMU that would run as root, because there is no user for it, is warned of"""
        if os.geteuid() != 0 or "virtvfio-qemu" in [user.pw_name for user in pwd.getpwall()]:
            self.skipTest("it takes root, and no user virtvfio-qemu")
        with Daemon() as daemon:
            self.assertIn(QEMU_AS_ROOT, daemon.read_log())
        with Daemon(config="[qemu]\nuser=root\n") as daemon:
            self.assertNotIn("QEMU of guests runs as root", daemon.read_log())

    def test_modes(self):
        """who may connect: root, or the group; everybody to look"""
        with Daemon() as daemon:
            self.assertEqual(os.stat(daemon.path).st_mode & 0o777, 0o600)
            self.assertEqual(os.stat(daemon.path + "-ro").st_mode & 0o777, 0o666)
        with Daemon(config="[daemon]\ngroup=daemon\nread_only_socket=false\n") as daemon:
            self.assertEqual(os.stat(daemon.path).st_mode & 0o777, 0o660)
            self.assertEqual(os.stat(daemon.path).st_gid, 1)
            self.assertFalse(os.path.exists(daemon.path + "-ro"))

    def test_systemd_socket(self):
        """sockets that systemd hands over are served, and stay"""
        with tempfile.TemporaryDirectory() as directory:
            paths = [f"{directory}/virtvfio-sock", f"{directory}/virtvfio-sock-ro"]
            sockets = []
            for path in paths:
                listener = socket.socket(socket.AF_UNIX)
                listener.bind(path)
                listener.listen()
                os.chmod(path, 0o666)
                sockets.append(listener)
            os.chmod(directory, 0o755)
            fds = [listener.fileno() for listener in sockets]
            script = f'exec 3<&{fds[0]} 4<&{fds[1]}; LISTEN_PID=$$ LISTEN_FDS=2 exec "$@"'
            with Daemon(prefix=("bash", "-c", script, "bash"), pass_fds=fds) as daemon:
                self.assertFalse(os.path.exists(daemon.path))
                for path in paths:
                    with Wire(path) as wire:
                        self.assertEqual(wire.open(), b"")
                        self.assertEqual(wire.call(3), text("QEMU"))
                self.stranger(paths[0], refused=True)
                self.stranger(paths[1], refused=False)
            for path in paths:
                self.assertTrue(os.path.exists(path))
            for listener in sockets:
                listener.close()

    def test_systemd_socket_refused(self):
        """a descriptor of systemd's that is no listening socket ends the start"""
        with tempfile.TemporaryDirectory() as directory:
            script = 'exec 3</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
            done = subprocess.run(
                ["bash", "-c", script, "bash", VIRTVFIOD, "--run-dir", f"{directory}/run", "--state-dir",
                 f"{directory}/state", "--config", CONF],
                env=ENV, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("virtvfiod: error: descriptor 3, which systemd handed over, is no listening UNIX "
                      "socket\n", done.stderr)

    def test_group(self):
        """a member of the configured group may connect, by whichever of their groups"""
        with Daemon(config="[daemon]\ngroup=daemon\n") as daemon:
            self.stranger(daemon.path, refused=False, groups=[1])
            self.stranger(daemon.path + "-ro", refused=False)
            os.chmod(daemon.path, 0o666)
            self.stranger(daemon.path, refused=True, groups=[2, 3])

    def test_libvirt_sockets(self):
        """where libvirt's clients look: with no URI, with qemu:///system, and to look only"""
        if os.getuid() != 0:
            self.skipTest("only root can mount something over /run/libvirt")
        # In a chroot "/" is no mount, and the kernel makes no view of it that others do not see.
        if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("no mount namespace of its own can be made here")
        # A /run/libvirt of our own, seen by nobody else.
        script = 'mkdir -p /run/libvirt && mount -t tmpfs none /run/libvirt && exec "$@"'
        prefix = ("unshare", "--mount", "sh", "-c", script, "sh")
        made = not os.path.exists("/run/libvirt")
        with Daemon(config="[daemon]\nlibvirt_sockets=true\n", prefix=prefix) as daemon:
            for words in ([], ["-r"], ["-c", "qemu:///system"], ["-r", "-c", "qemu:///system"]):
                done = subprocess.run(
                    ["nsenter", f"--mount=/proc/{daemon.process.pid}/ns/mnt", "virsh", "-q", *words,
                     "freecell"], env={**ENV, "HOME": "/tmp"}, stdin=subprocess.DEVNULL,
                    capture_output=True, text=True, timeout=60)
                self.assertEqual((done.stdout, done.stderr), ("Total: 16384000 KiB\n", ""))
        if made:
            os.rmdir("/run/libvirt")

    def stranger(self, path, refused, groups=()):
        """User 65534 connects, whatever the socket's permissions let pass."""
        if os.getuid() != 0:
            self.skipTest("only root can connect as somebody else")
        script = (f"import os, socket, sys\nos.setgroups({list(groups)})\n"
                  "os.setgid(65534)\nos.setuid(65534)\n"
                  "s = socket.socket(socket.AF_UNIX)\ns.settimeout(20)\n"
                  "s.connect(sys.argv[1])\n"
                  "s.sendall(bytes.fromhex('0000001c200080860000000100000042' + '00' * 12))\n"
                  "print(len(s.recv(100)))\n")
        done = subprocess.run(["/usr/bin/python3", "-c", script, path], capture_output=True,
                              text=True, timeout=60)
        if refused:
            self.assertTrue(done.stdout == "0\n" or "ConnectionResetError" in done.stderr
                            or "BrokenPipeError" in done.stderr, done.stderr)
        else:
            self.assertEqual(done.stdout, "36\n", done.stderr)

    def test_idle(self):
        """who says nothing is disconnected, who has opened stays"""
        with Daemon(config="[limits]\nseconds_not_open=1\n") as daemon:
            with daemon.connect() as opened, daemon.connect() as idle:
                self.assertEqual(opened.open(), b"")
                with self.assertRaises(EOFError):
                    idle.receive()
                self.assertEqual(opened.call(3), text("QEMU"))


class TestConfig(unittest.TestCase):
    def check(self, config):
        with tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="utf-8") as file:
            file.write(config)
            file.flush()
            status, out, err = run("--check-config", "--config", file.name)
            return status, out, err.replace(file.name, "FILE")

    def test_documented(self):
        """the file that we install is right, also with every option in force, and names them all"""
        with open(CONF, encoding="utf-8") as file:
            config = file.read()
        with open(MAN, encoding="utf-8") as file:
            man = file.read()
        self.assertEqual(self.check(config), (0, "", ""))
        active = re.sub(r"^#(\w+=)", r"\1", config, flags=re.M)
        self.assertEqual(self.check(active), (0, "", ""))
        names = re.findall(r"^(\w+)=", active, flags=re.M)
        self.assertEqual(len(names), 22)
        for name in names:
            self.assertIn(f"**{name}**", man)

    def test_defaults(self):
        """the file that we install says what holds without it"""
        with open(CONF, encoding="utf-8") as file:
            found = dict(re.findall(r"^#(\w+)=(.*)$", file.read(), flags=re.M))
        with open(os.path.join(TOP, "src/rpc/rpc_server.c"), encoding="utf-8") as file:
            source = file.read()
        for name, field in (("clients", "maxClients"), ("clients_not_open", "maxUnready"),
                            ("workers", "workers"), ("priority_workers", "priorityWorkers"),
                            ("calls_per_client", "maxCalls"), ("count", "keepaliveCount"),
                            ("waiting_calls_per_client", "maxWaiting")):
            self.assertEqual(found[name], re.search(rf"\.{field} = (\d+),", source)[1])

    def test_all_problems(self):
        """everything that is wrong is said at once"""
        self.assertEqual(self.check("[daemon]\ngroup=no-such-group\nread_only_socket=maybe\nauth=tls\n"
                                    "colour=red\n[limits]\nclients=0\nworkers=many\n[polkit]\nx=y\n"),
                         (1, "", "virtvfiod: error: "
                          "FILE: [daemon] group: there is no group 'no-such-group'\n"
                          "FILE: [daemon] read_only_socket: 'maybe' is neither true nor false\n"
                          "FILE: [daemon] auth: 'tls' is neither none nor polkit\n"
                          "FILE: [daemon] has no option 'colour'\n"
                          "FILE: [limits] clients: '0' is no number from 1 to 100000\n"
                          "FILE: [limits] workers: 'many' is no number from 1 to 1000\n"
                          "FILE: there is no section [polkit]\n"))

    def test_guests(self):
        """whom guests run as and where they are is looked at, too"""
        self.assertEqual(self.check("[daemon]\nstate_directory=here\n[qemu]\nuser=no-such-user\n"),
                         (1, "", "virtvfiod: error: "
                          "FILE: [daemon] state_directory: 'here' is no path that begins with '/'\n"
                          "FILE: [qemu] there is no user 'no-such-user' for QEMU to run as; create it, "
                          "or configure another\n"))
        self.assertEqual(self.check("[qemu]\ngroup=daemon\n"),
                         (1, "", "virtvfiod: error: FILE: [qemu] group: without a user it says "
                                 "nothing; set user too\n"))
        self.assertEqual(self.check("[qemu]\nuser=root\ngroup=no-such-group\n"),
                         (1, "", "virtvfiod: error: FILE: [qemu] there is no group 'no-such-group' for "
                                 "QEMU to run as; create it, or configure another\n"))
        self.assertEqual(self.check("[qemu]\nuser=\n"), (0, "", ""))

    def test_unreadable(self):
        """a file that is no configuration, and one that is not there"""
        self.assertEqual(self.check("group=x\n")[0], 1)
        status, _, err = run("--check-config", "--config", "/nonexistent/virtvfiod.conf")
        self.assertEqual(status, 1)
        self.assertIn("cannot read the configuration file /nonexistent/virtvfiod.conf: ", err)


class TestCompletion(unittest.TestCase):
    def complete(self, *words):
        script = ('. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _virtvfiod; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(
            ["bash", "--norc", "-c", script, "bash",
             os.path.join(TOP, "tools/bash-completion/virtvfiod"), "virtvfiod", *words],
            env=ENV, capture_output=True, text=True, check=True)
        return done.stdout.split()

    def test_options(self):
        """bash completes every option that the daemon has, and no other"""
        options = re.findall(r"--[a-z-]+", run("--help")[1])
        self.assertEqual(sorted(self.complete("")), sorted(set(options)))
        self.assertEqual(self.complete("--che"), ["--check-config"])

    def test_arguments(self):
        """bash completes files and folders where an option takes one"""
        self.assertEqual(self.complete("--config", CONF[:-2]), [CONF])
        self.assertEqual(self.complete("--root", os.path.dirname(CONF)[:-2]),
                         [os.path.dirname(CONF)])


if __name__ == "__main__":
    tap.main("__main__")
