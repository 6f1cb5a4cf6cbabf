/*
 * qemu_driver.c: the QEMU driver itself: opening, closing, finding guests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "qemu_capabilities.h"
#include "qemu_domain.h"
#include "qemu_driver.h"
#include "qemu_driver_priv.h"
#include "qemu_hotplug.h"
#include "qemu_process.h"
#include "qemu_save.h"
#include "qemu_scope.h"
#include "qemu_socket.h"
#include "qemu_status.h"
#include "virdomainobjstore.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.driver")

/* How long a driver that was killed may leave its lock with a child that is about to be QEMU. */
#define QEMU_DRIVER_LOCK_TIMEOUT_MS 2000

#define QEMU_DRIVER_TICK_S          60

/* How long a guest agent may take to answer if nothing else is said. */
#define QEMU_DRIVER_AGENT_TIMEOUT_MS 5000

/* A worker's task. */
typedef struct {
    qemuDriverWork work;
    void *opaque;
    GDestroyNotify destroy;
} qemuDriverTask;

static void
qemuDriverRunTask(void *data, void *opaque)
{
    qemuDriverTask *task = data;

    virErrorReset();
    task->work(opaque, task->opaque);
    task->destroy(task->opaque);
    g_free(task);
}

void
qemuDriverPush(qemuDriver *driver, qemuDriverWork work, void *opaque, GDestroyNotify destroy)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&driver->lock);
    qemuDriverTask *task;

    if (driver->closing) {
        destroy(opaque);
        return;
    }
    task = g_new0(qemuDriverTask, 1);
    task->work = work;
    task->opaque = opaque;
    task->destroy = destroy;
    g_thread_pool_push(driver->workers, task, NULL);
}

bool
qemuDriverIsClosing(qemuDriver *driver)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&driver->lock);

    return driver->closing;
}

int
qemuDriverNextID(qemuDriver *driver)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&driver->lock);

    return ++driver->lastID;
}

void
qemuDriverReserveID(qemuDriver *driver, int id)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&driver->lock);

    driver->lastID = MAX(driver->lastID, id);
}

static gboolean
qemuDriverTick(void *opaque)
{
    const qemuDriver *driver = opaque;
    g_autoptr(GPtrArray) vms =
        virDomainObjListCollect(driver->domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    for (guint i = 0; i < vms->len; i++) {
        virDomainObj *vm = g_ptr_array_index(vms, i);
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);
        const qemuDomainPrivate *priv = vm->privateData;

        if (priv && priv->log)
            qemuLogTrim(priv->log);
    }
    return G_SOURCE_CONTINUE;
}

static void
qemuDriverStartTick(qemuDriver *driver)
{
    driver->tick = g_timeout_source_new_seconds(QEMU_DRIVER_TICK_S);
    g_source_set_callback(driver->tick, qemuDriverTick, driver, NULL);
    g_source_attach(driver->tick, qemuLoopGetContext(driver->loop));
}

/* QEMU's user has to get through to what is its own; nobody else looks into our directories, and
 * the files in them, definitions with passwords, are for us alone. */
static int
qemuDriverMakeDirectory(const char *path)
{
    if (!path || g_mkdir_with_parents(path, 0711) == 0)
        return 0;
    virReportSystemError(errno, _("cannot make the directory '%1$s'"), path);
    return -1;
}

static int
qemuDriverMakeDirectories(qemuDriver *driver)
{
    if (!driver->runDirectory)
        return 0;
    if (qemuDriverMakeDirectory(driver->runDirectory) < 0 ||
        qemuDriverMakeDirectory(driver->stateDirectory) < 0)
        return -1;
    driver->claim = virLockAcquire(driver->runDirectory, "driver", _("the QEMU driver"),
                                   QEMU_DRIVER_LOCK_TIMEOUT_MS);
    return driver->claim ? 0 : -1;
}

static qemuDriver *
qemuDriverAlloc(const qemuDriverConfig *config)
{
    qemuDriver *driver = g_new0(qemuDriver, 1);

    driver->stateDirectory = g_strdup(config->stateDirectory);
    driver->runDirectory = g_strdup(config->runDirectory);
    driver->logDirectory = g_strdup(config->logDirectory);
    driver->cacheDirectory = g_strdup(config->cacheDirectory);
    driver->scopes = config->scopes;
    driver->unplugTimeout_ms =
        config->unplugTimeout_ms ? config->unplugTimeout_ms : QEMU_HOTPLUG_UNPLUG_TIMEOUT_MS;
    driver->agentTimeout_ms =
        config->agentTimeout_ms ? config->agentTimeout_ms : QEMU_DRIVER_AGENT_TIMEOUT_MS;
    driver->host = config->host;
    driver->hostdevMgr = config->hostdevMgr;
    driver->domains = virDomainObjListNew();
    driver->ports = qemuPortsNew();
    driver->loop = qemuLoopNew();
    driver->events = qemuEventQueueNew();
    driver->caps = qemuCapsCacheNew(driver->loop, config->cacheDirectory);
    /* No bound: workers wait for jobs of guests, and a job may be held for one that would still be
     * in the queue: reconnections are, all of them, from before they are pushed. What is bounded is
     * the work: a guest has one piece of a kind that waits, whatever its QEMU says how often. */
    driver->workers = g_thread_pool_new(qemuDriverRunTask, driver, -1, FALSE, NULL);
    g_mutex_init(&driver->ownersLock);
    g_mutex_init(&driver->lock);
    driver->owned = g_hash_table_new(NULL, NULL);
    return driver;
}

