#!/usr/bin/python3
# virtvfiodsavetest.py: guests that are saved, counted and looked at, with stock virsh and real QEMU
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Golden files are in tests/virtvfioddata; VIR_TEST_REGENERATE=1 writes them anew.
# Usage: virtvfiodsavetest.py VIRTVFIOD SCENEBUILD

import os

import tap
from testdaemon import Golden, virsh
from virtvfioddomaintest import daemon_with

# Every line's whole output is in virtvfioddata/virsh-save.txt. DIR is the daemon's directory.
SAVE = """
start on
save on DIR/on.saved
domstate on --reason
save on DIR/on.saved
list --all
restore DIR/on.saved
domstate on --reason
restore DIR/on.saved
save on DIR/on.saved --paused
save-image-dumpxml DIR/on.saved --xpath /domain/name
-r save-image-dumpxml DIR/on.saved
restore DIR/on.saved
domstate on --reason
restore DIR/on.saved --paused --running
save-image-dumpxml DIR/missing
managedsave on
domstate on --reason
list --all --managed-save
list --all --with-managed-save --name
start on
domstate on --reason
list --all --managed-save
managedsave on --running
start on --force-boot
domstate on --reason
managedsave on --bypass-cache
domjobinfo on
domjobabort on
managedsave on
managedsave-remove on
managedsave-remove on
managedsave off
domjobinfo off
save missing DIR/x
"""


class TestSave(Golden):
    def battery(self, lines, name):
        """Every line's output, with what differs from run to run made the same."""
        out = []
        with daemon_with("on", "off") as (daemon, _):
            for line in filter(None, lines.split("\n")):
                words = line.replace("DIR", str(daemon.dir)).split()
                status, found = virsh(daemon.uri(), *words)
                found = found.replace(str(daemon.dir), "DIR")
                out.append(f"$ virsh {line}\n{found.rstrip()}\n[{status}]\n")
            self.assertEqual([n for n in os.listdir(daemon.dir) if ".new" in n or ".used" in n], [])
        self.golden(name, "\n".join(out))

    def test_save(self):
        """guests are saved to files and go on, managed or not"""
        self.battery(SAVE, "virsh-save.txt")


if __name__ == "__main__":
    tap.main("__main__")
