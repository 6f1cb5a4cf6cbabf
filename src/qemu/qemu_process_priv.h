/*
 * qemu_process_priv.h: what the files of qemu_process share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_process.h"

/* qemu_process_event.c */

/* Has the loop watch for the end of QEMU, whose pidfd is @pidfd, taken. Wants no lock. */
void qemuProcessWatch(virDomainObj *vm, int pidfd);

/* Undoes qemuProcessWatch(). Wants the lock. */
void qemuProcessUnwatch(virDomainObj *vm);

/* Makes @fd, which is taken, the guest's monitor. Wants the job, and no lock. */
void qemuProcessOpenMonitor(virDomainObj *vm, int fd);

/* Wants the job, and no lock. */
void qemuProcessCloseMonitor(virDomainObj *vm);

/* Has a worker clean up after a guest whose QEMU has ended; nothing if it is another one by then.
 */
void qemuProcessPushEnded(virDomainObj *vm, int id);

/* A worker's task about one run of a guest. */
typedef struct {
    virDomainObj *vm;
    int id;
} qemuProcessTask;

/* Has a worker do @work with a task of the guest's run @id. */
void qemuProcessPush(virDomainObj *vm, int id, qemuDriverWork work);

/* qemu_process_end.c */

/* Why a guest whose QEMU has ended is off: virDomainShutoffReason. Wants the lock. */
int qemuProcessGetEndReason(const virDomainObj *vm);

/* qemu_process_monitor.c */

/* The path of QEMU's monitor socket in the guest's run directory; caller frees. */
char *qemuProcessGetMonitorPath(const virDomainObj *vm);

/* A socket connected to the monitor's; -1 with an error reported. */
int qemuProcessConnectMonitor(const virDomainObj *vm);

/* Makes the socket on which QEMU is to listen, so that a later driver finds it, and one that is
 * connected to it already. */
int qemuProcessListenMonitor(const virDomainObj *vm, int *listening, int *connected)
    G_GNUC_WARN_UNUSED_RESULT;

/* qemu_process_power.c: all want the lock */

/* Whether QEMU is to stand still when the guest ends, so that we say what follows. */
bool qemuProcessStandsStill(const virDomainObj *vm);

/* Has a worker start a guest again that has powered off or crashed. */
void qemuProcessReboot(virDomainObj *vm);

/* QEMU's events SHUTDOWN and GUEST_PANICKED. */
void qemuProcessHandleShutdown(virDomainObj *vm, JsonObject *data);
void qemuProcessHandleGuestPanicked(virDomainObj *vm, JsonObject *data);

/* Does what has to follow if @status, QEMU's word for the guest's state, says that it has ended
 * while no driver was there. Returns false if it does not. */
bool qemuProcessCatchUpPower(virDomainObj *vm, const char *status);

/* qemu_process_reconnect.c */

/**
 * qemuProcessReadPidFile, qemuProcessAwaitPidFile:
 * @path: of a file that a process has written its pid to before it became what it is
 * @word: what it has on its command line now
 * @process: filled if it is there
 *
 * The second one tries again as long as it cannot be found out, or until the driver closes.
 *
 * Returns: 1, 0 if there is no such process, -1 with errno set if there is no descriptor, or no
 *          memory, left to find out with. No error is reported.
 */
int qemuProcessReadPidFile(const char *path, const char *word, virProcessIdentity *process)
    G_GNUC_WARN_UNUSED_RESULT;
int qemuProcessAwaitPidFile(const virDomainObj *vm, const char *path, const char *word,
                            virProcessIdentity *process) G_GNUC_WARN_UNUSED_RESULT;

/* qemu_process_unread.c */

/* What is left of taking over a guest whose status file cannot be read. */
void qemuProcessTakeOverUnread(virDomainObj *vm);

/* Sets the status file of a guest that has ended aside if it could not be read. */
void qemuProcessForgetUnread(virDomainObj *vm);

/* qemu_process_refresh.c */

/**
 * qemuProcessRefresh:
 * @reason: virConnectDomainEventAgentLifecycleReason of what is found to have changed
 *
 * Asks QEMU for what only it knows, for the live definition: terminals, automatic ports, which
 * channels the guest has open. Wants the job, and no lock.
 *
 * Errors: those of qemuMonitorCommand()
 * Returns: 0, or -1 with an error reported
 */
int qemuProcessRefresh(virDomainObj *vm, qemuMonitor *mon, int reason) G_GNUC_WARN_UNUSED_RESULT;

/* Notes whether the guest has a channel open, and tells of its agent. Wants the lock. */
void qemuProcessSetChannelState(virDomainObj *vm, const char *alias, bool open, int reason);

/* QEMU's event VSERPORT_CHANGE. For the loop, with the lock. */
void qemuProcessHandleChannel(virDomainObj *vm, JsonObject *data);

/* qemu_process_setup.c */

/* Has systemd, where it runs, put QEMU into a control group of its own. What fails is warned of.
 * Wants the job, and no lock. */
void qemuProcessMakeScope(virDomainObj *vm);

/* Gives the guest its actions for power-off and crash. Wants the job. */
int qemuProcessSetActions(virDomainObj *vm, qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;

/* All that QEMU has to be told before the guest runs, those actions too. */
int qemuProcessSetUp(virDomainObj *vm, qemuMonitor *mon) G_GNUC_WARN_UNUSED_RESULT;
