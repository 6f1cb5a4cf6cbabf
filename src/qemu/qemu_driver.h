/*
 * qemu_driver.h: guests on QEMU: all that a client of libvirt may ask for
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <libvirt/libvirt.h>

#include "qemu_conf.h"
#include "qemu_stats.h"

/*
 * One for all guests of a set of directories. Every function may be called from any thread but the
 * driver's own loop, event handlers included, and may wait: for another call's job on the same
 * guest, and for QEMU. Where a guest is returned it is a reference, to be unreferenced; where one
 * is taken it may have been removed meanwhile (NO_DOMAIN).
 *
 * int functions return 0, or -1 with an error reported. All that take a guest report NO_DOMAIN if
 * it is gone, OPERATION_TIMEOUT if it is busy, INVALID_ARG for flags that are none of theirs,
 * OPERATION_INVALID if the guest is not in the state that is needed, OPERATION_FAILED if QEMU says
 * no.
 */

/**
 * qemuDriverNew:
 * @config: copied, but for the host and the manager, which outlive the driver
 *
 * Reads what is defined and what is running. Guests that an earlier driver left running are taken
 * over in the background: calls that want them wait for that.
 *
 * Errors: OPERATION_FAILED if another driver has these directories, CONFIG_UNSUPPORTED for a user
 * that does not exist, SYSTEM_ERROR.
 * Returns: the driver, owned by the caller, or NULL
 */
qemuDriver *qemuDriverNew(const qemuDriverConfig *config);

/* Finishes what is being done, and frees. Guests go on, but for those with AUTODESTROY and those of
 * an embedded driver, which are ended. */
void qemuDriverFree(qemuDriver *driver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuDriver, qemuDriverFree)

/**
 * qemuDriverGetCaps:
 * @emulator: path of a QEMU; NULL: the one of this host's architecture in PATH
 * @timeout_ms: how long to wait if it has to be asked
 *
 * Errors: those of qemuCapsCacheGet(); OPERATION_FAILED if there is no QEMU.
 * Returns: what it can do, owned by the caller, or NULL with an error reported
 */
qemuCaps *qemuDriverGetCaps(qemuDriver *driver, const char *emulator, guint timeout_ms);

/**
 * qemuConnectGetCapabilities, qemuConnectGetDomainCapabilities:
 * @emulator: absolute path, or NULL for the one in PATH
 * @arch, @machine, @type: of the guest; NULL for the default
 *
 * libvirt's <capabilities> and <domainCapabilities>. They wait for QEMU to be asked, which it is
 * when the driver starts; without QEMU the former has no guests. An emulator that is named is run:
 * not for those who may only look.
 *
 * Errors: those of qemuDriverGetCaps(); INVALID_ARG for what no guest can have.
 * Returns: XML, owned by the caller, or NULL with an error reported
 */
char *qemuConnectGetCapabilities(qemuDriver *driver);
char *qemuConnectGetDomainCapabilities(qemuDriver *driver, const char *emulator, const char *arch,
                                       const char *machine, const char *type);

/* Names of processor models (a strv), caller frees; NULL with an error as of the ones above. */
char **qemuConnectGetCPUModelNames(qemuDriver *driver, const char *arch);

/* Who is told of events: qemuEventQueueSetHandler(). */
void qemuDriverSetEventHandler(qemuDriver *driver, qemuEventFunc handler, void *opaque);

/* Starts what is to start with the host, in the background; once in the life of the run directory,
 * which does not survive the host. */
void qemuDriverAutostart(qemuDriver *driver);

/* A client has gone: guests that it started with AUTODESTROY are ended. */
void qemuDriverReleaseOwner(qemuDriver *driver, const void *owner);

/* Guests of which what is running are more than nothing, or all: virConnectListAllDomainsFlags.
 * Ordered by name; the array holds references. */
GPtrArray *qemuDriverListDomains(qemuDriver *driver, unsigned int flags);

