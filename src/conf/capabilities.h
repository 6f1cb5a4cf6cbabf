/*
 * capabilities.h: what this host and its hypervisor can do, as libvirt's XML
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdbool.h>

#include "virhostcpu.h"

/* A kind of machine that an emulator knows. */
typedef struct {
    char *name;
    char *canonical; /* what an alias ("q35") stands for, or NULL */
    unsigned int maxCPUs;
} virCapsMachine;

/* Guests of one architecture. */
typedef struct {
    char *arch;          /* "x86_64" */
    char *emulator;      /* absolute path */
    unsigned int bits;   /* of a word */
    GPtrArray *machines; /* virCapsMachine */
    bool kvm;
} virCapsGuest;

typedef struct {
    char *uuid;                /* the host's, which it keeps */
    char *arch;                /* as uname says */
    bool iommu;                /* there are IOMMU groups */
    virHostTopology *topology; /* owned */
    GPtrArray *pages;          /* of each of its nodes: virHostPagesRead()'s, or NULL */
    GPtrArray *guests;         /* virCapsGuest */
} virCaps;

/* The host's UUID: the firmware's, else one derived from the machine's identity. Caller frees. */
char *virCapsReadUUID(const virSysfsRoot *root);

/**
 * virCapsNew:
 *
 * What @root says of the host; no guests yet.
 *
 * Errors: SYSTEM_ERROR if the kernel does not say which processors there are.
 * Returns: owned by the caller, or NULL
 */
virCaps *virCapsNew(const virSysfsRoot *root);
void virCapsFree(virCaps *caps);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virCaps, virCapsFree)

/* Adds guests without machines; the result is owned by @caps. */
virCapsGuest *
virCapsAddGuest(virCaps *caps, const char *arch, unsigned int bits, const char *emulator);

/* @canonical may be NULL. */
void virCapsGuestAddMachine(virCapsGuest *guest, const char *name, const char *canonical,
                            unsigned int maxCPUs);

/* libvirt's <capabilities>; caller frees. */
char *virCapsFormat(const virCaps *caps);
