# tap.py: runs unittest cases and prints TAP, for meson
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import sys
import tempfile
import traceback
import unittest

# Recorded trees are hundreds of small files: memory is many times faster than some disks.
FOLDERS = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def make_folder(prefix):
    """A new directory, to be removed by whoever asked for it."""
    return tempfile.mkdtemp(prefix=prefix, dir=FOLDERS)


class TapResult(unittest.TestResult):
    """Prints a line per test as it ends."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def _line(self, word, test, directive=""):
        self.count += 1
        description = test.shortDescription() or test.id()
        print(f"{word} {self.count} - {description.replace('#', '')}{directive}", flush=True)

    def _failed(self, test, err):
        self._line("not ok", test)
        for line in "".join(traceback.format_exception(*err)).splitlines():
            print(f"# {line}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._failed(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._failed(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self._failed(subtest, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line("ok", test, f" # SKIP {reason}")


def main(module):
    """Runs every test of a module; @module is the name of one that is imported."""
    suite = unittest.defaultTestLoader.loadTestsFromName(module)
    result = TapResult()
    suite.run(result)
    print(f"1..{result.count}")
    sys.exit(0 if result.wasSuccessful() else 1)
