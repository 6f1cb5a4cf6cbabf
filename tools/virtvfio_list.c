/*
 * virtvfio_list.c: the list command: every PCI device in a table
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"
#include "virtvfio.h"
#include "virtvfio_device.h"
#include "virtvfio_json.h"
#include "virpcinames.h"
#include "virtvfio_output.h"
#include "virtvfio_table.h"

#define VIR_FROM_THIS VIR_FROM_NONE

VIR_LOG_INIT("tools.list")

/* Which devices are wanted; all that is set must hold. */
typedef struct {
    gboolean vfioOnly;
    char *driver; /* name of a driver or of a module */
    int group;    /* -1 for any */
    GArray *addresses;
} virtvfioListFilter;

static void
virtvfioListFilterClear(virtvfioListFilter *filter)
{
    g_free(filter->driver);
    g_clear_pointer(&filter->addresses, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virtvfioListFilter, virtvfioListFilterClear)

/* What the table's marks stand for, and whether it has them. */
typedef struct {
    bool notViable;
    bool assumed;
    bool anyGroup;
} virtvfioListMarks;

static bool
virtvfioListDriverMatches(const char *wanted, const virPCIBinding *binding)
{
    g_autofree char *module = g_strdelimit(g_strdup(wanted), "-", '_');

    return binding->driver &&
           (strcmp(binding->driver, wanted) == 0 || g_strcmp0(binding->module, module) == 0);
}

static bool
virtvfioListAddressMatches(const virtvfioListFilter *filter, const virPCIDeviceAddress *addr)
{
    for (size_t i = 0; i < filter->addresses->len; i++) {
        if (virPCIDeviceAddressCompare(
                addr, &g_array_index(filter->addresses, virPCIDeviceAddress, i)) == 0)
            return true;
    }
    return filter->addresses->len == 0;
}

static bool
virtvfioListMatches(const virtvfioListFilter *filter, const virtvfioDevice *device)
{
    return (!filter->vfioOnly || device->binding.type == VIR_PCI_STUB_DRIVER_VFIO) &&
           (!filter->driver || virtvfioListDriverMatches(filter->driver, &device->binding)) &&
           (filter->group < 0 || device->facts.iommuGroup == filter->group);
}

static void
virtvfioListFreeDevice(void *opaque)
{
    virtvfioDevice *device = opaque;

    virtvfioDeviceClear(device);
    g_free(device);
}

/* The devices that pass the filter, by address. */
static GPtrArray *
virtvfioListCollect(virtvfioInventory *inventory, const virtvfioListFilter *filter)
{
    const virPCIScan *scan = virtvfioInventoryGetScan(inventory);
    GPtrArray *devices = g_ptr_array_new_with_free_func(virtvfioListFreeDevice);

    for (size_t i = 0; i < virPCIScanCount(scan); i++) {
        const virPCIDeviceAddress *addr = &virPCIScanGet(scan, i)->addr;
        g_auto(virtvfioDevice) device = {0};

        if (!virtvfioListAddressMatches(filter, addr))
            continue;
        if (virtvfioInventoryRead(inventory, addr, &device) < 0) {
            virErrorReset(); /* it vanished during the scan */
            continue;
        }
        if (virtvfioListMatches(filter, &device)) {
            if (device.error)
                VIR_WARN(_("the driver of %1$s is not known: %2$s"), device.name,
                         device.error->message);
            g_ptr_array_add(devices, g_memdup2(&device, sizeof(device)));
            memset(&device, 0, sizeof(device));
        }
    }
    return devices;
}

static void
virtvfioListAddIDs(virtvfioTable *table, const virPCIDeviceFacts *facts)
{
    g_autofree char *class = g_strdup_printf("%06x", facts->classCode);
    g_autofree char *ids = g_strdup_printf("%04x:%04x", facts->vendor, facts->device);

    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, facts->classCode >= 0 ? class : NULL);
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE,
                     facts->vendor >= 0 && facts->device >= 0 ? ids : NULL);
}

static void
virtvfioListAddDriver(virtvfioTable *table, const virtvfioDevice *device)
{
    const virPCIBinding *binding = &device->binding;
    bool isVFIO = binding->type == VIR_PCI_STUB_DRIVER_VFIO;
    virtvfioColour colour = isVFIO ? VIRTVFIO_COLOUR_GOOD : VIRTVFIO_COLOUR_NONE;

    if (device->error) {
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_WARN, "?");
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_WARN, "?");
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, NULL);
        return;
    }
    virtvfioTableAdd(table, colour, binding->driver);
    virtvfioTableAdd(table, colour,
                     binding->type == VIR_PCI_STUB_DRIVER_NONE
                         ? NULL
                         : virPCIStubDriverToString((int)binding->type));
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE,
                     binding->basis == VIR_PCI_DRIVER_BASIS_NONE
                         ? NULL
                         : virPCIDriverBasisToString((int)binding->basis));
}

