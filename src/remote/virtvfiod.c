/*
 * virtvfiod.c: the daemon: options, start, main loop, end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib-unix.h>
#include <libvirt/libvirt.h>
#include <systemd/sd-daemon.h>

#include "node_device_udev.h"
#include "remote_domain_event.h"
#include "remote_table.h"
#include "virerror.h"
#include "virgettext.h"
#include "virlock.h"
#include "virlog.h"
#include "virtvfiod_config.h"
#include "virtvfiod_socket.h"
#include "virtvfiod_systemd.h"

#define VIR_FROM_THIS VIR_FROM_NONE

VIR_LOG_INIT("remote.daemon")

#define VIRTVFIOD_SOCKET "virtvfio-sock"

/* How long running calls may take to end when the daemon is to stop. */
#define VIRTVFIOD_STOP_MS 10000

/* Descriptors that are not clients': files, guests' monitors, pipes. */
#define VIRTVFIOD_OTHER_FDS 4096

/* How long a call may wait for devices that a crash left in the middle of something. */
#define VIRTVFIOD_RECOVERY_WAIT_MS 20000

#define VIRTVFIOD_USAGE            2

/* Threads come and go, and mostly wait: they need no heaps of their own, which are never given back
 * as a whole. */
#define VIRTVFIOD_ARENAS 1

typedef struct {
    char *configPath; /* NULL: the default, which may be absent */
    char *socket;
    char *runDirectory; /* NULL: as configured; likewise the next one */
    char *stateDirectory;
    char *root;
    gboolean checkConfig;
    gboolean verbose;
    gboolean version;
} virtvfiodOptions;

typedef struct {
    virtvfiodOptions options;
    virtvfiodConfig config;
    remoteDaemon remote;
    GMainLoop *loop;
    virRPCServer *server;
    gboolean stopping;
    int status;
} virtvfiod;

/* --- the server's hooks ----------------------------------------------------------------------- */

/* The socket's permissions say who may connect; a socket that systemd made may say more than we do.
 */
static gboolean
virtvfiodMayConnect(const virtvfiod *daemon, const virRPCClient *client)
{
    uid_t uid = virRPCClientGetUID(client);

    if (virRPCClientGetFlags(client) & VIR_RPC_READ_ONLY)
        return TRUE;
    if (uid == 0 || uid == geteuid())
        return TRUE;
    if (daemon->config.group)
        return virRPCClientIsInGroup(client, daemon->config.gid);
    return daemon->config.auth == VIRTVFIOD_AUTH_POLKIT;
}

/* Root may everything, whatever polkit says. */
static gboolean
virtvfiodMustAskPolkit(const virtvfiod *daemon, const virRPCClient *client)
{
    gboolean readOnly = virRPCClientGetFlags(client) & VIR_RPC_READ_ONLY;
    virtvfiodAuth auth = readOnly ? daemon->config.readOnlyAuth : daemon->config.auth;

    return auth == VIRTVFIOD_AUTH_POLKIT && virRPCClientGetUID(client) != 0;
}

static void *
virtvfiodConnected(virRPCClient *client, void *opaque)
{
    virtvfiod *daemon = opaque;
    remoteClient *data;

    if (!virtvfiodMayConnect(daemon, client)) {
        VIR_WARN(_("process %1$d of user %2$u may not connect: it is neither root's nor of the "
                   "configured group"),
                 (int)virRPCClientGetPID(client), virRPCClientGetUID(client));
        return NULL;
    }
    data = remoteClientNew(&daemon->remote, virRPCClientGetFlags(client) & VIR_RPC_READ_ONLY);
    remoteClientSetKnown(data, !virtvfiodMustAskPolkit(daemon, client));
    return data;
}

static void
virtvfiodGone(virRPCClient *client, void *data, void *opaque)
{
    virtvfiod *daemon = opaque;

    remoteEventsForget(daemon->remote.events, client);
    qemuDriverReleaseOwner(daemon->remote.driver, data);
    remoteClientFree(data);
}

static const virRPCServerHooks virtvfiodHooks = {
    .connected = virtvfiodConnected,
    .admit = remoteAdmit,
    .gone = virtvfiodGone,
};

