/*
 * virpcihost.c: the PCI side of one machine: its sysfs root and its kernel modules
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virpcihost.h"

struct _virPCIHost {
    virSysfsRoot *root;
    virKMod *kmod;
};

virPCIHost *
virPCIHostNew(const char *path)
{
    virSysfsRoot *root = virSysfsRootNew(path);
    virPCIHost *host;

    if (!root)
        return NULL;
    host = g_atomic_rc_box_new0(virPCIHost);
    host->root = root;
    host->kmod = virKModNew(root);
    return host;
}

virPCIHost *
virPCIHostRef(virPCIHost *host)
{
    return g_atomic_rc_box_acquire(host);
}

static void
virPCIHostDispose(void *opaque)
{
    virPCIHost *host = opaque;

    virKModUnref(host->kmod);
    virSysfsRootUnref(host->root);
}

void
virPCIHostUnref(virPCIHost *host)
{
    if (host)
        g_atomic_rc_box_release_full(host, virPCIHostDispose);
}

virSysfsRoot *
virPCIHostGetRoot(const virPCIHost *host)
{
    return host->root;
}

virKMod *
virPCIHostGetKMod(const virPCIHost *host)
{
    return host->kmod;
}
