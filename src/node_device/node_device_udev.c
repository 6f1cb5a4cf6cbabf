/*
 * node_device_udev.c: devices that come, go and change, as the kernel tells
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <libudev.h>
#include <unistd.h>

#include <glib-unix.h>

#include "node_device_conf.h"
#include "node_device_udev.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_NODEDEV

/* Thousands of VFs come within a moment. */
#define VIR_NODE_DEVICE_BUFFER (16 * 1024 * 1024)

/* What udevd makes when it runs. */
#define VIR_NODE_DEVICE_UDEV_CONTROL "/run/udev/control"

struct _virNodeDeviceWatch {
    struct udev *udev;
    struct udev_monitor *monitor;
    GSource *source;
    GHashTable *nets; /* interface -> address: of one that is gone it cannot be read */
    virNodeDeviceChangeFunc func;
    void *opaque;
};

/* "online", "offline" and whatever else is no change that a client sees. */
static bool
virNodeDeviceParseAction(const char *action, virNodeDeviceChange *change)
{
    static const char *const updates[] = {"change", "bind", "unbind", "move", NULL};

    if (g_strcmp0(action, "add") == 0)
        *change = VIR_NODE_DEVICE_CREATED;
    else if (g_strcmp0(action, "remove") == 0)
        *change = VIR_NODE_DEVICE_DELETED;
    else if (action && g_strv_contains(updates, action))
        *change = VIR_NODE_DEVICE_UPDATED;
    else
        return false;
    return true;
}

static void
virNodeDeviceWatchTellPCI(virNodeDeviceWatch *watch, const char *sysname,
                          virNodeDeviceChange change)
{
    g_autofree char *name = NULL;
    virPCIDeviceAddress addr;

    if (!virPCIDeviceAddressParse(sysname, &addr))
        return;
    name = virNodeDevicePCIName(&addr);
    watch->func(name, change, watch->opaque);
}

/* --- interfaces ------------------------------------------------------------------------------- */

static void
virNodeDeviceWatchSayNet(virNodeDeviceWatch *watch, const char *interface, const char *address,
                         virNodeDeviceChange change)
{
    g_autofree char *name = virNodeDeviceNetName(interface, *address ? address : NULL);

    watch->func(name, change, watch->opaque);
}

/* Its address (caller frees), or NULL if it was not known. */
static char *
virNodeDeviceWatchDropNet(virNodeDeviceWatch *watch, const char *interface)
{
    g_autofree char *key = NULL;
    char *address = NULL;

    if (g_hash_table_steal_extended(watch->nets, interface, (void **)&key, (void **)&address))
        virNodeDeviceWatchSayNet(watch, interface, address, VIR_NODE_DEVICE_DELETED);
    return address;
}

/* @address: what it had before, under another name; or NULL. Taken. */
static void
virNodeDeviceWatchAddNet(virNodeDeviceWatch *watch, struct udev_device *device, char *address)
{
    const char *interface = udev_device_get_sysname(device);
    g_autofree char *taken =
        address ? address : g_strdup(udev_device_get_sysattr_value(device, "address"));

    /* Without an address it is gone already. udev may have renamed it before it tells of it. */
    if (!taken || g_hash_table_contains(watch->nets, interface))
        return;
    virNodeDeviceWatchSayNet(watch, interface, taken, VIR_NODE_DEVICE_CREATED);
    g_hash_table_insert(watch->nets, g_strdup(interface), g_steal_pointer(&taken));
}

static void
virNodeDeviceWatchTellNet(virNodeDeviceWatch *watch, struct udev_device *device,
                          virNodeDeviceChange change)
{
    const char *interface = udev_device_get_sysname(device);
    const char *before = udev_device_get_property_value(device, "DEVPATH_OLD");
    const char *address = g_hash_table_lookup(watch->nets, interface);

    if (change == VIR_NODE_DEVICE_DELETED) {
        g_free(virNodeDeviceWatchDropNet(watch, interface));
    } else if (change == VIR_NODE_DEVICE_CREATED || before) {
        g_autofree char *renamed = before ? g_path_get_basename(before) : NULL;

        virNodeDeviceWatchAddNet(watch, device,
                                 renamed ? virNodeDeviceWatchDropNet(watch, renamed) : NULL);
    } else if (address) {
        virNodeDeviceWatchSayNet(watch, interface, address, change);
    }
}

