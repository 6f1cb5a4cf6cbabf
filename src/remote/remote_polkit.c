/*
 * remote_polkit.c: asks polkit whether a process may do something
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stdbool.h>

#include "qemu_loop.h"
#include "remote_polkit.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS        VIR_FROM_POLKIT

#define REMOTE_POLKIT_NAME   "org.freedesktop.PolicyKit1"
#define REMOTE_POLKIT_OBJECT "/org/freedesktop/PolicyKit1/Authority"
#define REMOTE_POLKIT_IFACE  "org.freedesktop.PolicyKit1.Authority"

/* Flag of CheckAuthorization: whoever sits there may be asked for a password. */
#define REMOTE_POLKIT_INTERACTION 1u

struct _remotePolkit {
    qemuLoop *loop;
    unsigned int timeout_s;
    gint lastID; /* atomic */
};

/* One question. But for its beginning in polkit's thread only. */
typedef struct {
    remotePolkit *polkit;
    virProcessIdentity process;
    uid_t uid;
    const char *action;
    char *id; /* to cancel it by */
    GCancellable *client;
    gulong clientHandler;
    GCancellable *cancellable; /* cancelled with the client's, or when time is up */
    GSource *timer;
    GDBusConnection *bus;
    bool timedOut;
    remotePolkitDone done;
    void *opaque;
} remotePolkitQuestion;

remotePolkit *
remotePolkitNew(unsigned int timeout_s)
{
    remotePolkit *polkit = g_new0(remotePolkit, 1);

    polkit->loop = qemuLoopNew();
    polkit->timeout_s = timeout_s;
    return polkit;
}

void
remotePolkitFree(remotePolkit *polkit)
{
    if (!polkit)
        return;
    qemuLoopFree(polkit->loop);
    g_free(polkit);
}

/* --- the end of a question -------------------------------------------------------------------- */

static void
remotePolkitFlushed(GObject *bus, GAsyncResult *result, void *opaque G_GNUC_UNUSED)
{
    g_dbus_connection_flush_finish(G_DBUS_CONNECTION(bus), result, NULL);
    g_dbus_connection_close(G_DBUS_CONNECTION(bus), NULL, NULL, NULL);
}

/* A dialog on somebody's screen is of no use any more. */
static void
remotePolkitCancel(const remotePolkitQuestion *question)
{
    g_dbus_connection_call(question->bus, REMOTE_POLKIT_NAME, REMOTE_POLKIT_OBJECT,
                           REMOTE_POLKIT_IFACE, "CancelCheckAuthorization",
                           g_variant_new("(s)", question->id), NULL,
                           G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
}

/* Takes the question. */
static void
remotePolkitEnd(remotePolkitQuestion *question, int rc)
{
    if (question->bus && g_cancellable_is_cancelled(question->cancellable))
        remotePolkitCancel(question);
    if (question->bus)
        g_dbus_connection_flush(question->bus, NULL, remotePolkitFlushed, NULL);
    g_cancellable_disconnect(question->client, question->clientHandler);
    qemuLoopDropSource(&question->timer);
    question->done(question->opaque, rc);
    g_clear_object(&question->bus);
    g_clear_object(&question->client);
    g_clear_object(&question->cancellable);
    g_free(question->id);
    g_free(question);
}

/* Polkit could not be asked. */
static void
remotePolkitFail(remotePolkitQuestion *question, GError *error)
{
    g_dbus_error_strip_remote_error(error);
    if (question->timedOut) {
        virReportError(VIR_ERR_AUTH_FAILED,
                       _("authentication failed: polkit has not said within %1$u seconds whether "
                         "process %2$d of user %3$u may do '%4$s'"),
                       question->polkit->timeout_s, question->process.pid, question->uid,
                       question->action);
    } else {
        virReportError(VIR_ERR_AUTH_FAILED,
                       _("authentication failed: polkit cannot be asked whether process %1$d of "
                         "user %2$u may do '%3$s': %4$s"),
                       question->process.pid, question->uid, question->action, error->message);
    }
    remotePolkitEnd(question, -1);
}

/* --- asking ----------------------------------------------------------------------------------- */

/* 0 if polkit has said yes. */
static int
remotePolkitJudge(const remotePolkitQuestion *question, GVariant *reply)
{
    gboolean authorized, challenge;
    g_autoptr(GVariant) details = NULL;
    const char *dismissed = NULL;

    g_variant_get(reply, "((bb@a{ss}))", &authorized, &challenge, &details);
    if (authorized)
        return 0;
    if (g_variant_lookup(details, "polkit.dismissed", "&s", &dismissed)) {
        virReportError(VIR_ERR_AUTH_CANCELLED,
                       _("authentication cancelled: the user who was asked whether '%1$s' is "
                         "allowed did not want to authenticate"),
                       question->action);
    } else if (challenge) {
        virReportError(VIR_ERR_AUTH_UNAVAILABLE,
                       _("authentication unavailable: somebody has to authenticate for '%1$s', and "
                         "no polkit agent runs to ask; start pkttyagent, or be root"),
                       question->action);
    } else {
        virReportError(VIR_ERR_AUTH_FAILED,
                       _("authentication failed: polkit does not allow user %1$u '%2$s'"),
                       question->uid, question->action);
    }
    return -1;
}

static void
remotePolkitAnswered(GObject *bus, GAsyncResult *result, void *opaque)
{
    remotePolkitQuestion *question = opaque;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);

    if (reply)
        remotePolkitEnd(question, remotePolkitJudge(question, reply));
    else
        remotePolkitFail(question, error);
}

