/*
 * coffer-guest: pid 1 of a virtual machine that is an instance. It makes the machine ready, starts waypipe, whose
 * other end is outside, and coffer-init, which lives in a pid namespace of its own without privileges as in every
 * sandbox; then it passes on what coffer-init and coffer-vm, outside, say to each other, and what programs write.
 * When coffer-init has ended, it writes out everything, says goodbye and switches the machine off.
 *
 * Usage, as the kernel starts it with what stands behind " -- " in its command line:
 * /init HOSTNAME PIDS none|nat WAYPIPE [SYSTEM], where SYSTEM is the directory of the root that never changes
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "instances/vm_guest_machine.h"
#include "instances/vm_guest_outputs.h"
#include "wire/init.h"
#include "wire/vm.h"

#define CONTROL_FD 3 /* of coffer-init, and of waypipe's program: where it says that it was started */
#define PROCESSES_MAX 65536
#define HOSTNAME_MAX 63
#define CONNECT_TRIES 100 /* 100 ms apart: the device may be found late */
#define DISPLAY_MS 60000
#define SAID_MAX 1024
#define DRAIN_MS 500 /* for the last words of programs */

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

struct settings {
	const char *hostname, *processes, *waypipe, *system; /* system: NULL where none is shared */
	bool has_network;
};

enum poll_entry {
	POLL_HOST,
	POLL_INIT,
	POLL_SIGNALS,
	POLL_DISPLAY,
	POLL_OUTPUTS, /* from here on */
};

struct guest {
	int host_fd, init_fd, signal_fd;
	int display_fd; /* what waypipe writes, much of it about nothing; -1 where it is closed */
	char said[SAID_MAX]; /* the end of that, for when waypipe ends */
	size_t said_len;
	pid_t init_pid, display_pid;
	struct vm_guest_outputs *outputs;
	struct vm_reader reader;
	struct vm_writer writer;
	struct vm_frame frame;
	bool frame_waits; /* for coffer-init to take its message, with: */
	int frame_fds[INIT_FDS_MAX]; /* -1 where there is none */
	struct init_message message;
	struct pollfd polls[POLL_OUTPUTS + VM_GUEST_OUTPUTS_POLLS];
};

/* The machine ends with us, and coffer-vm tells what we said last: on the console, which is its standard error. */
__attribute__((noreturn)) static void switch_off(void) {
	sync();
	reboot(RB_POWER_OFF);
	reboot(RB_HALT_SYSTEM);
	for (;;) {
		pause();
	}
}

__attribute__((noreturn)) static void give_up(const char *why) {
	fprintf(stderr, "coffer-guest: %s: ending\n", why);
	switch_off();
}

/* ---- what waypipe says ---- */

static void hear_display(struct guest *guest) {
	char chunk[SAID_MAX / 2];
	ssize_t n = guest->display_fd >= 0 ? read(guest->display_fd, chunk, sizeof(chunk)) : -1;
	if (n == 0) {
		close(guest->display_fd);
		guest->display_fd = -1;
	}
	if (n <= 0) {
		return;
	}
	size_t length = (size_t)n;
	size_t kept = guest->said_len + length > SAID_MAX ? SAID_MAX - length : guest->said_len;
	memmove(guest->said, guest->said + guest->said_len - kept, kept);
	memcpy(guest->said + kept, chunk, length);
	guest->said_len = kept + length;
}

static void tell_display(struct guest *guest) {
	for (int i = 0; i < 64; i++) {
		hear_display(guest);
	}
	fprintf(stderr, "coffer-guest: the last that waypipe said:\n%.*s\n", (int)guest->said_len, guest->said);
}

/* ---- the end ---- */

static void turn(struct guest *guest, int timeout, bool is_leaving);

__attribute__((noreturn)) static void leave(struct guest *guest, enum vm_end end) {
	if (end == VM_END_DISPLAY) {
		tell_display(guest);
	}
	/* Programs that were not told to end, or did not: nothing else writes from here on. */
	kill(-1, SIGKILL);
	for (int64_t deadline = clock_now() + DRAIN_MS; vm_guest_outputs_are_open(guest->outputs) && clock_now() < deadline;) {
		turn(guest, 50, true);
	}
	sync();
	(void)vm_send(&guest->writer, VM_BYE, end, NULL);
	while (vm_is_waiting(&guest->writer) && vm_flush(&guest->writer, guest->host_fd)) {
		struct pollfd poll_host = { .fd = guest->host_fd, .events = POLLOUT };
		poll(&poll_host, 1, 1000);
	}
	/* coffer-vm ends the machine when it has heard it. */
	struct pollfd poll_host = { .fd = guest->host_fd, .events = POLLRDHUP };
	poll(&poll_host, 1, 2000);
	switch_off();
}

