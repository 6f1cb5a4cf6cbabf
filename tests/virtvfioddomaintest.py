#!/usr/bin/python3
# virtvfioddomaintest.py: guests on real QEMU, with stock clients
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Golden files are in tests/virtvfioddata; VIR_TEST_REGENERATE=1 writes them anew.
# Usage: virtvfioddomaintest.py VIRTVFIOD SCENEBUILD

import contextlib
import glob
import json
import os
import queue
import re
import signal
import socket
import subprocess
import time
import unittest

import libvirt
import libvirt_qemu

import tap
from testdaemon import ENV, SANITIZED, TOP, Daemon, Golden, start_libvirt, virsh

start_libvirt()

UUIDS = {"on": "11111111-1111-4111-8111-111111111111", "off": "22222222-2222-4222-8222-222222222222",
         "missing": "33333333-3333-4333-8333-333333333333"}

FAKE = f"{TOP}/tests/qemuprocessdata/fakeqemu.py"

# What is another each time.
MASKS = ((r"(CPU time: +)\d+\.\d+s", r"\1TIME"), (r"/dev/pts/\d+", "PTY"),
         (r"(?m)^(rss|last_update) \d+$", r"\1 N"), (r"(?m)(^State: +running\n)CPU time: .*\n", r"\1"),
         (r"(?m)^(CPU: +|CPU Affinity: +| *[\d*]:? +)[\d,-]+.*$", r"\1N"))


def guest(name, more=""):
    """A guest without an operating system."""
    uuid = f"<uuid>{UUIDS[name]}</uuid>" if name in UUIDS else ""
    return (f"<domain type='qemu'><name>{name}</name>{uuid}<memory unit='MiB'>32</memory>"
            "<vcpu>2</vcpu><features><acpi/></features>"
            "<os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type></os>"
            f"<devices>{more}</devices></domain>")


@contextlib.contextmanager
def daemon_with(*names, **kwargs):
    """A daemon that has guests, defined; they do not outlive it."""
    with Daemon(scene=None, qemu=None, **kwargs) as daemon:
        conn = libvirt.open(daemon.uri())
        for name in names:
            conn.defineXML(guest(name))
        try:
            yield daemon, conn
        finally:
            with contextlib.suppress(libvirt.libvirtError):
                conn.close()
            conn = libvirt.open(daemon.uri())
            for dom in conn.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
                dom.destroy()
            conn.close()


