/*
 * virtvfio_statusnet.h: what the status command says of the networks of guests' VFs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virtvfio_json.h"

/* @records are those of virHostdevNetList(). */

/* A table of them with its headers, behind an empty line; nothing if there is none. */
void virtvfioStatusNetAddTable(GString *out, const GPtrArray *records);

/* The member "networks". */
void virtvfioStatusNetAddJSON(JsonBuilder *builder, const GPtrArray *records);
