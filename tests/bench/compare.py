#!/usr/bin/python3
# compare.py: virtvfiod and libvirt's own daemon, side by side in one run
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Usage, as root: tests/bench/compare.py build/src/remote/virtvfiod [--guests N] [--rounds N]
#
# Needs the Debian packages libvirt-daemon and libvirt-daemon-driver-qemu, which start nothing by
# themselves, libvirt-clients, python3-libvirt and qemu-system-x86. Both daemons have directories and
# sockets of their own: libvirt's runs where /run, /etc/libvirt and its folders below /var are its own
# memory, so that this machine's are neither read nor written. docs/comparison.rst explains the rows.

import argparse
import contextlib
import functools
import glob
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import libvirt

GUEST = """<domain type='qemu'>
  <name>guest{number}</name>
  <uuid>11111111-1111-4111-8111-{number:012}</uuid>
  <memory unit='MiB'>32</memory>
  <vcpu>2</vcpu>
  <features><acpi/></features>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <source file='/var/empty/{number}.img'/><target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'/>
    <memballoon model='virtio'/>
  </devices>
</domain>"""

DISKLESS = re.sub(r"\s*<disk.*</disk>", "", GUEST, flags=re.S)

# Its folders are memory that only it sees; udev's database and the bus stay in sight.
PRIVATE = r"""
set -e
mkdir -p "$1/udev" "$1/dbus"
[ ! -d /run/udev ] || mount --bind /run/udev "$1/udev"
[ ! -d /run/dbus ] || mount --bind /run/dbus "$1/dbus"
for dir in etc lib cache log; do mkdir -p "$1/$dir"; done
mount --bind "$1/etc" /etc/libvirt
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
for dir in lib cache log; do mount --bind "$1/$dir" "/var/$dir/libvirt"; done
mount --rbind "$1" /run
shift
exec "$@"
"""

# What those are mounted over. Where one is not there it is made, and removed in the end.
COVERED = ("/etc/libvirt", "/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt")

LIBVIRTD_CONF = """unix_sock_dir = "{dir}/sockets"
auth_unix_rw = "none"
auth_unix_ro = "none"
"""

QEMU_CONF = """user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
remember_owner = 0
stdio_handler = "file"
"""


class Daemon:
    """A daemon with directories of its own."""

    def __init__(self, words):
        self.dir = tempfile.mkdtemp(prefix="compare-")
        self.words = words
        self.log = open(f"{self.dir}/log", "w", encoding="utf-8")
        self.process = None

    def start(self):
        """Seconds until a client has its list of guests."""
        begin = time.monotonic()
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)
        while True:
            with contextlib.suppress(libvirt.libvirtError):
                conn = libvirt.open(self.uri)
                count = len(conn.listAllDomains())
                taken = time.monotonic() - begin
                conn.close()
                return taken, count
            if self.process.poll() is not None or time.monotonic() - begin > 120:
                with open(f"{self.dir}/log", encoding="utf-8") as file:
                    sys.exit(f"compare.py: it does not come up: {self.words[-1]}\n{file.read()}")
            time.sleep(0.002)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def memory_kib(self):
        """(resident, what of it no other process has)"""
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="utf-8") as file:
            found = dict(re.findall(r"^(\w+):\s*(\d+)", file.read(), flags=re.M))
        return int(found["Rss"]), int(found["Private_Clean"]) + int(found["Private_Dirty"])

    def processor_time(self):
        """Seconds that its threads have run; those that have ended are not in it."""
        total = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            with contextlib.suppress(OSError), open(path, encoding="utf-8") as file:
                total += int(file.read().split()[0])
        return total / 1e9

    def remove(self):
        self.log.close()
        shutil.rmtree(self.dir)


class Ours(Daemon):
    def __init__(self, program):
        super().__init__(None)
        self.socket = f"{self.dir}/run/virtvfio-sock"
        self.uri = f"qemu+unix:///system?socket={self.socket}"
        with open(f"{self.dir}/conf", "w", encoding="utf-8") as file:
            file.write("[qemu]\nuser=root\n")
        self.words = [program, "--run-dir", f"{self.dir}/run", "--state-dir", f"{self.dir}/state",
                      "--config", f"{self.dir}/conf"]

    def forget(self):
        """What it knows of QEMU, if it keeps that."""
        shutil.rmtree(f"{self.dir}/state/capabilities", ignore_errors=True)


