/*
 * qemu_agent.h: talking to the guest agent: one connection for one command
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>
#include <json-glib/json-glib.h>

#include "qemu_peer.h"

/* The most that is read for one command, in bytes: what fits into one text on the wire. */
#define QEMU_AGENT_MAX_INPUT (4 * 1024 * 1024 - 1024)

/* Whether there is nothing to wait for any more. Asked several times a second. */
typedef bool (*qemuAgentDone)(void *opaque);

typedef struct {
    const char *guest; /* name, for messages */
    qemuPeer peer;     /* the socket at which QEMU has the agent's channel */
    guint sync_ms;     /* the agent may take to answer to its greeting */
    gint64 reply_ms;   /* and to the command; -1 for as long as it takes */
    guint close_ms; /* when the channel is closed, what is waited for may take so long to be seen */
    qemuAgentDone done;
    void *opaque; /* of done */
} qemuAgentRequest;

typedef enum {
    QEMU_AGENT_ANSWERED,
    QEMU_AGENT_DONE, /* no answer, and what was waited for has happened */
} qemuAgentEnd;

/**
 * qemuAgentCommand:
 * @command: one line of JSON
 * @reply: filled with the agent's message, owned by the caller, if that is the end; or NULL
 *
 * Connects, makes sure by guest-sync-delimited that nothing of an earlier talk is taken for the
 * answer, and sends @command. What is no JSON, or no answer, is skipped: the guest is not trusted.
 * Blocks.
 *
 * Errors: AGENT_UNRESPONSIVE if there is no agent or it does not answer; OPERATION_FAILED if it
 * answers that it cannot, or says more than QEMU_AGENT_MAX_INPUT; OPERATION_UNSUPPORTED if it
 * answers that it has no such command, or that it is switched off; SYSTEM_ERROR.
 * Returns: qemuAgentEnd, or -1 with an error reported
 */
int qemuAgentCommand(const qemuAgentRequest *request, const char *command, char **reply)
    G_GNUC_WARN_UNUSED_RESULT;
