# SPDX-License-Identifier: LGPL-2.1-or-later
"""
A guest that stock virsh defines, starts, gives devices to and takes devices from. All but the
refusals ask the same guest, and leave it with the two devices that it was started with.
"""

import functools
import os
import re

import host
import machine
import tap
from cases_bind import NONE, records, state
from cases_crash import active
from cases_net import card, functions, interface, seen
from daemon import DomainConsole, Shared, owners, virsh, watching
from guest import domain_xml, expect_held, hostdev, write_xml
from output import PANICKED, WAIT_S
from tap import expect, expect_equal

NAME = "alpha"
# the last kind of event that virsh 9 asks for
LAST_EVENT = 26
REPLUGS = 20
COLD = (machine.EDU, machine.BRIDGED_EDU)  # in the order of their addresses
EDU_WORKS = "id=0x010000ed live=ok factorial=ok dma=ok"


def case(sentence):
    """
    A case with the guest. Its kernel runs on an emulated processor's emulated virtualization, and
    panics there now and then; another guest tries again then, once, and the report says so. A guest
    that lives and falls silent is a failure.
    """

    def register(function):
        @functools.wraps(function)
        def perform(evidence):
            try:
                function(evidence)
            except tap.Failed as error:
                if PANICKED not in str(error):
                    raise
                evidence.note(f"{function.__name__}: a second guest tried again: {error}")
                Alpha.end(evidence)
                function(evidence)

        return tap.case(sentence)(perform)

    return register


def device_xml(address, managed="no", model=None):
    name = f"device-{address.replace(':', '-')}-managed-{managed}"
    return write_xml(name, hostdev(address, managed, model))


def hostdevs(evidence, *words):
    """Host addresses of the devices in a description of the guest."""
    xml = virsh(evidence, "dumpxml", NAME, *words).out.replace('"', "'")
    found = re.findall(r"<(?:hostdev|interface) .*?<source>\s*<address [^>]*"
                       r"domain='0x(\w+)' bus='0x(\w+)' slot='0x(\w+)' function='0x(\w)'/>",
                       xml, re.S)
    return sorted("%s:%s:%s.%s" % one for one in found)


class Alpha:
    """The guest."""

    console = None
    before = None

    @classmethod
    def get(cls, evidence):
        """As it was started; if a case has failed in between, another one."""
        if cls.console is not None and owners() != [(address, NAME) for address in COLD]:
            cls.end(evidence)
        if cls.console is None:
            Shared.get(evidence, NIC="e1000e", BRIDGED_NIC=None)
            host.bind(machine.EDU, host.VARIANT)
            host.bind(machine.BRIDGED_EDU, "vfio-pci")
            host.unbind(machine.NVME_VF)
            cls.before = host.snapshot()
            cls.console = DomainConsole(NAME)
            elements = [hostdev(machine.EDU), hostdev(machine.BRIDGED_EDU)]
            xml = domain_xml(elements, name=NAME, serial=cls.console.element())
            virsh(evidence, "define", write_xml(NAME, xml))
            virsh(evidence, "start", NAME)
            cls.console.accept()
        Shared.show_in(evidence)
        evidence.add("console", lambda: cls.console.text)
        cls.console.await_text("^L2 READY$")
        return cls.console

    @classmethod
    def end(cls, evidence):
        virsh(evidence, f"destroy {NAME}; undefine {NAME}")
        cls.console = None

    @classmethod
    def await_tried(cls, since, pattern):
        """What the guest says of a device that it has got; it has tried it then."""
        found = cls.console.await_text(pattern, WAIT_S, since)
        cls.console.await_text("^L2 READY$", WAIT_S, since)
        return found


def expect_cold(evidence, *more):
    """The guest has its two devices, and those; so say it, the ledger and the kernel."""
    wanted = sorted([*COLD, *more])
    expect_equal(hostdevs(evidence), wanted, "devices of the guest, as dumpxml says")
    expect_equal(owners(), [(address, NAME) for address in wanted], "what the ledger says")
    for address in wanted:
        expect_held(address)


def attach(evidence, address, *words, managed="no"):
    """attach-device; returns where the guest's console was before."""
    since = len(Alpha.console.text)
    virsh(evidence, "attach-device", NAME, device_xml(address, managed), *words)
    return since


def detach(evidence, address, *words):
    """detach-device, until the guest has released it, and the daemon has given it back."""
    since = len(Alpha.console.text)
    virsh(evidence, "detach-device", NAME, device_xml(address), *words)
    Alpha.await_tried(since, "^L2 GONE ")
    expect(host.await_true(lambda: ("guest's", address) not in active(), WAIT_S),
           f"{address} was not given back")


def plug_nic(evidence):
    since = attach(evidence, machine.NIC, "--live", managed="yes")
    Alpha.await_tried(since, "^L2 NET ")


