#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/bubblewrap.h"
#include "instances/guest.h"
#include "instances/launcher.h"
#include "instances/network.h"
#include "instances/plan.h"
#include "instances/sandbox.h"

#define BUS_ID 0 /* the instance's bus among the programs */
#define REASON_SIZE 400
#define INFO_MAX 1024
#define LOST_MS 1000

struct sandbox {
	struct loop *loop;
	struct children *children;
	struct output *output;
	const struct sandbox_handler *handler;
	void *data;

	struct cgroup *cgroup;
	struct words environment;
	bool has_bus;
	int lock_fd; /* of what the instance keeps; until the sandbox is gone */
	bool is_up, is_ending, failed;

	pid_t backend_pid; /* bwrap, outside; 0 once it is reaped */
	struct child *backend;
	pid_t first_pid; /* the first process in what bwrap has made: coffer-init, or what carries it; 0 until it is known */
	int first_pidfd; /* of the same: a pid could be another's by now */
	struct loop_source *first_source; /* until it has ended */
	pid_t init_pid; /* coffer-init, seen from outside; 0 until it has greeted */
	struct guest *guest;
	struct loop_source *lost_timer; /* the guest is lost: is the sandbox ending? */
	char lost_reason[128];

	int info_fd; /* bwrap writes first_pid here */
	struct loop_source *info_source;
	char info[INFO_MAX];
	size_t info_len;

	int bus_fd; /* the bus daemon writes its address here when it listens */
	struct loop_source *bus_source;

	struct network *network; /* NETWORK_NAT, from the moment its namespaces exist */
	char *pid_file;
	int ready_fd, gate_fd; /* see launcher.h */
	struct loop_source *ready_source;
};

static void unwatch(struct loop_source **source, int *fd) {
	loop_remove(*source);
	*source = NULL;
	fd_close(fd);
}

static void fail(struct sandbox *sandbox, const char *reason) {
	if (!sandbox->failed && !sandbox->is_ending) {
		sandbox->failed = true;
		sandbox->handler->failed(sandbox->data, reason);
	}
}

/* ---- the end ---- */

static void check_gone(struct sandbox *sandbox) {
	if (sandbox->backend_pid == 0 && sandbox->first_source == NULL) {
		sandbox->handler->gone(sandbox->data);
	}
}

static void handle_first_end(void *data, int fd, uint32_t revents) {
	struct sandbox *sandbox = data;
	/* The pidfd of pid 1 of a namespace is readable when the kernel has ended all that was in it. */
	unwatch(&sandbox->first_source, &sandbox->first_pidfd);
	check_gone(sandbox);
}

static void describe_end(const struct sandbox *sandbox, int status, char *reason) {
	const char *said = output_last_line(sandbox->output);
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (!sandbox->is_up && said[0] != '\0') {
		/* bwrap, or coffer-init: nothing else has been running in there. */
		snprintf(reason, REASON_SIZE, "the sandbox could not be built: %s", said);
	} else if (!sandbox->is_up) {
		snprintf(reason, REASON_SIZE, "the sandbox could not be built: bwrap ended with %d", code);
	} else if (code == 128 + SIGKILL && cgroup_count_kills(sandbox->cgroup) > 0) {
		snprintf(reason, REASON_SIZE, "over its memory limit of %llu MiB: give it more by `memory` in the config",
			(unsigned long long)(cgroup_get_memory(sandbox->cgroup) >> 20));
	} else if (code > 128) {
		snprintf(reason, REASON_SIZE, "the sandbox was ended from outside, by signal %d (%s)", code - 128,
			strsignal(code - 128));
	} else {
		snprintf(reason, REASON_SIZE, "the sandbox has ended by itself, with %d: its log may say more", code);
	}
}

static void handle_backend_end(void *data, pid_t pid, int status) {
	struct sandbox *sandbox = data;
	/* What it has forked, and has not tied to its own life yet, would wait for it for ever: it is of its process group. */
	kill(-pid, SIGKILL);
	sandbox->backend = NULL;
	sandbox->backend_pid = 0;
	network_destroy(sandbox->network);
	sandbox->network = NULL;
	guest_destroy(sandbox->guest);
	sandbox->guest = NULL;
	/* Takes what bwrap said last. */
	output_close_pipe(sandbox->output);
	char reason[REASON_SIZE];
	describe_end(sandbox, status, reason);
	fail(sandbox, reason);
	check_gone(sandbox);
}

