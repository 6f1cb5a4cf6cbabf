/*
 * qemu_conf.h: where the QEMU driver keeps its things, and what its parts share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "qemu_caps.h"
#include "qemu_event.h"
#include "qemu_loop.h"
#include "qemu_socket.h"
#include "qemu_spawn.h"
#include "virdomainobjlist.h"
#include "virhostdev.h"
#include "virlock.h"
#include "virpcihost.h"

/* Where a daemon's driver keeps its things. */
#define QEMU_STATE_DIRECTORY "/var/lib/virtvfio/qemu"
#define QEMU_RUN_DIRECTORY   "/run/virtvfio/qemu"
#define QEMU_LOG_DIRECTORY   "/var/log/virtvfio/qemu"
#define QEMU_CACHE_DIRECTORY "/var/cache/virtvfio/qemu"

/* QEMU's user where there is such a user and nothing else is configured. */
#define QEMU_DEFAULT_USER "virtvfio-qemu"

/*
 * Everything is borrowed; texts are copied. A NULL @runDirectory makes an embedded driver: it
 * writes nothing, and its guests are transient and end with it.
 */
typedef struct {
    const char *stateDirectory; /* NAME.xml of persistent guests, NAME.autostart */
    const char *runDirectory;   /* NAME.xml of active guests, UUID/ with QEMU's sockets */
    const char *logDirectory;   /* NAME.log */
    const char *cacheDirectory; /* what QEMU can do */
    const char *user;           /* QEMU runs as; NULL for QEMU_DEFAULT_USER, "" for ours */
    const char *group;          /* NULL for the user's */
    bool scopes;                /* guests get a scope of systemd's each, where it runs */
    guint unplugTimeout_ms;     /* a guest may take to release a device before the call that asked
                                   for it returns; 0 for five seconds */
    guint agentTimeout_ms;      /* a guest agent may take to answer; 0 for five seconds */
    virPCIHost *host;
    virHostdevManager *hostdevMgr;
    qemuEventFunc eventHandler; /* who is told of events from the very first on; or NULL */
    void *eventOpaque;
} qemuDriverConfig;

typedef struct _qemuDriver qemuDriver;

/* For the files of the driver. */
struct _qemuDriver {
    char *stateDirectory;
    char *runDirectory; /* NULL of an embedded driver */
    char *logDirectory;
    char *cacheDirectory;
    virLock *claim;      /* on the run directory */
    qemuSpawnUser *user; /* NULL for ours */
    bool scopes;         /* guests get a scope of systemd's each */
    guint unplugTimeout_ms;
    guint agentTimeout_ms;
    virPCIHost *host;
    virHostdevManager *hostdevMgr;
    qemuLoop *loop;
    qemuEventQueue *events;
    qemuCapsCache *caps;
    virDomainObjList *domains;
    qemuPorts *ports; /* of guests that are being started */
    GThreadPool *workers;
    GSource *tick;     /* of the loop: what is done every minute */
    GMutex ownersLock; /* one file is given or taken back at a time; taken before a guest's lock */
    GMutex lock;       /* of all below; taken after a guest's */
    GHashTable *owned; /* by whose end guests end -> how many of them run */
    int lastID;
    bool closing; /* no more work is accepted */
};

/* Work for another thread than the loop's. @opaque is what it is about. */
typedef void (*qemuDriverWork)(qemuDriver *driver, void *opaque);

/* Whether the driver is being closed: a worker that waits for something is not to wait on. */
bool qemuDriverIsClosing(qemuDriver *driver);

/* Has a worker call @work, soon; then, or if the driver is closing, @destroy frees @opaque. */
void qemuDriverPush(qemuDriver *driver, qemuDriverWork work, void *opaque, GDestroyNotify destroy);

/* An id that no guest of this driver has had. */
int qemuDriverNextID(qemuDriver *driver);

/* No id up to @id will be given. */
void qemuDriverReserveID(qemuDriver *driver, int id);

/* One guest more, or one less, ends with @owner, which may be NULL. */
void qemuDriverNoteOwned(qemuDriver *driver, const void *owner, int change);
