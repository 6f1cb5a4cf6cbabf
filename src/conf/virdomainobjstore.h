/*
 * virdomainobjstore.h: persistent definitions in the state directory
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virdomainobjlist.h"

/*
 * A file NAME.xml for each persistent guest, and a file NAME.autostart for those that start with
 * the host. Files are replaced as a whole (virFileWriteDurable()). All of these write to the disk.
 */

/**
 * virDomainObjStoreSave:
 * @directory: made if absent (mode 0700: definitions can hold passwords)
 *
 * Errors: SYSTEM_ERROR naming the file.
 * Returns: 0, or -1 with an error reported and the file as it was
 */
int virDomainObjStoreSave(const char *directory, const virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* As virDomainObjStoreSave(): the guest starts with the host, or does not. */
int virDomainObjStoreSetAutostart(const char *directory, const char *name, bool autostart)
    G_GNUC_WARN_UNUSED_RESULT;

/* As virDomainObjStoreSave(): no trace is left of the guest. */
int virDomainObjStoreRemove(const char *directory, const char *name) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virDomainObjStoreLoad:
 *
 * Adds all guests of @directory to @list as persistent ones. A file that cannot be read as the
 * guest of its name is renamed to NAME.xml.damaged, with a warning, and the others go on. Sweeps
 * first.
 */
void virDomainObjStoreLoad(const char *directory, virDomainObjList *list);

/* Removes what a crash in the middle of writing a file has left. Nobody else writes there. */
void virDomainObjStoreSweep(const char *directory);

/**
 * virDomainObjStoreReadFile:
 *
 * Errors: SYSTEM_ERROR if it cannot be read.
 * Returns: the text of a file that a store wrote, owned by the caller, or NULL with an error
 * reported
 */
char *virDomainObjStoreReadFile(const char *directory, const char *file);

/* Renames a file that nobody understands to FILE.damaged, and warns, giving the thread's error as
 * the cause, which is forgotten. */
void virDomainObjStoreSetAside(const char *directory, const char *file);

/* The names of the regular files in @directory that end in @suffix, sorted; caller unrefs. */
GPtrArray *virDomainObjStoreList(const char *directory, const char *suffix);
