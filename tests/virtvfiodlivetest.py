#!/usr/bin/python3
# virtvfiodlivetest.py: consoles, the guest agent and power of guests on real QEMU, with stock clients
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Usage: virtvfiodlivetest.py VIRTVFIOD SCENEBUILD

import contextlib
import os
import pty
import queue
import select
import subprocess
import time
import unittest

import libvirt

import tap
from testdaemon import ENV, Daemon, start_libvirt, virsh

start_libvirt()

# A guest that sends "R" when it has booted and then repeats what comes over its serial port; "!" turns
# it off, "~" resets it. Code for a PC's 16-bit mode; tests/testboot.c has it with comments.
BOOT = bytes.fromhex(
    "baf803b052eebafd03eca80174fbbaf803ecee3c2174103c7e74153c2375e7ba0505b001eeebdf"
    "ba0406b80020efebd6baf90cb006eeebce").ljust(510, b"\0") + b"\x55\xaa" + b"\0" * (1 << 20)
AGENT = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"


def guest(daemon, name, devices="", more=""):
    with open(f"{daemon.dir}/{name}.img", "wb") as file:
        file.write(BOOT)
    return (f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>16</memory>"
            f"<os><type machine='q35'>hvm</type></os><features><acpi/></features>{more}<devices>"
            f"<disk type='file'><driver name='qemu' type='raw'/><source file='{file.name}'/>"
            f"<target dev='sda' bus='sata'/></disk><serial type='pty'/>{devices}</devices></domain>")


@contextlib.contextmanager
def daemon_with(devices="", more="", **kwargs):
    """A daemon with a running guest "g" that is paused."""
    with Daemon(scene=None, qemu=None, **kwargs) as daemon:
        conn = libvirt.open(daemon.uri())
        dom = conn.createXML(guest(daemon, "g", devices, more), libvirt.VIR_DOMAIN_START_PAUSED)
        try:
            yield daemon, conn, dom
        finally:
            with contextlib.suppress(libvirt.libvirtError):
                dom.destroy()
            conn.close()


class Console:
    """A stock virsh console on a terminal."""

    def __init__(self, daemon, *words):
        self.terminal, theirs = pty.openpty()
        self.process = subprocess.Popen(
            ["virsh", "-c", daemon.uri(), "console", "g", *words], env={**ENV, "HOME": "/tmp"},
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.text = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)

    def await_text(self, wanted):
        """Everything up to that text is taken."""
        deadline = time.monotonic() + 60
        while wanted not in self.text:
            if not select.select([self.terminal], [], [], deadline - time.monotonic())[0]:
                raise AssertionError(f"{wanted!r} does not come, but {self.text!r}")
            self.text += os.read(self.terminal, 1000).decode(errors="replace")
        self.text = self.text.split(wanted, 1)[1]

    def send(self, text):
        os.write(self.terminal, text.encode())

    def wait(self):
        with contextlib.suppress(OSError):
            while data := os.read(self.terminal, 1000).decode(errors="replace"):
                self.text += data
        return self.process.wait(60)


