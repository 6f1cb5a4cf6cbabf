/*
 * virlibrary.h: a shared library that is loaded when it is needed
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * A library's functions are listed in a macro LIST(FUNCTION), one FUNCTION(name) each, with the
 * library's own header in sight. Then
 *
 *     typedef struct { LIST(VIR_LIBRARY_MEMBER) } functions;
 *     static const char *const names[] = {LIST(VIR_LIBRARY_NAME)};
 *
 * are a structure of pointers of the right types, for calls like functions->name(...), and the
 * names that virLibraryLoad() fills it from.
 */
#define VIR_LIBRARY_MEMBER(name) __typeof__(name) *name;
#define VIR_LIBRARY_NAME(name)   #name,

/**
 * virLibraryLoad:
 * @soname: of the interface that the header describes, such as "libkmod.so.2"
 * @names: the functions
 * @count: of them
 * @functions: the structure; untouched on failure
 *
 * Loads a library for as long as the process lives. Any thread; it is the caller's to do it once.
 *
 * Returns: false if it is not there or lacks a function, with a debug message. Reports no error.
 */
bool virLibraryLoad(const char *soname, const char *const *names, size_t count, void *functions);
