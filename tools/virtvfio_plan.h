/*
 * virtvfio_plan.h: what bind would do, did, or cannot do, as text and as JSON
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virpcibindplan.h"
#include "virtvfio.h"

/**
 * virtvfioPlanPrint:
 *
 * Prints what would be done, device by device, and everything that is in the way.
 *
 * Returns: 0, or -1 as virtvfioWrite() does
 */
int
virtvfioPlanPrint(const virtvfioContext *ctx, const virPCIBindPlan *plan) G_GNUC_WARN_UNUSED_RESULT;

/* The same of what has been done. */
int virtvfioPlanPrintDone(const virtvfioContext *ctx, const virPCIBindPlan *plan)
    G_GNUC_WARN_UNUSED_RESULT;

/* The error of a plan that has blockers, each on stderr with its remedy, and as JSON if wanted. It
 * is no thread's error afterwards: nobody is to print it again. */
void virtvfioPlanPrintRefusal(const virtvfioContext *ctx, const virPCIBindPlan *plan);
