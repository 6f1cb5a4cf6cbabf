/*
 * pcicapfuzz.c: configuration spaces of any content: nothing is read or to be written beyond them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "fuzz.h"
#include "virpcicap.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    virPCIConfigRegister registers[VIR_PCI_CAP_MAX_REGISTERS];
    size_t count = virPCICapListRegisters(data, size, registers);
    virPCICaps caps;

    virPCICapsParse(data, size, &caps);
    g_assert_true(caps.pm == 0 || (caps.pm >= VIR_PCI_CONFIG_HEADER_SIZE && caps.pm < size));
    g_assert_true(caps.express == 0 ||
                  (caps.express >= VIR_PCI_CONFIG_HEADER_SIZE && caps.express < size));
    g_assert_true(!caps.hasPMReset || caps.pm != 0);
    g_assert_true(!caps.isHotplugPort || caps.express != 0);

    g_assert_cmpuint(count, <=, VIR_PCI_CAP_MAX_REGISTERS);
    for (size_t i = 0; i < count; i++) {
        g_assert_cmpuint(registers[i].offset + registers[i].size, <=, size);
        if (registers[i].size == 2)
            g_assert_cmpuint(virPCIConfigGet(data, registers[i]), <=, 0xffff);
    }
    return 0;
}
