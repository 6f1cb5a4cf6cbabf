/*
 * qemu_balloon.h: the memory that a running guest leaves to the host, and what it does with the
 * rest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <libvirt/libvirt.h>

#include "qemu_domain.h"

/* The guest's balloon, or NULL if it has none. Borrowed. */
virDomainMemballoonDef *qemuBalloonFind(const virDomainDef *def);

/**
 * qemuBalloonSetPeriod:
 * @period_s: how often the guest is to say what it does with its memory; 0 is never
 *
 * Wants a guest with a balloon.
 *
 * Errors and return value: as qemuMonitorCommand()
 */
int qemuBalloonSetPeriod(const virDomainDef *def, qemuMonitor *mon, unsigned int period_s)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuBalloonGetStats:
 * @stats: filled; sizes are in KiB
 * @max: room in @stats
 *
 * What the guest has said last. Wants a guest with a balloon.
 *
 * Errors: those of qemuMonitorCommand().
 * Returns: how many there are, or -1 with an error reported
 */
int qemuBalloonGetStats(const virDomainDef *def, qemuMonitor *mon, virDomainMemoryStatPtr stats,
                        unsigned int max) G_GNUC_WARN_UNUSED_RESULT;

/* Asks QEMU how much memory the guest has now: for a driver that takes it over. Nothing if it has
 * no balloon; a QEMU that does not say is warned of. */
void qemuBalloonCatchUp(virDomainObj *vm, qemuMonitor *mon);

/* QEMU's event, for the loop, with the lock held: the guest has another amount of memory now. */
void qemuBalloonHandleChange(virDomainObj *vm, JsonObject *data);
