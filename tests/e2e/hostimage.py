# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Everything that has to exist before the emulated host can boot.

A Debian kernel and its headers are downloaded through apt and unpacked into a
cache, never installed; the two test modules are built against it; an
uncompressed kernel and two small initramfs images are made from it.

  CACHE/kernels/SERIES/PACKAGE_VERSION/   the unpacked packages, as they came
  CACHE/hosts/RELEASE-HASH/               what run-e2e boots; HASH covers our own
                                          sources, so a change makes a new one

Both kinds of directory are made under a temporary name and renamed when they
are complete: whatever carries the final name can be used.
"""

import contextlib
import fcntl
import gzip
import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent

# kernel series -> meta-packages that always name the current build of it
SERIES = {
    "6.1": ("linux-image-amd64", "linux-headers-amd64"),
    "6.12": ("linux-image-6.12-amd64", "linux-headers-6.12-amd64"),
}

# program -> Debian package that has it
PROGRAMS = {
    "apt-cache": "apt",
    "busybox": "busybox-static",
    "cpio": "cpio",
    "depmod": "kmod",
    "dpkg-deb": "dpkg",
    "gcc": "gcc",
    "gcc-12": "gcc-12",
    "make": "make",
    "modprobe": "kmod",
    "qemu-system-x86_64": "qemu-system-x86",
    "virsh": "libvirt-clients",
    "xz": "xz-utils",
    "zstd": "zstd",
}
# packages that no program stands for: needed to link objtool and the program in l2/
FILES = {
    "/usr/lib/x86_64-linux-gnu/libelf.so.1": "libelf1",
    "/usr/lib/x86_64-linux-gnu/libc.a": "libc6-dev",
}

# what the cases with systemd need besides
SYSTEMD_FILES = {
    "/usr/bin/dbus-daemon": "dbus",
    "/usr/lib/libvirt/libvirt-guests.sh": "libvirt-daemon-system",
    "/usr/lib/polkit-1/polkitd": "polkitd",
    "/usr/lib/systemd/systemd": "systemd",
    "/usr/bin/udevadm": "udev",
    "/usr/lib/systemd/system/dbus.socket": "dbus",
}

# bytes; an unpacked kernel of either series takes less than this
DISK_NEEDED = 2 << 30

# modules that the two initramfs images load, in modprobe's order
L1_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
L2_MODULES = ("button", "evdev", "e1000e", "nvme")

# first sector of the emulated NVMe disk; l2/device.c looks for it
DISK_MAGIC = b"virtvfio-e2e-disk"


class CannotPrepare(Exception):
    """This machine cannot run the suite; the text says why (a skip)."""


class PrepareFailed(Exception):
    """Something that should work did not (a failure)."""


@dataclass
class HostImage:
    """One bootable host; every path is absolute."""

    release: str
    directory: Path

    @property
    def kernel(self):
        return self.directory / "vmlinux"

    @property
    def l1_initrd(self):
        return self.directory / "l1.cpio.gz"

    @property
    def l2_initrd(self):
        return self.directory / "l2.cpio.gz"

    @property
    def disk(self):
        return self.directory / "nvme.img"


def missing_packages(more=None):
    """Names of the Debian packages that are not installed here; @more: like FILES"""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    names = [pkg for prog, pkg in PROGRAMS.items() if not shutil.which(prog, path=path)]
    names += [pkg for file, pkg in {**FILES, **(more or {})}.items() if not os.path.exists(file)]
    return sorted(set(names))


def cache_directory():
    explicit = os.environ.get("VIRTVFIO_E2E_CACHE")
    if explicit:
        return Path(explicit).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base).absolute() / "virtvfio" / "e2e"


def say(text):
    print(f"e2e: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text):
    """Announces a step that takes seconds and says how many it took."""
    say(f"{text} …")
    start = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - start:.1f} s")


def run(argv, **kwargs):
    """Runs a program; its output is shown only when it fails."""
    env = dict(os.environ, LC_ALL="C", PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    kwargs.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(argv, env=env, capture_output=True, **kwargs)
    if done.returncode != 0:
        text = (done.stderr + done.stdout).decode(errors="replace").strip()
        raise PrepareFailed(f"'{' '.join(map(str, argv))}' failed: {text[-2000:]}")
    return done.stdout


# --- which packages ---------------------------------------------------------


def dependencies(package):
    """Direct dependencies of a package, alternatives included."""
    text = run(["apt-cache", "depends", package]).decode()
    return re.findall(r"^ [| ]Depends: <?([^\s<>]+)", text, re.M)


def candidate(package):
    """(version, size in bytes) of the build that apt would download."""
    text = run(["apt-cache", "--no-all-versions", "show", package]).decode()
    version = re.search(r"^Version: (\S+)", text, re.M)
    size = re.search(r"^Size: (\d+)", text, re.M)
    if not version:
        raise PrepareFailed(f"apt knows no version of {package}")
    return version.group(1), int(size.group(1)) if size else 0


def resolve(series):
    """(image package, headers package) behind the meta-packages of a series."""
    found = []
    for meta in SERIES[series]:
        prefix = re.sub(r"-(6\.12-)?amd64$", "", meta) + f"-{series}."
        names = [n for n in dependencies(meta) if n.startswith(prefix) and n.endswith("-amd64")]
        if not names:
            raise PrepareFailed(f"{meta} does not lead to a {series} kernel here")
        found.append(names[0])
    return tuple(found)


def header_packages(headers):
    """The headers package and what it needs to build a module; never a kernel image."""
    wanted, todo = [], [headers]
    while todo:
        name = todo.pop()
        if name in wanted:
            continue
        wanted.append(name)
        todo += [n for n in dependencies(name) if re.match(r"linux-(headers|kbuild)-", n)]
    return wanted


def update_lists():
    """Refreshes apt's lists if this user may; says whether it did."""
    argv = ["apt-get", "-q", "update"]
    if os.geteuid() != 0:
        if not shutil.which("sudo"):
            return False
        argv = ["sudo", "-n"] + argv
    say("apt's package lists may be old: refreshing them …")
    try:
        run(argv)
    except PrepareFailed as error:
        say(f"  that failed: {error}")
        return False
    return True


