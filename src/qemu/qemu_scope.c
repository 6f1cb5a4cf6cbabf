/*
 * qemu_scope.c: a control group of its own for each guest, made by systemd
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include "qemu_scope.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"

#define VIR_FROM_THIS VIR_FROM_SYSTEMD

VIR_LOG_INIT("qemu.scope")

#define QEMU_SCOPE_NAME       "org.freedesktop.systemd1"
#define QEMU_SCOPE_PATH       "/org/freedesktop/systemd1"
#define QEMU_SCOPE_MANAGER    QEMU_SCOPE_NAME ".Manager"
#define QEMU_SCOPE_SLICE      "machine.slice"
#define QEMU_SCOPE_TIMEOUT_MS (10 * 1000)

/*
 * What these units must not outlive when the host shuts down: the daemon, which sees guests end and
 * gives their devices back, and with the target libvirt-guests, which shuts guests down in order.
 */
static const char *const qemuScopeAfter[] = {"virtvfiod.service", NULL};
static const char *const qemuScopeBefore[] = {"virt-guest-shutdown.target", NULL};

/* Of a unit's name, in bytes. */
#define QEMU_SCOPE_MAX_NAME 255

char *
qemuScopeGetName(const char *guest)
{
    g_autoptr(GString) name = g_string_new("virtvfio-");

    for (const char *at = guest; *at; at++) {
        if (g_ascii_isalnum(*at) || *at == ':' || *at == '_' || *at == '.')
            g_string_append_c(name, *at);
        else if (*at == '/')
            g_string_append_c(name, '-');
        else
            g_string_append_printf(name, "\\x%02x", (guchar)*at);
    }
    g_string_append(name, ".scope");
    return name->len > QEMU_SCOPE_MAX_NAME ? NULL : g_string_free(g_steal_pointer(&name), FALSE);
}

/* As sd_booted(3) does. */
bool
qemuScopeIsAvailable(void)
{
    return geteuid() == 0 && g_file_test("/run/systemd/system", G_FILE_TEST_IS_DIR);
}

GDBusConnection *
qemuScopeGetBus(void)
{
    g_autoptr(GError) error = NULL;
    GDBusConnection *bus;

    if (!qemuScopeIsAvailable())
        return NULL;
    if (!(bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error))) {
        VIR_DEBUG("no system bus: %s", error->message);
        return NULL;
    }
    g_dbus_connection_set_exit_on_close(bus, FALSE);
    return bus;
}

/* What is waited for: the end of a job. */
typedef struct {
    GHashTable *ended; /* path of a job -> its result */
    bool late;
} qemuScopeWait;

static void
qemuScopeHandleRemoved(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED,
                       const char *path G_GNUC_UNUSED, const char *interface G_GNUC_UNUSED,
                       const char *signal G_GNUC_UNUSED, GVariant *arguments, gpointer opaque)
{
    const qemuScopeWait *wait = opaque;
    char *job = NULL;
    char *result = NULL;

    if (!g_variant_is_of_type(arguments, G_VARIANT_TYPE("(uoss)")))
        return;
    g_variant_get(arguments, "(uoss)", NULL, &job, NULL, &result);
    g_hash_table_replace(wait->ended, job, result);
}

static gboolean
qemuScopeHandleTimeout(gpointer opaque)
{
    qemuScopeWait *wait = opaque;

    wait->late = true;
    return G_SOURCE_REMOVE;
}

static GVariant *
qemuScopeCall(GDBusConnection *bus, const char *unit, const char *method, GVariant *arguments)
{
    g_autoptr(GError) error = NULL;
    GVariant *reply = g_dbus_connection_call_sync(
        bus, QEMU_SCOPE_NAME, QEMU_SCOPE_PATH, QEMU_SCOPE_MANAGER, method, arguments, NULL,
        G_DBUS_CALL_FLAGS_NONE, QEMU_SCOPE_TIMEOUT_MS, NULL, &error);

    if (reply)
        return reply;
    g_dbus_error_strip_remote_error(error);
    virReportError(VIR_ERR_OPERATION_FAILED, _("systemd does not do %1$s for '%2$s': %3$s"), method,
                   unit, error->message);
    return NULL;
}

