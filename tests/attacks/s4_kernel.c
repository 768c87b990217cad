/*
 * S4. From inside a sandbox: new user namespaces and all the others, mounts by the old calls and the new, keyrings, text
 * pushed into terminals, io_uring, perf, bpf, and whatever else of the kernel no application needs; by another
 * architecture's calls too, and with high bits in arguments of which the kernel reads the low ones. All of it is
 * refused, and the instance runs on. (Call by call, under the filter alone: tests/instances/syscalls.c.)
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/netlink.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/attacks/inside.h"
#include "tests/attacks/stage.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define HIGH (1L << 32) /* a bit that the kernel does not read in an int */
#define X32 0x40000000L
#define TIOCLINUX_COMMAND 0x541C

/* ---- inside: calls with arguments that would do something, or would be said to be wrong ---- */

static char room[4096];

static const struct call {
	const char *name;
	long number, arguments[5];
} calls[] = {
	{ "unshare-user", SYS_unshare, { CLONE_NEWUSER } },
	{ "unshare-user-high", SYS_unshare, { HIGH | CLONE_NEWUSER } },
	{ "unshare-mount", SYS_unshare, { CLONE_NEWNS } },
	{ "unshare-pid", SYS_unshare, { CLONE_NEWPID } },
	{ "unshare-net", SYS_unshare, { CLONE_NEWNET } },
	{ "unshare-ipc", SYS_unshare, { CLONE_NEWIPC } },
	{ "unshare-uts", SYS_unshare, { CLONE_NEWUTS } },
	{ "unshare-cgroup", SYS_unshare, { CLONE_NEWCGROUP } },
	{ "unshare-time", SYS_unshare, { 0x80 } },
	{ "clone-user", SYS_clone, { CLONE_NEWUSER | SIGCHLD } },
	{ "clone-user-high", SYS_clone, { HIGH | CLONE_NEWUSER | SIGCHLD } },
	{ "clone3", SYS_clone3, { (long)room, 88 } },
	{ "mount", SYS_mount, { (long)"none", (long)"/tmp", (long)"tmpfs" } },
	{ "remount", SYS_mount, { 0, (long)"/usr", 0, MS_REMOUNT | MS_BIND } },
	{ "bind", SYS_mount, { (long)"/", (long)"/tmp", 0, MS_BIND } },
	{ "umount", SYS_umount2, { (long)"/usr", MNT_DETACH } },
	{ "pivot-root", SYS_pivot_root, { (long)"/tmp", (long)"/tmp" } },
	{ "chroot", SYS_chroot, { (long)"/tmp" } },
	{ "open-tree", SYS_open_tree, { AT_FDCWD, (long)"/", 1 } },
	{ "move-mount", SYS_move_mount, { -1, (long)"", AT_FDCWD, (long)"/tmp", 4 } },
	{ "fsopen", SYS_fsopen, { (long)"tmpfs", 0 } },
	{ "fspick", SYS_fspick, { AT_FDCWD, (long)"/usr", 0 } },
	{ "mount-setattr", SYS_mount_setattr, { AT_FDCWD, (long)"/usr", 0, (long)room, 32 } },
	{ "add-key", SYS_add_key, { (long)"user", (long)"x", (long)"y", 1, -3 } },
	{ "request-key", SYS_request_key, { (long)"user", (long)"x", 0, -3 } },
	{ "keyctl", SYS_keyctl, { 0, -3, 0 } },
	{ "keyctl-session", SYS_keyctl, { 1, 0 } },
	{ "bpf", SYS_bpf, { 0, (long)room, 72 } },
	{ "perf", SYS_perf_event_open, { (long)room, 0, -1, -1, 0 } },
	{ "io-uring-setup", SYS_io_uring_setup, { 4, (long)room } },
	{ "io-uring-enter", SYS_io_uring_enter, { -1, 0, 0, 0 } },
	{ "io-uring-register", SYS_io_uring_register, { -1, 0, 0, 0 } },
	{ "userfaultfd", SYS_userfaultfd, { 1 } },
	{ "fanotify", SYS_fanotify_init, { 0, 0 } },
	{ "open-by-handle", SYS_open_by_handle_at, { AT_FDCWD, (long)room, 0 } },
	{ "kexec", SYS_kexec_load, { 0, 0, 0, 0 } },
	{ "init-module", SYS_init_module, { (long)room, 0, (long)"" } },
	{ "syslog", SYS_syslog, { 3, (long)room, 10 } },
	{ "swapon", SYS_swapon, { (long)"/tmp/x", 0 } },
	{ "reboot", SYS_reboot, { 0xfee1dead, 672274793, 0, 0 } },
	{ "acct", SYS_acct, { (long)"/tmp/x" } },
	{ "sethostname", SYS_sethostname, { (long)"other", 5 } },
	{ "settimeofday", SYS_settimeofday, { (long)room, 0 } },
	{ "quotactl", SYS_quotactl, { 0, 0, 0, 0 } },
	{ "ptrace-init", SYS_ptrace, { PTRACE_ATTACH, 1 } },
	{ "seize-init", SYS_ptrace, { PTRACE_SEIZE, 1 } },
	{ "packet-socket", SYS_socket, { AF_PACKET, SOCK_RAW, 0 } },
	{ "raw-socket", SYS_socket, { AF_INET, SOCK_RAW, 1 } },
	{ "crypto-socket", SYS_socket, { AF_ALG, SOCK_SEQPACKET, 0 } },
	{ "vsock", SYS_socket, { AF_VSOCK, SOCK_STREAM, 0 } },
	{ "key-socket", SYS_socket, { AF_KEY, SOCK_RAW, 2 } },
	{ "bluetooth", SYS_socket, { AF_BLUETOOTH, SOCK_RAW, 1 } },
	{ "vsock-high", SYS_socket, { HIGH | AF_VSOCK, SOCK_STREAM, 0 } },
	{ "audit-netlink", SYS_socket, { AF_NETLINK, SOCK_RAW, NETLINK_AUDIT } },
	{ "uevent-netlink", SYS_socket, { AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT } },
	{ "netfilter-netlink", SYS_socket, { AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER } },
	{ "setuid", SYS_setuid, { 0 } },
	{ "setgid", SYS_setgid, { 0 } },
#ifdef __x86_64__
	{ "iopl", SYS_iopl, { 3 } },
	{ "ioperm", SYS_ioperm, { 0x80, 1, 1 } },
	{ "modify-ldt", SYS_modify_ldt, { 1, (long)room, 16 } },
	{ "x32-unshare", X32 | SYS_unshare, { CLONE_NEWUSER } },
	{ "x32-getpid", X32 | SYS_getpid, { 0 } },
	{ "x32-ptrace", X32 | 521, { PTRACE_ATTACH, 1 } },
#endif
};

