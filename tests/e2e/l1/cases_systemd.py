# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The host as an administrator has it: systemd is its first process, polkit and D-Bus run, virtvfio is
installed. Only stock tools act. The cases follow each other: most ask one guest.
"""

import glob
import grp
import json
import os
import pwd
import stat
import subprocess

import host
import machine
import tool
from daemon import URI, USER, DomainConsole, owners, virsh
from guest import domain_xml, expect_held, hostdev, write_xml
from output import WAIT_S
from tap import case, expect, expect_equal

NAME = "alpha"
UUID = "<uuid>6d0c9a4e-0b5c-4f5e-9d5e-0a1b2c3d4e5f</uuid>"
SCOPE = f"virtvfio-{NAME}.scope"
SERVICE = "virtvfiod.service"
SOCKETS = ("virtvfiod.socket", "virtvfiod-ro.socket")
READ_ONLY_URI = f"{URI}-ro"
CONFIG = "/usr/local/etc/virtvfio/virtvfiod.conf"

# The directories of tmpfiles.d: mode
DIRECTORIES = {
    "/run/virtvfio": 0o755,
    "/run/virtvfio/qemu": 0o711,
    "/var/lib/virtvfio": 0o711,
    "/var/log/virtvfio": 0o700,
    "/var/cache/virtvfio": 0o700,
}


def run(evidence, *argv, status=0, **kwargs):
    """A stock tool; its exit status is checked."""
    result = tool.run(evidence, list(argv), **kwargs)
    expect_equal(result.status, status, f"exit status of '{' '.join(argv)}'")
    return result


def write_unit(name, text):
    """A file of an administrator's for systemd."""
    path = f"/etc/systemd/system/{name}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def shown(unit, *names):
    """Properties of a unit: a dictionary."""
    words = ["systemctl", "show", unit, *[f"--property={name}" for name in names]]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in out.splitlines())


def active(unit):
    return shown(unit, "ActiveState")["ActiveState"]


def journal(evidence, *words):
    """What a unit has said: (priority, text)."""
    out = run(evidence, "journalctl", "--unit", SERVICE, "--output=json", *words).out
    lines = [json.loads(line) for line in out.splitlines()]
    return [(int(line["PRIORITY"]), line["MESSAGE"]) for line in lines
            if line.get("_COMM") == "virtvfiod"]


class Alpha:
    """The guest, and its QEMU."""

    console = None
    pid = None

    @classmethod
    def get(cls, evidence):
        evidence.add("journal", lambda: tool.run(
            None, ["journalctl", "--no-pager", "--lines=60"]).out)
        if cls.console is None:
            run(evidence, "systemctl", "start", *SOCKETS)
            host.bind(machine.EDU, host.VARIANT)
            console = DomainConsole(NAME)
            xml = domain_xml([hostdev(machine.EDU)], name=NAME, serial=console.element())
            virsh(evidence, "define", write_xml(NAME, xml.replace("</name>", f"</name>\n  {UUID}")))
            virsh(evidence, "start", NAME)
            console.accept()
            cls.console = console
            cls.pid = host.openers(host.group_node(machine.EDU))[0]
        evidence.add("console", lambda: cls.console.text if cls.console else "")

    @classmethod
    def expect_runs(cls, evidence):
        """The same QEMU, in its scope, and the daemon knows it and its device."""
        expect_equal(virsh(evidence, "domstate", NAME, "--reason").out.strip(), "running (booted)",
                     "state of the guest")
        cls.expect_lives()
        expect_equal(owners(), [(machine.EDU, NAME)], "what the ledger says")

    @classmethod
    def expect_lives(cls):
        expect_held(machine.EDU)
        expect_equal(host.openers(host.group_node(machine.EDU)), [cls.pid], "QEMU")
        expect_equal(host.read(f"/proc/{cls.pid}/cgroup"), f"0::/machine.slice/{SCOPE}",
                     "control group of QEMU")
        expect_equal(active(SCOPE), "active", SCOPE)


@case("systemd-sysusers and systemd-tmpfiles make QEMU's user and the directories")
def systemd_install(evidence):
    run(evidence, "systemd-sysusers", "virtvfio.conf")
    run(evidence, "systemd-tmpfiles", "--create", "virtvfio.conf")
    user = pwd.getpwnam(USER)
    expect(user.pw_uid not in (0, 65534), f"{USER} is user {user.pw_uid}")
    expect_equal((user.pw_dir, os.path.basename(user.pw_shell)), ("/", "nologin"), USER)
    expect(USER in grp.getgrnam("kvm").gr_mem, f"{USER} is not in the group kvm")
    for path, mode in DIRECTORIES.items():
        found = os.stat(path)
        expect_equal((oct(stat.S_IMODE(found.st_mode)), found.st_uid), (oct(mode), 0), path)


