/*
 * rpc_program.c: what can be called
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stdlib.h>

#include "rpc_program.h"

static int
virRPCProcedureCompare(const void *number, const void *procedure)
{
    int wanted = *(const int *)number;
    int found = ((const virRPCProcedure *)procedure)->number;

    return (wanted > found) - (wanted < found);
}

const virRPCProcedure *
virRPCProgramFind(const virRPCProgram *program, int number)
{
    return bsearch(&number, program->procedures, program->nprocedures, sizeof(*program->procedures),
                   virRPCProcedureCompare);
}
