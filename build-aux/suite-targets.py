#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Print the files that have to be built for the tests of a suite, a line each, as ninja names them.

Usage: suite-targets.py BUILD-DIRECTORY SUITE
"""

import json
import os
import sys


def main(build, suite):
    def load(kind):
        with open(f"{build}/meson-info/intro-{kind}.json", encoding="utf-8") as file:
            return json.load(file)

    # The suite's name comes with the project's before it.
    wanted = {target for test in load("tests") if any(s.endswith(f":{suite}") for s in test["suite"])
              for target in test["depends"]}
    for target in load("targets"):
        if target["id"] in wanted:
            for path in target["filename"]:
                print(os.path.relpath(path, os.path.realpath(build)))


main(*sys.argv[1:])