static GVariant *
qemuScopeMakeUnit(const char *unit, const char *guest, pid_t pid)
{
    g_autofree char *description = g_strdup_printf("guest %s of virtvfio", guest);
    guint32 pids[] = {(guint32)pid};
    GVariantBuilder properties;

    g_variant_builder_init(&properties, G_VARIANT_TYPE("a(sv)"));
    g_variant_builder_add(&properties, "(sv)", "Description", g_variant_new_string(description));
    g_variant_builder_add(&properties, "(sv)", "Slice", g_variant_new_string(QEMU_SCOPE_SLICE));
    g_variant_builder_add(&properties, "(sv)", "After", g_variant_new_strv(qemuScopeAfter, -1));
    g_variant_builder_add(&properties, "(sv)", "Before", g_variant_new_strv(qemuScopeBefore, -1));
    /* One that has failed must not be in the way of the next start. */
    g_variant_builder_add(&properties, "(sv)", "CollectMode",
                          g_variant_new_string("inactive-or-failed"));
    g_variant_builder_add(
        &properties, "(sv)", "PIDs",
        g_variant_new_fixed_array(G_VARIANT_TYPE_UINT32, pids, G_N_ELEMENTS(pids), sizeof(*pids)));
    return g_variant_new("(ssa(sv)a(sa(sv)))", unit, "fail", &properties, NULL);
}

/* Until the job has ended; its result, "done" if all is well. NULL with an error reported. */
static const char *
qemuScopeAwait(qemuScopeWait *wait, GMainContext *context, const char *unit, const char *job)
{
    g_autoptr(GSource) timeout = g_timeout_source_new(QEMU_SCOPE_TIMEOUT_MS);
    const char *result;

    g_source_set_callback(timeout, qemuScopeHandleTimeout, wait, NULL);
    g_source_attach(timeout, context);
    while (!(result = g_hash_table_lookup(wait->ended, job)) && !wait->late)
        g_main_context_iteration(context, TRUE);
    g_source_destroy(timeout);
    if (!result)
        virReportError(VIR_ERR_OPERATION_TIMEOUT, _("systemd does not make '%1$s' in time"), unit);
    return result;
}

static int
qemuScopeRunJob(GDBusConnection *bus, const char *unit, GVariant *arguments, qemuScopeWait *wait,
                GMainContext *context)
{
    g_autoptr(GVariant) reply = qemuScopeCall(bus, unit, "StartTransientUnit", arguments);
    const char *job = NULL;
    const char *result;

    if (!reply)
        return -1;
    if (!g_variant_is_of_type(reply, G_VARIANT_TYPE("(o)"))) {
        virReportError(VIR_ERR_OPERATION_FAILED, _("systemd gives no answer about '%1$s'"), unit);
        return -1;
    }
    g_variant_get(reply, "(&o)", &job);
    if (!(result = qemuScopeAwait(wait, context, unit, job)))
        return -1;
    if (strcmp(result, "done") == 0)
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED, _("systemd does not make '%1$s': its job ended: %2$s"),
                   unit, result);
    return -1;
}

/* systemd tells of jobs to who has asked for that; who has asked already is told so. */
static void
qemuScopeSubscribe(GDBusConnection *bus)
{
    g_autoptr(GVariant) reply G_GNUC_UNUSED = g_dbus_connection_call_sync(
        bus, QEMU_SCOPE_NAME, QEMU_SCOPE_PATH, QEMU_SCOPE_MANAGER, "Subscribe", NULL, NULL,
        G_DBUS_CALL_FLAGS_NONE, QEMU_SCOPE_TIMEOUT_MS, NULL, NULL);
}

int
qemuScopeStart(GDBusConnection *bus, const char *guest, pid_t pid)
{
    g_autoptr(GHashTable) ended = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autofree char *unit = qemuScopeGetName(guest);
    qemuScopeWait wait = {.ended = ended};
    guint id;
    int rc;

    if (!unit) {
        virReportError(VIR_ERR_OPERATION_FAILED,
                       _("the name of guest '%1$s' is too long for a scope of systemd"), guest);
        return -1;
    }
    g_main_context_push_thread_default(context);
    qemuScopeSubscribe(bus);
    id = g_dbus_connection_signal_subscribe(bus, QEMU_SCOPE_NAME, QEMU_SCOPE_MANAGER, "JobRemoved",
                                            QEMU_SCOPE_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                            qemuScopeHandleRemoved, &wait, NULL);
    rc = qemuScopeRunJob(bus, unit, qemuScopeMakeUnit(unit, guest, pid), &wait, context);
    g_dbus_connection_signal_unsubscribe(bus, id);
    /* What is on its way already is delivered here and nowhere else. */
    while (g_main_context_iteration(context, FALSE))
        ;
    g_main_context_pop_thread_default(context);
    return rc;
}
