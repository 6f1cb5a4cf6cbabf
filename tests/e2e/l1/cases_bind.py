# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changing bindings: bind, restore, status, recover, reset."""

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
import time

import host
import machine
from tap import case, expect, expect_equal
from tool import program, run, virtvfio

RUN_DIRECTORY = "/run/virtvfio"
JOURNAL = RUN_DIRECTORY + "/journal"
NONE = "(null)"  # the kernel's way to say that driver_override is not set
NOBODY = 65534
MOUNT_POINT = "/run/e2e-mount"


def state(*addresses):
    """What bind changes and restore brings back: driver and driver_override of each."""
    return [(host.driver(a), host.read(host.device(a) + "/driver_override")) for a in addresses]


def records():
    """Devices that the journal knows; a crash may also leave a file that never was a record."""
    names = os.listdir(JOURNAL) if os.path.isdir(JOURNAL) else []
    return sorted(name for name in names if not name.endswith(".new"))


def start(**drivers):
    """No device is held, and the named ones (NIC="e1000e") are on a driver, or on none."""
    shutil.rmtree(RUN_DIRECTORY, ignore_errors=True)
    put(**drivers)


def put(**drivers):
    """The named devices (NIC="e1000e") are on a driver, or on none."""
    for name, driver in drivers.items():
        address = getattr(machine, name)
        if driver is None:
            host.unbind(address)
        elif host.driver(address) != driver or state(address)[0][1] != NONE:
            host.bind_default(address, driver)


def refusal(evidence, *args):
    """The blockers that a refused bind names, by code; nothing is changed."""
    before = host.snapshot()
    error = virtvfio(evidence, "bind", "--json", *args, status=1).json()["error"]
    changes = host.differences(before, host.snapshot())
    expect(not changes, "the host was changed: " + "; ".join(changes))
    expect_equal(records(), [], "records after a refusal")
    return {blocker["code"]: blocker for blocker in error["blockers"]}


def round_trip(evidence, address, driver, *options):
    """Binds a device, checks that it is held on @driver, and gives it back."""
    before = state(address)
    answer = virtvfio(evidence, "bind", "--json", *options, address).json()
    expect_equal(answer["devices"], [{"address": address, "from": before[0][0], "to": driver,
                                      "changed": True}], "what bind says")
    expect_equal(state(address), [(driver, driver)], "after bind")
    expect(host.vfio_devices(address), f"{address} has no vfio-dev")
    expect(os.path.exists(host.group_node(address)), "the group has no node")
    held = virtvfio(evidence, "status", "--json").json()["devices"]
    expect_equal([(d["address"], d["state"], d["driver"], d["previous_driver"]) for d in held],
                 [(address, "held", driver, before[0][0])], "what status says")
    virtvfio(evidence, "restore", address)
    expect_equal(state(address), before, "after restore")
    expect_equal(records(), [], "records after restore")


@case("bind takes a network card to its variant, loading the module; restore brings it back")
def bind_variant(evidence):
    host.unload(host.VARIANT_MODULE)
    start(NIC="e1000e")
    round_trip(evidence, machine.NIC, host.VARIANT)


@case("bind --driver takes a network card to vfio-pci instead, and restore brings it back")
def bind_vfio_pci(evidence):
    start(NIC="e1000e")
    round_trip(evidence, machine.NIC, "vfio-pci", "--driver", "vfio-pci")


@case("bind and restore keep an administrator's driver_override, bound and unbound")
def bind_override(evidence):
    start(NIC="e1000e", EDU=None)
    for address, override in ((machine.NIC, "e1000e"), (machine.EDU, "pci-stub")):
        host.write(host.device(address) + "/driver_override", override + "\n")
        round_trip(evidence, address, host.VARIANT)
        host.write(host.device(address) + "/driver_override", "\n")


@case("bind takes a virtual function without a driver, and restore leaves it without one")
def bind_virtual_function(evidence):
    start(NVME_VF=None)
    round_trip(evidence, machine.NVME_VF, host.VARIANT)


@case("bind of what is bound is success and says so; a variant is not replaced by itself")
def bind_twice(evidence):
    start(NIC="e1000e")
    virtvfio(evidence, "bind", "--driver", "vfio-pci", machine.NIC)
    again = virtvfio(evidence, "bind", machine.NIC)
    expect("is on vfio-pci already" in again.out, "bind does not say that nothing was to be done")
    expect_equal(state(machine.NIC), [("vfio-pci", "vfio-pci")], "after the second bind")
    # to another VFIO driver and back, the record knows the host's driver
    virtvfio(evidence, "bind", "--driver", host.VARIANT_MODULE, machine.NIC)
    expect_equal(state(machine.NIC), [(host.VARIANT, host.VARIANT)], "after the third bind")
    virtvfio(evidence, "restore", "--all")
    expect_equal(state(machine.NIC), [("e1000e", NONE)], "after restore")


