/*
 * pciaddressfuzz.c: PCI addresses: what parses comes back from its text
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "fuzz.h"
#include "virpciaddress.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *again = NULL;
    virPCIDeviceAddress addr;
    virPCIDeviceAddress reparsed;

    if (!virPCIDeviceAddressParse(text, &addr))
        return 0;
    g_assert_true(virPCIDeviceAddressIsValid(&addr));
    again = virPCIDeviceAddressAsString(&addr);
    g_assert_true(virPCIDeviceAddressParse(again, &reparsed));
    g_assert_cmpint(virPCIDeviceAddressCompare(&addr, &reparsed), ==, 0);
    return 0;
}
