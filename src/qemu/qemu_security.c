/*
 * qemu_security.c: files and nodes that QEMU's user is given
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qemu_image.h"
#include "qemu_path.h"
#include "qemu_security.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"
#include "virpci.h"

#define VIR_FROM_THIS VIR_FROM_SECURITY

VIR_LOG_INIT("qemu.security")

qemuSecurityOwner *
qemuSecurityOwnerCopy(const qemuSecurityOwner *owner)
{
    qemuSecurityOwner *copy = g_new(qemuSecurityOwner, 1);

    *copy = *owner;
    copy->path = g_strdup(owner->path);
    copy->alias = g_strdup(owner->alias);
    return copy;
}

void
qemuSecurityOwnerFree(qemuSecurityOwner *owner)
{
    g_free(owner->path);
    g_free(owner->alias);
    g_free(owner);
}

GPtrArray *
qemuSecurityOwnersNew(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)qemuSecurityOwnerFree);
}

static bool
qemuSecurityIsMember(const qemuSpawnUser *user, gid_t gid)
{
    bool member = user->gid == gid;

    for (guint i = 0; i < user->groups->len; i++)
        member |= g_array_index(user->groups, gid_t, i) == gid;
    return member;
}

/* Whether the file's mode lets @user use it: @bits are R_OK and W_OK. */
static bool
qemuSecurityMayUse(const qemuSpawnUser *user, const struct stat *st, mode_t bits)
{
    if (st->st_uid == user->uid)
        return (st->st_mode >> 6 & bits) == bits;
    if (qemuSecurityIsMember(user, st->st_gid))
        return (st->st_mode >> 3 & bits) == bits;
    return (st->st_mode & bits) == bits;
}

/* What qemuSecurityPlan() goes on with. */
typedef struct {
    const qemuSpawnUser *user; /* NULL: ours */
    virPCIHost *host;
    const GPtrArray *held;
    GPtrArray *owners;
    const char *alias; /* of the device that files are for; or NULL */
} qemuSecurityPlanner;

/* What is noted of a file, or NULL. */
static const qemuSecurityOwner *
qemuSecurityFind(const GPtrArray *owners, guint64 device, guint64 inode)
{
    for (guint i = 0; owners && i < owners->len; i++) {
        const qemuSecurityOwner *owner = g_ptr_array_index(owners, i);

        if (owner->device == device && owner->inode == inode)
            return owner;
    }
    return NULL;
}

static int
qemuSecurityReport(const char *path, int rc)
{
    if (rc == -EPERM)
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("cannot give '%1$s' to QEMU's user: a symbolic link on the way to it is "
                         "that user's own, and is not followed"),
                       path);
    else
        virReportSystemError(-rc, _("cannot look at '%1$s', which QEMU is to use"), path);
    return -1;
}

/* A file that somebody else has been given already was never that user's. */
static int
qemuSecurityPlanFile(qemuSecurityPlanner *planner, const char *path, mode_t bits,
                     unsigned int flags)
{
    g_autofree char *real = NULL;
    VIR_AUTOCLOSE fd = -1;
    const qemuSecurityOwner *held;
    qemuSecurityOwner *owner;
    struct stat st;

    if (!path || !planner->user)
        return 0;
    fd = qemuPathOpen(path, planner->user->uid, flags, &real);
    if (fd < 0 || fstat(fd, &st) < 0)
        return qemuSecurityReport(path, fd < 0 ? fd : -errno);
    if (S_ISDIR(st.st_mode))
        return qemuSecurityReport(path, -EISDIR);
    if (!(held = qemuSecurityFind(planner->held, st.st_dev, st.st_ino)))
        held = qemuSecurityFind(planner->owners, st.st_dev, st.st_ino);
    if (!held && qemuSecurityMayUse(planner->user, &st, bits))
        return 0;
    owner = g_new0(qemuSecurityOwner, 1);
    owner->path = g_steal_pointer(&real);
    owner->alias = g_strdup(planner->alias);
    owner->device = st.st_dev;
    owner->inode = st.st_ino;
    owner->uid = held ? held->uid : st.st_uid;
    owner->gid = held ? held->gid : st.st_gid;
    g_ptr_array_add(planner->owners, owner);
    return 0;
}

