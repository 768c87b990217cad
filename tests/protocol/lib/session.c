#include "tests/protocol/lib/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"
#include "tests/protocol/lib/capture.h"
#include "tests/protocol/lib/peer.h"
#include "tests/protocol/lib/socket.h"

#define READY_TIMEOUT_MS 20000
#define STOP_TIMEOUT_MS 5000
#define COFFER_TIMEOUT_MS 15000
#define LOG_MAX (16 * 1024 * 1024)
#define LOG_LINES_SHOWN 60

struct session {
	struct test *test;
	pid_t pid;
	pid_t first_compositor;
	struct peer *peer; /* in its place, or NULL */
	bool may_restart, has_ended;
	char *runtime, *shell_socket, *log_path;
	char *log;
	char *environment[16];
	struct client *shell;
	struct virtual_keyboard *keyboard;
	struct virtual_pointer *pointer;
};

/* ---- evidence ---- */

const char *session_log(struct session *session) {
	free(session->log);
	size_t size;
	int fd = open(session->log_path, O_RDONLY | O_CLOEXEC);
	session->log = fd >= 0 ? fd_read_all(fd, LOG_MAX, &size) : NULL;
	fd_close(&fd);
	if (session->log == NULL) {
		session->log = xstrdup("");
	}
	return session->log;
}

static void save_evidence(struct test *test, void *data) {
	struct session *session = data;
	if (session->peer != NULL) {
		peer_note_end(session->peer);
	}
	const char *log = session_log(session);
	const char *from = log + strlen(log);
	for (int lines = 0; from > log && lines <= LOG_LINES_SHOWN; from--) {
		lines += from[-1] == '\n';
	}
	test_note(test, "the end of the session's log:");
	/* In parts, since a note is bounded. */
	while (*from != '\0') {
		size_t len = strcspn(from, "\n");
		test_note(test, "  | %.*s", (int)(len < 300 ? len : 300), from);
		from += len + (from[len] == '\n');
	}
	char *path = test_picture_path(test, "failure");
	if (path != NULL && !session->has_ended) {
		struct picture *picture = capture_if_possible(session_shell(session));
		if (picture != NULL && picture_save(picture, path)) {
			test_note(test, "picture: %s", path);
		}
	}
}

/* ---- starting ---- */

static char *make_directory(struct test *test, const char *name) {
	char *path = xasprintf("%s/%s", test_directory(test), name);
	CHECK(mkdir(path, 0700) == 0 || errno == EEXIST, "cannot make %s: %s", path, strerror(errno));
	return path;
}

static void add_environment(struct session *session, char *text) {
	struct test *test = session->test;
	size_t len = 0;
	while (session->environment[len] != NULL) {
		len++;
	}
	CHECK(len + 1 < sizeof(session->environment) / sizeof(session->environment[0]), "too many variables");
	session->environment[len] = text;
}

static void make_environment(struct session *session) {
	struct test *test = session->test;
	session->runtime = make_directory(test, "r");
	session->shell_socket = xasprintf("%s/cofferdam/shell/wayland-0", session->runtime);
	session->log_path = xasprintf("%s/log", test_directory(test));
	add_environment(session, xasprintf("XDG_RUNTIME_DIR=%s", session->runtime));
	add_environment(session, xasprintf("HOME=%s", make_directory(test, "home")));
	add_environment(session, xasprintf("XDG_STATE_HOME=%s", make_directory(test, "state")));
	add_environment(session, xasprintf("XDG_CONFIG_HOME=%s", make_directory(test, "config")));
	add_environment(session, xasprintf("NOTIFY_SOCKET=%s/notify", test_directory(test)));
	static const char *const fixed[] = {
		"WLR_BACKENDS=headless",
		"WLR_RENDERER=pixman",
		"WLR_LIBINPUT_NO_DEVICES=1",
		"WAYLAND_DISPLAY",
		"WAYLAND_SOCKET",
		"DISPLAY",
		"DBUS_SESSION_BUS_ADDRESS",
	};
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		add_environment(session, xstrdup(fixed[i]));
	}
}

/* A config in which every instance has the backend that is under test, where it is not the default. */
static char *with_backend(const char *config) {
	const char *backend = getenv("TEST_BACKEND");
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	for (const char *line = config; *line != '\0';) {
		size_t length = strcspn(line, "\n");
		length += line[length] == '\n';
		fwrite(line, 1, length, out);
		if (backend != NULL && strncmp(line, "instance ", 9) == 0 && length > 2 &&
			strncmp(line + length - 2, "{\n", 2) == 0) {
			fprintf(out, "\tbackend %s\n", backend);
			/* A guest is the same however it computes, and not every machine can do it otherwise. */
			fputs(strcmp(backend, "vm") == 0 ? "\tacceleration none\n\tmemory 512M\n" : "", out);
		}
		line += length;
	}
	fclose(out);
	return text;
}

