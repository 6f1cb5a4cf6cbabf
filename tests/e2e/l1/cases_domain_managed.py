# SPDX-License-Identifier: LGPL-2.1-or-later
"""
managed='yes' by stock virsh, from the start of a guest to its end. That a guest can use such
devices is proven elsewhere; these are never resumed.
"""

import contextlib

import host
import machine
from cases_bind import put, records, state
from daemon import Shared, owners, virsh
from guest import domain_xml, expect_held, hostdev, write_xml
from output import WAIT_S
from tap import case, expect, expect_equal

NAME = "gamma"
START_S = 240  # five devices change their drivers, on a busy machine
# on the host: driver and an administrator's override; in the guest: model asked for, and driver
ROUND_TRIPS = {
    "NIC": ("e1000e", None, "vfio-pci", "vfio-pci"),
    "PAIR_NIC": ("e1000e", "pci-stub", None, host.VARIANT),
    "EDU": (None, "pci-stub", None, host.VARIANT),
    "NVME_VF": ("nvme", None, None, host.VARIANT),
    "BRIDGED_NIC": ("pcnet32", None, None, "vfio-pci"),  # it has no variant
}


@contextlib.contextmanager
def defined(evidence, *elements):
    """A guest with these devices, for a while."""
    xml = domain_xml(elements, name=NAME, serial="")
    virsh(evidence, "define", write_xml(NAME, xml))
    try:
        yield
    finally:
        # it runs only if the case has failed
        virsh(evidence, f"destroy {NAME}; undefine {NAME}")


def place(address, driver, override):
    """
    Puts a device on a driver of the host, or on none. The kernel offers a virtual function to no
    driver here but one that is asked for by name.
    """
    path = host.device(address) + "/driver_override"
    host.unbind(address)
    if driver:
        host.write(path, driver)
        host.write(host.PCI + "/drivers_probe", address)
        expect_equal(host.driver(address), driver, f"driver of {address}")
    host.write(path, (override or "") + "\n")


def expect_as_before(before):
    """The host's devices are the host's, and nobody remembers more. A driver may take its time."""
    host.await_true(lambda: host.snapshot() == before, WAIT_S)
    changes = host.differences(before, host.snapshot())
    expect(not changes, "the host was changed: " + "; ".join(changes))
    expect_equal(records(), [], "records")
    expect_equal(owners(), [], "devices of guests")


def lend(evidence, drivers):
    """Starts the guest that is defined, with the devices on these drivers, and ends it."""
    before = host.snapshot()
    virsh(evidence, "start", NAME, "--paused", timeout_s=START_S)
    expect_equal(owners(), sorted((address, NAME) for address in drivers), "devices of guests")
    expect_equal(state(*drivers), [(name, name) for name in drivers.values()], "drivers meanwhile")
    for address in drivers:
        expect_held(address)
    virsh(evidence, "destroy", NAME)
    expect_as_before(before)


@case("start, managed='yes': vfio-pci as named or best driver, own overrides, a VF: all given back")
def managed_start(evidence):
    rows = {getattr(machine, name): row for name, row in ROUND_TRIPS.items()}
    Shared.get(evidence, PAIR_EDU=None, BRIDGED_EDU=None)
    try:
        for address, (driver, override, _, _) in rows.items():
            place(address, driver, override)
        with defined(evidence, *[hostdev(a, "yes", model) for a, (_, _, model, _) in rows.items()]):
            lend(evidence, {address: row[3] for address, row in rows.items()})
    finally:
        put(NIC="e1000e", PAIR_NIC="e1000e", EDU=None, NVME_VF=None, BRIDGED_NIC=None)


@case("start, managed='yes': one function of a group is refused, naming the host's; both are lent")
def managed_group(evidence):
    Shared.get(evidence, PAIR_NIC="e1000e", PAIR_EDU=None)
    with defined(evidence, hostdev(machine.PAIR_EDU, "yes")):
        before = host.snapshot()
        refused = virsh(evidence, "start", NAME, "--paused", status=1)
        for word in (machine.PAIR_EDU, machine.PAIR_NIC, "e1000e"):
            expect(word in refused.err, f"the message does not say '{word}'")
        expect_as_before(before)
    both = (machine.PAIR_EDU, machine.PAIR_NIC)
    with defined(evidence, *[hostdev(address, "yes") for address in both]):
        lend(evidence, dict.fromkeys(both, host.VARIANT))
