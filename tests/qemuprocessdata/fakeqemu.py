#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A QEMU that does what the guest's name says, to test how its end is understood."""

import contextlib
import ctypes
import fcntl
import json
import os
import re
import signal
import socket
import stat
import sys
import threading
import time

PR_GET_PDEATHSIG = 2


def describe():
    """What a child of ours is to look like, for the test to compare."""
    fds = sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:-1]  # the last reads the list
    death = ctypes.c_int()
    ctypes.CDLL(None).prctl(PR_GET_PDEATHSIG, ctypes.byref(death))
    return "fds=%s session=%s stdin=%s stdout=%s death=%d" % (
        ",".join(map(str, fds)), os.getsid(0) == os.getpid(), os.readlink("/proc/self/fd/0"),
        os.readlink("/proc/self/fd/1"), death.value)


def connections(monitor):
    """The connected socket that the monitor is, or those that come to a listening one."""
    if not monitor.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        yield monitor
        return
    while True:
        yield monitor.accept()[0]


def kill_peer(monitor):
    """Ends the driver that talks to us, and waits for that; no other one is killed after it."""
    credentials = monitor.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    os.kill(int.from_bytes(credentials[:4], sys.byteorder), signal.SIGKILL)
    while monitor.recv(1):
        pass
    raise ConnectionError


class Backends:
    """What devices that come lead to; the guest's name says how it goes wrong."""

    def __init__(self, mode):
        self.mode = mode
        options = zip(sys.argv, sys.argv[1:])
        self.ids = {re.search(r"id=([^,]*)", value)[1]: value.split(",")[0]
                    for name, value in options if name == "-chardev"}  # name -> kind
        options = zip(sys.argv, sys.argv[1:])
        self.ids |= {json.loads(value)["id"]: "net"
                     for name, value in options if name == "-netdev"}
        options = zip(sys.argv, sys.argv[1:])
        self.ids |= {json.loads(value)["id"]: "object"
                     for name, value in options if name == "-object" and value.startswith("{")}
        self.started = len(self.ids)
        self.used = {}  # device -> backend
        self.received = []  # descriptors that came
        self.fds = {}  # those that have a name

    def add(self, name, kind):
        """Why not; None if it is there now."""
        if name in self.ids:
            return f"duplicate '{name}'"
        if self.mode == "refuses-backend":
            return "no backend today"
        self.ids[name] = kind
        return None

    def remove(self, name):
        if name not in self.ids:
            return f"there is no '{name}'"
        if name in self.used.values():
            return f"'{name}' is busy"
        del self.ids[name]
        return None

    def lines(self, monitor):
        """Lines of the peer, and the descriptors with them."""
        text = b""
        while True:
            more, fds, _, _ = socket.recv_fds(monitor, 65536, 8)
            if not more:
                return
            self.received += fds
            *whole, text = (text + more).split(b"\n")
            yield from whole

    def name_fd(self, name):
        if not self.received:
            return "no descriptor came"
        if name in self.fds:
            return f"'{name}' is taken"
        self.fds[name] = self.received.pop()
        return None

    def close_fd(self, name):
        if name not in self.fds:
            return f"no descriptor '{name}'"
        os.close(self.fds.pop(name))
        return None

    def add_net(self, backend):
        """A tap device is one, and stays open as long as the backend is there."""
        if backend["type"] != "tap":
            return self.add(backend["id"], backend["type"])
        fd = self.fds.get(backend["fd"])
        if fd is None or os.readlink(f"/proc/self/fd/{fd}") != "/dev/net/tun":
            return f"'{backend['fd']}' is no tap device"
        error = self.add(backend["id"], "tap")
        if not error:
            self.fds[backend["id"]] = self.fds.pop(backend["fd"])
        return error

    def remove_net(self, name):
        error = self.remove(name)
        if not error and name in self.fds:
            self.close_fd(name)
        return error

    def handle(self, say, name, answer, arguments):
        """Whether it was a command of ours; it has been answered then."""
        if name == "chardev-add":
            error = self.add(arguments["id"], arguments["backend"]["type"])
        elif name == "chardev-remove":
            error = self.remove(arguments["id"])
        elif name == "netdev_add":
            error = self.add_net(arguments)
        elif name == "netdev_del":
            error = self.remove_net(arguments["id"])
        elif name == "object-add":
            error = self.add(arguments["id"], arguments["qom-type"])
        elif name == "object-del":
            error = self.remove(arguments["id"])
        elif name == "getfd":
            error = self.name_fd(arguments["fdname"])
        elif name == "closefd":
            error = self.close_fd(arguments["fdname"])
        else:
            return False
        if error:
            say(error={"class": "GenericError", "desc": error}, id=answer)
        else:
            say(**{"return": {}}, id=answer)
        return True


