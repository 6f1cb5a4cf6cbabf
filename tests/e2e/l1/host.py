# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The host under test, seen and changed from inside through plain sysfs: what an
administrator could do by hand. Nothing here uses the tool under test.
"""

import contextlib
import fcntl
import glob
import os
import socket
import struct
import subprocess
import time

import machine

PCI = "/sys/bus/pci"
VARIANT = "test-variant-vfio-pci"
VARIANT_MODULE = "vfio_test_variant"
PARAMETERS = f"/sys/module/{VARIANT_MODULE}/parameters"
DECOY = "e2e-decoy-vfio-pci"
DECOY_MODULE = "e2e_decoy"
SRIOV_NET = "e2e-sriov-net"
SRIOV_NET_MODULE = "e2e_sriov_net"
MODULE_OF = {"vfio-pci": "vfio_pci", VARIANT: VARIANT_MODULE, DECOY: DECOY_MODULE,
             SRIOV_NET: SRIOV_NET_MODULE}
RELEASE = os.uname().release
MODULES = f"/lib/modules/{RELEASE}"

NVME_IOCTL_ADMIN_CMD = 0xC0484E41
SIOCSIFADDR, SIOCSIFFLAGS = 0x8916, 0x8914
IFF_UP, IFF_RUNNING = 0x1, 0x40


def read(path):
    """The stripped text of a file, None if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None