@case("bind --dry-run says what bind does, as root and as anybody, and changes nothing")
def bind_dry_run(evidence):
    start(NIC="e1000e")
    before = host.snapshot()
    plan = virtvfio(evidence, "bind", "--dry-run", "--json", machine.NIC).json()
    expect_equal((plan["possible"], plan["devices"][0]["to"]), (True, host.VARIANT), "the plan")
    anybody = virtvfio(evidence, "bind", "--dry-run", "--json", machine.NIC, user=NOBODY).json()
    expect_equal(anybody, plan, "the plan for anybody")
    refused = virtvfio(evidence, "bind", machine.NIC, user=NOBODY, status=1)
    expect("root privilege" in refused.err, "the refusal does not say what is needed")
    expect_equal(host.differences(before, host.snapshot()), [], "changes")
    expect_equal(records(), [], "records")


@case("one of two functions of a group is refused, naming the other; both together are bound")
def bind_group(evidence):
    start(PAIR_EDU=None, PAIR_NIC="e1000e")
    blocker = refusal(evidence, machine.PAIR_EDU)["group"]
    expect_equal((blocker["address"], blocker["driver"]), (machine.PAIR_NIC, "e1000e"), "blocker")
    pair = (machine.PAIR_EDU, machine.PAIR_NIC)
    before = state(*pair)
    virtvfio(evidence, "bind", "--driver", "vfio-pci", *pair)
    expect_equal(state(*pair), [("vfio-pci", "vfio-pci")] * 2, "after bind")
    virtvfio(evidence, "restore", "--all")
    expect_equal(state(*pair), before, "after restore")


@case("a decoy is tried, seen through, and taken back")
def bind_decoy(evidence):
    start(NIC="e1000e")
    host.load(host.DECOY_MODULE)
    failed = virtvfio(evidence, "bind", "--driver", host.DECOY, machine.NIC, status=1)
    expect("is not a VFIO driver" in failed.err, "the message does not say why")
    expect_equal(state(machine.NIC), [("e1000e", NONE)], "after the failure")
    expect_equal(records(), [], "records after the failure")


@case("a card with an address and the default route is refused, and taken if that is forced")
def bind_default_route(evidence):
    start(HOST_NIC="e1000e")
    host.configure_interface(machine.HOST_NIC, "10.9.9.1")
    name = os.listdir(host.device(machine.HOST_NIC) + "/net")[0]
    subprocess.run(["ip", "route", "replace", "default", "via", "10.9.9.2", "dev", name],
                   check=True)
    try:
        blocker = refusal(evidence, machine.HOST_NIC)["network"]
        expect_equal(blocker["force"], "network", "the guard")
        expect(name in blocker["message"], "the message does not name the interface")
        expect("network" in refusal(evidence, "--force=storage", machine.HOST_NIC),
               "another guard was lifted")
        round_trip(evidence, machine.HOST_NIC, host.VARIANT, "--force=network")
    finally:
        start(HOST_NIC="e1000e")
        host.configure_interface(machine.HOST_NIC, "10.9.9.1")


