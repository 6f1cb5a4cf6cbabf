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
 * Opens its tap device: the one that it names, or a new one that QEMU's bridge helper makes and
 * puts on the bridge (and that is gone when the last descriptor is closed). The helper runs as our
 * child, since QEMU may not start programs. Waits for the helper, for a bounded time.
 *
 * Errors: OPERATION_FAILED with what the helper said, OPERATION_TIMEOUT if it says nothing,
 * SYSTEM_ERROR if the tap device cannot be opened.
 * Returns: the descriptor, or -1 with an error reported
 */
int qemuInterfaceOpen(const virDomainNetDef *net) G_GNUC_WARN_UNUSED_RESULT;

/* qemuInterfaceOpen() of type bridge with another program as the helper: for tests. */
int qemuInterfaceRunHelper(const char *helper, const char *bridge) G_GNUC_WARN_UNUSED_RESULT;
