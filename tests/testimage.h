/*
 * testimage.h: qcow2 images that tests make
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* An empty image of 1 MiB, as QEMU takes it; @backing and its @format may be NULL. */
GByteArray *testImageMake(const char *backing, const char *format);

/* Writes it to a file of its owner's alone. */
void testImageWrite(const char *path, const char *backing, const char *format);
