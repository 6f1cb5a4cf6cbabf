/*
 * virhostdevledger.c: which guest has which host device, on the disk
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <string.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virhostdevledger.h"
#include "virhostdevledgerfile.h"
#include "virhostdevrefusal.h"
#include "virlock.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("hypervisor.ledger")

/* Another process holds the ledger for some file writes; this long only if it was stopped in them.
 */
#define VIR_HOSTDEV_LEDGER_WAIT_MS 10000

/* In the place of a guest, for what an administrator does with a device. */
static const virHostdevUser virHostdevAdministrator = {"", "administrator"};

struct _virHostdevLedger {
    char *directory; /* NULL: in memory only */
    char *lockDirectory;

    GMutex mutex;        /* protects what follows */
    GHashTable *entries; /* address as a number -> virHostdevLedgerEntry */
};

virHostdevLedger *
virHostdevLedgerOpen(const char *runDirectory)
{
    virHostdevLedger *ledger = g_new0(virHostdevLedger, 1);

    if (runDirectory) {
        ledger->directory = g_build_filename(runDirectory, "active", NULL);
        ledger->lockDirectory = g_build_filename(runDirectory, "lock", NULL);
    }
    g_mutex_init(&ledger->mutex);
    ledger->entries = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                            (GDestroyNotify)virHostdevLedgerEntryFree);
    virHostdevLedgerReload(ledger);
    return ledger;
}

void
virHostdevLedgerClose(virHostdevLedger *ledger)
{
    if (!ledger)
        return;
    g_hash_table_unref(ledger->entries);
    g_mutex_clear(&ledger->mutex);
    g_free(ledger->directory);
    g_free(ledger->lockDirectory);
    g_free(ledger);
}

/* Takes @entry over. */
static void
virHostdevLedgerKeep(virHostdevLedger *ledger, virHostdevLedgerEntry *entry)
{
    guint64 *key = g_new(guint64, 1);

    *key = virPCIDeviceAddressAsNumber(&entry->address);
    g_hash_table_replace(ledger->entries, key, entry);
}

static void
virHostdevLedgerDrop(const virHostdevLedger *ledger, const char *name)
{
    int rc = virFileRemoveDurable(ledger->directory, name);

    if (rc < 0)
        VIR_WARN(_("cannot remove '%1$s/%2$s': %3$s"), ledger->directory, name, g_strerror(-rc));
}

/* Keeps a good entry of a process that runs; an active one of a process that has ended goes to
 * @ended. */
static void
virHostdevLedgerTake(virHostdevLedger *ledger, const char *name, GPtrArray *ended)
{
    g_autoptr(virHostdevLedgerEntry) entry = virHostdevLedgerFileRead(ledger->directory, name);

    if (!entry) {
        VIR_WARN(_("'%1$s/%2$s' is damaged and dropped: it said which guest has device %2$s"),
                 ledger->directory, name);
        virHostdevLedgerDrop(ledger, name);
    } else if (virProcessIsRunning(&entry->process)) {
        virHostdevLedgerKeep(ledger, g_steal_pointer(&entry));
    } else if (entry->state == VIR_HOSTDEV_ACTIVE) {
        g_ptr_array_add(ended, g_steal_pointer(&entry));
    } else {
        VIR_DEBUG("%s: guest %s of process %d is gone", name, entry->domName, entry->process.pid);
        virHostdevLedgerDrop(ledger, name);
    }
}

/* The active entries of @user; caller unrefs, the members are borrowed until the next change. */
static GPtrArray *
virHostdevLedgerListActive(const virHostdevLedger *ledger, const virHostdevUser *user)
{
    GPtrArray *active = g_ptr_array_new();
    GHashTableIter iter;
    void *value;

    g_hash_table_iter_init(&iter, ledger->entries);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const virHostdevLedgerEntry *entry = value;

        if (entry->state == VIR_HOSTDEV_ACTIVE && virHostdevLedgerEntryIsOf(entry, user))
            g_ptr_array_add(active, value);
    }
    return active;
}

