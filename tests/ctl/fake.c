#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/fd.h"
#include "fake.h"

static void control_path(const struct fake *fake, struct sockaddr_un *address) {
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof(address->sun_path), "%s/cofferdam/control", fake->directory);
}

void fake_init(struct fake *fake, bool listens) {
	*fake = (struct fake){ .listener = -1, .coffer_fd = -1, .out = -1, .err = -1 };
	strcpy(fake->directory, "/tmp/coffer-test-XXXXXX");
	assert_non_null(mkdtemp(fake->directory));
	if (!listens) {
		return;
	}
	struct sockaddr_un address;
	control_path(fake, &address);
	char *slash = strrchr(address.sun_path, '/');
	*slash = '\0';
	assert_int_equal(mkdir(address.sun_path, 0700), 0);
	*slash = '/';
	fake->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_true(fake->listener >= 0);
	assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fake->listener, 1), 0);
}

void fake_finish(struct fake *fake) {
	struct sockaddr_un address;
	control_path(fake, &address);
	channel_destroy(fake->channel);
	fd_close(&fake->listener);
	fd_close(&fake->coffer_fd);
	fd_close(&fake->out);
	fd_close(&fake->err);
	unlink(address.sun_path);
	*strrchr(address.sun_path, '/') = '\0';
	rmdir(address.sun_path);
	assert_int_equal(rmdir(fake->directory), 0);
}

static int make_file(void) {
	int fd = memfd_create("coffer", MFD_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static _Noreturn void become_coffer(struct fake *fake, const char *const *words, int out) {
	char *argv[300] = { (char *)"coffer" };
	size_t len = 1;
	for (; words[len - 1] != NULL; len++) {
		argv[len] = (char *)words[len - 1];
	}
	setenv("XDG_RUNTIME_DIR", fake->directory, 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	if (dup2(out, STDOUT_FILENO) >= 0 && dup2(fake->err, STDERR_FILENO) >= 0) {
		execv(getenv("COFFER"), argv);
	}
	_exit(126);
}

void fake_start(struct fake *fake, const char *const *words, bool out_is_pipe) {
	int pipe_fds[2] = { -1, -1 };
	fake->err = make_file();
	if (out_is_pipe) {
		assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
		fake->out = pipe_fds[0];
	} else {
		fake->out = make_file();
	}
	fake->coffer = fork();
	assert_true(fake->coffer >= 0);
	if (fake->coffer == 0) {
		become_coffer(fake, words, out_is_pipe ? pipe_fds[1] : fake->out);
	}
	fd_close(&pipe_fds[1]);
	fake->coffer_fd = (int)syscall(SYS_pidfd_open, fake->coffer, 0);
	assert_true(fake->coffer_fd >= 0);
}

/* False where coffer has ended before fd was ready. */
static bool wait_readable(struct fake *fake, int fd) {
	struct pollfd sources[] = { { .fd = fd, .events = POLLIN }, { .fd = fake->coffer_fd, .events = POLLIN } };
	assert_true(poll(sources, 2, FAKE_PATIENCE_MS) > 0);
	return sources[0].revents != 0;
}

bool fake_take_request(struct fake *fake, struct control_message *request) {
	if (!wait_readable(fake, fake->listener)) {
		return false;
	}
	fake->channel = channel_create(accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC));
	struct message untrusted_message;
	enum channel_result result;
	while ((result = channel_receive(fake->channel, &untrusted_message)) == CHANNEL_AGAIN) {
		assert_true(wait_readable(fake, channel_get_fd(fake->channel)));
	}
	assert_int_equal(result, CHANNEL_MESSAGE);
	assert_true(control_decode(&untrusted_message, CONTROL_COFFER, request));
	message_finish(&untrusted_message);
	return true;
}

void fake_answer(struct fake *fake, enum control_type type, const struct control_message *answer) {
	struct control_message message = { 0 };
	if (answer != NULL) {
		message = *answer;
	}
	message.type = type;
	/* coffer may have gone already, after an answer that it refused. */
	assert_true(control_send(fake->channel, CONTROL_SUPERVISOR, &message) || channel_is_broken(fake->channel));
}

void fake_answer_raw(struct fake *fake, const void *bytes, size_t size) {
	ssize_t sent = send(channel_get_fd(fake->channel), bytes, size, MSG_NOSIGNAL);
	assert_true(sent == (ssize_t)size || (sent < 0 && errno == EPIPE));
}

void fake_hang_up(struct fake *fake) {
	channel_destroy(fake->channel);
	fake->channel = NULL;
}

void fake_wait(struct fake *fake, struct fake_result *result) {
	struct pollfd source = { .fd = fake->coffer_fd, .events = POLLIN };
	int status;
	/* What does not end is not left behind either. */
	if (poll(&source, 1, FAKE_PATIENCE_MS) != 1) {
		kill(fake->coffer, SIGKILL);
	}
	assert_int_equal(waitpid(fake->coffer, &status, 0), fake->coffer);
	result->code = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
	size_t size;
	result->out = fd_read_all(fake->out, 1 << 24, &size);
	result->err = fd_read_all(fake->err, 1 << 24, &size);
	assert_non_null(result->out);
	assert_non_null(result->err);
}

void fake_result_finish(struct fake_result *result) {
	free(result->out);
	free(result->err);
}