/* A reconnection: the job is held from before anybody can see the guest. */
static void
qemuDriverReconnectWork(qemuDriver *driver G_GNUC_UNUSED, void *opaque)
{
    qemuDomainJob *job = opaque;

    qemuProcessReconnect(job->vm);
}

static void
qemuDriverReconnectDone(void *opaque)
{
    qemuDomainJobEnd(opaque);
    g_free(opaque);
}

/* What the status file says becomes the guest's. */
static void
qemuDriverAdopt(qemuDriver *driver, virDomainObj *vm, qemuStatus *status)
{
    qemuDomainPrivate *priv = qemuDomainGetPrivate(driver, vm);
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    if (status->def) {
        vm->newDef = vm->def;
        vm->def = g_steal_pointer(&status->def);
    }
    qemuDomainRecognizeSockets(vm->def, driver->runDirectory);
    vm->id = status->id;
    vm->def->id = status->id;
    virDomainObjSetState(vm, status->state, status->reason);
    priv->process = status->process;
    priv->tpm = status->tpm;
    priv->keepTPM = status->keepTPM;
    priv->plugging = g_steal_pointer(&status->plugging);
    priv->saving = g_steal_pointer(&status->saving);
    priv->starting = status->starting;
    priv->fakeReboot = status->fakeReboot;
    priv->autodestroy = status->autodestroy;
    priv->owners = g_ptr_array_ref(status->owners);
}

/* A guest has one state: a file with another name is a copy that somebody has made. */
static int
qemuDriverCheckStatusName(const qemuStatus *status, const char *file)
{
    g_autofree char *name = g_strconcat(status->def->name, ".xml", NULL);

    if (strcmp(name, file) == 0)
        return 0;
    virReportError(VIR_ERR_XML_ERROR, _("it is about guest '%1$s', whose state would be in '%2$s'"),
                   status->def->name, name);
    return -1;
}

static int
qemuDriverLoadStatus(qemuDriver *driver, const char *file, GPtrArray *jobs)
{
    g_autofree char *text = virDomainObjStoreReadFile(driver->runDirectory, file);
    g_autoptr(qemuStatus) status = text ? qemuStatusParse(text, file) : NULL;
    g_autoptr(virDomainObj) vm = NULL;
    qemuDomainJob *job;

    if (!status || qemuDriverCheckStatusName(status, file) < 0 ||
        !(vm = virDomainObjListAdd(driver->domains, &status->def)))
        return -1;
    qemuDriverReserveID(driver, status->id);
    qemuDomainGetPrivate(driver, vm);
    job = g_new0(qemuDomainJob, 1);
    qemuDomainJobBeginAlways(job, vm, "reconnect");
    qemuDriverAdopt(driver, vm, status);
    g_ptr_array_add(jobs, job);
    return 0;
}

/* A status file that tells nothing is no proof that its guest does not run. One that nobody
 * understands is set aside if it does not; what cannot be read now is left alone. */
static void
qemuDriverHandleUnread(qemuDriver *driver, const char *file, GPtrArray *jobs)
{
    g_autofree qemuDomainJob *job = g_new0(qemuDomainJob, 1);

    if (qemuProcessFindUnread(driver, file, job)) {
        if (job->vm)
            g_ptr_array_add(jobs, g_steal_pointer(&job));
    } else if (virErrorGetLast()->code == VIR_ERR_SYSTEM_ERROR) {
        VIR_WARN("%s", virErrorGetMessage());
    } else {
        virDomainObjStoreSetAside(driver->runDirectory, file);
    }
}

/* Those that can be read go first: they say which ids there are. */
static void
qemuDriverLoadStatuses(qemuDriver *driver, GPtrArray *jobs)
{
    g_autoptr(GPtrArray) files = virDomainObjStoreList(driver->runDirectory, ".xml");
    g_autoptr(GPtrArray) unread = g_ptr_array_new();

    for (guint i = 0; i < files->len; i++) {
        if (qemuDriverLoadStatus(driver, g_ptr_array_index(files, i), jobs) < 0)
            g_ptr_array_add(unread, g_ptr_array_index(files, i));
    }
    for (guint i = 0; i < unread->len; i++) {
        const char *file = g_ptr_array_index(unread, i);

        if (qemuDriverLoadStatus(driver, file, jobs) < 0)
            qemuDriverHandleUnread(driver, file, jobs);
    }
}

