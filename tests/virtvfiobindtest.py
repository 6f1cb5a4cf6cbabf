#!/usr/bin/python3
# virtvfiobindtest.py: bind, restore, status and recover, as far as they go without a change
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Changes of real drivers are tested by virpcibindtest on a fake kernel, and by tests/e2e on a real
# one. Golden files are in tests/virtvfiotestdata; VIR_TEST_REGENERATE=1 writes them anew.
# Usage: virtvfiobindtest.py VIRTVFIO SCENEBUILD

import hashlib
import json
import os
import re
import shutil
import subprocess
import unittest

import tap
from virtvfiotest import ENV, VIRTVFIO, Ran, SceneCase, plain, run, run_on_terminal, validate

NOT_ROOT = 65534
RECORD = {
    "version": "1", "address": "0000:3b:00.2", "vendor": "0x15b3", "device": "0x101e",
    "step": "held", "previous-driver": "mlx5_core", "previous-override": None,
    "target-driver": "mlx5_vfio_pci", "held-driver": None, "held-by": None,
    "holder": "administrator", "since": "2026-11-22T03:04:05Z", "transaction": "4711-1", "pid": "4711",
}


class BindCase(SceneCase):
    def setUp(self):
        super().setUp()
        self.run_dir = os.path.join(self.folder, "run")
        self.journal = os.path.join(self.run_dir, "journal")

    def put(self, **changes):
        """Writes a record; "_" in a keyword is "-" in the file."""
        keys = {**RECORD, **{key.replace("_", "-"): value for key, value in changes.items()}}
        os.makedirs(self.journal, exist_ok=True)
        with open(os.path.join(self.journal, keys["address"]), "w", encoding="utf-8") as file:
            file.write("[device]\n" + "".join(f"{key}={value}\n" for key, value in keys.items()
                                              if value is not None))

    def put_network(self, address, pid, device="0x101e", tag=True):
        """Writes what a VF had before its guest."""
        folder = os.path.join(self.run_dir, "net")
        vlan = "vf-vlan={}\nvf-vlan-qos=0\nvf-vlan-protocol=802.1Q\n"
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, address), "w", encoding="utf-8") as file:
            file.write(f"[vf]\nversion=1\naddress={address}\nvendor=0x15b3\ndevice={device}\n"
                       f"interface=ens1f0np0\nguest=web\npid={pid}\n"
                       "since=2026-11-22T03:04:05Z\n"
                       "[before]\nvf-mac=00:00:00:00:00:00\n" + vlan.format(7) +
                       "[guest]\nvf-mac=52:54:00:ab:cd:ef\n" + (vlan.format(42) if tag else ""))

    def put_active(self, address, pid, guest="web", **changes):
        """Writes which guest has a device, and which process runs it."""
        folder = os.path.join(self.run_dir, "active")
        keys = {"address": address, "state": "active", "driver": "QEMU", "guest": guest,
                "pid": pid, **changes}
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, address), "w", encoding="utf-8") as file:
            file.write("[active]\n" + "".join(f"{key}={keys[key]}\n" for key in keys))

    def networks(self):
        return sorted(os.listdir(os.path.join(self.run_dir, "net")))

    def records(self):
        return sorted(os.listdir(self.journal)) if os.path.isdir(self.journal) else []

    def prepare(self):
        """One record of every kind."""
        self.put()
        self.put(address="0000:3b:00.3", step="unbind", pid="4712")
        self.put(address="0000:5e:00.0", vendor="0x144d", device="0xa80a", step="stuck",
                 previous_driver="nvme", target_driver="vfio-pci", holder="guest web")
        self.put(address="0000:5f:00.0", vendor="0x8086", device="0x1573", previous_driver=None,
                 previous_override="pci-stub", target_driver="vfio-pci")
        self.put(address="0000:60:00.0", target_driver="vfio-pci", held_driver="mlx5_vfio_pci",
                 held_by="guest db", step="probe")
        with open(os.path.join(self.journal, "0000:61:00.0"), "w", encoding="utf-8") as file:
            file.write("[device]\nversion=1\n")

    def state_run(self, *words, **kwargs):
        """A command of this host, with the run directory of the test."""
        return run(words[0], "--run-dir", self.run_dir, *words[1:], **kwargs)

    def checksum(self, root):
        """Every path below @root, with what is in it."""
        found = hashlib.sha256()
        for folder, folders, files in os.walk(root):
            for path in sorted(os.path.join(folder, name) for name in folders + files):
                found.update(path.encode())
                if os.path.islink(path):
                    found.update(os.readlink(path).encode())
                elif os.path.isfile(path):
                    with open(path, "rb") as file:
                        found.update(file.read())
        return found.hexdigest()


