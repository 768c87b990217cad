#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/fd.h"
#include "clipboard/pump.h"
#include "tests/clipboard/sample.h"

/*
 * Real pipes, one process: the test plays the peer between two steps. A pump that waited for it would wait for ever,
 * and the test would be ended for it.
 */

#define LIMIT (16 * 1024 * 1024)
#define MIB (1024 * 1024)

static void *filled(size_t size, int seed) {
	unsigned char *bytes = malloc(size);
	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++) {
		bytes[i] = (unsigned char)((i * 31 + i / 4096 + (size_t)seed) & 0xff);
	}
	return bytes;
}

struct source {
	struct pump_in *pump;
	int fd; /* the write end; -1 once closed */
};

static struct source source_open(enum clip_kind kind, uint64_t limit, int flags) {
	int ends[2];
	assert_int_equal(pipe2(ends, flags), 0);
	struct source source = { .pump = pump_in_create(ends[0], kind, limit), .fd = ends[1] };
	assert_non_null(source.pump);
	assert_int_equal(pump_in_get_fd(source.pump), ends[0]);
	return source;
}

static void source_write(struct source *source, const void *data, size_t size) {
	assert_int_equal(write(source->fd, data, size), size);
}

static void source_finish(struct source *source) {
	fd_close(&source->fd);
	pump_in_destroy(source->pump);
}

static enum pump_result run_in(struct pump_in *pump, int steps) {
	enum pump_result result = PUMP_AGAIN;
	for (int i = 0; i < steps && result == PUMP_AGAIN; i++) {
		result = pump_in_step(pump);
	}
	return result;
}

static void assert_not_sealed(struct pump_in *pump, enum transfer_refusal wanted) {
	uint64_t size = 99;
	enum transfer_refusal refusal = REFUSED_NOT;
	assert_int_equal(pump_in_seal(pump, &size, &refusal), -1);
	assert_int_equal(refusal, wanted);
	assert_int_equal(size, 0);
}

static int assert_sealed(struct pump_in *pump, const void *data, size_t length) {
	uint64_t size = 0;
	enum transfer_refusal refusal = REFUSED_EMPTY;
	int memfd = pump_in_seal(pump, &size, &refusal);
	assert_true(memfd >= 0);
	assert_int_equal(refusal, REFUSED_NOT);
	assert_int_equal(size, length);
	size_t held_length = 0;
	char *held = fd_read_all(memfd, LIMIT, &held_length);
	assert_non_null(held);
	assert_int_equal(held_length, length);
	assert_memory_equal(held, data, length);
	free(held);
	return memfd;
}

struct in_row {
	enum clip_kind kind;
	const void *in;
	size_t in_length;
	const void *out;
	size_t out_length;
	enum transfer_refusal refusal;
};

#define BYTES(literal) (literal), sizeof(literal) - 1

static const struct in_row in_rows[] = {
	{ CLIP_TEXT, BYTES("hello"), BYTES("hello"), REFUSED_NOT },
	{ CLIP_TEXT, BYTES("a\r\nb\rc\n"), BYTES("a\nb\nc\n"), REFUSED_NOT },
	{ CLIP_TEXT, BYTES("caf\u00e9 \u4f60\u597d \U0001f600"), BYTES("caf\u00e9 \u4f60\u597d \U0001f600"), REFUSED_NOT },
	{ CLIP_TEXT, BYTES("\ufeff\x1b[1mx\0"), BYTES("[1mx"), REFUSED_NOT },
	{ CLIP_TEXT, BYTES(""), NULL, 0, REFUSED_BROKEN },
	{ CLIP_TEXT, BYTES("\x01\x02\0"), NULL, 0, REFUSED_BAD_CONTENT }, /* nothing is left of it */
	{ CLIP_TEXT, BYTES("caf\xe9 au lait"), NULL, 0, REFUSED_BAD_CONTENT },
	{ CLIP_TEXT, BYTES("unfinished \xe4\xbd"), NULL, 0, REFUSED_BAD_CONTENT },
	{ CLIP_TEXT, sample_png, sizeof(sample_png), NULL, 0, REFUSED_BAD_CONTENT },
	{ CLIP_PNG, sample_png, sizeof(sample_png), sample_png, sizeof(sample_png), REFUSED_NOT },
	{ CLIP_PNG, sample_png, sizeof(sample_png) - 1, NULL, 0, REFUSED_BAD_CONTENT },
	{ CLIP_PNG, BYTES(""), NULL, 0, REFUSED_BROKEN },
	{ CLIP_PNG, BYTES("GIF89a, not a PNG"), NULL, 0, REFUSED_BAD_CONTENT },
	{ CLIP_OTHER, BYTES("a\r\n\0\xff"), BYTES("a\r\n\0\xff"), REFUSED_NOT }, /* as it is */
	{ CLIP_OTHER, BYTES(""), NULL, 0, REFUSED_BROKEN },
};

#define IN_ROWS (sizeof(in_rows) / sizeof(in_rows[0]))

