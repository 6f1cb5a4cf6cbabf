/*
 * remoteargsfuzz.c: arguments of any procedure, from a stranger: what is understood says the same
 * again
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "fuzz.h"
#include "remote_table.h"
#include "virerror.h"

#define FUZZ_ARGS_MAX 4096

/* The first two bytes choose the procedure, by its number if there is one with that. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const virRPCProcedure *procedure;
    g_autofree guint8 *payload = NULL;
    g_autofree guint8 *again = NULL;
    guint64 args[FUZZ_ARGS_MAX / sizeof(guint64)];
    size_t length;

    if (size < 2)
        return 0;
    procedure = virRPCProgramFind(&remoteProgram, data[0] << 8 | data[1]);
    if (!procedure)
        procedure = &remoteProgram.procedures[data[1] % remoteProgram.nprocedures];
    data += 2;
    size -= 2;
    g_assert_cmpuint(procedure->argsSize, <=, sizeof(args));
    payload = g_memdup2(data, size);
    virErrorReset();
    if (virRPCDecode(payload, size, procedure->argsFilter, args, procedure->argsSize) < 0) {
        g_assert_cmpint(virErrorGetLast()->code, ==, VIR_ERR_RPC);
        return 0;
    }
    again = virRPCEncode(procedure->argsFilter, args, 0, size, &length);
    g_assert_nonnull(again);
    g_assert_cmpuint(length, <=, size);
    virRPCFree(procedure->argsFilter, args);
    g_assert_cmpint(virRPCDecode(again, length, procedure->argsFilter, args, procedure->argsSize),
                    ==, 0);
    virRPCFree(procedure->argsFilter, args);
    return 0;
}
