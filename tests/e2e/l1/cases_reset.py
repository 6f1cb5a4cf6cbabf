# SPDX-License-Identifier: LGPL-2.1-or-later
"""Resets that are seen in the device itself: a register of its own is back at its default."""

import errno
import os
import struct

import host
import machine
from cases_bind import start
from tap import case, expect, expect_equal
from tool import virtvfio

MSI = 0x05
HEADER = 64
MARK = 0x12345670


def config(address):
    with open(host.device(address) + "/config", "rb") as file:
        return file.read(256)


def msi_address(address):
    """Where the register is that the tests write to: no driver uses it now, no reset keeps it."""
    found = config(address)
    place = found[0x34]
    while place and found[place] != MSI:
        place = found[place + 1]
    expect(place, f"{address} has no MSI")
    return place + 4


def register_of(address):
    """What is in that register."""
    return struct.unpack_from("<I", config(address), msi_address(address))[0]


def mark(address):
    """Writes to that register."""
    fd = os.open(host.device(address) + "/config", os.O_RDWR | os.O_CLOEXEC)
    try:
        os.pwrite(fd, struct.pack("<I", MARK), msi_address(address))
    finally:
        os.close(fd)
    expect_equal(register_of(address), MARK, "the register, written")


def expect_reset(evidence, address, method):
    mark(address)
    before = config(address)
    answer = virtvfio(evidence, "reset", "--json", address).json()
    expect_equal(answer, {"address": address, "method": method}, "what reset says")
    expect_equal(register_of(address), 0, "the register, after the reset")
    expect_equal(config(address)[:HEADER], before[:HEADER], "the header, which the system needs")


@case("reset of a device that is alone on its bus is the kernel's, and seen in the device")
def reset_kernel(evidence):
    start(EDU=None)
    expect_reset(evidence, machine.EDU, "kernel")


@case("reset of a device that shares its bus resets the bus, unless the other one is in use")
def reset_bus(evidence):
    start(BRIDGED_EDU=None, BRIDGED_NIC="pcnet32")
    refused = virtvfio(evidence, "reset", machine.BRIDGED_EDU, status=1)
    expect(machine.BRIDGED_NIC in refused.err and "pcnet32" in refused.err,
           "the refusal does not name who is in the way")
    start(BRIDGED_NIC=None)
    other = config(machine.BRIDGED_NIC)[:HEADER]
    expect_reset(evidence, machine.BRIDGED_EDU, "bus")
    expect_equal(config(machine.BRIDGED_NIC)[:HEADER], other, "the other device's header")
    kernel = os.path.exists(host.device(machine.BRIDGE) + "/reset_subordinate")
    evidence.note("bus reset: " + ("through the kernel's reset_subordinate" if kernel else
                                   "by hand: this kernel has no reset_subordinate there"))
    # and it still works
    host.bind_default(machine.BRIDGED_NIC, "pcnet32")


@case("reset of a bus that the kernel cannot reset, or has no way to, is by hand")
def reset_by_hand(evidence):
    start(PAIR_EDU=None, PAIR_NIC=None)
    other = config(machine.PAIR_NIC)[:HEADER]
    attribute = os.path.join(os.path.dirname(os.path.realpath(host.device(machine.PAIR_EDU))),
                             "reset_subordinate")
    declined = "has no reset_subordinate there"
    if os.path.exists(attribute):
        # an emulated port does not see the link of a conventional device
        try:
            host.write(attribute, "1")
            expect(False, "the kernel resets this bus by itself: the case proves nothing")
        except OSError as error:
            expect_equal(error.errno, errno.ENOTTY, "what the kernel says")
            declined = "answers ENOTTY to reset_subordinate"
    expect_reset(evidence, machine.PAIR_EDU, "bus")
    expect_equal(config(machine.PAIR_NIC)[:HEADER], other, "the other device's header")
    evidence.note(f"bus reset: by hand: this kernel {declined}")
    # and it still works
    host.bind_default(machine.PAIR_NIC, "e1000e")


@case("reset leaves to VFIO what it does by FLR: a virtual function is not touched")
def reset_flr(evidence):
    start(NVME_VF=None)
    before = config(machine.NVME_VF)
    answer = virtvfio(evidence, "reset", "--json", machine.NVME_VF).json()
    expect_equal(answer, {"address": machine.NVME_VF, "method": "flr"}, "what reset says")
    expect_equal(config(machine.NVME_VF), before, "its registers")
