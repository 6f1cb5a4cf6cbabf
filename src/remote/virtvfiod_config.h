/*
 * virtvfiod_config.h: the daemon's configuration file
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "rpc_server.h"

/* How a client that is not root shows that it may what it wants. */
typedef enum {
    VIRTVFIOD_AUTH_NONE,   /* by having connected */
    VIRTVFIOD_AUTH_POLKIT, /* polkit is asked */
} virtvfiodAuth;

typedef struct {
    char *group; /* whose members may change things; NULL: root alone */
    gid_t gid;   /* of it */
    virtvfiodAuth auth;
    virtvfiodAuth readOnlyAuth; /* on the socket for those who look */
    gboolean readOnlySocket;
    gboolean libvirtSockets; /* listen where libvirt's clients look by default, too */
    char *runDirectory;      /* these four are never NULL once virtvfiodConfigComplete() is over */
    char *stateDirectory;
    char *logDirectory;
    char *cacheDirectory;
    char *qemuUser; /* whom guests run as: as in qemuDriverConfig */
    char *qemuGroup;
    unsigned int ready_s;
    unsigned int polkit_s;
    unsigned int keepalive_s;
    unsigned int backlog_kib;
    virRPCServerLimits limits;
} virtvfiodConfig;

void virtvfiodConfigInit(virtvfiodConfig *config);
void virtvfiodConfigClear(virtvfiodConfig *config);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(virtvfiodConfig, virtvfiodConfigClear)

/**
 * virtvfiodConfigRead:
 * @path: file
 * @mustExist: a file that is absent is an error, else it is as good as an empty one
 *
 * Errors: INVALID_ARG with everything that is wrong with it, one problem a line.
 * Returns: 0, or -1 with an error reported
 */
int virtvfiodConfigRead(virtvfiodConfig *config, const char *path, gboolean mustExist)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virtvfiodConfigComplete:
 * @runDirectory, @stateDirectory: given on the command line, or NULL
 *
 * Says where everything is: as on the command line, else as configured, else the default. With a
 * state directory on the command line, what is not configured is below it, so that a second
 * daemon shares nothing with the first.
 */
void virtvfiodConfigComplete(virtvfiodConfig *config, const char *runDirectory,
                             const char *stateDirectory);
