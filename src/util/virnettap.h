/*
 * virnettap.h: tap devices that are made for a guest and go with it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virmacaddr.h"

typedef struct {
    const char *name;           /* as <net/if.h> takes it */
    const char *bridge;         /* of the host, that it is put on; NULL for none */
    guint8 mac[VIR_MAC_BUFLEN]; /* the guest's */
    unsigned int mtu;           /* 0 is the bridge's, or the kernel's default */
} virNetTap;

/**
 * virNetTapCreate:
 *
 * Makes a tap device in this process's network namespace and sets it up. It is gone when the last
 * descriptor of it is closed, so that none is left behind whatever happens. Its own address is the
 * guest's with 0xfe in front: a bridge takes the lowest of its ports, and is not to take this one.
 *
 * Needs CAP_NET_ADMIN. Does not block.
 *
 * Errors: OPERATION_FAILED if there is an interface of that name or no such bridge, SYSTEM_ERROR.
 * Returns: its descriptor, with one queue and headers of virtio, or -1 with an error reported
 * Source: Linux Documentation/networking/tuntap.rst
 */
int virNetTapCreate(const virNetTap *tap) G_GNUC_WARN_UNUSED_RESULT;
