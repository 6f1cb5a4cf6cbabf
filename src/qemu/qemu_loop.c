/*
 * qemu_loop.c: the one thread that serves monitors, timers and ends of processes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "qemu_loop.h"

/* A QEMU's last words are a few hundred bytes; of 16 KiB a round. */
#define QEMU_LOOP_SETTLE_ROUNDS 4

struct _qemuLoop {
    GMainContext *context;
    GMainLoop *loop;
    GThread *thread;
};

static void *
qemuLoopThread(void *opaque)
{
    qemuLoop *loop = opaque;

    g_main_context_push_thread_default(loop->context);
    g_main_loop_run(loop->loop);
    /* What was posted before the end. */
    while (g_main_context_iteration(loop->context, FALSE))
        ;
    g_main_context_pop_thread_default(loop->context);
    return NULL;
}

qemuLoop *
qemuLoopNew(void)
{
    qemuLoop *loop = g_new0(qemuLoop, 1);

    loop->context = g_main_context_new();
    loop->loop = g_main_loop_new(loop->context, FALSE);
    loop->thread = g_thread_new("qemu-loop", qemuLoopThread, loop);
    return loop;
}

static void
qemuLoopQuit(void *opaque)
{
    qemuLoop *loop = opaque;

    g_main_loop_quit(loop->loop);
}

void
qemuLoopFree(qemuLoop *loop)
{
    if (!loop)
        return;
    g_assert(!qemuLoopIsCurrent(loop));
    /* Posted, because quitting a loop that does not run yet would be forgotten. */
    qemuLoopPost(loop, qemuLoopQuit, loop);
    g_thread_join(loop->thread);
    g_main_loop_unref(loop->loop);
    g_main_context_unref(loop->context);
    g_free(loop);
}

GMainContext *
qemuLoopGetContext(const qemuLoop *loop)
{
    return loop->context;
}

bool
qemuLoopIsCurrent(const qemuLoop *loop)
{
    return g_thread_self() == loop->thread;
}

/* A call by the loop. */
typedef struct {
    qemuLoopFunc func;
    void *opaque;
    GMutex lock;
    GCond cond;
    bool done;
} qemuLoopCall;

static gboolean
qemuLoopDispatch(void *opaque)
{
    qemuLoopCall *call = opaque;

    call->func(call->opaque);
    return G_SOURCE_REMOVE;
}

/* @destroy is called with @call after it, in the loop's thread. */
static void
qemuLoopAttach(qemuLoop *loop, qemuLoopCall *call, GDestroyNotify destroy)
{
    g_autoptr(GSource) source = g_idle_source_new();

    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, qemuLoopDispatch, call, destroy);
    g_source_attach(source, loop->context);
}

void
qemuLoopPost(qemuLoop *loop, qemuLoopFunc func, void *opaque)
{
    qemuLoopCall *call = g_new0(qemuLoopCall, 1);

    call->func = func;
    call->opaque = opaque;
    qemuLoopAttach(loop, call, g_free);
}

static void
qemuLoopCallDone(void *opaque)
{
    qemuLoopCall *call = opaque;

    /* Unlocked last: then the caller's frame may go. */
    g_mutex_lock(&call->lock);
    call->done = true;
    g_cond_signal(&call->cond);
    g_mutex_unlock(&call->lock);
}

void
qemuLoopRun(qemuLoop *loop, qemuLoopFunc func, void *opaque)
{
    qemuLoopCall call = {.func = func, .opaque = opaque};

    g_assert(!qemuLoopIsCurrent(loop));
    g_mutex_init(&call.lock);
    g_cond_init(&call.cond);
    qemuLoopAttach(loop, &call, qemuLoopCallDone);
    g_mutex_lock(&call.lock);
    while (!call.done)
        g_cond_wait(&call.cond, &call.lock);
    g_mutex_unlock(&call.lock);
    g_cond_clear(&call.cond);
    g_mutex_clear(&call.lock);
}

static void
qemuLoopNothing(void *opaque G_GNUC_UNUSED)
{
}

/* In each round the loop looks what is ready, and calls all of that; the first may have begun
 * before we were called. It is not waited until the loop is idle: a QEMU that says more and more
 * keeps it from that, and would keep other guests from their ends. */
void
qemuLoopSettle(qemuLoop *loop)
{
    for (int i = 0; i < QEMU_LOOP_SETTLE_ROUNDS; i++)
        qemuLoopRun(loop, qemuLoopNothing, NULL);
}

void
qemuLoopDropSource(GSource **source)
{
    if (!*source)
        return;
    g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}
