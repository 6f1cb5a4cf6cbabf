/*
 * testscenepriv.h: what the parts of testscene share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "testscene.h"

struct _testScene {
    char *root;
    gboolean temporary;
    char *kernel;
    GString *aliases; /* NULL until the first alias directive */
    GPtrArray *expectations;
    virPCIHost *host;
};

/* Parts of building the tree; paths are below its directory. A failure ends the test. */
void testSceneMakeDir(const testScene *scene, const char *below);
void testSceneWriteBytes(const testScene *scene, const char *below, const char *data, gssize len);
void testSceneWriteFormat(const testScene *scene, const char *below, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void testSceneLink(const testScene *scene, const char *below, const char *target);

/* A device as its manifest line says. */
void testSceneAddDevice(const testScene *scene, char **words);
