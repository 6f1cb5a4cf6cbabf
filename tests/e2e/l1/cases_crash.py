# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes of bindings that are killed, at every step and at every write, and what comes after."""

import contextlib
import os

import host
import machine
import tool
from cases_bind import JOURNAL, RUN_DIRECTORY, records, start
from guest import domain_xml, hostdev, write_xml
from tap import case, expect, expect_equal
from tool import program, run, virtvfio

LOG = "/run/crashpoint"
STARTED = "/run/e2e/emulator-was-started"
SERIES = ".".join(host.RELEASE.split(".")[:2])
TWO = (machine.NIC, machine.BRIDGED_NIC)


def crashpoint(action, point, but=""):
    """The environment that ends or stops a program there: see tests/e2e/crashpoint.c."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(LOG)
    return {"LD_PRELOAD": os.path.join(tool.job["build_dir"], "tests/e2e/crashpoint.so"),
            "CRASHPOINT": f"{action}:{point}:{LOG}", "CRASHPOINT_BUT": but}


def everything(but=()):
    """Every PCI device's binding, and what the journal holds, with its step."""
    devices = [(a, host.driver(a), host.read(host.device(a) + "/driver_override"),
                bool(host.vfio_devices(a)), host.read(host.device(a) + "/enable"))
               for a in host.addresses() if a not in but]
    held = [(name, 'step=held' in host.read(f"{JOURNAL}/{name}")) for name in records()]
    return devices + held + active()


def active():
    """Devices that guests have, as the ledger says; a crash may leave drafts there too."""
    directory = RUN_DIRECTORY + "/active"
    names = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
    return [("guest's", name) for name in names if not name.endswith(".new")]


def prepare_two():
    start(NIC="e1000e", BRIDGED_NIC="pcnet32", BRIDGED_EDU=None)


def prepare_held():
    start(NIC="e1000e")
    host.write(host.device(machine.NIC) + "/driver_override", "e1000e\n")
    run(None, [program(), "bind", "--driver=vfio-pci", machine.NIC])


def prepare_override():
    start(NIC="e1000e")
    host.write(host.device(machine.NIC) + "/driver_override", "e1000e\n")


# what is done, from which state, and how often that is killed at a write: before it and after it
BIND = ("bind", prepare_override, ["bind", "--driver=vfio-pci", machine.NIC], 6)
BIND_TWO = ("bind of two", prepare_two, ["bind", "--driver=vfio-pci", *TWO], 12)
RESTORE = ("restore", prepare_held, ["restore", machine.NIC], 8)


def recover(evidence):
    virtvfio(evidence, "recover")


def next_command(evidence):
    # restore of nothing: what it does is done by the recovery before it
    run(evidence, [program(), "restore", machine.EDU])


# what comes after the crash, and points that are left out for the time that they cost: nothing is
# on the disk there but a temporary file, and that recovery is the same is seen with the first one
RECOVER = ("recover", recover, "")
NEXT = ("the next command", next_command, "before rename")


def killed_at(evidence, point, operation, rescue):
    """Returns the text of the point and what is there after the rescue; None past the last one."""
    _, prepare, args, _ = operation
    _, rescue_function, but = rescue
    prepare()
    result = run(evidence, [program(), *args], env=crashpoint("kill", point, but))
    if not os.path.exists(LOG):
        expect_equal(result.status, 0, "exit status without a crash")
        return None
    expect_equal(result.status, -9, "exit status")
    rescue_function(evidence)
    return host.read(LOG).split(" ", 2)[2], everything()


