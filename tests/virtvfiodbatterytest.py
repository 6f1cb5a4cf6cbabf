#!/usr/bin/python3
# virtvfiodbatterytest.py: many clients at once, and some that mean no good
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# build-aux/check runs it under the sanitizers, ThreadSanitizer too.
# Usage: virtvfiodbatterytest.py VIRTVFIOD SCENEBUILD

import contextlib
import os
import signal
import struct
import subprocess
import threading
import time
import unittest

import libvirt

import tap
from testdaemon import (ENV, EVENT, SANITIZED, STREAM, TOP, Daemon, Wire, error_of, start_libvirt,
                        text, virsh)

start_libvirt()

FAKE = os.path.join(TOP, "tests", "qemuprocessdata", "fakeqemu.py")

# As many as there is time for: ThreadSanitizer makes all of it ten times slower.
CONNECTIONS = 2000 if SANITIZED else 10000
WARM_UP = 500

UNDECODABLE = (39, 7, "Unable to decode message payload")


def guest(name, more=""):
    return (f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>"
            "<os><type arch='x86_64' machine='pc'>hvm</type></os>"
            f"<devices>{more}</devices></domain>")


def await_true(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


class TestHostile(unittest.TestCase):
    @contextlib.contextmanager
    def daemon(self, guests=0, **kwargs):
        """A daemon that answers another client, and has no more open files, after all."""
        with Daemon(**kwargs) as daemon:
            conn = libvirt.open(daemon.uri())
            for number in range(guests):
                conn.defineXML(guest(f"guest{number}"))
            conn.getInfo()
            fds = daemon.fds()
            yield daemon
            self.assertEqual(len(conn.listAllDomains()), guests)
            self.assertTrue(await_true(lambda: daemon.fds() <= fds),
                            f"{daemon.fds()} open files, {fds} before")
            conn.close()

    def drop(self, daemon, number):
        """A connection that ends in one of the ways in which one can end."""
        with daemon.connect() as wire:
            way = number % 5
            if way == 0:
                return
            if way == 1:
                wire.socket.sendall(b"\0\0\0\x40\x20\0")
                return
            self.assertEqual(wire.open(), b"")
            if way == 2:
                wire.send(procedure=316, payload=struct.pack(">iI", number % 27, 0))
            elif way == 3:
                wire.send(procedure=273, payload=struct.pack(">iI", 1, 3))
            else:
                self.assertEqual(wire.call(2), b"")

    def test_connects_and_drops(self):
        """thousands of connections come and are dropped, and leave no file and no memory behind"""
        with self.daemon(guests=2) as daemon:
            for number in range(WARM_UP):
                self.drop(daemon, number)
            rss = daemon.rss_kib()
            for number in range(CONNECTIONS):
                self.drop(daemon, number)
            if not SANITIZED:  # they keep freed memory on purpose
                self.assertLess(daemon.rss_kib(), rss + 2048)

    def test_killed_in_a_call(self):
        """clients that are killed in the middle of a call are noticed by nobody"""
        script = ("import sys, libvirt\nconn = libvirt.open(sys.argv[1])\nprint(flush=True)\n"
                  "while True:\n    [dom.XMLDesc() for dom in conn.listAllDomains()]\n")
        with self.daemon(guests=20) as daemon:
            other = libvirt.open(daemon.uri())
            for _ in range(10):
                client = subprocess.Popen(["/usr/bin/python3", "-c", script, daemon.uri()], env=ENV,
                                          stdout=subprocess.PIPE)
                client.stdout.readline()
                self.assertEqual(len(other.listAllDomains()), 20)
                client.send_signal(signal.SIGKILL)
                client.wait()
                client.stdout.close()
            self.assertEqual(len(other.listAllDomains()), 20)
            other.close()

    def test_slow_readers(self):
        """who asks for much and reads none of it costs little, and gets it all in the end"""
        calls, readers = 200, 5
        with self.daemon() as daemon:
            with contextlib.ExitStack() as stack:
                wires = [stack.enter_context(daemon.connect()) for _ in range(readers)]
                rss = daemon.rss_kib()
                for wire in wires:
                    self.assertEqual(wire.open(), b"")
                for serial in range(calls):
                    for wire in wires:
                        with contextlib.suppress(BlockingIOError):
                            wire.send(procedure=7, serial=serial)
                with daemon.connect() as other:
                    other.open()
                    self.assertEqual(other.call(3), text("QEMU"))
                if not SANITIZED:
                    self.assertLess(daemon.rss_kib(), rss + 16 * 1024)
                for wire in wires:
                    found = sorted(wire.receive()[0][4] for _ in range(calls))
                    self.assertEqual(found, list(range(calls)))

    def test_half_frames(self):
        """frames that never end hold nobody up, and their memory goes with them"""
        with self.daemon() as daemon:
            with contextlib.ExitStack() as stack:
                for length in (28, 29, 100, 65536, 33554436) * 10:
                    wire = stack.enter_context(daemon.connect())
                    wire.open()
                    wire.socket.sendall(struct.pack(">I", length) + b"\x20\0\x80\x86\0\0\0\1")
                with daemon.connect() as other:
                    self.assertEqual(other.open(), b"")
                self.assertLess(daemon.rss_kib(), 1 << 20 if SANITIZED else 1 << 17)

    def ends(self, daemon, data):
        """What was sent ends the connection, without an answer."""
        with daemon.connect() as wire:
            self.assertEqual(wire.open(), b"")
            wire.socket.sendall(data)
            with contextlib.suppress(ConnectionResetError):
                self.assertEqual(wire.socket.recv(1), b"")

    def test_lengths(self):
        """lengths that no message has end the connection"""
        with self.daemon() as daemon:
            for length in (0, 3, 27, 33554437, 0xffffffff):
                self.ends(daemon, struct.pack(">I", length) + b"\0" * 24)

    def test_headers(self):
        """headers that make no sense are answered, or dropped, as libvirt's daemon does"""
        answered = (
            ({"procedure": 9999}, "unknown procedure: 9999"),
            ({"program": 0x12345678}, "Cannot find program 305419896 version 1"),
            ({"version": 2}, "Cannot find program 536903814 version 2"),
            ({"procedure": 59, "status": 1}, "Unexpected message status 1"),
            ({"program": 0x6b656570}, "Cannot find program 1801807216 version 1"),
        )
        with self.daemon() as daemon, daemon.connect() as wire:
            wire.open()
            for words, message in answered:
                wire.send(serial=77, **words)
                header, payload = wire.receive()
                self.assertEqual((header[4:], error_of(payload)), ((77, 1), (39, 7, message)))
            for words in ({"kind": 1}, {"kind": EVENT}, {"kind": 7}, {"kind": STREAM, "serial": 50},
                          {"kind": 6, "serial": 50},
                          {"program": 0x6b656570, "kind": EVENT, "procedure": 9}):
                wire.send(**{"procedure": 59, **words})
            wire.serial = -1  # serial 0 is as good as another
            self.assertEqual(wire.call(3), text("QEMU"))

    def test_texts(self):
        """texts of the longest length, of one byte more, with NUL and of no UTF-8"""
        with self.daemon() as daemon, daemon.connect() as wire:
            wire.open()
            code, domain, message = wire.call(23, text("x" * 4194304))
            self.assertEqual((code, domain), (42, 10))
            self.assertLess(len(message), 300)
            for payload in (text("x" * 4194305), struct.pack(">I", 3) + b"a\0b\0",
                            struct.pack(">I", 1) + b"\xe4\0\0\0", struct.pack(">I", 0xffffffff)):
                self.assertEqual(wire.call(23, payload), UNDECODABLE)
            self.assertEqual(wire.call(11, text("x" * 4194304))[0], 27)
            self.assertEqual(wire.call(3), text("QEMU"))

    def test_largest_message(self):
        """the largest message is taken: what is behind its arguments does not matter"""
        with self.daemon() as daemon, daemon.connect() as wire:
            wire.open()
            self.assertEqual(wire.call(3, b"\0" * 33554408), text("QEMU"))

    def test_read_only(self):
        """who may look only is refused, whatever the arguments"""
        with self.daemon() as daemon, Wire(daemon.path + "-ro") as wire:
            self.assertEqual(wire.open(flags=1), b"")
            for procedure in (8, 9, 10, 11, 12, 35, 118, 196, 231, 350):
                self.assertEqual(wire.call(procedure)[0], 29, procedure)

    def test_secrets(self):
        """who may look only sees no password, and does not have the guest's agent asked"""
        vnc = "<graphics type='vnc' passwd='geheim'/>"
        with Daemon() as daemon, Wire(daemon.path) as writer, Wire(daemon.path + "-ro") as reader:
            self.assertEqual((writer.open(), reader.open()), (b"", b""))
            dom = writer.call(11, text(guest("guest", vnc)))
            self.assertIn(b"geheim", writer.call(14, dom + struct.pack(">I", 1)))
            for flags, denied in ((0, False), (1, True), (2, False), (8, True), (9, True), (10, True)):
                found = reader.call(14, dom + struct.pack(">I", flags))
                if denied:
                    found = found[:2]
                    self.assertEqual(found, (29, 20), flags)
                else:
                    self.assertIn(b"<graphics", found)
                    self.assertNotIn(b"geheim", found)
            self.assertEqual(reader.call(200, dom + struct.pack(">I", 8))[:2], (29, 20))
            self.assertEqual(reader.call(235, text("/none") + struct.pack(">I", 1))[0], 29)


class TestBattery(unittest.TestCase):
    """All at once."""

    def together(self, count, func, *args):
        """Runs func(number, *args) in so many threads."""
        failures = []

        def work(number):
            try:
                func(number, *args)
            except Exception as err:  # pylint: disable=broad-except
                failures.append(err)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def life(self, number, daemon, rounds, seen):
        """A client defines, looks, listens and undefines, while others do."""
        conn = libvirt.open(daemon.uri())
        lock = threading.Lock()

        def callback(_conn, dom, event, _detail, _opaque):
            with lock:
                seen.append((dom.name(), event))

        callbacks = [conn.domainEventRegisterAny(None, 0, callback, None),
                     conn.nodeDeviceEventRegisterAny(None, 0, lambda *_: None, None)]
        for turn in range(rounds):
            name = f"guest-{number}-{turn}"
            dom = conn.defineXML(guest(name, f"<emulator>{FAKE}</emulator>"))
            dom.setAutostart(1)
            self.assertIn(name, dom.XMLDesc())
            self.assertIn(name, [each.name() for each in conn.listAllDomains()])
            for each in conn.listAllDomains():
                with contextlib.suppress(libvirt.libvirtError):  # another may have undefined it
                    each.XMLDesc()
                    each.state()
            for dev in conn.listAllDevices():
                dev.XMLDesc()
            conn.getCapabilities()
            dom.create()
            self.assertEqual(dom.state()[0], libvirt.VIR_DOMAIN_RUNNING)
            dom.destroy()
            dom.undefine()
        for number, deregister in zip(callbacks, (conn.domainEventDeregisterAny,
                                                  conn.nodeDeviceEventDeregisterAny)):
            deregister(number)
        conn.close()

    def test_lives(self):
        """eight clients define, start, list, describe, listen and undefine at once"""
        seen = []
        with Daemon(scene=None, qemu=None, config="[qemu]\nuser=root\n") as daemon:
            self.together(8, self.life, daemon, 3, seen)
            self.assertEqual(virsh(daemon.uri(), "list", "--all", "--name")[1].strip(), "")
        for event in (libvirt.VIR_DOMAIN_EVENT_DEFINED, libvirt.VIR_DOMAIN_EVENT_STARTED,
                      libvirt.VIR_DOMAIN_EVENT_STOPPED):
            self.assertIn(("guest-0-0", event), seen)

    def test_connections(self):
        """200 connections at a time, that all ask at once"""
        with Daemon() as daemon:
            barrier = threading.Barrier(200, timeout=100)

            def ask(_number):
                conn = libvirt.open(daemon.uri())
                barrier.wait()
                for _ in range(3):
                    self.assertEqual(conn.listAllDomains(), [])
                    self.assertEqual(conn.getInfo()[2], 7)
                barrier.wait()
                conn.close()

            self.together(200, ask)


if __name__ == "__main__":
    tap.main("__main__")
