/*
 * rpc_program.h: what can be called
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "rpc_xdr.h"

typedef struct _virRPCServer virRPCServer;
typedef struct _virRPCClient virRPCClient;
typedef struct _virRPCCall virRPCCall;

typedef enum {
    /* May run beside other calls of the same client, and overtake those that wait. Without it a
     * call waits for all of its client's earlier ones, and all later ones wait for it. */
    VIR_RPC_PARALLEL = 1 << 0,
    /* Never waits for a guest, a device or a lock that is held meanwhile: it has workers of its
     * own, so that it is answered when all others hang. */
    VIR_RPC_PRIORITY = 1 << 1,
    /* Only looks at what is in memory, under locks that are never held over a file or anything else
     * that waits: it is answered by the loop, without another thread, if nothing else is waiting.
     */
    VIR_RPC_AT_ONCE = 1 << 2,
} virRPCProcedureFlags;

/* What a handler returns that has kept the call: virRPCCallFinish() answers it. */
#define VIR_RPC_LATER 1

/**
 * virRPCHandler:
 * @args: decoded arguments, freed after the call
 * @ret: zeroed; what it holds in the end is sent, then freed as g_malloc()'s memory
 *
 * Runs in a worker thread and may block; with VIR_RPC_AT_ONCE also in the loop's, and may not.
 *
 * Returns: 0, or -1 with an error reported, which the client gets, and @ret is freed unsent; or
 *          VIR_RPC_LATER with @ret untouched
 */
typedef int (*virRPCHandler)(virRPCCall *call, void *args, void *ret);

typedef struct {
    int number;
    xdrproc_t argsFilter;
    xdrproc_t retFilter;
    size_t argsSize; /* in bytes, of the decoded arguments */
    size_t retSize;
    virRPCHandler handler;
    unsigned int flags;  /* virRPCProcedureFlags */
    const void *private; /* whoever wrote the table's own */
} virRPCProcedure;

typedef struct {
    guint32 number;
    guint32 version;
    const virRPCProcedure *procedures; /* by ascending number */
    size_t nprocedures;
    /* Reports why a procedure that there is elsewhere is not answered here; false: there is none
     * with that number. May be NULL. */
    bool (*refuse)(int number);
} virRPCProgram;

/* The procedure, or NULL. */
const virRPCProcedure *virRPCProgramFind(const virRPCProgram *program, int number);