static void check_sealing(struct pump_in *pump, const struct in_row *row) {
	if (row->refusal == REFUSED_NOT) {
		close(assert_sealed(pump, row->out, row->out_length));
		assert_not_sealed(pump, REFUSED_BROKEN); /* once */
	} else {
		assert_not_sealed(pump, row->refusal);
	}
}

static void test_in_content(void **state) {
	(void)state;
	for (size_t i = 0; i < IN_ROWS; i++) {
		struct source source = source_open(in_rows[i].kind, LIMIT, 0);
		source_write(&source, in_rows[i].in, in_rows[i].in_length);
		fd_close(&source.fd);
		assert_int_equal(run_in(source.pump, 4), PUMP_DONE);
		assert_int_equal(pump_in_get_size(source.pump), in_rows[i].in_length);
		check_sealing(source.pump, &in_rows[i]);
		source_finish(&source);
	}
}

/* C4: a byte at a time, with nothing for a while between any two. */
static void test_in_byte_by_byte(void **state) {
	(void)state;
	for (size_t i = 0; i < IN_ROWS; i++) {
		struct source source = source_open(in_rows[i].kind, LIMIT, 0);
		enum pump_result result = pump_in_step(source.pump);
		for (size_t at = 0; at < in_rows[i].in_length && result == PUMP_AGAIN; at++) {
			source_write(&source, (const char *)in_rows[i].in + at, 1);
			result = pump_in_step(source.pump);
			assert_int_equal(pump_in_get_size(source.pump), at + 1);
			if (result == PUMP_AGAIN) {
				assert_int_equal(pump_in_step(source.pump), PUMP_AGAIN);
				assert_not_sealed(source.pump, REFUSED_BROKEN); /* not before it is done */
			}
		}
		fd_close(&source.fd);
		assert_int_equal(run_in(source.pump, 1), PUMP_DONE);
		check_sealing(source.pump, &in_rows[i]);
		source_finish(&source);
	}
}

static void test_in_bad_content_needs_no_end(void **state) {
	(void)state;
	struct source source = source_open(CLIP_TEXT, LIMIT, 0);
	source_write(&source, "\xff", 1);
	assert_int_equal(pump_in_step(source.pump), PUMP_DONE);
	source_write(&source, "more", 4);
	assert_int_equal(pump_in_step(source.pump), PUMP_DONE);
	assert_int_equal(pump_in_get_size(source.pump), 1); /* nothing more is read */
	assert_not_sealed(source.pump, REFUSED_BAD_CONTENT);
	source_finish(&source);
}

/* C4: never writes. The pump goes on saying so; whoever has the clock gives up, and the source is told by its pipe. */
static void test_in_never_writes(void **state) {
	(void)state;
	struct source source = source_open(CLIP_TEXT, LIMIT, 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(pump_in_step(source.pump), PUMP_AGAIN);
	}
	assert_int_equal(pump_in_get_size(source.pump), 0);
	assert_not_sealed(source.pump, REFUSED_BROKEN);
	pump_in_destroy(source.pump);
	assert_int_equal(write(source.fd, "late", 4), -1);
	assert_int_equal(errno, EPIPE);
	close(source.fd);
	pump_in_destroy(NULL);
}

/* C5: an endless source. */
static void test_in_endless(void **state) {
	(void)state;
	static const enum clip_kind kinds[] = { CLIP_TEXT, CLIP_OTHER };
	uint64_t limit = 3 * MIB;
	char *text = malloc(MIB);
	assert_non_null(text);
	memset(text, 'a', MIB);
	for (size_t i = 0; i < 2; i++) {
		struct source source = source_open(kinds[i], limit, 0);
		assert_true(fd_set_nonblock(source.fd));
		enum pump_result result = PUMP_AGAIN;
		for (int step = 0; step < 100000 && result == PUMP_AGAIN; step++) {
			assert_true(write(source.fd, text, MIB) > 0);
			result = pump_in_step(source.pump);
			assert_true(pump_in_get_size(source.pump) <= limit);
		}
		assert_int_equal(result, PUMP_TOO_LARGE);
		assert_int_equal(pump_in_step(source.pump), PUMP_TOO_LARGE);
		assert_not_sealed(source.pump, REFUSED_TOO_LARGE);
		source_finish(&source);
	}
	free(text);
}

