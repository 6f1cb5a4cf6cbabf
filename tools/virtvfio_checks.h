/*
 * virtvfio_checks.h: what a host needs to assign PCI devices, one check each
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virenum.h"
#include "virpcihost.h"

typedef enum {
    VIRTVFIO_CHECK_PASS,
    VIRTVFIO_CHECK_WARN, /* devices can be assigned, with a limit */
    VIRTVFIO_CHECK_FAIL, /* no device can be assigned */
    VIRTVFIO_CHECK_SKIP, /* makes no sense here */
    VIRTVFIO_CHECK_LAST,
} virtvfioCheckStatus;

VIR_ENUM_DECL(virtvfioCheckStatus);

/* A check's answer. Texts are owned. */
typedef struct {
    const char *id; /* stable, for JSON */
    virtvfioCheckStatus status;
    char *message;
    char *remedy; /* what to do about it, or NULL */
} virtvfioCheckResult;

/* Runs every check on @host. Starts QEMU once, to ask for its version. Returns
 * virtvfioCheckResult, in a fixed order; owned by the caller. */
GPtrArray *virtvfioChecksRun(virPCIHost *host);

/* The checks of the user and the programs of this host: memory limit, QEMU, KVM. */
void virtvfioCheckMemlock(virPCIHost *host, virtvfioCheckResult *result);
void virtvfioCheckQEMU(virPCIHost *host, virtvfioCheckResult *result);
void virtvfioCheckKVM(virPCIHost *host, virtvfioCheckResult *result);

/* Fills @result; takes the texts over. */
void virtvfioCheckSet(virtvfioCheckResult *result, virtvfioCheckStatus status, char *message,
                      char *remedy);

/* 0 if the node can be opened by this process for reading and writing, or a negative errno value.
 * Does not open it: that could load a module. */
int virtvfioCheckAccess(const virSysfsRoot *root, const char *path);
