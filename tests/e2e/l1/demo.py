# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The demo: a transcript for a newcomer. Every command is one that can be typed on
a real host, and is really run here; what it prints is passed on as it comes.
"""

import fcntl
import os
import re
import struct
import subprocess
import termios
import textwrap

import guest
import host
import machine
import tool

PLACE = "/demo"
WIDTH = 88
# kernel messages, the firmware's escape sequences, chipset devices of the guest
NOISE = re.compile(r"^\[ *\d+\.\d+\]|\x1b|^L2 DEVICE|^\s*$")


def lines(fd):
    """Lines from a terminal, until its other end is closed."""
    with open(fd, encoding="utf-8", errors="replace", newline="\n") as file:
        while True:
            try:
                line = file.readline()
            except OSError:
                return
            if not line:
                return
            yield line.replace("\r", "").rstrip("\n")


class Transcript:
    def __init__(self, port):
        self.port = port
        self.steps = 0
        path = f"{tool.job['build_dir']}/tools:{os.environ['PATH']}"
        self.env = {**os.environ, "PATH": path, "TERM": tool.job["terminal"]}

    def step(self, title, text=""):
        self.steps += 1
        if self.steps > 1:
            self.port.line()
        self.port.line(f"== {self.steps}. {title} ".ljust(WIDTH, "="))
        for line in textwrap.wrap(text, WIDTH):
            self.port.line(line)

    def command(self, line, status=0, noise=None, together=False):
        """
        Runs a line of shell and shows its output; another exit status ends the demo.
        @noise: what to leave out; @together: no blank line before
        """
        if not together:
            self.port.line()
        self.port.line(f"$ {line}")
        # a terminal as wide as the reader's, so that the tool's tables fit it
        here, there = os.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("4H", 40, tool.job["columns"], 0, 0))
        process = subprocess.Popen(["/bin/sh", "-c", line], cwd=PLACE, env=self.env,
                                   stdin=subprocess.DEVNULL, stdout=there, stderr=there)
        os.close(there)
        for output in lines(here):
            if not (noise and noise.search(output)):
                self.port.line(output)
        if process.wait() != 0:
            self.port.line(f"(exit status {process.returncode})")
        if process.returncode != status:
            raise RuntimeError(f"'{line}': exit status {process.returncode} instead of {status}")


def write_files():
    os.makedirs(PLACE, exist_ok=True)
    for name, path in (("vmlinux", tool.job["kernel"]), ("initrd", tool.job["l2_initrd"])):
        os.symlink(path, f"{PLACE}/{name}")
    tool.job.update(kernel=f"{PLACE}/vmlinux", l2_initrd=f"{PLACE}/initrd")
    wrong = guest.domain_xml([guest.hostdev(machine.HOST_NIC)])
    right = guest.domain_xml([
        guest.hostdev(machine.NIC, model=host.VARIANT_MODULE),
        guest.hostdev(machine.EDU),
    ], "l2.poweroff")  # fmt: skip
    for name, text in (("wrong.xml", wrong), ("guest.xml", right)):
        with open(f"{PLACE}/{name}", "w", encoding="utf-8") as file:
            file.write(text)


def run(port):
    nic, sysfs = machine.NIC, f"/sys/bus/pci/devices/{machine.NIC}"
    host.bind(machine.EDU, "vfio-pci")
    host.bind(machine.BRIDGED_EDU, host.DECOY)
    write_files()
    show = Transcript(port)

    show.step("The host", "An emulated machine with an IOMMU runs Debian's kernel "
              f"{host.RELEASE}. Besides vfio-pci it has a VFIO variant driver, {host.VARIANT} "
              f"(module {host.VARIANT_MODULE}), and a decoy that only looks like one.")
    show.command("virtvfio list")

    show.step("A device goes to its variant driver", f"The network card {nic} is on the host "
              "driver e1000e. These three lines are what an administrator types to change that.")
    show.command(f"echo {nic} > {sysfs}/driver/unbind")
    show.command(f"echo {host.VARIANT} > {sysfs}/driver_override", together=True)
    show.command(f"echo {nic} > /sys/bus/pci/drivers_probe", together=True)

    show.step("virtvfio recognises it", "No list of names: the module owns a vfio_pci: alias.")
    show.command(f"virtvfio show {nic}")
    show.command("virtvfio list --vfio")

    show.step("Why, and why not", "Every rule for the variant driver, then for the decoy, which "
              "uses the same kernel code and has a promising name.")
    show.command(f"virtvfio explain {nic}")
    show.command(f"virtvfio explain {machine.BRIDGED_EDU}")

    show.step("A device that is not ready is refused", f"wrong.xml asks for {machine.HOST_NIC}, "
              "the card that this host itself uses. Nothing is started, nothing is changed.")
    show.command("virtvfio run wrong.xml", status=1)

    show.step("A guest uses its devices", f"{nic} on the variant driver and {machine.EDU} on "
              "vfio-pci. The guest tries both, says so in lines that begin with L2 (ping: "
              "DMA and interrupts; dma: a round trip through guest memory), and switches off.")
    show.command("cat guest.xml")
    show.command("virtvfio run guest.xml", noise=NOISE)
    show.command("virtvfio list --vfio")
    port.line()
    port.line("The guest is gone, the devices are where they were. That was the demo.")
