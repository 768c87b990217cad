/*
 * Writes the seeds of the targets that take packets: one real message of each kind, as it travels. They are in the
 * tree; when a form changes, `fuzz-seeds tests/fuzz/corpus` writes them anew.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "tests/fuzz/fuzz.h"
#include "wire/control.h"
#include "wire/init.h"
#include "wire/session.h"
#include "wire/vm.h"

static void write_seed(
	const char *target, const char *name, int sender, size_t fds_len, const void *data, size_t size) {
	uint8_t head = (uint8_t)(sender | (int)(fds_len << 1));
	int fd = open(target, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	int file_fd = openat(fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool good = file_fd >= 0 && write(file_fd, &head, 1) == 1 && write(file_fd, data, size) == (ssize_t)size;
	if (!good) {
		fprintf(stderr, "%s/%s: %s\n", target, name, strerror(errno));
		exit(1);
	}
	fd_close(&file_fd);
	fd_close(&fd);
}

/* Takes the packet that has just been sent to this end. */
static size_t take(int fd, uint8_t *packet, size_t size) {
	ssize_t length = recv(fd, packet, size, MSG_DONTWAIT); /* its descriptors are closed by the kernel */
	FUZZ_CHECK(length > 0);
	return (size_t)length;
}

static const char title[] = "~ \xe2\x80\x94 foot";

static void write_control(struct channel *channel, int fd) {
	struct {
		const char *name;
		enum control_end sender;
		struct control_message message;
	} seeds[] = {
		{ "run-app", CONTROL_COFFER, { .type = CONTROL_RUN, .request = { "work", 1, "editor" } } },
		{ "run-words", CONTROL_COFFER, { .type = CONTROL_RUN, .request = { "work", 3, "foot\0-e\0top" } } },
		{ "ps", CONTROL_COFFER, { .type = CONTROL_PS } },
		{ "stop", CONTROL_COFFER, { .type = CONTROL_STOP, .request = { .name = "work" } } },
		{ "kill", CONTROL_COFFER, { .type = CONTROL_KILL, .request = { .name = "agent-2" } } },
		{ "windows", CONTROL_COFFER, { .type = CONTROL_WINDOWS } },
		{ "clipboard-status", CONTROL_COFFER, { .type = CONTROL_CLIPBOARD_STATUS } },
		{ "clipboard-clear", CONTROL_COFFER, { .type = CONTROL_CLIPBOARD_CLEAR } },
		{ "reload", CONTROL_COFFER, { .type = CONTROL_RELOAD } },
		{ "quit", CONTROL_COFFER, { .type = CONTROL_QUIT } },
		{ "socket", CONTROL_COFFER, { .type = CONTROL_SOCKET } },
		{ "logs", CONTROL_COFFER, { .type = CONTROL_LOGS, .request = { .name = "vault" } } },
		{ "instance", CONTROL_SUPERVISOR,
			{ .type = CONTROL_INSTANCE,
				.instance = { "work", "running", 0, "bubblewrap", "nat", 0x1775fd, 17, 123456789, 2, 3, "surfaces",
					"" } } },
		{ "window", CONTROL_SUPERVISOR,
			{ .type = CONTROL_WINDOW,
				.window = { 1, 7, "work", "", "foot", "HEADLESS-1", 1, 8, 36, 1264, 676, 10, 60, 1260, 650,
					WINDOW_FOCUSED | WINDOW_VISIBLE } } },
		{ "clipboard", CONTROL_SUPERVISOR,
			{ .type = CONTROL_CLIPBOARD,
				.clipboard = { 2, 1, "work", "text/plain;charset=utf-8 image/png", 5000, 55 } } },
		{ "limits", CONTROL_COFFER, { .type = CONTROL_LIMITS, .request = { .name = "work" } } },
		{ "limits-of", CONTROL_SUPERVISOR,
			{ .type = CONTROL_LIMITS_OF, .limits = { 3, "work", { 1, 2 }, { 3, 4 }, { 64, 4096 }, { 0, 1 } } } },
		{ "sandbox", CONTROL_SUPERVISOR,
			{ .type = CONTROL_SANDBOX,
				.sandbox = { "work", "cgroup", "", { 123456789, 17 }, { 223456789, 20 }, { UINT64_MAX, 4096 }, { 1, 0 },
					100 } } },
		{ "line", CONTROL_SUPERVISOR,
			{ .type = CONTROL_LINE, .line = { "/run/user/1000/cofferdam/instances/work/wayland-0" } } },
		{ "error", CONTROL_SUPERVISOR,
			{ .type = CONTROL_ERROR, .error = { EXIT_CODE_UNKNOWN, "there is no instance 'wrk': see coffer ps" } } },
		{ "end", CONTROL_SUPERVISOR, { .type = CONTROL_END } },
		{ "places", CONTROL_COFFER, { .type = CONTROL_PLACES } },
		{ "hold", CONTROL_COFFER, { .type = CONTROL_HOLD, .request = { .name = "work" } } },
		{ "place", CONTROL_SUPERVISOR,
			{ .type = CONTROL_PLACE,
				.place = { "/etc/cofferdam/config.scfg", "/home/u/.local/state/cofferdam", 4711 } } },
		{ "held", CONTROL_SUPERVISOR, { .type = CONTROL_HELD, .held = { 2 } } },
	};
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		uint8_t packet[MESSAGE_BODY_MAX + 4];
		if (seeds[i].message.type == CONTROL_WINDOW) {
			memcpy(seeds[i].message.window.title, title, sizeof(title));
		}
		FUZZ_CHECK(control_send(channel, seeds[i].sender, &seeds[i].message));
		write_seed("control", seeds[i].name, (int)seeds[i].sender, 0, packet, take(fd, packet, sizeof(packet)));
	}
}

