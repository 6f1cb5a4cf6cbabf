#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Test the scripts of build-aux: each has to find what it is there for (TAP).

Every case builds a small tree of its own and stands alone.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
AUX = TOP / "build-aux"
PYTHON = [sys.executable, "-B"]

# A marker that check-style would find here too, were it in one piece.
MARKER = "TO" "DO"


class Skipped(Exception):
    pass


def write_tree(root, files):
    for name, text in files.items():
        path = Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run(argv, **kwargs):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60, **kwargs)


def expect(done, status, *texts):
    """The exit status, and texts that the output has to contain ("!text": must not)."""
    if done.returncode == 77 and status != 77:
        raise Skipped(done.stdout.strip())
    if done.returncode != status:
        raise AssertionError(f"exit status {done.returncode}, expected {status}:\n{done.stdout}")
    for text in texts:
        if (text.removeprefix("!") in done.stdout) == text.startswith("!"):
            raise AssertionError(f"expected {text!r} in:\n{done.stdout}")


# --- checks of a tree ------------------------------------------------------------------------

def c_file(name, body, head="#include <config.h>\n"):
    return (f"/*\n * {name}: a test\n *\n * SPDX-License-Identifier: LGPL-2.1-or-later\n */\n\n"
            f"{head}{body}")


def header(name, body=""):
    return c_file(name, body, "#pragma once\n")


def include(*names):
    return "".join(f'#include "{n}"\n' for n in names)


FORMAT = (TOP / ".clang-format").read_text(encoding="utf-8")
LONG_FUNCTION = "\nvoid\nf(void)\n{\n" + "    f();\n" * 100 + "}\n"

