#!/usr/bin/python3
# virtvfiodsavetest.py: guests that are saved, counted and looked at, with stock virsh and real QEMU
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Golden files are in tests/virtvfioddata; VIR_TEST_REGENERATE=1 writes them anew.
# Usage: virtvfiodsavetest.py VIRTVFIOD SCENEBUILD

import os
import re

import tap
from testdaemon import Golden, virsh
from virtvfioddomaintest import daemon_with, guest

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


# Counters go on: their values are made the same, what is zero stays.
STATS = """
domstats off
domstats off --state --raw
start on --paused
domstats on
domstats --list-active --state --nowait
domstats --vcpu --perf --enforce
domblkstat on vda
domblkstat on --human
domblkstat on vdz
domblkstat off vda
domifstat on vnet0
-r domstats on --cpu-total
domstats missing
"""

DISK = ("<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s'/>"
        "<target dev='vda' bus='virtio'/></disk><interface type='user'/>")


class TestSave(Golden):
    def battery(self, lines, name):
        """Every line's output, with what differs from run to run made the same."""
        out = []
        with daemon_with("off") as (daemon, conn):
            with open(f"{daemon.dir}/disk", "wb") as file:
                file.truncate(1 << 20)
            conn.defineXML(guest("on", DISK % f"{daemon.dir}/disk"))
            for line in filter(None, lines.split("\n")):
                words = line.replace("DIR", str(daemon.dir)).split()
                status, found = virsh(daemon.uri(), *words)
                found = found.replace(str(daemon.dir), "DIR")
                found = re.sub(r"(time\w*=|_times?\w* |\.user=|\.system=)\d+", r"\1TIME", found)
                out.append(f"$ virsh {line}\n{found.rstrip()}\n[{status}]\n")
            self.assertEqual([n for n in os.listdir(daemon.dir) if ".new" in n or ".used" in n], [])
        self.golden(name, "\n".join(out))

    def test_stats(self):
        """what guests use, in bulk and one by one"""
        self.battery(STATS, "virsh-stats.txt")

    def test_save(self):
        """guests are saved to files and go on, managed or not"""
        self.battery(SAVE, "virsh-save.txt")


if __name__ == "__main__":
    tap.main("__main__")
