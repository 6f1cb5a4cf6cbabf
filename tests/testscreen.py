# testscreen.py: guests that draw, and pictures of what they show
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import contextlib

import libvirt

from testdaemon import Daemon, start_libvirt

start_libvirt()

RED, GREEN = (168, 0, 0), (0, 168, 0)

# Code for a PC's 16-bit mode: 320 x 200 pixels with 256 colours, the upper half red, the lower green.
DRAW = bytes.fromhex(
    "b81300cd10"        # mov ax, 0x13; int 0x10
    "b800a08ec031fffc"  # mov ax, 0xa000; mov es, ax; xor di, di; cld
    "b9007db004f3aa"    # mov cx, 32000; mov al, 4; rep stosb
    "b9007db002f3aa"    # mov cx, 32000; mov al, 2; rep stosb
    "faf4ebfd").ljust(510, b"\0") + b"\x55\xaa" + b"\0" * (1 << 20)  # cli; hlt; jmp to hlt

VNC = "<graphics type='vnc'><listen type='none'/></graphics>"


def guest(daemon, name, video="", graphics=VNC):
    """The XML of a guest that draws."""
    with open(f"{daemon.dir}/{name}.img", "wb") as file:
        file.write(DRAW)
    return (f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory>"
            f"<os><type machine='q35'>hvm</type></os><features><acpi/></features><devices>"
            f"<disk type='file'><driver name='qemu' type='raw'/><source file='{file.name}'/>"
            f"<target dev='sda' bus='sata'/></disk>{graphics}{video}</devices></domain>")


@contextlib.contextmanager
def daemon_with(*guests, **kwargs):
    """A daemon with running guests (name, <video>[, <graphics>]), and the first of them."""
    with Daemon(scene=None, qemu=None, **kwargs) as daemon:
        conn = libvirt.open(daemon.uri())
        try:
            doms = [conn.createXML(guest(daemon, *each), 0) for each in guests]
            yield daemon, conn, doms[0]
        finally:
            for dom in conn.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
                dom.destroy()
            conn.close()


class Picture:
    """A portable pixmap of 24 bits per pixel."""

    def __init__(self, data):
        kind, size, depth, self.pixels = data.split(b"\n", 3)
        self.width, self.height = map(int, size.split())
        if (kind, depth, len(self.pixels)) != (b"P6", b"255", self.width * self.height * 3):
            raise ValueError(f"no picture: {data[:40]}, {len(data)} bytes")

    def pixel(self, x, y):
        start = 3 * (y * self.width + x)
        return tuple(self.pixels[start:start + 3])

    def count(self, colour):
        """How many pixels have it."""
        return list(zip(*(self.pixels[i::3] for i in range(3)))).count(colour)

    def at(self, x, y):
        """The colour at that part of width and height."""
        return self.pixel(int(x * self.width), int(y * self.height))