# --- the unpacked kernel ----------------------------------------------------


def download(packages, directory):
    options = ["-q"]
    if os.geteuid() == 0:
        # apt's own user may not write into root's cache
        options += ["-o", "APT::Sandbox::User=root"]
    total = sum(candidate(p)[1] for p in packages)
    with step(f"downloading {packages[0]} and {len(packages) - 1} more ({total >> 20} MB)"):
        run(["apt-get", *options, "download", *packages], cwd=directory)


def relocate_headers(tree, final):
    """Makes an unpacked headers tree usable below @final instead of in /usr/src."""
    makefile = tree / "Makefile"
    makefile.write_text(makefile.read_text().replace("/usr/src/", f"{final}/headers/usr/src/"))
    # A vmlinux here holds type information only; with it, the build would ask for pahole.
    (tree / "vmlinux").unlink(missing_ok=True)


def headers_tree(directory, release):
    return directory / "headers" / "usr" / "src" / f"linux-headers-{release}"


def extract_vmlinux(bzimage, out):
    """
    Writes the ELF image that is packed in a bzImage. QEMU enters it through its
    PVH note, which skips the decompression inside the emulated machine.
    """
    data = bzimage.read_bytes()
    setup_sectors = (data[0x1F1] or 4) + 1
    offset, length = struct.unpack_from("<II", data, 0x248)
    # the last four bytes are the unpacked size, no part of the stream
    payload = data[setup_sectors * 512 + offset :][: length - 4]
    tools = {
        b"\xfd7zXZ": ["xz", "-dc", "--single-stream"],
        b"\x28\xb5\x2f\xfd": ["zstd", "-dcq"],
        b"\x1f\x8b": ["gzip", "-dcq"],
    }
    for magic, argv in tools.items():
        if payload.startswith(magic):
            image = subprocess.run(argv, input=payload, capture_output=True).stdout
            if image[:4] != b"\x7fELF":
                break
            out.write_bytes(image)
            return
    raise PrepareFailed(f"no ELF kernel found inside {bzimage}")


