#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# PID 1 of L1 after the initramfs: runs the job, then switches the machine off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
cd /root || cd /
/usr/bin/python3 -B "${0%/*}/main.py" > /run/e2e/main.log 2>&1 < /dev/null
if [ -e /run/e2e/shell ]; then
    setsid -c bash --rcfile /run/e2e/shell -i
fi
sync
echo o > /proc/sysrq-trigger
while :; do :; done
