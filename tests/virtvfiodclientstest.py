#!/usr/bin/python3
# virtvfiodclientstest.py: other people's clients make, run and watch guests on real QEMU
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Usage: virtvfiodclientstest.py VIRTVFIOD SCENEBUILD

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree

import libvirt

import tap
from testdaemon import ENV, SCHEMAS, TOP, Daemon, start_libvirt, virsh

start_libvirt()

AGENT = "/usr/lib/ocf/resource.d/heartbeat/VirtualDomain"
OCF_NOT_RUNNING = 7
LIBVIRT_DBUS = "/usr/sbin/libvirt-dbus"
EXPORTER = "/usr/bin/prometheus-libvirt-exporter"
GO_PATH = "/usr/share/gocode"
GO_LIBVIRT = f"{GO_PATH}/src/github.com/digitalocean/go-libvirt"


def guest(name, devices=""):
    return (f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>16</memory>"
            f"<os><type machine='q35'>hvm</type></os><devices>{devices}</devices></domain>")


class Clients(unittest.TestCase):
    """A daemon with real QEMU, and a folder that virt-install would make a storage pool."""
    maxDiff = None
    scene = None

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(scene=cls.scene, qemu=None)
        cls.addClassCleanup(cls.daemon.__exit__, None, None, None)
        cls.folder = tempfile.mkdtemp(prefix="virtvfiod-", dir="/var/tmp")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.conn = libvirt.open(cls.daemon.uri())
        cls.addClassCleanup(cls.conn.close)

    def setUp(self):
        self.addCleanup(self.remove_guests)

    def remove_guests(self):
        for dom in self.conn.listAllDomains():
            if dom.isActive():
                dom.destroy()
            if dom.name() in self.conn.listDefinedDomains():
                dom.undefine()

    def image(self, name, *words):
        path = f"{self.folder}/{name}"
        subprocess.run(["qemu-img", "create", "-q", *words, path, "8M"], check=True)
        return path

    def run_client(self, *words, status=0, timeout=120, **env):
        done = subprocess.run(words, env={**ENV, "HOME": self.daemon.dir, **env}, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout, check=False)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def virsh(self, *words):
        status, found = virsh(self.daemon.uri(), *words)
        self.assertEqual(status, 0, found)
        return found

    def validate(self, schema, text):
        done = subprocess.run(["xmllint", "--noout", "--relaxng", f"{SCHEMAS}/{schema}.rng", "-"],
                              input=text, text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def define(self, name, devices=""):
        return self.conn.defineXML(guest(name, devices))


class TestVirtInstall(Clients):
    def virt_install(self, name, *words, **kwargs):
        return self.run_client(
            "virt-install", "--connect", self.daemon.uri(), "--name", name, "--memory", "32",
            "--osinfo", "detect=on,require=off", "--virt-type", "qemu", "--import", "--network",
            "none", "--graphics", "none", *words, **kwargs)

    def disk(self, dom):
        tree = ElementTree.fromstring(dom.XMLDesc())
        return [(disk.find("driver").get("type"), disk.find("source").get("file"))
                for disk in tree.findall("devices/disk")]

    def test_disks(self):
        """virt-install starts a guest with images of either format, wherever they lie"""
        raw, qcow2 = self.image("a.img", "-f", "raw"), self.image("b c.img", "-f", "qcow2")
        found = self.virt_install("made", "--disk", raw, "--disk", qcow2, "--noautoconsole")
        self.assertIn("Domain creation completed", found)
        dom = self.conn.lookupByName("made")
        self.assertEqual(dom.state()[0], libvirt.VIR_DOMAIN_RUNNING)
        self.assertTrue(dom.isPersistent())
        self.assertEqual(self.disk(dom), [("raw", raw), ("qcow2", qcow2)])

    def test_defaults(self):
        """virt-install starts the guest that it makes for spice and an operating system it knows"""
        found = self.run_client(
            "virt-install", "--connect", self.daemon.uri(), "--name", "made", "--memory", "64",
            "--osinfo", "debian11", "--virt-type", "qemu", "--import", "--network", "user",
            "--graphics", "spice,listen=socket", "--disk", self.image("a.qcow2", "-f", "qcow2"),
            "--noautoconsole")
        self.assertIn("Domain creation completed", found)
        dom = self.conn.lookupByName("made")
        self.assertEqual(dom.state()[0], libvirt.VIR_DOMAIN_RUNNING)
        tree = ElementTree.fromstring(dom.XMLDesc())
        self.assertEqual([each.find("alias").get("name") for each in tree.iter("redirdev")],
                         ["redir0", "redir1"])

    def test_disk_sizes(self):
        """how large a disk is, for the guest and on the host, whether the guest runs or not"""
        path = self.image("h.img", "-f", "qcow2")
        dom = self.define("sizes", f"<disk type='file'><driver name='qemu' type='qcow2'/><source "
                          f"file='{path}'/><target dev='sda' bus='sata'/></disk><disk type='file' "
                          "device='cdrom'><target dev='sdb' bus='sata'/></disk>")
        status = os.stat(path)
        wanted = [8 << 20, status.st_blocks * 512, status.st_size]
        self.assertEqual(dom.blockInfo("sda"), wanted)
        with self.assertRaisesRegex(libvirt.libvirtError, "disk 'sdb' of guest 'sizes' has no medium"):
            dom.blockInfo("sdb")
        dom.create()
        self.assertEqual(dom.blockInfo(path), wanted)
        self.assertEqual(dom.diskErrors(), {})
        dom.destroy()
        with open(path, "r+b") as file:
            file.write(b"nonsense")
        with self.assertRaisesRegex(libvirt.libvirtError, "is no image of the format qcow2"):
            dom.blockInfo("sda")
        os.unlink(path)
        with self.assertRaisesRegex(libvirt.libvirtError, "No such file"):
            dom.blockInfo("sda")

    def test_no_disk(self):
        """virt-install starts a guest without disks, which goes when it is off"""
        self.virt_install("made", "--disk", "none", "--noautoconsole", "--transient")
        dom = self.conn.lookupByName("made")
        self.assertEqual((dom.isActive(), dom.isPersistent()), (1, 0))
        dom.destroy()
        self.assertEqual(self.conn.listAllDomains(), [])

    def test_new_disk(self):
        """a disk that would have to be made is refused, and nothing is left"""
        found = self.virt_install("made", "--disk", f"{self.folder}/new.img,size=1", status=1)
        self.assertIn("Could not define storage pool: this function is not supported by the "
                      "connection driver: virStoragePoolDefineXML", found)
        self.assertFalse(os.path.exists(f"{self.folder}/new.img"))
        self.assertEqual(self.conn.listAllDomains(), [])

    def virt_xml(self, *words, **kwargs):
        return self.run_client("virt-xml", "--connect", self.daemon.uri(), "made", *words, **kwargs)

    def test_virt_xml(self):
        """virt-xml changes what is defined, and plugs disks into the running guest and out"""
        disk, more = self.image("d.img", "-f", "raw"), self.image("e.img", "-f", "qcow2")
        self.virt_install("made", "--disk", disk, "--noautoconsole", "--controller",
                          "scsi,model=virtio-scsi")
        dom = self.conn.lookupByName("made")
        self.virt_xml("--edit", "--memory", "64")
        self.assertIn("<memory unit='KiB'>65536</memory>",
                      dom.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
        self.virt_xml("--add-device", "--disk", f"{more},target.bus=scsi", "--update")
        self.assertEqual(self.disk(dom)[-1], ("qcow2", more))
        self.virt_xml("--remove-device", "--disk", f"path={more}", "--update")
        self.assertEqual(self.disk(dom), [("raw", disk)])
        self.assertIn("No matching objects found",
                      self.virt_xml("--remove-device", "--disk", f"path={more}", status=1))

    def test_volumes(self):
        """a file is a volume of its folder, and no storage pool is listed"""
        path = self.image("f.img", "-f", "qcow2")
        info = self.virsh("vol-info", path)
        self.assertRegex(info, r"Name: +f\.img\nType: +file\nCapacity: +8\.00 MiB\n")
        self.assertEqual(self.virsh("vol-pool", path).strip(), self.folder)
        self.assertEqual(self.virsh("vol-path", path).strip(), path)
        self.validate("storagevol", self.virsh("vol-dumpxml", path))
        pool = self.conn.storageVolLookupByPath(path).storagePoolLookupByVolume()
        self.assertEqual(ElementTree.fromstring(pool.XMLDesc()).findtext("target/path"), self.folder)
        state, capacity, allocation, available = pool.info()
        self.assertEqual(state, libvirt.VIR_STORAGE_POOL_RUNNING)
        self.assertGreater(capacity, 0)
        self.assertLessEqual(allocation + available, capacity)
        self.assertEqual(self.virsh("pool-list", "--all").strip(), "")

    def test_no_volumes(self):
        """folders, devices and relative paths are no volumes, and who only looks may not ask"""
        for path in (self.folder, "/dev/null", f"{self.folder}/none", "tests", ""):
            with self.assertRaises(libvirt.libvirtError) as caught:
                self.conn.storageVolLookupByPath(path)
            self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_NO_STORAGE_VOL)
        path = self.image("g.img", "-f", "raw")
        volume = self.conn.storageVolLookupByPath(path)
        os.unlink(path)
        for call in (volume.info, volume.XMLDesc, volume.path, volume.storagePoolLookupByVolume):
            with self.assertRaises(libvirt.libvirtError) as caught:
                call()
            self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_NO_STORAGE_VOL)
        status, found = virsh(self.daemon.uri(), "vol-path", "/etc/passwd", extra=["-r"])
        self.assertEqual(status, 1)
        self.assertIn("read only access prevents virStorageVolLookupByPath", found)