class DryRun(BindCase):
    """bind --dry-run on recorded hosts."""

    def test_texts(self):
        """what would be done and what is in the way, as text"""
        for golden, status, scene, words in (
                ("several", 0, "smartnic-host", ["3b:00.3", "3b:00.2", "5f:00.0", "5e:00.0"]),
                ("group", 1, "smartnic-host", ["01:00.0"]),
                ("everything-wrong", 1, "smartnic-host",
                 ["00:01.0", "99:00.0", "3b:00.3", "3b:00.3", "--driver", "nouveau"]),
                ("no-such-driver", 1, "smartnic-host", ["3b:00.3", "--driver=no-such-driver"]),
                ("named-driver", 0, "smartnic-host", ["3b:00.2", "--driver=vfio-pci"]),
                ("no-iommu", 1, "groups", ["04:00.0"]),
                ("no-driver", 1, "no-match", ["01:00.0"])):
            ran = self.run_scene(scene, "bind", "--dry-run", *words)
            self.assertEqual((ran.status, ran.err), (status, ""), words)
            self.compare(f"bind-{golden}.txt", ran.out, self.scene(scene))

    def test_module_missing(self):
        """the best driver's module is not there"""
        root = self.scene("smartnic-host")
        for path in ("module/mlx5_vfio_pci", "bus/pci/drivers/mlx5_vfio_pci"):
            shutil.rmtree(f"{root}/sys/{path}")
        ran = run("--root", root, "bind", "--dry-run", "3b:00.3")
        self.assertEqual(ran.status, 1)
        self.assertIn("  module-missing: 0000:3b:00.3 needs kernel module 'mlx5_vfio_pci'", ran.out)

    def test_json(self):
        """the same as JSON"""
        root = self.scene("smartnic-host")
        ran = run("--root", root, "bind", "--dry-run", "--json", "3b:00.3", "3b:00.2")
        found = json.loads(ran.out)
        validate("plan", found)
        self.assertEqual((ran.status, ran.err, found["possible"]), (0, "", True))
        self.assertEqual(found["devices"][0], {
            "address": "0000:3b:00.3", "from": "mlx5_core", "to": "mlx5_vfio_pci", "changed": True,
            "module": "mlx5_vfio_pci", "steps": [
                {"action": "driver-override", "name": "mlx5_vfio_pci"},
                {"action": "unbind", "name": "mlx5_core"},
                {"action": "probe", "name": "mlx5_vfio_pci"}]})
        self.assertEqual((found["devices"][1]["changed"], found["devices"][1]["steps"]),
                         (False, []))
        ran = run("--root", root, "bind", "--dry-run", "--json", "01:00.0", "99:00.0")
        found = json.loads(ran.out)
        validate("plan", found)
        self.assertEqual((ran.status, ran.err, found["possible"]), (1, "", False))
        self.assertEqual({blocker["code"]: blocker["address"] for blocker in found["blockers"]},
                         {"group": "0000:01:00.1", "vanished": "0000:99:00.0"})
        self.assertEqual(found["blockers"][1]["iommu_group"], 30)

    def test_nothing_is_written(self):
        """a dry run writes nothing, neither to the tree nor to the run directory"""
        root = self.scene("smartnic-host")
        before = self.checksum(root)
        run("--root", root, "bind", "--dry-run", "3b:00.3", "--run-dir", self.run_dir)
        run("--root", root, "bind", "--dry-run", "3b:00.3")
        self.assertEqual(self.checksum(root), before)
        self.assertFalse(os.path.exists(self.run_dir))

    def test_the_journal_counts(self):
        """a guest's device, a stuck one and one that was replaced are in the way"""
        root = self.scene("smartnic-host")
        self.prepare()
        self.put(holder="guest web")
        ran = run("--root", root, "bind", "--dry-run", "--json", "--run-dir", self.run_dir,
                  "3b:00.2", "5e:00.0", "5f:00.0", "3b:00.3")
        found = {blocker["address"][5:]: blocker for blocker in json.loads(ran.out)["blockers"]}
        self.assertEqual({address: (blocker["code"], blocker["holder"])
                          for address, blocker in found.items()},
                         {"3b:00.2": ("in-use", "guest web"), "5e:00.0": ("stuck", "guest web"),
                          "5f:00.0": ("other-device", "administrator"),
                          "3b:00.3": ("stuck", "administrator")})

    def test_the_ledger_counts(self):
        """a device that a running guest has as it is (managed='no') is in use too"""
        root = self.scene("smartnic-host")
        self.put_active("0000:3b:00.2", os.getpid())
        self.put_active("0000:3b:00.3", 2 ** 30)  # no such process: that guest is gone
        before = self.checksum(self.run_dir)
        ran = run("--root", root, "bind", "--dry-run", "--json", "--run-dir", self.run_dir,
                  "3b:00.2", "3b:00.3")
        found = json.loads(ran.out)
        validate("plan", found)
        self.assertEqual([(one["address"], one["code"], one["holder"])
                          for one in found["blockers"]],
                         [("0000:3b:00.2", "in-use", "guest web")])
        self.assertEqual(self.checksum(self.run_dir), before)

    def test_journal_of_the_recorded_host(self):
        """without --run-dir the journal is that of the host below --root"""
        root = self.scene("smartnic-host")
        self.journal = os.path.join(root, "run/virtvfio/journal")
        self.put(holder="guest web")
        ran = run("--root", root, "bind", "--dry-run", "3b:00.2")
        self.assertEqual(ran.status, 1)
        self.assertIn("in use by guest web", ran.out)
        self.assertIn("0000:3b:00.2", run("--root", root, "status").out)


