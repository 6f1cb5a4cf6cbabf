/*
 * remote_domain_event.h: what happens to guests, on its way to clients
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_event.h"

/* qemuEventFunc; @opaque: remoteEvents */
void remoteDomainTell(const qemuEvent *event, void *opaque);
