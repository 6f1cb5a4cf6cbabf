/*
 * virtvfiod_config.c: the daemon's configuration file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stddef.h>

#include "qemu_security.h"
#include "rpc_xdr.h"
#include "virerror.h"
#include "virgettext.h"
#include "virtvfiod_config.h"

#define VIR_FROM_THIS VIR_FROM_CONF

typedef enum {
    VIRTVFIOD_AUTH,
    VIRTVFIOD_BOOLEAN,
    VIRTVFIOD_NUMBER,
    VIRTVFIOD_GROUP,
    VIRTVFIOD_DIRECTORY,
    VIRTVFIOD_TEXT,
} virtvfiodOptionType;

typedef struct {
    const char *section;
    const char *name;
    virtvfiodOptionType type;
    size_t offset;
    unsigned int min; /* of a number */
    unsigned int max;
} virtvfiodOption;

#define OPTION(section, name, type, field, ...)                                                    \
    {                                                                                              \
        section, name, type, offsetof(virtvfiodConfig, field), __VA_ARGS__                         \
    }
#define DIRECTORY(name, field) OPTION("daemon", name, VIRTVFIOD_DIRECTORY, field, 0, 0)
#define NUMBER(section, name, field, min, max)                                                     \
    OPTION(section, name, VIRTVFIOD_NUMBER, field, min, max)

/* Every option. src/remote/virtvfiod.conf describes them, and so does virtvfiod(8). */
static const virtvfiodOption virtvfiodOptions[] = {
    OPTION("daemon", "group", VIRTVFIOD_GROUP, group, 0, 0),
    OPTION("daemon", "auth", VIRTVFIOD_AUTH, auth, 0, 0),
    OPTION("daemon", "read_only_auth", VIRTVFIOD_AUTH, readOnlyAuth, 0, 0),
    OPTION("daemon", "read_only_socket", VIRTVFIOD_BOOLEAN, readOnlySocket, 0, 0),
    OPTION("daemon", "libvirt_sockets", VIRTVFIOD_BOOLEAN, libvirtSockets, 0, 0),
    DIRECTORY("run_directory", runDirectory),
    DIRECTORY("state_directory", stateDirectory),
    DIRECTORY("log_directory", logDirectory),
    DIRECTORY("cache_directory", cacheDirectory),
    OPTION("qemu", "user", VIRTVFIOD_TEXT, qemuUser, 0, 0),
    OPTION("qemu", "group", VIRTVFIOD_TEXT, qemuGroup, 0, 0),
    NUMBER("limits", "clients", limits.maxClients, 1, 100000),
    NUMBER("limits", "clients_not_open", limits.maxUnready, 1, 100000),
    NUMBER("limits", "seconds_not_open", ready_s, 0, 3600),
    NUMBER("limits", "seconds_for_polkit", polkit_s, 1, 3600),
    NUMBER("limits", "workers", limits.workers, 1, 1000),
    NUMBER("limits", "priority_workers", limits.priorityWorkers, 1, 100),
    NUMBER("limits", "calls_per_client", limits.maxCalls, 1, 1000),
    NUMBER("limits", "waiting_calls_per_client", limits.maxWaiting, 1, 10000),
    NUMBER("limits", "unread_events_kib", backlog_kib, 64, 1024 * 1024),
    NUMBER("keepalive", "interval_seconds", keepalive_s, 0, 3600),
    NUMBER("keepalive", "count", limits.keepaliveCount, 1, 100),
};

void
virtvfiodConfigInit(virtvfiodConfig *config)
{
    *config = (virtvfiodConfig){.readOnlySocket = TRUE, .polkit_s = 120};
    virRPCServerLimitsInit(&config->limits);
    config->ready_s = config->limits.ready_ms / 1000;
    config->keepalive_s = config->limits.keepalive_ms / 1000;
    config->backlog_kib = (unsigned int)(config->limits.maxBacklog / 1024);
}

void
virtvfiodConfigClear(virtvfiodConfig *config)
{
    g_clear_pointer(&config->group, g_free);
    g_clear_pointer(&config->runDirectory, g_free);
    g_clear_pointer(&config->stateDirectory, g_free);
    g_clear_pointer(&config->logDirectory, g_free);
    g_clear_pointer(&config->cacheDirectory, g_free);
    g_clear_pointer(&config->qemuUser, g_free);
    g_clear_pointer(&config->qemuGroup, g_free);
}

