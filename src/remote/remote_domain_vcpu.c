/*
 * remote_domain_vcpu.c: how many processors and I/O threads guests have, and where on the host they
 * run
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_domain.h"
#include "virerror.h"
#include "virgettext.h"
#include "virhostcpu.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

int
remoteDomainSetVcpus(virRPCCall *call, remote_set_vcpus_args *in, virRPCNothing *out)
{
    remote_domain_vcpus_args args = {in->domain, in->count, VIR_DOMAIN_AFFECT_LIVE};

    return remoteDomainSetVcpusFlags(call, &args, out);
}

int
remoteDomainSetVcpusFlags(virRPCCall *call, remote_domain_vcpus_args *in,
                          virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);

    return vm ? qemuDomainSetVcpusFlags(vm, in->count, in->flags) : -1;
}

int
remoteDomainGetVcpusFlags(virRPCCall *call, remote_domain_flags *in, remote_int *out)
{
    g_autoptr(virDomainObj) vm = NULL;
    int count;

    /* The agent would be asked. */
    if (remoteRefuseFlags(call, in->flags, VIR_DOMAIN_VCPU_GUEST) < 0 ||
        !(vm = remoteDomainFind(call, &in->domain)) ||
        (count = qemuDomainGetVcpusFlags(vm, in->flags)) < 0)
        return -1;
    out->value = count;
    return 0;
}

/* The set of a map, or NULL with an error reported. */
static virBitmap *
remoteCPUMapParse(const char *bytes, unsigned int len)
{
    virBitmap *cpus = virBitmapFromBytes((const guint8 *)bytes, len);

    if (!cpus)
        virReportError(VIR_ERR_INVALID_ARG,
                       _("invalid argument: no processor of the host is selected for pinning"));
    return cpus;
}

int
remoteDomainPinVcpu(virRPCCall *call, remote_pin_vcpu_args *in, virRPCNothing *out)
{
    remote_pin_vcpu_flags_args args = {.domain = in->domain, .vcpu = in->vcpu};

    args.map.map_len = in->map.map_len;
    args.map.map_val = in->map.map_val;
    args.flags = VIR_DOMAIN_AFFECT_LIVE;
    return remoteDomainPinVcpuFlags(call, &args, out);
}

int
remoteDomainPinVcpuFlags(virRPCCall *call, remote_pin_vcpu_flags_args *in,
                         virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    g_autoptr(virBitmap) cpus = NULL;

    if (!vm || !(cpus = remoteCPUMapParse(in->map.map_val, in->map.map_len)))
        return -1;
    return qemuDomainPinVcpuFlags(vm, in->vcpu, cpus, in->flags);
}

int
remoteDomainPinEmulator(virRPCCall *call, remote_pin_emulator_args *in,
                        virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    g_autoptr(virBitmap) cpus = NULL;

    if (!vm || !(cpus = remoteCPUMapParse(in->map.map_val, in->map.map_len)))
        return -1;
    return qemuDomainPinEmulator(vm, cpus, in->flags);
}

/* How many bytes so many maps take, or -1 with an error reported. */
static int
remoteCPUMapsCheck(int count, int length)
{
    if (count >= 0 && length >= 0 && (gint64)count * length <= REMOTE_CPU_MAPS_SIZE)
        return count * length;
    virReportError(VIR_ERR_INVALID_ARG,
                   _("invalid argument: %1$d maps of processors of %2$d bytes each"), count,
                   length);
    return -1;
}

/* The host's processors, one bit each; NULL with an error reported. */
static virBitmap *
remoteCPUMapOfHost(virRPCCall *call)
{
    virPCIHost *host = remoteClientGetDaemon(remoteClientOf(call))->host;
    g_autoptr(virHostTopology) topology = virHostTopologyRead(virPCIHostGetRoot(host));
    guint8 bytes[(VIR_BITMAP_MAX + 1) / 8] = {0};

    if (!topology)
        return NULL;
    for (guint i = 0; i < topology->present->len; i++) {
        unsigned int id = g_array_index(topology->present, unsigned int, i);

        if (id <= VIR_BITMAP_MAX)
            bytes[id / 8] |= (guint8)(1U << (id % 8));
    }
    return virBitmapFromBytes(bytes, sizeof(bytes));
}

/* Maps for pins, of which NULL is everywhere. */
static int
remoteCPUMapsFill(virRPCCall *call, const GPtrArray *pins, unsigned int count, int length,
                  guint8 *bytes)
{
    g_autoptr(virBitmap) all = remoteCPUMapOfHost(call);

    if (!all)
        return -1;
    for (guint i = 0; i < count; i++) {
        const virBitmap *set = pins->pdata[i] ? pins->pdata[i] : all;

        virBitmapToBytes(set, bytes + (size_t)i * (size_t)length, (size_t)length);
    }
    return 0;
}

