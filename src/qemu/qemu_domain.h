/*
 * qemu_domain.h: what the QEMU driver knows of a guest, and the job that changes it
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_conf.h"
#include "qemu_log.h"
#include "qemu_monitor.h"
#include "qemu_peer.h"
#include "qemu_security.h"
#include "virprocess.h"

/* What a guest has done about a device that it is to release. */
typedef enum {
    QEMU_DOMAIN_UNPLUG_ASKED,
    QEMU_DOMAIN_UNPLUG_DONE,
    QEMU_DOMAIN_UNPLUG_REFUSED,
} qemuDomainUnplug;

/* A save that is under way. Should we be killed, the next driver finds out by this whether it came
 * to its end: it did if the file is there. */
typedef struct {
    char *path;
    guint64 device; /* st_dev and st_ino of the file that is to be there */
    guint64 inode;
    bool running; /* the guest ran before */
    gint64 since; /* monotonic, in microseconds; 0 if an earlier driver began it */
} qemuDomainSaving;

qemuDomainSaving *
qemuDomainSavingNew(const char *path, guint64 device, guint64 inode, bool running);
void qemuDomainSavingFree(qemuDomainSaving *saving);

/*
 * Of a virDomainObj, and under its lock unless said otherwise. What belongs to a running QEMU is
 * made and unmade by whoever has the job.
 */
typedef struct {
    qemuDriver *driver;
    GCond cond; /* with the guest's lock: the job is free, or QEMU has ended */

    const char *job; /* what is being done with the guest (untranslated), or NULL */
    gint64 jobSince; /* monotonic, in microseconds */

    virProcessIdentity process; /* QEMU; pid 0 if there is none */
    int pidfd;                  /* of QEMU, or -1 */
    GSource *exitWatch;         /* of the loop */
    bool exited;                /* QEMU has ended */
    int waitStatus;             /* as of waitpid(2), or -1 if QEMU was not our child */
    qemuMonitor *mon;           /* NULL if there is none */
    bool monClosed;
    qemuLog *log;
    GPtrArray *owners;      /* qemuSecurityOwner: what QEMU's user was given; or NULL */
    virProcessIdentity tpm; /* swtpm; pid 0 if there is none */
    bool keepTPM;           /* what its TPM remembers stays when it ends and is gone */

    /* Work that a worker has been given: of a kind no more than one piece waits for its turn. */
    bool statusPushed;  /* until the status file is written */
    bool statusOld;     /* and has to be written once more */
    bool catchUpPushed; /* until it has the job; likewise the next one */
    bool endPushed;

    bool starting;        /* it has not been let run yet */
    bool destroying;      /* somebody is about to end it */
    bool fakeReboot;      /* when it powers off, it starts again */
    bool rebooting;       /* it has powered off and is being started again */
    bool autodestroy;     /* it ends with @owner, and with us */
    const void *owner;    /* whose end ends it; never looked into */
    int pausedReason;     /* virDomainPausedReason of the next STOP event */
    char *shutdownReason; /* of QEMU's SHUTDOWN event, or NULL */
    char *endMessage;     /* why the last run ended badly (translated), or NULL */

    char *plugging;          /* name of the device that is being plugged in, or of which it is not
                                known whether it was; or NULL */
    const char *unplugging;  /* name of the device whose removal somebody waits for, or NULL */
    qemuDomainUnplug unplug; /* what has become of that */

    GHashTable *consoles; /* alias to qemuConsole: who sits at its terminals and channels */

    bool agentBusy;     /* somebody talks to its agent */
    bool agentLimited;  /* the next one is not the default */
    int agentTimeout_s; /* that it may take to answer: virDomainAgentResponseTimeoutValues */

    int channelEvents; /* atomic: how often QEMU has told of a channel */

    qemuDomainSaving *saving; /* or NULL */

    char *unread; /* why its status file cannot be read (translated): it can be destroyed, and
                     nothing else; or NULL */

    GMutex statusLock; /* taken before the guest's lock: one status file is written at a time */
} qemuDomainPrivate;

/* The private part of a guest, made if it has none yet. No lock is needed. */
qemuDomainPrivate *qemuDomainGetPrivate(qemuDriver *driver, virDomainObj *vm);

/* How long a call waits for another one's job. */
#define QEMU_DOMAIN_JOB_TIMEOUT_MS (30 * 1000)

/*
 * The right to change a guest, of one thread at a time. While it is held, nobody else starts, ends
 * or redefines the guest, so its definitions may be read without the lock.
 */
typedef struct {
    virDomainObj *vm; /* NULL if it is not held */
} qemuDomainJob;

/* Ends a job that was begun. */
void qemuDomainJobEnd(qemuDomainJob *job);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(qemuDomainJob, qemuDomainJobEnd)

