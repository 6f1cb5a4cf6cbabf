#!/usr/bin/python3
# virtvfiodrealagenttest.py: Debian's qemu-guest-agent in a guest with Debian's kernel, and stock virsh
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The kernel is the one of the end-to-end tests, and comes the same way.
# Usage: virtvfiodrealagenttest.py VIRTVFIOD SCENEBUILD

import re
import subprocess
import sys
import time
import unittest
from pathlib import Path

import libvirt

import tap
from testdaemon import TOP, Daemon, start_libvirt, virsh

sys.path.insert(0, f"{TOP}/tests/e2e")
sys.dont_write_bytecode = True
import hostimage  # noqa: E402

start_libvirt()

AGENT = "/usr/sbin/qemu-ga"
BUSYBOX = "/bin/busybox"
MODULES = ("virtio_pci", "virtio_console", "virtio_net", "virtio_blk", "ext4")
NEEDED = {AGENT: "qemu-guest-agent", "/usr/sbin/mkfs.ext4": "e2fsprogs", "/etc/os-release": "base-files"}
BOOT_S = 240

INIT = """#!/bin/busybox sh
export PATH=/bin:/sbin
/bin/busybox --install -s /bin
ln -s /bin/busybox /sbin/hwclock
mkdir -p /proc /sys /dev /run /tmp /mnt /root /var/run
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod /mod/$module || echo "no module $module"; done </mod/order
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
hostname inside.example.org
mount -t ext4 /dev/vda /mnt || echo no disk
for port in /sys/class/virtio-ports/*; do
    if [ "$(cat $port/name)" = org.qemu.guest_agent.0 ]; then device=/dev/${port##*/}; fi
done
echo AGENT $device
qemu-ga -m virtio-serial -p $device
echo agent ends with $?
poweroff -f
"""
SHUTDOWN = "#!/bin/busybox sh\necho shutdown \"$@\" >/dev/console\n/bin/busybox poweroff -f\n"


def libraries(program):
    """What a program is linked with, the loader too."""
    text = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return re.findall(r"(/\S+) \(0x", text)


def make_initrd(image, directory):
    """An initramfs in which the agent is all that runs."""
    files = {"bin/busybox": BUSYBOX, "sbin/qemu-ga": AGENT, "etc/os-release": "/etc/os-release"}
    files.update((path.lstrip("/"), path) for path in libraries(AGENT))
    for name, text in (("init", INIT), ("sbin/shutdown", SHUTDOWN),
                       ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
                       ("etc/group", "root:x:0:\n"), ("etc/shadow", "root:*:19000:0:99999:7:::\n")):
        path = f"{directory}/{name.replace('/', '-')}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        files[name] = path
    initrd = Path(directory, "initrd")
    modules = hostimage.module_files(image.directory, image.release, MODULES)
    hostimage.write_initramfs(initrd, files, modules)
    return initrd


def guest(image, directory):
    """A guest with a disk that has a file system, and an interface."""
    disk = f"{directory}/disk.img"
    with open(disk, "wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["/usr/sbin/mkfs.ext4", "-q", disk], check=True)
    return (f"<domain type='qemu'><name>real</name><memory unit='MiB'>256</memory><vcpu>2</vcpu>"
            f"<os><type machine='q35'>hvm</type><kernel>{image.kernel}</kernel>"
            f"<initrd>{make_initrd(image, directory)}</initrd>"
            "<cmdline>console=ttyS0 panic=-1 quiet</cmdline></os><features><acpi/></features><devices>"
            f"<disk type='file'><driver name='qemu' type='raw'/><source file='{disk}'/>"
            "<target dev='vdb' bus='virtio'/></disk>"
            "<interface type='user'><mac address='52:54:00:12:34:56'/><model type='virtio'/></interface>"
            f"<serial type='file'><source path='{directory}/console'/></serial>"
            "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
            "</devices></domain>")


class TestRealAgent(unittest.TestCase):
    def virsh(self, *words):
        status, text = virsh(self.uri, *words, quiet=False)
        self.assertEqual(status, 0, text)
        return text.strip()

    def await_agent(self, dom, console):
        end = time.monotonic() + BOOT_S
        while "state='connected'" not in dom.XMLDesc().replace('"', "'"):
            if time.monotonic() > end or not dom.isActive():
                with open(console, encoding="utf-8", errors="replace") as file:
                    self.fail(f"no agent comes: {file.read()[-3000:]}")
            time.sleep(0.1)

    def ask(self, dom):
        """What only looks, and what changes and changes back."""
        self.assertRegex(self.virsh("domfsinfo", "real"), r"(?m)^ */mnt +vda +ext4 +vdb$")
        self.assertRegex(self.virsh("domifaddr", "real", "--source", "agent"),
                         r"eth0 +52:54:00:12:34:56 +ipv4 +10\.0\.2\.15/24")
        self.assertEqual(self.virsh("domhostname", "real"), "inside.example.org")
        info = dict(line.split(":", 1) for line in self.virsh("guestinfo", "real").splitlines())
        info = {key.strip(): value.strip() for key, value in info.items()}
        self.assertEqual(info["os.id"], "debian")
        self.assertEqual(info["hostname"], "inside.example.org")
        self.assertEqual(info["fs.0.disk.0.alias"], "vdb")
        self.assertIn("if.count", info)
        self.assertRegex(self.virsh("guestvcpus", "real"), r"vcpus +: 0-1\nonline +: 0-1\n")
        self.virsh("domtime", "real", "--time", "1700000000")
        self.assertRegex(self.virsh("domtime", "real"), r"^(Time: )?17000000\d\d$")
        self.virsh("domtime", "real", "--sync")
        self.virsh("set-user-sshkeys", "real", "root", "--file", self.key)
        self.assertIn("AAAA one", self.virsh("get-user-sshkeys", "real", "root"))

    def freeze(self, dom):
        self.assertEqual(self.virsh("domfsfreeze", "real"), "Froze 1 filesystem(s)")
        with self.assertRaises(libvirt.libvirtError) as caught:
            dom.hostname()
        self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_OPERATION_UNSUPPORTED)
        self.assertEqual(self.virsh("domfsthaw", "real"), "Thawed 1 filesystem(s)")
        self.assertEqual(self.virsh("domhostname", "real"), "inside.example.org")

    def test_agent(self):
        """Debian's agent answers to all that virsh asks, and shuts its guest down"""
        missing = hostimage.missing_packages(NEEDED)
        if missing:
            self.skipTest(f"missing Debian packages: {' '.join(missing)}")
        try:
            image = hostimage.prepare("6.1")
        except hostimage.CannotPrepare as error:
            self.skipTest(str(error))
        with Daemon(scene=None, qemu=None, config="[qemu]\nuser=root\n") as daemon:
            self.uri = daemon.uri()
            self.key = f"{daemon.dir}/key"
            with open(self.key, "w", encoding="utf-8") as file:
                file.write("ssh-ed25519 AAAA one")
            conn = libvirt.open(self.uri)
            dom = conn.createXML(guest(image, daemon.dir))
            try:
                self.await_agent(dom, f"{daemon.dir}/console")
                self.ask(dom)
                self.freeze(dom)
                self.virsh("shutdown", "real", "--mode", "agent")
                end = time.monotonic() + BOOT_S
                while conn.listAllDomains() and time.monotonic() < end:
                    time.sleep(0.1)
                self.assertEqual(conn.listAllDomains(), [])
            finally:
                for each in conn.listAllDomains():
                    each.destroy()
                conn.close()


if __name__ == "__main__":
    tap.main("__main__")
