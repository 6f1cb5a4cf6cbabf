#!/usr/bin/python3
# virtvfiodwindowtest.py: virt-manager's windows, on an X server of their own
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Pictures of the windows stay beside meson's logs, as window-*.png.
# Usage: virtvfiodwindowtest.py VIRTVFIOD SCENEBUILD

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import libvirt

import tap
from testdaemon import ENV, TOP
from testscreen import GREEN, RED, Picture, daemon_with

PICTURES = os.path.join(os.environ.get("abs_top_builddir", f"{TOP}/build"), "meson-logs")
TIMEOUT_S = 60

# What virt-manager calls, is told that it is not there, and does without: a storage pool of its own, and
# what the host's processor has against flaws of its own.
DOES_WITHOUT = {77, 162, 394}


def await_true(ask, what):
    deadline = time.monotonic() + TIMEOUT_S
    while not (found := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.1)
    return found


def read_line(fd):
    """The first line of what comes from a pipe, or "" at its end; closes it."""
    with os.fdopen(fd, encoding="utf-8") as file:
        return file.readline().strip()


def why_not():
    """Why there can be no windows, or None."""
    for program in ("Xvfb", "virt-manager", "dbus-run-session", "import"):
        if not shutil.which(program):
            return f"needs {program}"
    try:
        import gi
        gi.require_version("Atspi", "2.0")
    except (ImportError, ValueError) as err:
        return f"needs python3-gi and gir1.2-atspi-2.0: {err}"
    return None


class Display:
    """An X server."""

    def __init__(self):
        theirs, ours = os.pipe()[::-1]
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1024x768x24", "-nolisten", "tcp",
             "-noreset"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, pass_fds=[theirs])
        os.close(theirs)
        self.name = f":{read_line(ours)}"
        if self.name == ":":
            self.close()
            self.log.seek(0)
            raise unittest.SkipTest(f"Xvfb does not start: {self.log.read()[-300:]!r}")

    def close(self):
        self.process.terminate()
        self.process.wait(TIMEOUT_S)

    def take(self, target):
        """None if a window went while all of them were looked at."""
        done = subprocess.run(["import", "-display", self.name, "-window", "root", "-depth", "8", target],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_S)
        return done if done.returncode == 0 else None

    def picture(self):
        """Of all that is on it."""
        return Picture(await_true(lambda: self.take("ppm:-"), "a picture").stdout)

    def keep(self, name):
        """A picture, under that name."""
        os.makedirs(PICTURES, exist_ok=True)
        await_true(lambda: self.take(f"{PICTURES}/window-{name}.png"), "a picture")


