/*
 * virtvfio_explain.c: the explain command: every rule, what it saw, and what to do next
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virgettext.h"
#include "virstring.h"
#include "virtvfio.h"
#include "virtvfio_advice.h"
#include "virtvfio_device.h"
#include "virtvfio_json.h"
#include "virpcinames.h"
#include "virtvfio_output.h"
#include "virtvfio_table.h"

/* One rule's answer. Texts are owned. */
typedef struct {
    const char *rule;
    char *lookedAt; /* NULL if the rule looks at nothing outside the program */
    char *found;    /* verbatim, or NULL if nothing */
    char *answer;   /* a sentence, translated */
    bool decides;
} virtvfioRule;

#define VIRTVFIO_RULES 4

typedef struct {
    virPCIHost *host;
    const virtvfioInventory *inventory;
    const virtvfioDevice *device;
    virPCIBindingEvidence evidence;
    virtvfioRule rules[VIRTVFIO_RULES];
    GArray *candidates;   /* const virKModIndexEntry *, best first */
    GPtrArray *notes;     /* sentences, translated */
    GPtrArray *unmanaged; /* virtvfioStep */
    GPtrArray *managed;
} virtvfioExplanation;

static void
virtvfioExplanationClear(virtvfioExplanation *ex)
{
    for (size_t i = 0; i < VIRTVFIO_RULES; i++) {
        g_free(ex->rules[i].lookedAt);
        g_free(ex->rules[i].found);
        g_free(ex->rules[i].answer);
    }
    virPCIBindingEvidenceClear(&ex->evidence);
    g_clear_pointer(&ex->candidates, g_array_unref);
    g_clear_pointer(&ex->notes, g_ptr_array_unref);
    g_clear_pointer(&ex->unmanaged, g_ptr_array_unref);
    g_clear_pointer(&ex->managed, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virtvfioExplanation, virtvfioExplanationClear)

static char *
virtvfioExplainPath(const virtvfioExplanation *ex, const char *below)
{
    g_autofree char *path = g_strdup_printf("sys/bus/pci/devices/%s/%s", ex->device->name, below);

    return virSysfsRootDescribe(virPCIHostGetRoot(ex->host), path);
}

static void
virtvfioExplainDriverLink(const virtvfioExplanation *ex, virtvfioRule *rule)
{
    const virPCIBinding *binding = &ex->evidence.binding;

    rule->rule = "driver";
    rule->lookedAt = virtvfioExplainPath(ex, "driver");
    rule->found = g_strdup(binding->driver);
    rule->decides = !binding->driver;
    if (!binding->driver)
        rule->answer = g_strdup(_("no such link: no driver is bound"));
    else if (!binding->module)
        rule->answer =
            virFormat(_("bound to driver '%1$s', which is built into the kernel"), binding->driver);
    else
        rule->answer = virFormat(_("bound to driver '%1$s' of module '%2$s'"), binding->driver,
                                 binding->module);
}

static void
virtvfioExplainName(const virtvfioExplanation *ex, virtvfioRule *rule)
{
    const char *driver = ex->evidence.binding.driver;

    rule->rule = "name";
    rule->found = g_strdup(driver);
    rule->decides = ex->evidence.binding.basis == VIR_PCI_DRIVER_BASIS_NAME;
    if (!driver)
        rule->answer = g_strdup(_("no driver, no name"));
    else if (ex->evidence.typeByName == VIR_PCI_STUB_DRIVER_VFIO)
        rule->answer = virFormat(_("'%1$s' is the kernel's generic VFIO driver"), driver);
    else if (ex->evidence.typeByName == VIR_PCI_STUB_DRIVER_XEN)
        rule->answer = virFormat(_("'%1$s' is Xen's stub driver"), driver);
    else
        rule->answer = virFormat(_("'%1$s' is neither 'vfio-pci' nor 'pciback'"), driver);
}

static char *
virtvfioExplainAliasAnswer(const virtvfioExplanation *ex)
{
    const virPCIBindingEvidence *evidence = &ex->evidence;
    const char *module = evidence->binding.module;

    if (!evidence->binding.driver)
        return g_strdup(_("no driver, no module"));
    if (!module)
        return g_strdup(_("says nothing of drivers that are built in"));
    if (evidence->aliasPattern)
        return virFormat(_("module '%1$s' owns the alias '%2$s'"), module, evidence->aliasPattern);
    if (evidence->indexStatus == VIR_KMOD_INDEX_MISSING)
        return g_strdup(_("there is no such file, so this rule cannot say"));
    if (evidence->indexStatus == VIR_KMOD_INDEX_UNREADABLE)
        return g_strdup(_("cannot be read, so this rule cannot say"));
    return virFormat(_("module '%1$s' owns no 'vfio_pci:' alias"), module);
}

static void
virtvfioExplainAlias(const virtvfioExplanation *ex, virtvfioRule *rule)
{
    const char *path = virKModIndexGetPath(virtvfioInventoryGetIndex(ex->inventory));

    rule->rule = "alias";
    rule->lookedAt = path ? virSysfsRootDescribe(virPCIHostGetRoot(ex->host), path) : NULL;
    rule->found = g_strdup(ex->evidence.aliasPattern);
    rule->decides = ex->evidence.binding.basis == VIR_PCI_DRIVER_BASIS_ALIAS;
    rule->answer = virtvfioExplainAliasAnswer(ex);
}

static void
virtvfioExplainVFIODev(const virtvfioExplanation *ex, virtvfioRule *rule)
{
    rule->rule = "vfio-dev";
    rule->lookedAt = virtvfioExplainPath(ex, "vfio-dev");
    rule->found = g_strdup(ex->evidence.vfioDev);
    rule->decides = ex->evidence.binding.basis == VIR_PCI_DRIVER_BASIS_VFIO_DEV;
    if (rule->found)
        rule->answer =
            virFormat(_("'%1$s' is there: its driver has made it a VFIO device"), rule->found);
    else if (rule->decides)
        rule->answer = g_strdup(_("is there: its driver has made it a VFIO device"));
    else
        rule->answer = g_strdup(_("not there (Linux 6.1 and later have it for VFIO devices)"));
}

static int
virtvfioExplainCompareCandidates(const void *a, const void *b)
{
    const virKModIndexEntry *left = *(const virKModIndexEntry *const *)a;
    const virKModIndexEntry *right = *(const virKModIndexEntry *const *)b;
    int order = virModAliasPatternCompare(&left->pattern, &right->pattern);

    /* Entries lie in memory as in the file. */
    return order != 0 ? order : (left > right) - (left < right);
}

static const virKModIndexEntry *
virtvfioExplainCandidate(const GArray *candidates, size_t i)
{
    return g_array_index(candidates, const virKModIndexEntry *, i);
}

static GArray *
virtvfioExplainFindCandidates(const virtvfioExplanation *ex)
{
    const virKModIndex *index = virtvfioInventoryGetIndex(ex->inventory);
    const char *modalias = ex->device->facts.modalias;
    GArray *candidates = g_array_new(FALSE, FALSE, sizeof(const virKModIndexEntry *));
    virModAlias alias;

    if (!modalias || !virModAliasParse(modalias, &alias))
        return candidates;
    for (size_t i = 0; i < virKModIndexCount(index); i++) {
        const virKModIndexEntry *entry = virKModIndexGet(index, i);

        if (virModAliasPatternMatches(&entry->pattern, &alias))
            g_array_append_val(candidates, entry);
    }
    g_array_sort(candidates, virtvfioExplainCompareCandidates);
    return candidates;
}

/* Why the first candidate is better than the second. */
static char *
virtvfioExplainWhyBest(const GArray *candidates)
{
    const virKModIndexEntry *first = virtvfioExplainCandidate(candidates, 0);
    const virKModIndexEntry *second = NULL;
    unsigned int open = virModAliasPatternCountWildcards(&first->pattern);

    if (candidates->len == 1)
        return virFormat(_("'%1$s' is the only one that matches."), first->module);
    second = virtvfioExplainCandidate(candidates, 1);
    if (open < virModAliasPatternCountWildcards(&second->pattern))
        return virFormat(_("'%1$s' wins: its alias leaves the fewest fields open (%2$u of 7)."),
                         first->module, open);
    if (virModAliasPatternCompare(&first->pattern, &second->pattern) < 0)
        return virFormat(_("'%1$s' wins: as many fields are open as in the next alias (%2$u of 7), "
                           "but an earlier one is exact."),
                         first->module, open);
    return virFormat(_("'%1$s' wins: its alias is as exact as the next, and comes first in the "
                       "file."),
                     first->module);
}

static void
virtvfioExplainAddOverrideNote(GPtrArray *notes, const virtvfioDevice *device)
{
    const char *override = device->facts.driverOverride;

    if (!override)
        return;
    g_ptr_array_add(notes,
                    virFormat(_("driver_override is '%1$s': no other driver can take the device "
                                "while it is set. An administrator, driverctl, libvirt or another "
                                "manager of guests wrote it."),
                              override));
    if (device->binding.driver && strcmp(device->binding.driver, override) != 0) {
        g_ptr_array_add(notes, virFormat(_("Driver '%1$s' was bound before that, and keeps the "
                                           "device until it is unbound."),
                                         device->binding.driver));
    }
}

/* It works on this VFIO driver, but another one knows it better. */
static void
virtvfioExplainAddBetterNote(GPtrArray *notes, const virtvfioDevice *device)
{
    if (device->binding.type != VIR_PCI_STUB_DRIVER_VFIO || !device->best.pattern ||
        g_strcmp0(device->best.module, device->binding.module) == 0 ||
        g_strcmp0(device->best.driver, device->binding.driver) == 0)
        return;
    g_ptr_array_add(notes, virFormat(_("Module '%1$s' names this kind of device: its driver may "
                                       "offer more than '%2$s', such as live migration."),
                                     device->best.module, device->binding.driver));
}

static GPtrArray *
virtvfioExplainFindNotes(const virtvfioExplanation *ex)
{
    const virPCIBindingEvidence *evidence = &ex->evidence;
    GPtrArray *notes = g_ptr_array_new_with_free_func(g_free);

    if (evidence->binding.type == VIR_PCI_STUB_DRIVER_NONE && evidence->usesVFIOCore) {
        g_ptr_array_add(notes,
                        virFormat(_("Module '%1$s' depends on vfio-pci-core. That proves nothing: "
                                    "what counts is an alias of its own, or the device's vfio-dev "
                                    "directory."),
                                  evidence->binding.module));
    }
    virtvfioExplainAddOverrideNote(notes, ex->device);
    virtvfioExplainAddBetterNote(notes, ex->device);
    if (ex->candidates->len == 0 && virtvfioDeviceBestIsAssumed(ex->host, ex->device)) {
        g_ptr_array_add(notes, g_strdup(_("vfio-pci is assumed to be its best driver, since it "
                                          "takes any device: no modules.alias says what this "
                                          "kernel has, and vfio-pci is not loaded.")));
    }
    return notes;
}

static int
virtvfioExplain(virtvfioExplanation *ex)
{
    virPCIDeviceAddress addr;

    if (!virPCIDeviceAddressParse(ex->device->name, &addr))
        g_assert_not_reached();
    if (virPCIBindingReadEvidence(ex->host, &addr, &ex->evidence) < 0)
        return -1;
    virtvfioExplainDriverLink(ex, &ex->rules[0]);
    virtvfioExplainName(ex, &ex->rules[1]);
    virtvfioExplainAlias(ex, &ex->rules[2]);
    virtvfioExplainVFIODev(ex, &ex->rules[3]);
    ex->candidates = virtvfioExplainFindCandidates(ex);
    ex->notes = virtvfioExplainFindNotes(ex);
    ex->unmanaged = virtvfioAdviceUnmanaged(ex->device);
    ex->managed = virtvfioAdviceManaged(ex->device);
    return 0;
}

/* A line of the program's own words and perhaps a stranger's. */
static void
virtvfioExplainAppend(GString *out, const char *before, virtvfioColour colour, const char *text)
{
    g_autofree char *printable = virStringPrintable(text);
    g_autofree char *coloured = virtvfioColoured(colour, printable);

    g_string_append_printf(out, "%s%s\n", before, coloured);
}

static void
virtvfioExplainAppendRules(GString *out, const virtvfioExplanation *ex)
{
    for (size_t i = 0; i < VIRTVFIO_RULES; i++) {
        const virtvfioRule *rule = &ex->rules[i];
        g_autofree char *label = g_strdup_printf("  %zu. %-10s", i + 1, rule->rule);
        const char *path = rule->lookedAt;

        if (path) {
            virtvfioExplainAppend(out, label, VIRTVFIO_COLOUR_DIM, path);
            virtvfioExplainAppend(out, "               ", VIRTVFIO_COLOUR_NONE, rule->answer);
        } else {
            virtvfioExplainAppend(out, label, VIRTVFIO_COLOUR_NONE, rule->answer);
        }
        if (rule->decides) {
            virtvfioExplainAppend(out, "               ", VIRTVFIO_COLOUR_HEAD,
                                  _("=> this decides"));
        }
    }
}

static char *
virtvfioExplainVerdict(const virPCIBinding *binding)
{
    if (!binding->driver)
        return g_strdup(_("No driver is bound, so no guest can use the device yet."));
    switch (binding->type) {
    case VIR_PCI_STUB_DRIVER_VFIO:
        return virFormat(_("'%1$s' is a VFIO driver: it can give the device to a guest."),
                         binding->driver);
    case VIR_PCI_STUB_DRIVER_XEN:
        return virFormat(_("'%1$s' keeps the device for guests of Xen, not for VFIO."),
                         binding->driver);
    case VIR_PCI_STUB_DRIVER_NONE:
    case VIR_PCI_STUB_DRIVER_LAST:
    default:
        return virFormat(_("'%1$s' is a driver of the host, not a VFIO driver: no rule says so."),
                         binding->driver);
    }
}

static void
virtvfioExplainAppendCandidates(GString *out, const virtvfioExplanation *ex)
{
    const char *const headers[] = {"  ",       _("MODULE"), _("DRIVER"), _("OPEN FIELDS"),
                                   _("ALIAS"), NULL};
    g_autoptr(virtvfioTable) table = virtvfioTableNew(headers);
    virKMod *kmod = virPCIHostGetKMod(ex->host);
    g_autofree char *lines = NULL;
    g_autofree char *why = NULL;

    if (ex->candidates->len == 0)
        return;
    for (size_t i = 0; i < ex->candidates->len; i++) {
        const virKModIndexEntry *entry = virtvfioExplainCandidate(ex->candidates, i);
        g_autofree char *driver = virKModModuleGetDriver(kmod, entry->module);
        g_autofree char *open =
            g_strdup_printf("%u", virModAliasPatternCountWildcards(&entry->pattern));

        virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, i == 0 ? " *" : "  ");
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, entry->module);
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, driver ? driver : _("(not loaded)"));
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, open);
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, entry->patternText);
    }
    lines = virtvfioTableFormat(
        table, 0, virtvfioHasColour() ? VIRTVFIO_TABLE_COLOURED : VIRTVFIO_TABLE_PLAIN);
    why = virtvfioExplainWhyBest(ex->candidates);
    g_string_append_printf(out, "\n%s\n%s", _("VFIO drivers for it, by modules.alias:"), lines);
    virtvfioExplainAppend(out, "  ", VIRTVFIO_COLOUR_NONE, why);
}