static void
virNodeDeviceWatchTell(virNodeDeviceWatch *watch, struct udev_device *device)
{
    const char *sysname = udev_device_get_sysname(device);
    virNodeDeviceChange change;

    if (!virNodeDeviceParseAction(udev_device_get_action(device), &change) || !sysname)
        return;
    if (g_strcmp0(udev_device_get_subsystem(device), "net") == 0)
        virNodeDeviceWatchTellNet(watch, device, change);
    else
        virNodeDeviceWatchTellPCI(watch, sysname, change);
}

/* Those that are there before we listen. */
static void
virNodeDeviceWatchFindNets(virNodeDeviceWatch *watch)
{
    struct udev_enumerate *all = udev_enumerate_new(watch->udev);
    struct udev_list_entry *entry;

    if (!all || udev_enumerate_add_match_subsystem(all, "net") < 0 ||
        udev_enumerate_scan_devices(all) < 0) {
        udev_enumerate_unref(all);
        return;
    }
    udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(all))
    {
        struct udev_device *device =
            udev_device_new_from_syspath(watch->udev, udev_list_entry_get_name(entry));

        const char *address = device ? udev_device_get_sysattr_value(device, "address") : NULL;

        if (address)
            g_hash_table_insert(watch->nets, g_strdup(udev_device_get_sysname(device)),
                                g_strdup(address));
        udev_device_unref(device);
    }
    udev_enumerate_unref(all);
}

/* ---------------------------------------------------------------------------------------------- */

static gboolean
virNodeDeviceWatchReadable(int fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    virNodeDeviceWatch *watch = opaque;
    struct udev_device *device = udev_monitor_receive_device(watch->monitor);

    /* One at a time: the loop has others to serve. NULL is one that the filter took. */
    if (device)
        virNodeDeviceWatchTell(watch, device);
    udev_device_unref(device);
    return G_SOURCE_CONTINUE;
}

virNodeDeviceWatch *
virNodeDeviceWatchNew(GMainContext *context, virNodeDeviceChangeFunc func, void *opaque)
{
    g_autoptr(virNodeDeviceWatch) watch = g_new0(virNodeDeviceWatch, 1);
    const char *group = access(VIR_NODE_DEVICE_UDEV_CONTROL, F_OK) == 0 ? "udev" : "kernel";

    watch->func = func;
    watch->opaque = opaque;
    watch->nets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    watch->udev = udev_new();
    watch->monitor = watch->udev ? udev_monitor_new_from_netlink(watch->udev, group) : NULL;
    if (!watch->monitor ||
        udev_monitor_filter_add_match_subsystem_devtype(watch->monitor, "pci", NULL) < 0 ||
        udev_monitor_filter_add_match_subsystem_devtype(watch->monitor, "net", NULL) < 0 ||
        udev_monitor_enable_receiving(watch->monitor) < 0) {
        virReportSystemError(errno != 0 ? errno : EIO, "%s",
                             _("cannot listen to what the kernel says of devices"));
        return NULL;
    }
    /* A smaller buffer, where we may not have this one, loses events of very many devices. */
    udev_monitor_set_receive_buffer_size(watch->monitor, VIR_NODE_DEVICE_BUFFER);
    watch->source = g_unix_fd_source_new(udev_monitor_get_fd(watch->monitor), G_IO_IN);
    g_source_set_callback(watch->source, G_SOURCE_FUNC(virNodeDeviceWatchReadable), watch, NULL);
    g_source_set_can_recurse(watch->source, TRUE); /* otherwise it wakes the loop up twice more */
    g_source_attach(watch->source, context);
    virNodeDeviceWatchFindNets(watch);
    return g_steal_pointer(&watch);
}

void
virNodeDeviceWatchFree(virNodeDeviceWatch *watch)
{
    if (!watch)
        return;
    if (watch->source) {
        g_source_destroy(watch->source);
        g_source_unref(watch->source);
    }
    udev_monitor_unref(watch->monitor);
    g_hash_table_unref(watch->nets);
    udev_unref(watch->udev);
    g_free(watch);
}
