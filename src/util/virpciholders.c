/*
 * virpciholders.c: what uses a device now, and what the host would lose with it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"
#include "virnetlink.h"
#include "virpciblock.h"
#include "virpciholders.h"
#include "virpcivf.h"

VIR_LOG_INIT("util.pciholders")

VIR_ENUM_IMPL(virPCIGuard, VIR_PCI_GUARD_LAST, "network", "storage", "vfs", "display");

static void
virPCIHolderClear(void *opaque)
{
    virPCIHolder *holder = opaque;

    g_free(holder->what);
}

/* Takes @what over. */
static void
virPCIHoldersAdd(GArray *holders, virPCIGuard guard, char *what)
{
    virPCIHolder holder = {.guard = guard, .what = what};

    g_array_append_val(holders, holder);
}

/* Only this host's kernel answers, and only for interfaces of this host. */
static void
virPCIHoldersAddAddresses(GArray *holders, const char *name)
{
    g_auto(virNetlinkInterface) interface = {0};
    virErrorInfo before = {0};
    int rc;

    virErrorPreserve(&before);
    rc = virNetlinkReadInterface(name, &interface);
    if (rc < 0)
        VIR_WARN(_("the host may lose its network with interface %1$s: %2$s"), name,
                 virErrorGetMessage());
    virErrorRestore(&before);
    if (rc < 0)
        return;

    for (guint i = 0; i < interface.addresses->len; i++)
        virPCIHoldersAdd(holders, VIR_PCI_GUARD_NETWORK,
                         virFormat(_("interface %1$s has the address %2$s"), name,
                                   (char *)interface.addresses->pdata[i]));
    for (guint i = 0; i < interface.gateways->len; i++) {
        const char *gateway = interface.gateways->pdata[i];

        virPCIHoldersAdd(
            holders, VIR_PCI_GUARD_NETWORK,
            *gateway ? virFormat(_("interface %1$s has the default route via %2$s"), name, gateway)
                     : virFormat(_("interface %1$s has the default route"), name));
    }
}

/* A bond, bridge or team that it is a member of; VLANs and the like that are built on it. */
static void
virPCIHoldersAddRelations(GArray *holders, virSysfsRoot *root, const char *dir, const char *name)
{
    g_autofree char *link = g_strdup_printf("%s/master", dir);
    g_autofree char *master = NULL;
    g_auto(GStrv) entries = virSysfsListNames(root, dir);

    if (virSysfsReadLink(root, link, &master) == 0)
        virPCIHoldersAdd(holders, VIR_PCI_GUARD_NETWORK,
                         virFormat(_("interface %1$s is a member of %2$s"), name, master));
    for (char **entry = entries; *entry; entry++) {
        const char *upper = *entry + strlen("upper_");

        if (g_str_has_prefix(*entry, "upper_") && g_strcmp0(upper, master) != 0)
            virPCIHoldersAdd(holders, VIR_PCI_GUARD_NETWORK,
                             virFormat(_("interface %1$s carries interface %2$s"), name, upper));
    }
}

struct _virPCIInterfaces {
    GHashTable *byAddress; /* the text of every PCI device above one: GPtrArray of names, sorted */
};

/*
 * Not only those in the device's own net directory: a virtio card's are one device deeper, and
 * those on a USB controller deeper still.
 */
static void
virPCIInterfacesAdd(virPCIInterfaces *interfaces, const char *name, const char *target)
{
    g_auto(GStrv) parts = g_strsplit(target, "/", -1);
    virPCIDeviceAddress address;

    for (char **part = parts; *part; part++) {
        GPtrArray *names;

        if (!virPCIDeviceAddressParse(*part, &address))
            continue;
        if (!(names = g_hash_table_lookup(interfaces->byAddress, *part))) {
            names = g_ptr_array_new_with_free_func(g_free);
            g_hash_table_insert(interfaces->byAddress, g_strdup(*part), names);
        }
        g_ptr_array_add(names, g_strdup(name));
    }
}

virPCIInterfaces *
virPCIInterfacesNew(virPCIHost *host)
{
    virPCIInterfaces *interfaces = g_new0(virPCIInterfaces, 1);
    virSysfsRoot *root = virPCIHostGetRoot(host);
    g_auto(GStrv) names = virSysfsListNames(root, "sys/class/net");

    interfaces->byAddress =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_strdup_printf("sys/class/net/%s", *name);
        g_autofree char *target = NULL;

        if (virSysfsReadLinkTarget(root, path, &target) == 0)
            virPCIInterfacesAdd(interfaces, *name, target);
    }
    return interfaces;
}

void
virPCIInterfacesFree(virPCIInterfaces *interfaces)
{
    if (!interfaces)
        return;
    g_hash_table_unref(interfaces->byAddress);
    g_free(interfaces);
}