int
remoteDomainGetVcpuPinInfo(virRPCCall *call, remote_vcpu_pin_info_args *in,
                           remote_pin_info_ret *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    g_autoptr(GPtrArray) pins = NULL;
    unsigned int count;

    if (!vm || remoteCPUMapsCheck(in->count, in->length) < 0 ||
        !(pins = qemuDomainGetVcpuPins(vm, in->flags)))
        return -1;
    count = MIN((unsigned int)in->count, pins->len);
    out->maps.maps_len = count * (unsigned int)in->length;
    out->maps.maps_val = g_malloc0(out->maps.maps_len);
    out->count = (int)count;
    return remoteCPUMapsFill(call, pins, count, in->length, (guint8 *)out->maps.maps_val);
}

static void
remoteCPUMapFree(void *set)
{
    virBitmapFree(set);
}

int
remoteDomainGetEmulatorPinInfo(virRPCCall *call, remote_emulator_pin_info_args *in,
                               remote_pin_info_ret *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    g_autoptr(GPtrArray) pins = g_ptr_array_new_with_free_func(remoteCPUMapFree);
    virBitmap *cpus;

    if (!vm || remoteCPUMapsCheck(1, in->length) < 0 ||
        qemuDomainGetEmulatorPin(vm, in->flags, &cpus) < 0)
        return -1;
    g_ptr_array_add(pins, cpus);
    out->maps.maps_len = (unsigned int)in->length;
    out->maps.maps_val = g_malloc0(out->maps.maps_len);
    out->count = 1;
    return remoteCPUMapsFill(call, pins, 1, in->length, (guint8 *)out->maps.maps_val);
}

/* Where the processors that there are run: their maps, in the order of @infos. */
static int
remoteVcpusFillMaps(virRPCCall *call, virDomainObj *vm, int length, remote_vcpus_ret *out)
{
    g_autoptr(GPtrArray) pins = qemuDomainGetVcpuPins(vm, VIR_DOMAIN_AFFECT_LIVE);
    g_autoptr(GPtrArray) wanted = g_ptr_array_new();

    if (!pins)
        return -1;
    for (unsigned int i = 0; i < out->infos.infos_len; i++) {
        unsigned int number = out->infos.infos_val[i].number;

        g_ptr_array_add(wanted, number < pins->len ? pins->pdata[number] : NULL);
    }
    out->maps.maps_len = wanted->len * (unsigned int)length;
    out->maps.maps_val = g_malloc0(out->maps.maps_len);
    return remoteCPUMapsFill(call, wanted, wanted->len, length, (guint8 *)out->maps.maps_val);
}

int
remoteDomainGetVcpus(virRPCCall *call, remote_vcpus_args *in, remote_vcpus_ret *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    g_autofree virVcpuInfo *infos = NULL;
    unsigned int max;
    int n;

    if (!vm || remoteCPUMapsCheck(in->max, in->length) < 0)
        return -1;
    max = MIN((unsigned int)in->max, REMOTE_VCPUS_MAX);
    infos = g_new0(virVcpuInfo, max + 1);
    if ((n = qemuDomainGetVcpus(vm, infos, max)) < 0)
        return -1;
    out->infos.infos_len = (unsigned int)n;
    out->infos.infos_val = g_new0(remote_vcpu_info, (gsize)n);
    for (int i = 0; i < n; i++)
        out->infos.infos_val[i] =
            (remote_vcpu_info){infos[i].number, infos[i].state, infos[i].cpuTime, infos[i].cpu};
    return in->length > 0 ? remoteVcpusFillMaps(call, vm, in->length, out) : 0;
}

int
remoteDomainPinIOThread(virRPCCall *call, remote_pin_io_thread_args *in,
                        virRPCNothing *out G_GNUC_UNUSED)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    g_autoptr(virBitmap) cpus = NULL;

    if (!vm || !(cpus = remoteCPUMapParse(in->map.map_val, in->map.map_len)))
        return -1;
    return qemuDomainPinIOThread(vm, in->number, cpus, in->flags);
}

/* As long a map as the set needs. */
static void
remoteIOThreadFill(const qemuDomainIOThread *thread, const virBitmap *all, remote_io_thread *out)
{
    const virBitmap *set = thread->cpus ? thread->cpus : all;

    out->number = thread->number;
    out->map.map_len = virBitmapLast(set) / 8 + 1;
    out->map.map_val = g_malloc0(out->map.map_len);
    virBitmapToBytes(set, (guint8 *)out->map.map_val, out->map.map_len);
}

int
remoteDomainGetIOThreadInfo(virRPCCall *call, remote_domain_flags *in, remote_io_threads_ret *out)
{
    g_autoptr(virDomainObj) vm = remoteDomainFind(call, &in->domain);
    g_autoptr(GPtrArray) threads = NULL;
    g_autoptr(virBitmap) all = NULL;

    if (!vm || !(threads = qemuDomainGetIOThreads(vm, in->flags)) ||
        !(all = remoteCPUMapOfHost(call)))
        return -1;
    out->total = threads->len;
    out->items.items_len = threads->len;
    out->items.items_val = g_new0(remote_io_thread, threads->len);
    for (guint i = 0; i < threads->len; i++)
        remoteIOThreadFill(threads->pdata[i], all, &out->items.items_val[i]);
    return 0;
}