static void reap(struct guest *guest) {
	struct signalfd_siginfo info;
	int status;
	pid_t pid;
	(void)!read(guest->signal_fd, &info, sizeof(info));
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == guest->init_pid) {
			bool orderly = WIFEXITED(status) && WEXITSTATUS(status) == 0;
			leave(guest, orderly ? VM_END_ORDERLY : VM_END_INIT);
		} else if (pid == guest->display_pid) {
			leave(guest, VM_END_DISPLAY);
		}
	}
}

/* ---- to the host ---- */

static void flush(struct guest *guest) {
	if (!vm_flush(&guest->writer, guest->host_fd)) {
		give_up("coffer-vm is gone");
	}
}

static void handle_init(struct guest *guest) {
	int fds[INIT_FDS_MAX];
	while (vm_has_room(&guest->writer)) {
		switch (init_receive(guest->init_fd, INIT_GUEST, &guest->message, fds)) {
		case INIT_AGAIN:
			return;
		case INIT_CLOSED:
			/* It has ended, and that is about to be told. */
			shutdown(guest->init_fd, SHUT_RDWR);
			return;
		case INIT_MESSAGE:
			(void)vm_send(&guest->writer, VM_INIT, 0, &guest->message);
			flush(guest);
			break;
		}
	}
}

/* ---- from the host ---- */

static void drop_descriptors(struct guest *guest) {
	if (guest->frame_fds[1] >= 0 && guest->frame_fds[1] != guest->frame_fds[0]) {
		close(guest->frame_fds[1]);
	}
	if (guest->frame_fds[0] >= 0) {
		close(guest->frame_fds[0]);
	}
	guest->frame_fds[0] = guest->frame_fds[1] = -1;
}

static void pass_message(struct guest *guest) {
	const struct init_message *message = &guest->frame.message;
	size_t fds_len = message->header.type == INIT_START ? INIT_FDS_MAX : 0;
	guest->frame_waits = !init_send(guest->init_fd, message, guest->frame_fds, fds_len) && errno == EAGAIN;
	if (!guest->frame_waits) {
		drop_descriptors(guest);
	}
}

static void take_message(struct guest *guest) {
	const struct init_header *header = &guest->frame.message.header;
	if (header->type == INIT_START) {
		int error = vm_guest_outputs_open(guest->outputs, header->id, (int)guest->frame.header.value, guest->frame_fds);
		if (error != 0) {
			guest->frame_fds[0] = guest->frame_fds[1] = -1;
			init_message_set(&guest->message, INIT_FAILED, header->id, error);
			(void)vm_send(&guest->writer, VM_INIT, 0, &guest->message);
			flush(guest);
			return;
		}
	}
	pass_message(guest);
}

static void set_clock(int64_t nanoseconds) {
	const struct timespec time = { .tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000 };
	clock_settime(CLOCK_REALTIME, &time);
}

static void handle_host(struct guest *guest) {
	while (!guest->frame_waits && vm_has_room(&guest->writer)) {
		enum vm_result result = vm_receive(&guest->reader, guest->host_fd, INIT_SUPERVISOR, &guest->frame);
		if (result == VM_AGAIN) {
			return;
		}
		if (result == VM_CLOSED) {
			give_up("coffer-vm is gone");
		}
		switch ((enum vm_type)guest->frame.header.type) {
		case VM_INIT:
			take_message(guest);
			break;
		case VM_CLOCK:
			set_clock(guest->frame.header.value);
			break;
		case VM_SYNC:
			sync();
			(void)vm_send(&guest->writer, VM_SYNCED, 0, NULL);
			flush(guest);
			break;
		default:
			break; /* vm_receive() lets nothing else through */
		}
	}
}

/* ---- the loop ---- */

