/*
 * remote_polkit.h: asks polkit whether a process may do something
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/types.h>

#include <gio/gio.h>

#include "virprocess.h"

#define REMOTE_POLKIT_MONITOR "org.virtvfio.monitor" /* look */
#define REMOTE_POLKIT_MANAGE  "org.virtvfio.manage"  /* everything */

/* A thread of its own that talks to the system bus. */
typedef struct _remotePolkit remotePolkit;

/* @timeout_s: how long polkit, and the person it asks, may take */
remotePolkit *remotePolkitNew(unsigned int timeout_s);

/* No check is under way any more. */
void remotePolkitFree(remotePolkit *polkit);

/* @rc: 0, or -1 with an error reported. In polkit's thread; must not wait. */
typedef void (*remotePolkitDone)(void *opaque, int rc);

/**
 * remotePolkitCheck:
 * @process, @uid: who is to be allowed @action
 * @cancellable: nobody is interested any more; polkit is told
 * @done: called once
 *
 * Does not wait. Any thread.
 *
 * Errors, all of domain VIR_FROM_POLKIT: AUTH_FAILED if it may not, or if polkit cannot be asked or
 * does not answer in time; AUTH_CANCELLED if the person asked did not want to; AUTH_UNAVAILABLE if
 * somebody has to be asked and there is no agent.
 */
void remotePolkitCheck(remotePolkit *polkit, const virProcessIdentity *process, uid_t uid,
                       const char *action, GCancellable *cancellable, remotePolkitDone done,
                       void *opaque);
