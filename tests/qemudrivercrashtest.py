#!/usr/bin/python3
# qemudrivercrashtest.py: the driver, and QEMU, killed at each step of what they do
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every step is a call of the driver that changes something or talks to QEMU (qemudrivertool.c).
# Whatever was killed, a new driver must find a guest that runs or one that is off, and no process
# and no file that nobody answers for.
# Usage: qemudrivercrashtest.py QEMUDRIVERTOOL

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

import tap

TOOL = os.path.abspath(sys.argv[1])
UUID = str(uuid.uuid4())  # other tests have guests too, at the same time
XML = (f"<domain type='qemu'><name>g</name><uuid>{UUID}</uuid><memory unit='MiB'>16</memory>"
       "<os><type machine='q35'>hvm</type></os></domain>")
RUNNING, PAUSED, SHUTOFF = "1", "3", "5"
MOST_STEPS = 200  # more than any command takes


def processes():
    """The QEMUs of our guest."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if UUID.encode() in file.read().split(b"\0"):
                    found.append(int(pid))
        except OSError:
            pass
    return found


class Crash(unittest.TestCase):
    """One driver, or one QEMU, is killed at a time."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="qemudrivercrashtest-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(lambda: [os.kill(pid, signal.SIGKILL) for pid in processes()])
        self.xml = os.path.join(self.folder, "g.xml")
        with open(self.xml, "w", encoding="utf-8") as file:
            file.write(XML)

    def tool(self, *commands, **env):
        # A thread that runs when the process ends may own memory; qemudrivertest looks for leaks.
        asan = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        env = {"ASAN_OPTIONS": asan, **{k: str(v) for k, v in env.items()}}
        return subprocess.run([TOOL, self.folder, *commands], timeout=100, text=True,
                              env={**os.environ, **env},
                              stdin=subprocess.DEVNULL, capture_output=True)

    def works(self, *commands):
        ran = self.tool(*commands)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertNotIn("damaged", ran.stderr)
        return ran.stdout

    def state(self):
        """What a new driver makes of it: (state, pid), or None if there is no guest."""
        words = self.works("state").split()
        return (words[1], int(words[4])) if words else None

    def assert_clean(self, point):
        """No QEMU, and nothing of a guest in the run directory; definitions are whole."""
        # An orphan is reaped by somebody else, and soon.
        deadline = time.monotonic() + 10
        while processes() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(processes(), [], point)
        left = set(os.listdir(os.path.join(self.folder, "run"))) - {"driver", "driver.lock"}
        self.assertEqual(left, set(), point)
        names = set(os.listdir(os.path.join(self.folder, "state")))
        self.assertLessEqual(names, {"g.xml"}, point)

    def check(self, point):
        """A new driver has the guest in hand, and can end it."""
        found = self.state()
        if found and found[0] != SHUTOFF and processes() != [found[1]]:
            found = self.state()  # it was about to end
        if found and found[0] != SHUTOFF:
            self.assertIn(found[0], (RUNNING, PAUSED), point)
            self.assertEqual(processes(), [found[1]], point)
            self.works("destroy=g")
        self.assert_clean(point)
        if found and self.state():
            self.works("undefine=g")
        return found[0] if found else None

    def every_step(self, before, commands, variable):
        """Runs @commands with a kill at each step; returns all the states that were found."""
        found = []
        for step in range(1, MOST_STEPS):
            self.works(*before, "state")
            ran = self.tool(*commands, **{variable: step})
            if variable == "KILL_AT" and ran.returncode != -signal.SIGKILL:
                break
            self.assertIn(ran.returncode, (0, 1, -signal.SIGKILL), ran.stderr)
            found.append(self.check(f"{variable} {step}: {ran.stderr}"))
            if variable == "KILL_QEMU_AT" and step > 70:
                break
        return found

    def test_start(self):
        """the driver is killed at each step of a start"""
        found = self.every_step([f"define={self.xml}"], ["start=g"], "KILL_AT")
        self.assertGreater(len(found), 15)
        self.assertEqual(found[0], SHUTOFF)
        self.assertEqual(found[-1], RUNNING)

    def test_create(self):
        """the driver is killed at each step of a transient guest's start"""
        found = self.every_step([], [f"create={self.xml}"], "KILL_AT")
        self.assertEqual(found[0], None)
        self.assertEqual(found[-1], RUNNING)

    def test_define(self):
        """the driver is killed at each step of define and undefine"""
        found = self.every_step([], [f"define={self.xml}", "undefine=g"], "KILL_AT")
        self.assertEqual((found[0], found[-1]), (None, None))
        self.assertIn(SHUTOFF, found)

    def test_life(self):
        """the driver is killed at each step of taking over, suspend, resume and destroy"""
        found = self.every_step([f"define={self.xml}", "start=g"],
                                ["suspend=g", "resume=g", "destroy=g"], "KILL_AT")
        self.assertGreater(len(found), 15)
        for state in (RUNNING, PAUSED, SHUTOFF):
            self.assertIn(state, found)
        self.assertEqual(found[-1], SHUTOFF)

    def check_save(self, point, image):
        """Either there is a whole file and the guest is off, or the guest goes on without one."""
        found = self.state()
        if os.path.exists(image):
            self.assertEqual(found[0], SHUTOFF, point)
        elif found:
            self.assertEqual(found[0], RUNNING, point)
        left = [n for n in os.listdir(os.path.dirname(image)) if ".new" in n or ".used" in n]
        for name in left:  # the file had no name of its own yet, or not yet for good
            self.assertNotEqual(name, os.path.basename(image))
            os.unlink(os.path.join(os.path.dirname(image), name))
        return found[0]

    def test_save(self):
        """the driver is killed at each step of a save"""
        image = os.path.join(self.folder, "saved")
        found = []
        for step in range(1, MOST_STEPS):
            self.works(f"define={self.xml}", "start=g")
            ran = self.tool("save=g", KILL_AT=step)
            if ran.returncode != -signal.SIGKILL:
                break
            found.append(self.check_save(f"step {step}: {ran.stderr}", image))
            if found[-1] == SHUTOFF:
                self.works("restore")
                os.unlink(image)
            self.check(f"step {step}")
        self.assertGreater(len(found), 10)
        self.assertEqual((found[0], found[-1]), (RUNNING, SHUTOFF))
        os.unlink(image)

    def test_qemu(self):
        """QEMU is killed at each step of its life"""
        found = self.every_step([f"define={self.xml}"],
                                ["start=g", "suspend=g", "resume=g", "state", "destroy=g"],
                                "KILL_QEMU_AT")
        self.assertEqual(set(found), {SHUTOFF})

    def test_cycles(self):
        """a hundred starts and destroys leave no descriptor, process or file"""
        self.works(f"define={self.xml}")
        ran = self.tool("cycle=g")
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertRegex(ran.stdout, r"^descriptors (\d+) then \1$")
        self.assert_clean("after 100 cycles")


if __name__ == "__main__":
    tap.main("__main__")
