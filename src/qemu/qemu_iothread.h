/*
 * qemu_iothread.h: the threads that serve the disks of a running guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_domain.h"

/* A thread as QEMU has it. */
typedef struct {
    unsigned int number; /* from 1: that of <iothreads> */
    pid_t thread;
} qemuIOThread;

/**
 * qemuIOThreadList:
 *
 * Those that are the definition's; QEMU has others too.
 *
 * Errors: those of qemuMonitorCommand().
 * Returns: an array of qemuIOThread, ordered by number, owned by the caller, or NULL
 */
GArray *qemuIOThreadList(qemuMonitor *mon);
