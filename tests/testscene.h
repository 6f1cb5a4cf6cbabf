/*
 * testscene.h: fake hosts for tests, built from a readable manifest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virpcihost.h"

/*
 * A tree of sys/, proc/, dev/ and lib/modules/ in a temporary directory, gone with the object.
 *
 * A manifest has one directive a line, words as in a shell, "#" for comments:
 *
 *   kernel RELEASE                     proc/sys/kernel/osrelease, and where modules.alias goes
 *   device ADDRESS KEY=VALUE…          modalias, driver, group, override, header (0, 1, 2), numa,
 *                                      physfn, numvfs, vfio-dev (its name below vfio-dev/)
 *   driver NAME                        a PCI driver without a module link (built in)
 *   module NAME [drivers=A,B] [uses=M,N]   a loaded module, its PCI drivers, whom it holds
 *   node GROUP                         dev/vfio/GROUP, and dev/vfio/vfio
 *   alias PATTERN MODULE               a line of modules.alias, taken as it stands
 *   alias-bytes TEXT                   the same with %XX for any byte and no newline added
 *   alias-repeat CHAR COUNT            a run of one character
 *   alias-file NAME                    the lines of a file beside the manifest
 *   link PATH TARGET, dir PATH, file PATH TEXT   anything else
 *   line PATH TEXT                     one more line of a file, for tables
 *   expect …                           for the test that reads the scene
 *
 * A manifest without any alias directive has no modules.alias.
 */
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

/* Builds NAME's tree in an existing empty directory, and leaves it there. */
void testSceneBuild(const char *name, const char *directory);

/* The tree's directory, and a host on it. Borrowed from the scene. */
const char *testSceneGetRoot(const testScene *scene);
virPCIHost *testSceneGetHost(testScene *scene);

/* Gives the running kernel the scene's module directory, for testSceneEnter(). */
void testSceneLinkRelease(const testScene *scene);

/* Makes the tree this process's "/", for one that will only _exit(). False (errno) without the
 * right to do so. */
gboolean testSceneEnter(testScene *scene);

/* A path below the tree's directory; caller frees. */
char *testScenePath(const testScene *scene, const char *below);

/* The words (a strv) of every "expect" line, in order. Borrowed from the scene. */
const GPtrArray *testSceneGetExpectations(const testScene *scene);

/* The VALUE of the word KEY=VALUE, or NULL. Borrowed from @words. */
const char *testSceneGetValue(char **words, const char *key);

/* Every scene's name, sorted; caller frees. */
char **testSceneListNames(void);

/* A new directory for a test (in memory, where possible), and its end. Caller frees the path. */
char *testSceneMakeTemporary(void);
void testSceneRemoveTemporary(const char *directory);

/* Changes to the tree, as the kernel would make them. A file's directory is made if need be. */
void testSceneWrite(const testScene *scene, const char *below, const char *text);
void testSceneBind(const testScene *scene, const char *address, const char *driver);
void testSceneUnbind(const testScene *scene, const char *address);
void testSceneAddVFIODev(const testScene *scene, const char *address, const char *name);

/* One more device, a VF of a SmartNIC, bound to @driver. */
void testSceneAddVF(const testScene *scene, const char *address, const char *driver);

/* A device disappears: its directory and every link to it. */
void testSceneUnplug(const testScene *scene, const char *address);