def unpack_kernel(image, headers, directory, final):
    """Fills @directory, later to be renamed @final, with lib/modules, vmlinux and headers/."""
    release = image.removeprefix("linux-image-")
    packages = [image] + header_packages(headers)
    with tempfile.TemporaryDirectory(dir=directory.parent) as debs:
        download(packages, debs)
        with step(f"unpacking the kernel {release}"):
            for deb in sorted(Path(debs).iterdir()):
                target = directory if deb.name.startswith("linux-image-") else directory / "headers"
                run(["dpkg-deb", "-x", str(deb), str(target)])
            extract_vmlinux(directory / "boot" / f"vmlinuz-{release}", directory / "vmlinux")
            shutil.rmtree(directory / "boot")
    relocate_headers(headers_tree(directory, release), final)


def complete_kernels(series):
    """Unpacked kernels of a series in the cache, the newest last."""
    directory = cache_directory() / "kernels" / series
    found = [d for d in directory.glob("linux-image-*") if not d.name.endswith(".new")]
    return sorted(found, key=lambda d: d.stat().st_mtime)


def fresh_directory(final):
    """A new empty directory that will be renamed to @final."""
    building = final.with_name(final.name + ".new")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    return building


def fetch_kernel(series):
    """The directory of the current kernel of a series, unpacked if need be."""
    image, headers = resolve(series)
    version = candidate(image)[0].replace(":", "%3a")
    final = cache_directory() / "kernels" / series / f"{image}_{version}"
    if not final.exists():
        free = shutil.disk_usage(final.parents[2]).free
        if free < DISK_NEEDED:
            raise CannotPrepare(
                f"{final.parents[2]} has {free >> 20} MB free, {DISK_NEEDED >> 20} MB are needed"
            )
        building = fresh_directory(final)
        unpack_kernel(image, headers, building, final)
        building.rename(final)
        for old in complete_kernels(series)[:-2]:
            shutil.rmtree(old)
    return final


def kernel_directory(series):
    """Like fetch_kernel(), with one refresh of apt's lists and the cache to fall back on."""
    try:
        return fetch_kernel(series)
    except PrepareFailed as error:
        first = error
    if update_lists():
        try:
            return fetch_kernel(series)
        except PrepareFailed as error:
            first = error
    cached = complete_kernels(series)
    if cached:
        say(f"using {cached[-1].name} from the cache, because {first}")
        return cached[-1]
    raise CannotPrepare(f"the Debian kernel {series} cannot be fetched: {first}")


# --- the host image ---------------------------------------------------------


def source_hash(kernel):
    """Covers everything that goes into a host image."""
    digest = hashlib.sha256(kernel.name.encode())
    files = [Path(__file__), HERE / "l1" / "initramfs.sh"]
    for directory in ("kmod", "l2"):
        files += sorted((HERE / directory).glob("[!.]*"))
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def build_modules(kernel, release, modules):
    """Builds kmod/ against the unpacked headers and adds it to the module tree."""
    with tempfile.TemporaryDirectory(dir=modules) as build:
        for source in (HERE / "kmod").glob("[!.]*"):
            shutil.copy(source, build)
        tree = headers_tree(kernel, release)
        run(["make", "-j2", "-C", str(tree), f"M={build}", "modules"])
        (modules / "updates").mkdir()
        for module in Path(build).glob("*.ko"):
            shutil.copy(module, modules / "updates")


def module_files(root, release, names):
    """Paths of the modules that the named ones need, in loading order."""
    found = []
    for name in names:
        text = run(["modprobe", "-d", str(root), "-S", release, "--show-depends", name]).decode()
        for line in text.splitlines():
            verb, _, path = line.strip().partition(" ")
            # a built-in module is announced as "builtin NAME"
            if verb == "insmod" and path.split()[0] not in found:
                found.append(path.split()[0])
    return found


