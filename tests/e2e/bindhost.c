/*
 * bindhost.c: the engine that changes bindings, on the running kernel: its time, and its races
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   bindhost time ADDRESS DRIVER ROUNDS   bind and restore, against the same writes by hand
 *   bindhost race ADDRESS DRIVER ROUNDS   two processes that want one device, again and again
 *
 * The device has no override, and no record; afterwards it is as it was.
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "virerror.h"
#include "virpcibind.h"
#include "virsysfs.h"

#define HOST_MAX_ROUNDS 1000
#define HOST_TIMEOUT_MS 30000

typedef struct {
    virPCIBindContext ctx;
    virPCIDeviceAddress address;
    const char *name;
    const char *driver;
    char *natural; /* what it is on */
    guint rounds;
} hostState;

/* --- time -------------------------------------------------------------------- */

static void
hostBind(const hostState *state)
{
    virPCIBindRequest request = {state->address, state->driver};
    g_autoptr(virPCIBindPlan) plan = virPCIBindPlanNew(&state->ctx, &request, 1);

    if (virPCIBindApply(plan) < 0)
        g_error("%s", virErrorGetMessage());
}

static void
hostRestore(const hostState *state)
{
    if (virPCIBindRestore(&state->ctx, &state->address, 1) < 0)
        g_error("%s", virErrorGetMessage());
}

