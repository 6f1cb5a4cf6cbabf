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
    if (config->hasMAC) {
        g_autofree char *text = virMacAddrFormat(config->mac);

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

        if (!mac || !virMacAddrParse(mac, found.mac))
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

virPCIVFNetConfig
virPCIVFNetConfigDiff(const virPCIVFNetConfig *now, const virPCIVFNetConfig *wanted)
{
    virPCIVFNetConfig missing = *wanted;

    if (now->hasMAC && memcmp(wanted->mac, now->mac, sizeof(now->mac)) == 0)
        missing.hasMAC = false;
    /* Without a VLAN its priority and protocol mean nothing, and drivers report any. */
    if (now->hasVLAN && wanted->vlan == now->vlan &&
        (wanted->vlan == 0 || (wanted->qos == now->qos && wanted->protocol == now->protocol)))
        missing.hasVLAN = false;
    return missing;
}