static void
virtvfioExplainAppendGroup(GString *out, const virtvfioDevice *device)
{
    const virPCIIOMMUGroup *group = device->group;
    g_autofree char *blockers = NULL;
    g_autofree char *text = NULL;

    if (device->facts.iommuGroup < 0) {
        text = g_strdup(_("IOMMU group: none."));
    } else if (!group) {
        text =
            virFormat(_("IOMMU group %1$d: its members cannot be read."), device->facts.iommuGroup);
    } else if (group->viable) {
        text = virFormat(P_("IOMMU group %1$d, of %2$u device: nothing in it is in the way.",
                            "IOMMU group %1$d, of %2$u devices: nothing in it is in the way.",
                            group->members->len),
                         group->number, group->members->len);
    } else {
        blockers = virPCIIOMMUGroupDescribeBlockers(group);
        text = virFormat(_("IOMMU group %1$d cannot be assigned because of %2$s."), group->number,
                         blockers);
    }
    g_string_append_c(out, '\n');
    virtvfioExplainAppend(out, "", VIRTVFIO_COLOUR_NONE, text);
}

static void
virtvfioExplainAppendSteps(GString *out, const char *title, const GPtrArray *steps)
{
    g_string_append_printf(out, "\n%s\n", title);
    for (size_t i = 0; i < steps->len; i++) {
        const virtvfioStep *step = g_ptr_array_index(steps, i);

        virtvfioExplainAppend(out, "  ", VIRTVFIO_COLOUR_NONE, step->text);
        if (step->command)
            virtvfioExplainAppend(out, "    # ", VIRTVFIO_COLOUR_HEAD, step->command);
    }
}