static char *write_config(struct test *test, const char *text) {
	char *config = with_backend(text);
	char *path = xasprintf("%s/test.conf", test_directory(test));
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, config, strlen(config)) == (ssize_t)strlen(config), "cannot write %s: %s", path,
		strerror(errno));
	close(fd);
	free(config);
	return path;
}

static int open_notify_socket(struct test *test) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", test_directory(test));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "cannot listen at %s: %s",
		address.sun_path, strerror(errno));
	return fd;
}

/* sd_notify(3): datagrams of lines, one of which is to be READY=1. */
static bool has_said_ready(int notify_fd) {
	char text[4096];
	ssize_t len;
	while ((len = recv(notify_fd, text, sizeof(text) - 1, 0)) > 0) {
		text[len] = '\0';
		for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
			if (strcmp(line, "READY=1") == 0) {
				return true;
			}
		}
	}
	return false;
}

static bool has_ended(struct session *session, int *status) {
	if (!session->has_ended && process_wait(session->pid, 0, status)) {
		session->has_ended = true;
	}
	return session->has_ended;
}

static const char *program(struct test *test, const char *variable) {
	const char *path = getenv(variable);
	CHECK(path != NULL, "$%s has to name the program under test", variable);
	return path;
}

static void finish_session(void *data) {
	session_stop(data);
}

static struct session *start_peer(struct test *test, struct session *session) {
	session->peer = peer_start(test);
	session->pid = peer_pid(session->peer);
	session->runtime = xstrdup(test_directory(test));
	session->shell_socket = xstrdup(peer_hands_socket(session->peer));
	session->log_path = xstrdup(peer_log_path(session->peer));
	test_at_failure(test, save_evidence, session);
	test_at_end(test, finish_session, session);
	return session;
}

struct peer *session_peer(const struct session *session) {
	return session->peer;
}

struct session *session_start(struct test *test, const char *config) {
	struct session *session = xcalloc(1, sizeof(*session));
	session->test = test;
	if (test_is_on_peer()) {
		return start_peer(test, session);
	}
	make_environment(session);
	char *config_path = write_config(test, config);
	int notify_fd = open_notify_socket(test);
	const char *argv[] = { program(test, "TEST_COFFERDAM"), "-v", "-c", config_path, NULL };
	const struct process_options options = {
		.environment = (const char *const *)session->environment,
		.output = session->log_path,
	};
	session->pid = process_start(test, argv, &options);
	test_at_failure(test, save_evidence, session);

	int status;
	bool ready = false;
	int64_t deadline = test_deadline(test, READY_TIMEOUT_MS);
	while (!(ready = has_said_ready(notify_fd)) && !has_ended(session, &status)) {
		CHECK(test_step(test, deadline), "cofferdam is not ready in time");
	}
	close(notify_fd);
	CHECK(ready, "cofferdam ended before it was ready, with status 0x%x", (unsigned)status);
	free(config_path);
	session->first_compositor = session_compositor_pid(session);
	CHECK(session->first_compositor != 0, "cofferdam says that it is ready, and no compositor runs");
	test_at_end(test, finish_session, session);
	return session;
}

/* ---- ending ---- */

static void check_log(struct session *session) {
	static const char *const words[] = {
		"AddressSanitizer",
		"LeakSanitizer",
		"UndefinedBehaviorSanitizer",
		": runtime error:",
	};
	struct test *test = session->test;
	const char *log = session_log(session);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		CHECK(strstr(log, words[i]) == NULL, "the log has a report of a sanitizer: %s", words[i]);
	}
}

static void check_nothing_is_left(struct session *session) {
	struct test *test = session->test;
	pid_t left = process_any_descendant(getpid());
	CHECK(left == 0, "the session has ended, and its process %d has not", (int)left);
	char *control = xasprintf("%s/cofferdam/control", session->runtime);
	CHECK(access(control, F_OK) != 0, "the control socket was left behind");
	CHECK(access(session->shell_socket, F_OK) != 0, "the shell's socket was left behind");
	free(control);
	char *instances = xasprintf("%s/cofferdam/instances", session->runtime);
	/* The directories may stay. */
	const char *argv[] = { "find", instances, "-type", "s", NULL };
	struct process_output sockets = process_run(test, argv, NULL, 5000);
	CHECK(sockets.out[0] == '\0', "a socket was left behind: %s", sockets.out);
	process_output_finish(&sockets);
	free(instances);
}

