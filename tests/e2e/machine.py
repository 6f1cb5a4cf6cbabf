# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The emulated virtualization host ("L1"): its QEMU command line, and the PCI
addresses that its devices get. Used outside (run-e2e) and inside (l1/).

  address        device   IOMMU group
  0000:01:00.0   e1000e   its own
  0000:02:00.0   e1000e   its own; the host's interface on the same wire
  0000:03:00.0   edu      its own
  0000:04:00.0   nvme     its own; SR-IOV with up to four VFs, 04:00.1 and so on
  0000:05:00.0   edu      shared with its second function
  0000:05:00.1   e1000e   shared with its first function
  0000:06:00.0   bridge   PCI Express to conventional PCI, shared with the two below
  0000:07:01.0   edu      shared
  0000:07:02.0   pcnet    shared
  0000:00:1e.0   VGA      its own; the display that the firmware started on
"""

import os

NIC = "0000:01:00.0"
HOST_NIC = "0000:02:00.0"
EDU = "0000:03:00.0"
NVME = "0000:04:00.0"
NVME_VF = "0000:04:00.1"
PAIR_EDU = "0000:05:00.0"
PAIR_NIC = "0000:05:00.1"
BRIDGE = "0000:06:00.0"
BRIDGED_EDU = "0000:07:01.0"
BRIDGED_NIC = "0000:07:02.0"
DISPLAY = "0000:00:1e.0"
ABSENT = "0000:0a:00.0"

# must not occur in what `virtvfio record` writes
MAC_PREFIX = "52:54:00:e2:e0"
NVME_SERIAL = "e2e-serial-4711"
HOST_NAME = "e2e-host-name"

MEMORY_MIB = 2560

# nohz, highres: QEMU's emulated SVM can lose a pending interrupt when a nested guest
# exits. With one-shot timers that one was the last and the host sleeps for ever; a
# periodic tick brings it back after some milliseconds.
# no_timer_check: on a busy machine the emulated timer can be late at boot, and the kernel panics.
#
# clocksource: on a busy machine the kernel measures the processor's clock wrong while it boots; its
# time then went up to four times as fast as ours, and time-outs came early. The HPET's rate is known.
KERNEL_ARGUMENTS = (
    "console=ttyS0 panic=-1 quiet loglevel=4 intel_iommu=on iommu=pt mitigations=off "
    "random.trust_cpu=on nohz=off highres=off no_timer_check "
    "clocksource=hpet"
)

DEVICES = [
    "pcie-root-port,id=rp1,chassis=1,slot=1",
    f"e1000e,bus=rp1,netdev=n1,mac={MAC_PREFIX}:01",
    "pcie-root-port,id=rp2,chassis=2,slot=2",
    f"e1000e,bus=rp2,netdev=n2,mac={MAC_PREFIX}:02",
    "pcie-root-port,id=rp3,chassis=3,slot=3",
    "edu,bus=rp3,id=edu",
    "pcie-root-port,id=rp4,chassis=4,slot=4",
    "nvme-subsys,id=subsystem,nqn=e2e",
    f"nvme,bus=rp4,id=nvme,serial={NVME_SERIAL},subsys=subsystem,sriov_max_vfs=4,"
    "sriov_vq_flexible=8,sriov_vi_flexible=8,max_ioqpairs=12,msix_qsize=13",
    "nvme-ns,bus=nvme,drive=disk,nsid=1,shared=on",
    # nothing is plugged in here later, so its bus may be reset by hand
    "pcie-root-port,id=rp5,chassis=5,slot=5,hotplug=off",
    "edu,bus=rp5,addr=0.0,multifunction=on",
    f"e1000e,bus=rp5,addr=0.1,netdev=n3,mac={MAC_PREFIX}:03",
    "pcie-root-port,id=rp6,chassis=6,slot=6",
    "pcie-pci-bridge,id=conventional,bus=rp6",
    "edu,bus=conventional,addr=1.0",
    # e1000 would take half a second each time that its driver comes; this one takes a tenth
    f"pcnet,bus=conventional,addr=2.0,netdev=n4,mac={MAC_PREFIX}:04",
    "VGA,bus=pcie.0,addr=1e.0,vgamem_mb=1,romfile=",
]


def accelerator():
    """
    QEMU arguments for the processor. KVM only with hardware virtualization under
    it: a software KVM offers /dev/kvm too, and is slower than emulation here.
    "+svm,+npt" is what gives L1 a /dev/kvm of its own, so that L2 boots in
    seconds; "-cpu max" has it too and is slower.
    """
    hardware = any(os.path.isdir(f"/sys/module/{m}") for m in ("kvm_intel", "kvm_amd"))
    if hardware and os.access("/dev/kvm", os.W_OK):
        return ["-accel", "kvm,kernel-irqchip=split", "-cpu", "host"]
    return ["-accel", "tcg,tb-size=512", "-cpu", "qemu64,+svm,+npt"]


def qemu_argv(image, share, serials):
    """
    The command that boots L1.

    @image: HostImage; @share: directory that L1 may write to, as /run/e2e;
    @serials: QEMU character devices for ttyS0 (console) and ttyS1 (results)
    """
    argv = ["qemu-system-x86_64", "-name", "virtvfio-e2e", "-nodefaults", "-no-user-config",
            "-display", "none", "-no-reboot", "-machine", "q35", *accelerator(),
            # one CPU: with two, emulated code that a kernel patches while the other CPU
            # runs it (static keys, toggled whenever a guest starts) now and then oopses
            "-smp", "1", "-m", str(MEMORY_MIB),
            # without interrupt remapping the kernel refuses to let VFIO use the IOMMU
            "-device", "intel-iommu,intremap=on,caching-mode=on",
            "-kernel", str(image.kernel), "-initrd", str(image.l1_initrd),
            "-append", KERNEL_ARGUMENTS]
    argv += ["-monitor", f"unix:{share}/monitor,server=on,wait=off"]
    for serial in serials:
        argv += ["-serial", serial]
    argv += [
        "-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap",
        "-device", "virtio-9p-pci,fsdev=root,mount_tag=hostroot",
        "-fsdev", f"local,id=out,path={share},security_model=none,multidevs=remap",
        "-device", "virtio-9p-pci,fsdev=out,mount_tag=out",
        "-object", "rng-random,id=rng,filename=/dev/urandom",
        "-device", "virtio-rng-pci,rng=rng",
        "-drive", f"if=none,id=disk,file={image.disk},format=raw,snapshot=on",
    ]
    for port in ("n1", "n2", "n3", "n4"):
        argv += ["-netdev", f"hubport,id={port},hubid=0"]
    for device in DEVICES:
        argv += ["-device", device]
    return argv
