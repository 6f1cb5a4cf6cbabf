/*
 * init.c: first and only program of L2, the nested guest
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It uses each PCI device that was assigned to the guest, says on the console what came of it, one
 * line per device, and waits for the power button:
 *
 *   L2 UP <kernel release>
 *   L2 DEVICE <address> <vendor>:<device>
 *   L2 EDU <address> id=0x010000ed live=ok factorial=ok dma=ok
 *   L2 NET <address> mac=<address> ping=3/3
 *   L2 NVME <address> read=ok
 *   L2 GONE <address>   once for each L2 DEVICE, also if it went before it could be tried
 *   L2 READY            after every change, when all devices have been tried
 *   L2 POWER BUTTON
 *
 * Kernel command line: l2.poweroff ends the guest after the first READY,
 * l2.deaf ignores the power button.
 *
 * One static program instead of a shell, since starting a process is slow in a
 * guest whose host is itself emulated.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "device.h"

#define MAX_DEVICES 64

static void
loadModules(void)
{
    char name[256], path[300];
    FILE *order = fopen("/mod/order", "re");

    while (order && fscanf(order, "%255s", name) == 1) {
        snprintf(path, sizeof(path), "/mod/%s", name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        /* ENODEV: faster arithmetic that this processor does not have */
        if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != ENODEV))
            printf("L2 cannot load %s: %s\n", name, strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    if (order)
        fclose(order);
}

/* --- the devices of this guest --------------------------------------------- */

static char known[MAX_DEVICES][16]; /* addresses; "" where there is room */

/* The place of a device, or of "" for room; NULL if there is none. */
static char *
findDevice(const char *address)
{
    for (int i = 0; i < MAX_DEVICES; i++)
        if (strcmp(known[i], address) == 0)
            return known[i];
    return NULL;
}

/* False if the device was known. */
static bool
deviceCame(const char *address)
{
    char *room = findDevice("");

    if (findDevice(address) || !room)
        return false;
    snprintf(room, sizeof(known[0]), "%s", address);
    tryDevice(address);
    return true;
}

static bool
deviceWent(const char *address)
{
    char *place = findDevice(address);

    if (!place)
        return false;
    printf("L2 GONE %s\n", address);
    place[0] = '\0';
    return true;
}

static void
tryAllDevices(void)
{
    DIR *dir = opendir(PCI);
    struct dirent *entry;
    char address[16];

    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(address, sizeof(address), "%.15s", entry->d_name);
        deviceCame(address);
    }
    if (dir)
        closedir(dir);
    printf("L2 READY\n");
}

/* --- what the kernel tells of devices --------------------------------------- */

/*
 * A look at sysfs now and then would miss a device that comes and goes in between; the kernel's
 * messages queue up here meanwhile.
 */
static int
openMessages(void)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK, .nl_groups = 1};
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

    if (fd < 0 || bind(fd, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
        printf("L2 hears of no device: %s\n", strerror(errno));
    return fd;
}

/* The value of a key in a message, which is a row of strings; "" if there is none. */
static const char *
messageValue(const char *message, size_t len, const char *key)
{
    size_t n = strlen(key);

    for (const char *at = message; at < message + len; at += strlen(at) + 1)
        if (strncmp(at, key, n) == 0)
            return at + n;
    return "";
}

/* Tries a device that came, reports one that went; true if it was one of both. */
static bool
followMessage(const char *message, size_t len)
{
    const char *action = messageValue(message, len, "ACTION=");
    char address[16];

    if (strcmp(messageValue(message, len, "SUBSYSTEM="), "pci") != 0)
        return false;
    snprintf(address, sizeof(address), "%.15s", messageValue(message, len, "PCI_SLOT_NAME="));
    if (strcmp(action, "add") == 0)
        return deviceCame(address);
    return strcmp(action, "remove") == 0 && deviceWent(address);
}

/* All that have come up to now. */
static void
followMessages(int fd)
{
    char message[4096];
    bool changed = false;
    ssize_t len;

    while ((len = recv(fd, message, sizeof(message) - 1, MSG_DONTWAIT)) > 0) {
        message[len] = '\0';
        changed |= followMessage(message, (size_t)len);
    }
    if (changed)
        printf("L2 READY\n");
}

/* --- power button ----------------------------------------------------------- */

/* Descriptor of the input device that is the power button, or -1. */
static int
openPowerButton(void)
{
    char path[64], name[64];

    for (int i = 0; i < 16; i++) {
        snprintf(path, sizeof(path), "/dev/input/event%d", i);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
            continue;
        if (ioctl(fd, EVIOCGNAME(sizeof(name)), name) > 0 && strcmp(name, "Power Button") == 0)
            return fd;
        close(fd);
    }
    return -1;
}

static void
powerOff(void)
{
    fflush(stdout);
    sync();
    reboot(RB_POWER_OFF);
}

static bool
buttonPressed(int button)
{
    struct input_event event;

    return read(button, &event, sizeof(event)) == sizeof(event) && event.type == EV_KEY &&
           event.code == KEY_POWER && event.value == 1;
}

/* Waits for the button and for devices, for ever. */
static void
follow(int button, int messages, bool deaf)
{
    struct pollfd waiting[] = {{.fd = button, .events = POLLIN},
                               {.fd = messages, .events = POLLIN}};

    for (;;) {
        poll(waiting, 2, -1);
        if (waiting[0].revents && buttonPressed(button)) {
            printf("L2 POWER BUTTON\n");
            if (!deaf)
                powerOff();
        }
        if (waiting[1].revents)
            followMessages(messages);
    }
}

int
main(void)
{
    char cmdline[2048];
    struct utsname host;

    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    int console = open("/dev/console", O_RDWR);

    dup2(console, 0);
    dup2(console, 1);
    dup2(console, 2);
    setvbuf(stdout, NULL, _IOLBF, 0);
    uname(&host);
    printf("L2 UP %s\n", host.release);
    readLine("/proc/cmdline", cmdline, sizeof(cmdline));
    loadModules();
    int button = openPowerButton();
    int messages = openMessages();

    if (button < 0)
        printf("L2 has no power button\n");
    tryAllDevices();
    if (strstr(cmdline, "l2.poweroff"))
        powerOff();
    follow(button, messages, strstr(cmdline, "l2.deaf"));
}
