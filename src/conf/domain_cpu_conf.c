/*
 * domain_cpu_conf.c: <cpu>: what processors a guest sees
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "domain_cpu_conf.h"
#include "domain_numa_conf.h"
#include "domain_vcpu_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainCPUMode, VIR_DOMAIN_CPU_MODE_LAST, "", "custom", "host-model",
              "host-passthrough", "maximum");
VIR_ENUM_IMPL(virDomainCPUCheck, VIR_DOMAIN_CPU_CHECK_LAST, "", "none", "partial", "full");
VIR_ENUM_IMPL(virDomainCPUPolicy, VIR_DOMAIN_CPU_POLICY_LAST, "require", "force", "optional",
              "disable");
VIR_ENUM_IMPL(virDomainCPUCache, VIR_DOMAIN_CPU_CACHE_LAST, "", "emulate", "passthrough",
              "disable");
VIR_ENUM_IMPL(virDomainCPUPhysaddr, VIR_DOMAIN_CPU_PHYSADDR_LAST, "", "emulate", "passthrough");

VIR_ENUM_DECL(virDomainCPUMatch);
VIR_ENUM_IMPL(virDomainCPUMatch, 1, "exact");
VIR_ENUM_DECL(virDomainCPUFallback);
VIR_ENUM_IMPL(virDomainCPUFallback, 2, "allow", "forbid");

#define VIR_DOMAIN_CPU_NAME_CHARS   G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_."
#define VIR_DOMAIN_CPU_NAME_MAX     64
#define VIR_DOMAIN_CPU_MAX_FEATURES 512
#define VIR_DOMAIN_CPU_VENDOR_BYTES 12

static const virXMLSchema virDomainCPUModelSchema = {
    .name = "model",
    .attributes = VIR_XML_NAMES("fallback", "vendor_id"),
    .flags = VIR_XML_TEXT,
};
static const virXMLSchema virDomainCPUTopologySchema = {
    .name = "topology",
    .attributes = VIR_XML_NAMES("sockets", "dies", "clusters", "cores", "threads"),
};
static const virXMLSchema virDomainCPUCacheSchema = {
    .name = "cache",
    .attributes = VIR_XML_NAMES("level", "mode"),
};
static const virXMLSchema virDomainCPUPhysaddrSchema = {
    .name = "maxphysaddr",
    .attributes = VIR_XML_NAMES("mode", "bits", "limit"),
};
static const virXMLSchema virDomainCPUFeatureSchema = {
    .name = "feature",
    .attributes = VIR_XML_NAMES("policy", "name"),
    .flags = VIR_XML_MANY,
};

const virXMLSchema virDomainCPUSchema = {
    .name = "cpu",
    .attributes = VIR_XML_NAMES("mode", "match", "check", "migratable"),
    .children = VIR_XML_CHILDREN(&virDomainCPUModelSchema, &virDomainCPUTopologySchema,
                                 &virDomainCPUCacheSchema, &virDomainCPUPhysaddrSchema,
                                 &virDomainCPUFeatureSchema, &virDomainNumaSchema),
};

/* The words of enumerations whose first value is "absent". */
static const char *
virDomainCPUModeWord(int value)
{
    return virDomainCPUModeToString(value + 1);
}

static const char *
virDomainCPUCheckWord(int value)
{
    return virDomainCPUCheckToString(value + 1);
}

static const char *
virDomainCPUCacheWord(int value)
{
    return virDomainCPUCacheToString(value + 1);
}

static const char *
virDomainCPUPhysaddrWord(int value)
{
    return virDomainCPUPhysaddrToString(value + 1);
}

static void
virDomainCPUFeatureDefFree(virDomainCPUFeatureDef *feature)
{
    g_free(feature->name);
    g_free(feature);
}

void
virDomainCPUDefClear(virDomainCPUDef *cpu)
{
    g_clear_pointer(&cpu->model, g_free);
    g_clear_pointer(&cpu->vendorID, g_free);
    g_clear_pointer(&cpu->features, g_ptr_array_unref);
}