static void kill_first(const struct sandbox *sandbox) {
#ifdef FOR_MEMCHECK
	kill(sandbox->first_pid, SIGKILL); /* valgrind does not know pidfd_send_signal(2) */
#else
	pidfd_send_signal(sandbox->first_pidfd, SIGKILL, NULL, 0);
#endif
}

void sandbox_kill(struct sandbox *sandbox) {
	sandbox->is_ending = true;
	network_destroy(sandbox->network);
	sandbox->network = NULL;
	/* With pid 1 of its namespace everything in the sandbox dies, and bwrap follows when all of it is gone. */
	if (sandbox->first_pidfd >= 0) {
		kill_first(sandbox);
	} else if (sandbox->backend_pid > 0) {
		kill(sandbox->backend_pid, SIGKILL);
	}
}

/* ---- coffer-init and the bus ---- */

static void become_up(struct sandbox *sandbox) {
	if (!sandbox->is_up && !sandbox->is_ending) {
		sandbox->is_up = true;
		sandbox->handler->up(sandbox->data);
	}
}

static void settle_bus(struct sandbox *sandbox, const char *fault) {
	if (sandbox->bus_source == NULL) {
		return;
	}
	unwatch(&sandbox->bus_source, &sandbox->bus_fd);
	if (fault != NULL) {
		/* Most programs live without one; they are not told of an address where nobody is. */
		output_note(sandbox->output, "no session bus in this instance: %s", fault);
		words_unset(&sandbox->environment, "DBUS_SESSION_BUS_ADDRESS");
	}
	become_up(sandbox);
}

static void handle_bus_answer(void *data, int fd, uint32_t revents) {
	struct sandbox *sandbox = data;
	char untrusted_address[256];
	ssize_t n = read(fd, untrusted_address, sizeof(untrusted_address));
	settle_bus(sandbox, n > 0 ? NULL : "dbus-daemon did not start");
}

/* Returns false where there will be no bus. */
static bool start_bus(struct sandbox *sandbox) {
	static char *const argv[] = {
		"dbus-daemon",
		"--session",
		"--nofork",
		"--nopidfile",
		"--print-address=1",
		"--address=unix:path=" INSIDE_RUNTIME "/bus",
		NULL,
	};
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0) {
		return false;
	}
	sandbox->bus_fd = fds[0];
	sandbox->bus_source = loop_add_fd(sandbox->loop, fds[0], EPOLLIN, handle_bus_answer, sandbox);
	bool asked = sandbox->bus_source != NULL &&
		guest_start(sandbox->guest, BUS_ID, argv, &sandbox->environment, fds[1], output_open_pipe(sandbox->output));
	fd_close(&fds[1]);
	if (!asked) {
		unwatch(&sandbox->bus_source, &sandbox->bus_fd);
	}
	return asked;
}

/* Both have to be there, in whichever order they were heard of: coffer-init, and what is to be killed with all of it. */
static void check_whole(struct sandbox *sandbox) {
	if (sandbox->init_pid > 0 && sandbox->first_pid > 0 && (!sandbox->has_bus || !start_bus(sandbox))) {
		become_up(sandbox);
	}
}

static void handle_hello(void *data, pid_t pid) {
	struct sandbox *sandbox = data;
	if (pid == 0) {
		fail(sandbox, "coffer-init is not to be seen from here");
		return;
	}
	sandbox->init_pid = pid;
	check_whole(sandbox);
}

static void handle_started(void *data, uint32_t id) {
	struct sandbox *sandbox = data;
	if (id != BUS_ID) {
		sandbox->handler->started(sandbox->data, id);
	}
}

static void handle_start_failed(void *data, uint32_t id, int error) {
	struct sandbox *sandbox = data;
	if (id == BUS_ID) {
		settle_bus(sandbox, strerror(error));
	} else {
		sandbox->handler->start_failed(sandbox->data, id, error);
	}
}

static void handle_exited(void *data, uint32_t id, int status) {
	struct sandbox *sandbox = data;
	if (id == BUS_ID) {
		settle_bus(sandbox, "dbus-daemon ended");
	} else {
		sandbox->handler->exited(sandbox->data, id, status);
	}
}

