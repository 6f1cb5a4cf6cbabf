/*
 * virhostdevnetrecord.h: what the network of a VF was before a guest got it, as text (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virpciaddress.h"
#include "virpcivfnetconfig.h"
#include "virprocess.h"

/* On the disk from before the first change until the VF has back what it had. Texts are owned. */
typedef struct {
    virPCIDeviceAddress address;
    int vendor; /* who was at that address, so that nobody else is mistaken for it */
    int device;
    char *interface;            /* of its PF, as it was called then */
    char *domName;              /* the guest that it is for */
    virProcessIdentity process; /* when it has ended, the guest is gone */
    gint64 since;               /* seconds since the epoch */
    virPCIVFNetConfig before;
    virPCIVFNetConfig
        guest; /* only what is changed for the guest; a part of it is in @before too */
} virHostdevNetRecord;

void virHostdevNetRecordFree(virHostdevNetRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostdevNetRecord, virHostdevNetRecordFree)

/* The record as a text that an administrator can read (a key file); caller frees. */
char *virHostdevNetRecordFormat(const virHostdevNetRecord *record);

/**
 * virHostdevNetRecordParse:
 * @text: @len bytes, of anything
 *
 * Everything must be there and valid: half a record is no record.
 *
 * Errors: PARSE_FAILED saying which key is wrong.
 * Returns: the record, owned by the caller, or NULL
 */
virHostdevNetRecord *virHostdevNetRecordParse(const char *text, gsize len);