static nfds_t prepare(struct guest *guest) {
	struct pollfd *polls = guest->polls;
	bool has_room = vm_has_room(&guest->writer);
	polls[POLL_HOST] = (struct pollfd){ .fd = guest->host_fd,
		.events = (short)((has_room && !guest->frame_waits ? POLLIN : 0) |
			(vm_is_waiting(&guest->writer) ? POLLOUT : 0)) };
	polls[POLL_INIT] = (struct pollfd){ .fd = has_room || guest->frame_waits ? guest->init_fd : -1,
		.events = (short)((has_room ? POLLIN : 0) | (guest->frame_waits ? POLLOUT : 0)) };
	polls[POLL_SIGNALS] = (struct pollfd){ .fd = guest->signal_fd, .events = POLLIN };
	polls[POLL_DISPLAY] = (struct pollfd){ .fd = guest->display_fd, .events = POLLIN };
	return POLL_OUTPUTS + vm_guest_outputs_prepare(guest->outputs, polls + POLL_OUTPUTS);
}

static void turn(struct guest *guest, int timeout, bool is_leaving) {
	struct pollfd *polls = guest->polls;
	nfds_t len = prepare(guest);
	if (is_leaving) {
		polls[POLL_HOST].fd = polls[POLL_INIT].fd = polls[POLL_SIGNALS].fd = polls[POLL_DISPLAY].fd = -1;
	}
	if (poll(polls, len, timeout) < 0) {
		return;
	}
	vm_guest_outputs_handle(guest->outputs, polls + POLL_OUTPUTS);
	if (is_leaving) {
		return;
	}
	if (polls[POLL_DISPLAY].revents != 0) {
		hear_display(guest);
	}
	/* What coffer-init has said goes first, also where it has ended since. */
	if (polls[POLL_INIT].revents != 0 || polls[POLL_SIGNALS].revents != 0) {
		if (guest->frame_waits) {
			pass_message(guest);
		}
		handle_init(guest);
	}
	if (polls[POLL_SIGNALS].revents != 0) {
		reap(guest);
	}
	if (polls[POLL_HOST].revents != 0) {
		flush(guest);
		handle_host(guest);
	}
}

/* ---- the two processes ---- */

/* In the child: a program of the instance, with one descriptor more. */
static void arrange_child(int fd) {
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	if (fd == CONTROL_FD) {
		fcntl(fd, F_SETFD, 0);
	} else {
		dup2(fd, CONTROL_FD);
	}
}

/* waypipe's own program, which does nothing but say that it was started: then waypipe listens. */
__attribute__((noreturn)) static void hold(void) {
	(void)!write(CONTROL_FD, "", 1);
	close(CONTROL_FD);
	for (;;) {
		pause();
	}
}

static void become_waypipe(const struct settings *settings, int ready_fd, int said_fd) {
	char *const argv[] = { (char *)settings->waypipe, "--no-gpu", "--compress", "none", "--vsock", "--socket",
		"2:" TEXT(VM_PORT_DISPLAY), "--display", VM_GUEST_DISPLAY, "server", "--", VM_GUEST_SELF, "hold", NULL };
	char *const environment[] = { "XDG_RUNTIME_DIR=" VM_GUEST_RUNTIME, "PATH=/nonexistent", NULL };
	dup2(said_fd, STDOUT_FILENO);
	dup2(said_fd, STDERR_FILENO);
	arrange_child(ready_fd);
	if (vm_guest_drop_privileges()) {
		execve(settings->waypipe, argv, environment);
		vm_guest_fault(settings->waypipe);
	}
	_exit(127);
}

/* Returns when it listens. */
static void start_display(struct guest *guest, const struct settings *settings) {
	int fds[2], said_fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0 || pipe2(said_fds, O_CLOEXEC) != 0 || (guest->display_pid = fork()) < 0) {
		give_up("no process");
	}
	if (guest->display_pid == 0) {
		become_waypipe(settings, fds[1], said_fds[1]);
	}
	close(fds[1]);
	close(said_fds[1]);
	guest->display_fd = said_fds[0];
	fcntl(guest->display_fd, F_SETFL, fcntl(guest->display_fd, F_GETFL) | O_NONBLOCK);
	struct pollfd ready = { .fd = fds[0], .events = POLLIN };
	char byte;
	if (poll(&ready, 1, DISPLAY_MS) != 1 || read(fds[0], &byte, 1) != 1) {
		leave(guest, VM_END_DISPLAY);
	}
	close(fds[0]);
}

