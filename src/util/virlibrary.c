/*
 * virlibrary.c: a shared library that is loaded when it is needed
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include <gmodule.h>

#include "virlibrary.h"
#include "virlog.h"

VIR_LOG_INIT("util.library")

bool
virLibraryLoad(const char *soname, const char *const *names, size_t count, void *functions)
{
    g_autoptr(GError) error = NULL;
    g_autofree gpointer *found = g_new0(gpointer, count);
    GModule *module = g_module_open_full(soname, G_MODULE_BIND_LOCAL, &error);

    if (!module) {
        VIR_DEBUG("%s", error->message);
        return false;
    }
    g_module_make_resident(module);
    for (size_t i = 0; i < count; i++) {
        if (!g_module_symbol(module, names[i], &found[i])) {
            VIR_DEBUG("%s has no %s", soname, names[i]);
            return false;
        }
    }
    memcpy(functions, found, count * sizeof(*found));
    return true;
}