/* Errors: NO_DOMAIN. */
virDomainObj *qemuDomainLookupByName(qemuDriver *driver, const char *name);
virDomainObj *qemuDomainLookupByUUID(qemuDriver *driver, const char *uuid);
virDomainObj *qemuDomainLookupByID(qemuDriver *driver, int id);

/**
 * qemuDomainDefineXML:
 * @flags: virDomainDefineFlags: VALIDATE, which is always done
 *
 * Makes a guest, or what its next start uses; a transient guest becomes persistent.
 *
 * Errors: those of virDomainDefParse(), DOM_EXIST if another guest has its name or UUID,
 * SYSTEM_ERROR if it cannot be written.
 */
virDomainObj *qemuDomainDefineXML(qemuDriver *driver, const char *xml, unsigned int flags);

/* Takes the definition away: a running guest becomes transient. @flags:
 * virDomainUndefineFlagsValues of what guests never have here. */
int qemuDomainUndefine(virDomainObj *vm, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainCreateXML:
 * @flags: virDomainCreateFlags: PAUSED, AUTODESTROY, VALIDATE
 * @owner: of an AUTODESTROY guest: see qemuDriverReleaseOwner()
 *
 * Starts a transient guest, or a persistent one with another definition for this time.
 *
 * Errors: those of virDomainDefParse() and qemuProcessStart(), DOM_EXIST, OPERATION_INVALID if it
 * is running.
 */
virDomainObj *
qemuDomainCreateXML(qemuDriver *driver, const char *xml, unsigned int flags, const void *owner);

/* qemuDomainCreateXML() of a definition, which is taken; @stdioFD as in qemuProcessStartArgs. */
virDomainObj *
qemuDomainCreateDef(qemuDriver *driver, virDomainDef *def, unsigned int flags, int stdioFD);

/* Starts an inactive guest: where it was saved by qemuDomainManagedSave(), or else it boots. @flags
 * and @owner as of qemuDomainCreateXML(); FORCE_BOOT: it boots, and what was saved is removed;
 * BYPASS_CACHE changes nothing. */
int
qemuDomainCreate(virDomainObj *vm, unsigned int flags, const void *owner) G_GNUC_WARN_UNUSED_RESULT;

/* Stops the guest's processors, and lets them go on. Both are fine if it is so already. */
int qemuDomainSuspend(virDomainObj *vm) G_GNUC_WARN_UNUSED_RESULT;
int qemuDomainResume(virDomainObj *vm) G_GNUC_WARN_UNUSED_RESULT;

/* Has the guest agent power the guest off, or presses the power button; the guest may take its
 * time, or ignore it. @flags: virDomainShutdownFlagValues: GUEST_AGENT, ACPI_POWER_BTN, for both
 * the second if the first fails; 0 is both where an agent is connected; ARGUMENT_UNSUPPORTED for
 * the others. Other errors of the agent as qemuDomainAgentCommand(). */
int qemuDomainShutdown(virDomainObj *vm, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/* As qemuDomainShutdown(), and the guest starts again when it has powered off. @flags:
 * virDomainRebootFlagValues. */
int qemuDomainReboot(virDomainObj *vm, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/* Presses the reset button. No flags. */
int qemuDomainReset(virDomainObj *vm, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/* Ends the guest at once, whatever is being done with it. @flags: virDomainDestroyFlagsValues:
 * GRACEFUL: RESOURCE_BUSY if QEMU does not end when asked to. */
int qemuDomainDestroy(virDomainObj *vm, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainAttachDeviceFlags:
 * @xml: an element below <devices>: <hostdev>, <interface> or <disk>
 * @flags: virDomainDeviceModifyFlags: LIVE, CONFIG or both; CURRENT is what the guest is
 *
 * Gives a guest a device: now, from its next start on, or both. With both, what can be known to be
 * in the way of one is found out before the other is done.
 *
 * Errors: those of qemuHotplugPlan() and qemuHotplugAttach(); XML_ERROR or CONFIG_UNSUPPORTED if
 * the definition would be wrong with it.
 */
int qemuDomainAttachDeviceFlags(virDomainObj *vm, const char *xml, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainDetachDeviceFlags, qemuDomainDetachDeviceAlias:
 * @xml: what the device is found by: see virDomainDeviceFindByXML()
 * @flags: as of qemuDomainAttachDeviceFlags()
 *
 * Takes a device from a guest. A running guest is asked to release it, and may take its time: the
 * device is gone when the event DEVICE_REMOVED says so. Of an alias, CONFIG finds the user's only.
 *
 * Errors: those of virDomainDeviceFindByXML(); CONFIG_UNSUPPORTED for what cannot be unplugged;
 * OPERATION_FAILED if the guest refuses.
 * Returns: 0: done, or asked for; or -1 with an error reported
 */
int qemuDomainDetachDeviceFlags(virDomainObj *vm, const char *xml, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;
int qemuDomainDetachDeviceAlias(virDomainObj *vm, const char *alias, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainOpenConsole, qemuDomainOpenChannel:
 * @devname: alias of a serial port or a console; NULL for the first one
 * @name: name or alias of a channel; NULL for the first one
 * @flags: virDomainConsoleFlags: FORCE ends the session of somebody else; SAFE: not if another
 *         program has locked the terminal (flock(2)); virDomainChannelFlags: FORCE
 * @fd: filled with a connected stream socket that is not blocking, to be closed by the caller
 *
 * Opens a running guest's terminal, or a UNIX socket that QEMU listens on. One at a time has one;
 * the other end is closed when the guest ends, when somebody else takes over, and with the driver.
 *
 * Errors: INVALID_ARG if there is no such device, OPERATION_FAILED if somebody has it open,
 * OPERATION_UNSUPPORTED if it leads elsewhere, SYSTEM_ERROR.
 * Returns: 0, or -1 with an error reported
 */
int qemuDomainOpenConsole(virDomainObj *vm, const char *devname, unsigned int flags, int *fd)
    G_GNUC_WARN_UNUSED_RESULT;
int qemuDomainOpenChannel(virDomainObj *vm, const char *name, unsigned int flags, int *fd)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainSetMemoryFlags:
 * @flags: virDomainMemoryModFlags: LIVE, CONFIG or both, and MAXIMUM
 *
 * How much memory the guest is to have. A running one is asked to leave the rest to the host
 * through its <memballoon>, and may take its time: the event BALLOON_CHANGE says what it has. With
 * MAXIMUM all that it can have, from the next start on.
 *
 * Errors: INVALID_ARG for more than the maximum, or less than 1 MiB; OPERATION_INVALID for a
 * running guest without a balloon, and for MAXIMUM of a running guest.
 */
int qemuDomainSetMemoryFlags(virDomainObj *vm, guint64 size_kib, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;

/* All that the guest can have, in KiB. */
guint64 qemuDomainGetMaxMemory(virDomainObj *vm);

/**
 * qemuDomainMemoryStats:
 * @stats: filled
 * @max: room in @stats
 * @flags: none
 *
 * What a running guest does with its memory, as far as it tells (see
 * qemuDomainSetMemoryStatsPeriod()), and what QEMU has of the host's.
 *
 * Returns: how many there are, or -1 with an error reported
 */
int qemuDomainMemoryStats(virDomainObj *vm, virDomainMemoryStatPtr stats, unsigned int max,
                          unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainSetVcpusFlags:
 * @flags: virDomainVcpuFlags: LIVE, CONFIG or both, and MAXIMUM, and HOTPLUGGABLE
 *
 * How many processors the guest is to have. A running one gets more by hot-plug, and is asked to
 * release those that it got so. With MAXIMUM how many it can have, from the next start on.
 *
 * Errors: INVALID_ARG for none, or more than the maximum; OPERATION_INVALID for those that stay,
 * and for MAXIMUM of a running guest; ARGUMENT_UNSUPPORTED for GUEST; OPERATION_TIMEOUT if the
 * guest has not released one yet.
 */
int qemuDomainSetVcpusFlags(virDomainObj *vm, unsigned int count, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;

/* How many it has, or with MAXIMUM can have: of what runs (LIVE) or what is defined (CONFIG). -1
 * with an error reported. */
int qemuDomainGetVcpusFlags(virDomainObj *vm, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainGetVcpus:
 * @infos: filled
 * @max: room in @infos
 *
 * What the processors of a running guest do.
 *
 * Returns: how many there are in @infos, or -1 with an error reported
 */
int qemuDomainGetVcpus(virDomainObj *vm, virVcpuInfoPtr infos, unsigned int max)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainPinVcpuFlags, qemuDomainPinEmulator, qemuDomainPinIOThread:
 * @cpus: of the host, where the processor, the I/O thread or the rest of QEMU is to run
 * @flags: LIVE, CONFIG or both
 *
 * Errors: INVALID_ARG if the guest cannot have that processor or thread, SYSTEM_ERROR if the host
 * has none of
 * @cpus.
 */
int qemuDomainPinVcpuFlags(virDomainObj *vm, unsigned int vcpu, const virBitmap *cpus,
                           unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;
int qemuDomainPinEmulator(virDomainObj *vm, const virBitmap *cpus, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;
int qemuDomainPinIOThread(virDomainObj *vm, unsigned int iothread, const virBitmap *cpus,
                          unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/* A thread of QEMU that serves disks. */
typedef struct {
    unsigned int number; /* from 1 */
    virBitmap *cpus;     /* of the host, where it runs; NULL is anywhere */
} qemuDomainIOThread;

void qemuDomainIOThreadFree(qemuDomainIOThread *thread);

/* Those of a guest that runs (LIVE), as the kernel has them, or that is defined (CONFIG): an array
 * of qemuDomainIOThread, ordered by number, owned by the caller; NULL with an error reported. */
GPtrArray *qemuDomainGetIOThreads(virDomainObj *vm, unsigned int flags);

/* Where each processor that the guest can have is to run: an array of virBitmap, owned by the
 * caller, with NULL for anywhere; NULL with an error reported. @flags: LIVE or CONFIG. */
GPtrArray *qemuDomainGetVcpuPins(virDomainObj *vm, unsigned int flags);

/* The same of the rest of QEMU; @cpus is the caller's. */
int qemuDomainGetEmulatorPin(virDomainObj *vm, unsigned int flags, virBitmap **cpus)
    G_GNUC_WARN_UNUSED_RESULT;

/* How often the guest is to tell; 0 is never. @flags: LIVE, CONFIG or both. OPERATION_INVALID for a
 * guest without a balloon. */
int qemuDomainSetMemoryStatsPeriod(virDomainObj *vm, int period_s, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainAgentCommand:
 * @command: a message for the guest agent, {"execute": …}
 * @timeout_s: how long it may take to answer; virDomainQemuAgentCommandTimeoutValues: -1 for the
 *             default, -2 for as long as the guest runs
 * @flags: 0
 * @cancellable: ends it, when somebody cancels it; or NULL
 *
 * Errors: INVALID_ARG if @command is no such message; OPERATION_INVALID if the guest does not run;
 * ARGUMENT_UNSUPPORTED if it has no channel for an agent; AGENT_UNRESPONSIVE if no agent is
 * connected or it does not answer; OPERATION_FAILED if it refuses; OPERATION_UNSUPPORTED if it has
 * no such command; OPERATION_TIMEOUT if another command takes too long. Returns: the agent's
 * message, owned by the caller; NULL with an error reported
 */
char *qemuDomainAgentCommand(virDomainObj *vm, const char *command, int timeout_s,
                             unsigned int flags, GCancellable *cancellable);

/**
 * qemuDomainMonitorCommand:
 * @command: a QMP message {"execute": …}, or with the flag a line of QEMU's own prompt
 * @flags: virDomainQemuMonitorCommandFlags: HMP
 *
 * Talks to QEMU behind the driver's back: what it changes the driver may not know.
 *
 * Errors: INVALID_ARG if @command is no such message. QEMU's no to one is an answer.
 * Returns: QEMU's message with the command's own "id", or what it prints; owned by the caller; NULL
 * with an error reported
 */
char *qemuDomainMonitorCommand(virDomainObj *vm, const char *command, unsigned int flags);

/* From now on events of QEMU's monitor are told as they are, too: QEMU_EVENT_MONITOR. */
void qemuDriverWantMonitorEvents(qemuDriver *driver);

/**
 * qemuDomainUpdateDeviceFlags:
 * @xml: an element below <devices>, whole; found as by qemuDomainDetachDeviceFlags()
 * @flags: virDomainDeviceModifyFlags: LIVE, CONFIG or both, and FORCE
 *
 * Changes a device: of what runs the disc of a CD-ROM drive, put in, taken out or changed (FORCE:
 * though the guest has locked the drive), and the link of an interface; of a definition any disk,
 * interface or display. If QEMU refuses, everything is as it was.
 *
 * Errors: those of virDomainDeviceFindByXML(); CONFIG_UNSUPPORTED for what cannot change;
 * OPERATION_FAILED with QEMU's reason.
 */
int qemuDomainUpdateDeviceFlags(virDomainObj *vm, const char *xml, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainSave, qemuDomainManagedSave:
 * @path: absolute; a file that is there is replaced
 * @xml: the definition to go on with: the same name and uuid; or NULL
 * @flags: virDomainSaveRestoreFlags: RUNNING or PAUSED: what it is when it goes on; neither: what
 * it is now
 *
 * Stops a guest, writes its memory and devices to a file, and ends it; "managed": to a file of our
 * own, from which its next start goes on. Takes as long as the disk does. If it fails, the guest
 * goes on, and the file is as it was.
 *
 * Errors: OPERATION_INVALID if a device of the guest prevents it, OPERATION_ABORTED after
 * qemuDomainAbortJob(), ARGUMENT_UNSUPPORTED for BYPASS_CACHE, SYSTEM_ERROR.
 */
int qemuDomainSave(virDomainObj *vm, const char *path, const char *xml, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;
int qemuDomainManagedSave(virDomainObj *vm, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/* Whether its next start goes on where it was saved; and removes that. No flags. */
bool qemuDomainHasManagedSaveImage(virDomainObj *vm);
int qemuDomainManagedSaveRemove(virDomainObj *vm, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainRestore:
 * @path: of the file, which stays
 * @xml, @flags: as of qemuDomainSave()
 *
 * A guest goes on that qemuDomainSave() saved: one that is defined and off, or a transient one.
 *
 * Errors: OPERATION_FAILED if it is no such file, or not a whole one; OPERATION_INVALID if the
 * guest is active.
 */
int qemuDomainRestore(qemuDriver *driver, const char *path, const char *xml, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;

/* The definition in such a file, owned by the caller; NULL with an error reported. @flags:
 * virDomainXMLFlags: SECURE. */
char *qemuDomainSaveImageGetXMLDesc(const char *path, unsigned int flags);

/* Replaces it. @flags: as of qemuDomainSave(). */
int qemuDomainSaveImageDefineXML(const char *path, const char *xml, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;

/* What is being done with a guest that takes its time. */
typedef struct {
    int type;      /* virDomainJobType: NONE or UNBOUNDED */
    int operation; /* virDomainJobOperation */
    guint64 elapsed_ms;
    guint64 total; /* bytes of memory */
    guint64 processed;
    guint64 remaining;
} qemuDomainJobStats;

/* Does not wait for the job. Errors: OPERATION_INVALID if the guest is not active. */
int qemuDomainGetJobStats(virDomainObj *vm, qemuDomainJobStats *stats) G_GNUC_WARN_UNUSED_RESULT;

/* Has such a job given up, and does not wait for that. Errors: OPERATION_INVALID if there is none.
 */
int qemuDomainAbortJob(virDomainObj *vm) G_GNUC_WARN_UNUSED_RESULT;

/* Takes a value: @type is a virTypedParameterType; of STRING @text is it, of all others @number. */
typedef struct {
    void (*add)(const char *field, int type, guint64 number, const char *text, void *opaque);
    void *opaque;
} qemuDomainStatsSink;

/* Errors: ARGUMENT_UNSUPPORTED for ENFORCE_STATS with a group (virDomainStatsTypes) that we do not
 * have. */
int qemuDomainStatsCheck(unsigned int groups, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainCollectStats:
 * @groups: virDomainStatsTypes: STATE, CPU_TOTAL, BALLOON, VCPU, INTERFACE, BLOCK; 0 for all
 * @flags: virConnectGetAllDomainStatsFlags: NOWAIT: QEMU is given half a second, and not asked if
 * something is being done with the guest
 *
 * What a guest uses. A QEMU that does not answer in time has fewer values, which is no error. Does
 * not wait for the job.
 */
int qemuDomainCollectStats(virDomainObj *vm, unsigned int groups, unsigned int flags,
                           const qemuDomainStatsSink *sink) G_GNUC_WARN_UNUSED_RESULT;

/* @path: target or file of a disk; "" for all together. Errors: INVALID_ARG if there is none,
 * OPERATION_INVALID if the guest is not active. */
int qemuDomainGetBlockStats(virDomainObj *vm, const char *path, qemuStatsBlock *stats)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainGetBlockInfo:
 * @path: target or file of a disk
 * @info: filled: capacity as the guest sees it, allocation and physical size on the host; in bytes
 *
 * Of a guest that runs, QEMU says the capacity; of another one the image does. Does not wait for
 * the job, but opens the image.
 *
 * Errors: INVALID_ARG if there is no such disk, or no medium; SYSTEM_ERROR, OPERATION_FAILED.
 */
int qemuDomainGetBlockInfo(virDomainObj *vm, const char *path, virDomainBlockInfo *info)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainGetDiskErrors:
 * @ndisks: filled with the number of disks
 *
 * For which disks the guest was stopped. Names are targets, owned by the caller.
 *
 * Errors: OPERATION_INVALID if the guest is not active; as the monitor's.
 * Returns: virDomainDiskError, to be unreferenced with their names; or NULL with an error reported
 */
GArray *qemuDomainGetDiskErrors(virDomainObj *vm, guint *ndisks);

/* @device: tap device or MAC address. As qemuDomainGetBlockStats(). */
int qemuDomainGetInterfaceStats(virDomainObj *vm, const char *device,
                                virDomainInterfaceStatsStruct *stats) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainSetMetadata, qemuDomainGetMetadata:
 * @note, @type, @uri: as of virDomainMetadataDefSet() and virDomainMetadataDefGet()
 * @flags: LIVE, CONFIG or, to set, both
 *
 * What people and programs note about a guest: title, description, an element of their own.
 *
 * Errors: those of the functions named.
 * Returns: 0 or the text, owned by the caller; -1 or NULL with an error reported
 */
int qemuDomainSetMetadata(virDomainObj *vm, const virDomainMetadataNote *note, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;
char *qemuDomainGetMetadata(virDomainObj *vm, int type, const char *uri, unsigned int flags);

/**
 * qemuDomainRename:
 * @name: the new one
 * @flags: none
 *
 * Gives a guest that is off another name. @vm is gone afterwards: the guest is found by its UUID.
 * If it fails, all is as it was. Its old log stays what it is.
 *
 * Errors: DOM_EXIST if a guest has that name; OPERATION_INVALID if the guest is active, or has a
 * managed save or firmware variables that have its name; XML_ERROR if @name cannot be one.
 */
int
qemuDomainRename(virDomainObj *vm, const char *name, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainSendKey:
 * @set: virKeycodeSet: LINUX or QNUM
 * @hold_ms: how long they are held; 0: as long as QEMU thinks fit
 * @codes: guint, at most VIR_DOMAIN_SEND_KEY_MAX_KEYS
 * @flags: none
 *
 * Presses keys of a running guest, all together, and releases them.
 *
 * Errors: ARGUMENT_UNSUPPORTED for other sets, INVALID_ARG for a key that there is not.
 */
int qemuDomainSendKey(virDomainObj *vm, unsigned int set, unsigned int hold_ms, const GArray *codes,
                      unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainScreenshot:
 * @number: of the screen: the heads of the first adapter come first, from 0
 * @flags: none
 * @mime: filled with what kind of picture it is; static
 * @fd: filled with a file that nobody can write, at its begin and not blocking; caller closes
 *
 * Takes a picture of what an active guest shows. Nothing of it is on any disk.
 *
 * Errors: OPERATION_UNSUPPORTED if the guest has no adapter, INVALID_ARG if not so many screens.
 */
int qemuDomainScreenshot(virDomainObj *vm, unsigned int number, unsigned int flags,
                         const char **mime, int *fd) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainOpenGraphics:
 * @number: of the <graphics>, from 0
 * @fd: a stream socket with a viewer at its other end; taken
 * @flags: virDomainOpenGraphicsFlags: SKIPAUTH: the viewer need not know the password
 *
 * Lets a viewer look at an active guest, wherever its display listens, if anywhere.
 *
 * Errors: INVALID_ARG if @fd is something else, or there is no such display.
 */
int qemuDomainOpenGraphics(virDomainObj *vm, unsigned int number, int fd, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;

/* qemuDomainOpenGraphics() with a socket of ours: @fd is filled with the viewer's end, which the
 * caller closes. */
int qemuDomainOpenGraphicsFD(virDomainObj *vm, unsigned int number, unsigned int flags, int *fd)
    G_GNUC_WARN_UNUSED_RESULT;

/* Presses the NMI button of a running guest. No flags. */
int qemuDomainInjectNMI(virDomainObj *vm, unsigned int flags) G_GNUC_WARN_UNUSED_RESULT;

int qemuDomainSetAutostart(virDomainObj *vm, bool autostart) G_GNUC_WARN_UNUSED_RESULT;
bool qemuDomainGetAutostart(virDomainObj *vm);

bool qemuDomainIsActive(virDomainObj *vm);
bool qemuDomainIsPersistent(virDomainObj *vm);

/* The guest's id, or -1 if it is inactive. */
int qemuDomainGetID(virDomainObj *vm);

/* QEMU's process id; of an inactive guest that of its last run, or 0. */
pid_t qemuDomainGetPid(virDomainObj *vm);

/* virDomainState, and the reason of that state. */
void qemuDomainGetState(virDomainObj *vm, int *state, int *reason);

/* Whether its next start would use another definition than what runs. */
bool qemuDomainIsUpdated(virDomainObj *vm);

/* How many processors the guest can have. */
unsigned int qemuDomainGetMaxVcpus(virDomainObj *vm);

/* Whether a call would be carried out now, in virDomainControlState, and for how long that has been
 * so. OPERATION_INVALID if the guest is not active. */
int
qemuDomainGetControlInfo(virDomainObj *vm, virDomainControlInfo *info) G_GNUC_WARN_UNUSED_RESULT;

/* What `virsh dominfo` prints. CPU time is that of QEMU, in nanoseconds. */
void qemuDomainGetInfo(virDomainObj *vm, virDomainInfo *info);

/**
 * qemuDomainGetXMLDesc:
 * @flags: virDomainXMLFlags: INACTIVE, SECURE, MIGRATABLE; UPDATE_CPU changes nothing
 *
 * Returns: what runs, or with INACTIVE or of an inactive guest what its next start uses; owned by
 * the caller; NULL with an error reported
 */
char *qemuDomainGetXMLDesc(virDomainObj *vm, unsigned int flags);

/* Why the guest's last run ended badly (translated), owned by the caller; NULL if it ended as it
 * should, or has not ended. */
char *qemuDomainGetEndMessage(virDomainObj *vm);
