/*
 * qemu_guest_priv.h: what the files of qemu_guest share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_conf.h"
#include "qemu_answer.h"
#include "qemu_guest.h"

void qemuGuestDiskFree(void *disk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuGuestDisk, qemuGuestDiskFree)

/* Where a disk is, as agents say it; its target is found in @def. To be freed; NULL with an error
 * reported. */
qemuGuestDisk *
qemuGuestParseDisk(const qemuAnswer *answer, JsonObject *object, const virDomainDef *def);
