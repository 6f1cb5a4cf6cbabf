/*
 * testqmp.h: a QEMU's end of a monitor that follows a script
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "qemu_loop.h"

/* One command that the peer waits for, and what it then sends; "ID" becomes the command's id. */
typedef struct {
    const char *command;
    const char *reply; /* NULL closes the connection */
} testStep;

/* The other end of a monitor, with a thread of its own. */
typedef struct {
    qemuLoop *loop;
    int fd;
    const testStep *script;
    GString *input;
    GSource *watch;
    bool slow; /* writes a byte at a time, in separate packets */
} testPeer;

/* Starts a peer that follows @script, or NULL, which does not read. Returns our end. */
int testPeerInit(testPeer *peer, const testStep *script);
void testPeerClear(testPeer *peer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(testPeer, testPeerClear)

/* Has the peer send @text, from the calling thread. */
void testSay(testPeer *peer, const char *text);
