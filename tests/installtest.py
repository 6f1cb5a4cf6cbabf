#!/usr/bin/python3
# installtest.py: what "meson install" puts in place
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Usage: installtest.py BUILD-DIRECTORY

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import tap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(sys.argv[1])

# Below the prefix, but for what begins with "/"; mode; {…} is an option of meson's.
PLACES = [
    ("{bindir}/virtvfio", 0o755),
    ("{sbindir}/virtvfiod", 0o755),
    ("lib/systemd/system/virtvfiod.service", 0o644),
    ("lib/systemd/system/virtvfiod.socket", 0o644),
    ("lib/systemd/system/virtvfiod-ro.socket", 0o644),
    ("lib/sysusers.d/virtvfio.conf", 0o644),
    ("lib/tmpfiles.d/virtvfio.conf", 0o644),
    ("{sysconfdir}/virtvfio/virtvfiod.conf", 0o644),
    ("{mandir}/man1/virtvfio.1", 0o644),
    ("{mandir}/man8/virtvfiod.8", 0o644),
    ("{datadir}/polkit-1/actions/org.virtvfio.policy", 0o644),
    ("{datadir}/bash-completion/completions/virtvfio", 0o644),
    ("{datadir}/bash-completion/completions/virtvfiod", 0o644),
]

PLACES += [(f"{{datadir}}/virtvfio/schemas/{name}", 0o644)
           for name in os.listdir(f"{TOP}/src/conf/schemas") if name.endswith(".rng")]

# The directories of tmpfiles.d: mode
DIRECTORIES = {
    "/run/virtvfio": 0o755,
    "/run/virtvfio/qemu": 0o711,
    "/var/lib/virtvfio": 0o711,
    "/var/log/virtvfio": 0o700,
    "/var/cache/virtvfio": 0o700,
}


def call(*words, **kwargs):
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120, check=False, **kwargs)


def options():
    found = call("meson", "introspect", "--buildoptions", BUILD)
    return {option["name"]: option["value"] for option in json.loads(found.stdout)}


class TestInstall(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.options = options()
        cls.root = tempfile.mkdtemp(prefix="virtvfio-install.")
        env = {**os.environ, "DESTDIR": cls.root}
        cls.done = call("meson", "install", "-C", BUILD, "--no-rebuild", env=env)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def place(self, name):
        """Where it is installed, without DESTDIR."""
        return os.path.join(self.options["prefix"], name.format(**self.options))

    def found(self, name):
        return self.root + self.place(name)

    def need(self, program):
        if not shutil.which(program):
            self.skipTest(f"{program} is not installed")

    def test_install(self):
        """everything is in its place, with its mode, and nothing else is"""
        self.assertEqual(self.done.returncode, 0, self.done.stdout)
        locale = self.root + os.path.join(self.options["prefix"], self.options["localedir"])
        found = {}
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = os.path.join(folder, name)
                if not path.startswith(locale):
                    found[path[len(self.root):]] = oct(os.stat(path).st_mode & 0o7777)
        self.assertEqual(found, {self.place(name): oct(mode) for name, mode in PLACES})

    def test_service(self):
        """the service starts the program that was installed"""
        with open(self.found("lib/systemd/system/virtvfiod.service"), encoding="utf-8") as file:
            self.assertIn(f"ExecStart={self.place('{sbindir}/virtvfiod')}\n", file.read())

    def test_config(self):
        """the program that was installed reads its configuration where that was installed"""
        done = call(self.found("{sbindir}/virtvfiod"), "--help")
        self.assertIn(self.place("{sysconfdir}/virtvfio/virtvfiod.conf"), done.stdout)
        done = call(self.found("{sbindir}/virtvfiod"), "--check-config", "--config",
                    self.found("{sysconfdir}/virtvfio/virtvfiod.conf"))
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_units(self):
        """systemd finds nothing wrong with the units"""
        self.need("systemd-analyze")
        units = os.path.join(self.root, "units")
        shutil.copytree(self.found("lib/systemd/system"), units)
        self.addCleanup(shutil.rmtree, units)
        service = os.path.join(units, "virtvfiod.service")
        with open(service, encoding="utf-8") as file:
            text = file.read()
        with open(service, "w", encoding="utf-8") as file:
            file.write(text.replace("ExecStart=", f"ExecStart={self.root}"))
        names = sorted(os.listdir(units))
        self.assertEqual(len(names), 3)
        env = {**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"}
        done = call("systemd-analyze", "verify", "--man=no",
                    *[os.path.join(units, name) for name in names], env=env)
        wrong = [line for line in done.stdout.splitlines() if "virtvfio" in line]
        self.assertEqual((wrong, done.returncode), ([], 0), done.stdout)

    def test_tmpfiles(self):
        """systemd-tmpfiles makes the directories, with their modes"""
        self.need("systemd-tmpfiles")
        if os.geteuid() != 0:
            self.skipTest("only root gives directories to root")
        root = os.path.join(self.root, "made")
        self.addCleanup(shutil.rmtree, root)
        # Names of users are looked up below the root.
        os.makedirs(f"{root}/etc")
        for name in ("passwd", "group"):
            shutil.copy(f"/etc/{name}", f"{root}/etc/{name}")
        done = call("systemd-tmpfiles", "--create", f"--root={root}",
                    self.found("lib/tmpfiles.d/virtvfio.conf"))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual({name: oct(os.stat(root + name).st_mode & 0o7777) for name in DIRECTORIES},
                         {name: oct(mode) for name, mode in DIRECTORIES.items()})

    def test_sysusers(self):
        """systemd-sysusers makes the user of guests' QEMU"""
        self.need("systemd-sysusers")
        if os.geteuid() != 0:
            self.skipTest("only root makes users")
        root = os.path.join(self.root, "users")
        os.makedirs(f"{root}/etc")
        self.addCleanup(shutil.rmtree, root)
        done = call("systemd-sysusers", f"--root={root}",
                    self.found("lib/sysusers.d/virtvfio.conf"))
        self.assertEqual(done.returncode, 0, done.stdout)
        with open(f"{root}/etc/passwd", encoding="utf-8") as file:
            self.assertIn("virtvfio-qemu:", file.read())


if __name__ == "__main__":
    tap.main("__main__")
