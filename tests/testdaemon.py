# testdaemon.py: a daemon with directories of its own, and clients for it
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For tests whose arguments are VIRTVFIOD SCENEBUILD.

import contextlib
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import libvirt

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.path.join(TOP, "tests", "virtvfioddata")
SCHEMAS = "/usr/share/libvirt/schemas"
VIRTVFIOD, SCENEBUILD = (os.path.abspath(path) for path in sys.argv[1:3])
with open(VIRTVFIOD, "rb") as program:
    SANITIZED = re.search(b"__(asan|tsan)_init", program.read()) is not None
ENV = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "G_DEBUG": "fatal-criticals",
       "abs_top_srcdir": TOP, "HOME": "/nonexistent"}
ENV.update({key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")})

MAIN, KEEPALIVE = 0x20008086, 0x6b656570
CALL, REPLY, EVENT, STREAM = range(4)

# A QEMU that says which one it is, and runs nothing.
QEMU = r"""#!/bin/sh
version='"qemu":{"major":7,"minor":2,"micro":19},"package":"Debian 1:7.2+dfsg-7"'
echo "{\"QMP\":{\"version\":{$version},\"capabilities\":[]}}" >&3
while read -r line <&3; do
    id=${line##*\"id\":}
    case $line in
    *qmp_capabilities*) reply='{}' ;;
    *query-kvm*) reply='{"enabled":true,"present":true}' ;;
    *query-machines*) reply='[{"name":"pc","cpu-max":255,"is-default":true}]' ;;
    *) reply='[]' ;;
    esac
    echo "{\"return\":$reply,\"id\":${id%%[,\}]*}}" >&3
done
"""


def libvirt_is_silent(_context, _error):
    pass


def event_loop():
    while True:
        libvirt.virEventRunDefaultImpl()


def start_libvirt():
    """libvirt in this process: says nothing by itself, and tells of events in a thread."""
    libvirt.registerErrorHandler(libvirt_is_silent, None)
    libvirt.virEventRegisterDefaultImpl()
    threading.Thread(target=event_loop, daemon=True).start()


class Daemon:
    """A daemon with directories of its own, on a recorded host (or on this one: scene=None), with a
    QEMU that only says its version (or with this host's: qemu=None)."""

    def __init__(self, *words, config="", scene="numa-server", qemu=QEMU, prefix=(), pass_fds=()):
        self.dir = tempfile.mkdtemp(prefix="virtvfiod-")
        os.chmod(self.dir, 0o755)
        self.path = f"{self.dir}/run/virtvfio-sock"
        self.root = f"{self.dir}/root"
        for name in ("run", "bin", "root"):
            os.mkdir(f"{self.dir}/{name}")
        with open(f"{self.dir}/virtvfiod.conf", "w", encoding="utf-8") as file:
            file.write(config)
        for arch in ("x86_64", "aarch64") if qemu else ():
            with open(f"{self.dir}/bin/qemu-system-{arch}", "w", encoding="utf-8") as file:
                file.write(qemu)
            os.chmod(file.name, 0o755)
        if scene:
            subprocess.run([SCENEBUILD, scene, self.root], check=True, env=ENV)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(f"{self.dir}/notify")
        self.notify.settimeout(20)
        self.log = open(f"{self.dir}/log", "w+", encoding="utf-8")
        self.words = [*prefix, VIRTVFIOD, "--verbose", "--run-dir", f"{self.dir}/run",
                      "--state-dir", f"{self.dir}/state", *(["--root", self.root] if scene else []),
                      "--config", f"{self.dir}/virtvfiod.conf", *words]
        self.start(pass_fds)

    def start(self, pass_fds=()):
        """Returns when it is ready."""
        env = {**ENV, "PATH": f"{self.dir}/bin:{ENV['PATH']}", "NOTIFY_SOCKET": f"{self.dir}/notify"}
        self.process = subprocess.Popen(self.words, env=env, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, pass_fds=pass_fds)
        try:
            self.await_notice("READY=1")
        except socket.timeout:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(self.read_log()) from None

    def kill(self):
        """As a crash does."""
        self.process.kill()
        self.process.wait()

    def await_notice(self, wanted):
        while wanted not in self.notify.recv(4096).decode().split("\n"):
            pass

    def read_log(self):
        self.log.seek(0)
        return self.log.read()

    def uri(self, path=None):
        return f"qemu+unix:///system?socket={path or self.path}"

    def connect(self, path=None):
        return Wire(path or self.path)

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return int(re.search(r"VmRSS:\s*(\d+)", file.read())[1])

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def terminate(self):
        """Its exit status. A second signal does no harm, and ThreadSanitizer needs it: it keeps one
        back that comes just before a poll."""
        for _ in range(4):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(5)
        return self.process.wait(20)

    def stop(self):
        """Its exit status, and its end leaves nothing wrong in the log."""
        status = self.terminate()
        text = self.read_log()
        self.log.close()
        self.notify.close()
        shutil.rmtree(self.dir)
        return status, text

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        status, text = self.stop()
        # Rather than what went wrong because of it.
        if status != 0 or re.search("CRITICAL|assertion|Sanitizer", text):
            raise AssertionError(f"the daemon ended with {status}: {text[-4000:]}") from value


class Wire:
    """A connection that says whatever a test wants."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.serial = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, payload=b"", program=MAIN, version=1, procedure=1, kind=CALL, serial=0,
             status=0):
        body = struct.pack(">IIiiIi", program, version, procedure, kind, serial, status) + payload
        self.socket.sendall(struct.pack(">I", len(body) + 4) + body)

    def read(self, length):
        data = b""
        while len(data) < length:
            piece = self.socket.recv(length - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def receive(self):
        """(program, version, procedure, type, serial, status), payload"""
        body = self.read(struct.unpack(">I", self.read(4))[0] - 4)
        return struct.unpack(">IIiiIi", body[:24]), body[24:]

    def call(self, procedure, payload=b""):
        """The payload of the reply, or (code, domain, message)."""
        self.serial += 1
        self.send(payload, procedure=procedure, serial=self.serial)
        header, payload = self.receive()
        if header[:5] != (MAIN, 1, procedure, REPLY, self.serial):
            raise AssertionError(f"unexpected header {header}")
        return error_of(payload) if header[5] else payload

    def open(self, flags=0, uri="qemu:///system"):
        return self.call(1, optional(uri) + struct.pack(">I", flags))


def error_of(payload):
    code, domain, present, length = struct.unpack(">iiII", payload[:16])
    assert present == 1
    rest = payload[16 + length + -length % 4:]
    # level error; no guest, texts, network; no numbers
    assert rest[:4] == struct.pack(">i", 2) and len(rest) == 32, rest
    return code, domain, payload[16:16 + length].decode()


def text(string):
    data = string.encode()
    return struct.pack(">I", len(data)) + data + b"\0" * (-len(data) % 4)


def optional(string):
    return struct.pack(">I", 0) if string is None else struct.pack(">I", 1) + text(string)


def virsh(uri, *words, extra=(), quiet=True):
    done = subprocess.run(["virsh", *(["-q"] if quiet else []), *extra, "-c", uri, *words], env={**ENV, "HOME": "/tmp", "EDITOR": "true"},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


def run(*words):
    done = subprocess.run([VIRTVFIOD, *words], env=ENV, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


class Golden(unittest.TestCase):
    """Tests whose whole output is in a file of tests/virtvfioddata."""
    maxDiff = None

    def golden(self, name, found):
        path = os.path.join(DATA, name)
        if os.environ.get("VIR_TEST_REGENERATE"):
            os.makedirs(DATA, exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(found)
        with open(path, encoding="utf-8") as file:
            self.assertMultiLineEqual(found, file.read())
