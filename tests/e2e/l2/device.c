/*
 * device.c: what the nested guest does with each device
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "device.h"

#define PATH_SIZE  128
#define TRIES      500 /* until the kernel should have made what a driver makes */
#define TRY_MS     20
#define DISK_MAGIC "virtvfio-e2e-disk"

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

void
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

static bool
hasFile(const char *address, const char *file)
{
    char path[PATH_SIZE];

    pciPath(path, address, file);
    return access(path, F_OK) == 0;
}

/* Gives the kernel time to make a file of the device; false at once where the device is gone. */
static bool
awaitFile(const char *address, const char *file)
{
    for (int i = 0; i < TRIES && hasFile(address, "vendor"); i++) {
        if (hasFile(address, file))
            return true;
        sleepMs(TRY_MS);
    }
    return false;
}

/* Like awaitFile(), for the first entry of a directory of the device. */
static bool
awaitEntry(const char *address, const char *directory, char *name, size_t size)
{
    char path[PATH_SIZE];

    pciPath(path, address, directory);
    for (int i = 0; i < TRIES && hasFile(address, "vendor"); i++) {
        if (firstEntry(path, name, size))
            return true;
        sleepMs(TRY_MS);
    }
    return false;
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

    /* it comes with the device's addresses, which a device has not from its first moment on */
    if (!awaitFile(address, "resource0")) {
        printf("L2 EDU %s FAILED: no registers\n", address);
        return;
    }
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

/* Sends echo requests until @wanted answers came, @tries are used up or the interface is gone. */
static int
ping(const char *interface, int wanted, int tries)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a090901)};
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    int answers = 0;

    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface));
    while (answers < wanted && tries-- && if_nametoindex(interface) != 0) {
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

    if (!awaitEntry(address, "net", interface, sizeof(interface))) {
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

    if (!awaitEntry(address, "nvme", controller, sizeof(controller))) {
        printf("L2 NVME %s FAILED: no controller\n", address);
        return;
    }
    /* with shared namespaces the disk is named after the subsystem, not the controller */
    for (int i = 0; i < 100 && !good && hasFile(address, "vendor"); i++) {
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

/* --- any device --------------------------------------------------------------- */

void
tryDevice(const char *address)
{
    char path[PATH_SIZE], vendor[16], device[16];

    pciPath(path, address, "vendor");
    readLine(path, vendor, sizeof(vendor));
    pciPath(path, address, "device");
    readLine(path, device, sizeof(device));
    if (!vendor[0] || !device[0]) {
        printf("L2 DEVICE %s went at once\n", address);
        return;
    }
    printf("L2 DEVICE %s %s:%s\n", address, vendor + 2, device + 2);
    if (strcmp(vendor, "0x1234") == 0 && strcmp(device, "0x11e8") == 0)
        tryEdu(address);
    else if (strcmp(vendor, "0x8086") == 0 && strcmp(device, "0x10d3") == 0)
        tryNetwork(address);
    else if (strcmp(vendor, "0x1b36") == 0 && strcmp(device, "0x0010") == 0)
        tryNvme(address);
}
