/*
 * qemu_image_chain.c: the files that a disk image is made of
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qemu_image.h"
#include "qemu_path.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_STORAGE

/* A chain that is being followed. */
typedef struct {
    const virDomainDiskDef *disk;
    uid_t distrusted;
    GPtrArray *paths; /* char * */
    GHashTable *seen; /* "DEVICE:INODE" */
} qemuImageChain;

static int
qemuImageReport(const qemuImageChain *chain, const char *path, const char *reason)
{
    virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                   _("unsupported configuration: cannot use the image '%1$s' of disk '%2$s': %3$s"),
                   path, chain->disk->target, reason);
    return -1;
}

static int
qemuImageReportErrno(const qemuImageChain *chain, const char *path, int rc)
{
    if (rc == -EPERM)
        return qemuImageReport(chain, path,
                               _("a symbolic link on the way to it is QEMU's own user's"));
    virReportSystemError(-rc, _("cannot use the image '%1$s' of disk '%2$s'"), path,
                         chain->disk->target);
    return -1;
}

/* A descriptor to read from; -1 with an error reported. Each file is in a chain once. */
static int
qemuImageOpen(const qemuImageChain *chain, const char *path)
{
    VIR_AUTOCLOSE fd = qemuPathOpen(path, chain->distrusted, 0, NULL);
    struct stat st;
    int opened;

    if (fd < 0 || fstat(fd, &st) < 0)
        return qemuImageReportErrno(chain, path, fd < 0 ? fd : -errno);
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return qemuImageReport(chain, path, _("it is neither a file nor a block device"));
    if (!g_hash_table_add(chain->seen,
                          g_strdup_printf("%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino)))
        return qemuImageReport(chain, path, _("it is below itself"));
    if ((opened = qemuPathReopen(fd)) < 0)
        return qemuImageReportErrno(chain, path, opened);
    return opened;
}

static int
qemuImageRead(const qemuImageChain *chain, const char *path, qemuImageHeader *header)
{
    g_autofree guint8 *bytes = g_malloc(QEMU_IMAGE_HEADER_MAX);
    g_autofree char *reason = NULL;
    VIR_AUTOCLOSE fd = qemuImageOpen(chain, path);
    size_t len = 0;
    ssize_t n;

    if (fd < 0)
        return -1;
    while ((n = virFileReadSome(fd, bytes + len, QEMU_IMAGE_HEADER_MAX - len)) > 0)
        len += (size_t)n;
    if (n < 0)
        return qemuImageReportErrno(chain, path, (int)n);
    if (qemuImageParse(bytes, len, header, &reason) < 0)
        return qemuImageReport(chain, path, reason);
    return 0;
}

/* The file below @path, as QEMU finds it, and its format. */
static int
qemuImageGetBelow(const qemuImageChain *chain, const char *path, char **below, int *format)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_auto(qemuImageHeader) header = {0};

    if (qemuImageRead(chain, path, &header) < 0)
        return -1;
    if (!header.backing || chain->disk->noBacking)
        return 0;
    if (!header.backingFormat)
        return qemuImageReport(
            chain, path,
            _("it does not say which format its backing file has, and that is not guessed; say it "
              "with \"qemu-img rebase -u -b FILE -F FORMAT IMAGE\""));
    *format = virDomainDiskFormatFromString(header.backingFormat);
    if (*format < 0) {
        g_autofree char *reason = virFormat(
            _("its backing file has the format '%1$s', and \"raw\" and \"qcow2\" are supported"),
            header.backingFormat);

        return qemuImageReport(chain, path, reason);
    }
    *below = g_path_is_absolute(header.backing) ? g_strdup(header.backing)
                                                : g_build_filename(directory, header.backing, NULL);
    return 0;
}

static int
qemuImageFollow(qemuImageChain *chain)
{
    int format = (int)chain->disk->format;
    char *path = g_strdup(chain->disk->source);

    while (path) {
        char *below = NULL;

        g_ptr_array_add(chain->paths, path);
        if (chain->paths->len > QEMU_IMAGE_CHAIN_MAX)
            return qemuImageReport(chain, path, _("too many images are on top of each other"));
        if (format == VIR_DOMAIN_DISK_FORMAT_QCOW2 &&
            qemuImageGetBelow(chain, path, &below, &format) < 0)
            return -1;
        path = below;
    }
    return 0;
}

GPtrArray *
qemuImageListFiles(const virDomainDiskDef *disk, uid_t distrusted)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    qemuImageChain chain = {disk, distrusted, paths, seen};

    if (qemuImageFollow(&chain) < 0)
        return NULL;
    return g_steal_pointer(&paths);
}
