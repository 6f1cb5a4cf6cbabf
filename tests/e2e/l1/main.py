# SPDX-License-Identifier: LGPL-2.1-or-later
"""What runs in L1: the cases, the self-test, the demo or a comparison, as the job file says."""

import importlib
import json
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import host  # noqa: E402
import tap  # noqa: E402
import tool  # noqa: E402


def register_cases():
    """Imports the cases, in the order in which they run: guests need modules to stay loaded."""
    import cases_host

    if tool.job["mode"] == "self-test":
        cases_host.register_self_test()
        return
    tool.make_reachable(tool.job["build_dir"])
    if tool.job["mode"] == "systemd":
        importlib.import_module("cases_systemd")
        # it draws in others by what they share
        tap.cases[:] = [one for one in tap.cases if one[1].__module__ == "cases_systemd"]
        tool.make_reachable(tool.job["kernel"])
        return
    for name in ("cases_look", "cases_modules", "cases_refuse", "cases_bind", "cases_reset",
                 "cases_table", "cases_crash", "cases_race", "cases_net", "cases_limits",
                 "cases_guest", "cases_nodedev", "cases_domain_managed", "cases_domain",
                 "cases_domain_killed"):
        importlib.import_module(name)


def main():
    with open("/run/e2e/job.json", encoding="utf-8") as file:
        tool.job.update(json.load(file))
    port = tool.port = tap.Port("/dev/ttyS1")
    try:
        start = time.monotonic()
        host.set_up()
        if tool.job["mode"] == "shell":
            return
        if tool.job["mode"] == "demo":
            import demo

            demo.run(port)
        elif tool.job["mode"] == "compare":
            import compare_daemons

            compare_daemons.run(port)
        else:
            seconds = time.monotonic() - start
            port.line(f"# L1 runs {host.RELEASE}; it was set up in {seconds:.1f} s")
            register_cases()
            tap.run(port, tool.job["cases"] or ["*"])
        port.line(tap.LAST_LINE)
    except Exception:
        for line in traceback.format_exc().splitlines():
            port.line(f"# {line}")


main()
