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

INTERFACES = returned([
    {"name": "lo", "ip-addresses": [
        {"ip-address": "127.0.0.1", "ip-address-type": "ipv4", "prefix": 8},
        {"ip-address": "::1", "ip-address-type": "ipv6", "prefix": 128}],
     "hardware-address": "00:00:00:00:00:00"},
    {"name": "eth0", "hardware-address": "52:54:00:11:22:33", "statistics": {"tx-bytes": 1}, "ip-addresses": [
        {"ip-address": "192.0.2.10", "ip-address-type": "ipv4", "prefix": 24}]},
    {"name": "eth0:1", "hardware-address": "52:54:00:11:22:33", "ip-addresses": [
        {"ip-address": "fe80::1%2", "ip-address-type": "ipv6", "prefix": 64}]},
    {"name": "sit0"},
])

BATTERY += (
    ("domifaddr agent --source agent", {"guest-network-get-interfaces": INTERFACES}),
    ("domifaddr agent --source agent --full --interface eth0", {"guest-network-get-interfaces": INTERFACES}),
    ("domifaddr agent --source agent", {"guest-network-get-interfaces": returned([])}),
    ("domifaddr agent --source agent", {"guest-network-get-interfaces": REFUSED}),
    ("domifaddr agent --source arp", {}),
    ("domifaddr agent --source lease", {}),
    ("domifaddr agent", {}),
    ("-r domifaddr agent --source agent", {}),
    ("-r domifaddr agent --source arp", {}),
    ("domhostname agent", {"guest-get-host-name": returned({"host-name": "web-1.example.org"})}),
    ("domhostname agent --source agent", {"guest-get-host-name": UNSUPPORTED}),
    ("domhostname agent --source lease", {}),
)

ADDRESS = {"pci-controller": {"domain": 0, "bus": 0, "slot": 5, "function": 0}, "bus-type": "virtio",
           "bus": 0, "target": 0, "unit": 0, "dev": "/dev/vda1", "serial": "abc"}
ELSEWHERE = {**ADDRESS, "pci-controller": {"domain": -1, "bus": -1, "slot": -1, "function": -1}}
SYSTEMS = returned([
    {"name": "vda1", "mountpoint": "/", "type": "ext4", "used-bytes": 1000, "total-bytes": 5000,
     "disk": [ADDRESS]},
    {"name": "dm-0", "mountpoint": "/srv", "type": "xfs", "disk": [
        {"pci-controller": {"domain": 0, "bus": 0, "slot": 6, "function": 0}, "bus-type": "scsi",
         "bus": 0, "target": 0, "unit": 3}, ELSEWHERE]},
    {"name": "tmpfs", "mountpoint": "/tmp", "type": "tmpfs", "disk": []},
])
INFO = {
    "guest-get-users": returned([{"user": "alice", "login-time": 1600000000.25},
                                 {"user": "bob", "login-time": 7, "domain": "CORP"}]),
    "guest-get-osinfo": returned({"id": "debian", "name": "Debian GNU/Linux", "version-id": "12",
                                  "pretty-name": "Debian GNU/Linux 12", "kernel-release": "6.1.0",
                                  "machine": "x86_64"}),
    "guest-get-timezone": returned({"zone": "CET", "offset": -3600}),
    "guest-get-host-name": returned({"host-name": "web-1"}),
    "guest-get-fsinfo": SYSTEMS,
    "guest-get-disks": returned([
        {"name": "/dev/vda", "partition": False, "address": ADDRESS, "alias": "root"},
        {"name": "/dev/vda1", "partition": True, "dependencies": ["/dev/vda", "/dev/x"]}]),
    "guest-network-get-interfaces": INTERFACES,
}
CPUS = returned([{"logical-id": 0, "online": True, "can-offline": False},
                 {"logical-id": 1, "online": True, "can-offline": True},
                 {"logical-id": 2, "online": False, "can-offline": True},
                 {"logical-id": 3, "online": True}])

