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

import daemon
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
        self.shown = 0
        self.empty = False
        path = f"{tool.job['build_dir']}/tools:{os.environ['PATH']}"
        self.env = {**os.environ, "PATH": path, "TERM": tool.job["terminal"]}

    def line(self, text=""):
        """One of the transcript; never two empty ones in a row."""
        if text or not self.empty:
            self.port.line(text)
        self.empty = not text

    def step(self, title, text=""):
        self.steps += 1
        if self.steps > 1:
            self.line()
        self.line(f"== {self.steps}. {title} ".ljust(WIDTH, "="))
        for line in textwrap.wrap(text, WIDTH):
            self.line(line)

    def command(self, line, status=0, together=False):
        """
        Runs a line of shell and shows its output; another exit status ends the demo.

        @together: no blank line before
        """
        if not together:
            self.line()
        self.line(f"$ {line}")
        # a terminal as wide as the reader's, so that the tool's tables fit it
        here, there = os.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("4H", 40, tool.job["columns"], 0, 0))
        process = subprocess.Popen(["/bin/sh", "-c", line], cwd=PLACE, env=self.env,
                                   stdin=subprocess.DEVNULL, stdout=there, stderr=there)
        os.close(there)
        for output in lines(here):
            self.line(output)
        if process.wait() != 0:
            self.line(f"(exit status {process.returncode})")
        if process.returncode != status:
            raise RuntimeError(f"'{line}': exit status {process.returncode} instead of {status}")

    def export(self, name, value):
        """Sets a variable for the commands that follow."""
        self.line()
        self.line(f"$ export {name}='{value}'")
        self.env[name] = value

    def console(self, console, until):
        """What the guest says until a line, that line included, and not what was shown before."""
        self.line()
        self.line("(the guest's console)")
        end = console.await_text(until, since=self.shown).end()
        for line in console.text[self.shown:end].splitlines():
            if not NOISE.search(line):
                self.line(line)
        self.shown = end


def write_files(console):
    os.makedirs(PLACE, exist_ok=True)
    for name, path in (("vmlinux", tool.job["kernel"]), ("initrd", tool.job["l2_initrd"])):
        os.symlink(path, f"{PLACE}/{name}")
    tool.job.update(kernel=f"{PLACE}/vmlinux", l2_initrd=f"{PLACE}/initrd")
    wrong = guest.domain_xml([guest.hostdev(machine.HOST_NIC)])
    right = guest.domain_xml([guest.hostdev(machine.NIC, model=host.VARIANT_MODULE)],
                             name="guest", serial=console.element())
    for name, text in (("wrong.xml", wrong), ("guest.xml", right),
                       ("edu.xml", textwrap.dedent(guest.hostdev(machine.EDU)))):
        with open(f"{PLACE}/{name}", "w", encoding="utf-8") as file:
            file.write(text)


def run(port):
    nic, sysfs = machine.NIC, f"/sys/bus/pci/devices/{machine.NIC}"
    host.bind(machine.EDU, "vfio-pci")
    host.bind(machine.BRIDGED_EDU, host.DECOY)
    console = daemon.DomainConsole("guest")
    daemon.make_user()
    write_files(console)
    service = daemon.Daemon()
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

    show.step("Stock virsh starts a guest", "virtvfiod, our daemon, runs here; virsh is Debian's "
              f"own. The guest gets {nic} on its variant driver, which libvirt's daemon refuses. "
              "It tries the card, and says so in lines that begin with L2 (ping: DMA and "
              "interrupts work).")
    show.command("cat guest.xml")
    show.export("LIBVIRT_DEFAULT_URI", daemon.URI)
    show.command("virsh define guest.xml")
    show.command("virsh start guest", together=True)
    console.accept()
    show.console(console, "^L2 READY$")

    show.step("It gets a second device while it runs", f"{machine.EDU} is on vfio-pci. The guest "
              "tries its registers, and sends its own memory through it and back (dma).")
    show.command("cat edu.xml")
    show.command("virsh attach-device guest edu.xml --live")
    show.console(console, "^L2 READY$")
    show.command("virtvfio status")

    show.step("It gives it back, and switches off", "The devices stay on the drivers that they "
              "had: managed='no'. With managed='yes' the host's own drivers would have them again.")
    show.command("virsh detach-device guest edu.xml --live")
    show.console(console, "^L2 READY$")
    show.command("virsh shutdown guest")
    show.console(console, "^L2 POWER BUTTON$")
    service.await_text("guest 'guest': ended")
    show.command("virsh list --all")
    show.command("virtvfio list --vfio")
    service.end()
    show.line()
    show.line("The guest is off, the devices are where they were. That was the demo.")