static void handle_frozen(void *data, bool frozen, uint32_t unstopped) {
	struct sandbox *sandbox = data;
	sandbox->handler->frozen(sandbox->data, frozen, unstopped);
}

/* Where coffer-init has ended, bwrap is about to tell how. Where it has not, nobody can reach inside any more. */
static void handle_lost(void *data, const char *reason) {
	struct sandbox *sandbox = data;
	snprintf(sandbox->lost_reason, sizeof(sandbox->lost_reason), "%s", reason);
	loop_arm_timer(sandbox->lost_timer, LOST_MS);
}

static void handle_lost_for_long(void *data) {
	struct sandbox *sandbox = data;
	fail(sandbox, sandbox->lost_reason);
}

static const struct guest_handler guest_handler = {
	.hello = handle_hello,
	.started = handle_started,
	.failed = handle_start_failed,
	.exited = handle_exited,
	.frozen = handle_frozen,
	.lost = handle_lost,
};

/* ---- what bwrap tells ---- */

static void take_info(struct sandbox *sandbox) {
	pid_t pid = bubblewrap_parse_info(sandbox->info);
	if (pid == 0) {
		return; /* bwrap has failed, and its end is to be told */
	}
	sandbox->first_pidfd = pidfd_open(pid, 0);
	if (sandbox->first_pidfd < 0) {
		return;
	}
	sandbox->first_source = loop_add_fd(sandbox->loop, sandbox->first_pidfd, EPOLLIN, handle_first_end, sandbox);
	if (sandbox->first_source == NULL) {
		fd_close(&sandbox->first_pidfd);
		fail(sandbox, "the sandbox cannot be watched");
		return;
	}
	sandbox->first_pid = pid;
	cgroup_attach(sandbox->cgroup, sandbox->backend_pid);
	if (sandbox->is_ending) {
		sandbox_kill(sandbox);
		return;
	}
	sandbox->handler->prepared(sandbox->data);
	check_whole(sandbox);
}

static void handle_info(void *data, int fd, uint32_t revents) {
	struct sandbox *sandbox = data;
	size_t room = sizeof(sandbox->info) - 1 - sandbox->info_len;
	ssize_t n = read(fd, sandbox->info + sandbox->info_len, room);
	if (n > 0) {
		sandbox->info_len += (size_t)n;
		sandbox->info[sandbox->info_len] = '\0';
	}
	if (n <= 0 || strchr(sandbox->info, '}') != NULL || (size_t)n == room) {
		unwatch(&sandbox->info_source, &sandbox->info_fd);
		take_info(sandbox);
	}
}

/* ---- the network ---- */

static void handle_network_ready(void *data) {
	struct sandbox *sandbox = data;
	char byte = 1;
	bool opened = write(sandbox->gate_fd, &byte, 1) == 1;
	fd_close(&sandbox->gate_fd);
	if (!opened) {
		fail(sandbox, "the sandbox did not wait for its network");
	}
}

static void handle_network_failed(void *data, const char *reason) {
	struct sandbox *sandbox = data;
	char whole[REASON_SIZE];
	/* Before the gate is open, nobody but pasta can have said anything. */
	const char *said = sandbox->gate_fd >= 0 ? output_last_line(sandbox->output) : "";
	snprintf(whole, sizeof(whole), said[0] != '\0' ? "%s: %s" : "%s", reason, said);
	fail(sandbox, whole);
}

static const struct network_handler network_handler = {
	.ready = handle_network_ready,
	.failed = handle_network_failed,
};

/* The backend's process has made its namespaces, and waits at the gate. */
static void handle_namespaces(void *data, int fd, uint32_t revents) {
	struct sandbox *sandbox = data;
	char byte;
	bool made = read(fd, &byte, 1) == 1;
	unwatch(&sandbox->ready_source, &sandbox->ready_fd);
	if (!made || sandbox->is_ending) {
		return; /* it ends, and says why */
	}
	char reason[REASON_SIZE];
	sandbox->network = network_create(sandbox->children, sandbox->backend_pid, sandbox->pid_file,
		output_open_pipe(sandbox->output), &network_handler, sandbox, reason, sizeof(reason));
	if (sandbox->network == NULL) {
		fail(sandbox, reason);
	}
}

/* ---- start ---- */

/* The ends that the child gets; ours are in the sandbox. */
struct child_ends {
	int init, info, ready, gate;
};