/* A guest has one process: a crash may come when only some of its entries name it. */
static void
virHostdevLedgerTakeEnded(virHostdevLedger *ledger, virHostdevLedgerEntry *entry)
{
    const virHostdevUser user = {entry->drvName, entry->domName};
    g_autoptr(GPtrArray) active = virHostdevLedgerListActive(ledger, &user);
    g_autofree char *name = virPCIDeviceAddressAsString(&entry->address);

    if (active->len > 0) {
        entry->process = ((const virHostdevLedgerEntry *)g_ptr_array_index(active, 0))->process;
        virHostdevLedgerKeep(ledger, virHostdevLedgerEntryCopy(entry));
    } else {
        VIR_DEBUG("%s: guest %s of process %d is gone", name, entry->domName, entry->process.pid);
        virHostdevLedgerDrop(ledger, name);
    }
}

/* The mutex and the lock are held: what is dropped is what was read. */
static void
virHostdevLedgerReadAll(virHostdevLedger *ledger)
{
    g_autoptr(GDir) dir = g_dir_open(ledger->directory, 0, NULL);
    g_autoptr(GPtrArray) ended =
        g_ptr_array_new_with_free_func((GDestroyNotify)virHostdevLedgerEntryFree);
    virPCIDeviceAddress address;
    const char *name;

    g_hash_table_remove_all(ledger->entries);
    while (dir && (name = g_dir_read_name(dir))) {
        if (virPCIDeviceAddressParse(name, &address))
            virHostdevLedgerTake(ledger, name, ended);
    }
    for (guint i = 0; i < ended->len; i++)
        virHostdevLedgerTakeEnded(ledger, g_ptr_array_index(ended, i));
}

/* Starts an operation. @lock stays NULL for a ledger in memory. */
static int
virHostdevLedgerBegin(virHostdevLedger *ledger, virLock **lock)
{
    g_mutex_lock(&ledger->mutex);
    if (!ledger->directory)
        return 0;
    if (!(*lock = virLockAcquire(ledger->lockDirectory, "active", "the list of active devices",
                                 VIR_HOSTDEV_LEDGER_WAIT_MS))) {
        g_mutex_unlock(&ledger->mutex);
        return -1;
    }
    virHostdevLedgerReadAll(ledger);
    return 0;
}

static void
virHostdevLedgerEnd(virHostdevLedger *ledger, virLock *lock)
{
    virLockRelease(lock);
    g_mutex_unlock(&ledger->mutex);
}

void
virHostdevLedgerReload(virHostdevLedger *ledger)
{
    virLock *lock = NULL;

    /* Nothing was ever written: who only looks makes no lock file. */
    if (!ledger->directory || !g_file_test(ledger->directory, G_FILE_TEST_IS_DIR))
        return;
    if (virHostdevLedgerBegin(ledger, &lock) < 0) {
        VIR_WARN("%s", virErrorGetMessage());
        virErrorReset();
        return;
    }
    virHostdevLedgerEnd(ledger, lock);
}

static virHostdevLedgerEntry *
virHostdevLedgerLookup(const virHostdevLedger *ledger, const virPCIDeviceAddress *address)
{
    guint64 key = virPCIDeviceAddressAsNumber(address);

    return g_hash_table_lookup(ledger->entries, &key);
}

virHostdevLedgerEntry *
virHostdevLedgerFind(virHostdevLedger *ledger, const virPCIDeviceAddress *address)
{
    const virHostdevLedgerEntry *entry;
    virHostdevLedgerEntry *copy;

    g_mutex_lock(&ledger->mutex);
    entry = virHostdevLedgerLookup(ledger, address);
    copy = entry ? virHostdevLedgerEntryCopy(entry) : NULL;
    g_mutex_unlock(&ledger->mutex);
    return copy;
}

virHostdevLedgerEntry *
virHostdevLedgerFindCompanion(virHostdevLedger *ledger, const virHostdevDevice *device)
{
    virHostdevLedgerEntry *copy = NULL;
    GHashTableIter iter;
    void *value;

    g_mutex_lock(&ledger->mutex);
    g_hash_table_iter_init(&iter, ledger->entries);
    while (device->group >= 0 && !copy && g_hash_table_iter_next(&iter, NULL, &value)) {
        const virHostdevLedgerEntry *entry = value;

        if (entry->group == device->group && entry->state != VIR_HOSTDEV_CHANGING &&
            virPCIDeviceAddressCompare(&entry->address, &device->address) != 0)
            copy = virHostdevLedgerEntryCopy(entry);
    }
    g_mutex_unlock(&ledger->mutex);
    return copy;
}

