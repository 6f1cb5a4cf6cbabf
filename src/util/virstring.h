/*
 * virstring.h: texts of unknown origin
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/**
 * virStringPrintable:
 * @text: anything, or NULL
 *
 * Names and files of a recorded tree, and what another program prints, may hold what would drive a
 * terminal.
 *
 * Returns: @text as valid UTF-8 with control characters as "\\x1b"; "-" for NULL. Caller frees.
 */
char *virStringPrintable(const char *text);
