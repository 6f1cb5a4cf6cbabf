/*
 * virtvfio_state.c: the run directory, for the commands that change bindings or tell of changes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virhostdevledgerfile.h"
#include "virtvfio_state.h"

#define VIR_FROM_THIS           VIR_FROM_NONE

#define VIRTVFIO_RUN_DIRECTORY  "/run/virtvfio"
#define VIRTVFIO_DAMAGED_SUFFIX ".damaged"

/* Taking a device from a driver can mean that a controller shuts down first. */
#define VIRTVFIO_TIMEOUT_MS 30000

void
virtvfioStateClear(virtvfioState *state)
{
    g_clear_pointer(&state->bind.journal, virJournalClose);
    g_clear_pointer(&state->net, virHostdevNetFree);
    g_clear_pointer(&state->ledger, virHostdevLedgerClose);
    g_clear_pointer(&state->runDirectory, g_free);
    g_clear_pointer(&state->journalDirectory, g_free);
    g_clear_pointer(&state->lockDirectory, g_free);
    g_clear_pointer(&state->currentName, g_free);
}

GOptionEntry
virtvfioStateOption(char **runDirectory)
{
    return (GOptionEntry){"run-dir",
                          0,
                          0,
                          G_OPTION_ARG_FILENAME,
                          runDirectory,
                          N_("where the journal and the locks are, instead of /run/virtvfio"),
                          N_("DIR")};
}

/* An empty journal is one thing, one that we may not see another. */
static int
virtvfioStateCheckReadable(const char *directory)
{
    if (access(directory, R_OK | X_OK) == 0 || errno == ENOENT)
        return 0;
    virReportSystemError(errno, _("cannot read the journal in '%1$s'"), directory);
    return -1;
}

/* Of a guest, as virPCIBindContext asks: what another request is about is found when it is claimed.
 */
static char *
virtvfioStateDescribeUser(const virPCIDeviceAddress *address, void *opaque)
{
    const char *runDirectory = opaque;
    g_autoptr(virHostdevLedgerEntry) entry = virHostdevLedgerFileFind(runDirectory, address);

    return entry && entry->state != VIR_HOSTDEV_CHANGING
               ? g_strconcat(VIR_PCI_BIND_GUEST_PREFIX, entry->domName, NULL)
               : NULL;
}

int
virtvfioStateOpen(const virtvfioContext *ctx, const char *runDirectory, virtvfioState *state)
{
    g_autofree char *below =
        runDirectory ? g_strdup(runDirectory)
                     : g_build_filename(ctx->root ? ctx->root : "/", VIRTVFIO_RUN_DIRECTORY, NULL);
    g_autofree char *journal = g_build_filename(below, "journal", NULL);

    if (virtvfioStateCheckReadable(journal) < 0)
        return -1;
    state->journalDirectory = g_steal_pointer(&journal);
    state->lockDirectory = g_build_filename(below, "lock", NULL);
    state->runDirectory = g_steal_pointer(&below);
    state->net = virHostdevNetNew(ctx->host, state->runDirectory);
    state->bind = (virPCIBindContext){
        .host = ctx->host,
        .journal = virJournalOpen(state->journalDirectory),
        .lockDirectory = state->lockDirectory,
        .holder = VIRTVFIO_HOLDER,
        .timeout_ms = VIRTVFIO_TIMEOUT_MS,
        .user = virtvfioStateDescribeUser,
        .userOpaque = state->runDirectory,
    };
    return 0;
}

/* The same for root and for whoever else may: can the kernel be told to bind a device? */
static int
virtvfioStateCheckPrivilege(virPCIHost *host)
{
    VIR_AUTOCLOSE fd = virSysfsOpen(virPCIHostGetRoot(host), "sys/bus/pci/drivers_probe", O_WRONLY);

    if (fd >= 0)
        return 0;
    if (fd == -EROFS) {
        virReportError(VIR_ERR_OPERATION_DENIED,
                       _("/sys is mounted read-only here, and drivers are changed by writing to "
                         "it: run this on the host itself, not in a container"));
    } else if (fd == -ENOENT) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("this machine has no PCI bus: there is no /sys/bus/pci/drivers_probe"));
    } else {
        virReportError(VIR_ERR_OPERATION_DENIED,
                       _("changing the driver of a device needs root privilege: run this as root, "
                         "or with sudo"));
    }
    return -1;
}