static bool
virHostdevLedgerIsAmong(const GArray *devices, const virPCIDeviceAddress *address)
{
    for (guint i = 0; i < devices->len; i++) {
        if (virPCIDeviceAddressCompare(&g_array_index(devices, virHostdevDevice, i).address,
                                       address) == 0)
            return true;
    }
    return false;
}

bool
virHostdevLedgerIsGroupUsed(virHostdevLedger *ledger, int group, const GArray *devices)
{
    bool used = false;
    GHashTableIter iter;
    void *value;

    g_mutex_lock(&ledger->mutex);
    g_hash_table_iter_init(&iter, ledger->entries);
    while (group >= 0 && !used && g_hash_table_iter_next(&iter, NULL, &value)) {
        const virHostdevLedgerEntry *entry = value;

        used = entry->group == group &&
               (entry->state == VIR_HOSTDEV_ACTIVE || entry->state == VIR_HOSTDEV_PREPARING) &&
               !virHostdevLedgerIsAmong(devices, &entry->address);
    }
    g_mutex_unlock(&ledger->mutex);
    return used;
}

/* Takes @entry over once it is written. */
static int
virHostdevLedgerWrite(virHostdevLedger *ledger, virHostdevLedgerEntry **entry)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&(*entry)->address);
    g_autofree char *text = virHostdevLedgerEntryFormat(*entry);
    int rc = 0;

    if (ledger->directory) {
        rc = g_mkdir_with_parents(ledger->directory, 0755) < 0 ? -errno : 0;
        if (rc == 0)
            rc = virFileWriteDurable(ledger->directory, name, text);
    }
    if (rc < 0) {
        virReportSystemError(-rc, _("cannot write '%1$s/%2$s'"), ledger->directory, name);
        return -1;
    }
    virHostdevLedgerKeep(ledger, g_steal_pointer(entry));
    return 0;
}

static void
virHostdevLedgerRemove(virHostdevLedger *ledger, const virPCIDeviceAddress *address)
{
    g_autofree char *name = virPCIDeviceAddressAsString(address);
    guint64 key = virPCIDeviceAddressAsNumber(address);

    if (ledger->directory)
        virHostdevLedgerDrop(ledger, name);
    g_hash_table_remove(ledger->entries, &key);
}

/* The entry that keeps @user from having the device, or NULL. Of guests, only one may have devices
 * of a group, and it gets none while another member moves. */
static const virHostdevLedgerEntry *
virHostdevLedgerFindConflict(const virHostdevLedger *ledger, const virHostdevUser *user,
                             const virHostdevDevice *device)
{
    const virHostdevLedgerEntry *entry = virHostdevLedgerLookup(ledger, &device->address);
    GHashTableIter iter;
    void *value;

    if (entry || user == &virHostdevAdministrator || device->group < 0)
        return entry;
    g_hash_table_iter_init(&iter, ledger->entries);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        entry = value;
        if (entry->group == device->group &&
            (virHostdevLedgerEntryIsMoving(entry) || !virHostdevLedgerEntryIsOf(entry, user)))
            return entry;
    }
    return NULL;
}

static int
virHostdevLedgerCheckAll(const virHostdevLedger *ledger, const virHostdevUser *user,
                         const GArray *devices)
{
    for (guint i = 0; i < devices->len; i++) {
        const virHostdevDevice *device = &g_array_index(devices, virHostdevDevice, i);
        const virHostdevLedgerEntry *entry = virHostdevLedgerFindConflict(ledger, user, device);

        if (entry) {
            virHostdevRefusalReport(user == &virHostdevAdministrator ? NULL : user,
                                    &device->address, entry);
            return -1;
        }
    }
    return 0;
}

int
virHostdevLedgerCheck(virHostdevLedger *ledger, const virHostdevUser *user, const GArray *devices)
{
    int rc;

    virHostdevLedgerReload(ledger);
    g_mutex_lock(&ledger->mutex);
    rc = virHostdevLedgerCheckAll(ledger, user, devices);
    g_mutex_unlock(&ledger->mutex);
    return rc;
}