class Manager:
    """A virt-manager, on a session bus of its own, and what it shows by the means for those who cannot
    see."""

    def __init__(self, display, uri, *words):
        self.home = tempfile.mkdtemp(prefix="virt-manager-")
        self.words = ["virt-manager", "--no-fork", "--debug", "--connect", uri]
        env = {key: value for key, value in ENV.items() if key not in ("G_DEBUG", "LD_PRELOAD")}
        self.env = {**env, "DISPLAY": display.name, "HOME": self.home, "XDG_RUNTIME_DIR": self.home,
                    "GSETTINGS_BACKEND": "memory", "GDK_BACKEND": "x11", "LC_ALL": "C.UTF-8"}
        theirs, ours = os.pipe()[::-1]
        self.log = open(f"{self.home}/log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            ["dbus-run-session", "--", "sh", "-c",
             f'echo "$DBUS_SESSION_BUS_ADDRESS" >/proc/self/fd/{theirs}; exec "$@"',
             "sh", *self.words, *words],
            env=self.env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            pass_fds=[theirs], start_new_session=True)
        os.close(theirs)
        self.env["DBUS_SESSION_BUS_ADDRESS"] = read_line(ours)
        os.environ.update(self.env)
        import gi
        gi.require_version("Atspi", "2.0")
        from gi.repository import Atspi, GLib
        self.atspi, self.error = Atspi, GLib.Error
        Atspi.set_timeout(5000, 5000)  # in milliseconds: whoever does not answer is asked again

    def close(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(TIMEOUT_S)
        self.log.close()
        shutil.rmtree(self.home)

    def show(self, *words):
        """Has it open another window, as whoever starts it once more does."""
        subprocess.run([*self.words, *words], env=self.env, stdin=subprocess.DEVNULL, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TIMEOUT_S)

    def read_log(self):
        self.log.seek(0)
        return self.log.read()

    def walk(self, node=None):
        """(role, name, object) of all that can be seen; what goes meanwhile is not there."""
        node = node or self.atspi.get_desktop(0)
        with contextlib.suppress(self.error):
            yield node.get_role_name(), node.get_name(), node
            for i in range(node.get_child_count()):
                child = node.get_child_at_index(i)
                if child and (child.get_role_name() in ("application", "frame") or
                              self.has(child, self.atspi.StateType.SHOWING)):
                    yield from self.walk(child)

    def has(self, node, state):
        with contextlib.suppress(self.error):
            return node.get_state_set().contains(state)
        return False

    def find(self, role, name, node=None):
        """What has this role and a name that matches the pattern, now or soon, in @node or anywhere."""
        return await_true(lambda: next(
            (found for its_role, its_name, found in self.walk(node)
             if its_role == role and re.fullmatch(name, its_name, re.DOTALL)), None), f"{role} '{name}'")

    def click(self, button):
        """It is done in any case, if it is not confirmed in time too."""
        with contextlib.suppress(self.error):
            self.find("toggle button", button).do_action(0)

    def choose(self, table, row):
        cell = self.find("table cell", row, table)
        with contextlib.suppress(self.error):
            cell.grab_focus()
        await_true(lambda: self.has(cell, self.atspi.StateType.SELECTED), f"'{row}' being chosen")


@unittest.skipIf(why_not(), why_not())
class TestWindows(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        display = Display()
        stack.callback(display.close)
        self.display = display
        self.daemon, _, self.dom = stack.enter_context(daemon_with(("g", "")))
        self.manager = Manager(display, f"qemu:///system?socket={self.daemon.path}",
                               "--show-domain-console", "g")
        stack.callback(self.manager.close)

    def shows_guest(self):
        """Whether the window has the guest's screen: both colours, of its size, one above the other."""
        picture = self.display.picture()
        size = picture.width * picture.height
        halves = picture.count(RED), picture.count(GREEN)
        return halves == (640 * 200, 640 * 200) and size > sum(halves)

    def test_windows(self):
        """virt-manager shows a guest's screen, its details and all guests, and presses its buttons"""
        await_true(self.shows_guest, "the guest's screen")
        self.display.keep("console")
        self.assertIn("Viewer connected", self.manager.read_log())
        self.buttons()
        self.details()
        self.all_guests()
        self.unsupported()

    def buttons(self):
        for button, state in (("Pause", libvirt.VIR_DOMAIN_PAUSED), ("Pause", libvirt.VIR_DOMAIN_RUNNING)):
            self.manager.click(button)
            await_true(lambda wanted=state: self.dom.state()[0] == wanted, f"state {state}")

    def details(self):
        self.manager.show("--show-domain-editor", "g")
        self.manager.find("label", r"Running \(Unpaused\)")
        self.display.keep("details")
        pages = self.manager.find("table", "hw-list")
        for page in ("Overview", "OS information", "Performance", "CPUs", "Memory", "Boot Options",
                     "SATA Disk 1", "Mouse", "Keyboard", "Display VNC", "Video VGA",
                     "Controller PCIe 0", "Controller SATA 0"):
            self.manager.choose(pages, page)

    def all_guests(self):
        self.manager.show()
        self.manager.find("table cell", "g\nRunning.*")
        self.display.keep("manager")

    def unsupported(self):
        calls = set(map(int, re.findall(r"procedure (\d+): (?:unknown|this function is not supported)",
                                        self.daemon.read_log())))
        self.assertLessEqual(calls, DOES_WITHOUT)
        log = self.manager.read_log()
        errors = [line for line in log.split("\n") if re.match(r"\S*(Error|Exception)\b", line)]
        self.assertEqual(len(errors), 1, errors)
        self.assertTrue(errors[0].startswith("RuntimeError: Could not define storage pool: "), errors)
        self.assertEqual([name for role, name, _ in self.manager.walk() if role in ("alert", "dialog")],
                         [])


if __name__ == "__main__":
    tap.main("__main__")
