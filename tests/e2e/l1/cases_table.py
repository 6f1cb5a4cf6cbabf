# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The table of what a kernel may do to a change of binding, with this real one:
tests/virpcibinddata/cases.json, which tests/virpcibindtest.c runs on fake trees. What
is promised stands there once; here is how the kernel is brought to do it.
"""

import contextlib
import json
import os
import signal
import stat
import subprocess

import host
import machine
import tool
from cases_bind import records, start
from cases_crash import LOG, crashpoint, everything
from tap import case, expect, expect_equal
from tool import program, run, virtvfio

DEVICES = {"first": machine.NIC, "second": machine.BRIDGED_NIC, "third": machine.EDU}
BEST = {machine.NIC: host.VARIANT, machine.BRIDGED_NIC: "vfio-pci", machine.EDU: host.VARIANT}
NODES = "/dev/vfio"
MODPROBE = "/etc/modprobe.d/e2e-table.conf"

faults = {}


class Row:
    """One row, with its words for this host."""

    def __init__(self, row):
        self.row = row
        self.name = row["name"]
        self.code = row["code"]
        self.devices = [DEVICES[name] for name in row["devices"]]
        self.left = [DEVICES[name] for name in row.get("left", [])]
        self.options = []

    def text(self, member):
        text = self.row.get(member)
        first = self.devices[0]
        words = {**DEVICES, "variant": host.VARIANT, "other": host.DECOY, "host": self.host,
                 "module": host.VARIANT_MODULE.replace("_", "-"), "group": host.group(first)}
        for word, meaning in words.items():
            text = text and text.replace(f"{{{word}}}", str(meaning))
        return text

    def bind(self):
        """The command; what the devices are on before it is known now."""
        self.host = host.driver(self.devices[0])
        driver = self.text("driver")
        return ["bind", "--json", *(["--driver", driver] if driver else []), *self.options,
                *self.devices]

    def targets(self):
        driver = self.text("driver")
        if driver:
            driver = host.VARIANT if driver.replace("-", "_") == host.VARIANT_MODULE else driver
        return [driver or BEST[address] for address in self.devices]


def fault(name):
    """Registers how the kernel is brought to do it: a generator that yields what runs a command."""

    def register(function):
        faults[name] = contextlib.contextmanager(function)
        return function

    return register


def plainly(evidence, args, **kwargs):
    return run(evidence, [program(), *args], **kwargs)


def stopped(point, action):
    """Runs a command and does @action while it stands at that point."""

    def perform(evidence, args):
        argv = [program(), *args]
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True,
                              env={**os.environ, **crashpoint("stop", point)}) as process:
            # the file is there before its line is
            expect(host.await_true(lambda: " " in (host.read(LOG) or ""), 20),
                   f"it never came to: {point}")
            there = int(host.read(LOG).split()[1])
            expect(host.await_true(lambda: host.read(f"/proc/{there}/stat").split()[2] == "T", 5),
                   "it did not stop")
            action()
            os.kill(there, signal.SIGCONT)
            out, err = process.communicate(timeout=60)
        result = tool.Result(argv, process.returncode, out, err, 0)
        evidence.add(f"command, stopped {point}", str(result))
        return result

    return perform


@contextlib.contextmanager
def mounted(*command, path):
    for argv in command:
        subprocess.run(["mount", *argv], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", path], check=True)


@fault("nothing-special")
def nothing_special(row):
    yield plainly


for number, word in ((19, "ENODEV"), (5, "EIO"), (16, "EBUSY")):

    @fault(f"probe-says-{word}")
    def probe_says(row, number=number):
        with host.parameters(probe_errno=number):
            yield plainly


@fault("second-probe-says-EIO")
def second_probe_says(row):
    with host.parameters(probe_passes=1, probe_errno=5):
        yield plainly


@fault("override-changed-before-probe")
def override_changed(row):
    host.load(host.DECOY_MODULE)
    path = host.device(row.devices[0]) + "/driver_override"
    yield stopped("before write drivers_probe", lambda: host.write(path, host.DECOY + "\n"))


@fault("unbound-before-unbind")
def unbound(row):
    address = row.devices[0]
    yield stopped("before write unbind",
                  lambda: host.write(host.device(address) + "/driver/unbind", address))


@fault("override-read-only")
def override_read_only(row):
    path = host.device(row.devices[0]) + "/driver_override"
    with mounted(["--bind", path, path], ["-o", "remount,bind,ro", path], path=path):
        yield plainly


@fault("node-hidden")
def node_hidden(row):
    row.options = ["--timeout", "1"]
    with mounted(["-t", "tmpfs", "none", NODES], path=NODES):
        yield plainly


@fault("node-late")
def node_late(row):
    address = row.devices[0]

    def perform(evidence, args):
        with subprocess.Popen([program(), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as process:
            expect(host.await_true(lambda: host.driver(address) == host.VARIANT, 20), "not bound")
            expect(process.poll() is None, "the command did not wait for the node")
            number = host.read(f"/sys/class/vfio/{host.group(address)}/dev").split(":")
            os.mknod(host.group_node(address), stat.S_IFCHR | 0o600,
                     os.makedev(*map(int, number)))
            out, err = process.communicate(timeout=60)
        return tool.Result(["virtvfio", *args], process.returncode, out, err, 0)

    with mounted(["-t", "tmpfs", "none", NODES], path=NODES):
        yield perform


@fault("removed-before-unbind")
def removed(row):
    address = row.devices[0]
    yield stopped("before write unbind", lambda: host.write(host.device(address) + "/remove", "1"))
    host.write(host.PCI + "/rescan", "1")
    expect(host.await_true(lambda: host.driver(address) == "e1000e", 20), "it did not come back")


@fault("remove-hangs")
def remove_hangs(row):
    row.options = ["--timeout", "1"]
    host.bind(row.devices[0], host.VARIANT)
    with host.parameters(hold_remove=1):
        yield plainly
    expect(host.await_true(lambda: not host.driver(row.devices[0]), 20), "the unbind goes on")


@fault("nobody-takes")
def nobody_takes(row):
    try:
        with host.parameters(probe_errno=5):
            yield stopped("before write drivers_probe", lambda: remove_module("pcnet32"))
    finally:
        host.load("pcnet32")


@fault("driver-gone")
def driver_gone(row):
    row.happen = lambda: remove_module("pcnet32")
    try:
        yield plainly
    finally:
        host.load("pcnet32")


@fault("hot-plugged")
def hot_plugged(row):
    address = row.devices[0]
    kind = host.read(host.device(address) + "/device")

    def replace(new):
        host.switch_off(address)  # its emulator takes the device out
        expect(not os.path.exists(host.device(address)), "not gone")
        tool.monitor(f"device_add {new},bus=rp3,id={new}")
        expect(host.await_true(lambda: os.path.exists(host.device(address)), 60), "not there")

    row.happen = lambda: replace("pci-testdev")
    try:
        yield plainly
    finally:
        if host.read(host.device(address) + "/device") != kind:
            replace("edu")


@fault("module-says-ENODEV")
def module_says(row):
    host.unload(host.VARIANT_MODULE)
    with open(MODPROBE, "w", encoding="ascii") as file:
        file.write(f"options {host.VARIANT_MODULE} init_errno=19\n")
    try:
        yield plainly
    finally:
        os.unlink(MODPROBE)


def remove_module(name):
    subprocess.run(["rmmod", name], check=True, capture_output=True)


def expect_failure(row, result, before):
    """The promised error and records; every device that no record is of is as before."""
    expect_equal(result.status, 1, "exit status")
    answer = result.json()
    error = answer["error"] if "error" in answer else answer["devices"][0]["error"]
    expect_equal(error["code"], row.code, f"error code ({error['message']})")
    expect(row.text("message") in error["message"],
           f"'{row.text('message')}' is not in: {error['message']}")
    expect_equal(records(), row.left, "records")
    expect_equal([x for x in everything(row.left) if x[0] not in row.left],
                 [x for x in before if x[0] not in row.left], "all other devices")


def give_back(evidence, row, before):
    """Restores what is held, and says whether that went as promised."""
    expect_equal([(host.driver(a), bool(host.vfio_devices(a))) for a in row.devices],
                 [(driver, True) for driver in row.targets()], "while held")
    if "while-held" in row.row:
        row.happen()
    restored = plainly(evidence, ["restore", "--json", *row.devices])
    if row.code != "ok":
        expect_failure(row, restored, before)
    else:
        expect_equal(restored.status, 0, "exit status of restore")


def run_row(evidence, row, how):
    start(NIC="e1000e", BRIDGED_NIC="pcnet32", BRIDGED_EDU=None, EDU=None)
    host.load(host.VARIANT_MODULE)
    with faults[how](row) as perform:
        args = row.bind()
        before = everything()
        result = perform(evidence, args)
        if row.code == "ok" or "while-held" in row.row:
            expect_equal(result.status, 0, f"exit status ({result.err})")
            give_back(evidence, row, before)
        else:
            expect_failure(row, result, before)
    # what was in the way is gone: what is left comes back too
    if row.left:
        virtvfio(evidence, *(["restore", *row.left] if "while-held" in row.row else ["recover"]))
    if how != "module-says-ENODEV":
        expect_equal(everything(), before, "afterwards")


def register():
    path = f"{tool.job['source_dir']}/tests/virpcibinddata/cases.json"
    with open(path, encoding="utf-8") as file:
        rows = [Row(row) for row in json.load(file)]
    for row in rows:
        for how in row.row.get("real", []):
            case(f"as on a fake tree: {row.name} ({how})")(
                named("table_" + how.replace("-", "_").lower(),
                      lambda evidence, row=row, how=how: run_row(evidence, row, how)))


def named(name, function):
    function.__name__ = name
    return function


register()
