/*
 * virpciaddress.h: parse, format and compare PCI addresses (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

/* Where a PCI function is: domain (16 bits; 32 in VMD and Hyper-V machines), bus, slot, function.
 */
typedef struct {
    unsigned int domain;
    unsigned int bus;      /* at most 0xff */
    unsigned int slot;     /* at most 0x1f */
    unsigned int function; /* at most 7 */
} virPCIDeviceAddress;

/* Enough for every address as text, with its NUL: "ffffffff:ff:1f.7". */
#define VIR_PCI_ADDRESS_STRLEN 17

/**
 * virPCIDeviceAddressParse:
 * @text: "DDDD:BB:SS.F" or "BB:SS.F" (domain 0), hexadecimal of either case; as the kernel and
 *        lspci write it, so the domain has four to eight digits, bus and slot two, the function one
 * @addr: filled
 *
 * Pure. Reports no error.
 *
 * Returns: true, or false and @addr untouched if @text is anything else or out of range
 */
bool
virPCIDeviceAddressParse(const char *text, virPCIDeviceAddress *addr) G_GNUC_WARN_UNUSED_RESULT;

/* True if every part is within its range. Address 0000:00:00.0 is valid. */
bool virPCIDeviceAddressIsValid(const virPCIDeviceAddress *addr);

/* The address as the kernel writes it ("0000:3b:00.2"); caller frees. */
char *virPCIDeviceAddressAsString(const virPCIDeviceAddress *addr);

/* The same into a caller's buffer. @addr is valid. */
void virPCIDeviceAddressFormat(const virPCIDeviceAddress *addr, char buf[VIR_PCI_ADDRESS_STRLEN]);

/* Orders by domain, bus, slot, function: negative, 0 or positive. */
int virPCIDeviceAddressCompare(const virPCIDeviceAddress *a, const virPCIDeviceAddress *b);

/* As one number that orders in the same way, for hashes and searches. @addr is valid. */
guint64 virPCIDeviceAddressAsNumber(const virPCIDeviceAddress *addr);
