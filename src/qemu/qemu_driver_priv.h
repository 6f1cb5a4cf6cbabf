/*
 * qemu_driver_priv.h: what the files of qemu_driver share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_driver.h"

/**
 * qemuDriverCheckFlags:
 * @what: name of the call, for the message
 *
 * Errors: INVALID_ARG if there are other flags than @known.
 * Returns: 0, or -1 with an error reported
 */
int qemuDriverCheckFlags(const char *what, unsigned int flags, unsigned int known)
    G_GNUC_WARN_UNUSED_RESULT;
