/*
 * benchmodule.c: as much of a kernel module as modinfo(8) wants to see
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define BENCH_MODINFO(name, text)                                                                  \
    extern const char name[];                                                                      \
    const char name[] __attribute__((section(".modinfo"))) = text

BENCH_MODINFO(benchAlias, "alias=vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*");
BENCH_MODINFO(benchLicense, "license=GPL");
BENCH_MODINFO(benchName, "name=mlx5_vfio_pci");
