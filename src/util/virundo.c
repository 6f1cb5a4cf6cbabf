/*
 * virundo.c: what to take back, in reverse order, if a later step fails
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"
#include "virundo.h"

VIR_LOG_INIT("util.undo")

typedef struct {
    virUndoFunc func;
    void *opaque;
    GDestroyNotify destroy;
} virUndoStep;

struct _virUndo {
    GArray *steps;
};

static void
virUndoStepClear(void *opaque)
{
    virUndoStep *step = opaque;

    if (step->destroy)
        step->destroy(step->opaque);
}

virUndo *
virUndoNew(void)
{
    virUndo *undo = g_new0(virUndo, 1);

    undo->steps = g_array_new(FALSE, FALSE, sizeof(virUndoStep));
    g_array_set_clear_func(undo->steps, virUndoStepClear);
    return undo;
}

void
virUndoFree(virUndo *undo)
{
    if (!undo)
        return;
    g_array_unref(undo->steps);
    g_free(undo);
}

void
virUndoPush(virUndo *undo, virUndoFunc func, void *opaque, GDestroyNotify destroy)
{
    virUndoStep step = {func, opaque, destroy};

    g_array_append_val(undo->steps, step);
}

int
virUndoRollback(virUndo *undo)
{
    virErrorInfo cause = {0};
    int ret = 0;

    virErrorPreserve(&cause);
    while (undo->steps->len > 0) {
        guint last = undo->steps->len - 1;
        virUndoStep *step = &g_array_index(undo->steps, virUndoStep, last);

        if (step->func(step->opaque) < 0) {
            VIR_WARN(_("could not take a step back: %1$s"), virErrorGetMessage());
            ret = -1;
        }
        g_array_set_size(undo->steps, last);
    }
    virErrorRestore(&cause);
    return ret;
}

void
virUndoCommit(virUndo *undo)
{
    g_array_set_size(undo->steps, 0);
}
