/*
 * qemu_save_file.c: the file of a saved guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qemu_save_file.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* It holds the guest's memory, and may hold passwords. */
#define QEMU_SAVE_FILE_MODE 0600

static int
qemuSaveFileReport(const char *path)
{
    virReportSystemError(errno, _("cannot write the file of a saved guest, '%1$s'"), path);
    return -1;
}

static int
qemuSaveFileCheckPath(const char *path)
{
    struct stat st;

    if (!g_path_is_absolute(path) || g_str_has_suffix(path, "/")) {
        virReportError(
            VIR_ERR_INVALID_ARG,
            _("cannot save a guest to '%1$.200s': it is not the absolute path of a file"), path);
        return -1;
    }
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("cannot save a guest to '%1$s': it is there, and is no regular file"),
                       path);
        return -1;
    }
    return 0;
}

/* A name beside @path that nobody else uses; caller frees. */
static char *
qemuSaveFileMakeName(const char *path)
{
    return g_strdup_printf("%s.%08x.new", path, g_random_int());
}

static int
qemuSaveFileOpenNew(qemuSaveFile *file)
{
    g_autofree char *directory = g_path_get_dirname(file->path);

    file->fd = open(directory, O_RDWR | O_TMPFILE | O_CLOEXEC, QEMU_SAVE_FILE_MODE);
    if (file->fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return file->fd;
    file->unnamed = qemuSaveFileMakeName(file->path);
    file->fd = open(file->unnamed, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    QEMU_SAVE_FILE_MODE);
    if (file->fd < 0)
        g_clear_pointer(&file->unnamed, g_free);
    return file->fd;
}

int
qemuSaveFileCreate(qemuSaveFile *file, const char *path, const char *xml)
{
    int rc;

    file->fd = -1;
    if (qemuSaveFileCheckPath(path) < 0)
        return -1;
    file->path = g_strdup(path);
    if (qemuSaveFileOpenNew(file) < 0 || lseek(file->fd, QEMU_SAVE_HEADER_SIZE, SEEK_SET) < 0)
        return qemuSaveFileReport(path);
    if ((rc = virFileWriteText(file->fd, xml)) < 0) {
        errno = -rc;
        return qemuSaveFileReport(path);
    }
    return 0;
}

/* Gives a file without a name one. */
static int
qemuSaveFileName(qemuSaveFile *file)
{
    g_autofree char *self = g_strdup_printf("/proc/self/fd/%d", file->fd);
    g_autofree char *name = qemuSaveFileMakeName(file->path);

    if (linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0)
        return -1;
    file->unnamed = g_steal_pointer(&name);
    return 0;
}

static int
qemuSaveFileSyncDirectory(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    VIR_AUTOCLOSE fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -1 : fsync(fd);
}

int
qemuSaveFileCommit(qemuSaveFile *file, const qemuSaveHeader *header)
{
    guint8 bytes[QEMU_SAVE_HEADER_SIZE];

    qemuSaveHeaderFormat(header, bytes);
    errno = ENOSPC; /* of a short write */
    if (pwrite(file->fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes) ||
        fsync(file->fd) < 0 || (!file->unnamed && qemuSaveFileName(file) < 0) ||
        renameat(AT_FDCWD, file->unnamed, AT_FDCWD, file->path) < 0)
        return qemuSaveFileReport(file->path);
    file->committed = true;
    return qemuSaveFileSyncDirectory(file->path) < 0 ? qemuSaveFileReport(file->path) : 0;
}

void
qemuSaveFileClear(qemuSaveFile *file)
{
    if (file->path)
        virFileClose(&file->fd);
    if (file->unnamed && !file->committed)
        unlink(file->unnamed);
    g_clear_pointer(&file->unnamed, g_free);
    g_clear_pointer(&file->path, g_free);
}

static int
qemuSaveFileReportBad(const char *path, qemuSaveHeaderResult result)
{
    if (result == QEMU_SAVE_HEADER_ALIEN)
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("'%1$s' is no file that virtvfio has saved a guest to"), path);
    else if (result == QEMU_SAVE_HEADER_NEWER)
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("'%1$s' is the file of a saved guest from another version of virtvfio, "
                         "which this one does not understand"),
                       path);
    else
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("'%1$s' is the file of a saved guest, and is damaged or not whole"), path);
    return -1;
}