/**
 * qemuDomainJobBegin:
 * @job: zero; filled
 * @what: what is to be done, a static English word ("suspend")
 *
 * Errors: OPERATION_TIMEOUT naming what is being done if that takes longer than
 * QEMU_DOMAIN_JOB_TIMEOUT_MS, NO_DOMAIN if the guest has been removed.
 * Returns: 0, or -1 with an error reported
 */
int qemuDomainJobBegin(qemuDomainJob *job, virDomainObj *vm, const char *what)
    G_GNUC_WARN_UNUSED_RESULT;

/* As qemuDomainJobBegin(), and OPERATION_INVALID if the guest is not active, or only known to run.
 */
int qemuDomainJobBeginActive(qemuDomainJob *job, virDomainObj *vm, const char *what)
    G_GNUC_WARN_UNUSED_RESULT;

/* As qemuDomainJobBegin(), also for a guest that has been removed. */
int qemuDomainJobBeginAnyway(qemuDomainJob *job, virDomainObj *vm, const char *what)
    G_GNUC_WARN_UNUSED_RESULT;

/* For what has to be done: waits as long as it takes, also for a guest that has been removed. */
void qemuDomainJobBeginAlways(qemuDomainJob *job, virDomainObj *vm, const char *what);

/* Reports that nobody knows more of the guest than that it runs. Wants the job or the lock. */
void qemuDomainReportUnread(const virDomainObj *vm);

/**
 * qemuDomainGetMonitor:
 *
 * Wants the job, not the lock.
 *
 * Errors: OPERATION_FAILED if the connection has been lost.
 * Returns: a reference to the monitor, or NULL with an error reported
 */
qemuMonitor *qemuDomainGetMonitor(virDomainObj *vm);

/**
 * qemuDomainSaveStatus:
 *
 * Makes the status file say what is: written for an active guest, removed for another. Nothing in
 * an embedded driver. Wants no lock: it writes to the disk.
 *
 * Errors: SYSTEM_ERROR.
 * Returns: 0, or -1 with an error reported
 */
int qemuDomainSaveStatus(virDomainObj *vm) G_GNUC_WARN_UNUSED_RESULT;

/* qemuDomainSaveStatus() that warns, for what has happened anyway. */
void qemuDomainNoteStatus(virDomainObj *vm);

/* Has a worker call qemuDomainNoteStatus(). For the loop, with the lock. */
void qemuDomainPushStatus(virDomainObj *vm);

/* The guest's own directory below the run directory (mode 0700), or NULL in an embedded driver;
 * caller frees. */
char *qemuDomainGetRunDirectory(const virDomainObj *vm);

/* A socket on which this guest's QEMU listens, to connect to. @path is borrowed. Wants the lock. */
qemuPeer qemuDomainGetPeer(const virDomainObj *vm, const char *path);

/**
 * qemuDomainSecure:
 * @dev: of the live definition; NULL for all of it
 *
 * Gives QEMU's user what it needs of the host's files for a device or the guest. Noted in the
 * status file first. A file that several guests or devices use goes back with the last of them.
 *
 * Wants the job, and no lock.
 *
 * Errors: those of qemuSecurityPlan() and qemuSecurityApply().
 * Returns: 0, or -1 with an error reported: then qemuDomainUnsecure() undoes what was done
 */
int qemuDomainSecure(virDomainObj *vm, const virDomainDeviceDef *dev) G_GNUC_WARN_UNUSED_RESULT;

/* Undoes qemuDomainSecure() for the device with that name; NULL for all. */
void qemuDomainUnsecure(virDomainObj *vm, const char *alias);

/* What is noted for the device @from is noted for @to now: so that what it uses instead can be told
 * from it. */
void qemuDomainRenameOwners(virDomainObj *vm, const char *from, const char *to);

/* The channel at whose other end the guest agent is. */
#define QEMU_DOMAIN_AGENT_NAME "org.qemu.guest_agent.0"

/* That channel of a definition, borrowed; or NULL. */
const virDomainChrDef *qemuDomainFindAgent(const virDomainDef *def);

/* Has all sessions at the guest's terminals and channels end, soon. */
void qemuDomainCloseConsoles(virDomainObj *vm);

/* Where a guest is saved that its next start finds; NULL where nothing is kept. Caller frees. */
char *qemuDomainGetManagedSavePath(const virDomainObj *vm);

/* Notes whether there is such a file. Wants no lock. */
void qemuDomainSetManagedSave(virDomainObj *vm, bool there);

/* Waits until QEMU has ended, at most so long. Returns false if it has not. Wants the lock. */
bool qemuDomainWaitExit(virDomainObj *vm, gint64 timeout_ms);

/* Sends a signal to QEMU, if it has not ended. Wants the lock. */
void qemuDomainSignal(virDomainObj *vm, int number);