static void
virtvfiodDeviceChanged(const char *name, virNodeDeviceChange change, void *opaque)
{
    remoteEvents *events = opaque;

    VIR_DEBUG("device %s: change %d", name, (int)change);
    switch (change) {
    case VIR_NODE_DEVICE_CREATED:
        remoteEventsNodeDevice(events, name, VIR_NODE_DEVICE_EVENT_CREATED, 0);
        break;
    case VIR_NODE_DEVICE_DELETED:
        remoteEventsNodeDevice(events, name, VIR_NODE_DEVICE_EVENT_DELETED, 0);
        break;
    case VIR_NODE_DEVICE_UPDATED:
    default:
        remoteEventsNodeDeviceUpdate(events, name);
        break;
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
virtvfiodStopped(void *opaque)
{
    virtvfiod *daemon = opaque;

    g_main_loop_quit(daemon->loop);
}

/* A call that hangs, on a guest or a device, is not waited for. */
static gboolean
virtvfiodStopNow(void *opaque)
{
    virtvfiod *daemon = opaque;

    VIR_WARN(_("%1$u clients have calls that do not end: the daemon ends without them"),
             virRPCServerCountClients(daemon->server));
    _exit(EXIT_FAILURE);
    return G_SOURCE_REMOVE;
}

static gboolean
virtvfiodStop(void *opaque)
{
    virtvfiod *daemon = opaque;

    if (daemon->stopping)
        return G_SOURCE_CONTINUE;
    daemon->stopping = TRUE;
    virtvfiodSystemdNotify("STOPPING=1");
    VIR_INFO("%s", _("the daemon stops; guests go on"));
    g_timeout_add(VIRTVFIOD_STOP_MS, virtvfiodStopNow, daemon);
    virRPCServerStop(daemon->server, virtvfiodStopped, daemon);
    return G_SOURCE_CONTINUE;
}

/* --- the start -------------------------------------------------------------------------------- */

/* Every client is a descriptor, or two: the usual limit is 1024. */
static void
virtvfiodRaiseLimit(const virtvfiodConfig *config)
{
    rlim_t wanted = (rlim_t)config->limits.maxClients * 2 + VIRTVFIOD_OTHER_FDS;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = MIN(wanted, limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        VIR_DEBUG("cannot raise the limit of descriptors");
}

static void
virtvfiodRun(virtvfiod *daemon)
{
    /* For ever: a second signal does not kill us while we clean up. */
    g_unix_signal_add(SIGTERM, virtvfiodStop, daemon);
    g_unix_signal_add(SIGINT, virtvfiodStop, daemon);
    virtvfiodSystemdNotify("READY=1");
    VIR_INFO(_("virtvfiod %1$s is ready"), VERSION);
    g_main_loop_run(daemon->loop);
}

static char *
virtvfiodSocketPath(const virtvfiod *daemon)
{
    return daemon->options.socket
               ? g_strdup(daemon->options.socket)
               : g_build_filename(daemon->config.runDirectory, VIRTVFIOD_SOCKET, NULL);
}

static qemuDriver *
virtvfiodOpenDriver(const virtvfiod *daemon)
{
    const virtvfiodConfig *config = &daemon->config;
    g_autofree char *state = g_build_filename(config->stateDirectory, "qemu", NULL);
    g_autofree char *run = g_build_filename(config->runDirectory, "qemu", NULL);
    g_autofree char *log = g_build_filename(config->logDirectory, "qemu", NULL);
    g_autofree char *cache = g_build_filename(config->cacheDirectory, "qemu", NULL);
    const qemuDriverConfig driver = {
        .stateDirectory = state,
        .runDirectory = run,
        .logDirectory = log,
        .cacheDirectory = cache,
        .user = config->qemuUser,
        .group = config->qemuGroup,
        .scopes = true,
        .host = daemon->remote.host,
        .hostdevMgr = daemon->remote.hostdevs,
        .eventHandler = remoteDomainTell,
        .eventOpaque = daemon->remote.events,
    };

    return qemuDriverNew(&driver);
}

/*
 * What a crash left in the middle: the devices of guests that run are theirs and left alone, those
 * of guests that have ended meanwhile are given back. That may take long, and nobody who asks for
 * something else waits for it: only guests with such devices do, until they are seen to.
 */
static int
virtvfiodOpen(virtvfiod *daemon)
{
    remoteDaemon *remote = &daemon->remote;

    if (!(remote->host = virPCIHostNew(daemon->options.root)))
        return -1;
    remote->hostdevs = virHostdevManagerNew(remote->host, daemon->config.runDirectory);
    remote->events = remoteEventsNew();
    remote->polkit = remotePolkitNew(daemon->config.polkit_s);
    if (!daemon->options.root)
        virHostdevManagerStartRecovery(remote->hostdevs, VIRTVFIOD_RECOVERY_WAIT_MS);
    if (!(remote->driver = virtvfiodOpenDriver(daemon)))
        return -1;
    qemuDriverAutostart(remote->driver);
    return 0;
}

/* Nobody is connected any more. */
static void
virtvfiodClose(virtvfiod *daemon)
{
    remoteDaemon *remote = &daemon->remote;

    if (remote->hostdevs)
        virHostdevManagerStopRecovery(remote->hostdevs);
    g_clear_pointer(&remote->polkit, remotePolkitFree);
    g_clear_pointer(&remote->driver, qemuDriverFree);
    g_clear_pointer(&remote->events, remoteEventsFree);
    g_clear_pointer(&remote->hostdevs, virHostdevManagerFree);
    g_clear_pointer(&remote->host, virPCIHostUnref);
}

/* Until it is told to end. */
static int
virtvfiodServe(virtvfiod *daemon)
{
    g_autofree char *path = virtvfiodSocketPath(daemon);
    g_autoptr(virNodeDeviceWatch) watch = NULL;
    g_autoptr(virtvfiodSockets) sockets = virtvfiodSocketsNew();
    g_autoptr(virRPCServer) server = NULL;
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);

    daemon->loop = loop;
    virtvfiodRaiseLimit(&daemon->config);
    server = virRPCServerNew(NULL, &daemon->config.limits, &virtvfiodHooks, daemon);
    daemon->server = server;
    virRPCServerAddProgram(server, &remoteProgram);
    virRPCServerAddProgram(server, &remoteQEMUProgram);
    if (virtvfiodSocketsListen(sockets, server, &daemon->config, path) < 0)
        return -1;
    /* A recorded host does not change; and without events, clients still see what they ask for. */
    if (!daemon->options.root &&
        !(watch = virNodeDeviceWatchNew(NULL, virtvfiodDeviceChanged, daemon->remote.events)))
        VIR_WARN("%s", virErrorGetMessage());
    virtvfiodRun(daemon);
    return 0;
}

static int
virtvfiodLive(virtvfiod *daemon)
{
    g_autoptr(virLock) lock =
        virLockAcquire(daemon->config.runDirectory, "virtvfiod", "virtvfiod", 0);
    int rc = -1;

    if (!lock)
        return -1;
    if (virtvfiodOpen(daemon) == 0)
        rc = virtvfiodServe(daemon);
    virtvfiodClose(daemon);
    return rc;
}

static int
virtvfiodReadConfig(virtvfiod *daemon)
{
    const virtvfiodOptions *options = &daemon->options;

    return virtvfiodConfigRead(&daemon->config,
                               options->configPath ? options->configPath : VIRTVFIOD_CONFIG,
                               options->configPath || options->checkConfig);
}

/* --- the command line ------------------------------------------------------------------------- */

static void
virtvfiodOptionsClear(virtvfiodOptions *options)
{
    g_free(options->configPath);
    g_free(options->socket);
    g_free(options->runDirectory);
    g_free(options->stateDirectory);
    g_free(options->root);
}

static int
virtvfiodParse(virtvfiodOptions *options, int *argc, char ***argv)
{
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &options->configPath,
         N_("read FILE instead of " VIRTVFIOD_CONFIG), N_("FILE")},
        {"socket", 0, 0, G_OPTION_ARG_FILENAME, &options->socket,
         N_("listen on PATH, and on PATH-ro for those who only look"), N_("PATH")},
        {"run-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->runDirectory,
         N_("keep what is gone after a reboot in DIR instead of /run/virtvfio"), N_("DIR")},
        {"state-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->stateDirectory,
         N_("keep guests in DIR instead of /var/lib/virtvfio"), N_("DIR")},
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &options->root,
         N_("look at the host recorded below DIR, not at this one"), N_("DIR")},
        {"check-config", 0, 0, G_OPTION_ARG_NONE, &options->checkConfig,
         N_("say what is wrong with the configuration file, and end"), NULL},
        {"verbose", 0, 0, G_OPTION_ARG_NONE, &options->verbose,
         N_("also say on standard error what is being done"), NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, N_("print the version"), NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_option_context_set_translation_domain(context, GETTEXT_PACKAGE);
    g_option_context_set_summary(
        context, _("Lets libvirt's clients assign host PCI devices to guests through VFIO."));
    g_option_context_add_main_entries(context, entries, GETTEXT_PACKAGE);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        virReportError(VIR_ERR_INVALID_ARG, _("%1$s: see 'virtvfiod --help'"), error->message);
        return -1;
    }
    if (*argc > 1) {
        virReportError(VIR_ERR_INVALID_ARG, "%s",
                       _("virtvfiod takes options only: see 'virtvfiod --help'"));
        return -1;
    }
    return 0;
}