# sentence, script and arguments, tree, exit status, texts in the output
TREES = [
    ("an include that runs down passes", ["check-includes.py"],
     {"src/util/a.h": header("a.h"), "src/qemu/b.c": c_file("b.c", include("a.h"))}, 0, []),
    ("an include that runs up is found", ["check-includes.py"],
     {"src/util/a.c": c_file("a.c", "\n" + include("b.h")), "src/qemu/b.h": header("b.h")},
     1, ["src/util/a.c:9: src/util may not include src/qemu/b.h"]),
    ("an include that runs sideways is found", ["check-includes.py"],
     {"src/conf/a.c": c_file("a.c", include("b.h")), "src/rpc/b.h": header("b.h")},
     1, ["src/conf/a.c:8: src/conf may not include src/rpc/b.h"]),
    ("an include by a path is resolved", ["check-includes.py"],
     {"src/conf/a.c": c_file("a.c", include("qemu/b.h")), "src/qemu/b.h": header("b.h")},
     1, ["src/conf may not include src/qemu/b.h"]),
    ("tests may include everything", ["check-includes.py"],
     {"tests/a.c": c_file("a.c", include("b.h", "c.h")), "src/qemu/b.h": header("b.h"),
      "tools/c.h": header("c.h")}, 0, []),
    ("nothing may include a header of the tests", ["check-includes.py"],
     {"tools/a.c": c_file("a.c", include("b.h")), "tests/b.h": header("b.h")},
     1, ["tools may not include tests/b.h"]),
    ("a header that does not exist is found", ["check-includes.py"],
     {"src/util/a.c": c_file("a.c", include("gone.h"))}, 1, ['"gone.h" is not in the tree']),
    ("an include in a comment does not count", ["check-includes.py"],
     {"src/util/a.c": c_file("a.c", '/*\n#include "gone.h"\n*/\n')}, 0, []),
    ("our header in angle brackets is found", ["check-includes.py"],
     {"src/util/a.c": c_file("a.c", "#include <b.h>\n"), "src/qemu/b.h": header("b.h")},
     1, ["<b.h> is ours"]),
    ("a .c file that does not begin with config.h is found", ["check-includes.py"],
     {"src/util/a.c": c_file("a.c", "", "#include <errno.h>\n#include <config.h>\n")},
     1, ["src/util/a.c:7: config.h has to be included first"]),
    ("a folder without a floor is found", ["check-includes.py"],
     {"src/new/a.h": header("a.h")}, 1, ["src/new has no floor"]),
    ("a second door to sysfs is found", ["check-includes.py"],
     {"src/util/a.c": c_file("a.c", 'int f = open(\n    "/sys/bus", 0);\n'),
      "src/util/b.c": c_file("b.c", 'int g = g_file_get_contents("/sys/x", 0, 0, 0);\n')},
     1, ["src/util/a.c:8: only src/util/virsysfs.c", "src/util/b.c:8: only"]),
    ("sysfs in a message and in virsysfs.c is none", ["check-includes.py"],
     {"src/util/a.c": c_file("a.c", 'p("see /sys/bus"); /* open("/sys/bus") */\n'),
      "src/util/virsysfs.c": c_file("virsysfs.c", 'int f = open("/sys/bus", 0);\n')}, 0, []),
    ("a tree without a C file is no success", ["check-includes.py"],
     {"README.rst": "x\n"}, 1, ["no file was found"]),

    ("a complete POTFILES passes", ["check-potfiles.py"],
     {"po/POTFILES": "src/a.c\ntools/b.c\n", "src/a.c": '_("x")', "tools/b.c": 'N_ ("x")',
      "src/c.c": '/* _("x") */ "_(" g_(x) a_(x)'}, 0, []),
    ("a file that POTFILES lacks is found", ["check-potfiles.py"],
     {"po/POTFILES": "src/a.c\n", "src/a.c": '_("x")', "src/b.c": 'P_("x", "y", 2)'},
     1, ["po/POTFILES:2: lacks src/b.c"]),
    ("a spare entry of POTFILES is found", ["check-potfiles.py"],
     {"po/POTFILES": "src/a.c\nsrc/b.c\nsrc/c.c\n", "src/a.c": '_("x")', "src/b.c": "x"},
     1, ["po/POTFILES:2: src/b.c does not exist or", "po/POTFILES:3: src/c.c"]),
    ("an unsorted POTFILES is found", ["check-potfiles.py"],
     {"po/POTFILES": "src/b.c\nsrc/a.c\n", "src/a.c": '_("x")', "src/b.c": '_("y")'},
     1, ["po/POTFILES:1: is not sorted"]),

    ("files that keep the rules pass", ["check-style.py", "rules"],
     {"src/a.h": header("a.h"), "src/a.c": c_file("a.c", "int x;\n"),
      "a.py": "#!/usr/bin/python3\n# SPDX-License-Identifier: LGPL-2.1-or-later\n"}, 0, []),
    ("a missing banner is found", ["check-style.py", "rules"],
     {"src/a.c": "int x;\n"}, 1, ["src/a.c:1: no banner"]),
    ("a banner of another file is found", ["check-style.py", "rules"],
     {"src/a.c": c_file("b.c", "")}, 1, ["src/a.c:2: the banner names b.c"]),
    ("a header without #pragma once is found", ["check-style.py", "rules"],
     {"src/a.h": c_file("a.h", "", "int x;\n")}, 1, ["src/a.h:1: no '#pragma once'"]),
    ("a tab, blanks at the end and a missing newline are found", ["check-style.py", "rules"],
     {"a.rst": "\ta\nb \nc"}, 1, ["a.rst:1: a tab", "a.rst:2: blanks", "a.rst:3: no newline"]),
    ("a marker of work left undone is found", ["check-style.py", "rules"],
     {"a.rst": f"a\n{MARKER}: more\n"}, 1, ["a.rst:2: a marker"]),
    ("a C file of 601 lines is found", ["check-style.py", "rules"],
     {"src/a.c": c_file("a.c", "int x;\n" * 594)}, 1, ["src/a.c:601: more than 600 lines"]),
    ("a script without a licence or with another python is found", ["check-style.py", "rules"],
     {"a.py": "#!/usr/bin/env python3\n"}, 1,
     ["a.py:1: no 'SPDX-License-Identifier: …' line", "a.py:1: the interpreter"]),

    ("formatted C passes", ["check-style.py", "format"],
     {".clang-format": FORMAT, "a.c": "int x;\n"}, 0, []),
    ("C that clang-format would change is found", ["check-style.py", "format"],
     {".clang-format": FORMAT, "a.c": "int x;\nint  y;\n"}, 1, ["a.c:2: not formatted"]),

    ("words pass", ["check-style.py", "spelling"], {"a.rst": "the word\n"}, 0, []),
    ("a wrong word is found", ["check-style.py", "spelling"],
     {"a.rst": "a\nt" "eh word\n"}, 1, ["a.rst:2: spelling"]),

    ("a function of 100 lines passes", ["check-style.py", "functions"],
     {"a.c": LONG_FUNCTION.replace("    f();\n", "", 4)}, 0, []),
    ("a function of more than 100 lines is found", ["check-style.py", "functions"],
     {"a.c": LONG_FUNCTION}, 1, ["a.c:3: f has 103 lines"]),

    ("documentation with good links passes", ["check-docs.py"],
     {"a.rst": "A\n=\n\n`b <d/b.rst#b>`__ `x <https://example.org>`__\n",
      "d/b.rst": "B\n=\n\n`a <../a.rst>`__\n"}, 0, []),
    ("documentation that does not parse is found", ["check-docs.py"],
     {"a.rst": "A\n=\n\nunknown_\n"}, 1, ['a.rst:4: Unknown target name: "unknown"']),
    ("a link that leads nowhere is found", ["check-docs.py"],
     {"a.rst": "A\n=\n\n`b <b.rst>`__\n"}, 1, ["a.rst:4: the link leads nowhere: b.rst"]),
    ("a link to a section that is not there is found", ["check-docs.py"],
     {"a.rst": "A\n=\n\n`b <a.rst#b>`__\n"}, 1, ["a.rst:4: the file has no such section"]),
]


