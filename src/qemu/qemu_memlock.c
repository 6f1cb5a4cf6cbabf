/*
 * qemu_memlock.c: the right to lock the guest's memory, which VFIO needs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "qemu_memlock.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS          VIR_FROM_QEMU

#define QEMU_MEMLOCK_SLACK_KIB (1024 * 1024)

/* Behind an IOMMU of the guest every host device has an address space of its own, and the memory is
 * counted once for each. */
guint64
qemuMemlockNeed(const virDomainDef *def)
{
    guint64 spaces = def->iommus->len > 0 ? MAX(def->hostdevs->len, 1) : 1;

    if (def->hostdevs->len == 0 && !def->mem.backing.locked)
        return 0;
    return def->mem.total_kib * spaces + QEMU_MEMLOCK_SLACK_KIB;
}

/* Whether a process has a capability; 0 is this thread. There is no libc function for this, and
 * libcap would be one more library for one bit. */
static bool
qemuMemlockHasCapability(pid_t pid, unsigned int capability)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = pid};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    return syscall(SYS_capget, &header, data) == 0 &&
           data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

static bool
qemuMemlockIsPrivileged(void)
{
    return qemuMemlockHasCapability(0, CAP_IPC_LOCK) ||
           qemuMemlockHasCapability(0, CAP_SYS_RESOURCE);
}

int
qemuMemlockCheck(const virDomainDef *def)
{
    guint64 need_kib = qemuMemlockNeed(def);
    struct rlimit limit;

    if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0) {
        virReportSystemError(errno, _("cannot read the limit on locked memory"));
        return -1;
    }
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= need_kib * 1024 ||
        qemuMemlockIsPrivileged())
        return 0;
    virReportError(
        VIR_ERR_OPERATION_FAILED,
        _("guest '%1$s' needs to lock %2$llu MiB of memory (its own and 1 GiB more) for "
          "its host devices or <locked/>, and the limit is %3$llu KiB; become root, or raise the "
          "limit (\"memlock\" in /etc/security/limits.conf)"),
        def->name, (unsigned long long)(need_kib + 1023) / 1024,
        (unsigned long long)limit.rlim_max / 1024);
    return -1;
}

static rlim_t
qemuMemlockRaise(rlim_t limit, guint64 need)
{
    return limit == RLIM_INFINITY || limit >= need ? limit : (rlim_t)need;
}

/* A process with CAP_IPC_LOCK has no limit, whatever the limit is. */
int
qemuMemlockRestore(pid_t pid, const struct rlimit *before)
{
    if (prlimit(pid, RLIMIT_MEMLOCK, before, NULL) == 0 ||
        (errno == EPERM && qemuMemlockHasCapability(pid, CAP_IPC_LOCK)))
        return 0;
    virReportSystemError(errno, _("cannot change the limit on locked memory of QEMU, process %1$d"),
                         (int)pid);
    return -1;
}

/* What QEMU would be started with. */
int
qemuMemlockApply(const virDomainDef *def, pid_t pid, struct rlimit *before)
{
    guint64 need = qemuMemlockNeed(def) * 1024;
    struct rlimit limit;
    struct rlimit now;

    if (need > 0 && qemuMemlockCheck(def) < 0)
        return -1;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || prlimit(pid, RLIMIT_MEMLOCK, NULL, &now) < 0) {
        virReportSystemError(errno, _("cannot read the limit on locked memory of guest '%1$s'"),
                             def->name);
        return -1;
    }
    limit.rlim_cur = qemuMemlockRaise(limit.rlim_cur, need);
    limit.rlim_max = qemuMemlockRaise(limit.rlim_max, need);
    if ((limit.rlim_cur != now.rlim_cur || limit.rlim_max != now.rlim_max) &&
        qemuMemlockRestore(pid, &limit) < 0)
        return -1;
    if (before)
        *before = now;
    return 0;
}