static const struct {
	const char *name, *path;
	int flags;
} files[] = {
	{ "write-usr", "/usr/x", O_WRONLY | O_CREAT },
	{ "write-etc", "/etc/x", O_WRONLY | O_CREAT },
	{ "write-passwd", "/etc/passwd", O_WRONLY },
	{ "write-root", "/x", O_WRONLY | O_CREAT },
	{ "write-dev", "/dev/x", O_WRONLY | O_CREAT },
	{ "write-core-pattern", "/proc/sys/kernel/core_pattern", O_WRONLY },
	{ "write-modprobe", "/proc/sys/kernel/modprobe", O_WRONLY },
	{ "write-init", "/run/coffer-init", O_WRONLY },
	{ "sysrq", "/proc/sysrq-trigger", O_WRONLY },
	{ "kmsg", "/dev/kmsg", O_RDONLY },
	{ "mem", "/dev/mem", O_RDONLY },
	{ "tun", "/dev/net/tun", O_RDWR },
	{ "fuse", "/dev/fuse", O_RDWR },
	{ "kvm", "/dev/kvm", O_RDWR },
	{ "console", "/dev/tty1", O_RDWR },
	{ "mem-of-init", "/proc/1/mem", O_RDONLY },
	{ "environ-of-init", "/proc/1/environ", O_RDONLY },
	{ "maps-of-init", "/proc/1/maps", O_RDONLY },
};

