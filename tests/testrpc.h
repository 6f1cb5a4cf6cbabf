/*
 * testrpc.h: a server with a test program, and a client that says whatever a test wants
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "rpc_client.h"
#include "rpc_server.h"

#define TEST_PROGRAM 0x20008086

/* Procedures of the test program: a text comes in and goes out, unless said otherwise. */
typedef enum {
    TEST_ECHO = 1,       /* in parallel */
    TEST_ALONE = 2,      /* runs alone */
    TEST_WAIT = 3,       /* in parallel; returns when the gate is opened */
    TEST_QUICK = 4,      /* in parallel, with priority */
    TEST_STREAM = 5,     /* opens a stream whose other end the test has; "terminal": to one */
    TEST_FINISH = 6,     /* ends the connection */
    TEST_KEEPALIVE = 7,  /* has the server ask */
    TEST_READY = 8,      /* the client is ready */
    TEST_FAIL = 9,       /* reports an error with the text */
    TEST_FAIL_MUTE = 10, /* fails without a word */
    TEST_BAD_TEXT = 11,  /* returns a text that is no UTF-8 */
    TEST_DENIED = 12,    /* not admitted */
    TEST_GROW = 13,      /* returns a text of that many bytes */
    TEST_SUBSCRIBE = 14, /* events of testRPCSendEvents() are for this client */
    TEST_AT_ONCE = 15, /* answered at once if it can be; returns "loop" or "worker": whose it was */
    TEST_ALLOW = 16,   /* the client may pass descriptors */
    TEST_TAKE = 17,    /* writes the text to all descriptors that came; returns their number */
    TEST_GIVE = 18,    /* the reply takes the descriptor along that came; "bad": and fails */
    TEST_LINGER = 19,  /* as TEST_WAIT, with priority */
    TEST_WAIT_ALONE = 20, /* as TEST_WAIT; runs alone */
    TEST_LAST
} testRPCProcedure;

#define TEST_EVENT 100

/* A server in a thread of its own. */
typedef struct _testRPC testRPC;

/* Defaults are virRPCServerLimitsInit()'s. */
testRPC *testRPCNew(const virRPCServerLimits *limits);
void testRPCFree(testRPC *rpc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(testRPC, testRPCFree)

/* A connection over a socket pair; the server's end is closed by it, the other by the caller. */
int testRPCConnect(testRPC *rpc);

/* Has the server listen on a socket of its own; testRPCConnectListener() connects to that. */
void testRPCListen(testRPC *rpc);
int testRPCConnectListener(testRPC *rpc);

/* Has the loop always have something else to do that is as urgent. */
void testRPCKeepBusy(testRPC *rpc);

/* Lets every TEST_WAIT, TEST_WAIT_ALONE and TEST_LINGER, now and later, return. */
void testRPCOpenGate(testRPC *rpc);

/* Waits until so many of those are in the handler, or so many clients are gone. */
void testRPCAwaitInside(testRPC *rpc, unsigned int count);
void testRPCAwaitGone(testRPC *rpc, unsigned int count);

unsigned int testRPCCountGone(testRPC *rpc);
unsigned int testRPCCountInside(testRPC *rpc);
unsigned int testRPCCountClients(testRPC *rpc);

/* The texts of the calls in the order in which their handlers began; caller frees. */
char *testRPCGetLog(testRPC *rpc);

/* The test's end of the last stream; the caller closes it. */
int testRPCTakeStream(testRPC *rpc);

/* What TEST_SUBSCRIBE has taken, or NULL. The caller unrefs it. */
virRPCClient *testRPCTakeSubscriber(testRPC *rpc);
void testRPCSendEvent(virRPCClient *client, const char *text);

/* Begins to stop the server; waits until it has stopped. */
void testRPCStop(testRPC *rpc);
void testRPCAwaitStopped(testRPC *rpc);

/* --- the client's side ------------------------------------------------------------------------ */

/* Sends a frame with a text (or without, if NULL). */
void testRPCSend(int fd, virRPCHeader header, const char *text);
void testRPCSendBytes(int fd, const void *data, size_t length);
void testRPCCall(int fd, int procedure, guint32 serial, const char *text);
void testRPCPing(int fd);

/* Sends @bytes up to @count times, until the server takes no more for half a second. Returns how
 * many bytes it has taken. */
size_t testRPCFlood(int fd, GBytes *bytes, size_t count);

/* The next frame; ends the test if there is none within ten seconds. NULL: the server has closed.
 */
virRPCFrame *testRPCReceive(int fd);

/* Waits until the server has sent something. */
void testRPCAwaitReadable(int fd);

/* Checks that the next frame is the reply of that serial with the text, or that error. */
void testRPCExpectReply(int fd, guint32 serial, const char *text);
void testRPCExpectError(int fd, guint32 serial, int code, const char *message);
void testRPCExpectPong(int fd);

/* The server has seen to all that was sent before, as far as it can. */
void testRPCSync(int fd);
void testRPCExpectEnd(int fd);
