/*
 * qemu_peer.h: sockets in directories that QEMU's user can write to
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/types.h>

#include <glib.h>

/* Who has to be at a socket. */
typedef struct {
    const char *path; /* absolute */
    uid_t distrusted; /* whose symbolic links are not followed; QEMU_PATH_TRUST_ALL for nobody's */
    uid_t owner;      /* of the socket */
    pid_t pid;        /* of the process that listens; 0: whoever does */
    guint wait_ms;    /* for others that are connected and not answered yet */
} qemuPeer;

/**
 * qemuPeerConnect:
 * @peer: whom to connect to
 * @why: filled with why not, translated, valid until this thread's next call; untouched on success
 *
 * Connects to the socket that is found and to nothing else: a QEMU that has been taken over could
 * put a link to somebody else's socket in the place of its own, and we may connect to what it may
 * not. What is no socket, has another owner or a second name, is not connected to; a process other
 * than @pid is hung up on.
 *
 * Returns: a descriptor that does not wait, owned by the caller, or a negative errno value (-EPERM:
 *          it is not the socket that it should be, -EAGAIN: others are connected). No error is
 *          reported.
 */
int qemuPeerConnect(const qemuPeer *peer, const char **why) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuPeerListen:
 * @path: absolute, in a directory of QEMU's user; what is there is removed
 * @uid: who gets the socket, or -1 for us
 * @gid: likewise
 *
 * Makes a socket for its owner alone, and listens on it. No link that is put in its place meanwhile
 * is followed.
 *
 * Returns: the descriptor, owned by the caller, or a negative errno value. No error is reported.
 */
int qemuPeerListen(const char *path, uid_t uid, gid_t gid) G_GNUC_WARN_UNUSED_RESULT;

/* A new, empty file of ours at @path in a directory of QEMU's user, for writing; what was there is
 * removed, and never written to. The descriptor, or a negative errno value. */
int qemuPeerCreateFile(const char *path) G_GNUC_WARN_UNUSED_RESULT;
