#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/fd.h"

static void test_close(void **state) {
	int fd = dup(STDOUT_FILENO);
	int number = fd;
	errno = ENOTTY;
	fd_close(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(fcntl(number, F_GETFD), -1);
	errno = ENOTTY;
	fd_close(&fd);
	assert_int_equal(errno, ENOTTY);
}

static void test_flags(void **state) {
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	assert_true(fd_set_nonblock(fds[0]));
	assert_true(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	assert_true(fd_set_cloexec(fds[0], true));
	assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
	assert_true(fd_set_cloexec(fds[0], false));
	assert_false(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
	close(fds[0]);
	close(fds[1]);
	assert_false(fd_set_nonblock(fds[0]));
	assert_int_equal(errno, EBADF);
	assert_false(fd_set_cloexec(fds[0], true));
}

static void test_sealed(void **state) {
	const int wanted = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int fd = fd_sealed_memfd("test", "sealed", 6);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GET_SEALS) & wanted, wanted);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);

	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_int_equal(ftruncate(fd, 100), -1);
	assert_true(mmap(NULL, 6, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);

	char read_back[8];
	assert_int_equal(read(fd, read_back, sizeof(read_back)), 6);
	assert_memory_equal(read_back, "sealed", 6);
	close(fd);

	fd = fd_sealed_memfd("empty", NULL, 0);
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	close(fd);
}

static const struct {
	size_t size, limit;
	bool fits;
} sizes[] = {
	{ 0, 0, true },
	{ 1, 0, false },
	{ 1, 1, true },
	{ 5, 4, false },
	{ 5, SIZE_MAX, true },
	{ 65535, 65535, true },
	{ 65536, 65536, true },
	{ 65537, 65536, false },
	{ 300001, 1 << 20, true },
	{ 300001, 300000, false },
};

static char *pattern(size_t size) {
	char *data = malloc(size + 1);
	for (size_t i = 0; i < size; i++) {
		data[i] = (char)(i * 31 + i / 253);
	}
	return data;
}

static void check_read(int fd, size_t row, const char *data) {
	size_t size = 12345;
	char *content = fd_read_all(fd, sizes[row].limit, &size);
	if (!sizes[row].fits) {
		assert_null(content);
		assert_int_equal(errno, EFBIG);
		return;
	}
	assert_non_null(content);
	assert_int_equal(size, sizes[row].size);
	assert_memory_equal(content, data, size);
	assert_int_equal(content[size], '\0');
	free(content);
}

static void test_read_seekable(void **state) {
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *data = pattern(sizes[i].size);
		int fd = fd_sealed_memfd("test", data, sizes[i].size);
		assert_true(fd >= 0);
		lseek(fd, 0, SEEK_END); /* whoever sent it may have left the offset anywhere */
		check_read(fd, i, data);
		close(fd);
		free(data);
	}
}

static void test_read_stream(void **state) {
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *data = pattern(sizes[i].size);
		int fds[2];
		assert_int_equal(pipe(fds), 0);
		/* A pipe that holds all of it, so that this one process can write first and read then. */
		assert_true(fcntl(fds[1], F_SETPIPE_SZ, 1 << 19) >= 1 << 19);
		assert_int_equal(write(fds[1], data, sizes[i].size), sizes[i].size);
		close(fds[1]);
		check_read(fds[0], i, data);
		close(fds[0]);
		free(data);
	}
}

static void test_read_failures(void **state) {
	size_t size;
	int fds[2];
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	assert_int_equal(write(fds[1], "some", 4), 4);
	assert_null(fd_read_all(fds[0], 100, &size));
	assert_int_equal(errno, EAGAIN);
	close(fds[0]);
	close(fds[1]);
	assert_null(fd_read_all(fds[0], 100, &size));
	assert_int_equal(errno, EBADF);

	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC); /* without an end */
	assert_true(zero >= 0);
	assert_null(fd_read_all(zero, 200000, &size));
	assert_int_equal(errno, EFBIG);
	close(zero);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_read_seekable),
		cmocka_unit_test(test_read_stream),
		cmocka_unit_test(test_read_failures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
