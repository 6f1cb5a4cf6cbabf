/*
 * domain_features_conf.c: <features>, <pm>: what the machine has
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "domain_features_conf.h"
#include "virerror.h"
#include "virgettext.h"

VIR_ENUM_IMPL(virDomainIOAPIC, VIR_DOMAIN_IOAPIC_LAST, "", "kvm", "qemu");

static const virXMLSchema virDomainACPISchema = {.name = "acpi"};
static const virXMLSchema virDomainAPICSchema = {
    .name = "apic",
    .attributes = VIR_XML_NAMES("eoi"),
};
static const virXMLSchema virDomainPAESchema = {.name = "pae"};
static const virXMLSchema virDomainKVMHiddenSchema = {
    .name = "hidden",
    .attributes = VIR_XML_NAMES("state"),
};
static const virXMLSchema virDomainKVMHintSchema = {
    .name = "hint-dedicated",
    .attributes = VIR_XML_NAMES("state"),
};
static const virXMLSchema virDomainKVMPollSchema = {
    .name = "poll-control",
    .attributes = VIR_XML_NAMES("state"),
};
static const virXMLSchema virDomainKVMSchema = {
    .name = "kvm",
    .children = VIR_XML_CHILDREN(&virDomainKVMHiddenSchema, &virDomainKVMHintSchema,
                                 &virDomainKVMPollSchema),
};
static const virXMLSchema virDomainIOAPICSchema = {
    .name = "ioapic",
    .attributes = VIR_XML_NAMES("driver"),
};
static const virXMLSchema virDomainSMMSchema = {
    .name = "smm",
    .attributes = VIR_XML_NAMES("state"),
};
static const virXMLSchema virDomainVMPortSchema = {
    .name = "vmport",
    .attributes = VIR_XML_NAMES("state"),
};
static const virXMLSchema virDomainPMUSchema = {
    .name = "pmu",
    .attributes = VIR_XML_NAMES("state"),
};
static const virXMLSchema virDomainVMCoreInfoSchema = {
    .name = "vmcoreinfo",
    .attributes = VIR_XML_NAMES("state"),
};

const virXMLSchema virDomainFeaturesSchema = {
    .name = "features",
    .children = VIR_XML_CHILDREN(
        &virDomainACPISchema, &virDomainAPICSchema, &virDomainPAESchema, &virDomainKVMSchema,
        &virDomainHypervSchema, &virDomainIOAPICSchema, &virDomainSMMSchema, &virDomainVMPortSchema,
        &virDomainPMUSchema, &virDomainVMCoreInfoSchema),
};

static const virXMLSchema virDomainSuspendToMemSchema = {
    .name = "suspend-to-mem",
    .attributes = VIR_XML_NAMES("enabled"),
};
static const virXMLSchema virDomainSuspendToDiskSchema = {
    .name = "suspend-to-disk",
    .attributes = VIR_XML_NAMES("enabled"),
};
const virXMLSchema virDomainPMSchema = {
    .name = "pm",
    .children = VIR_XML_CHILDREN(&virDomainSuspendToMemSchema, &virDomainSuspendToDiskSchema),
};

void
virDomainFeaturesDefClear(virDomainFeaturesDef *features)
{
    g_clear_pointer(&features->hyperv.vendorID, g_free);
}

static const char *
virDomainIOAPICWord(int value)
{
    return virDomainIOAPICToString(value + 1);
}

/* The state of a child; without the attribute it is on if @implied, and an error otherwise. */
static int
virDomainStateParseXML(virXMLNode *parent, const char *name, virTristate implied,
                       virTristate *state)
{
    virXMLNode *node = virXMLGetChild(parent, name);
    int rc;

    if (!node)
        return 0;
    if ((rc = virDomainOnOffParseXML(node, "state", state)) < 0)
        return -1;
    if (rc == 0 && implied == VIR_TRISTATE_ABSENT)
        return virXMLReportMissing(node, "state");
    if (rc == 0)
        *state = implied;
    return 0;
}

static int
virDomainKVMParseXML(virXMLNode *node, virDomainFeaturesDef *features)
{
    features->kvm = true;
    if (virDomainStateParseXML(node, "hidden", VIR_TRISTATE_ABSENT, &features->kvmHidden) < 0 ||
        virDomainStateParseXML(node, "hint-dedicated", VIR_TRISTATE_ABSENT,
                               &features->kvmHintDedicated) < 0)
        return -1;
    return virDomainStateParseXML(node, "poll-control", VIR_TRISTATE_ABSENT,
                                  &features->kvmPollControl);
}

static int
virDomainIOAPICParseXML(virXMLNode *node, virDomainFeaturesDef *features)
{
    int driver = 0;
    int rc = virXMLGetEnum(node, "driver", virDomainIOAPICWord, &driver);

    if (rc == 0)
        return virXMLReportMissing(node, "driver");
    features->ioapic = (virDomainIOAPIC)(driver + 1);
    return rc < 0 ? -1 : 0;
}

/* What only KVM has would be without effect under emulation. */
static int
virDomainFeaturesCheckKVM(virXMLNode *node)
{
    static const char *const names[] = {"kvm", "hyperv", "ioapic"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        virXMLNode *child = virXMLGetChild(node, names[i]);

        if (!child)
            continue;
        virXMLReportError(
            child, VIR_ERR_CONFIG_UNSUPPORTED,
            _("unsupported configuration: <%1$s> needs <domain type='kvm'>; emulation "
              "does not have it"),
            names[i]);
        return -1;
    }
    return 0;
}

