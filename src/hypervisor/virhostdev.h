/*
 * virhostdev.h: host devices of guests: given to them, and taken back
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/types.h>

#include <glib.h>

#include "domain_hostdev_conf.h"
#include "virhostdevledger.h"
#include "virhostdevnet.h"
#include "virpcibind.h"
#include "virpcihost.h"
#include "virpcireset.h"

/*
 * The host devices of a host's guests. Safe from any number of threads, and for several processes
 * with one run directory:
 *
 * - Who has which device is decided under the ledger's lock (virhostdevledger), which is held for
 *   no more than the reading and writing of some small files. A device that is on its way to a
 *   guest or back is in the ledger as such, and refused to others by name.
 * - Drivers are changed outside of that lock, under those of the devices' IOMMU groups (virlock): a
 *   kernel that does not finish with one group keeps nobody from another one.
 * - Order: groups by ascending number, then the ledger, under which nothing else is waited for.
 *
 * Freeing it is for when nobody else uses it.
 */
typedef struct _virHostdevManager virHostdevManager;

/* One for all users: the devices are the machine's. */
#define VIR_HOSTDEV_RUN_DIRECTORY "/run/virtvfio"

/* How long the kernel may take for one write, and its effect to show. */
#define VIR_HOSTDEV_TIMEOUT_MS 10000

/**
 * virHostdevManagerNew:
 * @host: the machine
 * @runDirectory: where the journal, the ledger of active devices and the locks are
 *                (VIR_HOSTDEV_RUN_DIRECTORY); NULL remembers nothing beyond this process and
 * changes nothing on the host, so managed='yes' is refused
 *
 * Returns: the manager, owned by the caller, never NULL
 */
virHostdevManager *virHostdevManagerNew(virPCIHost *host, const char *runDirectory);
void virHostdevManagerFree(virHostdevManager *mgr);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostdevManager, virHostdevManagerFree)

/**
 * virHostdevManagerStartRecovery:
 * @wait_ms: how long calls may wait for it
 *
 * Begins to set right what a crash left behind, in a thread of its own: virHostdevRecover(). From
 * then on, what follows here waits where its devices, or members of their IOMMU groups, are among
 * those that are being recovered; what is to be changed is refused after @wait_ms
 * (OPERATION_TIMEOUT), what has happened already is noted then. Before other threads use @mgr;
 * with a run directory, on this host.
 */
void virHostdevManagerStartRecovery(virHostdevManager *mgr, int wait_ms);

/* Waits until no device is being recovered, as long as it takes. */
void virHostdevManagerAwaitRecovery(virHostdevManager *mgr);

/* Leaves to the next one what recovery has not begun. Does not wait. */
void virHostdevManagerStopRecovery(virHostdevManager *mgr);

/* The networks of its guests' VFs. Borrowed. */
virHostdevNet *virHostdevManagerGetNet(const virHostdevManager *mgr);

/* The guest that has a device, or for which it is being made ready or given back; NULL if none.
 * Caller frees. */
char *virHostdevManagerGetUser(virHostdevManager *mgr, const virPCIDeviceAddress *addr);

/**
 * virHostdevPreparePCIDevices:
 * @drvName: the hypervisor driver that asks ("QEMU")
 * @domName: the guest that is to have the devices
 * @hostdevs: its host devices
 * @n: their number
 *
 * Gives the devices to the guest: those with managed='yes' are bound to the driver that is asked
 * for or the best one, in one transaction; all of them, managed or not, must then be on a VFIO
 * driver, in a group that can be used, with a node that can be opened. Those that are interfaces
 * get their MAC address and VLAN. This process answers for them until virHostdevSetProcess().
 *
 * Errors: those of virPCIBindPlanCheck(), virPCIBindApply(), virHostdevCheckPCIDevices(),
 * virHostdevNetPlan() and virHostdevNetApply();
 * OPERATION_INVALID naming who has a device or is about to; CONFIG_UNSUPPORTED for managed='yes'
 * without a run directory.
 * Returns: 0, or -1 with an error reported and everything as it was
 */
