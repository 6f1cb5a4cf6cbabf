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
 *   L2 GONE <address>
 *   L2 READY            after every change, when all devices have been tried
 *   L2 POWER BUTTON
 *
 * Kernel command line: l2.poweroff ends the guest after the first READY,
 * l2.deaf ignores the power button.
 *
 * One static program instead of a shell, since starting a process is slow in a
 * guest whose host is itself emulated.
 */

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define PCI         "/sys/bus/pci/devices"
#define MAX_DEVICES 64
#define PATH_SIZE   128
#define DISK_MAGIC  "virtvfio-e2e-disk"

static const char *
verdict(bool good)
{
    return good ? "ok" : "FAILED";
}

static void
sleepMs(unsigned int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    nanosleep(&t, NULL);
}

static void
pciPath(char path[PATH_SIZE], const char *address, const char *file)
{
    snprintf(path, PATH_SIZE, PCI "/%.15s/%.32s", address, file);
}

/* Reads the first line of a file; an empty string if that fails. */
static void
readLine(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, buf, size - 1);

    if (fd >= 0)
        close(fd);
    buf[len > 0 ? len : 0] = '\0';
    buf[strcspn(buf, "\n")] = '\0';
}

/* The first entry of a directory, or false. */
static bool
firstEntry(const char *path, char *name, size_t size)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    bool found = false;

    while (dir && !found && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, size, "%s", entry->d_name);
        found = true;
    }
    if (dir)
        closedir(dir);
    return found;
}

/* Like firstEntry(), but gives the kernel @timeout_ms to make the entry. */
static bool
awaitEntry(const char *path, char *name, size_t size, int timeout_ms)
{
    for (; timeout_ms > 0; timeout_ms -= 50) {
        if (firstEntry(path, name, size))
            return true;
        sleepMs(50);
    }
    return false;
}

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

/* --- edu: an educational PCI device with registers and a DMA engine ------- */

enum {
    EDU_ID = 0x00,
    EDU_LIVENESS = 0x04,
    EDU_FACTORIAL = 0x08,
    EDU_STATUS = 0x20,
    EDU_DMA_SRC = 0x80,
    EDU_DMA_DST = 0x88,
    EDU_DMA_COUNT = 0x90,
    EDU_DMA_COMMAND = 0x98,
    EDU_BUFFER = 0x40000, /* address of the device's own memory */
};

enum { EDU_DMA_START = 1, EDU_DMA_TO_RAM = 2 };

static volatile uint32_t *
eduRegister(volatile void *bar, unsigned int offset)
{
    return (volatile uint32_t *)((volatile char *)bar + offset);
}

static bool
eduFactorial(volatile void *bar)
{
    *eduRegister(bar, EDU_FACTORIAL) = 6;
    for (int i = 0; i < 100; i++) {
        if (!(*eduRegister(bar, EDU_STATUS) & 1))
            return *eduRegister(bar, EDU_FACTORIAL) == 720;
        sleepMs(10);
    }
    return false;
}

/* Physical address of a locked page, 0 if unknown. */
static uint64_t
physicalAddress(const void *page)
{
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    uint64_t entry = 0;
    off_t offset = (off_t)((uintptr_t)page / 4096 * sizeof(entry));

    if (fd < 0 || pread(fd, &entry, sizeof(entry), offset) != sizeof(entry))
        entry = 0;
    if (fd >= 0)
        close(fd);
    /* bit 63: present; bits 0-54: page frame number */
    return entry >> 63 ? (entry & ((1ULL << 55) - 1)) * 4096 : 0;
}

static bool
eduTransfer(volatile void *bar, uint64_t src, uint64_t dst, uint32_t count, uint32_t direction)
{
    *eduRegister(bar, EDU_DMA_SRC) = (uint32_t)src;
    *eduRegister(bar, EDU_DMA_DST) = (uint32_t)dst;
    *eduRegister(bar, EDU_DMA_COUNT) = count;
    *eduRegister(bar, EDU_DMA_COMMAND) = EDU_DMA_START | direction;
    for (int i = 0; i < 300; i++) {
        if (!(*eduRegister(bar, EDU_DMA_COMMAND) & EDU_DMA_START))
            return true;
        sleepMs(10);
    }
    return false;
}

