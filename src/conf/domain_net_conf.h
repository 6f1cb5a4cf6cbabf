/*
 * domain_net_conf.h: <interface>: a network interface of the guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "domain_hostdev_conf.h"
#include "virenum.h"
#include "virmacaddr.h"
#include "virxml.h"
#include "virxmlwriter.h"

typedef enum {
    VIR_DOMAIN_NET_TYPE_HOSTDEV, /* a VF of the host, whose MAC address and VLAN its PF enforces */
    VIR_DOMAIN_NET_TYPE_LAST,
} virDomainNetType;

VIR_ENUM_DECL(virDomainNetType);

#define VIR_DOMAIN_NET_VLAN_MAX 4095

/* The network part of an interface. One of type HOSTDEV belongs to the host device that it is. */
struct _virDomainNetDef {
    virDomainNetType type;
    guint8 mac[VIR_MAC_BUFLEN]; /* unicast; made up if it was not given */
    bool hasVLAN;
    unsigned int vlan; /* up to VIR_DOMAIN_NET_VLAN_MAX */
};

/* What a document as a whole is checked against; the rest depends on the type. */
extern const virXMLSchema virDomainNetSchema;

void virDomainNetDefFree(virDomainNetDef *net);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainNetDef, virDomainNetDefFree)

/**
 * virDomainNetDefParseXML:
 * @node: <interface>; what may be in it depends on its type, and is checked here
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the network part of the interface, owned by the caller, or NULL
 */
virDomainNetDef *virDomainNetDefParseXML(virXMLNode *node);

/* @hostdev as the <interface> that it is. */
void virDomainNetHostdevFormatXML(virXMLWriter *writer, const virDomainHostdevDef *hostdev,
                                  unsigned int flags);
