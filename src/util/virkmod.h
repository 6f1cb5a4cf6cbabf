/*
 * virkmod.h: kernel modules: the current alias index, module and driver names, loading
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virkmodindex.h"
#include "virsysfs.h"

/*
 * The modules of the kernel that runs below a root. Safe from any number of threads.
 *
 * A *module* ("xe_vfio_pci") and the PCI *driver* it registers ("xe-vfio-pci") are two names.
 * modules.alias, modprobe and the driver's "module" link speak of modules; the device's "driver"
 * link and driver_override speak of drivers. Nothing but the functions below turns one into the
 * other.
 */
typedef struct _virKMod virKMod;

/**
 * virKModNew:
 * @root: this host, or a recorded tree whose kernel release is in proc/sys/kernel/osrelease
 *
 * Returns: a reference owned by the caller, never NULL
 */
virKMod *virKModNew(virSysfsRoot *root);
void virKModUnref(virKMod *kmod);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virKMod, virKModUnref)

/* The kernel's release ("6.1.0-50-amd64"), or NULL if a recorded tree does not tell. Borrowed. */
const char *virKModGetRelease(const virKMod *kmod);

/* The module directory below the root ("lib/modules/6.1.0-50-amd64"), or NULL. Borrowed. */
const char *virKModGetDirectory(const virKMod *kmod);

/**
 * virKModGetIndex:
 *
 * The alias index as the file is now: one stat if it did not change since the last call, one read
 * if it did. Whoever looks at many devices calls it once and keeps the answer. The first call that
 * finds the file missing, unreadable or malformed logs one warning.
 *
 * Returns: a reference owned by the caller, never NULL
 */
virKModIndex *virKModGetIndex(virKMod *kmod);

/**
 * virKModDriverGetModule:
 * @driver: name of a PCI driver, as in its sysfs directory
 *
 * A driver that is built in may have no "module" link: that is no error.
 *
 * Returns: the name of its module (caller frees), or NULL if there is none
 */
char *virKModDriverGetModule(const virKMod *kmod, const char *driver);

/**
 * virKModModuleGetDriver:
 * @module: name of a module; "-" and "_" are the same
 *
 * Returns: the name of the first PCI driver it has registered (caller frees), or NULL if it is not
 *          loaded or has none
 */
char *virKModModuleGetDriver(const virKMod *kmod, const char *module);

/* True if @module is loaded, or built in and visible in sysfs. "-" and "_" are the same. */
bool virKModModuleIsLoaded(const virKMod *kmod, const char *module);

/* True if module @user is loaded and uses module @used (sysfs "holders"). Proves nothing more. */
bool virKModModuleHolds(const virKMod *kmod, const char *user, const char *used);

/* Whether a module could be had. */
typedef enum {
    VIR_KMOD_MODULE_LOADED, /* or built in */
    VIR_KMOD_MODULE_LOADABLE,
    VIR_KMOD_MODULE_BLACKLISTED, /* by modprobe.d */
    VIR_KMOD_MODULE_MISSING,     /* there is none of that name */
} virKModModuleState;

/* Reads; loads nothing. In a recorded tree a module that is not loaded is missing. */
virKModModuleState virKModGetModuleState(const virKMod *kmod, const char *module);

/**
 * virKModLoad:
 * @module: name of a module; "-" and "_" are the same
 *
 * Loads it and what it depends on, as modprobe -b would: blacklist, soft dependencies, options and
 * install commands of modprobe.d count. A module that is loaded or built in is success. Blocks
 * until the module's init function has run.
 *
 * Errors: OPERATION_DENIED if it is blacklisted, OPERATION_INVALID if the root is a recorded tree,
 * OPERATION_FAILED if there is no such module, SYSTEM_ERROR if the kernel refuses it.
 * Returns: 0, or -1 with an error reported
 */
int virKModLoad(const virKMod *kmod, const char *module) G_GNUC_WARN_UNUSED_RESULT;