def test_tree(tree, script, files, status, texts):
    write_tree(tree, files)
    argv = PYTHON + [AUX / script[0], "--root", tree] + script[1:]
    expect(run(argv), status, *texts)


# --- count-results ---------------------------------------------------------------------------

# sentence, protocol, what the test program does, exit status, texts in the output
PROGRAMS = [
    ("subtests are counted, with reasons of skips", "tap",
     "echo 1..3; echo ok 1 a; echo ok 2 b; echo 'ok 3 c # SKIP no such device'",
     0, ["case: 3 c: no such device", "2 passed, 0 failed, 1 skipped"]),
    ("a failed subtest is counted", "tap", "echo 1..2; echo ok 1 a; echo not ok 2 b; echo '# why'",
     1, ["FAILED: run: case: 2 b", "# why", "1 passed, 1 failed, 0 skipped"]),
    ("what a crash test says of its points is repeated", "tap",
     "echo 1..1; echo '# crash matrix: bind: 8 points, 7 old, 1 new'; echo '# more'; echo ok 1 a",
     0, ["run: case: crash matrix: bind: 8 points, 7 old, 1 new\n", "!more"]),
    ("what a program prints may hold what XML forbids", "tap",
     r"echo 1..1; printf '# \033[2J\001\n'; echo ok 1 a",
     0, ["1 passed, 0 failed, 0 skipped"]),
    ("a program that bails out is a failure", "tap", "echo 1..2; echo ok 1 a; echo Bail out!",
     1, ["case: broke off", "1 passed, 1 failed, 0 skipped"]),
    ("a program that crashes after good subtests is a failure", "tap",
     "echo 1..1; echo ok 1 a; kill -SEGV $$",
     1, ["case: was killed by signal 11", "1 passed, 1 failed, 0 skipped"]),
    ("a program that fails after good subtests is a failure", "tap",
     "echo 1..1; echo ok 1 a; exit 3",
     1, ["case: exited with status 3", "1 passed, 1 failed, 0 skipped"]),
    ("a program that runs out of time is a failure", "tap",
     "echo 1..2; echo ok 1 a; exec sleep 20",
     1, ["case: ran out of time", "1 passed, 1 failed, 0 skipped"]),
    ("a program that stops before its plan's end is a failure", "tap", "echo 1..2; echo ok 1 a",
     1, ["1 passed, 1 failed, 0 skipped"]),
    ("a program that runs no test is a failure", "tap", "true",
     1, ["ran no test and does not say why", "0 passed, 1 failed, 0 skipped"]),
    ("a program that is skipped as a whole says why, and nothing passed", "tap",
     "echo '1..0 # SKIP no emulator'",
     1, ["skipped: run: case: no emulator", "0 passed, 0 failed, 1 skipped"]),
    ("an exit status is a result", "exitcode", "exit 0", 0, ["1 passed, 0 failed, 0 skipped"]),
    ("exit status 77 is a skip", "exitcode", "echo SKIP: no tool; exit 77",
     1, ["case: no tool", "0 passed, 0 failed, 1 skipped"]),
    ("a bad exit status is a failure", "exitcode", "echo broken; exit 1",
     1, ["case: exited with status 1", "    broken", "0 passed, 1 failed, 0 skipped"]),
]


