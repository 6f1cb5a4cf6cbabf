# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 of the daemon in the middle of attach-device and detach-device; and the guest's end."""

import os
import signal

import host
import machine
from cases_bind import NONE, records, state
from cases_crash import LOG, crashpoint
from cases_domain import (LAST_EVENT, NAME, Alpha, case, detach, device_xml, expect_cold,
                          hostdevs, plug_nic)
from daemon import URI, Shared, owners, virsh, watching
from guest import domain_xml, hostdev, write_xml
from output import WAIT_S, Background
from tap import expect, expect_equal


def killed(evidence, how, point, words, until=lambda: True):
    """
    Kills the daemon at a point of a command of virsh, or when @until holds while it is stopped
    there; another one takes over.
    """
    Shared.replace(evidence, crashpoint(how, point))
    command = Background("virsh", ["virsh", "-c", URI, *words])
    evidence.add("virsh, whose daemon is killed", lambda: command.text)
    try:
        expect(host.await_true(lambda: os.path.exists(LOG), WAIT_S), f"nothing came to '{point}'")
        expect(host.await_true(until, WAIT_S), f"stopped {point}: what was to happen did not")
        Shared.daemon.process.kill()
        expect_equal(Shared.daemon.process.wait(WAIT_S), -9, "exit status of the daemon")
        expect_equal(command.process.wait(WAIT_S), 1, "exit status of virsh")
    finally:
        Shared.replace(evidence)
    expect_equal(virsh(evidence, "domstate", NAME).out.strip(), "running", "the guest")


def expect_no_nic(evidence):
    """The card is the host's again, or will be soon: a daemon that starts recovers in the background."""
    host.await_true(lambda: not records(), WAIT_S)
    expect_equal(state(machine.NIC), [("e1000e", NONE)], "the network card")
    expect_equal(records(), [], "records")
    expect_cold(evidence)


def command_nic(verb):
    """What virsh is to do with the network card."""
    return (verb, NAME, device_xml(machine.NIC, managed="yes"), "--live")


@case("the daemon, killed while attach-device prepares a device, gives it back when it starts")
def domain_killed_prepare(evidence):
    Alpha.get(evidence)
    for point in ("after write unbind", "after write drivers_probe"):
        killed(evidence, "kill", point, command_nic("attach-device"))
        expect_no_nic(evidence)


@case("the daemon, killed between device_add and its reply: guest or host has the device")
def domain_killed_add(evidence):
    console = Alpha.get(evidence)
    since = len(console.text)
    killed(evidence, "stop", "after send device_add", command_nic("attach-device"),
           lambda: host.openers(host.group_node(machine.NIC)))
    Alpha.await_tried(since, f"^L2 NET .* mac={machine.MAC_PREFIX}:01 ping=3/3$")
    expect_cold(evidence, machine.NIC)
    detach(evidence, machine.NIC, "--live")
    expect_no_nic(evidence)
    # nobody knows what QEMU makes of a command whose sender is gone
    since = len(console.text)
    killed(evidence, "kill", "after send device_add", command_nic("attach-device"))
    if machine.NIC in hostdevs(evidence):
        # asked for before it has come, it may be ejected twice: then the next card goes at once
        Alpha.await_tried(since, "^L2 NET .* ping=3/3$")
        expect_cold(evidence, machine.NIC)
        detach(evidence, machine.NIC, "--live")
    expect_no_nic(evidence)


@case("the daemon, killed after device_del or giving back, gives back when it starts")
def domain_killed_detach(evidence):
    Alpha.get(evidence)
    plug_nic(evidence)
    killed(evidence, "stop", "after send device_del", command_nic("detach-device"),
           lambda: not host.openers(host.group_node(machine.NIC)))
    expect_no_nic(evidence)
    plug_nic(evidence)
    killed(evidence, "kill", "after write unbind", command_nic("detach-device"))
    expect_no_nic(evidence)


@case("a guest whose QEMU is killed: the device that it had managed='yes' is the host's again")
def domain_crash(evidence):
    Alpha.get(evidence)
    other = "beta"
    xml = domain_xml([hostdev(machine.NIC, managed="yes")], name=other, serial="")
    with watching(evidence, "event", "--all", "--loop", last=LAST_EVENT) as events:
        virsh(evidence, "define", write_xml(other, xml))
        virsh(evidence, "start", other)
        expect_equal(state(machine.NIC), [(host.VARIANT, host.VARIANT)], "driver meanwhile")
        for process in host.openers(host.group_node(machine.NIC)):
            os.kill(process, signal.SIGKILL)
        events.await_text(f"'lifecycle' for domain '{other}': Stopped Crashed")
    expect_equal(virsh(evidence, "domstate", other, "--reason").out.strip(), "shut off (crashed)",
                 "state")
    virsh(evidence, "undefine", other)
    expect_no_nic(evidence)


@case("virsh shutdown: the guest powers off, and the host is as it was")
def domain_shutdown(evidence):
    console = Alpha.get(evidence)
    plug_nic(evidence)
    with watching(evidence, "event", "--all", "--loop", last=LAST_EVENT) as events:
        virsh(evidence, "shutdown", NAME)
        console.await_text("^L2 POWER BUTTON$")
        events.await_text(f"'lifecycle' for domain '{NAME}': Stopped Shutdown")
    Alpha.console = None
    expect_equal(virsh(evidence, "domstate", NAME).out.strip(), "shut off", "state")
    expect_equal(owners(), [], "devices of guests")
    host.unbind(machine.NVME_VF)
    changes = host.differences(Alpha.before, host.snapshot())
    expect(not changes, "the host was changed: " + "; ".join(changes))
    virsh(evidence, "undefine", NAME)
    Shared.stop()
