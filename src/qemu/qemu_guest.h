/*
 * qemu_guest.h: what guests do, and tell, through their agents
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "qemu_driver.h"

/*
 * All want a running guest whose agent is connected, and wait for the agent, which is asked by one
 * thread at a time: not for workers that others wait for. @cancellable ends the waiting when
 * somebody cancels it; or NULL.
 *
 * Errors of all: those of qemuDomainAgentCommand(); OPERATION_UNSUPPORTED if the agent has no such
 * command; OPERATION_FAILED also for an answer that is not as it has to be; INVALID_ARG for flags,
 * of which there are none where nothing else is said.
 */

/**
 * qemuDomainFSFreeze, qemuDomainFSThaw:
 * @mountpoints: of which file systems in the guest; empty for all. Those to thaw cannot be chosen.
 *
 * Flushes file systems and stops writes to them, until they are thawed. What a command cannot be
 * told to undo is waited for as long as it takes.
 *
 * Errors: CONFIG_UNSUPPORTED for mount points to thaw.
 * Returns: how many file systems it were, or -1 with an error reported
 */
int qemuDomainFSFreeze(virDomainObj *vm, const GPtrArray *mountpoints, unsigned int flags,
                       GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;
int qemuDomainFSThaw(virDomainObj *vm, const GPtrArray *mountpoints, unsigned int flags,
                     GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemuDomainFSTrim:
 * @minimum: bytes; shorter free ranges may be left alone
 *
 * Gives what file systems do not use back to the host's storage; waits as long as it takes. File
 * systems that cannot do that are skipped, unless there is no other.
 */
int qemuDomainFSTrim(virDomainObj *vm, guint64 minimum, unsigned int flags,
                     GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;

/* As many as libvirt's protocol has room for. */
#define QEMU_GUEST_INTERFACES_MAX 2048
#define QEMU_GUEST_ADDRESSES_MAX  2048

typedef struct {
    int type; /* virIPAddrType */
    char *text;
    unsigned int prefix; /* of its network, in bits; 0 also if it is not known */
} qemuGuestAddress;

typedef struct {
    char *name;
    char *mac;            /* or NULL */
    GPtrArray *addresses; /* qemuGuestAddress */
} qemuGuestInterface;

/* The network interfaces that the guest has, by its own names: an array of qemuGuestInterface,
 * owned by the caller; NULL with an error reported. */
GPtrArray *
qemuDomainGetGuestInterfaces(virDomainObj *vm, unsigned int flags, GCancellable *cancellable);

/* The same by what this host knows of its neighbours (ARP): no agent is asked. Interfaces have the
 * names of their tap devices, or aliases, and such without an address are left out. */
GPtrArray *qemuDomainGetNeighbours(virDomainObj *vm, unsigned int flags);

/* The guest's name, owned by the caller; NULL with an error reported. @flags:
 * virDomainGetHostnameFlags: AGENT; ARGUMENT_UNSUPPORTED for LEASE. */
char *qemuDomainGetGuestHostname(virDomainObj *vm, unsigned int flags, GCancellable *cancellable);

/* As many as libvirt's protocol has room for; likewise of disks of one. */
#define QEMU_GUEST_FILE_SYSTEMS_MAX 256

/* Texts are NULL if they are not known. */
typedef struct {
    char *target; /* of the guest's disk in its definition: "vda" */
    char *serial;
    char *device; /* in the guest: "/dev/vda1" */
    char *bus;    /* the guest's word for it: "virtio" */
} qemuGuestDisk;

typedef struct {
    char *name; /* of its device in the guest */
    char *mountpoint;
    char *type;
    bool sized; /* the next two are known */
    guint64 used;
    guint64 total;    /* bytes */
    GPtrArray *disks; /* qemuGuestDisk */
} qemuGuestFileSystem;

/* The file systems that are mounted in the guest: an array of qemuGuestFileSystem, owned by the
 * caller; NULL with an error reported. */
GPtrArray *
qemuDomainGetGuestFileSystems(virDomainObj *vm, unsigned int flags, GCancellable *cancellable);

/**
 * qemuDomainGetGuestInfo:
 * @types: virDomainGuestInfoTypes; 0 is all that the agent has commands for
 * @sink: takes the values, by the names that virDomainGetGuestInfo() documents
 *
 * Errors: those of all; INVALID_ARG for other types. What the sink has taken before an error counts
 * for nothing.
 */
int qemuDomainGetGuestInfo(virDomainObj *vm, unsigned int types, const qemuDomainStatsSink *sink,
                           GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;

/* The guest's clock, since 1970. */
int qemuDomainGetTime(virDomainObj *vm, gint64 *seconds, unsigned int *nseconds, unsigned int flags,
                      GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;

/* Sets it. @time_ns: since 1970. @flags: virDomainSetTimeFlags: SYNC: from its hardware's clock,
 * whatever @time_ns is. */
int qemuDomainSetTime(virDomainObj *vm, gint64 time_ns, unsigned int flags,
                      GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;

/* @flags: virDomainSetUserPasswordFlags: ENCRYPTED */
int
qemuDomainSetUserPassword(virDomainObj *vm, const char *user, const char *password,
                          unsigned int flags, GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;

/* As many as libvirt's protocol has room for. */
#define QEMU_GUEST_KEYS_MAX 2048

/* What SSH lets @user in with: an array of texts, owned by the caller; NULL with an error. */
GPtrArray *qemuDomainGetAuthorizedKeys(virDomainObj *vm, const char *user, unsigned int flags,
                                       GCancellable *cancellable);

/* Makes @keys all that there are; with virDomainAuthorizedSSHKeysSetFlags: APPEND: more, REMOVE:
 * fewer. */
int qemuDomainSetAuthorizedKeys(virDomainObj *vm, const char *user, const GPtrArray *keys,
                                unsigned int flags, GCancellable *cancellable)
    G_GNUC_WARN_UNUSED_RESULT;

/* Processors as the guest has them: @sink takes sets as texts: "vcpus", "online", "offlinable". */
int qemuDomainGetGuestVcpus(virDomainObj *vm, unsigned int flags, const qemuDomainStatsSink *sink,
                            GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;

/* Switches those of @cpus ("0-3,^2") on or off in the guest. INVALID_ARG for those that it has not.
 */
int qemuDomainSetGuestVcpus(virDomainObj *vm, const char *cpus, bool online, unsigned int flags,
                            GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;

/* How long the guest's agent may take to answer to all of these, until the daemon ends:
 * virDomainAgentResponseTimeoutValues, or seconds. Also of a guest that does not run. */
int qemuDomainAgentSetResponseTimeout(virDomainObj *vm, int timeout_s, unsigned int flags)
    G_GNUC_WARN_UNUSED_RESULT;