static int
virDomainCPUAttributesParseXML(virXMLNode *node, virDomainCPUDef *cpu)
{
    int mode = -1; /* and so is ABSENT + 1, the first word */
    int check = -1;
    int match = -1;

    if (virXMLGetEnum(node, "mode", virDomainCPUModeWord, &mode) < 0 ||
        virXMLGetEnum(node, "match", virDomainCPUMatchToString, &match) < 0 ||
        virXMLGetEnum(node, "check", virDomainCPUCheckWord, &check) < 0 ||
        virDomainOnOffParseXML(node, "migratable", &cpu->migratable) < 0)
        return -1;
    cpu->mode = (virDomainCPUMode)(mode + 1);
    cpu->check = (virDomainCPUCheck)(check + 1);
    if (match >= 0 && cpu->mode == VIR_DOMAIN_CPU_MODE_DEFAULT)
        cpu->mode = VIR_DOMAIN_CPU_MODE_CUSTOM;
    if (cpu->migratable != VIR_TRISTATE_ABSENT &&
        cpu->mode != VIR_DOMAIN_CPU_MODE_HOST_PASSTHROUGH &&
        cpu->mode != VIR_DOMAIN_CPU_MODE_MAXIMUM) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("attribute 'migratable' of <cpu> is for mode='host-passthrough' and "
                            "mode='maximum' only"));
        return -1;
    }
    return 0;
}

static int
virDomainCPUCheckName(virXMLNode *node, const char *name)
{
    if (*name && strlen(name) <= VIR_DOMAIN_CPU_NAME_MAX &&
        name[strspn(name, VIR_DOMAIN_CPU_NAME_CHARS)] == '\0')
        return 0;
    virXMLReportError(node, VIR_ERR_XML_ERROR,
                      _("'%1$s' is no name of a CPU model or feature: 1 to %2$d letters, digits, "
                        "'-', '_' and '.'"),
                      name, VIR_DOMAIN_CPU_NAME_MAX);
    return -1;
}

static int
virDomainCPUVendorIDParseXML(virXMLNode *node, virDomainCPUDef *cpu)
{
    int rc = virDomainTextParseXML(node, "vendor_id", VIR_DOMAIN_CPU_VENDOR_BYTES, &cpu->vendorID);

    if (rc != 1)
        return rc;
    if (strlen(cpu->vendorID) == VIR_DOMAIN_CPU_VENDOR_BYTES && g_str_is_ascii(cpu->vendorID) &&
        !strchr(cpu->vendorID, ','))
        return 0;
    virXMLReportError(node, VIR_ERR_XML_ERROR,
                      _("attribute 'vendor_id' of <model> is '%1$s' and must have %2$d characters, "
                        "none of them a comma"),
                      cpu->vendorID, VIR_DOMAIN_CPU_VENDOR_BYTES);
    return -1;
}

/* Only a model by name has a <model>; libvirt prints one with fallback into host-model too. */
static int
virDomainCPUModelParseXML(virXMLNode *cpuNode, virDomainCPUDef *cpu)
{
    virXMLNode *node = virXMLGetChild(cpuNode, "model");
    g_autofree char *name = node ? virXMLGetText(node) : NULL;
    int fallback = 0;

    if (node && cpu->mode == VIR_DOMAIN_CPU_MODE_DEFAULT)
        cpu->mode = VIR_DOMAIN_CPU_MODE_CUSTOM;
    if (cpu->mode != VIR_DOMAIN_CPU_MODE_CUSTOM) {
        if (!node)
            return 0;
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: <model> with mode='%1$s'; a model is named "
                            "with mode='custom'"),
                          virDomainCPUModeToString(cpu->mode));
        return -1;
    }
    if (!node) {
        virXMLReportError(cpuNode, VIR_ERR_XML_ERROR, _("<cpu mode='custom'> needs a <model>"));
        return -1;
    }
    if (virDomainCPUCheckName(node, name) < 0 || virDomainCPUVendorIDParseXML(node, cpu) < 0 ||
        virXMLGetEnum(node, "fallback", virDomainCPUFallbackToString, &fallback) < 0)
        return -1;
    cpu->model = g_steal_pointer(&name);
    cpu->fallbackForbid = fallback == 1;
    return 0;
}

