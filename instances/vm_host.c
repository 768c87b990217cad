/*
 * coffer-vm: pid 1 of the sandbox that a virtual machine runs in. It starts the machine and the programs around it,
 * and is to the supervisor what coffer-init is in other sandboxes: it passes on what that says to coffer-init in
 * the guest, and back, and what the guest's programs write. The guest may have been taken over, its kernel
 * included: nothing of it is waited for, and all that it sends is bounded and checked. When coffer-vm ends, for
 * whatever reason, the kernel ends all the others with it.
 *
 * Usage: coffer-vm FD VSOCK -- [--wait SOCKET] CMD… -- … -- MACHINE…, where FD is one end of the SOCK_SEQPACKET pair
 * of wire/init.h, VSOCK the path of vhost-device-vsock, and a command with --wait one that listens on SOCKET.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "instances/standstill.h"
#include "instances/vm_host_commands.h"
#include "instances/vm_host_outputs.h"
#include "instances/vm_host_process.h"
#include "instances/vm_host_programs.h"
#include "wire/init.h"
#include "wire/vm.h"

#define LISTEN_MS 10000 /* for the helpers' sockets, which are looked for every: */
#define LISTEN_STEP_MS 20
#define BOOT_MS 180000 /* for the guest, which may be emulated on a busy machine */
#define SYNC_MS 2000   /* for the guest to write out what it has, before it is stopped */
#define DRAIN_MS 1000  /* for the last words of programs, when the guest has said goodbye */
#define BLAME_MS 500   /* what ends takes others along: how long whoever was first may take to be reaped */
#define FREEZES_MAX 16 /* asked for and not answered: the supervisor never has more than a few */
#define ANSWERS_MAX 64 /* for the supervisor; the guest's are read only while there is room for more */
#define TABLE_MAX 65536

enum phase {
	PREPARING, /* the helpers do not all listen yet */
	BOOTING,   /* coffer-init in the guest has not greeted */
	RUNNING,
	LEAVING, /* the guest has said goodbye: what was written to the end is passed on */
};

enum freeze {
	NOT_FROZEN,
	SYNCING,
	FROZEN,
};

enum poll_entry {
	POLL_SUPERVISOR,
	POLL_SIGNALS,
	POLL_CLOCK,
	POLL_CONTROL, /* the listener, then the connection */
	POLL_OUTPUTS, /* from here on */
};

struct host {
	int supervisor_fd, signal_fd, clock_fd;
	int control_listen_fd, control_fd; /* one of them is -1, or both when the guest is lost */
	enum phase phase;
	enum freeze freeze;
	struct standstill *standstill;
	unsigned freezes_asked; /* INIT_FREEZE that are not answered yet */
	bool is_written;        /* the guest has said so, when it was stopped */
	int64_t deadline; /* of the phase, in milliseconds of clock_now(); RUNNING has none */
	int64_t sync_deadline, blame_deadline; /* 0 where nothing waits for them */
	bool blames_helper;
	char blame[VM_REASON_SIZE];
	struct vm_commands commands;
	struct vm_outputs *outputs;
	struct vm_programs programs;
	struct vm_reader reader;
	struct vm_writer writer;
	struct vm_frame frame;
	struct init_message message, answer;
	struct init_header answers[ANSWERS_MAX];
	size_t answers_len;
	struct pollfd polls[POLL_OUTPUTS + VM_OUTPUTS_POLLS];
	char table[TABLE_MAX];
};

/* One line that the supervisor shows a person as the reason. Everything ends with this process. */
__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format, ...) {
	char line[VM_REASON_SIZE + 64];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	/* Where nobody reads it, the end comes all the same. */
	struct pollfd poll_error = { .fd = STDERR_FILENO, .events = POLLOUT };
	if (poll(&poll_error, 1, 1000) == 1) {
		dprintf(STDERR_FILENO, "coffer-vm: %s\n", line);
	}
	_exit(EXIT_FAILURE);
}

/* ---- the end ---- */

/* A helper says more of the cause than a guest that is lost. The machine says it all, and is not waited for. */
static void blame(struct host *host, bool is_helper, const char *reason) {
	if (host->blame_deadline == 0) {
		host->blame_deadline = clock_now() + BLAME_MS;
	} else if (host->blames_helper || !is_helper) {
		return;
	}
	host->blames_helper = is_helper;
	snprintf(host->blame, sizeof(host->blame), "%s", reason);
}

static void lose_guest(struct host *host) {
	close(host->control_fd);
	host->control_fd = -1;
	if (host->phase != LEAVING) {
		blame(host, false, "the guest has ended, or makes no sense");
	}
}