def test_program(tree, protocol, script, status, texts):
    write_tree(tree, {
        "case.sh": script + "\n",
        "meson.build": "project('t')\ntest('case', find_program('sh'), args: files('case.sh'),\n"
                       f"  protocol: '{protocol}', suite: 's', timeout: 2)\n"})
    build = Path(tree) / "b"
    expect(run(["meson", "setup", build, tree]), 0)
    test = run(["meson", "test", "-C", build, "--no-rebuild", "--logbase", "log"])
    counted = run(PYTHON + [AUX / "count-results.py", "--logs", "--run", "run",
                            str(test.returncode), build / "meson-logs" / "log"])
    expect(counted, status, *texts)


# sentence, arguments, exit status, texts in the output
TOTALS = [
    ("a run without results is a failure", ["--run", "a", "0", "/nonexistent/log"], 1,
     ["FAILED: a: meson left no results", "0 passed, 1 failed, 0 skipped"]),
    ("nothing at all is no success", [], 1, ["0 passed, 0 failed, 0 skipped"]),
    ("what is no test can fail and be skipped", ["--failed", "a: no build", "--skipped", "b", "c"],
     1, ["FAILED: a: no build", "skipped: b: c", "0 passed, 1 failed, 1 skipped"]),
]


def test_totals(tree, arguments, status, texts):
    expect(run(PYTHON + [AUX / "count-results.py"] + arguments), status, *texts)


# --- suite-targets ---------------------------------------------------------------------------

# sentence, suite, lines of the output
SUITES = [
    ("what the tests of a suite need is named", "s", ["a", "d/c"]),
    ("a suite of a longer name is another one", "st", ["b"]),
    ("a suite without tests needs nothing", "none", []),
]


def test_suite(tree, suite, output):
    def target(name):
        return f"{name} = custom_target('{name}', output: '{name}', command: ['touch', '@OUTPUT@'])\n"

    write_tree(tree, {
        "d/meson.build": target("c"),
        "meson.build": "project('t')\nsh = find_program('sh')\nsubdir('d')\n" + target("a") + target("b") +
                       "test('x', sh, args: a, suite: ['s', 'u'])\ntest('y', sh, depends: c, suite: 's')\n"
                       "test('z', sh, args: b, suite: 'st')\n"})
    build = Path(tree) / "b"
    expect(run(["meson", "setup", build, tree]), 0)
    done = run(PYTHON + [AUX / "suite-targets.py", build, suite])
    expect(done, 0)
    assert sorted(done.stdout.splitlines()) == output, f"expected {output}, found {done.stdout!r}"


# --- common.sh -------------------------------------------------------------------------------

TOOLS = ("bash", "cat", "chmod", "comm", "dirname", "env", "flock", "mkdir", "paste", "rm", "sed",
         "sleep", "sort", "tail", "touch")

