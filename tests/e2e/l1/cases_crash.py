# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes of bindings that are killed, at every step and at every write, and what comes after."""

import contextlib
import os

import host
import machine
import tool
from cases_bind import JOURNAL, records, start
from tap import case, expect, expect_equal
from tool import program, run, virtvfio

LOG = "/run/crashpoint"
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
    return devices + held


def prepare_two():
    start(NIC="e1000e", BRIDGED_NIC="e1000", BRIDGED_EDU=None)


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
