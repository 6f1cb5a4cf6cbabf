/*
 * virxmlwriter.c: XML output
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <libxml/xmlwriter.h>

#include "virxmlwriter.h"

struct _virXMLWriter {
    xmlBuffer *buffer;
    xmlTextWriter *writer;
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
}

void
virXMLWriterEnd(virXMLWriter *writer)
{
    virXMLWriterCheck(xmlTextWriterEndElement(writer->writer));
}

void
virXMLWriterAttribute(virXMLWriter *writer, const char *name, const char *fmt, ...)
{
    g_autofree char *value = NULL;
    va_list ap;

    va_start(ap, fmt);
    value = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    virXMLWriterCheck(
        xmlTextWriterWriteAttribute(writer->writer, (const xmlChar *)name, (const xmlChar *)value));
}

void
virXMLWriterText(virXMLWriter *writer, const char *text)
{
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
