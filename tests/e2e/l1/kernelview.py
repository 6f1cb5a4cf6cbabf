# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What `virtvfio --json list` has to say about this host, worked out here a second
time, from sysfs and modules.alias alone, in the simplest way that is right.
"""

import fcntl
import os
import re
import struct

import host

VFIO_GROUP_GET_STATUS = 0x3B67
VFIO_GROUP_FLAGS_VIABLE = 1

FIELD_NAMES = ("v", "d", "sv", "sd", "bc", "sc", "i")
ALIAS = re.compile("".join(rf"{name}([0-9A-F]+|\*)" for name in FIELD_NAMES) + r"\*?$")


def fields(alias):
    """The seven fields of 'pci:v…' or 'vfio_pci:v…'."""
    return ALIAS.match(alias.partition(":")[2]).groups()


def vfio_aliases():
    """[(pattern, module)] of the running kernel, in file order."""
    found = []
    with open(f"{host.MODULES}/modules.alias", encoding="ascii") as file:
        for line in file:
            words = line.split()
            if len(words) == 3 and words[0] == "alias" and words[1].startswith("vfio_pci:"):
                found.append((words[1], words[2]))
    return found


def driver_of_module(module):
    """Name of the PCI driver that a loaded module registers, None if unknown."""
    path = f"/sys/module/{module}/drivers"
    names = os.listdir(path) if os.path.isdir(path) else []
    return next((n.removeprefix("pci:") for n in names if n.startswith("pci:")), None)


def best(modalias, aliases):
    """The most specific vfio_pci: pattern that matches a device."""
    device = fields(modalias)
    matching = []
    for order, (pattern, module) in enumerate(aliases):
        values = fields(pattern)
        if all(p in ("*", d) for p, d in zip(values, device)):
            matching.append((values.count("*"), order, pattern, module))
    if not matching:
        return None
    _, _, pattern, module = min(matching)
    return {"pattern": pattern, "module": module, "driver": driver_of_module(module)}


def header_type(address):
    with open(host.device(address) + "/config", "rb") as file:
        kind = file.read(64)[0x0E] & 0x7F
    return {0: "endpoint", 1: "pci-bridge", 2: "cardbus-bridge"}[kind]


def blocks(address):
    """Whether a member keeps its group from being used through VFIO."""
    driver = host.driver(address)
    return (
        driver is not None
        and not host.vfio_devices(address)
        and driver != "pci-stub"
        and header_type(address) == "endpoint"
    )


def viable_to_kernel(address):
    """The kernel's own word on a device's group, None if it has no node to ask."""
    try:
        fd = os.open(host.group_node(address), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        status = bytearray(struct.pack("II", 8, 0))
        fcntl.ioctl(fd, VFIO_GROUP_GET_STATUS, status)
        return bool(struct.unpack("II", status)[1] & VFIO_GROUP_FLAGS_VIABLE)
    finally:
        os.close(fd)


def describe(address, aliases):
    """One DEVICE of `list --json`."""
    path = host.device(address)
    driver = host.driver(address)
    module = host.target(path + "/driver/module")
    is_vfio = bool(host.vfio_devices(address))
    basis = None
    if driver == "vfio-pci":
        basis = "name"
    elif module in {m for _, m in aliases}:
        basis = "alias"
    elif is_vfio:
        basis = "vfio-dev"
    override = host.read(path + "/driver_override")
    group = host.group(address)
    members = host.group_members(address) if group is not None else []
    blockers = [{"address": m, "driver": host.driver(m)} for m in members if blocks(m)]
    return {
        "address": address,
        "vendor": host.read(path + "/vendor"),
        "device": host.read(path + "/device"),
        "subsystem_vendor": host.read(path + "/subsystem_vendor"),
        "subsystem_device": host.read(path + "/subsystem_device"),
        "class": host.read(path + "/class"),
        "modalias": host.read(path + "/modalias"),
        "header_type": header_type(address),
        "driver": driver,
        "module": module,
        "type": "vfio" if is_vfio else "none",
        "basis": basis,
        "driver_override": None if override in (None, "(null)", "") else override,
        "best": best(host.read(path + "/modalias"), aliases),
        "iommu_group": group,
        "iommu_group_viable": None if group is None else not blockers,
        "blockers": blockers,
        "physfn": host.target(path + "/physfn"),
        "virtfns": len([n for n in os.listdir(path) if re.fullmatch(r"virtfn\d+", n)]),
        "vfio_node": host.group_node(address) if is_vfio else None,
    }
