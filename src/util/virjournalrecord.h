/*
 * virjournalrecord.h: what the journal says of one device, as text (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virenum.h"
#include "virpciaddress.h"

/*
 * How far the change of a device's driver has come. A record is on the disk with a step *before*
 * the write to sysfs that the step announces, so a crash leaves that write done or not done, and
 * nothing behind it done.
 */
typedef enum {
    VIR_JOURNAL_STEP_OVERRIDE, /* driver_override is being written */
    VIR_JOURNAL_STEP_UNBIND,   /* the device is being taken from its driver */
    VIR_JOURNAL_STEP_PROBE,    /* the new driver is being bound */
    VIR_JOURNAL_STEP_BOUND,    /* this device is done, others of its transaction may not be */
    VIR_JOURNAL_STEP_HELD,     /* the transaction is complete; the device is ours until restored */
    VIR_JOURNAL_STEP_RESTORE,  /* the device is being given back */
    VIR_JOURNAL_STEP_STUCK,    /* the kernel still holds a write that was given up waiting for */
    VIR_JOURNAL_STEP_LAST,
} virJournalStep;

VIR_ENUM_DECL(virJournalStep);

/* Texts are owned. Names of drivers and overrides are verbatim. */
typedef struct {
    virPCIDeviceAddress address;
    int vendor; /* who was at that address, so that nobody else is mistaken for it */
    int device;
    char *driver;      /* bound before, NULL if none */
    char *override;    /* driver_override before, NULL if none */
    char *target;      /* driver that it is, or is to be, bound to */
    char *heldDriver;  /* VFIO driver that we held it on before this transaction, or NULL */
    char *heldBy;      /* and for whom; NULL if and only if heldDriver is */
    char *transaction; /* the same for all devices of one */
    char *holder;      /* who holds it: "admin", "guest NAME", … */
    virJournalStep step;
    gint64 since; /* seconds since the epoch */
    int pid; /* process that made the last change; while a guest has the device, the guest's own */
    guint64 pidStarted; /* and when that started (virProcessIdentity); 0: not known */
} virJournalRecord;

void virJournalRecordFree(virJournalRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virJournalRecord, virJournalRecordFree)

virJournalRecord *virJournalRecordCopy(const virJournalRecord *record);

/* The record as a text that an administrator can read (a key file); caller frees. */
char *virJournalRecordFormat(const virJournalRecord *record);

/**
 * virJournalRecordParse:
 * @text: @len bytes, of anything
 *
 * Everything must be there and valid: half a record is no record.
 *
 * Errors: PARSE_FAILED saying which key is wrong.
 * Returns: the record, owned by the caller, or NULL
 */
virJournalRecord *virJournalRecordParse(const char *text, gsize len);