@case("systemd-analyze finds nothing wrong with the units")
def systemd_units(evidence):
    result = run(evidence, "systemd-analyze", "verify", "--man=no", SERVICE, *SOCKETS)
    expect_equal([x for x in result.err.splitlines() if "virtvfio" in x], [], "findings")
    result = run(evidence, "systemd-analyze", "security", "--no-pager", SERVICE)
    evidence.note(result.out.splitlines()[-1].strip("→ "))


@case("the first client starts the daemon, which systemd listens for")
def systemd_activation(evidence):
    run(evidence, "systemctl", "daemon-reload")
    run(evidence, "systemctl", "start", *SOCKETS)
    expect_equal(active(SERVICE), "inactive", SERVICE)
    for path, mode in (("virtvfio-sock", 0o600), ("virtvfio-sock-ro", 0o666)):
        found = os.stat(f"/run/virtvfio/{path}")
        expect_equal((oct(stat.S_IMODE(found.st_mode)), found.st_uid), (oct(mode), 0), path)
    virsh(evidence, "list", "--all")
    found = shown(SERVICE, "ActiveState", "SubState", "Type", "MainPID")
    expect_equal((found["ActiveState"], found["SubState"], found["Type"]),
                 ("active", "running", "notify"), SERVICE)
    expect_equal(os.path.basename(os.readlink(f"/proc/{found['MainPID']}/exe")), "virtvfiod",
                 "main process")
    evidence.note(run(evidence, "systemctl", "status", "--no-pager", SERVICE).out.splitlines()[2])


@case("a guest with a device has a scope of its own, and QEMU runs as its own user there")
def systemd_scope(evidence):
    Alpha.get(evidence)
    Alpha.expect_runs(evidence)
    expect_equal(pwd.getpwuid(os.stat(f"/proc/{Alpha.pid}").st_uid).pw_name, USER, "user of QEMU")
    found = shown(SCOPE, "Description", "Slice", "ControlGroup")
    expect_equal(found, {"Description": f"guest {NAME} of virtvfio", "Slice": "machine.slice",
                         "ControlGroup": f"/machine.slice/{SCOPE}"}, SCOPE)
    expect(f"─{Alpha.pid} " in run(evidence, "systemctl", "status", "--no-pager", SCOPE).out,
           "systemctl status does not show QEMU")
    Alpha.console.await_text("^L2 READY$")
    expect(Alpha.console.lines("EDU")[0].endswith("factorial=ok dma=ok"), "the device does not work")


@case("the guest lives on while the service restarts, stops, is killed, or another target is isolated")
def systemd_restart(evidence):
    Alpha.get(evidence)
    run(evidence, "systemctl", "restart", SERVICE)
    Alpha.expect_runs(evidence)
    result = tool.run(evidence, ["systemctl", "reload", SERVICE])
    expect("reload is not applicable" in result.err, "reload is not refused")
    run(evidence, "systemctl", "stop", SERVICE)
    expect_equal(active(SERVICE), "inactive", SERVICE)
    Alpha.expect_lives()
    run(evidence, "systemctl", "start", SERVICE)
    Alpha.expect_runs(evidence)
    run(evidence, "systemctl", "isolate", "e2e.target")
    expect_equal([active(unit) for unit in (SERVICE, *SOCKETS)], ["inactive"] * 3, "units")
    Alpha.expect_lives()
    run(evidence, "systemctl", "start", *SOCKETS)
    Alpha.expect_runs(evidence)
    before = shown(SERVICE, "MainPID", "NRestarts")
    run(evidence, "systemctl", "kill", "--signal=KILL", "--kill-who=main", SERVICE)
    expect(host.await_true(lambda: active(SERVICE) == "active" and
                           shown(SERVICE, "NRestarts")["NRestarts"] != before["NRestarts"], WAIT_S),
           "systemd does not start the daemon again")
    after = shown(SERVICE, "MainPID", "NRestarts")
    expect(after["MainPID"] != before["MainPID"], "it is the same process")
    expect_equal(int(after["NRestarts"]), int(before["NRestarts"]) + 1, "restarts")
    Alpha.expect_runs(evidence)


@case("the scope goes with the guest, and the device goes back")
def systemd_destroy(evidence):
    Alpha.get(evidence)
    virsh(evidence, "destroy", NAME)
    expect(host.await_true(lambda: shown(SCOPE, "LoadState")["LoadState"] == "not-found", WAIT_S),
           "the scope is still there")
    expect_equal(owners(), [], "what the ledger says")
    expect_equal(glob.glob(f"/sys/fs/cgroup/machine.slice/{SCOPE}"), [], "control group")
    Alpha.console = None


def configure(text):
    with open(CONFIG, "w", encoding="utf-8") as file:
        file.write(text)


