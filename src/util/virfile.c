/*
 * virfile.c: file descriptors and bounded reads
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "virfile.h"

void
virFileClose(int *fd)
{
    if (*fd >= 0) {
        int saved = errno;

        close(*fd);
        errno = saved;
    }
    *fd = -1;
}

int
virFileStealFD(int *fd)
{
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

ssize_t
virFileReadSome(int fd, void *buf, size_t len)
{
    ssize_t got;

    do {
        got = read(fd, buf, len);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

int
virFileReadFD(int fd, size_t max, char **buf, size_t *len)
{
    g_autofree char *data = NULL;
    size_t size = 0;
    size_t used = 0;

    for (;;) {
        ssize_t got;

        if (used + 1 >= size) {
            size = size ? size * 2 : 256;
            data = g_realloc(data, size);
        }
        got = virFileReadSome(fd, data + used, size - used - 1);
        if (got < 0)
            return (int)got;
        if (got == 0)
            break;
        used += (size_t)got;
        if (used > max)
            return -EFBIG;
    }

    data[used] = '\0';
    *buf = g_steal_pointer(&data);
    if (len)
        *len = used;
    return 0;
}

int
virFileWriteText(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t put = write(fd, text, left);

        if (put < 0 && errno != EINTR)
            return -errno;
        if (put > 0) {
            text += put;
            left -= (size_t)put;
        }
    }
    return 0;
}

int
virFileReplaceText(int fd, const char *text)
{
    if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    return virFileWriteText(fd, text);
}

/* A directory's own change is on the disk only after this. */
static int
virFileSyncDirectory(int dirfd)
{
    /* A directory opened with O_PATH cannot be synced, so it is opened once more. */
    VIR_AUTOCLOSE fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int
virFileWriteNew(int dirfd, const char *name, const char *text, mode_t mode)
{
    VIR_AUTOCLOSE fd = -1;
    int rc;

    /* Left over from a crash: only its writer, who is gone, could have wanted it. */
    if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
        return -errno;
    fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return -errno;
    if ((rc = virFileWriteText(fd, text)) < 0)
        return rc;
    return fsync(fd) < 0 ? -errno : 0;
}

static int
virFileReplaceDurable(const char *directory, const char *name, const char *text, mode_t mode)
{
    VIR_AUTOCLOSE dirfd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    g_autofree char *temporary = g_strdup_printf("%s.new", name);
    int rc;

    if (dirfd < 0)
        return -errno;
    rc = virFileWriteNew(dirfd, temporary, text, mode);
    if (rc == 0 && renameat(dirfd, temporary, dirfd, name) < 0)
        rc = -errno;
    if (rc < 0) {
        unlinkat(dirfd, temporary, 0);
        return rc;
    }
    return virFileSyncDirectory(dirfd);
}

int
virFileWriteDurable(const char *directory, const char *name, const char *text)
{
    return virFileReplaceDurable(directory, name, text, 0644);
}

int
virFileWritePrivate(const char *directory, const char *name, const char *text)
{
    return virFileReplaceDurable(directory, name, text, 0600);
}

int
virFileRemoveDurable(const char *directory, const char *name)
{
    VIR_AUTOCLOSE dirfd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dirfd < 0 || unlinkat(dirfd, name, 0) < 0)
        return errno == ENOENT ? 0 : -errno;
    return virFileSyncDirectory(dirfd);
}
