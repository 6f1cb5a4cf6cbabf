/*
 * qemu_graphics.h: passwords of displays, which QEMU is told through its monitor
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

#include "domain_conf.h"

/* A command for the monitor. */
typedef struct {
    const char *name;
    JsonNode *arguments; /* may hold a secret: not to be logged; owned */
} qemuGraphicsCommand;

/**
 * qemuGraphicsGetPasswordCommands:
 * @def: a guest whose QEMU is there, and does not run yet
 *
 * With a password in its definition a display lets nobody in until these commands were given.
 *
 * Returns: what to say to QEMU, in this order (qemuGraphicsCommand); maybe empty, never NULL;
 *          owned by the caller
 */
GPtrArray *qemuGraphicsGetPasswordCommands(const virDomainDef *def);