class TestConsole(unittest.TestCase):
    def test_console(self):
        """virsh console talks with the guest, and ends with it"""
        with daemon_with() as (daemon, _, dom), Console(daemon) as console:
            console.await_text("Escape character is")
            dom.resume()
            console.await_text("R")
            console.send("good morning")
            console.await_text("good morning")
            console.send("!")
            self.assertEqual(console.wait(), 0)

    def test_leave_and_return(self):
        """who leaves makes room for the next one; a second one is refused, or takes over"""
        with daemon_with() as (daemon, _, dom):
            with Console(daemon) as console:
                console.await_text("Escape character is")
                dom.resume()
                console.await_text("R")
                with Console(daemon) as second:
                    self.assertEqual(second.wait(), 1)
                    self.assertIn("Active console session exists for this domain", second.text)
                console.send("\x1d")
                self.assertEqual(console.wait(), 0)
            with Console(daemon, "--force") as console:
                console.await_text("Escape character is")
                console.send("here")
                console.await_text("here")
                with Console(daemon, "--force") as second:
                    second.await_text("Escape character is")
                    second.send("there")
                    second.await_text("there")
                    self.assertEqual(console.wait(), 0)
            self.assertEqual(dom.state()[0], libvirt.VIR_DOMAIN_RUNNING)

    def test_large(self):
        """what is sent in one go arrives whole, in both directions"""
        with daemon_with("<channel type='unix'><target type='virtio' name='x'/></channel>") as (
                _, conn, dom):
            dom.resume()
            stream = conn.newStream()
            dom.openConsole(None, stream, 0)
            data = bytes(33 + i % 2 * 5 + i % 80 for i in range(2000)).translate(
                bytes.maketrans(b"!~#", b"..."))
            for i in range(0, len(data), 16):  # as much as the port's FIFO takes
                sent = data[i:i + 16]
                self.assertEqual(stream.send(sent), len(sent))
                found = b""
                while len(found) < len(sent):
                    found += stream.recv(100).lstrip(b"R" if i == 0 and not found else b"")
                self.assertEqual(found, sent)
            stream.finish()

    def test_refused(self):
        """a console that is not there, and a guest that does not run"""
        with daemon_with("<console type='null'><target type='virtio'/></console>") as (daemon, conn, dom):
            for device, code, text in (("serial9", libvirt.VIR_ERR_INVALID_ARG, "alias 'serial9'"),
                                       ("console1", libvirt.VIR_ERR_OPERATION_UNSUPPORTED, "terminal")):
                with self.assertRaises(libvirt.libvirtError) as caught:
                    dom.openConsole(device, conn.newStream(), 0)
                self.assertEqual(caught.exception.get_error_code(), code)
                self.assertIn(text, caught.exception.get_error_message())
            with self.assertRaises(libvirt.libvirtError) as caught:
                dom.openChannel("nothing", conn.newStream(), 0)
            self.assertIn("has no channel 'nothing'", caught.exception.get_error_message())
            reader = libvirt.openReadOnly(daemon.uri(daemon.path + "-ro"))
            with self.assertRaises(libvirt.libvirtError):
                reader.lookupByName("g").openConsole(None, reader.newStream(), 0)
            reader.close()

    def test_terminal(self):
        """virsh ttyconsole names the guest's terminal, also after a restart of the daemon"""
        with daemon_with() as (daemon, _, dom):
            status, first = virsh(daemon.uri(), "ttyconsole", "g")
            self.assertEqual(status, 0)
            self.assertRegex(first, "^/dev/pts/[0-9]+\n")
            daemon.kill()
            daemon.start()
            self.assertEqual(virsh(daemon.uri(), "ttyconsole", "g"), (0, first))
            virsh(daemon.uri(), "destroy", "g")


class TestAgent(unittest.TestCase):
    def test_event(self):
        """the state of the agent's channel is told and in the XML"""
        with daemon_with() as (daemon, conn, dom):
            told = queue.Queue()
            conn.domainEventRegisterAny(
                None, libvirt.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
                lambda _conn, dom, state, reason, _opaque: told.put((dom.name(), state, reason)), None)
            other = conn.createXML(guest(daemon, "h", AGENT), 0)
            self.assertEqual(told.get(timeout=20), ("h", 2, 1))
            self.assertIn("state='disconnected'", other.XMLDesc().replace('"', "'"))
            status, text = virsh(daemon.uri(), "qemu-agent-command", "h", '{"execute":"guest-ping"}')
            self.assertEqual(status, 1)
            self.assertIn("the agent of guest 'h' is not connected", text)
            with self.assertRaises(libvirt.libvirtError) as raised:
                other.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT)
            self.assertEqual(raised.exception.get_error_code(), libvirt.VIR_ERR_AGENT_UNRESPONSIVE)
            other.destroy()


if __name__ == "__main__":
    tap.main("__main__")
