/*
 * virpcivfnetconfig.c: the MAC address and the VLAN of a VF, as keys of a file (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <linux/if_ether.h>
#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virpcivfnetconfig.h"

#define VIR_FROM_THIS       VIR_FROM_DEVICE

#define VIR_PCI_VF_VLAN_MAX 4095
#define VIR_PCI_VF_QOS_MAX  7

void
virPCIVFNetConfigFormat(const virPCIVFNetConfig *config, GKeyFile *file, const char *group)
{
    const guint8 *mac = config->mac;

    if (config->hasMAC) {
        g_autofree char *text = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
                                                mac[2], mac[3], mac[4], mac[5]);

        g_key_file_set_string(file, group, "vf-mac", text);
    }
    if (config->hasVLAN) {
        g_key_file_set_integer(file, group, "vf-vlan", (int)config->vlan);
        g_key_file_set_integer(file, group, "vf-vlan-qos", (int)config->qos);
        g_key_file_set_string(file, group, "vf-vlan-protocol",
                              config->protocol == ETH_P_8021AD ? "802.1ad" : "802.1Q");
    }
}

static int
virPCIVFNetReportKey(const char *key)
{
    virReportError(VIR_ERR_PARSE_FAILED, _("'%1$s' is missing or not valid"), key);
    return -1;
}

static bool
virPCIVFNetParseMAC(const char *text, guint8 mac[VIR_PCI_VF_MAC_LEN])
{
    if (strlen(text) != VIR_PCI_VF_MAC_LEN * 3 - 1)
        return false;
    for (size_t i = 0; i < VIR_PCI_VF_MAC_LEN; i++) {
        const char *byte = text + i * 3;

        if (!g_ascii_isxdigit(byte[0]) || !g_ascii_isxdigit(byte[1]) ||
            (i < VIR_PCI_VF_MAC_LEN - 1 && byte[2] != ':'))
            return false;
        mac[i] = (guint8)(g_ascii_xdigit_value(byte[0]) << 4 | g_ascii_xdigit_value(byte[1]));
    }
    return true;
}

static int
virPCIVFNetGetNumber(GKeyFile *file, const char *group, const char *key, guint64 max,
                     unsigned int *number)
{
    g_autofree char *text = g_key_file_get_string(file, group, key, NULL);
    guint64 value;

    if (!text || !g_ascii_string_to_unsigned(text, 10, 0, max, &value, NULL))
        return virPCIVFNetReportKey(key);
    *number = (unsigned int)value;
    return 0;
}

static int
virPCIVFNetGetVLAN(GKeyFile *file, const char *group, virPCIVFNetConfig *config)
{
    g_autofree char *protocol = g_key_file_get_string(file, group, "vf-vlan-protocol", NULL);

    if (virPCIVFNetGetNumber(file, group, "vf-vlan", VIR_PCI_VF_VLAN_MAX, &config->vlan) < 0 ||
        virPCIVFNetGetNumber(file, group, "vf-vlan-qos", VIR_PCI_VF_QOS_MAX, &config->qos) < 0)
        return -1;
    if (g_strcmp0(protocol, "802.1Q") == 0)
        config->protocol = ETH_P_8021Q;
    else if (g_strcmp0(protocol, "802.1ad") == 0)
        config->protocol = ETH_P_8021AD;
    else
        return virPCIVFNetReportKey("vf-vlan-protocol");
    config->hasVLAN = true;
    return 0;
}

int
virPCIVFNetConfigParse(GKeyFile *file, const char *group, virPCIVFNetConfig *config)
{
    virPCIVFNetConfig found = {0};

    if (g_key_file_has_key(file, group, "vf-mac", NULL)) {
        g_autofree char *mac = g_key_file_get_string(file, group, "vf-mac", NULL);

        if (!mac || !virPCIVFNetParseMAC(mac, found.mac))
            return virPCIVFNetReportKey("vf-mac");
        found.hasMAC = true;
    }
    if ((g_key_file_has_key(file, group, "vf-vlan", NULL) ||
         g_key_file_has_key(file, group, "vf-vlan-qos", NULL) ||
         g_key_file_has_key(file, group, "vf-vlan-protocol", NULL)) &&
        virPCIVFNetGetVLAN(file, group, &found) < 0)
        return -1;
    *config = found;
    return 0;
}
