/*
 * testboot.c: the smallest guest: it repeats what comes over its serial port
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "testboot.h"

#define TEST_BOOT_TIMEOUT_MS (60 * 1000)

/* Code for a PC's 16-bit mode, where the firmware leaves it at 0000:7c00. */
static const guint8 testBootCode[] = {
    0xba, 0xf8, 0x03, /* mov dx, 0x3f8: the serial port's data */
    0xb0, 'R',        /* mov al, 'R' */
    0xee,             /* out dx, al */
                      /* next: */
    0xba, 0xfd, 0x03, /* mov dx, 0x3fd: its status */
                      /* wait: */
    0xec,             /* in al, dx */
    0xa8, 0x01,       /* test al, 1 */
    0x74, 0xfb,       /* jz wait */
    0xba, 0xf8, 0x03, /* mov dx, 0x3f8 */
    0xec,             /* in al, dx */
    0xee,             /* out dx, al */
    0x3c, '!',        /* cmp al, '!' */
    0x74, 0x10,       /* je off */
    0x3c, '~',        /* cmp al, '~' */
    0x74, 0x15,       /* je reset */
    0x3c, '#',        /* cmp al, '#' */
    0x75, 0xe7,       /* jne next */
    0xba, 0x05, 0x05, /* mov dx, 0x505: pvpanic */
    0xb0, 0x01,       /* mov al, 1 */
    0xee,             /* out dx, al */
    0xeb, 0xdf,       /* jmp next */
                      /* off: */
    0xba, 0x04, 0x06, /* mov dx, 0x604: ACPI's PM1a control */
    0xb8, 0x00, 0x20, /* mov ax, 0x2000: sleep, type 0 */
    0xef,             /* out dx, ax */
    0xeb, 0xd6,       /* jmp next */
                      /* reset: */
    0xba, 0xf9, 0x0c, /* mov dx, 0xcf9 */
    0xb0, 0x06,       /* mov al, 6 */
    0xee,             /* out dx, al */
    0xeb, 0xce,       /* jmp next */
};

char *
testBootMakeImage(void)
{
    char sector[512] = {0};
    g_autoptr(GError) err = NULL;
    char *path = NULL;
    int fd = g_file_open_tmp("testboot-XXXXXX.img", &path, &err);

    g_assert_no_error(err);
    memcpy(sector, testBootCode, sizeof(testBootCode));
    sector[510] = 0x55;
    sector[511] = (char)0xaa;
    g_assert_cmpint(write(fd, sector, sizeof(sector)), ==, sizeof(sector));
    /* A disk of less than a cylinder is none for some firmware. */
    g_assert_cmpint(ftruncate(fd, 1024 * 1024), ==, 0);
    close(fd);
    return path;
}

char *
testBootMakeXML(const char *image, const char *more)
{
    return g_strdup_printf(
        "<features><acpi/></features><devices><disk type='file'><driver name='qemu' type='raw'/>"
        "<source file='%s'/><target dev='sda' bus='sata'/></disk>"
        "<serial type='pty'/><panic model='isa'/>%s</devices>",
        image, more ? more : "");
}

void
testBootAwait(int fd, const char *text)
{
    gint64 deadline = g_get_monotonic_time() + TEST_BOOT_TIMEOUT_MS * (gint64)1000;
    g_autoptr(GString) got = g_string_new(NULL);

    while (!strstr(got->str, text)) {
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        gint64 left = (deadline - g_get_monotonic_time()) / 1000;
        char buffer[256];
        ssize_t length;

        if (left <= 0 || poll(&poller, 1, (int)left) <= 0)
            g_error("\"%s\" does not come, but \"%s\"", text, got->str);
        length = read(fd, buffer, sizeof(buffer));
        if (length <= 0 && !(length < 0 && errno == EAGAIN))
            g_error("the other end is gone after \"%s\" (%s)", got->str, g_strerror(errno));
        if (length > 0)
            g_string_append_len(got, buffer, length);
    }
}

void
testBootSend(int fd, const char *text)
{
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
}
