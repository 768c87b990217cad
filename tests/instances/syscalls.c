#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/fd.h"
#include "instances/syscalls.h"

#define X32_BIT 0x40000000L
#define HIGH(value) ((1L << 32) | (value)) /* bits that the kernel does not look at */
#define NONE (-1)

/* Every call is made for real, in a child under the filter, with arguments that could change nothing. */
static const struct {
	const char *name;
	long number;
	long arguments[3];
	int error; /* 0: anything but EPERM, ENOSYS, EAFNOSUPPORT and EPROTONOSUPPORT */
} rows[] = {
	/* namespaces */
	{ "unshare user", SYS_unshare, { CLONE_NEWUSER }, EPERM },
	{ "unshare user and more", SYS_unshare, { CLONE_NEWUSER | CLONE_FS }, EPERM },
	{ "unshare user, high bits", SYS_unshare, { HIGH(CLONE_NEWUSER) }, EPERM },
	{ "unshare net", SYS_unshare, { CLONE_NEWNET }, EPERM },
	{ "unshare time", SYS_unshare, { CLONE_NEWTIME }, EPERM },
	{ "unshare files", SYS_unshare, { CLONE_FILES }, 0 },
	{ "clone user", SYS_clone, { CLONE_NEWUSER | SIGCHLD }, EPERM },
	{ "clone mount", SYS_clone, { CLONE_NEWNS | SIGCHLD }, EPERM },
	{ "clone3", SYS_clone3, { 0, 0 }, ENOSYS },
	{ "setns", SYS_setns, { NONE, 0 }, EPERM },
	/* mounts */
	{ "mount", SYS_mount, { 0, 0, 0 }, EPERM },
	{ "umount2", SYS_umount2, { 0, 0 }, EPERM },
	{ "pivot_root", SYS_pivot_root, { 0, 0 }, EPERM },
	{ "chroot", SYS_chroot, { 0 }, EPERM },
	{ "open_tree", SYS_open_tree, { NONE, 0, 0 }, ENOSYS },
	{ "move_mount", SYS_move_mount, { NONE, 0, NONE }, ENOSYS },
	{ "fsopen", SYS_fsopen, { 0, 0 }, ENOSYS },
	{ "fsmount", SYS_fsmount, { NONE, 0, 0 }, ENOSYS },
	{ "fspick", SYS_fspick, { NONE, 0, 0 }, ENOSYS },
	{ "mount_setattr", SYS_mount_setattr, { NONE, 0, 0 }, ENOSYS },
	/* keyrings and the like */
	{ "add_key", SYS_add_key, { 0, 0, 0 }, EPERM },
	{ "keyctl", SYS_keyctl, { 0, 0, 0 }, EPERM },
	{ "request_key", SYS_request_key, { 0, 0, 0 }, EPERM },
	{ "bpf", SYS_bpf, { NONE, 0, 0 }, EPERM },
	{ "perf_event_open", SYS_perf_event_open, { 0, 0, NONE }, EPERM },
	{ "userfaultfd", SYS_userfaultfd, { NONE }, EPERM },
	{ "io_uring_setup", SYS_io_uring_setup, { 0, 0 }, ENOSYS },
	{ "io_uring_enter", SYS_io_uring_enter, { NONE, 0, 0 }, ENOSYS },
	{ "io_uring_register", SYS_io_uring_register, { NONE, 0, 0 }, ENOSYS },
	{ "open_by_handle_at", SYS_open_by_handle_at, { NONE, 0, 0 }, EPERM },
	{ "fanotify_init", SYS_fanotify_init, { NONE, 0 }, EPERM },
	/* the machine */
	{ "reboot", SYS_reboot, { 0, 0, 0 }, EPERM },
	{ "kexec_load", SYS_kexec_load, { 0, 0, 0 }, EPERM },
	{ "init_module", SYS_init_module, { 0, 0, 0 }, EPERM },
	{ "finit_module", SYS_finit_module, { NONE, 0, 0 }, EPERM },
	{ "delete_module", SYS_delete_module, { 0, 0 }, EPERM },
	{ "swapon", SYS_swapon, { 0, 0 }, EPERM },
	{ "acct", SYS_acct, { 1 }, EPERM },
	{ "quotactl", SYS_quotactl, { NONE, 0, 0 }, EPERM },
	{ "syslog", SYS_syslog, { NONE, 0, 0 }, EPERM },
	{ "settimeofday", SYS_settimeofday, { 0, 0 }, EPERM },
	/* terminals */
	{ "TIOCSTI", SYS_ioctl, { NONE, TIOCSTI, 0 }, EPERM },
	{ "TIOCSTI, high bits", SYS_ioctl, { NONE, HIGH(TIOCSTI), 0 }, EPERM },
	{ "TIOCLINUX", SYS_ioctl, { NONE, 0x541C, 0 }, EPERM },
	{ "another ioctl", SYS_ioctl, { NONE, TIOCGWINSZ, 0 }, 0 },
	/* sockets */
	{ "unix", SYS_socket, { AF_UNIX, SOCK_STREAM, 0 }, 0 },
	{ "inet", SYS_socket, { AF_INET, SOCK_DGRAM, 0 }, 0 },
	{ "inet6", SYS_socket, { AF_INET6, SOCK_STREAM, 0 }, 0 },
	{ "netlink route", SYS_socket, { AF_NETLINK, SOCK_RAW, 0 }, 0 },
	{ "netlink audit", SYS_socket, { AF_NETLINK, SOCK_RAW, 9 }, EPROTONOSUPPORT },
	{ "netlink uevent", SYS_socket, { AF_NETLINK, SOCK_RAW, 15 }, EPROTONOSUPPORT },
	{ "netlink, high bits", SYS_socket, { HIGH(AF_NETLINK), SOCK_RAW, 15 }, EAFNOSUPPORT },
	{ "packet", SYS_socket, { AF_PACKET, SOCK_RAW, 0 }, EAFNOSUPPORT },
	{ "packet, high bits", SYS_socket, { HIGH(AF_PACKET), SOCK_RAW, 0 }, EAFNOSUPPORT },
	{ "vsock", SYS_socket, { AF_VSOCK, SOCK_STREAM, 0 }, EAFNOSUPPORT },
	{ "alg", SYS_socket, { AF_ALG, SOCK_SEQPACKET, 0 }, EAFNOSUPPORT },
	{ "bluetooth", SYS_socket, { AF_BLUETOOTH, SOCK_RAW, 0 }, EAFNOSUPPORT },
	{ "no family", SYS_socket, { AF_UNSPEC, SOCK_STREAM, 0 }, EAFNOSUPPORT },
	{ "a family to come", SYS_socket, { 63, SOCK_STREAM, 0 }, EAFNOSUPPORT },
	{ "a family beyond", SYS_socket, { 4000, SOCK_STREAM, 0 }, EAFNOSUPPORT },
	{ "a negative family", SYS_socket, { -1, SOCK_STREAM, 0 }, EAFNOSUPPORT },
	/* what programs live on */
	{ "getpid", SYS_getpid, { 0 }, 0 },
	{ "memfd_create", SYS_memfd_create, { 0, 0 }, 0 },
	{ "ptrace", SYS_ptrace, { NONE, 0, 0 }, 0 },
#ifdef __x86_64__
	{ "getpid as x32", X32_BIT | SYS_getpid, { 0 }, ENOSYS },
	{ "unshare as x32", X32_BIT | SYS_unshare, { CLONE_NEWUSER }, ENOSYS },
#endif
};