STUBS = {
    "id": "echo ${TEST_UID-0}",
    "sudo": 'echo "sudo $*" >>"$HERE/calls"; [ "$1" = -n ] && shift; exec "$@"',
    # $INSTALLED names what is there; apt-get adds to it unless it is to fail
    "dpkg-query": 'for p in "$@"; do case " $INSTALLED $(cat "$HERE/installed") " in '
                  '*" $p "*) echo "installed $p";; *) echo "config-files $p";; esac; done',
    "apt-get": 'echo "apt-get $*" >>"$HERE/calls"; [ -s "$HERE/apt-fails" ] && '
               '{ sed -i 1d "$HERE/apt-fails"; echo "E: no network"; exit 100; }; exit 0',
    "meson": 'echo "meson $1" >>"$HERE/calls"; case $1 in setup) mkdir -p "$HERE/dir" && '
             'touch "$HERE/dir/build.ninja";; compile) [ ! -e "$HERE/dir/broken" ] || exit 1;; '
             'esac',
    "ninja": 'echo "ninja $*" >>"$HERE/calls"',
    "gcc": "exit 0",
}

PACKAGES = {"build": "# comment\n\none   # reason\ntwo\n", "test": "two\nthree\n"}

# sentence, environment and files, stubs to leave out, shell commands, exit status, texts in the
# output, and the stubs' calls in order (None: any)
SHELL = [
    ("nothing is called when every package is there", {"INSTALLED": "one two three"}, {}, (),
     "install_packages build test", 0, ["all are installed"], []),
    ("only missing packages are installed, as root without sudo", {"INSTALLED": "two"}, {}, (),
     "install_packages build test", 0, ["to install: one three"],
     ["apt-get -q -y -o DPkg::Lock::Timeout=300 update",
      "apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends -- one three"]),
    ("others use sudo", {"INSTALLED": "two three", "TEST_UID": "7"}, {}, (),
     "install_packages build test", 0, [],
     ["sudo -n env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 update",
      "apt-get -q -y -o DPkg::Lock::Timeout=300 update",
      "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install"
      " --no-install-recommends -- one",
      "apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends -- one"]),
    ("without root and sudo a sentence says what to run", {"TEST_UID": "7"}, {}, ("sudo",),
     "install_packages build", 1, ["run as root: apt-get install one two"], []),
    ("apt is tried twice", {}, {"apt-fails": "x\n"}, (),
     "install_packages build", 0, ["E: no network", "trying once more"], None),
    ("apt that fails twice ends it with a sentence", {}, {"apt-fails": "x\nx\n"}, (),
     "install_packages build; echo went on", 1,
     ["run 'apt-get install one two' as root", "!went on"], None),
    ("another system is told what is needed, and goes on", {}, {}, ("dpkg-query",),
     "install_packages build; echo went on", 0, ["not a Debian system", "one two", "went on"], []),
    ("a new directory is configured", {}, {}, (), 'build "$HERE/dir" gcc -Da=b', 0, [],
     ["meson setup", "meson compile"]),
    ("a directory is used again", {}, {}, (),
     'build "$HERE/dir" gcc -Da=b; build "$HERE/dir" gcc -Da=b', 0, [],
     ["meson setup", "meson compile", "meson compile"]),
    ("other options make it anew", {}, {}, (),
     'build "$HERE/dir" gcc -Da=b; touch "$HERE/dir/old"; build "$HERE/dir" gcc -Da=c;'
     '[ ! -e "$HERE/dir/old" ]', 0, [],
     ["meson setup", "meson compile", "meson setup", "meson compile"]),
    ("a directory whose configuration was interrupted is made anew", {}, {"dir/build.ninja": ""},
     (), 'build "$HERE/dir" gcc', 0, [], ["meson setup", "meson compile"]),
    ("of a suite only its targets are built", {"only_suite": "s"},
     {"build-aux/suite-targets.py": 'echo "$2"; echo two\n'}, (),
     'chmod +x "$HERE/build-aux/suite-targets.py"; build "$HERE/dir" gcc', 0, [],
     ["meson setup", "ninja -C {here}/dir -- s two"]),
    ("a broken directory is rebuilt from scratch", {}, {}, (),
     'build "$HERE/dir" gcc; touch "$HERE/dir/broken"; build "$HERE/dir" gcc', 0,
     ["once more, from scratch"],
     ["meson setup", "meson compile", "meson compile", "meson setup", "meson compile"]),
    ("a missing compiler is no build", {}, {}, ("gcc",), 'build "$HERE/dir" gcc || echo no', 0,
     ["gcc is not installed", "no"], []),
    ("a missing meson ends it with a sentence", {}, {}, ("meson",), 'build "$HERE/dir" gcc', 1,
     ["meson is not installed: install it"], []),
    ("a second run at the same time ends with a sentence", {}, {}, (),
     '(prepare_logs; touch "$HERE/held"; exec sleep 20) & trap "kill $!" EXIT; '
     'until [ -e "$HERE/held" ]; do sleep 0.01; done; prepare_logs', 1,
     ["another run of bash is at work in"], []),
    ("commands that end at once leave no words of the shell", {}, {}, (),
     'for i in {1..20}; do quietly it "$HERE/log" true; done', 0, ["- it", "!: "], []),
    ("a failing command shows its end and its status", {}, {}, (),
     'quietly "doing it" "$HERE/log" bash -c "echo broken; exit 5" || exit $?', 5,
     ["- doing it", "    broken"], []),
]