/* An attempt returns an errno, or 0. */
typedef int (*attempt_function)(const void *data);

/* In a child: what is made is gone with it, and the kernel may end it. */
static void try_apart(const char *name, attempt_function attempt, const void *data) {
	int told[2];
	if (pipe2(told, O_CLOEXEC) != 0) {
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		int error = attempt(data);
		(void)!write(told[1], &error, sizeof(error));
		_exit(0);
	}
	close(told[1]);
	int error = EINTR; /* it was ended by the call: said below */
	bool came = read(told[0], &error, sizeof(error)) == sizeof(error);
	close(told[0]);
	int status = 0;
	waitpid(pid, &status, 0);
	if (came) {
		inside_tell(name, error);
	} else {
		dprintf(STDOUT_FILENO, "%s killed\n", name);
	}
}

static int try_call(const void *data) {
	const struct call *call = data;
	const long *arguments = call->arguments;
	errno = 0;
	long result = syscall(call->number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
	return result < 0 ? errno : 0;
}

#ifdef __x86_64__
/* unshare(CLONE_NEWUSER) by the calls of 32-bit programs. */
static int unshare_by_int80(const void *data) {
	int result; /* of 32 bits */
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(310), "b"(CLONE_NEWUSER) : "memory", "r8", "r9", "r10", "r11");
	return result < 0 ? -result : 0;
}
#endif

static void try_terminal(void) {
	int first, second;
	if (openpty(&first, &second, NULL, NULL, NULL) != 0) {
		inside_tell("openpty", errno);
		return;
	}
	setsid();
	ioctl(second, TIOCSCTTY, 0);
	inside_tell("tiocsti", ioctl(second, TIOCSTI, "x") == 0 ? 0 : errno);
	inside_tell("tiocsti-high", syscall(SYS_ioctl, second, HIGH | TIOCSTI, "x") == 0 ? 0 : errno);
	inside_tell("tioclinux", ioctl(second, TIOCLINUX_COMMAND, "\3") == 0 ? 0 : errno);
}

