/*
 * qemu_hotplug.h: devices that a running guest gets and gives back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_device.h"
#include "qemu_domain.h"

/* How long a guest may take to release a device before the call that asked for it returns. */
#define QEMU_HOTPLUG_UNPLUG_TIMEOUT_MS 5000

/*
 * All of these want the job of an active guest, and not its lock. The status file always says at
 * least as much as QEMU and the host have been told: a device is in the live definition from before
 * it is prepared, until after it has been given back.
 */

/**
 * qemuHotplugPlan:
 * @node: an element below <devices>, not checked yet
 * @dev: filled with the device, with its name and its address in the guest; free with
 *       virDomainDeviceFree()
 *
 * Whether the guest could get a device. Changes nothing.
 *
 * Errors: those of virDomainDeviceParseXML() and virDomainAssignDeviceAddress();
 * CONFIG_UNSUPPORTED for what cannot be plugged in.
 * Returns: 0, or -1 with an error reported and @dev untouched
 */
int qemuHotplugPlan(virDomainObj *vm, virXMLNode *node, virDomainDeviceDef *dev)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuHotplugAttach:
 * @dev: from qemuHotplugPlan(); taken in any case
 *
 * Prepares what the device needs of the host, and plugs it in. If QEMU does not say whether it has
 * it (its monitor is lost, or it does not answer), the device stays with the guest until that is
 * known.
 *
 * Errors: those of qemuHostdevPreparePCIDevice(); OPERATION_FAILED with QEMU's reason;
 * OPERATION_TIMEOUT if QEMU does not answer.
 * Returns: 0, or -1 with an error reported and, unless QEMU did not answer, everything as it was
 */
int qemuHotplugAttach(virDomainObj *vm, virDomainDeviceDef *dev) G_GNUC_WARN_UNUSED_RESULT;

/* Whether a device of the live definition can be unplugged; CONFIG_UNSUPPORTED if not. */
int qemuHotplugCheckDetach(const virDomainObj *vm, const virDomainDeviceDef *dev)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuHotplugDetach:
 * @dev: of the live definition
 *
 * Asks the guest to release a device. If it does so soon, the device has been given back when this
 * returns; if it does so later, that happens then.
 *
 * Errors: OPERATION_FAILED if the guest or QEMU refuses.
 * Returns: 0: the guest has been asked; or -1 with an error reported
 */
int qemuHotplugDetach(virDomainObj *vm, const virDomainDeviceDef *dev) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuHotplugCatchUp:
 * @mon: the guest's
 *
 * Compares the live definition with the devices that QEMU has: what QEMU does not have is given
 * back.
 *
 * Errors: those of qemuMonitorListDevices().
 * Returns: 0, or -1 with an error reported
 */
int qemuHotplugCatchUp(virDomainObj *vm, qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;

/* QEMU's events, for the loop, with the lock held: a device is gone; the guest keeps one. */
void qemuHotplugHandleDeleted(virDomainObj *vm, JsonObject *data);
void qemuHotplugHandleRefused(virDomainObj *vm, JsonObject *data);