def ask(evidence, user, uri, *words, status=0):
    """virsh of an ordinary user."""
    result = tool.run(evidence, ["virsh", "-c", uri, *words], user=user,
                      env={"HOME": "/nonexistent"})
    expect_equal(result.status, status, f"exit status of {user}'s virsh {' '.join(words)}")
    return result


@case("polkit lets anybody look, asks for an administrator's password, and does what rules say")
def systemd_polkit(evidence):
    Alpha.get(evidence)
    run(evidence, "groupadd", "virt")
    run(evidence, "useradd", "--no-create-home", "--groups=virt", "alice")
    run(evidence, "useradd", "--no-create-home", "bob")
    configure("[daemon]\nauth=polkit\nread_only_auth=polkit\n")
    write_unit("virtvfiod.socket.d/mode.conf", "[Socket]\nSocketMode=0666\n")
    run(evidence, "systemctl", "daemon-reload")
    run(evidence, "systemctl", "stop", SERVICE, *SOCKETS)
    run(evidence, "systemctl", "start", *SOCKETS)
    expect_equal(ask(evidence, "bob", READ_ONLY_URI, "domstate", NAME).out.strip(), "running",
                 "state of the guest, read only")
    said = ask(evidence, "bob", URI, "domstate", NAME, status=1).err
    expect("no polkit agent" in said and "org.virtvfio.manage" in said, f"bob was told: {said}")
    rule = 'polkit.addRule(function(action, subject) {\n' \
           '    if (action.id == "org.virtvfio.manage")\n' \
           '        return subject.isInGroup("virt") ? polkit.Result.YES : polkit.Result.NO;\n});\n'
    with open("/etc/polkit-1/rules.d/50-virtvfio.rules", "w", encoding="utf-8") as file:
        file.write(rule)
    # polkit sees new rules by itself, a moment later
    expect(host.await_true(lambda: tool.run(None, [
        "virsh", "-c", URI, "domstate", NAME], user="alice").status == 0, WAIT_S),
        "alice is not let in by the rule")
    ask(evidence, "alice", URI, "desc", NAME, "--live", "hers")
    said = ask(evidence, "bob", URI, "domstate", NAME, status=1).err
    expect("polkit does not allow user" in said, f"bob was told: {said}")
    run(evidence, "systemctl", "mask", "--runtime", "--now", "polkit.service")
    said = ask(evidence, "alice", URI, "domstate", NAME, status=1).err
    expect("polkit cannot be asked whether process" in said and "masked" in said,
           f"alice was told: {said}")
    Alpha.expect_runs(evidence)
    run(evidence, "systemctl", "unmask", "--runtime", "polkit.service")
    ask(evidence, "alice", URI, "domstate", NAME)


@case("a scope that is stopped ends the guest; the journal warns of that, and says what all did")
def systemd_journal(evidence):
    Alpha.get(evidence)
    run(evidence, "systemctl", "stop", SCOPE)
    gone = f"guest '{NAME}' is gone: QEMU ended, and not because the guest did (host-signal)"
    expect(host.await_true(lambda: any(text.startswith(gone) for _, text in
                                       journal(None, "--priority=warning")), WAIT_S),
           "there is no warning of QEMU's end")
    Alpha.console = None
    found = journal(evidence)
    for line in ((6, "virtvfiod 0.1.0 is ready"), (6, f"guest '{NAME}': started"),
                 (6, f"guest '{NAME}': ended: it was destroyed")):
        expect(line in found, f"{line} is not in the journal: {found}")
    warnings = [text for priority, text in found if priority < 6 and not text.startswith(gone)]
    expect_equal(warnings, [], "other warnings")
    expect(host.await_true(lambda: owners() == [], WAIT_S), "the device was not given back")


@case("systemctl poweroff: libvirt-guests shuts the guest down in order, before all else stops")
def systemd_poweroff(evidence):
    Alpha.get(evidence)
    with open("/etc/default/libvirt-guests", "w", encoding="utf-8") as file:
        file.write(f"URIS='{URI}'\nON_SHUTDOWN=shutdown\nSHUTDOWN_TIMEOUT=60\n")
    run(evidence, "systemctl", "start", "libvirt-guests.service")
    Alpha.console.await_text("^L2 READY$")
    run(evidence, "systemctl", "poweroff", "--no-block")
    Alpha.console.await_text("^L2 POWER BUTTON$")
    expect(host.await_true(lambda: not os.path.exists(f"/proc/{Alpha.pid}"), WAIT_S),
           "QEMU does not end")
    wanted = (6, f"guest '{NAME}': ended: it shut itself down")
    expect(host.await_true(lambda: journal(None)[-9:].count(wanted), WAIT_S),
           "the daemon did not see the guest's end")
    Alpha.console = None