int virHostdevPreparePCIDevices(virHostdevManager *mgr, const char *drvName, const char *domName,
                                virDomainHostdevDef *const *hostdevs, size_t n)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virHostdevCheckPreparePCIDevices:
 *
 * Whether virHostdevPreparePCIDevices() would find something in the way. Changes nothing, and can
 * be asked on a recorded tree too.
 *
 * Errors and return value: as virHostdevPreparePCIDevices()
 */
int virHostdevCheckPreparePCIDevices(virHostdevManager *mgr, const char *drvName,
                                     const char *domName, virDomainHostdevDef *const *hostdevs,
                                     size_t n) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virHostdevReAttachPCIDevices:
 *
 * The guest no longer has those devices: VFs get their MAC address and VLAN back, and then what
 * was bound for it gets its driver back. One whose IOMMU group a guest still has another member of
 * stays bound and held, and goes back with the last of these. Devices that it had not are left
 * alone. What goes wrong with one is warned of, and the others go on.
 */
void virHostdevReAttachPCIDevices(virHostdevManager *mgr, const char *drvName, const char *domName,
                                  virDomainHostdevDef *const *hostdevs, size_t n);

/**
 * virHostdevSetProcess:
 * @pid: process that runs the guest ("QEMU"), there now
 *
 * The guest's devices are its own as long as that process runs, whatever becomes of this one: no
 * other guest gets them, and recovery does not give them back. A later process with the same pid is
 * not taken for it.
 *
 * Errors: OPERATION_INVALID if there is no such process; SYSTEM_ERROR if that cannot be written,
 * OPERATION_FAILED if somebody does not let go of a lock.
 * Returns: 0, or -1 with an error reported; some devices may depend on this process still
 */
int virHostdevSetProcess(virHostdevManager *mgr, const char *drvName, const char *domName,
                         pid_t pid) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virHostdevUpdateActivePCIDevices:
 *
 * A guest was found running after a restart: its devices are active. What the ledger knows of its
 * process stays; this process answers for what it does not know. A device that has vanished
 * meanwhile is warned of and left out.
 *
 * Errors: OPERATION_INVALID if another guest has one, or another member of its IOMMU group;
 * SYSTEM_ERROR if the ledger cannot be written. The first one; the others are warned of.
 * Returns: 0, or -1 with an error reported; the rest of the devices are active
 */
int virHostdevUpdateActivePCIDevices(virHostdevManager *mgr, virDomainHostdevDef *const *hostdevs,
                                     size_t n, const char *drvName, const char *domName)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virHostdevPCINodeDeviceDetach, virHostdevPCINodeDeviceReAttach, virHostdevPCINodeDeviceReset:
 * @driver: VFIO driver or its module; NULL: the one it is on, or the best
 *
 * @method: filled with what was done
 *
 * What an administrator does with a device outside of any guest: hold it on a VFIO driver, give it
 * back, reset it. All refuse a device that a guest has (OPERATION_INVALID naming the guest). Where
 * only a bus reset is left, it is refused if a guest or any process has something on that bus.
 *
 * Returns: 0, or -1 with an error reported and the device as it was
 */
int virHostdevPCINodeDeviceDetach(virHostdevManager *mgr, const virPCIDeviceAddress *addr,
                                  const char *driver) G_GNUC_WARN_UNUSED_RESULT;
int virHostdevPCINodeDeviceReAttach(virHostdevManager *mgr, const virPCIDeviceAddress *addr)
    G_GNUC_WARN_UNUSED_RESULT;
int virHostdevPCINodeDeviceReset(virHostdevManager *mgr, const virPCIDeviceAddress *addr,
                                 virPCIResetMethod *method) G_GNUC_WARN_UNUSED_RESULT;
