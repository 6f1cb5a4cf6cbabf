/*
 * qemu_security.h: QEMU's own user, and the files that it is given
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "domain_device.h"
#include "qemu_spawn.h"
#include "virpcihost.h"

/* A file that QEMU's user is given for a guest, and whose it was. */
typedef struct {
    char *path;  /* without links */
    char *alias; /* of the device that it is for; NULL if it is the guest's as a whole */
    guint64 device;
    guint64 inode;
    uid_t uid;
    gid_t gid;
} qemuSecurityOwner;

qemuSecurityOwner *qemuSecurityOwnerCopy(const qemuSecurityOwner *owner);
void qemuSecurityOwnerFree(qemuSecurityOwner *owner);

/* An empty list of them, which frees what it holds. */
GPtrArray *qemuSecurityOwnersNew(void);

/**
 * qemuSecurityFindUser:
 * @user: name or number; NULL for the default user if there is one; "" for ours
 * @group: name or number; NULL for the user's
 * @found: filled with QEMU's user, owned by the caller; NULL for ours
 *
 * Only root can change the user: for others it is theirs.
 *
 * Errors: CONFIG_UNSUPPORTED if there is no such user or group.
 * Returns: 0, or -1 with an error reported and @found untouched
 */
int qemuSecurityFindUser(const char *user, const char *group, qemuSpawnUser **found)
    G_GNUC_WARN_UNUSED_RESULT;
void qemuSecurityUserFree(qemuSpawnUser *user);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuSpawnUser, qemuSecurityUserFree)

/**
 * qemuSecurityPlan:
 * @user: QEMU's, or NULL for ours
 * @host: whose IOMMU groups the guest's host devices are in; NULL if it has none
 * @held: what other guests have been given (qemuSecurityOwner)
 *
 * What of the guest's files and nodes @user cannot use as it is, or can only because somebody else
 * has been given it: kernel and initrd, firmware and its variables, images with what is below them,
 * outputs, sockets to connect to, the /dev/vfio nodes of its host devices. Changes nothing, but
 * makes files that QEMU would make itself. Symbolic links of @user are not followed.
 *
 * Without a user of its own only what no image may say is looked for (qemuImageListFiles).
 *
 * Errors: SYSTEM_ERROR, OPERATION_FAILED, those of qemuImageListFiles().
 * Returns: the files with their owners of before (qemuSecurityOwner), to be unreferenced; or NULL
 * with an error reported
 */
GPtrArray *qemuSecurityPlan(const qemuSpawnUser *user, virPCIHost *host, const virDomainDef *def,
                            const GPtrArray *held);

/* qemuSecurityPlan() of one device of a guest. */
GPtrArray *qemuSecurityPlanDevice(const qemuSpawnUser *user, virPCIHost *host,
                                  const virDomainDeviceDef *dev, const GPtrArray *held);

/**
 * qemuSecurityApply:
 * @owners: from qemuSecurityPlan(), and on the disk already: a crash must not lose them
 *
 * Makes @user the owner of those files.
 *
 * Errors: SYSTEM_ERROR naming the file.
 * Returns: 0, or -1 with an error reported; qemuSecurityRestore() undoes what was done
 */
int qemuSecurityApply(const qemuSpawnUser *user, const GPtrArray *owners) G_GNUC_WARN_UNUSED_RESULT;

/* Gives the files back to their owners, where they are @user's still, the same file, and nobody's
 * among @held. What fails is warned of. */
void qemuSecurityRestore(const qemuSpawnUser *user, const GPtrArray *owners, const GPtrArray *held);