void session_stop(struct session *session) {
	struct test *test = session->test;
	if (session->pid == 0) {
		return;
	}
	int status = 0;
	if (session->peer != NULL) {
		peer_note_end(session->peer);
		bool has_crashed = peer_pid(session->peer) == 0;
		peer_stop(session->peer);
		session->pid = 0;
		CHECK(!has_crashed, "it has ended of itself");
		return;
	}
	if (!session->has_ended) {
		pid_t compositor = session_compositor_pid(session);
		CHECK(session->may_restart || compositor == session->first_compositor,
			"the compositor was started again: %d has become %d", (int)session->first_compositor, (int)compositor);
		kill(session->pid, SIGTERM);
		int64_t deadline = test_deadline(test, STOP_TIMEOUT_MS);
		while (!has_ended(session, &status)) {
			CHECK(test_step(test, deadline), "cofferdam does not end on SIGTERM in time");
		}
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "cofferdam ended with status 0x%x", (unsigned)status);
	}
	session->pid = 0;
	check_log(session);
	check_nothing_is_left(session);
}

int session_wait_end(struct session *session) {
	struct test *test = session->test;
	int status = 0;
	WAIT_FOR(has_ended(session, &status), "cofferdam does not end of itself");
	return status;
}

/* ---- looking ---- */

void session_allow_restart(struct session *session) {
	session->may_restart = true;
}

struct test *session_test(const struct session *session) {
	return session->test;
}

pid_t session_pid(const struct session *session) {
	return session->pid;
}

pid_t session_compositor_pid(const struct session *session) {
	if (session->peer != NULL) {
		return peer_pid(session->peer);
	}
	return process_find_descendant(session->pid, "cofferdam-compositor");
}

const char *session_runtime_directory(const struct session *session) {
	return session->runtime;
}

const char *session_shell_socket(const struct session *session) {
	return session->shell_socket;
}

char *session_instance_socket(const struct session *session, const char *instance) {
	if (session->peer != NULL) {
		return xstrdup(peer_socket(session->peer, instance));
	}
	return xasprintf("%s/cofferdam/instances/%s/wayland-0", session->runtime, instance);
}

/* ---- acting ---- */

int session_connect_raw(struct session *session, const char *instance, int flags) {
	char *path = session_instance_socket(session, instance);
	int fd = socket_connect(session->test, path, SOCK_STREAM | flags);
	free(path);
	return fd;
}

struct client *session_connect(struct session *session, const char *instance) {
	char *path = session_instance_socket(session, instance);
	struct client *client = client_connect(session->test, path);
	free(path);
	return client;
}

struct client *session_shell(struct session *session) {
	if (session->shell != NULL && !client_is_alive(session->shell)) {
		/* Objects of the dead connection stay allocated until the case ends. */
		session->shell = NULL;
		session->keyboard = NULL;
		session->pointer = NULL;
	}
	if (session->shell == NULL) {
		session->shell = client_connect_shell(session->test, session->shell_socket);
	}
	return session->shell;
}

struct virtual_keyboard *session_keyboard(struct session *session) {
	struct client *shell = session_shell(session);
	if (session->keyboard == NULL) {
		session->keyboard = virtual_keyboard_create(shell);
	}
	return session->keyboard;
}

struct virtual_pointer *session_pointer(struct session *session) {
	struct client *shell = session_shell(session);
	if (session->pointer == NULL) {
		session->pointer = virtual_pointer_create(shell, OUTPUT_WIDTH, OUTPUT_HEIGHT);
	}
	return session->pointer;
}

struct process_output session_coffer(struct session *session, const char *const *words) {
	struct test *test = session->test;
	CHECK(session->peer == NULL, "there is no coffer %s", words[0]);
	const char *argv[32] = { program(test, "TEST_COFFER") };
	size_t len = 1;
	for (; *words != NULL; words++) {
		CHECK(len + 1 < sizeof(argv) / sizeof(argv[0]), "too many words");
		argv[len++] = *words;
	}
	const struct process_options options = { .environment = (const char *const *)session->environment };
	return process_run(test, argv, &options, COFFER_TIMEOUT_MS);
}

char *session_list_instances(struct session *session) {
	struct test *test = session_test(session);
	struct process_output output = COFFER(session, "ps", "--json");
	CHECK(output.status == 0, "coffer ps is not answered: %s", output.err);
	char *list = xstrdup(output.out);
	process_output_finish(&output);
	return list;
}
