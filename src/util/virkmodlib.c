/*
 * virkmodlib.c: libkmod, loaded when it is needed
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <dlfcn.h>
#include <stdbool.h>

#include <glib.h>

#include "virkmodlib.h"
#include "virlog.h"

VIR_LOG_INIT("util.kmod")

/* The name of the interface that the header describes. */
#define VIR_KMOD_LIB_SONAME "libkmod.so.2"

static bool
virKModLibFind(void *handle, const char *name, void **function)
{
    *function = dlsym(handle, name);
    if (!*function)
        VIR_DEBUG("%s has no %s", VIR_KMOD_LIB_SONAME, name);
    return *function != NULL;
}

#define VIR_KMOD_LIB_FIND(name) &&virKModLibFind(handle, #name, (void **)&lib.name)

const virKModLib *
virKModLibGet(void)
{
    static virKModLib lib;
    static const virKModLib *found;
    static gsize done;

    if (g_once_init_enter(&done)) {
        void *handle = dlopen(VIR_KMOD_LIB_SONAME, RTLD_NOW | RTLD_LOCAL);

        if (!handle)
            VIR_DEBUG("%s", dlerror());
        else if (true VIR_KMOD_LIB_FUNCTIONS(VIR_KMOD_LIB_FIND))
            found = &lib;
        g_once_init_leave(&done, 1);
    }
    return found;
}
