/*
 * virtvfio_show.c: the show command: everything about one device
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virgettext.h"
#include "virstring.h"
#include "virtvfio.h"
#include "virtvfio_device.h"
#include "virtvfio_json.h"
#include "virpcinames.h"
#include "virtvfio_output.h"
#include "virtvfio_table.h"

/* Lines of "Label:   text"; a translated label may have any width. */
typedef struct {
    GPtrArray *labels;
    GPtrArray *texts;
} virtvfioShowLines;

/* Takes @text over. */
static void
virtvfioShowAdd(virtvfioShowLines *lines, const char *label, char *text)
{
    g_ptr_array_add(lines->labels, g_strdup_printf("%s:", label));
    g_ptr_array_add(lines->texts, virStringPrintable(text));
    g_free(text);
}

static char *
virtvfioShowFormat(const virtvfioShowLines *lines)
{
    GString *out = g_string_new(NULL);
    size_t width = 0;

    for (size_t i = 0; i < lines->labels->len; i++)
        width = MAX(width, virtvfioTextWidth(g_ptr_array_index(lines->labels, i)));
    for (size_t i = 0; i < lines->labels->len; i++) {
        const char *label = g_ptr_array_index(lines->labels, i);
        int blanks = (int)(width - virtvfioTextWidth(label)) + 1;

        g_string_append_printf(out, "%s%*s%s\n", label, blanks, "",
                               (const char *)g_ptr_array_index(lines->texts, i));
    }
    return g_string_free(out, FALSE);
}

/* "8086:10fb (Intel Corporation 82599)", or NULL if the numbers are unknown */
static char *
virtvfioShowPair(int left, int right, const char *name)
{
    if (left < 0 || right < 0)
        return NULL;
    return name ? g_strdup_printf("%04x:%04x (%s)", left, right, name)
                : g_strdup_printf("%04x:%04x", left, right);
}

static void
virtvfioShowAddIdentity(virtvfioShowLines *lines, const virPCIDeviceFacts *facts)
{
    g_autoptr(virPCINames) names = virPCINamesNew();
    g_auto(virPCIDeviceNames) found = {0};
    g_autofree char *model = NULL;
    g_autofree char *class = NULL;

    virPCINamesLookup(names, facts, &found);
    if (found.vendor)
        model = g_strjoin(found.model ? " " : NULL, found.vendor, found.model, NULL);
    if (facts->classCode >= 0)
        class = found.classText ? g_strdup_printf("%06x (%s)", facts->classCode, found.classText)
                                : g_strdup_printf("%06x", facts->classCode);

    virtvfioShowAdd(lines, _("Device"), virtvfioShowPair(facts->vendor, facts->device, model));
    virtvfioShowAdd(lines, _("Subsystem"),
                    virtvfioShowPair(facts->subVendor, facts->subDevice, NULL));
    virtvfioShowAdd(lines, _("Class"), g_steal_pointer(&class));
    virtvfioShowAdd(lines, _("Header type"),
                    g_strdup(virPCIHeaderTypeToString((int)facts->headerType)));
    virtvfioShowAdd(lines, _("Modalias"), g_strdup(facts->modalias));
}

static char *
virtvfioShowType(const virPCIBinding *binding)
{
    const char *basis = virPCIDriverBasisToString((int)binding->basis);

    if (!binding->driver)
        return g_strdup(_("no driver is bound"));
    switch (binding->type) {
    case VIR_PCI_STUB_DRIVER_VFIO:
        return virFormat(_("a VFIO driver, known by: %1$s"), basis);
    case VIR_PCI_STUB_DRIVER_XEN:
        return virFormat(_("Xen's stub driver, known by: %1$s"), basis);
    case VIR_PCI_STUB_DRIVER_NONE:
    case VIR_PCI_STUB_DRIVER_LAST:
    default:
        return g_strdup(_("a host driver"));
    }
}

static char *
virtvfioShowBest(virPCIHost *host, const virtvfioDevice *device)
{
    const virPCIBestDriver *best = &device->best;

    if (!device->hasBest)
        return g_strdup(_("none known on this host"));
    if (virtvfioDeviceBestIsAssumed(host, device))
        return g_strdup(_("vfio-pci, assumed: it is not loaded, and modules.alias says nothing"));
    if (!best->pattern)
        return virFormat(_("%1$s, which takes any device"), best->driver);
    if (!best->driver)
        return virFormat(_("of module %1$s, which is not loaded (alias %2$s)"), best->module,
                         best->pattern);
    return virFormat(_("%1$s of module %2$s (alias %3$s)"), best->driver, best->module,
                     best->pattern);
}

