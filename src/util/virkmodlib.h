/*
 * virkmodlib.h: libkmod, loaded when it is needed
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <libkmod.h>

#include "virlibrary.h"

/* What we use of it. */
#define VIR_KMOD_LIB_FUNCTIONS(FUNCTION)                                                           \
    FUNCTION(kmod_get_dirname)                                                                     \
    FUNCTION(kmod_module_apply_filter)                                                             \
    FUNCTION(kmod_module_get_initstate)                                                            \
    FUNCTION(kmod_module_get_name)                                                                 \
    FUNCTION(kmod_module_get_path)                                                                 \
    FUNCTION(kmod_module_new_from_lookup)                                                          \
    FUNCTION(kmod_module_new_from_name)                                                            \
    FUNCTION(kmod_module_probe_insert_module)                                                      \
    FUNCTION(kmod_module_unref)                                                                    \
    FUNCTION(kmod_module_unref_list)                                                               \
    FUNCTION(kmod_new)                                                                             \
    FUNCTION(kmod_set_log_fn)                                                                      \
    FUNCTION(kmod_unref)

typedef struct {
    VIR_KMOD_LIB_FUNCTIONS(VIR_LIBRARY_MEMBER)
} virKModLib;

/**
 * virKModLibGet:
 *
 * Loads the library, once: with it comes a whole library of cryptography, more than a tenth of the
 * daemon's memory, and most hosts' modules are loaded long before us. Any thread.
 *
 * Returns: the library, or NULL if it cannot be loaded, with a debug message why. Reports no error.
 */
const virKModLib *virKModLibGet(void);