@case("virsh define and start: a guest uses devices on a variant and on vfio-pci, managed='no'")
def domain_start(evidence):
    console = Alpha.get(evidence)
    expect_equal([x.split(" ", 1)[1] for x in console.lines("EDU")], [EDU_WORKS] * 2, "edu devices")
    expect_equal(virsh(evidence, "domstate", NAME).out.strip(), "running", "state")
    expect_cold(evidence)
    expect_equal(state(*COLD), [(host.VARIANT, host.VARIANT), ("vfio-pci", "vfio-pci")], "drivers")
    emulator = host.openers(host.group_node(machine.EDU))
    expect_equal(len(emulator), 1, "processes that have the device")
    user = os.stat(f"/proc/{emulator[0]}").st_uid
    expect(user != 0, "QEMU runs as root")
    expect_equal(os.stat(host.group_node(machine.EDU)).st_uid, user, "owner of the device's node")


@case("attach-device, with --live or without: used at once, and gone with detach-device")
def domain_live(evidence):
    Alpha.get(evidence)
    host.bind(machine.NVME_VF, host.VARIANT)
    with watching(evidence, "event", "--all", "--loop", last=LAST_EVENT) as events:
        for words in (("--live",), ()):
            said = len(events.text)
            since = attach(evidence, machine.NVME_VF, *words)
            Alpha.await_tried(since, "^L2 NVME .* read=ok$")
            alias = events.await_text(rf"'device-added' for domain '{NAME}': (\S+)", since=said)[1]
            expect_cold(evidence, machine.NVME_VF)
            expect_equal(hostdevs(evidence, "--inactive"), sorted(COLD), "its next start")
            detach(evidence, machine.NVME_VF, *words)
            events.await_text(rf"'device-removed' for domain '{NAME}': {alias}$", since=said)
            expect_equal(state(machine.NVME_VF), [(host.VARIANT, host.VARIANT)], "driver")
            expect_cold(evidence)


@case("attach-device --config is of the next start alone, with --live of both, as --persistent")
def domain_config(evidence):
    Alpha.get(evidence)
    host.bind(machine.NVME_VF, host.VARIANT)
    three = sorted([*COLD, machine.NVME_VF])
    for words, now in ((("--config",), False), (("--live", "--config"), True),
                       (("--persistent",), True)):
        since = attach(evidence, machine.NVME_VF, *words)
        if now:
            Alpha.await_tried(since, "^L2 NVME .* read=ok$")
        expect_equal(hostdevs(evidence, "--inactive"), three, f"{words}: next start")
        expect_cold(evidence, *([machine.NVME_VF] if now else []))
        if now:
            detach(evidence, machine.NVME_VF, *words)
        else:
            virsh(evidence, "detach-device", NAME, device_xml(machine.NVME_VF), *words)
        expect_equal(hostdevs(evidence, "--inactive"), sorted(COLD), f"{words}: without")
        expect_cold(evidence)


@case("managed='yes' plugs a card in by its variant, and detach-device-alias gives it back")
def domain_managed(evidence):
    console = Alpha.get(evidence)
    with watching(evidence, "event", "--all", "--loop", last=LAST_EVENT) as events:
        since = attach(evidence, machine.NIC, "--live", managed="yes")
        Alpha.await_tried(since, f"^L2 NET .* mac={machine.MAC_PREFIX}:01 ping=3/3$")
        expect_equal(state(machine.NIC), [(host.VARIANT, host.VARIANT)], "driver meanwhile")
        expect_cold(evidence, machine.NIC)
        alias = events.await_text(rf"'device-added' for domain '{NAME}': (\S+)")[1]
        since = len(console.text)
        virsh(evidence, "detach-device-alias", NAME, alias, "--live")
        Alpha.await_tried(since, "^L2 GONE ")
        events.await_text(rf"'device-removed' for domain '{NAME}': {alias}$")
        # the event comes last
        expect_equal(state(machine.NIC), [("e1000e", NONE)], "driver after the event")
        expect_equal(records(), [], "records")
        expect_cold(evidence)


@case("a device on a decoy, its host driver, none or another model is refused: nothing changes")
def domain_refused(evidence):
    Alpha.get(evidence)
    try:
        for driver, model, words in ((host.DECOY, None, [machine.NIC, host.DECOY]),
                                     ("e1000e", None, [machine.NIC, "e1000e", "virtvfio bind"]),
                                     (None, None, [machine.NIC]),
                                     ("vfio-pci", host.VARIANT, ["vfio-pci", host.VARIANT])):
            if driver == "e1000e":
                host.bind_default(machine.NIC, driver)
            elif driver:
                host.bind(machine.NIC, driver)
            else:
                host.unbind(machine.NIC)
            before = host.snapshot()
            refused = virsh(evidence, "attach-device", NAME, device_xml(machine.NIC, model=model),
                            "--live", status=1)
            for word in words:
                expect(word in refused.err, f"{driver}: the message does not say '{word}'")
            changes = host.differences(before, host.snapshot())
            expect(not changes, f"{driver}: the host was changed: " + "; ".join(changes))
            expect_cold(evidence)
    finally:
        host.bind_default(machine.NIC, "e1000e")