static void
qemuDriverLoad(qemuDriver *driver)
{
    g_autoptr(GPtrArray) jobs = g_ptr_array_new();
    g_autoptr(GPtrArray) vms = NULL;

    if (!driver->runDirectory)
        return;
    virDomainObjStoreLoad(driver->stateDirectory, driver->domains);
    vms = virDomainObjListCollect(driver->domains, 0);
    for (guint i = 0; i < vms->len; i++)
        qemuDomainLoadManagedSave(driver, g_ptr_array_index(vms, i));
    virDomainObjStoreSweep(driver->runDirectory);
    qemuDriverLoadStatuses(driver, jobs);
    /* Who is cleaned up after must not take what another one, not known yet, uses too. */
    for (guint i = 0; i < jobs->len; i++)
        qemuDriverPush(driver, qemuDriverReconnectWork, g_ptr_array_index(jobs, i),
                       qemuDriverReconnectDone);
}

/* What this host's own QEMU can do is found out before anybody asks. */
static void
qemuDriverPrefetchCaps(qemuDriver *driver)
{
    g_autofree char *path = qemuFindHostEmulator();

    if (path && driver->cacheDirectory)
        qemuCapsCachePrefetch(driver->caps, path);
}

qemuCaps *
qemuDriverGetCaps(qemuDriver *driver, const char *emulator, guint timeout_ms)
{
    g_autofree char *path = emulator ? g_strdup(emulator) : qemuFindHostEmulator();

    if (path)
        return qemuCapsCacheGet(driver->caps, path, timeout_ms);
    virReportError(
        VIR_ERR_OPERATION_FAILED,
        _("there is no QEMU for this host's own architecture in PATH; install it (Debian: "
          "apt-get install qemu-system-x86)"));
    return NULL;
}

qemuDriver *
qemuDriverNew(const qemuDriverConfig *config)
{
    g_autoptr(qemuDriver) driver = qemuDriverAlloc(config);

    if (qemuDriverMakeDirectories(driver) < 0)
        return NULL;
    /* What an embedded driver starts is its caller's, and so is what it uses. */
    if (driver->runDirectory &&
        qemuSecurityFindUser(config->user, config->group, &driver->user) < 0)
        return NULL;
    if (driver->scopes && !qemuScopeIsAvailable())
        VIR_INFO("systemd does not run here: guests have no scope of their own");
    qemuEventQueueSetHandler(driver->events, config->eventHandler, config->eventOpaque);
    qemuDriverStartTick(driver);
    qemuDriverPrefetchCaps(driver);
    qemuDriverLoad(driver);
    return g_steal_pointer(&driver);
}

/* Ends what is not to outlive the driver. */
static void
qemuDriverEndGuests(qemuDriver *driver)
{
    g_autoptr(GPtrArray) vms =
        virDomainObjListCollect(driver->domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    for (guint i = 0; i < vms->len; i++) {
        virDomainObj *vm = g_ptr_array_index(vms, i);
        const qemuDomainPrivate *priv = vm->privateData;

        if ((!driver->runDirectory || priv->autodestroy) && qemuDomainDestroy(vm, 0) < 0)
            VIR_DEBUG("%s", virErrorGetMessage());
    }
}

/* What goes on without us is no longer watched. */
static void
qemuDriverLeaveGuests(qemuDriver *driver)
{
    g_autoptr(GPtrArray) vms =
        virDomainObjListCollect(driver->domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    for (guint i = 0; i < vms->len; i++)
        qemuProcessLeave(g_ptr_array_index(vms, i));
}

static void
qemuDriverStopTick(void *opaque)
{
    qemuDriver *driver = opaque;

    qemuLoopDropSource(&driver->tick);
}

void
qemuDriverFree(qemuDriver *driver)
{
    if (!driver)
        return;
    qemuDriverEndGuests(driver);
    g_mutex_lock(&driver->lock);
    driver->closing = true;
    g_mutex_unlock(&driver->lock);
    g_thread_pool_free(driver->workers, FALSE, TRUE);
    qemuLoopRun(driver->loop, qemuDriverStopTick, driver);
    qemuDriverLeaveGuests(driver);
    qemuEventQueueFree(driver->events);
    qemuCapsCacheFree(driver->caps);
    qemuLoopFree(driver->loop);
    virDomainObjListFree(driver->domains);
    qemuPortsFree(driver->ports);
    virLockRelease(driver->claim);
    qemuSecurityUserFree(driver->user);
    g_mutex_clear(&driver->ownersLock);
    g_mutex_clear(&driver->lock);
    g_hash_table_unref(driver->owned);
    g_free(driver->stateDirectory);
    g_free(driver->runDirectory);
    g_free(driver->logDirectory);
    g_free(driver->cacheDirectory);
    g_free(driver);
}

void
qemuDriverSetEventHandler(qemuDriver *driver, qemuEventFunc handler, void *opaque)
{
    qemuEventQueueSetHandler(driver->events, handler, opaque);
}

void
qemuDriverWantMonitorEvents(qemuDriver *driver)
{
    qemuEventQueueWantMonitor(driver->events);
}

void
qemuDriverNoteOwned(qemuDriver *driver, const void *owner, int change)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&driver->lock);
    int count = GPOINTER_TO_INT(g_hash_table_lookup(driver->owned, owner)) + change;

    if (!owner)
        return;
    if (count > 0)
        g_hash_table_insert(driver->owned, (void *)(guintptr)owner, GINT_TO_POINTER(count));
    else
        g_hash_table_remove(driver->owned, owner);
}

