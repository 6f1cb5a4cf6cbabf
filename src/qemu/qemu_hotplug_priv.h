/*
 * qemu_hotplug_priv.h: what the files of qemu_hotplug share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/resource.h>

#include <json-glib/json-glib.h>

#include "qemu_hotplug.h"
#include "virundo.h"

/* A device on its way into a guest. */
typedef struct {
    virDomainObj *vm;
    qemuDomainPrivate *priv;
    qemuMonitor *mon;
    virDomainDeviceDef dev; /* of the live definition */
    virUndo *undo;
    struct rlimit memlock; /* what QEMU had before */
    bool telling;          /* QEMU has been told something */
} qemuHotplug;

/* What is special about a family of devices. Functions that are NULL: nothing of that kind. */
typedef struct {
    /* Whether such a device can come or go at all. */
    int (*check)(const virDomainDef *def, const virDomainDeviceDef *dev);
    /* What keeps one from coming that may well go. */
    int (*checkAttach)(const virDomainDeviceDef *dev);
    /* What QEMU needs of the host, and of itself, before it gets the device. Both push what undoes
     * them. */
    int (*prepare)(qemuHotplug *plug);
    int (*tell)(qemuHotplug *plug);
    /* For device_add. */
    JsonObject *(*build)(const virDomainDef *def, const virDomainDeviceDef *dev);
    /* QEMU no longer has the device: undoes both. @mon may be NULL. What fails is warned of. */
    void (*forget)(virDomainObj *vm, qemuMonitor *mon, const virDomainDeviceDef *dev);
    void (*release)(virDomainObj *vm, const virDomainDeviceDef *dev);
    /* The device is out of the definition too. */
    void (*settle)(virDomainObj *vm);
} qemuHotplugFamily;

extern const qemuHotplugFamily qemuHotplugChannel;
extern const qemuHotplugFamily qemuHotplugDisk;
extern const qemuHotplugFamily qemuHotplugHostdev;
extern const qemuHotplugFamily qemuHotplugNet;
extern const qemuHotplugFamily qemuHotplugRNG;

/* qemu_hotplug_disk.c: the file of a disk, and the image that is in it: both, or none of them. */
int qemuHotplugAddNodes(qemuMonitor *mon, const virDomainDiskDef *disk) G_GNUC_WARN_UNUSED_RESULT;
int qemuHotplugDelNodes(qemuMonitor *mon, const virDomainDiskDef *disk) G_GNUC_WARN_UNUSED_RESULT;

/* NULL for devices that neither come nor go. */
const qemuHotplugFamily *qemuHotplugGetFamily(virDomainDeviceType type);

/* Reports, as CONFIG_UNSUPPORTED, why a device can neither come nor go. Returns -1. */
int qemuHotplugReport(const virDomainDeviceDef *dev, const char *reason);

/* Step: QEMU's user may use the device's files or node. */
int qemuHotplugSecure(qemuHotplug *plug) G_GNUC_WARN_UNUSED_RESULT;

/* Gives the files or node of a device back to their owners, unless somebody else needs them too. */
void qemuHotplugUnsecure(virDomainObj *vm, const virDomainDeviceDef *dev);

/* The guest's QEMU does not have the device any more: gives back what it had of the host, takes it
 * out of the definition, and tells of it if @event is set. @mon may be NULL. */
void
qemuHotplugRemove(virDomainObj *vm, qemuMonitor *mon, const virDomainDeviceDef *dev, bool event);

/* Whether QEMU says, after a command has failed, that it does not have a device. One that has hung
 * up says nothing, and one that did not answer is not asked again. The error stays. */
bool qemuHotplugIsAbsent(qemuMonitor *mon, const char *alias);

/* Asks QEMU to have the guest release a device, and waits for @outcome, which is ASKED before:
 * still so if nothing happens in time. Returns what device_del did, with an error reported if -1:
 * also then the device may be gone. */
int qemuHotplugAsk(virDomainObj *vm, qemuMonitor *mon, const char *alias, qemuDomainUnplug *outcome)
    G_GNUC_WARN_UNUSED_RESULT;

/* Has a worker find out which devices the guest has. Wants the lock. */
void qemuHotplugPushCatchUp(virDomainObj *vm);