/* QEMU's user may not make files where root may. */
static int
qemuSecurityPlanOutput(qemuSecurityPlanner *planner, const char *path)
{
    return qemuSecurityPlanFile(planner, path, W_OK, QEMU_PATH_CREATE);
}

static int
qemuSecurityPlanDisk(qemuSecurityPlanner *planner, const virDomainDiskDef *disk)
{
    uid_t distrusted = planner->user ? planner->user->uid : QEMU_PATH_TRUST_ALL;
    g_autoptr(GPtrArray) files = NULL;

    if (!disk->source)
        return 0;
    if (!(files = qemuImageListFiles(disk, distrusted)))
        return -1;
    for (guint i = 0; i < files->len; i++) {
        mode_t bits = i > 0 || disk->readonly ? R_OK : R_OK | W_OK;

        if (qemuSecurityPlanFile(planner, g_ptr_array_index(files, i), bits, 0) < 0)
            return -1;
    }
    return 0;
}

static int
qemuSecurityPlanHostdev(qemuSecurityPlanner *planner, const virDomainHostdevDef *hostdev)
{
    g_autoptr(virPCIDevice) device = NULL;
    g_auto(virPCIDeviceFacts) facts = {0};
    g_autofree char *path = NULL;

    if (!planner->user)
        return 0;
    if (!(device = virPCIDeviceNew(planner->host, &hostdev->source)) ||
        virPCIDeviceReadFacts(device, &facts) < 0)
        return -1;
    path = g_strdup_printf("/dev/vfio/%d", facts.iommuGroup);
    return qemuSecurityPlanFile(planner, path, R_OK | W_OK, 0);
}

/* Sockets that QEMU listens on are its own, in the guest's run directory or where its user may
 * make them. */
static int
qemuSecurityPlanChr(qemuSecurityPlanner *planner, const virDomainChrSourceDef *source)
{
    if (source->logFile && qemuSecurityPlanOutput(planner, source->logFile) < 0)
        return -1;
    if (source->type == VIR_DOMAIN_CHR_TYPE_FILE)
        return qemuSecurityPlanOutput(planner, source->path);
    if (source->type == VIR_DOMAIN_CHR_TYPE_UNIX && source->mode == VIR_DOMAIN_CHR_MODE_CONNECT)
        return qemuSecurityPlanFile(planner, source->path, W_OK, 0);
    return 0;
}

static int
qemuSecurityPlanKind(qemuSecurityPlanner *planner, const virDomainDeviceDef *dev)
{
    switch (dev->type) {
    case VIR_DOMAIN_DEVICE_DISK:
        return qemuSecurityPlanDisk(planner, dev->data.disk);
    case VIR_DOMAIN_DEVICE_HOSTDEV:
        return qemuSecurityPlanHostdev(planner, dev->data.hostdev);
    case VIR_DOMAIN_DEVICE_SERIAL:
    case VIR_DOMAIN_DEVICE_CONSOLE:
    case VIR_DOMAIN_DEVICE_CHANNEL:
        return qemuSecurityPlanChr(planner, &dev->data.chr->source);
    case VIR_DOMAIN_DEVICE_RNG:
        return qemuSecurityPlanFile(planner, dev->data.rng->source, R_OK, 0);
    case VIR_DOMAIN_DEVICE_TPM:
        return qemuSecurityPlanFile(planner, dev->data.tpm->socket, W_OK, 0);
    default:
        return 0;
    }
}

static int
qemuSecurityAddDevice(qemuSecurityPlanner *planner, const virDomainDeviceDef *dev)
{
    planner->alias = dev->info->alias;
    if (qemuSecurityPlanFile(planner, dev->info->romFile, R_OK, 0) < 0)
        return -1;
    return qemuSecurityPlanKind(planner, dev);
}