static void try_all(void) {
	for (size_t i = 0; i < LEN(calls); i++) {
		try_apart(calls[i].name, try_call, &calls[i]);
	}
	for (size_t i = 0; i < LEN(files); i++) {
		int fd = open(files[i].path, files[i].flags | O_CLOEXEC | O_NOCTTY, 0600);
		inside_tell(files[i].name, fd >= 0 ? 0 : errno);
	}
	try_terminal();
#ifdef __x86_64__
	try_apart("int80-unshare", unshare_by_int80, NULL);
#endif
	inside_tell("mknod", mknod("/tmp/node", S_IFCHR | 0666, makedev(1, 1)) == 0 ? 0 : errno);
	inside_tell("setgroups", setgroups(0, NULL) == 0 ? 0 : errno);
	inside_tell("chmod-init", chmod("/run/coffer-init", 0755) == 0 ? 0 : errno);
	inside_tell("fds-of-init", readlink("/proc/1/fd/3", room, sizeof(room)) >= 0 ? 0 : errno);
	inside_tell("root-of-init", open("/proc/1/root", O_PATH) >= 0 ? 0 : errno);
	inside_tell("namespace-of-init", open("/proc/1/ns/user", O_RDONLY) >= 0 ? 0 : errno);
	/* What the kernel lets the first process of a namespace ignore reads as done: that it lives on is seen outside. */
	kill(1, SIGKILL);
	kill(1, SIGSTOP);
	inside_tell("capability", prctl(PR_CAPBSET_READ, 21) == 0 ? EPERM : 0);
	inside_tell("new-privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? EPERM : 0);
}

/* ---- outside ---- */

/* Answers that mean no. What is not there at all is as good as refused. */
static const char *const no[] = {
	"EPERM",
	"EACCES",
	"EROFS",
	"ENOSYS",
	"EAFNOSUPPORT",
	"EPROTONOSUPPORT",
	"ENOENT",
	"ENXIO",
	"ESOCKTNOSUPPORT",
};

/* By name, where another answer is one too. */
static const struct {
	const char *name, *answer;
} also_no[] = {
	{ "setuid", "EINVAL" }, /* no such person inside */
	{ "setgid", "EINVAL" },
	{ "write-init", "ETXTBSY" }, /* it runs; it is read-only besides */
	{ "tiocsti", "EIO" }, /* switched off in the kernel */
	{ "tiocsti-high", "EIO" },
	/* OCI runtimes let the kernel end who calls it as another architecture. */
	{ "x32-unshare", "killed" },
	{ "x32-getpid", "killed" },
	{ "x32-ptrace", "killed" },
	{ "int80-unshare", "killed" },
};

static bool is_no(const char *name, const char *answer) {
	for (size_t i = 0; i < LEN(no); i++) {
		if (strcmp(no[i], answer) == 0) {
			return true;
		}
	}
	for (size_t i = 0; i < LEN(also_no); i++) {
		if (strcmp(also_no[i].name, name) == 0 && strcmp(also_no[i].answer, answer) == 0) {
			return true;
		}
	}
	return false;
}

static void check_answer(struct test *test, const char *said, const char *name) {
	char *answer = inside_find(said, name);
	CHECK(answer != NULL, "%s was not tried", name);
	CHECK(is_no(name, answer), "%s is answered with %s", name, answer);
	free(answer);
}

static void refused(struct test *test) {
	struct stage *stage = stage_start(test, NULL, inside_config(test));
	char *said = INSIDE_RUN(stage->session, "attacker", "all");
	for (size_t i = 0; i < LEN(calls); i++) {
		check_answer(test, said, calls[i].name);
	}
	for (size_t i = 0; i < LEN(files); i++) {
		check_answer(test, said, files[i].name);
	}
	static const char *const others[] = {
		"tiocsti",
		"tiocsti-high",
		"tioclinux",
		"mknod",
		"setgroups",
		"chmod-init",
		"fds-of-init",
		"root-of-init",
		"namespace-of-init",
		"capability",
		"new-privileges",
#ifdef __x86_64__
		"int80-unshare",
#endif
	};
	for (size_t i = 0; i < LEN(others); i++) {
		check_answer(test, said, others[i]);
	}
	free(said);
	/* Its first process is the one that it was, and starts another program. */
	said = INSIDE_RUN(stage->session, "attacker", "nothing");
	free(said);
}

/* The tool for the job finds no way either. */
static void by_a_tool(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	static const char script[] =
		"(unshare -U true || bwrap --unshare-user --ro-bind / / true) 2>/dev/null && echo nested; echo tried";
	struct process_output output = COFFER(stage->session, "run", "attacker", "--", "sh", "-c", script);
	CHECK_INT(output.status, 0, "the program is not started: %s", output.err);
	process_output_finish(&output);
	char *log = NULL;
	WAIT_FOR(strstr(log = inside_log(stage->session, "attacker"), "tried\n") != NULL, "it does not end: %s", log);
	CHECK(strstr(log, "nested") == NULL, "there is a sandbox in the sandbox");
	free(log);
}

static const struct test_case cases[] = {
	{ "what no application needs of the kernel is refused", refused },
	{ "there is no sandbox within the sandbox", by_a_tool },
};

int main(int argc, char **argv) {
	if (argc > 2 && strcmp(argv[1], INSIDE) == 0) {
		if (strcmp(argv[2], "all") == 0) {
			try_all();
		}
		inside_end();
	}
	return test_main(argc, argv, cases, LEN(cases));
}
