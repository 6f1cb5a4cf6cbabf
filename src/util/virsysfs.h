/*
 * virsysfs.h: the only door to sysfs, /proc and /dev, of this host or of a recorded tree
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include <glib.h>

/*
 * A root is the directory that holds sys/, proc/, dev/ and lib/modules/: "/" of this host, or a
 * tree recorded elsewhere. It is a descriptor: renaming or replacing the directory later does not
 * move it. Immutable, so any number of threads may share one.
 *
 * Paths are relative to the root and have no leading slash ("sys/bus/pci/devices"). Below a root
 * other than "/" every link, absolute ones too, is resolved inside that root and can never leave
 * it (openat2 with RESOLVE_IN_ROOT, Linux 5.6).
 *
 * The functions that end in At take an open directory and the name of one entry (no slash), and
 * never follow a link: what they reach lies in that directory, whatever the root.
 */
typedef struct _virSysfsRoot virSysfsRoot;

/**
 * virSysfsRootNew:
 * @path: directory to use as root; NULL or "/" is this host
 *
 * Errors: SYSTEM_ERROR if @path is no directory that can be opened.
 * Returns: a reference owned by the caller, or NULL
 */
virSysfsRoot *virSysfsRootNew(const char *path);
virSysfsRoot *virSysfsRootRef(virSysfsRoot *root);
void virSysfsRootUnref(virSysfsRoot *root);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virSysfsRoot, virSysfsRootUnref)

/* True if @root is this host and not a tree recorded elsewhere. */
bool virSysfsRootIsHost(const virSysfsRoot *root);

/* @path below @root as the user would write it ("/sys/…", "/tmp/tree/sys/…"); caller frees. */
char *virSysfsRootDescribe(const virSysfsRoot *root, const char *path);

/**
 * virSysfsOpen:
 * @flags: as for open(2); O_CLOEXEC, O_NOCTTY and O_NONBLOCK are added
 *
 * Returns: a descriptor owned by the caller, or a negative errno value. Reports no error.
 */
int virSysfsOpen(const virSysfsRoot *root, const char *path, int flags) G_GNUC_WARN_UNUSED_RESULT;

/* virSysfsOpen() of a directory, good for the At functions. */
int virSysfsOpenDir(const virSysfsRoot *root, const char *path) G_GNUC_WARN_UNUSED_RESULT;

/* Opens an entry of @dirfd for reading, without waiting; caller closes. Or a negative errno value.
 */
int virSysfsOpenAt(int dirfd, const char *name) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virSysfsReadAt:
 * @dirfd: open directory
 * @name: entry of it
 * @text: filled with the content (at most 4096 bytes, as in sysfs) without its final newline;
 *        caller frees
 *
 * Returns: 0, or a negative errno value and @text untouched: -ENOENT (absent), -ELOOP (a link),
 *          -EILSEQ (NUL bytes or not UTF-8), -EFBIG, or what the kernel said. Reports no error.
 */
int virSysfsReadAt(int dirfd, const char *name, char **text) G_GNUC_WARN_UNUSED_RESULT;

/* virSysfsReadAt() for a file named by its path below @root. */
int virSysfsRead(const virSysfsRoot *root, const char *path, char **text) G_GNUC_WARN_UNUSED_RESULT;

/* How long virSysfsReadPatiently() waits for the kernel. */
#define VIR_SYSFS_PATIENCE_MS 200

/**
 * virSysfsReadPatiently:
 *
 * virSysfsRead() of an attribute whose reading may take the device's lock ("driver_override",
 * "sriov_numvfs"): while the device is bound or unbound, which may last for ever, that blocks. Seen
 * to on Debian's Linux 6.1 and not on its 6.12; which kernels do is not known.
 *
 * Returns: as virSysfsRead(), and -ETIMEDOUT if the kernel does not answer
 */
int virSysfsReadPatiently(const virSysfsRoot *root, const char *path, char **text)
    G_GNUC_WARN_UNUSED_RESULT;

/* Reads up to @max bytes of a file of the directory into @buf. Returns their number or -errno. */
ssize_t
virSysfsReadBytesAt(int dirfd, const char *name, void *buf, size_t max) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virSysfsReadLinkAt:
 * @base: filled with the last component of the link's target; caller frees
 *
 * In sysfs the last component is what a link says: the driver's, the group's, the device's name.
 *
 * Returns: 0, or a negative errno value and @base untouched: -ENOENT (absent), -EINVAL (no link),
 *          -EBADMSG (its target ends in no name)
 */
int virSysfsReadLinkAt(int dirfd, const char *name, char **base) G_GNUC_WARN_UNUSED_RESULT;

