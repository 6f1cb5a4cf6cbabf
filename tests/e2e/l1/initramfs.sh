#!/bin/busybox sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# First program of L1, the emulated host. It puts a tmpfs over this machine's own
# root file system, which comes read-only through virtio-9p, and goes on in there:
# every installed program and the build tree are visible, and nothing that the
# tests write survives. The second share, /run/e2e, is writable: job and logs.

bb=/bin/busybox
options=trans=virtio,version=9p2000.L,msize=512000

fail() {
    $bb echo "e2e: $1" > /dev/console
    $bb poweroff -f
}

$bb mount -t proc proc /proc
$bb mount -t sysfs sysfs /sys
$bb mount -t devtmpfs devtmpfs /dev
while read -r module; do
    $bb insmod "/mod/$module" || fail "cannot load $module"
done < /mod/order

$bb mount -t 9p -o $options,ro,cache=loose hostroot /ro || fail "cannot mount the root share"
$bb mount -t tmpfs -o size=75%,mode=755 tmpfs /rw
$bb mkdir /rw/upper /rw/work
$bb mount -t overlay -o lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work overlay /newroot ||
    fail "cannot mount the overlay"

new=/newroot
$bb mount --move /dev $new/dev
$bb mount --move /proc $new/proc
$bb mount --move /sys $new/sys
$bb mkdir -p $new/dev/pts $new/dev/shm
$bb mount -t devpts -o gid=5,mode=620 devpts $new/dev/pts
$bb mount -t tmpfs tmpfs $new/dev/shm
$bb ln -sfn /proc/self/fd $new/dev/fd
$bb mount -t tmpfs -o mode=755 tmpfs $new/run
$bb mkdir -p $new/run/e2e $new/run/lock
$bb mount -t 9p -o $options out $new/run/e2e || fail "cannot mount the result share"

# two lines: the init to run, and the directory that has lib/modules
{ read -r init; read -r modules; } < $new/run/e2e/paths
# Images of disks lie in /var/tmp, if it is not where the project is.
case $init in
    /var/tmp/*) ;;
    *) $bb mount -t tmpfs -o mode=1777 tmpfs $new/var/tmp ;;
esac
release=$($bb uname -r)
$bb mkdir -p "$new/lib/modules/$release"
$bb mount --bind "$new$modules/lib/modules/$release" "$new/lib/modules/$release" ||
    fail "cannot mount the kernel modules"
$bb ip link set lo up
exec $bb switch_root -c /dev/console $new "$init"