class TestVirtInstallHostdev(Clients):
    """On a recorded host: its devices cannot be given to a QEMU here."""
    scene = "numa-server"

    def test_hostdev(self):
        """virt-install finds a device by libvirt's name or by its address, and its guest is taken"""
        device = self.conn.listAllDevices(libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV)[0].name()
        address = device.removeprefix("pci_").replace("_", ":", 2).replace("_", ".")
        for name in (device, address):
            xml = self.run_client(
                "virt-install", "--connect", self.daemon.uri(), "--name", "made", "--memory", "32",
                "--osinfo", "detect=on,require=off", "--virt-type", "qemu", "--import", "--network",
                "none", "--graphics", "none", "--disk", "none", "--hostdev", name, "--print-xml")
            self.conn.defineXML(xml)
            found = self.virsh("dumpxml", "made")
            self.assertIn("<hostdev mode='subsystem' type='pci' managed='yes'>", found)
            domain, bus, slot, function = address.replace(".", ":").split(":")
            self.assertIn(f"<address domain='0x{domain}' bus='0x{bus}' slot='0x{slot}' "
                          f"function='0x{function}'/>", found)
            self.conn.lookupByName("made").undefine()


@unittest.skipUnless(os.access(AGENT, os.X_OK), "package resource-agents is not installed")
class TestAgent(Clients):
    """Pacemaker's agent for guests; it has no other way to libvirt than virsh and its default URI."""

    def agent(self, action, status, **parameters):
        env = {f"OCF_RESKEY_{key}": value for key, value in parameters.items()}
        return self.run_client(AGENT, action, status=status, **{
            "OCF_ROOT": "/usr/lib/ocf", "OCF_RESOURCE_INSTANCE": "guest", "OCF_RA_VERSION_MAJOR": "1",
            "OCF_RA_VERSION_MINOR": "0", "OCF_RESOURCE_TYPE": "VirtualDomain",
            "OCF_RESOURCE_PROVIDER": "heartbeat", "HA_RSCTMP": self.folder,
            "LIBVIRT_DEFAULT_URI": self.daemon.uri(), "OCF_RESKEY_config": f"{self.folder}/guest.xml",
            "OCF_RESKEY_autoset_utilization_cpu": "false",
            "OCF_RESKEY_autoset_utilization_host_memory": "false",
            "OCF_RESKEY_autoset_utilization_hv_memory": "false", **env})

    def config(self):
        self.define("guest")
        with open(f"{self.folder}/guest.xml", "w", encoding="utf-8") as file:
            file.write(self.virsh("dumpxml", "guest"))
        self.virsh("undefine", "guest")

    def test_meta_data(self):
        """the agent describes itself, and finds its parameters good"""
        self.config()
        text = self.agent("meta-data", 0)
        self.assertEqual(ElementTree.fromstring(text.encode()).get("name"), "VirtualDomain")
        self.agent("validate-all", 0)

    def test_life(self):
        """the agent starts a guest, sees that it runs, and that it runs no more"""
        self.config()
        self.agent("monitor", OCF_NOT_RUNNING)
        self.agent("start", 0)
        self.agent("start", 0)  # once more does no harm
        self.agent("monitor", 0)
        self.assertEqual([dom.name() for dom in self.conn.listAllDomains()], ["guest"])
        self.conn.lookupByName("guest").destroy()
        self.agent("monitor", OCF_NOT_RUNNING)
        self.agent("start", 0)
        self.agent("stop", 0, force_stop="true")
        self.agent("monitor", OCF_NOT_RUNNING)
        self.agent("stop", 0)
        self.assertEqual(self.conn.listAllDomains(), [])

    def test_deaf_guest(self):
        """a guest that does not hear that it is to shut down is destroyed when the time is over"""
        self.config()
        self.agent("start", 0)
        found = self.agent("stop", 0, CRM_meta_timeout="7000")
        self.assertIn("Issuing graceful shutdown request", found)
        self.assertIn("Issuing forced shutdown", found)
        self.agent("monitor", OCF_NOT_RUNNING)


