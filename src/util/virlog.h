/*
 * virlog.h: messages for the administrator, over GLib's log
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Names the source of a file's messages ("util.pci"); it is the GLib log domain. */
#define VIR_LOG_INIT(name) static const char virLogSource[] = name;

/* Debug messages are for developers and not translated; the others are one translated sentence. */
#define VIR_DEBUG(...) __extension__ g_log(virLogSource, G_LOG_LEVEL_DEBUG, __VA_ARGS__)
#define VIR_INFO(...)  __extension__ g_log(virLogSource, G_LOG_LEVEL_INFO, __VA_ARGS__)
#define VIR_WARN(...)  __extension__ g_log(virLogSource, G_LOG_LEVEL_WARNING, __VA_ARGS__)

/**
 * virLogToStderr:
 * @program: prefix of every line
 * @verbose: also print info and debug messages, with their source
 *
 * Sends every message of this process to stderr, one line each. Called once, before threads start.
 * If that is systemd's journal, messages have their priority there, and info messages always come.
 */
void virLogToStderr(const char *program, gboolean verbose);