static int
virHostdevLedgerAdd(virHostdevLedger *ledger, const virHostdevUser *user,
                    const virHostdevDevice *device, virHostdevState state)
{
    g_autoptr(virHostdevLedgerEntry) entry = g_new0(virHostdevLedgerEntry, 1);

    entry->address = device->address;
    entry->group = device->group;
    entry->state = state;
    entry->drvName = g_strdup(user->drvName);
    entry->domName = g_strdup(user->domName);
    entry->process = virProcessGetSelf();
    entry->since = g_get_real_time() / G_USEC_PER_SEC;
    return virHostdevLedgerWrite(ledger, &entry);
}

static int
virHostdevLedgerAddAll(virHostdevLedger *ledger, const virHostdevUser *user, const GArray *devices)
{
    virHostdevState state =
        user == &virHostdevAdministrator ? VIR_HOSTDEV_CHANGING : VIR_HOSTDEV_PREPARING;

    for (guint i = 0; i < devices->len; i++) {
        if (virHostdevLedgerAdd(ledger, user, &g_array_index(devices, virHostdevDevice, i),
                                state) == 0)
            continue;
        while (i-- > 0)
            virHostdevLedgerRemove(ledger, &g_array_index(devices, virHostdevDevice, i).address);
        return -1;
    }
    return 0;
}

int
virHostdevLedgerClaim(virHostdevLedger *ledger, const virHostdevUser *user, const GArray *devices)
{
    virLock *lock = NULL;
    int rc;

    if (!user)
        user = &virHostdevAdministrator;
    if (virHostdevLedgerBegin(ledger, &lock) < 0)
        return -1;
    rc = virHostdevLedgerCheckAll(ledger, user, devices);
    if (rc == 0)
        rc = virHostdevLedgerAddAll(ledger, user, devices);
    virHostdevLedgerEnd(ledger, lock);
    return rc;
}

/* An entry that becomes, or stays, active. */
static int
virHostdevLedgerChange(virHostdevLedger *ledger, const virHostdevLedgerEntry *entry,
                       const virProcessIdentity *process)
{
    g_autoptr(virHostdevLedgerEntry) changed = virHostdevLedgerEntryCopy(entry);

    if (entry->state != VIR_HOSTDEV_ACTIVE)
        changed->since = g_get_real_time() / G_USEC_PER_SEC;
    changed->state = VIR_HOSTDEV_ACTIVE;
    changed->process = *process;
    return virHostdevLedgerWrite(ledger, &changed);
}

/* Its own process claimed it, so only a hand that removes files can have taken it away. */
static int
virHostdevLedgerActivateOne(virHostdevLedger *ledger, const virHostdevUser *user,
                            const virPCIDeviceAddress *address)
{
    const virHostdevLedgerEntry *entry = virHostdevLedgerLookup(ledger, address);
    const virProcessIdentity self = virProcessGetSelf();
    g_autofree char *name = NULL;

    if (entry && virHostdevLedgerEntryIsOf(entry, user))
        return virHostdevLedgerChange(ledger, entry, &self);
    name = virPCIDeviceAddressAsString(address);
    virReportError(
        VIR_ERR_OPERATION_FAILED,
        _("cannot give host device %1$s to guest '%2$s': '%3$s/%1$s', which says that it "
          "is being prepared, was removed meanwhile; let nothing change that directory, "
          "and start the guest again"),
        name, user->domName, ledger->directory);
    return -1;
}

int
virHostdevLedgerActivate(virHostdevLedger *ledger, const virHostdevUser *user,
                         const GArray *devices)
{
    virLock *lock = NULL;
    int rc = 0;

    if (virHostdevLedgerBegin(ledger, &lock) < 0)
        return -1;
    for (guint i = 0; rc == 0 && i < devices->len; i++)
        rc = virHostdevLedgerActivateOne(ledger, user,
                                         &g_array_index(devices, virHostdevDevice, i).address);
    virHostdevLedgerEnd(ledger, lock);
    return rc;
}

