#!/usr/bin/python3
# virtvfiodcapstest.py: what real QEMU can do, told to stock clients, and what they make of it
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Usage: virtvfiodcapstest.py VIRTVFIOD SCENEBUILD

import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

import libvirt

import tap
from testdaemon import ENV, SCHEMAS, Daemon, start_libvirt, virsh

start_libvirt()

# So that a guest takes the place of the one before.
UUID = "33333333-3333-4333-8333-33333333333%d"


class TestCapabilities(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(scene=None, qemu=None)
        cls.conn = libvirt.open(cls.daemon.uri())

    @classmethod
    def tearDownClass(cls):
        cls.conn.close()
        cls.daemon.__exit__(None, None, None)

    def check_schema(self, name, text):
        done = subprocess.run(["xmllint", "--noout", "--relaxng", f"{SCHEMAS}/{name}.rng", "-"],
                              input=text, text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return ElementTree.fromstring(text)

    def check_refused(self, sentence, *args):
        with self.assertRaisesRegex(libvirt.libvirtError, sentence) as caught:
            self.conn.getDomainCapabilities(*args)
        self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_INVALID_ARG)

    def domain_capabilities(self, machine):
        return self.check_schema(
            "domaincaps", self.conn.getDomainCapabilities(None, None, machine, "qemu"))

    def test_guests(self):
        """capabilities have the guests that QEMU runs, valid by libvirt's schema, q35 first"""
        tree = self.check_schema("capability", self.conn.getCapabilities())
        arch = tree.find("guest/arch")
        self.assertEqual(arch.get("name"), "x86_64")
        self.assertTrue(os.access(arch.findtext("emulator"), os.X_OK))
        machines = [machine.text for machine in arch.findall("machine")]
        self.assertEqual(machines[0], "q35")
        self.assertEqual(arch.find("machine").get("canonical"), machines[1])
        self.assertIn("pc", machines)
        self.assertEqual([name for name in machines if not name.startswith(("pc", "q35"))], [])
        self.assertEqual(arch.find("domain").get("type"), "qemu")

    def test_machines(self):
        """a machine's capabilities are its own, valid by libvirt's schema"""
        q35, pc = self.domain_capabilities("q35"), self.domain_capabilities("pc")
        buses = "devices/disk/enum[@name='bus']/value"
        self.assertNotIn("ide", [value.text for value in q35.findall(buses)])
        self.assertIn("ide", [value.text for value in pc.findall(buses)])
        self.assertEqual((q35.find("vcpu").get("max"), q35.findtext("domain")), ("255", "qemu"))
        self.assertEqual(q35.find("devices/hostdev").get("supported"), "yes")
        modes = {mode.get("name"): mode.get("supported") for mode in q35.findall("cpu/mode")}
        self.assertEqual(modes, {"host-passthrough": "no", "maximum": "yes", "host-model": "yes",
                                 "custom": "yes"})
        self.assertEqual(self.domain_capabilities(None).findtext("machine"),
                         q35.findtext("machine"))

    def test_values(self):
        """every value that capabilities tell of a device is one that a guest can be defined with"""
        tree = self.domain_capabilities("q35")
        devices = {
            "disk/enum[@name='bus']":
                "<disk type='file' device='disk'><source file='/x'/><target dev='sda' bus='{}'/></disk>",
            "disk/enum[@name='diskDevice']":
                "<disk type='file' device='{}'><source file='/x'/><target dev='sda' bus='sata'/></disk>",
            "video/enum": "<video><model type='{}'/></video>",
            "graphics/enum": "<graphics type='{}'/>",
            "rng/enum": "<rng model='virtio'><backend model='{}'/></rng>",
            "tpm/enum[@name='model']":
                "<tpm model='{}'><backend type='emulator' version='2.0'/></tpm>",
        }
        for where, xml in devices.items():
            values = [value.text for value in tree.findall(f"devices/{where}/value")]
            if tree.find(f"devices/{where.split('/', maxsplit=1)[0]}").get("supported") == "yes":
                self.assertNotEqual(values, [], where)
            for value in values:
                xml_of = xml.format(value).replace("dev='sda' bus='virtio'", "dev='vda' bus='virtio'")
                self.conn.defineXML(
                    f"<domain type='qemu'><name>values</name><uuid>{UUID % 1}</uuid>"
                    "<memory>65536</memory><os>"
                    "<type arch='x86_64' machine='q35'>hvm</type></os>"
                    f"<devices>{xml_of}</devices></domain>")

    def test_refused(self):
        """what no guest can have is refused by name"""
        self.check_refused("machine 'bogus'", None, None, "bogus", None)
        self.check_refused("machine 'microvm'", None, None, "microvm", None)
        self.check_refused("architecture 'ppc64'", None, "ppc64", None, None)
        self.check_refused("type 'xen'", None, None, None, "xen")
        self.check_refused("'qemu' is no absolute path", "qemu", None, None, None)

    def test_read_only(self):
        """who may only look has no emulator run"""
        status, found = virsh(self.daemon.uri(), "domcapabilities", "--emulatorbin", "/bin/true",
                              extra=["-r"])
        self.assertEqual(status, 1)
        self.assertIn("read only access prevents virConnectGetDomainCapabilities", found)

    def test_no_qemu(self):
        """a program that is no QEMU gives an error, and no capabilities"""
        with self.assertRaises(libvirt.libvirtError):
            self.conn.getDomainCapabilities("/bin/true", None, None, None)

    def test_models(self):
        """processors have names"""
        names = self.conn.getCPUModelNames("x86_64")
        self.assertIn("EPYC", names)
        self.assertEqual(names, sorted(names))
        with self.assertRaisesRegex(libvirt.libvirtError, "architecture 's390x'"):
            self.conn.getCPUModelNames("s390x")

    def virt_install(self, *words):
        done = subprocess.run(
            ["virt-install", "--connect", self.daemon.uri(), "--name", "made", "--memory", "64",
             "--uuid", UUID % 2,
             "--osinfo", "detect=on,require=off", "--virt-type", "qemu", "--import", "--network",
             "none", *words, "--check", "path_in_use=off", "--dry-run",
             "--print-xml"],
            env={**ENV, "HOME": self.daemon.dir}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_virt_install(self):
        """what virt-install makes of them is a guest that can be defined"""
        # Of a file elsewhere than below /dev it makes the folder a storage pool first.
        folder = tempfile.mkdtemp(prefix="virtvfiod-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, folder)
        image = f"{folder}/disk.img"
        with open(image, "wb") as file:
            file.truncate(1 << 20)
        for words in (["--disk", "none", "--graphics", "none"],
                      ["--disk", image, "--graphics", "vnc"],
                      ["--disk", image, "--graphics", "vnc", "--boot", "uefi"]):
            xml = self.virt_install(*words)
            self.assertRegex(xml, 'machine="q35"')
            self.assertIn("<acpi/>", xml)
            self.conn.defineXML(xml)
        devices = [dev.name() for dev in self.conn.listAllDevices(2)]
        if devices:
            xml = self.virt_install("--disk", "none", "--graphics", "none", "--hostdev", devices[0])
            self.assertTrue(re.search("<hostdev mode=\"subsystem\" type=\"pci\"", xml), xml)
            self.conn.defineXML(xml)


if __name__ == "__main__":
    tap.main("__main__")
