# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtvfiod in the host, and stock virsh that drives it."""

import contextlib
import os
import shutil
import socket

import host
import tool
from cases_bind import RUN_DIRECTORY, put, start
from guest import Console
from output import WAIT_S, Background
from tap import expect, expect_equal

SOCKET = RUN_DIRECTORY + "/virtvfio-sock"
USER, USER_ID = "virtvfio-qemu", 64040
URI = f"qemu+unix:///system?socket={SOCKET}"


def make_user():
    """
    What an installed daemon finds: QEMU's own user, who may use KVM, and the boot images where that
    user can read them.
    """
    for path, name, line in (("/etc/group", "kvm", "kvm:x:107:"),
                             ("/etc/passwd", USER, f"{USER}:x:{USER_ID}:{USER_ID}::/:/bin/false"),
                             ("/etc/group", USER, f"{USER}:x:{USER_ID}:")):
        lines = host.read(path).splitlines()
        if not any(one.startswith(name + ":") for one in lines):
            lines.append(line)
        if name == "kvm":
            lines = [f"{one.rstrip(',')}{'' if one.endswith(':') else ','}{USER}"
                     if one.startswith("kvm:") else one for one in lines]
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    if os.path.exists("/dev/kvm"):
        shutil.chown("/dev/kvm", "root", "kvm")
        os.chmod("/dev/kvm", 0o660)
    tool.make_reachable(tool.job["kernel"])


class Daemon(Background):
    """The daemon, with the directories that an installed one has."""

    def __init__(self, env=None):
        path = f"{RUN_DIRECTORY}-notify"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            notices.bind(path)
            notices.settimeout(WAIT_S)
            super().__init__(
                "virtvfiod", [os.path.join(tool.job["build_dir"], "src/remote/virtvfiod"),
                              "--verbose"],
                {"NOTIFY_SOCKET": path, "G_DEBUG": "fatal-criticals", **(env or {})})
            try:
                while b"READY=1" not in notices.recv(4096).split(b"\n"):
                    pass
            except socket.timeout:
                expect(False, f"the daemon was not ready within {WAIT_S} s:\n{self.text}")


class Shared:
    """The daemon that cases share; whoever comes first starts it."""

    daemon = None
    has_user = False

    @classmethod
    def get(cls, evidence, **drivers):
        """It runs, and the named devices (NIC="e1000e") are on a driver, or on none."""
        if cls.daemon is None or cls.daemon.process.poll() is not None:
            if not cls.has_user:
                make_user()
                cls.has_user = True
            start(**drivers)
            cls.replace(evidence)
        put(**drivers)
        cls.show_in(evidence)

    @classmethod
    def show_in(cls, evidence):
        evidence.add("what the daemon says", lambda: cls.daemon.text if cls.daemon else "")

    @classmethod
    def stop(cls):
        daemon, cls.daemon = cls.daemon, None
        if daemon is not None and daemon.process.poll() is None:
            expect_equal(daemon.end(), 0, "exit status of the daemon")

    @classmethod
    def replace(cls, evidence, env=None):
        """Another one, that of now was killed or is to be."""
        if cls.daemon is not None and cls.daemon.process.poll() is None:
            cls.daemon.process.kill()
            cls.daemon.process.wait()
        cls.daemon = Daemon(env)
        cls.show_in(evidence)


def virsh(evidence, *words, status=0, timeout_s=WAIT_S):
    """Stock virsh; its exit status is checked."""
    result = tool.run(evidence, ["virsh", "-c", URI, *words], timeout_s=timeout_s)
    expect_equal(result.status, status, f"exit status of virsh {' '.join(words)}")
    return result


def owners():
    """Guests' devices, as the ledger says: address and guest."""
    active = tool.virtvfio(None, "status", "--json").json()["active"]
    return sorted((one["address"], one["guest"]) for one in active)


@contextlib.contextmanager
def watching(evidence, *words, last):
    """
    virsh that shows events as they come, for a while.

    @last: the number of the last kind of event that it asks for
    """
    since = len(Shared.daemon.text)
    watcher = Background("events", ["stdbuf", "-oL", "virsh", "-c", URI, *words])
    evidence.add("events", lambda: watcher.text)
    try:
        listens = f"process {watcher.process.pid} listens to .* event {last}$"
        Shared.daemon.await_text(listens, since=since)
        yield watcher
    finally:
        watcher.process.kill()
        watcher.process.wait()


class DomainConsole(Console):
    """The console of a guest whose serial port connects here."""

    def __init__(self, name):
        super().__init__(f"console-{name}")
        self.path = f"/run/console-{name}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o666)
        self.socket.listen()

    def accept(self):
        """After the guest's start."""
        self.socket.settimeout(WAIT_S)
        peer, _ = self.socket.accept()
        peer.setblocking(True)
        self.follow(peer.detach())

    def element(self):
        """The <serial> of the guest."""
        return (f"    <serial type='unix'>\n      <source mode='connect' path='{self.path}'/>\n"
                "    </serial>\n")