def relay(source, sink):
    """Bytes of one socket to the other; the end of one is the other's."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for each in (source, sink):
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def play_agent(listening, path):
    """A test listens beside the socket of the agent's channel: whoever connects talks to it."""
    while True:
        client = listening.accept()[0]
        agent = socket.socket(socket.AF_UNIX)
        agent.connect(path + ".test")
        for ends in ((client, agent), (agent, client)):
            threading.Thread(target=relay, args=ends, daemon=True).start()


class Devices:
    """What is plugged in, whoever is connected; the guest's name says how it goes wrong."""

    def __init__(self, mode, backends):
        self.mode = mode
        self.backends = backends
        options = zip(sys.argv, sys.argv[1:])
        self.ids = [json.loads(value)["id"] for name, value in options if name == "-device"]
        self.pending = None  # the guest has been asked to release it
        self.settled = False  # it has been reset once
        self.screens = Screens(mode, backends)
        self.monitor = None
        self.open = False  # the guest has its channels open
        self.agent = None

    def chardevs(self):
        """The answer to query-chardev: the guest's name says which terminal there is."""
        terminal = "/etc/shadow" if self.mode == "lies" else "/dev/pts/12345"
        return [{"label": label, "frontend-open": self.open,
                 "filename": "pty:" + terminal if kind == "pty" else "unix:x"}
                for label, kind in self.backends.ids.items()]

    def channel(self, say):
        """The guest opens its channels, or closes them; a test may play its agent."""
        path = re.search(r"path=(/[^,]*[.]guest_agent[.]0),", " ".join(sys.argv))
        if path and not self.agent and os.path.exists(path[1] + ".test"):
            self.agent = socket.socket(socket.AF_UNIX)
            self.agent.bind(path[1])
            self.agent.listen(1)
            threading.Thread(target=play_agent, args=(self.agent, path[1]), daemon=True).start()
        self.open = not self.open
        for each in self.ids:
            if each.startswith("channel"):
                say(event="VSERPORT_CHANGE", data={"id": each, "open": self.open})

    def gone(self, say, device):
        self.ids.remove(device)
        self.backends.used.pop(device, None)
        self.pending = None
        say(event="DEVICE_DELETED", data={"path": f"/machine/peripheral/{device}/part"})
        say(event="DEVICE_DELETED", data={"device": device,
                                          "path": f"/machine/peripheral/{device}"})

    def add(self, say, answer, arguments):
        device = arguments["id"]
        backend = next(filter(None, map(arguments.get, ("chardev", "netdev", "rng"))), None)
        if backend and backend not in self.backends.ids:
            say(error={"class": "GenericError", "desc": f"there is no '{backend}'"}, id=answer)
            return
        if self.mode == "refuses-add":
            say(error={"class": "GenericError", "desc": "vfio: no such luck"}, id=answer)
            return
        if self.mode == "kills-before":
            kill_peer(self.monitor)
        if self.mode not in ("drops-add", "kills-before"):
            self.ids.append(device)
            self.backends.used[device] = backend
        if self.mode == "kills-after":
            kill_peer(self.monitor)
        if self.mode in ("drops-add", "drops-added"):
            raise ConnectionError
        if self.mode == "stalls-add":
            return
        if self.mode == "unsure" and not self.settled:
            say(error={"class": "GenericError", "desc": "something went wrong"}, id=answer)
            return
        say(**{"return": {}}, id=answer)

    def delete(self, say, answer, device):
        if self.mode == "refuses-del":
            say(error={"class": "GenericError", "desc": "already in the process of unplug"},
                id=answer)
            return
        if self.mode == "kills-del":
            self.ids.remove(device)
            kill_peer(self.monitor)
        if self.mode == "lost":
            self.ids.remove(device)
        if device not in self.ids:
            say(error={"class": "DeviceNotFound", "desc": "no such device"}, id=answer)
            return
        if self.mode == "deletes-first":
            self.gone(say, device)
        if self.mode == "drops-del":
            self.ids.remove(device)
            raise ConnectionError
        say(**{"return": {}}, id=answer)
        if self.mode == "keeps":
            say(event="DEVICE_UNPLUG_GUEST_ERROR", data={"device": device, "path": "/x"})
        elif self.mode in ("deletes-late", "keeps-late"):
            self.pending = device
        elif self.mode != "deletes-first":
            self.gone(say, device)

    def reset(self, say):
        self.settled = True
        if self.pending and self.mode == "keeps-late":
            say(event="DEVICE_UNPLUG_GUEST_ERROR", data={"device": self.pending, "path": "/x"})
        elif self.pending:
            self.gone(say, self.pending)

    def handle(self, say, name, answer, arguments):
        """Whether it was a command of ours; it has been answered then."""
        if name == "qom-list" and self.mode == "unsure" and not self.settled:
            say(error={"class": "GenericError", "desc": "ask later"}, id=answer)
        elif name == "qom-list":
            found = [{"name": "type", "type": "string"}]
            found += [{"name": each, "type": "child<x>"} for each in self.ids]
            say(**{"return": found}, id=answer)
        elif name == "query-chardev":
            if self.mode == "refuses-query" and len(self.backends.ids) > self.backends.started:
                say(error={"class": "GenericError", "desc": "ask later"}, id=answer)
            else:
                say(**{"return": self.chardevs()}, id=answer)
        elif name == "query-vnc-servers":
            port = "80" if self.mode == "lies" else "5907"
            say(**{"return": [{"server": [{"service": port, "websocket": False}]}]}, id=answer)
        elif name == "device_add":
            self.add(say, answer, arguments)
        elif name == "device_del":
            self.delete(say, answer, arguments["id"])
        else:
            return False
        return True


