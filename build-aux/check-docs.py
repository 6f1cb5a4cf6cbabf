#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Check that every .rst file parses without a warning, and that its links into the tree hold."""

import io
import os
import re
from functools import lru_cache
from pathlib import Path

import sourcetree

try:
    import docutils.core
    import docutils.nodes
except ImportError:
    sourcetree.skip("docutils (python3-docutils) is not installed")

EXTERNAL = re.compile(r"^[a-z][a-z0-9+.-]*:", re.I)


@lru_cache(maxsize=None)
def parse(path):
    """(document tree, [(line, warning)])"""
    stream = io.StringIO()
    settings = {"report_level": 2, "halt_level": 5, "warning_stream": stream,
                "file_insertion_enabled": False, "raw_enabled": False,
                "syntax_highlight": "none"}  # what highlights may not be installed
    text = Path(path).read_text(encoding="utf-8")
    document = docutils.core.publish_doctree(text, path, settings_overrides=settings)
    return document, re.findall(r"^.*?:(\d*): \([A-Z]+/\d\) (.*)$", stream.getvalue(), re.M)


def check_link(root, name, target):
    """What is wrong with a link in file @name, or None."""
    path, _, anchor = target.partition("#")
    full = os.path.normpath(os.path.join(root, os.path.dirname(name), path)) if path \
        else os.path.join(root, name)
    if not os.path.exists(full):
        return f"the link leads nowhere: {target}"
    if anchor and full.endswith(".rst") and anchor not in parse(full)[0].ids:
        return f"the file has no such section: {target}"
    return None


def check_file(root, name, report):
    document, warnings = parse(os.path.join(root, name))
    for line, text in warnings:
        report.add(name, line or 1, text)
    for node in document.findall(docutils.nodes.reference):
        target = node.get("refuri")
        if not target or EXTERNAL.match(target):
            continue
        wrong = check_link(root, name, target)
        if wrong:
            parent = node
            while parent.line is None and parent.parent is not None:
                parent = parent.parent
            report.add(name, parent.line or 1, wrong)


def main():
    args = sourcetree.arguments(__doc__).parse_args()
    report = sourcetree.Report()
    names = [n for n in sourcetree.files(args.root) if n.endswith(".rst")]
    for name in names:
        check_file(args.root, name, report)
    report.finish("documentation", len(names))


if __name__ == "__main__":
    main()
