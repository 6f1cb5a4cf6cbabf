/*
 * virpcibindplan.c: what binding devices to VFIO drivers would take, and what is in the way
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virpcibindplan.h"
#include "virpcibindreturn.h"
#include "virpciiommu.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_ENUM_IMPL(virPCIBlockerCode, VIR_PCI_BLOCKER_LAST, "vanished", "not-endpoint", "duplicate",
              "in-use", "stuck", "other-device", "group", "no-iommu", "no-driver", "driver-unknown",
              "driver-not-vfio", "module-missing", "module-blacklisted", "network", "storage",
              "vfs", "display");

static void
virPCIBlockerClear(void *opaque)
{
    virPCIBlocker *blocker = opaque;

    g_free(blocker->device);
    g_free(blocker->driver);
    g_free(blocker->holder);
    g_free(blocker->message);
    g_free(blocker->remedy);
}

/* Takes @message and @remedy over. */
static void
virPCIBindPlanBlock(virPCIBindPlan *plan, const virPCIBindItem *item, virPCIBlockerCode code,
                    char *message, char *remedy)
{
    virPCIBlocker blocker = {
        .code = code,
        .device = g_strdup(virPCIDeviceGetName(item->dev)),
        .driver = g_strdup(item->binding.driver),
        .group = item->facts.iommuGroup,
        .holder = item->record ? g_strdup(item->record->holder) : NULL,
        .message = message,
        .remedy = remedy,
    };

    g_array_append_val(plan->blockers, blocker);
}

static void
virPCIBindItemFree(void *opaque)
{
    virPCIBindItem *item = opaque;

    virPCIDeviceFree(item->dev);
    virPCIDeviceFactsClear(&item->facts);
    virPCIBindingClear(&item->binding);
    virJournalRecordFree(item->record);
    g_free(item->module);
    g_free(item->driver);
    g_free(item);
}

/* The device cannot even be looked at. */
static void
virPCIBindPlanBlockVanished(virPCIBindPlan *plan, const virPCIDeviceAddress *address)
{
    virPCIBlocker blocker = {
        .code = VIR_PCI_BLOCKER_VANISHED,
        .device = virPCIDeviceAddressAsString(address),
        .group = -1,
        .message = g_strdup(virErrorGetMessage()),
        .remedy = g_strdup(_("check the address")),
    };

    virErrorReset();
    g_array_append_val(plan->blockers, blocker);
}

static virPCIBindItem *
virPCIBindPlanAddItem(virPCIBindPlan *plan, const virPCIDeviceAddress *address)
{
    virPCIBindItem *item = g_new0(virPCIBindItem, 1);

    item->dev = virPCIDeviceNew(plan->ctx->host, address);
    if (!item->dev || virPCIDeviceReadFacts(item->dev, &item->facts) < 0 ||
        virPCIDeviceGetBinding(item->dev, &item->binding) < 0) {
        virPCIBindPlanBlockVanished(plan, address);
        virPCIBindItemFree(item);
        return NULL;
    }
    item->record = plan->ctx->journal ? virJournalRead(plan->ctx->journal, address) : NULL;
    g_ptr_array_add(plan->items, item);
    return item;
}

static bool
virPCIBindItemIsNamed(const virPCIBindItem *item, const char *name)
{
    g_autofree char *module = g_strdelimit(g_strdup(name), "-", '_');

    return g_strcmp0(item->binding.driver, name) == 0 ||
           g_strcmp0(item->binding.module, module) == 0;
}

static void
virPCIBindPlanCheckModule(virPCIBindPlan *plan, virPCIBindItem *item)
{
    const char *name = virPCIDeviceGetName(item->dev);

    switch (virKModGetModuleState(virPCIHostGetKMod(plan->ctx->host), item->module)) {
    case VIR_KMOD_MODULE_BLACKLISTED:
        virPCIBindPlanBlock(
            plan, item, VIR_PCI_BLOCKER_MODULE_BLACKLISTED,
            virFormat(_("%1$s needs kernel module '%2$s', which is blacklisted"), name,
                      item->module),
            virFormat(_("load it by hand ('modprobe %1$s'), or choose another driver"),
                      item->module));
        break;
    case VIR_KMOD_MODULE_MISSING:
        virPCIBindPlanBlock(
            plan, item, VIR_PCI_BLOCKER_MODULE_MISSING,
            virFormat(_("%1$s needs kernel module '%2$s', which is not installed"), name,
                      item->module),
            g_strdup(_("install the kernel package that has it, or choose another driver")));
        break;
    case VIR_KMOD_MODULE_LOADABLE:
        item->load = true;
        break;
    case VIR_KMOD_MODULE_LOADED:
    default:
        break;
    }
}

