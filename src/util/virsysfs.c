/*
 * virsysfs.c: the only door to sysfs, /proc and /dev, of this host or of a recorded tree
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virsysfspriv.h"

#define VIR_FROM_THIS VIR_FROM_NONE

virSysfsRoot *
virSysfsRootNew(const char *path)
{
    g_autofree char *canonical = g_canonicalize_filename(path ? path : "/", NULL);
    VIR_AUTOCLOSE fd = open(canonical, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat given;
    struct stat host;
    virSysfsRoot *root;

    if (fd < 0 || fstat(fd, &given) < 0 || stat("/", &host) < 0) {
        virReportSystemError(errno, _("cannot use directory '%1$s' as root"), canonical);
        return NULL;
    }

    root = g_atomic_rc_box_new0(virSysfsRoot);
    root->fd = virFileStealFD(&fd);
    root->isHost = given.st_dev == host.st_dev && given.st_ino == host.st_ino;
    root->path = root->isHost ? g_strdup("") : g_steal_pointer(&canonical);
    return root;
}

virSysfsRoot *
virSysfsRootRef(virSysfsRoot *root)
{
    return g_atomic_rc_box_acquire(root);
}

static void
virSysfsRootDispose(void *opaque)
{
    virSysfsRoot *root = opaque;

    virFileClose(&root->fd);
    g_free(root->path);
}

void
virSysfsRootUnref(virSysfsRoot *root)
{
    if (root)
        g_atomic_rc_box_release_full(root, virSysfsRootDispose);
}

bool
virSysfsRootIsHost(const virSysfsRoot *root)
{
    return root->isHost;
}

char *
virSysfsRootDescribe(const virSysfsRoot *root, const char *path)
{
    return g_strdup_printf("%s/%s", root->path, path);
}

/* O_NONBLOCK: a FIFO planted in a recorded tree must not hold us. It means nothing in sysfs. */
#define VIR_SYSFS_OPEN_FLAGS (O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

int
virSysfsOpen(const virSysfsRoot *root, const char *path, int flags)
{
    /* RESOLVE_NO_MAGICLINKS: a recorded tree has no business with /proc/self/fd. */
    struct open_how how = {
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    long fd;

    flags |= O_CLOEXEC;
    if (!(flags & O_PATH)) /* openat2 refuses with O_PATH what open(2) ignores */
        flags |= VIR_SYSFS_OPEN_FLAGS;
    how.flags = (unsigned int)flags;
    do {
        fd = root->isHost ? openat(root->fd, path, flags)
                          : syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
        /* EAGAIN: a rename went on below the root while the path was resolved. */
    } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
    return fd < 0 ? -errno : (int)fd;
}

int
virSysfsOpenDir(const virSysfsRoot *root, const char *path)
{
    return virSysfsOpen(root, path, O_PATH | O_DIRECTORY);
}

int
virSysfsOpenAt(int dirfd, const char *name)
{
    int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | VIR_SYSFS_OPEN_FLAGS);

    return fd < 0 ? -errno : fd;
}

int
virSysfsTakeText(const char *raw, size_t len, char **text)
{
    if (len > 0 && raw[len - 1] == '\n')
        len--;
    /* Wrong for a NUL byte too, since the length is given. */
    if (!g_utf8_validate(raw, (gssize)len, NULL))
        return -EILSEQ;
    *text = g_strndup(raw, len);
    return 0;
}

static int
virSysfsReadText(int fd, char **text)
{
    g_autofree char *raw = NULL;
    size_t len;
    int rc = virFileReadFD(fd, VIR_SYSFS_MAX_TEXT, &raw, &len);

    return rc < 0 ? rc : virSysfsTakeText(raw, len, text);
}

int
virSysfsReadAt(int dirfd, const char *name, char **text)
{
    VIR_AUTOCLOSE fd = virSysfsOpenAt(dirfd, name);

    return fd < 0 ? fd : virSysfsReadText(fd, text);
}

int
virSysfsRead(const virSysfsRoot *root, const char *path, char **text)
{
    VIR_AUTOCLOSE fd = virSysfsOpen(root, path, O_RDONLY);

    return fd < 0 ? fd : virSysfsReadText(fd, text);
}

ssize_t
virSysfsReadBytesAt(int dirfd, const char *name, void *buf, size_t max)
{
    VIR_AUTOCLOSE fd = virSysfsOpenAt(dirfd, name);

    return fd < 0 ? fd : virFileReadSome(fd, buf, max);
}

