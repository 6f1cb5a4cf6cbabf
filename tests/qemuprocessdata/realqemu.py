#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real QEMU, which gets a small device of its own in place of each host device.

This process becomes QEMU; a child of it is between the monitor and who talks to it.
"""

import json
import os
import socket
import sys
import threading

MONITOR = 3


def without_host_devices(words):
    """The command line without -device of VFIO, and with a monitor that is connected already."""
    words = iter(words)
    for word in words:
        if word == "-device":
            value = next(words)
            if json.loads(value)["driver"] == "vfio-pci":
                continue
            yield from (word, value)
        else:
            yield word.removesuffix(",server=on,wait=off") if "charmonitor" in word else word


def replace(line):
    command = json.loads(line)
    arguments = command.get("arguments", {})
    if command.get("execute") == "device_add" and arguments["driver"] == "vfio-pci":
        kept = {key: arguments[key] for key in ("id", "bus", "addr")}
        command["arguments"] = {"driver": "virtio-rng-pci", **kept}
    return json.dumps(command).encode() + b"\n"


def copy(qemu, peer):
    while data := qemu.recv(65536):
        peer.sendall(data)
    os._exit(0)


def relay(qemu):
    peer = socket.socket(fileno=MONITOR).accept()[0]
    threading.Thread(target=copy, args=(qemu, peer)).start()
    with peer.makefile("rb") as lines:
        for line in lines:
            qemu.sendall(replace(line))
    os._exit(0)


def main():
    ours, theirs = socket.socketpair()
    argv = ["qemu-system-x86_64", *without_host_devices(sys.argv[1:])]
    if os.fork() == 0:
        theirs.close()
        relay(ours)
    os.dup2(theirs.fileno(), MONITOR)
    os.execvp(argv[0], argv)


main()
