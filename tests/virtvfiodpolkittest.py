#!/usr/bin/python3
# virtvfiodpolkittest.py: the daemon asks polkit, which is a fake on a bus of its own
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Usage: virtvfiodpolkittest.py VIRTVFIOD SCENEBUILD

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

from gi.repository import Gio, GLib

import tap
from testdaemon import ENV, Daemon, virsh

NAME = "org.freedesktop.PolicyKit1"
PATH = "/org/freedesktop/PolicyKit1/Authority"
INTERFACE = """<node><interface name='org.freedesktop.PolicyKit1.Authority'>
<method name='CheckAuthorization'><arg type='(sa{sv})'/><arg type='s'/><arg type='a{ss}'/>
<arg type='u'/><arg type='s'/><arg type='(bba{ss})' direction='out'/></method>
<method name='CancelCheckAuthorization'><arg type='s'/></method></interface></node>"""
CONFIG = """<busconfig><type>system</type><listen>unix:dir={}</listen><auth>EXTERNAL</auth>
<policy context='default'><allow user='*'/><allow own='*'/><allow send_destination='*'/>
<allow receive_sender='*'/></policy></busconfig>"""

# Somebody whom polkit is asked about: it never is about root.
USER = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
UID = USER.get("user", os.geteuid())

YES, NO, CHALLENGE = (True, False, {}), (False, False, {}), (False, True, {})
DISMISSED = (False, True, {"polkit.dismissed": "true"})


class Polkit:
    """Answers every question alike, None: not at all; keeps them."""

    def __init__(self, address, answer):
        self.answer = answer
        self.questions = queue.Queue()
        self.cancelled = queue.Queue()
        flags = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
                 | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        self.context = GLib.MainContext.new()
        self.context.push_thread_default()
        self.bus = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        interface = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
        self.bus.register_object(PATH, interface, self.call, None, None)
        self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                           "RequestName", GLib.Variant("(su)", (NAME, 0)), None, 0, -1, None)
        self.context.pop_thread_default()
        self.loop = GLib.MainLoop.new(self.context, False)
        self.thread = threading.Thread(target=self.loop.run)
        self.thread.start()

    def call(self, _bus, _sender, _path, _interface, method, arguments, invocation):
        if method == "CancelCheckAuthorization":
            self.cancelled.put(arguments.unpack()[0])
            invocation.return_value(None)
            return
        self.questions.put(arguments.unpack())
        if self.answer:
            invocation.return_value(GLib.Variant("((bba{ss}))", (self.answer,)))

    def close(self):
        self.loop.quit()
        self.context.wakeup()
        self.thread.join()
        self.bus.close_sync(None)