/* virSysfsReadLinkAt() for a link named by its path below @root. */
int
virSysfsReadLink(const virSysfsRoot *root, const char *path, char **base) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virSysfsReadLinkTarget:
 * @target: filled with the whole text of the link, in sysfs the place in the tree of devices
 *          ("../../devices/pci0000:00/0000:00:02.0/virtio1/block/vda"); caller frees
 *
 * Returns: 0, or a negative errno value and @target untouched: as virSysfsReadLinkAt()
 */
int virSysfsReadLinkTarget(const virSysfsRoot *root, const char *path, char **target)
    G_GNUC_WARN_UNUSED_RESULT;

/* True if the directory has an entry @name that is a directory itself. */
bool virSysfsIsDirAt(int dirfd, const char *name);

/* True if @path exists below @root; if it is a directory itself, not a link to one. */
bool virSysfsExists(const virSysfsRoot *root, const char *path);
bool virSysfsIsDir(const virSysfsRoot *root, const char *path);

/* fstatat(2) of @path below @root, following links. Returns 0 or -errno. */
int
virSysfsStat(const virSysfsRoot *root, const char *path, struct stat *st) G_GNUC_WARN_UNUSED_RESULT;

/* Called for every entry of a directory but "." and ".."; @type is a DT_ value of readdir(3). */
typedef void (*virSysfsListFunc)(const char *name, int type, void *opaque);

/**
 * virSysfsList:
 * @path: directory below @root
 *
 * Calls @func for every entry, in no particular order.
 *
 * Returns: 0, or a negative errno value (-ENOENT if there is no such directory). Reports no error.
 */
int virSysfsList(const virSysfsRoot *root, const char *path, virSysfsListFunc func, void *opaque)
    G_GNUC_WARN_UNUSED_RESULT;

/* The names in a directory below @root, sorted; empty if it cannot be read. Caller frees (strv). */
char **virSysfsListNames(const virSysfsRoot *root, const char *path);

/**
 * virSysfsAwaitEntry:
 * @directory: below @root; it may come into being itself meanwhile
 * @name: entry to wait for
 *
 * Waits for the event (inotify), not by looking again and again.
 *
 * Returns: true as soon as the entry is there, false if it is not after @timeout_ms
 */
bool virSysfsAwaitEntry(const virSysfsRoot *root, const char *directory, const char *name,
                        int timeout_ms);

/**
 * virSysfsWriteFunc:
 * @path: below the root
 *
 * Stands in for the kernel's answer to a write, in tests. Called in the process that would have
 * written, which is a child of the caller's.
 *
 * Returns: 0, or a negative errno value; may also never return
 */
typedef int (*virSysfsWriteFunc)(const char *path, const char *text, void *opaque);

/* Gives a tree that is not this host a kernel. Before the root is shared; tests only. */
void virSysfsRootSetWriteFunc(virSysfsRoot *root, virSysfsWriteFunc func, void *opaque);

/**
 * virSysfsWrite:
 * @path: existing attribute below @root
 * @text: its new value, in one write(2)
 * @timeout_ms: how long the kernel may take; negative is for ever
 *
 * The kernel may hold a write for ever (an unbind waits for whoever has the device open), and a
 * process with a thread in there can neither go on nor end. So a child of its own writes, and it is
 * left behind when the time is over: the write then still goes on.
 *
 * Returns: 0, or a negative errno value: -ETIMEDOUT (it goes on), -EROFS (a recorded tree), -EIO (a
 *          short write), or what the kernel said. Reports no error.
 */
int virSysfsWrite(const virSysfsRoot *root, const char *path, const char *text, int timeout_ms)
    G_GNUC_WARN_UNUSED_RESULT;

/* Stands in for the device behind a binary attribute, in tests. Returns 0 or -errno. */
typedef int (*virSysfsWriteBytesFunc)(const char *path, size_t offset, const void *buf, size_t len,
                                      void *opaque);

/* As virSysfsRootSetWriteFunc(), for virSysfsWriteBytes(). Called in the caller's own process. */
void virSysfsRootSetWriteBytesFunc(virSysfsRoot *root, virSysfsWriteBytesFunc func, void *opaque);

/**
 * virSysfsWriteBytes:
 * @path: existing binary attribute below @root ("…/config")
 * @buf: @len bytes to write at @offset, in one pwrite(2)
 *
 * For the configuration space, whose writes wait for nobody.
 *
 * Returns: 0, or a negative errno value: -EROFS (a recorded tree), -EIO (a short write), or what
 * the kernel said. Reports no error.
 */
int virSysfsWriteBytes(const virSysfsRoot *root, const char *path, size_t offset, const void *buf,
                       size_t len) G_GNUC_WARN_UNUSED_RESULT;
