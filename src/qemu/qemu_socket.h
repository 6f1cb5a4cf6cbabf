/*
 * qemu_socket.h: what a start chooses for a guest: paths of sockets, and ports
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "domain_conf.h"

/* True if @def has sockets whose paths a start chooses: qemuDomainPrepareSockets() is needed. */
bool qemuDomainNeedsSockets(const virDomainDef *def);

/**
 * qemuDomainPrepareSockets:
 * @def: the definition of a guest that is about to be started
 * @dir: absolute path of a directory of this guest's own, which other users cannot reach
 *
 * Gives a path in @dir to every channel, display and TPM that has none. Pure: makes nothing.
 * In @dir: channels by their names, below "channel-"; "vnc.sock", "spice.sock", "swtpm.sock".
 *
 * Errors: CONFIG_UNSUPPORTED if a path would be longer than the kernel takes.
 * Returns: 0, or -1 with an error reported
 */
int qemuDomainPrepareSockets(virDomainDef *def, const char *dir) G_GNUC_WARN_UNUSED_RESULT;

/* Sockets below @runDirectory are where a start has put them, of this guest or of one whose XML was
 * copied while it ran: they are not the user's. The XML that is printed does not say so. */
void qemuDomainRecognizeSockets(virDomainDef *def, const char *runDirectory);

/* As qemuDomainPrepareSockets(), for one <channel>. */
int
qemuDomainPrepareChannelSocket(virDomainChrDef *channel, const char *dir) G_GNUC_WARN_UNUSED_RESULT;

/* Ports that starts under way have chosen, and on which QEMU may not listen yet. For any number of
 * threads. */
typedef struct _qemuPorts qemuPorts;

qemuPorts *qemuPortsNew(void);
void qemuPortsFree(qemuPorts *ports);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuPorts, qemuPortsFree)

/* Those of @owner are no longer needed: QEMU listens on them, or never will. */
void qemuPortsRelease(qemuPorts *ports, const void *owner);

/**
 * qemuDomainPreparePorts:
 * @ports: of the driver; NULL where one guest is started at a time
 * @owner: to release them by
 *
 * Forgets ports that an earlier start has chosen.
 * Gives spice a port if the definition leaves that to the start: the first one from
 * VIR_DOMAIN_GRAPHICS_PORT_MIN on that nobody listens on, or is about to of our guests. VNC's is
 * found by QEMU itself, which can be asked for it afterwards. Somebody else may take the port until
 * QEMU does; then QEMU says so.
 *
 * Errors: OPERATION_FAILED if no port is free or the address is none of this host.
 * Returns: 0, or -1 with an error reported
 */
int qemuDomainPreparePorts(virDomainDef *def, qemuPorts *ports, const void *owner)
    G_GNUC_WARN_UNUSED_RESULT;
