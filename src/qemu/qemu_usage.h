/*
 * qemu_usage.h: how much of the host's processors QEMU has used
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

typedef struct {
    guint64 user_ns;
    guint64 system_ns;
    int cpu; /* of the host, where it ran last */
} qemuUsage;

/**
 * qemuUsageRead:
 * @thread: one of @pid's, or 0 for all of them together
 *
 * Returns: whether it can be had; @usage is filled then
 */
bool qemuUsageRead(pid_t pid, pid_t thread, qemuUsage *usage);