static bool make_ends(struct sandbox *sandbox, bool own_network, struct child_ends *ends) {
	int pair[2], info[2], ready[2], gate[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		return false;
	}
	ends->init = pair[1];
	sandbox->guest = guest_create(sandbox->loop, pair[0], &guest_handler, sandbox);
	if (sandbox->guest == NULL || pipe2(info, O_CLOEXEC) != 0) {
		return false;
	}
	ends->info = info[1];
	sandbox->info_fd = info[0];
	sandbox->info_source = loop_add_fd(sandbox->loop, info[0], EPOLLIN, handle_info, sandbox);
	if (sandbox->info_source == NULL || !own_network) {
		return sandbox->info_source != NULL;
	}
	if (pipe2(ready, O_CLOEXEC) != 0) {
		return false;
	}
	ends->ready = ready[1];
	sandbox->ready_fd = ready[0];
	if (pipe2(gate, O_CLOEXEC) != 0) {
		return false;
	}
	ends->gate = gate[0];
	sandbox->gate_fd = gate[1];
	sandbox->ready_source = loop_add_fd(sandbox->loop, ready[0], EPOLLIN, handle_namespaces, sandbox);
	return sandbox->ready_source != NULL;
}

/* Of the backend's own program, and of what comes before it. */
static void build_command(const struct sandbox *sandbox, const struct preparation *preparation, struct words *arguments,
	struct words *environment) {
	/* bwrap itself is found by our own PATH; nothing of it, or of any other variable, goes inside. */
	const char *path = getenv("PATH"), *runtime = getenv("XDG_RUNTIME_DIR");
	words_set(environment, "PATH", path != NULL ? path : "/usr/bin:/bin");
	cgroup_arguments(sandbox->cgroup, arguments);
	if (arguments->len > 0 && runtime != NULL) {
		words_set(environment, "XDG_RUNTIME_DIR", runtime); /* where the user's systemd is */
	}
	for (size_t i = 0; i < preparation->arguments.len; i++) {
		words_add(arguments, preparation->arguments.list[i], NULL);
	}
}

static bool start_backend(struct sandbox *sandbox, const struct preparation *preparation, const struct child_ends *ends,
	char *reason, size_t size) {
	int output_fd = output_open_pipe(sandbox->output);
	const struct launch_fd own_fds[] = {
		{ output_fd, STDOUT_FILENO },
		{ output_fd, STDERR_FILENO },
		{ ends->init, PLAN_FD_INIT },
		{ ends->info, PLAN_FD_INFO },
	};
	const size_t own_len = sizeof(own_fds) / sizeof(own_fds[0]);
	struct launch_fd *fds = xcalloc(own_len + preparation->fds_len, sizeof(*fds));
	memcpy(fds, own_fds, sizeof(own_fds));
	if (preparation->fds_len > 0) {
		memcpy(fds + own_len, preparation->fds, preparation->fds_len * sizeof(*fds));
	}
	struct words arguments = { 0 }, environment = { 0 };
	build_command(sandbox, preparation, &arguments, &environment);
	const struct launch launch = {
		.argv = arguments.list,
		.environment = environment.list,
		.fds = fds,
		.fds_len = own_len + preparation->fds_len,
		.new_session = true,
		.no_core = true,
		.no_groups = true,
		.parent_death_signal = SIGKILL,
		.own_cgroup = cgroup_get_procs(sandbox->cgroup) >= 0,
		.cgroup_fd = cgroup_get_procs(sandbox->cgroup),
		.own_network = ends->ready >= 0,
		.user_namespaces = preparation->user_namespaces,
		.ready_fd = ends->ready,
		.gate_fd = ends->gate,
	};
	char cause[256];
	pid_t pid = output_fd < 0 ? (snprintf(cause, sizeof(cause), "no pipe for its output"), -1)
							  : launch_program(&launch, cause, sizeof(cause));
	free(fds);
	words_finish(&arguments);
	words_finish(&environment);
	if (pid < 0) {
		snprintf(reason, size, "the sandbox needs bwrap (package bubblewrap): %s", cause);
		return false;
	}
	sandbox->backend_pid = pid;
	sandbox->backend = children_watch(sandbox->children, pid, handle_backend_end, sandbox);
	if (sandbox->backend == NULL) {
		snprintf(reason, size, "the sandbox cannot be watched");
		return false;
	}
	return true;
}