static void test_in_limit(void **state) {
	(void)state;
	static const struct {
		uint64_t limit;
		size_t size;
		enum pump_result result;
	} rows[] = {
		{ 5, 5, PUMP_DONE },
		{ 5, 6, PUMP_TOO_LARGE },
		{ 5, 60000, PUMP_TOO_LARGE },
		{ 65536, 65536, PUMP_DONE },
		{ 65535, 65536, PUMP_TOO_LARGE },
		{ 65537, 65536, PUMP_DONE },
		{ 0, 0, PUMP_DONE },
		{ 0, 1, PUMP_TOO_LARGE },
		{ UINT64_MAX, 65536, PUMP_DONE },
	};
	char *text = malloc(65536);
	assert_non_null(text);
	memset(text, 'a', 65536);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct source source = source_open(CLIP_TEXT, rows[i].limit, 0);
		source_write(&source, text, rows[i].size);
		fd_close(&source.fd);
		assert_int_equal(run_in(source.pump, 8), rows[i].result);
		if (rows[i].result == PUMP_TOO_LARGE) {
			assert_not_sealed(source.pump, REFUSED_TOO_LARGE);
		} else if (rows[i].size > 0) {
			close(assert_sealed(source.pump, text, rows[i].size));
		} else {
			assert_not_sealed(source.pump, REFUSED_BROKEN);
		}
		source_finish(&source);
	}
	free(text);
}

/* One step is bounded, in bytes and in calls, however much the source has ready. */
static void test_in_step_is_bounded(void **state) {
	(void)state;
	struct source source = source_open(CLIP_OTHER, LIMIT, 0);
	assert_int_equal(fcntl(source.fd, F_SETPIPE_SZ, MIB), MIB);
	void *bytes = filled(MIB, 1);
	source_write(&source, bytes, MIB);
	uint64_t before = 0;
	while (before < MIB) {
		assert_int_equal(pump_in_step(source.pump), PUMP_AGAIN);
		assert_true(pump_in_get_size(source.pump) > before);
		assert_true(pump_in_get_size(source.pump) - before <= PUMP_STEP_MAX);
		before = pump_in_get_size(source.pump);
	}
	fd_close(&source.fd);
	assert_int_equal(pump_in_step(source.pump), PUMP_DONE);
	close(assert_sealed(source.pump, bytes, MIB));
	source_finish(&source);
	free(bytes);

	/* In packet mode every read returns one packet. */
	source = source_open(CLIP_OTHER, LIMIT, O_DIRECT);
	for (int i = 0; i < 12; i++) {
		source_write(&source, "x", 1);
	}
	assert_int_equal(pump_in_step(source.pump), PUMP_AGAIN);
	assert_true(pump_in_get_size(source.pump) < 12);
	source_finish(&source);
}

/* C3: what was taken is what is given. */
static void test_in_sealed_is_immutable(void **state) {
	(void)state;
	struct source source = source_open(CLIP_TEXT, LIMIT, 0);
	source_write(&source, "hello", 5);
	fd_close(&source.fd);
	assert_int_equal(run_in(source.pump, 4), PUMP_DONE);
	int memfd = assert_sealed(source.pump, "hello", 5);
	source_finish(&source); /* the memfd outlives the pump */
	assert_int_equal(write(memfd, "J", 1), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(memfd, 1), -1);
	assert_int_equal(ftruncate(memfd, 100), -1);
	assert_ptr_equal(mmap(NULL, 5, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0), MAP_FAILED);
	assert_int_equal(fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	assert_int_equal(lseek(memfd, 0, SEEK_CUR), 0);
	assert_true((fcntl(memfd, F_GETFD) & FD_CLOEXEC) != 0);
	struct snapshot *snapshot = snapshot_create();
	assert_true(snapshot_add(snapshot, CLIP_TEXT, "text/plain;charset=utf-8", memfd, 5));
	snapshot_unref(snapshot);
}

static void test_in_errors(void **state) {
	(void)state;
	assert_null(pump_in_create(-1, CLIP_TEXT, LIMIT));

	int ends[2];
	assert_int_equal(pipe(ends), 0);
	struct pump_in *pump = pump_in_create(ends[1], CLIP_TEXT, LIMIT); /* the end that can't be read */
	assert_non_null(pump);
	assert_int_equal(pump_in_step(pump), PUMP_ERROR);
	assert_int_equal(pump_in_step(pump), PUMP_ERROR);
	assert_not_sealed(pump, REFUSED_BROKEN);
	pump_in_destroy(pump);
	close(ends[0]);

	/* No room for what came: a limit on files stands in for a system out of memory. */
	struct source source = source_open(CLIP_OTHER, LIMIT, 0);
	void *bytes = filled(65536, 3);
	source_write(&source, bytes, 65536);
	struct rlimit before, small;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	enum pump_result result = pump_in_step(source.pump);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(result, PUMP_ERROR);
	assert_int_equal(pump_in_step(source.pump), PUMP_ERROR);
	assert_not_sealed(source.pump, REFUSED_BROKEN);
	source_finish(&source);
	free(bytes);
}

int main(void) {
	/* As the compositor does: an early close is an error to handle, not an end. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_content),
		cmocka_unit_test(test_in_byte_by_byte),
		cmocka_unit_test(test_in_bad_content_needs_no_end),
		cmocka_unit_test(test_in_never_writes),
		cmocka_unit_test(test_in_endless),
		cmocka_unit_test(test_in_limit),
		cmocka_unit_test(test_in_step_is_bounded),
		cmocka_unit_test(test_in_sealed_is_immutable),
		cmocka_unit_test(test_in_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
