/*
 * node_device_net.c: network interfaces among the host's devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <limits.h>
#include <string.h>

#include "node_device_net.h"
#include "virmacaddr.h"

#define VIR_NODE_DEVICE_NET_DIR "sys/class/net"

/* Of an interface's folder; NULL if it cannot be read, or is no text. Caller frees. */
static char *
virNodeDeviceNetRead(virPCIHost *host, const char *interface, const char *name)
{
    g_autofree char *path = g_build_filename(VIR_NODE_DEVICE_NET_DIR, interface, name, NULL);
    char *text = NULL;

    return virSysfsRead(virPCIHostGetRoot(host), path, &text) < 0 ? NULL : text;
}

char *
virNodeDeviceNetNameOf(virPCIHost *host, const char *interface)
{
    g_autofree char *address = virNodeDeviceNetRead(host, interface, "address");

    return address ? virNodeDeviceNetName(interface, *address ? address : NULL) : NULL;
}

char **
virNodeDeviceNetList(virPCIHost *host)
{
    g_auto(GStrv) interfaces = virSysfsListNames(virPCIHostGetRoot(host), VIR_NODE_DEVICE_NET_DIR);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    /* "bonding_masters" is a file, and has no address. */
    for (char **interface = interfaces; *interface; interface++) {
        char *name = virNodeDeviceNetNameOf(host, *interface);

        if (name && g_hash_table_add(seen, name))
            g_ptr_array_add(names, name);
        else
            g_free(name);
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

static bool
virNodeDeviceNetIs(virPCIHost *host, const char *interface, const char *name)
{
    g_autofree char *found = virNodeDeviceNetNameOf(host, interface);

    return g_strcmp0(found, name) == 0;
}

/* Most names hold their interface's as it is: that is one look, instead of one at every interface.
 */
static char *
virNodeDeviceNetGuess(virPCIHost *host, const char *name)
{
    g_autofree char *guess = g_strdup(name + strlen(VIR_NODE_DEVICE_NET_PREFIX));

    while (*guess) {
        char *cut = strrchr(guess, '_');

        if (virNodeDeviceNetIs(host, guess, name))
            return g_steal_pointer(&guess);
        if (!cut)
            break;
        *cut = '\0';
    }
    return NULL;
}

char *
virNodeDeviceNetFind(virPCIHost *host, const char *name)
{
    static const char letters[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_";
    g_auto(GStrv) interfaces = NULL;
    char *guess;

    if (!g_str_has_prefix(name, VIR_NODE_DEVICE_NET_PREFIX) || strlen(name) > NAME_MAX ||
        name[strspn(name, letters)])
        return NULL;
    if ((guess = virNodeDeviceNetGuess(host, name)))
        return guess;
    interfaces = virSysfsListNames(virPCIHostGetRoot(host), VIR_NODE_DEVICE_NET_DIR);
    for (char **interface = interfaces; *interface; interface++) {
        g_autofree char *start = virNodeDeviceNetName(*interface, NULL);

        if (g_str_has_prefix(name, start) && virNodeDeviceNetIs(host, *interface, name))
            return g_strdup(*interface);
    }
    return NULL;
}

char *
virNodeDeviceFollow(virPCIHost *host, const char *entry)
{
    g_autofree char *target = NULL;
    g_autofree char *text = NULL;
    const char *devices;

    if (virSysfsReadLinkTarget(virPCIHostGetRoot(host), entry, &target) < 0)
        return NULL;
    text = g_utf8_make_valid(target, -1);
    devices = strstr(text, "devices/");
    return devices ? g_strconcat("/sys/", devices, NULL) : NULL;
}

char *
virNodeDeviceNetPath(virPCIHost *host, const char *interface)
{
    g_autofree char *entry = g_build_filename(VIR_NODE_DEVICE_NET_DIR, interface, NULL);

    return virNodeDeviceFollow(host, entry);
}

static void
virNodeDeviceNetReadLink(virPCIHost *host, virNodeDeviceNet *net, const char *interface)
{
    static const char *const states[] = {"unknown", "notpresent", "down", "lowerlayerdown",
                                         "testing", "dormant",    "up",   NULL};
    g_autofree char *state = virNodeDeviceNetRead(host, interface, "operstate");
    g_autofree char *speed = NULL;
    guint64 number;

    if (state && g_strv_contains(states, state))
        net->state = g_steal_pointer(&state);
    /* Of a link that is down drivers tell -1, the last speed, or an error. */
    if (g_strcmp0(net->state, "up") != 0)
        return;
    speed = virNodeDeviceNetRead(host, interface, "speed");
    if (speed && g_ascii_string_to_unsigned(speed, 10, 0, INT_MAX, &number, NULL))
        net->speed_mbps = (unsigned int)number;
}

virNodeDeviceDef *
virNodeDeviceNetDescribe(virPCIHost *host, const char *name, const char *interface)
{
    g_autofree char *shown = g_utf8_make_valid(interface, -1);
    virNodeDeviceDef *def = virNodeDeviceDefNewNet(name, shown);
    g_autofree char *address = virNodeDeviceNetRead(host, interface, "address");
    g_autofree char *uevent = virNodeDeviceNetRead(host, interface, "uevent");
    guint8 mac[VIR_MAC_BUFLEN];

    def->path = virNodeDeviceNetPath(host, interface);
    def->parent = virNodeDeviceParentOfPath(def->path);
    if (address && virMacAddrParse(address, mac))
        def->net->mac = virMacAddrFormat(mac);
    def->net->wireless = uevent && strstr(uevent, "DEVTYPE=wlan");
    virNodeDeviceNetReadLink(host, def->net, interface);
    return def;
}