static GVariant *
remotePolkitArguments(const remotePolkitQuestion *question)
{
    GVariantBuilder subject;

    g_variant_builder_init(&subject, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&subject, "{sv}", "pid",
                          g_variant_new_uint32((guint32)question->process.pid));
    g_variant_builder_add(&subject, "{sv}", "start-time",
                          g_variant_new_uint64(question->process.started));
    g_variant_builder_add(&subject, "{sv}", "uid", g_variant_new_int32((gint32)question->uid));
    return g_variant_new("((sa{sv})sa{ss}us)", "unix-process", &subject, question->action, NULL,
                         REMOTE_POLKIT_INTERACTION, question->id);
}

static void
remotePolkitConnected(GObject *source G_GNUC_UNUSED, GAsyncResult *result, void *opaque)
{
    remotePolkitQuestion *question = opaque;
    g_autoptr(GError) error = NULL;

    question->bus = g_dbus_connection_new_for_address_finish(result, &error);
    if (!question->bus) {
        remotePolkitFail(question, error);
        return;
    }
    /* The timer is ours: a person takes longer than D-Bus waits. */
    g_dbus_connection_call(
        question->bus, REMOTE_POLKIT_NAME, REMOTE_POLKIT_OBJECT, REMOTE_POLKIT_IFACE,
        "CheckAuthorization", remotePolkitArguments(question), G_VARIANT_TYPE("((bba{ss}))"),
        G_DBUS_CALL_FLAGS_NONE, G_MAXINT, question->cancellable, remotePolkitAnswered, question);
}

static gboolean
remotePolkitTimeIsUp(void *opaque)
{
    remotePolkitQuestion *question = opaque;

    question->timedOut = true;
    g_cancellable_cancel(question->cancellable);
    return G_SOURCE_REMOVE;
}

/* A connection of its own: no other question, and no end of the bus, concerns it. */
static void
remotePolkitBegin(void *opaque)
{
    remotePolkitQuestion *question = opaque;
    g_autoptr(GError) error = NULL;
    g_autofree char *address =
        g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, question->cancellable, &error);

    if (!address) {
        remotePolkitFail(question, error);
        return;
    }
    question->timer = g_timeout_source_new_seconds(question->polkit->timeout_s);
    g_source_set_callback(question->timer, remotePolkitTimeIsUp, question, NULL);
    g_source_attach(question->timer, qemuLoopGetContext(question->polkit->loop));
    g_dbus_connection_new_for_address(address,
                                      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                          G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                      NULL, question->cancellable, remotePolkitConnected, question);
}

static void
remotePolkitClientGone(GCancellable *client G_GNUC_UNUSED, GCancellable *cancellable)
{
    g_cancellable_cancel(cancellable);
}

void
remotePolkitCheck(remotePolkit *polkit, const virProcessIdentity *process, uid_t uid,
                  const char *action, GCancellable *cancellable, remotePolkitDone done,
                  void *opaque)
{
    remotePolkitQuestion *question = g_new0(remotePolkitQuestion, 1);

    question->polkit = polkit;
    question->process = *process;
    question->uid = uid;
    question->action = action;
    question->id = g_strdup_printf("virtvfiod-%d", g_atomic_int_add(&polkit->lastID, 1));
    question->client = g_object_ref(cancellable);
    question->cancellable = g_cancellable_new();
    question->done = done;
    question->opaque = opaque;
    question->clientHandler =
        g_cancellable_connect(cancellable, G_CALLBACK(remotePolkitClientGone),
                              g_object_ref(question->cancellable), g_object_unref);
    qemuLoopPost(polkit->loop, remotePolkitBegin, question);
}
