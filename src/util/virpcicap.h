/*
 * virpcicap.h: capabilities in a PCI configuration space (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

/* What everybody may read without privileges, the space of a PCI device, and that of PCI Express.
 */
#define VIR_PCI_CONFIG_HEADER_SIZE  64
#define VIR_PCI_CONFIG_SIZE         256
#define VIR_PCI_CONFIG_EXPRESS_SIZE 4096

/* Capability identifiers. */
#define VIR_PCI_CAP_PM      0x01
#define VIR_PCI_CAP_PCIX    0x07
#define VIR_PCI_CAP_EXPRESS 0x10
#define VIR_PCI_CAP_AF      0x13

/* What a device's capabilities say of ways to reset it. */
typedef struct {
    unsigned int pm;      /* offset of the power management capability, 0 if none */
    unsigned int express; /* of the PCI Express capability */
    bool hasFLR;          /* function level reset, of either capability */
    bool hasPMReset;      /* D3hot to D0 resets it */
    bool isHotplugPort;   /* its slot takes a link that goes down for a removal */
} virPCICaps;

/**
 * virPCICapFind:
 * @config: @len bytes of a configuration space, of any content
 * @id: VIR_PCI_CAP_…
 *
 * Follows the list of capabilities, however broken it is: it ends at a pointer into the header or
 * out of @len, and after as many steps as there are places. The low two bits of pointers are
 * reserved and ignored.
 *
 * Returns: the offset of the first such capability, or 0
 * Source: PCI Local Bus Specification 3.0, 6.7
 */
unsigned int virPCICapFind(const guint8 *config, size_t len, unsigned int id);

/**
 * virPCICapsParse:
 * @caps: filled; all zero where @config says nothing
 *
 * A capability that is cut off by @len says nothing.
 *
 * Source: PCI Express Base Specification, 7.5.3 (Device and Slot Capabilities); PCI Power
 * Management 1.2, 3.2; PCI Advanced Features ECN
 */
void virPCICapsParse(const guint8 *config, size_t len, virPCICaps *caps);

/* A register that software sets, and a reset forgets. */
typedef struct {
    unsigned int offset;
    unsigned int size; /* 2 or 4 */
} virPCIConfigRegister;

/* Enough for every virPCICapListRegisters(). */
#define VIR_PCI_CAP_MAX_REGISTERS 24

/**
 * virPCICapListRegisters:
 * @config: @len bytes of an endpoint's configuration space before a reset
 *
 * What to write back after it, in that order: bases of memory before the command register that
 * switches them on. Only registers that are known to be settings: writing back all 256 bytes would
 * start what a register starts (a write to the device's VPD memory, say).
 *
 * Returns: the number of registers, all within @len
 */
size_t virPCICapListRegisters(const guint8 *config, size_t len,
                              virPCIConfigRegister registers[VIR_PCI_CAP_MAX_REGISTERS]);

/* A register of 2 or 4 bytes (little-endian) within the buffer. */
guint32 virPCIConfigGet(const guint8 *config, virPCIConfigRegister reg);