static GArray *
virHostdevLedgerReturnLocked(virHostdevLedger *ledger, const virHostdevUser *user,
                             const GArray *devices)
{
    g_autoptr(GArray) returning = g_array_new(FALSE, FALSE, sizeof(virHostdevDevice));

    for (guint i = 0; i < devices->len; i++) {
        const virHostdevDevice *device = &g_array_index(devices, virHostdevDevice, i);
        const virHostdevLedgerEntry *entry = virHostdevLedgerLookup(ledger, &device->address);

        if (entry &&
            (entry->state != VIR_HOSTDEV_ACTIVE || !virHostdevLedgerEntryIsOf(entry, user)))
            continue;
        if (virHostdevLedgerAdd(ledger, user, device, VIR_HOSTDEV_RETURNING) < 0)
            return NULL;
        g_array_append_val(returning, *device);
    }
    return g_steal_pointer(&returning);
}

GArray *
virHostdevLedgerReturn(virHostdevLedger *ledger, const virHostdevUser *user, const GArray *devices)
{
    virLock *lock = NULL;
    GArray *returning;

    if (virHostdevLedgerBegin(ledger, &lock) < 0)
        return NULL;
    returning = virHostdevLedgerReturnLocked(ledger, user, devices);
    virHostdevLedgerEnd(ledger, lock);
    return returning;
}

int
virHostdevLedgerSetProcess(virHostdevLedger *ledger, const virHostdevUser *user,
                           const virProcessIdentity *process)
{
    g_autoptr(GPtrArray) active = NULL;
    virLock *lock = NULL;
    int rc = 0;

    if (virHostdevLedgerBegin(ledger, &lock) < 0)
        return -1;
    active = virHostdevLedgerListActive(ledger, user);
    for (guint i = 0; rc == 0 && i < active->len; i++)
        rc = virHostdevLedgerChange(ledger, g_ptr_array_index(active, i), process);
    virHostdevLedgerEnd(ledger, lock);
    return rc;
}

/* Another guest's entry of a device of the same group, or NULL. */
static const virHostdevLedgerEntry *
virHostdevLedgerFindOther(const virHostdevLedger *ledger, const virHostdevUser *user,
                          const virHostdevDevice *device)
{
    GHashTableIter iter;
    void *value;

    g_hash_table_iter_init(&iter, ledger->entries);
    while (device->group >= 0 && g_hash_table_iter_next(&iter, NULL, &value)) {
        const virHostdevLedgerEntry *entry = value;

        if (entry->group == device->group && entry->state != VIR_HOSTDEV_CHANGING &&
            !virHostdevLedgerEntryIsOf(entry, user))
            return entry;
    }
    return NULL;
}

static int
virHostdevLedgerAdoptLocked(virHostdevLedger *ledger, const virHostdevUser *user,
                            const virHostdevDevice *device)
{
    const virHostdevLedgerEntry *entry = virHostdevLedgerLookup(ledger, &device->address);

    if (entry && virHostdevLedgerEntryIsOf(entry, user))
        return virHostdevLedgerChange(ledger, entry, &entry->process);
    if (!entry && !(entry = virHostdevLedgerFindOther(ledger, user, device)))
        return virHostdevLedgerAdd(ledger, user, device, VIR_HOSTDEV_ACTIVE);
    virHostdevRefusalReportFound(user, &device->address, entry);
    return -1;
}

int
virHostdevLedgerAdopt(virHostdevLedger *ledger, const virHostdevUser *user,
                      const virHostdevDevice *device)
{
    virLock *lock = NULL;
    int rc;

    if (virHostdevLedgerBegin(ledger, &lock) < 0)
        return -1;
    rc = virHostdevLedgerAdoptLocked(ledger, user, device);
    virHostdevLedgerEnd(ledger, lock);
    return rc;
}

void
virHostdevLedgerRelease(virHostdevLedger *ledger, const virHostdevUser *user, const GArray *devices)
{
    virLock *lock = NULL;

    if (!user)
        user = &virHostdevAdministrator;
    if (virHostdevLedgerBegin(ledger, &lock) < 0) {
        VIR_WARN(_("cannot say that guest '%1$s' has its devices no more: %2$s"), user->domName,
                 virErrorGetMessage());
        return;
    }
    for (guint i = 0; i < devices->len; i++) {
        const virHostdevLedgerEntry *entry =
            virHostdevLedgerLookup(ledger, &g_array_index(devices, virHostdevDevice, i).address);

        if (entry && virHostdevLedgerEntryIsOf(entry, user))
            virHostdevLedgerRemove(ledger, &g_array_index(devices, virHostdevDevice, i).address);
    }
    virHostdevLedgerEnd(ledger, lock);
}
