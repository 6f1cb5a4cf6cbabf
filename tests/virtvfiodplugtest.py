#!/usr/bin/python3
# virtvfiodplugtest.py: devices of guests on real QEMU that come and go with virsh
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Golden files are in tests/virtvfioddata; VIR_TEST_REGENERATE=1 writes them anew.
# Usage: virtvfiodplugtest.py VIRTVFIOD SCENEBUILD

import re
import shlex

import libvirt

import tap
from testdaemon import Daemon, Golden, start_libvirt, virsh

start_libvirt()

GUEST = ("<domain type='qemu'><name>g</name><memory unit='MiB'>32</memory>"
         "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>"
         "<devices>{}</devices></domain>")

# What differs from one host, or one run, to the next.
VARIES = ((r"/dev/pts/\d+", "/dev/pts/N"), (r"/[0-9a-f-]{36}/", "/UUID/"))

CHANNEL = "<channel type='{}'>{}<target type='virtio' name='org.test.0'/></channel>"
SERIAL = "<controller type='virtio-serial' index='0'/><serial type='null'/>"
FILES = {
    "pty.xml": CHANNEL.format("pty", ""),
    "unix.xml": CHANNEL.format("unix", ""),
    "file.xml": CHANNEL.format("file", "<source path='{dir}/out'/>"),
    "gone.xml": CHANNEL.format("unix", "<source mode='connect' path='{dir}/gone'/>"),
    "serial.xml": "<serial type='pty'/>",
    "tap.xml": "<interface type='ethernet'><mac address='52:54:00:12:34:56'/>"
               "<target dev='nosuchtap0' managed='no'/></interface>",
    "user.xml": "<interface type='user'><mac address='52:54:00:12:34:56'/></interface>",
    "console.xml": "<console type='pty'><target type='virtio'/></console>",
}
CHANNELS = """
attach-device g DIR/pty.xml --live
dumpxml g --xpath //channel
attach-device g DIR/unix.xml --live
detach-device g DIR/pty.xml --live
attach-device g DIR/unix.xml --live --config
dumpxml g --xpath //channel
dumpxml g --inactive --xpath //channel
detach-device-alias g channel0 --live
detach-device g DIR/unix.xml --config
attach-device g DIR/file.xml --live
dumpxml g --xpath //channel
detach-device-alias g channel0 --live
attach-device g DIR/gone.xml --live
attach-device g DIR/gone.xml --live
attach-device g DIR/serial.xml --live
attach-device g DIR/console.xml --live
detach-device-alias g serial0 --live
-r attach-device g DIR/pty.xml
dumpxml g --xpath //channel
"""
INTERFACES = """
attach-device g DIR/tap.xml --live
attach-device g DIR/tap.xml --live --config
dumpxml g --xpath //interface
dumpxml g --inactive --xpath //interface
attach-device g DIR/user.xml --live
domiflist g
attach-device g DIR/tap.xml --live
detach-device-alias g net1 --live
"""


class TestVirsh(Golden):
    def battery(self, name, lines, more):
        """Every line's whole output is in virtvfioddata."""
        out = []
        with Daemon(scene=None, qemu=None) as daemon:
            conn = libvirt.open(daemon.uri())
            dom = conn.defineXML(GUEST.format(more))
            dom.create()
            for path, text in FILES.items():
                with open(f"{daemon.dir}/{path}", "w", encoding="utf-8") as file:
                    file.write(text.replace("{dir}", daemon.dir))
            for line in filter(None, lines.split("\n")):
                status, found = virsh(daemon.uri(), *shlex.split(line.replace("DIR", daemon.dir)))
                found = found.replace(daemon.dir, "DIR")
                for pattern, text in VARIES:
                    found = re.sub(pattern, text, found)
                out.append(f"$ virsh {line}\n{found.rstrip()}\n[{status}]\n")
            dom.destroy()
            conn.close()
        self.golden(name, "\n".join(out))

    def test_channels(self):
        """channels come and go with stock virsh, serial ports and consoles do not"""
        self.battery("virsh-channels.txt", CHANNELS, SERIAL)

    def test_interfaces(self):
        """an interface comes with stock virsh; one without its tap device leaves nothing behind"""
        self.battery("virsh-interfaces.txt", INTERFACES, "")


if __name__ == "__main__":
    tap.main("__main__")