static void
virtvfioShowAddDriver(virtvfioShowLines *lines, virPCIHost *host, const virtvfioDevice *device)
{
    virtvfioShowAdd(lines, _("Driver"), g_strdup(device->binding.driver));
    virtvfioShowAdd(lines, _("Module"), g_strdup(device->binding.module));
    virtvfioShowAdd(lines, _("Type"), virtvfioShowType(&device->binding));
    virtvfioShowAdd(lines, _("Driver override"), g_strdup(device->facts.driverOverride));
    virtvfioShowAdd(lines, _("Best VFIO driver"), virtvfioShowBest(host, device));
}

static char *
virtvfioShowGroup(const virtvfioDevice *device)
{
    g_autofree char *blockers = NULL;

    if (device->facts.iommuGroup < 0)
        return g_strdup(_("none: the IOMMU is off, or does not cover this device"));
    if (!device->group)
        return virFormat(_("%1$d (its members cannot be read)"), device->facts.iommuGroup);
    if (device->group->viable)
        return virFormat(_("%1$d, can be assigned"), device->facts.iommuGroup);
    blockers = virPCIIOMMUGroupDescribeBlockers(device->group);
    return virFormat(_("%1$d, cannot be assigned because of %2$s"), device->facts.iommuGroup,
                     blockers);
}

/* The group's other devices: "0000:3b:00.1 (e1000e), 0000:3b:00.3", or NULL. */
static char *
virtvfioShowCompanions(const virtvfioDevice *device)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; device->group && i < device->group->members->len; i++) {
        const virPCIIOMMUMember *member =
            &g_array_index(device->group->members, virPCIIOMMUMember, i);

        if (g_str_equal(member->name, device->name))
            continue;
        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", member->name);
        if (member->driver)
            g_string_append_printf(text, " (%s)", member->driver);
    }
    return text->len > 0 ? g_strdup(text->str) : NULL;
}

static char *
virtvfioShowNumber(int number)
{
    return number < 0 ? NULL : g_strdup_printf("%d", number);
}

static void
virtvfioShowAddPlace(virtvfioShowLines *lines, const virtvfioDevice *device)
{
    virtvfioShowAdd(lines, _("IOMMU group"), virtvfioShowGroup(device));
    virtvfioShowAdd(lines, _("In that group too"), virtvfioShowCompanions(device));
    virtvfioShowAdd(lines, _("VFIO node"), g_strdup(device->group ? device->group->node : NULL));
    virtvfioShowAdd(lines, _("Physical function"), g_strdup(device->facts.physFn));
    virtvfioShowAdd(lines, _("Virtual functions"), virtvfioShowNumber(device->facts.numVFs));
    virtvfioShowAdd(lines, _("NUMA node"), virtvfioShowNumber(device->facts.numaNode));
}

static int
virtvfioShowPrint(virPCIHost *host, const virtvfioDevice *device)
{
    g_autoptr(GPtrArray) labels = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    virtvfioShowLines lines = {labels, texts};
    g_autofree char *out = NULL;

    virtvfioShowAdd(&lines, _("Address"), g_strdup(device->name));
    virtvfioShowAddIdentity(&lines, &device->facts);
    virtvfioShowAddDriver(&lines, host, device);
    virtvfioShowAddPlace(&lines, device);
    out = virtvfioShowFormat(&lines);
    return virtvfioWrite(out);
}

static int
virtvfioShowPrintJSON(const virtvfioDevice *device)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    virtvfioJSONAddDevice(builder, device);
    return virtvfioJSONWrite(builder);
}

int
virtvfioCmdShow(virtvfioContext *ctx, int argc, char **argv)
{
    const virtvfioUsage usage = {
        .arguments = _("ADDRESS"),
        .summary = _("Shows everything about the PCI device at ADDRESS (0000:3b:00.2 or 3b:00.2)."),
        .minArguments = 1,
        .maxArguments = 1,
    };
    g_autoptr(virtvfioInventory) inventory = NULL;
    g_auto(virtvfioDevice) device = {0};
    virPCIDeviceAddress addr;
    int rc;

    if ((rc = virtvfioParse(ctx, &usage, &argc, &argv)) != VIRTVFIO_GO_ON)
        return rc;
    if (virtvfioParseAddress(argv[1], &addr) < 0)
        return VIRTVFIO_USAGE;
    if (!(inventory = virtvfioInventoryNew(ctx->host, VIRTVFIO_INVENTORY_ASK)) ||
        virtvfioInventoryRead(inventory, &addr, &device) < 0)
        return VIRTVFIO_FAILED;

    rc = ctx->json ? virtvfioShowPrintJSON(&device) : virtvfioShowPrint(ctx->host, &device);
    return rc < 0 ? VIRTVFIO_FAILED : VIRTVFIO_DONE;
}
