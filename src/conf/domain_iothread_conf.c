/*
 * domain_iothread_conf.c: <iothreads>: QEMU's threads that serve disks, and where on the host they
 * run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_iothread_conf.h"
#include "domain_vcpu_conf.h"
#include "virerror.h"
#include "virgettext.h"

const virXMLSchema virDomainIOThreadsSchema = {.name = "iothreads", .flags = VIR_XML_TEXT};
const virXMLSchema virDomainIOThreadpinSchema = {
    .name = "iothreadpin",
    .attributes = VIR_XML_NAMES("iothread", "cpuset"),
    .flags = VIR_XML_MANY,
};

int
virDomainIOThreadsDefParseXML(virXMLNode *root, virDomainIOThreadsDef *threads)
{
    virXMLNode *node = virXMLGetChild(root, "iothreads");

    if (node && virDomainNumberParseXML(node, NULL, VIR_DOMAIN_MAX_IOTHREADS, &threads->count) < 0)
        return -1;
    threads->pins = g_new0(virBitmap *, threads->count);
    return 0;
}

int
virDomainIOThreadParseXML(virXMLNode *driver, unsigned int *iothread)
{
    unsigned int number = 0;
    int rc = virDomainNumberParseXML(driver, "iothread", VIR_DOMAIN_MAX_IOTHREADS, &number);

    if (rc == 1 && number == 0) {
        virXMLReportError(driver, VIR_ERR_XML_ERROR, _("I/O threads are numbered from 1"));
        return -1;
    }
    if (rc == 1)
        *iothread = number;
    return rc;
}

static int
virDomainIOThreadpinParseXML(virXMLNode *node, virDomainIOThreadsDef *threads)
{
    unsigned int number = 0;
    virBitmap **pin;
    int rc = virDomainIOThreadParseXML(node, &number);

    if (rc <= 0)
        return rc < 0 ? -1 : virXMLReportMissing(node, "iothread");
    if (!(pin = virDomainIOThreadPin(threads, number))) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("there is no I/O thread %1$u: <iothreads> is %2$u"), number,
                          threads->count);
        return -1;
    }
    if (*pin) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("I/O thread %1$u is pinned already"), number);
        return -1;
    }
    rc = virDomainSetParseXML(node, "cpuset", VIR_DOMAIN_MAX_HOST_CPU, pin);
    if (rc == 0)
        return virXMLReportMissing(node, "cpuset");
    return rc < 0 ? -1 : 0;
}

int
virDomainIOThreadpinsParseXML(virXMLNode *cputune, virDomainIOThreadsDef *threads)
{
    for (virXMLNode *pin = virXMLGetChild(cputune, "iothreadpin"); pin; pin = virXMLGetNext(pin)) {
        if (virDomainIOThreadpinParseXML(pin, threads) < 0)
            return -1;
    }
    return 0;
}

void
virDomainIOThreadsDefFormatXML(virXMLWriter *writer, const virDomainIOThreadsDef *threads)
{
    g_autofree char *count = g_strdup_printf("%u", threads->count);

    if (threads->count > 0)
        virXMLWriterElement(writer, "iothreads", count);
}

void
virDomainIOThreadpinsFormatXML(virXMLWriter *writer, const virDomainIOThreadsDef *threads)
{
    for (unsigned int i = 0; i < threads->count; i++) {
        if (!threads->pins[i])
            continue;
        virXMLWriterStart(writer, "iothreadpin");
        virXMLWriterAttribute(writer, "iothread", "%u", i + 1);
        virDomainSetFormatXML(writer, "cpuset", threads->pins[i]);
        virXMLWriterEnd(writer);
    }
}

virBitmap **
virDomainIOThreadPin(const virDomainIOThreadsDef *threads, unsigned int number)
{
    return number > 0 && number <= threads->count ? &threads->pins[number - 1] : NULL;
}

bool
virDomainIOThreadsHavePins(const virDomainIOThreadsDef *threads)
{
    for (unsigned int i = 0; i < threads->count; i++) {
        if (threads->pins[i])
            return true;
    }
    return false;
}

void
virDomainIOThreadsDefClear(virDomainIOThreadsDef *threads)
{
    for (unsigned int i = 0; threads->pins && i < threads->count; i++)
        virBitmapFree(threads->pins[i]);
    g_clear_pointer(&threads->pins, g_free);
}