/* The driver, or the module where it is not loaded and the name of its driver not known. */
static void
virtvfioListAddBest(virtvfioTable *table, virPCIHost *host, const virtvfioDevice *device,
                    virtvfioListMarks *marks)
{
    const char *name = device->best.driver ? device->best.driver : device->best.module;
    bool assumed = virtvfioDeviceBestIsAssumed(host, device);
    g_autofree char *text = g_strconcat(name ? name : "-", assumed ? "?" : "", NULL);

    marks->assumed |= assumed;
    virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, text);
}

static void
virtvfioListAddGroup(virtvfioTable *table, const virtvfioDevice *device, virtvfioListMarks *marks)
{
    bool blocked = device->group && !device->group->viable;
    g_autofree char *text = g_strdup_printf("%d%s", device->facts.iommuGroup, blocked ? "!" : "");

    marks->notViable |= blocked;
    marks->anyGroup |= device->facts.iommuGroup >= 0;
    virtvfioTableAdd(table, blocked ? VIRTVFIO_COLOUR_WARN : VIRTVFIO_COLOUR_NONE,
                     device->facts.iommuGroup >= 0 ? text : NULL);
}

/* What a person wants to be told about the table. A program gets the table alone. */
static void
virtvfioListAddHints(GString *out, const GPtrArray *devices, const virtvfioListMarks *marks)
{
    if (devices->len == 0)
        g_string_append_printf(out, "%s\n", _("No PCI device matches."));
    else if (!marks->anyGroup)
        g_string_append_printf(out, "\n%s\n",
                               _("No device here has an IOMMU group, so none can be assigned: "
                                 "'virtvfio check' says why."));
    if (marks->notViable)
        g_string_append_printf(out, "\n%s\n",
                               _("! this group cannot be assigned as it is: a device of it is on a "
                                 "host driver ('virtvfio explain ADDRESS' names it)"));
    if (marks->assumed)
        g_string_append_printf(out, "\n%s\n",
                               _("? assumed: vfio-pci takes any device, but it is not loaded, and "
                                 "no modules.alias tells what this kernel has"));
}

static int
virtvfioListPrintTable(virPCIHost *host, const GPtrArray *devices)
{
    const char *const headers[] = {_("ADDRESS"), _("CLASS"), _("ID"),    _("DRIVER"), _("TYPE"),
                                   _("BASIS"),   _("BEST"),  _("GROUP"), _("NAME"),   NULL};
    g_autoptr(virtvfioTable) table = virtvfioTableNew(headers);
    g_autoptr(virPCINames) names = virPCINamesNew();
    virtvfioListMarks marks = {0};
    g_autofree char *lines = NULL;
    g_autoptr(GString) out = NULL;

    for (size_t i = 0; i < devices->len; i++) {
        const virtvfioDevice *device = g_ptr_array_index(devices, i);
        g_autofree char *name = virPCINamesDescribe(names, &device->facts);

        virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, device->name);
        virtvfioListAddIDs(table, &device->facts);
        virtvfioListAddDriver(table, device);
        virtvfioListAddBest(table, host, device, &marks);
        virtvfioListAddGroup(table, device, &marks);
        virtvfioTableAdd(table, VIRTVFIO_COLOUR_NONE, name ? name : "");
    }
    lines =
        virtvfioTableFormat(table, virtvfioGetWidth(),
                            virtvfioHasColour() ? VIRTVFIO_TABLE_COLOURED : VIRTVFIO_TABLE_PLAIN);
    out = g_string_new(lines);
    if (virtvfioIsTerminal())
        virtvfioListAddHints(out, devices, &marks);
    return virtvfioWrite(out->str);
}

static void
virtvfioListAddIndex(JsonBuilder *builder, const virtvfioInventory *inventory)
{
    const virKModIndex *index = virtvfioInventoryGetIndex(inventory);
    const char *path = virKModIndexGetPath(index);
    g_autofree char *described = NULL;

    if (path) {
        described =
            virSysfsRootDescribe(virPCIHostGetRoot(virtvfioInventoryGetHost(inventory)), path);
    }
    json_builder_set_member_name(builder, "index");
    json_builder_begin_object(builder);
    virtvfioJSONAddText(builder, "path", described);
    virtvfioJSONAddText(builder, "status",
                        virKModIndexStatusToString((int)virKModIndexGetStatus(index)));
    virtvfioJSONAddNumber(builder, "patterns", (gint64)virKModIndexCount(index));
    json_builder_end_object(builder);
}

