/*
 * qemu_hostdev.h: the host devices of a QEMU guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_conf.h"
#include "virhostdev.h"

/**
 * qemuHostdevPreparePCIDevices:
 *
 * virHostdevPreparePCIDevices() for all host devices of @def.
 *
 * Returns: 0, or -1 with an error reported and nothing changed
 */
int qemuHostdevPreparePCIDevices(virHostdevManager *mgr, const virDomainDef *def)
    G_GNUC_WARN_UNUSED_RESULT;

/* Whether qemuHostdevPreparePCIDevices() would succeed; changes nothing. */
int qemuHostdevCheckPCIDevices(virHostdevManager *mgr, const virDomainDef *def)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuHostdevSetProcess:
 * @pid: QEMU's
 *
 * virHostdevSetProcess() for @def: its host devices are in use as long as QEMU runs.
 *
 * Returns: 0, or -1 with an error reported
 */
int qemuHostdevSetProcess(virHostdevManager *mgr, const virDomainDef *def, pid_t pid)
    G_GNUC_WARN_UNUSED_RESULT;

/* The same for one device of a guest that runs: one that it is to get, and one that it has lost. */
int qemuHostdevPreparePCIDevice(virHostdevManager *mgr, const virDomainDef *def,
                                virDomainHostdevDef *hostdev) G_GNUC_WARN_UNUSED_RESULT;
void qemuHostdevReAttachPCIDevice(virHostdevManager *mgr, const virDomainDef *def,
                                  virDomainHostdevDef *hostdev);

/* virHostdevUpdateActivePCIDevices() for all host devices of a guest that runs. */
int qemuHostdevUpdateActivePCIDevices(virHostdevManager *mgr, const virDomainDef *def)
    G_GNUC_WARN_UNUSED_RESULT;

/* The guest has ended, or was not started: its host devices are free again. */
void qemuHostdevReAttachPCIDevices(virHostdevManager *mgr, const virDomainDef *def);