/* ---- to the supervisor ---- */

static void flush_answers(struct host *host) {
	size_t sent = 0;
	while (sent < host->answers_len) {
		const struct init_header *header = &host->answers[sent];
		init_message_set(&host->answer, (enum init_type)header->type, header->id, header->value);
		if (!init_send(host->supervisor_fd, &host->answer, NULL, 0)) {
			if (errno != EAGAIN && errno != EWOULDBLOCK) {
				give_up("the supervisor does not listen");
			}
			break;
		}
		sent++;
	}
	host->answers_len -= sent;
	memmove(host->answers, host->answers + sent, host->answers_len * sizeof(host->answers[0]));
}

/* Room for these is kept: there are never more of our own than ANSWERS_MAX / 2 in one turn. */
static void tell(struct host *host, enum init_type type, uint32_t id, int32_t value) {
	if (host->answers_len == ANSWERS_MAX) {
		give_up("the supervisor does not listen");
	}
	host->answers[host->answers_len++] = (struct init_header){ .type = type, .id = id, .value = value };
	flush_answers(host);
}

static bool answers_have_room(const struct host *host) {
	return host->answers_len < ANSWERS_MAX / 2;
}

/* What a guest has said before it was stopped waits until it goes on: nothing that it says makes it go on. */
static bool hears_guest(const struct host *host) {
	return host->control_fd >= 0 && host->phase != LEAVING && host->freeze != FROZEN && answers_have_room(host);
}

/* ---- to the guest ---- */

/* Where the guest is gone, nobody waits for the rest; that it is gone is seen when it is read. */
static void flush_frames(struct host *host) {
	if (host->control_fd >= 0 && !vm_flush(&host->writer, host->control_fd)) {
		host->writer.start = host->writer.end = 0;
	}
}

/* What has no room is not sent: the caller has looked, or can do without. */
static void send_frame(struct host *host, enum vm_type type, int64_t value, const struct init_message *message) {
	(void)vm_send(&host->writer, type, value, message);
	flush_frames(host);
}

/* A guest that was stopped, or slept with the machine, does not know how late it is. */
static void send_time(struct host *host) {
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	send_frame(host, VM_CLOCK, (int64_t)time.tv_sec * 1000000000 + time.tv_nsec, NULL);
}

/* The time that a phase has begins anew when a guest that was stopped goes on. */
static void set_deadline(struct host *host) {
	switch (host->phase) {
	case PREPARING:
		host->deadline = clock_now() + LISTEN_MS;
		break;
	case BOOTING:
		host->deadline = clock_now() + BOOT_MS;
		break;
	case RUNNING:
		host->deadline = 0;
		break;
	case LEAVING:
		host->deadline = clock_now() + DRAIN_MS;
		break;
	}
}

static void enter(struct host *host, enum phase phase) {
	host->phase = phase;
	set_deadline(host);
}

/* ---- what the supervisor says ---- */

/* Both outputs may lead to one pipe: then one connection keeps what is written in its order. */
static int count_outputs(const int fds[INIT_FDS_MAX]) {
	struct stat first, second;
	bool same = fstat(fds[0], &first) == 0 && fstat(fds[1], &second) == 0 && first.st_dev == second.st_dev &&
		first.st_ino == second.st_ino && S_ISFIFO(first.st_mode);
	return same ? 1 : 2;
}

static void handle_start(struct host *host, const int fds[INIT_FDS_MAX]) {
	uint32_t id = host->message.header.id;
	int count = count_outputs(fds), error = EAGAIN;
	/* A guest that does not read is asked for no more; the room that is left is for its end, and it can be frozen. */
	if (vm_has_room(&host->writer)) {
		error = vm_programs_expect(&host->programs, id);
	}
	if (error != 0) {
		tell(host, INIT_FAILED, id, error);
		return;
	}
	for (int i = 0; i < count && error == 0; i++) {
		error = vm_outputs_expect(host->outputs, id, i == 0 ? VM_OUTPUT_STANDARD : VM_OUTPUT_ERROR, fds[i]);
	}
	if (error != 0) {
		vm_programs_take(&host->programs, INIT_FAILED, id);
		vm_outputs_settle(host->outputs, id);
		tell(host, INIT_FAILED, id, error);
		return;
	}
	send_frame(host, VM_INIT, count, &host->message);
}

/* kill(2) with -1 spares this process, and holds the task list: what is being forked is stopped with the rest. */
static void stop_all(void *data) {
	kill(-1, SIGSTOP);
}

