# SPDX-License-Identifier: LGPL-2.1-or-later
"""The emulated host is what the other cases take it for. No tool is run here."""

import os

import host
import machine
from guest import (Guest, expect_edu, expect_held, expect_network, expect_nvme,
                   expect_opened_by_variant, raw_qemu)
from tap import case, expect, expect_equal


@case("the host has an IOMMU, and its devices share groups as laid out")
def host_groups(evidence):
    alone = (machine.NIC, machine.HOST_NIC, machine.EDU, machine.NVME, machine.NVME_VF)
    evidence.add("groups", "\n".join(f"{a} {host.group(a)}" for a in host.addresses()))
    for address in alone:
        expect_equal(host.group_members(address), [address], f"group of {address}")
    pair = [machine.PAIR_EDU, machine.PAIR_NIC]
    expect_equal(host.group_members(machine.PAIR_EDU), pair, "group of the pair")
    bridged = [machine.BRIDGE, machine.BRIDGED_EDU, machine.BRIDGED_NIC]
    expect_equal(host.group_members(machine.BRIDGE), bridged, "group behind the bridge")
    expect(os.path.exists("/dev/kvm"), "the host has no /dev/kvm")


@case("the host's clock is one whose rate is known")
def host_clock(_evidence):
    source = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
    expect_equal(host.read(source), "hpet", "clock source")


@case("the kernel shows vfio-dev and a group node for VFIO drivers and for no other")
def host_drivers(evidence):
    seen = []
    for name, is_vfio in (("vfio-pci", True), (host.VARIANT, True), (host.DECOY, False)):
        host.bind(machine.NIC, name)
        found = bool(host.vfio_devices(machine.NIC))
        seen.append((name, found, os.path.exists(host.group_node(machine.NIC)), is_vfio))
    host.bind_default(machine.NIC, "e1000e")
    seen.append(("e1000e", bool(host.vfio_devices(machine.NIC)),
                 os.path.exists(host.group_node(machine.NIC)), False))
    evidence.add("driver, vfio-dev, node, expected", "\n".join(map(str, seen)))
    expect(all(a == b == c for _, a, b, c in seen), "a driver looks different than expected")


def raw_guest(evidence):
    """QEMU alone uses the devices that the tool will be asked to assign (self-test)."""
    host.bind(machine.NIC, "vfio-pci")
    host.unbind(machine.BRIDGED_NIC)
    variant = [machine.EDU, machine.BRIDGED_EDU, machine.NVME_VF]
    for address in variant:
        host.bind(address, host.VARIANT)
    guest = Guest("raw", raw_qemu([machine.NIC, *variant]))
    guest.show_in(evidence)
    try:
        guest.await_text("^L2 READY$")
        for address in (machine.NIC, *variant):
            expect_held(address)
        for address in variant:
            expect_opened_by_variant(guest, address)
        expect_edu(guest, 2)
        expect_network(guest, f"{machine.MAC_PREFIX}:01")
        expect_nvme(guest)
    finally:
        guest.kill()


def register_self_test():
    case("QEMU without the tool starts a guest that uses all devices")(raw_guest)