static int
virtvfioExplainPrint(const virtvfioExplanation *ex)
{
    g_autoptr(virPCINames) names = virPCINamesNew();
    g_autofree char *name = virPCINamesDescribe(names, &ex->device->facts);
    g_autofree char *verdict = virtvfioExplainVerdict(&ex->evidence.binding);
    g_autoptr(GString) out = g_string_new(NULL);
    bool isVFIO = ex->evidence.binding.type == VIR_PCI_STUB_DRIVER_VFIO;

    g_string_append_printf(out, "%s%s%s\n\n%s\n", ex->device->name, name ? " " : "",
                           name ? name : "", _("Is it on a VFIO driver? The rules, in order:"));
    virtvfioExplainAppendRules(out, ex);
    g_string_append_c(out, '\n');
    virtvfioExplainAppend(out, "", isVFIO ? VIRTVFIO_COLOUR_GOOD : VIRTVFIO_COLOUR_WARN, verdict);
    for (size_t i = 0; i < ex->notes->len; i++)
        virtvfioExplainAppend(out, "", VIRTVFIO_COLOUR_NONE, g_ptr_array_index(ex->notes, i));
    virtvfioExplainAppendCandidates(out, ex);
    virtvfioExplainAppendGroup(out, ex->device);
    virtvfioExplainAppendSteps(out, _("To use it with managed='no':"), ex->unmanaged);
    virtvfioExplainAppendSteps(out, _("To use it with managed='yes':"), ex->managed);
    return virtvfioWrite(out->str);
}