static int
virtvfiodFail(int status)
{
    if (g_log_writer_is_journald(STDERR_FILENO))
        g_printerr(SD_ERR "%s\n", virErrorGetMessage());
    else
        virPrintErr(_("virtvfiod: error: %1$s\n"), virErrorGetMessage());
    return status;
}

static int
virtvfiodMain(virtvfiod *daemon)
{
    if (daemon->options.version) {
        g_print("virtvfiod " VERSION "\n");
        return EXIT_SUCCESS;
    }
    if (virtvfiodReadConfig(daemon) < 0)
        return virtvfiodFail(EXIT_FAILURE);
    if (daemon->options.checkConfig)
        return EXIT_SUCCESS;
    virtvfiodConfigComplete(&daemon->config, daemon->options.runDirectory,
                            daemon->options.stateDirectory);
    return virtvfiodLive(daemon) < 0 ? virtvfiodFail(EXIT_FAILURE) : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
    virtvfiod daemon = {0};
    int status;

    setlocale(LC_ALL, "");
    signal(SIGPIPE, SIG_IGN);
    mallopt(M_ARENA_MAX, VIRTVFIOD_ARENAS);
    virtvfiodConfigInit(&daemon.config);
    if (virtvfiodParse(&daemon.options, &argc, &argv) < 0) {
        status = virtvfiodFail(VIRTVFIOD_USAGE);
    } else {
        virLogToStderr("virtvfiod", daemon.options.verbose);
        status = virtvfiodMain(&daemon);
    }
    virtvfiodConfigClear(&daemon.config);
    virtvfiodOptionsClear(&daemon.options);
    return status;
}
