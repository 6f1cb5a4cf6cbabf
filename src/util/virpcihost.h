/*
 * virpcihost.h: the PCI side of one machine: its sysfs root and its kernel modules
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virkmod.h"
#include "virsysfs.h"

/* What every PCI device of a machine shares. Immutable; safe from any number of threads. */
typedef struct _virPCIHost virPCIHost;

/**
 * virPCIHostNew:
 * @path: root of the machine's tree; NULL or "/" is this host
 *
 * Errors: SYSTEM_ERROR if @path cannot be opened.
 * Returns: a reference owned by the caller, or NULL
 */
virPCIHost *virPCIHostNew(const char *path);
virPCIHost *virPCIHostRef(virPCIHost *host);
void virPCIHostUnref(virPCIHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virPCIHost, virPCIHostUnref)

/* Borrowed from @host. */
virSysfsRoot *virPCIHostGetRoot(const virPCIHost *host);
virKMod *virPCIHostGetKMod(const virPCIHost *host);
