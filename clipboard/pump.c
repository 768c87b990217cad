#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "clipboard/png.h"
#include "clipboard/pump.h"
#include "clipboard/text.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u /* linux/memfd.h, since Linux 6.3 */
#endif

#define PIECE_SIZE 65536
/* A peer that always has one byte or one page ready must not buy more system calls by it. */
#define PIECES_MAX (PUMP_STEP_MAX / PIECE_SIZE)

/* ---- in ---- */

struct pump_in {
	int fd;
	int memfd; /* what is kept, as it comes; -1 once sealed and handed over */
	enum clip_kind kind;
	uint64_t limit;
	uint64_t size; /* bytes from the source */
	uint64_t kept; /* bytes in memfd */
	struct text_filter *filter; /* CLIP_TEXT */
	struct png_check *check;    /* CLIP_PNG */
	bool bad_content;
	enum pump_result result;
	char untrusted_piece[PIECE_SIZE];
	char filtered[PIECE_SIZE + TEXT_FILTER_CARRY];
};

struct pump_in *pump_in_create(int fd, enum clip_kind kind, uint64_t limit) {
	struct pump_in *pump = xcalloc(1, sizeof(*pump));
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	pump->fd = fd;
	pump->kind = kind;
	pump->limit = limit;
	pump->result = PUMP_AGAIN;
	pump->memfd = memfd_create("cofferdam-clipboard", flags | MFD_NOEXEC_SEAL);
	if (pump->memfd < 0 && errno == EINVAL) {
		pump->memfd = memfd_create("cofferdam-clipboard", flags);
	}
	if (pump->memfd < 0 || !fd_set_nonblock(fd) || !fd_set_cloexec(fd, true)) {
		pump_in_destroy(pump);
		return NULL;
	}
	if (kind == CLIP_TEXT) {
		pump->filter = text_filter_create();
	} else if (kind == CLIP_PNG) {
		pump->check = png_check_create();
	}
	return pump;
}

void pump_in_destroy(struct pump_in *pump) {
	if (pump == NULL) {
		return;
	}
	fd_close(&pump->fd);
	fd_close(&pump->memfd);
	text_filter_destroy(pump->filter);
	png_check_destroy(pump->check);
	free(pump);
}

int pump_in_get_fd(const struct pump_in *pump) {
	return pump->fd;
}

uint64_t pump_in_get_size(const struct pump_in *pump) {
	return pump->size;
}

/* By pwrite, so that the file offset stays at 0 for whoever gets it. */
static bool keep(struct pump_in *pump, const char *data, size_t length) {
	while (length > 0) {
		ssize_t n = pwrite(pump->memfd, data, length, (off_t)pump->kept);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return false;
		}
		pump->kept += (uint64_t)n;
		data += n;
		length -= (size_t)n;
	}
	return true;
}

/* Checks one piece and keeps what becomes of it. */
static enum pump_result take_piece(struct pump_in *pump, size_t length) {
	const char *data = pump->untrusted_piece;
	switch (pump->kind) {
	case CLIP_TEXT:;
		ssize_t filtered = text_filter_feed(pump->filter, pump->untrusted_piece, length, pump->filtered);
		pump->bad_content = filtered < 0;
		data = pump->filtered;
		length = filtered < 0 ? 0 : (size_t)filtered;
		break;
	case CLIP_PNG:
		pump->bad_content = !png_check_feed(pump->check, pump->untrusted_piece, length);
		break;
	case CLIP_OTHER:
		break;
	}
	if (pump->bad_content) {
		return PUMP_DONE;
	}
	return keep(pump, data, length) ? PUMP_AGAIN : PUMP_ERROR;
}

static enum pump_result read_piece(struct pump_in *pump, bool *drained) {
	/* One byte past the limit is asked for, since only that tells "exactly limit" from "more". */
	uint64_t room = pump->limit - pump->size;
	size_t wanted = room < PIECE_SIZE ? (size_t)room + 1 : PIECE_SIZE;
	ssize_t n = read(pump->fd, pump->untrusted_piece, wanted);
	if (n < 0) {
		*drained = true;
		return errno == EAGAIN || errno == EINTR ? PUMP_AGAIN : PUMP_ERROR;
	}
	if (n == 0) {
		return PUMP_DONE;
	}
	if ((uint64_t)n > room) {
		return PUMP_TOO_LARGE;
	}
	pump->size += (uint64_t)n;
	return take_piece(pump, (size_t)n);
}

