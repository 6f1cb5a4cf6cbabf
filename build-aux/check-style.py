#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Check how files of the tree are written.

  rules      house rules that need no tool: banner, #pragma once, blanks, length
  format     clang-format 14 with the tree's .clang-format
  spelling   codespell
  functions  the length of C functions, measured by Universal Ctags
"""

import json
import os
import re
import shutil
import subprocess

import sourcetree

MAX_FILE = 600
MAX_FUNCTION = 100

# Kernel modules follow the kernel's style; the licence, data of tests and translations have none.
KERNEL_STYLE = ("tests/e2e/kmod/",)
NOT_OURS = re.compile(r"^(COPYING|po/.*\.po)$")
TEST_DATA = re.compile(r"^tests/([a-z0-9-]+data|fuzz/[^/]+)/")

BANNER = re.compile(r"/\*\n \* (?P<file>\S+): \S.*\n(?: \* .*\n)*? \*\n"
                    r" \* SPDX-License-Identifier: LGPL-2\.1-or-later\n(?: \*.*\n)* \*/\n")
SPDX = "SPDX-License-Identifier: "
PYTHON = "#!/usr/bin/python3\n"


def is_c(name):
    return name.endswith((".c", ".h"))


def check_blanks(name, text, report):
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            report.add(name, number, "blanks at the end of the line")
        if "\t" in line and not name.startswith(KERNEL_STYLE) and not name.endswith(".go"):
            report.add(name, number, "a tab: indent with blanks")
        # In two pieces, so that this line is not one.
        if re.search(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", line):
            report.add(name, number, "a marker: do it, or say in docs/limits.rst why not")
    if text and not text.endswith("\n"):
        report.add(name, text.count("\n") + 1, "no newline at the end of the file")


def check_c(name, text, report):
    banner = BANNER.match(text)
    if not banner:
        report.add(name, 1, "no banner '/* file: purpose' with the SPDX line, as in other files")
    elif banner["file"] != os.path.basename(name):
        report.add(name, 2, f"the banner names {banner['file']}")
    if name.endswith(".h") and not re.search(r"^#pragma once$", text, re.M):
        report.add(name, 1, "no '#pragma once'")
    if text.count("\n") > MAX_FILE:
        report.add(name, MAX_FILE + 1, f"more than {MAX_FILE} lines: is it one concern?")


def check_script(name, text, report):
    if SPDX not in text[:400]:
        report.add(name, 1, f"no '{SPDX}…' line")
    if "python" in text.split("\n", 1)[0] and not text.startswith(PYTHON):
        report.add(name, 1, "the interpreter has to be Debian's: " + PYTHON.strip())


def check_rules(root, report):
    names = text_files(root)
    for name in names:
        text = sourcetree.read(root, name)
        check_blanks(name, text, report)
        if is_c(name) and not name.startswith(KERNEL_STYLE):
            check_c(name, text, report)
        elif name.endswith(".py") or text.startswith("#!"):
            check_script(name, text, report)
    return names


def text_files(root):
    names = [n for n in sourcetree.files(root) if not NOT_OURS.match(n) and not TEST_DATA.match(n)]
    return [n for n in names if "\0" not in sourcetree.read(root, n)]


def find_tool(names, wanted):
    """The first of @names whose --version contains @wanted, or None."""
    for name in names:
        if not shutil.which(name):
            continue
        out = subprocess.run([name, "--version"], capture_output=True, text=True).stdout
        if re.search(wanted, out):
            return name
    return None


def check_format(root, report):
    tool = find_tool(["clang-format-14", "clang-format"], r"version 14\.")
    if not tool:
        sourcetree.skip("clang-format 14 is not installed; other versions format differently")
    names = [n for n in sourcetree.files(root) if is_c(n) and not n.startswith(KERNEL_STYLE)]
    for start in range(0, len(names), 50):
        argv = [tool, "--dry-run", "-Werror", "--style=file", *names[start:start + 50]]
        done = subprocess.run(argv, cwd=root, capture_output=True, text=True)
        found = re.findall(r"^(.*?):(\d+):\d+: error: ", done.stderr, re.M)
        for name, line in dict(reversed(found)).items():
            report.add(name, line, f"not formatted: run {tool} -i {name}")
        if done.returncode != 0 and not found:
            report.add(names[start], 1, f"{tool} failed: {done.stderr.strip()}")
    return names


def check_spelling(root, report):
    if not shutil.which("codespell"):
        sourcetree.skip("codespell is not installed")
    names = text_files(root)
    words = os.path.join(os.path.dirname(os.path.abspath(__file__)), "codespell-ignore.txt")
    argv = ["codespell", "--ignore-words", words, *names]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True)
    for name, line, text in re.findall(r"^(.*?):(\d+): (.*)$", done.stdout, re.M):
        report.add(name, line, f"spelling: {text}")
    if done.returncode != 0 and not report.lines:
        report.add(".", 0, f"codespell failed: {done.stderr.strip()}")
    return names


def check_functions(root, report):
    if not find_tool(["ctags"], "Universal Ctags"):
        sourcetree.skip("Universal Ctags is not installed")
    names = [n for n in sourcetree.files(root) if n.endswith(".c")]
    argv = ["ctags", "--output-format=json", "--languages=C", "--kinds-C=f", "--fields=+ne",
            "-f", "-", *names]
    out = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=True).stdout
    for tag in map(json.loads, out.splitlines()):
        lines = tag.get("end", tag["line"]) - tag["line"] + 1
        if lines > MAX_FUNCTION:
            report.add(tag["path"], tag["line"],
                       f"{tag['name']} has {lines} lines, {MAX_FUNCTION} are the most")
    return names


CHECKS = {
    "rules": check_rules,
    "format": check_format,
    "spelling": check_spelling,
    "functions": check_functions,
}


def main():
    parser = sourcetree.arguments(__doc__)
    parser.add_argument("check", choices=CHECKS)
    args = parser.parse_args()
    report = sourcetree.Report()
    names = CHECKS[args.check](args.root, report)
    report.finish(args.check, len(names))


if __name__ == "__main__":
    main()
