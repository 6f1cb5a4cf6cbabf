/*
 * qemu_image.c: what the header of a qcow2 image says of other files
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <string.h>

#include "qemu_image.h"
#include "virgettext.h"

#define QEMU_IMAGE_MAGIC             0x514649fb /* "QFI\xfb" */
#define QEMU_IMAGE_LENGTH_V2         72
#define QEMU_IMAGE_LENGTH_V3         104
#define QEMU_IMAGE_EXTERNAL_DATA     (1 << 2) /* of the incompatible features */
#define QEMU_IMAGE_EXTENSION_END     0
#define QEMU_IMAGE_EXTENSION_BACKING 0xe2792aca
/* QEMU's own limits. */
#define QEMU_IMAGE_MAX_NAME   1023
#define QEMU_IMAGE_MAX_FORMAT 15

void
qemuImageHeaderClear(qemuImageHeader *header)
{
    g_clear_pointer(&header->backing, g_free);
    g_clear_pointer(&header->backingFormat, g_free);
}

static guint32
qemuImageGet32(const guint8 *bytes, size_t at)
{
    guint32 value;

    memcpy(&value, bytes + at, sizeof(value));
    return GUINT32_FROM_BE(value);
}

static guint64
qemuImageGet64(const guint8 *bytes, size_t at)
{
    guint64 value;

    memcpy(&value, bytes + at, sizeof(value));
    return GUINT64_FROM_BE(value);
}

/* A text without NUL bytes; NULL if there is none, or one that is too long. */
static char *
qemuImageGetText(const guint8 *bytes, size_t len, size_t max)
{
    return len == 0 || len > max || memchr(bytes, '\0', len) ? NULL
                                                             : g_strndup((const char *)bytes, len);
}

/* Where the extensions begin; 0 with @reason filled if the header is none that can be used. */
static size_t
qemuImageCheckHeader(const guint8 *bytes, size_t len, char **reason)
{
    guint32 version = len >= 8 ? qemuImageGet32(bytes, 4) : 0;
    guint64 start;

    if (len < QEMU_IMAGE_LENGTH_V2 || qemuImageGet32(bytes, 0) != QEMU_IMAGE_MAGIC) {
        *reason = virFormat(_("it is no qcow2 image"));
        return 0;
    }
    if (version != 2 && version != 3) {
        *reason = virFormat(_("it is qcow version %1$u, and 2 and 3 are known"), version);
        return 0;
    }
    if (version == 2)
        return QEMU_IMAGE_LENGTH_V2;
    start = len >= QEMU_IMAGE_LENGTH_V3 ? qemuImageGet32(bytes, 100) : 0;
    if (start < QEMU_IMAGE_LENGTH_V3 || start > len) {
        *reason = virFormat(_("its header is damaged"));
        return 0;
    }
    if (qemuImageGet64(bytes, 72) & QEMU_IMAGE_EXTERNAL_DATA) {
        *reason = virFormat(_("its data is in another file, which is not supported"));
        return 0;
    }
    return (size_t)start;
}

/* Goes through the extensions between @at and @end; -1 if they are damaged. */
static int
qemuImageFindFormat(const guint8 *bytes, size_t at, size_t end, char **format)
{
    while (end - at >= 8) {
        guint32 type = qemuImageGet32(bytes, at);
        size_t size = qemuImageGet32(bytes, at + 4);

        at += 8;
        if (type == QEMU_IMAGE_EXTENSION_END)
            return 0;
        if (size > end - at)
            return -1;
        /* Of two, nobody knows which one counts. */
        if (type == QEMU_IMAGE_EXTENSION_BACKING &&
            (*format || !(*format = qemuImageGetText(bytes + at, size, QEMU_IMAGE_MAX_FORMAT))))
            return -1;
        size = (size + 7) & ~(size_t)7;
        at += MIN(size, end - at);
    }
    return 0;
}

/* What QEMU would take for "protocol:…" is no file. */
static bool
qemuImageIsFileName(const char *name)
{
    size_t plain = strcspn(name, ":/");

    return name[plain] != ':';
}

int
qemuImageParse(const guint8 *bytes, size_t len, qemuImageHeader *header, char **reason)
{
    size_t at = qemuImageCheckHeader(bytes, len, reason);
    g_auto(qemuImageHeader) found = {0};
    guint64 offset = at > 0 ? qemuImageGet64(bytes, 8) : 0;
    guint32 size = at > 0 ? qemuImageGet32(bytes, 16) : 0;

    if (at == 0)
        return -1;
    if (offset == 0 || size == 0)
        return 0;
    if (offset < at || offset > len || size > len - offset ||
        !(found.backing = qemuImageGetText(bytes + offset, size, QEMU_IMAGE_MAX_NAME)) ||
        qemuImageFindFormat(bytes, at, (size_t)offset, &found.backingFormat) < 0) {
        *reason = virFormat(_("what it says of its backing file is damaged"));
        return -1;
    }
    if (!qemuImageIsFileName(found.backing)) {
        *reason = virFormat(_("its backing file '%1$s' is no file, which is not supported"),
                            found.backing);
        return -1;
    }
    *header = found;
    found = (qemuImageHeader){0};
    return 0;
}
