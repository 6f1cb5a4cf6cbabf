/*
 * domain_os_conf.h: <os>: the machine and what it boots
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virxml.h"
#include "virxmlwriter.h"

/* Texts are owned. */
typedef struct {
    char *arch;    /* "x86_64" */
    char *machine; /* "q35", or a version of it ("pc-q35-7.2") */
    char *kernel;  /* absolute path, or NULL to boot from a device */
    char *initrd;  /* NULL without one */
    char *cmdline; /* NULL without one */
} virDomainOSDef;

extern const virXMLSchema virDomainOSSchema;

/**
 * virDomainOSDefParseXML:
 * @node: <os>, checked against the schema
 * @os: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainOSDefClear() @os in either case
 */
int virDomainOSDefParseXML(virXMLNode *node, virDomainOSDef *os) G_GNUC_WARN_UNUSED_RESULT;
void virDomainOSDefFormatXML(virXMLWriter *writer, const virDomainOSDef *os);
void virDomainOSDefClear(virDomainOSDef *os);
