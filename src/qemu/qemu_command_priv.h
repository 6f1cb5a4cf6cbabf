/*
 * qemu_command_priv.h: the parts of qemu_command, and what they share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

#include "domain_conf.h"

/* Adds an option and its value, if it has one. */
void qemuCommandAdd(GPtrArray *argv, const char *option, const char *value);
void
qemuCommandAddFormat(GPtrArray *argv, const char *option, const char *fmt, ...) G_GNUC_PRINTF(3, 4);

/* A value of QEMU's key=value,… syntax: a comma in it is doubled. Caller frees. */
char *qemuCommandEscape(const char *value);

/* Text members of a JSON object: name, value, name, value, …, NULL. */
void qemuCommandSetMembers(JsonObject *device, const char *name, ...) G_GNUC_NULL_TERMINATED;

/* "-device" takes an object since QEMU 6.2: no quoting, no guessing of types. Takes @device. */
void qemuCommandAddDevice(GPtrArray *argv, JsonObject *device);

/* Where in the guest a PCI device is. */
void
qemuCommandSetAddress(JsonObject *device, const virDomainDef *def, const virDomainDeviceInfo *info);

/* Boot order and option ROM, where a device has them. */
void qemuCommandSetBoot(JsonObject *device, const virDomainDeviceInfo *info);

/* qemu_command_machine.c */
void qemuCommandAddMachine(GPtrArray *argv, const virDomainDef *def);
void qemuCommandAddLimits(GPtrArray *argv, const virDomainDef *def);
void qemuCommandAddKernel(GPtrArray *argv, const virDomainOSDef *os);

/* qemu_command_controller.c */
void qemuCommandAddController(GPtrArray *argv, const virDomainDef *def,
                              const virDomainControllerDef *controller);

/* qemu_command_device.c */
void qemuCommandAddDevices(GPtrArray *argv, const virDomainDef *def);
