/*
 * virhostdevadvice.c: what a user types to give a device to a VFIO driver
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virgettext.h"
#include "virhostdevadvice.h"

bool
virHostdevAdviseDriver(virPCIDevice *dev, const char *modalias, virPCIBestDriver *best)
{
    virPCIHost *host = virPCIDeviceGetHost(dev);
    g_autoptr(virKModIndex) index = virKModGetIndex(virPCIHostGetKMod(host));

    return virPCIFindBestDriver(host, index, modalias, best);
}

static bool
virHostdevDriverIsThere(virPCIHost *host, const char *driver)
{
    g_autofree char *path = driver ? g_strdup_printf("sys/bus/pci/drivers/%s", driver) : NULL;

    return path && virSysfsExists(virPCIHostGetRoot(host), path);
}

/* Names come from sysfs, perhaps that of a stranger's recorded tree. */
static char *
virHostdevQuote(const char *name)
{
    static const char harmless[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.-";

    return name[strspn(name, harmless)] == '\0' ? g_strdup(name) : g_shell_quote(name);
}

char *
virHostdevAdviseBind(virPCIDevice *dev, const char *driver, const virPCIBestDriver *best)
{
    const char *name = virPCIDeviceGetName(dev);
    g_autofree char *module = virHostdevQuote(best->module);
    g_autofree char *wanted = best->driver ? virHostdevQuote(best->driver) : NULL;
    GString *text = g_string_new(NULL);

    if (!virHostdevDriverIsThere(virPCIDeviceGetHost(dev), best->driver))
        g_string_append_printf(text, "  modprobe %s\n", module);
    /* What the driver in a module is called shows only when that is loaded. */
    if (!wanted) {
        g_string_append_printf(text, "  virtvfio explain %s", name);
        return g_string_free(text, FALSE);
    }
    g_string_append_printf(text, "  echo %s > /sys/bus/pci/devices/%s/driver_override\n", wanted,
                           name);
    if (driver)
        g_string_append_printf(text, "  echo %s > /sys/bus/pci/devices/%s/driver/unbind\n", name,
                               name);
    g_string_append_printf(text, "  echo %s > /sys/bus/pci/drivers_probe", name);
    return g_string_free(text, FALSE);
}

char *
virHostdevAdviseIOMMU(virPCIHost *host)
{
    g_auto(GStrv) groups = virSysfsListNames(virPCIHostGetRoot(host), "sys/kernel/iommu_groups");

    if (groups[0])
        return g_strdup(_("no IOMMU of this host covers it"));
    return g_strdup(_("the IOMMU is off: turn on VT-d or AMD-Vi in the firmware's setup, and boot "
                      "an Intel host with intel_iommu=on"));
}
