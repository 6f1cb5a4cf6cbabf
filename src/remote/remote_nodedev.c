/*
 * remote_nodedev.c: the host's devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <libvirt/libvirt.h>

#include "node_device_driver.h"
#include "remote_table.h"

static remoteDaemon *
remoteNodeDeviceDaemon(virRPCCall *call)
{
    return remoteClientGetDaemon(remoteClientOf(call));
}

int
remoteConnectListAllNodeDevices(virRPCCall *call, remote_list_args *in,
                                remote_node_devices_ret *out)
{
    g_auto(GStrv) names = virNodeDeviceListNames(remoteNodeDeviceDaemon(call)->host, in->flags);

    if (!names)
        return -1;
    out->total = g_strv_length(names);
    if (!in->needResults)
        return 0;
    out->items.items_len = out->total;
    out->items.items_val = g_new0(remote_node_device, out->total);
    for (guint i = 0; i < out->total; i++)
        out->items.items_val[i].name = g_steal_pointer(&names[i]);
    return 0;
}

/* The old way: of one capability, or all. */
static char **
remoteNodeDeviceListByCap(virRPCCall *call, virRPCString *cap)
{
    unsigned int flags = 0;

    if (cap && virNodeDeviceCapFlag(*cap, &flags) < 0)
        return NULL;
    return virNodeDeviceListNames(remoteNodeDeviceDaemon(call)->host, flags);
}

int
remoteNodeNumOfDevices(virRPCCall *call, remote_node_num_args *in, remote_int *out)
{
    g_auto(GStrv) names = NULL;

    if (remoteCheckFlags(call, in->flags, 0) < 0 ||
        !(names = remoteNodeDeviceListByCap(call, in->cap)))
        return -1;
    out->value = (int)g_strv_length(names);
    return 0;
}

/* Gives away a strv; what does not fit is dropped. */
static void
remoteNodeDeviceFillNames(char **names, int max, remote_node_names *out)
{
    guint count = g_strv_length(names);
    guint wanted = MIN(count, (guint)CLAMP(max, 0, REMOTE_NODE_DEVICE_MAX));

    for (guint i = wanted; i < count; i++)
        g_clear_pointer(&names[i], g_free);
    out->names.names_val = names;
    out->names.names_len = wanted;
}

int
remoteNodeListDevices(virRPCCall *call, remote_node_list_args *in, remote_node_names *out)
{
    char **names;

    if (remoteCheckFlags(call, in->flags, 0) < 0 ||
        !(names = remoteNodeDeviceListByCap(call, in->cap)))
        return -1;
    remoteNodeDeviceFillNames(names, in->max, out);
    return 0;
}

int
remoteNodeDeviceLookupByName(virRPCCall *call, remote_string *in, remote_node_device *out)
{
    if (virNodeDeviceLookup(remoteNodeDeviceDaemon(call)->host, in->value, NULL) < 0)
        return -1;
    out->name = g_strdup(in->value);
    return 0;
}

int
remoteNodeDeviceGetXMLDesc(virRPCCall *call, remote_string_flags *in, remote_string *out)
{
    g_autoptr(virNodeDeviceDef) def = NULL;

    /* Flag 1 asks for what is stored of a device that is not there; none is. */
    if (remoteCheckFlags(call, in->flags, 1) < 0)
        return -1;
    def = virNodeDeviceDescribe(remoteNodeDeviceDaemon(call)->host, in->value);
    if (!def)
        return -1;
    out->value = virNodeDeviceDefFormat(def);
    return 0;
}

int
remoteNodeDeviceGetParent(virRPCCall *call, remote_string *in, remote_optional_string *out)
{
    virPCIHost *host = remoteNodeDeviceDaemon(call)->host;
    char *parent;

    if (virNodeDeviceLookup(host, in->value, NULL) < 0)
        return -1;
    parent = virNodeDeviceFindParent(host, in->value);
    if (parent) {
        out->value = g_new0(virRPCString, 1);
        *out->value = parent;
    }
    return 0;
}

int
remoteNodeDeviceNumOfCaps(virRPCCall *call, remote_string *in, remote_int *out)
{
    g_auto(GStrv) caps = virNodeDeviceFindCaps(remoteNodeDeviceDaemon(call)->host, in->value);

    if (!caps)
        return -1;
    out->value = (int)g_strv_length(caps);
    return 0;
}

int
remoteNodeDeviceListCaps(virRPCCall *call, remote_string_max *in, remote_node_names *out)
{
    char **caps = virNodeDeviceFindCaps(remoteNodeDeviceDaemon(call)->host, in->value);

    if (!caps)
        return -1;
    remoteNodeDeviceFillNames(caps, in->max, out);
    return 0;
}

/* What is there comes from the hardware: it is active, not defined by anybody, and not started. */
static int
remoteNodeDeviceAnswer(virRPCCall *call, const remote_string *in, int answer, remote_int *out)
{
    if (virNodeDeviceLookup(remoteNodeDeviceDaemon(call)->host, in->value, NULL) < 0)
        return -1;
    out->value = answer;
    return 0;
}

int
remoteNodeDeviceGetAutostart(virRPCCall *call, remote_string *in, remote_int *out)
{
    return remoteNodeDeviceAnswer(call, in, 0, out);
}

int
remoteNodeDeviceIsPersistent(virRPCCall *call, remote_string *in, remote_int *out)
{
    return remoteNodeDeviceAnswer(call, in, 0, out);
}

int
remoteNodeDeviceIsActive(virRPCCall *call, remote_string *in, remote_int *out)
{
    return remoteNodeDeviceAnswer(call, in, 1, out);
}

/* --- changing --------------------------------------------------------------------------------- */

int
remoteNodeDeviceDetachFlags(virRPCCall *call, remote_node_detach_args *in,
                            virRPCNothing *out G_GNUC_UNUSED)
{
    remoteDaemon *daemon = remoteNodeDeviceDaemon(call);
    const char *driver = in->driver ? *in->driver : NULL;
    virPCIDeviceAddress addr;

    /* "vfio" is libvirt's name for whichever VFIO driver fits. */
    if (driver && (!*driver || g_str_equal(driver, "vfio")))
        driver = NULL;
    if (remoteCheckFlags(call, in->flags, 0) < 0 ||
        virNodeDeviceLookup(daemon->host, in->name, &addr) < 0)
        return -1;
    return virHostdevPCINodeDeviceDetach(daemon->hostdevs, &addr, driver);
}

int
remoteNodeDeviceDettach(virRPCCall *call, remote_string *in, virRPCNothing *out)
{
    remote_node_detach_args args = {.name = in->value};

    return remoteNodeDeviceDetachFlags(call, &args, out);
}

int
remoteNodeDeviceReAttach(virRPCCall *call, remote_string *in, virRPCNothing *out G_GNUC_UNUSED)
{
    remoteDaemon *daemon = remoteNodeDeviceDaemon(call);
    virPCIDeviceAddress addr;

    if (virNodeDeviceLookup(daemon->host, in->value, &addr) < 0)
        return -1;
    return virHostdevPCINodeDeviceReAttach(daemon->hostdevs, &addr);
}

int
remoteNodeDeviceReset(virRPCCall *call, remote_string *in, virRPCNothing *out G_GNUC_UNUSED)
{
    remoteDaemon *daemon = remoteNodeDeviceDaemon(call);
    virPCIDeviceAddress addr;
    virPCIResetMethod method;

    if (virNodeDeviceLookup(daemon->host, in->value, &addr) < 0)
        return -1;
    return virHostdevPCINodeDeviceReset(daemon->hostdevs, &addr, &method);
}
