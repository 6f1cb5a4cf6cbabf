/*
 * rpc_server.c: who may connect, how many, and the threads that work for them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <sys/socket.h>

#include <glib-unix.h>

#include "rpc_priv.h"
#include "virfile.h"
#include "virgettext.h"
#include "virlog.h"

VIR_LOG_INIT("rpc.server")

/* Connections that are accepted before others get their turn. */
#define VIR_RPC_ACCEPT_BATCH 16

/* How long to wait when this process, or the host, has no descriptors left. */
#define VIR_RPC_RETRY_MS 500

void
virRPCServerLimitsInit(virRPCServerLimits *limits)
{
    *limits = (virRPCServerLimits){
        .maxClients = 5000,
        .maxUnready = 100,
        .ready_ms = 30 * 1000,
        .workers = 20,
        .priorityWorkers = 5,
        .maxCalls = 5,
        .maxWaiting = 100,
        .maxBacklog = (size_t)8 * 1024 * 1024,
        .keepalive_ms = 5 * 1000,
        .keepaliveCount = 5,
    };
}

static gboolean virRPCListenerAccept(int fd, GIOCondition condition, void *opaque);

static void
virRPCListenerResume(virRPCListener *listener)
{
    if (listener->source || listener->server->stopping)
        return;
    listener->source = g_unix_fd_source_new(listener->fd, G_IO_IN);
    g_source_set_callback(listener->source, G_SOURCE_FUNC(virRPCListenerAccept), listener, NULL);
    g_source_set_can_recurse(listener->source, TRUE); /* as virRPCClientAttach() */
    g_source_attach(listener->source, listener->server->context);
}

static bool
virRPCListenerIsFull(const virRPCListener *listener)
{
    const virRPCServerLimits *limits = &listener->server->limits;

    return listener->clients >= limits->maxClients || listener->unready >= limits->maxUnready;
}

static void
virRPCListenerFree(void *opaque)
{
    virRPCListener *listener = opaque;

    virRPCSourceDestroy(&listener->source);
    virFileClose(&listener->fd);
    g_free(listener);
}

static gboolean
virRPCServerRetry(void *opaque)
{
    virRPCServer *server = opaque;

    g_clear_pointer(&server->retry, g_source_unref);
    for (guint i = 0; i < server->listeners->len; i++)
        virRPCListenerResume(server->listeners->pdata[i]);
    return G_SOURCE_REMOVE;
}

/* No descriptors: looking again at once would be a busy loop. */
static void
virRPCServerRetryLater(virRPCServer *server, int err)
{
    VIR_WARN(_("a client cannot be accepted: %1$s; trying again"), g_strerror(err));
    for (guint i = 0; i < server->listeners->len; i++)
        virRPCSourceDestroy(&((virRPCListener *)server->listeners->pdata[i])->source);
    if (server->retry)
        return;
    server->retry = g_timeout_source_new(VIR_RPC_RETRY_MS);
    g_source_set_callback(server->retry, virRPCServerRetry, server, NULL);
    g_source_attach(server->retry, server->context);
}

static gboolean
virRPCListenerAccept(int fd, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    virRPCListener *listener = opaque;

    for (int i = 0; i < VIR_RPC_ACCEPT_BATCH; i++) {
        int client;

        if (virRPCListenerIsFull(listener)) {
            VIR_DEBUG("socket %d: %u clients, %u of them not ready: no more are accepted", fd,
                      listener->clients, listener->unready);
            virRPCSourceDestroy(&listener->source);
            return G_SOURCE_REMOVE;
        }
        client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
            virRPCServerRetryLater(listener->server, errno);
            return G_SOURCE_REMOVE;
        }
        if (client < 0)
            return G_SOURCE_CONTINUE; /* nobody there, or gone again */
        virRPCClientNew(listener->server, listener, client, listener->flags);
    }
    return G_SOURCE_CONTINUE;
}

virRPCServer *
virRPCServerNew(GMainContext *context, const virRPCServerLimits *limits,
                const virRPCServerHooks *hooks, void *opaque)
{
    virRPCServer *server = g_new0(virRPCServer, 1);

    server->context = g_main_context_ref(context ? context : g_main_context_default());
    server->limits = *limits;
    server->hooks = hooks;
    server->opaque = opaque;
    server->programs = g_ptr_array_new();
    server->listeners = g_ptr_array_new_with_free_func(virRPCListenerFree);
    server->clients = g_hash_table_new(NULL, NULL);
    server->buffer = g_malloc(VIR_RPC_READ_SIZE);
    g_mutex_init(&server->lock);
    g_cond_init(&server->cond);
    server->workers = g_thread_pool_new(virRPCCallWork, server, (int)limits->workers, FALSE, NULL);
    server->priorityWorkers =
        g_thread_pool_new(virRPCCallWork, server, (int)limits->priorityWorkers, FALSE, NULL);
    return server;
}

