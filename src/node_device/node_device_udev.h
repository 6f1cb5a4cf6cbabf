/*
 * node_device_udev.h: devices that come, go and change, as the kernel tells
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

typedef enum {
    VIR_NODE_DEVICE_CREATED,
    VIR_NODE_DEVICE_DELETED,
    VIR_NODE_DEVICE_UPDATED, /* its driver, say */
} virNodeDeviceChange;

/* In the main context's thread; does not block. @name: "pci_0000_3b_00_0", or one of an interface,
 * which changes with its own name. */
typedef void (*virNodeDeviceChangeFunc)(const char *name, virNodeDeviceChange change, void *opaque);

typedef struct _virNodeDeviceWatch virNodeDeviceWatch;

/**
 * virNodeDeviceWatchNew:
 * @context: main context whose thread listens; NULL: the default one
 *
 * Listens to udev where it runs, so that its rules have been applied when @func is called, and to
 * the kernel itself where it does not.
 *
 * Errors: SYSTEM_ERROR if neither can be listened to.
 * Returns: the watch, owned by the caller, or NULL
 */
virNodeDeviceWatch *
virNodeDeviceWatchNew(GMainContext *context, virNodeDeviceChangeFunc func, void *opaque);
void virNodeDeviceWatchFree(virNodeDeviceWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNodeDeviceWatch, virNodeDeviceWatchFree)
