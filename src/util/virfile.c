/*
 * virfile.c: file descriptors and bounded reads
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
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