/* A part of the topology: 1 if absent. */
static int
virDomainCPUCountParseXML(virXMLNode *node, const char *name, unsigned int *value)
{
    *value = 1;
    if (virDomainNumberParseXML(node, name, VIR_DOMAIN_MAX_VCPUS, value) < 0)
        return -1;
    if (*value == 0) {
        virXMLReportError(node, VIR_ERR_XML_ERROR, _("attribute '%1$s' of <topology> cannot be 0"),
                          name);
        return -1;
    }
    return 0;
}

static int
virDomainCPUTopologyParseXML(virXMLNode *node, unsigned int vcpus, virDomainCPUDef *cpu)
{
    static const char *const required[] = {"sockets", "cores", "threads"};
    unsigned int clusters;

    if (!node)
        return 0;
    for (size_t i = 0; i < G_N_ELEMENTS(required); i++) {
        if (!virXMLHasAttribute(node, required[i]))
            return virXMLReportMissing(node, required[i]);
    }
    if (virDomainCPUCountParseXML(node, "sockets", &cpu->sockets) < 0 ||
        virDomainCPUCountParseXML(node, "dies", &cpu->dies) < 0 ||
        virDomainCPUCountParseXML(node, "clusters", &clusters) < 0 ||
        virDomainCPUCountParseXML(node, "cores", &cpu->cores) < 0 ||
        virDomainCPUCountParseXML(node, "threads", &cpu->threads) < 0)
        return -1;
    if (clusters != 1) {
        virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                          _("unsupported configuration: %1$u clusters; x86 has one in each die"),
                          clusters);
        return -1;
    }
    if ((guint64)cpu->sockets * cpu->dies * cpu->cores * cpu->threads != vcpus) {
        virXMLReportError(
            node, VIR_ERR_XML_ERROR, _("the topology gives %1$llu processors, and <vcpu> is %2$u"),
            (unsigned long long)cpu->sockets * cpu->dies * cpu->cores * cpu->threads, vcpus);
        return -1;
    }
    return 0;
}

static int
virDomainCPUCacheParseXML(virXMLNode *node, virDomainCPUDef *cpu)
{
    unsigned int level = 3;
    int mode = 0;
    int rc;

    if (!node)
        return 0;
    if ((rc = virXMLGetEnum(node, "mode", virDomainCPUCacheWord, &mode)) == 0)
        return virXMLReportMissing(node, "mode");
    if (rc < 0 || (rc = virDomainNumberParseXML(node, "level", 3, &level)) < 0)
        return -1;
    cpu->cache = (virDomainCPUCache)(mode + 1);
    if ((rc == 1) == (cpu->cache == VIR_DOMAIN_CPU_CACHE_EMULATE) && level == 3)
        return 0;
    virXMLReportError(node, VIR_ERR_CONFIG_UNSUPPORTED,
                      _("unsupported configuration: <cache> is level='3' with mode='emulate', and "
                        "without a level else"));
    return -1;
}

/* x86 has up to 52 bits of physical address; fewer than 32 hold no guest. */
#define VIR_DOMAIN_CPU_PHYSADDR_MIN 32
#define VIR_DOMAIN_CPU_PHYSADDR_MAX 52

