/*
 * virkmodlib.c: libkmod, loaded when it is needed
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <glib.h>

#include "virkmodlib.h"

const virKModLib *
virKModLibGet(void)
{
    static const char *const names[] = {VIR_KMOD_LIB_FUNCTIONS(VIR_LIBRARY_NAME)};
    static virKModLib lib;
    static const virKModLib *found;
    static gsize done;

    G_STATIC_ASSERT(sizeof(lib) == G_N_ELEMENTS(names) * sizeof(gpointer));
    if (g_once_init_enter(&done)) {
        if (virLibraryLoad("libkmod.so.2", names, G_N_ELEMENTS(names), &lib))
            found = &lib;
        g_once_init_leave(&done, 1);
    }
    return found;
}
