/*
 * qemu_domain_capabilities.h: what guests can be made of here, as libvirt's XML
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "capabilities.h"
#include "domain_conf.h"
#include "qemu_caps.h"

/* Adds the guests that @emulator runs, with the machines that our documents can name. */
void qemuCapsAddGuest(const qemuCaps *caps, const char *emulator, virCaps *host);

/**
 * qemuDomainCapsFormat:
 * @emulator: path of the program that @caps are of
 * @machine: one of its machines
 *
 * What a document may say and this QEMU can do: a value is told if the parser takes it and QEMU has
 * the device for it.
 *
 * Returns: libvirt's <domainCapabilities>; caller frees
 */
char *qemuDomainCapsFormat(const qemuCaps *caps, const char *emulator,
                           const qemuCapsMachine *machine, virDomainVirtType type);
