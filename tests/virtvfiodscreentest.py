#!/usr/bin/python3
# virtvfiodscreentest.py: what guests on real QEMU show, with stock clients
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Golden files are in tests/virtvfioddata; VIR_TEST_REGENERATE=1 writes them anew.
# Usage: virtvfiodscreentest.py VIRTVFIOD SCENEBUILD

import contextlib
import os
import socket
import struct
import time

import libvirt

import tap
from testdaemon import Golden, text, virsh
from testscreen import GREEN, RED, Picture, daemon_with

# Every line's whole output is in virtvfioddata/virsh-screenshot.txt.
SCREENSHOT = """
screenshot g DIR/picture.ppm
screenshot g DIR/head.ppm --screen 2
screenshot g DIR/none.ppm --screen 3
screenshot g DIR/none.ppm --screen 4294967295
screenshot blind DIR/none.ppm
screenshot off DIR/none.ppm
screenshot missing DIR/none.ppm
-r screenshot g DIR/none.ppm
"""

MORE_HEADS = "<video><model type='vga'/></video><video><model type='virtio' heads='2'/></video>"
NO_VIDEO = "<video><model type='none'/></video>"


def await_colours(take):
    """Takes pictures until the guest has drawn."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        picture = take()
        if picture.at(0.5, 0.25) == RED and picture.at(0.5, 0.75) == GREEN:
            return picture
        time.sleep(0.1)
    raise AssertionError(f"the guest has drawn nothing: {picture.width} x {picture.height}")


def screenshot(conn, dom, screen=0):
    """As a client of libvirt does it: the picture and its type."""
    stream = conn.newStream()
    mime = dom.screenshot(stream, screen)
    data = []
    stream.recvAll(lambda _stream, piece, _: data.append(piece) or len(piece), None)
    stream.finish()
    return b"".join(data), mime


def pictures(pid):
    """How many a process has open."""
    found = 0
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            found += "memfd:screenshot" in os.readlink(f"/proc/{pid}/fd/{fd}")
    return found


class TestScreenshot(Golden):
    def test_virsh(self):
        """virsh takes pictures of a guest's screens, and is told why not"""
        out = []
        with daemon_with(("g", MORE_HEADS), ("blind", NO_VIDEO)) as (daemon, conn, _):
            conn.defineXML(conn.lookupByName("g").XMLDesc().replace("<name>g<", "<name>off<")
                           .replace(conn.lookupByName("g").UUIDString(),
                                    "22222222-2222-4222-8222-222222222222"))
            for line in filter(None, SCREENSHOT.split("\n")):
                words = line.replace("DIR", daemon.dir).split()
                status, found = virsh(daemon.uri(), *words, quiet=False)
                out.append(f"$ virsh {line}\n{found.replace(daemon.dir, 'DIR').rstrip()}\n"
                           f"[{status}]\n")
            self.golden("virsh-screenshot.txt", "\n".join(out))

            def take():
                self.assertEqual(virsh(daemon.uri(), "screenshot", "g", f"{daemon.dir}/p.ppm")[0], 0)
                with open(f"{daemon.dir}/p.ppm", "rb") as file:
                    return Picture(file.read())
            await_colours(take)

    def test_paused(self):
        """a picture of a paused guest, many at a time"""
        with daemon_with(("g", "")) as (_, conn, dom):
            await_colours(lambda: Picture(screenshot(conn, dom)[0]))
            dom.suspend()
            first, mime = screenshot(conn, dom)
            self.assertEqual(mime, "image/x-portable-pixmap")
            for _ in range(5):
                self.assertEqual(screenshot(conn, dom), (first, mime))

    def test_leave(self):
        """a client that leaves in the middle leaves nothing behind, in the daemon and in QEMU"""
        with daemon_with(("g", "<video><model type='vga'/></video>")) as (daemon, conn, dom):
            with open(f"{daemon.dir}/run/qemu/{dom.UUIDString()}/pid", encoding="ascii") as file:
                qemu = int(file.read())
            for _ in range(5):
                leaver = libvirt.open(daemon.uri())
                streams = [leaver.newStream() for _ in range(3)]
                for stream in streams:
                    leaver.lookupByName("g").screenshot(stream, 0)
                self.assertGreater(len(streams[0].recv(1000)), 0)
                self.assertEqual((pictures(daemon.process.pid), pictures(qemu)), (3, 0))
                del streams, stream
                leaver.close()
                deadline = time.monotonic() + 60
                while pictures(daemon.process.pid):
                    self.assertLess(time.monotonic(), deadline, "a picture stays open")
                    time.sleep(0.05)

    def test_upload(self):
        """a picture cannot be written to"""
        with daemon_with(("g", "")) as (_, conn, dom):
            stream = conn.newStream()
            dom.screenshot(stream, 0)
            with self.assertRaises(libvirt.libvirtError):
                while True:
                    stream.send(b"x")
            self.assertTrue(screenshot(conn, dom)[0].startswith(b"P6"))


def greeting(viewer):
    """What a display says first."""
    with viewer:
        viewer.settimeout(60)
        return viewer.recv(4)


class TestViewer(Golden):
    def test_fd(self):
        """a viewer gets a socket, or brings one, where the display listens nowhere"""
        with daemon_with(("g", "")) as (daemon, _, dom):
            for _ in range(3):
                self.assertEqual(greeting(socket.socket(fileno=dom.openGraphicsFD(0))), b"RFB ")
            ours, theirs = socket.socketpair()
            with theirs:
                dom.openGraphics(0, theirs.fileno())
            self.assertEqual(greeting(ours), b"RFB ")
            with self.assertRaises(libvirt.libvirtError) as caught:
                dom.openGraphicsFD(1)
            self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_INVALID_ARG)
            read_only = libvirt.openReadOnly(daemon.uri())
            with self.assertRaises(libvirt.libvirtError) as caught:
                read_only.lookupByName("g").openGraphicsFD(0)
            self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_OPERATION_DENIED)
            read_only.close()

    def test_feature(self):
        """descriptors go to those who have asked, and never over a connection that is read-only"""
        with daemon_with(("g", "")) as (daemon, _, dom):
            guest = text("g") + dom.UUID() + struct.pack(">iII", dom.ID(), 0, 0)
            with daemon.connect() as wire:
                wire.open()
                self.assertEqual(wire.call(343, guest)[0], libvirt.VIR_ERR_OPERATION_UNSUPPORTED)
            with daemon.connect() as wire:
                wire.open(flags=libvirt.VIR_CONNECT_RO)
                self.assertEqual(wire.call(60, struct.pack(">i", 8)), struct.pack(">i", 0))
                self.assertEqual(wire.call(343, guest)[0], libvirt.VIR_ERR_OPERATION_DENIED)
            with daemon.connect() as wire:
                wire.open()
                self.assertEqual(wire.call(60, struct.pack(">i", 8)), struct.pack(">i", 1))
                # A call for which a descriptor has to come along.
                self.assertEqual(wire.call(249, guest)[0], libvirt.VIR_ERR_INVALID_ARG)


if __name__ == "__main__":
    tap.main("__main__")
