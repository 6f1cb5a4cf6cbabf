# SPDX-License-Identifier: LGPL-2.1-or-later
"""
<interface type='hostdev'>: the MAC address and VLAN of a virtual function. The device with SR-IOV
gets the driver of a network card for that (kmod/e2e_sriov_net.c).
"""

import contextlib
import json
import os
import shutil
import subprocess

import host
import machine
from guest import Guest, domain_xml, write_xml
from tap import case, expect, expect_equal
from tool import program, virtvfio

RUN_DIRECTORY = "/run/virtvfio"
PARAMETERS = f"/sys/module/{host.SRIOV_NET_MODULE}/parameters/"
MAC, VLAN = "52:54:00:e2:ee:01", 42


def interface(address, vlan=VLAN):
    """An <interface> element for a virtual function."""
    domain, bus, slot, function = address.replace(".", ":").split(":")
    tag = f"      <vlan><tag id='{vlan}'/></vlan>\n" if vlan is not None else ""
    return f"""    <interface type='hostdev' managed='yes'>
      <mac address='{MAC}'/>
{tag}      <source>
        <address type='pci' domain='0x{domain}' bus='0x{bus}' slot='0x{slot}' function='0x{function}'/>
      </source>
    </interface>
"""


def xml(name, address, vlan=VLAN):
    return write_xml(name, domain_xml([interface(address, vlan)]))


def functions(name):
    """What the kernel says of each virtual function of a network card."""
    shown = subprocess.run(["ip", "-json", "link", "show", "dev", name], check=True,
                           capture_output=True, text=True)
    return json.loads(shown.stdout)[0]["vfinfo_list"]


def seen(name, index=0):
    """MAC address and VLAN of one virtual function, in a person's words too."""
    shown = subprocess.run(["ip", "link", "show", "dev", name], check=True, capture_output=True,
                           text=True).stdout
    line = next(x for x in shown.splitlines() if x.strip().startswith(f"vf {index} "))
    return (MAC in line, f"vlan {VLAN}," in line + ",")


@contextlib.contextmanager
def card(forget=True):
    """
    The name of a network card with two functions; an administrator has configured the first.

    @forget: nothing that was done before is known any more
    """
    pf = host.device(machine.NVME)
    if forget:
        shutil.rmtree(RUN_DIRECTORY, ignore_errors=True)
    host.write(pf + "/sriov_numvfs", "0")
    try:
        host.bind(machine.NVME, host.SRIOV_NET)
        host.write(pf + "/sriov_numvfs", "2")
        name = os.listdir(pf + "/net")[0]
        subprocess.run(["ip", "link", "set", name, "vf", "0", "mac", "02:00:00:00:00:05",
                        "vlan", "77", "qos", "3"], check=True)
        subprocess.run(["ip", "link", "set", name, "up"], check=True)
        yield name
    finally:
        host.write(pf + "/sriov_numvfs", "0")
        host.unload(host.SRIOV_NET_MODULE)
        host.bind_default(machine.NVME, "nvme")
        host.make_virtual_function()


def start(name, evidence):
    """A guest with the first function, as soon as it runs."""
    guest = Guest(name, [program(), "--verbose", "run", xml(name, machine.NVME_VF)])
    guest.show_in(evidence)
    guest.await_text("is running, QEMU is process", 60)
    return guest


def left(*kinds):
    """What the run directory still knows."""
    found = []
    for kind in kinds:
        path = os.path.join(RUN_DIRECTORY, kind)
        found += [f"{kind}/{x}" for x in os.listdir(path)] if os.path.isdir(path) else []
    return found


def expect_as_before(name, functions_before, host_before, kinds=("journal", "active", "net")):
    expect_equal(functions(name), functions_before, "the virtual functions' networks")
    changes = host.differences(host_before, host.snapshot())
    expect(not changes, "the host was changed: " + "; ".join(changes))
    expect_equal(left(*kinds), [], "what is left in the run directory")


@case("an interface's MAC address and VLAN are set while its guest runs, and then given back")
def net_run(evidence):
    with card() as name:
        before, host_before = functions(name), host.snapshot()
        evidence.add("before", lambda: json.dumps(before))
        guest = start("net-run", evidence)
        try:
            expect_equal(seen(name), (True, True), "MAC address and VLAN are the guest's")
            expect_equal(functions(name)[1:], before[1:], "the other function's network")
            expect_equal(host.driver(machine.NVME_VF), host.VARIANT, "the driver")
            emulator = int(guest.await_text(r"QEMU is process (\d+)", 1).group(1))
            status = virtvfio(evidence, "status", "--json").json()["networks"]
            expect_equal([(x["address"], x["interface"], x["mac"], x["vlan"], x["previous_mac"],
                           x["previous_vlan"], x["pid"]) for x in status],
                         [(machine.NVME_VF, name, MAC, VLAN, "02:00:00:00:00:05", 77,
                           emulator)], "what status says")
            guest.interrupt()
            guest.await_text("press Ctrl-C again", 30)  # two signals at once would be one
            guest.interrupt()
            guest.await_end(60)
        finally:
            guest.kill()
        expect_as_before(name, before, host_before)


@case("after kill -9 of virtvfio, recover gives the virtual function its MAC address and VLAN back")
def net_killed(evidence):
    with card() as name:
        before, host_before = functions(name), host.snapshot()
        guest = start("net-killed", evidence)
        node = host.group_node(machine.NVME_VF)
        guest.process.kill()
        guest.process.wait()
        expect(host.await_true(lambda: not host.openers(node), 20), "QEMU is still there")
        expect_equal(seen(name), (True, True), "MAC address and VLAN are still the guest's")
        recovered = virtvfio(evidence, "recover", "--json").json()["devices"]
        expect_equal([(x["address"], x["outcome"]) for x in recovered],
                     [(machine.NVME_VF, "restored")] * 2, "network and driver")
        # who had it is forgotten by whoever asks next
        expect_as_before(name, before, host_before, ("journal", "net"))


@case("a driver that refuses the VLAN, or lies about the MAC address, leaves everything as it was")
def net_fails(evidence):
    with card() as name:
        before, host_before = functions(name), host.snapshot()
        path = xml("net-fails", machine.NVME_VF)
        for knob, says in (("fail_vlan", "cannot set the MAC address and VLAN of VF 0"),
                           ("ignore_mac", "did not set them")):
            host.write(PARAMETERS + knob, "1")
            failed = virtvfio(evidence, "run", path, status=1)
            expect(says in failed.err and name in failed.err, f"the message does not say '{says}'")
            host.write(PARAMETERS + knob, "0")
            expect_as_before(name, before, host_before)
        subprocess.run(["ip", "link", "set", name, "down"], check=True)
        failed = virtvfio(evidence, "run", path, status=1)
        expect(f"ip link set {name} up" in failed.err, "the message does not say what to do")
        expect_as_before(name, before, host_before)


@case("an interface of what is no virtual function, or whose card is no network card, is refused")
def net_refused(evidence):
    for address, words in ((machine.NIC, [machine.NIC, "no SR-IOV virtual function"]),
                           (machine.NVME_VF, [machine.NVME_VF, machine.NVME, "no network"])):
        before = host.snapshot()
        refused = virtvfio(evidence, "run", xml("net-refused", address), status=1)
        for word in words:
            expect(word in refused.err, f"the message does not say '{word}'")
        changes = host.differences(before, host.snapshot())
        expect(not changes, "the host was changed: " + "; ".join(changes))
