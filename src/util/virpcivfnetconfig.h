/*
 * virpcivfnetconfig.h: the MAC address and the VLAN of a VF, as keys of a file (pure)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "virmacaddr.h"

/*
 * What the PF's driver enforces on a VF, from the host: the guest cannot change it. Parts that are
 * not set are not known, or not to be changed.
 */
typedef struct {
    bool hasMAC;
    bool hasVLAN;
    guint8 mac[VIR_MAC_BUFLEN]; /* all zero: the VF chooses */
    unsigned int vlan;          /* 0 (none) to 4095 */
    unsigned int qos;           /* 802.1p priority, 0 to 7 */
    unsigned int protocol;      /* of the tag: 0x8100 (802.1Q), 0x88a8 (802.1ad) */
} virPCIVFNetConfig;

/* Writes the keys that are set to @group of @file, for virPCIVFNetConfigParse(). */
void virPCIVFNetConfigFormat(const virPCIVFNetConfig *config, GKeyFile *file, const char *group);

/**
 * virPCIVFNetConfigParse:
 * @config: filled from @group of @file; a group without any of the keys gives nothing set
 *
 * Errors: PARSE_FAILED naming the key.
 * Returns: 0, or -1 with an error reported and @config untouched
 */
int virPCIVFNetConfigParse(GKeyFile *file, const char *group, virPCIVFNetConfig *config)
    G_GNUC_WARN_UNUSED_RESULT;

/* The parts of @wanted that @now does not have already; nothing is set if it has all of them. */
virPCIVFNetConfig
virPCIVFNetConfigDiff(const virPCIVFNetConfig *now, const virPCIVFNetConfig *wanted);
