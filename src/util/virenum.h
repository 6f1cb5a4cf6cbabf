/*
 * virenum.h: enumerations with names
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/**
 * VIR_ENUM_DECL, VIR_ENUM_IMPL:
 * @name: prefix of the two functions
 * @last: the enumeration's LAST value
 * @...: one string per value, in order
 *
 * Gives `const char *nameToString(int)` (NULL if out of range) and `int nameFromString(const
 * char *)` (-1 if there is no such name, or for NULL). A missing or spare string does not compile.
 */
#define VIR_ENUM_DECL(name)                                                                        \
    const char *name##ToString(int value);                                                         \
    int name##FromString(const char *string)

#define VIR_ENUM_IMPL(name, last, ...)                                                             \
    static const char *const name##Names[] = {__VA_ARGS__};                                        \
    G_STATIC_ASSERT(G_N_ELEMENTS(name##Names) == (last));                                          \
    const char *name##ToString(int value)                                                          \
    {                                                                                              \
        return value >= 0 && value < (last) ? name##Names[value] : NULL;                           \
    }                                                                                              \
    int name##FromString(const char *string)                                                       \
    {                                                                                              \
        for (int value = 0; value < (last); value++) {                                             \
            if (g_strcmp0(string, name##Names[value]) == 0)                                        \
                return value;                                                                      \
        }                                                                                          \
        return -1;                                                                                 \
    }                                                                                              \
    G_STATIC_ASSERT(1)
