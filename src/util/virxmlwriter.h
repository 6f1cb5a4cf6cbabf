/*
 * virxmlwriter.h: XML output
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* An XML text in the making, indented by two spaces; values are escaped, and control characters,
 * which XML cannot hold, become blanks. Elements nest by calls. */
typedef struct _virXMLWriter virXMLWriter;

virXMLWriter *virXMLWriterNew(void);
void virXMLWriterFree(virXMLWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virXMLWriter, virXMLWriterFree)

/* Starts an element; ends the one started last. */
void virXMLWriterStart(virXMLWriter *writer, const char *name);
void virXMLWriterEnd(virXMLWriter *writer);

/* Adds an attribute to the element started last, before anything is in it. */
void virXMLWriterAttribute(virXMLWriter *writer, const char *name, const char *fmt, ...)
    G_GNUC_PRINTF(3, 4);

/* Adds text to the element started last. */
void virXMLWriterText(virXMLWriter *writer, const char *text);

/* A whole element that holds text or nothing; nothing at all if @text is NULL. */
void virXMLWriterElement(virXMLWriter *writer, const char *name, const char *text);

/* Adds an element that is XML already, on a line of its own. */
void virXMLWriterVerbatim(virXMLWriter *writer, const char *xml);

/* The text, with a final newline; caller frees. Every element has been ended. */
char *virXMLWriterFinish(virXMLWriter *writer);
