/*
 * qemu_command_graphics.c: QEMU's command line: how to look at a guest, and what it draws on
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_command_priv.h"

#define QEMU_AUDIODEV "audio1"

/* The last display of VNC: its port is the last that there is. */
#define QEMU_VNC_DISPLAY_MAX (65535 - VIR_DOMAIN_GRAPHICS_PORT_MIN)

/* An IPv6 address is in brackets, as a colon ends it otherwise. */
static char *
qemuVNCGetListen(const virDomainGraphicsDef *graphics)
{
    const char *address = graphics->address ? graphics->address : VIR_DOMAIN_GRAPHICS_LOOPBACK;
    int port = graphics->port == VIR_DOMAIN_GRAPHICS_PORT_AUTO ? VIR_DOMAIN_GRAPHICS_PORT_MIN
                                                               : graphics->port;
    g_autofree char *listen = NULL;

    if (graphics->listen == VIR_DOMAIN_GRAPHICS_LISTEN_NONE)
        return g_strdup("none");
    if (graphics->listen == VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET)
        listen = g_strconcat("unix:", graphics->socket, NULL);
    else
        listen = g_strdup_printf(strchr(address, ':') ? "[%s]:%d" : "%s:%d", address,
                                 port - VIR_DOMAIN_GRAPHICS_PORT_MIN);
    return qemuCommandEscape(listen);
}

static void
qemuVNCAppendPorts(GString *vnc, const virDomainGraphicsDef *graphics)
{
    if (graphics->listen != VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS)
        return;
    if (graphics->port == VIR_DOMAIN_GRAPHICS_PORT_AUTO)
        g_string_append_printf(vnc, ",to=%d", QEMU_VNC_DISPLAY_MAX);
    if (graphics->websocket == VIR_DOMAIN_GRAPHICS_PORT_AUTO)
        g_string_append(vnc, ",websocket=on");
    else if (graphics->websocket)
        g_string_append_printf(vnc, ",websocket=%d", graphics->websocket);
}

/* The password itself is set through the monitor: a command line can be read by everybody. */
static void
qemuCommandAddVNC(GPtrArray *argv, const virDomainGraphicsDef *graphics)
{
    const char *share = virDomainGraphicsShareToString((int)graphics->share);
    g_autofree char *listen = qemuVNCGetListen(graphics);
    g_autoptr(GString) vnc = g_string_new(listen);

    qemuVNCAppendPorts(vnc, graphics);
    if (graphics->passwd)
        g_string_append(vnc, ",password=on");
    if (share)
        g_string_append_printf(vnc, ",share=%s", share);
    if (graphics->powerControl == VIR_TRISTATE_ON)
        g_string_append(vnc, ",power-control=on");
    g_string_append(vnc, ",audiodev=" QEMU_AUDIODEV);
    qemuCommandAdd(argv, "-vnc", vnc->str);
}

static void
qemuSpiceAppendListen(GString *spice, const virDomainGraphicsDef *graphics)
{
    const char *address = graphics->address ? graphics->address : VIR_DOMAIN_GRAPHICS_LOOPBACK;
    g_autofree char *escaped = qemuCommandEscape(
        graphics->listen == VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET ? graphics->socket : address);

    if (graphics->listen == VIR_DOMAIN_GRAPHICS_LISTEN_SOCKET)
        g_string_append_printf(spice, "unix=on,addr=%s", escaped);
    else if (graphics->listen == VIR_DOMAIN_GRAPHICS_LISTEN_ADDRESS)
        g_string_append_printf(spice, "port=%d,addr=%s", graphics->port, escaped);
    else
        g_string_append(spice, "port=0");
}

/* QEMU's words for what a document says of spice. */
static void
qemuSpiceAppendOptions(GString *spice, const virDomainGraphicsDef *graphics)
{
    static const struct {
        virDomainSpiceOption option;
        const char *key;
    } same[] = {
        {VIR_DOMAIN_SPICE_IMAGE, "image-compression"},
        {VIR_DOMAIN_SPICE_JPEG, "jpeg-wan-compression"},
        {VIR_DOMAIN_SPICE_ZLIB, "zlib-glz-wan-compression"},
        {VIR_DOMAIN_SPICE_PLAYBACK, "playback-compression"},
        {VIR_DOMAIN_SPICE_STREAMING, "streaming-video"},
    };
    const char *mouse = graphics->spice[VIR_DOMAIN_SPICE_MOUSE];

    for (size_t i = 0; i < G_N_ELEMENTS(same); i++) {
        const char *word = graphics->spice[same[i].option];

        if (word)
            g_string_append_printf(spice, ",%s=%s", same[i].key, word);
    }
    if (mouse)
        g_string_append_printf(spice, ",agent-mouse=%s",
                               virDomainOnOffToString(strcmp(mouse, "client") == 0));
    if (g_strcmp0(graphics->spice[VIR_DOMAIN_SPICE_CLIPBOARD], "no") == 0)
        g_string_append(spice, ",disable-copy-paste=on");
    if (g_strcmp0(graphics->spice[VIR_DOMAIN_SPICE_FILETRANSFER], "no") == 0)
        g_string_append(spice, ",disable-agent-file-xfer=on");
}

static void
qemuCommandAddSpice(GPtrArray *argv, const virDomainGraphicsDef *graphics)
{
    g_autoptr(GString) spice = g_string_new(NULL);

    qemuSpiceAppendListen(spice, graphics);
    if (!graphics->passwd)
        g_string_append(spice, ",disable-ticketing=on");
    qemuSpiceAppendOptions(spice, graphics);
    qemuCommandAdd(argv, "-spice", spice->str);
}

