#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Check that po/POTFILES lists exactly the C files that have messages to translate, sorted."""

import re

import sourcetree

POTFILES = "po/POTFILES"
DEFINES_THE_MACROS = "src/util/virgettext.h"
MESSAGE = re.compile(r"(?<![A-Za-z0-9_])[NP]?_\s*\(")


def has_messages(text):
    return MESSAGE.search(sourcetree.without_literals(text)) is not None


def check(root, report):
    names = [n for n in sourcetree.files(root)
             if n.endswith((".c", ".h")) and n.startswith(("src/", "tools/"))
             and n != DEFINES_THE_MACROS]
    wanted = {n for n in names if has_messages(sourcetree.read(root, n))}
    listed = [line for line in sourcetree.read(root, POTFILES).splitlines()
              if line and not line.startswith("#")]
    for number, name in enumerate(listed, 1):
        if name not in wanted:
            report.add(POTFILES, number, f"{name} does not exist or has nothing to translate")
        if name in listed[:number - 1]:
            report.add(POTFILES, number, f"{name} is there twice")
    if listed != sorted(listed):
        report.add(POTFILES, 1, "is not sorted")
    for name in sorted(wanted - set(listed)):
        report.add(POTFILES, len(listed) + 1, f"lacks {name}, which has messages to translate")
    return len(names)


def main():
    args = sourcetree.arguments(__doc__).parse_args()
    report = sourcetree.Report()
    count = check(args.root, report)
    report.finish("messages", count)


if __name__ == "__main__":
    main()
