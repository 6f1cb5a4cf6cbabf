/*
 * domain_conf.c: <domain>: the definition of a guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <limits.h>
#include <string.h>

#include "domain_address.h"
#include "domain_check.h"
#include "domain_conf.h"
#include "domain_device.h"
#include "domain_devices_conf.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_DOMAIN

VIR_ENUM_IMPL(virDomainVirt, VIR_DOMAIN_VIRT_LAST, "qemu", "kvm");

static const virXMLSchema virDomainNameSchema = {.name = "name", .flags = VIR_XML_TEXT};
static const virXMLSchema virDomainUUIDSchema = {.name = "uuid", .flags = VIR_XML_TEXT};
static const virXMLSchema virDomainSchema = {
    .name = "domain",
    .attributes = VIR_XML_NAMES("type", "id"),
    .children = VIR_XML_CHILDREN(
        &virDomainNameSchema, &virDomainUUIDSchema, &virDomainTitleSchema,
        &virDomainDescriptionSchema, &virDomainMetadataSchema, &virDomainMaxMemorySchema,
        &virDomainMemorySchema, &virDomainCurrentMemorySchema, &virDomainMemoryBackingSchema,
        &virDomainVcpuSchema, &virDomainIOThreadsSchema, &virDomainCputuneSchema,
        &virDomainNumatuneSchema, &virDomainSysinfoSchema, &virDomainOSSchema,
        &virDomainFeaturesSchema, &virDomainCPUSchema, &virDomainClockSchema,
        &virDomainOnPoweroffSchema, &virDomainOnRebootSchema, &virDomainOnCrashSchema,
        &virDomainPMSchema, &virDomainDevicesSchema, &virDomainQemuSchema),
};

static virDomainDef *
virDomainDefNew(void)
{
    virDomainDef *def = g_new0(virDomainDef, 1);

    def->id = -1;
    virDomainDevicesInit(def);
    virDomainQemuDefInit(&def->qemu);
    return def;
}

void
virDomainDefFree(virDomainDef *def)
{
    if (!def)
        return;
    g_free(def->name);
    g_free(def->uuid);
    virDomainMetadataDefClear(&def->metadata);
    virDomainMemoryDefClear(&def->mem);
    virDomainVcpuDefClear(&def->vcpu);
    virDomainNumaDefClear(&def->numa);
    virDomainCPUDefClear(&def->cpu);
    if (def->sysinfo)
        g_ptr_array_unref(def->sysinfo);
    virDomainOSDefClear(&def->os);
    virDomainFeaturesDefClear(&def->features);
    virDomainClockDefClear(&def->clock);
    virDomainDevicesClear(def);
    virDomainQemuDefClear(&def->qemu);
    g_free(def);
}

bool
virDomainDefHasPCIe(const virDomainDef *def)
{
    return strcmp(def->os.machine, "q35") == 0 || g_str_has_prefix(def->os.machine, "pc-q35-");
}

/* File names, of at most NAME_MAX bytes, are made of it: the longest is that of a managed save
 * until it is whole. */
#define VIR_DOMAIN_NAME_MAX ((int)(NAME_MAX - strlen(".save.12345678.new")))

static int
virDomainNameParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *node = virXMLRequireChild(root, "name");

    if (!node)
        return -1;
    def->name = virXMLGetText(node);
    if (!*def->name || strlen(def->name) > (size_t)VIR_DOMAIN_NAME_MAX || strchr(def->name, '/') ||
        virDomainTextHasControl(def->name)) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("a guest's name has 1 to %1$d bytes, no '/' and no control characters"),
                          VIR_DOMAIN_NAME_MAX);
        return -1;
    }
    return 0;
}

static int
virDomainUUIDParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *node = virXMLGetChild(root, "uuid");
    g_autofree char *text = NULL;

    if (!node) {
        def->uuid = g_uuid_string_random();
        return 0;
    }
    text = virXMLGetText(node);
    if (!g_uuid_string_is_valid(text)) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("'%1$s' is no UUID like c9c1b2a4-0d2f-4b5e-9c53-0f1f2ac7d0f1"), text);
        return -1;
    }
    def->uuid = g_ascii_strdown(text, -1);
    return 0;
}

static int
virDomainTypeParseXML(virXMLNode *root, virDomainDef *def)
{
    int type = 0;
    guint64 id; /* of the running guest that the document was printed for: no concern of ours */
    int rc = virXMLGetEnum(root, "type", virDomainVirtToString, &type);

    if (rc == 0)
        virXMLReportError(root, VIR_ERR_XML_ERROR,
                          _("<domain> lacks the attribute 'type': 'kvm', or 'qemu' for emulation "
                            "without KVM"));
    if (rc != 1 || virXMLGetNumber(root, "id", G_MAXINT, &id) < 0)
        return -1;
    def->virtType = type;
    return 0;
}

/* What the guest's processors and memory are. */
static int
virDomainResourcesParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *cpu = virXMLGetChild(root, "cpu");

    if (virDomainMemoryDefParseXML(root, &def->mem) < 0 ||
        virDomainVcpuDefParseXML(root, &def->vcpu) < 0 ||
        virDomainNumaDefParseXML(root, def->mem.total_kib, def->vcpu.max, &def->numa) < 0)
        return -1;
    return cpu ? virDomainCPUDefParseXML(cpu, def->vcpu.max, &def->cpu) : 0;
}