/* The driver is registered: could it be a VFIO driver? Its own device will tell for sure. */
static void
virPCIBindPlanCheckDriver(virPCIBindPlan *plan, virPCIBindItem *item)
{
    g_autoptr(virPCIDriver) driver = virPCIDriverNew(plan->ctx->host, item->driver, NULL);

    if (driver->type == VIR_PCI_STUB_DRIVER_VFIO || driver->mayBeBinding || !driver->module)
        return;
    virPCIBindPlanBlock(plan, item, VIR_PCI_BLOCKER_DRIVER_NOT_VFIO,
                        virFormat(_("driver '%1$s', asked for %2$s, is not a VFIO driver"),
                                  item->driver, virPCIDeviceGetName(item->dev)),
                        g_strdup(_("name a VFIO driver, or none to have the best one")));
}

/* A module that is not loaded is taken for a VFIO driver's only if its alias says so. */
static bool
virPCIBindPlanKnowsModule(virPCIBindPlan *plan, const char *module)
{
    g_autoptr(virKModIndex) index = virKModGetIndex(virPCIHostGetKMod(plan->ctx->host));

    return strcmp(module, "vfio_pci") == 0 || virKModIndexFindModule(index, module);
}

static bool
virPCIBindIsRegistered(virPCIHost *host, const char *driver)
{
    g_autofree char *path = NULL;

    if (!*driver || strchr(driver, '/') || driver[0] == '.')
        return false;
    path = g_strdup_printf("sys/bus/pci/drivers/%s", driver);
    return virSysfsExists(virPCIHostGetRoot(host), path);
}

/* @name is a driver's, or a module's with "-" or "_". */
static void
virPCIBindPlanResolve(virPCIBindPlan *plan, virPCIBindItem *item, const char *name)
{
    virKMod *kmod = virPCIHostGetKMod(plan->ctx->host);

    if (virPCIBindIsRegistered(plan->ctx->host, name)) {
        item->driver = g_strdup(name);
        item->module = virKModDriverGetModule(kmod, name);
        virPCIBindPlanCheckDriver(plan, item);
        return;
    }
    item->module = g_strdelimit(g_strdup(name), "-", '_');
    if ((item->driver = virKModModuleGetDriver(kmod, name))) {
        virPCIBindPlanCheckDriver(plan, item);
    } else if (virPCIBindPlanKnowsModule(plan, item->module)) {
        if (strcmp(item->module, "vfio_pci") == 0)
            item->driver = g_strdup("vfio-pci");
        virPCIBindPlanCheckModule(plan, item);
    } else {
        virPCIBindPlanBlock(
            plan, item, VIR_PCI_BLOCKER_DRIVER_UNKNOWN,
            virFormat(_("'%1$s', asked for %2$s, is neither a PCI driver of this kernel nor a "
                        "module with a vfio_pci alias"),
                      name, virPCIDeviceGetName(item->dev)),
            g_strdup(_("check the name, or load the module by hand if it has no alias")));
    }
}

static void
virPCIBindPlanResolveBest(virPCIBindPlan *plan, virPCIBindItem *item)
{
    g_autoptr(virKModIndex) index = virKModGetIndex(virPCIHostGetKMod(plan->ctx->host));
    g_auto(virPCIBestDriver) best = {0};

    if (virPCIFindBestDriver(plan->ctx->host, index, item->facts.modalias, &best)) {
        item->module = g_steal_pointer(&best.module);
        item->driver = g_steal_pointer(&best.driver);
        if (!item->driver || !virPCIBindIsRegistered(plan->ctx->host, item->driver))
            virPCIBindPlanCheckModule(plan, item);
        return;
    }
    virPCIBindPlanBlock(
        plan, item, VIR_PCI_BLOCKER_NO_DRIVER,
        virFormat(_("no VFIO driver is known for %1$s"), virPCIDeviceGetName(item->dev)),
        g_strdup(_("install or load vfio-pci, or name a driver")));
}

