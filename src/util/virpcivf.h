/*
 * virpcivf.h: physical functions (PF), their virtual functions (VF), and their network devices
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "virpci.h"

/* A VF as its PF knows it. */
typedef struct {
    unsigned int index; /* N of "virtfnN": what netlink calls the VF */
    virPCIDeviceAddress addr;
} virPCIVF;

/**
 * virPCIDeviceGetVFs:
 * @pf: any device
 *
 * Returns: an array of virPCIVF ordered by index, empty for what is no PF or has no VFs now; caller
 *          unrefs
 */
GArray *virPCIDeviceGetVFs(virPCIDevice *pf);

/**
 * virPCIDeviceGetPF:
 * @vf: a VF
 * @pf: filled with the address of its PF
 *
 * Errors: OPERATION_INVALID if @vf is no VF, SYSTEM_ERROR if its physfn link cannot be read.
 * Returns: 0, or -1 with an error reported and @pf untouched
 */
int virPCIDeviceGetPF(virPCIDevice *vf, virPCIDeviceAddress *pf) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virPCIDeviceGetVFIndex:
 * @vf: a VF
 * @index: filled with its index among the VFs of its PF
 *
 * Errors: OPERATION_INVALID if @vf is no VF, DEVICE_MISSING if its PF does not know it any more.
 * Returns: 0, or -1 with an error reported and @index untouched
 */
int virPCIDeviceGetVFIndex(virPCIDevice *vf, unsigned int *index) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virPCIDeviceGetNetName:
 *
 * The interface that stands for the device: a PF in switchdev mode also has representors of its
 * VFs, which are told by their port names ("pf0vf1", where the PF's own is "p0" or none).
 *
 * Returns: its name, caller frees; NULL if the device has no interface here (it has none while a
 *          VFIO driver holds it). Reports no error.
 */
char *virPCIDeviceGetNetName(virPCIDevice *dev);
