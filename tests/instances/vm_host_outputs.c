#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include "instances/vm_host_outputs.h"

#define ID 5

struct fixture {
	struct vm_outputs *outputs;
	struct sockaddr_un address;
	socklen_t address_len;
	int reader, writer; /* what the supervisor would read, and gave */
};

static int set_up(void **state) {
	static struct fixture fixture;
	int fds[2], fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	signal(SIGPIPE, SIG_IGN);
	/* A name of the kernel's choice, which is nobody else's. */
	fixture.address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	fixture.address_len = sizeof(fixture.address);
	if (fd < 0 || bind(fd, (struct sockaddr *)&fixture.address, sizeof(sa_family_t)) != 0 || listen(fd, 64) != 0 ||
		getsockname(fd, (struct sockaddr *)&fixture.address, &fixture.address_len) != 0 || pipe2(fds, O_CLOEXEC) != 0) {
		return -1;
	}
	fixture.reader = fds[0];
	fixture.writer = fds[1];
	fixture.outputs = vm_outputs_create(fd);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state) {
	struct fixture *fixture = *state;
	vm_outputs_destroy(fixture->outputs);
	close(fixture->reader);
	if (fixture->writer >= 0) {
		close(fixture->writer);
	}
	return 0;
}

/* Turns until nothing asks for one: a connection in the same process is there at once. */
static void settle(struct fixture *fixture) {
	struct pollfd polls[VM_OUTPUTS_POLLS];
	for (int i = 0; i < 1000; i++) {
		nfds_t len = vm_outputs_prepare(fixture->outputs, polls);
		assert_true(len <= VM_OUTPUTS_POLLS);
		if (poll(polls, len, 0) == 0) {
			return;
		}
		vm_outputs_handle(fixture->outputs, polls, len);
	}
	fail_msg("it turns for nothing");
}

static int connect_guest(struct fixture *fixture) {
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&fixture->address, fixture->address_len), 0);
	return fd;
}

static void say(int fd, uint32_t id, uint32_t which) {
	const struct vm_output_header header = { .id = id, .which = which };
	assert_int_equal(send(fd, &header, sizeof(header), MSG_NOSIGNAL), sizeof(header));
}

static bool is_closed(int fd) {
	char byte;
	return recv(fd, &byte, 1, 0) == 0;
}

static void close_writer(struct fixture *fixture) {
	close(fixture->writer);
	fixture->writer = -1;
}

static void test_output(void **state) {
	struct fixture *fixture = *state;
	char bytes[16];
	assert_int_equal(vm_outputs_expect(fixture->outputs, ID, VM_OUTPUT_STANDARD, fixture->writer), 0);
	/* It is ours to be non-blocking: the others that have it are not. */
	assert_int_equal(fcntl(fixture->writer, F_GETFL) & O_NONBLOCK, 0);
	close_writer(fixture);
	int fd = connect_guest(fixture);
	assert_false(vm_outputs_are_open(fixture->outputs));
	say(fd, ID, VM_OUTPUT_STANDARD);
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	settle(fixture);
	assert_true(vm_outputs_are_open(fixture->outputs));
	assert_int_equal(read(fixture->reader, bytes, sizeof(bytes)), 5);
	/* Its end is the end of the pipe. */
	close(fd);
	settle(fixture);
	assert_false(vm_outputs_are_open(fixture->outputs));
	assert_int_equal(read(fixture->reader, bytes, sizeof(bytes)), 0);
}

/* A connection gets what was announced for exactly it, once. */
static void test_hostile(void **state) {
	static const struct vm_output_header rows[] = {
		{ ID + 1, VM_OUTPUT_STANDARD },
		{ ID, VM_OUTPUT_ERROR },
		{ ID, 2 },
		{ UINT32_MAX, UINT32_MAX },
	};
	struct fixture *fixture = *state;
	assert_int_equal(vm_outputs_expect(fixture->outputs, ID, VM_OUTPUT_STANDARD, fixture->writer), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = connect_guest(fixture);
		say(fd, rows[i].id, rows[i].which);
		settle(fixture);
		assert_true(is_closed(fd));
		close(fd);
	}
	int first = connect_guest(fixture), second = connect_guest(fixture);
	say(first, ID, VM_OUTPUT_STANDARD);
	settle(fixture);
	say(second, ID, VM_OUTPUT_STANDARD);
	settle(fixture);
	assert_false(is_closed(first));
	assert_true(is_closed(second));
	close(first);
	close(second);
}

