/*
 * domain_devices_complete.h: devices that follow from others, and those that do not go together
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_conf.h"

/**
 * virDomainDevicesComplete:
 * @def: a definition with its devices as they were written
 *
 * Adds what libvirt adds: an adapter, a PS/2 keyboard and mouse, and somewhere for the sound to go
 * if there is a <graphics>.
 *
 * Errors: XML_ERROR or CONFIG_UNSUPPORTED for devices that exclude each other or that the machine
 * cannot have.
 * Returns: 0, or -1 with an error reported
 */
int virDomainDevicesComplete(virDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;
