/*
 * remote_domain_log.h: what happens to guests, for the administrator who reads the log
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_event.h"

/* Logs an event of a guest that says what it does, or that something is wrong with it. */
void remoteDomainLog(const qemuEvent *event);
