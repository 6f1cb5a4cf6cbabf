/*
 * virpcilock.c: the locks of IOMMU groups, under which their devices are changed
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virlock.h"
#include "virpcilock.h"

static int
virPCILockCompareInts(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

GPtrArray *
virPCILockGroups(const char *directory, const char *purpose, GArray *groups, int timeout_ms)
{
    g_autoptr(GPtrArray) locks = g_ptr_array_new_with_free_func((GDestroyNotify)virLockRelease);
    int last = -1;

    g_array_sort(groups, virPCILockCompareInts);
    for (guint i = 0; i < groups->len; i++) {
        int group = g_array_index(groups, int, i);
        g_autofree char *name = g_strdup_printf("group-%d", group);
        virLock *lock;

        if (group == last)
            continue;
        if (!(lock = virLockAcquire(directory, name, purpose, timeout_ms)))
            return NULL;
        g_ptr_array_add(locks, lock);
        last = group;
    }
    return g_steal_pointer(&locks);
}

GPtrArray *
virPCILockGroup(const char *directory, const char *purpose, int group, int timeout_ms)
{
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(int));

    g_array_append_val(groups, group);
    return virPCILockGroups(directory, purpose, groups, timeout_ms);
}
