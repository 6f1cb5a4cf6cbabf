/*
 * virtvfio_runguest.c: one guest on an embedded driver, followed to its end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <signal.h>
#include <unistd.h>

#include <glib-unix.h>

#include "qemu_driver.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlog.h"
#include "virtvfio_console.h"
#include "virtvfio_runguest.h"

#define VIR_FROM_THIS VIR_FROM_NONE

VIR_LOG_INIT("tools.run")

/* Calls of the driver wait, so other threads make them; all of this is the main thread's, unless
 * said otherwise. */
typedef struct {
    qemuDriver *driver;
    GMainLoop *loop;
    GPtrArray *threads; /* that call the driver */
    char *name;
    bool verbose;
    virDomainDef *def; /* the starting thread's, and the three below until it has told */
    int stdioFD;
    virDomainObj *started; /* NULL if it could not be */
    virErrorInfo error;
    virDomainObj *vm; /* what was started, once that has been told */
    bool told;        /* the start is over, one way or the other */
    bool stopped;     /* the guest has ended */
    bool asked;       /* to shut down: the next signal ends it */
    bool cancelled;
} virtvfioRun;

/* A call of the driver about the guest. */
typedef struct {
    virDomainObj *vm;
    bool destroy;
} virtvfioRunCall;

static void *
virtvfioRunCallThread(void *opaque)
{
    virtvfioRunCall *call = opaque;
    int rc = call->destroy ? qemuDomainDestroy(call->vm, 0) : qemuDomainShutdown(call->vm, 0);

    /* It may have ended by itself. */
    if (rc < 0)
        VIR_INFO("%s", virErrorGetMessage());
    virDomainObjUnref(call->vm);
    g_free(call);
    return NULL;
}

static void
virtvfioRunEnd(virtvfioRun *run, virDomainObj *vm, bool destroy)
{
    virtvfioRunCall *call = g_new0(virtvfioRunCall, 1);

    call->vm = virDomainObjRef(vm);
    call->destroy = destroy;
    g_ptr_array_add(run->threads, g_thread_new("end", virtvfioRunCallThread, call));
}

/* A guest that does not run yet has no power button: it is ended, as soon as it can be. */
static void
virtvfioRunCancel(virtvfioRun *run)
{
    g_autoptr(virDomainObj) vm = qemuDomainLookupByName(run->driver, run->name);

    run->cancelled = true;
    if (vm)
        virtvfioRunEnd(run, vm, true);
}

static gboolean
virtvfioRunHandleSignal(void *opaque)
{
    virtvfioRun *run = opaque;

    if (run->asked)
        virPrintErr(_("virtvfio: ending the guest\n"));
    else
        virPrintErr(_("virtvfio: shutting the guest down; press Ctrl-C again to end it at once\n"));
    if (run->vm)
        virtvfioRunEnd(run, run->vm, run->asked);
    else if (!run->told)
        virtvfioRunCancel(run);
    run->asked = true;
    return G_SOURCE_CONTINUE;
}

static void
virtvfioRunCheckOver(virtvfioRun *run)
{
    if (run->told && (!run->vm || run->stopped))
        g_main_loop_quit(run->loop);
}

static gboolean
virtvfioRunStopped(void *opaque)
{
    virtvfioRun *run = opaque;

    run->stopped = true;
    virtvfioRunCheckOver(run);
    return G_SOURCE_REMOVE;
}

/* qemuEventFunc */
static void
virtvfioRunHandleEvent(const qemuEvent *event, void *opaque)
{
    if (event->kind == VIR_DOMAIN_EVENT_ID_LIFECYCLE && event->type == VIR_DOMAIN_EVENT_STOPPED)
        g_idle_add(virtvfioRunStopped, opaque);
}

static gboolean
virtvfioRunTold(void *opaque)
{
    virtvfioRun *run = opaque;

    run->told = true;
    run->vm = run->started;
    if (run->vm && run->cancelled)
        virtvfioRunEnd(run, run->vm, true);
    else if (run->vm && (run->verbose || isatty(STDERR_FILENO)))
        virPrintErr(_("virtvfio: guest '%1$s' is running, QEMU is process %2$d\n"), run->name,
                    (int)qemuDomainGetPid(run->vm));
    virtvfioRunCheckOver(run);
    return G_SOURCE_REMOVE;
}

static void *
virtvfioRunStartThread(void *opaque)
{
    virtvfioRun *run = opaque;
    virDomainObj *vm =
        qemuDomainCreateDef(run->driver, g_steal_pointer(&run->def), 0, run->stdioFD);

    if (!vm)
        virErrorPreserve(&run->error);
    run->started = vm;
    g_idle_add(virtvfioRunTold, run);
    return NULL;
}

/* Reports how it ended, if that was not well. */
static int
virtvfioRunGetResult(virtvfioRun *run)
{
    g_autofree char *message = run->vm ? qemuDomainGetEndMessage(run->vm) : NULL;

    if (!run->vm) {
        virErrorRestore(&run->error);
        return -1;
    }
    if (!message)
        return 0;
    virReportError(VIR_ERR_OPERATION_FAILED, "%s", message);
    return -1;
}

static int
virtvfioRunFollow(virtvfioRun *run)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    guint sources[G_N_ELEMENTS(signals)];

    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        sources[i] = g_unix_signal_add(signals[i], virtvfioRunHandleSignal, run);
    g_ptr_array_add(run->threads, g_thread_new("start", virtvfioRunStartThread, run));
    g_main_loop_run(run->loop);
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        g_source_remove(sources[i]);
    for (guint i = 0; i < run->threads->len; i++)
        g_thread_join(g_ptr_array_index(run->threads, i));
    return virtvfioRunGetResult(run);
}

static void
virtvfioRunClear(virtvfioRun *run)
{
    virDomainObjUnref(run->vm);
    virDomainDefFree(run->def);
    qemuDriverFree(run->driver);
    g_main_loop_unref(run->loop);
    g_ptr_array_unref(run->threads);
    g_free(run->name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virtvfioRun, virtvfioRunClear)

int
virtvfioRunGuest(virPCIHost *host, virHostdevManager *mgr, virDomainDef *def, bool verbose)
{
    const qemuDriverConfig config = {.host = host, .hostdevMgr = mgr};
    g_autoptr(virtvfioConsole) console = NULL;
    g_auto(virtvfioRun) run = {
        .loop = g_main_loop_new(NULL, FALSE),
        .threads = g_ptr_array_new(),
        .name = g_strdup(def->name),
        .verbose = verbose,
        .def = def,
        .stdioFD = -1,
    };

    if (virDomainDefHasStdio(def) && !(console = virtvfioConsoleNew(&run.stdioFD)))
        return -1;
    if (!(run.driver = qemuDriverNew(&config)))
        return -1;
    qemuDriverSetEventHandler(run.driver, virtvfioRunHandleEvent, &run);
    return virtvfioRunFollow(&run);
}