class Screens:
    """Pictures; the guest's name says how it goes wrong."""

    def __init__(self, mode, backends):
        self.mode = mode
        self.backends = backends
        self.sets = {}

    def add_fd(self):
        if not self.backends.received:
            return "no descriptor came"
        fd = self.backends.received.pop()
        if self.mode == "screen-late":
            for each in self.sets.values():
                with contextlib.suppress(PermissionError):
                    os.write(each, b"late")
        if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE != os.O_WRONLY:
            return "the descriptor can be read"
        self.sets[len(self.sets)] = fd
        return None

    def dump(self, arguments):
        if self.mode == "screen-refuses":
            return "no screen today"
        if self.mode == "screen-drops":
            raise ConnectionError
        number = int(arguments["filename"].removeprefix("/dev/fdset/"))
        os.write(self.sets[number], f"{arguments['device']} {arguments['head']}".encode())
        return None

    def add_client(self, arguments):
        if self.mode == "screen-refuses":
            return "no viewers today"
        with socket.socket(fileno=self.backends.fds.pop(arguments["fdname"])) as viewer:
            viewer.sendall(f"{arguments['protocol']} {arguments['skipauth']}".encode())
        return None

    def handle(self, say, name, answer, arguments):
        """Whether it was a command of ours; it has been answered then."""
        result = {}
        if name == "add-fd":
            error = self.add_fd()
            if self.mode != "screen-mute":
                result = {"fdset-id": len(self.sets) - 1, "fd": 9}
        elif name == "screendump":
            error = self.dump(arguments)
        elif name == "add_client":
            error = self.add_client(arguments)
        elif name == "remove-fd":
            error = None if arguments["fdset-id"] in self.sets else "no such set"
        else:
            return False
        if error:
            say(error={"class": "GenericError", "desc": error}, id=answer)
        else:
            say(**{"return": result}, id=answer)
        return True


