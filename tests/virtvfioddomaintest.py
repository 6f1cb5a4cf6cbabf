#!/usr/bin/python3
# virtvfioddomaintest.py: guests on real QEMU, with stock clients
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Golden files are in tests/virtvfioddata; VIR_TEST_REGENERATE=1 writes them anew.
# Usage: virtvfioddomaintest.py VIRTVFIOD SCENEBUILD

import contextlib
import os
import queue
import re
import signal
import time
import unittest

import libvirt

import tap
from testdaemon import SANITIZED, Daemon, Golden, start_libvirt, virsh

start_libvirt()

UUIDS = {"on": "11111111-1111-4111-8111-111111111111", "off": "22222222-2222-4222-8222-222222222222"}


def guest(name, more=""):
    """A guest without an operating system."""
    uuid = f"<uuid>{UUIDS[name]}</uuid>" if name in UUIDS else ""
    return (f"<domain type='qemu'><name>{name}</name>{uuid}<memory unit='MiB'>32</memory>"
            "<vcpu>2</vcpu><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>"
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

    def test_directories(self):
        """everything of guests is below the two directories of the options"""
        with daemon_with("off") as (daemon, conn):
            conn.lookupByName("off").create()
            for name in ("state/qemu/off.xml", "state/log/qemu/off.log", "run/qemu/off.xml",
                         f"run/qemu/{UUIDS['off']}"):
                self.assertTrue(os.path.exists(f"{daemon.dir}/{name}"), name)


if __name__ == "__main__":
    tap.main("__main__")
