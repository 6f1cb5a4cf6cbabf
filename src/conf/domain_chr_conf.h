/*
 * domain_chr_conf.h: <serial>, <console> and <channel>: character devices of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "device_conf.h"
#include "domain_chr_source_conf.h"
#include "virenum.h"
#include "virxml.h"
#include "virxmlwriter.h"

typedef enum {
    VIR_DOMAIN_CHR_DEVICE_SERIAL,
    VIR_DOMAIN_CHR_DEVICE_CONSOLE, /* on the virtio-serial bus */
    VIR_DOMAIN_CHR_DEVICE_CHANNEL, /* a named port on the virtio-serial bus */
    VIR_DOMAIN_CHR_DEVICE_LAST,
} virDomainChrDevice;

VIR_ENUM_DECL(virDomainChrDevice);

typedef enum {
    VIR_DOMAIN_SERIAL_TARGET_ISA,
    VIR_DOMAIN_SERIAL_TARGET_PCI,
    VIR_DOMAIN_SERIAL_TARGET_LAST,
} virDomainSerialTarget;

VIR_ENUM_DECL(virDomainSerialTarget);

/* Whether the guest has opened its end of a channel. */
typedef enum {
    VIR_DOMAIN_CHANNEL_STATE_UNKNOWN,
    VIR_DOMAIN_CHANNEL_STATE_DISCONNECTED,
    VIR_DOMAIN_CHANNEL_STATE_CONNECTED,
} virDomainChannelState;

/* An ISA machine has four serial ports. */
#define VIR_DOMAIN_CHR_MAX_ISA_PORTS 4
/* Serial ports of either kind, and consoles. */
#define VIR_DOMAIN_CHR_MAX_PORTS 16

/* Texts are owned. */
typedef struct {
    virDomainChrDevice device;
    virDomainChrSourceDef source;
    virDomainSerialTarget target; /* of a serial port */
    unsigned int port;            /* of a serial port (0 is the guest's ttyS0) or a console */
    char *name;                   /* of a channel: what the guest finds it by */
    virDomainChannelState state;  /* of a channel, while the guest runs */
    virDomainDeviceInfo info;
} virDomainChrDef;

extern const virXMLSchema virDomainSerialSchema;
extern const virXMLSchema virDomainConsoleSchema;
extern const virXMLSchema virDomainChannelSchema;
extern const virDomainDeviceClass virDomainSerialClass;
extern const virDomainDeviceClass virDomainConsoleClass;
extern const virDomainDeviceClass virDomainChannelClass;

void virDomainChrDefFree(virDomainChrDef *chr);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainChrDef, virDomainChrDefFree)

/**
 * virDomainChrDefParseXML:
 * @devices: <devices>, checked against a schema with the first two above
 * @def: its serial ports and consoles are filled in; it has its channels
 *
 * A <serial> without a port takes the lowest one that is free. A <console> for a serial port is
 * another name for the first one, and makes one if there is none.
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: 0, or -1 with an error reported
 */
int virDomainChrDefParseXML(virXMLNode *devices, virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* The first serial port, if there is one, as the console that it is too. */
void
virDomainConsoleFormatSerial(virXMLWriter *writer, const virDomainDef *def, unsigned int flags);

/* True if one of the character devices has type='stdio'. */
bool virDomainDefHasStdio(const virDomainDef *def);