class Agent:
    """The agent of a fake guest, which greets and is silent then."""

    def __init__(self, daemon, conn):
        self.dom = conn.createXML(guest("agent", f"<emulator>{FAKE}</emulator><channel type='unix'>"
                                        "<target type='virtio' name='org.qemu.guest_agent.0'/>"
                                        "</channel>"))
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(f"{daemon.dir}/run/qemu/{self.dom.UUIDString()}/"
                            "channel-org.qemu.guest_agent.0.test")
        self.listening.listen(8)
        self.uri = daemon.uri()
        self.dom.reset()
        while not re.search("state=.connected", self.dom.XMLDesc()):
            time.sleep(0.02)

    def ask(self):
        """A client that waits, and the agent's side of that."""
        client = subprocess.Popen(["virsh", "-q", "-c", self.uri, "qemu-agent-command", "--block",
                                   "agent", '{"execute":"guest-info"}'], env=ENV, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.listening.settimeout(60)
        agent = self.listening.accept()[0].makefile("rwb")
        number = re.search(rb'"id":(\d+)', agent.readline())[1]
        agent.write(b'\xff{"return": %s}\n' % number)
        agent.flush()
        assert b"guest-info" in agent.readline()
        return client, agent


class TestAgent(unittest.TestCase):
    def test_silent(self):
        """who waits for an agent for ever keeps nobody from a worker, and ends with the guest"""
        with daemon_with(config="[limits]\nworkers=1\n[qemu]\nuser=root\n") as (daemon, conn):
            agent = Agent(daemon, conn)
            client, end = agent.ask()
            self.assertEqual(virsh(agent.uri, "suspend", "agent")[0], 0)
            self.assertEqual(virsh(agent.uri, "resume", "agent")[0], 0)
            client.kill()
            client.communicate()
            self.assertEqual(end.readline(), b"")  # the daemon has hung up
            client, end = agent.ask()
            self.assertEqual(virsh(agent.uri, "destroy", "agent")[0], 0)
            self.assertIn("the guest has ended", client.communicate(timeout=60)[0])


# A guest's life: every line's whole output is in virtvfioddata/virsh-life.txt.
LIFE = """
list --all
define FILE-off
list --all
start off
start off
list
domstate off --reason
domid off
domname 1
domuuid off
domname 22222222-2222-4222-8222-222222222222
destroy off
destroy off
domstate off --reason
start --paused off
domstate off --reason
destroy --graceful off
create FILE-on
create FILE-on
list --all --transient
list --all --uuid
-r list --name
-r destroy on
-r define FILE-on
-r dumpxml on --security-info
destroy on
list --all
domstate on
domname 7
domname 33333333-3333-4333-8333-333333333333
define --validate FILE-broken
"""


# Every line, with GUEST for a guest that runs, one that is off and one that there is not. The whole
# output is in virtvfioddata/virsh-guests-look.txt.
LOOK = """
dominfo GUEST
domstate GUEST
domstate GUEST --reason
domid GUEST
domuuid GUEST
domname GUEST
domname UUID-GUEST
domcontrol GUEST
dumpxml GUEST
dumpxml GUEST --inactive
domblklist GUEST
domblklist GUEST --details
domiflist GUEST
ttyconsole GUEST
snapshot-list GUEST
checkpoint-list GUEST
event GUEST --event lifecycle --timeout 1
edit GUEST
qemu-monitor-command GUEST --hmp info name
qemu-monitor-command GUEST {"execute":"query-status"}
qemu-monitor-command GUEST --pretty {"execute":"query-name","id":7}
qemu-monitor-command GUEST {"execute":"no-such-command"}
qemu-monitor-command GUEST {"execute":"stop","control":1}
qemu-monitor-command GUEST nonsense
qemu-monitor-command GUEST {nonsense
qemu-monitor-event GUEST --timeout 1
qemu-monitor-event GUEST --event (unclosed --regex
-r qemu-monitor-command GUEST --hmp info name
-r dominfo GUEST
-r start GUEST --paused
-r suspend GUEST
-r shutdown GUEST
-r destroy GUEST
-r undefine GUEST
-r autostart GUEST
-r attach-device GUEST FILE-disk
-r define FILE-GUEST
-r create FILE-GUEST
"""

# The same, but the guests are as in the beginning before each: virtvfioddata/virsh-guests-do.txt.
DO = """
define FILE-GUEST
define --validate FILE-GUEST
create FILE-GUEST
start GUEST
start GUEST --paused
start GUEST --force-boot
suspend GUEST
resume GUEST
reset GUEST
reboot GUEST
reboot GUEST --mode acpi
reboot GUEST --mode signal
shutdown GUEST
shutdown GUEST --mode acpi
shutdown GUEST --mode paravirt
autostart GUEST
autostart GUEST --disable
attach-device GUEST FILE-disk
attach-device GUEST FILE-disk --live
attach-device GUEST FILE-disk --config
attach-device GUEST FILE-disk --persistent
attach-device GUEST FILE-disk --current
attach-device GUEST FILE-hostdev --live
attach-device GUEST FILE-hostdev --config
attach-device GUEST FILE-nonsense --live
attach-disk GUEST DIR/disk.img vdb
attach-disk GUEST DIR/disk.img vda
attach-interface GUEST network default
detach-device GUEST FILE-disk
detach-device GUEST FILE-own-GUEST
detach-device GUEST FILE-own-GUEST --config
detach-device GUEST FILE-own-GUEST --persistent
detach-device-alias GUEST ua-own --config
detach-device-alias GUEST ua-none --live
detach-disk GUEST vdc --config
destroy GUEST
destroy GUEST --graceful
undefine GUEST
undefine GUEST --nvram --managed-save --snapshots-metadata
"""

# What else there is to ask, the less common commands and those that nothing is behind:
# virtvfioddata/virsh-guests-ask.txt.
ASK = """
domblkinfo GUEST vdc
domblkinfo GUEST vdc --human
domblkinfo GUEST --all
domblkinfo GUEST vdz
domblkstat GUEST vdz
domblkerror GUEST
domifstat GUEST vnet0
domif-getlink GUEST vnet0
dommemstat GUEST
domstats GUEST --state
domstats GUEST --balloon --raw
domjobinfo GUEST
domjobabort GUEST
vcpucount GUEST
vcpuinfo GUEST --pretty
vcpupin GUEST
emulatorpin GUEST
iothreadinfo GUEST
schedinfo GUEST
memtune GUEST
blkiotune GUEST
numatune GUEST
blkdeviotune GUEST vdc
domiftune GUEST vnet0
perf GUEST
cpu-stats GUEST
guestvcpus GUEST
guestinfo GUEST
domhostname GUEST
domtime GUEST
domifaddr GUEST
domifaddr GUEST --source agent
domfsinfo GUEST
domfsfreeze GUEST
domfstrim GUEST
set-user-password GUEST root secret
qemu-agent-command GUEST {"execute":"guest-ping"}
dompmsuspend GUEST mem
dompmwakeup GUEST
domdisplay GUEST
vncdisplay GUEST
screenshot GUEST DIR/picture
console GUEST
desc GUEST
desc GUEST --title
metadata GUEST http://example.org/
domlaunchsecinfo GUEST
domdirtyrate-calc GUEST
domxml-to-native qemu-argv --domain GUEST
dump GUEST DIR/core
managedsave-dumpxml GUEST
managedsave-remove GUEST
snapshot-create GUEST
snapshot-current GUEST
snapshot-list GUEST --name
checkpoint-create GUEST
blockjob GUEST vdc
blockresize GUEST vdc 1M
blockcommit GUEST vdc
send-process-signal GUEST 1 sigterm
send-key GUEST KEY_NOKEY
set-lifecycle-action GUEST poweroff restart
-r domblkinfo GUEST vdc
-r dumpxml GUEST --migratable
-r vcpucount GUEST --guest
-r domhostname GUEST
setmem missing 16M
setmaxmem missing 64M --config
setvcpus missing 1
vcpupin missing 0 0
emulatorpin missing 0
update-device missing FILE-disk
detach-interface missing user
change-media missing sda
managedsave missing
save missing DIR/saved
dump missing DIR/core
inject-nmi missing
send-key missing KEY_A
domrename missing other
desc missing new
"""


class TestVirsh(Golden):
    def test_life(self):
        """a guest is defined, started, looked at and ended with stock virsh"""
        out = []
        with daemon_with() as (daemon, _):
            for name, xml in (("on", guest("on")), ("off", guest("off")),
                              ("broken", guest("off").replace("hvm", "nonsense"))):
                with open(f"{daemon.dir}/{name}.xml", "w", encoding="utf-8") as file:
                    file.write(xml)
            for line in filter(None, LIFE.split("\n")):
                words = re.sub(r"FILE-(\w+)", rf"{daemon.dir}/\1.xml", line).split()
                status, found = virsh(daemon.uri(), *words)
                found = re.sub(rf"{daemon.dir}/(\w+)\.xml", r"FILE-\1", found)
                out.append(f"$ virsh {line}\n{found.rstrip()}\n[{status}]\n")
        self.golden("virsh-life.txt", "\n".join(out))


    def files(self, directory):
        """What lines of a battery are about, below a directory."""
        disk = ("<disk type='file'><driver name='qemu' type='raw'/>"
                f"<source file='{directory}/%s.img'/><target dev='%s' bus='virtio'/>"
                "<alias name='ua-%s'/></disk>")
        own = disk % ("GUEST", "vdc", "own")
        devices = own + "<serial type='pty'/>"
        texts = {"disk": disk % ("disk", "vdb", "disk"), "own-on": own.replace("GUEST", "on"),
                 "own-off": own.replace("GUEST", "off"), "own-missing": own, "nonsense": "<nonsense/>",
                 "hostdev": "<hostdev mode='subsystem' type='pci'><source><address domain='0' "
                            "bus='0xff' slot='0' function='0'/></source></hostdev>",
                 "on": guest("on", devices.replace("GUEST", "on")),
                 "off": guest("off", devices.replace("GUEST", "off")),
                 "missing": guest("missing", "<disk/>")}
        for name, xml in texts.items():
            with open(f"{directory}/{name}.xml", "w", encoding="utf-8") as file:
                file.write(xml)
        for name in ("disk", "on", "off"):
            with open(f"{directory}/{name}.img", "wb") as file:
                file.truncate(1 << 20)

    def begin(self, conn, directory):
        """One guest runs, one is off, and there is no other."""
        for dom in conn.listAllDomains():
            if dom.isActive():
                dom.destroy()
            with contextlib.suppress(libvirt.libvirtError):
                dom.undefine()
        for name in ("on", "off"):
            with open(f"{directory}/{name}.xml", encoding="utf-8") as file:
                dom = conn.defineXML(file.read())
            if name == "on":
                dom.create()

    def guests(self, lines, afresh):
        """Every line of a battery with each guest."""
        out = []
        with daemon_with() as (daemon, conn):
            self.files(daemon.dir)
            self.begin(conn, daemon.dir)
            for line in filter(None, lines.split("\n")):
                for name in ("on", "off", "missing") if "GUEST" in line else ("missing",):
                    shown = line.replace("UUID-GUEST", UUIDS.get(name, UUIDS["missing"]))
                    shown = shown.replace("GUEST", name)
                    words = re.sub(r"FILE-([\w-]+)", rf"{daemon.dir}/\1.xml", shown)
                    words = words.replace("DIR", daemon.dir).split()
                    found = virsh(daemon.uri(), *words, quiet=False)
                    text = re.sub(rf"{daemon.dir}/([\w-]+)\.xml", r"FILE-\1", found[1].rstrip())
                    for pattern, mask in MASKS:
                        text = re.sub(pattern, mask, text)
                    out.append(f"$ virsh {shown}\n{text}\n[{found[0]}]\n".replace(daemon.dir, "DIR"))
                    if afresh:
                        self.begin(conn, daemon.dir)
        return "\n".join(out)

    def test_look(self):
        """what virsh shows of a guest that runs, one that is off and one that there is not"""
        self.golden("virsh-guests-look.txt", self.guests(LOOK, afresh=False))

    def test_ask(self):
        """what virsh answers to less common questions, and to those that nothing is behind"""
        self.golden("virsh-guests-ask.txt", self.guests(ASK, afresh=False))

    def test_do(self):
        """what virsh does with a guest that runs, one that is off and one that there is not"""
        self.golden("virsh-guests-do.txt", self.guests(DO, afresh=True))


class TestPython(unittest.TestCase):
    def test_events(self):
        """what happens to a guest is told in order, with the id that it has then"""
        with daemon_with() as (daemon, conn):
            told = queue.Queue()

            def callback(_conn, dom, event, detail, _opaque):
                told.put((dom.name(), dom.UUIDString(), dom.ID(), event, detail))

            conn.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, callback, None)
            other = libvirt.open(daemon.uri())
            dom = other.defineXML(guest("off"))
            dom.create()
            dom.destroy()
            wanted = [(-1, 0, 0), (1, 4, 0), (1, 2, 0), (1, 6, 2), (-1, 5, 1)]
            for ident, event, detail in wanted:
                self.assertEqual(told.get(timeout=20), ("off", UUIDS["off"], ident, event, detail))
            other.close()

    def test_lists(self):
        """guests are listed by what they are; who only counts gets no list"""
        with daemon_with("off", "on") as (_, conn):
            conn.lookupByName("on").create()
            for flags, names in ((0, ["off", "on"]), (libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE, ["on"]),
                                 (libvirt.VIR_CONNECT_LIST_DOMAINS_SHUTOFF, ["off"]),
                                 (libvirt.VIR_CONNECT_LIST_DOMAINS_TRANSIENT, [])):
                self.assertEqual([dom.name() for dom in conn.listAllDomains(flags)], names)
            with self.assertRaises(libvirt.libvirtError) as caught:
                conn.listAllDomains(1 << 20)
            self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_INVALID_ARG)

    def test_old_lists(self):
        """how older clients ask: how many, then which"""
        with daemon_with("off", "on") as (_, conn):
            conn.lookupByName("on").create()
            self.assertEqual((conn.numOfDomains(), conn.listDomainsID()), (1, [1]))
            self.assertEqual((conn.numOfDefinedDomains(), conn.listDefinedDomains()), (1, ["off"]))
            self.assertEqual(conn.lookupByID(1).name(), "on")

    def test_device_events(self):
        """devices that come and go are told of by their alias"""
        with daemon_with("on") as (daemon, conn):
            told = queue.Queue()
            dom = conn.lookupByName("on")
            dom.create()
            for kind in (libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
                         libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
                         libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED):
                conn.domainEventRegisterAny(
                    dom, kind, lambda _conn, dom, alias, kind: told.put((kind, dom.ID(), alias)), kind)
            with open(f"{daemon.dir}/disk.img", "wb") as file:
                file.truncate(1 << 20)
            dom.attachDevice("<disk type='file'><driver name='qemu' type='raw'/>"
                             f"<source file='{daemon.dir}/disk.img'/>"
                             "<target dev='vdb' bus='virtio'/><alias name='ua-x'/></disk>")
            self.assertEqual(told.get(timeout=20),
                             (libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, 1, "ua-x"))
            self.assertTrue(dom.isUpdated())
            dom.detachDeviceAlias("ua-x")
            dom.reset()  # there is no operating system that releases it
            self.assertEqual(told.get(timeout=20),
                             (libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, 1, "ua-x"))
            self.assertFalse(dom.isUpdated())

    def test_answers(self):
        """what is asked of a guest in one word"""
        with daemon_with("off") as (_, conn):
            dom = conn.lookupByName("off")
            self.assertEqual((dom.isActive(), dom.isPersistent(), dom.isUpdated(), dom.autostart(),
                              dom.hasManagedSaveImage(), dom.snapshotNum(), dom.OSType(),
                              dom.maxMemory(), dom.listAllSnapshots(), dom.listAllCheckpoints()),
                             (0, 1, 0, 0, 0, 0, "hvm", 32768, [], []))
            dom.create()
            self.assertEqual((dom.isActive(), dom.maxVcpus(), dom.controlInfo()), (1, 2, [0, 0, 0]))
            self.assertEqual(conn.getMaxVcpus("kvm"), 255)
            self.assertRaises(libvirt.libvirtError, conn.getMaxVcpus, "xen")
            self.assertGreater(conn.getVersion(), 5000000)

    def test_monitor_events(self):
        """events of QEMU's monitor are told as they are, to who wants to know that one"""
        with daemon_with("on", "off") as (_, conn):
            told = queue.Queue()

            def callback(_conn, dom, event, seconds, _micros, details, opaque):
                # the firmware resets the machine itself when it finds that it has run before
                if details and json.loads(details).get("guest"):
                    return
                told.put((opaque, dom.name(), event, abs(time.time() - seconds) < 60,
                          details and json.loads(details)))

            dom = conn.lookupByName("on")
            dom.create()
            conn.lookupByName("off").create()
            regex, nocase = (libvirt_qemu.VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX,
                             libvirt_qemu.VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE)
            numbers = [libvirt_qemu.qemuMonitorEventRegister(conn, *words) for words in (
                (dom, "RESET", callback, "a guest's"), (None, "^res", callback, "regex", regex | nocase),
                (None, "reset", callback, "case", nocase), (None, "STOP", callback, "other"))]
            conn.lookupByName("off").reset()
            dom.reset()
            found = sorted(told.get(timeout=20) for _ in range(5))
            data = {"guest": False, "reason": "host-qmp-system-reset"}
            self.assertEqual(found, sorted([
                ("a guest's", "on", "RESET", True, data), ("case", "off", "RESET", True, data),
                ("case", "on", "RESET", True, data), ("regex", "off", "RESET", True, data),
                ("regex", "on", "RESET", True, data)]))
            for number in numbers:
                libvirt_qemu.qemuMonitorEventDeregister(conn, number)
            dom.reset()
            dom.suspend()
            self.assertEqual(list(told.queue), [])

    def test_every_event(self):
        """every class of events that is sent arrives with all that is in it"""
        with daemon_with() as (daemon, conn):
            told = queue.Queue()
            with open(f"{daemon.dir}/disk.img", "wb") as file:
                file.truncate(1 << 20)

            def callback(_conn, dom, *args):
                told.put((args[-1], dom.name(), *args[:-1]))

            for kind in range(libvirt.VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE + 1):
                if kind != libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE:
                    conn.domainEventRegisterAny(None, kind, callback, kind)
            dom = conn.createXML(guest(
                "events", f"<emulator>{FAKE}</emulator><disk type='file'>"
                f"<driver name='qemu' type='raw'/><source file='{daemon.dir}/disk.img'/>"
                "<target dev='vdb' bus='virtio'/><alias name='ua-x'/></disk>"))
            wanted = [("RTC_CHANGE", -3600), ("WATCHDOG", libvirt.VIR_DOMAIN_EVENT_WATCHDOG_INJECTNMI),
                      ("IO_ERROR", f"{daemon.dir}/disk.img", "ua-x", 2),
                      ("IO_ERROR_REASON", f"{daemon.dir}/disk.img", "ua-x", 2, "enospc"),
                      ("TRAY_CHANGE", "ua-x", libvirt.VIR_DOMAIN_EVENT_TRAY_CHANGE_OPEN),
                      ("PMSUSPEND", 0), ("PMWAKEUP", 0), ("PMSUSPEND_DISK", 0), ("REBOOT",)]
            for name, *args in wanted:
                kind = getattr(libvirt, f"VIR_DOMAIN_EVENT_ID_{name}")
                self.assertEqual(told.get(timeout=20), (kind, "events", *args))
            dom.destroy()

    def test_new_definition(self):
        """virt-install's way: a transient guest that is then defined is persistent and runs on"""
        with daemon_with() as (_, conn):
            dom = conn.createXML(guest("on"))
            self.assertEqual((dom.isPersistent(), dom.ID()), (0, 1))
            dom = conn.defineXML(guest("on"))
            self.assertEqual((dom.isPersistent(), dom.ID()), (1, 1))
            dom.undefine()
            self.assertEqual((dom.isPersistent(), dom.ID()), (0, 1))

    def test_stale_object(self):
        """an object of a guest that is no more is an error that names it"""
        with daemon_with() as (_, conn):
            dom = conn.createXML(guest("on"))
            dom.destroy()
            with self.assertRaises(libvirt.libvirtError) as caught:
                dom.state()
            self.assertEqual(caught.exception.get_error_code(), libvirt.VIR_ERR_NO_DOMAIN)
            self.assertEqual(caught.exception.get_error_message(),
                             f"Domain not found: no domain with matching uuid '{UUIDS['on']}' (on)")

    def test_info(self):
        """what a guest has, and that its processor time goes on"""
        with daemon_with("off") as (_, conn):
            dom = conn.lookupByName("off")
            self.assertEqual(dom.info(), [libvirt.VIR_DOMAIN_SHUTOFF, 32768, 32768, 2, 0])
            dom.create()
            self.assertEqual(dom.info()[0], libvirt.VIR_DOMAIN_RUNNING)
            self.assertGreater(dom.info()[4], 0)


