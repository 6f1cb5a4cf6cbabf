/*
 * qemu_command_machine.c: QEMU's command line: the machine and what it boots
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_command_priv.h"

static void
qemuCommandAddMachineType(GPtrArray *argv, const virDomainDef *def)
{
    const virDomainFeaturesDef *features = &def->features;
    const virDomainTimerDef *timers = def->clock.timers;
    g_autoptr(GString) text = g_string_new(def->os.machine);
    bool flash = def->os.loader.type == VIR_DOMAIN_LOADER_PFLASH && def->os.loader.path;
    virTristate smm = def->os.loader.secure == VIR_TRISTATE_ON ? VIR_TRISTATE_ON : features->smm;

    qemuCommandAppendSwitch(text, "acpi", features->acpi ? VIR_TRISTATE_ON : VIR_TRISTATE_OFF);
    qemuCommandAppendSwitch(text, "smm", smm);
    qemuCommandAppendSwitch(text, "vmport", features->vmport);
    qemuCommandAppendSwitch(text, "hpet", timers[VIR_DOMAIN_TIMER_HPET].present);
    qemuCommandAppendSwitch(text, "pit", timers[VIR_DOMAIN_TIMER_PIT].present);
    if (def->mem.backing.nosharepages)
        g_string_append(text, ",mem-merge=off");
    if (qemuCommandHasMemoryBackend(def))
        g_string_append(text, ",memory-backend=" QEMU_COMMAND_RAM_ID);
    if (flash)
        g_string_append(text, ",pflash0=pflash0");
    if (flash && def->os.loader.nvram)
        g_string_append(text, ",pflash1=pflash1");
    qemuCommandAdd(argv, "-machine", text->str);
}

/* A guest's IOMMU can remap interrupts only if the I/O APIC is QEMU's and not KVM's. */
static virDomainIOAPIC
qemuGetIOAPIC(const virDomainDef *def)
{
    const virDomainIOMMUDef *iommu =
        def->iommus->len > 0 ? g_ptr_array_index(def->iommus, 0) : NULL;

    if (iommu && iommu->intremap == VIR_TRISTATE_ON)
        return VIR_DOMAIN_IOAPIC_QEMU;
    return def->features.ioapic;
}

static void
qemuCommandAddAccel(GPtrArray *argv, const virDomainDef *def)
{
    static const char *const irqchips[VIR_DOMAIN_IOAPIC_LAST] = {"", ",kernel-irqchip=on",
                                                                 ",kernel-irqchip=split"};

    if (def->virtType == VIR_DOMAIN_VIRT_KVM)
        qemuCommandAddFormat(argv, "-accel", "kvm%s", irqchips[qemuGetIOAPIC(def)]);
    else
        qemuCommandAdd(argv, "-accel", "tcg");
}

/* A file that the machine has as flash memory: the file, and its format on top. */
static void
qemuCommandAddFlash(GPtrArray *argv, const char *name, const char *path, bool readonly)
{
    JsonObject *file = json_object_new();
    JsonObject *format = json_object_new();
    g_autofree char *storage = g_strconcat(name, "-storage", NULL);

    qemuCommandSetMembers(file, "driver", "file", "filename", path, "node-name", storage, NULL);
    json_object_set_boolean_member(file, "auto-read-only", TRUE);
    qemuCommandAddBlockdev(argv, file);
    qemuCommandSetMembers(format, "driver", "raw", "node-name", name, "file", storage, NULL);
    json_object_set_boolean_member(format, "read-only", readonly);
    qemuCommandAddBlockdev(argv, format);
}

static void
qemuCommandAddFirmware(GPtrArray *argv, const virDomainDef *def)
{
    const virDomainLoaderDef *loader = &def->os.loader;

    if (!loader->path)
        return;
    if (loader->type == VIR_DOMAIN_LOADER_ROM) {
        qemuCommandAdd(argv, "-bios", loader->path);
        return;
    }
    qemuCommandAddFlash(argv, "pflash0", loader->path, loader->readonly != VIR_TRISTATE_OFF);
    if (loader->nvram)
        qemuCommandAddFlash(argv, "pflash1", loader->nvram, false);
    if (loader->secure == VIR_TRISTATE_ON)
        qemuCommandAdd(argv, "-global", "driver=cfi.pflash01,property=secure,value=on");
}