@unittest.skipUnless(os.access(LIBVIRT_DBUS, os.X_OK), "package libvirt-dbus is not installed")
class TestDBus(Clients):
    """libvirt's objects on a bus of its own. It knows but one socket, so it gets a /run of its own."""

    @classmethod
    def setUpClass(cls):
        unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "-r", "--mount"]
        if subprocess.run([*unshare, "true"], stderr=subprocess.DEVNULL, check=False).returncode:
            raise unittest.SkipTest("no mount namespace can be made here")
        super().setUpClass()
        bus = f"unix:path={cls.daemon.dir}/bus"
        cls.env = {**ENV, "HOME": cls.daemon.dir, "DBUS_SYSTEM_BUS_ADDRESS": bus}
        cls.spawn("dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={bus}",
                  "--print-address").stdout.readline()
        cls.spawn(*unshare, "sh", "-c", "mount -t tmpfs none /run && mkdir /run/libvirt && "
                  "ln -s \"$1\" /run/libvirt/virtqemud-sock && exec \"$2\" --system", "sh",
                  cls.daemon.path, LIBVIRT_DBUS)
        subprocess.run(["gdbus", "wait", "--system", "--timeout", "60", "org.libvirt"],
                       env=cls.env, check=True)

    @classmethod
    def spawn(cls, *words):
        process = subprocess.Popen(words, env=cls.env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(process.stdout.close)
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.kill)
        return process

    def call(self, path, method, *args):
        done = subprocess.run(["gdbus", "call", "--system", "--timeout", "60", "--dest",
                               "org.libvirt", "--object-path", path, "--method", method, *args],
                              env=self.env, text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_life(self):
        """libvirt-dbus lists guests, tells their properties, starts and destroys them"""
        dom = self.define("guest")
        path = "/org/libvirt/QEMU/domain/_" + dom.UUIDString().replace("-", "_")
        found = self.call("/org/libvirt/QEMU", "org.libvirt.Connect.ListDomains", "0")
        self.assertEqual(found, f"([objectpath '{path}'],)")
        for name, value in (("Name", "'guest'"), ("Active", "false"), ("Persistent", "true"),
                            ("UUID", f"'{dom.UUIDString()}'"), ("Autostart", "false")):
            found = self.call(path, "org.freedesktop.DBus.Properties.Get", "org.libvirt.Domain", name)
            self.assertEqual(found, f"(<{value}>,)", name)
        self.call(path, "org.libvirt.Domain.Create", "0")
        self.assertEqual(dom.state()[0], libvirt.VIR_DOMAIN_RUNNING)
        self.assertRegex(self.call(path, "org.libvirt.Domain.GetState", "0"), r"^\(\(?.*1.*1")
        self.assertIn("<name>guest</name>", self.call(path, "org.libvirt.Domain.GetXMLDesc", "0"))
        self.call(path, "org.libvirt.Domain.Destroy", "0")
        self.assertEqual(dom.state()[0], libvirt.VIR_DOMAIN_SHUTOFF)


@unittest.skipUnless(os.access(EXPORTER, os.X_OK),
                     "package prometheus-libvirt-exporter is not installed")
class TestExporter(Clients):
    def metrics(self):
        """By metric and guest; of the guest that is there."""
        with socket.create_server(("127.0.0.1", 0)) as found:
            address = "127.0.0.1:%d" % found.getsockname()[1]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with subprocess.Popen([EXPORTER, "--libvirt.uri", self.daemon.uri(),
                               f"--web.listen-address={address}"], env=ENV) as exporter:
            try:
                text = self.fetch(opener, f"http://{address}/metrics")
            finally:
                exporter.kill()
        return {match[1]: float(match[2])
                for match in re.finditer(r"(?m)^(libvirt_\w+)(?:{.*})? (\S+)$", text)}

    def fetch(self, opener, url):
        deadline = time.monotonic() + 60
        while True:
            try:
                with opener.open(url, timeout=60) as reply:
                    return reply.read().decode()
            except urllib.error.URLError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)  # it does not tell when it listens

    def await_read(self, dom):
        """The firmware looks at the first sector of every disk."""
        deadline = time.monotonic() + 120
        while dom.blockStats("sda")[1] < 512:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def test_values(self):
        """the exporter's numbers are those of the guest that runs"""
        disk = self.image("disk.img", "-f", "raw")
        dom = self.define("guest", f"<disk type='file'><driver name='qemu' type='raw'/>"
                          f"<source file='{disk}'/><target dev='sda' bus='sata'/></disk>")
        dom.create()
        self.await_read(dom)
        found = self.metrics()
        again = self.metrics()
        self.assertEqual(found["libvirt_up"], 1)
        self.assertEqual(found["libvirt_domains_number"], 1)
        self.assertEqual(found["libvirt_domain_state_code"], libvirt.VIR_DOMAIN_RUNNING)
        self.assertEqual(found["libvirt_domain_info_virtual_cpus"], 1)
        self.assertEqual(found["libvirt_domain_info_maximum_memory_bytes"], 16 << 20)
        cpu = "libvirt_domain_info_cpu_time_seconds_total"
        self.assertGreater(found[cpu], 0)
        self.assertGreaterEqual(again[cpu], found[cpu])
        self.assertGreaterEqual(found["libvirt_domain_block_stats_read_bytes_total"], 512)
        self.assertEqual(again["libvirt_domain_block_stats_write_bytes_total"], 0)