static void write_session(struct channel *channel, int fd) {
	struct {
		const char *name;
		enum session_end sender;
		size_t fds_len;
		struct session_message message;
	} seeds[] = {
		{ "config", SESSION_SUPERVISOR, 2, { .type = SESSION_CONFIG, .config = { 3 } } },
		{ "listen", SESSION_SUPERVISOR, 1, { .type = SESSION_LISTEN, .listen = { "work" } } },
		{ "forget", SESSION_SUPERVISOR, 0, { .type = SESSION_FORGET, .forget = { "work" } } },
		{ "state", SESSION_SUPERVISOR, 0,
			{ .type = SESSION_STATE, .state = { "work", INSTANCE_RUNNING, 0, 17, 0, 1, 123456789, "" } } },
		{ "state-failed", SESSION_SUPERVISOR, 0,
			{ .type = SESSION_STATE, .state = { "bank", INSTANCE_FAILED, 0, 0, 0, 1, 0, "bwrap: no such file" } } },
		{ "notice", SESSION_SUPERVISOR, 0,
			{ .type = SESSION_NOTICE, .notice = { NOTICE_WARNING, "", "the config has an error in line 3" } } },
		{ "query", SESSION_SUPERVISOR, 0, { .type = SESSION_QUERY, .query = { 9, QUERY_WINDOWS } } },
		{ "clipboard-clear", SESSION_SUPERVISOR, 0, { .type = SESSION_CLIPBOARD_CLEAR } },
		{ "spawned", SESSION_SUPERVISOR, 0, { .type = SESSION_SPAWNED, .spawned = { "work" } } },
		{ "ready", SESSION_COMPOSITOR, 0, { .type = SESSION_READY, .ready = { 3, 0, "no such layout" } } },
		{ "bind", SESSION_COMPOSITOR, 0, { .type = SESSION_BIND, .bind = { 3, 4 } } },
		{ "order", SESSION_COMPOSITOR, 0, { .type = SESSION_ORDER, .order = { "agent", ORDER_KILL } } },
		{ "window", SESSION_COMPOSITOR, 0,
			{ .type = SESSION_WINDOW,
				.window = { 9, 7, "work", "", "foot", "HEADLESS-1", 1, 8, 36, 1264, 676, 10, 60, 1260, 650,
					WINDOW_FLOATING } } },
		{ "clipboard", SESSION_COMPOSITOR, 0,
			{ .type = SESSION_CLIPBOARD, .clipboard = { 9, 1, "work", "text/plain;charset=utf-8", 5, 55 } } },
		{ "query-end", SESSION_COMPOSITOR, 0, { .type = SESSION_QUERY_END, .query_end = { 9 } } },
		{ "query-limits", SESSION_SUPERVISOR, 0, { .type = SESSION_QUERY, .query = { 10, QUERY_LIMITS } } },
		{ "limits", SESSION_COMPOSITOR, 0,
			{ .type = SESSION_LIMITS, .limits = { 10, "work", { 1, 2 }, { 3, 4 }, { 64, 4096 }, { 0, 1 } } } },
		{ "windows", SESSION_COMPOSITOR, 0, { .type = SESSION_WINDOWS, .windows = { "work", 2, 3 } } },
		{ "measure", SESSION_COMPOSITOR, 0, { .type = SESSION_MEASURE } },
		{ "closed", SESSION_COMPOSITOR, 0, { .type = SESSION_CLOSED } },
	};
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		uint8_t packet[MESSAGE_BODY_MAX + 4];
		if (seeds[i].message.type == SESSION_WINDOW) {
			memcpy(seeds[i].message.window.title, title, sizeof(title));
		}
		for (size_t k = 0; k < 2; k++) {
			seeds[i].message.fds[k] = k < seeds[i].fds_len ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
		}
		FUZZ_CHECK(session_send(channel, seeds[i].sender, &seeds[i].message));
		write_seed(
			"session", seeds[i].name, (int)seeds[i].sender, seeds[i].fds_len, packet, take(fd, packet, sizeof(packet)));
	}
}