BATTERY += (
    ("domtime agent", {"guest-get-time": returned(1600000000123456789)}),
    ("domtime agent --pretty", {"guest-get-time": returned(1600000000123456789)}),
    ("domtime agent --time 1600000001", {"guest-set-time": returned({})}),
    ("domtime agent --sync", {"guest-set-time": returned({})}),
    ("domtime agent --time 9223372037", {}),
    ("domtime agent --sync", {"guest-set-time": REFUSED}),
    ("domfsinfo agent", {"guest-get-fsinfo": SYSTEMS}),
    ("domfsinfo agent", {"guest-get-fsinfo": returned([])}),
    ("guestinfo agent", INFO),
    ("guestinfo agent", {"guest-get-timezone": INFO["guest-get-timezone"]}),
    ("guestinfo agent", {"guest-get-timezone": REFUSED}),
    ("guestinfo agent --timezone --hostname", {"guest-get-timezone": INFO["guest-get-timezone"]}),
    ("set-user-password agent root secret", {"guest-set-user-password": returned({})}),
    ("set-user-password agent root $6$x --encrypted", {"guest-set-user-password": returned({})}),
    ("set-user-password agent root secret", {"guest-set-user-password": REFUSED}),
    ("guestvcpus agent", {"guest-get-vcpus": CPUS}),
    ("guestvcpus agent", {"guest-get-vcpus": returned([])}),
    ("guestvcpus agent --enable --cpulist 2", {"guest-get-vcpus": CPUS, "guest-set-vcpus": returned(1)}),
    ("guestvcpus agent --disable --cpulist 1-3", {"guest-get-vcpus": CPUS, "guest-set-vcpus": returned(1)}),
    ("guestvcpus agent --disable --cpulist 1-4", {"guest-get-vcpus": CPUS}),
    ("guestvcpus agent --disable --cpulist 1", {"guest-get-vcpus": CPUS, "guest-set-vcpus": returned(2)}),
    ("guestvcpus agent --disable --cpulist 1", {"guest-get-vcpus": CPUS, "guest-set-vcpus": returned(0)}),
    ("get-user-sshkeys agent root", {"guest-ssh-get-authorized-keys": returned({"keys": ["ssh-rsa AA a", "x"]})}),
    ("get-user-sshkeys agent root", {"guest-ssh-get-authorized-keys": REFUSED}),
    ("set-user-sshkeys agent root --reset", {"guest-ssh-add-authorized-keys": returned({})}),
    ("set-user-sshkeys agent root --file KEYS", {"guest-ssh-add-authorized-keys": returned({})}),
    ("set-user-sshkeys agent root --file KEYS --remove",
     {"guest-ssh-remove-authorized-keys": returned({})}),
    ("guest-agent-timeout agent --timeout -3", {}),
    ("guest-agent-timeout agent --timeout 1", {}),
    ("domhostname agent", {"guest-get-host-name": SILENT}),
    ("domfsfreeze agent", {"guest-fsfreeze-freeze": SILENT}),
    ("guest-agent-timeout agent --timeout 0", {}),
    ("domhostname agent", {"guest-get-host-name": SILENT}),
    ("guest-agent-timeout agent", {}),
    ("domhostname agent", {"guest-get-host-name": INFO["guest-get-host-name"]}),
)

# The disk of which the agent tells.
DISK = ("<disk type='file'><driver name='qemu' type='raw'/><source file='/dev/null'/>"
        "<target dev='vda' bus='virtio'/><address type='pci' domain='0' bus='0' slot='5' function='0'/>"
        "</disk><controller type='scsi' index='0' model='virtio-scsi'>"
        "<address type='pci' domain='0' bus='0' slot='6' function='0'/></controller>"
        "<disk type='file'><driver name='qemu' type='raw'/><source file='/dev/zero'/>"
        "<target dev='sdb' bus='scsi'/>"
        "<address type='drive' controller='0' bus='0' target='0' unit='3'/></disk>")


class TestVirsh(Golden):
    def test_battery(self):
        """what the agent is asked, and what virsh shows of its answer"""
        out = []
        with agent_with(devices=DISK) as (daemon, _, agent):
            with open(f"{daemon.dir}/keys", "w", encoding="utf-8") as file:
                file.write("ssh-ed25519 AAAA one\nssh-rsa BBBB two\n")
            for line, agent.replies in BATTERY:
                agent.heard.clear()
                status, text = virsh(daemon.uri(), *line.replace("KEYS", file.name).split(),
                                     quiet=False)
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


def interfaces(dom):
    return dom.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)


