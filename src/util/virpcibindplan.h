/*
 * virpcibindplan.h: what binding devices to VFIO drivers would take, and what is in the way
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virenum.h"
#include "virjournal.h"
#include "virpci.h"
#include "virpciholders.h"

/* Why a device cannot be taken. The names are stable: scripts go by them. */
typedef enum {
    VIR_PCI_BLOCKER_VANISHED,
    VIR_PCI_BLOCKER_NOT_ENDPOINT,
    VIR_PCI_BLOCKER_DUPLICATE,
    VIR_PCI_BLOCKER_IN_USE,       /* by a guest */
    VIR_PCI_BLOCKER_STUCK,        /* an earlier change of it never ended */
    VIR_PCI_BLOCKER_OTHER_DEVICE, /* the journal knows another device at its address */
    VIR_PCI_BLOCKER_GROUP,        /* a companion of its IOMMU group is on a host driver */
    VIR_PCI_BLOCKER_NO_IOMMU,     /* it is in no IOMMU group */
    VIR_PCI_BLOCKER_NO_DRIVER,    /* none was asked for, and none is known for it */
    VIR_PCI_BLOCKER_DRIVER_UNKNOWN,
    VIR_PCI_BLOCKER_DRIVER_NOT_VFIO,
    VIR_PCI_BLOCKER_MODULE_MISSING,
    VIR_PCI_BLOCKER_MODULE_BLACKLISTED,
    VIR_PCI_BLOCKER_NETWORK, /* these yield to --force */
    VIR_PCI_BLOCKER_STORAGE,
    VIR_PCI_BLOCKER_VFS,
    VIR_PCI_BLOCKER_DISPLAY,
    VIR_PCI_BLOCKER_LAST,
} virPCIBlockerCode;

VIR_ENUM_DECL(virPCIBlockerCode);

/* One thing in the way. Texts are owned; the last two are translated sentences. */
typedef struct {
    virPCIBlockerCode code;
    char *device; /* address, or name of a companion of another bus */
    char *driver; /* it is bound to, or NULL */
    int group;    /* IOMMU group, or -1 */
    char *holder; /* who has it, or NULL */
    char *message;
    char *remedy;
} virPCIBlocker;

/* How the holder of a guest's device is written: this and the guest's name. */
#define VIR_PCI_BIND_GUEST_PREFIX "guest "

/* For whom, and how, bindings are changed. Borrowed for as long as it is used. */
typedef struct {
    virPCIHost *host;
    virJournal *journal; /* NULL: nothing is held; enough for a plan that is only looked at */
    const char *lockDirectory;
    const char *holder; /* "administrator", "guest NAME": whose the devices are then */
    guint force;        /* bits 1 << virPCIGuard: those are no blockers */
    int timeout_ms;     /* for one write of the kernel's, and for its effect to show */
    int wait_ms;        /* for others to let go of a group on the way back; 0 does not wait */
    /* Who uses a device of which the journal need not know ("guest web1"), NULL if nobody does;
     * caller frees. Or NULL. */
    char *(*user)(const virPCIDeviceAddress *address, void *opaque);
    void *userOpaque;
    /* For recovery: from claim() to release() nobody else gets the device; -1 with an error
     * reported if somebody has it. Or NULL, both. */
    int (*claim)(const virPCIDeviceAddress *address, void *opaque);
    void (*release)(const virPCIDeviceAddress *address, void *opaque);
    void *claimOpaque;
    /* For recovery: once another thread has set it, what is not begun is left. Or NULL. */
    gint *stop;
    /* Called for every step, before it is taken; or NULL. */
    void (*progress)(const char *device, virJournalStep step, void *opaque);
    void *progressOpaque;
} virPCIBindContext;

typedef struct {
    virPCIDeviceAddress address;
    const char *driver; /* driver or module asked for; NULL: what it is on, or the best */
} virPCIBindRequest;

/* What would be done with one device. */
typedef struct {
    virPCIDevice *dev;
    virPCIDeviceFacts facts;
    virPCIBinding binding;
    virJournalRecord *record; /* what is held already, or NULL */
    bool keep;                /* it is on the right driver: nothing to do */
    bool load;                /* the module is to be loaded first */
    char *module;             /* NULL if the driver is built in */
    char *driver;             /* NULL if only loading the module will tell */
} virPCIBindItem;

typedef struct {
    const virPCIBindContext *ctx;
    GPtrArray *items; /* virPCIBindItem, in the order of the requests */
    GArray *blockers; /* virPCIBlocker; the plan can be carried out if there is none */
} virPCIBindPlan;

/**
 * virPCIBindPlanNew:
 * @requests: @n devices to bind
 *
 * Reads; writes and loads nothing. Finds every blocker, not the first one.
 *
 * The driver is the one asked for, else the VFIO driver that the device is on (a variant that
 * somebody chose is not replaced), else the best one, else vfio-pci.
 *
 * Returns: the plan, owned by the caller, never NULL
 */
virPCIBindPlan *
virPCIBindPlanNew(const virPCIBindContext *ctx, const virPCIBindRequest *requests, size_t n);
void virPCIBindPlanFree(virPCIBindPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virPCIBindPlan, virPCIBindPlanFree)

/**
 * virPCIBindPlanCheck:
 *
 * Errors: OPERATION_INVALID (DEVICE_MISSING if a device vanished) with every blocker and remedy.
 * Returns: 0 if nothing is in the way, or -1 with an error reported
 */
int virPCIBindPlanCheck(const virPCIBindPlan *plan);
