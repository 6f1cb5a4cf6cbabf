/*
 * domain_check.c: what elements of different families say together
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_check.h"
#include "virerror.h"
#include "virgettext.h"

static int
virDomainCheckCPU(virXMLNode *root, const virDomainDef *def)
{
    const virDomainCPUDef *cpu = &def->cpu;
    virXMLNode *node = virXMLGetChild(root, "cpu");

    if (def->virtType == VIR_DOMAIN_VIRT_QEMU &&
        cpu->mode == VIR_DOMAIN_CPU_MODE_HOST_PASSTHROUGH) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: CPU mode 'host-passthrough' with <domain "
                            "type='qemu'>, which has no host CPU to pass through; use 'maximum', "
                            "or type='kvm'"));
        return -1;
    }
    if (def->virtType == VIR_DOMAIN_VIRT_QEMU &&
        (cpu->cache == VIR_DOMAIN_CPU_CACHE_PASSTHROUGH ||
         cpu->physaddr == VIR_DOMAIN_CPU_PHYSADDR_PASSTHROUGH)) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: <cache> or <maxphysaddr> of the host with "
                            "<domain type='qemu'>, which does not use the host's CPU"));
        return -1;
    }
    return 0;
}

/* Optional features are those that QEMU leaves out by itself, and with a check it does not. */
static int
virDomainCheckCPUFeatures(virXMLNode *root, const virDomainDef *def)
{
    const virDomainCPUDef *cpu = &def->cpu;

    if (cpu->check != VIR_DOMAIN_CPU_CHECK_PARTIAL && cpu->check != VIR_DOMAIN_CPU_CHECK_FULL)
        return 0;
    for (guint i = 0; i < cpu->features->len; i++) {
        const virDomainCPUFeatureDef *feature = g_ptr_array_index(cpu->features, i);

        if (feature->policy == VIR_DOMAIN_CPU_POLICY_OPTIONAL) {
            virXMLReportError(virXMLGetChild(root, "cpu"), VIR_ERR_CONFIG_UNSUPPORTED,
                              _("unsupported configuration: optional CPU feature '%1$s' with "
                                "check='%2$s', which demands them all; use check='none'"),
                              feature->name, virDomainCPUCheckToString((int)cpu->check));
            return -1;
        }
    }
    return 0;
}

static int
virDomainCheckFirmware(virXMLNode *root, const virDomainDef *def)
{
    const virDomainLoaderDef *loader = &def->os.loader;
    virXMLNode *node = virXMLGetChild(root, "os");

    if ((loader->efi || loader->type == VIR_DOMAIN_LOADER_PFLASH) && !def->features.acpi) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("UEFI needs ACPI: add <acpi/> to <features>"));
        return -1;
    }
    if (loader->secure == VIR_TRISTATE_ON && !virDomainDefHasPCIe(def)) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: a secure <loader> with machine '%1$s'; it "
                            "needs machine 'q35'"),
                          def->os.machine);
        return -1;
    }
    if (loader->secure == VIR_TRISTATE_ON && def->features.smm == VIR_TRISTATE_OFF) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("a secure <loader> needs SMM: remove <smm state='off'/>"));
        return -1;
    }
    return 0;
}

/* Pages for cells that there are, and not for none of them. */
static int
virDomainCheckHugepages(virXMLNode *root, const virDomainDef *def)
{
    const virDomainMemoryBackingDef *backing = &def->mem.backing;
    unsigned int cells = def->numa.cells ? def->numa.cells->len : 1;

    for (guint i = 0; backing->pages && i < backing->pages->len; i++) {
        const virDomainHugepageDef *page = g_ptr_array_index(backing->pages, i);

        if (page->cells && virBitmapLast(page->cells) >= cells) {
            virXMLReportError(virXMLGetChild(root, "memoryBacking"), VIR_ERR_XML_ERROR,
                              _("<page> is for NUMA cell %1$u, and the guest has 0 to %2$u"),
                              virBitmapLast(page->cells), cells - 1);
            return -1;
        }
    }
    return 0;
}

/* Memory that a guest is to leave to the host goes there through its balloon. */
static bool
virDomainHasBalloon(const virDomainDef *def)
{
    const virDomainMemballoonDef *balloon =
        def->memballoons->len > 0 ? g_ptr_array_index(def->memballoons, 0) : NULL;

    return !balloon || balloon->model != VIR_DOMAIN_MEMBALLOON_NONE;
}

int
virDomainCheckDevices(virXMLNode *root, const virDomainDef *def)
{
    virXMLNode *node = virXMLGetChild(root, "currentMemory");

    if (def->mem.current_kib == def->mem.total_kib)
        return 0;
    if (!virDomainHasBalloon(def)) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: <currentMemory> differs from <memory> in a "
                            "guest with <memballoon model='none'/>, which cannot leave memory to "
                            "the host; make them equal, or let it have a balloon"));
        return -1;
    }
    if (def->hostdevs->len == 0)
        return 0;
    virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                      _("unsupported configuration: <currentMemory> differs from <memory>; a "
                        "guest with VFIO devices has all its memory from the start"));
    return -1;
}

int
virDomainCheck(virXMLNode *root, const virDomainDef *def)
{
    if (def->os.smbios == VIR_DOMAIN_SMBIOS_SYSINFO && !def->sysinfo) {
        virXMLReportError(virXMLGetChild(root, "os"), VIR_ERR_XML_ERROR,
                          _("<smbios mode='sysinfo'> needs a <sysinfo type='smbios'>"));
        return -1;
    }
    if (virDomainCheckCPU(root, def) < 0 || virDomainCheckCPUFeatures(root, def) < 0 ||
        virDomainCheckFirmware(root, def) < 0)
        return -1;
    return virDomainCheckHugepages(root, def);
}