static void handle_over(void *data, enum control_resource resource) {
	struct sandbox *sandbox = data;
	sandbox->handler->over(sandbox->data, resource);
}

struct sandbox *sandbox_create(const struct config_instance *instance, const struct sandbox_places *places,
	const struct sandbox_handler *handler, void *data, char *reason, size_t size) {
	struct sandbox *sandbox = xcalloc(1, sizeof(*sandbox));
	sandbox->loop = places->loop;
	sandbox->children = places->children;
	sandbox->output = places->output;
	sandbox->handler = handler;
	sandbox->data = data;
	sandbox->pid_file = xstrdup(places->pid_file);
	sandbox->lost_timer = loop_add_timer(places->loop, handle_lost_for_long, sandbox);
	sandbox->first_pidfd = sandbox->info_fd = sandbox->bus_fd = sandbox->ready_fd = sandbox->gate_fd = -1;
	sandbox->lock_fd = -1;

	struct child_ends ends = { -1, -1, -1, -1 };
	struct preparation preparation = { .lock_fd = -1 }; /* finished also where it was never made */
	sandbox->cgroup = cgroup_create(places->preparation->cgroups, places->loop, instance, handle_over, sandbox, reason, size);
	bool created = sandbox->cgroup != NULL && preparation_make(&preparation, instance, places->preparation, places->socket, reason, size);
	if (created && !make_ends(sandbox, instance->network == NETWORK_NAT, &ends)) {
		snprintf(reason, size, "no descriptors for the sandbox: %s", strerror(errno));
		created = false;
	}
	created = created && start_backend(sandbox, &preparation, &ends, reason, size);
	if (created) {
		sandbox->has_bus = preparation.has_bus;
		sandbox->environment = preparation.environment;
		preparation.environment = (struct words){ 0 };
		sandbox->lock_fd = preparation.lock_fd;
		preparation.lock_fd = -1;
	} else {
		sandbox_destroy(sandbox);
		sandbox = NULL;
	}
	preparation_finish(&preparation);
	fd_close(&ends.init);
	fd_close(&ends.info);
	fd_close(&ends.ready);
	fd_close(&ends.gate);
	return sandbox;
}

void sandbox_destroy(struct sandbox *sandbox) {
	if (sandbox == NULL) {
		return;
	}
	sandbox_kill(sandbox);
	children_forget(sandbox->backend);
	guest_destroy(sandbox->guest);
	unwatch(&sandbox->first_source, &sandbox->first_pidfd);
	unwatch(&sandbox->info_source, &sandbox->info_fd);
	unwatch(&sandbox->bus_source, &sandbox->bus_fd);
	unwatch(&sandbox->ready_source, &sandbox->ready_fd);
	loop_remove(sandbox->lost_timer);
	fd_close(&sandbox->gate_fd);
	fd_close(&sandbox->lock_fd);
	output_close_pipe(sandbox->output);
	words_finish(&sandbox->environment);
	cgroup_destroy(sandbox->cgroup);
	free(sandbox->pid_file);
	free(sandbox);
}

bool sandbox_start(struct sandbox *sandbox, uint32_t id, char *const *argv) {
	int output_fd = output_open_pipe(sandbox->output);
	return sandbox->is_up && !sandbox->is_ending && sandbox->guest != NULL && output_fd >= 0 &&
		guest_start(sandbox->guest, id, argv, &sandbox->environment, output_fd, output_fd);
}

bool sandbox_terminate(struct sandbox *sandbox) {
	bool asked = sandbox->guest != NULL && guest_terminate(sandbox->guest);
	sandbox->is_ending = sandbox->is_ending || asked;
	return asked;
}

bool sandbox_freeze(struct sandbox *sandbox, bool freeze) {
	return sandbox->guest != NULL && guest_freeze(sandbox->guest, freeze);
}

pid_t sandbox_get_pid(const struct sandbox *sandbox) {
	return sandbox->init_pid;
}

void sandbox_measure(struct sandbox *sandbox, struct control_sandbox *out) {
	cgroup_measure(sandbox->cgroup, sandbox->init_pid, out);
}

uint64_t sandbox_get_memory(const struct sandbox *sandbox) {
	return cgroup_get_memory(sandbox->cgroup);
}
