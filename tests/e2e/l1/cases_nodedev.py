# SPDX-License-Identifier: LGPL-2.1-or-later
"""The host's devices by stock virsh: listed, described, detached, reset and given back."""

import re

import daemon
import host
import machine
from cases_bind import NONE, records, state
from cases_crash import crashpoint, everything
from cases_reset import mark, register_of
from daemon import Shared, virsh, watching
from tap import case, expect, expect_equal


def name_of(address):
    """libvirt's name of a device."""
    return "pci_" + re.sub("[:.]", "_", address)


@case("virsh lists every PCI device of the host, and says of each what the kernel says")
def nodedev_look(evidence):
    Shared.get(evidence, NIC="e1000e")
    host.bind(machine.EDU, host.VARIANT)
    listed = virsh(evidence, "nodedev-list", "--cap", "pci").out.split()
    expect_equal(sorted(listed), sorted(map(name_of, host.addresses())), "devices")
    chosen = (machine.NIC, machine.EDU, machine.NVME, machine.NVME_VF, machine.PAIR_NIC)
    # one process for all: starting one is slow here
    text = virsh(evidence, "; ".join(f"nodedev-dumpxml {name_of(a)}" for a in chosen)).out
    text = text.replace('"', "'")
    described = dict(zip(chosen, re.findall("<device>.*?</device>", text, re.S)))
    expect_equal(len(described), len(chosen), "descriptions")
    for address, xml in described.items():
        found = re.search(r"<driver>\s*<name>(.*)</name>", xml)
        expect_equal(found and found[1], host.driver(address), f"driver of {address}")
        expect(f"<iommuGroup number='{host.group(address)}'>" in xml, f"{address}: IOMMU group")
    members = re.findall("<address domain='0x0000' bus='0x05'", described[machine.PAIR_NIC])
    expect_equal(len(members), 2, "members of the group of two")
    expect("type='virt_functions'" in described[machine.NVME], "the physical function's functions")
    expect("type='phys_function'" in described[machine.NVME_VF], "the function's physical function")


@case("nodedev-detach takes the variant, or the driver or module named; nodedev-event tells")
def nodedev_detach(evidence):
    Shared.get(evidence, NIC="e1000e")
    nic = name_of(machine.NIC)
    with watching(evidence, "nodedev-event", "--event", "update", "--loop", last=1) as events:
        for words, driver in (((), host.VARIANT), (("--driver", "vfio-pci"), "vfio-pci"),
                              (("--driver", host.VARIANT_MODULE), host.VARIANT),
                              (("--driver", "vfio"), host.VARIANT)):
            since = len(events.text)
            detached = virsh(evidence, "nodedev-detach", nic, *words)
            expect_equal(detached.out.strip(), f"Device {nic} detached", "what virsh says")
            expect_equal(state(machine.NIC), [(driver, driver)], f"after detach {words}")
            expect_equal(records(), [machine.NIC], "records")
            events.await_text(f"'update' for node device {nic}", since=since)
            virsh(evidence, "nodedev-reattach", nic)
            expect_equal(state(machine.NIC), [("e1000e", NONE)], f"after reattach {words}")
            expect_equal(records(), [], "records after reattach")


@case("nodedev-detach to a decoy, or of the card that is the host's way out, changes nothing")
def nodedev_refused(evidence):
    Shared.get(evidence, NIC="e1000e")
    before = host.snapshot()
    for words, says in (
            ((machine.NIC, "--driver", host.DECOY), (host.DECOY, "not")),
            ((machine.NIC, "--driver", "e1000e"), ("e1000e", "not")),
            ((machine.NVME, ), (machine.NVME, "VFs of it exist"))):
        refused = virsh(evidence, "nodedev-detach", name_of(words[0]), *words[1:], status=1)
        for word in says:
            expect(word in refused.err, f"nodedev-detach {words} does not say '{word}'")
    virsh(evidence, "nodedev-detach", name_of(machine.ABSENT), status=1)
    changes = host.differences(before, host.snapshot())
    expect(not changes, "the host was changed: " + "; ".join(changes))


@case("nodedev-reset resets the device; one that shares its bus with a busy one is refused")
def nodedev_reset(evidence):
    Shared.get(evidence, EDU=None, BRIDGED_EDU=None, BRIDGED_NIC="pcnet32")
    mark(machine.EDU)
    virsh(evidence, "nodedev-reset", name_of(machine.EDU))
    expect_equal(register_of(machine.EDU), 0, "the register, after the reset")
    refused = virsh(evidence, "nodedev-reset", name_of(machine.BRIDGED_EDU), status=1)
    expect(machine.BRIDGED_NIC in refused.err, "the refusal does not name the neighbour")


@case("the daemon, killed in the middle of nodedev-detach or -reattach, gives the device back")
def nodedev_killed(evidence):
    Shared.get(evidence, NIC="e1000e")
    old = everything()
    nic = name_of(machine.NIC)
    for command, point in (("detach", "after rename"), ("detach", "after write driver_override"),
                           ("detach", "after write unbind"), ("reattach", "after write unbind")):
        if command == "reattach":
            virsh(evidence, "nodedev-detach", nic)
        Shared.replace(evidence, crashpoint("kill", point))
        broken = virsh(evidence, f"nodedev-{command}", nic, status=1)
        expect_equal(Shared.daemon.process.wait(daemon.WAIT_S), -9, f"{command}, {point}")
        expect("Device" not in broken.out, f"{command}, {point}: virsh says that it was done")
        Shared.replace(evidence)
        # it sets things right in the background
        host.await_true(lambda: everything() == old, daemon.WAIT_S)
        expect_equal(everything(), old, f"{command}, {point}: after the next start")
    virsh(evidence, "nodedev-detach", nic)
    expect_equal(state(machine.NIC), [(host.VARIANT, host.VARIANT)], "afterwards")
    virsh(evidence, "nodedev-reattach", nic)
