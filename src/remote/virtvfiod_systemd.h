/*
 * virtvfiod_systemd.h: what systemd, if it started the daemon, hands over and is told
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* Tells it the daemon's state: "READY=1", "STOPPING=1". Does nothing without systemd. */
void virtvfiodSystemdNotify(const char *state);

/**
 * virtvfiodSystemdListenFds:
 * @first: the first of the sockets that it listens on for us, which are the caller's
 *
 * Call it once: the environment that says so is cleared.
 *
 * Errors: OPERATION_FAILED, if what was handed over is no listening UNIX socket.
 * Returns: how many; 0 without socket activation; -1 with an error reported
 */
int virtvfiodSystemdListenFds(int *first);
