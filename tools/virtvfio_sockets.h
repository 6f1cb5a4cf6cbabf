/*
 * virtvfio_sockets.h: the directory for the sockets of a guest that "virtvfio run" starts
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "domain_conf.h"

/**
 * virtvfioSocketsPrepare:
 * @def: a definition; what a start has to choose is filled in
 * @dryRun: make nothing
 * @dir: filled with the directory that was made, for virtvfioSocketsRemove(); NULL if there is none
 *
 * Errors: CONFIG_UNSUPPORTED for what only a daemon can do: a TPM, and passwords of displays;
 * SYSTEM_ERROR; OPERATION_FAILED if no port is free.
 * Returns: 0, or -1 with an error reported and nothing made
 */
int virtvfioSocketsPrepare(virDomainDef *def, bool dryRun, char **dir) G_GNUC_WARN_UNUSED_RESULT;

/* Removes what is left in the directory, and the directory; nothing if @dir is NULL. */
void virtvfioSocketsRemove(const char *dir);
