/*
 * qemu_path.c: opening a file that a guest's definition names, without being led elsewhere
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qemu_path.h"
#include "virfile.h"

/* As many as the kernel follows. */
#define QEMU_PATH_MAX_LINKS 40

/* A walk that is under way. */
typedef struct {
    uid_t distrusted;
    unsigned int flags;
    int links;     /* followed until now */
    int fd;        /* where it is */
    GString *real; /* that place's path; "" is the root */
    GQueue *left;  /* char *: components that are to come */
} qemuPathWalk;

static void
qemuPathWalkClear(qemuPathWalk *walk)
{
    virFileClose(&walk->fd);
    g_string_free(walk->real, TRUE);
    g_queue_free_full(walk->left, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuPathWalk, qemuPathWalkClear)

static int
qemuPathGoToRoot(qemuPathWalk *walk)
{
    virFileClose(&walk->fd);
    g_string_truncate(walk->real, 0);
    walk->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return walk->fd < 0 ? -errno : 0;
}

/* The components of @path come before those that are left. */
static void
qemuPathPush(qemuPathWalk *walk, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    for (guint i = g_strv_length(parts); i > 0; i--) {
        if (*parts[i - 1] && strcmp(parts[i - 1], ".") != 0)
            g_queue_push_head(walk->left, g_strdup(parts[i - 1]));
    }
}

static int
qemuPathFollow(qemuPathWalk *walk, int link, const struct stat *st)
{
    char target[PATH_MAX];
    ssize_t len;

    if (walk->flags & QEMU_PATH_NO_LINKS || ++walk->links > QEMU_PATH_MAX_LINKS)
        return -ELOOP;
    if (walk->distrusted != QEMU_PATH_TRUST_ALL && st->st_uid == walk->distrusted)
        return -EPERM;
    if ((len = readlinkat(link, "", target, sizeof(target))) < 0)
        return -errno;
    if (len == 0 || len == sizeof(target))
        return -ENAMETOOLONG;
    target[len] = '\0';
    qemuPathPush(walk, target);
    return target[0] == '/' ? qemuPathGoToRoot(walk) : 0;
}

/* Up one: a real path has no links, so that its text says where that is. */
static int
qemuPathGoUp(qemuPathWalk *walk)
{
    const char *slash = strrchr(walk->real->str, '/');
    int fd = openat(walk->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    virFileClose(&walk->fd);
    walk->fd = fd;
    g_string_truncate(walk->real, slash ? (gsize)(slash - walk->real->str) : 0);
    return 0;
}

static int
qemuPathOpenComponent(const qemuPathWalk *walk, const char *name)
{
    bool create = walk->flags & QEMU_PATH_CREATE && g_queue_is_empty(walk->left);
    int fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    VIR_AUTOCLOSE made = -1;

    if (fd >= 0 || errno != ENOENT || !create)
        return fd;
    made = openat(walk->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  S_IRUSR | S_IWUSR);
    return made < 0 && errno != EEXIST ? -1
                                       : openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static int
qemuPathStep(qemuPathWalk *walk, const char *name)
{
    VIR_AUTOCLOSE fd = -1;
    struct stat st;

    if (strcmp(name, "..") == 0)
        return qemuPathGoUp(walk);
    if ((fd = qemuPathOpenComponent(walk, name)) < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (S_ISLNK(st.st_mode))
        return qemuPathFollow(walk, fd, &st);
    virFileClose(&walk->fd);
    walk->fd = virFileStealFD(&fd);
    g_string_append_printf(walk->real, "/%s", name);
    return 0;
}

int
qemuPathOpen(const char *path, uid_t distrusted, unsigned int flags, char **real)
{
    g_auto(qemuPathWalk) walk = {.distrusted = distrusted,
                                 .flags = flags,
                                 .fd = -1,
                                 .real = g_string_new(NULL),
                                 .left = g_queue_new()};
    int rc = *path == '/' ? qemuPathGoToRoot(&walk) : -EINVAL;

    qemuPathPush(&walk, path);
    while (rc == 0 && !g_queue_is_empty(walk.left)) {
        g_autofree char *name = g_queue_pop_head(walk.left);

        rc = qemuPathStep(&walk, name);
    }
    if (rc < 0)
        return rc;
    if (real)
        *real = g_strdup(walk.real->len > 0 ? walk.real->str : "/");
    return virFileStealFD(&walk.fd);
}

int
qemuPathReopen(int fd)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    return opened < 0 ? -errno : opened;
}
