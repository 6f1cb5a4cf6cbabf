# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nested guests ("L2"): their XML, starting and watching them, what they prove."""

import fcntl
import os
import re
import signal
import subprocess
import termios
import time

import host
import tool
from output import Output
from tap import expect

# all of it must be below 256 MiB for edu's DMA engine
MEMORY_MIB = 192
BOOT_S = 150


def hostdev(address, managed="no", model=None):
    """A <hostdev> element for a host address."""
    domain, bus, slot, function = re.split("[:.]", address)
    driver = f"      <driver name='vfio' model='{model}'/>\n" if model else ""
    manage = f" managed='{managed}'" if managed else ""
    return f"""    <hostdev mode='subsystem' type='pci'{manage}>
{driver}      <source>
        <address domain='0x{domain}' bus='0x{bus}' slot='0x{slot}' function='0x{function}'/>
      </source>
    </hostdev>
"""


def domain_xml(hostdevs, cmdline="", name="l2", serial="    <serial type='stdio'/>\n"):
    return f"""<domain type='{'kvm' if os.path.exists('/dev/kvm') else 'qemu'}'>
  <name>{name}</name>
  <memory unit='MiB'>{MEMORY_MIB}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{tool.job['kernel']}</kernel>
    <initrd>{tool.job['l2_initrd']}</initrd>
    <cmdline>console=ttyS0 {' '.join(["quiet mitigations=off", cmdline]).strip()}</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <devices>
{serial}{''.join(hostdevs)}  </devices>
</domain>
"""


def write_xml(name, text):
    path = f"/run/e2e/{name}.xml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def raw_qemu(addresses):
    """QEMU's own command line for a guest with these devices, without the tool."""
    argv = ["qemu-system-x86_64", "-M", "q35", "-m", str(MEMORY_MIB), "-nodefaults",
            "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
            "-kernel", tool.job["kernel"], "-initrd", tool.job["l2_initrd"],
            "-append", "console=ttyS0 quiet mitigations=off"]
    argv += ["-accel", "kvm", "-cpu", "host"] if os.path.exists("/dev/kvm") else []
    for index, address in enumerate(addresses):
        argv += ["-device", f"pcie-root-port,id=p{index},chassis={index}",
                 "-device", f"vfio-pci,host={address},bus=p{index},rombar=0"]
    return argv


class Console(Output):
    """What the program in a guest says: see l2/init.c."""

    def lines(self, kind):
        """The rest of each console line 'L2 KIND ...'."""
        return re.findall(rf"^L2 {kind} (.*)$", self.text, re.M)

    def await_text(self, pattern, timeout_s=BOOT_S, since=0):
        return super().await_text(pattern, timeout_s, since)


class Guest(Console):
    """
    A program that runs a guest in the foreground, with the console on its stdout:
    on a pseudoterminal of its own if @terminal, else on a pipe.
    """

    def __init__(self, name, argv, terminal=False):
        super().__init__(f"guest-{name}")
        self.log = host.KernelLog()
        self.start = time.monotonic()
        self.kernel_lines = []
        self.terminal = terminal
        if terminal:
            self.fd, there = os.openpty()
            self.process = subprocess.Popen(
                argv, stdin=there, stdout=there, stderr=there, start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
            os.close(there)
        else:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                start_new_session=True)
            self.fd = self.process.stdout.fileno()
        self.follow(self.fd)

    def show_in(self, evidence):
        """Makes the guest's console and the host kernel's log part of a failure report."""
        evidence.add(f"console of guest {self.name}", lambda: self.text)
        evidence.add("host kernel since the guest's start", lambda: "\n".join(self.host_log()))

    def host_log(self):
        self.kernel_lines += self.log.lines()
        return self.kernel_lines

    def interrupt(self):
        """
        Ctrl-C: the key if there is a terminal, else what it does in one: every
        process of the foreground group gets the signal.
        """
        if self.terminal:
            os.write(self.fd, b"\x03")
        else:
            os.killpg(self.process.pid, signal.SIGINT)

    def await_end(self, timeout_s):
        """Exit status of the program; fails if it does not end."""
        try:
            status = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            expect(False, f"{self.name} did not end within {timeout_s} s")
        self.reader.join(5)
        return status

    def kill(self):
        """Ends the program and whatever emulator it left."""
        emulators = {pid for name in os.listdir("/dev/vfio") for pid in
                     host.openers(f"/dev/vfio/{name}") if name != "vfio"}
        self.process.kill()
        self.process.wait()
        for pid in emulators:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


# --- what a guest proves ----------------------------------------------------------


def expect_held(address):
    """Some process of this host has the device's group open: it was really assigned."""
    node = host.group_node(address)
    expect(host.openers(node), f"{address}: nobody has {node} open")


def expect_opened_by_variant(guest, address):
    found = any(address in line and "device opened" in line for line in guest.host_log())
    expect(found, f"the kernel did not say that the variant driver opened {address}")


def expect_edu(guest, count):
    lines = guest.lines("EDU")
    good = [x for x in lines if x.endswith("id=0x010000ed live=ok factorial=ok dma=ok")]
    expect(len(good) == count == len(lines), f"{count} working edu devices expected: {lines}")


def expect_network(guest, mac):
    lines = guest.lines("NET")
    expect(any(f"mac={mac} ping=3/3" in x for x in lines),
           f"no guest interface {mac} reached the host: {lines}")


def expect_nvme(guest):
    lines = guest.lines("NVME")
    expect(any(x.endswith("read=ok") for x in lines), f"the guest read no NVMe sector: {lines}")