int
virtvfioStateOpenToChange(const virtvfioContext *ctx, const char *runDirectory,
                          virtvfioState *state)
{
    if (!virSysfsRootIsHost(virPCIHostGetRoot(ctx->host))) {
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("a recorded tree is not changed: leave '--root %1$s' away to change this "
                         "host; 'bind --dry-run' and 'status' can look at a tree"),
                       ctx->root);
        return -1;
    }
    if (virtvfioStateCheckPrivilege(ctx->host) < 0 ||
        virtvfioStateOpen(ctx, runDirectory, state) < 0)
        return -1;
    state->ledger = virHostdevLedgerOpen(state->runDirectory);
    return 0;
}

virHostdevRequest
virtvfioStateGetRequest(const virtvfioState *state)
{
    return (virHostdevRequest){.host = state->bind.host, .ledger = state->ledger};
}

/* The cursor goes back to the line's start: a warning overwrites what is there. */
static void
virtvfioStatePrintProgress(const char *device, virJournalStep step, void *opaque)
{
    virtvfioState *state = opaque;

    if (g_strcmp0(device, state->currentName) != 0) {
        g_free(state->currentName);
        state->currentName = g_strdup(device);
        state->current = MIN(state->current + 1, state->devices);
    }
    virPrintErr(_("\033[Kdevice %1$u of %2$u, %3$s: %4$s\r"), state->current, state->devices,
                device, virJournalStepToString((int)step));
}

void
virtvfioStateShowProgress(virtvfioState *state, guint devices)
{
    if (devices < 2 || isatty(STDERR_FILENO) != 1)
        return;
    state->devices = devices;
    state->bind.progress = virtvfioStatePrintProgress;
    state->bind.progressOpaque = state;
}

void
virtvfioStateHideProgress(virtvfioState *state)
{
    if (state->currentName)
        g_printerr("\033[K");
    state->bind.progress = NULL;
}

static void
virtvfioDamagedClear(void *opaque)
{
    virtvfioDamaged *damaged = opaque;

    g_free(damaged->address);
    g_free(damaged->file);
}

static int
virtvfioDamagedCompare(const void *a, const void *b)
{
    const virtvfioDamaged *left = a;
    const virtvfioDamaged *right = b;
    int rc = strcmp(left->address, right->address);

    return rc != 0 ? rc : strcmp(left->file, right->file);
}

static void
virtvfioStateAddDamaged(GArray *all, const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    virPCIDeviceAddress address;
    const char *entry;

    while (dir && (entry = g_dir_read_name(dir))) {
        g_autofree char *name = g_strdup(entry);

        if (!g_str_has_suffix(name, VIRTVFIO_DAMAGED_SUFFIX))
            continue;
        name[strlen(name) - strlen(VIRTVFIO_DAMAGED_SUFFIX)] = '\0';
        if (virPCIDeviceAddressParse(name, &address)) {
            virtvfioDamaged damaged = {
                .address = g_steal_pointer(&name),
                .file = g_build_filename(directory, entry, NULL),
            };

            g_array_append_val(all, damaged);
        }
    }
}

GArray *
virtvfioStateListDamaged(const virtvfioState *state)
{
    g_autofree char *net = g_build_filename(state->runDirectory, "net", NULL);
    GArray *all = g_array_new(FALSE, FALSE, sizeof(virtvfioDamaged));

    g_array_set_clear_func(all, virtvfioDamagedClear);
    virtvfioStateAddDamaged(all, state->journalDirectory);
    virtvfioStateAddDamaged(all, net);
    g_array_sort(all, virtvfioDamagedCompare);
    return all;
}

GArray *
virtvfioStateParseAddresses(char **words)
{
    g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(virPCIDeviceAddress));

    for (; *words; words++) {
        virPCIDeviceAddress address;

        if (virtvfioParseAddress(*words, &address) < 0)
            return NULL;
        g_array_append_val(addresses, address);
    }
    return g_steal_pointer(&addresses);
}