def matrix(evidence, operation, rescue):
    """Kills a command at every point; everything is then exactly as before or as it was to be."""
    name, prepare, args, least = operation
    prepare()
    old = everything()
    virtvfio(evidence, *args)
    new = everything()
    expect(old != new, "the command does nothing")
    points, count = [], {"old": 0, "new": 0}
    while found := killed_at(evidence, len(points) + 1, operation, rescue):
        points.append(found[0])
        expect(found[1] in (old, new), f"killed at point {len(points)}, {found[0]}: "
               f"{[x for x in found[1] if x not in old and x not in new]}")
        count["old" if found[1] == old else "new"] += 1
    writes = sum("write" in point for point in points)
    evidence.note(f"crash matrix (real kernel {SERIES}): {name}, then {rescue[0]}: {len(points)} "
                  f"points ({len(points) - writes} at the journal, {writes} at writes to sysfs), "
                  f"{count['old']} old, {count['new']} new")
    expect_equal(writes, least, "points at writes to sysfs")
    expect(len(points) > writes, f"only {points}")
    start(NIC="e1000e")


@case("bind, killed at every step and write: recover brings the device back, or keeps it")
def crash_bind_recover(evidence):
    matrix(evidence, BIND, RECOVER)


@case("bind of two devices, killed at every step and write: both are back, or both are kept")
def crash_two_recover(evidence):
    matrix(evidence, BIND_TWO, RECOVER)


@case("restore, killed at every step and write: recover gives the device back, or keeps it")
def crash_restore_recover(evidence):
    matrix(evidence, RESTORE, RECOVER)


@case("bind, killed at every step and write: the next command recovers first")
def crash_bind_next(evidence):
    matrix(evidence, BIND, NEXT)


@case("bind of two devices, killed at every step and write: the next command recovers first")
def crash_two_next(evidence):
    matrix(evidence, BIND_TWO, NEXT)


@case("restore, killed at every step and write: the next command recovers first")
def crash_restore_next(evidence):
    matrix(evidence, RESTORE, NEXT)


def write_guest():
    """A guest that gets both devices; its emulator says that it was started, and ends at once."""
    emulator = "/run/e2e/emulator-that-ends"
    with open(emulator, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\n: >{STARTED}\nexit 1\n")
    os.chmod(emulator, 0o755)
    xml = domain_xml([hostdev(address, managed="yes") for address in TWO])
    return write_xml("prepare-two", xml.replace(
        "  <devices>\n", f"  <devices>\n    <emulator>{emulator}</emulator>\n"))


def run_killed_at(evidence, path, point, but):
    """Returns the text of the point; None if the emulator was started, or nothing killed it."""
    prepare_two()
    with contextlib.suppress(FileNotFoundError):
        os.unlink(STARTED)
    result = run(evidence, [program(), "run", path], env=crashpoint("kill", point, but))
    if os.path.exists(STARTED):
        return None
    expect_equal(result.status, -9, "exit status")
    return host.read(LOG).split(" ", 2)[2]


def prepare_matrix(evidence, rescue):
    """Kills run at every point before QEMU's start; the host has its devices again then."""
    name, rescue_function, but = rescue
    path = write_guest()
    prepare_two()
    old = everything()
    points = []
    while found := run_killed_at(evidence, path, len(points) + 1, but):
        points.append(found)
        rescue_function(evidence)
        now = everything()
        expect(now == old, f"killed at point {len(points)}, {found}: "
               f"{[x for x in now if x not in old]}")
    writes = sum("write" in point for point in points)
    evidence.note(f"crash matrix (real kernel {SERIES}): prepare of two for a guest, then {name}: "
                  f"{len(points)} points ({len(points) - writes} at the journal and the ledger, "
                  f"{writes} at writes to sysfs), {len(points)} old, 0 new")
    expect_equal(writes, 12, "points at writes to sysfs")
    expect(len(points) - writes > 12, f"only {points}")
    start(NIC="e1000e")


@case("managed prepare of two devices, killed at every step and write: recover gives them back")
def crash_prepare_recover(evidence):
    prepare_matrix(evidence, RECOVER)


@case("managed prepare of two devices, killed at every step and write: the next command does")
def crash_prepare_next(evidence):
    prepare_matrix(evidence, NEXT)
