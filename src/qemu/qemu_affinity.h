/*
 * qemu_affinity.h: on which processors of the host QEMU's threads run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/types.h>

#include "domain_conf.h"

/**
 * qemuAffinityApply:
 * @def: the guest
 * @pid: its QEMU, of which every vCPU has its thread: at the latest when QEMU greets
 *
 * Does what <vcpu cpuset>, <vcpupin>, <emulatorpin> and <iothreadpin> ask for. Nothing if they are
 * absent. Threads that QEMU makes later inherit from the one that makes them; vCPUs that are
 * plugged in later need another call.
 *
 * Errors: SYSTEM_ERROR if the host has none of the processors, or /proc cannot be read.
 * Returns: 0, or -1 with an error reported
 */
int qemuAffinityApply(const virDomainDef *def, pid_t pid) G_GNUC_WARN_UNUSED_RESULT;

/* Where a thread may run: a set that the caller owns, or NULL with SYSTEM_ERROR reported. */
virBitmap *qemuAffinityGet(pid_t tid);
