/*
 * qemu_migration.h: a guest's memory and devices, out of QEMU into a file and back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_monitor.h"
#include "virdomainobj.h"

/* How far QEMU is with a migration. All in bytes. */
typedef struct {
    guint64 total;
    guint64 processed;
    guint64 remaining;
} qemuMigrationProgress;

/**
 * qemuMigrationCheck:
 * @mon: of an active guest
 *
 * Whether the guest can be taken out of its QEMU at all.
 *
 * Errors: OPERATION_INVALID naming the host device, or what QEMU says is in the way.
 * Returns: 0, or -1 with an error reported
 */
int qemuMigrationCheck(const virDomainDef *def, qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;

/* The process that calls the next two ignores SIGPIPE. */

/**
 * qemuMigrationSave:
 * @fd: where to write, from its position on
 * @len: filled with how many bytes were written
 *
 * Has QEMU write the guest, whose processors have been stopped. It takes as long as it takes:
 * qemuMigrationCancel() ends it, and so does the end of QEMU.
 *
 * Errors: OPERATION_ABORTED if it was cancelled, SYSTEM_ERROR if it cannot be written,
 * OPERATION_FAILED with QEMU's reason.
 * Returns: 0, or -1 with an error reported; the guest can go on in either case
 */
int qemuMigrationSave(qemuMonitor *mon, const char *name, int fd, guint64 *len)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuMigrationLoad:
 * @mon: of a QEMU that waits for it ("-incoming defer")
 * @fd: where to read, from its position on
 * @len: how many bytes
 *
 * Errors: OPERATION_FAILED with QEMU's reason, SYSTEM_ERROR.
 * Returns: 0: the guest is there, and stopped; or -1 with an error reported
 */
int qemuMigrationLoad(qemuMonitor *mon, const char *name, int fd, guint64 len)
    G_GNUC_WARN_UNUSED_RESULT;

/* Has QEMU give a migration up, and does not wait for it. */
int qemuMigrationCancel(qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;

/* Gives a migration up that an earlier driver began, and waits until QEMU has. */
int qemuMigrationSettle(qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;

/* Errors and return value: as qemuMonitorCommand() */
int qemuMigrationGetProgress(qemuMonitor *mon, qemuMigrationProgress *progress)
    G_GNUC_WARN_UNUSED_RESULT;
