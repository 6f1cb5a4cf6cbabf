/*
 * virtvfio_statusactive.h: what the status command says of the devices that guests have
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virpcihost.h"
#include "virtvfio_json.h"

/* @entries are those of virHostdevLedgerFileList(). */

/* A table of them with its headers, behind an empty line; nothing if there is none. */
void virtvfioStatusActiveAddTable(GString *out, virPCIHost *host, const GPtrArray *entries);

/* The member "active". */
void virtvfioStatusActiveAddJSON(JsonBuilder *builder, virPCIHost *host, const GPtrArray *entries);
