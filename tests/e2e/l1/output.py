# SPDX-License-Identifier: LGPL-2.1-or-later
"""Text that comes while something goes on, and is waited for."""

import os
import re
import signal
import subprocess
import threading
import time

from tap import expect

# the machine that emulates this one may be busy with other things
WAIT_S = 60

# in the finding about a guest that died
PANICKED = "its kernel panicked"


class Output:
    """What comes out of a descriptor, until its other end is closed."""

    def __init__(self, name):
        self.name = name
        self.text = ""
        self.changed = threading.Condition()
        self.reader = None

    def follow(self, fd):
        self.reader = threading.Thread(target=self._read, args=(fd,), daemon=True)
        self.reader.start()

    def _read(self, fd):
        with open(f"/run/e2e/{self.name}.log", "ab") as copy:
            while True:
                try:
                    data = os.read(fd, 65536)
                except OSError:
                    # how a terminal ends
                    data = b""
                with self.changed:
                    if not data:
                        self.changed.notify_all()
                        return
                    self.text += data.decode(errors="replace").replace("\r", "")
                    self.changed.notify_all()
                copy.write(data)
                copy.flush()

    def await_text(self, pattern, timeout_s=WAIT_S, since=0):
        """Waits until the text after @since has a pattern; fails if the other end goes before."""
        end = time.monotonic() + timeout_s
        with self.changed:
            while True:
                match = re.compile(pattern, re.M).search(self.text, since)
                if match:
                    return match
                left = end - time.monotonic()
                expect(self.reader.is_alive(), f"{self.name} ended before it said '{pattern}'")
                expect("Kernel panic - not syncing" not in self.text[since:],
                       f"{self.name} did not say '{pattern}': {PANICKED}")
                expect(left > 0, f"{self.name} did not say '{pattern}' within {timeout_s} s")
                self.changed.wait(min(left, 1))


class Background(Output):
    """A program that runs beside the case; its output is read as it comes."""

    def __init__(self, name, argv, env=None):
        super().__init__(name)
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})}, start_new_session=True)
        self.follow(self.process.stdout.fileno())

    def end(self, number=signal.SIGTERM, timeout_s=WAIT_S):
        """Sends it a signal, unless it has ended; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            expect(False, f"{self.name} did not end within {timeout_s} s after signal {number}")
        self.reader.join(5)
        return status
