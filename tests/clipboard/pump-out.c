#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/fd.h"
#include "clipboard/pump.h"

/*
 * Real pipes, one process: the test plays the peer between two steps. A pump that waited for it would wait for ever,
 * and the test would be ended for it.
 */

#define MIB (1024 * 1024)

static void *filled(size_t size, int seed) {
	unsigned char *bytes = malloc(size);
	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++) {
		bytes[i] = (unsigned char)((i * 31 + i / 4096 + (size_t)seed) & 0xff);
	}
	return bytes;
}

static struct snapshot *snapshot_of(const void *data, size_t size) {
	struct snapshot *snapshot = snapshot_create();
	int memfd = fd_sealed_memfd("test", data, size);
	assert_true(memfd >= 0);
	assert_true(snapshot_add(snapshot, CLIP_OTHER, "test/bytes", memfd, size));
	return snapshot;
}

enum channel { CHANNEL_PIPE, CHANNEL_SOCKET };
static const enum channel channels[] = { CHANNEL_PIPE, CHANNEL_SOCKET };

/* ends[0] is the reader's and never waits; ends[1] is the one that a client hands over, left to wait as it comes. */
static void open_channel(enum channel channel, int ends[2]) {
	if (channel == CHANNEL_PIPE) {
		assert_int_equal(pipe(ends), 0);
	} else {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	}
	assert_true(fd_set_nonblock(ends[0]));
}

static void assert_reads(int fd, const void *data, size_t size) {
	char *got = malloc(size + 1);
	assert_non_null(got);
	size_t used = 0;
	while (used < size) {
		ssize_t n = read(fd, got + used, size - used);
		assert_true(n > 0);
		used += (size_t)n;
	}
	assert_memory_equal(got, data, size);
	free(got);
}

static void assert_end(int fd) {
	char byte;
	assert_int_equal(read(fd, &byte, 1), 0);
}

static void test_out_whole(void **state) {
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int ends[2];
		open_channel(channels[i], ends);
		struct snapshot *snapshot = snapshot_of("hello", 5);
		struct pump_out *pump = pump_out_create(snapshot, 0, ends[1]);
		snapshot_unref(snapshot); /* the pump has its own */
		assert_int_equal(pump_out_get_fd(pump), ends[1]);
		assert_int_equal(pump_out_step(pump), PUMP_DONE);
		assert_int_equal(pump_out_step(pump), PUMP_DONE); /* nothing is written twice */
		assert_reads(ends[0], "hello", 5);
		pump_out_destroy(pump);
		assert_end(ends[0]);
		close(ends[0]);
	}
	pump_out_destroy(NULL);
}

static void test_out_nothing(void **state) {
	(void)state;
	int ends[2];
	open_channel(CHANNEL_PIPE, ends);
	struct snapshot *snapshot = snapshot_of("", 0);
	struct pump_out *pump = pump_out_create(snapshot, 0, ends[1]);
	assert_int_equal(pump_out_step(pump), PUMP_DONE);
	pump_out_destroy(pump);
	assert_end(ends[0]);
	close(ends[0]);
	snapshot_unref(snapshot);
}

/* C9: reads slowly. Two at once from one snapshot, at their own speeds. */
static void test_out_slow_readers(void **state) {
	(void)state;
	size_t size = MIB + 123;
	unsigned char *bytes = filled(size, 2);
	struct snapshot *snapshot = snapshot_of(bytes, size);
	for (size_t i = 0; i < 2; i++) {
		int ends[2][2];
		struct pump_out *pumps[2];
		size_t pace[2] = { 1000, 7001 }, read_so_far[2] = { 0, 0 };
		for (int j = 0; j < 2; j++) {
			open_channel(channels[i], ends[j]);
			pumps[j] = pump_out_create(snapshot, 0, ends[j][1]);
		}
		for (int turn = 0; turn < 3000 && (pumps[0] != NULL || pumps[1] != NULL); turn++) {
			for (int j = 0; j < 2; j++) {
				char piece[8192];
				if (pumps[j] == NULL) {
					continue;
				}
				enum pump_result result = pump_out_step(pumps[j]);
				ssize_t n = read(ends[j][0], piece, pace[j]);
				assert_true(n > 0);
				assert_memory_equal(piece, bytes + read_so_far[j], (size_t)n);
				read_so_far[j] += (size_t)n;
				if (result == PUMP_DONE) {
					pump_out_destroy(pumps[j]);
					pumps[j] = NULL;
				} else {
					assert_int_equal(result, PUMP_AGAIN);
				}
			}
		}
		for (int j = 0; j < 2; j++) {
			assert_null(pumps[j]);
			assert_reads(ends[j][0], bytes + read_so_far[j], size - read_so_far[j]);
			assert_end(ends[j][0]);
			close(ends[j][0]);
		}
	}
	snapshot_unref(snapshot);
	free(bytes);
}