class TestDaemon(unittest.TestCase):
    def test_first_answer(self):
        """a daemon that has never seen QEMU answers within 0.3 seconds of its start"""
        with contextlib.ExitStack() as stack:
            start = time.monotonic()
            daemon = stack.enter_context(Daemon(scene=None, qemu=None))
            conn = libvirt.open(daemon.uri())
            self.assertEqual(conn.listAllDomains(), [])
            took = time.monotonic() - start
            conn.close()
            if not SANITIZED:
                self.assertLess(took, 0.3)

    def test_autodestroy(self):
        """a guest that is to end with its client does, and others do not"""
        with daemon_with("on", "off") as (daemon, conn):
            other = libvirt.open(daemon.uri())
            other.lookupByName("on").createWithFlags(libvirt.VIR_DOMAIN_START_AUTODESTROY)
            other.lookupByName("off").create()
            told = queue.Queue()
            conn.domainEventRegisterAny(
                None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                lambda _conn, dom, event, detail, _opaque: told.put((dom.name(), event, detail)), None)
            other.close()
            self.assertEqual(told.get(timeout=20), ("on", 6, 2))
            self.assertEqual(told.get(timeout=20), ("on", 5, 1))
            self.assertEqual([dom.name() for dom in conn.listAllDomains(1)], ["off"])

    def test_killed(self):
        """after kill -9 of the daemon its guest runs on, and the next daemon has it"""
        with daemon_with("off") as (daemon, conn):
            conn.lookupByName("off").create()
            ident = conn.lookupByName("off").ID()
            daemon.kill()
            daemon.start()
            conn = libvirt.open(daemon.uri())
            dom = conn.lookupByName("off")
            self.assertEqual((dom.ID(), dom.state()[0]), (ident, libvirt.VIR_DOMAIN_RUNNING))
            dom.destroy()
            self.assertEqual(dom.state(), [libvirt.VIR_DOMAIN_SHUTOFF,
                                           libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED])
            conn.close()

    def test_log(self):
        """the log says what becomes of guests, and warns of one whose QEMU was killed"""
        with daemon_with("off") as (daemon, conn):
            dom = conn.lookupByName("off")
            for change in (dom.create, dom.suspend, dom.resume, dom.destroy, dom.create):
                change()
            pids = glob.glob(f"/proc/{daemon.process.pid}/task/*/children")
            for pid in {pid for path in pids for pid in open(path, encoding="ascii").read().split()}:
                if "qemu" in os.readlink(f"/proc/{pid}/exe"):
                    os.kill(int(pid), signal.SIGKILL)
            end = time.monotonic() + 20
            while "is gone" not in daemon.read_log() and time.monotonic() < end:
                time.sleep(0.01)
            said = [line for line in daemon.read_log().splitlines()
                    if line.startswith(("virtvfiod: remote.guest: ", "virtvfiod: warning: guest"))]
            self.assertEqual(said[-8:], [
                *[f"virtvfiod: remote.guest: guest 'off': {what}" for what in (
                    "runs", "started", "stands still", "runs", "ended: it was destroyed", "runs",
                    "started")],
                "virtvfiod: warning: guest 'off' is gone: QEMU was killed by signal 9 (Killed)"])

    def test_restarted(self):
        """after SIGTERM, too, and what is defined stays"""
        with daemon_with("off", "on") as (daemon, conn):
            conn.lookupByName("on").create()
            daemon.process.send_signal(signal.SIGTERM)
            self.assertEqual(daemon.process.wait(20), 0)
            daemon.start()
            conn = libvirt.open(daemon.uri())
            self.assertEqual([(dom.name(), dom.ID()) for dom in conn.listAllDomains()],
                             [("off", -1), ("on", 1)])
            conn.close()

    def test_autostart(self):
        """what is marked starts with the host, and not with every daemon"""
        with daemon_with("off", "on") as (daemon, conn):
            conn.lookupByName("on").setAutostart(1)
            self.restart(daemon)
            self.assertEqual(self.running(daemon, 0), [])
            self.restart(daemon, boot=True)
            self.assertEqual(self.running(daemon, 1), ["on"])

    def restart(self, daemon, boot=False):
        daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.process.wait(20), 0)
        if boot:
            os.unlink(f"{daemon.dir}/run/qemu/autostarted")
        daemon.start()

    def running(self, daemon, count):
        """The names of guests that run, when there are so many."""
        conn = libvirt.open(daemon.uri())
        end = time.monotonic() + 20
        while conn.numOfDomains() < count and time.monotonic() < end:
            time.sleep(0.01)
        names = [dom.name() for dom in conn.listAllDomains(1)]
        conn.close()
        return names

    def test_directories(self):
        """everything of guests is below the two directories of the options"""
        with daemon_with("off") as (daemon, conn):
            conn.lookupByName("off").create()
            for name in ("state/qemu/off.xml", "state/log/qemu/off.log", "run/qemu/off.xml",
                         f"run/qemu/{UUIDS['off']}"):
                self.assertTrue(os.path.exists(f"{daemon.dir}/{name}"), name)


if __name__ == "__main__":
    tap.main("__main__")
