/*
 * virpciholders.c: what uses a device now, and what the host would lose with it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virpciholders.h"

VIR_ENUM_IMPL(virPCIGuard, VIR_PCI_GUARD_LAST, "network", "storage", "vfs", "display");

GArray *
virPCIHoldersList(virPCIDevice *dev G_GNUC_UNUSED, const virPCIDeviceFacts *facts G_GNUC_UNUSED)
{
    return g_array_new(FALSE, FALSE, sizeof(virPCIHolder));
}

char *
virPCIHoldersListProcesses(virPCIDevice *dev G_GNUC_UNUSED,
                           const virPCIDeviceFacts *facts G_GNUC_UNUSED)
{
    return NULL;
}
