/*
 * qemu_caps_probe.c: asking a QEMU program what it can do
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "qemu_caps.h"
#include "qemu_monitor.h"
#include "qemu_spawn.h"
#include "virerror.h"
#include "virfile.h"
#include "virgettext.h"

#define VIR_FROM_THIS VIR_FROM_QEMU

/* Emulated hosts are slow. */
#define QEMU_CAPS_PROBE_TIMEOUT_MS (60 * 1000)

/* A QEMU without a machine. */
typedef struct {
    pid_t pid;
    int pidfd;
    qemuMonitor *mon;
} qemuCapsPeer;

/* It has nothing to lose. */
static void
qemuCapsPeerClear(qemuCapsPeer *peer)
{
    if (peer->mon) {
        qemuMonitorClose(peer->mon);
        qemuMonitorUnref(peer->mon);
    }
    if (peer->pidfd < 0)
        return;
    (void)!pidfd_send_signal(peer->pidfd, SIGKILL, NULL, 0);
    while (waitpid(peer->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    virFileClose(&peer->pidfd);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuCapsPeer, qemuCapsPeerClear)

static int
qemuCapsSpawn(qemuLoop *loop, const char *path, qemuCapsPeer *peer)
{
    static const qemuMonitorHandlers handlers = {0};
    static const char *const options[] = {
        "-S",
        "-no-user-config",
        "-nodefaults",
        "-display",
        "none",
        "-machine",
        "none,accel=kvm:tcg",
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        "-chardev",
        "socket,id=charmonitor,fd=3",
        "-mon",
        "chardev=charmonitor,id=monitor,mode=control",
        NULL,
    };
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_auto(GStrv) words = NULL;
    g_autoptr(GArray) inherited = g_array_new(FALSE, FALSE, sizeof(qemuSpawnFD));
    /* This thread waits for its answers: a QEMU whose asker was killed would stay for ever. */
    qemuSpawnRequest request = {.fds = inherited, .stderrFD = -1, .pidFD = -1, .dieWithUs = true};
    qemuSpawnFD monitor = {.to = 3};
    VIR_AUTOCLOSE ours = -1;
    VIR_AUTOCLOSE theirs = -1;
    int fds[2];

    g_strv_builder_add(builder, path);
    g_strv_builder_addv(builder, (const char **)(void *)(guintptr)options);
    words = g_strv_builder_end(builder);
    request.argv = words;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
        virReportSystemError(errno, _("cannot create a socket"));
        return -1;
    }
    ours = fds[0];
    theirs = fds[1];
    monitor.from = theirs;
    g_array_append_val(inherited, monitor);
    if (qemuSpawn(&request, &peer->pid, &peer->pidfd) < 0)
        return -1;
    virFileClose(&theirs);
    peer->mon = qemuMonitorNew(loop, virFileStealFD(&ours), &handlers, NULL, NULL);
    return qemuMonitorNegotiate(peer->mon, QEMU_CAPS_PROBE_TIMEOUT_MS);
}

static int
qemuCapsCompareWords(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The members called "name" of what a command returns, sorted; NULL with an error reported. */
static GStrv
qemuCapsAskNames(qemuMonitor *mon, const char *command, JsonObject *arguments)
{
    g_autoptr(JsonNode) result = NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    JsonArray *array;

    if (qemuMonitorCommand(mon, command, arguments, &result) < 0)
        return NULL;
    array = JSON_NODE_HOLDS_ARRAY(result) ? json_node_get_array(result) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        const char *name = JSON_NODE_HOLDS_OBJECT(node)
                               ? qemuMonitorGetString(json_node_get_object(node), "name")
                               : NULL;

        if (name)
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, qemuCapsCompareWords);
    g_ptr_array_add(names, NULL);
    return (GStrv)g_ptr_array_steal(names, NULL);
}

static JsonObject *
qemuCapsMakeArguments(const char *name, const char *value)
{
    JsonObject *arguments = json_object_new();

    json_object_set_string_member(arguments, name, value);
    return arguments;
}

static int
qemuCapsAskLists(qemuMonitor *mon, qemuCaps *caps)
{
    if (!(caps->commands = qemuCapsAskNames(mon, "query-commands", NULL)) ||
        !(caps->devices = qemuCapsAskNames(mon, "qom-list-types",
                                           qemuCapsMakeArguments("implements", "device"))) ||
        !(caps->cpus = qemuCapsAskNames(mon, "query-cpu-definitions", NULL)))
        return -1;
    if (!qemuCapsHasDevice(caps, "vfio-pci")) {
        caps->vfioProperties = g_new0(char *, 1);
        return 0;
    }
    caps->vfioProperties = qemuCapsAskNames(mon, "device-list-properties",
                                            qemuCapsMakeArguments("typename", "vfio-pci"));
    return caps->vfioProperties ? 0 : -1;
}

static int
qemuCapsCompareMachines(const void *a, const void *b)
{
    const qemuCapsMachine *const *first = a;
    const qemuCapsMachine *const *second = b;

    return strcmp((*first)->name, (*second)->name);
}

static int
qemuCapsAskMachines(qemuMonitor *mon, qemuCaps *caps)
{
    g_autoptr(JsonNode) result = NULL;
    JsonArray *array;

    if (qemuMonitorCommand(mon, "query-machines", NULL, &result) < 0)
        return -1;
    array = JSON_NODE_HOLDS_ARRAY(result) ? json_node_get_array(result) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
        const char *name = qemuMonitorGetString(object, "name");
        qemuCapsMachine *machine;

        if (!name)
            continue;
        machine = g_new0(qemuCapsMachine, 1);
        machine->name = g_strdup(name);
        machine->alias = g_strdup(qemuMonitorGetString(object, "alias"));
        machine->maxCpus = (unsigned int)qemuMonitorGetInt(object, "cpu-max");
        machine->isDefault = qemuMonitorGetBoolean(object, "is-default");
        g_ptr_array_add(caps->machines, machine);
    }
    g_ptr_array_sort(caps->machines, qemuCapsCompareMachines);
    return 0;
}

static int
qemuCapsAskKVM(qemuMonitor *mon, qemuCaps *caps)
{
    g_autoptr(JsonNode) result = NULL;

    if (qemuMonitorCommand(mon, "query-kvm", NULL, &result) < 0)
        return -1;
    caps->kvm = JSON_NODE_HOLDS_OBJECT(result) &&
                qemuMonitorGetBoolean(json_node_get_object(result), "enabled");
    return 0;
}

qemuCaps *
qemuCapsProbe(qemuLoop *loop, const char *path, const char *key)
{
    g_auto(qemuCapsPeer) peer = {.pidfd = -1};
    g_autoptr(qemuCaps) caps = qemuCapsNew();

    if (qemuCapsSpawn(loop, path, &peer) < 0)
        return NULL;
    caps->key = g_strdup(key);
    caps->version = qemuMonitorGetVersion(peer.mon);
    caps->package = qemuMonitorGetPackage(peer.mon);
    if (qemuCapsAskKVM(peer.mon, caps) < 0 || qemuCapsAskMachines(peer.mon, caps) < 0 ||
        qemuCapsAskLists(peer.mon, caps) < 0)
        return NULL;
    return g_steal_pointer(&caps);
}
