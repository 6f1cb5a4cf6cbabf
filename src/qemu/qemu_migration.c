/*
 * qemu_migration.c: a guest's memory and devices, out of QEMU into a file and back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "qemu_migration.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

VIR_LOG_INIT("qemu.migration")

/*
 * QEMU gets one end of a pipe, and we copy between the other one and the file. So it needs no right
 * to the file; no disk keeps it from answering; and when we are killed, the pipe breaks, and it
 * gives the migration up.
 */

/* QEMU's name for the descriptor. */
#define QEMU_MIGRATION_FD    "migrate"
#define QEMU_MIGRATION_URI   "fd:" QEMU_MIGRATION_FD

#define QEMU_MIGRATION_CHUNK (1024 * 1024)

/* How long QEMU may take to say what has become of it, once it has closed its end. */
#define QEMU_MIGRATION_END_MS   (60 * 1000)

#define QEMU_MIGRATION_PAUSE_US 5000

typedef struct {
    int fds[2]; /* reading end, writing end */
} qemuMigrationPipe;

static void
qemuMigrationPipeClear(qemuMigrationPipe *self)
{
    virFileClose(&self->fds[0]);
    virFileClose(&self->fds[1]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuMigrationPipe, qemuMigrationPipeClear)

static int
qemuMigrationPipeOpen(qemuMigrationPipe *self)
{
    if (pipe2(self->fds, O_CLOEXEC) < 0) {
        virReportSystemError(errno, _("cannot create a pipe"));
        return -1;
    }
    /* Fewer turns between two processes; it is as good with less. */
    fcntl(self->fds[0], F_SETPIPE_SZ, QEMU_MIGRATION_CHUNK);
    return 0;
}

static int
qemuMigrationQuery(qemuMonitor *mon, JsonNode **result)
{
    g_autoptr(JsonNode) node = NULL;

    if (qemuMonitorCommand(mon, "query-migrate", NULL, &node) < 0)
        return -1;
    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("QEMU's monitor did not say how far the migration is"));
        return -1;
    }
    *result = g_steal_pointer(&node);
    return 0;
}

/* The first thing that QEMU says is in the way, or NULL; borrowed from @node. */
static const char *
qemuMigrationGetBlocker(JsonNode *node)
{
    JsonNode *reasons = json_object_get_member(json_node_get_object(node), "blocked-reasons");
    JsonArray *array =
        reasons && JSON_NODE_HOLDS_ARRAY(reasons) ? json_node_get_array(reasons) : NULL;
    JsonNode *first =
        array && json_array_get_length(array) > 0 ? json_array_get_element(array, 0) : NULL;

    return first && JSON_NODE_HOLDS_VALUE(first) ? json_node_get_string(first) : NULL;
}

int
qemuMigrationCheck(const virDomainDef *def, qemuMonitor *mon)
{
    g_autoptr(JsonNode) node = NULL;
    const virDomainHostdevDef *hostdev =
        def->hostdevs->len > 0 ? g_ptr_array_index(def->hostdevs, 0) : NULL;
    g_autofree char *addr = hostdev ? virPCIDeviceAddressAsString(&hostdev->source) : NULL;
    const char *blocker;

    if (qemuMigrationQuery(mon, &node) < 0)
        return -1;
    if (!(blocker = qemuMigrationGetBlocker(node)))
        return 0;
    if (addr)
        virReportError(VIR_ERR_OPERATION_INVALID,
                       _("guest '%1$s' cannot be saved while it has the host device %2$s; detach "
                         "it first. QEMU says: %3$s"),
                       def->name, addr, blocker);
    else
        virReportError(VIR_ERR_OPERATION_INVALID, _("guest '%1$s' cannot be saved: %2$s"),
                       def->name, blocker);
    return -1;
}

int
qemuMigrationCancel(qemuMonitor *mon)
{
    return qemuMonitorCommand(mon, "migrate_cancel", NULL, NULL);
}

/* Whether nothing more will happen in this state. A QEMU that has been told to load something has
 * no state yet for a while. */
static bool
qemuMigrationIsOver(const char *status, bool begun)
{
    static const char *const over[] = {"completed", "failed", "cancelled", NULL};

    if (!status || strcmp(status, "none") == 0)
        return !begun;
    return g_strv_contains(over, status);
}

/* Waits until QEMU has an end to tell of. @begun: a migration has been begun. @status and @why:
 * owned by the caller. */
static int
qemuMigrationAwait(qemuMonitor *mon, bool begun, char **status, char **why)
{
    gint64 deadline = g_get_monotonic_time() + QEMU_MIGRATION_END_MS * (gint64)1000;

    do {
        g_autoptr(JsonNode) node = NULL;
        JsonObject *object;

        if (qemuMigrationQuery(mon, &node) < 0)
            return -1;
        object = json_node_get_object(node);
        if (qemuMigrationIsOver(qemuMonitorGetString(object, "status"), begun)) {
            *status = g_strdup(qemuMonitorGetString(object, "status"));
            *why = g_strdup(qemuMonitorGetString(object, "error-desc"));
            return 0;
        }
        g_usleep(QEMU_MIGRATION_PAUSE_US);
    } while (g_get_monotonic_time() < deadline);
    virReportError(VIR_ERR_OPERATION_TIMEOUT, _("QEMU does not come to an end with the migration"));
    return -1;
}

