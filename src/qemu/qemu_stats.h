/*
 * qemu_stats.h: what guests use: counters of processors, disks and interfaces
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <libvirt/libvirt.h>

#include "qemu_monitor.h"

/* Of one disk, since QEMU's start. */
typedef struct {
    guint64 reads;
    guint64 readBytes;
    guint64 readTime_ns;
    guint64 writes;
    guint64 writtenBytes;
    guint64 writeTime_ns;
    guint64 flushes;
    guint64 flushTime_ns;
} qemuStatsBlock;

/* What QEMU has opened for one disk. */
typedef struct {
    guint64 size; /* bytes, as the guest sees it; 0 without a medium */
    int error;    /* virDomainDiskErrorCode, for which the guest was stopped */
} qemuStatsDisk;

/* How long QEMU may take to answer when it is asked for counters. */
#define QEMU_STATS_TIMEOUT_MS 5000

/**
 * qemuStatsGetBlocks:
 * @mon: of an active guest; neither the job nor the lock is needed
 *
 * Errors: as qemuMonitorCommand().
 * Returns: from disks' names (aliases) to qemuStatsBlock, to be unreferenced; NULL with an error
 * reported
 */
GHashTable *qemuStatsGetBlocks(qemuMonitor *mon, guint timeout_ms);

/* As qemuStatsGetBlocks(): from disks' names to qemuStatsDisk. */
GHashTable *qemuStatsGetDisks(qemuMonitor *mon, guint timeout_ms);

/**
 * qemuStatsReadInterface:
 * @name: of the tap device on the host
 *
 * Returns: whether it is there; @stats is filled as the guest sees it: what the host sends, it
 * receives
 */
bool qemuStatsReadInterface(const char *name, virDomainInterfaceStatsStruct *stats);
