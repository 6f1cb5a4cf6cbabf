/*
 * qemu_driver_disk.c: the calls that tell how large disks are, and what is wrong with them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "qemu_domain.h"
#include "qemu_driver.h"
#include "qemu_driver_priv.h"
#include "qemu_stats.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* QEMU docs/interop/qcow2.txt: the magic number, the version, 16 other bytes, the size of the disk.
 */
typedef struct {
    char magic[4];
    guint32 version;
    char other[16];
    guint64 size;
} qemuDiskHeader;

static int
qemuDiskReportFile(const virDomainDiskDef *disk)
{
    virReportSystemError(errno, _("cannot look at '%1$s', the file of disk '%2$s'"), disk->source,
                         disk->target);
    return -1;
}

/* As the image of a guest that does not run says: the XML has its format, nothing is guessed. */
static int
qemuDiskReadCapacity(const virDomainDiskDef *disk, int fd, virDomainBlockInfo *info)
{
    qemuDiskHeader header;

    info->capacity = info->physical;
    if (disk->format != VIR_DOMAIN_DISK_FORMAT_QCOW2)
        return 0;
    if (virFileReadSome(fd, &header, sizeof(header)) != (ssize_t)sizeof(header) ||
        memcmp(header.magic, "QFI\xfb", sizeof(header.magic)) != 0) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("'%1$s', the file of disk '%2$s', is no image of the format qcow2"),
                       disk->source, disk->target);
        return -1;
    }
    info->capacity = GUINT64_FROM_BE(header.size);
    return 0;
}

/* What it takes on the host. */
static int
qemuDiskReadFile(const virDomainDiskDef *disk, virDomainBlockInfo *info)
{
    struct stat status;
    guint64 size = 0;
    VIR_AUTOCLOSE fd = -1;

    if (stat(disk->source, &status) < 0)
        return qemuDiskReportFile(disk);
    /* Opening another kind of device may do something. */
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
        errno = EINVAL;
        return qemuDiskReportFile(disk);
    }
    fd = open(disk->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &status) < 0 ||
        (S_ISBLK(status.st_mode) && ioctl(fd, BLKGETSIZE64, &size) < 0))
        return qemuDiskReportFile(disk);
    info->physical = S_ISBLK(status.st_mode) ? size : (guint64)status.st_size;
    info->allocation = S_ISBLK(status.st_mode) ? size : (guint64)status.st_blocks * 512;
    return qemuDiskReadCapacity(disk, fd, info);
}

/* What QEMU says of a disk of a guest that runs. */
static int
qemuDiskAsk(virDomainObj *vm, const virDomainDiskDef *disk, virDomainBlockInfo *info)
{
    g_autoptr(qemuMonitor) mon = qemuDomainGetMonitor(vm);
    g_autoptr(GHashTable) disks = mon ? qemuStatsGetDisks(mon, QEMU_STATS_TIMEOUT_MS) : NULL;
    const qemuStatsDisk *found;

    if (!disks)
        return -1;
    found = disk->info.alias ? g_hash_table_lookup(disks, disk->info.alias) : NULL;
    if (found && found->size > 0)
        info->capacity = found->size;
    return 0;
}

int
qemuDomainGetBlockInfo(virDomainObj *vm, const char *path, virDomainBlockInfo *info)
{
    g_autoptr(virDomainDef) def = qemuDomainStatsCopyDef(vm);
    const virDomainDiskDef *disk = def ? qemuDomainFindDisk(def, path) : NULL;
    virDomainBlockInfo found = {0};

    if (!disk)
        return -1;
    if (!disk->source) {
        virReportError(VIR_ERR_INVALID_ARG, _("disk '%1$s' of guest '%2$s' has no medium"),
                       disk->target, vm->name);
        return -1;
    }
    if (qemuDiskReadFile(disk, &found) < 0 ||
        (qemuDomainIsActive(vm) && qemuDiskAsk(vm, disk, &found) < 0))
        return -1;
    *info = found;
    return 0;
}

static void
qemuDiskErrorClear(void *opaque)
{
    virDomainDiskError *error = opaque;

    g_free(error->disk);
}

GArray *
qemuDomainGetDiskErrors(virDomainObj *vm, guint *ndisks)
{
    g_autoptr(virDomainDef) def = qemuDomainStatsCopyDef(vm);
    g_autoptr(qemuMonitor) mon = NULL;
    g_autoptr(GHashTable) disks = NULL;
    GArray *errors;

    if (!def || qemuDomainCheckRuns(vm) < 0 || !(mon = qemuDomainGetMonitor(vm)) ||
        !(disks = qemuStatsGetDisks(mon, QEMU_STATS_TIMEOUT_MS)))
        return NULL;
    errors = g_array_new(FALSE, TRUE, sizeof(virDomainDiskError));
    g_array_set_clear_func(errors, qemuDiskErrorClear);
    for (guint i = 0; i < def->disks->len; i++) {
        const virDomainDiskDef *disk = g_ptr_array_index(def->disks, i);
        const qemuStatsDisk *found =
            disk->info.alias ? g_hash_table_lookup(disks, disk->info.alias) : NULL;
        virDomainDiskError error;

        if (!found || found->error == VIR_DOMAIN_DISK_ERROR_NONE)
            continue;
        error = (virDomainDiskError){g_strdup(disk->target), found->error};
        g_array_append_val(errors, error);
    }
    *ndisks = def->disks->len;
    return errors;
}
