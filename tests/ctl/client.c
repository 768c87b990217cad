/* Sessions that coffer cannot reach, or that never answer. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/fd.h"
#include "ctl/client.h"
#include "fake.h"

/* Nothing waits for it: whatever is tested here never comes. */
#define SHORT_MS 50

/* Asks, and returns what was said on stderr, which the caller frees. */
static char *ask(const struct client_request *request, int *code) {
	int said = memfd_create("stderr", MFD_CLOEXEC), real = dup(STDERR_FILENO);
	assert_true(said >= 0 && real >= 0);
	fflush(stderr);
	dup2(said, STDERR_FILENO);
	*code = client_ask(request);
	fflush(stderr);
	dup2(real, STDERR_FILENO);
	close(real);
	size_t size;
	char *text = fd_read_all(said, 65536, &size);
	close(said);
	assert_non_null(text);
	return text;
}

static void check_ask(const char *runtime, const char *late, int expected_code, const char *expected) {
	struct control_message message = { .type = CONTROL_PS };
	struct client_request request = { .message = &message, .timeout_ms = SHORT_MS, .late = late };
	int code;
	if (runtime != NULL) {
		setenv("XDG_RUNTIME_DIR", runtime, 1);
	} else {
		unsetenv("XDG_RUNTIME_DIR");
	}
	char *said = ask(&request, &code);
	assert_int_equal(code, expected_code);
	assert_string_equal(said, expected);
	free(said);
}

#define NO_SESSION "coffer: no session here: start cofferdam first, or set XDG_RUNTIME_DIR\n"
#define NO_ANSWER "coffer: the session does not answer: try again, or end it by SIGTERM to cofferdam\n"

static void unreachable_is_said(void **state) {
	char long_path[200] = "/tmp/";
	memset(long_path + 5, 'x', sizeof(long_path) - 6);
	check_ask(NULL, NULL, EXIT_CODE_NO_SESSION, NO_SESSION);
	check_ask("", NULL, EXIT_CODE_NO_SESSION, NO_SESSION);
	check_ask("run", NULL, EXIT_CODE_NO_SESSION, NO_SESSION);
	check_ask("/nonexistent", NULL, EXIT_CODE_NO_SESSION, NO_SESSION);
	check_ask("/dev/null", NULL, EXIT_CODE_NO_SESSION, NO_SESSION);
	check_ask(long_path, NULL, EXIT_CODE_NO_SESSION,
		"coffer: XDG_RUNTIME_DIR is too long for a socket below it: set it to a shorter path\n");
}

static void silence_ends(void **state) {
	struct fake fake;
	fake_init(&fake, true);
	check_ask(fake.directory, NULL, EXIT_CODE_FAILED, NO_ANSWER);
	check_ask(fake.directory, "work sleeps: wake it", EXIT_CODE_FAILED, "coffer: work sleeps: wake it\n");
	fake_finish(&fake);
}

static void full_queue_ends(void **state) {
	struct fake fake;
	fake_init(&fake, true);
	struct sockaddr_un address;
	socklen_t length = sizeof(address);
	assert_int_equal(getsockname(fake.listener, (struct sockaddr *)&address, &length), 0);
	int fds[16];
	size_t len = 0;
	int status;
	do {
		assert_true(len < sizeof(fds) / sizeof(fds[0]));
		fds[len] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		status = connect(fds[len++], (struct sockaddr *)&address, length);
	} while (status == 0);
	check_ask(fake.directory, NULL, EXIT_CODE_FAILED, NO_ANSWER);
	while (len > 0) {
		close(fds[--len]);
	}
	fake_finish(&fake);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unreachable_is_said),
		cmocka_unit_test(silence_ends),
		cmocka_unit_test(full_queue_ends),
	};
	return cmocka_run_group_tests_name("ctl client", tests, NULL, NULL);
}