/* Most owners have nothing, and there may be many guests. */
static bool
qemuDriverOwns(qemuDriver *driver, const void *owner)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&driver->lock);

    return g_hash_table_contains(driver->owned, owner);
}

void
qemuDriverReleaseOwner(qemuDriver *driver, const void *owner)
{
    g_autoptr(GPtrArray) vms = NULL;

    if (!qemuDriverOwns(driver, owner))
        return;
    vms = virDomainObjListCollect(driver->domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    for (guint i = 0; i < vms->len; i++) {
        virDomainObj *vm = g_ptr_array_index(vms, i);
        const qemuDomainPrivate *priv = vm->privateData;
        bool mine;

        g_mutex_lock(&vm->lock);
        mine = priv->autodestroy && priv->owner == owner;
        g_mutex_unlock(&vm->lock);
        if (mine && qemuDomainDestroy(vm, 0) < 0)
            VIR_WARN("%s", virErrorGetMessage());
    }
}

static bool
qemuDriverHasHostdevs(virDomainObj *vm)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = virDomainObjLock(vm);

    return vm->def->hostdevs->len > 0;
}

/* What a crash left of the host's devices is no reason for a guest to stay off. */
static void
qemuDriverAutostartWork(qemuDriver *driver, void *opaque)
{
    virDomainObj *vm = opaque;

    if (driver->hostdevMgr && qemuDriverHasHostdevs(vm))
        virHostdevManagerAwaitRecovery(driver->hostdevMgr);
    if (!qemuDomainIsActive(vm) && qemuDomainCreate(vm, 0, NULL) < 0)
        VIR_WARN(_("guest '%1$s' is to start with the host, and cannot: %2$s"), vm->name,
                 virErrorGetMessage());
}

void
qemuDriverAutostart(qemuDriver *driver)
{
    g_autofree char *marker = g_build_filename(driver->runDirectory, "autostarted", NULL);
    VIR_AUTOCLOSE fd = open(marker, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    g_autoptr(GPtrArray) vms = NULL;

    if (fd < 0 && errno != EEXIST)
        VIR_WARN(_("cannot make '%1$s': %2$s"), marker, g_strerror(errno));
    vms = virDomainObjListCollect(driver->domains, VIR_CONNECT_LIST_DOMAINS_AUTOSTART);
    for (guint i = 0; fd >= 0 && i < vms->len; i++)
        qemuDriverPush(driver, qemuDriverAutostartWork, virDomainObjRef(g_ptr_array_index(vms, i)),
                       (GDestroyNotify)virDomainObjUnref);
}

GPtrArray *
qemuDriverListDomains(qemuDriver *driver, unsigned int flags)
{
    return virDomainObjListCollect(driver->domains, flags);
}

virDomainObj *
qemuDomainLookupByName(qemuDriver *driver, const char *name)
{
    virDomainObj *vm = virDomainObjListFindByName(driver->domains, name);

    if (!vm)
        virReportError(VIR_ERR_NO_DOMAIN,
                       _("Domain not found: no domain with matching name '%1$.200s'"), name);
    return vm;
}

virDomainObj *
qemuDomainLookupByUUID(qemuDriver *driver, const char *uuid)
{
    virDomainObj *vm = virDomainObjListFindByUUID(driver->domains, uuid);

    if (!vm)
        virReportError(VIR_ERR_NO_DOMAIN,
                       _("Domain not found: no domain with matching uuid '%1$.200s'"), uuid);
    return vm;
}

virDomainObj *
qemuDomainLookupByID(qemuDriver *driver, int id)
{
    virDomainObj *vm = virDomainObjListFindByID(driver->domains, id);

    if (!vm)
        virReportError(VIR_ERR_NO_DOMAIN, _("Domain not found: no domain with matching id %1$d"),
                       id);
    return vm;
}
