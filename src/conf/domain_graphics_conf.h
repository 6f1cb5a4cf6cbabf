/*
 * domain_graphics_conf.h: <graphics>: how to look at a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "device_conf.h"
#include "domain_value_conf.h"
#include "virenum.h"
#include "virxml.h"
#include "virxmlwriter.h"

typedef enum {
    VIR_DOMAIN_GRAPHICS_VNC,
    VIR_DOMAIN_GRAPHICS_SPICE,
    VIR_DOMAIN_GRAPHICS_LAST,
} virDomainGraphicsType;

VIR_ENUM_DECL(virDomainGraphics);

typedef enum {
    VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS,
    VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET,
    VIR_DOMAIN_GRAPHICS_LISTEN_NONE,
    VIR_DOMAIN_GRAPHICS_LISTEN_LAST,
} virDomainGraphicsListen;

VIR_ENUM_DECL(virDomainGraphicsListen);

/* Who else may look when somebody does. */
typedef enum {
    VIR_DOMAIN_GRAPHICS_SHARE_DEFAULT,
    VIR_DOMAIN_GRAPHICS_SHARE_ALLOW_EXCLUSIVE,
    VIR_DOMAIN_GRAPHICS_SHARE_FORCE_SHARED,
    VIR_DOMAIN_GRAPHICS_SHARE_IGNORE,
    VIR_DOMAIN_GRAPHICS_SHARE_LAST,
} virDomainGraphicsShare;

/* The words of sharePolicy, as libvirt and QEMU know them; NULL for the default. */
VIR_ENUM_DECL(virDomainGraphicsShare);

/* The children of spice that are one word each. */
typedef enum {
    VIR_DOMAIN_SPICE_IMAGE,
    VIR_DOMAIN_SPICE_JPEG,
    VIR_DOMAIN_SPICE_ZLIB,
    VIR_DOMAIN_SPICE_PLAYBACK,
    VIR_DOMAIN_SPICE_STREAMING,
    VIR_DOMAIN_SPICE_CLIPBOARD,
    VIR_DOMAIN_SPICE_MOUSE,
    VIR_DOMAIN_SPICE_FILETRANSFER,
    VIR_DOMAIN_SPICE_LAST,
} virDomainSpiceOption;

/* Nobody has chosen a port yet: QEMU or the start does. */
#define VIR_DOMAIN_GRAPHICS_PORT_AUTO -1
/* VNC's display 0; ports below it cannot be told to QEMU. */
#define VIR_DOMAIN_GRAPHICS_PORT_MIN 5900
/* The address if none is given. */
#define VIR_DOMAIN_GRAPHICS_LOOPBACK "127.0.0.1"

/* Texts are owned. */
typedef struct {
    virDomainGraphicsType type;
    virDomainGraphicsListen listen;
    char *address;   /* of LISTEN_ADDRESS; NULL is VIR_DOMAIN_GRAPHICS_LOOPBACK */
    char *socket;    /* of LISTEN_SOCKET: absolute; NULL before a start if @autoSocket */
    bool autoSocket; /* the path is one that a start has chosen, not the user's */
    int port;        /* of LISTEN_ADDRESS; if @autoport, that of the running guest, or AUTO */
    bool autoport;   /* every start chooses another one */
    int websocket;   /* VNC: a port, 0 for none, or VIR_DOMAIN_GRAPHICS_PORT_AUTO */
    char *passwd;    /* secret: printed with VIR_DOMAIN_DEF_FORMAT_SECURE only, and never logged */
    gint64 passwdValidTo;                     /* seconds since 1970; 0 is for ever */
    char *keymap;                             /* QEMU's name of a keyboard layout, or NULL */
    virDomainGraphicsShare share;             /* VNC */
    virTristate powerControl;                 /* VNC: whoever looks may turn the guest off */
    const char *spice[VIR_DOMAIN_SPICE_LAST]; /* SPICE: a word of the option's, or NULL */
    virDomainDeviceInfo info;                 /* empty: it is no device that the guest sees */
} virDomainGraphicsDef;

extern const virXMLSchema virDomainGraphicsSchema;
extern const virDomainDeviceClass virDomainGraphicsClass;

void virDomainGraphicsDefFree(virDomainGraphicsDef *graphics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainGraphicsDef, virDomainGraphicsDefFree)

/**
 * virDomainGraphicsDefParseXML:
 * @node: <graphics>, checked against the schema
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED. No message holds a password.
 * Returns: the display, owned by the caller, or NULL
 */
virDomainGraphicsDef *virDomainGraphicsDefParseXML(virXMLNode *node);

/* @flags: virDomainDefFormatFlags. */
void virDomainGraphicsDefFormatXML(virXMLWriter *writer, const virDomainGraphicsDef *graphics,
                                   unsigned int flags);