enum pump_result pump_in_step(struct pump_in *pump) {
	bool drained = false;
	for (int i = 0; i < PIECES_MAX && !drained && pump->result == PUMP_AGAIN; i++) {
		pump->result = read_piece(pump, &drained);
	}
	return pump->result;
}

static bool is_whole(const struct pump_in *pump) {
	if (pump->bad_content || pump->kept == 0) {
		return false;
	}
	switch (pump->kind) {
	case CLIP_TEXT:
		return text_filter_end(pump->filter);
	case CLIP_PNG:
		return png_check_end(pump->check);
	case CLIP_OTHER:
		break;
	}
	return true;
}

int pump_in_seal(struct pump_in *pump, uint64_t *size, enum transfer_refusal *refusal) {
	*size = 0;
	*refusal = REFUSED_BROKEN;
	if (pump->result != PUMP_DONE || pump->size == 0 || pump->memfd == -1) {
		if (pump->result == PUMP_TOO_LARGE) {
			*refusal = REFUSED_TOO_LARGE;
		}
		return -1;
	}
	if (!is_whole(pump)) {
		*refusal = REFUSED_BAD_CONTENT;
		return -1;
	}
	if (fcntl(pump->memfd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
		return -1;
	}
	int memfd = pump->memfd;
	pump->memfd = -1;
	*size = pump->kept;
	*refusal = REFUSED_NOT;
	return memfd;
}

/* ---- out ---- */

enum peer { PEER_PIPE, PEER_SOCKET, PEER_OTHER };

struct pump_out {
	struct snapshot *snapshot; /* a reference */
	int memfd; /* the snapshot's */
	uint64_t size, written;
	int fd;
	enum peer peer;
	enum pump_result result;
};

/*
 * What kind of thing a client has sent, asked in ways that no file system has a say in: fstat() would ask the
 * one that the file lies on, and wait for its answer.
 */
static enum peer find_peer(int fd) {
	int type = 0;
	socklen_t length = sizeof(type);
	if (fcntl(fd, F_GETPIPE_SZ) >= 0) {
		return PEER_PIPE;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM) {
		return PEER_SOCKET;
	}
	return PEER_OTHER;
}

struct pump_out *pump_out_create(struct snapshot *snapshot, size_t index, int fd) {
	struct pump_out *pump = xcalloc(1, sizeof(*pump));
	pump->snapshot = snapshot_ref(snapshot);
	pump->memfd = snapshot_get_fd(snapshot, index, &pump->size);
	pump->fd = fd;
	pump->peer = find_peer(fd);
	pump->result = PUMP_AGAIN;
	return pump;
}

void pump_out_destroy(struct pump_out *pump) {
	if (pump == NULL) {
		return;
	}
	fd_close(&pump->fd);
	snapshot_unref(pump->snapshot);
	free(pump);
}

int pump_out_get_fd(const struct pump_out *pump) {
	return pump->fd;
}

/*
 * By splice: it alone takes "don't wait" as an argument for every pipe on every kernel, where write() goes by
 * O_NONBLOCK, which the client can clear between any two of our calls.
 */
static ssize_t write_pipe(struct pump_out *pump, size_t length) {
	loff_t offset = (loff_t)pump->written;
	return splice(pump->memfd, &offset, pump->fd, NULL, length, SPLICE_F_NONBLOCK);
}

static ssize_t write_socket(struct pump_out *pump, size_t length) {
	char piece[PIECE_SIZE];
	ssize_t n = pread(pump->memfd, piece, length, (off_t)pump->written);
	return n <= 0 ? n : send(pump->fd, piece, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static enum pump_result write_piece(struct pump_out *pump, bool *full) {
	uint64_t left = pump->size - pump->written;
	if (left == 0) {
		return PUMP_DONE;
	}
	size_t length = left < PIECE_SIZE ? (size_t)left : PIECE_SIZE;
	ssize_t n = -1;
	errno = EINVAL;
	switch (pump->peer) {
	case PEER_PIPE:
		n = write_pipe(pump, length);
		break;
	case PEER_SOCKET:
		n = write_socket(pump, length);
		break;
	case PEER_OTHER:
		break;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		*full = true;
		return PUMP_AGAIN;
	}
	if (n <= 0) {
		return PUMP_ERROR;
	}
	pump->written += (uint64_t)n;
	return pump->written == pump->size ? PUMP_DONE : PUMP_AGAIN;
}

enum pump_result pump_out_step(struct pump_out *pump) {
	bool full = false;
	for (int i = 0; i < PIECES_MAX && !full && pump->result == PUMP_AGAIN; i++) {
		pump->result = write_piece(pump, &full);
	}
	return pump->result;
}
