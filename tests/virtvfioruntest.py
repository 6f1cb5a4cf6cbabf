#!/usr/bin/python3
# virtvfioruntest.py: "virtvfio run": what it prints and refuses, the console, signals, the end
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The guests run on a fake QEMU (qemuprocessdata/fakeqemu.py), which does what their name says.
# Usage: virtvfioruntest.py VIRTVFIO SCENEBUILD

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import unittest

import tap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FAKE = os.path.join(TOP, "tests", "qemuprocessdata", "fakeqemu.py")
CONF = os.path.join(TOP, "tests", "domainconfdata")
VIRTVFIO, SCENEBUILD = (os.path.abspath(path) for path in sys.argv[1:3])

ENV = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "G_DEBUG": "fatal-criticals",
       "abs_top_srcdir": TOP}
ENV.update({key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")})


def hostdev(bus, slot=0, function=0, more=""):
    return (f"<hostdev mode='subsystem' type='pci'><source><address bus='{bus}' slot='{slot}' "
            f"function='{function}'/></source>{more}</hostdev>")


def guest(mode, devices=""):
    return (f"<domain type='qemu'>\n<name>{mode}</name>\n<memory unit='MiB'>64</memory>\n"
            f"<os><type>hvm</type></os>\n<devices>\n<emulator>{FAKE}</emulator>\n{devices}\n"
            "</devices>\n</domain>\n")


class RunCase(unittest.TestCase):
    """A test with a folder of its own."""

    maxDiff = None

    def setUp(self):
        self.folder = tap.make_folder("virtvfioruntest-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, text):
        path = os.path.join(self.folder, "guest.xml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def scene(self, name):
        path = os.path.join(self.folder, name)
        os.mkdir(path)
        subprocess.run([SCENEBUILD, name, path], check=True, env=ENV)
        return path

    def run_to_end(self, *words, **kwargs):
        return subprocess.run([VIRTVFIO, *words], env=ENV, timeout=60, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True,
                              **{"stdin": subprocess.DEVNULL, **kwargs})


class Look(RunCase):
    """Nothing is started."""

    def test_dry_run(self):
        """--dry-run prints the command line for a recorded host"""
        path = self.write(guest("g", hostdev(0x3b, function=2)))
        ran = self.run_to_end("--root", self.scene("smartnic-host"), "run", "--dry-run", path)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        self.assertTrue(ran.stdout.startswith(f"{FAKE} \\\n  -name guest=g,debug-threads=on \\\n"))
        self.assertIn("\"driver\":\"vfio-pci\",\"id\":\"hostdev0\",\"host\":\"0000:3b:00.2\"",
                      ran.stdout)
        words = subprocess.run(["bash", "-c", "printf '%s\\n' " + ran.stdout], check=True,
                               stdout=subprocess.PIPE, text=True).stdout.splitlines()
        self.assertEqual(words[0], FAKE)
        device = next(word for word in words if word.startswith('{"driver":"vfio-pci"'))
        self.assertEqual(json.loads(device)["bus"], "pci.1")

    def test_refused(self):
        """every problem of every device, on lines of their own"""
        path = self.write(guest("g", hostdev(0x3b, function=3) + hostdev(1)))
        ran = self.run_to_end("--root", self.scene("smartnic-host"), "run", "--dry-run", path)
        self.assertEqual((ran.returncode, ran.stdout), (1, ""))
        lines = ran.stderr.splitlines()
        self.assertEqual(lines[0], "virtvfio: cannot give 2 host devices to guest 'g':")
        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[1], r"^0000:3b:00\.3: it is on driver mlx5_core, .*; to bind it, as "
                                   r"root: virtvfio bind 0000:3b:00\.3$")
        self.assertRegex(lines[-1], r"^0000:01:00\.0: its IOMMU group 30 .*0000:01:00\.1 \(driver "
                                    r"snd_hda_intel\)")

    def test_recorded_host(self):
        """a guest cannot be started on a recorded host"""
        path = self.write(guest("g"))
        ran = self.run_to_end("--root", self.scene("smartnic-host"), "run", path)
        self.assertEqual(ran.returncode, 1)
        self.assertIn("which is a recorded tree and no host", ran.stderr)

    def test_print_xml(self):
        """--print-xml prints all defaults, and reads standard input for -"""
        with open(os.path.join(CONF, "hostdevs-placed.xml"), encoding="utf-8") as file:
            ran = self.run_to_end("run", "--print-xml", "-", stdin=file)
        with open(os.path.join(CONF, "hostdevs-placed.out.xml"), encoding="utf-8") as file:
            self.assertEqual(ran.stdout, file.read())

    def test_unknown_element(self):
        """an unknown element is refused by name and line, in JSON too"""
        path = self.write(guest("g", "<filesystem/>"))
        ran = self.run_to_end("--json", "run", path)
        self.assertEqual(ran.returncode, 1)
        message = f"unsupported configuration: <filesystem> in <devices> at line 7 of {path}"
        self.assertEqual(ran.stderr, f"virtvfio: {message}\n")
        self.assertEqual(json.loads(ran.stdout)["error"],
                         {"code": "config-unsupported", "message": message})

    def test_no_file(self):
        """a file that is not there, and no file at all"""
        self.assertEqual(self.run_to_end("run", "/nonexistent.xml").returncode, 1)
        self.assertEqual(self.run_to_end("run").returncode, 2)
        self.assertEqual(self.run_to_end("run", "a", "b").returncode, 2)

    def test_missing_device(self):
        """a device that this host has not"""
        ran = self.run_to_end("--json", "run", self.write(guest("g", hostdev(255, 31, 7))))
        self.assertEqual(ran.returncode, 1)
        self.assertEqual(json.loads(ran.stdout)["error"]["code"], "device-missing")


class Start(RunCase):
    """Guests run."""

    def start(self, mode, devices="", **kwargs):
        """A guest that is running, --verbose so that it says so."""
        process = subprocess.Popen([VIRTVFIO, "--verbose", "run", self.write(guest(mode, devices))],
                                   env=ENV, text=True, stderr=subprocess.PIPE,
                                   **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
                                      **kwargs})
        self.addCleanup(process.stderr.close)
        return process, int(self.await_line(process, r"is running, QEMU is process (\d+)"))

    def await_line(self, process, pattern):
        for line in process.stderr:
            found = re.search(pattern, line)
            if found:
                return found.group(found.re.groups)
        self.fail(f"virtvfio did not say {pattern}")

    def test_guest_ends(self):
        """the guest powers itself off: exit status 0"""
        process, _ = self.start("guest-shutdown")
        self.assertEqual(process.wait(60), 0)

    def test_qemu_dies(self):
        """QEMU dies: exit status 1, and its last words"""
        ran = self.run_to_end("run", self.write(guest("fails")))
        self.assertEqual(ran.returncode, 1)
        self.assertEqual(ran.stderr, "virtvfio: guest 'fails' is gone: QEMU failed with exit "
                                     "status 3: the disk is on fire [2J\n")

    def test_refuses_to_start(self):
        """QEMU does not come up: exit status 1, and what it says"""
        ran = self.run_to_end("run", self.write(guest("refuses-argv")))
        self.assertEqual(ran.returncode, 1)
        self.assertEqual(ran.stderr, "virtvfio: QEMU cannot start guest 'refuses-argv': fakeqemu: "
                                     "-machine q35: no such thing\nsee -help\n")

    def test_directory(self):
        """a guest with sockets has a directory of its own, which is gone with it"""
        text = guest("directory", "<channel type='unix'>"
                     "<target type='virtio' name='org.qemu.guest_agent.0'/></channel>")
        text = text.replace("<domain ", "<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0' ")
        text = text.replace("</domain>", "<q:commandline><q:arg value='-last'/>"
                            "<q:env name='GREETING' value='a=b c'/></q:commandline></domain>")
        ran = self.run_to_end("run", self.write(text))
        self.assertEqual(ran.returncode, 1)
        found = re.search(r"(/\S+/virtvfio-\w{6}): mode 700, GREETING=a=b c, last word -last",
                          ran.stderr)
        self.assertTrue(found, ran.stderr)
        self.assertFalse(os.path.exists(found[1]))

    def test_needs_a_daemon(self):
        """what the foreground cannot do is refused before anything is started"""
        for devices, message in (
                ("<tpm><backend type='emulator'/></tpm>", "<tpm>, for which"),
                ("<graphics type='vnc' passwd='S3cret'/>", "has a password, which")):
            ran = self.run_to_end("run", self.write(guest("fails", devices)))
            self.assertEqual(ran.returncode, 1)
            self.assertIn(message, ran.stderr)
            self.assertNotIn("S3cret", ran.stderr)

    def test_console(self):
        """the serial port is on standard input and output, and all of it arrives"""
        path = self.write(guest("console", "<serial type='stdio'/>"))
        ran = self.run_to_end("run", path, stdin=None, input="hello\n")
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        self.assertEqual(ran.stdout, "say: HELLO\n" + "x" * 1000000 + "END\n")

    def test_output_goes_away(self):
        """a reader of the console that goes away does not end the guest"""
        reader, writer = os.pipe()
        os.close(reader)
        process, _ = self.start("console", "<serial type='stdio'/>", stdout=writer,
                                stdin=subprocess.PIPE)
        os.close(writer)
        process.stdin.write("hello\n")
        process.stdin.close()
        self.assertEqual(process.wait(60), 0)

    def test_signal_shuts_down(self):
        """SIGINT, SIGTERM and SIGHUP press the guest's power button"""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process, _ = self.start("obedient")
            process.send_signal(number)
            self.await_line(process, "shutting the guest down; press Ctrl-C again")
            self.assertEqual(process.wait(60), 0)

    def test_second_signal_ends(self):
        """a second signal ends a guest that does not listen"""
        process, qemu = self.start("deaf")
        process.send_signal(signal.SIGINT)
        self.await_line(process, "shutting the guest down")
        process.send_signal(signal.SIGINT)
        self.await_line(process, "ending the guest")
        self.assertEqual(process.wait(60), 0)
        self.assertFalse(os.path.exists(f"/proc/{qemu}"))

    def test_killed(self):
        """QEMU does not outlive a virtvfio that is killed"""
        process, qemu = self.start("deaf")
        descriptor = os.pidfd_open(qemu)
        self.addCleanup(os.close, descriptor)
        process.kill()
        process.wait(60)
        # A pidfd is readable when the process has ended, reaped or not.
        self.assertTrue(select.select([descriptor], [], [], 60)[0])


if __name__ == "__main__":
    tap.main("__main__")
