/*
 * virmacaddr.h: MAC addresses: text, kinds, new ones (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#define VIR_MAC_BUFLEN 6

/* Six bytes of two hexadecimal digits, in any case, with colons between them. False, and @mac
 * untouched, for anything else. */
bool virMacAddrParse(const char *text, guint8 mac[VIR_MAC_BUFLEN]) G_GNUC_WARN_UNUSED_RESULT;

/* "52:54:00:ab:cd:ef"; caller frees. */
char *virMacAddrFormat(const guint8 mac[VIR_MAC_BUFLEN]);

bool virMacAddrIsMulticast(const guint8 mac[VIR_MAC_BUFLEN]);
bool virMacAddrIsAllClear(const guint8 mac[VIR_MAC_BUFLEN]);

/* A random address that begins with 52:54:00, as libvirt's and QEMU's guests have it. */
void virMacAddrGenerate(guint8 mac[VIR_MAC_BUFLEN]);
