#!/usr/bin/python3
# virtvfiodagenttest.py: what is asked of guests through their agents, with an agent that follows a script
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Golden files are in tests/virtvfioddata; VIR_TEST_REGENERATE=1 writes them anew.
# Usage: virtvfiodagenttest.py VIRTVFIOD SCENEBUILD

import contextlib
import json
import os
import re
import socket
import threading
import time
import unittest

import libvirt

import tap
from testdaemon import TOP, Daemon, Golden, start_libvirt, virsh

start_libvirt()

FAKE = f"{TOP}/tests/qemuprocessdata/fakeqemu.py"
CHANNEL = "org.qemu.guest_agent.0"
DEVICES = f"<channel type='unix'><target type='virtio' name='{CHANNEL}'/></channel>"

UNSUPPORTED = {"error": {"class": "CommandNotFound", "desc": "The command guest-x has not been found"}}
REFUSED = {"error": {"class": "GenericError", "desc": "failed to do it: no such luck"}}
SILENT = object()


def returned(value):
    return {"return": value}


class Agent:
    """A guest on a fake QEMU, which its name tells to open channels, and its agent, which answers as it
    is told."""

    def __init__(self, daemon, conn, name="agent", devices=""):
        self.replies = {}  # of commands by name: a message, bytes, or SILENT
        self.heard = []
        self.uri = daemon.uri()
        self.dom = conn.createXML(
            f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory><vcpu>4</vcpu>"
            f"<os><type arch='x86_64' machine='pc'>hvm</type></os><devices><emulator>{FAKE}</emulator>"
            f"{DEVICES}{devices}</devices></domain>")
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(f"{daemon.dir}/run/qemu/{self.dom.UUIDString()}/channel-{CHANNEL}.test")
        self.listening.listen(100)
        threading.Thread(target=self.run, daemon=True).start()
        self.dom.reset()  # the fake opens its channel
        while not re.search("state=.connected", self.dom.XMLDesc()):
            time.sleep(0.02)

    def run(self):
        while True:
            threading.Thread(target=self.serve, args=self.listening.accept()[:1], daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError, ValueError), client, client.makefile("rwb") as stream:
            number = json.loads(stream.readline().lstrip(b"\xff"))["arguments"]["id"]
            stream.write(b"\xff" + json.dumps({"return": number}).encode() + b"\n")
            stream.flush()
            command = json.loads(stream.readline())
            self.heard.append(command)
            reply = self.replies.get(command["execute"], UNSUPPORTED)
            if callable(reply):
                reply = reply(command)
            if reply is not SILENT:
                stream.write(reply if isinstance(reply, bytes) else json.dumps(reply).encode())
                stream.write(b"\n")
                stream.flush()
            stream.readline()  # until the daemon hangs up


@contextlib.contextmanager
def agent_with(**kwargs):
    """A daemon, a connection to it, and a guest with an agent."""
    with Daemon(scene=None, qemu=None, config="[qemu]\nuser=root\n") as daemon:
        conn = libvirt.open(daemon.uri())
        try:
            yield daemon, conn, Agent(daemon, conn, **kwargs)
        finally:
            for dom in conn.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
                dom.destroy()
            conn.close()


# Of each line: what virsh is given, and what the agent answers to which command.
BATTERY = (
    ("domfsfreeze agent", {"guest-fsfreeze-freeze": returned(3)}),
    ("domfsfreeze agent --mountpoint / --mountpoint /srv", {"guest-fsfreeze-freeze-list": returned(2)}),
    ("domfsfreeze agent", {"guest-fsfreeze-freeze": REFUSED}),
    ("domfsfreeze agent", {}),
    ("domfsthaw agent", {"guest-fsfreeze-thaw": returned(3)}),
    ("domfsthaw agent", {"guest-fsfreeze-thaw": returned(0)}),
    ("domfsthaw agent --mountpoint /", {}),
    ("domfstrim agent", {"guest-fstrim": returned({"paths": [
        {"path": "/", "trimmed": 1, "minimum": 0}, {"path": "/boot", "error": "no"}]})}),
    ("domfstrim agent --minimum 4096", {"guest-fstrim": returned({})}),
    ("domfstrim agent", {"guest-fstrim": returned({"paths": [{"path": "/", "error": "not supported"}]})}),
    ("domfstrim agent --mountpoint /", {}),
)


class TestVirsh(Golden):
    def test_battery(self):
        """what the agent is asked, and what virsh shows of its answer"""
        out = []
        with agent_with() as (daemon, _, agent):
            for line, agent.replies in BATTERY:
                agent.heard.clear()
                status, text = virsh(daemon.uri(), *line.split(), quiet=False)
                heard = "".join(f"> {json.dumps(command)}\n" for command in agent.heard)
                text = "\n".join(each.rstrip() for each in text.rstrip().split("\n"))
                out.append(f"$ virsh {line}\n{heard}{text}\n[{status}]\n")
        self.golden("virsh-agent.txt", "\n".join(out))