static void
virPCIBindPlanChooseDriver(virPCIBindPlan *plan, virPCIBindItem *item, const char *asked)
{
    item->keep = item->binding.type == VIR_PCI_STUB_DRIVER_VFIO &&
                 (!asked || virPCIBindItemIsNamed(item, asked));
    if (item->keep) {
        item->driver = g_strdup(item->binding.driver);
        item->module = g_strdup(item->binding.module);
    } else if (asked) {
        virPCIBindPlanResolve(plan, item, asked);
    } else {
        virPCIBindPlanResolveBest(plan, item);
    }
}

/* Takes @user over, who has the device now. */
static void
virPCIBindPlanBlockUsed(virPCIBindPlan *plan, const virPCIBindItem *item, char *user)
{
    virPCIBlocker *blocker;

    virPCIBindPlanBlock(
        plan, item, VIR_PCI_BLOCKER_IN_USE,
        virFormat(_("%1$s is in use by %2$s"), virPCIDeviceGetName(item->dev), user),
        g_strdup(_("detach it from the guest, or shut the guest down")));
    blocker = &g_array_index(plan->blockers, virPCIBlocker, plan->blockers->len - 1);
    g_free(blocker->holder);
    blocker->holder = user;
}

/* One that the journal holds for a guest, or for nobody: a guest with managed='no' has it as it is.
 */
static void
virPCIBindPlanCheckUser(virPCIBindPlan *plan, const virPCIBindItem *item)
{
    const virJournalRecord *record = item->record;
    char *user = plan->ctx->user
                     ? plan->ctx->user(virPCIDeviceGetAddress(item->dev), plan->ctx->userOpaque)
                     : NULL;

    /* It is for that guest that this is planned. */
    if (user && strcmp(user, plan->ctx->holder) == 0)
        g_clear_pointer(&user, g_free);
    if (!user && record && record->step == VIR_JOURNAL_STEP_HELD &&
        g_str_has_prefix(record->holder, VIR_PCI_BIND_GUEST_PREFIX) &&
        strcmp(record->holder, plan->ctx->holder) != 0)
        user = g_strdup(record->holder);
    if (user)
        virPCIBindPlanBlockUsed(plan, item, user);
}

static bool
virPCIBindPlanKnowsUser(const virPCIBindPlan *plan, const virPCIBindItem *item)
{
    for (guint i = 0; i < plan->blockers->len; i++) {
        const virPCIBlocker *blocker = &g_array_index(plan->blockers, virPCIBlocker, i);

        if (blocker->code == VIR_PCI_BLOCKER_IN_USE &&
            strcmp(blocker->device, virPCIDeviceGetName(item->dev)) == 0)
            return true;
    }
    return false;
}

/* The driver of a group that is open is not changed: what a guest uses need not be written down
 * anywhere. But it may have another member, and then we are to know of that. */
static void
virPCIBindPlanCheckOpen(virPCIBindPlan *plan, const virPCIBindItem *item)
{
    const virPCIBindContext *ctx = plan->ctx;
    int group = item->facts.iommuGroup;
    g_autofree char *companion = NULL;
    g_autofree char *processes = NULL;

    if (item->keep || item->binding.type != VIR_PCI_STUB_DRIVER_VFIO ||
        virPCIBindPlanKnowsUser(plan, item) ||
        !(processes = virPCIHoldersAwaitGroup(ctx->host, group, 0)) ||
        (companion = virPCIBindDescribeCompanion(ctx, group, virPCIDeviceGetAddress(item->dev))))
        return;
    virPCIBindPlanBlockUsed(plan, item,
                            virFormat(_("%1$s, which has /dev/vfio/%2$d open"), processes, group));
}

static void
virPCIBindPlanCheckRecord(virPCIBindPlan *plan, const virPCIBindItem *item)
{
    const char *name = virPCIDeviceGetName(item->dev);
    const virJournalRecord *record = item->record;

    if (!record)
        return;
    if (record->vendor != item->facts.vendor || record->device != item->facts.device) {
        virPCIBindPlanBlock(
            plan, item, VIR_PCI_BLOCKER_OTHER_DEVICE,
            virFormat(_("the journal holds another device at %1$s (%2$04x:%3$04x)"), name,
                      (unsigned int)record->vendor, (unsigned int)record->device),
            virFormat(_("forget it, as root: virtvfio recover --forget %1$s"), name));
    } else if (record->step != VIR_JOURNAL_STEP_HELD) {
        virPCIBindPlanBlock(
            plan, item, VIR_PCI_BLOCKER_STUCK,
            virFormat(_("a change of %1$s by process %2$d has not ended (step %3$s)"), name,
                      record->pid, virJournalStepToString((int)record->step)),
            g_strdup(_("'virtvfio status' shows what became of it; when it has, run 'virtvfio "
                       "recover' as root")));
    }
}

