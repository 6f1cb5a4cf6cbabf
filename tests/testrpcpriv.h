/*
 * testrpcpriv.h: the server of tests, and the program that it serves
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "testrpc.h"

struct _testRPC {
    GMainContext *context;
    GMainLoop *loop;
    GThread *thread;
    virRPCServer *server;
    char *directory;

    GMutex lock;
    GCond cond;
    gboolean open;
    unsigned int inside;
    unsigned int gone;
    unsigned int clients;
    gboolean done; /* what the loop was asked for last */
    gboolean stopped;
    int streamFD;
    virRPCClient *subscriber;
    GString *log;
};

/* What all procedures take and return. */
typedef struct {
    virRPCString text;
} testText;

bool_t xdr_testText(XDR *xdrs, testText *text);

extern const virRPCProgram testProgram;
