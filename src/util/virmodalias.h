/*
 * virmodalias.h: modalias strings and VFIO alias patterns: parse, match, rank (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * The kernel names a PCI device "pci:v000015B3d0000101Esv000015B3sd00000001bc02sc00i00", and a
 * module the devices it drives by patterns of the same form with "*" for a field that may be
 * anything. Patterns of VFIO drivers begin with "vfio_pci:" (kernel commit cc6711b0bf36), so that
 * ordinary module loading passes them by.
 *
 * Hexadecimal digits are upper case: lower case ones would run into the field names (file2alias.c
 * of the kernel). Everything here is pure: strings in, no paths, no errors reported.
 */

/* The seven fields, in the order of the string. */
typedef enum {
    VIR_MODALIAS_VENDOR,
    VIR_MODALIAS_DEVICE,
    VIR_MODALIAS_SUBVENDOR,
    VIR_MODALIAS_SUBDEVICE,
    VIR_MODALIAS_BASE_CLASS,
    VIR_MODALIAS_SUB_CLASS,
    VIR_MODALIAS_INTERFACE,
    VIR_MODALIAS_LAST,
} virModAliasField;

/* A device: the first four fields have 32 bits (8 digits), the last three 8 bits (2 digits). */
typedef struct {
    guint32 value[VIR_MODALIAS_LAST];
} virModAlias;

/* A pattern: a field matches if the bits under its mask are equal. Mask 0 is "*". */
typedef struct {
    guint32 value[VIR_MODALIAS_LAST];
    guint32 mask[VIR_MODALIAS_LAST];
} virModAliasPattern;

/* "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X": characters with the NUL. */
#define VIR_MODALIAS_STRLEN 55

/**
 * virModAliasParse:
 * @text: a PCI device's modalias as sysfs gives it, without a newline
 * @alias: filled
 *
 * Returns: true, or false and @alias untouched if @text is anything else
 */
bool virModAliasParse(const char *text, virModAlias *alias) G_GNUC_WARN_UNUSED_RESULT;

/* The inverse of virModAliasParse(); caller frees. */
char *virModAliasFormat(const virModAlias *alias);

/**
 * virModAliasPatternParse:
 * @text: "vfio_pci:" and seven fields, not NUL-terminated
 * @len: bytes of @text
 * @pattern: filled
 *
 * A field is its digits, "*", or digits of which "?" stands for any one and a final "*" for the
 * rest; one more "*" may end the pattern (modpost adds it). A "*" never reaches into the next
 * field: fnmatch(3) would let "v*d0000A808*" match a device whose *sub*device is A808.
 *
 * Returns: true, or false and @pattern untouched if @text is anything else
 */
bool virModAliasPatternParse(const char *text, size_t len, virModAliasPattern *pattern)
    G_GNUC_WARN_UNUSED_RESULT;

/* The pattern as modpost writes it, "?" where a mask is finer than a digit run; caller frees. */
char *virModAliasPatternFormat(const virModAliasPattern *pattern);

/* True if every field of @alias is one that @pattern allows. */
bool virModAliasPatternMatches(const virModAliasPattern *pattern, const virModAlias *alias);

/**
 * virModAliasPatternCountWildcards:
 *
 * Counts as the kernel commit asks, by the "*" in the text: a field that is not exact is one, and
 * so is the one that modpost appends to a pattern whose last field is exact. So a pattern for a
 * class
 * ("v*d*sv*sd*bc01sc08i02*") and one for a vendor and device are both 5.
 *
 * Returns: 1 (all fields exact) to 7
 */
unsigned int virModAliasPatternCountWildcards(const virModAliasPattern *pattern);

/**
 * virModAliasPatternCompare:
 *
 * Orders by how specific two patterns are: fewest wildcards first, as the kernel commit asks;
 * between equals the one whose earlier field (v, d, sv, sd, bc, sc, i) has more exact digits. Two
 * patterns that still tie are equally good, and the caller keeps the file's order.
 *
 * Returns: negative if @a is more specific, positive if @b is, 0 if neither
 */
int virModAliasPatternCompare(const virModAliasPattern *a, const virModAliasPattern *b);
