/*
 * virhostdev.c: host devices of guests: given to them, and taken back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "virerror.h"
#include "virgettext.h"
#include "virhostdev.h"
#include "virhostdevcheck.h"
#include "virlog.h"
#include "virpcireset.h"
#include "virundo.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("hypervisor.hostdev")

/* Whose devices are that an administrator detached from the host. */
#define VIR_HOSTDEV_ADMINISTRATOR "administrator"

struct _virHostdevManager {
    virPCIHost *host;
    virJournal *journal; /* of bindings; NULL without a run directory, as the next one */
    char *lockDirectory;
    virHostdevLedger *ledger; /* of active devices */
};

virHostdevManager *
virHostdevManagerNew(virPCIHost *host, const char *runDirectory)
{
    virHostdevManager *mgr = g_new0(virHostdevManager, 1);
    g_autofree char *journal = NULL;
    g_autofree char *active = NULL;

    mgr->host = virPCIHostRef(host);
    if (runDirectory) {
        journal = g_build_filename(runDirectory, "journal", NULL);
        active = g_build_filename(runDirectory, "active", NULL);
        mgr->journal = virJournalOpen(journal);
        mgr->lockDirectory = g_build_filename(runDirectory, "lock", NULL);
    }
    mgr->ledger = virHostdevLedgerOpen(active);
    return mgr;
}

void
virHostdevManagerFree(virHostdevManager *mgr)
{
    if (!mgr)
        return;
    virHostdevLedgerClose(mgr->ledger);
    virJournalClose(mgr->journal);
    g_free(mgr->lockDirectory);
    virPCIHostUnref(mgr->host);
    g_free(mgr);
}

const char *
virHostdevManagerGetUser(const virHostdevManager *mgr, const virPCIDeviceAddress *addr)
{
    const virHostdevLedgerEntry *entry = virHostdevLedgerFind(mgr->ledger, addr);

    return entry ? entry->domName : NULL;
}

static virPCIBindContext
virHostdevGetContext(const virHostdevManager *mgr, const char *holder)
{
    return (virPCIBindContext){
        .host = mgr->host,
        .journal = mgr->journal,
        .lockDirectory = mgr->lockDirectory,
        .holder = holder,
        .timeout_ms = VIR_HOSTDEV_TIMEOUT_MS,
    };
}

/* As the journal names a guest. */
static char *
virHostdevGetHolder(const char *domName)
{
    return g_strconcat(VIR_PCI_BIND_GUEST_PREFIX, domName, NULL);
}

/* A guest on its way to its devices, and back if that fails. */
typedef struct {
    virHostdevManager *mgr;
    virHostdevUser user;
    char *holder;
    virDomainHostdevDef *const *hostdevs;
    size_t n;
} virHostdevPreparation;