def test_shell(tree, environment, files, without, script, status, texts, calls):
    here = Path(tree) / "a tree"  # with a blank in its name
    write_tree(here, {"installed": "", **files})
    write_tree(here / "build-aux" / "packages", {f"{n}.txt": t for n, t in PACKAGES.items()})
    shutil.copy(AUX / "common.sh", here / "build-aux")
    programs = here / "bin"
    programs.mkdir()
    for name in TOOLS:
        (programs / name).symlink_to(shutil.which(name))
    for name, text in STUBS.items():
        if name not in without:
            (programs / name).write_text(f"#!{shutil.which('bash')}\n{text}\n")
            (programs / name).chmod(0o755)
    env = {"PATH": str(programs), "HERE": str(here), "INSTALLED": "", **environment}
    start = 'set -euo pipefail; . "$HERE/build-aux/common.sh"; logs=$HERE; '
    expect(run(["bash", "-c", start + script], env=env, cwd="/"), status, *texts)
    if calls is not None:
        path = here / "calls"
        found = path.read_text().replace(str(here), "{here}").splitlines() if path.exists() else []
        assert found == calls, f"called {found}, expected {calls}"


# --- the programs themselves -----------------------------------------------------------------

# what the case says, arguments, exit status, texts in the output; for each program
OPTIONS = [
    ("a wrong option is named, with where help is", ["--fast"], 2,
     ["there is no option '--fast'", "see '{path} --help'", "!packages"]),
    ("a wrong option before --help is one too", ["-x", "--help"], 2, ["there is no option '-x'"]),
    ("an argument is named", ["fast"], 2, ["'fast' is one", "see '{path} --help'"]),
    ("an empty argument is one", [""], 2, ["'' is one"]),
    ("--help tells what it does, and does nothing", ["--help"], 0,
     ["Usage: build-aux/{name} [--help]", "-h, --help", "build-{name}/", "root or sudo",
      "The exit status is 0", "!{name}: "]),
    ("-h is --help", ["-h"], 0, ["Usage: build-aux/{name}"]),
]


def test_options(tree, name, arguments, status, texts):
    path = AUX / name
    expect(run([path] + arguments, cwd=tree), status,
           *(text.format(name=name, path=path) for text in texts))


PROGRAM_OPTIONS = [(f"{name}: {row[0]}", name, *row[1:])
                   for name in ("check", "demo") for row in OPTIONS]


def cases():
    tables = [(TREES, test_tree), (PROGRAMS, test_program), (TOTALS, test_totals), (SUITES, test_suite),
              (SHELL, test_shell), (PROGRAM_OPTIONS, test_options)]
    return [(row[0], function, row[1:]) for table, function in tables for row in table]


def main():
    todo = cases()
    failed = 0
    print(f"1..{len(todo)}", flush=True)
    for number, (name, function, row) in enumerate(todo, 1):
        with tempfile.TemporaryDirectory(prefix="build-aux-test.") as tree:
            try:
                function(tree, *row)
                print(f"ok {number} {name}", flush=True)
            except Skipped as reason:
                print(f"ok {number} {name} # SKIP {reason}", flush=True)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"not ok {number} {name}")
                print("\n".join("# " + line for line in str(error).splitlines()), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    os.environ["LC_ALL"] = "C.UTF-8"
    sys.exit(main())