class Theirs(Daemon):
    def __init__(self, program):
        super().__init__(None)
        run = f"{self.dir}/run"
        for name in ("sockets", "run/etc"):
            os.makedirs(f"{self.dir}/{name}")
        for name, text in (("libvirtd.conf", LIBVIRTD_CONF), ("qemu.conf", QEMU_CONF)):
            with open(f"{run}/etc/{name}", "w", encoding="utf-8") as file:
                file.write(text.format(dir=self.dir) if name == "libvirtd.conf" else text)
        # It wants the user of the package libvirt-daemon-system to be there, even if it uses another.
        for name, line in (("passwd", "libvirt-qemu:x:64055:64055::/nonexistent:/bin/false\n"),
                           ("group", "libvirt-qemu:x:64055:\n")):
            with open(f"/etc/{name}", encoding="utf-8") as file:
                text = file.read()
            with open(f"{run}/{name}", "w", encoding="utf-8") as file:
                file.write(text + line)
        self.socket = f"{self.dir}/sockets/libvirt-sock"
        self.uri = f"qemu+unix:///system?socket={self.socket}"
        self.words = ["unshare", "--mount", "sh", "-c", PRIVATE, "sh", run, program]
        self.made = [path for path in COVERED if not os.path.isdir(path)]
        for path in self.made:
            os.mkdir(path)

    def forget(self):
        """What it knows of QEMU."""
        shutil.rmtree(f"{self.dir}/run/cache", ignore_errors=True)

    def remove(self):
        for path in self.made:
            with contextlib.suppress(OSError):  # somebody uses it now
                os.rmdir(path)
        super().remove()


def timed(call, *args):
    begin = time.monotonic()
    call(*args)
    return time.monotonic() - begin


class Floor:
    """A daemon that knows all answers beforehand, because ours has given them once."""

    def __init__(self, program, ours):
        self.path = f"{ours.dir}/floor-sock"
        self.uri = f"qemu+unix:///system?socket={self.path}"
        self.process = subprocess.Popen([program, self.path, ours.socket])
        while not os.path.exists(self.path):
            if self.process.poll() is not None:
                sys.exit("compare.py: comparepeer does not come up")
            time.sleep(0.002)

    def stop(self):
        self.process.kill()
        self.process.wait()


class Table:
    """Rows of medians, for @say()."""

    def __init__(self, say=functools.partial(print, flush=True)):
        self.say = say

    def head(self):
        self.say(f"{'what':48} {'virtvfiod':>12} {'libvirtd':>12} {'ratio':>6} {'floor':>6} {'above':>6} "
                 f"{'CPU':>6}  target")

    @staticmethod
    def verdict(ratio, above, target):
        """What is above the floor counts where the client and the kernel take too much of the whole."""
        if target is None:
            return ""
        limit = f"<= {target:.2f} "
        if ratio <= target:
            return limit + "met"
        return limit + ("met above the floor" if above is not None and above <= target else "MISSED")

    def row(self, what, ours, theirs, unit="ms", target=None, processor=None, least=None):
        """@least: what the same takes where nothing is to be worked"""
        ratio = ours / theirs
        floor = least / theirs if least is not None else None
        above = (max(ours - least, 0) / max(theirs - least, 1e-9)) if least is not None else None
        scale, digits = {"ms": (1000, 3), "MiB": (1 / 1024, 1)}[unit]
        shares = " ".join("      " if share is None else f"{share:6.2f}"
                          for share in (ratio, floor, above, processor))
        self.say(f"{what:48} {ours * scale:8.{digits}f} {unit:3} {theirs * scale:8.{digits}f} {unit:3} "
                 f"{shares}  {self.verdict(ratio, above, target)}")

    def absolute(self, what, seconds, limit):
        self.say(f"{what:48} {seconds * 1000:8.1f} ms {'':42} < {limit * 1000:.0f} ms "
                 f"{'met' if seconds < limit else 'MISSED'}")


