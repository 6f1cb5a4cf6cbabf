/*
 * kmodload.c: loads one kernel module the way virtvfio does, for the end-to-end tests
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include "virerror.h"
#include "virpcihost.h"

int
main(int argc, char **argv)
{
    g_autoptr(virPCIHost) host = NULL;

    if (argc != 2) {
        g_printerr("usage: kmodload MODULE\n");
        return 2;
    }
    host = virPCIHostNew(NULL);
    if (!host || virKModLoad(virPCIHostGetKMod(host), argv[1]) < 0) {
        g_printerr("kmodload: %s\n", virErrorGetMessage());
        return 1;
    }
    return 0;
}