/* Guest memory -> device -> another place in guest memory. */
static bool
eduRoundTrip(volatile void *bar)
{
    const uint32_t half = 2048;
    unsigned char *page = mmap(NULL, 2 * half, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
    bool good = false;

    if (page == MAP_FAILED)
        return false;
    for (uint32_t i = 0; i < half; i++)
        page[i] = (unsigned char)(i * 7 + 1);
    uint64_t address = physicalAddress(page);

    /* the device reaches 28 bits of address, so the guest must be small */
    if (address != 0 && address < 1 << 28)
        good = eduTransfer(bar, address, EDU_BUFFER, half, 0) &&
               eduTransfer(bar, EDU_BUFFER, address + half, half, EDU_DMA_TO_RAM) &&
               memcmp(page, page + half, half) == 0;
    munmap(page, 2 * half);
    return good;
}

/* Lets the device answer memory accesses and start DMA. */
static void
enableDevice(const char *address)
{
    char path[PATH_SIZE];
    uint16_t command = 0;

    pciPath(path, address, "config");
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd >= 0 && pread(fd, &command, 2, 4) == 2) {
        command |= 0x6;
        if (pwrite(fd, &command, 2, 4) != 2)
            printf("L2 cannot enable %s: %s\n", address, strerror(errno));
    }
    if (fd >= 0)
        close(fd);
}

static void
tryEdu(const char *address)
{
    char path[PATH_SIZE];

    enableDevice(address);
    pciPath(path, address, "resource0");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    volatile void *bar = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    close(fd);
    if (bar == MAP_FAILED) {
        printf("L2 EDU %s FAILED: %s\n", address, strerror(errno));
        return;
    }
    uint32_t id = *eduRegister(bar, EDU_ID);

    *eduRegister(bar, EDU_LIVENESS) = 0x12345678;
    bool live = *eduRegister(bar, EDU_LIVENESS) == ~0x12345678U;
    bool factorial = eduFactorial(bar);
    bool dma = eduRoundTrip(bar);

    printf("L2 EDU %s id=0x%08x live=%s factorial=%s dma=%s\n", address, id, verdict(live),
           verdict(factorial), verdict(dma));
    munmap((void *)bar, 4096);
}

/* --- network: ping the host's own interface on the same wire --------------- */

static uint16_t
icmpChecksum(const uint16_t *words, size_t count)
{
    uint32_t sum = 0;

    while (count--)
        sum += *words++;
    sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t) ~(sum + (sum >> 16));
}

/* Sends echo requests until @wanted answers came or @tries are used up. */
static int
ping(const char *interface, int wanted, int tries)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a090901)};
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    int answers = 0;

    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface));
    while (answers < wanted && tries--) {
        struct icmphdr request = {.type = ICMP_ECHO, .un.echo.id = htons(0xe2e)};
        struct pollfd waiting = {.fd = fd, .events = POLLIN};

        request.checksum = icmpChecksum((const uint16_t *)&request, sizeof(request) / 2);
        if (sendto(fd, &request, sizeof(request), 0, (struct sockaddr *)&peer, sizeof(peer)) < 0)
            sleepMs(200);
        while (poll(&waiting, 1, 500) > 0) {
            unsigned char packet[256];
            ssize_t len = recv(fd, packet, sizeof(packet), 0);
            struct icmphdr *reply = (struct icmphdr *)(packet + sizeof(struct iphdr));

            if (len >= (ssize_t)(sizeof(struct iphdr) + sizeof(*reply)) &&
                reply->type == ICMP_ECHOREPLY && reply->un.echo.id == htons(0xe2e)) {
                answers++;
                break;
            }
        }
    }
    close(fd);
    return answers;
}

static bool
configureInterface(const char *interface)
{
    struct ifreq request = {0};
    struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    snprintf(request.ifr_name, IFNAMSIZ, "%.15s", interface);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(0x0a090902);
    bool good = ioctl(fd, SIOCSIFADDR, &request) == 0;

    request.ifr_flags = IFF_UP | IFF_RUNNING;
    good = good && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return good;
}

