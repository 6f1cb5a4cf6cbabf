/*
 * tsanglib.c: tells ThreadSanitizer in which order GLib's locks put things
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib-unix.h>
#include <sanitizer/tsan_interface.h>

/* The runtime library's own; no header declares them. */
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

/* Between the two GLib makes what it frees in another thread itself: nobody looks at that memory.
 */
#define UNSEEN_BEGIN AnnotateIgnoreWritesBegin(__FILE__, __LINE__)
#define UNSEEN_END   AnnotateIgnoreWritesEnd(__FILE__, __LINE__)

/*
 * GLib is not instrumented and its locks are no pthread locks, so ThreadSanitizer would call
 * everything that they protect a race. The linker's --wrap leads our calls of them through here.
 */
#define WRAP(type, name, ...)                                                                      \
    type __real_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

WRAP(void, g_mutex_lock, GMutex *mutex)
{
    __real_g_mutex_lock(mutex);
    __tsan_acquire(mutex);
}

WRAP(gboolean, g_mutex_trylock, GMutex *mutex)
{
    gboolean locked = __real_g_mutex_trylock(mutex);

    if (locked)
        __tsan_acquire(mutex);
    return locked;
}

WRAP(void, g_mutex_unlock, GMutex *mutex)
{
    __tsan_release(mutex);
    __real_g_mutex_unlock(mutex);
}

/* What @clear frees was last used by a thread that gave up its reference earlier. */
static __thread GDestroyNotify pendingClear;

static void
clearAcquired(gpointer block)
{
    GDestroyNotify clear = pendingClear;

    __tsan_acquire(block);
    if (clear)
        clear(block);
}

WRAP(void, g_atomic_rc_box_release_full, gpointer block, GDestroyNotify clear)
{
    GDestroyNotify outer = pendingClear;

    __tsan_release(block);
    pendingClear = clear;
    __real_g_atomic_rc_box_release_full(block, clearAcquired);
    pendingClear = outer;
}

WRAP(gboolean, g_once_init_enter, volatile void *location)
{
    gboolean first = __real_g_once_init_enter(location);

    __tsan_acquire((void *)(guintptr)location);
    return first;
}

WRAP(void, g_once_init_leave, volatile void *location, gsize result)
{
    __tsan_release((void *)(guintptr)location);
    __real_g_once_init_leave(location, result);
}

WRAP(void, g_cond_wait, GCond *cond, GMutex *mutex)
{
    __tsan_release(mutex);
    __real_g_cond_wait(cond, mutex);
    __tsan_acquire(mutex);
}

WRAP(gboolean, g_cond_wait_until, GCond *cond, GMutex *mutex, gint64 deadline)
{
    gboolean signaled;

    __tsan_release(mutex);
    signaled = __real_g_cond_wait_until(cond, mutex, deadline);
    __tsan_acquire(mutex);
    return signaled;
}

WRAP(void, g_rec_mutex_lock, GRecMutex *mutex)
{
    __real_g_rec_mutex_lock(mutex);
    __tsan_acquire(mutex);
}

WRAP(void, g_rec_mutex_unlock, GRecMutex *mutex)
{
    __tsan_release(mutex);
    __real_g_rec_mutex_unlock(mutex);
}

/* Readers do not order each other; saying that they do hides no race with a writer. */
WRAP(void, g_rw_lock_reader_lock, GRWLock *lock)
{
    __real_g_rw_lock_reader_lock(lock);
    __tsan_acquire(lock);
}

WRAP(void, g_rw_lock_reader_unlock, GRWLock *lock)
{
    __tsan_release(lock);
    __real_g_rw_lock_reader_unlock(lock);
}

WRAP(void, g_rw_lock_writer_lock, GRWLock *lock)
{
    __real_g_rw_lock_writer_lock(lock);
    __tsan_acquire(lock);
}

WRAP(void, g_rw_lock_writer_unlock, GRWLock *lock)
{
    __tsan_release(lock);
    __real_g_rw_lock_writer_unlock(lock);
}

/* As a macro GLib checks the type too. */
#undef g_atomic_ref_count_dec

WRAP(gboolean, g_atomic_ref_count_dec, gatomicrefcount *count)
{
    gboolean last;

    __tsan_release(count);
    last = __real_g_atomic_ref_count_dec(count);
    if (last)
        __tsan_acquire(count);
    return last;
}

WRAP(void, g_async_queue_push, GAsyncQueue *queue, gpointer data)
{
    __tsan_release(queue);
    UNSEEN_BEGIN;
    __real_g_async_queue_push(queue, data);
    UNSEEN_END;
}

WRAP(gpointer, g_async_queue_pop, GAsyncQueue *queue)
{
    gpointer data = __real_g_async_queue_pop(queue);

    __tsan_acquire(queue);
    return data;
}

