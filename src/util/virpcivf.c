/*
 * virpcivf.c: physical functions (PF), their virtual functions (VF), and their network devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virpcivf.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

/* SR-IOV counts VFs in 16 bits. */
#define VIR_PCI_VF_MAX_INDEX 0xffff

typedef struct {
    int dirfd;
    GArray *vfs;
} virPCIVFList;

static void
virPCIVFListTake(const char *name, int type G_GNUC_UNUSED, void *opaque)
{
    virPCIVFList *list = opaque;
    g_autofree char *target = NULL;
    virPCIVF vf;
    guint64 index;

    if (!g_str_has_prefix(name, "virtfn") ||
        !g_ascii_string_to_unsigned(name + strlen("virtfn"), 10, 0, VIR_PCI_VF_MAX_INDEX, &index,
                                    NULL) ||
        virSysfsReadLinkAt(list->dirfd, name, &target) < 0 ||
        !virPCIDeviceAddressParse(target, &vf.addr))
        return;
    vf.index = (unsigned int)index;
    g_array_append_val(list->vfs, vf);
}

static int
virPCIVFCompare(const void *a, const void *b)
{
    const virPCIVF *first = a;
    const virPCIVF *second = b;

    return (int)first->index - (int)second->index;
}

static GArray *
virPCIVFListRead(virPCIHost *host, const virPCIDeviceAddress *pf)
{
    GArray *vfs = g_array_new(FALSE, FALSE, sizeof(virPCIVF));
    char path[VIR_PCI_DEVICE_PATHLEN];
    VIR_AUTOCLOSE dirfd = -1;

    virPCIDeviceFormatPath(pf, "", path);
    if ((dirfd = virSysfsOpenDir(virPCIHostGetRoot(host), path)) >= 0) {
        virPCIVFList list = {.dirfd = dirfd, .vfs = vfs};

        if (virSysfsList(virPCIHostGetRoot(host), path, virPCIVFListTake, &list) < 0)
            g_array_set_size(vfs, 0); /* the device vanished */
    }
    g_array_sort(vfs, virPCIVFCompare);
    return vfs;
}

GArray *
virPCIDeviceGetVFs(virPCIDevice *pf)
{
    return virPCIVFListRead(virPCIDeviceGetHost(pf), virPCIDeviceGetAddress(pf));
}

int
virPCIDeviceGetPF(virPCIDevice *vf, virPCIDeviceAddress *pf)
{
    VIR_AUTOCLOSE dirfd = virPCIDeviceOpenDir(virPCIDeviceGetHost(vf), virPCIDeviceGetAddress(vf));
    g_autofree char *target = NULL;
    int rc;

    if (dirfd < 0)
        return -1;
    rc = virSysfsReadLinkAt(dirfd, "physfn", &target);
    if (rc == -ENOENT) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("device %1$s is not a virtual function (VF): choose a VF of it"),
                       virPCIDeviceGetName(vf));
        return -1;
    }
    if (rc < 0 || !virPCIDeviceAddressParse(target, pf)) {
        virReportSystemError(rc < 0 ? -rc : EBADMSG, _("cannot read which device %1$s is a VF of"),
                             virPCIDeviceGetName(vf));
        return -1;
    }
    return 0;
}

int
virPCIDeviceGetVFIndex(virPCIDevice *vf, unsigned int *index)
{
    g_autoptr(GArray) vfs = NULL;
    virPCIDeviceAddress pf;

    if (virPCIDeviceGetPF(vf, &pf) < 0)
        return -1;
    vfs = virPCIVFListRead(virPCIDeviceGetHost(vf), &pf);
    for (guint i = 0; i < vfs->len; i++) {
        const virPCIVF *known = &g_array_index(vfs, virPCIVF, i);

        if (virPCIDeviceAddressCompare(&known->addr, virPCIDeviceGetAddress(vf)) == 0) {
            *index = known->index;
            return 0;
        }
    }
    virReportError(VIR_ERR_DEVICE_MISSING,
                   _("device %1$s is not among the VFs of its physical function any more"),
                   virPCIDeviceGetName(vf));
    return -1;
}

/* "p0", "p0s1": a port of the device itself. Most drivers name no ports. */
static bool
virPCINetNameIsPort(virPCIDevice *dev, const char *name)
{
    g_autofree char *path = g_strdup_printf("sys/bus/pci/devices/%s/net/%s/phys_port_name",
                                            virPCIDeviceGetName(dev), name);
    g_autofree char *port = NULL;
    const char *at;

    if (virSysfsRead(virPCIHostGetRoot(virPCIDeviceGetHost(dev)), path, &port) < 0 || !*port)
        return true;
    if (*port != 'p' || !g_ascii_isdigit(port[1]))
        return false;
    at = port + 1 + strspn(port + 1, "0123456789");
    if (*at == 's' && g_ascii_isdigit(at[1]))
        at += 1 + strspn(at + 1, "0123456789");
    return *at == '\0';
}

char *
virPCIDeviceGetNetName(virPCIDevice *dev)
{
    char path[VIR_PCI_DEVICE_PATHLEN];
    g_auto(GStrv) names = NULL;

    virPCIDeviceFormatPath(virPCIDeviceGetAddress(dev), "net", path);
    names = virSysfsListNames(virPCIHostGetRoot(virPCIDeviceGetHost(dev)), path);
    for (char **name = names; *name; name++) {
        if (virPCINetNameIsPort(dev, *name))
            return g_strdup(*name);
    }
    return g_strdup(names[0]);
}