/* Its driver_override could not be read, so it could not be restored either. */
static void
virPCIBindPlanCheckLocked(virPCIBindPlan *plan, const virPCIBindItem *item)
{
    if (!item->facts.locked)
        return;
    virPCIBindPlanBlock(plan, item, VIR_PCI_BLOCKER_STUCK,
                        virFormat(_("the kernel is binding or unbinding %1$s, and does not finish"),
                                  virPCIDeviceGetName(item->dev)),
                        g_strdup(_("end what uses it, and try again")));
}

/* False if the device is of no kind that could be given to a guest. */
static bool
virPCIBindPlanCheckKind(virPCIBindPlan *plan, const virPCIBindItem *item)
{
    const char *name = virPCIDeviceGetName(item->dev);

    if (item->facts.headerType != VIR_PCI_HEADER_ENDPOINT) {
        virPCIBindPlanBlock(plan, item, VIR_PCI_BLOCKER_NOT_ENDPOINT,
                            virFormat(_("%1$s is a bridge, and only endpoints can be given to "
                                        "guests"),
                                      name),
                            g_strdup(_("name the devices behind it")));
    }
    if (item->facts.iommuGroup < 0) {
        virPCIBindPlanBlock(plan, item, VIR_PCI_BLOCKER_NO_IOMMU,
                            virFormat(_("%1$s is in no IOMMU group: the IOMMU is off"), name),
                            g_strdup(_("switch it on in the firmware and on the kernel's command "
                                       "line; 'virtvfio check' says how")));
    }
    return item->facts.headerType == VIR_PCI_HEADER_ENDPOINT;
}

static const virPCIBlockerCode virPCIBlockerOfGuard[] = {
    [VIR_PCI_GUARD_NETWORK] = VIR_PCI_BLOCKER_NETWORK,
    [VIR_PCI_GUARD_STORAGE] = VIR_PCI_BLOCKER_STORAGE,
    [VIR_PCI_GUARD_VFS] = VIR_PCI_BLOCKER_VFS,
    [VIR_PCI_GUARD_DISPLAY] = VIR_PCI_BLOCKER_DISPLAY,
};
G_STATIC_ASSERT(G_N_ELEMENTS(virPCIBlockerOfGuard) == VIR_PCI_GUARD_LAST);

static void
virPCIBindPlanCheckHolders(virPCIBindPlan *plan, const virPCIBindItem *item,
                           const virPCIInterfaces *interfaces)
{
    g_autoptr(GArray) holders = NULL;

    /* What stays on its driver takes nothing away. */
    if (item->keep)
        return;
    holders = virPCIHoldersList(item->dev, &item->facts, interfaces);
    for (guint i = 0; i < holders->len; i++) {
        const virPCIHolder *holder = &g_array_index(holders, virPCIHolder, i);

        if (plan->ctx->force & 1U << holder->guard)
            continue;
        virPCIBindPlanBlock(
            plan, item, virPCIBlockerOfGuard[holder->guard],
            virFormat(_("the host uses %1$s: %2$s"), virPCIDeviceGetName(item->dev), holder->what),
            virFormat(_("end that use, or insist, as root: virtvfio bind %1$s --force=%2$s"),
                      virPCIDeviceGetName(item->dev), virPCIGuardToString((int)holder->guard)));
    }
}

static bool
virPCIBindPlanHasDevice(const virPCIBindPlan *plan, const char *name)
{
    for (guint i = 0; i < plan->items->len; i++) {
        const virPCIBindItem *item = g_ptr_array_index(plan->items, i);

        if (strcmp(virPCIDeviceGetName(item->dev), name) == 0)
            return true;
    }
    return false;
}

