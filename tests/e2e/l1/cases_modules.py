# SPDX-License-Identifier: LGPL-2.1-or-later
"""Loading kernel modules, through a small program that calls the project's code."""

import contextlib
import os

import host
import tool
from tap import case, expect, expect_equal

CONFIG = "/etc/modprobe.d/virtvfio-e2e.conf"


@contextlib.contextmanager
def configuration(text):
    with open(CONFIG, "w", encoding="ascii") as file:
        file.write(text + "\n")
    try:
        yield
    finally:
        os.unlink(CONFIG)


def kmodload(evidence, module, status):
    path = os.path.join(tool.job["build_dir"], "tests", "kmodload")
    result = tool.run(evidence, [path, module])
    expect_equal(result.status, status, f"exit status of kmodload {module}")
    return result


@case("a module is loaded, and loading it again is no error")
def load_module(evidence):
    host.unload(host.VARIANT_MODULE)
    kmodload(evidence, host.VARIANT_MODULE, 0)
    expect(host.loaded(host.VARIANT_MODULE), "the module is not there")
    kmodload(evidence, host.VARIANT_MODULE, 0)


@case("a blacklisted module is not loaded, and the message says why")
def load_blacklisted(evidence):
    host.unload(host.VARIANT_MODULE)
    with configuration(f"blacklist {host.VARIANT_MODULE}"):
        result = kmodload(evidence, host.VARIANT_MODULE, 1)
    expect(not host.loaded(host.VARIANT_MODULE), "the module is there")
    expect("blacklist" in result.err + result.out, "the message does not say why")


@case("what a module softly depends on is loaded before it")
def load_softdep(evidence):
    host.unload(host.VARIANT_MODULE)
    host.unload(host.DECOY_MODULE)
    with configuration(f"softdep {host.VARIANT_MODULE} pre: {host.DECOY_MODULE}"):
        kmodload(evidence, host.VARIANT_MODULE, 0)
    expect(host.loaded(host.VARIANT_MODULE), "the module is not there")
    expect(host.loaded(host.DECOY_MODULE), "its soft dependency is not there")


@case("a module that does not exist is an error that names it")
def load_unknown(evidence):
    result = kmodload(evidence, "no_such_module", 1)
    expect("no_such_module" in result.err + result.out, "the message does not name it")