static void answer_freezes(struct host *host, enum init_type type, int32_t unstopped) {
	for (; host->freezes_asked > 0; host->freezes_asked--) {
		tell(host, type, 0, unstopped);
	}
}

static void stand_still(struct host *host) {
	int32_t unstopped;
	if (standstill_step(host->standstill, clock_now(), &unstopped)) {
		/* A guest that has not said that all is written counts as one that still moves. */
		answer_freezes(host, INIT_FROZEN, unstopped + (host->is_written ? 0 : 1));
	}
}

static void stop_guest(struct host *host, bool is_written) {
	host->freeze = FROZEN;
	host->is_written = is_written;
	host->deadline = host->sync_deadline = 0;
	standstill_begin(host->standstill, clock_now());
	stand_still(host);
}

static void freeze(struct host *host) {
	if (host->freezes_asked == FREEZES_MAX) {
		give_up("the supervisor makes no sense");
	}
	host->freezes_asked++;
	if (host->freeze == FROZEN) {
		stop_guest(host, host->is_written);
	} else if (host->phase < RUNNING) {
		stop_guest(host, true); /* nothing has been written */
	} else if (host->freeze == NOT_FROZEN) {
		host->freeze = SYNCING;
		host->sync_deadline = clock_now() + SYNC_MS;
		send_frame(host, VM_SYNC, 0, NULL);
	}
}

static void thaw(struct host *host) {
	bool was_frozen = host->freeze == FROZEN;
	host->freeze = NOT_FROZEN;
	host->sync_deadline = 0;
	standstill_end(host->standstill);
	kill(-1, SIGCONT);
	answer_freezes(host, INIT_THAWED, 0);
	if (was_frozen) {
		set_deadline(host);
		send_time(host);
	}
}

static void terminate(struct host *host) {
	if (host->phase < RUNNING) {
		_exit(EXIT_SUCCESS); /* no program has run yet, and nothing is kept */
	}
	thaw(host);
	send_frame(host, VM_INIT, 0, &host->message);
}

static void handle_supervisor(struct host *host) {
	int fds[INIT_FDS_MAX];
	switch (init_receive(host->supervisor_fd, INIT_SUPERVISOR, &host->message, fds)) {
	case INIT_AGAIN:
		return;
	case INIT_CLOSED:
		give_up("the supervisor is gone");
	case INIT_MESSAGE:
		break;
	}
	switch ((enum init_type)host->message.header.type) {
	case INIT_START:
		handle_start(host, fds);
		break;
	case INIT_TERMINATE:
		terminate(host);
		break;
	case INIT_FREEZE:
		freeze(host);
		break;
	case INIT_THAW:
		thaw(host);
		tell(host, INIT_THAWED, 0, 0);
		break;
	default:
		break; /* init_receive() lets nothing else through */
	}
	for (size_t i = 0; i < INIT_FDS_MAX; i++) {
		if (fds[i] >= 0) {
			close(fds[i]);
		}
	}
}

/* ---- what the guest says ---- */

static void handle_answer(struct host *host) {
	const struct init_header *untrusted = &host->frame.message.header;
	enum init_type type = (enum init_type)untrusted->type;
	switch (type) {
	case INIT_HELLO:
		if (host->phase != BOOTING) {
			return;
		}
		enter(host, RUNNING);
		break;
	case INIT_STARTED:
	case INIT_FAILED:
	case INIT_EXITED:
		if (!vm_programs_take(&host->programs, type, untrusted->id)) {
			return;
		}
		if (type != INIT_STARTED) {
			vm_outputs_settle(host->outputs, untrusted->id);
		}
		break;
	default:
		return; /* it is never asked to freeze or to thaw: we answer that */
	}
	tell(host, type, untrusted->id, untrusted->value);
}

static void handle_bye(struct host *host) {
	switch ((enum vm_end)host->frame.header.value) {
	case VM_END_ORDERLY:
		break;
	case VM_END_INIT:
		give_up("coffer-init has ended in the guest");
	case VM_END_DISPLAY:
		give_up(host->phase < RUNNING ? "waypipe does not start in the guest: is it in the instance's root?"
									  : "waypipe has ended in the guest");
	}
	if (host->freeze != NOT_FROZEN) {
		thaw(host); /* it has written all, and ends */
	}
	vm_outputs_catch_up(host->outputs);
	enter(host, LEAVING);
}

