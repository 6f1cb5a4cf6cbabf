# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the checks of this folder share: the files of the tree, C without its comments, a report."""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

EXIT_SKIP = 77  # meson's word for a test that could not run

_COMMENT_OR_LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    """C source with every comment blanked; lines and columns stay where they are."""
    return _COMMENT_OR_LITERAL.sub(
        lambda m: _blank(m[0]) if m[0].startswith("/") else m[0], text)


def without_literals(text):
    """The same with the insides of strings and characters blanked too."""
    def replace(match):
        found = match[0]
        return _blank(found) if found[0] == "/" else found[0] + _blank(found[1:-1]) + found[-1]
    return _COMMENT_OR_LITERAL.sub(replace, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def _git_files(root):
    argv = ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z", "--cached", "--others",
            "--exclude-standard"]
    try:
        out = subprocess.run(argv, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return os.fsdecode(out).split("\0")[:-1]


def _walk_files(root):
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f == ".ci" or not f.startswith((".", "build"))
                      or f == "build-aux"]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root)


def files(root):
    """Paths below @root, sorted: what git tracks or would track; in a tarball, what is there."""
    names = _git_files(root)
    if names is None:
        names = _walk_files(root)
    return sorted(n for n in set(names) if (Path(root) / n).is_file())


def read(root, name):
    return (Path(root) / name).read_text(encoding="utf-8", errors="replace")


def arguments(doc):
    """A parser that knows where the tree is."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--root", default=str(Path(__file__).resolve().parent.parent),
                        help="top of the source tree")
    return parser


class Report:
    """Collects what is wrong; finish() prints it and ends the program."""

    def __init__(self):
        self.lines = []

    def add(self, name, line, text):
        self.lines.append(f"{name}:{line}: {text}")

    def finish(self, what, count):
        if count == 0:
            self.lines.append(f"{what}: no file was found to check")
        for line in self.lines:
            print(line)
        if not self.lines:
            print(f"{what} of {count} files: nothing wrong")
        sys.exit(1 if self.lines else 0)


def skip(reason):
    """Ends the program as a test that could not run."""
    print(f"SKIP: {reason}")
    sys.exit(EXIT_SKIP)
