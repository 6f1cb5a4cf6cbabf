/*
 * virtvfio_advice.h: what to do before a guest can use a device
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virtvfio_device.h"

/* One step. Texts are owned. */
typedef struct {
    char *text;    /* a sentence, translated */
    char *command; /* what root types for it, or NULL if it is not done by a command */
} virtvfioStep;

/**
 * virtvfioAdviceUnmanaged:
 *
 * The steps that make @device usable with managed='no'. The command is virHostdevAdviseBind()'s,
 * for the host that @device belongs to, recorded or not.
 *
 * Returns: virtvfioStep, in order, never empty; owned by the caller
 */
GPtrArray *virtvfioAdviceUnmanaged(const virtvfioDevice *device);

/* The same for managed='yes'. */
GPtrArray *virtvfioAdviceManaged(const virtvfioDevice *device);
