/*
 * virkmodindex.c: which modules are VFIO drivers: the alias index of one modules.alias
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "virfile.h"
#include "virkmodindex.h"
#include "virlog.h"
#include "virmodaliasfile.h"

VIR_LOG_INIT("util.kmod")

VIR_ENUM_IMPL(virKModIndexStatus, VIR_KMOD_INDEX_LAST, "ok", "missing", "unreadable", "malformed");

/* Today's largest is 1.4 MB. What is beyond this is no modules.alias, and not read to its end. */
#define VIR_KMOD_MAX_FILE (64 * 1024 * 1024)

/* Read in pieces that stay in the processor's cache: measured to be faster than larger ones. */
#define VIR_KMOD_CHUNK (16 * 1024)

/* What tells one version of the file from another. */
typedef struct {
    dev_t dev;
    ino_t ino;
    struct timespec mtime;
    off_t size;
} virKModFileKey;

struct _virKModIndex {
    virKModIndexStatus status;
    int err;
    unsigned int badLines;
    char *path;
    virKModFileKey key; /* of the descriptor that was read; all zero if there was none */
    GArray *entries;    /* virKModIndexEntry, in file order */
    GHashTable *first;  /* module -> its first entry's place + 1 */
};

static void
virKModIndexEntryClear(void *opaque)
{
    virKModIndexEntry *entry = opaque;

    g_free(entry->patternText);
    g_free(entry->module);
}

/* depmod writes "_" for every "-" of a module's name; so do we before we compare. */
static char *
virKModNormalizeModule(const char *name, size_t len)
{
    char *module = g_strndup(name, len);

    return g_strdelimit(module, "-", '_');
}

static void
virKModIndexAdd(const virModAliasLine *line, void *opaque)
{
    virKModIndex *index = opaque;
    virKModIndexEntry entry = {
        .pattern = line->pattern,
        .patternText = g_strndup(line->patternText, line->patternLen),
        .module = virKModNormalizeModule(line->module, line->moduleLen),
    };

    g_array_append_val(index->entries, entry);
    if (!g_hash_table_contains(index->first, entry.module))
        g_hash_table_insert(index->first, entry.module, GUINT_TO_POINTER(index->entries->len));
}

static void
virKModFileKeySet(virKModFileKey *key, const struct stat *st)
{
    key->dev = st->st_dev;
    key->ino = st->st_ino;
    key->mtime = st->st_mtim;
    key->size = st->st_size;
}

static bool
virKModFileKeyEqual(const virKModFileKey *a, const virKModFileKey *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->mtime.tv_sec == b->mtime.tv_sec &&
           a->mtime.tv_nsec == b->mtime.tv_nsec && a->size == b->size;
}

/* Feeds @fd to the end. Returns 0 or -errno. */
static int
virKModIndexReadFD(virKModIndex *index, int fd)
{
    g_autofree virModAliasFile *file = g_new(virModAliasFile, 1);
    g_autofree char *chunk = g_malloc(VIR_KMOD_CHUNK);
    off_t total = 0;
    ssize_t got;

    virModAliasFileInit(file, virKModIndexAdd, index);
    while ((got = virFileReadSome(fd, chunk, VIR_KMOD_CHUNK)) > 0) {
        virModAliasFileFeed(file, chunk, (size_t)got);
        if ((total += got) > VIR_KMOD_MAX_FILE)
            return -EFBIG;
    }
    virModAliasFileFinish(file);
    index->badLines = file->badLines;
    return (int)got;
}

/* Returns 0 or -errno. */
static int
virKModIndexRead(virKModIndex *index, const virSysfsRoot *root)
{
    VIR_AUTOCLOSE fd = virSysfsOpen(root, index->path, O_RDONLY);
    struct stat st;

    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0)
        return -errno;
    virKModFileKeySet(&index->key, &st);
    if (!S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
    return virKModIndexReadFD(index, fd);
}

static virKModIndexStatus
virKModIndexJudge(const virKModIndex *index)
{
    if (index->err == ENOENT || index->err == ENOTDIR)
        return VIR_KMOD_INDEX_MISSING;
    if (index->err != 0)
        return VIR_KMOD_INDEX_UNREADABLE;
    return index->badLines > 0 ? VIR_KMOD_INDEX_MALFORMED : VIR_KMOD_INDEX_OK;
}

virKModIndex *
virKModIndexLoad(const virSysfsRoot *root, const char *path)
{
    virKModIndex *index = g_atomic_rc_box_new0(virKModIndex);

    index->path = g_strdup(path);
    index->entries = g_array_new(FALSE, FALSE, sizeof(virKModIndexEntry));
    g_array_set_clear_func(index->entries, virKModIndexEntryClear);
    index->first = g_hash_table_new(g_str_hash, g_str_equal);
    index->err = path ? -virKModIndexRead(index, root) : ENOENT;
    index->status = virKModIndexJudge(index);
    VIR_DEBUG("%s: %s, %u VFIO patterns, %u lines not understood", path ? path : "modules.alias",
              virKModIndexStatusToString(index->status), index->entries->len, index->badLines);
    return index;
}

virKModIndex *
virKModIndexRef(virKModIndex *index)
{
    return g_atomic_rc_box_acquire(index);
}

static void
virKModIndexDispose(void *opaque)
{
    virKModIndex *index = opaque;

    g_hash_table_unref(index->first);
    g_array_unref(index->entries);
    g_free(index->path);
}

void
virKModIndexUnref(virKModIndex *index)
{
    if (index)
        g_atomic_rc_box_release_full(index, virKModIndexDispose);
}

bool
virKModIndexIsCurrent(const virKModIndex *index, const virSysfsRoot *root)
{
    virKModFileKey now = {0};
    struct stat st;
    int rc;

    if (!index->path)
        return true;
    if ((rc = virSysfsStat(root, index->path, &st)) == 0)
        virKModFileKeySet(&now, &st);
    else if (index->err != 0 && rc == -index->err)
        return true;
    return virKModFileKeyEqual(&now, &index->key);
}

virKModIndexStatus
virKModIndexGetStatus(const virKModIndex *index)
{
    return index->status;
}

int
virKModIndexGetErrno(const virKModIndex *index)
{
    return index->err;
}

unsigned int
virKModIndexGetBadLines(const virKModIndex *index)
{
    return index->badLines;
}

const char *
virKModIndexGetPath(const virKModIndex *index)
{
    return index->path;
}

size_t
virKModIndexCount(const virKModIndex *index)
{
    return index->entries->len;
}

const virKModIndexEntry *
virKModIndexGet(const virKModIndex *index, size_t i)
{
    return &g_array_index(index->entries, virKModIndexEntry, i);
}

const virKModIndexEntry *
virKModIndexFindModule(const virKModIndex *index, const char *module)
{
    g_autofree char *normal = virKModNormalizeModule(module, strlen(module));
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(index->first, normal));

    return place == 0 ? NULL : virKModIndexGet(index, place - 1);
}

const virKModIndexEntry *
virKModIndexFindBest(const virKModIndex *index, const virModAlias *device)
{
    const virKModIndexEntry *best = NULL;

    for (size_t i = 0; i < virKModIndexCount(index); i++) {
        const virKModIndexEntry *entry = virKModIndexGet(index, i);

        if (virModAliasPatternMatches(&entry->pattern, device) &&
            (!best || virModAliasPatternCompare(&entry->pattern, &best->pattern) < 0))
            best = entry;
    }
    return best;
}