static void
qemuCommandAddAudio(GPtrArray *argv, const virDomainAudioDef *audio)
{
    JsonObject *object = json_object_new();

    qemuCommandSetMembers(object, "id", QEMU_AUDIODEV, "driver",
                          virDomainAudioToString((int)audio->type), NULL);
    qemuCommandAddJSON(argv, "-audiodev", object);
}

/* A controller, and on it a codec that plays and records. */
static void
qemuCommandAddSound(GPtrArray *argv, const virDomainDef *def, const virDomainSoundDef *sound)
{
    g_autofree char *codec = g_strconcat(sound->info.alias, "-codec0", NULL);
    g_autofree char *bus = g_strconcat(sound->info.alias, ".0", NULL);
    JsonObject *device = json_object_new();

    qemuCommandSetMembers(device, "driver", "ich9-intel-hda", "id", sound->info.alias, NULL);
    qemuCommandSetAddress(device, def, &sound->info);
    qemuCommandAddDevice(argv, device);

    device = json_object_new();
    qemuCommandSetMembers(device, "driver", "hda-duplex", "id", codec, "bus", bus, NULL);
    json_object_set_int_member(device, "cad", 0);
    qemuCommandSetMembers(device, "audiodev", QEMU_AUDIODEV, NULL);
    qemuCommandAddDevice(argv, device);
}

/* QEMU's device for the primary adapter of a type, and for another one. */
static const char *const qemuVideoDrivers[VIR_DOMAIN_VIDEO_LAST][2] = {
    [VIR_DOMAIN_VIDEO_VGA] = {"VGA", NULL},
    [VIR_DOMAIN_VIDEO_CIRRUS] = {"cirrus-vga", NULL},
    [VIR_DOMAIN_VIDEO_QXL] = {"qxl-vga", "qxl"},
    [VIR_DOMAIN_VIDEO_VIRTIO] = {"virtio-vga", "virtio-gpu-pci"},
    [VIR_DOMAIN_VIDEO_BOCHS] = {"bochs-display", "bochs-display"},
    [VIR_DOMAIN_VIDEO_RAMFB] = {"ramfb", NULL},
};

static void
qemuVideoSetMemory(JsonObject *device, const virDomainVideoDef *video)
{
    switch (video->type) {
    case VIR_DOMAIN_VIDEO_VGA:
    case VIR_DOMAIN_VIDEO_CIRRUS:
        json_object_set_int_member(device, "vgamem_mb", video->vram_kib / 1024);
        break;
    case VIR_DOMAIN_VIDEO_BOCHS:
        json_object_set_int_member(device, "vgamem", (gint64)video->vram_kib * 1024);
        break;
    case VIR_DOMAIN_VIDEO_QXL:
        json_object_set_int_member(device, "ram_size", (gint64)video->ram_kib * 1024);
        json_object_set_int_member(device, "vram_size", (gint64)video->vram_kib * 1024);
        json_object_set_int_member(device, "vgamem_mb", video->vgamem_kib / 1024);
        break;
    case VIR_DOMAIN_VIDEO_VIRTIO:
    case VIR_DOMAIN_VIDEO_RAMFB:
    case VIR_DOMAIN_VIDEO_NONE:
    case VIR_DOMAIN_VIDEO_LAST:
        break;
    }
}

static void
qemuCommandAddVideo(GPtrArray *argv, const virDomainDef *def, const virDomainVideoDef *video)
{
    const char *driver = qemuVideoDrivers[video->type][!video->primary];
    JsonObject *device;

    if (!driver)
        return;
    device = json_object_new();
    qemuCommandSetMembers(device, "driver", driver, "id", video->info.alias, NULL);
    qemuVideoSetMemory(device, video);
    if (video->type == VIR_DOMAIN_VIDEO_VIRTIO || video->type == VIR_DOMAIN_VIDEO_QXL)
        json_object_set_int_member(device, "max_outputs", video->heads);
    qemuCommandSetVirtio(device, &video->virtio);
    qemuCommandSetAddress(device, def, &video->info);
    qemuCommandAddDevice(argv, device);
}

/* QEMU has one layout for all displays. */
static const char *
qemuGraphicsGetKeymap(const virDomainDef *def)
{
    for (guint i = 0; i < def->graphics->len; i++) {
        const virDomainGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);

        if (graphics->keymap)
            return graphics->keymap;
    }
    return NULL;
}

void
qemuCommandAddGraphics(GPtrArray *argv, const virDomainDef *def)
{
    const char *keymap = qemuGraphicsGetKeymap(def);

    for (guint i = 0; i < def->audios->len; i++)
        qemuCommandAddAudio(argv, g_ptr_array_index(def->audios, i));
    for (guint i = 0; i < def->graphics->len; i++) {
        const virDomainGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);

        if (graphics->type == VIR_DOMAIN_GRAPHICS_VNC)
            qemuCommandAddVNC(argv, graphics);
        else
            qemuCommandAddSpice(argv, graphics);
    }
    if (keymap)
        qemuCommandAdd(argv, "-k", keymap);
    for (guint i = 0; i < def->sounds->len; i++)
        qemuCommandAddSound(argv, def, g_ptr_array_index(def->sounds, i));
    for (guint i = 0; i < def->videos->len; i++)
        qemuCommandAddVideo(argv, def, g_ptr_array_index(def->videos, i));
}
