/*
 * What the confined compositor can still do, tried from inside: each case is a process that confines itself as the
 * compositor does, and then tries.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "compositor/confine.h"

/* What a client may have handed over, and who is out there: a datagram socket, a bystander's socket and shared memory. */
static int given_socket, given_memory;
static char bystander[32];
static char bystander_file[64];

/* Each returns 0, or the errno that it was refused with. */
static int try_exec(void) {
	char *const argv[] = {"/bin/true", NULL};
	execv("/bin/true", argv);
	return errno;
}

static int try_fork(void) {
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		_exit(0);
	}
	return pid < 0 ? errno : 0;
}

static int do_nothing_else(void *data) {
	return 0;
}

/* One that shares our memory, as posix_spawn(3) makes it: it would live on after us. */
static int try_sibling(void) {
	static _Alignas(16) char stack[16384];
	pid_t pid = clone(do_nothing_else, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	return pid < 0 ? errno : 0;
}

static int try_unknown_call(void) {
	return syscall(467 /* open_tree_attr, of Linux 6.15 */, AT_FDCWD, ".", 0, NULL, 0) < 0 ? errno : 0;
}

static int try_known_call(void) {
	return syscall(462 /* mseal, the last that is known */, 1, 1, 1) < 0 ? errno : 0;
}

static int try_renice(void) {
	return setpriority(PRIO_PROCESS, (id_t)getppid(), getpriority(PRIO_PROCESS, (id_t)getppid())) != 0 ? errno : 0;
}

static int try_pin(void) {
	cpu_set_t all;
	memset(&all, 0xff, sizeof(all));
	return sched_setaffinity(getppid(), sizeof(all), &all) != 0 ? errno : 0;
}

static int try_numbered_memory(void) {
	void *memory = shmat(given_memory, NULL, 0);
	return memory == (void *)-1 ? errno : 0;
}

static int try_watch_files(void) {
	int fd = inotify_init1(IN_CLOEXEC);
	return fd < 0 || inotify_add_watch(fd, "/", IN_CREATE) < 0 ? errno : 0;
}

/* Refused before the kernel asks whether it is a terminal at all. */
static int try_type_into_terminal(void) {
	return ioctl(STDERR_FILENO, TIOCSTI, "x") != 0 ? errno : 0;
}

static int try_outlive(void) {
	return prctl(PR_SET_PDEATHSIG, 0) != 0 ? errno : 0;
}

#ifndef __SANITIZE_ADDRESS__
static int try_dumpable(void) {
	return prctl(PR_SET_DUMPABLE, 1) != 0 ? errno : 0;
}
#endif

static struct sockaddr_un abstract_name(socklen_t *len) {
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "%s", bystander);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(bystander));
	return name;
}

static int try_send_to(void) {
	socklen_t len;
	struct sockaddr_un name = abstract_name(&len);
	return sendto(given_socket, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&name, len) != 1 ? errno : 0;
}

/* A filter of calls cannot see this address: Landlock can. */
static int try_send_message(void) {
	socklen_t len;
	struct sockaddr_un name = abstract_name(&len);
	struct iovec part = {.iov_base = "x", .iov_len = 1};
	struct msghdr header = {.msg_name = &name, .msg_namelen = len, .msg_iov = &part, .msg_iovlen = 1};
	return sendmsg(given_socket, &header, MSG_DONTWAIT) != 1 ? errno : 0;
}

static int try_pair(void) {
	int ends[2];
	return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0 ? errno : 0;
}

static int try_namespace(void) {
	return unshare(CLONE_NEWUSER) != 0 ? errno : 0;
}

#ifndef __SANITIZE_ADDRESS__ /* whose search for leaks traces this process */
static int try_trace(void) {
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) != 0 ? errno : 0;
}
#endif

static int try_kill(void) {
	return kill(getppid(), 0) != 0 ? errno : 0;
}

static int try_kill_thread(void) {
	return syscall(SYS_tgkill, getppid(), getppid(), 0) != 0 ? errno : 0;
}

/* Whoever owns a descriptor is sent a signal when it is ready. */
static int try_signal_by_descriptor(void) {
	int ends[2];
	return pipe(ends) != 0 || fcntl(ends[0], F_SETOWN, getppid()) != 0 ? errno : 0;
}