class Machine:
    """Balloon and processors; the guest's name says how it goes wrong."""

    def __init__(self, mode, devices):
        self.mode = mode
        self.devices = devices
        smp = re.search(r"cpus=([0-9]+)(?:,maxcpus=([0-9]+))?", " ".join(sys.argv))
        self.booted = int(smp[1])
        self.slots = int(smp[2] or smp[1])
        self.total = int(re.search(r"(?:size=)?([0-9]+)k", " ".join(sys.argv))[1]) * 1024
        self.actual = self.total
        self.properties = {}

    def balloon(self, say, value):
        self.actual = min(value, self.total)
        say(event="BALLOON_CHANGE", data={"actual": self.actual})

    def get(self, name):
        if name != "guest-stats":
            return self.properties.get(name)
        return {"stats": {"stat-swap-in": 2048, "stat-swap-out": -1, "stat-major-faults": 7,
                          "stat-free-memory": 4 << 20, "stat-total-memory": 15 << 20},
                "last-update": 1234567890 if self.properties else 0}

    def cpus(self):
        return [i for i in range(self.slots) if i < self.booted or f"vcpu{i}" in self.devices.ids]

    def places(self):
        """The last one comes first, as with QEMU."""
        there = self.cpus()
        for i in reversed(range(self.slots)):
            place = {"type": "fake-cpu", "vcpus-count": 1,
                     "props": {"socket-id": i, "core-id": 0, "thread-id": 0}}
            if i in there:
                place["qom-path"] = ("/machine/unattached/device[0]" if i < self.booted else
                                     f"/machine/peripheral/vcpu{i}")
            yield place

    def handle(self, say, name, answer, arguments):
        """Whether it was a command of ours; it has been answered then."""
        if name == "query-cpus-fast":
            say(**{"return": [{"cpu-index": i, "thread-id": os.getpid()} for i in self.cpus()]},
                id=answer)
        elif name == "query-iothreads":
            count = sum('"qom-type":"iothread"' in word for word in sys.argv)
            names = ["mon_iothread"] + [f"iothread{i + 1}" for i in range(count)]
            say(**{"return": [{"id": each, "thread-id": os.getpid()} for each in reversed(names)]},
                id=answer)
        elif name == "query-hotpluggable-cpus":
            say(**{"return": list(self.places())}, id=answer)
        elif name.startswith(("qom-set", "balloon")) and self.mode == "refuses-tune":
            say(error={"class": "DeviceNotActive", "desc": "no balloon today"}, id=answer)
        elif name == "balloon":
            say(**{"return": {}}, id=answer)
            if self.mode != "tunes-late":
                self.balloon(say, arguments["value"])
        elif name == "query-balloon" and self.mode == "drops-balloon":
            raise ConnectionError
        elif name == "query-balloon":
            say(**{"return": {"actual": self.actual}}, id=answer)
        elif name == "qom-set":
            self.properties[arguments["property"]] = arguments["value"]
            say(**{"return": {}}, id=answer)
        elif name == "qom-get":
            say(**{"return": self.get(arguments["property"])}, id=answer)
        else:
            return False
        return True


