/*
 * qemu_command_cpu.c: QEMU's command line: processors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_command_priv.h"

static void G_GNUC_PRINTF(2, 3) qemuCommandAppend(GString *text, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_string_append_c(text, ',');
    g_string_append_vprintf(text, fmt, ap);
    va_end(ap);
}

/* Nothing if the switch is absent: then QEMU's default holds. */
void
qemuCommandAppendSwitch(GString *text, const char *name, virTristate value)
{
    if (value != VIR_TRISTATE_ABSENT)
        qemuCommandAppend(text, "%s=%s", name, value == VIR_TRISTATE_ON ? "on" : "off");
}

/* The model that QEMU is told; NULL to leave it to QEMU. */
static const char *
qemuCommandCPUModel(const virDomainDef *def)
{
    bool kvm = def->virtType == VIR_DOMAIN_VIRT_KVM;

    switch (def->cpu.mode) {
    case VIR_DOMAIN_CPU_MODE_CUSTOM:
        return def->cpu.model;
    case VIR_DOMAIN_CPU_MODE_HOST_MODEL:
        return kvm ? "host" : "max";
    case VIR_DOMAIN_CPU_MODE_HOST_PASSTHROUGH:
        return "host";
    case VIR_DOMAIN_CPU_MODE_MAXIMUM:
        return "max";
    case VIR_DOMAIN_CPU_MODE_DEFAULT:
    case VIR_DOMAIN_CPU_MODE_LAST:
    default:
        return kvm ? "host" : NULL;
    }
}

static void
qemuCommandAppendFeatures(GString *text, const virDomainCPUDef *cpu)
{
    for (guint i = 0; cpu->features && i < cpu->features->len; i++) {
        const virDomainCPUFeatureDef *feature = g_ptr_array_index(cpu->features, i);
        bool off = feature->policy == VIR_DOMAIN_CPU_POLICY_DISABLE;

        qemuCommandAppendSwitch(text, feature->name, off ? VIR_TRISTATE_OFF : VIR_TRISTATE_ON);
    }
}

static void
qemuCommandAppendCPU(GString *text, const virDomainCPUDef *cpu)
{
    qemuCommandAppendSwitch(text, "migratable", cpu->migratable);
    if (cpu->vendorID)
        qemuCommandAppend(text, "vendor=%s", cpu->vendorID);
    qemuCommandAppendFeatures(text, cpu);
    if (cpu->check == VIR_DOMAIN_CPU_CHECK_PARTIAL || cpu->check == VIR_DOMAIN_CPU_CHECK_FULL)
        qemuCommandAppend(text, "enforce=on");
    if (cpu->cache == VIR_DOMAIN_CPU_CACHE_PASSTHROUGH)
        qemuCommandAppend(text, "host-cache-info=on");
    else if (cpu->cache != VIR_DOMAIN_CPU_CACHE_DEFAULT)
        qemuCommandAppend(text, "l3-cache=%s",
                          cpu->cache == VIR_DOMAIN_CPU_CACHE_EMULATE ? "on" : "off");
    if (cpu->physaddr == VIR_DOMAIN_CPU_PHYSADDR_EMULATE)
        qemuCommandAppend(text, "phys-bits=%u", cpu->physaddrBits);
    if (cpu->physaddr == VIR_DOMAIN_CPU_PHYSADDR_PASSTHROUGH)
        qemuCommandAppend(text, "host-phys-bits=on");
    if (cpu->physaddr == VIR_DOMAIN_CPU_PHYSADDR_PASSTHROUGH && cpu->physaddrBits > 0)
        qemuCommandAppend(text, "host-phys-bits-limit=%u", cpu->physaddrBits);
}

static void
qemuCommandAppendHyperv(GString *text, const virDomainHypervDef *hyperv)
{
    if (hyperv->present && hyperv->mode == VIR_DOMAIN_HYPERV_MODE_PASSTHROUGH)
        qemuCommandAppend(text, "hv-passthrough=on");
    for (int i = 0; i < VIR_DOMAIN_HYPERV_LAST; i++) {
        g_autofree char *name = g_strconcat("hv-", virDomainHypervToString(i), NULL);

        g_strdelimit(name, "_", '-');
        if (i == VIR_DOMAIN_HYPERV_SPINLOCKS && hyperv->spinlockRetries > 0)
            qemuCommandAppend(text, "hv-spinlocks=0x%x", hyperv->spinlockRetries);
        else if (i == VIR_DOMAIN_HYPERV_VENDOR_ID && hyperv->vendorID)
            qemuCommandAppend(text, "hv-vendor-id=%s", hyperv->vendorID);
        else if (i != VIR_DOMAIN_HYPERV_SPINLOCKS && i != VIR_DOMAIN_HYPERV_VENDOR_ID)
            qemuCommandAppendSwitch(text, name, hyperv->state[i]);
    }
    qemuCommandAppendSwitch(text, "hv-stimer-direct", hyperv->stimerDirect);
}

/* Timers that the guest sees as features of its processors. */
static void
qemuCommandAppendTimers(GString *text, const virDomainClockDef *clock)
{
    guint64 frequency = clock->timers[VIR_DOMAIN_TIMER_TSC].frequency;

    qemuCommandAppendSwitch(text, "kvmclock", clock->timers[VIR_DOMAIN_TIMER_KVMCLOCK].present);
    qemuCommandAppendSwitch(text, "hv-time", clock->timers[VIR_DOMAIN_TIMER_HYPERVCLOCK].present);
    if (frequency > 0)
        qemuCommandAppend(text, "tsc-frequency=%" G_GUINT64_FORMAT, frequency);
}

void
qemuCommandAddCPU(GPtrArray *argv, const virDomainDef *def)
{
    const virDomainFeaturesDef *features = &def->features;
    g_autoptr(GString) text = g_string_new(NULL);
    const char *model = qemuCommandCPUModel(def);

    qemuCommandAppendCPU(text, &def->cpu);
    if (features->kvmHidden == VIR_TRISTATE_ON)
        qemuCommandAppend(text, "kvm=off");
    qemuCommandAppendSwitch(text, "kvm-hint-dedicated", features->kvmHintDedicated);
    qemuCommandAppendSwitch(text, "kvm-poll-control", features->kvmPollControl);
    qemuCommandAppendSwitch(text, "kvm-pv-eoi", features->apicEOI);
    qemuCommandAppendSwitch(text, "pmu", features->pmu);
    qemuCommandAppendHyperv(text, &features->hyperv);
    qemuCommandAppendTimers(text, &def->clock);
    if (model || text->len > 0)
        qemuCommandAddFormat(argv, "-cpu", "%s%s", model ? model : "qemu64", text->str);
}

void
qemuCommandAddSMP(GPtrArray *argv, const virDomainDef *def)
{
    const virDomainCPUDef *cpu = &def->cpu;
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "cpus=%u", def->vcpu.current);
    if (def->vcpu.max != def->vcpu.current || cpu->sockets > 0)
        qemuCommandAppend(text, "maxcpus=%u", def->vcpu.max);
    if (cpu->sockets > 0)
        qemuCommandAppend(text, "sockets=%u,dies=%u,cores=%u,threads=%u", cpu->sockets, cpu->dies,
                          cpu->cores, cpu->threads);
    qemuCommandAdd(argv, "-smp", text->str);
}