static int try_limit(void) {
	struct rlimit limit;
	return prlimit(getppid(), RLIMIT_CPU, NULL, &limit) != 0 ? errno : 0;
}

static int try_own_signal(void) {
	return syscall(SYS_tgkill, getpid(), gettid(), 0) != 0 ? errno : 0;
}

static int try_own_limit(void) {
	struct rlimit limit;
	return getrlimit(RLIMIT_NOFILE, &limit) != 0 ? errno : 0;
}

static int try_socket(void) {
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int try_network(void) {
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int try_routes(void) {
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE) < 0 ? errno : 0;
}

static int try_name(void) {
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "cofferdam-confine.%d", getpid());
	return bind(dup(given_socket), (struct sockaddr *)&name, sizeof(name)) != 0 ? errno : 0;
}

/* As libudev's monitor does it, when the person comes back from another console. */
static int try_devices(void) {
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 2};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ? errno : 0;
}

static int open_as(const char *path, int flags) {
	return open(path, flags, 0600) < 0 ? errno : 0;
}

static int try_passwd(void) {
	return open_as("/etc/passwd", O_RDONLY);
}

static int try_home(void) {
	return open_as(getenv("HOME") != NULL ? getenv("HOME") : "/root", O_RDONLY | O_DIRECTORY);
}

static int try_memory(void) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", getppid());
	return open_as(path, O_RDWR);
}

/* By pid: another run of this test may be at the same. */
static int try_write(void) {
	char path[64];
	snprintf(path, sizeof(path), "/tmp/cofferdam-confine.%d", getpid());
	int result = open_as(path, O_CREAT | O_EXCL | O_WRONLY);
	unlink(path);
	return result;
}

static int try_memory_of_others(void) {
	return open_as(bystander_file, O_RDONLY);
}

static int try_mode(void) {
	return chmod("/dev/shm", 0700) != 0 ? errno : 0;
}

static int try_fonts(void) {
	const char *file = getenv("FONTCONFIG_FILE");
	return open_as(file != NULL ? file : "/etc/fonts/fonts.conf", O_RDONLY);
}

/* As wlroots makes a keymap for a client: to write, to read, without a name. */
static int try_shm(void) {
	char name[64];
	snprintf(name, sizeof(name), "/cofferdam-confine.%d", getpid());
	int writable = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (writable < 0 || shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600) >= 0 || errno != EEXIST) {
		return errno;
	}
	int readable = shm_open(name, O_RDONLY, 0);
	if (readable < 0 || shm_unlink(name) != 0 || fchmod(writable, 0) != 0 || ftruncate(writable, 4096) != 0) {
		return errno;
	}
	char text[2] = "";
	bool right = write(writable, "x", 1) == 1 && pread(readable, text, 1, 0) == 1 && text[0] == 'x' &&
		write(readable, "y", 1) < 0 && shm_open(name, O_RDONLY, 0) < 0 && shm_unlink(name) < 0;
	return right ? 0 : EIO;
}

static int try_memfd(void) {
	return memfd_create("confine", MFD_CLOEXEC) < 0 ? errno : 0;
}

static void *do_nothing(void *data) {
	return data;
}

static int try_thread(void) {
	pthread_t thread;
	int result = pthread_create(&thread, NULL, do_nothing, NULL);
	return result != 0 ? result : pthread_join(thread, NULL);
}

