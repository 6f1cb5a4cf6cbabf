/*
 * qemu_caps_cache.c: what was probed, in memory and on the disk
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "qemu_caps.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.caps")

/* Today's largest is 60 KB. */
#define QEMU_CAPS_MAX_FILE (4 * 1024 * 1024)

/* One program. */
typedef struct {
    qemuCaps *caps; /* NULL if nothing is known */
    bool probing;
    virErrorInfo error; /* of the last probe, if it failed */
} qemuCapsEntry;

struct _qemuCapsCache {
    qemuLoop *loop;
    char *directory;
    GMutex lock;
    GCond cond;          /* a probe has ended */
    GHashTable *entries; /* path -> qemuCapsEntry */
    GThreadPool *probes;
};

static void
qemuCapsEntryFree(void *opaque)
{
    qemuCapsEntry *entry = opaque;

    qemuCapsUnref(entry->caps);
    g_free(entry->error.message);
    g_free(entry);
}

/* The file that is about a program: its base name, and a sum of its path. */
static char *
qemuCapsGetFileName(const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);

    return g_strdup_printf("%.100s-%.16s.json", base, sum);
}

/* What the disk knows of that key, or NULL. */
static qemuCaps *
qemuCapsCacheLoad(const qemuCapsCache *cache, const char *path, const char *key)
{
    g_autofree char *name = qemuCapsGetFileName(path);
    g_autofree char *file =
        cache->directory ? g_build_filename(cache->directory, name, NULL) : NULL;
    VIR_AUTOCLOSE fd = file ? open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    g_autofree char *text = NULL;
    g_autoptr(qemuCaps) caps = NULL;
    size_t len;

    if (fd < 0)
        return NULL;
    if (virFileReadFD(fd, QEMU_CAPS_MAX_FILE, &text, &len) < 0 ||
        !(caps = qemuCapsParse(text, len))) {
        VIR_WARN(_("'%1$s' is damaged: QEMU is asked again"), file);
        return NULL;
    }
    return strcmp(caps->key, key) == 0 ? g_steal_pointer(&caps) : NULL;
}

static void
qemuCapsCacheSave(const qemuCapsCache *cache, const char *path, const qemuCaps *caps)
{
    g_autofree char *name = qemuCapsGetFileName(path);
    g_autofree char *text = qemuCapsFormat(caps);
    int rc;

    if (!cache->directory)
        return;
    rc = g_mkdir_with_parents(cache->directory, 0700) < 0
             ? -errno
             : virFileWriteDurable(cache->directory, name, text);
    if (rc < 0)
        VIR_WARN(_("cannot write '%1$s/%2$s': %3$s"), cache->directory, name, g_strerror(-rc));
}

/* From the disk or from QEMU itself; NULL with an error reported. */
static qemuCaps *
qemuCapsCacheFind(const qemuCapsCache *cache, const char *path)
{
    g_autofree char *key = qemuCapsMakeKey(path);
    qemuCaps *caps;

    if (!key)
        return NULL;
    if ((caps = qemuCapsCacheLoad(cache, path, key)))
        return caps;
    if (!(caps = qemuCapsProbe(cache->loop, path, key)))
        return NULL;
    VIR_INFO("%s is QEMU %u.%u.%u (%s), with %s", path, caps->version / 1000000,
             caps->version / 1000 % 1000, caps->version % 1000, caps->package,
             caps->kvm ? "KVM" : "emulation only");
    qemuCapsCacheSave(cache, path, caps);
    return caps;
}

/* In a thread of the pool. */
static void
qemuCapsCacheProbe(void *data, void *opaque)
{
    g_autofree char *path = data;
    qemuCapsCache *cache = opaque;
    qemuCaps *caps;
    qemuCapsEntry *entry;

    virErrorReset();
    caps = qemuCapsCacheFind(cache, path);
    g_mutex_lock(&cache->lock);
    entry = g_hash_table_lookup(cache->entries, path);
    qemuCapsUnref(entry->caps);
    entry->caps = caps;
    entry->probing = false;
    g_clear_pointer(&entry->error.message, g_free);
    if (!caps)
        virErrorPreserve(&entry->error);
    g_cond_broadcast(&cache->cond);
    g_mutex_unlock(&cache->lock);
}

qemuCapsCache *
qemuCapsCacheNew(qemuLoop *loop, const char *directory)
{
    qemuCapsCache *cache = g_new0(qemuCapsCache, 1);

    cache->loop = loop;
    cache->directory = g_strdup(directory);
    g_mutex_init(&cache->lock);
    g_cond_init(&cache->cond);
    cache->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, qemuCapsEntryFree);
    cache->probes = g_thread_pool_new(qemuCapsCacheProbe, cache, -1, FALSE, NULL);
    return cache;
}

void
qemuCapsCacheFree(qemuCapsCache *cache)
{
    if (!cache)
        return;
    g_thread_pool_free(cache->probes, FALSE, TRUE);
    g_hash_table_unref(cache->entries);
    g_mutex_clear(&cache->lock);
    g_cond_clear(&cache->cond);
    g_free(cache->directory);
    g_free(cache);
}

/* With the lock: the entry, being probed if it is not of @key. A NULL @key is any. */
static qemuCapsEntry *
qemuCapsCacheLook(qemuCapsCache *cache, const char *path, const char *key)
{
    qemuCapsEntry *entry = g_hash_table_lookup(cache->entries, path);

    if (!entry) {
        entry = g_new0(qemuCapsEntry, 1);
        g_hash_table_insert(cache->entries, g_strdup(path), entry);
    }
    if (!entry->probing && (!entry->caps || (key && strcmp(entry->caps->key, key) != 0))) {
        entry->probing = true;
        g_thread_pool_push(cache->probes, g_strdup(path), NULL);
    }
    return entry;
}

void
qemuCapsCachePrefetch(qemuCapsCache *cache, const char *path)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&cache->lock);

    (void)qemuCapsCacheLook(cache, path, NULL);
}

qemuCaps *
qemuCapsCacheGet(qemuCapsCache *cache, const char *path, guint timeout_ms)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    g_autofree char *key = qemuCapsMakeKey(path);
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = NULL;
    qemuCapsEntry *entry;

    if (!key)
        return NULL;
    locker = g_mutex_locker_new(&cache->lock);
    entry = qemuCapsCacheLook(cache, path, key);
    while (entry->probing && g_cond_wait_until(&cache->cond, &cache->lock, deadline))
        ;
    if (entry->probing) {
        virReportError(VIR_ERR_OPERATION_TIMEOUT,
                       _("%1$s is being asked what it can do, and has not answered yet; try again"),
                       path);
        return NULL;
    }
    if (entry->caps)
        return qemuCapsRef(entry->caps);
    virReportError(entry->error.code, _("cannot find out what %1$s can do: %2$s"), path,
                   entry->error.message);
    return NULL;
}
