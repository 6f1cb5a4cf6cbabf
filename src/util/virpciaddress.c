/*
 * virpciaddress.c: parse, format and compare PCI addresses (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virpciaddress.h"

/* Reads at least @min and at most @max hexadecimal digits; NULL if there are fewer. */
static const char *
virPCIAddressParseHex(const char *cur, int min, int max, unsigned int *value)
{
    int digits = 0;

    *value = 0;
    while (digits < max && g_ascii_isxdigit(cur[digits])) {
        *value = *value << 4 | (unsigned int)g_ascii_xdigit_value(cur[digits]);
        digits++;
    }
    return digits < min ? NULL : cur + digits;
}

static const char *
virPCIAddressParseChar(const char *cur, char wanted)
{
    return cur && *cur == wanted ? cur + 1 : NULL;
}

/* "BB:SS.F" to the end of the text. */
static bool
virPCIAddressParseTail(const char *cur, virPCIDeviceAddress *addr)
{
    if (!(cur = virPCIAddressParseHex(cur, 2, 2, &addr->bus)) ||
        !(cur = virPCIAddressParseChar(cur, ':')) ||
        !(cur = virPCIAddressParseHex(cur, 2, 2, &addr->slot)) ||
        !(cur = virPCIAddressParseChar(cur, '.')) ||
        !(cur = virPCIAddressParseHex(cur, 1, 1, &addr->function)))
        return false;
    return *cur == '\0' && virPCIDeviceAddressIsValid(addr);
}

bool
virPCIDeviceAddressParse(const char *text, virPCIDeviceAddress *addr)
{
    virPCIDeviceAddress parsed = {0};
    const char *cur;

    if (!virPCIAddressParseTail(text, &parsed)) {
        if (!(cur = virPCIAddressParseHex(text, 4, 8, &parsed.domain)) ||
            !(cur = virPCIAddressParseChar(cur, ':')) || !virPCIAddressParseTail(cur, &parsed))
            return false;
    }
    *addr = parsed;
    return true;
}

bool
virPCIDeviceAddressIsValid(const virPCIDeviceAddress *addr)
{
    return addr->bus <= 0xff && addr->slot <= 0x1f && addr->function <= 7;
}

/* Writes @digits hexadecimal digits and returns what follows them. */
static char *
virPCIAddressFormatHex(char *out, unsigned int value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value >>= 4)
        out[i] = "0123456789abcdef"[value & 0xf];
    return out + digits;
}

/* By hand: a scan of thousands of devices spent a tenth of its time in printf. */
void
virPCIDeviceAddressFormat(const virPCIDeviceAddress *addr, char buf[VIR_PCI_ADDRESS_STRLEN])
{
    int domainDigits = 4;

    while (domainDigits < 8 && addr->domain >> (4 * domainDigits) != 0)
        domainDigits++;
    buf = virPCIAddressFormatHex(buf, addr->domain, domainDigits);
    *buf++ = ':';
    buf = virPCIAddressFormatHex(buf, addr->bus, 2);
    *buf++ = ':';
    buf = virPCIAddressFormatHex(buf, addr->slot, 2);
    *buf++ = '.';
    buf = virPCIAddressFormatHex(buf, addr->function, 1);
    *buf = '\0';
}

char *
virPCIDeviceAddressAsString(const virPCIDeviceAddress *addr)
{
    char buf[VIR_PCI_ADDRESS_STRLEN];

    virPCIDeviceAddressFormat(addr, buf);
    return g_strdup(buf);
}

guint64
virPCIDeviceAddressAsNumber(const virPCIDeviceAddress *addr)
{
    return (guint64)addr->domain << 16 | addr->bus << 8 | addr->slot << 3 | addr->function;
}

int
virPCIDeviceAddressCompare(const virPCIDeviceAddress *a, const virPCIDeviceAddress *b)
{
    guint64 left = virPCIDeviceAddressAsNumber(a);
    guint64 right = virPCIDeviceAddressAsNumber(b);

    return left < right ? -1 : left > right;
}
