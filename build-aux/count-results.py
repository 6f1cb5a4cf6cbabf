#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Count what test runs of meson found, and say so in one last line. What a test
says of the points where it killed a process ("# crash matrix: …") is repeated.

A run is what `meson test --logbase NAME` leaves in meson-logs: NAME.junit.xml
has every subtest of a TAP program, but takes a program that crashed or ran out
of time after its first subtests for a good one; NAME.json has one verdict per
program. Both are read: a program that failed counts as at least one failure,
and one that ran no test and gives no reason is a failure too.

Exit status: 0 if something passed and nothing failed, otherwise 1.
"""

import argparse
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

GOOD = ("OK", "EXPECTEDFAIL")
LOG_LINES = 400


@dataclass
class Totals:
    passed: int = 0
    failed: list = field(default_factory=list)  # (what, log text)
    skipped: list = field(default_factory=list)  # (what, reason)
    logs: list = field(default_factory=list)  # paths of the logs of runs with failures
    matrices: list = field(default_factory=list)  # what crash tests say of their points


def read_subtests(path):
    """Program's name -> [(subtest, "passed"|"failed"|"skipped", reason)]."""
    found = {}
    # Meson copies what a program prints as it is: what XML forbids has to go.
    with open(path, encoding="utf-8", errors="replace") as file:
        text = re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", file.read())
    for suite in ElementTree.fromstring(text).iter("testsuite"):
        # "PROJECT.PROGRAM" holds subtests; the one called "PROJECT", programs without any.
        _, dot, program = suite.get("name").partition(".")
        if dot:
            found[program] = [read_case(case) for case in suite.findall("testcase")]
    return found


def read_case(case):
    reason = case.findtext("system-out") or ""
    if case.find("failure") is not None or case.find("error") is not None:
        return case.get("name"), "failed", reason
    if case.find("skipped") is not None:
        return case.get("name"), "skipped", reason
    return case.get("name"), "passed", reason


def skip_reason(program):
    """Why a program without subtests was skipped, in its own words; None if it does not say."""
    text = program.get("stdout", "")
    plan = re.search(r"^1\.\.0\s*#\s*skip\S*\s*(.*)$", text, re.M | re.I)
    if plan:
        return plan[1].strip() or None
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip().removeprefix("SKIP: ") if lines else None


def verdict(program):
    code = program["returncode"]
    if program["result"] == "TIMEOUT":
        return "ran out of time"
    if code < 0:
        return f"was killed by signal {-code}"
    if code > 0:
        return f"exited with status {code}"
    return "broke off, or broke the rules of TAP"


def log_of(program):
    text = program.get("stdout", "") + program.get("stderr", "")
    return "\n".join(text.splitlines()[-LOG_LINES:])


def count_program(label, program, cases, totals):
    name = f"{label}: {program['name']}"
    totals.matrices += [f"{name}: {line}" for line in
                        re.findall(r"^# (crash matrix: .+)$", program.get("stdout", ""), re.M)]
    failed = [case for case, result, _ in cases if result == "failed"]
    totals.passed += sum(result == "passed" for _, result, _ in cases)
    totals.skipped += [(f"{name}: {case}", reason or "no reason given")
                       for case, result, reason in cases if result == "skipped"]
    if failed:
        # The program's log belongs to all of its subtests: it is kept once.
        logs = [log_of(program)] + [""] * (len(failed) - 1)
        totals.failed += zip((f"{name}: {case}" for case in failed), logs)
    elif program["result"] == "SKIP" and not cases:
        reason = skip_reason(program)
        if reason:
            totals.skipped.append((name, reason))
        else:
            totals.failed.append((f"{name}: ran no test and does not say why", ""))
    elif program["result"] not in GOOD + ("SKIP",):
        totals.failed.append((f"{name}: {verdict(program)}", log_of(program)))
    elif not cases:
        totals.passed += 1


def count_programs(label, logbase, totals):
    try:
        subtests = read_subtests(logbase + ".junit.xml")
        with open(logbase + ".json", encoding="utf-8") as lines:
            programs = [json.loads(line) for line in lines]
    except (OSError, ElementTree.ParseError, json.JSONDecodeError) as error:
        totals.failed.append((f"{label}: meson left no results ({error})", ""))
        return
    for program in programs:
        count_program(label, program, subtests.get(program["name"], []), totals)


def count_run(label, status, logbase, totals):
    """@status: exit status of `meson test`; @logbase: path of its logs without a suffix."""
    failed_before = len(totals.failed)
    count_programs(label, logbase, totals)
    if int(status) != 0 and len(totals.failed) == failed_before:
        totals.failed.append((f"{label}: meson test exited with status {status}", ""))
    if len(totals.failed) > failed_before:
        totals.logs.append(logbase + ".txt")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", nargs=3, action="append", default=[],
                        metavar=("LABEL", "STATUS", "LOGBASE"), help="a run of meson test")
    parser.add_argument("--failed", action="append", default=[], metavar="WHAT",
                        help="count one more failure, of something that is no test")
    parser.add_argument("--skipped", nargs=2, action="append", default=[],
                        metavar=("WHAT", "REASON"), help="count one more skipped test")
    parser.add_argument("--logs", action="store_true", help="print what failed tests printed")
    return parser.parse_args()


def main():
    args = parse_arguments()
    totals = Totals(failed=[(what, "") for what in args.failed],
                    skipped=[tuple(pair) for pair in args.skipped])
    for run in args.run:
        count_run(*run, totals)

    for line in totals.matrices:
        print(line)
    for what, reason in totals.skipped:
        print(f"skipped: {what}: {reason}")
    for what, log in totals.failed:
        print(f"FAILED: {what}")
        if args.logs and log:
            print("\n".join("    " + line for line in log.splitlines()))
    for path in totals.logs:
        print(f"log: {path}")
    print(f"{totals.passed} passed, {len(totals.failed)} failed, {len(totals.skipped)} skipped")
    return 1 if totals.failed or totals.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
