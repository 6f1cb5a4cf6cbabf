/*
 * virhostdevledger.c: which guest has which host device, on the disk
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virhostdevledger.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_DEVICE

VIR_LOG_INIT("hypervisor.ledger")

#define VIR_HOSTDEV_LEDGER_GROUP "active"

/* An entry is a hundred bytes. */
#define VIR_HOSTDEV_LEDGER_MAX_FILE (16 * 1024)

struct _virHostdevLedger {
    char *directory;
    GHashTable *entries; /* address as a number -> virHostdevLedgerEntry */
};

static void
virHostdevLedgerEntryFree(void *opaque)
{
    virHostdevLedgerEntry *entry = opaque;

    g_free(entry->drvName);
    g_free(entry->domName);
    g_free(entry);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostdevLedgerEntry, virHostdevLedgerEntryFree)

virHostdevLedger *
virHostdevLedgerOpen(const char *directory)
{
    virHostdevLedger *ledger = g_new0(virHostdevLedger, 1);

    ledger->directory = g_strdup(directory);
    ledger->entries =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, virHostdevLedgerEntryFree);
    virHostdevLedgerReload(ledger);
    return ledger;
}

void
virHostdevLedgerClose(virHostdevLedger *ledger)
{
    if (!ledger)
        return;
    g_hash_table_unref(ledger->entries);
    g_free(ledger->directory);
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

static char *
virHostdevLedgerFormat(const virHostdevLedgerEntry *entry)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *address = virPCIDeviceAddressAsString(&entry->address);

    g_key_file_set_string(file, VIR_HOSTDEV_LEDGER_GROUP, "address", address);
    g_key_file_set_string(file, VIR_HOSTDEV_LEDGER_GROUP, "driver", entry->drvName);
    g_key_file_set_string(file, VIR_HOSTDEV_LEDGER_GROUP, "guest", entry->domName);
    g_key_file_set_integer(file, VIR_HOSTDEV_LEDGER_GROUP, "pid", entry->pid);
    return g_key_file_to_data(file, NULL, NULL);
}

/* NULL if @text is no entry of the device called @name. */
static virHostdevLedgerEntry *
virHostdevLedgerParse(const char *name, const char *text, size_t len)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(virHostdevLedgerEntry) entry = g_new0(virHostdevLedgerEntry, 1);
    g_autofree char *address = NULL;

    if (!g_key_file_load_from_data(file, text, len, G_KEY_FILE_NONE, NULL))
        return NULL;
    address = g_key_file_get_string(file, VIR_HOSTDEV_LEDGER_GROUP, "address", NULL);
    entry->drvName = g_key_file_get_string(file, VIR_HOSTDEV_LEDGER_GROUP, "driver", NULL);
    entry->domName = g_key_file_get_string(file, VIR_HOSTDEV_LEDGER_GROUP, "guest", NULL);
    entry->pid = g_key_file_get_integer(file, VIR_HOSTDEV_LEDGER_GROUP, "pid", NULL);
    if (g_strcmp0(address, name) != 0 || !virPCIDeviceAddressParse(name, &entry->address) ||
        !entry->drvName || !entry->domName || entry->pid <= 0)
        return NULL;
    return g_steal_pointer(&entry);
}

static virHostdevLedgerEntry *
virHostdevLedgerRead(const virHostdevLedger *ledger, const char *name)
{
    g_autofree char *path = g_build_filename(ledger->directory, name, NULL);
    VIR_AUTOCLOSE fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    g_autofree char *text = NULL;
    size_t len;

    if (fd < 0 || virFileReadFD(fd, VIR_HOSTDEV_LEDGER_MAX_FILE, &text, &len) < 0)
        return NULL;
    return virHostdevLedgerParse(name, text, len);
}

static void
virHostdevLedgerDrop(const virHostdevLedger *ledger, const char *name)
{
    int rc = virFileRemoveDurable(ledger->directory, name);

    if (rc < 0)
        VIR_WARN(_("cannot remove '%1$s/%2$s': %3$s"), ledger->directory, name, g_strerror(-rc));
}

static void
virHostdevLedgerTake(virHostdevLedger *ledger, const char *name)
{
    g_autoptr(virHostdevLedgerEntry) entry = virHostdevLedgerRead(ledger, name);

    if (!entry) {
        VIR_WARN(_("'%1$s/%2$s' is damaged and dropped: it said which guest has device %2$s"),
                 ledger->directory, name);
        virHostdevLedgerDrop(ledger, name);
    } else if (kill(entry->pid, 0) < 0 && errno == ESRCH) {
        VIR_DEBUG("%s: guest %s of process %d is gone", name, entry->domName, entry->pid);
        virHostdevLedgerDrop(ledger, name);
    } else {
        virHostdevLedgerKeep(ledger, g_steal_pointer(&entry));
    }
}

void
virHostdevLedgerReload(virHostdevLedger *ledger)
{
    g_autoptr(GDir) dir = NULL;
    virPCIDeviceAddress address;
    const char *name;

    if (!ledger->directory)
        return;
    g_hash_table_remove_all(ledger->entries);
    dir = g_dir_open(ledger->directory, 0, NULL);
    while (dir && (name = g_dir_read_name(dir))) {
        if (virPCIDeviceAddressParse(name, &address))
            virHostdevLedgerTake(ledger, name);
    }
}

const virHostdevLedgerEntry *
virHostdevLedgerFind(const virHostdevLedger *ledger, const virPCIDeviceAddress *address)
{
    guint64 key = virPCIDeviceAddressAsNumber(address);

    return g_hash_table_lookup(ledger->entries, &key);
}

static int
virHostdevLedgerWrite(const virHostdevLedger *ledger, const virHostdevLedgerEntry *entry)
{
    g_autofree char *name = virPCIDeviceAddressAsString(&entry->address);
    g_autofree char *text = virHostdevLedgerFormat(entry);
    int rc = g_mkdir_with_parents(ledger->directory, 0755) < 0 ? -errno : 0;

    if (rc == 0)
        rc = virFileWriteDurable(ledger->directory, name, text);
    if (rc < 0)
        virReportSystemError(-rc, _("cannot write '%1$s/%2$s'"), ledger->directory, name);
    return rc < 0 ? -1 : 0;
}

int
virHostdevLedgerAdd(virHostdevLedger *ledger, const virPCIDeviceAddress *address,
                    const char *drvName, const char *domName)
{
    g_autoptr(virHostdevLedgerEntry) entry = g_new0(virHostdevLedgerEntry, 1);

    entry->address = *address;
    entry->drvName = g_strdup(drvName);
    entry->domName = g_strdup(domName);
    entry->pid = (int)getpid();
    if (ledger->directory && virHostdevLedgerWrite(ledger, entry) < 0)
        return -1;
    virHostdevLedgerKeep(ledger, g_steal_pointer(&entry));
    return 0;
}

void
virHostdevLedgerRemove(virHostdevLedger *ledger, const virPCIDeviceAddress *address)
{
    g_autofree char *name = virPCIDeviceAddressAsString(address);
    guint64 key = virPCIDeviceAddressAsNumber(address);

    if (ledger->directory)
        virHostdevLedgerDrop(ledger, name);
    g_hash_table_remove(ledger->entries, &key);
}