def write_durably(directory, text):
    """The least that a definition which outlives a power cut needs."""
    fd = os.open(f"{directory}/durable.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.write(fd, text.encode())
    os.fsync(fd)
    os.close(fd)
    os.rename(f"{directory}/durable.new", f"{directory}/durable")
    fd = os.open(directory, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


# Where it is among the connections; the daemons are before it.
FLOOR = 2


class Comparison:
    def __init__(self, args):
        self.args = args
        self.sides = [Ours(args.daemon), Theirs(args.libvirtd)]
        self.table = Table()
        self.floor = None
        self.conns = []

    def both(self, call, rounds=None, sides=(0, 1)):
        """Medians of call(side), in turn; one of each before, which is not counted."""
        found = [[] for _ in sides]
        for turn in range((rounds or self.args.rounds) + 1):
            for index in sides:
                taken = call(index)
                if turn > 0:
                    found[index].append(taken)
        return [statistics.median(times) for times in found]

    def row(self, what, call, target=0.5):
        """Times as a client sees them, the floor's too, and the ratio of what the daemons worked for it."""
        worked = [[], []]

        def watched(index):
            if index == FLOOR:
                return call(index)
            before = self.sides[index].processor_time()
            taken = call(index)
            worked[index].append(self.sides[index].processor_time() - before)
            return taken

        ours, theirs, least = self.both(watched, sides=(0, 1, FLOOR))
        processor = statistics.median(worked[0]) / max(statistics.median(worked[1]), 1e-9)
        self.table.row(what, ours, theirs, target=target, processor=processor, least=least)

    @contextlib.contextmanager
    def one_processor(self):
        """Client and daemons on one processor: to wake another one up takes longer than most calls do,
        or hardly any time, as it happens to be."""
        pids = [os.getpid(), *(peer.process.pid for peer in (*self.sides, self.floor))]
        before = os.sched_getaffinity(0)

        def confine(processors):
            for path in (path for pid in pids for path in glob.glob(f"/proc/{pid}/task/*")):
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(int(os.path.basename(path)), processors)

        confine({min(before)})
        try:
            yield
        finally:
            confine(before)

    def connect(self):
        self.floor = Floor(self.args.peer, self.sides[0])
        self.uris = [side.uri for side in (*self.sides, self.floor)]
        self.conns = [libvirt.open(uri) for uri in self.uris]

    def disconnect(self):
        for conn in self.conns:
            conn.close()
        self.conns = []
        if self.floor:
            self.floor.stop()
            self.floor = None

    def memory(self, what):
        resident, private = zip(*[side.memory_kib() for side in self.sides])
        self.table.row(f"resident memory, {what}", *resident, unit="MiB", target=1 / 3)
        self.table.row("  its own alone", *private, unit="MiB")

    # --- the rows -----------------------------------------------------------------------------

    def first_answers(self, what, cold):
        """A start, and the first list of guests."""
        def restart(index):
            side = self.sides[index]
            side.stop()
            if cold:
                side.forget()
            return side.start()[0]

        ours, theirs = self.both(restart, rounds=self.args.starts)
        self.table.row(what, ours, theirs)
        if cold:
            self.table.absolute("  virtvfiod's alone", ours, 0.3)

    def define(self):
        """In turn, as everything: what else writes to the disk meanwhile hits both."""
        times = [[], [], []]
        for number in range(1, self.args.guests + 1):
            xml = GUEST.format(number=number)
            for index, conn in enumerate(self.conns[:FLOOR]):
                times[index].append(timed(conn.defineXML, xml))
            times[FLOOR].append(timed(write_durably, self.sides[0].dir, xml))
        ours, theirs, least = map(statistics.median, times)
        self.table.row("define a guest; floor: a file that lasts", ours, theirs, target=0.5, least=least)

    def look(self):
        """Single calls of one client; the whole command, or the whole list, is what users wait for."""
        def many(index, call, count=50):
            return timed(lambda: [call(self.conns[index]) for _ in range(count)]) / count

        def states(conn):
            for dom in conn.listAllDomains():
                dom.state()

        doms = [conn.lookupByName("guest7") for conn in self.conns]
        # The driver of one that has none is looked for twice: is the device still there?
        devs = [next((dev for dev in conn.listAllDevices(2) if "<driver>" in dev.XMLDesc()), None)
                for conn in self.conns]
        for side, conn in zip(self.sides, self.conns):
            assert len(conn.listAllDomains()) == self.args.guests, side.words
        self.row("connect and close", lambda index: timed(
            lambda: libvirt.open(self.uris[index]).close()))
        self.row("list, and the state of each, 501 calls", lambda index: many(index, states, 1))
        self.row("list, one call", lambda index: many(index, lambda conn: conn.listAllDomains(), 5))
        self.row("dumpxml", lambda index: many(index, lambda _: doms[index].XMLDesc()))
        self.row("nodedev-list, all", lambda index: many(index, lambda conn: conn.listAllDevices()))
        self.row("nodedev-list --cap pci", lambda index: many(index, lambda conn: conn.listAllDevices(2)))
        if all(devs):
            self.row("nodedev-dumpxml of a PCI device that has a driver",
                     lambda index: many(index, lambda _: devs[index].XMLDesc()))
        self.row("capabilities", lambda index: many(index, lambda conn: conn.getCapabilities()))
        print("devices listed: {} and {}, of them PCI: {} and {}".format(
            *[len(conn.listAllDevices(flags)) for flags in (0, 2) for conn in self.conns[:FLOOR]]))

    def commands(self):
        def command(index, *words):
            return timed(lambda: subprocess.run(["virsh", "-c", self.uris[index], *words],
                                                check=True, stdout=subprocess.DEVNULL))

        for words, target in ((["uri"], None), (["list", "--all"], 0.5), (["dumpxml", "guest7"], 0.5),
                              (["nodedev-list"], 0.5)):
            self.row(" ".join(["virsh", *words]), lambda index, words=words: command(index, *words), target)

    def life(self):
        """QEMU is most of it, so that there is no target."""
        started, stopped = [[], []], [[], []]
        for _ in range(self.args.starts):
            for index, conn in enumerate(self.conns[:FLOOR]):
                begin = time.monotonic()
                dom = conn.createXML(DISKLESS.format(number=9999))
                started[index].append(time.monotonic() - begin)
                stopped[index].append(timed(dom.destroy))
        for what, times in (("start of a diskless guest, TCG", started), ("destroy it", stopped)):
            self.table.row(what, *map(statistics.median, times))

    def run(self):
        for side in self.sides:
            side.start()
        self.table.head()
        self.memory("no guests, one answer given")
        self.first_answers("first answer, no guests, QEMU not known", cold=True)
        self.connect()
        self.define()
        with self.one_processor():
            self.look()
        self.commands()
        self.life()
        self.memory("with the guests, all that done")
        self.disconnect()
        self.first_answers("first answer with the guests, QEMU not known", cold=True)
        self.first_answers("first answer with the guests, QEMU known", cold=False)
        self.memory("with the guests, one answer")

    def close(self):
        self.disconnect()
        for side in self.sides:
            if side.process and side.process.poll() is None:
                side.stop()
            side.remove()


def main():
    parser = argparse.ArgumentParser(description="virtvfiod and libvirtd, side by side")
    parser.add_argument("daemon", help="virtvfiod that was built", type=os.path.abspath)
    parser.add_argument("--peer", help="comparepeer that was built (default: beside the daemon's build)")
    parser.add_argument("--libvirtd", default="/usr/sbin/libvirtd")
    parser.add_argument("--guests", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--starts", type=int, default=5, help="rounds of what starts something")
    args = parser.parse_args()
    args.peer = os.path.abspath(args.peer or f"{os.path.dirname(args.daemon)}/../../tests/bench/comparepeer")
    if os.getuid() != 0:
        sys.exit("compare.py: only root can give libvirtd directories of its own")
    for program in (args.daemon, args.peer, args.libvirtd, "virsh", "qemu-system-x86_64"):
        if not shutil.which(program):
            sys.exit(f"compare.py: there is no {program}; apt install libvirt-daemon "
                     "libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86")
    libvirt.registerErrorHandler(lambda *_: None, None)
    comparison = Comparison(args)
    try:
        comparison.run()
    finally:
        comparison.close()


if __name__ == "__main__":
    main()