/* C9: never reads, on a descriptor that is set to wait, and that its client sets to wait again whenever it likes. */
static void test_out_never_reads(void **state) {
	(void)state;
	void *bytes = filled(2 * MIB, 5);
	struct snapshot *snapshot = snapshot_of(bytes, 2 * MIB);
	for (size_t i = 0; i < 2; i++) {
		int ends[2];
		open_channel(channels[i], ends);
		int clients = dup(ends[1]); /* the same open file */
		struct pump_out *pump = pump_out_create(snapshot, 0, ends[1]);
		for (int step = 0; step < 100; step++) {
			int flags = fcntl(clients, F_GETFL);
			assert_int_equal(fcntl(clients, F_SETFL, flags & ~O_NONBLOCK), 0);
			assert_int_equal(pump_out_step(pump), PUMP_AGAIN);
			assert_int_equal(fcntl(clients, F_GETFL), flags & ~O_NONBLOCK); /* its flags are its own */
		}
		pump_out_destroy(pump);
		close(clients);
		close(ends[0]);
	}
	snapshot_unref(snapshot);
	free(bytes);
}

/* The client itself keeps the pipe full: there is room at times, and none a moment later. */
static void test_out_pipe_filled_by_its_client(void **state) {
	(void)state;
	int ends[2];
	open_channel(CHANNEL_PIPE, ends);
	struct snapshot *snapshot = snapshot_of("hello", 5);
	int clients = dup(ends[1]);
	char page[4096] = { 0 };
	assert_int_equal(fcntl(clients, F_SETPIPE_SZ, sizeof(page)), sizeof(page));
	assert_int_equal(write(clients, page, sizeof(page)), sizeof(page));
	struct pump_out *pump = pump_out_create(snapshot, 0, ends[1]);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(pump_out_step(pump), PUMP_AGAIN);
	}
	assert_reads(ends[0], page, sizeof(page));
	assert_int_equal(pump_out_step(pump), PUMP_DONE);
	assert_reads(ends[0], "hello", 5);
	pump_out_destroy(pump);
	close(clients);
	close(ends[0]);
	snapshot_unref(snapshot);
}

/* C9: dies at the start, or in the middle. */
static void test_out_reader_closes(void **state) {
	(void)state;
	void *bytes = filled(2 * MIB, 7);
	struct snapshot *snapshot = snapshot_of(bytes, 2 * MIB);
	for (size_t i = 0; i < 2; i++) {
		for (int steps_before = 0; steps_before < 2; steps_before++) {
			int ends[2];
			open_channel(channels[i], ends);
			struct pump_out *pump = pump_out_create(snapshot, 0, ends[1]);
			for (int step = 0; step < steps_before; step++) {
				assert_int_equal(pump_out_step(pump), PUMP_AGAIN);
			}
			close(ends[0]);
			assert_int_equal(pump_out_step(pump), PUMP_ERROR);
			assert_int_equal(pump_out_step(pump), PUMP_ERROR);
			pump_out_destroy(pump);
		}
	}
	snapshot_unref(snapshot);
	free(bytes);
}

static void test_out_step_is_bounded(void **state) {
	(void)state;
	int ends[2];
	open_channel(CHANNEL_PIPE, ends);
	assert_int_equal(fcntl(ends[0], F_SETPIPE_SZ, MIB), MIB);
	unsigned char *bytes = filled(MIB, 9);
	struct snapshot *snapshot = snapshot_of(bytes, MIB);
	struct pump_out *pump = pump_out_create(snapshot, 0, ends[1]);
	enum pump_result result = PUMP_AGAIN;
	size_t at = 0;
	while (result == PUMP_AGAIN) {
		char got[PUMP_STEP_MAX + 1];
		result = pump_out_step(pump);
		size_t n = 0;
		for (ssize_t part; (part = read(ends[0], got + n, sizeof(got) - n)) > 0;) {
			n += (size_t)part;
		}
		assert_true(n > 0 && n <= PUMP_STEP_MAX);
		assert_memory_equal(got, bytes + at, n);
		at += n;
	}
	assert_int_equal(result, PUMP_DONE);
	assert_int_equal(at, MIB);
	pump_out_destroy(pump);
	close(ends[0]);
	snapshot_unref(snapshot);
	free(bytes);
}

/* Whatever else a client sends is not written to: a write to it may wait, and no flag of ours would prevent it. */
static void test_out_other_descriptors(void **state) {
	(void)state;
	int ends[2], datagram[2];
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagram), 0);
	int file = memfd_create("test", MFD_CLOEXEC);
	int kept = dup(file);
	int others[] = {
		file,
		open("/dev/null", O_WRONLY | O_CLOEXEC),
		open("/", O_PATH | O_CLOEXEC),
		eventfd(0, EFD_CLOEXEC),
		ends[0], /* the wrong end */
		datagram[0],
	};
	struct snapshot *snapshot = snapshot_of("hello wide world", 16);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_true(others[i] >= 0);
		struct pump_out *pump = pump_out_create(snapshot, 0, others[i]);
		assert_int_equal(pump_out_step(pump), PUMP_ERROR);
		pump_out_destroy(pump);
		assert_int_equal(fcntl(others[i], F_GETFD), -1); /* taken over all the same */
	}
	assert_int_equal(lseek(kept, 0, SEEK_END), 0);
	close(kept);
	close(ends[1]);
	close(datagram[1]);
	snapshot_unref(snapshot);
}

int main(void) {
	/* As the compositor does: an early close is an error to handle, not an end. */
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_whole),
		cmocka_unit_test(test_out_nothing),
		cmocka_unit_test(test_out_slow_readers),
		cmocka_unit_test(test_out_never_reads),
		cmocka_unit_test(test_out_pipe_filled_by_its_client),
		cmocka_unit_test(test_out_reader_closes),
		cmocka_unit_test(test_out_step_is_bounded),
		cmocka_unit_test(test_out_other_descriptors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
