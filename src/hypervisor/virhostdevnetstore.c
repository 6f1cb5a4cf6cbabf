/*
 * virhostdevnetstore.c: the records of VFs' networks, on the disk
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virhostdevnetstore.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("hypervisor.hostdevnet")

/* A record is a few hundred bytes. */
#define VIR_HOSTDEV_NET_MAX_FILE (16 * 1024)

static void
virHostdevNetStoreSetAside(const char *directory, const char *name, const char *why)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *aside = g_strdup_printf("%s.damaged", path);

    VIR_WARN(_("'%1$s' is damaged (%2$s) and set aside as '%3$s': the MAC address and VLAN that VF "
               "%4$s had before are in it, if they are to be had at all"),
             path, why, aside, name);
    if (rename(path, aside) < 0)
        VIR_WARN(_("cannot rename '%1$s': %2$s"), path, g_strerror(errno));
}

virHostdevNetRecord *
virHostdevNetStoreRead(const char *directory, const virPCIDeviceAddress *address)
{
    g_autofree char *name = virPCIDeviceAddressAsString(address);
    g_autofree char *path = g_build_filename(directory, name, NULL);
    VIR_AUTOCLOSE fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    g_autoptr(virHostdevNetRecord) record = NULL;
    g_autofree char *text = NULL;
    size_t len;
    int rc;

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return NULL;
    rc = fd < 0 ? -errno : virFileReadFD(fd, VIR_HOSTDEV_NET_MAX_FILE, &text, &len);
    if (rc < 0) {
        virHostdevNetStoreSetAside(directory, name, g_strerror(-rc));
    } else if (!(record = virHostdevNetRecordParse(text, len))) {
        virHostdevNetStoreSetAside(directory, name, virErrorGetMessage());
        virErrorReset();
    } else if (virPCIDeviceAddressCompare(&record->address, address) != 0) {
        virHostdevNetStoreSetAside(directory, name, _("it is of another device"));
        return NULL;
    }
    return g_steal_pointer(&record);
}

static int
virHostdevNetStoreCompare(const void *a, const void *b)
{
    const virHostdevNetRecord *left = *(virHostdevNetRecord *const *)a;
    const virHostdevNetRecord *right = *(virHostdevNetRecord *const *)b;

    return virPCIDeviceAddressCompare(&left->address, &right->address);
}

GPtrArray *
virHostdevNetStoreList(const char *directory)
{
    GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify)virHostdevNetRecordFree);
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    virPCIDeviceAddress address;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        virHostdevNetRecord *record;

        if (virPCIDeviceAddressParse(name, &address) &&
            (record = virHostdevNetStoreRead(directory, &address)))
            g_ptr_array_add(records, record);
    }
    g_ptr_array_sort(records, virHostdevNetStoreCompare);
    return records;
}

int
virHostdevNetStoreWrite(const char *directory, const virHostdevNetRecord *record)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&record->address);
    g_autofree char *text = virHostdevNetRecordFormat(record);
    int rc = g_mkdir_with_parents(directory, 0755) < 0 ? -errno : 0;

    if (rc == 0)
        rc = virFileWriteDurable(directory, name, text);
    if (rc < 0)
        virReportSystemError(-rc, _("cannot write '%1$s/%2$s'"), directory, name);
    return rc < 0 ? -1 : 0;
}

int
virHostdevNetStoreRemove(const char *directory, const virPCIDeviceAddress *address)
{
    g_autofree char *name = virPCIDeviceAddressAsString(address);
    int rc = virFileRemoveDurable(directory, name);

    if (rc < 0)
        virReportSystemError(-rc, _("cannot remove '%1$s/%2$s'"), directory, name);
    return rc < 0 ? -1 : 0;
}