def refused(code, text):
    return code, text


NONSENSE = refused(libvirt.VIR_ERR_OPERATION_FAILED, "with nonsense")


def freeze(dom):
    return dom.fsFreeze()


def trim(dom):
    return dom.fSTrim(None, 0)


# What is called, what the agent answers to everything, and what comes of it.
ANSWERS = (
    (freeze, returned(2**31 - 1), 2**31 - 1),
    (freeze, returned(2**31), NONSENSE),
    (freeze, returned(-1), NONSENSE),
    (freeze, returned(1.5), NONSENSE),
    (freeze, returned("1"), NONSENSE),
    (freeze, returned(True), NONSENSE),
    (freeze, returned(None), NONSENSE),
    (freeze, returned([]), NONSENSE),
    (freeze, returned({}), NONSENSE),
    (freeze, {"return": 7, "error": {"class": "x", "desc": "both"}},
     refused(libvirt.VIR_ERR_OPERATION_FAILED, "refuses 'guest-fsfreeze-freeze': both")),
    (freeze, {"error": {}}, refused(libvirt.VIR_ERR_OPERATION_FAILED, "does not say why")),
    (freeze, {"error": {"class": 7, "desc": []}},
     refused(libvirt.VIR_ERR_OPERATION_FAILED, "does not say why")),
    (freeze, b'{"error": {"desc": "x\\ud800y"}}', refused(libvirt.VIR_ERR_OPERATION_FAILED, "refuses")),
    (freeze, {"error": {"desc": "ä" * 1000}}, refused(libvirt.VIR_ERR_OPERATION_FAILED, "refuses")),
    (freeze, UNSUPPORTED, refused(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, "has not been found")),
    (freeze, b'garbage\n{"event": 1}\n[]\n{"return": 5}', 5),
    (trim, returned({"paths": None}), NONSENSE),
    (trim, returned({"paths": 7}), NONSENSE),
    (trim, returned({"paths": ["/"]}), NONSENSE),
    (trim, returned({"paths": [{"path": "/", "error": 7}]}), NONSENSE),
    (trim, b'{"return": {"paths": [{"error": "a\\u0000b"}]}}', NONSENSE),
    (trim, b'{"return": {"paths": [{"error": "a\\\\u0000b"}]}}',
     refused(libvirt.VIR_ERR_OPERATION_FAILED, "a\\u0000b")),
    (trim, b'{"return": {"paths": [{"error": "a\\ud800b"}]}}', NONSENSE),
    (trim, returned(0), NONSENSE),
)


class TestAnswers(unittest.TestCase):
    def test_answers(self):
        """an answer that is not as it has to be is told, and nothing else comes of it"""
        with agent_with() as (_, _, agent):
            for call, reply, wanted in ANSWERS:
                agent.replies = dict.fromkeys(COMMANDS, reply)
                with self.subTest(f"{call.__name__}, {str(reply)[:100]}"):
                    try:
                        found = call(agent.dom)
                    except libvirt.libvirtError as error:
                        self.assertIsInstance(wanted, tuple, error)
                        self.assertEqual(error.get_error_code(), wanted[0], error)
                        self.assertIn(wanted[1], error.get_error_message())
                    else:
                        self.assertEqual(found, wanted)


COMMANDS = ("guest-fsfreeze-freeze", "guest-fstrim")


class TestTogether(unittest.TestCase):
    def test_others_go_on(self):
        """who waits for a silent agent keeps nobody from other guests, nor from this one"""
        with agent_with() as (daemon, conn, agent):
            agent.replies = {"guest-fsfreeze-freeze": SILENT}
            other = Agent(daemon, conn, "agent-other")
            other.replies = {"guest-fsfreeze-freeze": returned(2)}
            errors = []

            def wait(dom):
                try:
                    dom.fsFreeze()
                except libvirt.libvirtError as error:
                    errors.append(error)

            waiting = threading.Thread(target=wait, args=(agent.dom,))
            waiting.start()
            while not agent.heard:
                time.sleep(0.02)
            self.assertEqual(other.dom.fsFreeze(), 2)
            agent.dom.suspend()
            with self.assertRaises(libvirt.libvirtError) as caught:
                agent.dom.fsThaw()  # not even waited for: it is not running
            self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_OPERATION_INVALID)
            agent.dom.resume()
            agent.dom.destroy()
            waiting.join(60)
            self.assertFalse(waiting.is_alive())
            self.assertEqual([error.get_error_code() for error in errors],
                             [libvirt.VIR_ERR_AGENT_UNRESPONSIVE])
            self.assertIn("the guest has ended", errors[0].get_error_message())


if __name__ == "__main__":
    tap.main("__main__")
