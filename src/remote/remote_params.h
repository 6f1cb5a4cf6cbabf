/*
 * remote_params.h: named values, as several calls return them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "remote_protocol.h"

/* A GArray of remote_param; whoever takes its data frees it as a result of a call. */
GArray *remoteParamsNew(void);

/* Names and texts are copied. */
void remoteParamsAddInt(GArray *params, const char *field, int value);
void remoteParamsAddUInt(GArray *params, const char *field, unsigned int value);
void remoteParamsAddLLong(GArray *params, const char *field, gint64 value);
void remoteParamsAddULLong(GArray *params, const char *field, guint64 value);
void remoteParamsAddBoolean(GArray *params, const char *field, gboolean value);
void remoteParamsAddString(GArray *params, const char *field, const char *value);

/* One of that virTypedParameterType: @text if it is STRING, @number otherwise. Of a
 * qemuDomainStatsSink, whose opaque is the list. */
void
remoteParamsAddValue(const char *field, int type, guint64 number, const char *text, void *params);

/* Hands the values over: @params is freed, @len is how many there are. */
remote_param *remoteParamsSteal(GArray *params, u_int *len);
