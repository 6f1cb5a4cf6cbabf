/*
 * rpc_xdr.h: XDR through libtirpc, for what comes from and goes to strangers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <rpc/rpc.h>

#include <glib.h>

/* The longest string of the protocol, in bytes. */
#define VIR_RPC_STRING_MAX 4194304

/*
 * Text. Unlike libtirpc's string it is bounded by what has arrived before memory is taken for it,
 * holds no NUL and is valid UTF-8, whichever way it goes; NULL cannot be encoded. Memory as
 * g_malloc()'s.
 */
typedef char *virRPCString;
bool_t xdr_virRPCString(XDR *xdrs, virRPCString *string);

/* No arguments, or no results. */
typedef struct {
    char none;
} virRPCNothing;
bool_t xdr_virRPCNothing(XDR *xdrs, virRPCNothing *nothing);

/**
 * virRPCDecode:
 * @payload, @length: encoded value; bytes beyond it are ignored, as libvirt does
 * @filter: of the value's type
 * @value: filled; @size bytes. Cleared by virRPCFree() after success
 *
 * Errors: RPC, in libvirt's own words, if @payload holds no such value.
 * Returns: 0, or -1 with an error reported and nothing to clear
 */
int virRPCDecode(guint8 *payload, size_t length, xdrproc_t filter, void *value, size_t size)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virRPCEncode:
 * @room: bytes to leave free before the value
 * @max: largest accepted length of the value in bytes
 * @length: filled with the length of all, @room included
 *
 * Errors: RPC if @value does not fit, or breaks a bound of its type (a string that is no UTF-8).
 * Returns: the bytes, owned by the caller, or NULL
 */
guint8 *virRPCEncode(xdrproc_t filter, void *value, size_t room, size_t max, size_t *length);

/* Frees what a value owns, whether libtirpc decoded it or a handler filled it with g_malloc(). */
void virRPCFree(xdrproc_t filter, void *value);

/**
 * virRPCQuote:
 * @text: what a client sent, or NULL
 *
 * Returns: @text in at most 200 bytes, cut between two characters and then ended by "…". Caller
 * frees
 */
char *virRPCQuote(const char *text);