def write_initramfs(out, files, modules):
    """Packs @files (name in the archive -> path here) and @modules, uncompressed."""
    with tempfile.TemporaryDirectory() as top:
        top = Path(top)
        for name in ("dev", "proc", "sys", "mod", "ro", "rw", "newroot"):
            (top / name).mkdir()
        for name, path in files.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, top / name)
            (top / name).chmod(0o755)
        order = []
        for index, path in enumerate(modules):
            name = f"{index:02}-{Path(path).name}".removesuffix(".xz").removesuffix(".zst")
            data = Path(path).read_bytes()
            if path.endswith(".xz"):
                data = run(["xz", "-dc", path])
            elif path.endswith(".zst"):
                data = run(["zstd", "-dcq", path])
            (top / "mod" / name).write_bytes(data)
            order.append(name + "\n")
        (top / "mod" / "order").write_text("".join(order))
        names = "\n".join(str(p.relative_to(top)) for p in sorted(top.rglob("*"))).encode()
        archive = run(
            ["cpio", "-o", "-H", "newc", "--quiet", "-R", "0:0"], cwd=top, input=names, stdin=None
        )
        out.write_bytes(gzip.compress(archive, 1))


def build_host(kernel, release, directory):
    modules = directory / "lib" / "modules" / release
    modules.parent.mkdir(parents=True)
    with step(f"building the test modules for {release}"):
        # hard links: the tree has some 4000 files that we only read
        shutil.copytree(kernel / "lib" / "modules" / release, modules, copy_function=os.link,
                        symlinks=True)
        for name in ("build", "source"):
            (modules / name).unlink(missing_ok=True)
        build_modules(kernel, release, modules)
        run(["depmod", "-b", str(directory), release])
    with step(f"building the boot images for {release}"):
        os.link(kernel / "vmlinux", directory / "vmlinux")
        write_initramfs(
            directory / "l1.cpio.gz",
            {"init": HERE / "l1" / "initramfs.sh", "bin/busybox": shutil.which("busybox")},
            module_files(directory, release, L1_MODULES),
        )
        guest_init = directory / "l2-init"
        run(["gcc", "-O1", "-Wall", "-Wextra", "-static", "-s",
             "-o", str(guest_init), *map(str, sorted((HERE / "l2").glob("*.c")))])
        write_initramfs(
            directory / "l2.cpio.gz",
            {"init": guest_init},
            module_files(directory, release, L2_MODULES),
        )
        disk = directory / "nvme.img"
        disk.write_bytes(DISK_MAGIC.ljust(512, b"\0"))
        os.truncate(disk, 16 << 20)


def prune(hosts):
    """Removes what an interrupted build left and all but the newest images."""
    for broken in hosts.glob("*.new"):
        shutil.rmtree(broken)
    for old in sorted(hosts.iterdir(), key=lambda d: d.stat().st_mtime)[:-6]:
        shutil.rmtree(old)


def prepare(series):
    """
    Makes the host image of a kernel series, or finds it in the cache.

    Raises CannotPrepare when this machine lacks something, PrepareFailed when
    something broke. Returns a HostImage.
    """
    if os.uname().machine != "x86_64":
        raise CannotPrepare("the emulated host needs an x86_64 machine")
    missing = missing_packages()
    if missing:
        raise CannotPrepare(f"missing Debian packages: {' '.join(missing)}")
    cache = cache_directory()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = open(cache / "lock", "w")
    except OSError as error:
        raise CannotPrepare(f"the cache {cache} cannot be written: {error.strerror}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kernel = kernel_directory(series)
        release = kernel.name.removeprefix("linux-image-").split("_")[0]
        final = cache / "hosts" / f"{release}-{source_hash(kernel)}"
        if not final.exists():
            building = fresh_directory(final)
            build_host(kernel, release, building)
            building.rename(final)
        os.utime(final)
        prune(cache / "hosts")
        return HostImage(release, final)
