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

/* Names of drivers come from a guest's XML, perhaps a stranger's. */
static char *
virHostdevQuote(const char *name)
{
    static const char harmless[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.-";

    return name[strspn(name, harmless)] == '\0' ? g_strdup(name) : g_shell_quote(name);
}

char *
virHostdevAdviseBind(const char *name, const virPCIIOMMUGroup *group, const char *driver)
{
    g_autoptr(GString) text = g_string_new("virtvfio bind");
    gsize nothing = text->len;
    virPCIDeviceAddress addr;

    if (name)
        g_string_append_printf(text, " %s", name);
    for (guint i = 0; group && i < group->members->len; i++) {
        const virPCIIOMMUMember *member = &g_array_index(group->members, virPCIIOMMUMember, i);

        if (member->blocks && g_strcmp0(member->name, name) != 0 &&
            virPCIDeviceAddressParse(member->name, &addr))
            g_string_append_printf(text, " %s", member->name);
    }
    if (text->len == nothing)
        return NULL;
    if (driver) {
        g_autofree char *quoted = virHostdevQuote(driver);

        g_string_append_printf(text, " --driver %s", quoted);
    }
    return g_strdup(text->str);
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
