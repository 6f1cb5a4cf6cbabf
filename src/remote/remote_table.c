/*
 * remote_table.c: libvirt's procedures that we answer: one row each
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "remote_table.h"
#include "virerror.h"
#include "virgettext.h"

#define VIR_FROM_THIS       VIR_FROM_DOMAIN

#define REMOTE_PROGRAM      0x20008086
#define REMOTE_QEMU_PROGRAM 0x20008087

/* From the server's types to the handler's. */
#define REMOTE_CALL(number, name, args, ret, access, order)                                        \
    static int remoteCall##name(virRPCCall *call, void *in, void *out)                             \
    {                                                                                              \
        return remote##name(call, in, out);                                                        \
    }                                                                                              \
    static const remoteRow remoteRow##name = {#name, access};
REMOTE_PROCEDURES(REMOTE_CALL)
REMOTE_QEMU_PROCEDURES(REMOTE_CALL)

#define REMOTE_PROCEDURE(number, name, args, ret, access, order)                                   \
    {number,       (xdrproc_t)xdr_##args, (xdrproc_t)xdr_##ret,                                    \
     sizeof(args), sizeof(ret),           remoteCall##name,                                        \
     order,        &remoteRow##name},
static const virRPCProcedure remoteProcedures[] = {REMOTE_PROCEDURES(REMOTE_PROCEDURE)};

static const virRPCProcedure remoteQEMUProcedures[] = {REMOTE_QEMU_PROCEDURES(REMOTE_PROCEDURE)};

const virRPCProgram remoteProgram = {REMOTE_PROGRAM, 1, remoteProcedures,
                                     G_N_ELEMENTS(remoteProcedures), remoteRefuseOther};
const virRPCProgram remoteQEMUProgram = {REMOTE_QEMU_PROGRAM, 1, remoteQEMUProcedures,
                                         G_N_ELEMENTS(remoteQEMUProcedures), NULL};

int
remoteRowAdmit(const remoteRow *row, remoteClient *client)
{
    if (!(row->access & REMOTE_WHOEVER) && !remoteClientIsKnown(client)) {
        virReportError(VIR_ERR_AUTH_FAILED,
                       _("authentication failed: vir%1$s was called before polkit was asked"),
                       row->name);
        return -1;
    }
    if (!(row->access & REMOTE_BEFORE) && remoteClientCheckOpen(client) < 0)
        return -1;
    if (!(row->access & REMOTE_LOOK) && remoteClientIsReadOnly(client)) {
        virReportError(VIR_ERR_OPERATION_DENIED,
                       _("operation forbidden: read only access prevents vir%1$s"), row->name);
        return -1;
    }
    return 0;
}

int
remoteCheckFlags(virRPCCall *call, unsigned int flags, unsigned int known)
{
    const remoteRow *row = virRPCCallGetProcedure(call)->private;

    if ((flags & ~known) == 0)
        return 0;
    __extension__ virErrorReport(VIR_FROM_QEMU, VIR_ERR_INVALID_ARG, 0,
                                 _("invalid argument: vir%1$s does not know the flags 0x%2$x"),
                                 row->name, flags & ~known);
    return -1;
}

int
remoteRefuseFlags(virRPCCall *call, unsigned int flags, unsigned int forbidden)
{
    const remoteRow *row = virRPCCallGetProcedure(call)->private;

    if ((flags & forbidden) == 0 || !remoteClientIsReadOnly(remoteClientOf(call)))
        return 0;
    virReportError(
        VIR_ERR_OPERATION_DENIED,
        _("operation forbidden: read only access prevents vir%1$s with the flags 0x%2$x"),
        row->name, flags & forbidden);
    return -1;
}

int
remoteRefuseReadOnly(virRPCCall *call)
{
    const remoteRow *row = virRPCCallGetProcedure(call)->private;

    if (!remoteClientIsReadOnly(remoteClientOf(call)))
        return 0;
    virReportError(VIR_ERR_OPERATION_DENIED,
                   _("operation forbidden: read only access prevents vir%1$s"), row->name);
    return -1;
}

int
remoteAdmit(virRPCClient *client, const virRPCProcedure *procedure, void *opaque G_GNUC_UNUSED)
{
    return remoteRowAdmit(procedure->private, virRPCClientGetData(client));
}