static void
virPCIHoldersAddNetwork(GArray *holders, virPCIDevice *dev, const virPCIInterfaces *interfaces)
{
    virSysfsRoot *root = virPCIHostGetRoot(virPCIDeviceGetHost(dev));
    const GPtrArray *names = g_hash_table_lookup(interfaces->byAddress, virPCIDeviceGetName(dev));

    for (guint i = 0; names && i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autofree char *dir = g_strdup_printf("sys/class/net/%s", name);

        if (virSysfsRootIsHost(root))
            virPCIHoldersAddAddresses(holders, name);
        virPCIHoldersAddRelations(holders, root, dir, name);
    }
}

static void
virPCIHoldersAddStorage(GArray *holders, virPCIDevice *dev)
{
    g_autoptr(GPtrArray) users = virPCIDeviceDescribeBlockUsers(dev);

    for (guint i = 0; i < users->len; i++)
        virPCIHoldersAdd(holders, VIR_PCI_GUARD_STORAGE, g_strdup(users->pdata[i]));
}

static int
virPCIHoldersCompareNames(const void *a, const void *b, void *opaque G_GNUC_UNUSED)
{
    return strcmp(a, b);
}

/* How many VFs are on which driver; "" stands for none. An ordered map, so that texts are stable.
 */
static GTree *
virPCIHoldersCountDrivers(virPCIDevice *dev)
{
    virPCIHost *host = virPCIDeviceGetHost(dev);
    GTree *drivers = g_tree_new_full(virPCIHoldersCompareNames, NULL, g_free, NULL);
    g_autoptr(GArray) vfs = virPCIDeviceGetVFs(dev);

    for (guint i = 0; i < vfs->len; i++) {
        char path[VIR_PCI_DEVICE_PATHLEN];
        char *driver = NULL;
        guint count;

        virPCIDeviceFormatPath(&g_array_index(vfs, virPCIVF, i).addr, "driver", path);
        if (virSysfsReadLink(virPCIHostGetRoot(host), path, &driver) < 0)
            driver = g_strdup("");
        count = GPOINTER_TO_UINT(g_tree_lookup(drivers, driver));
        g_tree_replace(drivers, driver, GUINT_TO_POINTER(count + 1));
    }
    return drivers;
}

static gboolean
virPCIHoldersDescribeDriver(void *driver, void *count, void *opaque)
{
    GString *text = opaque;

    if (text->len > 0)
        g_string_append(text, ", ");
    if (*(const char *)driver)
        virAppend(text, _("%1$u on %2$s"), GPOINTER_TO_UINT(count), (const char *)driver);
    else
        virAppend(text, _("%1$u without a driver"), GPOINTER_TO_UINT(count));
    return FALSE;
}

static void
virPCIHoldersAddVFs(GArray *holders, virPCIDevice *dev, const virPCIDeviceFacts *facts)
{
    g_autoptr(GTree) drivers = NULL;
    g_autoptr(GString) text = NULL;

    if (facts->numVFs <= 0)
        return;
    drivers = virPCIHoldersCountDrivers(dev);
    text = g_string_new(NULL);
    g_tree_foreach(drivers, virPCIHoldersDescribeDriver, text);
    virPCIHoldersAdd(
        holders, VIR_PCI_GUARD_VFS,
        text->len > 0
            ? virFormat(P_("%1$d VF of it exists: %2$s", "%1$d VFs of it exist: %2$s",
                           (gulong)facts->numVFs),
                        facts->numVFs, text->str)
            : virFormat(P_("%1$d VF of it exists", "%1$d VFs of it exist", (gulong)facts->numVFs),
                        facts->numVFs));
}

static void
virPCIHoldersAddDisplay(GArray *holders, virPCIDevice *dev)
{
    char path[VIR_PCI_DEVICE_PATHLEN];
    g_autofree char *value = NULL;

    virPCIDeviceFormatPath(virPCIDeviceGetAddress(dev), "boot_vga", path);
    if (virSysfsRead(virPCIHostGetRoot(virPCIDeviceGetHost(dev)), path, &value) == 0 &&
        g_str_equal(value, "1"))
        virPCIHoldersAdd(holders, VIR_PCI_GUARD_DISPLAY,
                         g_strdup(_("it is the display that the firmware started on")));
}

GArray *
virPCIHoldersList(virPCIDevice *dev, const virPCIDeviceFacts *facts,
                  const virPCIInterfaces *interfaces)
{
    GArray *holders = g_array_new(FALSE, FALSE, sizeof(virPCIHolder));

    g_array_set_clear_func(holders, virPCIHolderClear);
    virPCIHoldersAddNetwork(holders, dev, interfaces);
    virPCIHoldersAddStorage(holders, dev);
    virPCIHoldersAddVFs(holders, dev, facts);
    virPCIHoldersAddDisplay(holders, dev);
    return holders;
}