static void
virPCIBindPlanCheckCompanion(virPCIBindPlan *plan, const virPCIBindItem *item,
                             const virPCIIOMMUMember *member)
{
    const int group = item->facts.iommuGroup;
    virPCIBlocker blocker = {
        .code = VIR_PCI_BLOCKER_GROUP,
        .device = g_strdup(member->name),
        .driver = g_strdup(member->driver),
        .group = group,
        .message = virFormat(_("%1$s shares IOMMU group %2$d with %3$s and is on driver '%4$s' of "
                               "the host"),
                             member->name, group, virPCIDeviceGetName(item->dev), member->driver),
        .remedy = virFormat(_("bind %1$s too, or take it from its driver"), member->name),
    };

    g_array_append_val(plan->blockers, blocker);
}

/* Every group once; members that are part of the plan are no obstacle. */
static void
virPCIBindPlanCheckGroups(virPCIBindPlan *plan)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < plan->items->len; i++) {
        const virPCIBindItem *item = g_ptr_array_index(plan->items, i);
        g_autoptr(virPCIIOMMUGroup) group = NULL;

        if (item->facts.iommuGroup < 0 ||
            !g_hash_table_add(seen, GINT_TO_POINTER(item->facts.iommuGroup)))
            continue;
        if (!(group = virPCIIOMMUGroupNew(plan->ctx->host, NULL, item->facts.iommuGroup))) {
            virErrorReset();
            continue;
        }
        for (guint m = 0; m < group->members->len; m++) {
            const virPCIIOMMUMember *member = &g_array_index(group->members, virPCIIOMMUMember, m);

            if (member->blocks && !virPCIBindPlanHasDevice(plan, member->name))
                virPCIBindPlanCheckCompanion(plan, item, member);
        }
    }
}

static void
virPCIBindPlanAdd(virPCIBindPlan *plan, const virPCIBindRequest *request,
                  const virPCIInterfaces *interfaces)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&request->address);
    bool duplicate = virPCIBindPlanHasDevice(plan, name);
    virPCIBindItem *item = virPCIBindPlanAddItem(plan, &request->address);

    if (!item)
        return;
    if (duplicate) {
        virPCIBindPlanBlock(plan, item, VIR_PCI_BLOCKER_DUPLICATE,
                            virFormat(_("%1$s is named twice"), name),
                            g_strdup(_("name each device once")));
        return;
    }
    virPCIBindPlanCheckRecord(plan, item);
    virPCIBindPlanCheckUser(plan, item);
    virPCIBindPlanCheckLocked(plan, item);
    /* For a bridge no driver would be right. */
    if (!virPCIBindPlanCheckKind(plan, item))
        return;
    virPCIBindPlanChooseDriver(plan, item, request->driver);
    virPCIBindPlanCheckOpen(plan, item);
    virPCIBindPlanCheckHolders(plan, item, interfaces);
}

virPCIBindPlan *
virPCIBindPlanNew(const virPCIBindContext *ctx, const virPCIBindRequest *requests, size_t n)
{
    virPCIBindPlan *plan = g_new0(virPCIBindPlan, 1);
    g_autoptr(virPCIInterfaces) interfaces = virPCIInterfacesNew(ctx->host);

    plan->ctx = ctx;
    plan->items = g_ptr_array_new_with_free_func(virPCIBindItemFree);
    plan->blockers = g_array_new(FALSE, FALSE, sizeof(virPCIBlocker));
    g_array_set_clear_func(plan->blockers, virPCIBlockerClear);
    for (size_t i = 0; i < n; i++)
        virPCIBindPlanAdd(plan, &requests[i], interfaces);
    virPCIBindPlanCheckGroups(plan);
    return plan;
}

void
virPCIBindPlanFree(virPCIBindPlan *plan)
{
    if (!plan)
        return;
    g_ptr_array_unref(plan->items);
    g_array_unref(plan->blockers);
    g_free(plan);
}

int
virPCIBindPlanCheck(const virPCIBindPlan *plan)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int code = VIR_ERR_OPERATION_INVALID;

    if (plan->blockers->len == 0)
        return 0;
    for (guint i = 0; i < plan->blockers->len; i++) {
        const virPCIBlocker *blocker = &g_array_index(plan->blockers, virPCIBlocker, i);

        if (blocker->code == VIR_PCI_BLOCKER_VANISHED)
            code = VIR_ERR_DEVICE_MISSING;
        virAppend(text, _("%1$s%2$s (%3$s)"), i > 0 ? "; " : "", blocker->message, blocker->remedy);
    }
    virReportError(code, _("nothing was changed: %1$s"), text->str);
    return -1;
}