static void
virtvfiodConfigComplain(GString *problems, const char *path, const char *text)
{
    if (problems->len > 0)
        g_string_append_c(problems, '\n');
    g_string_append_printf(problems, "%s: %s", path, text);
}

/* NULL, or what is wrong (caller frees). */
static char *
virtvfiodConfigReadGroup(virtvfiodConfig *config, GKeyFile *file, const virtvfiodOption *option)
{
    g_autofree char *name = g_key_file_get_string(file, option->section, option->name, NULL);
    const struct group *found;

    if (!name || !*name)
        return NULL;
    found = getgrnam(name);
    if (!found) {
        g_autofree char *quoted = virRPCQuote(name);

        return virFormat(_("[%1$s] %2$s: there is no group '%3$s'"), option->section, option->name,
                         quoted);
    }
    config->gid = found->gr_gid;
    g_free(config->group);
    config->group = g_steal_pointer(&name);
    return NULL;
}

static char *
virtvfiodConfigReadNumber(GKeyFile *file, const virtvfiodOption *option, unsigned int *value)
{
    g_autofree char *text = g_key_file_get_value(file, option->section, option->name, NULL);
    guint64 number;

    if (!text || !g_ascii_string_to_unsigned(text, 10, option->min, option->max, &number, NULL)) {
        g_autofree char *quoted = virRPCQuote(text);

        return virFormat(_("[%1$s] %2$s: '%3$s' is no number from %4$u to %5$u"), option->section,
                         option->name, quoted, option->min, option->max);
    }
    *value = (unsigned int)number;
    return NULL;
}

static char *
virtvfiodConfigReadBoolean(GKeyFile *file, const virtvfiodOption *option, gboolean *value)
{
    g_autoptr(GError) error = NULL;
    gboolean found = g_key_file_get_boolean(file, option->section, option->name, &error);

    if (error) {
        g_autofree char *text = g_key_file_get_value(file, option->section, option->name, NULL);
        g_autofree char *quoted = virRPCQuote(text);

        return virFormat(_("[%1$s] %2$s: '%3$s' is neither true nor false"), option->section,
                         option->name, quoted);
    }
    *value = found;
    return NULL;
}

static char *
virtvfiodConfigReadAuth(GKeyFile *file, const virtvfiodOption *option, virtvfiodAuth *value)
{
    g_autofree char *text = g_key_file_get_string(file, option->section, option->name, NULL);

    if (g_strcmp0(text, "none") == 0 || g_strcmp0(text, "polkit") == 0) {
        *value = g_str_equal(text, "none") ? VIRTVFIOD_AUTH_NONE : VIRTVFIOD_AUTH_POLKIT;
        return NULL;
    }
    {
        g_autofree char *quoted = virRPCQuote(text);

        return virFormat(_("[%1$s] %2$s: '%3$s' is neither none nor polkit"), option->section,
                         option->name, quoted);
    }
}

/* An empty one is as good as none. */
static char *
virtvfiodConfigReadText(GKeyFile *file, const virtvfiodOption *option, char **value)
{
    g_autofree char *text = g_key_file_get_string(file, option->section, option->name, NULL);

    g_clear_pointer(value, g_free);
    if (text && *text)
        *value = g_steal_pointer(&text);
    return NULL;
}

static char *
virtvfiodConfigReadDirectory(GKeyFile *file, const virtvfiodOption *option, char **value)
{
    virtvfiodConfigReadText(file, option, value);
    if (!*value || g_path_is_absolute(*value))
        return NULL;
    {
        g_autofree char *quoted = virRPCQuote(*value);

        return virFormat(_("[%1$s] %2$s: '%3$s' is no path that begins with '/'"), option->section,
                         option->name, quoted);
    }
}

static char *
virtvfiodConfigReadOption(virtvfiodConfig *config, GKeyFile *file, const virtvfiodOption *option)
{
    void *field = (char *)config + option->offset;

    switch (option->type) {
    case VIRTVFIOD_AUTH:
        return virtvfiodConfigReadAuth(file, option, field);
    case VIRTVFIOD_BOOLEAN:
        return virtvfiodConfigReadBoolean(file, option, field);
    case VIRTVFIOD_NUMBER:
        return virtvfiodConfigReadNumber(file, option, field);
    case VIRTVFIOD_DIRECTORY:
        return virtvfiodConfigReadDirectory(file, option, field);
    case VIRTVFIOD_TEXT:
        return virtvfiodConfigReadText(file, option, field);
    case VIRTVFIOD_GROUP:
    default:
        return virtvfiodConfigReadGroup(config, file, option);
    }
}

