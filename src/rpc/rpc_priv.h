/*
 * rpc_priv.h: what the files of the server share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "rpc_client.h"
#include "rpc_server.h"

#define VIR_RPC_KEEPALIVE_PROGRAM 0x6b656570
#define VIR_RPC_KEEPALIVE_PING    1
#define VIR_RPC_KEEPALIVE_PONG    2

/* What is read from one client before others get their turn. */
#define VIR_RPC_READ_SIZE (64 * 1024)

/* While so many bytes wait to be written to a client, none of its calls starts, no stream is read.
 */
#define VIR_RPC_OUT_ENOUGH (256 * 1024)

/* What a client has sent and we have not dealt with may hold so many bytes before it is not read
 * from any more. */
#define VIR_RPC_WAITING_BYTES (1024 * 1024)

/* Descriptors of one message: the protocol's limit. */
#define VIR_RPC_FDS_MAX 32

typedef struct _virRPCStream virRPCStream;

/* What is to be written to a client. */
typedef struct {
    GBytes *bytes;
    int fd;     /* goes with the first byte; or -1 */
    bool event; /* nobody has asked for it */
} virRPCOutput;

/* A listening socket. The loop's thread only. */
typedef struct {
    virRPCServer *server;
    int fd;
    unsigned int flags;
    GSource *source; /* NULL while nobody is accepted */
    unsigned int clients;
    unsigned int unready;
} virRPCListener;

struct _virRPCServer {
    GMainContext *context;
    virRPCServerLimits limits;
    const virRPCServerHooks *hooks;
    void *opaque;
    GPtrArray *programs;
    GThreadPool *workers;
    GThreadPool *priorityWorkers;

    /* The loop's thread only. */
    GPtrArray *listeners;
    GHashTable *clients; /* a set; a reference each */
    guint64 lastID;
    guint8 *buffer; /* to read into */
    GSource *retry; /* accepting failed for want of descriptors */
    bool stopping;
    void (*stopped)(void *opaque);
    void *stoppedOpaque;

    GMutex lock; /* for all below */
    GCond cond;
    unsigned int alive; /* clients for whom `gone` has not been called yet */
};

struct _virRPCCall {
    virRPCClient *client; /* a reference */
    virRPCFrame *frame;   /* NULL: not a call, but the client's end */
    const virRPCProgram *program;
    const virRPCProcedure *procedure; /* NULL: it gets an error */
    int streamFD;                     /* or -1 */
    int replyFD;                      /* or -1 */
    GArray *fds;                      /* int; what came with it, or NULL */
};

struct _virRPCClient {
    virRPCServer *server; /* not to be touched once closed, but by the client's own calls */
    virRPCListener *listener;
    guint64 id;
    unsigned int flags;
    struct ucred peer;
    void *data;
    GCancellable *cancellable;

    /* The loop's thread only. */
    virRPCReader *reader;
    unsigned int pings;   /* sent since something was received */
    gint64 received_us;   /* when that was */
    virRPCFrame *passing; /* whole, but for its descriptors; or NULL */
    size_t passingCount;  /* how many those are */
    size_t passed;        /* for how many of them a byte has come */
    GArray *fds;          /* int; what has come and no call has got; or NULL */
    bool countedUnready;  /* by the listener */

    GMutex lock; /* for all below */
    int fd;      /* closed by the loop's thread only */
    GSource *readable;
    GSource *hungUp; /* while it is not read from */
    GSource *writable;
    GSource *readyTimer;
    GSource *keepaliveTimer;
    GQueue out; /* virRPCOutput */
    size_t outBytes;
    size_t outDone;    /* of the first one */
    size_t eventBytes; /* of `out`: its events, none of which is written as a whole */
    GQueue waiting;    /* virRPCCall */
    size_t waitingBytes;
    size_t streamBytes; /* from the client, to be written by its streams */
    unsigned int running;
    unsigned int priority; /* of those, with VIR_RPC_PRIORITY */
    bool alone;            /* the running call wants no other beside it */
    bool passesFDs;        /* descriptors may come and go */
    bool finishing;        /* closed when nothing is running or to be written */
    bool dropped;          /* it will be closed: it does not read its events */
    bool closed;           /* by us or by the peer: there is no fd any more */
    bool over;             /* the hook `gone` is on its way */
    bool streamsPaused;    /* one at least waits for `out` to shrink */
    GPtrArray *streams;
};

/* rpc_server.c */
void virRPCServerClientReady(virRPCClient *client);
void virRPCServerForget(virRPCClient *client);
void virRPCServerGone(virRPCServer *server);

/* rpc_client.c: Locked functions are called with the client's lock. */
void virRPCClientNew(virRPCServer *server, virRPCListener *listener, int fd, unsigned int flags);
void virRPCClientClose(virRPCClient *client);
bool virRPCClientSendLocked(virRPCClient *client, GBytes *bytes);
bool virRPCClientSendOutputLocked(virRPCClient *client, virRPCOutput *output);
void virRPCClientCloseLaterLocked(virRPCClient *client);
void virRPCClientCheckDoneLocked(virRPCClient *client);
void virRPCClientResumeReadingLocked(virRPCClient *client);
GSource *virRPCClientAttach(virRPCClient *client, GSource *source, GSourceFunc func);
/* Has the loop call @func, which returns G_SOURCE_REMOVE, soon. From any thread. */
void virRPCClientCallLater(virRPCClient *client, GSourceFunc func);
void virRPCSourceDestroy(GSource **source);

/* rpc_call.c */
void virRPCCallNew(virRPCClient *client, virRPCFrame *frame, GArray *fds, bool only);
void virRPCCallFree(virRPCCall *call);
void virRPCCallStartLocked(virRPCClient *client);
void virRPCCallWork(void *call, void *server);
bool virRPCCallTooManyLocked(virRPCClient *client);

/* rpc_pass.c: all in the loop's thread. Read is as recv(2), errno EPROTO if too many descriptors
 * came. Begin, for a call that says it has some, and Continue return 1 if there is such a call
 * whole, 0 if more has to be read, -1 with an error reported; Check is for when all that was read
 * has been dealt with, and has no sense if descriptors came with something else. */
ssize_t virRPCPassRead(virRPCClient *client, int fd, guint8 *buffer, size_t size);
int virRPCPassBegin(virRPCClient *client, virRPCFrame *frame) G_GNUC_WARN_UNUSED_RESULT;
int virRPCPassContinue(virRPCClient *client) G_GNUC_WARN_UNUSED_RESULT;
int virRPCPassCheck(const virRPCClient *client) G_GNUC_WARN_UNUSED_RESULT;
void virRPCPassDrop(virRPCClient *client);
virRPCOutput *virRPCOutputNew(GBytes *bytes, int fd);
void virRPCOutputFree(void *output);
ssize_t virRPCOutputSend(int fd, virRPCOutput *output, size_t done);

/* rpc_stream.c: all but Start in the loop's thread. */
void virRPCStreamStartLocked(virRPCClient *client, const virRPCHeader *header, int fd);
void virRPCStreamReceive(virRPCClient *client, const virRPCFrame *frame);
void virRPCStreamResumeLocked(virRPCClient *client);
void virRPCStreamFree(virRPCStream *stream);