/* What the machine is. */
static int
virDomainMachineParseXML(virXMLNode *root, virDomainDef *def)
{
    virXMLNode *os = virXMLRequireChild(root, "os");
    virXMLNode *sysinfo = virXMLGetChild(root, "sysinfo");
    bool kvm = def->virtType == VIR_DOMAIN_VIRT_KVM;

    if (!os || virDomainOSDefParseXML(os, &def->os) < 0 ||
        (sysinfo && !(def->sysinfo = virDomainSysinfoParseXML(sysinfo, def->uuid))) ||
        virDomainFeaturesDefParseXML(root, kvm, &def->features) < 0 ||
        virDomainClockDefParseXML(root, kvm, &def->clock) < 0)
        return -1;
    return virDomainLifecycleDefParseXML(root, &def->lifecycle);
}

virDomainDef *
virDomainDefParseNode(virXMLNode *root)
{
    g_autoptr(virDomainDef) def = virDomainDefNew();
    virXMLNode *qemu = virXMLGetChild(root, "commandline");

    if (virXMLCheck(root, &virDomainSchema) < 0 || virDomainTypeParseXML(root, def) < 0 ||
        virDomainNameParseXML(root, def) < 0 || virDomainUUIDParseXML(root, def) < 0 ||
        virDomainMetadataDefParseXML(root, &def->metadata) < 0 ||
        virDomainResourcesParseXML(root, def) < 0 || virDomainMachineParseXML(root, def) < 0 ||
        (qemu && virDomainQemuDefParseXML(qemu, &def->qemu) < 0) || virDomainCheck(root, def) < 0 ||
        virDomainDevicesParseXML(root, def) < 0 || virDomainDefCheckDevices(def) < 0 ||
        virDomainAssignAddresses(def) < 0)
        return NULL;
    virDomainDefAssignAliases(def);
    return g_steal_pointer(&def);
}

/* A definition that a guest is to start with. Our names for devices follow from it: what a document
 * says of them is dropped. */
static virDomainDef *
virDomainDefParseInactive(virXMLNode *root)
{
    g_autoptr(virDomainDef) def = virDomainDefParseNode(root);

    if (!def || virDomainCheckDevices(root, def) < 0)
        return NULL;
    virDomainDefDropAliases(def);
    virDomainDefAssignAliases(def);
    return g_steal_pointer(&def);
}

virDomainDef *
virDomainDefParse(const char *text, size_t len, const char *source)
{
    g_autoptr(virXMLDoc) doc = virXMLParse(text, len, source);

    return doc ? virDomainDefParseInactive(virXMLGetRoot(doc)) : NULL;
}

virDomainDef *
virDomainDefParseLive(const char *text, size_t len, const char *source)
{
    g_autoptr(virXMLDoc) doc = virXMLParse(text, len, source);

    return doc ? virDomainDefParseNode(virXMLGetRoot(doc)) : NULL;
}

virDomainDef *
virDomainDefParseFD(int fd, const char *source)
{
    g_autoptr(virXMLDoc) doc = virXMLParseFD(fd, source);

    return doc ? virDomainDefParseInactive(virXMLGetRoot(doc)) : NULL;
}

static void
virDomainCPUFormatXML(virXMLWriter *writer, const virDomainDef *def)
{
    if (!def->cpu.present)
        return;
    virDomainCPUDefFormatXML(writer, &def->cpu);
    virDomainNumaCellsFormatXML(writer, &def->numa);
    virXMLWriterEnd(writer);
}

/* Also what has no choice is printed, so that libvirt reads it in the same way. */
static void
virDomainBasicsFormatXML(virXMLWriter *writer, const virDomainDef *def)
{
    virXMLWriterElement(writer, "name", def->name);
    virXMLWriterElement(writer, "uuid", def->uuid);
    virDomainMetadataDefFormatXML(writer, &def->metadata);
    virDomainMemoryDefFormatXML(writer, &def->mem);
    virDomainVcpuDefFormatXML(writer, &def->vcpu);
    virDomainNumatuneFormatXML(writer, &def->numa);
    virDomainSysinfoFormatXML(writer, def->sysinfo);
    virDomainOSDefFormatXML(writer, &def->os);
    virDomainFeaturesDefFormatXML(writer, &def->features);
    virDomainCPUFormatXML(writer, def);
    virDomainClockDefFormatXML(writer, &def->clock);
    virDomainLifecycleDefFormatXML(writer, &def->lifecycle);
    virDomainPMFormatXML(writer, &def->features);
}

void
virDomainDefFormatXML(virXMLWriter *writer, const virDomainDef *def, unsigned int flags)
{
    if (def->id < 0)
        flags |= VIR_DOMAIN_DEF_FORMAT_INACTIVE;
    virXMLWriterStart(writer, "domain");
    virXMLWriterAttribute(writer, "type", "%s", virDomainVirtToString(def->virtType));
    if (!(flags & VIR_DOMAIN_DEF_FORMAT_INACTIVE))
        virXMLWriterAttribute(writer, "id", "%d", def->id);
    virDomainQemuDefFormatNamespace(writer, &def->qemu);
    virDomainBasicsFormatXML(writer, def);
    virDomainDevicesFormatXML(writer, def, flags);
    virDomainQemuDefFormatXML(writer, &def->qemu);
    virXMLWriterEnd(writer);
}

char *
virDomainDefFormat(const virDomainDef *def, unsigned int flags)
{
    g_autoptr(virXMLWriter) writer = virXMLWriterNew();

    virDomainDefFormatXML(writer, def, flags);
    return virXMLWriterFinish(writer);
}

virDomainDef *
virDomainDefCopy(const virDomainDef *def)
{
    g_autofree char *text =
        virDomainDefFormat(def, VIR_DOMAIN_DEF_FORMAT_INACTIVE | VIR_DOMAIN_DEF_FORMAT_SECURE);

    return virDomainDefParse(text, strlen(text), def->name);
}