def interface(**kwargs):
    """An answer with one address, of which something is as said."""
    address = {"ip-address": "192.0.2.1", "ip-address-type": "ipv4", "prefix": 24}
    address.update({key.replace("_", "-"): value for key, value in kwargs.items()})
    return returned([{"name": "eth0", "ip-addresses": [address]}])


def hostname(dom):
    return dom.hostname()


def told(found):
    """Of some errors the binding tells by nothing but this."""
    if found is None:
        raise libvirt.libvirtError("failed")
    return found


def get_time(dom):
    return dom.getTime()


def file_systems(dom):
    return dom.fsInfo()


def cpus(dom):
    return told(dom.guestVcpus())


def keys(dom):
    return dom.authorizedSSHKeysGet("root")


def users(dom):
    return dom.guestInfo(libvirt.VIR_DOMAIN_GUEST_INFO_USERS)


def everything(dom):
    return dom.guestInfo(0)


def disks(dom):
    return dom.guestInfo(libvirt.VIR_DOMAIN_GUEST_INFO_DISKS)


def zone(dom):
    return dom.guestInfo(libvirt.VIR_DOMAIN_GUEST_INFO_TIMEZONE)


def system(**kwargs):
    """An answer with one file system, of which something is as said."""
    each = {"name": "vda1", "mountpoint": "/", "type": "ext4", "disk": []}
    each.update({key.replace("_", "-"): value for key, value in kwargs.items()})
    return returned([each])


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
    (interfaces, interface(), {"eth0": {"hwaddr": None, "addrs": [
        {"type": 0, "addr": "192.0.2.1", "prefix": 24}]}}),
    (interfaces, interface(prefix=33), NONSENSE),
    (interfaces, interface(prefix=-1), NONSENSE),
    (interfaces, interface(prefix="24"), NONSENSE),
    (interfaces, interface(prefix=2**40), NONSENSE),
    (interfaces, interface(ip_address="192.0.2"), NONSENSE),
    (interfaces, interface(ip_address=7), NONSENSE),
    (interfaces, interface(ip_address="::1"), NONSENSE),
    (interfaces, interface(ip_address_type="ipv6"), NONSENSE),
    (interfaces, interface(ip_address_type="ipx"), NONSENSE),
    (interfaces, returned([{"name": 7}]), NONSENSE),
    (interfaces, returned([{}]), NONSENSE),
    (interfaces, returned([[]]), NONSENSE),
    (interfaces, returned([{"name": "eth0", "hardware-address": None}]), NONSENSE),
    (interfaces, returned([{"name": "eth0", "ip-addresses": 7}]), NONSENSE),
    (interfaces, returned([{"name": f"eth{n}"} for n in range(2049)]), NONSENSE),
    (interfaces, returned([{"name": f"eth0:{n}", "ip-addresses": [
        {"ip-address": "192.0.2.1", "ip-address-type": "ipv4", "prefix": 24}]} for n in range(2048)]),
     {"eth0": {"hwaddr": None, "addrs": [{"type": 0, "addr": "192.0.2.1", "prefix": 24}] * 2048}}),
    (interfaces, returned([{"name": "eth0", "ip-addresses": [
        {"ip-address": "192.0.2.1", "ip-address-type": "ipv4", "prefix": 24}] * 2049}]), NONSENSE),
    (interfaces, returned({}), NONSENSE),
    (hostname, returned({"host-name": "x" * 65536}), "x" * 65536),
    (hostname, returned({"host-name": None}), NONSENSE),
    (hostname, returned({}), NONSENSE),
    (hostname, returned("name"), NONSENSE),
    (get_time, returned(2**63 - 1), {"seconds": 9223372036, "nseconds": 854775807}),
    (get_time, returned(-1), NONSENSE),
    (get_time, returned(1e9), NONSENSE),
    (get_time, returned(2**64), NONSENSE),
    (file_systems, system(), [("/", "vda1", "ext4", [])]),
    (file_systems, system(name=None), NONSENSE),
    (file_systems, system(mountpoint=[]), NONSENSE),
    (file_systems, system(type=1), NONSENSE),
    (file_systems, system(disk={}), NONSENSE),
    (file_systems, system(disk=[7]), NONSENSE),
    (file_systems, system(disk=[{}]), NONSENSE),
    (file_systems, system(disk=[{**ADDRESS, "pci-controller": 7}]), NONSENSE),
    (file_systems, system(disk=[{**ADDRESS, "unit": "7"}]), NONSENSE),
    (file_systems, system(disk=[{**ADDRESS, "bus": 2**40}]), NONSENSE),
    (file_systems, system(disk=[{**ADDRESS, "bus-type": None}]), NONSENSE),
    (file_systems, system(disk=[{**ADDRESS, "serial": 5}]), NONSENSE),
    (file_systems, system(disk=[ADDRESS] * 257), NONSENSE),
    (file_systems, system(disk=[ADDRESS] * 256), [("/", "vda1", "ext4", [])]),
    (file_systems, system(used_bytes=-1, total_bytes=1), NONSENSE),
    (file_systems, system(used_bytes="1", total_bytes=1), NONSENSE),
    (file_systems, returned(system()["return"] * 257), NONSENSE),
    (file_systems, returned(system()["return"] * 256), [("/", "vda1", "ext4", [])] * 256),
    (cpus, returned([{"logical-id": 4095, "online": True}]),
     {"vcpus": "4095", "online": "4095", "offlinable": ""}),
    (cpus, returned([{"logical-id": 4096, "online": True}]), NONSENSE),
    (cpus, returned([{"logical-id": -1, "online": True}]), NONSENSE),
    (cpus, returned([{"logical-id": 1}]), NONSENSE),
    (cpus, returned([{"logical-id": 1, "online": 1}]), NONSENSE),
    (cpus, returned([{"logical-id": 1, "online": True, "can-offline": "no"}]), NONSENSE),
    (keys, returned({"keys": ["a"]}), ["a"]),
    (keys, returned({"keys": ["a"] * 2048}), ["a"] * 2048),
    (keys, returned({"keys": ["a"] * 2049}), NONSENSE),
    (keys, returned({"keys": [7]}), NONSENSE),
    (keys, returned({}), NONSENSE),
    (keys, returned([]), NONSENSE),
    (users, returned([]), {"user.count": 0}),
    (users, returned([{"user": "a"}]), NONSENSE),
    (users, returned([{"user": "a", "login-time": "now"}]), NONSENSE),
    (users, returned([{"user": "a", "login-time": -1}]), NONSENSE),
    (users, b'{"return": [{"user": "a", "login-time": 1e400}]}', NONSENSE),
    (users, returned([{"user": "a", "login-time": 1}] * 1024),
     refused(libvirt.VIR_ERR_OPERATION_FAILED, "more than the 2048 values")),
    (users, returned([{"user": "a", "login-time": 1}] * 2049), NONSENSE),
    (users, UNSUPPORTED, refused(libvirt.VIR_ERR_OPERATION_UNSUPPORTED, "has not been found")),
    (everything, UNSUPPORTED, {}),
    (everything, returned([]), NONSENSE),
    (disks, returned([{"name": "/dev/vda"}]), NONSENSE),
    (disks, returned([{"name": "/dev/vda", "partition": "no"}]), NONSENSE),
    (disks, returned([{"name": "/dev/vda", "partition": True, "address": 7}]), NONSENSE),
    (disks, returned([{"name": "/dev/vda", "partition": True, "dependencies": 7}]), NONSENSE),
    (disks, returned([{"name": "/dev/vda", "partition": True, "dependencies": [7]}]), NONSENSE),
    (zone, returned({"offset": 2**31}), NONSENSE),
    (zone, returned({"zone": 7, "offset": 1}), NONSENSE),
    (zone, returned({"offset": 3600}), {"timezone.offset": 3600}),
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


COMMANDS = ("guest-fsfreeze-freeze", "guest-fstrim", "guest-get-time", "guest-get-vcpus",
            "guest-ssh-get-authorized-keys", *INFO)


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

    def test_looking(self):
        """who may only look has no agent asked"""
        with agent_with() as (daemon, _, agent):
            conn = libvirt.open(daemon.uri(daemon.path + "-ro"))
            dom = conn.lookupByName("agent")
            self.assertEqual(dom.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP), {})
            for call in LOOKS:
                with self.subTest(call.__name__), self.assertRaises(libvirt.libvirtError) as caught:
                    call(dom)
                self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_OPERATION_DENIED)
            self.assertEqual(agent.heard, [])
            conn.close()


LOOKS = (freeze, trim, interfaces, hostname, get_time, file_systems, cpus, keys, everything)


if __name__ == "__main__":
    tap.main("__main__")
