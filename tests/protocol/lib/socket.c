#include "tests/protocol/lib/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"

int socket_try_connect(const char *path, int type) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (!copy_string(address.sun_path, sizeof(address.sun_path), path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int socket_connect(struct test *test, const char *path, int type) {
	int fd = socket_try_connect(path, type);
	CHECK(fd >= 0, "cannot connect to %s: %s", path, strerror(errno));
	return fd;
}