def serve(mode, monitor, devices, machine):
    stream = monitor.makefile("rwb", buffering=0)
    devices.monitor = monitor
    running = False

    def say(**message):
        stream.write(json.dumps(message).encode() + b"\r\n")

    say(QMP={"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}}, "capabilities": []})
    for line in devices.backends.lines(monitor):
        command = json.loads(line)
        name, answer = command["execute"], command["id"]
        try:
            if any(each.handle(say, name, answer, command.get("arguments"))
                   for each in (devices, devices.backends, devices.screens, machine)):
                continue
        except ConnectionError:
            monitor.shutdown(socket.SHUT_RDWR)
            return
        if name == "system_reset":
            devices.reset(say)
            if mode.startswith("agent"):
                devices.channel(say)
        if name == "cont" and mode == "refuses":
            print("cannot continue", file=sys.stderr)
            say(error={"class": "GenericError", "desc": "no"}, id=answer)
            continue
        if name == "stop" and mode == "stalls":
            say(event="RESET")
            continue
        if name == "system_powerdown" and mode == "numb":
            say(error={"class": "GenericError", "desc": "no button"}, id=answer)
            continue
        if name == "stop" and mode == "drops":
            monitor.shutdown(socket.SHUT_RDWR)
            time.sleep(1000)
        if name in ("stop", "cont"):
            running = name == "cont"
            say(event="RESUME" if running else "STOP")
        if name == "query-status":
            say(**{"return": {"running": running, "status": "running" if running else "paused"}},
                id=answer)
            continue
        say(**{"return": {}}, id=answer)
        if name == "quit":
            say(event="SHUTDOWN", data={"guest": False, "reason": "host-qmp-quit"})
            sys.exit(0)
        if name == "system_powerdown" and mode != "deaf":
            say(event="SHUTDOWN", data={"guest": True, "reason": "guest-shutdown"})
            sys.exit(0)
        if name == "cont":
            react(mode, say)


def react(mode, say):
    if mode == "console":
        with socket.socket(fileno=4) as serial:
            serial.sendall(b"say: ")
            serial.sendall(serial.recv(100).upper() + b"x" * 1000000 + b"END\n")
        mode = "guest-shutdown"
    if mode in ("guest-shutdown", "guest-reset", "guest-panic", "host-signal"):
        say(event="SHUTDOWN", data={"guest": True, "reason": mode})
        sys.exit(0)
    if mode == "events":
        node = "libvirt-vdb-format"
        say(event="RTC_CHANGE", data={"offset": -3600, "qom-path": "/x"})
        say(event="WATCHDOG", data={"action": "inject-nmi"})
        say(event="BLOCK_IO_ERROR", data={"device": "", "node-name": node, "operation": "write",
                                          "action": "report", "nospace": True, "reason": "No space"})
        say(event="DEVICE_TRAY_MOVED", data={"device": "", "id": "ua-x", "tray-open": True})
        say(event="SUSPEND")
        say(event="WAKEUP")
        say(event="SUSPEND_DISK")
        say(event="RESET", data={"guest": True, "reason": "guest-reset"})
        say(event="NOBODY_KNOWS", data={"deep": {"er": [1]}})
    if mode == "leaves":
        sys.exit(0)
    if mode == "fails":
        print("the disk is on fire\x1b[2J", file=sys.stderr)
        sys.exit(3)
    if mode == "noisy":
        for i in range(100000):
            print("line", i, file=sys.stderr)
        sys.exit(1)
    if mode == "dies":
        os.kill(os.getpid(), signal.SIGKILL)


def main():
    mode = sys.argv[sys.argv.index("-name") + 1].split("=")[1].split(",")[0]
    if mode == "inspect":
        print(describe(), file=sys.stderr)
        sys.exit(1)
    if mode == "directory":
        path = re.search(r"path=(/[^,]*)/channel-org[.]qemu[.]guest_agent[.]0,", " ".join(sys.argv))
        print("%s: mode %o, GREETING=%s, last word %s" % (
            path[1], stat.S_IMODE(os.stat(path[1]).st_mode), os.environ.get("GREETING"),
            sys.argv[-1]), file=sys.stderr)
        open(os.path.join(path[1], "left"), "x").close()
        sys.exit(1)
    if mode == "refuses-argv":
        print("fakeqemu: -machine q35: no such thing\nsee -help", file=sys.stderr)
        sys.exit(1)
    if mode == "hangs-up":
        print("good bye", file=sys.stderr)
        sys.exit(0)
    if mode == "garbage":
        monitor = next(connections(socket.socket(fileno=3)))
        monitor.sendall(b"garbage\n" * 100)
        time.sleep(1000)
    if mode == "mute":
        time.sleep(1000)
    if mode == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    devices = Devices(mode, Backends(mode))
    machine = Machine(mode, devices)
    for monitor in connections(socket.socket(fileno=3)):
        serve(mode, monitor, devices, machine)


if __name__ == "__main__":
    main()
