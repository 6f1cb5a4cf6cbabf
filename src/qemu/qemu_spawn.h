/*
 * qemu_spawn.h: starting a QEMU process with nothing that it does not need
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

/* Who QEMU runs as. */
typedef struct {
    uid_t uid;
    gid_t gid;
    GArray *groups; /* gid_t: its further groups; owned */
} qemuSpawnUser;

/* A descriptor of ours, and which one of the child's it becomes. */
typedef struct {
    int from;
    int to;
} qemuSpawnFD;

/* Everything is borrowed. Descriptors stay open here. */
typedef struct {
    char **argv;
    char **env;                /* "NAME=VALUE": more variables; NULL for none */
    const GArray *fds;         /* qemuSpawnFD: what it has beside the standard ones */
    int stderrFD;              /* becomes its stderr; -1 for /dev/null */
    int pidFD;                 /* the child writes its pid there before it becomes QEMU; or -1 */
    guint64 memlock;           /* bytes it must be able to lock; 0 for what we may lock */
    const qemuSpawnUser *user; /* NULL for ours */
    bool dieWithUs;            /* it is killed when the calling *thread* ends */
} qemuSpawnRequest;

/**
 * qemuSpawn:
 * @pid: filled with the child's process id; it is the caller's to reap
 * @pidfd: filled with a pidfd of it (O_CLOEXEC), owned by the caller
 *
 * The child has a session of its own (no terminal, no Ctrl-C), /dev/null for stdin and stdout, and
 * no other descriptor of ours; PATH, HOME=/, LC_ALL=C and @env for its environment, and nothing of
 * ours; files that it makes are its user's alone (umask 077); it dumps no core and can gain no
 * rights by executing a program (no_new_privs). Returns when the program runs: a program that does
 * not exist is an error here.
 *
 * Errors: OPERATION_FAILED.
 * Returns: 0, or -1 with an error reported and no child
 */
int qemuSpawn(const qemuSpawnRequest *request, pid_t *pid, int *pidfd) G_GNUC_WARN_UNUSED_RESULT;
