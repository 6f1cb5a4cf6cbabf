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
#include "virhostdevlater.h"
#include "virhostdevrecover.h"
#include "virhostdevrequest.h"
#include "virhostdevreturn.h"
#include "virlog.h"
#include "virpciholders.h"
#include "virundo.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("hypervisor.hostdev")

/* Whose devices are that an administrator detached from the host. */
#define VIR_HOSTDEV_ADMINISTRATOR "administrator"

/* Immutable but for the ledger, which has a lock of its own. */
struct _virHostdevManager {
    virPCIHost *host;
    virJournal *journal; /* of bindings; NULL without a run directory, as the next one */
    char *lockDirectory;
    virHostdevLedger *ledger; /* of active devices */
    virHostdevNet *net;
    virHostdevLater *recovery; /* NULL: none was started */
    int recoveryWait_ms;
};

virHostdevManager *
virHostdevManagerNew(virPCIHost *host, const char *runDirectory)
{
    virHostdevManager *mgr = g_new0(virHostdevManager, 1);
    g_autofree char *journal = NULL;

    mgr->host = virPCIHostRef(host);
    if (runDirectory) {
        journal = g_build_filename(runDirectory, "journal", NULL);
        mgr->journal = virJournalOpen(journal);
        mgr->lockDirectory = g_build_filename(runDirectory, "lock", NULL);
    }
    mgr->ledger = virHostdevLedgerOpen(runDirectory);
    mgr->net = virHostdevNetNew(host, runDirectory);
    return mgr;
}

void
virHostdevManagerFree(virHostdevManager *mgr)
{
    if (!mgr)
        return;
    virHostdevLaterFree(mgr->recovery);
    virHostdevNetFree(mgr->net);
    virHostdevLedgerClose(mgr->ledger);
    virJournalClose(mgr->journal);
    g_free(mgr->lockDirectory);
    virPCIHostUnref(mgr->host);
    g_free(mgr);
}

virHostdevNet *
virHostdevManagerGetNet(const virHostdevManager *mgr)
{
    return mgr->net;
}

char *
virHostdevManagerGetUser(virHostdevManager *mgr, const virPCIDeviceAddress *addr)
{
    g_autoptr(virHostdevLedgerEntry) entry = virHostdevLedgerFind(mgr->ledger, addr);

    return entry && entry->state != VIR_HOSTDEV_CHANGING ? g_steal_pointer(&entry->domName) : NULL;
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
        .wait_ms = VIR_HOSTDEV_TIMEOUT_MS,
    };
}

static char *
virHostdevDescribeUser(const virPCIDeviceAddress *addr, void *opaque)
{
    g_autofree char *domName = virHostdevManagerGetUser(opaque, addr);

    return domName ? virHostdevGetHolder(domName) : NULL;
}

/* Who holds a device for himself has to know what guests have. */
static virPCIBindContext
virHostdevGetAdministratorContext(virHostdevManager *mgr)
{
    virPCIBindContext ctx = virHostdevGetContext(mgr, VIR_HOSTDEV_ADMINISTRATOR);

    ctx.user = virHostdevDescribeUser;
    ctx.userOpaque = mgr;
    return ctx;
}

void
virHostdevManagerStartRecovery(virHostdevManager *mgr, int wait_ms)
{
    const virPCIBindContext ctx = virHostdevGetAdministratorContext(mgr);

    mgr->recoveryWait_ms = wait_ms;
    mgr->recovery = virHostdevLaterNew(mgr->net, &ctx, mgr->ledger);
}

void
virHostdevManagerAwaitRecovery(virHostdevManager *mgr)
{
    if (mgr->recovery)
        (void)!virHostdevLaterAwait(mgr->recovery, NULL, -1);
}

void
virHostdevManagerStopRecovery(virHostdevManager *mgr)
{
    if (mgr->recovery)
        virHostdevLaterStop(mgr->recovery);
}

/* What a crash left is set right before somebody gets a device, or it is noted whose it is. */
static int
virHostdevAwaitRecovery(const virHostdevManager *mgr, const GArray *devices)
{
    return mgr->recovery ? virHostdevLaterAwait(mgr->recovery, devices, mgr->recoveryWait_ms) : 0;
}

static virHostdevReturn
virHostdevGetReturn(const virHostdevManager *mgr)
{
    return (virHostdevReturn){
        .bind = virHostdevGetContext(mgr, NULL),
        .ledger = mgr->ledger,
        .net = mgr->net,
    };
}

/* virHostdevDevice of each of @hostdevs; caller unrefs. */
static GArray *
virHostdevDeviceReadAll(const virHostdevManager *mgr, virDomainHostdevDef *const *hostdevs,
                        size_t n)
{
    GArray *devices = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));

    for (size_t i = 0; i < n; i++) {
        virHostdevDevice device = virHostdevDeviceRead(mgr->host, &hostdevs[i]->source);

        g_array_append_val(devices, device);
    }
    return devices;
}