/* What became of it: 0, or -1 with an error reported. */
static int
qemuMigrationFinish(qemuMonitor *mon, const char *name)
{
    g_autofree char *status = NULL;
    g_autofree char *why = NULL;

    if (qemuMigrationAwait(mon, true, &status, &why) < 0)
        return -1;
    if (g_strcmp0(status, "completed") == 0)
        return 0;
    if (g_strcmp0(status, "cancelled") == 0)
        virReportError(VIR_ERR_OPERATION_ABORTED, _("saving guest '%1$s' was aborted by request"),
                       name);
    else
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("QEMU cannot write or read the memory of guest '%1$s': %2$s"), name,
                       why ? why : _("it does not say why"));
    return -1;
}

int
qemuMigrationSettle(qemuMonitor *mon)
{
    g_autofree char *status = NULL;
    g_autofree char *why = NULL;

    return qemuMigrationCancel(mon) < 0 ? -1 : qemuMigrationAwait(mon, false, &status, &why);
}

/* As fast as it goes: nobody else is to have a share of the disk left. */
static int
qemuMigrationSetSpeed(qemuMonitor *mon)
{
    JsonObject *arguments = json_object_new();

    json_object_set_int_member(arguments, "max-bandwidth", G_GINT64_CONSTANT(1) << 50);
    return qemuMonitorCommand(mon, "migrate-set-parameters", arguments, NULL);
}

/* Gives QEMU @fd, which is taken, and @command about it. */
static int
qemuMigrationBegin(qemuMonitor *mon, const char *command, int fd)
{
    JsonObject *arguments;

    if (qemuMonitorPassFD(mon, QEMU_MIGRATION_FD, fd) < 0)
        return -1;
    arguments = json_object_new();
    json_object_set_string_member(arguments, "uri", QEMU_MIGRATION_URI);
    return qemuMonitorCommand(mon, command, arguments, NULL);
}

/* Returns bytes, or -errno. */
static ssize_t
qemuMigrationWriteAll(int fd, const char *buf, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t put = write(fd, buf + done, len - done);

        if (put < 0 && errno != EINTR)
            return -errno;
        done += put > 0 ? (size_t)put : 0;
    }
    return (ssize_t)done;
}

/* Copies to the end of @from, at most @max bytes. Returns 0 or -errno. */
static int
qemuMigrationCopy(int from, int to, guint64 max, guint64 *len)
{
    g_autofree char *buf = g_malloc(QEMU_MIGRATION_CHUNK);
    ssize_t got = 0;

    *len = 0;
    while (*len < max &&
           (got = virFileReadSome(from, buf, (size_t)MIN(QEMU_MIGRATION_CHUNK, max - *len))) > 0) {
        ssize_t put = qemuMigrationWriteAll(to, buf, (size_t)got);

        if (put < 0)
            return (int)put;
        *len += (guint64)put;
    }
    return got < 0 ? (int)got : 0;
}

int
qemuMigrationSave(qemuMonitor *mon, const char *name, int fd, guint64 *len)
{
    g_auto(qemuMigrationPipe) ends = {{-1, -1}};
    guint64 copied;
    int rc;

    if (qemuMigrationPipeOpen(&ends) < 0 || qemuMigrationSetSpeed(mon) < 0 ||
        qemuMigrationBegin(mon, "migrate", virFileStealFD(&ends.fds[1])) < 0)
        return -1;
    rc = qemuMigrationCopy(ends.fds[0], fd, G_MAXUINT64, &copied);
    /* If the disk is full, QEMU has to learn that nobody reads any more. */
    virFileClose(&ends.fds[0]);
    if (rc < 0) {
        if (qemuMigrationSettle(mon) < 0)
            VIR_WARN("%s", virErrorGetMessage());
        virReportSystemError(-rc, _("cannot write the memory of guest '%1$s'"), name);
        return -1;
    }
    if (qemuMigrationFinish(mon, name) < 0)
        return -1;
    *len = copied;
    return 0;
}

int
qemuMigrationLoad(qemuMonitor *mon, const char *name, int fd, guint64 len)
{
    g_auto(qemuMigrationPipe) ends = {{-1, -1}};
    guint64 copied;
    int rc;

    if (qemuMigrationPipeOpen(&ends) < 0 ||
        qemuMigrationBegin(mon, "migrate-incoming", virFileStealFD(&ends.fds[0])) < 0)
        return -1;
    rc = qemuMigrationCopy(fd, ends.fds[1], len, &copied);
    virFileClose(&ends.fds[1]);
    /* QEMU closes its end when it does not like what it reads: it says why itself. */
    if (rc < 0 && rc != -EPIPE) {
        virReportSystemError(-rc, _("cannot read the memory of guest '%1$s'"), name);
        return -1;
    }
    return qemuMigrationFinish(mon, name);
}

int
qemuMigrationGetProgress(qemuMonitor *mon, qemuMigrationProgress *progress)
{
    g_autoptr(JsonNode) node = NULL;
    JsonObject *ram;

    if (qemuMigrationQuery(mon, &node) < 0)
        return -1;
    ram = qemuMonitorGetObject(json_node_get_object(node), "ram");
    progress->total = (guint64)MAX(qemuMonitorGetInt(ram, "total"), 0);
    progress->processed = (guint64)MAX(qemuMonitorGetInt(ram, "transferred"), 0);
    progress->remaining = (guint64)MAX(qemuMonitorGetInt(ram, "remaining"), 0);
    return 0;
}
