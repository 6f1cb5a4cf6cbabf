/*
 * virxmlwriter.c: XML output
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stdbool.h>

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
    /* Values stand in double quotes: in single ones libxml2 2.9 would not escape a single quote. */
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

/* XML can hold no control characters but these three, not even escaped: blanks take their place. */
static bool
virXMLWriterIsOdd(char c)
{
    return g_ascii_iscntrl(c) && c != '\x7f' && c != '\t' && c != '\n' && c != '\r';
}

static void
virXMLWriterClean(char *text)
{
    for (; *text; text++) {
        if (virXMLWriterIsOdd(*text))
            *text = ' ';
    }
}

void
virXMLWriterAttribute(virXMLWriter *writer, const char *name, const char *fmt, ...)
{
    g_autofree char *value = NULL;
    va_list ap;

    va_start(ap, fmt);
    value = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    virXMLWriterClean(value);
    virXMLWriterCheck(
        xmlTextWriterWriteAttribute(writer->writer, (const xmlChar *)name, (const xmlChar *)value));
}

void
virXMLWriterText(virXMLWriter *writer, const char *text)
{
    g_autofree char *clean = NULL;
    const char *at = text;

    while (*at && !virXMLWriterIsOdd(*at))
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
