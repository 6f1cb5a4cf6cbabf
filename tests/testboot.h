/*
 * testboot.h: the smallest guest: it repeats what comes over its serial port
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stddef.h>

/* It sends "R" when it has booted, repeats every byte, and after some of them does more. */
#define TEST_BOOT_POWEROFF "!"
#define TEST_BOOT_RESET    "~"
#define TEST_BOOT_PANIC    "#"

/* Writes its disk image into a new file. Returns the path; caller removes and frees. */
char *testBootMakeImage(void);

/* What its <domain> has beside the usual: ACPI, <devices> with that disk, a serial port that is a
 * terminal, a panic device, and @more; caller frees. */
char *testBootMakeXML(const char *image, const char *more);

/* Reads from @fd until @text has come; for a minute at most. */
void testBootAwait(int fd, const char *text);

/* Sends @text. */
void testBootSend(int fd, const char *text);