/* A guest on its way to its devices, and back if that fails. */
typedef struct {
    virHostdevManager *mgr;
    virHostdevUser user;
    char *holder;
    virDomainHostdevDef *const *hostdevs;
    size_t n;
    GArray *devices; /* virHostdevDevice of each */
    GPtrArray *net;  /* virHostdevNetPlan(), or NULL */
} virHostdevPreparation;

static void
virHostdevPreparationClear(virHostdevPreparation *prep)
{
    g_free(prep->holder);
    g_clear_pointer(&prep->devices, g_array_unref);
    g_clear_pointer(&prep->net, g_ptr_array_unref);
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

static int
virHostdevUndoClaim(void *opaque)
{
    const virHostdevPreparation *prep = opaque;
    const virHostdevReturn back = virHostdevGetReturn(prep->mgr);

    virHostdevReturnEnd(&back, &prep->user, prep->devices);
    return 0;
}

/* Step 1: what others have is not touched, managed or not, and nobody else gets it from here on. */
static int
virHostdevPrepareClaim(virHostdevPreparation *prep, virUndo *undo)
{
    if (virHostdevLedgerClaim(prep->mgr->ledger, &prep->user, prep->devices) < 0)
        return -1;
    virUndoPush(undo, virHostdevUndoClaim, prep, NULL);
    return 0;
}

static int
virHostdevUndoBind(void *opaque)
{
    const virHostdevPreparation *prep = opaque;
    const virHostdevReturn back = virHostdevGetReturn(prep->mgr);

    return virHostdevReturnManaged(&back, &prep->user, prep->devices);
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
virHostdevUndoNet(void *opaque)
{
    const virHostdevPreparation *prep = opaque;
    const virHostdevReturn back = virHostdevGetReturn(prep->mgr);

    return virHostdevReturnNet(&back, &prep->user, prep->devices);
}

/*
 * Step 4: VFs get the guest's MAC address and VLAN. A driver of the host would notice, or undo it:
 * so this comes after they were taken from it, and is undone before they go back.
 */
static int
virHostdevPrepareNet(virHostdevPreparation *prep, virUndo *undo)
{
    if (virHostdevNetApply(prep->mgr->net, prep->net) < 0)
        return -1;
    virUndoPush(undo, virHostdevUndoNet, prep, NULL);
    return 0;
}

/* Step 5: from here on the devices are the guest's. */
static int
virHostdevPrepareActivate(const virHostdevPreparation *prep)
{
    return virHostdevLedgerActivate(prep->mgr->ledger, &prep->user, prep->devices);
}

int
virHostdevPreparePCIDevices(virHostdevManager *mgr, const char *drvName, const char *domName,
                            virDomainHostdevDef *const *hostdevs, size_t n)
{
    g_autoptr(virUndo) undo = virUndoNew();
    g_auto(virHostdevPreparation) prep = {
        mgr,
        {drvName, domName},
        virHostdevGetHolder(domName),
        hostdevs,
        n,
        virHostdevDeviceReadAll(mgr, hostdevs, n),
        NULL,
    };

    if (virHostdevAwaitRecovery(mgr, prep.devices) < 0 || virHostdevPrepareClaim(&prep, undo) < 0 ||
        /* What VFs have is read while they are still as the host uses them. */
        !(prep.net = virHostdevNetPlan(mgr->net, domName, hostdevs, n)) ||
        virHostdevPrepareBind(&prep, undo) < 0 ||
        /* Step 3: managed or not, this is how a guest can use them. */
        virHostdevCheckPCIDevices(mgr->host, mgr->ledger, &prep.user, hostdevs, n) < 0 ||
        virHostdevPrepareNet(&prep, undo) < 0 || virHostdevPrepareActivate(&prep) < 0) {
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
        mgr,
        {drvName, domName},
        virHostdevGetHolder(domName),
        hostdevs,
        n,
        virHostdevDeviceReadAll(mgr, hostdevs, n),
        NULL,
    };
    const virPCIBindContext ctx = virHostdevGetContext(mgr, prep.holder);
    g_autoptr(virPCIBindPlan) plan = virHostdevPlanManaged(&prep, &ctx);
    g_autoptr(GPtrArray) unmanaged = g_ptr_array_new();

    for (size_t i = 0; i < n; i++) {
        if (!hostdevs[i]->managed)
            g_ptr_array_add(unmanaged, hostdevs[i]);
    }
    if (virHostdevLedgerCheck(mgr->ledger, &prep.user, prep.devices) < 0 ||
        virHostdevNetCheck(mgr->net, hostdevs, n) < 0 || virPCIBindPlanCheck(plan) < 0)
        return -1;
    return virHostdevCheckPCIDevices(mgr->host, mgr->ledger, &prep.user,
                                     (virDomainHostdevDef *const *)unmanaged->pdata,
                                     unmanaged->len);
}

void
virHostdevReAttachPCIDevices(virHostdevManager *mgr, const char *drvName, const char *domName,
                             virDomainHostdevDef *const *hostdevs, size_t n)
{
    const virHostdevUser user = {.drvName = drvName, .domName = domName};
    const virHostdevReturn back = virHostdevGetReturn(mgr);
    g_autoptr(GArray) devices = virHostdevDeviceReadAll(mgr, hostdevs, n);
    virErrorInfo cause = {0};

    /* The guest's end has a cause of its own. */
    virErrorPreserve(&cause);
    if (virHostdevAwaitRecovery(mgr, devices) < 0)
        VIR_WARN("%s", virErrorGetMessage());
    virHostdevReturnAll(&back, &user, devices);
    virErrorRestore(&cause);
}

/* What was left of an earlier run is not the guest's now, and may be gone: a card that was pulled.
 */
static bool
virHostdevIsUser(const virHostdevManager *mgr, const virHostdevUser *user,
                 const virPCIDeviceAddress *addr)
{
    g_autoptr(virHostdevLedgerEntry) entry = virHostdevLedgerFind(mgr->ledger, addr);

    return entry && virHostdevLedgerEntryIsOf(entry, user);
}

/* What was bound for the guest is not given back by recovery as long as @process runs. */
static int
virHostdevSetHolderProcess(virHostdevManager *mgr, const virHostdevUser *user,
                           const virProcessIdentity *process)
{
    g_autofree char *holder = virHostdevGetHolder(user->domName);
    const virPCIBindContext ctx = virHostdevGetContext(mgr, holder);
    g_autoptr(GPtrArray) records = NULL;

    if (!mgr->journal)
        return 0;
    records = virJournalList(mgr->journal);
    for (guint i = 0; i < records->len; i++) {
        const virJournalRecord *record = g_ptr_array_index(records, i);

        if (strcmp(record->holder, holder) == 0 && virHostdevIsUser(mgr, user, &record->address) &&
            virPCIBindSetProcess(&ctx, &record->address, process) < 0)
            return -1;
    }
    return 0;
}

int
virHostdevSetProcess(virHostdevManager *mgr, const char *drvName, const char *domName, pid_t pid)
{
    const virHostdevUser user = {.drvName = drvName, .domName = domName};
    virProcessIdentity process;

    if (virProcessIdentify(pid, &process) < 0 ||
        virHostdevSetHolderProcess(mgr, &user, &process) < 0 ||
        virHostdevNetSetProcess(mgr->net, domName, &process) < 0)
        return -1;
    return virHostdevLedgerSetProcess(mgr->ledger, &user, &process);
}

static int
virHostdevUpdateActive(virHostdevManager *mgr, const virPCIDeviceAddress *addr,
                       const virHostdevUser *user)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(mgr->host, addr);
    virHostdevDevice device;

    if (!dev) {
        VIR_WARN(_("guest '%1$s': %2$s"), user->domName, virErrorGetMessage());
        virErrorReset();
        return 0;
    }
    device = virHostdevDeviceRead(mgr->host, addr);
    return virHostdevLedgerAdopt(mgr->ledger, user, &device);
}

int
virHostdevUpdateActivePCIDevices(virHostdevManager *mgr, virDomainHostdevDef *const *hostdevs,
                                 size_t n, const char *drvName, const char *domName)
{
    const virHostdevUser user = {.drvName = drvName, .domName = domName};
    g_autoptr(GArray) devices = virHostdevDeviceReadAll(mgr, hostdevs, n);
    virErrorInfo first = {0};
    int ret = 0;

    if (virHostdevAwaitRecovery(mgr, devices) < 0)
        VIR_WARN("%s", virErrorGetMessage());

    /* The guest runs with all of them: one that is in dispute keeps no other one from being known.
     */
    for (size_t i = 0; i < n; i++) {
        if (virHostdevUpdateActive(mgr, &hostdevs[i]->source, &user) == 0)
            continue;
        if (ret < 0)
            VIR_WARN("%s", virErrorGetMessage());
        else
            virErrorPreserve(&first);
        ret = -1;
    }
    if (ret < 0)
        virErrorRestore(&first);
    return ret;
}

/* For what an administrator does with a device: no guest has it, and it can be remembered. */
static int
virHostdevRequestBegin(virHostdevRequest *request, virHostdevManager *mgr,
                       const virPCIDeviceAddress *addr)
{
    g_autofree char *name = virPCIDeviceAddressAsString(addr);
    g_autoptr(GArray) devices = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));
    virHostdevDevice device;

    if (!mgr->journal) {
        virReportError(VIR_ERR_OPERATION_DENIED, _("%1$s: only root can change devices"), name);
        return -1;
    }
    request->host = mgr->host;
    request->ledger = mgr->ledger;
    device = virHostdevDeviceRead(mgr->host, addr);
    g_array_append_val(devices, device);
    return virHostdevAwaitRecovery(mgr, devices) < 0 ? -1 : virHostdevRequestAdd(request, addr);
}

