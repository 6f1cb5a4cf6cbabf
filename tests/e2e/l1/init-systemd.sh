#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# PID 1 of L1 after the initramfs, for the cases with systemd: lays what "meson install" has put
# into the share over the root file system, and becomes systemd with few units, one of which runs
# the job. This machine's own services stay out of it.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
here=${0%/*}
units=/etc/systemd/system

cp -r --preserve=mode /run/e2e/installed/. /
# polkit knows no other place: docs/daemon.rst
cp /run/e2e/installed/usr/local/share/polkit-1/actions/org.virtvfio.policy \
    /usr/share/polkit-1/actions/

# systemd does less where it takes the machine for a container
rm -f /.dockerenv
rm -rf "$units"/*.wants "$units"/*.requires /etc/systemd/system-generators
rm -rf /var/log/journal /var/lib/virtvfio /var/log/virtvfio /var/cache/virtvfio
: > /etc/fstab
for generator in /usr/lib/systemd/system-generators/*; do
    mkdir -p /etc/systemd/system-generators
    ln -s /dev/null "/etc/systemd/system-generators/${generator##*/}"
done
# What takes time here and changes nothing. Users and directories are made by a case.
for unit in systemd-sysusers systemd-tmpfiles-setup systemd-tmpfiles-setup-dev systemd-binfmt \
    systemd-firstboot systemd-random-seed systemd-repart systemd-update-utmp systemd-pcrphase \
    systemd-pcrphase-sysinit systemd-machine-id-commit systemd-hwdb-update systemd-sysctl \
    systemd-journal-flush systemd-journal-catalog-update systemd-modules-load ldconfig; do
    ln -sfn /dev/null "$units/$unit.service"
done

cat > "$units/e2e.target" <<END
[Unit]
Requires=basic.target
After=basic.target
Wants=e2e.service
AllowIsolate=yes
END

# The host is not off before the job has ended: it looks at what becomes of guests then.
cat > "$units/e2e.service" <<END
[Unit]
DefaultDependencies=no
After=basic.target
Conflicts=shutdown.target
Before=shutdown.target
SuccessAction=poweroff
FailureAction=poweroff-immediate

[Service]
Environment=PATH=$PATH HOME=/root LC_ALL=C.UTF-8
WorkingDirectory=/root
ExecStart=/usr/bin/python3 -B $here/main.py
StandardOutput=file:/run/e2e/main.log
StandardError=inherit
IgnoreSIGPIPE=no
ExecStop=/usr/bin/tail --pid=\${MAINPID} -f /dev/null
END

exec /usr/lib/systemd/systemd --unit=e2e.target --show-status=no