/* Reads a link's whole text into @target. */
static int
virSysfsReadLinkText(int dirfd, const char *name, char target[VIR_SYSFS_MAX_TEXT])
{
    ssize_t len = readlinkat(dirfd, name, target, VIR_SYSFS_MAX_TEXT);

    if (len < 0)
        return -errno;
    if (len == VIR_SYSFS_MAX_TEXT)
        return -ENAMETOOLONG;
    target[len] = '\0';
    return 0;
}

static int
virSysfsTakeBase(const char *target, char **base)
{
    const char *slash = strrchr(target, '/');
    const char *name = slash ? slash + 1 : target;

    /* What the kernel writes ends in a name; a recorded tree may hold anything. */
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        !g_utf8_validate(name, -1, NULL))
        return -EBADMSG;
    *base = g_strdup(name);
    return 0;
}

int
virSysfsReadLinkAt(int dirfd, const char *name, char **base)
{
    char target[VIR_SYSFS_MAX_TEXT];
    int rc = virSysfsReadLinkText(dirfd, name, target);

    return rc < 0 ? rc : virSysfsTakeBase(target, base);
}

/* One system call on this host; two, and a third to close, where the root must be enforced. */
static int
virSysfsReadLinkBelow(const virSysfsRoot *root, const char *path, char target[VIR_SYSFS_MAX_TEXT])
{
    VIR_AUTOCLOSE fd = -1;

    if (root->isHost)
        return virSysfsReadLinkText(root->fd, path, target);
    fd = virSysfsOpen(root, path, O_PATH | O_NOFOLLOW);
    return fd < 0 ? fd : virSysfsReadLinkText(fd, "", target);
}

int
virSysfsReadLink(const virSysfsRoot *root, const char *path, char **base)
{
    char target[VIR_SYSFS_MAX_TEXT];
    int rc = virSysfsReadLinkBelow(root, path, target);

    return rc < 0 ? rc : virSysfsTakeBase(target, base);
}

int
virSysfsReadLinkTarget(const virSysfsRoot *root, const char *path, char **target)
{
    char text[VIR_SYSFS_MAX_TEXT];
    int rc = virSysfsReadLinkBelow(root, path, text);

    if (rc < 0)
        return rc;
    if (!g_utf8_validate(text, -1, NULL))
        return -EBADMSG;
    *target = g_strdup(text);
    return 0;
}

bool
virSysfsIsDirAt(int dirfd, const char *name)
{
    struct stat st;

    return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* One system call on this host; two, and a third to close, where the root must be enforced. */
int
virSysfsStat(const virSysfsRoot *root, const char *path, struct stat *st)
{
    VIR_AUTOCLOSE fd = -1;

    if (root->isHost)
        return fstatat(root->fd, path, st, 0) < 0 ? -errno : 0;
    if ((fd = virSysfsOpen(root, path, O_PATH)) < 0)
        return fd;
    return fstat(fd, st) < 0 ? -errno : 0;
}

bool
virSysfsExists(const virSysfsRoot *root, const char *path)
{
    struct stat st;

    return virSysfsStat(root, path, &st) == 0;
}

bool
virSysfsIsDir(const virSysfsRoot *root, const char *path)
{
    VIR_AUTOCLOSE fd = -1;

    if (root->isHost)
        return virSysfsIsDirAt(root->fd, path);
    fd = virSysfsOpen(root, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    return fd >= 0;
}

int
virSysfsList(const virSysfsRoot *root, const char *path, virSysfsListFunc func, void *opaque)
{
    int fd = virSysfsOpen(root, path, O_RDONLY | O_DIRECTORY);
    struct dirent *entry;
    DIR *dir;

    if (fd < 0)
        return fd;
    if (!(dir = fdopendir(fd))) {
        int rc = -errno;

        virFileClose(&fd);
        return rc;
    }
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            func(entry->d_name, entry->d_type, opaque);
    }
    closedir(dir);
    return 0;
}

static void
virSysfsAddName(const char *name, int type G_GNUC_UNUSED, void *opaque)
{
    g_ptr_array_add(opaque, g_strdup(name));
}

static int
virSysfsCompareNames(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **
virSysfsListNames(const virSysfsRoot *root, const char *path)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    if (virSysfsList(root, path, virSysfsAddName, names) < 0)
        g_ptr_array_set_size(names, 0);
    g_ptr_array_sort(names, virSysfsCompareNames);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}
