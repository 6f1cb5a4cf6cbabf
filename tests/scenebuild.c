/*
 * scenebuild.c: builds a scene's tree in a directory, for scripts and for trying things out
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <stdlib.h>

#include "testscene.h"

int
main(int argc, char **argv)
{
    if (argc != 3) {
        g_printerr("usage: scenebuild SCENE DIRECTORY\n");
        return 2;
    }
    if (!g_getenv("abs_top_srcdir"))
        g_setenv("abs_top_srcdir", TOP_SRCDIR, TRUE);
    testSceneBuild(argv[1], argv[2]);
    return EXIT_SUCCESS;
}
