/*
 * virjournal.h: a durable record of every device whose driver we changed
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virjournalrecord.h"

/*
 * One file per device in a directory, named after its address. It is there from before the first
 * write to sysfs until the device is back as it was. Immutable object; locks are the caller's
 * (virlock, per IOMMU group).
 */
typedef struct _virJournal virJournal;

/**
 * virJournalOpen:
 * @directory: where records are; made if absent when the first one is written
 *
 * Returns: the journal, owned by the caller, never NULL
 */
virJournal *virJournalOpen(const char *directory);
void virJournalClose(virJournal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virJournal, virJournalClose)

/**
 * virJournalWrite:
 *
 * Makes @record the one of its address, on the disk when it returns (virFileWriteDurable()).
 *
 * Errors: SYSTEM_ERROR naming the file.
 * Returns: 0, or -1 with an error reported and the old record in force
 */
int virJournalWrite(virJournal *journal, const virJournalRecord *record) G_GNUC_WARN_UNUSED_RESULT;

/* Removes the record of an address, on the disk when it returns. Absent is success. 0 or -1. */
int
virJournalRemove(virJournal *journal, const virPCIDeviceAddress *address) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virJournalRead:
 *
 * Returns: the record of an address, owned by the caller; NULL if there is none. A damaged one is
 *          set aside as "ADDRESS.damaged" with a warning, and there is none then.
 */
virJournalRecord *virJournalRead(virJournal *journal, const virPCIDeviceAddress *address);

/* Every record, by address; damaged ones are set aside as above. Caller unrefs. Never NULL. */
GPtrArray *virJournalList(virJournal *journal);
