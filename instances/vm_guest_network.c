#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "instances/vm_guest_machine.h"

/* As qemu's user network has them. */
#define ADDRESS "10.0.2.15"
#define MASK "255.255.255.0"
#define GATEWAY "10.0.2.2"
#define INTERFACE "eth0"

#define TRIES 100 /* for the card to be found, 50 ms each */

static struct sockaddr make_address(const char *text) {
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct sockaddr out;
	inet_pton(AF_INET, text, &address.sin_addr);
	memcpy(&out, &address, sizeof(out));
	return out;
}

static struct ifreq make_request(const char *interface) {
	struct ifreq request = { 0 };
	memcpy(request.ifr_name, interface, strlen(interface) + 1);
	return request;
}

static bool set_up(int fd, const char *interface) {
	struct ifreq request = make_request(interface);
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0) {
		return false;
	}
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

static bool wait_for(int fd, const char *interface) {
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	for (int i = 0; i < TRIES; i++) {
		struct ifreq request = make_request(interface);
		if (ioctl(fd, SIOCGIFINDEX, &request) == 0) {
			return true;
		}
		nanosleep(&pause, NULL);
	}
	return false;
}

static bool set_address(int fd) {
	struct ifreq address = make_request(INTERFACE), mask = make_request(INTERFACE);
	address.ifr_addr = make_address(ADDRESS);
	mask.ifr_netmask = make_address(MASK);
	return ioctl(fd, SIOCSIFADDR, &address) == 0 && ioctl(fd, SIOCSIFNETMASK, &mask) == 0;
}

static bool set_route(int fd) {
	struct rtentry route = {
		.rt_dst = make_address("0.0.0.0"),
		.rt_genmask = make_address("0.0.0.0"),
		.rt_gateway = make_address(GATEWAY),
		.rt_flags = RTF_UP | RTF_GATEWAY,
	};
	return ioctl(fd, SIOCADDRT, &route) == 0;
}

bool vm_guest_set_network(bool has_network) {
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good = fd >= 0 && set_up(fd, "lo");
	if (good && has_network) {
		good = wait_for(fd, INTERFACE) && set_address(fd) && set_up(fd, INTERFACE) && set_route(fd);
	}
	if (!good) {
		vm_guest_fault("network");
	}
	if (fd >= 0) {
		close(fd);
	}
	return good;
}