int
virDomainFeaturesDefParseXML(virXMLNode *root, bool kvm, virDomainFeaturesDef *features)
{
    virXMLNode *node = virXMLGetChild(root, "features");
    virXMLNode *pm = virXMLGetChild(root, "pm");
    virXMLNode *child;

    if (pm && (child = virXMLGetChild(pm, "suspend-to-mem")) &&
        virDomainYesNoParseXML(child, "enabled", &features->suspendToMem) < 0)
        return -1;
    if (pm && (child = virXMLGetChild(pm, "suspend-to-disk")) &&
        virDomainYesNoParseXML(child, "enabled", &features->suspendToDisk) < 0)
        return -1;
    if (!node)
        return 0;
    if (!kvm && virDomainFeaturesCheckKVM(node) < 0)
        return -1;
    features->acpi = virXMLGetChild(node, "acpi") != NULL;
    features->pae = virXMLGetChild(node, "pae") != NULL;
    if ((child = virXMLGetChild(node, "apic"))) {
        features->apic = true;
        if (virDomainOnOffParseXML(child, "eoi", &features->apicEOI) < 0)
            return -1;
    }
    if ((child = virXMLGetChild(node, "kvm")) && virDomainKVMParseXML(child, features) < 0)
        return -1;
    if ((child = virXMLGetChild(node, "hyperv")) &&
        virDomainHypervDefParseXML(child, &features->hyperv) < 0)
        return -1;
    if ((child = virXMLGetChild(node, "ioapic")) && virDomainIOAPICParseXML(child, features) < 0)
        return -1;
    if (virDomainStateParseXML(node, "smm", VIR_TRISTATE_ON, &features->smm) < 0 ||
        virDomainStateParseXML(node, "vmport", VIR_TRISTATE_ON, &features->vmport) < 0 ||
        virDomainStateParseXML(node, "vmcoreinfo", VIR_TRISTATE_ON, &features->vmcoreinfo) < 0)
        return -1;
    return virDomainStateParseXML(node, "pmu", VIR_TRISTATE_ON, &features->pmu);
}

static void
virDomainStateFormatXML(virXMLWriter *writer, const char *name, virTristate state)
{
    if (state == VIR_TRISTATE_ABSENT)
        return;
    virXMLWriterStart(writer, name);
    virDomainOnOffFormatXML(writer, "state", state);
    virXMLWriterEnd(writer);
}

static void
virDomainKVMFormatXML(virXMLWriter *writer, const virDomainFeaturesDef *features)
{
    if (!features->kvm)
        return;
    virXMLWriterStart(writer, "kvm");
    virDomainStateFormatXML(writer, "hidden", features->kvmHidden);
    virDomainStateFormatXML(writer, "hint-dedicated", features->kvmHintDedicated);
    virDomainStateFormatXML(writer, "poll-control", features->kvmPollControl);
    virXMLWriterEnd(writer);
}

static bool
virDomainFeaturesIsEmpty(const virDomainFeaturesDef *features)
{
    return !features->acpi && !features->apic && !features->pae && !features->kvm &&
           !features->hyperv.present && features->ioapic == VIR_DOMAIN_IOAPIC_DEFAULT &&
           features->smm == VIR_TRISTATE_ABSENT && features->vmport == VIR_TRISTATE_ABSENT &&
           features->pmu == VIR_TRISTATE_ABSENT && features->vmcoreinfo == VIR_TRISTATE_ABSENT;
}

void
virDomainFeaturesDefFormatXML(virXMLWriter *writer, const virDomainFeaturesDef *features)
{
    if (virDomainFeaturesIsEmpty(features))
        return;
    virXMLWriterStart(writer, "features");
    virXMLWriterElement(writer, "acpi", features->acpi ? "" : NULL);
    if (features->apic) {
        virXMLWriterStart(writer, "apic");
        virDomainOnOffFormatXML(writer, "eoi", features->apicEOI);
        virXMLWriterEnd(writer);
    }
    virXMLWriterElement(writer, "pae", features->pae ? "" : NULL);
    virDomainHypervDefFormatXML(writer, &features->hyperv);
    virDomainKVMFormatXML(writer, features);
    virDomainStateFormatXML(writer, "pmu", features->pmu);
    virDomainStateFormatXML(writer, "vmport", features->vmport);
    virDomainStateFormatXML(writer, "smm", features->smm);
    if (features->ioapic != VIR_DOMAIN_IOAPIC_DEFAULT) {
        virXMLWriterStart(writer, "ioapic");
        virXMLWriterAttribute(writer, "driver", "%s", virDomainIOAPICToString(features->ioapic));
        virXMLWriterEnd(writer);
    }
    virDomainStateFormatXML(writer, "vmcoreinfo", features->vmcoreinfo);
    virXMLWriterEnd(writer);
}

static void
virDomainSuspendFormatXML(virXMLWriter *writer, const char *name, virTristate enabled)
{
    if (enabled == VIR_TRISTATE_ABSENT)
        return;
    virXMLWriterStart(writer, name);
    virDomainYesNoFormatXML(writer, "enabled", enabled);
    virXMLWriterEnd(writer);
}

void
virDomainPMFormatXML(virXMLWriter *writer, const virDomainFeaturesDef *features)
{
    if (features->suspendToMem == VIR_TRISTATE_ABSENT &&
        features->suspendToDisk == VIR_TRISTATE_ABSENT)
        return;
    virXMLWriterStart(writer, "pm");
    virDomainSuspendFormatXML(writer, "suspend-to-mem", features->suspendToMem);
    virDomainSuspendFormatXML(writer, "suspend-to-disk", features->suspendToDisk);
    virXMLWriterEnd(writer);
}