int
virHostdevPCINodeDeviceDetach(virHostdevManager *mgr, const virPCIDeviceAddress *addr,
                              const char *driver)
{
    const virPCIBindContext ctx = virHostdevGetAdministratorContext(mgr);
    const virPCIBindRequest bind = {*addr, driver};
    g_auto(virHostdevRequest) request = {0};
    g_autoptr(virPCIBindPlan) plan = NULL;

    if (virHostdevRequestBegin(&request, mgr, addr) < 0)
        return -1;
    plan = virPCIBindPlanNew(&ctx, &bind, 1);
    return virPCIBindApply(plan);
}

int
virHostdevPCINodeDeviceReAttach(virHostdevManager *mgr, const virPCIDeviceAddress *addr)
{
    virPCIBindContext ctx = virHostdevGetAdministratorContext(mgr);
    g_auto(virHostdevRequest) request = {0};
    g_autoptr(virJournalRecord) record = NULL;

    if (virHostdevRequestBegin(&request, mgr, addr) < 0 ||
        ((record = virJournalRead(mgr->journal, addr)) &&
         virHostdevRequestCheckReturn(&request, record) < 0))
        return -1;
    if (record && virHostdevRequestIsLeft(record))
        ctx.holder = record->holder;
    return virPCIBindRestore(&ctx, addr, 1);
}