static void
virHostdevPreparationClear(virHostdevPreparation *prep)
{
    g_free(prep->holder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virHostdevPreparation, virHostdevPreparationClear)

/* What binding the guest's managed devices would take. Its context is @ctx. */
static virPCIBindPlan *
virHostdevPlanManaged(const virHostdevPreparation *prep, const virPCIBindContext *ctx)
{
    g_autoptr(GArray) requests = g_array_new(FALSE, FALSE, sizeof(virPCIBindRequest));

    for (size_t i = 0; i < prep->n; i++) {
        const virDomainHostdevDef *hostdev = prep->hostdevs[i];
        virPCIBindRequest request = {hostdev->source, hostdev->driverModel};

        if (hostdev->managed)
            g_array_append_val(requests, request);
    }
    return virPCIBindPlanNew(ctx, (virPCIBindRequest *)(void *)requests->data, requests->len);
}

/* Step 1: what others have is not touched, managed or not. */
static int
virHostdevPrepareCheckUnused(const virHostdevPreparation *prep)
{
    virHostdevLedgerReload(prep->mgr->ledger);
    for (size_t i = 0; i < prep->n; i++) {
        const virPCIDeviceAddress *addr = &prep->hostdevs[i]->source;
        const char *user = virHostdevManagerGetUser(prep->mgr, addr);
        g_autofree char *name = virPCIDeviceAddressAsString(addr);

        if (!user)
            continue;
        virReportError(
            VIR_ERR_OPERATION_INVALID,
            _("cannot give host device %1$s to guest '%2$s': guest '%3$s' of %4$s has it"), name,
            prep->user.domName, user, virHostdevLedgerFind(prep->mgr->ledger, addr)->drvName);
        return -1;
    }
    return 0;
}

/* What was bound for the guest gets its driver back; what was not is not in the journal as its. */
static int
virHostdevReturnManaged(const virHostdevPreparation *prep)
{
    const virPCIBindContext ctx = virHostdevGetContext(prep->mgr, prep->holder);
    int ret = 0;

    if (!prep->mgr->journal)
        return 0;
    for (size_t i = 0; i < prep->n; i++) {
        const virPCIDeviceAddress *addr = &prep->hostdevs[i]->source;
        g_autoptr(virJournalRecord) record = virJournalRead(prep->mgr->journal, addr);

        if (!record || strcmp(record->holder, prep->holder) != 0)
            continue;
        if (virPCIBindRestore(&ctx, addr, 1) < 0) {
            VIR_WARN(_("guest '%1$s': %2$s"), prep->user.domName, virErrorGetMessage());
            ret = -1;
        }
    }
    return ret;
}

static int
virHostdevUndoBind(void *opaque)
{
    return virHostdevReturnManaged(opaque);
}

/* Step 2: managed devices go to their VFIO drivers, all or none. */
static int
virHostdevPrepareBind(virHostdevPreparation *prep, virUndo *undo)
{
    const virPCIBindContext ctx = virHostdevGetContext(prep->mgr, prep->holder);
    g_autoptr(virPCIBindPlan) plan = virHostdevPlanManaged(prep, &ctx);

    if (plan->items->len == 0 && plan->blockers->len == 0)
        return 0;
    if (!prep->mgr->journal) {
        virReportError(VIR_ERR_CONFIG_UNSUPPORTED,
                       _("guest '%1$s' has host devices with managed='yes', and only root can bind "
                         "them: be root, or have them bound and say managed='no'"),
                       prep->user.domName);
        return -1;
    }
    if (virPCIBindApply(plan) < 0)
        return -1;
    virUndoPush(undo, virHostdevUndoBind, prep, NULL);
    return 0;
}

static int
virHostdevUndoActive(void *opaque)
{
    const virHostdevPreparation *prep = opaque;

    for (size_t i = 0; i < prep->n; i++)
        virHostdevLedgerRemove(prep->mgr->ledger, &prep->hostdevs[i]->source);
    return 0;
}

/* Step 4: from here on the devices are the guest's. */
static int
virHostdevPrepareActivate(virHostdevPreparation *prep, virUndo *undo)
{
    virUndoPush(undo, virHostdevUndoActive, prep, NULL);
    for (size_t i = 0; i < prep->n; i++) {
        if (virHostdevLedgerAdd(prep->mgr->ledger, &prep->hostdevs[i]->source, prep->user.drvName,
                                prep->user.domName) < 0)
            return -1;
    }
    return 0;
}

int
virHostdevPreparePCIDevices(virHostdevManager *mgr, const char *drvName, const char *domName,
                            virDomainHostdevDef *const *hostdevs, size_t n)
{
    g_autoptr(virUndo) undo = virUndoNew();
    g_auto(virHostdevPreparation) prep = {
        mgr, {drvName, domName}, virHostdevGetHolder(domName), hostdevs, n,
    };

    if (virHostdevPrepareCheckUnused(&prep) < 0 || virHostdevPrepareBind(&prep, undo) < 0 ||
        /* Step 3: managed or not, this is how a guest can use them. */
        virHostdevCheckPCIDevices(mgr->host, mgr->ledger, &prep.user, hostdevs, n) < 0 ||
        virHostdevPrepareActivate(&prep, undo) < 0) {
        (void)!virUndoRollback(undo);
        return -1;
    }
    virUndoCommit(undo);
    return 0;
}

int
virHostdevCheckPreparePCIDevices(virHostdevManager *mgr, const char *drvName, const char *domName,
                                 virDomainHostdevDef *const *hostdevs, size_t n)
{
    g_auto(virHostdevPreparation) prep = {
        mgr, {drvName, domName}, virHostdevGetHolder(domName), hostdevs, n,
    };
    const virPCIBindContext ctx = virHostdevGetContext(mgr, prep.holder);
    g_autoptr(virPCIBindPlan) plan = virHostdevPlanManaged(&prep, &ctx);
    g_autoptr(GPtrArray) unmanaged = g_ptr_array_new();

    for (size_t i = 0; i < n; i++) {
        if (!hostdevs[i]->managed)
            g_ptr_array_add(unmanaged, hostdevs[i]);
    }
    if (virHostdevPrepareCheckUnused(&prep) < 0 || virPCIBindPlanCheck(plan) < 0)
        return -1;
    return virHostdevCheckPCIDevices(mgr->host, mgr->ledger, &prep.user,
                                     (virDomainHostdevDef *const *)unmanaged->pdata,
                                     unmanaged->len);
}

/* Those of @hostdevs that the guest has. Caller unrefs; the members are borrowed. */
static GPtrArray *
virHostdevListActive(const virHostdevManager *mgr, const virHostdevUser *user,
                     virDomainHostdevDef *const *hostdevs, size_t n)
{
    GPtrArray *active = g_ptr_array_new();

    for (size_t i = 0; i < n; i++) {
        const virHostdevLedgerEntry *entry =
            virHostdevLedgerFind(mgr->ledger, &hostdevs[i]->source);

        if (entry && strcmp(entry->drvName, user->drvName) == 0 &&
            strcmp(entry->domName, user->domName) == 0)
            g_ptr_array_add(active, hostdevs[i]);
    }
    return active;
}

void
virHostdevReAttachPCIDevices(virHostdevManager *mgr, const char *drvName, const char *domName,
                             virDomainHostdevDef *const *hostdevs, size_t n)
{
    const virHostdevUser user = {.drvName = drvName, .domName = domName};
    g_autoptr(GPtrArray) active = virHostdevListActive(mgr, &user, hostdevs, n);
    g_auto(virHostdevPreparation) prep = {
        mgr,
        user,
        virHostdevGetHolder(domName),
        (virDomainHostdevDef *const *)active->pdata,
        active->len,
    };
    virErrorInfo cause = {0};

    /* The guest's end has a cause of its own. */
    virErrorPreserve(&cause);
    virHostdevUndoActive(&prep);
    (void)!virHostdevReturnManaged(&prep);
    virErrorRestore(&cause);
}

static int
virHostdevUpdateActive(virHostdevManager *mgr, const virPCIDeviceAddress *addr,
                       const virHostdevUser *user)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(mgr->host, addr);
    g_autofree char *name = virPCIDeviceAddressAsString(addr);
    const virHostdevLedgerEntry *entry = virHostdevLedgerFind(mgr->ledger, addr);

    if (!dev) {
        VIR_WARN(_("guest '%1$s': %2$s"), user->domName, virErrorGetMessage());
        virErrorReset();
        return 0;
    }
    if (entry && (strcmp(entry->drvName, user->drvName) != 0 ||
                  strcmp(entry->domName, user->domName) != 0)) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("host device %1$s of guest '%2$s' is in use by guest '%3$s'"), name,
                       user->domName, entry->domName);
        return -1;
    }
    return virHostdevLedgerAdd(mgr->ledger, addr, user->drvName, user->domName);
}

