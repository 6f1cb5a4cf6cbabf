# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Guests that are started and use their devices. Booting one is the most expensive
thing here, so several cases ask different questions about the same guest: whoever
comes first starts it.
"""

import os
import shutil
import time

import host
import machine
from guest import (Guest, domain_xml, expect_edu, expect_held, expect_network, expect_nvme,
                   expect_opened_by_variant, hostdev, write_xml)
from tap import case, expect, expect_equal
from tool import program, virtvfio


def start(name, elements, cmdline="", terminal=False):
    path = write_xml(name, domain_xml(elements, cmdline))
    return Guest(name, [program(), "run", path], terminal)


class Shared:
    """The guest with four devices."""

    guest = None
    before = None

    @classmethod
    def get(cls, evidence):
        if cls.guest is None:
            shutil.rmtree("/run/virtvfio", ignore_errors=True)
            host.bind_default(machine.NIC, "e1000e")
            virtvfio(evidence, "bind", "--driver=vfio-pci", machine.NIC)
            for address in (machine.EDU, machine.BRIDGED_EDU, machine.NVME_VF):
                host.bind(address, host.VARIANT)
            # an unbound companion, and the bridge above both, must not matter
            host.unbind(machine.BRIDGED_NIC)
            cls.before = host.snapshot()
            cls.guest = start("four-devices", [
                hostdev(machine.NIC),
                hostdev(machine.EDU),
                hostdev(machine.BRIDGED_EDU, model=host.VARIANT_MODULE),
                hostdev(machine.NVME_VF, managed=None, model=host.VARIANT),
            ], terminal=True)  # fmt: skip
        cls.guest.show_in(evidence)
        cls.guest.await_text("^L2 READY$")
        return cls.guest

    @classmethod
    def forget(cls):
        cls.guest.kill()
        cls.guest = None


@case("a device on vfio-pci, managed='no', is used by a guest: registers, DMA, interrupts")
def guest_vfio_pci(evidence):
    guest = Shared.get(evidence)
    expect_held(machine.NIC)
    expect_network(guest, f"{machine.MAC_PREFIX}:01")


@case("a device of a running guest is bound, given back and reset by nobody, though not managed")
def guest_keeps(evidence):
    guest = Shared.get(evidence)
    bind = virtvfio(evidence, "bind", "--json", "--driver=vfio-pci", machine.EDU, status=1)
    expect_equal([(one["code"], one["address"], one["holder"])
                  for one in bind.json()["error"]["blockers"]],
                 [("in-use", machine.EDU, "guest l2")], "what is in the way of bind")
    for command in ("restore", "reset"):
        refused = virtvfio(evidence, command, machine.NIC, status=1)
        expect("in use by guest 'l2'" in refused.err, f"{command} does not name the guest")
    active = virtvfio(evidence, "status", "--json").json()["active"]
    devices = sorted([machine.NIC, machine.EDU, machine.BRIDGED_EDU, machine.NVME_VF])
    emulators = host.openers(host.group_node(machine.NIC))
    expect_equal([(one["address"], one["state"], one["guest"], [one["pid"]]) for one in active],
                 [(address, "active", "l2", emulators) for address in devices], "what status says")
    expect_equal(guest.process.poll(), None, "the end of the guest")


@case("a device on a variant driver, managed='no', is used by a guest: registers and DMA")
def guest_variant(evidence):
    guest = Shared.get(evidence)
    expect_held(machine.EDU)
    expect_opened_by_variant(guest, machine.EDU)
    expect_edu(guest, 2)


@case("model='…' accepts the bound variant by its module name; bridge and idle companion pass")
def guest_model(evidence):
    guest = Shared.get(evidence)
    expect_held(machine.BRIDGED_EDU)
    expect_opened_by_variant(guest, machine.BRIDGED_EDU)
    expect_edu(guest, 2)


@case("a virtual function on a variant is used by a guest; model='…' accepts the driver's name too")
def guest_virtual_function(evidence):
    guest = Shared.get(evidence)
    expect_held(machine.NVME_VF)
    expect_opened_by_variant(guest, machine.NVME_VF)
    expect_nvme(guest)


@case("Ctrl-C on the terminal shuts the guest down, and the host is as it was")
def guest_interrupt(evidence):
    guest = Shared.get(evidence)
    try:
        guest.interrupt()
        guest.await_text("^L2 POWER BUTTON$", 30)
        expect_equal(guest.await_end(60), 0, "exit status of virtvfio run")
        for address in (machine.NIC, machine.EDU, machine.BRIDGED_EDU, machine.NVME_VF):
            expect(not host.openers(host.group_node(address)), f"{address} is still in use")
        changes = host.differences(Shared.before, host.snapshot())
        expect(not changes, "the host was changed: " + "; ".join(changes))
        virtvfio(evidence, "restore", machine.NIC)
        expect_equal(host.driver(machine.NIC), "e1000e", "the driver, restored")
    finally:
        Shared.forget()


@case("a guest that ignores Ctrl-C is ended at once by a second one")
def guest_second_interrupt(evidence):
    host.bind(machine.EDU, host.VARIANT)
    guest = start("deaf", [hostdev(machine.EDU)], "l2.deaf")
    guest.show_in(evidence)
    try:
        guest.await_text("^L2 READY$")
        guest.interrupt()
        guest.await_text("^L2 POWER BUTTON$", 30)
        expect(guest.process.poll() is None, "the first Ctrl-C ended the guest")
        guest.interrupt()
        since = time.monotonic()
        guest.await_end(15)
        evidence.add("ended after", f"{time.monotonic() - since:.1f} s")
        expect(not host.openers(host.group_node(machine.EDU)), "an emulator was left behind")
    finally:
        guest.kill()


@case("managed='yes': bound to the variant for the guest, used, and given back exactly")
def guest_managed(evidence):
    shutil.rmtree("/run/virtvfio", ignore_errors=True)
    host.bind_default(machine.NIC, "e1000e")
    host.write(host.device(machine.NIC) + "/driver_override", "e1000e\n")
    before = host.snapshot()
    guest = start("managed", [hostdev(machine.NIC, managed="yes")], "l2.poweroff")
    guest.show_in(evidence)
    try:
        guest.await_text("^L2 READY$")
        expect_network(guest, f"{machine.MAC_PREFIX}:01")
        expect_opened_by_variant(guest, machine.NIC)
        expect_equal(guest.await_end(60), 0, "exit status of virtvfio run")
        changes = host.differences(before, host.snapshot())
        expect(not changes, "the host was changed: " + "; ".join(changes))
        for kind in ("journal", "active"):
            expect_equal(os.listdir("/run/virtvfio/" + kind), [], f"what is left in {kind}")
    finally:
        guest.kill()
        host.write(host.device(machine.NIC) + "/driver_override", "\n")
