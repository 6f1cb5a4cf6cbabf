/*
 * qemu_command.h: QEMU's command line for a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_conf.h"

/* The descriptors that QEMU is started with: connected stream sockets. */
#define QEMU_COMMAND_MONITOR_FD 3
#define QEMU_COMMAND_STDIO_FD   4 /* of <serial type='stdio'>, if there is one */

/* Of the interface at that position of the definition, if it has a tap device. */
#define QEMU_COMMAND_NET_FD(position) (5 + (position))
typedef enum {
    QEMU_COMMAND_MONITOR_LISTENS = 1 << 0, /* the monitor's descriptor is a listening socket */
    QEMU_COMMAND_INCOMING = 1 << 1,        /* the guest's memory comes later, from a file */
} qemuCommandFlags;

/**
 * qemuBuildCommandLine:
 * @def: the guest, with its addresses assigned, after qemuDomainPrepareSockets()
 * @emulator: path of QEMU
 * @flags: qemuCommandFlags
 *
 * Pure. Holds no password. The guest starts paused: what has gone wrong until then is known before
 * it runs.
 *
 * Returns: the words, owned by the caller; never NULL
 */
char **qemuBuildCommandLine(const virDomainDef *def, const char *emulator, unsigned int flags);
