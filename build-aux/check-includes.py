#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Check what C files may include.

Every folder stands on a floor, and an arrow between two folders runs down:
util <- conf, rpc <- hypervisor <- qemu, node_device <- remote, tools <- tests.
Also: config.h comes first in a .c file, and only src/util/virsysfs.c opens
files by an absolute path of sysfs.
"""

import os
import re

import sourcetree

FLOORS = {
    "src/util": 0,
    "src/conf": 1,
    "src/rpc": 1,
    "src/hypervisor": 2,
    "src/qemu": 3,
    "src/node_device": 3,
    "src/remote": 4,
    "tools": 4,
    "tests": 5,
}
GENERATED = {"config.h"}
# By rpcgen, from our own .x: anybody above src/rpc may include it.
GENERATED_PROTOCOL = {"remote_protocol.h"}
SYSFS_DOOR = "src/util/virsysfs.c"
# They run inside the emulated host, on their own.
FOREIGN = ("tests/e2e/",)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.M)
OPENS_SYSFS = re.compile(r"""\b(?:open(?:at2?)?|fopen|opendir|g_open|g_fopen|g_dir_open|
    g_file_(?:get_contents|test|new_for_path|read_link)|readlink(?:at)?|access|faccessat|
    l?stat|fstatat)\s*\([^;]*?"/sys/""", re.X)


def folder_of(name):
    """The folder with a floor that holds @name, or None."""
    while name:
        name = os.path.dirname(name)
        if name in FLOORS:
            return name
    return None


def resolve(name, header, headers):
    """Candidates for `#include "header"` in file @name."""
    beside = os.path.normpath(os.path.join(os.path.dirname(name), header))
    if beside in headers:
        return [beside]
    return [h for h in headers if h == header or h.endswith("/" + header)]


def check_include(name, header, headers, complain):
    found = resolve(name, header, headers)
    if not found:
        complain(f'"{header}" is not in the tree')
        return
    if len(found) > 1:
        complain(f'"{header}" can be any of {", ".join(found)}')
        return
    own, other = folder_of(name), folder_of(found[0])
    if other is None:
        complain(f"{found[0]} is in a folder without a floor")
    elif own != other and FLOORS[other] >= FLOORS[own]:
        complain(f"{own} may not include {found[0]}: includes run down "
                 "(docs/internals/architecture.rst)")


def check_file(root, name, headers, report):
    text = sourcetree.without_comments(sourcetree.read(root, name))
    includes = [(sourcetree.line_of(text, m.start(1)), m[1], m[2])
                for m in INCLUDE.finditer(text)]
    if name.endswith(".c") and includes and includes[0][2] != "config.h":
        report.add(name, includes[0][0], "config.h has to be included first")
    for line, quote, header in includes:
        def complain(what, line=line):
            report.add(name, line, what)

        if header in GENERATED_PROTOCOL:
            continue
        if header in GENERATED:
            if name.endswith(".h"):
                complain("a header does not include config.h")
        elif quote == '"':
            check_include(name, header, headers, complain)
        elif resolve(name, header, headers):
            complain(f"<{header}> is ours: include it with quotes")
    if name != SYSFS_DOOR:
        for match in OPENS_SYSFS.finditer(text):
            report.add(name, sourcetree.line_of(text, match.start()),
                       f"only {SYSFS_DOOR} opens sysfs: use virsysfs.h")


def main():
    args = sourcetree.arguments(__doc__).parse_args()
    report = sourcetree.Report()
    ours = [n for n in sourcetree.files(args.root)
            if n.endswith((".c", ".h")) and n.startswith(("src/", "tools/", "tests/"))
            and not n.startswith(FOREIGN)]
    headers = {n for n in ours if n.endswith(".h")}
    for name in ours:
        if folder_of(name) is None:
            report.add(name, 1, f"{os.path.dirname(name)} has no floor: give it one in {__file__}")
        else:
            check_file(args.root, name, headers, report)
    report.finish("includes", len(ours))


if __name__ == "__main__":
    main()
