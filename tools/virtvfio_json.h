/*
 * virtvfio_json.h: JSON objects of the commands (docs/schemas)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

#include "virerror.h"
#include "virtvfio_device.h"

/* Members of the object that @builder is in. A NULL text, or a negative number, is null. */
void virtvfioJSONAddText(JsonBuilder *builder, const char *key, const char *text);
void virtvfioJSONAddNumber(JsonBuilder *builder, const char *key, gint64 number);
void virtvfioJSONAddBool(JsonBuilder *builder, const char *key, bool value);

/* The members "code" and "message". */
void virtvfioJSONAddError(JsonBuilder *builder, const virErrorInfo *error);

/* The object DEVICE, as the next value. */
void virtvfioJSONAddDevice(JsonBuilder *builder, const virtvfioDevice *device);

/* The member "kernel". */
void virtvfioJSONAddKernel(JsonBuilder *builder, virPCIHost *host);

/* Prints the finished value. Returns 0, or -1 as virtvfioWrite() does. */
int virtvfioJSONWrite(JsonBuilder *builder) G_GNUC_WARN_UNUSED_RESULT;

/* Prints {"error": …}. Returns 0, or -1 as virtvfioWrite() does. */
int virtvfioJSONWriteError(const virErrorInfo *error) G_GNUC_WARN_UNUSED_RESULT;
