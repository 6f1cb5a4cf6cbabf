#!/usr/bin/python3
# virtvfiodmetatest.py: what is noted about guests on real QEMU, with stock virsh
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Golden files are in tests/virtvfioddata; VIR_TEST_REGENERATE=1 writes them anew.
# Usage: virtvfiodmetatest.py VIRTVFIOD SCENEBUILD

import os
import queue
import shlex

import libvirt

import tap
from testdaemon import Golden, virsh
from virtvfioddomaintest import daemon_with

# Every line's whole output is in virtvfioddata/virsh-metadata.txt.
METADATA = """
desc on
desc on --title
desc on --title "Front & back" --live
desc on --title "From the next start on" --config
desc off --title "Off duty"
desc off "Two\\nlines"
desc off
desc on --title
desc on --title --config
desc off --title --live
desc off --title "two\\nlines"
list --all --title
metadata on urn:app
metadata on urn:app --key app --set <note><who/></note>
metadata on urn:app
metadata on urn:app --config
metadata off urn:app --key app --set <note/>
metadata off urn:other --key app --set <note/>
metadata off urn:app --key app --set <note>changed</note> --config
dumpxml on --xpath //metadata
dumpxml off --xpath //metadata
dumpxml off --xpath //title|//description
metadata off urn:app
metadata off urn:app --key app --set <note
metadata off urn:app --key xml --set <note/>
metadata off urn:app --key a:b --set <note/>
metadata off urn:app --key x --set "<y:note xmlns:y='urn:y'/>"
metadata off urn:a&b --key x --set <note/>
metadata off urn:app --remove
metadata off urn:app
desc off ""
dumpxml off --xpath //metadata
-r metadata off urn:other
-r metadata off urn:other --key app --set <note/>
-r desc off --title new
metadata missing urn:app
"""

RENAME = """
domrename on other
domrename off on
domrename off off
domrename off a/b
domrename off new
list --all
domstate off
domuuid new
dominfo new
start new
domrename new off
destroy new
-r domrename new off
domrename missing x
"""


KEYS = """
send-key on KEY_LEFTCTRL KEY_LEFTALT KEY_DELETE
send-key on --holdtime 10 KEY_A
send-key on --codeset qnum 0x1c
send-key on --codeset usb 4
send-key on 500
send-key off KEY_A
-r send-key on KEY_A
inject-nmi on
inject-nmi off
-r inject-nmi on
"""


def files_of(directory):
    """The names of all definitions and autostart markers."""
    return [name for _, _, names in os.walk(directory) for name in names
            if name.endswith((".xml", ".autostart"))]


class TestMeta(Golden):
    def battery(self, lines, name):
        """Every line's output."""
        out = []
        with daemon_with("on", "off") as (daemon, conn):
            conn.lookupByName("on").create()
            conn.lookupByName("off").setAutostart(1)
            for line in filter(None, lines.split("\n")):
                words = shlex.split(line.replace("DIR", str(daemon.dir)))
                words = [word.replace("\\n", "\n") for word in words]
                status, found = virsh(daemon.uri(), *words)
                out.append(f"$ virsh {line}\n{found.replace(str(daemon.dir), 'DIR').rstrip()}\n"
                           f"[{status}]\n")
        self.golden(name, "\n".join(out))

    def test_metadata(self):
        """titles, descriptions and programs' own elements are set, read and removed"""
        self.battery(METADATA, "virsh-metadata.txt")

    def test_keys(self):
        """keys and the NMI button of a running guest are pressed"""
        self.battery(KEYS, "virsh-keys.txt")

    def test_rename(self):
        """guests that are off get other names"""
        self.battery(RENAME, "virsh-rename.txt")

    def test_rename_lasts(self):
        """a guest's definition and autostart go with its name, and the event says so"""
        told = queue.Queue()
        with daemon_with("off") as (daemon, conn):
            conn.lookupByName("off").setAutostart(1)
            conn.domainEventRegisterAny(
                None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                lambda _c, dom, event, detail, _o: told.put((dom.name(), event, detail)), None)
            dom = conn.lookupByName("off")
            files = set(files_of(daemon.dir))
            dom.rename("new")
            self.assertEqual(told.get(timeout=60), ("off", libvirt.VIR_DOMAIN_EVENT_UNDEFINED,
                                                    libvirt.VIR_DOMAIN_EVENT_UNDEFINED_RENAMED))
            self.assertEqual(told.get(timeout=60), ("new", libvirt.VIR_DOMAIN_EVENT_DEFINED,
                                                    libvirt.VIR_DOMAIN_EVENT_DEFINED_RENAMED))
            self.assertEqual(conn.lookupByName("new").autostart(), 1)
            self.assertEqual(dom.XMLDesc().count("<name>new</name>"), 1)
            found = set(files_of(daemon.dir))
            self.assertEqual({"off.xml", "off.autostart"}, files - found)
            self.assertEqual({"new.xml", "new.autostart"}, found - files)

    def test_event(self):
        """whoever wants to know is told what was noted"""
        told = queue.Queue()
        with daemon_with("off") as (_, conn):
            conn.domainEventRegisterAny(
                None, libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
                lambda _c, dom, kind, uri, _o: told.put((dom.name(), kind, uri)), None)
            dom = conn.lookupByName("off")
            dom.setMetadata(libvirt.VIR_DOMAIN_METADATA_TITLE, "A title", None, None, 0)
            self.assertEqual(told.get(timeout=60),
                             ("off", libvirt.VIR_DOMAIN_METADATA_TITLE, None))
            dom.setMetadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, "<x/>", "k", "urn:x", 0)
            self.assertEqual(told.get(timeout=60),
                             ("off", libvirt.VIR_DOMAIN_METADATA_ELEMENT, "urn:x"))


if __name__ == "__main__":
    tap.main("__main__")
