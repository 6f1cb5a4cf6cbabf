/*
 * virhostcpu.h: the processors of a host, and where they are
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "virsysfs.h"

/* The largest number of a processor, or of a NUMA node, that is believed. */
#define VIR_HOST_CPU_MAX 65535

/* A processor that is online. */
typedef struct {
    unsigned int id;
    unsigned int node; /* NUMA node */
    unsigned int socket;
    unsigned int die;
    unsigned int core;
    char *siblings; /* the list of threads of its core ("0,4"), as the kernel writes it */
} virHostCPU;

typedef struct {
    unsigned int id;
    guint64 memory_kib;
} virHostNode;

typedef struct {
    GArray *cpus;         /* virHostCPU, by ascending number */
    GArray *nodes;        /* virHostNode, by ascending number; one at least */
    GArray *present;      /* unsigned int: the processors that are there, online or not */
    unsigned int sockets; /* the most in a node */
    unsigned int cores;   /* the most in a socket */
    unsigned int threads; /* the most in a core */
    unsigned int mhz;     /* of the first processor; 0 if the kernel does not say */
} virHostTopology;

/**
 * virHostTopologyRead:
 *
 * Reads sysfs and /proc. Where the kernel has no NUMA nodes there is one, number 0, of all memory.
 *
 * Errors: SYSTEM_ERROR if the list of processors cannot be read.
 * Returns: a topology owned by the caller, or NULL
 */
virHostTopology *virHostTopologyRead(const virSysfsRoot *root);
void virHostTopologyFree(virHostTopology *topology);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virHostTopology, virHostTopologyFree)

/**
 * virHostCPUParseList:
 * @text: as the kernel writes sets of processors ("0-3,8")
 *
 * Returns: the numbers (unsigned int) in ascending order, owned by the caller, or NULL if @text is
 * no such list. Reports no error.
 */
GArray *virHostCPUParseList(const char *text);

/* What processors have been doing, in nanoseconds since the host started. */
typedef struct {
    guint64 kernel_ns;
    guint64 user_ns;
    guint64 idle_ns;
    guint64 iowait_ns;
} virHostCPUTimes;

/**
 * virHostCPUTimesRead:
 * @cpu: number of a processor, or -1 for all
 *
 * Errors: INVALID_ARG if there is no such processor, SYSTEM_ERROR if the kernel does not say.
 * Returns: 0, or -1 with an error reported
 */
int virHostCPUTimesRead(const virSysfsRoot *root, int cpu, virHostCPUTimes *times)
    G_GNUC_WARN_UNUSED_RESULT;
