/*
 * qemu_command_priv.h: the parts of qemu_command, and what they share
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

#include "domain_conf.h"

/* Adds an option and its value, if it has one. */
void qemuCommandAdd(GPtrArray *argv, const char *option, const char *value);
void
qemuCommandAddFormat(GPtrArray *argv, const char *option, const char *fmt, ...) G_GNUC_PRINTF(3, 4);

/* A value of QEMU's key=value,… syntax: a comma in it is doubled. Caller frees. */
char *qemuCommandEscape(const char *value);

/* What -name says of a guest: by this its QEMU is known. Caller frees. */
char *qemuCommandMakeName(const char *name);

/* Text members of a JSON object: name, value, name, value, …, NULL. */
void qemuCommandSetMembers(JsonObject *device, const char *name, ...) G_GNUC_NULL_TERMINATED;

/* An option whose value is an object. Takes @object. */
void qemuCommandAddJSON(GPtrArray *argv, const char *option, JsonObject *object);

/* "-device" takes an object since QEMU 6.2: no quoting, no guessing of types. Takes @device. */
void qemuCommandAddDevice(GPtrArray *argv, JsonObject *device);

/* The same for "-object", "-blockdev" and "-netdev". */
void qemuCommandAddObject(GPtrArray *argv, JsonObject *object);
void qemuCommandAddBlockdev(GPtrArray *argv, JsonObject *node);
void qemuCommandAddNetdev(GPtrArray *argv, JsonObject *backend);

/* Where in the guest a device is: on PCI, USB, virtio-serial or ISA. */
void
qemuCommandSetAddress(JsonObject *device, const virDomainDef *def, const virDomainDeviceInfo *info);

/* QEMU's devices for a virtio device, by its virDomainVirtioModel. */
#define QEMU_COMMAND_VIRTIO_DRIVERS(name)                                                          \
    {                                                                                              \
        name, name "-transitional", name "-non-transitional"                                       \
    }

/* What a virtio device says in <driver>. */
void qemuCommandSetVirtio(JsonObject *device, const virDomainVirtioDef *virtio);

/* Nothing if @value is absent. */
void qemuCommandSetTristate(JsonObject *device, const char *name, virTristate value);

/* Boot order and option ROM, where a device has them. */
void
qemuCommandSetBoot(JsonObject *device, const virDomainDef *def, const virDomainDeviceInfo *info);

/* The id of the guest's memory, if it has a backend of its own. */
#define QEMU_COMMAND_RAM_ID "pc.ram"

/* qemu_command_cpu.c */
void qemuCommandAppendSwitch(GString *text, const char *name, virTristate value);
void qemuCommandAddCPU(GPtrArray *argv, const virDomainDef *def);
void qemuCommandAddSMP(GPtrArray *argv, const virDomainDef *def);

/* qemu_command_memory.c */
bool qemuCommandHasMemoryBackend(const virDomainDef *def);
void qemuCommandAddMemory(GPtrArray *argv, const virDomainDef *def);

/* qemu_command_clock.c */
void qemuCommandAddClock(GPtrArray *argv, const virDomainDef *def);

/* qemu_command_machine.c */
void qemuCommandAddMachine(GPtrArray *argv, const virDomainDef *def);
void qemuCommandAddLimits(GPtrArray *argv, const virDomainDef *def);
void qemuCommandAddKernel(GPtrArray *argv, const virDomainOSDef *os);

/* qemu_command_controller.c */
void qemuCommandAddController(GPtrArray *argv, const virDomainDef *def,
                              const virDomainControllerDef *controller);

/* qemu_command_iothread.c; nothing is set for thread 0, which is QEMU's main one. */
void qemuCommandSetIOThread(JsonObject *device, unsigned int iothread);
void qemuCommandAddIOThreads(GPtrArray *argv, const virDomainDef *def);

/* qemu_command_disk.c; the objects are what blockdev-add and device_add take too. */
#define QEMU_DISK_NODE_STORAGE "storage"
#define QEMU_DISK_NODE_FORMAT  "format"

/* What QEMU calls a layer of a disk's image; caller frees. */
char *qemuGetDiskNodeName(const virDomainDiskDef *disk, const char *layer);
JsonObject *qemuBuildDiskStorage(const virDomainDiskDef *disk);
JsonObject *qemuBuildDiskFormat(const virDomainDiskDef *disk);
JsonObject *qemuBuildDiskDevice(const virDomainDef *def, const virDomainDiskDef *disk);
void qemuCommandAddDisk(GPtrArray *argv, const virDomainDef *def, const virDomainDiskDef *disk);

/* qemu_command_net.c; @fd is the name or number of a tap device's descriptor in QEMU. */
JsonObject *qemuBuildNetBackend(const virDomainNetDef *net, const char *fd);
JsonObject *qemuBuildNetDevice(const virDomainDef *def, const virDomainNetDef *net);
void qemuCommandAddNet(GPtrArray *argv, const virDomainDef *def, guint position);

/* qemu_command_chr.c; the objects are what chardev-add and device_add take. */

/* What QEMU calls the host's end of a character device; caller frees. */
char *qemuGetChardevName(const virDomainChrDef *chr);
/* Of a type that needs no descriptor of ours and no display: neither stdio nor spicevmc. */
JsonObject *qemuBuildChardev(const virDomainChrDef *chr);
JsonObject *qemuBuildChrDevice(const virDomainDef *def, const virDomainChrDef *chr);
void qemuCommandAddChardev(GPtrArray *argv, const char *id, const virDomainChrSourceDef *source);
void qemuCommandAddChrs(GPtrArray *argv, const virDomainDef *def);

/* qemu_command_graphics.c: also sound and video */
void qemuCommandAddGraphics(GPtrArray *argv, const virDomainDef *def);

/* qemu_command_misc.c; the objects are what object-add and device_add take. */

/* What QEMU calls the host's end of an <rng>; caller frees. */
char *qemuGetRNGObjectName(const virDomainRNGDef *rng);
JsonObject *qemuBuildRNGObject(const virDomainRNGDef *rng);
JsonObject *qemuBuildRNGDevice(const virDomainDef *def, const virDomainRNGDef *rng);
void qemuCommandAddIOMMU(GPtrArray *argv, const virDomainDef *def);
void qemuCommandAddInputs(GPtrArray *argv, const virDomainDef *def);
void qemuCommandAddTPMs(GPtrArray *argv, const virDomainDef *def);
void qemuCommandAddMisc(GPtrArray *argv, const virDomainDef *def);

/* qemu_command_device.c */
JsonObject *qemuBuildHostdevDevice(const virDomainDef *def, const virDomainHostdevDef *hostdev);
void qemuCommandAddDevices(GPtrArray *argv, const virDomainDef *def);