class Refusals(BindCase):
    def check(self, status, code, pattern, *words, **kwargs):
        ran = run(*words, **kwargs)
        self.assertEqual((ran.status, ran.out), (status, ""), ran.err)
        self.assertRegex(ran.err, rf"\Avirtvfio: .*{pattern}.*\n\Z")
        error = json.loads(run(*words, "--json", **kwargs).out)
        validate("error", error)
        self.assertEqual(error["error"]["code"], code)
        self.assertIn(error["error"]["message"], ran.err)

    def test_usage(self):
        """wrong usage says what would be right"""
        for pattern, words in (
                ("'virtvfio bind' needs ADDRESS", ["bind"]),
                ("'3b:00' is no PCI address", ["bind", "3b:00.0", "3b:00"]),
                ("no guard 'net': there are network, storage, vfs and display",
                 ["bind", "3b:00.0", "--force=net"]),
                ("no guard ''", ["bind", "3b:00.0", "--force", "vfs", "--force", ""]),
                ("'0' is no number of seconds", ["bind", "3b:00.0", "--timeout=0"]),
                ("'1.5' is no number of seconds", ["bind", "3b:00.0", "--timeout=1.5"]),
                ("'3601' is no number of seconds", ["bind", "3b:00.0", "--timeout=3601"]),
                ("--driver needs the name", ["bind", "3b:00.0", "--driver="]),
                ("needs ADDRESS… or --all", ["restore"]),
                ("and not both", ["restore", "--all", "3b:00.0"]),
                ("'3b' is no PCI address", ["restore", "3b"]),
                ("'3b' is no PCI address", ["recover", "--forget", "3b"]),
                ("too many arguments for 'virtvfio recover'", ["recover", "3b:00.0"]),
                ("'virtvfio reset' needs ADDRESS", ["reset"]),
                ("'3b' is no PCI address", ["reset", "3b"]),
                ("too many arguments for 'virtvfio status'", ["status", "3b:00.0"])):
            self.check(2, "invalid-argument", pattern, *words)

    def test_recorded_tree(self):
        """a recorded tree is not changed"""
        root = self.scene("smartnic-host")
        before = self.checksum(root)
        for words in (["bind", "3b:00.3"], ["restore", "3b:00.2"], ["restore", "--all"],
                      ["recover"], ["recover", "--forget", "3b:00.2"], ["reset", "3b:00.2"]):
            self.check(1, "operation-invalid", "a recorded tree is not changed", "--root", root,
                       *words)
        self.assertEqual(self.checksum(root), before)

    @unittest.skipUnless(os.path.exists("/sys/bus/pci/drivers_probe"), "there is no PCI bus here")
    def test_privilege(self):
        """whoever may not change a driver is told so before anything else happens"""
        os.chmod(self.folder, 0o755)
        drop = (["setpriv", f"--reuid={NOT_ROOT}", f"--regid={NOT_ROOT}", "--clear-groups"]
                if os.geteuid() == 0 else [])
        # standing in the folder of the program: the way to it may be closed to others
        for words in (["bind", "99:00.0"], ["restore", "--all"], ["recover"],
                      ["reset", "99:00.0"]):
            program = os.open(VIRTVFIO, os.O_PATH)
            done = subprocess.run([*drop, f"/proc/self/fd/{program}", *words, "--run-dir",
                                   self.run_dir], env=ENV, check=False, pass_fds=[program],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            os.close(program)
            ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
            self.assertEqual((ran.status, ran.out), (1, ""), ran.err)
            self.assertRegex(ran.err, "needs root privilege|mounted read-only")
        self.assertFalse(os.path.exists(self.run_dir))


def may_change():
    """Whoever runs this could change drivers: what follows names no device that exists."""
    return os.access("/sys/bus/pci/drivers_probe", os.W_OK)


@unittest.skipUnless(may_change(), "needs the right to change drivers of this machine")
class Privileged(BindCase):
    """Commands of this host that find nothing to change."""

    ABSENT = "fffe:fe:1e.6"

    def test_bind_is_refused_with_every_blocker(self):
        """every blocker on a line with its remedy below, and the same as JSON"""
        ran = self.state_run("bind", self.ABSENT, "fffe:fe:1e.7")
        self.assertEqual((ran.status, ran.out), (1, ""))
        self.assertRegex(ran.err, r"\Avirtvfio: nothing was changed: 2 things are in the way\n"
                         r"  vanished: .*fe:1e.6.*\n    .*\n  vanished: .*fe:1e.7.*\n    .*\n\Z")
        ran = self.state_run("bind", self.ABSENT, "--json")
        error = json.loads(ran.out)
        validate("error", error)
        self.assertEqual((ran.status, error["error"]["code"]), (1, "device-missing"))
        self.assertEqual([(one["code"], one["address"]) for one in error["error"]["blockers"]],
                         [("vanished", self.ABSENT)])

    def test_restore_what_is_not_held(self):
        """a device that is not held cannot be restored; the others still are tried"""
        ran = self.state_run("restore", self.ABSENT, "fffe:fe:1e.7")
        self.assertEqual((ran.status, ran.out), (1, ""))
        self.assertEqual(ran.err.count("is not held: there is nothing to restore"), 2)
        ran = self.state_run("restore", self.ABSENT, "--json")
        found = json.loads(ran.out)
        validate("restore", found)
        self.assertEqual((ran.status, found["devices"][0]["error"]["code"]),
                         (1, "operation-invalid"))

    def test_restore_of_what_a_guest_has(self):
        """what the administrator bound and a guest has as it is stays held until that has ended"""
        self.put(address=self.ABSENT)
        self.put_active(self.ABSENT, os.getpid())
        for words in ([self.ABSENT], ["--all"]):
            ran = self.state_run("restore", *words)
            self.assertEqual((ran.status, ran.out), (1, ""))
            self.assertIn(f"{self.ABSENT} is in use by guest 'web': detach it", ran.err)
        self.assertEqual(self.records(), [self.ABSENT])

    def test_recover_drops_a_dead_guest(self):
        """what a guest that is gone had is nobody's, and no file says otherwise"""
        self.put_active(self.ABSENT, 2 ** 30, guest="db")
        self.put_active("fffe:fe:1e.7", os.getpid())
        ran = self.state_run("recover")
        self.assertEqual((ran.status, ran.err), (0, ""))
        self.assertEqual(os.listdir(os.path.join(self.run_dir, "active")), ["fffe:fe:1e.7"])

    def test_restore_all_of_nothing(self):
        """restore --all where nothing is held is success; what guests hold is theirs"""
        self.put(address=self.ABSENT, holder="guest web", pid=str(os.getpid()))
        ran = self.state_run("restore", "--all")
        self.assertEqual((ran.status, ran.out, ran.err),
                         (0, "Nothing is held: there is nothing to restore.\n", ""))
        found = json.loads(self.state_run("restore", "--all", "--json").out)
        validate("restore", found)
        self.assertEqual(found["devices"], [])
        self.assertEqual(self.records(), [self.ABSENT])

    def test_recover(self):
        """what cannot be recovered is told of, and its record stays"""
        ran = self.state_run("recover")
        self.assertEqual((ran.status, ran.out), (0, "There is nothing to recover.\n"))
        self.put(address=self.ABSENT, step="unbind")
        ran = self.state_run("recover")
        self.assertEqual(ran.status, 1)
        self.assertIn(f"{self.ABSENT} is gone, and its record stays", ran.out)
        self.assertIn("1 device could not be recovered", ran.err)
        ran = self.state_run("recover", "--json")
        found = json.loads(ran.out)
        validate("recover", found)
        self.assertEqual([(one["address"], one["outcome"]) for one in found["devices"]],
                         [(self.ABSENT, "vanished")])
        self.assertEqual(self.records(), [self.ABSENT])

    def test_recover_a_network(self):
        """what a vanished VF had before its guest stays until it is forgotten"""
        with subprocess.Popen(["true"]) as gone:
            gone.wait()
        self.put_network(self.ABSENT, gone.pid)
        ran = self.state_run("recover", "--json")
        found = json.loads(ran.out)
        validate("recover", found)
        self.assertEqual((ran.status, [(one["address"], one["outcome"])
                                       for one in found["devices"]]),
                         (1, [(self.ABSENT, "vanished")]))
        self.assertIn("1 virtual function did not get back its MAC address", ran.err)
        self.assertIn("did not get back the MAC address and VLAN that it had before guest 'web'",
                      found["devices"][0]["message"])
        ran = self.state_run("restore", "--all")
        self.assertRegex(ran.err, f"virtvfio: warning: VF {self.ABSENT} did not get back")
        self.assertEqual(self.networks(), [self.ABSENT])
        ran = self.state_run("recover", "--forget", self.ABSENT)
        self.assertEqual((ran.status, ran.err, self.networks()), (0, "", []))
        self.assertIn(f"that VF {self.ABSENT} had are dropped", ran.out)

    def test_network_of_a_running_guest(self):
        """as long as the process that answers for a guest runs, its VF is left alone"""
        self.put_network(self.ABSENT, os.getpid())
        ran = self.state_run("recover")
        self.assertEqual((ran.status, ran.out), (0, "There is nothing to recover.\n"))
        ran = self.state_run("recover", "--forget", self.ABSENT)
        self.assertEqual((ran.status, ran.out, self.networks()), (1, "", [self.ABSENT]))
        self.assertIn("guest 'web' of process", ran.err)

    def test_every_change_recovers_first(self):
        """bind and restore tell what a crash left behind, and go on"""
        self.put(address=self.ABSENT, step="probe")
        for words in (["bind", "fffe:fe:1e.7"], ["restore", "fffe:fe:1e.7"]):
            ran = self.state_run(*words)
            self.assertRegex(ran.err, f"\\Avirtvfio: warning: {self.ABSENT} is gone.*\nvirtvfio: ")
            self.assertIn("fe:1e.7", ran.err)
        self.assertIn("warning", self.state_run("restore", "--all").err)

    def test_forget_a_vanished_device(self):
        """the record of a device that is gone is dropped when that is asked for"""
        for step in ("held", "stuck", "unbind"):
            self.put(address=self.ABSENT, step=step)
            ran = self.state_run("recover", "--forget", self.ABSENT)
            self.assertEqual((ran.status, ran.err), (0, ""))
            self.assertIn("(15b3:101e, held by administrator) is dropped", ran.out)
            self.assertEqual(self.records(), [])
        ran = self.state_run("recover", "--forget", self.ABSENT)
        self.assertEqual(ran.status, 1)
        self.assertIn("has no record", ran.err)

    def test_forget_on_a_device_that_is_there(self):
        """its own record is kept, another device's is dropped"""
        devices = json.loads(run("list", "--json").out)["devices"]
        if not devices:
            self.skipTest("this machine has no PCI device")
        there = devices[0]
        self.put(address=there["address"], vendor=there["vendor"], device=there["device"])
        ran = self.state_run("recover", "--forget", there["address"])
        self.assertEqual((ran.status, ran.out), (1, ""))
        self.assertIn("is still there", ran.err)
        self.assertEqual(self.records(), [there["address"]])
        self.put(address=there["address"], vendor=there["vendor"], device="0xfffe")
        ran = self.state_run("recover", "--forget", there["address"], "--json")
        found = json.loads(ran.out)
        validate("recover", found)
        self.assertEqual((ran.status, found["devices"][0]["outcome"]), (0, "forgotten"))
        self.assertEqual(self.records(), [])

    def test_forget_a_damaged_record(self):
        """a damaged record is set aside, and dropped when that is asked for"""
        os.makedirs(self.journal)
        with open(os.path.join(self.journal, self.ABSENT), "w", encoding="utf-8") as file:
            file.write("nonsense")
        self.assertIn("damaged", self.state_run("status").out)
        self.assertEqual(self.records(), [self.ABSENT + ".damaged"])
        self.put_network(self.ABSENT, "nobody")
        self.assertIn("damaged", self.state_run("status").err)
        self.assertEqual(self.networks(), [self.ABSENT + ".damaged"])
        ran = self.state_run("recover", "--forget", self.ABSENT)
        self.assertEqual((ran.status, self.records(), self.networks()), (0, [], []), ran.err)


class Status(BindCase):
    def status(self, *words, **kwargs):
        return run("--root", self.scene("smartnic-host"), "status", "--run-dir", self.run_dir,
                   *words, **kwargs)

    def test_table(self):
        """a row for every record, and for what is damaged"""
        self.prepare()
        ran = self.status()
        self.assertEqual(ran.status, 0)
        self.compare("status.txt", ran.out)
        self.assertRegex(ran.err, r"\Avirtvfio: warning: .*0000:61:00.0' is damaged .*\n\Z")
        ran = self.status()  # it is set aside only once
        self.assertEqual(ran.err, "")
        self.compare("status.txt", ran.out)

    def test_json(self):
        """the same as JSON"""
        self.prepare()
        found = json.loads(self.status("--json").out)
        validate("status", found)
        self.assertEqual({device["address"][5:]: (device["state"], device["driver"])
                          for device in found["devices"]},
                         {"3b:00.2": ("held", "mlx5_vfio_pci"),
                          "3b:00.3": ("in-the-middle", "mlx5_core"),
                          "5e:00.0": ("stuck", "nvme"), "5f:00.0": ("other-device", None),
                          "60:00.0": ("vanished", None)})
        self.assertEqual(found["devices"][0], {
            "address": "0000:3b:00.2", "vendor": "0x15b3", "device": "0x101e", "state": "held",
            "step": "held", "driver": "mlx5_vfio_pci", "target_driver": "mlx5_vfio_pci",
            "previous_driver": "mlx5_core", "previous_override": None, "held_driver": None,
            "held_by": None, "holder": "administrator", "since": "2026-11-22T03:04:05Z",
            "transaction": "4711-1", "pid": 4711})
        self.assertEqual(found["journal"], self.journal)
        self.assertEqual(found["damaged"], [{"address": "0000:61:00.0",
                                             "file": f"{self.journal}/0000:61:00.0.damaged"}])

    def test_networks(self):
        """VFs of guests have a table of their own, and an array in JSON"""
        self.put_network("0000:3b:00.2", 4711)
        self.put_network("0000:3b:00.3", 4712, tag=False)
        ran = self.status()
        self.assertEqual((ran.status, ran.err), (0, ""))
        self.compare("status-networks.txt", ran.out)
        found = json.loads(self.status("--json").out)
        validate("status", found)
        common = {"interface": "ens1f0np0", "guest": "web", "mac": "52:54:00:ab:cd:ef",
                  "previous_mac": "00:00:00:00:00:00", "previous_vlan": 7,
                  "since": "2026-11-22T03:04:05Z"}
        self.assertEqual(found["networks"],
                         [{"address": "0000:3b:00.2", "vlan": 42, "pid": 4711, **common},
                          {"address": "0000:3b:00.3", "vlan": None, "pid": 4712, **common}])
        self.assertEqual(found["devices"], [])

    def test_guests(self):
        """devices that guests have, whoever bound them, have a table of their own"""
        self.put_active("0000:3b:00.3", os.getpid(), guest="db", since=1795316645)
        self.put_active("0000:3b:00.2", os.getpid())  # an older version's entry
        self.put_active("0000:5e:00.0", os.getpid(), guest="administrator", state="changing",
                        since=1795316645)
        self.put_active("0000:5f:00.0", 2 ** 30, guest="gone")
        ran = self.status()
        self.assertEqual((ran.status, ran.err), (0, ""))
        # the width of a process number is not the same everywhere
        self.compare("status-guests.txt",
                     re.sub(rf"(PID|\b{os.getpid()}) +", "PID  ", ran.out))
        found = json.loads(self.status("--json").out)
        validate("status", found)
        self.assertEqual(found["active"], [
            {"address": "0000:3b:00.2", "state": "active", "driver": "mlx5_vfio_pci",
             "guest": "web", "since": None, "pid": os.getpid()},
            {"address": "0000:3b:00.3", "state": "active", "driver": "mlx5_core",
             "guest": "db", "since": "2026-11-22T03:04:05Z", "pid": os.getpid()},
            {"address": "0000:5e:00.0", "state": "changing", "driver": "nvme",
             "guest": None, "since": "2026-11-22T03:04:05Z", "pid": os.getpid()}])
        self.assertEqual(found["devices"], [])

    def test_damaged_network(self):
        """what a VF had before its guest, if it cannot be read, is set aside and told of"""
        self.put_network("0000:3b:00.2", "nobody")
        self.assertIn("damaged", self.status().err)
        found = json.loads(self.status("--json").out)
        validate("status", found)
        self.assertEqual(found["damaged"], [{"address": "0000:3b:00.2",
                                             "file": f"{self.run_dir}/net/0000:3b:00.2.damaged"}])
        self.assertRegex(self.status().out, "0000:3b:00.2 .* damaged")

    def test_nothing_is_held(self):
        """no journal is an empty table, and makes none"""
        ran = self.status()
        self.assertEqual((ran.status, ran.out.count("\n"), ran.err), (0, 1, ""))
        found = json.loads(self.status("--json").out)
        validate("status", found)
        self.assertEqual((found["devices"], found["damaged"]), ([], []))
        self.assertFalse(os.path.exists(self.run_dir))

    def test_remarks(self):
        """remarks say what to do, on a terminal only"""
        words = ["--root", self.scene("smartnic-host"), "status", "--run-dir", self.run_dir]
        self.assertIn("Nothing is held.", run_on_terminal(*words).out)
        self.prepare()
        text = plain(run_on_terminal(*words).out)
        for state in ("in-the-middle", "stuck", "vanished", "other-device", "damaged"):
            self.assertIn(f"\n{state}: ", text)
        self.assertNotIn("recover", run(*words).out)

    def test_unreadable_journal(self):
        """a journal that cannot be read is not an empty one"""
        os.makedirs(self.run_dir)
        os.symlink("journal", self.journal)
        ran = self.status()
        self.assertEqual((ran.status, ran.out), (1, ""))
        self.assertIn("cannot read the journal", ran.err)


if __name__ == "__main__":
    tap.main("__main__")