static void
virRPCServerCloseAll(virRPCServer *server)
{
    g_autoptr(GList) clients = g_hash_table_get_keys(server->clients);

    for (GList *entry = clients; entry; entry = entry->next)
        virRPCClientClose(entry->data);
}

void
virRPCServerFree(virRPCServer *server)
{
    if (!server)
        return;
    server->stopping = true;
    server->stopped = NULL;
    virRPCServerCloseAll(server);
    /* Running calls push the ends of their clients into a pool: not before all are there. */
    g_mutex_lock(&server->lock);
    while (server->alive > 0)
        g_cond_wait(&server->cond, &server->lock);
    g_mutex_unlock(&server->lock);
    g_thread_pool_free(server->priorityWorkers, FALSE, TRUE);
    g_thread_pool_free(server->workers, FALSE, TRUE);
    virRPCSourceDestroy(&server->retry);
    g_ptr_array_unref(server->listeners);
    g_ptr_array_unref(server->programs);
    g_hash_table_unref(server->clients);
    g_main_context_unref(server->context);
    g_mutex_clear(&server->lock);
    g_cond_clear(&server->cond);
    g_free(server->buffer);
    g_free(server);
}

void
virRPCServerAddProgram(virRPCServer *server, const virRPCProgram *program)
{
    g_ptr_array_add(server->programs, (void *)(guintptr)program);
}

void
virRPCServerListen(virRPCServer *server, int fd, unsigned int flags)
{
    virRPCListener *listener = g_new0(virRPCListener, 1);

    listener->server = server;
    listener->fd = fd;
    listener->flags = flags;
    g_ptr_array_add(server->listeners, listener);
    virRPCListenerResume(listener);
}

void
virRPCServerAdd(virRPCServer *server, int fd, unsigned int flags)
{
    virRPCClientNew(server, NULL, fd, flags);
}

static gboolean
virRPCServerClientReadyNow(void *opaque)
{
    virRPCClient *client = opaque;

    if (client->countedUnready) {
        client->countedUnready = false;
        client->listener->unready--;
        virRPCListenerResume(client->listener);
    }
    return G_SOURCE_REMOVE;
}

/* From any thread. */
void
virRPCServerClientReady(virRPCClient *client)
{
    virRPCClientCallLater(client, virRPCServerClientReadyNow);
}

static void
virRPCServerCheckStopped(virRPCServer *server)
{
    void (*stopped)(void *opaque) = server->stopped;

    if (!stopped || g_hash_table_size(server->clients) > 0)
        return;
    server->stopped = NULL;
    stopped(server->stoppedOpaque);
}

void
virRPCServerForget(virRPCClient *client)
{
    virRPCServer *server = client->server;

    if (!g_hash_table_remove(server->clients, client))
        return;
    if (client->listener) {
        client->listener->clients--;
        virRPCServerClientReadyNow(client);
        virRPCListenerResume(client->listener);
    }
    virRPCClientUnref(client);
    virRPCServerCheckStopped(server);
}

/* The hook `gone` has returned for a client. In a worker. */
void
virRPCServerGone(virRPCServer *server)
{
    g_mutex_lock(&server->lock);
    server->alive--;
    g_cond_signal(&server->cond);
    g_mutex_unlock(&server->lock);
}

void
virRPCServerStop(virRPCServer *server, void (*done)(void *opaque), void *opaque)
{
    g_autoptr(GList) clients = g_hash_table_get_keys(server->clients);

    server->stopping = true;
    server->stopped = done;
    server->stoppedOpaque = opaque;
    virRPCSourceDestroy(&server->retry);
    for (guint i = 0; i < server->listeners->len; i++)
        virRPCSourceDestroy(&((virRPCListener *)server->listeners->pdata[i])->source);
    for (GList *entry = clients; entry; entry = entry->next) {
        g_cancellable_cancel(virRPCClientGetCancellable(entry->data));
        virRPCClientFinish(entry->data);
    }
    virRPCServerCheckStopped(server);
}

unsigned int
virRPCServerCountClients(virRPCServer *server)
{
    return g_hash_table_size(server->clients);
}
