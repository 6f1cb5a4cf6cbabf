/*
 * domain_iothread_conf.h: <iothreads>: QEMU's threads that serve disks, and where on the host they
 * run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "domain_value_conf.h"

#define VIR_DOMAIN_MAX_IOTHREADS 255

/* What QEMU calls one: this and its number. */
#define VIR_DOMAIN_IOTHREAD_ALIAS "iothread"

/* virDomainIOThreadsDefClear() frees what it holds. Threads are numbered from 1. */
typedef struct {
    unsigned int count;
    virBitmap **pins; /* @count of them, that of thread 1 first; NULL is <vcpu cpuset> */
} virDomainIOThreadsDef;

extern const virXMLSchema virDomainIOThreadsSchema;
extern const virXMLSchema virDomainIOThreadpinSchema;

/* <iothreads> of <domain>, if there is one. 0, or -1 with XML_ERROR reported. */
int virDomainIOThreadsDefParseXML(virXMLNode *root, virDomainIOThreadsDef *threads)
    G_GNUC_WARN_UNUSED_RESULT;

/* The <iothreadpin> of <cputune>. 0, or -1 with XML_ERROR reported. */
int virDomainIOThreadpinsParseXML(virXMLNode *cputune, virDomainIOThreadsDef *threads)
    G_GNUC_WARN_UNUSED_RESULT;

/* The number of the thread that a <driver> names: 0 and untouched if it names none, 1 if it does,
 * or -1 with XML_ERROR reported. */
int virDomainIOThreadParseXML(virXMLNode *driver, unsigned int *iothread) G_GNUC_WARN_UNUSED_RESULT;

void virDomainIOThreadsDefFormatXML(virXMLWriter *writer, const virDomainIOThreadsDef *threads);
void virDomainIOThreadpinsFormatXML(virXMLWriter *writer, const virDomainIOThreadsDef *threads);

/* Where a thread is said to run, to read or to change; NULL if there is no such thread. */
virBitmap **virDomainIOThreadPin(const virDomainIOThreadsDef *threads, unsigned int number);

/* Whether any of them is pinned. */
bool virDomainIOThreadsHavePins(const virDomainIOThreadsDef *threads);

void virDomainIOThreadsDefClear(virDomainIOThreadsDef *threads);
