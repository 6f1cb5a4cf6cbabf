# SPDX-License-Identifier: LGPL-2.1-or-later
"""Running the tool under test inside the host."""

import json
import os
import subprocess
import time
from dataclasses import dataclass

from tap import expect, expect_equal

job = {}


def program():
    return os.path.join(job["build_dir"], "tools", "virtvfio")


def make_reachable(path):
    """Lets an unprivileged user get to the build tree; only L1's overlay changes."""
    while path != "/":
        mode = os.stat(path).st_mode
        if not mode & 1:
            os.chmod(path, mode & 0o7777 | 0o111)
        path = os.path.dirname(path)


@dataclass
class Result:
    argv: list
    status: int
    out: str
    err: str
    seconds: float

    def __str__(self):
        return (f"$ {' '.join(self.argv)}\n{self.out}{self.err}"
                f"(exit status {self.status}, {self.seconds:.1f} s)")

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError as error:
            expect(False, f"the output is no JSON: {error}\n{self}")


port = None


def monitor(command):
    """Has run-e2e give a command to the monitor of the emulator that this host runs in."""
    port.line(f"@monitor {command}")


def run(evidence, argv, timeout_s=60, env=None, user=None):
    """Runs a program to its end and keeps what it said as evidence."""
    start = time.monotonic()
    who = {"user": user, "group": user, "extra_groups": []} if user else {}
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=timeout_s,
                              env={**os.environ, **(env or {})}, **who)
    except subprocess.TimeoutExpired as error:
        evidence.add("output", f"{error.stdout}\n{error.stderr}")
        expect(False, f"'{' '.join(argv)}' did not end within {timeout_s} s")
    result = Result(argv, done.returncode, done.stdout, done.stderr, time.monotonic() - start)
    if evidence:
        evidence.add("command", str(result))
    return result


def virtvfio(evidence, *args, status=0, **kwargs):
    """Runs the tool and checks its exit status."""
    result = run(evidence, [program(), *args], **kwargs)
    expect_equal(result.status, status, f"exit status of virtvfio {' '.join(args)}")
    return result
