/*
 * virhostpages.c: the pages of a host's memory, of each size
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stdio.h>
#include <unistd.h>

#include "virhostmem.h"
#include "virhostpages.h"

static int
virHostPagesCompare(const void *a, const void *b)
{
    unsigned int first = ((const virHostPages *)a)->size_kib;
    unsigned int second = ((const virHostPages *)b)->size_kib;

    return (first > second) - (first < second);
}

/* 0 if the kernel does not say. */
static guint64
virHostPagesReadNumber(const virSysfsRoot *root, const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *text = NULL;
    guint64 number;

    if (virSysfsRead(root, path, &text) < 0 ||
        !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number, NULL))
        return 0;
    return number;
}

/* Each size has a folder, "hugepages-2048kB". */
static void
virHostPagesReadHuge(const virSysfsRoot *root, const char *directory, GArray *pages)
{
    g_auto(GStrv) names = virSysfsListNames(root, directory);

    for (char **name = names; *name; name++) {
        g_autofree char *folder = g_build_filename(directory, *name, NULL);
        virHostPages huge = {0};
        char unit = '\0';

        if (sscanf(*name, "hugepages-%uk%c", &huge.size_kib, &unit) != 2 || unit != 'B' ||
            huge.size_kib == 0)
            continue;
        huge.total = virHostPagesReadNumber(root, folder, "nr_hugepages");
        huge.free = virHostPagesReadNumber(root, folder, "free_hugepages");
        g_array_append_val(pages, huge);
    }
    g_array_sort(pages, virHostPagesCompare);
}

GArray *
virHostPagesRead(const virSysfsRoot *root, int node)
{
    g_autoptr(GArray) pages = g_array_new(FALSE, FALSE, sizeof(virHostPages));
    g_autofree char *directory =
        node < 0 ? g_strdup("sys/kernel/mm/hugepages")
                 : g_strdup_printf("sys/devices/system/node/node%d/hugepages", node);
    virHostPages small = {.size_kib = (unsigned int)(sysconf(_SC_PAGESIZE) / 1024)};
    virHostMemory memory;
    guint64 huge_kib = 0;

    if (virHostMemoryRead(root, node, &memory) < 0)
        return NULL;
    virHostPagesReadHuge(root, directory, pages);
    for (guint i = 0; i < pages->len; i++) {
        const virHostPages *huge = &g_array_index(pages, virHostPages, i);

        huge_kib += huge->total * huge->size_kib;
    }
    small.total = (memory.total_kib - MIN(huge_kib, memory.total_kib)) / small.size_kib;
    small.free = memory.free_kib / small.size_kib;
    g_array_prepend_val(pages, small);
    return g_steal_pointer(&pages);
}