/* Returns errno, or 0. */
static int try(size_t row) {
	const long *arguments = rows[row].arguments;
	errno = 0;
	long result = syscall(rows[row].number, arguments[0], arguments[1], arguments[2], 0L, 0L, 0L);
	return result == -1 ? errno : 0;
}

/* ---- what a runtime makes of the text: one rule a line ---- */

/* The text after the next of this key, and *at moves there; fails where there is none. */
static const char *value_of(const char **at, const char *key) {
	const char *found = strstr(*at, key);
	if (found == NULL) {
		_exit(254);
	}
	*at = found + strlen(key);
	return *at;
}

static enum scmp_compare comparison_of(const char *name) {
	static const struct {
		const char *name;
		enum scmp_compare comparison;
	} names[] = {
		{ "SCMP_CMP_NE\"", SCMP_CMP_NE },
		{ "SCMP_CMP_EQ\"", SCMP_CMP_EQ },
		{ "SCMP_CMP_GE\"", SCMP_CMP_GE },
		{ "SCMP_CMP_MASKED_EQ\"", SCMP_CMP_MASKED_EQ },
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(name, names[i].name, strlen(names[i].name)) == 0) {
			return names[i].comparison;
		}
	}
	_exit(254);
}

static void add_rule(scmp_filter_ctx filter, const char *line) {
	struct scmp_arg_cmp compared[2];
	unsigned int len = 0;
	char name[64] = "";
	const char *at = line;
	if (sscanf(value_of(&at, "\"names\":[\""), "%63[a-z0-9_]", name) != 1) {
		_exit(254);
	}
	value_of(&at, "\"action\":\"SCMP_ACT_ERRNO\"");
	uint32_t error = (uint32_t)strtoul(value_of(&at, "\"errnoRet\":"), NULL, 10);
	value_of(&at, "\"args\":[");
	while (strstr(at, "\"index\":") != NULL && len < 2) {
		compared[len].arg = (unsigned int)strtoul(value_of(&at, "\"index\":"), NULL, 10);
		compared[len].datum_a = strtoull(value_of(&at, "\"value\":"), NULL, 10);
		compared[len].datum_b = strtoull(value_of(&at, "\"valueTwo\":"), NULL, 10);
		compared[len].op = comparison_of(value_of(&at, "\"op\":\""));
		len++;
	}
	if (seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(error), seccomp_syscall_resolve_name(name), len, compared) != 0) {
		_exit(253);
	}
}