static void handle_control(struct host *host) {
	/* A few in one turn, so that a flood leaves the others theirs. */
	for (int i = 0; i < 16 && hears_guest(host); i++) {
		enum vm_result result = vm_receive(&host->reader, host->control_fd, INIT_GUEST, &host->frame);
		if (result == VM_AGAIN) {
			return;
		}
		if (result == VM_CLOSED) {
			lose_guest(host);
			return;
		}
		switch ((enum vm_type)host->frame.header.type) {
		case VM_INIT:
			handle_answer(host);
			break;
		case VM_SYNCED:
			if (host->freeze == SYNCING) {
				stop_guest(host, true);
			}
			break;
		case VM_BYE:
			handle_bye(host);
			break;
		default:
			break; /* vm_receive() lets nothing else through */
		}
	}
}

/* The first connection is the guest's first process, which runs nothing else before: nobody after it is heard. */
static void take_control(struct host *host) {
	host->control_fd = accept4(host->control_listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (host->control_fd < 0) {
		return;
	}
	close(host->control_listen_fd);
	host->control_listen_fd = -1;
	send_time(host);
}

/* ---- programs around ---- */

static void start_machine_if_ready(struct host *host) {
	char reason[VM_REASON_SIZE];
	int fd = open("/proc/net/unix", O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t n;
	while (fd >= 0 && (n = read(fd, host->table + length, sizeof(host->table) - 1 - length)) > 0) {
		length += (size_t)n;
	}
	host->table[length] = '\0';
	if (fd >= 0) {
		close(fd);
	}
	const struct vm_command *unready = vm_commands_find_unready(&host->commands, fd >= 0 ? host->table : NULL);
	if (unready == NULL) {
		if (!vm_command_start(&host->commands.list[host->commands.len - 1], reason)) {
			give_up("%s", reason);
		}
		enter(host, BOOTING);
	} else if (clock_now() >= host->deadline) {
		give_up("%s does not listen on %s", unready->name, unready->wait);
	}
}

static void start_helpers(struct host *host) {
	char reason[VM_REASON_SIZE];
	for (size_t i = 0; i + 1 < host->commands.len; i++) {
		if (!vm_command_start(&host->commands.list[i], reason)) {
			give_up("%s", reason);
		}
	}
	enter(host, PREPARING);
}

static void reap(struct host *host) {
	struct signalfd_siginfo info;
	int status;
	pid_t pid;
	(void)!read(host->signal_fd, &info, sizeof(info));
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		const struct vm_command *command = vm_commands_reap(&host->commands, pid);
		if (command == NULL || host->phase == LEAVING) {
			continue;
		}
		char reason[VM_REASON_SIZE];
		vm_command_describe_end(command, status, reason);
		if (vm_command_is_machine(&host->commands, command)) {
			/* A guest that gives up says why on its console, and switches itself off. */
			give_up(status == 0 ? "the guest has switched itself off: its last words are in the instance's log" : "%s",
				reason);
		}
		blame(host, true, reason);
	}
}

/* ---- the loop ---- */

static void handle_time(struct host *host) {
	int64_t time = clock_now();
	if (host->blame_deadline > 0 && time >= host->blame_deadline) {
		give_up("%s", host->blame);
	}
	if (host->sync_deadline > 0 && time >= host->sync_deadline) {
		stop_guest(host, false);
	}
	stand_still(host);
	if (host->freeze == FROZEN) {
		return; /* what is stopped cannot be late */
	}
	switch (host->phase) {
	case PREPARING:
		start_machine_if_ready(host);
		break;
	case BOOTING:
		if (time >= host->deadline) {
			give_up("the guest did not come up within %d s", BOOT_MS / 1000);
		}
		break;
	case RUNNING:
		break;
	case LEAVING:
		if ((!vm_outputs_are_open(host->outputs) && host->answers_len == 0) || time >= host->deadline) {
			_exit(EXIT_SUCCESS);
		}
		break;
	}
}

/* Milliseconds until handle_time() has something to do, or -1. */
static int next_time(const struct host *host) {
	int64_t time = clock_now(), next = INT64_MAX;
	const int64_t deadlines[] = { host->deadline, host->sync_deadline, host->blame_deadline };
	for (size_t i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
		if (deadlines[i] > 0 && deadlines[i] < next) {
			next = deadlines[i];
		}
	}
	if (host->phase == PREPARING && host->freeze == NOT_FROZEN && next > time + LISTEN_STEP_MS) {
		next = time + LISTEN_STEP_MS;
	}
	int standstill = standstill_timeout(host->standstill, time);
	if (standstill >= 0 && next > time + standstill) {
		next = time + standstill;
	}
	if (next == INT64_MAX) {
		return -1;
	}
	return next <= time ? 0 : (int)(next - time);
}

/* The clock was set, or the machine has slept. */
static void handle_clock(struct host *host) {
	uint64_t expirations;
	(void)!read(host->clock_fd, &expirations, sizeof(expirations));
	vm_host_watch_clock(host->clock_fd);
	send_time(host);
}

static nfds_t prepare(struct host *host) {
	struct pollfd *polls = host->polls;
	bool hears_supervisor = answers_have_room(host);
	polls[POLL_SUPERVISOR] = (struct pollfd){ .fd = host->supervisor_fd,
		.events = (short)((hears_supervisor ? POLLIN : 0) | (host->answers_len > 0 ? POLLOUT : 0)) };
	polls[POLL_SIGNALS] = (struct pollfd){ .fd = host->signal_fd, .events = POLLIN };
	polls[POLL_CLOCK] = (struct pollfd){ .fd = host->clock_fd, .events = POLLIN };
	polls[POLL_CONTROL] = (struct pollfd){ .fd = host->control_listen_fd, .events = POLLIN };
	if (host->control_fd >= 0 && host->phase != LEAVING) {
		short events = (short)((hears_guest(host) ? POLLIN : 0) | (vm_is_waiting(&host->writer) ? POLLOUT : 0));
		polls[POLL_CONTROL] = (struct pollfd){ .fd = events != 0 ? host->control_fd : -1, .events = events };
	}
	return POLL_OUTPUTS + vm_outputs_prepare(host->outputs, polls + POLL_OUTPUTS);
}

static void turn(struct host *host) {
	struct pollfd *polls = host->polls;
	nfds_t len = prepare(host);
	if (poll(polls, len, next_time(host)) < 0) {
		return;
	}
	vm_outputs_handle(host->outputs, polls + POLL_OUTPUTS, len - POLL_OUTPUTS);
	if (polls[POLL_SIGNALS].revents != 0) {
		reap(host);
	}
	if (polls[POLL_CLOCK].revents != 0) {
		handle_clock(host);
	}
	if (polls[POLL_CONTROL].revents != 0 && host->control_listen_fd >= 0) {
		take_control(host);
	} else if (polls[POLL_CONTROL].revents != 0 && host->control_fd >= 0) {
		flush_frames(host);
		handle_control(host);
	}
	flush_answers(host);
	if (polls[POLL_SUPERVISOR].revents & (POLLIN | POLLHUP | POLLERR)) {
		handle_supervisor(host);
	}
	handle_time(host);
}

/* ---- start ---- */

static int listen_on(const char *vsock, int port) {
	int fd = vm_host_listen(vsock, port);
	if (fd < 0) {
		give_up("cannot listen on %s_%d: %s", vsock, port, strerror(errno));
	}
	return fd;
}

static void set_up(struct host *host, const char *vsock) {
	if (!vm_host_arrange_descriptors(host->supervisor_fd)) {
		give_up("no control socket, or no /dev/null: %s", strerror(errno));
	}
	vm_host_set_limits();
	host->signal_fd = vm_host_watch_children();
	host->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (host->signal_fd < 0 || host->clock_fd < 0) {
		give_up("no signalfd or timerfd: %s", strerror(errno));
	}
	vm_host_watch_clock(host->clock_fd);
	host->control_fd = -1;
	host->control_listen_fd = listen_on(vsock, VM_PORT_CONTROL);
	host->outputs = vm_outputs_create(listen_on(vsock, VM_PORT_OUTPUT));
	host->standstill = standstill_create(open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), getpid(), stop_all, NULL);
	if (host->outputs == NULL || host->standstill == NULL) {
		give_up("no memory");
	}
}

/* -1 where it is none. */
static int read_descriptor(const char *text) {
	char *end;
	long value = strtol(text, &end, 10);
	return end != text && *end == '\0' && value >= 3 && value <= 1024 ? (int)value : -1;
}

int main(int argc, char *argv[]) {
	static struct host host;
	/* It stops and ends all that it can reach: this has to be a namespace of its own. */
	bool good = getpid() == 1 && argc > 3;
	if (good) {
		host.supervisor_fd = read_descriptor(argv[1]);
		good = host.supervisor_fd >= 0 && vm_commands_parse(&host.commands, argv + 3);
	}
	if (!good) {
		fprintf(stderr, "coffer-vm: started by cofferdam for an instance with backend vm, not by hand\n");
		return 2;
	}
	set_up(&host, argv[2]);
	start_helpers(&host);
	for (;;) {
		turn(&host);
	}
}