@contextlib.contextmanager
def bus():
    """The address of a bus, which the daemon takes for the system's."""
    folder = tempfile.mkdtemp(prefix="virtvfiod-bus.")
    with open(f"{folder}/bus.conf", "w", encoding="utf-8") as file:
        file.write(CONFIG.format(folder))
    process = subprocess.Popen(["dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork",
                                "--print-address=1"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    ENV["DBUS_SYSTEM_BUS_ADDRESS"] = process.stdout.readline().strip()
    try:
        yield ENV["DBUS_SYSTEM_BUS_ADDRESS"]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        shutil.rmtree(folder)
        del ENV["DBUS_SYSTEM_BUS_ADDRESS"]


@contextlib.contextmanager
def scene(answer, config="auth=polkit\nread_only_auth=polkit\n"):
    with bus() as address:
        polkit = Polkit(address, answer)
        try:
            with Daemon(config=f"[daemon]\n{config}") as daemon:
                yield daemon, polkit
        finally:
            polkit.close()


def words(uri, *command):
    return ["setsid", "virsh", "-q", "-c", uri, *command]


def start(uri, *command):
    """virsh of somebody who is not root, without a terminal."""
    return subprocess.Popen(words(uri, *command), env={**ENV, "HOME": "/tmp"},
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, **USER)


def ask(uri, *command):
    with start(uri, *command) as process:
        out = process.communicate(timeout=60)[0]
        return process.returncode, out.strip()


def refused(message):
    return 1, f"error: failed to connect to the hypervisor\nerror: {message}"


class TestPolkit(unittest.TestCase):
    maxDiff = None

    def test_yes(self):
        """who may is let in, and polkit is told who that is and what they want"""
        with scene(YES) as (daemon, polkit):
            client = start(daemon.uri(), "uri")
            self.assertEqual(client.communicate(timeout=60)[0].strip(), daemon.uri())
            subject, action, details, flags, _ = polkit.questions.get(timeout=20)
            self.assertEqual(subject[0], "unix-process")
            self.assertEqual((subject[1]["pid"], subject[1]["uid"]), (client.pid, UID))
            self.assertGreater(subject[1]["start-time"], 0)
            self.assertEqual((action, details, flags), ("org.virtvfio.manage", {}, 1))

    def test_read_only(self):
        """on the second socket another action is asked about"""
        with scene(YES) as (daemon, polkit):
            self.assertEqual(ask(daemon.uri(daemon.path + "-ro"), "-r", "list")[0], 0)
            self.assertEqual(polkit.questions.get(timeout=20)[1], "org.virtvfio.monitor")

    def test_no(self):
        """who may not is refused with a sentence, and can do nothing"""
        with scene(NO) as (daemon, _):
            self.assertEqual(ask(daemon.uri(), "uri"), refused(
                f"authentication failed: polkit does not allow user {UID} 'org.virtvfio.manage'"))

    def test_challenge(self):
        """who would have to be asked for a password, with no agent there, is told so"""
        with scene(CHALLENGE) as (daemon, _):
            status, out = ask(daemon.uri(), "uri")
            self.assertEqual(status, 1)
            self.assertIn("authentication unavailable: somebody has to authenticate for "
                          "'org.virtvfio.manage', and no polkit agent runs to ask; start "
                          "pkttyagent, or be root", out)

    def test_dismissed(self):
        """who does not want to authenticate is told so"""
        with scene(DISMISSED) as (daemon, _):
            self.assertEqual(ask(daemon.uri(), "uri"), refused(
                "authentication cancelled: the user who was asked whether 'org.virtvfio.manage' is "
                "allowed did not want to authenticate"))

    def test_time(self):
        """a polkit that does not answer in time refuses, is told, and holds nobody else up"""
        config = "auth=polkit\n[limits]\nseconds_for_polkit=3\nseconds_not_open=1\nworkers=1\n"
        with scene(None, config) as (daemon, polkit):
            with start(daemon.uri(), "uri") as client:
                question = polkit.questions.get(timeout=20)
                # Longer than an idle client may stay; meanwhile the only worker works for others.
                self.assertEqual(ask(daemon.uri(daemon.path + "-ro"), "-r", "list")[0], 0)
                out = client.communicate(timeout=60)[0].strip()
            self.assertEqual((client.returncode, out), refused(
                "authentication failed: polkit has not said within 3 seconds whether process "
                f"{client.pid} of user {UID} may do 'org.virtvfio.manage'"))
            self.assertEqual(polkit.cancelled.get(timeout=20), question[4])

    def test_dropped(self):
        """a client that goes while polkit thinks takes its question back, and the daemon goes on"""
        with scene(None, "auth=polkit\n") as (daemon, polkit):
            with start(daemon.uri(), "uri") as client:
                question = polkit.questions.get(timeout=20)
                client.kill()
            self.assertEqual(polkit.cancelled.get(timeout=20), question[4])
            self.assertEqual(ask(daemon.uri(daemon.path + "-ro"), "-r", "list")[0], 0)

    def test_stop(self):
        """the daemon ends while polkit thinks"""
        with scene(None, "auth=polkit\n") as (daemon, polkit):
            with start(daemon.uri(), "uri") as client:
                polkit.questions.get(timeout=20)
                self.assertEqual(daemon.terminate(), 0)
                self.assertIn("polkit cannot be asked", daemon.read_log())
                client.communicate(timeout=60)
                # libvirt's library may still be writing; virsh does not ignore the signal
                self.assertIn(client.returncode, (1, -signal.SIGPIPE))
            daemon.start()

    def test_absent(self):
        """without polkit, and without a bus, nobody but root is let in"""
        with bus(), Daemon(config="[daemon]\nauth=polkit\n") as daemon:
            self.assertRegex(ask(daemon.uri(), "uri")[1], "authentication failed: polkit cannot be "
                             f"asked whether process [0-9]+ of user {UID} may do "
                             "'org.virtvfio.manage': The name org.freedesktop.PolicyKit1 was not "
                             "provided by any .service files")
        ENV["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nonexistent/bus"
        self.addCleanup(ENV.pop, "DBUS_SYSTEM_BUS_ADDRESS")
        with Daemon(config="[daemon]\nauth=polkit\n") as daemon:
            self.assertRegex(ask(daemon.uri(), "uri")[1], "cannot be asked .*: Could not connect")

    def test_root(self):
        """nobody is asked about root, nor where polkit is not configured"""
        if os.geteuid() != 0:
            self.skipTest("only root is root")
        with scene(NO, "auth=polkit\n") as (daemon, polkit):
            self.assertEqual(virsh(daemon.uri(), "uri")[0], 0)
            self.assertEqual(ask(daemon.uri(daemon.path + "-ro"), "-r", "list")[0], 0)
            self.assertTrue(polkit.questions.empty())

    def test_before(self):
        """nothing can be called before polkit has said yes"""
        code = ("import sys; sys.argv[1:] = sys.argv[2:]; from testdaemon import Wire; "
                f"wire = Wire(sys.argv[3]); print(wire.call(66).hex(), wire.open()[0], "
                "wire.call(60, bytes([0, 0, 0, 10]))[2], wire.call(70)[0], wire.open()[2])")
        with scene(NO, "auth=polkit\n") as (daemon, _), tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)  # the tree may lie where that user cannot read
            shutil.copy(os.path.join(os.path.dirname(__file__), "testdaemon.py"), folder)
            done = subprocess.run(["/usr/bin/python3", "-B", "-c", code, "-", "/bin/true", "y",
                                   daemon.path],
                                  env={**ENV, "PYTHONPATH": folder}, text=True,
                                  capture_output=True, timeout=60, **USER)
        self.assertEqual(done.stdout, "0000000100000002 45 authentication failed: "
                         "virConnectSupportsFeature was called before polkit was asked 45 "
                         "authentication failed: virConnectOpen was called before polkit was asked\n",
                         done.stderr)


if __name__ == "__main__":
    tap.main("__main__")
