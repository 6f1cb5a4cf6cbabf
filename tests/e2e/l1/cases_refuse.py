# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that must not be started: one message, no emulator, nothing changed."""

import os

import host
import machine
from guest import domain_xml, hostdev, write_xml
from tap import case, expect, expect_equal
from tool import program, run, virtvfio

TRAP = "/run/e2e-trap"
# any of these makes it a command that an administrator can type
COMMANDS = ("virtvfio ", "driver_override", "modprobe ", "virsh ", "echo ")


def emulator_trap():
    """Environment in which starting an emulator leaves a trace instead."""
    os.makedirs(TRAP, exist_ok=True)
    path = f"{TRAP}/qemu-system-x86_64"
    if not os.path.exists(path):
        with open(path, "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\necho "$@" >> {TRAP}/started\nexit 1\n')
        os.chmod(path, 0o755)
    if os.path.exists(TRAP + "/started"):
        os.unlink(TRAP + "/started")
    return {"PATH": f"{TRAP}:{os.environ['PATH']}"}


def expect_refused(evidence, elements, words, command=True):
    """Asks for a guest with these <hostdev> elements; @words must be in the message."""
    path = write_xml("refused", domain_xml(elements))
    before = host.snapshot()
    result = run(evidence, [program(), "run", path], env=emulator_trap(), timeout_s=30)
    changes = host.differences(before, host.snapshot())
    expect_equal(result.status, 1, "exit status")
    messages = [line for line in result.err.splitlines() if line.startswith("virtvfio: ")]
    expect_equal(len(messages), 1, "number of messages")
    for word in words:
        expect(word in result.err, f"the message does not name '{word}'")
    if command:
        expect(any(c in result.err for c in COMMANDS), "the message names no command that helps")
    expect(not os.path.exists(TRAP + "/started"), "an emulator was started")
    expect(not changes, "the host was changed: " + "; ".join(changes))


@case("a device on a decoy driver is refused, and nothing changes")
def refuse_decoy(evidence):
    host.bind(machine.NIC, host.DECOY)
    expect_refused(evidence, [hostdev(machine.NIC)], [machine.NIC, host.DECOY])


@case("a device on its host driver is refused, and nothing changes")
def refuse_host_driver(evidence):
    host.bind_default(machine.NIC, "e1000e")
    expect_refused(evidence, [hostdev(machine.NIC)], [machine.NIC, "e1000e"])


@case("a device without a driver is refused, and nothing changes")
def refuse_unbound(evidence):
    host.unbind(machine.NIC)
    expect_refused(evidence, [hostdev(machine.NIC)], [machine.NIC])


@case("a device that does not exist is refused, by run and by show")
def refuse_absent(evidence):
    expect_refused(evidence, [hostdev(machine.ABSENT)], [machine.ABSENT], command=False)
    answer = virtvfio(evidence, "--json", "show", machine.ABSENT, status=1).json()
    expect(machine.ABSENT in answer["error"]["message"], "show does not name the device")
    expect(answer["error"]["code"], "show gives no code")


@case("a model that is not the bound driver is refused, and nothing changes")
def refuse_model(evidence):
    host.bind(machine.NIC, "vfio-pci")
    expect_refused(evidence, [hostdev(machine.NIC, model=host.VARIANT_MODULE)],
                   [machine.NIC, "vfio-pci", host.VARIANT_MODULE], command=False)


@case("a device whose group has a member on a host driver is refused, naming that member")
def refuse_group(evidence):
    host.bind(machine.PAIR_EDU, host.VARIANT)
    host.bind_default(machine.PAIR_NIC, "e1000e")
    expect_refused(evidence, [hostdev(machine.PAIR_EDU)],
                   [machine.PAIR_EDU, machine.PAIR_NIC, "e1000e"], command=False)


@case("one device that cannot be used keeps a guest with good ones from starting")
def refuse_one_of_two(evidence):
    host.bind(machine.NIC, "vfio-pci")
    host.unbind(machine.EDU)
    expect_refused(evidence, [hostdev(machine.NIC), hostdev(machine.EDU)], [machine.EDU])
