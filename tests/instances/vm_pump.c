#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include "instances/vm_pump.h"

struct fixture {
	struct vm_pump pump;
	int writer, reader; /* the far ends */
};

static int set_up_between(void **state, bool to_socket) {
	static struct fixture fixture;
	int from[2], to[2];
	signal(SIGPIPE, SIG_IGN);
	if (pipe2(from, O_CLOEXEC | O_NONBLOCK) != 0 ||
		(to_socket ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, to)
				   : pipe2(to, O_CLOEXEC | O_NONBLOCK)) != 0) {
		return -1;
	}
	fixture = (struct fixture){ .writer = from[1], .reader = to[0] };
	vm_pump_init(&fixture.pump, from[0], to[1]);
	*state = &fixture;
	return 0;
}

static int set_up(void **state) {
	return set_up_between(state, false);
}

static int set_up_socket(void **state) {
	return set_up_between(state, true);
}

static int tear_down(void **state) {
	struct fixture *fixture = *state;
	vm_pump_finish(&fixture->pump);
	if (fixture->writer >= 0) {
		close(fixture->writer);
	}
	if (fixture->reader >= 0) {
		close(fixture->reader);
	}
	return 0;
}

/* One turn with what there is now. */
static bool turn(struct fixture *fixture) {
	struct pollfd polls[VM_PUMP_POLLS];
	vm_pump_prepare(&fixture->pump, polls);
	assert_true(poll(polls, VM_PUMP_POLLS, 0) >= 0);
	return vm_pump_run(&fixture->pump, polls);
}

static void test_bytes(void **state) {
	struct fixture *fixture = *state;
	char bytes[16];
	assert_true(turn(fixture));
	assert_int_equal(write(fixture->writer, "hello", 5), 5);
	assert_true(turn(fixture));
	assert_int_equal(read(fixture->reader, bytes, sizeof(bytes)), 5);
	assert_memory_equal(bytes, "hello", 5);
	assert_int_equal(write(fixture->writer, "bye", 3), 3);
	close(fixture->writer);
	fixture->writer = -1;
	bool goes_on = turn(fixture);
	goes_on = goes_on && turn(fixture);
	assert_false(goes_on);
	assert_int_equal(read(fixture->reader, bytes, sizeof(bytes)), 3);
}

static void test_reader_goes(void **state) {
	struct fixture *fixture = *state;
	assert_true(turn(fixture));
	close(fixture->reader);
	fixture->reader = -1;
	assert_false(turn(fixture)); /* though nothing was written */
}

/* Far more than all buffers, to one that reads late: it never blocks, waits without being woken, and nothing is lost. */
static void test_slow_reader(void **state) {
	enum { SIZE = 1000000 };
	struct fixture *fixture = *state;
	unsigned char chunk[1000];
	size_t sent = 0, received = 0;
	for (;;) {
		for (size_t i = 0; i < sizeof(chunk); i++) {
			chunk[i] = (unsigned char)((sent + i) % 251);
		}
		ssize_t n = write(fixture->writer, chunk, sizeof(chunk));
		size_t before = sent;
		sent += n > 0 ? (size_t)n : 0;
		assert_true(turn(fixture));
		struct pollfd polls[VM_PUMP_POLLS];
		vm_pump_prepare(&fixture->pump, polls);
		if (sent == before && poll(polls, VM_PUMP_POLLS, 0) == 0) {
			break; /* all is full, and nothing asks for a turn */
		}
		assert_true(sent < SIZE);
	}
	close(fixture->writer);
	fixture->writer = -1;
	bool goes_on = true;
	while (goes_on || received < sent) {
		ssize_t n = read(fixture->reader, chunk, sizeof(chunk));
		for (ssize_t i = 0; i < n; i++) {
			assert_int_equal(chunk[i], (received + (size_t)i) % 251);
		}
		received += n > 0 ? (size_t)n : 0;
		goes_on = goes_on && turn(fixture);
	}
	assert_int_equal(received, sent);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bytes, set_up_socket, tear_down),
		cmocka_unit_test_setup_teardown(test_reader_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reader_goes, set_up_socket, tear_down),
		cmocka_unit_test_setup_teardown(test_slow_reader, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slow_reader, set_up_socket, tear_down),
	};
	return cmocka_run_group_tests_name("instances vm_pump", tests, NULL, NULL);
}
