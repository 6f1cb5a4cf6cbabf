#!/usr/bin/python3
# virtvfiotest.py: the command line on fake hosts: texts, JSON, errors, terminals, records
#
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Golden files are in tests/virtvfiotestdata; VIR_TEST_REGENERATE=1 writes them anew.
# Usage: virtvfiotest.py VIRTVFIO SCENEBUILD

import fcntl
import hashlib
import io
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import termios
import unittest

import jsonschema

import tap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = os.path.join(TOP, "tests", "virtvfiotestdata")
SCENES = os.path.join(TOP, "tests", "virpcitestdata")
VIRTVFIO, SCENEBUILD = (os.path.abspath(path) for path in sys.argv[1:3])

ENV = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "G_DEBUG": "fatal-criticals",
       "abs_top_srcdir": TOP, "TERM": "xterm"}
ENV.update({key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")})

COMMANDS = ("list", "show", "explain", "check", "bind", "restore", "status", "recover", "reset",
            "record", "run")


class Ran:
    """What a run of virtvfio gave."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


def run(*words, env=None, **kwargs):
    done = subprocess.run([VIRTVFIO, *words], env={**ENV, **(env or {})}, timeout=60,
                          stdin=subprocess.DEVNULL, **{"stdout": subprocess.PIPE,
                                                       "stderr": subprocess.PIPE, **kwargs})
    return Ran(done.returncode, (done.stdout or b"").decode(), (done.stderr or b"").decode())


def run_on_terminal(*words, columns=None, env=None):
    """Standard output is a terminal; standard error is not."""
    master, slave = pty.openpty()
    if columns:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([VIRTVFIO, *words], stdin=subprocess.DEVNULL, stdout=slave,
                               stderr=subprocess.PIPE, env={**ENV, **(env or {})})
    os.close(slave)
    out = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:  # EIO: the last one closed it
            break
        if not data:
            break
        out += data
    err = process.stderr.read()
    process.stderr.close()
    os.close(master)
    return Ran(process.wait(60), out.decode().replace("\r\n", "\n"), err.decode())


def plain(text):
    return re.sub(r"\033\[[0-9;]*m", "", text)


def scene_names():
    return sorted(name[:-len(".scene")] for name in os.listdir(SCENES)
                  if name.endswith(".scene"))


def expectations(scene):
    """The "expect" lines of a manifest: first word -> {key: value}."""
    found = {}
    with open(os.path.join(SCENES, scene + ".scene"), encoding="utf-8") as manifest:
        for line in manifest:
            words = line.split()
            if words and words[0] == "expect":
                found[words[1]] = dict(word.split("=", 1) for word in words[2:])
    return found


def load_schemas():
    folder = os.path.join(TOP, "docs", "schemas")
    schemas = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            schemas[name] = json.load(file)
    return schemas


SCHEMAS = load_schemas()


def validate(name, value):
    schema = SCHEMAS[name + ".schema.json"]
    jsonschema.Draft7Validator.check_schema(schema)
    resolver = jsonschema.RefResolver("", schema, store=SCHEMAS)
    jsonschema.Draft7Validator(schema, resolver=resolver).validate(value)


class SceneCase(unittest.TestCase):
    """A test with a folder of its own; scenes are built in it on demand."""

    maxDiff = None

    def setUp(self):
        self.folder = tap.make_folder("virtvfiotest-")
        self.addCleanup(shutil.rmtree, self.folder)

    def scene(self, name):
        path = os.path.join(self.folder, name)
        if not os.path.isdir(path):
            os.mkdir(path)
            subprocess.run([SCENEBUILD, name, path], check=True, env=ENV)
        return path

    def run_scene(self, scene, *words, **kwargs):
        return run("--root", self.scene(scene), *words, **kwargs)

    def load(self, scene, schema, *words):
        ran = self.run_scene(scene, "--json", *words)
        value = json.loads(ran.out)
        validate(schema, value)
        return value

    def compare(self, golden, text, root=None):
        """@text is that of the golden file, but for where the scene lies."""
        if root:
            text = text.replace(root, "ROOT")
        path = os.path.join(DATA, golden)
        if os.environ.get("VIR_TEST_REGENERATE"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(text, file.read(), f"not as in {golden}")


class Texts(SceneCase):
    def compare_scene(self, golden, scene, *words, strip=lambda text: text, status=0):
        ran = self.run_scene(scene, *words)
        self.assertEqual(ran.status, status, ran.err)
        self.compare(golden, strip(ran.out), self.scene(scene))

    def test_help(self):
        """help texts"""
        self.compare("help.txt", run("--help").out)
        for command in COMMANDS:
            self.compare(f"help-{command}.txt", run(command, "--help").out)

    def test_help_in_three_ways(self):
        """help COMMAND, COMMAND --help and COMMAND -h are the same"""
        self.assertEqual(run("help").out, run("-h").out)
        for command in COMMANDS:
            ways = {run(*words).out for words in
                    (("help", command), (command, "--help"), (command, "-h"))}
            self.assertEqual(len(ways), 1, command)

    def test_version(self):
        """--version, before and after a command"""
        self.assertRegex(run("--version").out, r"^virtvfio \d+\.\d+\.\d+\n$")
        self.assertEqual(run("list", "--version").out, run("--version").out)

    def test_list(self):
        """list is an aligned table of every device"""
        def without_names(text):  # they come from the machine's own database
            at = text.index("NAME")
            return "".join(line[:at].rstrip() + "\n" for line in text.splitlines())
        for scene in ("smartnic-host", "groups", "no-lib-modules", "mainline-variants"):
            self.compare_scene(f"list-{scene}.txt", scene, "list", strip=without_names)

    def test_show(self):
        """show has a line for everything"""
        def without_names(text):
            return re.sub(r"(?m)^((?:Device|Class): .*?) \(.*\)$", r"\1", text)
        for scene, address in (("smartnic-host", "3b:00.2"), ("smartnic-host", "01:00.0"),
                               ("smartnic-host", "5f:00.0"), ("no-lib-modules", "01:00.0")):
            self.compare_scene(f"show-{scene}-{address}.txt", scene, "show", address,
                               strip=without_names)

    def test_explain(self):
        """explain: variant, vfio-pci, host driver, PF, unbound, bridge, decoy, module not loaded"""
        def without_names(text):
            return re.sub(r"^(\S+) .*", r"\1", text)
        for scene, address in (
                ("smartnic-host", "3b:00.2"), ("smartnic-host", "01:00.0"),
                ("smartnic-host", "3b:00.3"), ("smartnic-host", "3b:00.0"),
                ("smartnic-host", "5f:00.0"), ("smartnic-host", "00:01.0"),
                ("decoys", "01:00.0"), ("alias-ranking", "01:00.0"),
                ("mainline-variants", "07:00.0"), ("builtin-variant", "01:00.0"),
                ("vfio-dev-per-device", "41:00.4"), ("no-lib-modules", "01:00.0"),
                ("groups", "05:00.0"), ("no-match", "01:00.0")):
            self.compare_scene(f"explain-{scene}-{address}.txt", scene, "explain", address,
                               strip=without_names)

    def test_check(self):
        """check on recorded hosts"""
        for scene, status in (("smartnic-host", 0), ("groups", 0), ("kernel-before-6.1", 1),
                              ("no-lib-modules", 1), ("alias-cut", 1)):
            self.compare_scene(f"check-{scene}.txt", scene, "check", status=status)


class Json(SceneCase):
    """The JSON of every scene."""

    def check_device(self, device, expected):
        best = device["best"] or {}
        blockers = [f"{one['address']}:{one['driver']}" for one in device["blockers"]]
        actual = {
            "driver": device["driver"], "module": device["module"], "type": device["type"],
            "basis": device["basis"], "header": device["header_type"],
            "override": device["driver_override"], "physfn": device["physfn"],
            "group": device["iommu_group"], "numa": device["numa_node"],
            "numvfs": device["virtfns"], "node": device["vfio_node"],
            "viable": {True: "yes", False: "no", None: "none"}[device["iommu_group_viable"]],
            "blockers": ",".join(blockers) or None,
            "vendor": device["vendor"], "device": device["device"],
            "subvendor": device["subsystem_vendor"], "class": device["class"],
            "pattern": best.get("pattern"),
            "best": f"{best['module']}/{best['driver'] or ''}".rstrip("/") if best else None,
        }
        for key, value in expected.items():
            if key == "best":
                value = value.rstrip("/")
            self.assertEqual(str(actual[key] if actual[key] is not None else "none"), value,
                             f"{device['address']}: {key}")

    def test_list_is_what_scenes_expect(self):
        """list --json fits its schema and every scene's expectations"""
        for scene in scene_names():
            with self.subTest(scene):
                found = self.load(scene, "list", "list")
                devices = {device["address"]: device for device in found["devices"]}
                self.assertEqual(list(devices), sorted(devices, key=lambda text: int(
                    re.sub("[:.]", "", text.rjust(16, "0")), 16)))
                for subject, expected in expectations(scene).items():
                    if subject == "index":
                        self.assertEqual(expected, {key: str(found["index"][key] or (
                            0 if key == "patterns" else "none")) for key in expected})
                    elif "missing" in expected:  # the code of the error
                        error = self.load(scene, "error", "show", subject)["error"]
                        self.assertEqual(error["code"], expected["missing"])
                    else:
                        self.check_device(devices[subject], expected)

    def test_one_device_is_the_same_everywhere(self):
        """show and explain give the DEVICE of list, and explain's rules agree with it"""
        for scene in ("smartnic-host", "decoys", "groups", "builtin-variant", "odd-sysfs",
                      "vfio-dev-per-device", "mainline-variants"):
            for device in self.load(scene, "list", "list")["devices"]:
                address = device["address"]
                self.assertEqual(device, self.load(scene, "device", "show", address))
                explained = self.load(scene, "explain", "explain", address)
                self.assertEqual(device, explained["device"])
                deciding = [rule["rule"] for rule in explained["rules"] if rule["decides"]]
                self.assertEqual(deciding, [device["basis"]] if device["basis"]
                                 else ["driver"] if not device["driver"] else [])
                if explained["candidates"]:
                    self.assertEqual(explained["candidates"][0]["pattern"],
                                     device["best"]["pattern"])

    def test_index_path(self):
        """index.path is that below --root; kernel is the recorded one"""
        root = self.scene("smartnic-host")
        found = self.load("smartnic-host", "list", "list")
        self.assertEqual(found["index"]["path"], f"{root}/lib/modules/6.12.0-test/modules.alias")
        self.assertEqual(found["kernel"], "6.12.0-test")
        self.assertIsNone(self.load("no-osrelease", "list", "list")["kernel"])

    def test_check(self):
        """check --json fits its schema and says the same as its exit status"""
        for scene in scene_names():
            with self.subTest(scene):
                ran = self.run_scene(scene, "check", "--json")
                found = json.loads(ran.out)
                validate("check", found)
                failed = any(check["status"] == "fail" for check in found["checks"])
                self.assertEqual(found["can_assign"], not failed)
                self.assertEqual(ran.status, 1 if failed else 0)

    def test_this_machine(self):
        """every command fits its schema on this machine too"""
        listed = json.loads(run("list", "--json").out)
        validate("list", listed)
        self.assertEqual(listed["kernel"], os.uname().release)
        folder = "/sys/bus/pci/devices"
        self.assertEqual({device["address"] for device in listed["devices"]},
                         set(os.listdir(folder) if os.path.isdir(folder) else []))
        validate("check", json.loads(run("check", "--json").out))
        for device in listed["devices"]:
            validate("explain", json.loads(run("explain", "--json", device["address"]).out))


class Filters(SceneCase):
    def addresses(self, *words):
        found = self.load("smartnic-host", "list", "list", *words)
        return [device["address"][5:] for device in found["devices"]]

    def test_filters(self):
        """--vfio, --driver, --group and addresses, alone and together"""
        for words, expected in (
                (["--vfio"], ["01:00.0", "3b:00.2"]),
                (["--driver", "mlx5_core"], ["3b:00.0", "3b:00.3"]),
                (["--driver", "vfio-pci"], ["01:00.0"]),
                (["--driver", "vfio_pci"], ["01:00.0"]),
                (["--driver=snd-hda-intel"], ["01:00.1"]),
                (["--driver", "nothing"], []),
                (["--group", "30"], ["00:01.0", "01:00.0", "01:00.1"]),
                (["--group", "0"], ["00:00.0"]),
                (["--group", "99"], []),
                (["5f:00.0", "0000:01:00.0", "5F:00.0"], ["01:00.0", "5f:00.0"]),
                (["--vfio", "--group", "30"], ["01:00.0"]),
                (["--vfio", "5f:00.0", "3b:00.2"], ["3b:00.2"]),
                (["--", "5f:00.0"], ["5f:00.0"])):
            self.assertEqual(self.addresses(*words), expected, words)

    def test_global_options_after_the_command(self):
        """global options count before and after the command's name"""
        root = self.scene("smartnic-host")
        expected = run("--root", root, "--json", "list", "--vfio").out
        self.assertEqual(run("list", "--root", root, "--vfio", "--json").out, expected)
        self.assertEqual(run("--json", "list", "--vfio", f"--root={root}").out, expected)
        self.assertEqual(run("--root", "/", "--json", "list", "--vfio", "--root", root).out,
                         expected)

    def test_verbose(self):
        """--verbose says on standard error what is being done, and changes no output"""
        quiet = self.run_scene("smartnic-host", "list")
        self.assertEqual(quiet.err, "")
        for words in (["--verbose", "list"], ["list", "--verbose"]):
            verbose = self.run_scene("smartnic-host", *words)
            self.assertEqual(verbose.out, quiet.out)
            self.assertIn("virtvfio: util.", verbose.err)

    def test_empty_list(self):
        """a list without devices is its header, and success"""
        ran = self.run_scene("smartnic-host", "list", "--group", "99")
        self.assertEqual((ran.status, ran.out.count("\n")), (0, 1))


class Errors(SceneCase):
    def check(self, status, code, pattern, *words):
        """The same error as text and as JSON."""
        ran = self.run_scene("smartnic-host", *words)
        self.assertEqual((ran.status, ran.out), (status, ""), words)
        self.assertRegex(ran.err, rf"^virtvfio: .*{pattern}.*\n$")
        for asked in (["--json", *words], [*words, "--json"]):
            ran = self.run_scene("smartnic-host", *asked)
            self.assertEqual(ran.status, status, asked)
            error = json.loads(ran.out)
            validate("error", error)
            self.assertEqual(error["error"]["code"], code, asked)
            self.assertIn(error["error"]["message"], ran.err)

    def test_wrong_usage(self):
        """wrong usage: exit status 2 and a sentence that says where to look"""
        for pattern, words in (
                ("no command 'lst', did you mean 'list'", ["lst"]),
                ("no command 'frobnicate': see 'virtvfio --help'", ["frobnicate"]),
                ("no command 'lst'", ["help", "lst"]),
                ("takes one command", ["help", "list", "show"]),
                ("--frobnicate.*: see 'virtvfio list --help'", ["list", "--frobnicate"]),
                ("'3b:00' is no PCI address", ["list", "3b:00"]),
                ("'x' is no PCI address", ["show", "x"]),
                ("'3b:00.8' is no PCI address", ["explain", "3b:00.8"]),
                ("'virtvfio show' needs ADDRESS", ["show"]),
                ("too many arguments for 'virtvfio show'", ["show", "3b:00.2", "3b:00.3"]),
                ("too many arguments for 'virtvfio check'", ["check", "all"]),
                ("'-1' is no number of an IOMMU group", ["list", "--group=-1"]),
                ("'eleven' is no number of an IOMMU group", ["list", "--group", "eleven"]),
                ("no file given", ["record"])):
            self.check(2, "invalid-argument", pattern, *words)

    def test_no_command(self):
        """no command at all: exit status 2"""
        ran = run()
        self.assertEqual((ran.status, ran.out), (2, ""))
        self.assertIn("no command given", ran.err)

    def test_unknown_global_option(self):
        """an unknown option before the command: exit status 2"""
        ran = run("--frobnicate", "list")
        self.assertEqual(ran.status, 2)
        self.assertIn("--frobnicate", ran.err)

    def test_missing_device(self):
        """no device at an address: exit status 1, in every command that takes one"""
        for command in ("list", "show", "explain"):
            self.check(1, "device-missing", "no PCI device 0000:99:00.0", command, "99:00.0")

    def test_unreadable_root(self):
        """a root that is no directory, or has no readable bus"""
        for root in ("/nonexistent", "/dev/null"):
            ran = run("--root", root, "--json", "list")
            self.assertEqual(ran.status, 1)
            self.assertEqual(json.loads(ran.out)["error"]["code"], "system-error")
        root = self.scene("smartnic-host")
        shutil.rmtree(f"{root}/sys/bus/pci/devices")
        with open(f"{root}/sys/bus/pci/devices", "w", encoding="utf-8"):
            pass
        ran = run("--root", root, "list")
        self.assertEqual((ran.status, ran.out), (1, ""))
        self.assertIn("cannot list the PCI devices", ran.err)

    def test_output_cannot_be_written(self):
        """a full disk, a closed reader and a closed output are failures"""
        root = self.scene("smartnic-host")
        for words in (["list"], ["list", "--json"], ["show", "3b:00.2"], ["explain", "3b:00.2"],
                      ["check"], ["--help"], ["--version"], ["help", "list"],
                      ["record", "-o", "-"]):
            with open("/dev/full", "wb") as full:
                ran = run("--root", root, *words, stdout=full)
            self.assertEqual(ran.status, 1, words)
            self.assertIn("No space left on device", ran.err, words)
        reader, writer = os.pipe()
        os.close(reader)
        ran = run("--root", root, "list", stdout=writer)
        os.close(writer)
        self.assertEqual((ran.status, ran.err), (1, ""))
        done = subprocess.run(["/bin/sh", "-c", 'exec "$0" "$@" >&-', VIRTVFIO, "--root", root,
                               "record", "-o", f"{self.folder}/closed.tar"], env=ENV, check=False,
                              stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        with tarfile.open(f"{self.folder}/closed.tar") as archive:  # nothing printed into it
            self.assertGreater(len(archive.getmembers()), 10)


class Terminal(SceneCase):
    def on_terminal(self, scene, *words, **kwargs):
        return run_on_terminal("--root", self.scene(scene), *words, **kwargs)

    def test_colour_on_terminals_only(self):
        """colours on a terminal that knows them, unless NO_COLOR is set"""
        piped = self.run_scene("smartnic-host", "list").out
        self.assertNotIn("\033", piped)
        for words in (["list"], ["explain", "3b:00.2"], ["check"]):
            self.assertIn("\033[32m", self.on_terminal("smartnic-host", *words).out, words)
            for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}):
                self.assertNotIn("\033", self.on_terminal("smartnic-host", *words, env=env).out)
        self.assertIn("\033", self.on_terminal("smartnic-host", "list", env={"NO_COLOR": ""}).out)

    def test_colours_are_all(self):
        """without its colours and remarks, the terminal's table is the piped one"""
        piped = self.run_scene("smartnic-host", "list").out
        wide = self.on_terminal("smartnic-host", "list", columns=500).out
        self.assertTrue(plain(wide).startswith(piped))

    def test_width(self):
        """the last column is cut to COLUMNS, or to the terminal; a pipe has no width"""
        piped = self.run_scene("smartnic-host", "list", env={"COLUMNS": "90"}).out
        self.assertEqual(piped, self.run_scene("smartnic-host", "list").out)
        for kwargs in ({"columns": 95}, {"columns": 200, "env": {"COLUMNS": "95"}}):
            table = plain(self.on_terminal("smartnic-host", "list", **kwargs).out)
            lines = table.split("\n\n")[0].splitlines()
            self.assertLessEqual(max(len(line) for line in lines), 95)
            for cut, whole in zip(lines, piped.splitlines()):
                self.assertTrue(whole.startswith(cut.rstrip("…")), cut)

    def test_remarks(self):
        """remarks below the table explain its marks, on a terminal only"""
        remark = "cannot be assigned as it is"
        self.assertIn(remark, self.on_terminal("smartnic-host", "list").out)
        self.assertNotIn(remark, self.run_scene("smartnic-host", "list").out)
        self.assertIn("IOMMU group", self.on_terminal("decoys", "list").out)
        self.assertIn("? assumed", self.on_terminal("no-lib-modules", "list").out)
        self.assertIn("No PCI device matches",
                      self.on_terminal("smartnic-host", "list", "--group", "99").out)

    def test_locale_without_utf8(self):
        """a locale that is not UTF-8 gets what it can show"""
        ran = run("list", "--help", env={"LC_ALL": "C"})
        self.assertIn("[OPTION...] [ADDRESS...]", ran.out)
        self.assertTrue(ran.out.isascii())

    def test_control_characters_are_shown(self):
        """what a recorded tree holds does not drive the terminal"""
        root = self.scene("smartnic-host")
        path = f"{root}/sys/bus/pci/devices/0000:3b:00.2/driver_override"
        with open(path, "w", encoding="utf-8") as file:
            file.write("\033]0;owned\a\u009b31m$(reboot)\n")
        for words in (["show"], ["explain"]):
            text = run("--root", root, *words, "3b:00.2").out
            self.assertNotRegex(text, "[\0-\x09\x0b-\x1f\x7f-\x9f]")
            self.assertIn(r"\x1b]0;owned\x07\x9b31m", text)

    def test_unreadable_driver(self):
        """a driver that cannot be told is not "unbound": "?", a warning, and an error in JSON"""
        root = self.scene("smartnic-host")
        link = f"{root}/sys/bus/pci/devices/0000:5e:00.0/driver"
        os.unlink(f"{root}/sys/bus/pci/drivers/nvme/0000:5e:00.0")
        os.unlink(link)
        os.symlink("..", link)
        ran = run("--root", root, "list", "5e:00.0")
        self.assertEqual(ran.status, 0)
        self.assertRegex(ran.out, r"\n0000:5e:00\.0 .* \? +\? +- .* 20![ \n]")
        self.assertRegex(ran.err, r"\Avirtvfio: warning: the driver of 0000:5e:00.0 is not known: .+\n\Z")
        found = json.loads(run("--root", root, "list", "--json").out)
        validate("list", found)
        self.assertEqual([(device["address"], device["driver"], device["type"],
                           device["iommu_group_viable"], device["error"]["code"])
                          for device in found["devices"] if device["error"]],
                         [("0000:5e:00.0", None, None, False, "system-error")])
        for command in ("show", "explain"):
            ran = run("--root", root, command, "5e:00.0")
            self.assertEqual((ran.status, ran.out), (1, ""))

    def test_commands_are_harmless(self):
        """a driver's name comes into no command"""
        root = self.scene("smartnic-host")
        os.rename(f"{root}/sys/bus/pci/drivers/vfio-pci", f"{root}/sys/bus/pci/drivers/$(reboot)")
        os.unlink(f"{root}/sys/module/vfio_pci/drivers/pci:vfio-pci")
        os.symlink("x", f"{root}/sys/module/vfio_pci/drivers/pci:$(reboot)")
        text = run("--root", root, "explain", "5f:00.0").out
        self.assertIn("'$(reboot)'", text)
        commands = [line for line in text.splitlines() if line.startswith("    # ")]
        self.assertEqual(commands[0], "    # virtvfio bind 0000:5f:00.0")
        self.assertNotIn("reboot", "".join(commands))


class Check(SceneCase):
    """check on this machine, with a QEMU of our own making."""

    def check_qemu(self, script):
        folder = os.path.join(self.folder, "bin")
        os.makedirs(folder, exist_ok=True)
        for target in (os.uname().machine, "i386", "ppc64", "arm"):
            if script is not None:
                path = os.path.join(folder, f"qemu-system-{target}")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(script)
                os.chmod(path, 0o755)
        found = json.loads(run("check", "--json", env={"PATH": folder}).out)
        return next(check for check in found["checks"] if check["id"] == "qemu")

    def test_qemu(self):
        """QEMU: found, broken, absent"""
        absent = self.check_qemu(None)
        self.assertEqual(absent["status"], "fail")
        found = self.check_qemu("#!/bin/sh\necho QEMU emulator version 9.9.9\necho more\n")
        self.assertEqual(found["status"], "pass")
        self.assertRegex(found["message"], "QEMU emulator version 9.9.9$")
        self.assertEqual(self.check_qemu("#!/bin/sh\nexit 1\n")["status"], "fail")

    def test_memlock(self):
        """a limit on locked memory is a warning for who may not exceed it"""
        drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
        if drop and subprocess.run([*drop, "true"], check=False, env=ENV).returncode != 0:
            self.skipTest("root cannot give up CAP_IPC_LOCK here")
        done = subprocess.run(
            ["bash", "-c", 'ulimit -l 64; exec "$@"', "bash", *drop, VIRTVFIO, "check", "--json"],
            env=ENV, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        found = json.loads(done.stdout)
        memlock = next(check for check in found["checks"] if check["id"] == "memlock")
        self.assertEqual(memlock["status"], "warn")
        self.assertIn("64.0\u00a0KiB", memlock["message"])

    def test_iommu_remedies(self):
        """the remedy for an IOMMU that is off fits the machine"""
        root = self.scene("no-lib-modules")
        os.makedirs(f"{root}/proc", exist_ok=True)
        for cpu, cmdline, remedy in (
                ("GenuineIntel", "quiet", "intel_iommu=on"),
                ("GenuineIntel", "intel_iommu=sm_on,off quiet", "remove 'intel_iommu=off'"),
                ("AuthenticAMD", "amd_iommu=off", "remove 'amd_iommu=off'"),
                ("AuthenticAMD", "", "firmware setup")):
            for name, text in (("cpuinfo", f"vendor_id\t: {cpu}\n"), ("cmdline", cmdline)):
                with open(f"{root}/proc/{name}", "w", encoding="utf-8") as file:
                    file.write(text)
            iommu = json.loads(run("--root", root, "check", "--json").out)["checks"][0]
            self.assertEqual((iommu["id"], iommu["status"]), ("iommu", "fail"))
            self.assertIn(remedy, iommu["remedy"])

    def test_built_in(self):
        """modules.builtin counts"""
        root = self.scene("groups")
        with open(f"{root}/lib/modules/6.12.0-test/modules.builtin", "w",
                  encoding="utf-8") as file:
            file.write("kernel/drivers/vfio/vfio.ko\nkernel/drivers/vfio/vfio_iommu_type1.ko\n")
        found = json.loads(run("--root", root, "check", "--json").out)["checks"]
        self.assertEqual({check["id"]: check["status"] for check in found}["vfio-iommu"], "pass")


ALLOWED = re.compile(r"""
    (lib(/modules(/[^/]+(/modules\.(alias|builtin))?)?)?
    |proc(/(cmdline|cpuinfo|sys(/kernel(/osrelease)?)?))?
    |dev(/vfio(/(vfio|\d+))?)?
    |sys(/(bus|module|class|kernel|devices|bus/pci|class/iommu|kernel/iommu_groups))?
    |sys/class/iommu/[^/]+
    |sys/bus/pci/(devices|drivers)
    |sys/bus/pci/devices/[0-9a-f:.]+
    |sys/bus/pci/drivers/[^/]+(/(module|[0-9a-f:.]+))?
    |sys/module/[^/]+(/(drivers|holders)(/[^/]+)?)?
    |sys/kernel/iommu_groups/\d+(/devices(/[^/]+(/(driver|vfio-dev(/vfio\d+)?))?)?)?
    |sys/devices(/pci[0-9a-f:]+)?(/[0-9a-f:.]+)*
     (/(modalias|vendor|device|subsystem_vendor|subsystem_device|class|driver|driver_override
        |iommu_group|physfn|virtfn\d+|sriov_numvfs|sriov_totalvfs|numa_node|config
        |vfio-dev(/vfio\d+)?))?
    )""", re.VERBOSE)


class Record(SceneCase):
    def record(self, root, name="record.tar", *words):
        path = os.path.join(self.folder, name)
        ran = run("--root", root, "record", "-o", path, *words)
        self.assertEqual(ran.status, 0, ran.err)
        return path

    def unpack(self, path, name="unpacked"):
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        subprocess.run(["tar", "-xf", path, "-C", folder], check=True)
        return folder

    def listed(self, root):
        return json.loads(run("--root", root, "list", "--json").out.replace(root, "ROOT"))

    def test_round_trip(self):
        """an unpacked record lists as its host did, and records to the same bytes"""
        for scene in scene_names():
            with self.subTest(scene):
                root = self.scene(scene)
                first = self.record(root, f"{scene}.tar")
                again = self.unpack(first, f"{scene}-unpacked")
                # What cannot be read is not recorded.
                if scene not in ("alias-unreadable", "alias-link-loop", "links-out-of-root"):
                    self.assertEqual(self.listed(root), self.listed(again))
                second = self.record(again, f"{scene}-2.tar")
                with open(first, "rb") as one, open(second, "rb") as two:
                    self.assertEqual(hashlib.sha256(one.read()).hexdigest(),
                                     hashlib.sha256(two.read()).hexdigest())

    def test_allow_list(self):
        """only what is named in the source is recorded, whatever else is there"""
        root = self.scene("smartnic-host")
        device = f"{root}/sys/bus/pci/devices/0000:3b:00.2"
        secrets = {
            f"{device}/vpd": "SECRET serial", f"{device}/net/eth0/address": "SECRET:00:11",
            f"{device}/vfio-dev/SECRET/dev": "1:2", f"{device}/uevent": "SECRET",
            f"{root}/etc/hostname": "SECRET", f"{root}/proc/sys/kernel/hostname": "SECRET",
            f"{root}/sys/class/dmi/id/product_serial": "SECRET",
            f"{root}/dev/vfio/SECRET": "", f"{root}/dev/sda": "SECRET",
            f"{root}/proc/cmdline": "root=UUID=SECRET intel_iommu=on password=SECRET iommu=pt\n",
            f"{root}/proc/cpuinfo": "serial : SECRET\nvendor_id : GenuineIntel\nmodel : SECRET\n",
        }
        for path, text in secrets.items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open(f"{device}/config", "wb") as file:
            file.write(b"\x86\x80" + bytes(62) + b"SECRET")
        path = self.record(root)
        with open(path, "rb") as file:
            self.assertNotIn(b"SECRET", file.read())
        with tarfile.open(path) as archive:
            for member in archive:
                self.assertTrue(ALLOWED.fullmatch(member.name), member.name)
                self.assertEqual((member.mtime, member.uid, member.gid, member.uname),
                                 (0, 0, 0, ""))
            self.assertEqual(archive.extractfile("proc/cmdline").read(),
                             b"intel_iommu=on iommu=pt\n")
            self.assertEqual(archive.extractfile("proc/cpuinfo").read(),
                             b"vendor_id : GenuineIntel\n")

    def test_paths_of_devices(self):
        """a device keeps its place below its bridges; names that are not PCI's are left out"""
        root = os.path.join(self.folder, "host")
        real = "sys/devices/LNXSYSTM:00/SECRET-GUID/pci0000:00/0000:00:01.0/0000:01:00.0"
        os.makedirs(f"{root}/{real}")
        os.makedirs(f"{root}/sys/bus/pci/devices")
        with open(f"{root}/{real}/vendor", "w", encoding="utf-8") as file:
            file.write("0x8086\n")
        os.symlink(f"../../../../{real}", f"{root}/sys/bus/pci/devices/0000:01:00.0")
        with tarfile.open(self.record(root)) as archive:
            names = archive.getnames()
            link = archive.getmember("sys/bus/pci/devices/0000:01:00.0")
        self.assertIn("sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/vendor", names)
        self.assertFalse([name for name in names if "SECRET" in name or "LNX" in name])
        self.assertTrue(link.issym() and link.linkname.endswith(
            "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"))

    def test_existing_file(self):
        """a file that exists is kept, unless --force; nothing is left behind"""
        root = self.scene("decoys")
        folder = os.path.join(self.folder, "out")
        os.mkdir(folder)
        path = os.path.join(folder, "host.tar")
        with open(path, "w", encoding="utf-8") as file:
            file.write("mine")
        ran = run("--root", root, "record", "-o", path)
        self.assertEqual(ran.status, 1)
        self.assertIn("--force", ran.err)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine")
        ran = run("--root", root, "record", "-o", path, "--force", "--json")
        self.assertEqual(ran.status, 0)
        result = json.loads(ran.out)
        validate("record", result)
        self.assertEqual((result["bytes"], result["devices"]), (os.path.getsize(path), 4))
        self.assertEqual(os.listdir(folder), ["host.tar"])

    def test_only_regular_files_are_replaced(self):
        """--force does not replace a device node or a link"""
        path = os.path.join(self.folder, "link")
        os.symlink("/dev/null", path)
        ran = run("--root", self.scene("decoys"), "record", "--force", "-o", path)
        self.assertEqual(ran.status, 1)
        self.assertEqual(os.readlink(path), "/dev/null")

    def test_folder_missing(self):
        """a folder that does not exist is an error that names the file"""
        ran = run("--root", self.scene("decoys"), "record", "-o", f"{self.folder}/no/such.tar")
        self.assertEqual(ran.status, 1)
        self.assertRegex(ran.err, "cannot write '.*/no/such.tar': No such file")

    def test_standard_output(self):
        """-o - writes the same bytes to a pipe, and nothing to a terminal"""
        root = self.scene("smartnic-host")
        piped = subprocess.run([VIRTVFIO, "--root", root, "record", "-o", "-"], env=ENV,
                               check=True, stdout=subprocess.PIPE).stdout
        with open(self.record(root), "rb") as file:
            self.assertEqual(piped, file.read())
        with tarfile.open(fileobj=io.BytesIO(piped)) as archive:
            self.assertIn("sys/bus/pci/devices", archive.getnames())
        ran = run_on_terminal("--root", root, "record", "-o", "-")
        self.assertEqual((ran.status, ran.out), (1, ""))


class Documents(unittest.TestCase):
    """The man page and the completion know what the program knows."""

    def setUp(self):
        with open(os.path.join(TOP, "docs", "manpages", "virtvfio.rst"), encoding="utf-8") as file:
            self.page = file.read()

    def options(self, command):
        return set(re.findall(r"(?m)^ .*?(--[a-z-]+)", run(command, "--help").out))

    def test_man_page(self):
        """the man page has every command, option, exit status and JSON member"""
        words = set(re.findall(r"[A-Za-z_-]+", self.page))
        for command in COMMANDS:
            self.assertRegex(self.page, rf"(?m)^\| \*\*virtvfio\*\* \*\*{command}\*\*")
            for option in self.options(command):
                self.assertIn(option, words)

        def members(schema):
            for key, value in schema.get("properties", {}).items():
                yield key
                yield from members(value)
            for one in schema.get("oneOf", []) + list(schema.get("definitions", {}).values()):
                yield from members(one)
            if isinstance(schema.get("items"), dict):
                yield from members(schema["items"])
        for name, schema in SCHEMAS.items():
            for key in members(schema):
                self.assertIn(key, words, name)

    def complete(self, *words):
        script = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _virtvfio; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(
            ["bash", "--norc", "-c", script, os.path.join(TOP, "tools/bash-completion/virtvfio"),
             *words], env=ENV, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.stderr, b"")
        return set(done.stdout.decode().split())

    def test_completion(self):
        """bash completes commands, their options, and addresses below --root"""
        self.assertEqual(self.complete("virtvfio", "li"), {"list"})
        helped = run("--help").out
        commands = set(re.findall(r"(?m)^  ([a-z]+)  ", helped))
        self.assertEqual(commands, {*COMMANDS, "help"})
        self.assertEqual(self.complete("virtvfio", ""),
                         commands | set(re.findall(r"(?m)^ .*?(--[a-z-]+)", helped)))
        self.assertEqual(self.complete("virtvfio", "help", ""), {*COMMANDS})
        for command in COMMANDS:
            self.assertEqual(self.complete("virtvfio", command, "--"), self.options(command))
        self.assertEqual(self.complete("virtvfio", "help", "ex"), {"explain"})
        with tempfile.TemporaryDirectory(dir=tap.FOLDERS) as root:
            for path in ("devices/0000:3b:00.2", "devices/0001:00:00.0", "drivers/vfio-pci"):
                os.makedirs(f"{root}/sys/bus/pci/{path}")
            self.assertEqual(self.complete("virtvfio", "--root", root, "show", "3b"), {"3b:00.2"})
            self.assertEqual(self.complete("virtvfio", "show", f"--root={root}", "000"),
                             {"0000:3b:00.2", "0001:00:00.0"})
            self.assertEqual(self.complete("virtvfio", "--root", root, "list", "--driver", ""),
                             {"vfio-pci"})


if __name__ == "__main__":
    tap.main("__main__")