def write(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def target(path):
    """Last component of a link's target, None if there is no such link."""
    try:
        return os.path.basename(os.readlink(path))
    except OSError:
        return None


def await_true(condition, timeout_s):
    """Polls; for conditions the kernel offers no event for."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


# --- devices ------------------------------------------------------------------


def device(address):
    return f"{PCI}/devices/{address}"


def switch_off(address):
    """
    Switches a device's slot off, to the end: pciehp takes no notice of a device that comes to the
    slot within a second of that.
    """
    for slot in glob.glob(f"{PCI}/slots/*/"):
        if read(slot + "address") == address.rpartition(".")[0]:
            write(slot + "power", "0")


def addresses():
    return sorted(os.listdir(f"{PCI}/devices"))


def driver(address):
    return target(device(address) + "/driver")


def group(address):
    name = target(device(address) + "/iommu_group")
    return int(name) if name is not None else None


def group_members(address):
    return sorted(os.listdir(device(address) + "/iommu_group/devices"))


def group_node(address):
    return f"/dev/vfio/{group(address)}"


def vfio_devices(address):
    """Names below vfio-dev: not empty exactly when a VFIO driver has the device."""
    try:
        return sorted(os.listdir(device(address) + "/vfio-dev"))
    except OSError:
        return []


def unbind(address):
    if driver(address):
        write(device(address) + "/driver/unbind", address)
    write(device(address) + "/driver_override", "\n")


def bind(address, name):
    """Puts a device on a driver, whatever it was on."""
    if driver(address) == name:
        return
    load(MODULE_OF[name])
    unbind(address)
    write(device(address) + "/driver_override", name + "\n")
    write(PCI + "/drivers_probe", address)
    if driver(address) != name:
        raise RuntimeError(f"{address} did not go to {name} but to {driver(address)}")


def bind_default(address, name):
    """Puts a device on the host driver that the kernel picks by itself."""
    unbind(address)
    write(PCI + "/drivers_probe", address)
    if driver(address) != name:
        raise RuntimeError(f"{address} went to {driver(address)} instead of {name}")


# --- modules ------------------------------------------------------------------


def loaded(module):
    return os.path.isdir(f"/sys/module/{module}")


def load(*modules):
    wanted = [m for m in modules if not loaded(m)]
    if wanted:
        subprocess.run(["modprobe", "-a", *wanted], check=True, capture_output=True)


def unload(module):
    """Removes a module and frees the devices that its drivers have."""
    if not loaded(module):
        return
    for path in glob.glob(f"/sys/module/{module}/drivers/pci:*"):
        for entry in os.listdir(path):
            if entry.count(":") == 2:
                unbind(entry)
    subprocess.run(["rmmod", module], check=True, capture_output=True)


# --- kernel log, state --------------------------------------------------------


class KernelLog:
    """What the kernel says from now on."""

    def __init__(self):
        self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        os.lseek(self.fd, 0, os.SEEK_END)

    def lines(self):
        """New lines since the last call."""
        found = []
        while True:
            try:
                record = os.read(self.fd, 8192)
            except BlockingIOError:
                return found
            except BrokenPipeError:
                continue
            found.append(record.decode(errors="replace").partition(";")[2].split("\n")[0])

    def close(self):
        os.close(self.fd)


def snapshot():
    """Everything that a refused command must leave alone."""
    state = {}
    for address in addresses():
        state[address] = (
            driver(address),
            read(device(address) + "/driver_override"),
            vfio_devices(address),
            read(device(address) + "/enable"),
        )
    state["/dev/vfio"] = sorted(os.listdir("/dev/vfio")) if os.path.isdir("/dev/vfio") else None
    state["modules"] = sorted(line.split()[0] for line in open("/proc/modules"))
    return state


def differences(before, after):
    return [
        f"{key}: {before.get(key)} -> {after.get(key)}"
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]


def openers(path):
    """Process ids that have a file open."""
    found = []
    for fd in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(fd) == path:
                found.append(int(fd.split("/")[2]))
        except OSError:
            pass
    return sorted(set(found))


# --- set-up ---------------------------------------------------------------------


def configure_interface(address, ip):
    """Gives the network interface of a PCI device an address and switches it on."""
    names = f"{device(address)}/net"
    if not await_true(lambda: os.path.isdir(names) and os.listdir(names), 10):
        raise RuntimeError(f"{address} has no network interface")
    name = os.listdir(names)[0].encode()
    inet = struct.pack("16sHH4s8x", name, socket.AF_INET, 0, socket.inet_aton(ip))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFADDR, inet)
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14x", name, IFF_UP | IFF_RUNNING))


def nvme_virtualization(fd, controller, action, resource=0, count=0):
    """NVMe command Virtualization Management."""
    command = struct.pack(
        "<BBHIIIQQIIIIIIIIII",
        0x1C, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        action | resource << 8 | controller << 16, count, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    fcntl.ioctl(fd, NVME_IOCTL_ADMIN_CMD, bytearray(command))


def make_virtual_function():
    """
    The NVMe device gets two VFs without a driver; the first is given the queues
    and interrupts that it needs to work. Follows QEMU's description of its device.
    """
    pf = device(machine.NVME)
    if os.path.exists(device(machine.NVME_VF)):
        return
    load("nvme")
    if driver(machine.NVME) != "nvme":
        bind_default(machine.NVME, "nvme")
    if not await_true(lambda: os.path.isdir(pf + "/nvme"), 10):
        raise RuntimeError("the nvme driver made no controller")
    name = os.listdir(pf + "/nvme")[0]
    if not await_true(lambda: read(f"{pf}/nvme/{name}/state") == "live", 20):
        raise RuntimeError("the nvme controller did not come up")
    queues, interrupts = 0, 1
    allocate, assign, online = 1, 8, 9
    fd = os.open(f"/dev/{name}", os.O_RDWR | os.O_CLOEXEC)
    try:
        for resource in (queues, interrupts):
            nvme_virtualization(fd, 0, allocate, resource, 0)
        write(f"{pf}/nvme/{name}/reset_controller", "1")
        if not await_true(lambda: read(f"{pf}/nvme/{name}/state") == "live", 20):
            raise RuntimeError("the nvme controller did not survive its reset")
        write(pf + "/sriov_drivers_autoprobe", "0")
        write(pf + "/sriov_numvfs", "2")
        nvme_virtualization(fd, 1, assign, queues, 2)
        nvme_virtualization(fd, 1, assign, interrupts, 1)
        nvme_virtualization(fd, 1, online)
    finally:
        os.close(fd)


def set_up():
    """Common ground for all cases: drivers loaded, host interface on, VFs made."""
    socket.sethostname(machine.HOST_NAME)
    load("vfio_pci", VARIANT_MODULE, DECOY_MODULE, "e1000e", "pcnet32", "kvm_amd")
    for address in (machine.NIC, machine.PAIR_NIC):
        if driver(address) is None:
            bind_default(address, "e1000e")
    if driver(machine.HOST_NIC) != "e1000e":
        bind_default(machine.HOST_NIC, "e1000e")
    configure_interface(machine.HOST_NIC, "10.9.9.1")
    make_virtual_function()


@contextlib.contextmanager
def parameters(**values):
    """Parameters of the variant driver, see kmod/vfio_test_variant.c."""
    load(VARIANT_MODULE)
    for name, value in values.items():
        write(f"{PARAMETERS}/{name}", str(value))
    try:
        yield
    finally:
        for name in values:
            write(f"{PARAMETERS}/{name}", "0")