/* An administrator holds it, or nobody: anybody else's name; caller frees. */
static char *
virHostdevGetJournalHolder(const virHostdevManager *mgr, const virPCIDeviceAddress *addr)
{
    g_autoptr(virJournalRecord) record = virJournalRead(mgr->journal, addr);

    return record && strcmp(record->holder, VIR_HOSTDEV_ADMINISTRATOR) != 0
               ? g_steal_pointer(&record->holder)
               : NULL;
}

/* Processes that have the device open; caller frees. */
static char *
virHostdevListProcesses(const virHostdevManager *mgr, const virPCIDeviceAddress *addr)
{
    g_autoptr(virPCIDevice) dev = virPCIDeviceNew(mgr->host, addr);
    g_auto(virPCIDeviceFacts) facts = {0};

    if (dev && virPCIDeviceReadFacts(dev, &facts) == 0)
        return virPCIHoldersListProcesses(dev, &facts);
    virErrorReset();
    return NULL;
}

/* A reset under way, for what it asks. */
typedef struct {
    virHostdevManager *mgr;
    virHostdevRequest request;
} virHostdevReset;

static void
virHostdevResetClear(virHostdevReset *reset)
{
    virHostdevRequestClear(&reset->request);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virHostdevReset, virHostdevResetClear)

/*
 * virPCIResetUserFunc. Others on the bus become part of the request, so that no guest can get one
 * between this answer and the reset.
 */
static char *
virHostdevGetResetUser(const virPCIDeviceAddress *addr, void *opaque)
{
    virHostdevReset *reset = opaque;
    virHostdevRequest *request = &reset->request;
    g_autofree char *why = NULL;

    if (!virHostdevRequestHas(request, addr) && virHostdevRequestAdd(request, addr) < 0) {
        g_autofree char *user = virHostdevManagerGetUser(reset->mgr, addr);

        why = user ? virHostdevGetHolder(user) : g_strdup(virErrorGetMessage());
        virErrorReset();
    }
    if (!why)
        why = virHostdevGetJournalHolder(reset->mgr, addr);
    return why ? g_steal_pointer(&why) : virHostdevListProcesses(reset->mgr, addr);
}

int
virHostdevPCINodeDeviceReset(virHostdevManager *mgr, const virPCIDeviceAddress *addr,
                             virPCIResetMethod *method)
{
    g_auto(virHostdevReset) reset = {.mgr = mgr};
    const virPCIResetContext ctx = {
        .user = virHostdevGetResetUser,
        .opaque = &reset,
        .lockDirectory = mgr->lockDirectory,
        .holder = VIR_HOSTDEV_ADMINISTRATOR,
    };
    g_autoptr(virPCIDevice) dev = NULL;

    if (virHostdevRequestBegin(&reset.request, mgr, addr) < 0 ||
        !(dev = virPCIDeviceNew(mgr->host, addr)))
        return -1;
    return virPCIDeviceReset(dev, &ctx, method);
}
