/*
 * virhostdevnet.h: the MAC address and the VLAN of a guest's VFs, set and given back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "domain_net_conf.h"
#include "virhostdevnetrecord.h"
#include "virpcibind.h"
#include "virpcihost.h"

/*
 * The VFs of <interface type='hostdev'>. What one had before is on the disk, a file per VF below
 * net/ in the run directory, from before the first change until the VF has it back. Immutable, but
 * for tests; safe from several threads and processes at once, by a lock per VF.
 */
typedef struct _virHostdevNet virHostdevNet;

/**
 * virHostdevNetNew:
 * @runDirectory: as of virHostdevManagerNew(); NULL: nothing can be changed
 *
 * Returns: the object, owned by the caller, never NULL
 */
virHostdevNet *virHostdevNetNew(virPCIHost *host, const char *runDirectory);
void virHostdevNetFree(virHostdevNet *net);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostdevNet, virHostdevNetFree)

/* How a VF is asked and told; virPCIVFNetConfigRead() and virPCIVFNetConfigApply() but in tests. */
typedef struct {
    int (*read)(virPCIDevice *vf, virPCIVFNetConfig *config);
    int (*apply)(virPCIDevice *vf, const virPCIVFNetConfig *config);
} virHostdevNetAccess;

void virHostdevNetSetAccess(virHostdevNet *net, const virHostdevNetAccess *access);

/**
 * virHostdevNetCheck:
 * @hostdevs: @n host devices; those that are no interfaces are passed over
 *
 * Whether each interface is a VF whose PF can set its MAC address and VLAN. Changes nothing, and
 * can be asked on a recorded tree too.
 *
 * Errors: DEVICE_MISSING; CONFIG_UNSUPPORTED for what is no VF; OPERATION_INVALID if its PF has no
 * network interface, or one that is down; on this host those of virPCIVFNetConfigRead().
 * Returns: 0, or -1 with an error reported
 */
int virHostdevNetCheck(const virHostdevNet *net, virDomainHostdevDef *const *hostdevs, size_t n)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virHostdevNetPlan:
 * @domName: the guest that is to have the devices
 *
 * Reads what the VFs have, which is best done before they are taken from their drivers. What a
 * guest that is gone has left there is taken back first.
 *
 * Errors: those of virHostdevNetCheck(); CONFIG_UNSUPPORTED without a run directory.
 * Returns: a record for each interface, for virHostdevNetApply(); caller unrefs. NULL on error
 */
GPtrArray *virHostdevNetPlan(const virHostdevNet *net, const char *domName,
                             virDomainHostdevDef *const *hostdevs, size_t n);

/**
 * virHostdevNetApply:
 * @plan: of VFs that no driver of the host has now
 *
 * Gives each VF its guest's MAC address, and the VLAN that its guest says, or none. All or none.
 *
 * Errors: those of virPCIVFNetConfigApply(); OPERATION_INVALID if another guest has one;
 * SYSTEM_ERROR if what it had cannot be written down. Returns: 0, or -1 with an error reported and
 * everything as it was (what could not be given back is warned of, and its record stays)
 */
int virHostdevNetApply(const virHostdevNet *net, const GPtrArray *plan) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virHostdevNetRestore:
 *
 * The VF gets back what it had before guest @domName, and its record is gone. To be called before
 * its driver of the host gets it back. Success for a device without a record, or with one of
 * another guest that runs.
 *
 * Returns: 0, or -1 if something went wrong: it is warned of, no error is reported, and the record
 *          stays
 */
int virHostdevNetRestore(const virHostdevNet *net, const char *domName,
                         const virPCIDeviceAddress *address);

/* Guest @domName has its VFs as long as @process runs. 0, or -1 with SYSTEM_ERROR, or
 * OPERATION_FAILED if somebody else is at one. */
int virHostdevNetSetProcess(const virHostdevNet *net, const char *domName,
                            const virProcessIdentity *process) G_GNUC_WARN_UNUSED_RESULT;

/* Every record, by address; caller unrefs. A damaged one is set aside as "ADDRESS.damaged", with a
 * warning. Never NULL. */
GPtrArray *virHostdevNetList(const virHostdevNet *net);

/* virHostdevNetList() of those whose guest's process has ended. */
GPtrArray *virHostdevNetListAbandoned(const virHostdevNet *net);

/* @outcome is RESTORED, or BUSY, VANISHED, OTHER_DEVICE, FAILED and the reason as a sentence. */
typedef void (*virHostdevNetRecoverFunc)(const virHostdevNetRecord *record, virPCIRecovery outcome,
                                         const char *message, void *opaque);

/**
 * virHostdevNetRecover:
 * @func: called for every VF whose guest's process has ended
 *
 * Gives those VFs back what they had. To be called before virPCIBindRecover().
 *
 * Returns: the number of those that did not get it back
 */
guint virHostdevNetRecover(const virHostdevNet *net, virHostdevNetRecoverFunc func, void *opaque);

/* Drops the record of an address: what the VF had is not known any more. Returns 1, 0 if there is
 * none, or -1 with SYSTEM_ERROR, or with OPERATION_INVALID while its guest runs. */
int virHostdevNetForget(const virHostdevNet *net, const virPCIDeviceAddress *address)
    G_GNUC_WARN_UNUSED_RESULT;