static void load_text(void) {
	static char text[1 << 20];
	int fd = syscalls_create_filter(SYSCALLS_JSON);
	ssize_t size = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	const char *at = text;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (size <= 0 || filter == NULL || seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)) != 0) {
		_exit(255);
	}
	value_of(&at, "\"defaultAction\":\"SCMP_ACT_ALLOW\"");
	value_of(&at, "\"syscalls\":[\n");
	for (char *save = NULL, *line = strtok_r((char *)at, "\n", &save); line[0] == '{';
		line = strtok_r(NULL, "\n", &save)) {
		add_rule(filter, line);
	}
	if (seccomp_load(filter) != 0) {
		_exit(255);
	}
}

static void load_filter(void) {
	static struct sock_filter program[4096];
	int fd = syscalls_create_filter(SYSCALLS_BPF);
	ssize_t size = fd >= 0 ? read(fd, program, sizeof(program)) : -1;
	struct sock_fprog filter = { .len = (unsigned short)((size_t)size / sizeof(program[0])), .filter = program };
	if (size <= 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, &filter) != 0) {
		_exit(255);
	}
}

static void check_calls(void (*load)(void)) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pid_t pid = fork();
		if (pid == 0) {
			load();
			_exit(try(i));
		}
		int status = 0;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status) >= 253) {
			fail_msg("%s: the child ended by %d", rows[i].name, status);
		}
		int error = WEXITSTATUS(status);
		bool refused = error == EPERM || error == ENOSYS || error == EAFNOSUPPORT || error == EPROTONOSUPPORT;
		if (rows[i].error != 0 ? error != rows[i].error : refused) {
			fail_msg("%s: %s", rows[i].name, error == 0 ? "succeeded" : strerror(error));
		}
	}
}

static void test_calls(void **state) {
	check_calls(load_filter);
}

/* The other form of it refuses the same. */
static void test_text(void **state) {
	check_calls(load_text);
}

int main(void) {
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_calls), cmocka_unit_test(test_text) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
