/*
 * testgolden.h: golden files, and guests that are refused
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* The path of a file below tests/; caller frees. */
char *testGoldenPath(const char *directory, const char *file);

/* The text of a file below tests/, which must exist; caller frees. */
char *testGoldenRead(const char *directory, const char *file);

/* The names (without @suffix) of the files in a folder below tests/ that end in @suffix and not in
 * @butNot, sorted: at least one. Caller frees. */
char **testGoldenNames(const char *directory, const char *suffix, const char *butNot);

/* @actual is what the file holds. With VIR_TEST_REGENERATE=1 the file is written instead. */
void testGoldenCompare(const char *directory, const char *file, const char *actual);

/* A change to a good guest, and what the message has to say. */
typedef struct {
    const char *name;
    const char *from; /* text of the good guest that is replaced by @to */
    const char *to;
    int code;
    const char *message;
} testRefused;

/*
 * A test for each row below @prefix. The good guest has a line <!--T--> in <domain> (line 5) and a
 * line <!--D--> in <devices> (line 8). What is refused by a list (names of elements and attributes,
 * words) our RELAX NG schema has to refuse too.
 */
void testRefusedAdd(const char *prefix, const testRefused *tests, size_t ntests);

/* Fails unless our schema (src/conf/schemas) takes @text. */
void testSchemaAccepts(const char *text);

/* True if our schema takes @text; caller frees @message. */
gboolean testSchemaValidate(const char *text, char **message);