static void hostPut(const char *text, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
hostPut(const char *text, const char *format, ...)
{
    g_autofree char *path = NULL;
    va_list arguments;
    int fd;

    va_start(arguments, format);
    path = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        g_error("%s: %s", path, g_strerror(errno));
    close(fd);
}

/* The three writes, as an administrator makes them, and as a script does. */
static void
hostMove(const hostState *state, const char *from, const char *override)
{
    hostPut(override, "/sys/bus/pci/devices/%s/driver_override", state->name);
    hostPut(state->name, "/sys/bus/pci/drivers/%s/unbind", from);
    hostPut(state->name, "/sys/bus/pci/drivers_probe");
}

static void
hostBindByHand(const hostState *state)
{
    g_autofree char *override = g_strdup_printf("%s\n", state->driver);

    hostMove(state, state->natural, override);
}

static void
hostRestoreByHand(const hostState *state)
{
    hostMove(state, state->driver, "\n");
}

typedef void (*hostFunc)(const hostState *state);

static double
hostTime(const hostState *state, hostFunc func)
{
    gint64 start = g_get_monotonic_time();

    func(state);
    return (double)(g_get_monotonic_time() - start) / 1000;
}

static int
hostCompare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static double
hostMedian(double *times, guint count)
{
    qsort(times, count, sizeof(*times), hostCompare);
    return times[count / 2];
}

/* Both sides in turn, so that what the machine does meanwhile slows both down. */
static void
hostMeasure(const hostState *state)
{
    static const hostFunc funcs[] = {hostBind, hostRestore, hostBindByHand, hostRestoreByHand};
    static double times[G_N_ELEMENTS(funcs)][HOST_MAX_ROUNDS];
    double median[G_N_ELEMENTS(funcs)];

    for (guint round = 0; round < state->rounds; round++) {
        for (size_t i = 0; i < G_N_ELEMENTS(funcs); i++)
            times[i][round] = hostTime(state, funcs[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(funcs); i++)
        median[i] = hostMedian(times[i], state->rounds);
    printf("{\"bind\": %.3f, \"restore\": %.3f, \"bind_by_hand\": %.3f, "
           "\"restore_by_hand\": %.3f}\n",
           median[0], median[1], median[2], median[3]);
}

/* --- races ------------------------------------------------------------------- */

/* What came of one attempt. */
typedef enum {
    HOST_WON,
    HOST_REFUSED,   /* with a message that names the other one */
    HOST_OVERTAKEN, /* the other one came and went since the plan: nobody is left to be named */
    HOST_UNCLEAR,
    HOST_FAILED, /* the device was not what it was said to be */
    HOST_OUTCOMES,
} hostOutcome;

static gboolean
hostIsOn(const hostState *state, const char *driver)
{
    g_auto(virPCIBinding) binding = {0};

    return virPCIBindingRead(state->ctx.host, &state->address, &binding) == 0 &&
           g_strcmp0(binding.driver, driver) == 0;
}

/* Refusals name the process that has the lock, or the one whose change has not ended. */
static hostOutcome
hostJudgeRefusal(const char *message, pid_t other)
{
    g_autofree char *process = g_strdup_printf("process %d", (int)other);

    if (strstr(message, process) || strstr(message, "in use by guest"))
        return HOST_REFUSED;
    if (strstr(message, "changed by somebody else meanwhile"))
        return HOST_OVERTAKEN;
    fprintf(stderr, "unclear: %s\n", message);
    return HOST_UNCLEAR;
}

/* One process's side of a round: whoever has the device checks that nobody meddles with it. */
static hostOutcome
hostAttempt(const hostState *state, const volatile pid_t *other)
{
    virPCIBindRequest request = {state->address, state->driver};
    g_autoptr(virPCIBindPlan) plan = virPCIBindPlanNew(&state->ctx, &request, 1);

    if (virPCIBindApply(plan) < 0)
        return hostJudgeRefusal(virErrorGetMessage(), *other);
    if (!hostIsOn(state, state->driver))
        return HOST_FAILED;
    g_usleep(2000);
    if (!hostIsOn(state, state->driver))
        return HOST_FAILED;
    if (virPCIBindRestore(&state->ctx, &state->address, 1) < 0 ||
        !hostIsOn(state, state->natural)) {
        fprintf(stderr, "restore: %s\n", virErrorGetMessage());
        return HOST_FAILED;
    }
    return HOST_WON;
}

typedef struct {
    volatile pid_t pids[2];
    volatile int ready[2]; /* the round that each is ready for */
    guint outcomes[2][HOST_OUTCOMES];
} hostRace;

/* Both begin a round at once. Neither may wait for ever for the other one. */
static void
hostMeet(hostRace *race, int me, int round)
{
    gint64 end = g_get_monotonic_time() + (gint64)HOST_TIMEOUT_MS * 1000;

    race->ready[me] = round;
    while (race->ready[1 - me] < round) {
        if (g_get_monotonic_time() > end)
            g_error("deadlock: the other one never came to round %d", round);
        sched_yield();
    }
}

static void G_GNUC_NORETURN
hostRaceInChild(hostState *state, hostRace *race, int me)
{
    state->ctx.holder = me == 0 ? "guest one" : "guest two";
    race->pids[me] = getpid();
    for (guint round = 1; round <= state->rounds; round++) {
        hostMeet(race, me, (int)round);
        race->outcomes[me][hostAttempt(state, &race->pids[1 - me])]++;
    }
    _exit(EXIT_SUCCESS);
}

static int
hostRunRace(hostState *state)
{
    hostRace *race =
        mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    guint sums[HOST_OUTCOMES] = {0};
    int failed = 0;

    if (race == MAP_FAILED)
        g_error("mmap: %s", g_strerror(errno));
    for (int i = 0; i < 2; i++) {
        if (fork() == 0)
            hostRaceInChild(state, race, i);
    }
    for (int i = 0; i < 2; i++) {
        int status;

        if (wait(&status) < 0 || status != 0)
            failed = 1;
    }
    for (int i = 0; i < 2; i++) {
        for (int outcome = 0; outcome < HOST_OUTCOMES; outcome++)
            sums[outcome] += race->outcomes[i][outcome];
    }
    printf("{\"rounds\": %u, \"won\": %u, \"refused\": %u, \"overtaken\": %u, \"unclear\": %u, "
           "\"failed\": %u}\n",
           state->rounds, sums[HOST_WON], sums[HOST_REFUSED], sums[HOST_OVERTAKEN],
           sums[HOST_UNCLEAR], sums[HOST_FAILED]);
    return failed || sums[HOST_UNCLEAR] || sums[HOST_FAILED] ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void
hostSetUp(hostState *state, char **argv)
{
    g_auto(virPCIBinding) binding = {0};
    guint64 rounds;

    state->name = argv[2];
    state->driver = argv[3];
    if (!virPCIDeviceAddressParse(state->name, &state->address) ||
        !g_ascii_string_to_unsigned(argv[4], 10, 1, HOST_MAX_ROUNDS, &rounds, NULL))
        g_error("usage: bindhost time|race ADDRESS DRIVER ROUNDS");
    state->rounds = (guint)rounds;
    state->ctx = (virPCIBindContext){
        .host = virPCIHostNew("/"),
        .journal = virJournalOpen("/run/virtvfio/journal"),
        .lockDirectory = "/run/virtvfio/lock",
        .holder = "administrator",
        .timeout_ms = HOST_TIMEOUT_MS,
    };
    if (virPCIBindingRead(state->ctx.host, &state->address, &binding) < 0)
        g_error("%s", virErrorGetMessage());
    state->natural = g_strdup(binding.driver);
}

int
main(int argc, char **argv)
{
    hostState state = {0};
    int status = EXIT_SUCCESS;

    if (argc != 5)
        g_error("usage: bindhost time|race ADDRESS DRIVER ROUNDS");
    hostSetUp(&state, argv);
    if (g_str_equal(argv[1], "race"))
        status = hostRunRace(&state);
    else
        hostMeasure(&state);
    virJournalClose(state.ctx.journal);
    virPCIHostUnref(state.ctx.host);
    g_free(state.natural);
    return status;
}