GPtrArray *
qemuSecurityPlanDevice(const qemuSpawnUser *user, virPCIHost *host, const virDomainDeviceDef *dev,
                       const GPtrArray *held)
{
    g_autoptr(GPtrArray) owners = qemuSecurityOwnersNew();
    qemuSecurityPlanner planner = {user, host, held, owners, NULL};

    return qemuSecurityAddDevice(&planner, dev) < 0 ? NULL : g_steal_pointer(&owners);
}

static int
qemuSecurityAddDevices(qemuSecurityPlanner *planner, const virDomainDef *def)
{
    virDomainDeviceIter iter = virDomainDeviceIterInit(def);
    virDomainDeviceDef dev;

    while (virDomainDeviceIterNext(&iter, &dev)) {
        if (qemuSecurityAddDevice(planner, &dev) < 0)
            return -1;
    }
    return 0;
}

GPtrArray *
qemuSecurityPlan(const qemuSpawnUser *user, virPCIHost *host, const virDomainDef *def,
                 const GPtrArray *held)
{
    g_autoptr(GPtrArray) owners = qemuSecurityOwnersNew();
    qemuSecurityPlanner planner = {user, host, held, owners, NULL};

    if (qemuSecurityPlanFile(&planner, def->os.kernel, R_OK, 0) < 0 ||
        qemuSecurityPlanFile(&planner, def->os.initrd, R_OK, 0) < 0 ||
        qemuSecurityPlanFile(&planner, def->os.loader.path, R_OK, 0) < 0 ||
        qemuSecurityPlanFile(&planner, def->os.loader.nvram, R_OK | W_OK, 0) < 0 ||
        qemuSecurityAddDevices(&planner, def) < 0)
        return NULL;
    return g_steal_pointer(&owners);
}

/* The file that was planned, if it is there still; -1 if not. */
static int
qemuSecurityOpenOwned(const qemuSecurityOwner *owner, struct stat *st)
{
    VIR_AUTOCLOSE fd = qemuPathOpen(owner->path, QEMU_PATH_TRUST_ALL, QEMU_PATH_NO_LINKS, NULL);

    if (fd < 0 || fstat(fd, st) < 0)
        return -1;
    if (st->st_dev == owner->device && st->st_ino == owner->inode)
        return virFileStealFD(&fd);
    errno = ESTALE;
    return -1;
}

int
qemuSecurityApply(const qemuSpawnUser *user, const GPtrArray *owners)
{
    for (guint i = 0; i < owners->len; i++) {
        const qemuSecurityOwner *owner = g_ptr_array_index(owners, i);
        struct stat st;
        VIR_AUTOCLOSE fd = qemuSecurityOpenOwned(owner, &st);

        if (fd < 0 || fchownat(fd, "", user->uid, user->gid, AT_EMPTY_PATH) < 0) {
            virReportSystemError(errno, _("cannot give '%1$s' to QEMU's user"), owner->path);
            return -1;
        }
    }
    return 0;
}

void
qemuSecurityRestore(const qemuSpawnUser *user, const GPtrArray *owners, const GPtrArray *held)
{
    for (guint i = owners->len; user && i > 0; i--) {
        const qemuSecurityOwner *owner = g_ptr_array_index(owners, i - 1);
        struct stat st;
        VIR_AUTOCLOSE fd = -1;

        if (qemuSecurityFind(held, owner->device, owner->inode))
            continue;
        /* The node of a device that has been given back to the host is gone; and what somebody
         * else has changed since is theirs. */
        if ((fd = qemuSecurityOpenOwned(owner, &st)) < 0 || st.st_uid != user->uid ||
            st.st_gid != user->gid)
            continue;
        if (fchownat(fd, "", owner->uid, owner->gid, AT_EMPTY_PATH) < 0)
            VIR_WARN(_("cannot give '%1$s' back to its owner: %2$s"), owner->path,
                     g_strerror(errno));
    }
}
