/*
 * capabilities.c: what this host and its hypervisor can do, as libvirt's XML
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <sys/utsname.h>

#include "capabilities.h"
#include "virerror.h"
#include "virhostpages.h"
#include "virxmlwriter.h"

static void
virCapsMachineFree(void *opaque)
{
    virCapsMachine *machine = opaque;

    g_free(machine->name);
    g_free(machine->canonical);
    g_free(machine);
}

static void
virCapsGuestFree(void *opaque)
{
    virCapsGuest *guest = opaque;

    g_free(guest->arch);
    g_free(guest->emulator);
    g_ptr_array_unref(guest->machines);
    g_free(guest);
}

void
virCapsFree(virCaps *caps)
{
    if (!caps)
        return;
    g_free(caps->uuid);
    g_free(caps->arch);
    virHostTopologyFree(caps->topology);
    g_ptr_array_unref(caps->pages);
    g_ptr_array_unref(caps->guests);
    g_free(caps);
}

/* The firmware's UUID; else one derived from the machine's identity, which is not to be shown. */
char *
virCapsReadUUID(const virSysfsRoot *root)
{
    g_autofree char *found = NULL;
    g_autofree char *machine = NULL;
    g_autofree char *hash = NULL;
    g_autofree char *salted = NULL;

    if (virSysfsRead(root, "sys/class/dmi/id/product_uuid", &found) == 0 &&
        g_uuid_string_is_valid(found))
        return g_ascii_strdown(found, -1);
    if (virSysfsRead(root, "etc/machine-id", &machine) < 0)
        machine = g_strdup("");
    salted = g_strconcat("virtvfio host uuid ", machine, NULL);
    hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, salted, -1);
    return g_strdup_printf("%.8s-%.4s-4%.3s-8%.3s-%.12s", hash, hash + 8, hash + 12, hash + 15,
                           hash + 18);
}

static void
virCapsNote(const char *name G_GNUC_UNUSED, int type G_GNUC_UNUSED, void *opaque)
{
    *(bool *)opaque = true;
}

static void
virCapsPagesFree(void *pages)
{
    if (pages)
        g_array_unref(pages);
}

/* Where the kernel has no nodes, the only one's are the host's. */
static GPtrArray *
virCapsReadPages(const virSysfsRoot *root, const virHostTopology *topology)
{
    GPtrArray *pages = g_ptr_array_new_with_free_func(virCapsPagesFree);

    for (guint i = 0; i < topology->nodes->len; i++) {
        int id = (int)g_array_index(topology->nodes, virHostNode, i).id;
        GArray *found = virHostPagesRead(root, id);

        if (!found && topology->nodes->len == 1)
            found = virHostPagesRead(root, -1);
        g_ptr_array_add(pages, found);
    }
    virErrorReset();
    return pages;
}

virCaps *
virCapsNew(const virSysfsRoot *root)
{
    g_autoptr(virHostTopology) topology = virHostTopologyRead(root);
    virCaps *caps;
    struct utsname name;

    if (!topology)
        return NULL;
    uname(&name);
    caps = g_new0(virCaps, 1);
    caps->uuid = virCapsReadUUID(root);
    caps->arch = g_strdup(name.machine);
    caps->pages = virCapsReadPages(root, topology);
    caps->topology = g_steal_pointer(&topology);
    caps->guests = g_ptr_array_new_with_free_func(virCapsGuestFree);
    if (virSysfsList(root, "sys/kernel/iommu_groups", virCapsNote, &caps->iommu) < 0)
        caps->iommu = false;
    return caps;
}

virCapsGuest *
virCapsAddGuest(virCaps *caps, const char *arch, unsigned int bits, const char *emulator)
{
    virCapsGuest *guest = g_new0(virCapsGuest, 1);

    guest->arch = g_strdup(arch);
    guest->emulator = g_strdup(emulator);
    guest->bits = bits;
    guest->machines = g_ptr_array_new_with_free_func(virCapsMachineFree);
    g_ptr_array_add(caps->guests, guest);
    return guest;
}

void
virCapsGuestAddMachine(virCapsGuest *guest, const char *name, const char *canonical,
                       unsigned int maxCPUs)
{
    virCapsMachine *machine = g_new0(virCapsMachine, 1);

    machine->name = g_strdup(name);
    machine->canonical = g_strdup(canonical);
    machine->maxCPUs = maxCPUs;
    g_ptr_array_add(guest->machines, machine);
}

/* The sizes, and of a node how many there are of each; @pages may be NULL. */
static void
virCapsFormatPages(virXMLWriter *writer, const GArray *pages, bool counted)
{
    for (guint i = 0; pages && i < pages->len; i++) {
        const virHostPages *some = &g_array_index(pages, virHostPages, i);
        g_autofree char *total = g_strdup_printf("%" G_GUINT64_FORMAT, some->total);

        virXMLWriterStart(writer, "pages");
        virXMLWriterAttribute(writer, "unit", "KiB");
        virXMLWriterAttribute(writer, "size", "%u", some->size_kib);
        if (counted)
            virXMLWriterText(writer, total);
        virXMLWriterEnd(writer);
    }
}