int
virHostdevUpdateActivePCIDevices(virHostdevManager *mgr, virDomainHostdevDef *const *hostdevs,
                                 size_t n, const char *drvName, const char *domName)
{
    const virHostdevUser user = {.drvName = drvName, .domName = domName};

    virHostdevLedgerReload(mgr->ledger);
    for (size_t i = 0; i < n; i++) {
        if (virHostdevUpdateActive(mgr, &hostdevs[i]->source, &user) < 0)
            return -1;
    }
    return 0;
}

/* For what an administrator does with a device: no guest has it, and it can be remembered. */
static int
virHostdevCheckNodeDevice(virHostdevManager *mgr, const virPCIDeviceAddress *addr)
{
    g_autofree char *name = virPCIDeviceAddressAsString(addr);
    const char *user;

    virHostdevLedgerReload(mgr->ledger);
    if ((user = virHostdevManagerGetUser(mgr, addr))) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("%1$s is in use by guest '%2$s': detach it from the guest first"), name,
                       user);
        return -1;
    }
    if (!mgr->journal) {
        virReportError(VIR_ERR_OPERATION_DENIED, _("%1$s: only root can change devices"), name);
        return -1;
    }
    return 0;
}

int
virHostdevPCINodeDeviceDetach(virHostdevManager *mgr, const virPCIDeviceAddress *addr,
                              const char *driver)
{
    const virPCIBindContext ctx = virHostdevGetContext(mgr, VIR_HOSTDEV_ADMINISTRATOR);
    const virPCIBindRequest request = {*addr, driver};
    g_autoptr(virPCIBindPlan) plan = NULL;

    if (virHostdevCheckNodeDevice(mgr, addr) < 0)
        return -1;
    plan = virPCIBindPlanNew(&ctx, &request, 1);
    return virPCIBindApply(plan);
}

int
virHostdevPCINodeDeviceReAttach(virHostdevManager *mgr, const virPCIDeviceAddress *addr)
{
    const virPCIBindContext ctx = virHostdevGetContext(mgr, VIR_HOSTDEV_ADMINISTRATOR);

    if (virHostdevCheckNodeDevice(mgr, addr) < 0)
        return -1;
    return virPCIBindRestore(&ctx, addr, 1);
}

/* virPCIResetUserFunc */
static char *
virHostdevGetResetUser(const virPCIDeviceAddress *addr, void *opaque)
{
    const char *user = virHostdevManagerGetUser(opaque, addr);

    return user ? virHostdevGetHolder(user) : NULL;
}

int
virHostdevPCINodeDeviceReset(virHostdevManager *mgr, const virPCIDeviceAddress *addr)
{
    g_autoptr(virPCIDevice) dev = NULL;
    virPCIResetMethod method;

    if (virHostdevCheckNodeDevice(mgr, addr) < 0 || !(dev = virPCIDeviceNew(mgr->host, addr)))
        return -1;
    return virPCIDeviceReset(dev, virHostdevGetResetUser, mgr, &method);
}