@contextlib.contextmanager
def mounted_nvme():
    """The disk of the NVMe device, without virtual functions, has a mounted file system."""
    host.write(host.device(machine.NVME) + "/sriov_numvfs", "0")
    disk = "/dev/nvme0n1"
    expect(host.await_true(lambda: os.path.exists(disk), 10), f"there is no {disk}")
    with open(disk, "rb") as file:
        label = file.read(4096)
    host.load("ext4")
    os.makedirs(MOUNT_POINT, exist_ok=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-O", "^has_journal", disk, "4096"], check=True,
                   capture_output=True)
    subprocess.run(["mount", disk, MOUNT_POINT], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-q", "-l", MOUNT_POINT], check=False)
        start(NVME="nvme")
        expect(host.await_true(lambda: os.path.exists(disk), 20), f"{disk} did not come back")
        with open(disk, "r+b") as file:
            file.write(label)
        host.make_virtual_function()


@case("an NVMe disk with a mounted file system is refused, and taken if that is forced")
def bind_mounted(evidence):
    start(NVME="nvme")
    with mounted_nvme():
        blocker = refusal(evidence, machine.NVME)["storage"]
        expect(MOUNT_POINT in blocker["message"], "the message does not name the mount point")
        virtvfio(evidence, "bind", "--force=storage", machine.NVME)
        expect_equal(state(machine.NVME), [(host.VARIANT, host.VARIANT)], "after bind")
        # the file system is lost by now; while it is mounted, the disk cannot have its name again
        subprocess.run(["umount", "-l", MOUNT_POINT], check=True)
        virtvfio(evidence, "restore", machine.NVME)
        expect_equal(state(machine.NVME), [("nvme", NONE)], "after restore")


@case("a physical function whose virtual functions exist is refused")
def bind_physical_function(evidence):
    start(NVME="nvme")
    expect_equal(refusal(evidence, machine.NVME)["vfs"]["force"], "vfs", "the guard")


@case("the display that the firmware started on is refused, and taken if that is forced")
def bind_display(evidence):
    start(DISPLAY=None)
    expect_equal(host.read(host.device(machine.DISPLAY) + "/boot_vga"), "1", "boot_vga")
    blocker = refusal(evidence, machine.DISPLAY)["display"]
    expect_equal(blocker["force"], "display", "the guard")
    expect("display" in refusal(evidence, "--force=network", machine.DISPLAY),
           "another guard was lifted")
    round_trip(evidence, machine.DISPLAY, "vfio-pci", "--force=display")


@case("a failure at the second device takes the first one back")
def bind_second_fails(evidence):
    start(NIC="e1000e", NVME="nvme")
    both = (machine.NIC, machine.NVME)
    before = state(*both)
    try:
        # the kernel's VFIO core does not take a physical function with virtual ones
        failed = virtvfio(evidence, "bind", "--force=vfs", *both, status=1)
        expect(machine.NVME in failed.err, "the message does not name the device that failed")
        expect_equal(state(*both), before, "after the failure")
        expect_equal(records(), [], "records after the failure")
    finally:
        host.write(host.device(machine.NVME) + "/sriov_numvfs", "0")
        host.make_virtual_function()


@case("reset leaves to VFIO what VFIO does, and refuses a device of the host")
def reset(evidence):
    start(NIC="e1000e")
    refused = virtvfio(evidence, "reset", machine.NIC, status=1)
    expect("e1000e" in refused.err, "the refusal does not name the driver")
    virtvfio(evidence, "bind", machine.NIC)
    answer = virtvfio(evidence, "reset", "--json", machine.NIC).json()
    expect_equal(answer, {"address": machine.NIC, "method": "vfio"}, "what reset says")
    virtvfio(evidence, "restore", machine.NIC)


@contextlib.contextmanager
def opened(address):
    """A device in use through VFIO, as a guest's emulator has it."""
    set_iommu, set_container, get_device = 0x3B66, 0x3B68, 0x3B6A
    descriptors = [os.open("/dev/vfio/vfio", os.O_RDWR), os.open(host.group_node(address), os.O_RDWR)]
    try:
        container, group = descriptors
        fcntl.ioctl(group, set_container, struct.pack("i", container))
        fcntl.ioctl(container, set_iommu, 1)
        descriptors.append(fcntl.ioctl(group, get_device, bytearray(address.encode() + b"\0")))
        yield
    finally:
        for descriptor in reversed(descriptors):
            os.close(descriptor)


@case("a device whose group a process has open stays where it is, and the process is named")
def bind_opened(evidence):
    host.bind(machine.EDU, "vfio-pci")
    who = f"process {os.getpid()}"
    before = state(machine.EDU)
    with opened(machine.EDU):
        blocker = refusal(evidence, "--driver", host.VARIANT, machine.EDU)["in-use"]
        expect(who in blocker["message"], "the message does not name the process")
    virtvfio(evidence, "bind", "--driver", host.VARIANT, machine.EDU)
    held = state(machine.EDU)
    with opened(machine.EDU):
        failed = virtvfio(evidence, "restore", machine.EDU, status=1)
        expect(machine.EDU in failed.err and who in failed.err, "no such message for restore")
        expect_equal(state(machine.EDU), held, "after the refusal")
    virtvfio(evidence, "restore", machine.EDU)
    expect_equal(state(machine.EDU), before, "after restore")


@case("a device whose unbind hangs is stuck, others go on, and recover ends it")
def bind_stuck(evidence):
    start(NIC="e1000e")
    host.bind(machine.EDU, host.VARIANT)
    before = state(machine.EDU)
    with host.parameters(hold_remove=1):
        since = time.monotonic()
        error = virtvfio(evidence, "--json", "bind", "--driver", "vfio-pci", "--timeout", "2",
                         machine.EDU, status=1).json()["error"]
        evidence.add("refused after", f"{time.monotonic() - since:.1f} s")
        expect_equal(error["code"], "operation-timeout", "error code")
        expect(machine.EDU in error["message"], "the message does not name the device")
        listed = virtvfio(evidence, "--json", "status").json()["devices"]
        expect_equal([(d["address"], d["state"]) for d in listed], [(machine.EDU, "stuck")],
                     "status")
        virtvfio(evidence, "bind", "--driver", "vfio-pci", machine.NIC)
        expect_equal(host.driver(machine.NIC), "vfio-pci", "driver of another device")
        virtvfio(evidence, "restore", machine.NIC)
    # the unbind that was left behind ends now, and the device is without a driver
    host.await_true(lambda: host.driver(machine.EDU) is None, 20)
    virtvfio(evidence, "recover")
    expect_equal(state(machine.EDU), before, "after recover")
    expect_equal(records(), [], "records after recover")