static void become_init(const struct settings *settings, const struct vm_guest_filter *filter, int control_fd) {
	char *const argv[] = { VM_GUEST_INIT, TEXT(CONTROL_FD), (char *)settings->processes, NULL };
	char *const environment[] = { NULL };
	arrange_child(control_fd);
	if (vm_guest_enter_proc() && vm_guest_drop_privileges() && vm_guest_set_filter(filter)) {
		execve(argv[0], argv, environment);
		vm_guest_fault(argv[0]);
	}
	_exit(127);
}

/* The last that is forked: after it, this process has children in the new pid namespace only. */
static void start_init(struct guest *guest, const struct settings *settings, const struct vm_guest_filter *filter) {
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0 || unshare(CLONE_NEWPID) != 0 ||
		(guest->init_pid = fork()) < 0) {
		give_up("no process");
	}
	if (guest->init_pid == 0) {
		become_init(settings, filter, fds[1]);
	}
	close(fds[1]);
	fcntl(fds[0], F_SETFL, fcntl(fds[0], F_GETFL) | O_NONBLOCK);
	guest->init_fd = fds[0];
}

/* ---- start ---- */

static void connect_to_host(struct guest *guest) {
	const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
	for (int i = 0; i < CONNECT_TRIES; i++) {
		guest->host_fd = vm_guest_connect(VM_PORT_CONTROL);
		if (guest->host_fd >= 0) {
			fcntl(guest->host_fd, F_SETFL, fcntl(guest->host_fd, F_GETFL) | O_NONBLOCK);
			return;
		}
		nanosleep(&pause, NULL);
	}
	vm_guest_fault("vsock");
	give_up("coffer-vm cannot be reached");
}

static void watch_children(struct guest *guest) {
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	signal(SIGPIPE, SIG_IGN);
	guest->signal_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (guest->signal_fd < 0) {
		give_up("no signalfd");
	}
}

static bool read_settings(int argc, char **argv, struct settings *settings) {
	if (argc != 5 && argc != 6) {
		return false;
	}
	char *end;
	long processes = strtol(argv[2], &end, 10);
	*settings = (struct settings){ argv[1], argv[2], argv[4], argv[5], strcmp(argv[3], "nat") == 0 };
	size_t length = strlen(settings->hostname);
	return length > 0 && length <= HOSTNAME_MAX && end != argv[2] && *end == '\0' && processes >= 1 &&
		processes <= PROCESSES_MAX && (settings->has_network || strcmp(argv[3], "none") == 0) && argv[4][0] == '/' &&
		(settings->system == NULL || settings->system[0] == '/');
}

/* The kernel has opened the console as the first three: without it, something else would be taken for it. */
static void arrange_descriptors(void) {
	if (fcntl(STDIN_FILENO, F_GETFD) < 0 || fcntl(STDERR_FILENO, F_GETFD) < 0) {
		switch_off();
	}
	close_range(STDERR_FILENO + 1, ~0U, 0);
	/* It ends in a log, where a line ends without a return. */
	struct termios console;
	if (tcgetattr(STDERR_FILENO, &console) == 0) {
		console.c_oflag &= ~(tcflag_t)OPOST;
		tcsetattr(STDERR_FILENO, TCSANOW, &console);
	}
}

int main(int argc, char *argv[]) {
	static struct guest guest;
	struct settings settings;
	if (getpid() != 1) {
		if (argc == 2 && strcmp(argv[1], "hold") == 0) {
			hold();
		}
		fprintf(stderr, "coffer-guest: started by the kernel of an instance with backend vm, not by hand\n");
		return 2;
	}
	arrange_descriptors();
	if (!read_settings(argc, argv, &settings)) {
		give_up("the kernel was given other words than HOSTNAME PIDS none|nat WAYPIPE [SYSTEM]");
	}
	struct vm_guest_filter *filter = vm_guest_read_filter("/seccomp");
	if (filter == NULL || !vm_guest_load_modules() || !vm_guest_enter_root(settings.system) ||
		!vm_guest_set_limits(settings.hostname) || !vm_guest_set_network(settings.has_network)) {
		give_up("the machine cannot be made ready");
	}
	guest.frame_fds[0] = guest.frame_fds[1] = guest.display_fd = -1;
	guest.outputs = vm_guest_outputs_create();
	if (guest.outputs == NULL) {
		give_up("no memory");
	}
	watch_children(&guest);
	connect_to_host(&guest);
	start_display(&guest, &settings);
	start_init(&guest, &settings, filter);
	free(filter);
	for (;;) {
		turn(&guest, -1, false);
	}
}
