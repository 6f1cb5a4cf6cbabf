/*
 * qemu_interface.h: the host's end of a guest's network interfaces: tap devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_conf.h"

/**
 * qemuInterfaceOpen:
 * @net: an interface of type bridge or ethernet
 *
 * Opens its tap device: the one that it names and that is there, or a new one, which is gone when
 * the last descriptor is closed. A new one has the name that the interface says
 * (virNetTapCreate()), or is made and put on the bridge by QEMU's bridge helper, which needs no
 * rights of ours. The helper runs as our child, since QEMU may not start programs. Waits for it,
 * for a bounded time.
 *
 * Errors: OPERATION_FAILED with what the helper said or what is in the way, OPERATION_TIMEOUT if it
 * says nothing, SYSTEM_ERROR if the tap device cannot be opened or made.
 * Returns: the descriptor, or -1 with an error reported
 */
int qemuInterfaceOpen(const virDomainNetDef *net) G_GNUC_WARN_UNUSED_RESULT;

/* qemuInterfaceOpen() of type bridge with another program as the helper: for tests. */
int qemuInterfaceRunHelper(const char *helper, const char *bridge) G_GNUC_WARN_UNUSED_RESULT;