static void
virCapsFormatCell(virXMLWriter *writer, const virCaps *caps, guint index)
{
    const virHostTopology *topology = caps->topology;
    const virHostNode *node = &g_array_index(topology->nodes, virHostNode, index);
    g_autofree char *memory = g_strdup_printf("%" G_GUINT64_FORMAT, node->memory_kib);
    unsigned int count = 0;

    for (guint i = 0; i < topology->cpus->len; i++)
        count += g_array_index(topology->cpus, virHostCPU, i).node == node->id;
    virXMLWriterStart(writer, "cell");
    virXMLWriterAttribute(writer, "id", "%u", node->id);
    virXMLWriterStart(writer, "memory");
    virXMLWriterAttribute(writer, "unit", "KiB");
    virXMLWriterText(writer, memory);
    virXMLWriterEnd(writer);
    virCapsFormatPages(writer, caps->pages->pdata[index], true);
    virXMLWriterStart(writer, "cpus");
    virXMLWriterAttribute(writer, "num", "%u", count);
    for (guint i = 0; i < topology->cpus->len; i++) {
        const virHostCPU *cpu = &g_array_index(topology->cpus, virHostCPU, i);

        if (cpu->node != node->id)
            continue;
        virXMLWriterStart(writer, "cpu");
        virXMLWriterAttribute(writer, "id", "%u", cpu->id);
        virXMLWriterAttribute(writer, "socket_id", "%u", cpu->socket);
        virXMLWriterAttribute(writer, "die_id", "%u", cpu->die);
        virXMLWriterAttribute(writer, "core_id", "%u", cpu->core);
        virXMLWriterAttribute(writer, "siblings", "%s", cpu->siblings);
        virXMLWriterEnd(writer);
    }
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
}

static void
virCapsFormatTopology(virXMLWriter *writer, const virCaps *caps)
{
    virXMLWriterStart(writer, "topology");
    virXMLWriterStart(writer, "cells");
    virXMLWriterAttribute(writer, "num", "%u", caps->topology->nodes->len);
    for (guint i = 0; i < caps->topology->nodes->len; i++)
        virCapsFormatCell(writer, caps, i);
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
}

static void
virCapsFormatHost(virXMLWriter *writer, const virCaps *caps)
{
    virXMLWriterStart(writer, "host");
    virXMLWriterElement(writer, "uuid", caps->uuid);
    virXMLWriterStart(writer, "cpu");
    virXMLWriterElement(writer, "arch", caps->arch);
    virXMLWriterStart(writer, "topology");
    virXMLWriterAttribute(writer, "sockets", "%u", caps->topology->sockets);
    virXMLWriterAttribute(writer, "dies", "%u", 1U);
    virXMLWriterAttribute(writer, "cores", "%u", caps->topology->cores);
    virXMLWriterAttribute(writer, "threads", "%u", caps->topology->threads);
    virXMLWriterEnd(writer);
    virCapsFormatPages(writer, caps->pages->pdata[0], false);
    virXMLWriterEnd(writer);
    virXMLWriterStart(writer, "iommu");
    virXMLWriterAttribute(writer, "support", "%s", caps->iommu ? "yes" : "no");
    virXMLWriterEnd(writer);
    virCapsFormatTopology(writer, caps);
    virXMLWriterEnd(writer);
}

static void
virCapsFormatDomain(virXMLWriter *writer, const char *type)
{
    virXMLWriterStart(writer, "domain");
    virXMLWriterAttribute(writer, "type", "%s", type);
    virXMLWriterEnd(writer);
}

static void
virCapsFormatToggle(virXMLWriter *writer, const char *feature)
{
    virXMLWriterStart(writer, feature);
    virXMLWriterAttribute(writer, "default", "on");
    virXMLWriterAttribute(writer, "toggle", "yes");
    virXMLWriterEnd(writer);
}

static void
virCapsFormatGuest(virXMLWriter *writer, const virCapsGuest *guest)
{
    g_autofree char *bits = g_strdup_printf("%u", guest->bits);

    virXMLWriterStart(writer, "guest");
    virXMLWriterElement(writer, "os_type", "hvm");
    virXMLWriterStart(writer, "arch");
    virXMLWriterAttribute(writer, "name", "%s", guest->arch);
    virXMLWriterElement(writer, "wordsize", bits);
    virXMLWriterElement(writer, "emulator", guest->emulator);
    for (guint i = 0; i < guest->machines->len; i++) {
        const virCapsMachine *machine = guest->machines->pdata[i];

        virXMLWriterStart(writer, "machine");
        if (machine->canonical)
            virXMLWriterAttribute(writer, "canonical", "%s", machine->canonical);
        if (machine->maxCPUs > 0)
            virXMLWriterAttribute(writer, "maxCpus", "%u", machine->maxCPUs);
        virXMLWriterText(writer, machine->name);
        virXMLWriterEnd(writer);
    }
    virCapsFormatDomain(writer, "qemu");
    if (guest->kvm)
        virCapsFormatDomain(writer, "kvm");
    virXMLWriterEnd(writer);
    /* A document can have both, or leave them out. */
    virXMLWriterStart(writer, "features");
    virCapsFormatToggle(writer, "acpi");
    virCapsFormatToggle(writer, "apic");
    virXMLWriterEnd(writer);
    virXMLWriterEnd(writer);
}

char *
virCapsFormat(const virCaps *caps)
{
    g_autoptr(virXMLWriter) writer = virXMLWriterNew();

    virXMLWriterStart(writer, "capabilities");
    virCapsFormatHost(writer, caps);
    for (guint i = 0; i < caps->guests->len; i++)
        virCapsFormatGuest(writer, caps->guests->pdata[i]);
    virXMLWriterEnd(writer);
    return virXMLWriterFinish(writer);
}
