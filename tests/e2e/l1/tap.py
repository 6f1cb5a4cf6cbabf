# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases, and their results as TAP on the second serial port of the host."""

import fnmatch
import os
import time
import traceback
import tty

LAST_LINE = "# e2e: done"
LOG_LINES = 60

cases = []


class Failed(Exception):
    """A case found something wrong; the text is the finding."""


def expect(condition, finding):
    if not condition:
        raise Failed(finding)


def expect_equal(found, wanted, what):
    if found != wanted:
        raise Failed(f"{what}: found {found!r}, expected {wanted!r}")


def case(sentence):
    """Registers a case; the sentence is its name."""

    def register(function):
        cases.append((sentence, function))
        return function

    return register


class Evidence:
    """What a failing case shows: logs and outputs, collected while it runs."""

    def __init__(self):
        self.items = []
        self.notes = []

    def note(self, text):
        """A line of the report, whatever comes of the case: a measurement, a count."""
        self.notes.append(text)

    def add(self, title, text):
        """@text: a string, or a function that gives one later"""
        self.items.append((title, text))

    def lines(self):
        for title, text in self.items:
            yield f"--- {title}"
            lines = (text() if callable(text) else text).splitlines()
            if len(lines) > LOG_LINES:
                yield f"... {len(lines) - LOG_LINES} lines before"
            yield from lines[-LOG_LINES:]


class Port:
    """Line output to a serial port, unchanged by the terminal layer."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        tty.setraw(self.fd)

    def line(self, text=""):
        data = (text + "\n").encode()
        while data:
            data = data[os.write(self.fd, data) :]


def run(port, patterns):
    """Runs the cases whose function name or sentence matches; prints TAP."""
    chosen = [
        (sentence, function)
        for sentence, function in cases
        if any(fnmatch.fnmatch(x, p) for p in patterns for x in (function.__name__, sentence))
    ]
    port.line(f"1..{len(chosen)}")
    for number, (sentence, function) in enumerate(chosen, 1):
        evidence = Evidence()
        start = time.monotonic()
        try:
            function(evidence)
            finding = None
        except Failed as error:
            finding = str(error)
        except Exception:
            finding = traceback.format_exc()
        port.line(f"{'not ' if finding else ''}ok {number} - {sentence}")
        for text in evidence.notes:
            port.line(f"# {text}")
        port.line(f"# {function.__name__}: {time.monotonic() - start:.1f} s")
        if finding:
            for line in [*finding.splitlines(), *evidence.lines()]:
                port.line(f"#   {line}")
