/*
 * virpcivpd.h: a PCI device's vital product data (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

/* Addresses in it have 15 bits. */
#define VIR_PCI_VPD_MAX_SIZE 32768

/* A field: its keyword ("PN", "V0") and what it says. */
typedef struct {
    char keyword[3];
    char *value;
} virPCIVPDField;

/* Fields in the order in which the device has them, each keyword once. */
typedef struct {
    char *name;
    GPtrArray *readOnly;  /* virPCIVPDField: of the part that its maker wrote; NULL without one */
    GPtrArray *readWrite; /* virPCIVPDField: of the part that software may write; the same */
} virPCIVPD;

void virPCIVPDFree(virPCIVPD *vpd);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virPCIVPD, virPCIVPDFree)

/**
 * virPCIVPDParse:
 * @data: @len bytes from the start of a device's VPD, of any content
 *
 * The read-only part counts only if its checksum is right. What it says is text: a field with
 * bytes that libvirt's schema does not let pass (ASCII without "`{|}~" is fine) is left out, and so
 * is one that is cut off; blanks and NULs at its end
 * are dropped. The parts after one that cannot be understood are left out.
 *
 * Returns: what it says, owned by the caller; NULL if that is no VPD (it begins with no name)
 * Source: PCI Local Bus Specification 3.0, appendix I; PCI Express Base Specification, 6.27
 */
virPCIVPD *virPCIVPDParse(const guint8 *data, size_t len);

/* True if @data may be the start of a VPD: its name, of which there are a few bytes at least. */
bool virPCIVPDIsStart(const guint8 *data, size_t len);

/* The value of the field, or NULL; @fields may be NULL. Borrowed. */
const char *virPCIVPDFind(const GPtrArray *fields, const char *keyword);
