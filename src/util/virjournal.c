/*
 * virjournal.c: a durable record of every device whose driver we changed
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virjournal.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("util.journal")

/* A record is a few hundred bytes; its texts are bounded too. */
#define VIR_JOURNAL_MAX_FILE (64 * 1024)

struct _virJournal {
    char *directory;
};

virJournal *
virJournalOpen(const char *directory)
{
    virJournal *journal = g_new0(virJournal, 1);

    journal->directory = g_strdup(directory);
    return journal;
}

void
virJournalClose(virJournal *journal)
{
    if (!journal)
        return;
    g_free(journal->directory);
    g_free(journal);
}

int
virJournalWrite(virJournal *journal, const virJournalRecord *record)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);
    g_autofree char *text = virJournalRecordFormat(record);
    int rc;

    rc = g_mkdir_with_parents(journal->directory, 0755) < 0 ? -errno : 0;
    if (rc == 0)
        rc = virFileWriteDurable(journal->directory, name, text);
    if (rc < 0) {
        virReportSystemError(-rc, _("cannot write journal record '%1$s/%2$s'"), journal->directory,
                             name);
        return -1;
    }
    VIR_DEBUG("%s: step %s", name, virJournalStepToString((int)record->step));
    return 0;
}

int
virJournalRemove(virJournal *journal, const virPCIDeviceAddress *address)
{
    g_autofree char *name = virPCIDeviceAddressAsString(address);
    int rc = virFileRemoveDurable(journal->directory, name);

    if (rc < 0) {
        virReportSystemError(-rc, _("cannot remove journal record '%1$s/%2$s'"), journal->directory,
                             name);
        return -1;
    }
    return 0;
}

static void
virJournalSetAside(virJournal *journal, const char *name, const char *why)
{
    g_autofree char *path = g_build_filename(journal->directory, name, NULL);
    g_autofree char *aside = g_strdup_printf("%s.damaged", path);

    VIR_WARN(_("journal record '%1$s' is damaged (%2$s) and set aside as '%3$s': what device %4$s "
               "was bound to before is in it, if it is to be had at all"),
             path, why, aside, name);
    if (rename(path, aside) < 0)
        VIR_WARN(_("cannot rename '%1$s': %2$s"), path, g_strerror(errno));
}

static virJournalRecord *
virJournalReadFile(virJournal *journal, const char *name)
{
    g_autofree char *path = g_build_filename(journal->directory, name, NULL);
    VIR_AUTOCLOSE fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    g_autoptr(virJournalRecord) record = NULL;
    g_autofree char *address = NULL;
    g_autofree char *text = NULL;
    size_t len;
    int rc;

    if (fd < 0 && errno == ENOENT)
        return NULL;
    rc = fd < 0 ? -errno : virFileReadFD(fd, VIR_JOURNAL_MAX_FILE, &text, &len);
    if (rc < 0) {
        virJournalSetAside(journal, name, g_strerror(-rc));
        return NULL;
    }
    if (!(record = virJournalRecordParse(text, len))) {
        virJournalSetAside(journal, name, virErrorGetMessage());
        virErrorReset();
        return NULL;
    }
    address = virPCIDeviceAddressAsString(&record->address);
    if (strcmp(address, name) != 0) {
        virJournalSetAside(journal, name, _("it is of another device"));
        return NULL;
    }
    return g_steal_pointer(&record);
}

virJournalRecord *
virJournalRead(virJournal *journal, const virPCIDeviceAddress *address)
{
    g_autofree char *name = virPCIDeviceAddressAsString(address);

    return virJournalReadFile(journal, name);
}

static int
virJournalCompare(const void *a, const void *b)
{
    const virJournalRecord *left = *(virJournalRecord *const *)a;
    const virJournalRecord *right = *(virJournalRecord *const *)b;

    return virPCIDeviceAddressCompare(&left->address, &right->address);
}

GPtrArray *
virJournalList(virJournal *journal)
{
    GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify)virJournalRecordFree);
    g_autoptr(GDir) dir = g_dir_open(journal->directory, 0, NULL);
    virPCIDeviceAddress address;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        virJournalRecord *record;

        /* Not ours: temporary files, what was set aside, an editor's leavings. */
        if (virPCIDeviceAddressParse(name, &address) &&
            (record = virJournalReadFile(journal, name)))
            g_ptr_array_add(records, record);
    }
    g_ptr_array_sort(records, virJournalCompare);
    return records;
}