static int
virDomainCPUPhysaddrParseXML(virXMLNode *node, virDomainCPUDef *cpu)
{
    const char *name;
    int mode = 0;
    int rc;

    if (!node)
        return 0;
    if ((rc = virXMLGetEnum(node, "mode", virDomainCPUPhysaddrWord, &mode)) == 0)
        return virXMLReportMissing(node, "mode");
    if (rc < 0)
        return -1;
    cpu->physaddr = (virDomainCPUPhysaddr)(mode + 1);
    name = cpu->physaddr == VIR_DOMAIN_CPU_PHYSADDR_EMULATE ? "bits" : "limit";
    if (virXMLHasAttribute(node, strcmp(name, "bits") == 0 ? "limit" : "bits")) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("<maxphysaddr mode='%1$s'> takes the attribute '%2$s'"),
                          virDomainCPUPhysaddrToString(cpu->physaddr), name);
        return -1;
    }
    rc = virDomainNumberParseXML(node, name, VIR_DOMAIN_CPU_PHYSADDR_MAX, &cpu->physaddrBits);
    if (rc == 0 && cpu->physaddr == VIR_DOMAIN_CPU_PHYSADDR_EMULATE)
        return virXMLReportMissing(node, name);
    if (rc == 1 && cpu->physaddrBits < VIR_DOMAIN_CPU_PHYSADDR_MIN) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("attribute '%1$s' of <maxphysaddr> must be from %2$d to %3$d"), name,
                          VIR_DOMAIN_CPU_PHYSADDR_MIN, VIR_DOMAIN_CPU_PHYSADDR_MAX);
        return -1;
    }
    return rc < 0 ? -1 : 0;
}

static bool
virDomainCPUHasFeature(const virDomainCPUDef *cpu, const char *name)
{
    for (guint i = 0; i < cpu->features->len; i++) {
        const virDomainCPUFeatureDef *feature = g_ptr_array_index(cpu->features, i);

        if (strcmp(feature->name, name) == 0)
            return true;
    }
    return false;
}

static int
virDomainCPUFeatureParseXML(virXMLNode *node, virDomainCPUDef *cpu)
{
    g_autofree char *name = virXMLGetAttribute(node, "name");
    int policy = VIR_DOMAIN_CPU_POLICY_REQUIRE;
    virDomainCPUFeatureDef *feature;

    if (!name)
        return virXMLReportMissing(node, "name");
    if (virDomainCPUCheckName(node, name) < 0 ||
        virXMLGetEnum(node, "policy", virDomainCPUPolicyToString, &policy) < 0)
        return -1;
    if (virDomainCPUHasFeature(cpu, name) || cpu->features->len >= VIR_DOMAIN_CPU_MAX_FEATURES) {
        virXMLReportError(node, VIR_ERR_XML_ERROR,
                          _("CPU feature '%1$s' is given twice, or after %2$d others"), name,
                          VIR_DOMAIN_CPU_MAX_FEATURES);
        return -1;
    }
    feature = g_new0(virDomainCPUFeatureDef, 1);
    feature->name = g_steal_pointer(&name);
    feature->policy = (virDomainCPUPolicy)policy;
    g_ptr_array_add(cpu->features, feature);
    return 0;
}

static int
virDomainCPUFeaturesParseXML(virXMLNode *cpuNode, virDomainCPUDef *cpu)
{
    cpu->features = g_ptr_array_new_with_free_func((GDestroyNotify)virDomainCPUFeatureDefFree);
    for (virXMLNode *node = virXMLGetChild(cpuNode, "feature"); node; node = virXMLGetNext(node)) {
        if (virDomainCPUFeatureParseXML(node, cpu) < 0)
            return -1;
    }
    return 0;
}

int
virDomainCPUDefParseXML(virXMLNode *node, unsigned int vcpus, virDomainCPUDef *cpu)
{
    cpu->present = true;
    if (virDomainCPUAttributesParseXML(node, cpu) < 0 || virDomainCPUModelParseXML(node, cpu) < 0 ||
        virDomainCPUTopologyParseXML(virXMLGetChild(node, "topology"), vcpus, cpu) < 0 ||
        virDomainCPUCacheParseXML(virXMLGetChild(node, "cache"), cpu) < 0 ||
        virDomainCPUPhysaddrParseXML(virXMLGetChild(node, "maxphysaddr"), cpu) < 0)
        return -1;
    return virDomainCPUFeaturesParseXML(node, cpu);
}