static void write_init(int send_fd, int fd) {
	static const struct {
		const char *name;
		enum init_end sender;
		enum init_type type;
		int32_t value;
	} seeds[] = {
		{ "start", INIT_SUPERVISOR, INIT_START, 0 },
		{ "terminate", INIT_SUPERVISOR, INIT_TERMINATE, 0 },
		{ "freeze", INIT_SUPERVISOR, INIT_FREEZE, 0 },
		{ "thaw", INIT_SUPERVISOR, INIT_THAW, 0 },
		{ "hello", INIT_GUEST, INIT_HELLO, INIT_VERSION },
		{ "started", INIT_GUEST, INIT_STARTED, 12 },
		{ "failed", INIT_GUEST, INIT_FAILED, ENOENT },
		{ "exited", INIT_GUEST, INIT_EXITED, 0x100 },
		{ "frozen", INIT_GUEST, INIT_FROZEN, 2 },
		{ "thawed", INIT_GUEST, INIT_THAWED, 0 },
	};
	struct init_message *message = xcalloc(1, sizeof(*message));
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		uint8_t packet[4096];
		bool starts = seeds[i].type == INIT_START;
		init_message_set(message, seeds[i].type, 5, seeds[i].value);
		if (starts) {
			init_message_add_argument(message, "foot");
			init_message_add_argument(message, "-e");
			init_message_add_argument(message, "top");
			init_message_add_environment(message, "WAYLAND_DISPLAY=wayland-0");
		}
		FUZZ_CHECK(init_send(send_fd, message, NULL, 0));
		write_seed("init", seeds[i].name, (int)seeds[i].sender, starts ? INIT_FDS_MAX : 0, packet,
			take(fd, packet, sizeof(packet)));
	}
	free(message);
}

/* A stream of frames from each end. */
static void write_vm(void) {
	static const enum init_type answers[] = { INIT_HELLO, INIT_STARTED, INIT_FAILED, INIT_EXITED };
	struct vm_writer *writer = xcalloc(1, sizeof(*writer));
	struct init_message *message = xcalloc(1, sizeof(*message));
	FUZZ_CHECK(vm_send(writer, VM_CLOCK, 1700000000000000000, NULL));
	init_message_set(message, INIT_START, 5, 0);
	init_message_add_argument(message, "foot");
	init_message_add_argument(message, "-e");
	init_message_add_environment(message, "WAYLAND_DISPLAY=wayland-0");
	FUZZ_CHECK(vm_send(writer, VM_INIT, 2, message));
	FUZZ_CHECK(vm_send(writer, VM_SYNC, 0, NULL));
	init_message_set(message, INIT_TERMINATE, 0, 0);
	FUZZ_CHECK(vm_send(writer, VM_INIT, 0, message));
	write_seed("vm", "host", INIT_SUPERVISOR, 0, writer->bytes, writer->end);

	writer->start = writer->end = 0;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		init_message_set(message, answers[i], 5, INIT_VERSION);
		FUZZ_CHECK(vm_send(writer, VM_INIT, 0, message));
	}
	FUZZ_CHECK(vm_send(writer, VM_SYNCED, 0, NULL));
	FUZZ_CHECK(vm_send(writer, VM_BYE, VM_END_DISPLAY, NULL));
	write_seed("vm", "guest", INIT_GUEST, 0, writer->bytes, writer->end);
	free(message);
	free(writer);
}

int main(int argc, char **argv) {
	int fds[2];
	if (argc != 2 || chdir(argv[1]) != 0) {
		fprintf(stderr, "usage: fuzz-seeds CORPUS, a directory with control/, session/, init/ and vm/ in it\n");
		return 2;
	}
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	struct channel *channel = channel_create(fds[0]);
	write_control(channel, fds[1]);
	write_session(channel, fds[1]);
	write_init(fds[0], fds[1]);
	write_vm();
	channel_destroy(channel);
	fd_close(&fds[1]);
	return 0;
}
