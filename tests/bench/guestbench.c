/*
 * guestbench.c: what we add to what QEMU itself takes, for a start and for an attach
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The other side is QEMU with the same command line, or the same command, and nobody but a socket
 * beside it: what the ratio has above 1 is ours.
 */

#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "qemu_capabilities.h"
#include "qemu_command.h"
#include "qemu_spawn.h"
#include "testqemu.h"
#include "virerror.h"
#include "virfile.h"

#define BENCH_NET "<interface type='user'><mac address='52:54:00:12:34:56'/></interface>"

/* The first port that is free: the balloon has the one before. */
#define BENCH_NETDEV "{'execute':'netdev_add','arguments':{'type':'user','id':'hostnet0'}}"
#define BENCH_DEVICE                                                                               \
    "{'execute':'device_add','arguments':{'driver':'virtio-net-pci','netdev':'hostnet0',"          \
    "'id':'net0','mac':'52:54:00:12:34:56','bus':'pci.2','addr':'0x0'}}"

struct _benchState {
    testQEMU qemu;
    virDomainObj *vm; /* defined */
    virDomainDef *def;
    char *emulator;
    pid_t pid;    /* of a QEMU without us; or 0 */
    int pidfd;    /* of it */
    FILE *answer; /* its monitor */
    int monitor;
};

/* Sends a command ("" for none) and waits for its answer; events come in between. */
static void
benchAsk(benchState *state, const char *command)
{
    g_autofree char *text = g_strdelimit(g_strdup(command), "'", '"');
    char line[65536];

    if (virFileWriteText(state->monitor, text) < 0)
        benchFail("monitor");
    while (fgets(line, sizeof(line), state->answer)) {
        if (strstr(line, "\"error\""))
            g_error("%s: %s", text, line);
        if (strstr(line, "\"return\""))
            return;
    }
    benchFail("monitor");
}

static void
benchEndPlain(benchState *state)
{
    if (state->pid == 0)
        return;
    kill(state->pid, SIGKILL);
    if (waitpid(state->pid, NULL, 0) != state->pid)
        benchFail("waitpid");
    virFileClose(&state->pidfd);
    (void)fclose(state->answer);
    state->pid = 0;
}

static void
benchEndBoth(benchState *state)
{
    benchEndPlain(state);
    if (virDomainObjIsActive(state->vm) && qemuDomainDestroy(state->vm, 0) < 0)
        g_error("%s", virErrorGetMessage());
}

static void
benchStart(benchState *state)
{
    if (qemuDomainCreate(state->vm, 0, NULL) < 0)
        g_error("%s", virErrorGetMessage());
}

static void
benchStartPlain(benchState *state)
{
    g_auto(GStrv) argv = qemuBuildCommandLine(state->def, state->emulator, 0);
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(qemuSpawnFD));
    int pair[2];
    const qemuSpawnRequest request = {.argv = argv, .fds = fds, .stderrFD = -1, .pidFD = -1};
    qemuSpawnFD fd = {.to = QEMU_COMMAND_MONITOR_FD};

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        benchFail("socketpair");
    fd.from = pair[1];
    g_array_append_val(fds, fd);
    if (qemuSpawn(&request, &state->pid, &state->pidfd) < 0)
        g_error("%s", virErrorGetMessage());
    close(pair[1]);
    state->monitor = pair[0];
    state->answer = fdopen(pair[0], "r");
    benchAsk(state, "{'execute':'qmp_capabilities'}");
    benchAsk(state, "{'execute':'cont'}");
}

static void
benchStartBoth(benchState *state)
{
    benchEndBoth(state);
    benchStart(state);
    benchStartPlain(state);
}

static void
benchAttach(benchState *state)
{
    if (qemuDomainAttachDeviceFlags(state->vm, BENCH_NET, VIR_DOMAIN_AFFECT_LIVE) < 0)
        g_error("%s", virErrorGetMessage());
}

static void
benchAttachPlain(benchState *state)
{
    benchAsk(state, BENCH_NETDEV);
    benchAsk(state, BENCH_DEVICE);
}

static const benchCase cases[] = {
    {"start of a guest", "QEMU alone, same command line", NULL, benchEndBoth, benchStart,
     benchStartPlain, 1.5, FALSE},
    {"attach of an interface", "QEMU alone, same commands", NULL, benchStartBoth, benchAttach,
     benchAttachPlain, 0, FALSE},
};

int
main(int argc, char **argv)
{
    g_autofree char *xml = testQEMUMakeXML("g", false, NULL);
    benchState state = {0};

    g_test_init(&argc, &argv, NULL);
    if (!testQEMUIsThere())
        return 77;
    testQEMUInit(&state.qemu, 0);
    if (!(state.def = virDomainDefParse(xml, strlen(xml), "guest")) ||
        !(state.emulator = qemuFindEmulator(state.def)) ||
        !(state.vm = qemuDomainDefineXML(state.qemu.driver, xml, 0)))
        g_error("%s", virErrorGetMessage());
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        (void)benchRun(&state, &cases[i]);
    benchEndBoth(&state);
    virDomainObjUnref(state.vm);
    virDomainDefFree(state.def);
    g_free(state.emulator);
    testQEMUClear(&state.qemu);
    return 0;
}