static void
virDomainCPUModelFormatXML(virXMLWriter *writer, const virDomainCPUDef *cpu)
{
    if (!cpu->model)
        return;
    virXMLWriterStart(writer, "model");
    virXMLWriterAttribute(writer, "fallback", "%s",
                          virDomainCPUFallbackToString(cpu->fallbackForbid));
    if (cpu->vendorID)
        virXMLWriterAttribute(writer, "vendor_id", "%s", cpu->vendorID);
    virXMLWriterText(writer, cpu->model);
    virXMLWriterEnd(writer);
}

static void
virDomainCPUTopologyFormatXML(virXMLWriter *writer, const virDomainCPUDef *cpu)
{
    if (cpu->sockets == 0)
        return;
    virXMLWriterStart(writer, "topology");
    virXMLWriterAttribute(writer, "sockets", "%u", cpu->sockets);
    virXMLWriterAttribute(writer, "dies", "%u", cpu->dies);
    virXMLWriterAttribute(writer, "cores", "%u", cpu->cores);
    virXMLWriterAttribute(writer, "threads", "%u", cpu->threads);
    virXMLWriterEnd(writer);
}

static void
virDomainCPUCacheFormatXML(virXMLWriter *writer, const virDomainCPUDef *cpu)
{
    if (cpu->cache == VIR_DOMAIN_CPU_CACHE_DEFAULT)
        return;
    virXMLWriterStart(writer, "cache");
    if (cpu->cache == VIR_DOMAIN_CPU_CACHE_EMULATE)
        virXMLWriterAttribute(writer, "level", "3");
    virXMLWriterAttribute(writer, "mode", "%s", virDomainCPUCacheToString(cpu->cache));
    virXMLWriterEnd(writer);
}

static void
virDomainCPUPhysaddrFormatXML(virXMLWriter *writer, const virDomainCPUDef *cpu)
{
    if (cpu->physaddr == VIR_DOMAIN_CPU_PHYSADDR_DEFAULT)
        return;
    virXMLWriterStart(writer, "maxphysaddr");
    virXMLWriterAttribute(writer, "mode", "%s", virDomainCPUPhysaddrToString(cpu->physaddr));
    if (cpu->physaddrBits > 0)
        virXMLWriterAttribute(writer,
                              cpu->physaddr == VIR_DOMAIN_CPU_PHYSADDR_EMULATE ? "bits" : "limit",
                              "%u", cpu->physaddrBits);
    virXMLWriterEnd(writer);
}

void
virDomainCPUDefFormatXML(virXMLWriter *writer, const virDomainCPUDef *cpu)
{
    virXMLWriterStart(writer, "cpu");
    if (cpu->mode != VIR_DOMAIN_CPU_MODE_DEFAULT)
        virXMLWriterAttribute(writer, "mode", "%s", virDomainCPUModeToString(cpu->mode));
    if (cpu->mode == VIR_DOMAIN_CPU_MODE_CUSTOM)
        virXMLWriterAttribute(writer, "match", "exact");
    if (cpu->check != VIR_DOMAIN_CPU_CHECK_DEFAULT)
        virXMLWriterAttribute(writer, "check", "%s", virDomainCPUCheckToString(cpu->check));
    virDomainOnOffFormatXML(writer, "migratable", cpu->migratable);
    virDomainCPUModelFormatXML(writer, cpu);
    virDomainCPUTopologyFormatXML(writer, cpu);
    virDomainCPUCacheFormatXML(writer, cpu);
    virDomainCPUPhysaddrFormatXML(writer, cpu);
    for (guint i = 0; i < cpu->features->len; i++) {
        const virDomainCPUFeatureDef *feature = g_ptr_array_index(cpu->features, i);

        virXMLWriterStart(writer, "feature");
        virXMLWriterAttribute(writer, "policy", "%s", virDomainCPUPolicyToString(feature->policy));
        virXMLWriterAttribute(writer, "name", "%s", feature->name);
        virXMLWriterEnd(writer);
    }
}
