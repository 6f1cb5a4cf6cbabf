/*
 * virxmlwriter.c: XML output
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stdbool.h>
#include <string.h>

#include <libxml/xmlwriter.h>

#include "virxmlwriter.h"

struct _virXMLWriter {
    xmlBuffer *buffer;
    xmlTextWriter *writer;
    int depth;     /* of the element started last, from 1 */
    bool verbatim; /* what was written last was verbatim: its end needs a line of its own */
};

/* Writing to memory fails only for want of memory, and that ends the program, as in GLib. */
static void
virXMLWriterCheck(int rc)
{
    if (rc < 0)
        g_error("cannot write XML");
}

virXMLWriter *
virXMLWriterNew(void)
{
    virXMLWriter *writer = g_new0(virXMLWriter, 1);

    writer->buffer = xmlBufferCreate();
    writer->writer = xmlNewTextWriterMemory(writer->buffer, 0);
    if (!writer->writer)
        g_error("cannot allocate an XML writer");
    virXMLWriterCheck(xmlTextWriterSetIndent(writer->writer, 1));
    virXMLWriterCheck(xmlTextWriterSetIndentString(writer->writer, (const xmlChar *)"  "));
    virXMLWriterCheck(xmlTextWriterSetQuoteChar(writer->writer, '\''));
    return writer;
}

void
virXMLWriterFree(virXMLWriter *writer)
{
    if (!writer)
        return;
    xmlFreeTextWriter(writer->writer);
    xmlBufferFree(writer->buffer);
    g_free(writer);
}

void
virXMLWriterStart(virXMLWriter *writer, const char *name)
{
    virXMLWriterCheck(xmlTextWriterStartElement(writer->writer, (const xmlChar *)name));
    writer->depth++;
}

/* A line break, and the blanks of the line after it. */
static void
virXMLWriterBreak(virXMLWriter *writer, int depth)
{
    g_autofree char *blanks = g_strnfill((gsize)depth * 2, ' ');
    g_autofree char *text = g_strconcat("\n", blanks, NULL);

    virXMLWriterCheck(xmlTextWriterWriteRaw(writer->writer, (const xmlChar *)text));
}

void
virXMLWriterVerbatim(virXMLWriter *writer, const char *xml)
{
    virXMLWriterBreak(writer, writer->depth);
    virXMLWriterCheck(xmlTextWriterWriteRaw(writer->writer, (const xmlChar *)xml));
    writer->verbatim = true;
}

void
virXMLWriterEnd(virXMLWriter *writer)
{
    writer->depth--;
    if (writer->verbatim)
        virXMLWriterBreak(writer, writer->depth);
    writer->verbatim = false;
    virXMLWriterCheck(xmlTextWriterEndElement(writer->writer));
}

/* XML can hold no control characters but these three, and not the last two characters of the basic
 * plane, not even escaped: blanks take their place. The bytes of one that is at @at, or 0. */
static gsize
virXMLWriterCountOdd(const char *at)
{
    if (g_ascii_iscntrl(*at))
        return *at != '\x7f' && *at != '\t' && *at != '\n' && *at != '\r';
    return *at == '\xef' && at[1] == '\xbf' && (at[2] == '\xbe' || at[2] == '\xbf') ? 3 : 0;
}

static void
virXMLWriterClean(char *text)
{
    while (*text) {
        gsize odd = virXMLWriterCountOdd(text);

        memset(text, ' ', odd);
        text += MAX(odd, 1);
    }
}

/* As it stands between single quotes; libxml2 2.9 would escape double ones only. Breaks and tabs
 * are blanks to a parser unless they are escaped. Caller frees. */
static char *
virXMLWriterQuote(const char *value)
{
    g_autofree char *escaped = g_markup_escape_text(value, -1);
    GString *text = g_string_new(escaped);

    g_string_replace(text, "\t", "&#9;", 0);
    g_string_replace(text, "\n", "&#10;", 0);
    g_string_replace(text, "\r", "&#13;", 0);
    return g_string_free(text, FALSE);
}

void
virXMLWriterAttribute(virXMLWriter *writer, const char *name, const char *fmt, ...)
{
    g_autofree char *value = NULL;
    g_autofree char *quoted = NULL;
    bool plain;
    va_list ap;

    va_start(ap, fmt);
    value = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    virXMLWriterClean(value);
    plain = !strpbrk(value, "&<>'\"\t\n\r");
    quoted = plain ? g_steal_pointer(&value) : virXMLWriterQuote(value);
    virXMLWriterCheck(xmlTextWriterStartAttribute(writer->writer, (const xmlChar *)name));
    virXMLWriterCheck(xmlTextWriterWriteRaw(writer->writer, (const xmlChar *)quoted));
    virXMLWriterCheck(xmlTextWriterEndAttribute(writer->writer));
}

void
virXMLWriterText(virXMLWriter *writer, const char *text)
{
    g_autofree char *clean = NULL;
    const char *at = text;

    while (*at && !virXMLWriterCountOdd(at))
        at++;
    if (*at) {
        clean = g_strdup(text);
        virXMLWriterClean(clean);
        text = clean;
    }
    virXMLWriterCheck(xmlTextWriterWriteString(writer->writer, (const xmlChar *)text));
}

void
virXMLWriterElement(virXMLWriter *writer, const char *name, const char *text)
{
    if (!text)
        return;
    virXMLWriterStart(writer, name);
    if (*text)
        virXMLWriterText(writer, text);
    virXMLWriterEnd(writer);
}

char *
virXMLWriterFinish(virXMLWriter *writer)
{
    virXMLWriterCheck(xmlTextWriterFlush(writer->writer));
    return g_strdup((const char *)xmlBufferContent(writer->buffer));
}