static const virtvfiodOption *
virtvfiodConfigFind(const char *section, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(virtvfiodOptions); i++) {
        if (g_str_equal(virtvfiodOptions[i].section, section) &&
            (!name || g_str_equal(virtvfiodOptions[i].name, name)))
            return &virtvfiodOptions[i];
    }
    return NULL;
}

static void
virtvfiodConfigReadSection(virtvfiodConfig *config, GKeyFile *file, const char *section,
                           const char *path, GString *problems)
{
    g_auto(GStrv) names = g_key_file_get_keys(file, section, NULL, NULL);
    g_autofree char *quoted = virRPCQuote(section);

    if (!virtvfiodConfigFind(section, NULL)) {
        g_autofree char *text = virFormat(_("there is no section [%1$s]"), quoted);

        virtvfiodConfigComplain(problems, path, text);
        return;
    }
    for (char **name = names; name && *name; name++) {
        const virtvfiodOption *option = virtvfiodConfigFind(section, *name);
        g_autofree char *what = virRPCQuote(*name);
        g_autofree char *text = option ? virtvfiodConfigReadOption(config, file, option)
                                       : virFormat(_("[%1$s] has no option '%2$s'"), quoted, what);

        if (text)
            virtvfiodConfigComplain(problems, path, text);
    }
}

/* Two options that say one thing together. */
static void
virtvfiodConfigCheckUser(const virtvfiodConfig *config, const char *path, GString *problems)
{
    g_autoptr(qemuSpawnUser) user = NULL;

    if (config->qemuGroup && !config->qemuUser) {
        virtvfiodConfigComplain(problems, path,
                                _("[qemu] group: without a user it says nothing; set user too"));
    } else if (config->qemuUser &&
               qemuSecurityFindUser(config->qemuUser, config->qemuGroup, &user) < 0) {
        g_autofree char *text = g_strconcat("[qemu] ", virErrorGetMessage(), NULL);

        virtvfiodConfigComplain(problems, path, text);
        virErrorReset();
    }
}

int
virtvfiodConfigRead(virtvfiodConfig *config, const char *path, gboolean mustExist)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GString) problems = g_string_new("");
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) sections = NULL;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &error)) {
        if (!mustExist && g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return 0;
        virReportError(VIR_ERR_INVALID_ARG, _("cannot read the configuration file %1$s: %2$s"),
                       path, error->message);
        return -1;
    }
    sections = g_key_file_get_groups(file, NULL);
    for (char **section = sections; *section; section++)
        virtvfiodConfigReadSection(config, file, *section, path, problems);
    virtvfiodConfigCheckUser(config, path, problems);
    if (problems->len > 0) {
        virReportError(VIR_ERR_INVALID_ARG, "%s", problems->str);
        return -1;
    }
    config->limits.ready_ms = config->ready_s * 1000;
    config->limits.keepalive_ms = config->keepalive_s * 1000;
    config->limits.maxBacklog = (size_t)config->backlog_kib * 1024;
    return 0;
}

static void
virtvfiodConfigSetDefault(char **directory, char *value)
{
    g_autofree char *unused = value;

    if (!*directory)
        *directory = g_steal_pointer(&unused);
}

void
virtvfiodConfigComplete(virtvfiodConfig *config, const char *runDirectory,
                        const char *stateDirectory)
{
    if (runDirectory) {
        g_free(config->runDirectory);
        config->runDirectory = g_strdup(runDirectory);
    }
    if (stateDirectory) {
        g_free(config->stateDirectory);
        config->stateDirectory = g_strdup(stateDirectory);
        virtvfiodConfigSetDefault(&config->logDirectory,
                                  g_build_filename(stateDirectory, "log", NULL));
        virtvfiodConfigSetDefault(&config->cacheDirectory,
                                  g_build_filename(stateDirectory, "cache", NULL));
    }
    virtvfiodConfigSetDefault(&config->runDirectory, g_strdup("/run/virtvfio"));
    virtvfiodConfigSetDefault(&config->stateDirectory, g_strdup("/var/lib/virtvfio"));
    virtvfiodConfigSetDefault(&config->logDirectory, g_strdup("/var/log/virtvfio"));
    virtvfiodConfigSetDefault(&config->cacheDirectory, g_strdup("/var/cache/virtvfio"));
}
