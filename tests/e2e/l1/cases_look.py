# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looking at the host: list, show, explain, check, record."""

import contextlib
import os
import shutil
import subprocess
import tarfile

import host
import kernelview
import machine
from tap import Failed, case, expect, expect_equal
from tool import virtvfio

NOBODY = 65534


def varied_bindings():
    """One of each: what the tool has to tell apart."""
    host.bind(machine.NIC, "vfio-pci")
    host.bind(machine.EDU, host.VARIANT)
    host.bind(machine.NVME_VF, host.VARIANT)
    host.bind(machine.PAIR_EDU, host.VARIANT)
    host.bind_default(machine.PAIR_NIC, "e1000e")
    host.bind(machine.BRIDGED_EDU, host.DECOY)
    host.unbind(machine.BRIDGED_NIC)
    host.write(host.device(machine.BRIDGED_NIC) + "/driver_override", "vfio-pci\n")


def compare(found, wanted):
    """Differences between a DEVICE of the tool and our own view of that device."""
    found = dict(found)
    expect_equal(found.pop("error", "absent"), None, f"error of {wanted['address']}")
    # the kernel says -1 where there is no NUMA node
    expect(found.pop("numa_node", "absent") in (None, -1), f"numa_node of {wanted['address']}")
    if wanted["vfio_node"] is None and found.get("vfio_node") is not None:
        # the node belongs to the group: another member may have it made
        node = host.group_node(wanted["address"])
        expect_equal(found["vfio_node"], node, f"vfio_node of {wanted['address']}")
        expect(os.path.exists(node), f"{node} does not exist")
        found["vfio_node"] = None
    return [
        f"{wanted['address']} {key}: found {found.get(key, 'absent')!r}, the kernel says {value!r}"
        for key, value in wanted.items()
        if found.get(key, "absent") != value
    ] + [f"{wanted['address']}: unexpected key {key}" for key in found if key not in wanted]


@case("list --json agrees with the kernel on every field of every device")
def list_json(evidence):
    varied_bindings()
    aliases = kernelview.vfio_aliases()
    answer = virtvfio(evidence, "--json", "list").json()
    expect_equal(answer["kernel"], host.RELEASE, "kernel")
    expect_equal(answer["index"]["status"], "ok", "index status")
    expect_equal(answer["index"]["patterns"], len(aliases), "number of vfio_pci: patterns")
    alias_file = answer["index"]["path"]
    expect(os.path.samefile(alias_file, f"{host.MODULES}/modules.alias"), f"path {alias_file}")
    expect_equal([d["address"] for d in answer["devices"]], host.addresses(), "addresses")
    wrong = []
    for device in answer["devices"]:
        wrong += compare(device, kernelview.describe(device["address"], aliases))
    expect(not wrong, "\n".join(wrong))


@case("list --json calls a group viable exactly when the kernel does")
def list_viable(evidence):
    varied_bindings()
    devices = virtvfio(evidence, "--json", "list").json()["devices"]
    said = {}
    for device in devices:
        kernel = kernelview.viable_to_kernel(device["address"])
        if kernel is not None:
            expect_equal(device["iommu_group_viable"], kernel, f"group of {device['address']}")
            said[device["address"]] = kernel
    expect_equal((said[machine.NIC], said[machine.PAIR_EDU]), (True, False), "the kernel's word")


@case("list --json knows the variant's ids, and the catch-all for every other device")
def list_best(evidence):
    host.load("vfio_pci", host.VARIANT_MODULE)
    devices = {d["address"]: d for d in virtvfio(evidence, "--json", "list").json()["devices"]}
    for address in (machine.NIC, machine.EDU, machine.NVME, machine.NVME_VF):
        best = devices[address]["best"]
        expect_equal((best["module"], best["driver"]), (host.VARIANT_MODULE, host.VARIANT),
                     f"best driver of {address}")
    for address in (machine.BRIDGED_NIC, "0000:00:00.0"):
        best = devices[address]["best"]
        expect_equal((best["module"], best["driver"]), ("vfio_pci", "vfio-pci"),
                     f"best driver of {address}")


@case("show --json prints the same device as list --json")
def show_json(evidence):
    varied_bindings()
    devices = {d["address"]: d for d in virtvfio(evidence, "--json", "list").json()["devices"]}
    for address in (machine.EDU, machine.NVME_VF, machine.BRIDGED_EDU):
        shown = virtvfio(evidence, "--json", "show", address).json()
        expect_equal(shown, devices[address], f"show {address}")


@case("list --vfio names the devices on VFIO drivers and no others")
def list_vfio(evidence):
    varied_bindings()
    devices = virtvfio(evidence, "--json", "list", "--vfio").json()["devices"]
    wanted = [a for a in host.addresses() if host.vfio_devices(a)]
    expect_equal([d["address"] for d in devices], wanted, "devices")
    text = virtvfio(evidence, "list", "--vfio").out
    named = [a for a in host.addresses() if a in text or a.removeprefix("0000:") in text]
    expect_equal(named, wanted, "devices in the table")


