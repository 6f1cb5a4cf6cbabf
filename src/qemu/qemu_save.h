/*
 * qemu_save.h: guests that are saved, and go on later
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_domain.h"
#include "qemu_save_header.h"

/**
 * qemuSaveGuest:
 * @vm: an active guest, whose job is held
 * @path: absolute
 * @xml: the definition to go on with; NULL for the guest's own
 * @flags: virDomainSaveRestoreFlags: RUNNING, PAUSED
 *
 * Stops the guest, writes it to a file, and ends it. Whatever fails, and whoever is killed: either
 * there is a whole file and the guest is off, or the file is as it was and the guest goes on.
 *
 * Errors: those of qemuMigrationCheck(), qemuSaveFileCreate() and qemuMigrationSave().
 * Returns: 0, or -1 with an error reported
 */
int qemuSaveGuest(virDomainObj *vm, const char *path, const char *xml, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;

/* Whether a save that somebody began came to its end: its file is there. */
bool qemuSaveIsDone(const qemuDomainSaving *saving);

/* The guest whose driver was killed in the middle of a save goes on. Wants the job. */
int qemuSaveGiveUp(virDomainObj *vm, qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuSaveStartManaged:
 * @vm: an inactive guest with a managed save, whose job is held
 * @flags: virDomainCreateFlags: PAUSED, AUTODESTROY
 *
 * Starts the guest where it was saved. The file is gone once it goes on.
 *
 * Errors: those of qemuSaveFileOpen() and qemuProcessStart().
 */
int qemuSaveStartManaged(virDomainObj *vm, unsigned int flags, const void *owner)
    G_GNUC_WARN_UNUSED_RESULT;

/* How a saved guest goes on. */
typedef struct {
    qemuSaveHeader header;
    int fd;              /* where its memory is; borrowed */
    virDomainDef *def;   /* taken */
    unsigned int flags;  /* virDomainCreateFlags: PAUSED, AUTODESTROY */
    const void *owner;   /* of an AUTODESTROY guest */
    const char *consume; /* the file that is to be gone once it goes on; or NULL */
} qemuSaveStartArgs;

/* Starts an inactive guest, whose job is held, where it was saved. */
int qemuSaveStart(virDomainObj *vm, qemuSaveStartArgs *args) G_GNUC_WARN_UNUSED_RESULT;

/* Whether @def can be the definition of a guest that was saved as @guest: CONFIG_UNSUPPORTED if it
 * is another one's. */
int qemuSaveCheckSame(const virDomainDef *guest, const virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* Removes the file. Wants the job. */
int qemuSaveRemoveManaged(virDomainObj *vm) G_GNUC_WARN_UNUSED_RESULT;

/* A guest that has just been read from the disk. */
void qemuDomainLoadManagedSave(qemuDriver *driver, virDomainObj *vm);