static void
virtvfioExplainAddRules(JsonBuilder *builder, const virtvfioExplanation *ex)
{
    json_builder_set_member_name(builder, "rules");
    json_builder_begin_array(builder);
    for (size_t i = 0; i < VIRTVFIO_RULES; i++) {
        const virtvfioRule *rule = &ex->rules[i];

        json_builder_begin_object(builder);
        virtvfioJSONAddText(builder, "rule", rule->rule);
        virtvfioJSONAddText(builder, "looked_at", rule->lookedAt);
        virtvfioJSONAddText(builder, "found", rule->found);
        virtvfioJSONAddText(builder, "answer", rule->answer);
        virtvfioJSONAddBool(builder, "decides", rule->decides);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void
virtvfioExplainAddCandidates(JsonBuilder *builder, const virtvfioExplanation *ex)
{
    json_builder_set_member_name(builder, "candidates");
    json_builder_begin_array(builder);
    for (size_t i = 0; i < ex->candidates->len; i++) {
        const virKModIndexEntry *entry = virtvfioExplainCandidate(ex->candidates, i);
        g_autofree char *driver =
            virKModModuleGetDriver(virPCIHostGetKMod(ex->host), entry->module);

        json_builder_begin_object(builder);
        virtvfioJSONAddText(builder, "pattern", entry->patternText);
        virtvfioJSONAddText(builder, "module", entry->module);
        virtvfioJSONAddText(builder, "driver", driver);
        virtvfioJSONAddNumber(builder, "open_fields",
                              virModAliasPatternCountWildcards(&entry->pattern));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void
virtvfioExplainAddSteps(JsonBuilder *builder, const char *key, const GPtrArray *steps)
{
    json_builder_set_member_name(builder, key);
    json_builder_begin_array(builder);
    for (size_t i = 0; i < steps->len; i++) {
        const virtvfioStep *step = g_ptr_array_index(steps, i);

        json_builder_begin_object(builder);
        virtvfioJSONAddText(builder, "text", step->text);
        virtvfioJSONAddText(builder, "command", step->command);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static int
virtvfioExplainPrintJSON(const virtvfioExplanation *ex)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "device");
    virtvfioJSONAddDevice(builder, ex->device);
    virtvfioExplainAddRules(builder, ex);
    virtvfioExplainAddCandidates(builder, ex);
    json_builder_set_member_name(builder, "notes");
    json_builder_begin_array(builder);
    for (size_t i = 0; i < ex->notes->len; i++)
        json_builder_add_string_value(builder, g_ptr_array_index(ex->notes, i));
    json_builder_end_array(builder);
    virtvfioExplainAddSteps(builder, "managed_no", ex->unmanaged);
    virtvfioExplainAddSteps(builder, "managed_yes", ex->managed);
    json_builder_end_object(builder);
    return virtvfioJSONWrite(builder);
}

int
virtvfioCmdExplain(virtvfioContext *ctx, int argc, char **argv)
{
    const virtvfioUsage usage = {
        .arguments = _("ADDRESS"),
        .summary = _("Explains whether the driver of the PCI device at ADDRESS is a VFIO driver: "
                     "every rule,\nwhat it looked at, what it found, and what to do next."),
        .minArguments = 1,
        .maxArguments = 1,
    };
    g_autoptr(virtvfioInventory) inventory = NULL;
    g_auto(virtvfioDevice) device = {0};
    g_auto(virtvfioExplanation) ex = {0};
    virPCIDeviceAddress addr;
    int rc;

    if ((rc = virtvfioParse(ctx, &usage, &argc, &argv)) != VIRTVFIO_GO_ON)
        return rc;
    if (virtvfioParseAddress(argv[1], &addr) < 0)
        return VIRTVFIO_USAGE;
    if (!(inventory = virtvfioInventoryNew(ctx->host, VIRTVFIO_INVENTORY_ASK)) ||
        virtvfioInventoryRead(inventory, &addr, &device) < 0)
        return VIRTVFIO_FAILED;

    ex.host = ctx->host;
    ex.inventory = inventory;
    ex.device = &device;
    if (virtvfioExplain(&ex) < 0)
        return VIRTVFIO_FAILED;
    rc = ctx->json ? virtvfioExplainPrintJSON(&ex) : virtvfioExplainPrint(&ex);
    return rc < 0 ? VIRTVFIO_FAILED : VIRTVFIO_DONE;
}
