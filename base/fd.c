#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/fd.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u /* linux/memfd.h, since Linux 6.3 */
#endif

#define READ_CHUNK 65536

void fd_close(int *fd) {
	if (*fd != -1) {
		int saved_errno = errno;
		/* Not retried after EINTR: on Linux the descriptor is gone by then, and the number may be another's. */
		close(*fd);
		errno = saved_errno;
		*fd = -1;
	}
}

bool fd_set_nonblock(int fd) {
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

bool fd_set_cloexec(int fd, bool cloexec) {
	int flags = fcntl(fd, F_GETFD);
	if (flags < 0) {
		return false;
	}
	flags = cloexec ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC;
	return fcntl(fd, F_SETFD, flags) == 0;
}

static bool write_all(int fd, const char *data, size_t size) {
	while (size > 0) {
		ssize_t n = write(fd, data, size);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return false;
		}
		data += n;
		size -= (size_t)n;
	}
	return true;
}

int fd_sealed_memfd(const char *name, const void *data, size_t size) {
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	/* Systems with vm.memfd_noexec=2 refuse one that could be made executable; kernels before 6.3 know no such flag. */
	int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL) {
		fd = memfd_create(name, flags);
	}
	if (fd < 0) {
		return -1;
	}
	if (!write_all(fd, data, size) || lseek(fd, 0, SEEK_SET) != 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
		fd_close(&fd);
	}
	return fd;
}

/* Grows *buffer to hold used bytes, one chunk more and the zero byte; at most limit + 2 in all. */
static bool reserve(char **buffer, size_t *capacity, size_t used, size_t limit) {
	/* One byte past the limit is read, since only that tells "exactly limit" from "more". */
	size_t max = limit + 2;
	if (*capacity - used > 1) {
		return true;
	}
	size_t wanted = *capacity < READ_CHUNK ? READ_CHUNK : *capacity * 2;
	if (wanted > max) {
		wanted = max;
	}
	char *grown = realloc(*buffer, wanted);
	if (grown == NULL) {
		return false;
	}
	*buffer = grown;
	*capacity = wanted;
	return true;
}

char *fd_read_all(int fd, size_t limit, size_t *size) {
	bool seekable = lseek(fd, 0, SEEK_CUR) >= 0;
	char *buffer = NULL;
	size_t capacity = 0, used = 0;

	if (limit > (size_t)SSIZE_MAX - 2) {
		limit = (size_t)SSIZE_MAX - 2;
	}
	for (;;) {
		if (!reserve(&buffer, &capacity, used, limit)) {
			goto fail;
		}
		size_t room = capacity - used - 1;
		ssize_t n = seekable ? pread(fd, buffer + used, room, (off_t)used) : read(fd, buffer + used, room);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			goto fail;
		}
		if (n == 0) {
			break;
		}
		used += (size_t)n;
		if (used > limit) {
			errno = EFBIG;
			goto fail;
		}
	}

	buffer[used] = '\0';
	*size = used;
	return buffer;

fail:;
	int saved_errno = errno;
	free(buffer);
	errno = saved_errno;
	return NULL;
}
