/*
 * tsanglib.c: tells ThreadSanitizer in which order GLib's locks put things
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib.h>
#include <sanitizer/tsan_interface.h>

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
