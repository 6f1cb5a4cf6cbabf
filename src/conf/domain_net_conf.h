/*
 * domain_net_conf.h: <interface>: a network interface of the guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "domain_hostdev_conf.h"
#include "domain_virtio_conf.h"
#include "virenum.h"
#include "virmacaddr.h"

typedef enum {
    VIR_DOMAIN_NET_TYPE_HOSTDEV,  /* a VF of the host, whose MAC address and VLAN its PF enforces */
    VIR_DOMAIN_NET_TYPE_USER,     /* QEMU's own network: out only */
    VIR_DOMAIN_NET_TYPE_BRIDGE,   /* a tap device on a bridge, made by us or by QEMU's helper */
    VIR_DOMAIN_NET_TYPE_ETHERNET, /* a tap device that leads nowhere yet */
    VIR_DOMAIN_NET_TYPE_LAST,
} virDomainNetType;

typedef enum {
    VIR_DOMAIN_NET_MODEL_VIRTIO,
    VIR_DOMAIN_NET_MODEL_E1000,
    VIR_DOMAIN_NET_MODEL_E1000E,
    VIR_DOMAIN_NET_MODEL_RTL8139,
    VIR_DOMAIN_NET_MODEL_LAST, /* and the words of virDomainVirtioModel */
} virDomainNetModel;

typedef enum {
    VIR_DOMAIN_NET_LINK_DEFAULT, /* up */
    VIR_DOMAIN_NET_LINK_UP,
    VIR_DOMAIN_NET_LINK_DOWN,
    VIR_DOMAIN_NET_LINK_LAST,
} virDomainNetLink;

VIR_ENUM_DECL(virDomainNetType);
VIR_ENUM_DECL(virDomainNetModel);
VIR_ENUM_DECL(virDomainNetLink);

#define VIR_DOMAIN_NET_VLAN_MAX 4095

/* A network interface. One of type HOSTDEV is the network part of the host device that it belongs
 * to, and has an address and VLAN only. */
struct _virDomainNetDef {
    virDomainNetType type;
    guint8 mac[VIR_MAC_BUFLEN]; /* unicast; made up if it was not given */
    bool hasVLAN;               /* of type HOSTDEV */
    unsigned int vlan;          /* up to VIR_DOMAIN_NET_VLAN_MAX */
    virDomainNetModel model;
    virDomainVirtioDef virtio; /* of model VIRTIO */
    unsigned int rxQueueSize;  /* likewise: packets; a power of 2; 0 is QEMU's default */
    virDomainNetLink link;
    unsigned int mtu; /* that the guest is told; 0 is nothing */
    char *bridge;     /* of type BRIDGE: its name on the host; owned */
    char *tap;        /* of the tap device, owned; of type BRIDGE NULL if QEMU's helper names it */
    bool tapIsOurs;   /* the tap device is made for the guest, and goes with it */
    virDomainDeviceInfo info;
};

extern const virXMLSchema virDomainNetSchema;
extern const virDomainDeviceClass virDomainNetClass;

void virDomainNetDefFree(virDomainNetDef *net);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomainNetDef, virDomainNetDefFree)

/* Whether QEMU gets a descriptor of a tap device that we have opened. */
bool virDomainNetHasTap(const virDomainNetDef *net);

/* Whether an element is an <interface type='hostdev'>, which is one of the guest's hostdevs. */
bool virDomainNetIsHostdev(virXMLNode *node);

/**
 * virDomainNetDefParseXML:
 * @node: <interface>; what may be in it depends on its type, and is checked here
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED.
 * Returns: the interface, owned by the caller, or NULL
 */
virDomainNetDef *virDomainNetDefParseXML(virXMLNode *node);
void virDomainNetDefFormatXML(virXMLWriter *writer, const virDomainNetDef *net, unsigned int flags);

/* @hostdev as the <interface> that it is. */
void virDomainNetHostdevFormatXML(virXMLWriter *writer, const virDomainHostdevDef *hostdev,
                                  unsigned int flags);