/* Connections that say nothing, or half of it, do not keep out one that speaks. */
static void test_silent(void **state) {
	struct fixture *fixture = *state;
	int silent[3 * VM_NEWCOMERS_MAX];
	assert_int_equal(vm_outputs_expect(fixture->outputs, ID, VM_OUTPUT_STANDARD, fixture->writer), 0);
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		silent[i] = connect_guest(fixture);
		if (i % 2 == 0) {
			assert_int_equal(send(silent[i], "\5\0\0", 3, 0), 3);
		}
		settle(fixture);
	}
	int fd = connect_guest(fixture);
	settle(fixture);
	say(fd, ID, VM_OUTPUT_STANDARD);
	settle(fixture);
	assert_true(vm_outputs_are_open(fixture->outputs));
	size_t closed = 0;
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		closed += is_closed(silent[i]);
		close(silent[i]);
	}
	assert_true(closed >= sizeof(silent) / sizeof(silent[0]) - VM_NEWCOMERS_MAX);
	settle(fixture);
	close(fd);
}

/* Whose program could not be started, or has ended: what has connected stays, what has not never will. */
static void test_settle(void **state) {
	struct fixture *fixture = *state;
	char bytes[16];
	assert_int_equal(vm_outputs_expect(fixture->outputs, ID, VM_OUTPUT_STANDARD, fixture->writer), 0);
	assert_int_equal(vm_outputs_expect(fixture->outputs, ID, VM_OUTPUT_ERROR, fixture->writer), 0);
	assert_int_equal(vm_outputs_expect(fixture->outputs, ID, VM_OUTPUT_ERROR, fixture->writer), EAGAIN);
	close_writer(fixture);
	int fd = connect_guest(fixture);
	say(fd, ID, VM_OUTPUT_ERROR);
	assert_int_equal(send(fd, "late", 4, 0), 4);
	vm_outputs_settle(fixture->outputs, ID); /* before any turn has seen the connection */
	int later = connect_guest(fixture);
	say(later, ID, VM_OUTPUT_STANDARD);
	settle(fixture);
	assert_true(is_closed(later));
	assert_int_equal(read(fixture->reader, bytes, sizeof(bytes)), 4);
	close(fd);
	close(later);
	settle(fixture);
	assert_int_equal(read(fixture->reader, bytes, sizeof(bytes)), 0);
}

/* Nobody reads the one: the other goes on, and the first does not ask for turns. */
static void test_unread(void **state) {
	struct fixture *fixture = *state;
	static char chunk[4096];
	int fds[2], unread = -1, read_fd = -1;
	char byte;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(vm_outputs_expect(fixture->outputs, ID, VM_OUTPUT_STANDARD, fixture->writer), 0);
	assert_int_equal(vm_outputs_expect(fixture->outputs, ID + 1, VM_OUTPUT_STANDARD, fds[1]), 0);
	unread = connect_guest(fixture);
	read_fd = connect_guest(fixture);
	say(unread, ID, VM_OUTPUT_STANDARD);
	say(read_fd, ID + 1, VM_OUTPUT_STANDARD);
	for (size_t sent = 0; send(unread, chunk, sizeof(chunk), MSG_NOSIGNAL) > 0; sent++) {
		assert_true(sent < 10000);
		settle(fixture);
	}
	assert_int_equal(send(read_fd, "x", 1, 0), 1);
	settle(fixture);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	close(fds[0]);
	close(fds[1]);
	close(unread);
	close(read_fd);
}

/* Who would read has gone: so is the guest's connection, also where it has written nothing. */
static void test_reader_gone(void **state) {
	struct fixture *fixture = *state;
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(vm_outputs_expect(fixture->outputs, ID, VM_OUTPUT_STANDARD, fds[1]), 0);
	close(fds[1]);
	int fd = connect_guest(fixture);
	say(fd, ID, VM_OUTPUT_STANDARD);
	settle(fixture);
	assert_false(is_closed(fd));
	close(fds[0]);
	settle(fixture);
	assert_true(is_closed(fd));
	close(fd);
}

static void test_bounds(void **state) {
	struct fixture *fixture = *state;
	int sockets[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	assert_int_equal(vm_outputs_expect(fixture->outputs, ID, VM_OUTPUT_STANDARD, sockets[0]), ENXIO);
	close(sockets[0]);
	close(sockets[1]);
	for (uint32_t i = 0; i < VM_OUTPUTS_MAX; i++) {
		int error = vm_outputs_expect(fixture->outputs, i, VM_OUTPUT_STANDARD, fixture->writer);
		assert_int_equal(error, 0);
	}
	assert_int_equal(vm_outputs_expect(fixture->outputs, VM_OUTPUTS_MAX, VM_OUTPUT_STANDARD, fixture->writer), EAGAIN);
	vm_outputs_settle(fixture->outputs, 0);
	assert_int_equal(vm_outputs_expect(fixture->outputs, VM_OUTPUTS_MAX, VM_OUTPUT_STANDARD, fixture->writer), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_output, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_silent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_settle, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unread, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reader_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("instances vm_host_outputs", tests, NULL, NULL);
}
