/*
 * virkmodindex.h: which modules are VFIO drivers: the alias index of one modules.alias
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include <glib.h>

#include "virenum.h"
#include "virmodalias.h"
#include "virsysfs.h"

/*
 * What modules.alias says about VFIO drivers. Immutable and reference-counted: any number of
 * threads may read one, and one that a scan holds does not change under it.
 */
typedef struct _virKModIndex virKModIndex;

typedef enum {
    VIR_KMOD_INDEX_OK,
    VIR_KMOD_INDEX_MISSING,    /* no such file, or the kernel release is not known */
    VIR_KMOD_INDEX_UNREADABLE, /* it cannot be opened or read, or is larger than any real one */
    VIR_KMOD_INDEX_MALFORMED,  /* some lines were not understood; the others count */
    VIR_KMOD_INDEX_LAST,
} virKModIndexStatus;

VIR_ENUM_DECL(virKModIndexStatus);

/* One "vfio_pci:" line. Texts are owned by the index. */
typedef struct {
    virModAliasPattern pattern;
    char *patternText; /* as in the file */
    char *module;      /* name of a module ("_"), which is not the name of its driver */
} virKModIndexEntry;

/**
 * virKModIndexLoad:
 * @root: where @path lies
 * @path: modules.alias below @root, or NULL if nobody knows where it would be
 *
 * Reads the file once, from one descriptor, in bounded memory. Never fails: what is wrong is the
 * index's status, and an index without a file is empty.
 *
 * Returns: a reference owned by the caller, never NULL
 */
virKModIndex *virKModIndexLoad(const virSysfsRoot *root, const char *path);
virKModIndex *virKModIndexRef(virKModIndex *index);
void virKModIndexUnref(virKModIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virKModIndex, virKModIndexUnref)

/**
 * virKModIndexIsCurrent:
 *
 * One stat: compares device, inode, modification time (ns) and size of what lies at the path now
 * with the descriptor that was read. (The time alone does not do: depmod can replace the file
 * twice within one tick of the clock.)
 *
 * Returns: false if loading again could give another answer
 */
bool virKModIndexIsCurrent(const virKModIndex *index, const virSysfsRoot *root);

virKModIndexStatus virKModIndexGetStatus(const virKModIndex *index);

/* errno behind status MISSING or UNREADABLE, or 0. */
int virKModIndexGetErrno(const virKModIndex *index);

/* How many lines were not understood. */
unsigned int virKModIndexGetBadLines(const virKModIndex *index);

/* The path below the root that was (or would have been) read; NULL if none is known. Borrowed. */
const char *virKModIndexGetPath(const virKModIndex *index);

/* The number of "vfio_pci:" patterns, and one of them in the file's order. Borrowed. */
size_t virKModIndexCount(const virKModIndex *index);
const virKModIndexEntry *virKModIndexGet(const virKModIndex *index, size_t i);

/**
 * virKModIndexFindModule:
 * @module: name of a module ("-" and "_" are the same)
 *
 * Does this module own a "vfio_pci:" alias? Then its driver offers the vfio-pci userspace API.
 * That some alias matches a *device* says nothing: vfio_pci's catch-all matches every one.
 *
 * Returns: its first entry (borrowed), or NULL
 */
const virKModIndexEntry *virKModIndexFindModule(const virKModIndex *index, const char *module);

/**
 * virKModIndexFindBest:
 * @device: the device's modalias
 *
 * Returns: the most specific entry that matches (virModAliasPatternCompare(), then file order),
 *          borrowed; NULL if none does
 * Source: Linux commit cc6711b0bf36
 */
const virKModIndexEntry *virKModIndexFindBest(const virKModIndex *index, const virModAlias *device);
