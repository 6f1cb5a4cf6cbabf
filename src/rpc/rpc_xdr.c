/*
 * rpc_xdr.c: XDR through libtirpc, for what comes from and goes to strangers
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "rpc_xdr.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS     VIR_FROM_RPC

#define VIR_RPC_QUOTE_MAX 200

/* libtirpc's xdr_opaque() reads padding into one buffer of the whole process: a race of threads. */
static u_int
virRPCPadding(u_int length)
{
    return (BYTES_PER_XDR_UNIT - length % BYTES_PER_XDR_UNIT) % BYTES_PER_XDR_UNIT;
}

static bool_t
virRPCStringDecode(XDR *xdrs, virRPCString *string)
{
    char padding[BYTES_PER_XDR_UNIT];
    g_autofree char *text = NULL;
    u_int length;

    /* x_handy: what is left of the payload. */
    if (!xdr_u_int(xdrs, &length) || length > VIR_RPC_STRING_MAX || length > xdrs->x_handy)
        return FALSE;
    text = g_malloc((gsize)length + 1);
    text[length] = '\0';
    if (!XDR_GETBYTES(xdrs, text, length) || !XDR_GETBYTES(xdrs, padding, virRPCPadding(length)) ||
        strlen(text) != length || !g_utf8_validate(text, (gssize)length, NULL))
        return FALSE;
    *string = g_steal_pointer(&text);
    return TRUE;
}

static bool_t
virRPCStringEncode(XDR *xdrs, char *string)
{
    static char zeroes[BYTES_PER_XDR_UNIT];
    u_int length;

    if (!string || strlen(string) > VIR_RPC_STRING_MAX || !g_utf8_validate(string, -1, NULL))
        return FALSE;
    length = (u_int)strlen(string);
    return xdr_u_int(xdrs, &length) && XDR_PUTBYTES(xdrs, string, length) &&
           XDR_PUTBYTES(xdrs, zeroes, virRPCPadding(length));
}

bool_t
xdr_virRPCString(XDR *xdrs, virRPCString *string)
{
    switch (xdrs->x_op) {
    case XDR_DECODE:
        return virRPCStringDecode(xdrs, string);
    case XDR_ENCODE:
        return virRPCStringEncode(xdrs, *string);
    case XDR_FREE:
    default:
        g_clear_pointer(string, g_free);
        return TRUE;
    }
}

bool_t
xdr_virRPCNothing(XDR *xdrs G_GNUC_UNUSED, virRPCNothing *nothing G_GNUC_UNUSED)
{
    return TRUE;
}

int
virRPCDecode(guint8 *payload, size_t length, xdrproc_t filter, void *value, size_t size)
{
    XDR xdrs;
    bool_t good;

    memset(value, 0, size);
    xdrmem_create(&xdrs, (char *)payload, (u_int)length, XDR_DECODE);
    good = filter(&xdrs, value);
    xdr_destroy(&xdrs);
    if (good)
        return 0;
    virRPCFree(filter, value);
    memset(value, 0, size);
    virReportError(VIR_ERR_RPC, "%s", _("Unable to decode message payload"));
    return -1;
}

guint8 *
virRPCEncode(xdrproc_t filter, void *value, size_t room, size_t max, size_t *length)
{
    size_t size = xdr_sizeof(filter, value);
    g_autofree guint8 *out = NULL;
    XDR xdrs;
    bool_t good;

    if (size > max) {
        virReportError(VIR_ERR_RPC,
                       _("the message of %1$zu bytes is longer than the %2$zu that the protocol "
                         "allows"),
                       size, max);
        return NULL;
    }
    out = g_malloc(room + size + 1);
    xdrmem_create(&xdrs, (char *)out + room, (u_int)size, XDR_ENCODE);
    good = filter(&xdrs, value) && xdr_getpos(&xdrs) == size;
    xdr_destroy(&xdrs);
    if (!good) {
        virReportError(VIR_ERR_RPC, "%s",
                       _("the message holds a text or a list that the protocol does not allow"));
        return NULL;
    }
    *length = room + size;
    return g_steal_pointer(&out);
}

void
virRPCFree(xdrproc_t filter, void *value)
{
    XDR xdrs = {.x_op = XDR_FREE};

    filter(&xdrs, value);
}

char *
virRPCQuote(const char *text)
{
    g_autofree char *valid = NULL;
    const char *end;

    if (!text)
        return g_strdup("");
    if (strlen(text) <= VIR_RPC_QUOTE_MAX)
        return g_utf8_make_valid(text, -1);
    valid = g_utf8_make_valid(text, VIR_RPC_QUOTE_MAX + 1);
    end = g_utf8_find_prev_char(valid, valid + VIR_RPC_QUOTE_MAX - 2);
    return g_strdup_printf("%.*s…", (int)(end - valid), valid);
}
