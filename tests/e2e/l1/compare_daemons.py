# SPDX-License-Identifier: LGPL-2.1-or-later
"""
virtvfiod and libvirt's own daemon, side by side on this host: the start of a guest with a device, and
a second device while it runs. Both are on vfio-pci and stay there (managed='no'), which is what
libvirt's daemon can do, too. See tests/bench/compare.py and docs/comparison.rst.
"""

import os
import statistics
import sys

import libvirt

import guest
import host
import machine
import tool

sys.path.append(os.path.join(tool.job["source_dir"], "tests/bench"))
import compare  # noqa: E402

ROUNDS = 7


def rounds(sides, conns):
    """Seconds of each kind by side, in turn; the first round is not counted."""
    found = {what: [[] for _ in sides] for what in ("start", "attach-device", "destroy")}
    xml = guest.domain_xml([guest.hostdev(machine.EDU)], serial="    <serial type='null'/>\n")
    for turn in range(ROUNDS + 1):
        for index, conn in enumerate(conns):
            kept = []
            times = {
                "start": compare.timed(lambda: kept.append(conn.createXML(xml))),
                "attach-device": compare.timed(
                    lambda: kept[0].attachDeviceFlags(guest.hostdev(machine.NIC),
                                                      libvirt.VIR_DOMAIN_AFFECT_LIVE)),
                "destroy": compare.timed(lambda: kept[0].destroy()),
            }
            for what, seconds in times.items():
                if turn > 0:
                    found[what][index].append(seconds)
    return found


def run(port):
    for address in (machine.EDU, machine.NIC):
        host.bind(address, "vfio-pci")
    libvirt.registerErrorHandler(lambda *_: None, None)
    program = os.path.join(tool.job["build_dir"], "src/remote/virtvfiod")
    sides = [compare.Ours(program), compare.Theirs("/usr/sbin/libvirtd")]
    for side in sides:
        side.start()
    conns = [libvirt.open(side.uri) for side in sides]
    table = compare.Table(port.line)
    table.head()
    for what, times in rounds(sides, conns).items():
        table.row(f"{what}, a device on vfio-pci", *map(statistics.median, times))
    for conn, side in zip(conns, sides):
        conn.close()
        side.stop()
        side.remove()