static void
tryNetwork(const char *address)
{
    char path[PATH_SIZE], interface[64], mac[64];
    int answers = 0;

    pciPath(path, address, "net");
    if (!awaitEntry(path, interface, sizeof(interface), 10000)) {
        printf("L2 NET %s FAILED: no interface\n", address);
        return;
    }
    snprintf(path, sizeof(path), "/sys/class/net/%.15s/address", interface);
    readLine(path, mac, sizeof(mac));
    if (configureInterface(interface))
        answers = ping(interface, 3, 20);
    printf("L2 NET %s mac=%s ping=%d/3\n", address, mac, answers);
}

/* --- NVMe: read the sector that the host's image begins with --------------- */

static void
tryNvme(const char *address)
{
    char path[PATH_SIZE], controller[64], namespace[80], sector[512] = "";
    bool good = false;

    pciPath(path, address, "nvme");
    if (!awaitEntry(path, controller, sizeof(controller), 10000)) {
        printf("L2 NVME %s FAILED: no controller\n", address);
        return;
    }
    /* with shared namespaces the disk is named after the subsystem, not the controller */
    for (int i = 0; i < 100 && !good; i++) {
        if (firstEntry("/sys/block", namespace, sizeof(namespace))) {
            snprintf(path, sizeof(path), "/dev/%.60s", namespace);
            readLine(path, sector, sizeof(sector));
            good = strncmp(sector, DISK_MAGIC, strlen(DISK_MAGIC)) == 0;
        }
        if (!good)
            sleepMs(100);
    }
    printf("L2 NVME %s read=%s\n", address, verdict(good));
}

/* --- the devices of this guest --------------------------------------------- */

static void
tryDevice(const char *address)
{
    char path[PATH_SIZE], vendor[16], device[16];

    pciPath(path, address, "vendor");
    readLine(path, vendor, sizeof(vendor));
    pciPath(path, address, "device");
    readLine(path, device, sizeof(device));
    printf("L2 DEVICE %s %s:%s\n", address, vendor + 2, device + 2);
    if (strcmp(vendor, "0x1234") == 0 && strcmp(device, "0x11e8") == 0)
        tryEdu(address);
    else if (strcmp(vendor, "0x8086") == 0 && strcmp(device, "0x10d3") == 0)
        tryNetwork(address);
    else if (strcmp(vendor, "0x1b36") == 0 && strcmp(device, "0x0010") == 0)
        tryNvme(address);
}

/* Fills @names with the addresses of all PCI devices; returns their number. */
static int
listDevices(char names[][16])
{
    DIR *dir = opendir(PCI);
    struct dirent *entry;
    int count = 0;

    while (dir && count < MAX_DEVICES && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            snprintf(names[count++], 16, "%.15s", entry->d_name);
    if (dir)
        closedir(dir);
    return count;
}

static bool
listed(const char *name, char names[][16], int count)
{
    while (count--)
        if (strcmp(name, names[count]) == 0)
            return true;
    return false;
}

/* Tries new devices, reports vanished ones. */
static void
followDevices(void)
{
    static char known[MAX_DEVICES][16];
    static int n_known = -1;
    char now[MAX_DEVICES][16];
    int n_now = listDevices(now);
    bool changed = n_known < 0;

    for (int i = 0; i < n_known; i++)
        if (!listed(known[i], now, n_now)) {
            printf("L2 GONE %s\n", known[i]);
            changed = true;
        }
    for (int i = 0; i < n_now; i++)
        if (!listed(now[i], known, n_known < 0 ? 0 : n_known)) {
            tryDevice(now[i]);
            changed = true;
        }
    if (changed)
        printf("L2 READY\n");
    memcpy(known, now, sizeof(known));
    n_known = n_now;
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
buttonPressed(int button, int timeout_ms)
{
    struct pollfd waiting = {.fd = button, .events = POLLIN};
    struct input_event event;

    return poll(&waiting, 1, timeout_ms) > 0 &&
           read(button, &event, sizeof(event)) == sizeof(event) && event.type == EV_KEY &&
           event.code == KEY_POWER && event.value == 1;
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

    if (button < 0)
        printf("L2 has no power button\n");
    followDevices();
    if (strstr(cmdline, "l2.poweroff"))
        powerOff();
    for (;;) {
        if (buttonPressed(button, 500)) {
            printf("L2 POWER BUTTON\n");
            if (!strstr(cmdline, "l2.deaf"))
                powerOff();
        }
        followDevices();
    }
}