/* 0 where try did what it wanted, else its errno; 255 where the confinement itself failed. */
static int confined(int (*try)(void)) {
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* By status alone: nothing of the test program's end runs in here. */
		_exit(confine_files() && confine_calls() ? try() : 255);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct attempt {
	const char *what;
	int (*try)(void);
	int expected;
};

static void expect(const struct attempt *attempts, size_t len) {
	for (size_t i = 0; i < len; i++) {
		int result = confined(attempts[i].try);
		if (result != attempts[i].expected) {
			fail_msg("%s: %d instead of %d", attempts[i].what, result, attempts[i].expected);
		}
	}
}

static void test_calls(void **state) {
	static const struct attempt attempts[] = {
		{"execute", try_exec, EPERM},
		{"fork", try_fork, EPERM},
#ifndef __SANITIZE_ADDRESS__
		{"a process that shares memory", try_sibling, EPERM},
#endif
		{"a call that was not known", try_unknown_call, ENOSYS},
		{"a user namespace", try_namespace, EPERM},
#ifndef __SANITIZE_ADDRESS__
		{"ptrace", try_trace, EPERM},
		{"being traced", try_dumpable, EPERM},
#endif
		{"a signal to another process", try_kill, EPERM},
		{"a signal to another process's thread", try_kill_thread, EPERM},
		{"a signal by way of a descriptor", try_signal_by_descriptor, EPERM},
		{"another process's limits", try_limit, EPERM},
		{"a socket", try_socket, EPERM},
		{"a socket to the network", try_network, EPERM},
		{"a socket to the routes", try_routes, EPERM},
		{"a name for a socket", try_name, EPERM},
		{"a message to a name", try_send_to, EPERM},
		{"a pair of sockets", try_pair, EPERM},
		{"memory of others by its number", try_numbered_memory, EPERM},
		{"news of others' files", try_watch_files, EPERM},
		{"another process's priority", try_renice, EPERM},
		{"another process's processors", try_pin, EPERM},
		{"typing into the terminal", try_type_into_terminal, EPERM},
		{"living longer than the supervisor", try_outlive, EPERM},
		{"chmod", try_mode, EPERM},
	};
	expect(attempts, sizeof(attempts) / sizeof(attempts[0]));
}

static void test_files(void **state) {
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1) {
		skip();
	}
	static const struct attempt attempts[] = {
		{"read /etc/passwd", try_passwd, EACCES},
		{"list the home", try_home, EACCES},
		{"another process's memory", try_memory, EACCES},
		{"write to /tmp", try_write, EACCES},
		{"memory of others by its name", try_memory_of_others, EACCES},
	};
	expect(attempts, sizeof(attempts) / sizeof(attempts[0]));
}

static void test_scope(void **state) {
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 6) {
		skip();
	}
	static const struct attempt attempts[] = {
		{"a message to an abstract socket", try_send_message, EPERM},
	};
	expect(attempts, sizeof(attempts) / sizeof(attempts[0]));
}

static void test_what_is_left(void **state) {
	static const struct attempt attempts[] = {
		{"fonts", try_fonts, 0},
		{"shm_open", try_shm, 0},
		{"memfd_create", try_memfd, 0},
		{"a thread", try_thread, 0},
		{"news of devices", try_devices, 0},
		{"a signal to itself", try_own_signal, 0},
		{"its own limits", try_own_limit, 0},
		{"the last call that is known, with nonsense", try_known_call, EINVAL},
	};
	expect(attempts, sizeof(attempts) / sizeof(attempts[0]));
}

/* Without confinement each of them works, or the refusals above prove nothing. */
static void test_unconfined(void **state) {
	static int (*const tries[])(void) = {try_fork, try_kill, try_kill_thread, try_signal_by_descriptor, try_limit,
		try_socket, try_network, try_routes, try_pair, try_send_to, try_send_message, try_name, try_passwd, try_home, try_write,
		try_sibling, try_renice, try_pin, try_numbered_memory, try_watch_files, try_outlive, try_memory_of_others, try_shm};
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		int result = tries[i]();
		if (result != 0) {
			fail_msg("attempt %zu: %d", i, result);
		}
	}
	while (waitpid(-1, NULL, 0) > 0) {
	}
}

static int make_bystander(void **state) {
	socklen_t len;
	snprintf(bystander, sizeof(bystander), "confine-by.%d", getpid());
	snprintf(bystander_file, sizeof(bystander_file), "/dev/shm/confine-by.%d", getpid());
	struct sockaddr_un name = abstract_name(&len);
	int listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int file = open(bystander_file, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	given_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	given_memory = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	return listener < 0 || bind(listener, (struct sockaddr *)&name, len) != 0 || file < 0 || given_socket < 0 ||
		given_memory < 0;
}

static int remove_bystander(void **state) {
	return (shmctl(given_memory, IPC_RMID, NULL) != 0) | (unlink(bystander_file) != 0);
}

int main(void) {
	log_init("confine", LOG_DEBUG);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unconfined),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_what_is_left),
	};
	return cmocka_run_group_tests(tests, make_bystander, remove_bystander);
}