# What goclient.go says; its guest is the first one of its daemon.
GO_LIFE = """type: QEMU
guests: 0
event: go 0 0
event: go 4 0
event: go 2 0
guests: 1
guest: go state 1 reason 1 running true
described: true
event: go 6 2
event: go 5 1
event: go 1 0
guests: 0
devices: true true
missing: Domain not found: no domain with matching name 'missing' true
network: this function is not supported by the connection driver: virNetworkLookupByName
"""


@unittest.skipUnless(shutil.which("go"), "package golang-go is not installed")
@unittest.skipUnless(os.path.isdir(GO_LIBVIRT),
                     "package golang-github-digitalocean-go-libvirt-dev is not installed")
class TestGo(Clients):
    def build(self):
        """From what is installed: nothing is fetched. It takes two seconds of a processor."""
        program = f"{self.folder}/goclient"
        self.run_client("go", "build", "-o", program, f"{TOP}/tests/goclient/goclient.go",
                        timeout=200, GO111MODULE="off", GOPATH=GO_PATH, GOFLAGS="", GOPROXY="off",
                        GOTOOLCHAIN="local", CGO_ENABLED="0", GOCACHE=f"{self.folder}/go")
        return program

    def test_life(self):
        """a client in Go, which has none of libvirt's code, makes, runs, watches and removes a guest"""
        found = self.run_client(self.build(), self.daemon.path, guest("go"))
        self.assertMultiLineEqual(found, GO_LIFE)
        self.assertEqual(self.conn.listAllDomains(), [])


if __name__ == "__main__":
    tap.main("__main__")
