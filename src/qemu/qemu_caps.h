/*
 * qemu_caps.h: what one QEMU program can do on this host
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

#include "qemu_loop.h"

/* A machine type. Texts are owned. */
typedef struct {
    char *name;
    char *alias; /* another name of it ("q35"), or NULL */
    unsigned int maxCpus;
    bool isDefault;
} qemuCapsMachine;

/* Immutable once made, and shared by threads. Lists of texts are sorted. */
typedef struct {
    gatomicrefcount refs;
    char *key;            /* qemuCapsMakeKey() of the program that was asked */
    unsigned int version; /* major * 1000000 + minor * 1000 + micro */
    char *package;        /* what its packager calls it */
    bool kvm;             /* KVM works here with it; without it there is emulation (TCG) */
    GPtrArray *machines;  /* qemuCapsMachine, by name */
    GStrv commands;       /* of QMP */
    GStrv devices;        /* models for -device */
    GStrv cpus;           /* models that can be named */
    GStrv vfioProperties; /* of vfio-pci */
} qemuCaps;

qemuCaps *qemuCapsRef(qemuCaps *caps);
void qemuCapsUnref(qemuCaps *caps);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuCaps, qemuCapsUnref)

/* An empty one, for those that fill it. */
qemuCaps *qemuCapsNew(void);

bool qemuCapsHasDevice(const qemuCaps *caps, const char *model);
bool qemuCapsHasCommand(const qemuCaps *caps, const char *command);
bool qemuCapsHasVFIOProperty(const qemuCaps *caps, const char *property);

/* The machine of that name or alias; NULL: the default one. NULL if there is none. Borrowed. */
const qemuCapsMachine *qemuCapsFindMachine(const qemuCaps *caps, const char *name);

/**
 * qemuCapsMakeKey:
 *
 * What the answer depends on: the file (path, inode, time, size), the running kernel, and whether
 * we may use KVM.
 *
 * Errors: SYSTEM_ERROR if there is no such file.
 * Returns: the key, owned by the caller, or NULL with an error reported
 */
char *qemuCapsMakeKey(const char *path);

/* As JSON, and back; NULL without an error if @text is no such JSON. Caller frees. */
char *qemuCapsFormat(const qemuCaps *caps);
qemuCaps *qemuCapsParse(const char *text, size_t len);

/**
 * qemuCapsProbe:
 * @path: of QEMU
 * @key: qemuCapsMakeKey() of it
 *
 * Starts QEMU without a machine, asks it over QMP and ends it. Takes a tenth of a second.
 *
 * Errors: OPERATION_FAILED or OPERATION_TIMEOUT.
 * Returns: what it can do, owned by the caller, or NULL with an error reported
 */
qemuCaps *qemuCapsProbe(qemuLoop *loop, const char *path, const char *key);

/* Remembers what was probed, in memory and in a directory. For any number of threads. */
typedef struct _qemuCapsCache qemuCapsCache;

/**
 * qemuCapsCacheNew:
 * @directory: where NAME.json is kept; made when one is written; NULL keeps nothing
 */
qemuCapsCache *qemuCapsCacheNew(qemuLoop *loop, const char *directory);

/* Waits for probes that are under way. */
void qemuCapsCacheFree(qemuCapsCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(qemuCapsCache, qemuCapsCacheFree)

/* Has a thread find out about @path, if it is not known. Does not wait. */
void qemuCapsCachePrefetch(qemuCapsCache *cache, const char *path);

/**
 * qemuCapsCacheGet:
 * @timeout_ms: how long to wait for a probe; 0 does not wait
 *
 * Errors: those of qemuCapsProbe(); OPERATION_TIMEOUT if it takes longer.
 * Returns: what @path can do now, owned by the caller, or NULL with an error reported
 */
qemuCaps *qemuCapsCacheGet(qemuCapsCache *cache, const char *path, guint timeout_ms);