/* One option per table of SMBIOS. */
static void
qemuCommandAddSysinfo(GPtrArray *argv, const virDomainDef *def)
{
    for (int block = 0; block < VIR_DOMAIN_SYSINFO_LAST; block++) {
        g_autoptr(GString) text = g_string_new(NULL);

        g_string_append_printf(text, "type=%d", block);
        for (guint i = 0; i < def->sysinfo->len; i++) {
            const virDomainSysinfoEntry *entry = g_ptr_array_index(def->sysinfo, i);
            g_autofree char *value = qemuCommandEscape(entry->value);

            if ((int)entry->block == block)
                g_string_append_printf(text, ",%s=%s", entry->name, value);
        }
        if (strchr(text->str, ','))
            qemuCommandAdd(argv, "-smbios", text->str);
    }
}

static void
qemuCommandAddSuspend(GPtrArray *argv, const virDomainDef *def, const char *property,
                      virTristate enabled)
{
    const char *chip = virDomainDefHasPCIe(def) ? "ICH9-LPC" : "PIIX4_PM";

    if (enabled != VIR_TRISTATE_ABSENT)
        qemuCommandAddFormat(argv, "-global", "%s.%s=%d", chip, property,
                             enabled == VIR_TRISTATE_OFF);
}

char *
qemuCommandMakeName(const char *name)
{
    g_autofree char *escaped = qemuCommandEscape(name);

    return g_strdup_printf("guest=%s,debug-threads=on", escaped);
}

void
qemuCommandAddMachine(GPtrArray *argv, const virDomainDef *def)
{
    g_autofree char *name = qemuCommandMakeName(def->name);

    qemuCommandAdd(argv, "-name", name);
    qemuCommandAdd(argv, "-uuid", def->uuid);
    qemuCommandAdd(argv, "-S", NULL);
    qemuCommandAddMachineType(argv, def);
    qemuCommandAddAccel(argv, def);
    qemuCommandAddCPU(argv, def);
    qemuCommandAddFirmware(argv, def);
    qemuCommandAddMemory(argv, def);
    qemuCommandAddSMP(argv, def);
    qemuCommandAddClock(argv, def);
    qemuCommandAddSuspend(argv, def, "disable_s3", def->features.suspendToMem);
    qemuCommandAddSuspend(argv, def, "disable_s4", def->features.suspendToDisk);
    if (def->os.smbios == VIR_DOMAIN_SMBIOS_SYSINFO)
        qemuCommandAddSysinfo(argv, def);
}

static void
qemuCommandAddBoot(GPtrArray *argv, const virDomainOSDef *os)
{
    g_autoptr(GString) text = g_string_new("strict=on");

    if (os->bootmenu != VIR_TRISTATE_ABSENT)
        qemuCommandAppendSwitch(text, "menu", os->bootmenu);
    if (os->hasBootmenuTimeout)
        g_string_append_printf(text, ",splash-time=%u", os->bootmenuTimeout_ms);
    qemuCommandAdd(argv, "-boot", text->str);
}

/* Nothing that the definition does not name, and no rights that QEMU does not need. */
void
qemuCommandAddLimits(GPtrArray *argv, const virDomainDef *def)
{
    qemuCommandAdd(argv, "-no-user-config", NULL);
    qemuCommandAdd(argv, "-nodefaults", NULL);
    qemuCommandAdd(argv, "-display", "none");
    qemuCommandAdd(argv, "-sandbox",
                   "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    qemuCommandAddBoot(argv, &def->os);
    if (def->lifecycle.onReboot != VIR_DOMAIN_ACTION_RESTART)
        qemuCommandAdd(argv, "-no-reboot", NULL);
}

void
qemuCommandAddKernel(GPtrArray *argv, const virDomainOSDef *os)
{
    if (os->kernel)
        qemuCommandAdd(argv, "-kernel", os->kernel);
    if (os->initrd)
        qemuCommandAdd(argv, "-initrd", os->initrd);
    if (os->cmdline)
        qemuCommandAdd(argv, "-append", os->cmdline);
}