static int
virtvfioListPrintJSON(const virtvfioInventory *inventory, const GPtrArray *devices)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    virtvfioJSONAddKernel(builder, virtvfioInventoryGetHost(inventory));
    virtvfioListAddIndex(builder, inventory);
    json_builder_set_member_name(builder, "devices");
    json_builder_begin_array(builder);
    for (size_t i = 0; i < devices->len; i++)
        virtvfioJSONAddDevice(builder, g_ptr_array_index(devices, i));
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    return virtvfioJSONWrite(builder);
}

static int
virtvfioListParseAddresses(virtvfioListFilter *filter, char **words)
{
    for (size_t i = 0; words[i]; i++) {
        virPCIDeviceAddress addr;

        if (virtvfioParseAddress(words[i], &addr) < 0)
            return -1;
        g_array_append_val(filter->addresses, addr);
    }
    return 0;
}

/* Whoever names a device wants to know if it is not there. */
static int
virtvfioListCheckAddresses(virPCIHost *host, const virtvfioListFilter *filter)
{
    for (size_t i = 0; i < filter->addresses->len; i++) {
        g_autoptr(virPCIDevice) dev =
            virPCIDeviceNew(host, &g_array_index(filter->addresses, virPCIDeviceAddress, i));

        if (!dev)
            return -1;
    }
    return 0;
}

static int
virtvfioListParseGroup(const char *text, int *group)
{
    guint64 number;

    if (!text)
        return 0;
    if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT, &number, NULL)) {
        virReportError(VIR_ERR_INVALID_ARG, _("'%1$s' is no number of an IOMMU group"), text);
        return -1;
    }
    *group = (int)number;
    return 0;
}

int
virtvfioCmdList(virtvfioContext *ctx, int argc, char **argv)
{
    g_auto(virtvfioListFilter) filter = {.group = -1};
    g_autofree char *group = NULL;
    const GOptionEntry options[] = {
        {"vfio", 0, 0, G_OPTION_ARG_NONE, &filter.vfioOnly, N_("only devices on a VFIO driver"),
         NULL},
        {"driver", 0, 0, G_OPTION_ARG_STRING, &filter.driver,
         N_("only devices on this driver, or on a driver of this module"), N_("NAME")},
        {"group", 0, 0, G_OPTION_ARG_STRING, &group, N_("only devices of this IOMMU group"),
         N_("NUMBER")},
        {NULL},
    };
    const virtvfioUsage usage = {
        .arguments = _("[ADDRESS…]"),
        .summary = _("Lists PCI devices: all, or those that the options and addresses leave."),
        .description =
            _("TYPE is 'vfio' if the driver can give the device to a guest. BASIS says how that is "
              "known:\nby the driver's name, by its module's alias in modules.alias, or by the "
              "device's vfio-dev\ndirectory. BEST is the VFIO driver that fits the device best. "
              "A GROUP with '!' cannot be\nassigned as it is: some device of it is on a host "
              "driver."),
        .options = options,
        .maxArguments = -1,
    };
    g_autoptr(virtvfioInventory) inventory = NULL;
    g_autoptr(GPtrArray) devices = NULL;
    int rc;

    filter.addresses = g_array_new(FALSE, FALSE, sizeof(virPCIDeviceAddress));
    if ((rc = virtvfioParse(ctx, &usage, &argc, &argv)) != VIRTVFIO_GO_ON)
        return rc;
    if (virtvfioListParseGroup(group, &filter.group) < 0 ||
        virtvfioListParseAddresses(&filter, argv + 1) < 0)
        return VIRTVFIO_USAGE;
    if (virtvfioListCheckAddresses(ctx->host, &filter) < 0 ||
        !(inventory = virtvfioInventoryNew(ctx->host, VIRTVFIO_INVENTORY_SCAN)))
        return VIRTVFIO_FAILED;

    devices = virtvfioListCollect(inventory, &filter);
    rc = ctx->json ? virtvfioListPrintJSON(inventory, devices)
                   : virtvfioListPrintTable(ctx->host, devices);
    return rc < 0 ? VIRTVFIO_FAILED : VIRTVFIO_DONE;
}
