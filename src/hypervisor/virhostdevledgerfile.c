/*
 * virhostdevledgerfile.c: entries of the ledger, read from the disk
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <fcntl.h>

#include "virfile.h"
#include "virhostdevledgerfile.h"

/* An entry is a hundred bytes. */
#define VIR_HOSTDEV_LEDGER_MAX_FILE (16 * 1024)

virHostdevLedgerEntry *
virHostdevLedgerFileRead(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    VIR_AUTOCLOSE fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    g_autofree char *text = NULL;
    size_t len;

    if (fd < 0 || virFileReadFD(fd, VIR_HOSTDEV_LEDGER_MAX_FILE, &text, &len) < 0)
        return NULL;
    return virHostdevLedgerEntryParse(name, text, len);
}

static virHostdevLedgerEntry *
virHostdevLedgerFileReadRunning(const char *directory, const char *name)
{
    g_autoptr(virHostdevLedgerEntry) entry = virHostdevLedgerFileRead(directory, name);

    return entry && virProcessIsRunning(&entry->process) ? g_steal_pointer(&entry) : NULL;
}

virHostdevLedgerEntry *
virHostdevLedgerFileFind(const char *runDirectory, const virPCIDeviceAddress *address)
{
    g_autofree char *directory = g_build_filename(runDirectory, "active", NULL);
    g_autofree char *name = virPCIDeviceAddressAsString(address);

    return virHostdevLedgerFileReadRunning(directory, name);
}

static int
virHostdevLedgerFileCompare(const void *a, const void *b)
{
    const virHostdevLedgerEntry *left = *(virHostdevLedgerEntry *const *)a;
    const virHostdevLedgerEntry *right = *(virHostdevLedgerEntry *const *)b;

    return virPCIDeviceAddressCompare(&left->address, &right->address);
}

GPtrArray *
virHostdevLedgerFileList(const char *runDirectory)
{
    GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)virHostdevLedgerEntryFree);
    g_autofree char *directory = g_build_filename(runDirectory, "active", NULL);
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    virPCIDeviceAddress address;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        virHostdevLedgerEntry *entry;

        if (virPCIDeviceAddressParse(name, &address) &&
            (entry = virHostdevLedgerFileReadRunning(directory, name)))
            g_ptr_array_add(entries, entry);
    }
    g_ptr_array_sort(entries, virHostdevLedgerFileCompare);
    return entries;
}
