/*
 * virmacaddr.c: MAC addresses: text, kinds, new ones (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virmacaddr.h"

bool
virMacAddrParse(const char *text, guint8 mac[VIR_MAC_BUFLEN])
{
    guint8 parsed[VIR_MAC_BUFLEN];

    if (strlen(text) != VIR_MAC_BUFLEN * 3 - 1)
        return false;
    for (size_t i = 0; i < VIR_MAC_BUFLEN; i++) {
        const char *byte = text + i * 3;

        if (!g_ascii_isxdigit(byte[0]) || !g_ascii_isxdigit(byte[1]) ||
            (i < VIR_MAC_BUFLEN - 1 && byte[2] != ':'))
            return false;
        parsed[i] = (guint8)(g_ascii_xdigit_value(byte[0]) << 4 | g_ascii_xdigit_value(byte[1]));
    }
    memcpy(mac, parsed, sizeof(parsed));
    return true;
}

char *
virMacAddrFormat(const guint8 mac[VIR_MAC_BUFLEN])
{
    return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                           mac[5]);
}

bool
virMacAddrIsMulticast(const guint8 mac[VIR_MAC_BUFLEN])
{
    return mac[0] & 1;
}

bool
virMacAddrIsAllClear(const guint8 mac[VIR_MAC_BUFLEN])
{
    static const guint8 clear[VIR_MAC_BUFLEN];

    return memcmp(mac, clear, sizeof(clear)) == 0;
}

void
virMacAddrGenerate(guint8 mac[VIR_MAC_BUFLEN])
{
    guint32 random = g_random_int();

    mac[0] = 0x52;
    mac[1] = 0x54;
    mac[2] = 0x00;
    mac[3] = (guint8)(random >> 16);
    mac[4] = (guint8)(random >> 8);
    mac[5] = (guint8)random;
}
