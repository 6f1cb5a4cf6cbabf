/*
 * domain_chr_conf.h: <serial> and <console>: serial ports and where they lead
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "device_conf.h"
#include "virenum.h"
#include "virxml.h"
#include "virxmlwriter.h"

typedef enum {
    VIR_DOMAIN_CHR_TYPE_STDIO, /* standard input and output of virtvfio */
    VIR_DOMAIN_CHR_TYPE_FILE,  /* output to a file, no input */
    VIR_DOMAIN_CHR_TYPE_LAST,
} virDomainChrType;

VIR_ENUM_DECL(virDomainChr);

/* An ISA machine has four serial ports. */
#define VIR_DOMAIN_CHR_MAX_PORTS 4

typedef struct {
    virDomainChrType type;
    unsigned int port; /* 0 is the guest's ttyS0 */
    char *path;        /* of type FILE: absolute; owned */
    bool append;       /* of type FILE: keep what is in the file */
    virDomainDeviceInfo info;
} virDomainChrDef;

extern const virXMLSchema virDomainSerialSchema;
extern const virXMLSchema virDomainConsoleSchema;
extern const virDomainDeviceClass virDomainSerialClass;

void virDomainChrDefFree(virDomainChrDef *chr);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainChrDef, virDomainChrDefFree)

/**
 * virDomainChrDefParseXML:
 * @devices: <devices>, checked against a schema with the two above
 * @serials: the serial ports are added to it, ordered by port (virDomainChrDef)
 *
 * A <serial> without a port takes the lowest one that is free. A <console> is another name for the
 * first serial port, and makes one if there is none.
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported
 */
int virDomainChrDefParseXML(virXMLNode *devices, GPtrArray *serials) G_GNUC_WARN_UNUSED_RESULT;
void virDomainChrDefFormatXML(virXMLWriter *writer, const virDomainChrDef *chr, unsigned int flags);
