#!/usr/bin/python3
# qemuargvtest.py: the installed QEMU takes the command lines of qemuxml2argvdata
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each guest is started paused and asked for what QEMU has made of it. What this host may not have
# is replaced before: paths and ports by those of the test, KVM by TCG; devices of the host and a TPM,
# which needs swtpm, are left out.

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

import tap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ARGV = os.path.join(TOP, "tests", "qemuxml2argvdata")
QEMU = shutil.which("qemu-system-x86_64")
TIMEOUT_S = 60


def words(name):
    with open(os.path.join(ARGV, name + ".args"), encoding="utf-8") as file:
        return file.read().split("\n")[1:-1]


def has_device(driver):
    """If this QEMU was built with a device."""
    run = subprocess.run([QEMU, "-device", f"{driver},help"], capture_output=True, text=True,
                         check=False)
    return run.returncode == 0


class Monitor:
    """QEMU's side of a monitor that speaks JSON, a line a message."""

    def __init__(self, sock):
        self.file = sock.makefile("rw", encoding="utf-8")

    def read(self):
        line = self.file.readline()
        if not line:
            raise EOFError
        return json.loads(line)

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = self.read()
            if "error" in answer:
                raise AssertionError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]


class ArgvCase(unittest.TestCase):
    """Guests of the golden files; each has a folder of its own."""

    def setUp(self):
        if not QEMU:
            self.skipTest("needs qemu-system-x86_64 (qemu-system-x86)")
        self.folder = tempfile.mkdtemp(prefix="qemuargv-")
        self.addCleanup(shutil.rmtree, self.folder)

    def listener(self, family, address):
        sock = socket.socket(family, socket.SOCK_STREAM)
        self.addCleanup(sock.close)
        sock.bind(address)
        sock.listen()
        return sock

    def adapt(self, name):
        """The command line of a golden file for this host."""
        argv = []
        rest = words(name)
        while rest:
            word = rest.pop(0)
            value = rest[0] if rest and word.startswith("-") else ""
            if re.search(r'"driver":"(vfio-pci|tpm-)|id=(chr|tpm-)tpm0', value) or \
                    (word, value) == ("-cpu", "host"):
                rest.pop(0)
                continue
            argv.append(self.adapt_word(word))
        return argv

    def adapt_word(self, word):
        word = re.sub(r"^kvm\b.*", "tcg", word).replace("/dev/hwrng", "/dev/urandom")
        word = word.replace('"eim":"on",', "")  # needs KVM
        word = re.sub(r"path=/run/([\w.,-]*?\.sock)$", self.connect_to, word)
        word = re.sub(r"host=::1,port=http", self.connect_to_tcp, word)
        word = re.sub(r"port=2445", "port=0", word)
        return re.sub(r"/(run/virtvfio/guest|var/log)/", self.folder + "/", word)

    def connect_to(self, match):
        path = os.path.join(self.folder, match[1].replace(",,", ","))
        self.listener(socket.AF_UNIX, path)
        return "path=" + path.replace(",", ",,")

    def connect_to_tcp(self, _match):
        sock = self.listener(socket.AF_INET, ("127.0.0.1", 0))
        return f"host=127.0.0.1,port={sock.getsockname()[1]}"

    def start(self, argv):
        """Starts QEMU with a monitor on descriptor 3, and ends it with the test."""
        ours, theirs = socket.socketpair()
        stdio, guests = socket.socketpair()
        script = f"exec {QEMU} \"$@\" 3<&{theirs.fileno()} 4<&{guests.fileno()}"
        with open(os.path.join(self.folder, "stderr"), "w+", encoding="utf-8") as errors:
            child = subprocess.Popen(["bash", "-c", script, "qemu", *argv], stderr=errors,
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     pass_fds=(theirs.fileno(), guests.fileno()))
        for sock in (theirs, guests):
            sock.close()
        for sock in (ours, stdio):
            self.addCleanup(sock.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        ours.settimeout(TIMEOUT_S)
        return child, Monitor(ours)

    def run_guest(self, name, check=None):
        child, monitor = self.start(self.adapt(name))
        try:
            monitor.read()
            monitor.ask("qmp_capabilities")
            self.assertEqual(monitor.ask("query-status")["status"], "prelaunch")
            if check:
                check(monitor)
            monitor.ask("quit")
            self.assertEqual(child.wait(timeout=TIMEOUT_S), 0)
        except (EOFError, OSError):
            with open(os.path.join(self.folder, "stderr"), encoding="utf-8") as errors:
                self.fail(f"QEMU says: {errors.read()}")

    def test_chardevs(self):
        """character devices, with names that need escaping"""
        def check(monitor):
            found = {each["label"]: each["filename"] for each in monitor.ask("query-chardev")}
            self.assertRegex(found["charserial0"], r"^pty:/dev/pts/\d+$")
            self.assertIn("telnet:127.0.0.1", found["charserial1"])
            self.assertTrue(os.path.exists(os.path.join(self.folder, "guest,1.log")))
            self.assertTrue(os.path.exists(
                os.path.join(self.folder, "channel-org.qemu.guest_agent.0")))
        self.run_guest("chardevs", check)

    def test_vnc(self):
        """VNC on a port that QEMU finds, with a password that the monitor sets"""
        def check(monitor):
            monitor.ask("set_password", protocol="vnc", password="S3cret")
            monitor.ask("expire_password", protocol="vnc", time="2211724260")
            vnc = monitor.ask("query-vnc")
            self.assertEqual((vnc["host"], vnc["auth"]), ("127.0.0.1", "vnc"))
            self.assertGreaterEqual(int(vnc["service"]), 5900)
        self.run_guest("graphics-vnc", check)

    def test_vnc_socket(self):
        """VNC on a UNIX socket, adapters and input devices on virtio"""
        def check(monitor):
            vnc = monitor.ask("query-vnc")
            self.assertEqual(vnc["service"], os.path.join(self.folder, "vnc.sock"))
        self.run_guest("graphics-vnc-socket", check)

    def test_pc(self):
        """devices on machine pc, whose bus is conventional PCI"""
        self.run_guest("graphics-pc")

    def test_vnc_none(self):
        """VNC that listens nowhere"""
        self.run_guest("graphics-none")

    @unittest.skipUnless(QEMU and has_device("qxl-vga"), "this QEMU has no spice")
    def test_spice(self):
        """spice with all its options, QXL and a sound card"""
        port = self.listener(socket.AF_INET, ("127.0.0.2", 0))
        free = port.getsockname()[1]
        port.close()

        def check(monitor):
            monitor.ask("set_password", protocol="spice", password="S3cret", connected="keep")
            self.assertEqual(monitor.ask("query-spice")["auth"], "spice")
            devices = {each["name"] for each in
                       monitor.ask("qom-list", path="/machine/peripheral")}
            self.assertLessEqual({"redir0", "ua-stick"}, devices)
        argv = [word.replace("port=5901", f"port={free}") for word in words("graphics-spice")]
        self.adapt = lambda _name: argv
        self.run_guest("graphics-spice", check)

    def test_small_devices(self):
        """an IOMMU, randomness, a watchdog, a balloon and a panic device"""
        def check(monitor):
            devices = {each["name"] for each in
                       monitor.ask("qom-list", path="/machine/peripheral")}
            self.assertLessEqual({"iommu0", "rng0", "ua-second", "watchdog0", "balloon0", "panic0"},
                                 devices)
        self.run_guest("small-devices", check)

    def test_small_devices_other(self):
        """the same families, with their other choices"""
        self.run_guest("small-devices-other")

    def test_itco(self):
        """the watchdog that q35 has built in"""
        self.run_guest("beyond-libvirt9-watchdog")


if __name__ == "__main__":
    tap.main("__main__")