@case("a device is unplugged and plugged again 20 times, and works each time")
def domain_replug(evidence):
    Alpha.get(evidence)
    for _ in range(REPLUGS):
        detach(evidence, machine.EDU, "--live")
        since = attach(evidence, machine.EDU, "--live")
        Alpha.await_tried(since, f"^L2 EDU .* {EDU_WORKS}$")
    expect_cold(evidence)


@case("a guest that does not answer: its device is asked for, twice, and goes once, when it does")
def domain_late(evidence):
    console = Alpha.get(evidence)
    since = attach(evidence, machine.NIC, "--live", managed="yes")
    Alpha.await_tried(since, "^L2 NET ")
    with watching(evidence, "event", "--all", "--loop", last=LAST_EVENT) as events:
        virsh(evidence, "suspend", NAME)
        for _ in range(2):
            virsh(evidence, "detach-device", NAME, device_xml(machine.NIC), "--live")
            expect_cold(evidence, machine.NIC)
            expect("device-removed" not in events.text, "the event came too early")
        since = len(console.text)
        virsh(evidence, "resume", NAME)
        Alpha.await_tried(since, "^L2 GONE ")
        events.await_text(f"'device-removed' for domain '{NAME}'")
        expect_equal(state(machine.NIC), [("e1000e", NONE)], "driver after the event")
        expect_cold(evidence)
        virsh(evidence, "detach-device", NAME, device_xml(machine.NIC), "--live", status=1)
        expect_equal(len(re.findall("device-removed|removal-failed", events.text)), 1, "events")


@case("another guest gets neither a device of this one, nor one that shares a group with it")
def domain_two(evidence):
    Alpha.get(evidence)
    other = "beta"
    try:
        host.bind(machine.BRIDGED_NIC, "vfio-pci")
        for address, words in ((machine.EDU, [machine.EDU, NAME]),
                               (machine.BRIDGED_NIC, [machine.BRIDGED_NIC, NAME])):
            xml = domain_xml([hostdev(address)], name=other, serial="")
            virsh(evidence, "define", write_xml(other, xml))
            before = host.snapshot()
            refused = virsh(evidence, "start", other, status=1)
            for word in words:
                expect(word in refused.err, f"{address}: the message does not say '{word}'")
            virsh(evidence, "undefine", other)
            changes = host.differences(before, host.snapshot())
            expect(not changes, f"{address}: the host was changed: " + "; ".join(changes))
        expect_cold(evidence)
    finally:
        host.unbind(machine.BRIDGED_NIC)


@case("attach-device gives a running guest neither a device of another one, nor one of its group")
def domain_two_live(evidence):
    Alpha.get(evidence)
    other = "beta"
    xml = domain_xml([], name=other, serial="")
    virsh(evidence, f"define {write_xml(other, xml)}; start {other} --paused")
    try:
        for address, managed in ((machine.EDU, "no"), (machine.EDU, "yes"),
                                 (machine.BRIDGED_NIC, "yes"), (machine.BRIDGED_NIC, "no")):
            if (address, managed) == (machine.BRIDGED_NIC, "no"):
                host.bind(address, "vfio-pci")
            before = host.snapshot()
            refused = virsh(evidence, "attach-device", other, device_xml(address, managed),
                            "--live", status=1)
            for word in (address, NAME):
                expect(word in refused.err, f"{address}: the message does not say '{word}'")
            changes = host.differences(before, host.snapshot())
            expect(not changes, f"{address}: the host was changed: " + "; ".join(changes))
            expect_equal(records(), [], "records")
            expect_cold(evidence)
    finally:
        virsh(evidence, f"destroy {other}; undefine {other}")
        host.unbind(machine.BRIDGED_NIC)


@case("a virtual function is plugged in with MAC address and VLAN; they are given back with it")
def domain_interface(evidence):
    console = Alpha.get(evidence)
    with card(forget=False) as name:
        before, drivers = functions(name), state(machine.NVME_VF)
        path = write_xml("interface", interface(machine.NVME_VF))
        with watching(evidence, "event", "--all", "--loop", last=LAST_EVENT) as events:
            since = len(console.text)
            virsh(evidence, "attach-device", NAME, path, "--live")
            expect_equal(seen(name), (True, True), "MAC address and VLAN are the guest's")
            expect_equal(functions(name)[1:], before[1:], "the other function's network")
            expect_cold(evidence, machine.NVME_VF)
            # it is no network card inside: that is enough of it
            console.await_text("^L2 DEVICE .* 1b36:0010$", since=since)
            virsh(evidence, "detach-device", NAME, path, "--live")
            Alpha.await_tried(since, "^L2 GONE ")
            events.await_text(f"'device-removed' for domain '{NAME}'")
        expect_equal(functions(name), before, "the virtual functions' networks")
        expect_equal(state(machine.NVME_VF), drivers, "its driver")
        expect_cold(evidence)
