#!/usr/bin/python3
# qemuargvstarttest.py: a real QEMU starts with the command lines of qemuxml2argvdata, and quits
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Nothing runs in the guests: QEMU stays paused. What only KVM has is left out of a command line for
# KVM, and files and devices of a host are too; the rest of it has to be what QEMU knows.

import glob
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

import tap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.path.join(TOP, "tests", "qemuxml2argvdata")
QEMU = shutil.which("qemu-system-x86_64")
TIMEOUT_S = 60

# Options with a file of the host: the option and its value go.
FILES = ("-kernel", "-initrd", "-append")
# Guests with sockets and displays, which qemuargvtest.py gives what they need.
ELSEWHERE = re.compile(r"^(chardevs|graphics-.*|small-devices.*|beyond-libvirt9-watchdog)$")
# Properties of -cpu that demand what only KVM has.
CPU_OF_KVM = re.compile(r",(enforce=on|host-phys-bits[^,]*|tsc-frequency=\d+)")


def words(name):
    with open(os.path.join(DATA, name + ".args"), encoding="utf-8") as file:
        return file.read().split("\n")[1:-1]


def reason_to_skip(argv):
    text = "\n".join(argv)
    if "hugetlb" in text:
        return "needs huge pages"
    files = re.findall(r'"filename":"([^"]*)"', text)
    files += [argv[i + 1] for i, word in enumerate(argv) if word == "-bios"]
    missing = [path for path in files if not os.path.exists(path)]
    return f"needs {missing[0]}" if missing else None


def without_kvm(option, value):
    """What is left of an option under emulation; None for nothing."""
    if option == "-accel":
        return "tcg"
    if option == "-cpu":
        value = re.sub(r"(hv-[a-z-]+)=on", r"\1=off", value)  # the names are what counts
        return CPU_OF_KVM.sub("", re.sub(r"^host\b", "max", value))
    return None if value.startswith("kvm-pit.") else value


def empty_qcow2():
    """An image of 1 MiB without data: header, reference counts in two levels, empty map."""
    cluster = 1 << 16
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, 1 << 20, 0, 1, 3 * cluster,
                         cluster, 1, 0, 0)
    table = struct.pack(">Q", 2 * cluster)
    counts = struct.pack(">4H", 1, 1, 1, 1)
    return b"".join(part.ljust(cluster, b"\0") for part in (header, table, counts, b""))


def with_images(argv, directory):
    """The command line with images of disks that exist, and with QEMU's network for tap devices."""
    values = [json.loads(word) if word.startswith("{") else None for word in argv]
    formats = {value["file"]: value["driver"] for value in values if value and "file" in value}
    for index, value in enumerate(values):
        if value and value.get("node-name", "").startswith("libvirt-") and "filename" in value:
            path = os.path.join(directory, value["node-name"])
            with open(path, "wb") as image:
                if formats[value["node-name"]] == "qcow2":
                    image.write(empty_qcow2())
                image.truncate(1 << 20)
            value.update(driver="file", filename=path)
        elif value and value.get("type") == "tap":
            value = {"type": "user", "id": value["id"]}
        elif value and not os.path.exists(value.get("romfile", "/")):
            del value["romfile"]
        else:
            continue
        argv[index] = json.dumps(value, separators=(",", ":"))
    return argv


def adapt(argv, files):
    """The command line for this machine: options with one value, or none before another option."""
    out = []
    index = 0
    while index < len(argv):
        option, index = argv[index], index + 1
        if index == len(argv) or argv[index].startswith("-"):
            out.append(option)
            continue
        value, index = argv[index], index + 1
        if option in FILES or '"driver":"vfio-pci"' in value:
            continue
        value = re.sub(r"path=(?:[^,]|,,)*", f"path={files}", value)
        if "kvm" in argv[argv.index("-accel") + 1]:
            value = without_kvm(option, value)
        if value is not None:
            out += [option, value]
    return out


class Start(unittest.TestCase):
    def start(self, name):
        directory = tempfile.TemporaryDirectory(dir=os.getcwd())  # direct I/O needs a real disk
        self.addCleanup(directory.cleanup)
        argv = with_images(words(name), directory.name)
        reason = reason_to_skip(argv)
        if reason:
            self.skipTest(reason)
        monitor, theirs = socket.socketpair()
        stdio, theirs_stdio = socket.socketpair()
        with monitor, theirs, stdio, theirs_stdio:
            self.run_qemu(adapt(argv, os.devnull), monitor, (theirs, theirs_stdio))

    def run_qemu(self, argv, monitor, theirs):
        def descriptors():
            # Above 3 and 4 first: one of them may be where the other has to go.
            high = [os.dup2(end.fileno(), 100 + i) for i, end in enumerate(theirs)]
            for number, descriptor in enumerate(high):
                os.dup2(descriptor, 3 + number)

        child = subprocess.Popen([QEMU, *argv], preexec_fn=descriptors, close_fds=False,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True)
        for end in theirs:
            end.close()
        monitor.settimeout(TIMEOUT_S)
        try:
            greeting = monitor.makefile("r").readline()
            if not greeting:
                self.fail(child.communicate(timeout=TIMEOUT_S)[1].strip())
            self.assertIn("QMP", json.loads(greeting))
            for command in ("qmp_capabilities", "quit"):
                monitor.sendall(json.dumps({"execute": command}).encode())
            _, errors = child.communicate(timeout=TIMEOUT_S)
            self.assertEqual(child.returncode, 0, errors)
            self.assertNotRegex(errors, "deprecated|not used")
        finally:
            child.kill()
            child.wait()
            child.stderr.close()


def add(name):
    def test(self):
        self.start(name)
    test.__doc__ = name
    setattr(Start, "test_" + name.replace("-", "_"), test)


for path in sorted(glob.glob(os.path.join(DATA, "*.args"))):
    if not ELSEWHERE.match(os.path.basename(path)[:-len(".args")]):
        add(os.path.basename(path)[:-len(".args")])

if not QEMU:
    Start = unittest.skip("needs qemu-system-x86_64")(Start)

if __name__ == "__main__":
    tap.main(__name__)