WRAP(gpointer, g_async_queue_timeout_pop, GAsyncQueue *queue, guint64 timeout)
{
    gpointer data = __real_g_async_queue_timeout_pop(queue, timeout);

    __tsan_acquire(queue);
    return data;
}

/* What a thread has done before it gives a pool work is done for the worker. One for all pools: it
 * hides races between unrelated ones only. */
static char poolOrder;

typedef struct {
    GFunc func;
    gpointer opaque;
} poolWorker;

static void
runAcquired(gpointer data, gpointer opaque)
{
    const poolWorker *worker = opaque;

    __tsan_acquire(&poolOrder);
    worker->func(data, worker->opaque);
    __tsan_release(&poolOrder);
}

/* A pool's worker is as small as it lasts long: nothing frees it. */
WRAP(GThreadPool *, g_thread_pool_new, GFunc func, gpointer opaque, gint max, gboolean exclusive,
     GError **error)
{
    poolWorker *worker = g_new0(poolWorker, 1);
    GThreadPool *pool;

    worker->func = func;
    worker->opaque = opaque;
    UNSEEN_BEGIN;
    pool = __real_g_thread_pool_new(runAcquired, worker, max, exclusive, error);
    UNSEEN_END;
    return pool;
}

WRAP(gboolean, g_thread_pool_push, GThreadPool *pool, gpointer data, GError **error)
{
    gboolean pushed;

    __tsan_release(&poolOrder);
    UNSEEN_BEGIN;
    pushed = __real_g_thread_pool_push(pool, data, error);
    UNSEEN_END;
    return pushed;
}

WRAP(void, g_thread_pool_free, GThreadPool *pool, gboolean immediate, gboolean wait)
{
    UNSEEN_BEGIN;
    __real_g_thread_pool_free(pool, immediate, wait);
    UNSEEN_END;
    __tsan_acquire(&poolOrder);
}

/* A source's function sees what was done before the source was attached. */
static char sourceOrder;
static GMutex sourcesLock;
static GHashTable *sources; /* sourceCallback, as a set */

typedef struct {
    GSourceFunc func;
    gpointer data;
    GDestroyNotify notify;
} sourceCallback;

typedef gboolean (*fdFunc)(gpointer, gpointer, gpointer);

/* Called with the data alone, or with a descriptor and its condition before it. */
static gboolean
dispatchAcquired(gpointer first, gpointer second, gpointer third)
{
    gboolean plain;
    sourceCallback *callback;

    __real_g_mutex_lock(&sourcesLock);
    plain = g_hash_table_contains(sources, first);
    __real_g_mutex_unlock(&sourcesLock);
    callback = plain ? first : third;
    __tsan_acquire(&sourceOrder);
    if (plain)
        return callback->func(callback->data);
    return ((fdFunc)(void (*)(void))callback->func)(first, second, callback->data);
}

static void
freeCallback(gpointer opaque)
{
    sourceCallback *callback = opaque;

    __real_g_mutex_lock(&sourcesLock);
    g_hash_table_remove(sources, callback);
    __real_g_mutex_unlock(&sourcesLock);
    __tsan_acquire(&sourceOrder);
    if (callback->notify)
        callback->notify(callback->data);
    g_free(callback);
}

WRAP(void, g_source_set_callback, GSource *source, GSourceFunc func, gpointer data,
     GDestroyNotify notify)
{
    sourceCallback *callback;

    UNSEEN_BEGIN;
    callback = g_new0(sourceCallback, 1);
    callback->func = func;
    callback->data = data;
    callback->notify = notify;
    __real_g_mutex_lock(&sourcesLock);
    if (!sources)
        sources = g_hash_table_new(NULL, NULL);
    g_hash_table_add(sources, callback);
    __real_g_mutex_unlock(&sourcesLock);
    __real_g_source_set_callback(source, (GSourceFunc)(void (*)(void))dispatchAcquired, callback,
                                 freeCallback);
    UNSEEN_END;
}

WRAP(guint, g_source_attach, GSource *source, GMainContext *context)
{
    guint id;

    __tsan_release(&sourceOrder);
    UNSEEN_BEGIN;
    id = __real_g_source_attach(source, context);
    UNSEEN_END;
    return id;
}

#define WRAP_SOURCE(name, passed, ...)                                                             \
    WRAP(GSource *, name, __VA_ARGS__)                                                             \
    {                                                                                              \
        GSource *source;                                                                           \
                                                                                                   \
        UNSEEN_BEGIN;                                                                              \
        source = __real_##name passed;                                                             \
        UNSEEN_END;                                                                                \
        return source;                                                                             \
    }

WRAP_SOURCE(g_idle_source_new, (), void)
WRAP_SOURCE(g_timeout_source_new, (interval_ms), guint interval_ms)
WRAP_SOURCE(g_unix_fd_source_new, (fd, condition), gint fd, GIOCondition condition)