/* pread(2) of all of @len; false at an earlier end. */
static bool
qemuSaveFileRead(int fd, void *buf, size_t len, off_t at)
{
    size_t done = 0;

    while (done < len) {
        ssize_t got = pread(fd, (char *)buf + done, len - done, at + (off_t)done);

        if (got <= 0 && !(got < 0 && errno == EINTR))
            return false;
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static int
qemuSaveFileCheck(int fd, const char *path, qemuSaveHeader *header)
{
    guint8 bytes[QEMU_SAVE_HEADER_SIZE] = {0};
    qemuSaveHeaderResult result = QEMU_SAVE_HEADER_ALIEN;
    struct stat st;
    gsize len;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return qemuSaveFileReportBad(path, result);
    len = (gsize)MIN(st.st_size, QEMU_SAVE_HEADER_SIZE);
    if (qemuSaveFileRead(fd, bytes, len, 0))
        result = qemuSaveHeaderParse(bytes, len, header);
    if (result != QEMU_SAVE_HEADER_OK)
        return qemuSaveFileReportBad(path, result);
    if ((guint64)st.st_size != QEMU_SAVE_HEADER_SIZE + header->xmlLen + header->dataLen)
        return qemuSaveFileReportBad(path, QEMU_SAVE_HEADER_DAMAGED);
    return 0;
}

int
qemuSaveFileOpen(const char *path, qemuSaveHeader *header, char **xml)
{
    VIR_AUTOCLOSE fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    qemuSaveHeader found = {0};
    g_autofree char *text = NULL;

    if (fd < 0) {
        virReportSystemError(errno, _("cannot read the file of a saved guest, '%1$s'"), path);
        return -1;
    }
    if (qemuSaveFileCheck(fd, path, &found) < 0)
        return -1;
    text = g_malloc0(found.xmlLen + 1);
    if (!qemuSaveFileRead(fd, text, found.xmlLen, QEMU_SAVE_HEADER_SIZE) ||
        strlen(text) != found.xmlLen ||
        lseek(fd, (off_t)(QEMU_SAVE_HEADER_SIZE + found.xmlLen), SEEK_SET) < 0)
        return qemuSaveFileReportBad(path, QEMU_SAVE_HEADER_DAMAGED);
    *header = found;
    *xml = g_steal_pointer(&text);
    return virFileStealFD(&fd);
}

static int
qemuSaveFileCopy(int from, const qemuSaveFile *to, guint64 len)
{
    while (len > 0) {
        ssize_t put = sendfile(to->fd, from, NULL, MIN(len, 1024 * 1024 * 1024));

        if (put < 0 && errno == EINTR)
            continue;
        if (put == 0)
            errno = EIO;
        if (put <= 0)
            return qemuSaveFileReport(to->path);
        len -= (guint64)put;
    }
    return 0;
}

int
qemuSaveFileReplace(const char *path, const char *xml, bool running)
{
    g_auto(qemuSaveFile) file = {0};
    qemuSaveHeader header = {0};
    g_autofree char *old = NULL;
    VIR_AUTOCLOSE fd = qemuSaveFileOpen(path, &header, &old);

    if (fd < 0 || qemuSaveFileCreate(&file, path, xml) < 0 ||
        qemuSaveFileCopy(fd, &file, header.dataLen) < 0)
        return -1;
    header.running = running;
    header.xmlLen = strlen(xml);
    return qemuSaveFileCommit(&file, &header);
}