@case("explain tells what makes the variant a VFIO driver, and the decoy none")
def explain(evidence):
    varied_bindings()
    text = virtvfio(evidence, "explain", machine.EDU).out
    for word in (host.VARIANT, host.VARIANT_MODULE, "vfio_pci:v00001234d000011E8"):
        expect(word in text, f"'{word}' is missing for the variant")
    text = virtvfio(evidence, "explain", machine.BRIDGED_EDU).out
    for word in (host.DECOY, "vfio-dev"):
        expect(word in text, f"'{word}' is missing for the decoy")


@case("check finds that this host can assign devices")
def check(evidence):
    host.bind(machine.NIC, "vfio-pci")
    result = virtvfio(evidence, "check")
    expect(result.out.strip(), "check said nothing")


def secrets():
    """Bytes that must not leave the host in a recording."""
    yield from (machine.HOST_NAME.encode(), machine.NVME_SERIAL.encode())
    yield machine.MAC_PREFIX.encode()
    yield machine.MAC_PREFIX.replace(":", "").encode()
    prefix = bytes.fromhex(machine.MAC_PREFIX.replace(":", ""))
    yield prefix
    # the device serial number in a NIC's configuration space is made from its MAC address
    yield (prefix[:3] + b"\xff\xfe" + prefix[3:])[::-1]


@case("record writes a tree that gives the same listing, without names and serial numbers")
def record(evidence):
    varied_bindings()
    top = "/run/e2e-record"
    shutil.rmtree(top, ignore_errors=True)
    os.makedirs(top + "/tree")
    live = virtvfio(evidence, "--json", "list").json()
    virtvfio(evidence, "record", "-o", top + "/host.tar")
    with tarfile.open(top + "/host.tar") as archive:
        members = archive.getmembers()
        for member in members:
            content = archive.extractfile(member).read() if member.isreg() else b""
            text = f"{member.name} {member.linkname} {member.uname}".encode() + b"\0" + content
            for secret in secrets():
                expect(secret not in text, f"{member.name} has {secret!r} in it")
        archive.extractall(top + "/tree")
    # the archive may hold the tree below one directory of its own
    root = top + "/tree"
    if not os.path.isdir(root + "/sys"):
        root = os.path.join(root, os.listdir(root)[0])
    recorded = virtvfio(evidence, "--root", root, "--json", "list").json()
    expect_equal(recorded["kernel"], live["kernel"], "kernel")
    expect_equal([d["address"] for d in recorded["devices"]],
                 [d["address"] for d in live["devices"]], "addresses")
    for here, there in zip(live["devices"], recorded["devices"]):
        wrong = {k: (v, there.get(k)) for k, v in here.items() if v != there.get(k)}
        expect(not wrong, f"{here['address']} differs (live, recorded): {wrong}")
    expect_equal(recorded["index"]["patterns"], live["index"]["patterns"], "patterns")


@contextlib.contextmanager
def aliases_without_variant():
    """modules.alias as it is when a module was loaded by hand from somewhere else."""
    path = f"{host.MODULES}/modules.alias"
    with open(path, encoding="ascii") as file:
        kept = [line for line in file if host.VARIANT_MODULE not in line]
    with open("/run/e2e-modules.alias", "w", encoding="ascii") as file:
        file.writelines(kept)
    subprocess.run(["mount", "--bind", "/run/e2e-modules.alias", path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", path], check=True)


@case("a variant that modules.alias does not know is recognised by vfio-dev")
def basis(evidence):
    host.bind(machine.EDU, host.VARIANT)
    host.bind(machine.BRIDGED_EDU, host.DECOY)

    def known_by(address):
        shown = virtvfio(evidence, "--json", "show", address).json()
        return shown["type"], shown["basis"]

    expect_equal(known_by(machine.EDU), ("vfio", "alias"), "with the alias")
    with aliases_without_variant():
        expect_equal(known_by(machine.EDU), ("vfio", "vfio-dev"), "without the alias")
        expect_equal(known_by(machine.BRIDGED_EDU), ("none", None), "the decoy")


@case("an unprivileged user can look")
def unprivileged(evidence):
    varied_bindings()
    root = virtvfio(evidence, "--json", "list").json()
    user = virtvfio(evidence, "--json", "list", user=NOBODY).json()
    expect_equal(user, root, "list as nobody")
    virtvfio(evidence, "show", machine.EDU, user=NOBODY)
    virtvfio(evidence, "explain", machine.EDU, user=NOBODY)
    try:
        result = virtvfio(evidence, "check", user=NOBODY)
    except Failed:
        # nobody may not use /dev/vfio, and check may say so
        result = virtvfio(evidence, "check", user=NOBODY, status=1)
    expect(result.out.strip(), "check said nothing")
