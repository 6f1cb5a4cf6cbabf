/*
 * domain_chr_source_conf.h: where a character device leads on the host
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virenum.h"
#include "virxml.h"
#include "virxmlwriter.h"

typedef enum {
    VIR_DOMAIN_CHR_TYPE_NULL,     /* nowhere */
    VIR_DOMAIN_CHR_TYPE_PTY,      /* a pseudo-terminal that QEMU allocates */
    VIR_DOMAIN_CHR_TYPE_FILE,     /* output to a file, no input */
    VIR_DOMAIN_CHR_TYPE_UNIX,     /* UNIX socket */
    VIR_DOMAIN_CHR_TYPE_TCP,      /* TCP socket */
    VIR_DOMAIN_CHR_TYPE_STDIO,    /* standard input and output of virtvfio */
    VIR_DOMAIN_CHR_TYPE_SPICEVMC, /* spice's agent */
    VIR_DOMAIN_CHR_TYPE_LAST,
} virDomainChrType;

VIR_ENUM_DECL(virDomainChr);

/* Which end of a socket QEMU is. */
typedef enum {
    VIR_DOMAIN_CHR_MODE_CONNECT,
    VIR_DOMAIN_CHR_MODE_BIND, /* it listens, and the guest does not wait for a peer */
    VIR_DOMAIN_CHR_MODE_LAST,
} virDomainChrMode;

VIR_ENUM_DECL(virDomainChrMode);

typedef enum {
    VIR_DOMAIN_CHR_PROTOCOL_RAW,
    VIR_DOMAIN_CHR_PROTOCOL_TELNET,
    VIR_DOMAIN_CHR_PROTOCOL_LAST,
} virDomainChrProtocol;

VIR_ENUM_DECL(virDomainChrProtocol);

/* Texts are owned. */
typedef struct {
    virDomainChrType type;
    /* Absolute. PTY: the terminal, while the guest runs, or NULL. UNIX: NULL before a start. */
    char *path;
    bool autoPath; /* UNIX: the path is one that a start has chosen, not the user's */
    bool append;   /* FILE: keep what is in the file */
    virDomainChrMode mode;
    char *host;    /* TCP: a name or an address */
    char *service; /* TCP: a name or a number */
    virDomainChrProtocol protocol;
    char *logFile; /* a copy of the output; absolute, or NULL */
    bool logAppend;
} virDomainChrSourceDef;

/* The children of an element with a source, which has the attribute 'type' too. */
extern const virXMLSchema virDomainChrSourceSchema;
extern const virXMLSchema virDomainChrProtocolSchema;
extern const virXMLSchema virDomainChrLogSchema;

/**
 * virDomainChrSourceDefParseXML:
 * @node: an element, checked against a schema with the above
 * @source: filled, zero before
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported; virDomainChrSourceDefClear() @source in either case
 */
int virDomainChrSourceDefParseXML(virXMLNode *node, virDomainChrSourceDef *source)
    G_GNUC_WARN_UNUSED_RESULT;
void virDomainChrSourceDefClear(virDomainChrSourceDef *source);

/* The attribute 'type', to an element that was just started; @flags: virDomainDefFormatFlags. */
void virDomainChrSourceDefFormatType(virXMLWriter *writer, const virDomainChrSourceDef *source);
/* The children. */
void virDomainChrSourceDefFormatXML(virXMLWriter *writer, const virDomainChrSourceDef *source,
                                    unsigned int flags);

/* True if both lead to the same place; a terminal that is not known yet is like any other. */
bool virDomainChrSourceDefIsEqual(const virDomainChrSourceDef *a, const virDomainChrSourceDef *b);
