/*
 * virbitmap.h: sets of small numbers, as in "0-3,^2,8"
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

/* Numbers from 0 to VIR_BITMAP_MAX. */
typedef struct _virBitmap virBitmap;

#define VIR_BITMAP_MAX 4095

void virBitmapFree(virBitmap *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virBitmap, virBitmapFree)

/* An empty set, and a number, at most VIR_BITMAP_MAX, for it. Caller frees. */
virBitmap *virBitmapNew(void);
void virBitmapAdd(virBitmap *set, unsigned int number);

/**
 * virBitmapParse:
 * @text: numbers and ranges, separated by commas; one after '^' is taken out again
 * @max: the largest number that is accepted, at most VIR_BITMAP_MAX
 *
 * Blanks around numbers are skipped. Reports no error.
 *
 * Returns: the set, owned by the caller, or NULL if @text is anything else or the set is empty
 */
virBitmap *virBitmapParse(const char *text, unsigned int max);

virBitmap *virBitmapCopy(const virBitmap *set);

/**
 * virBitmapFromBytes:
 * @bytes: the first byte has 0 to 7, its lowest bit 0; numbers above VIR_BITMAP_MAX are skipped
 *
 * Returns: the set, owned by the caller, or NULL if it is empty. Reports no error.
 */
virBitmap *virBitmapFromBytes(const guint8 *bytes, size_t len);

/* And back, as far as there is room. */
void virBitmapToBytes(const virBitmap *set, guint8 *bytes, size_t len);

/* As short a text as there is, in order; caller frees. */
char *virBitmapFormat(const virBitmap *set);

bool virBitmapIsSet(const virBitmap *set, unsigned int number);

/* The smallest number in the set that is above @after (-1 for the first), or -1. */
int virBitmapNext(const virBitmap *set, int after);

/* The largest number in the set. */
unsigned int virBitmapLast(const virBitmap *set);

/* True if both have a number. */
bool virBitmapOverlaps(const virBitmap *a, const virBitmap *b);
