/*
 * testscene.h: fake hosts for tests, built from a readable manifest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virpcihost.h"

/* A tree of sys/, proc/, dev/ and lib/modules/ in a temporary directory, gone with the object. */
typedef struct _testScene testScene;

/**
 * testSceneNew:
 * @name: tests/virpcitestdata/NAME.scene
 *
 * Builds the tree. Ends the test if the manifest is wrong.
 */
testScene *testSceneNew(const char *name);
void testSceneFree(testScene *scene);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(testScene, testSceneFree)

/* The tree's directory, a path below it (caller frees), its manifest, and a host on it. Borrowed
 * from the scene but for the path. */
const char *testSceneGetRoot(const testScene *scene);
char *testScenePath(const testScene *scene, const char *below);
GKeyFile *testSceneGetManifest(const testScene *scene);
virPCIHost *testSceneGetHost(testScene *scene);

/* Every scene's name, sorted; caller frees. */
char **testSceneListNames(void);

/* Changes to the tree, as the kernel would make them. */
void testSceneWrite(const testScene *scene, const char *below, const char *text);
void testSceneBind(const testScene *scene, const char *address, const char *driver);
void testSceneUnbind(const testScene *scene, const char *address);
void testSceneAddVFIODev(const testScene *scene, const char *address, const char *name);
