#include "compositor/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

/* The leak checker of a sanitizer build traces its own process at the end; no other build lets anybody. */
#ifdef __SANITIZE_ADDRESS__
#define MAY_TRACE_ITSELF 1
#else
#define MAY_TRACE_ITSELF 0
#endif

#define ELEMENTS(list) (sizeof(list) / sizeof((list)[0]))

/* ---- seccomp: what is never needed again ---- */

static const char *const refused_calls[] = {
	/* starting programs, looking into others */
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp",
	"pidfd_getfd", "pidfd_open", "pidfd_send_signal", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "fork",
	"vfork", "get_robust_list",
	/* when and where others run: "sched_setaffinity" is in refuse_reaching_others() */
	"setpriority", "ioprio_set", "sched_setscheduler", "sched_setparam", "sched_setattr", "migrate_pages", "move_pages",
	/* new ways out; what is accepted on a listening socket is none. For socket and bind see refuse_sockets() */
	"connect", "listen", "socketpair",
	/* memory and queues by number, of any program of this user's */
	"shmget", "shmat", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl",
	"mq_open", "mq_unlink",
	/* the kernel's own doors */
	"bpf", "perf_event_open", "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup", "io_submit",
	"userfaultfd", "keyctl", "add_key", "request_key", "mount", "umount", "umount2", "move_mount", "open_tree", "fsopen",
	"fsconfig", "fsmount", "fspick", "mount_setattr", "statmount", "listmount", "pivot_root", "chroot", "setns", "unshare",
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "acct",
	"quotactl", "quotactl_fd", "syslog", "sethostname", "setdomainname", "settimeofday", "clock_settime", "adjtimex",
	"clock_adjtime", "iopl", "ioperm", "modify_ldt", "uselib", "name_to_handle_at", "open_by_handle_at", "fanotify_init",
	"fanotify_mark", "personality", "lookup_dcookie", "vhangup", "lsm_set_self_attr",
	/* names of files that others make, change and remove: Landlock does not look at this */
	"inotify_init", "inotify_init1", "inotify_add_watch",
	/* being somebody else */
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups", "capset",
	/* the file system's shape */
	"link", "linkat", "symlink", "symlinkat", "mknod", "mknodat", "chmod", "fchmodat", "fchmodat2", "chown", "fchown",
	"lchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "rename",
	"renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "chdir", "fchdir", "truncate", "utime", "utimes", "futimesat",
	"utimensat", "memfd_secret",
};

/*
 * Threads may be made: drivers make them. A process may not, not even one that shares our memory: it would go on after
 * us, with the sockets of every instance.
 */
static bool refuse_processes(scmp_filter_ctx filter) {
	static const scmp_datum_t namespaces[] = {
		CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP,
	};
	const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
	/* A sanitizer's tracer is a process that shares its memory. */
	const scmp_datum_t needed = MAY_TRACE_ITSELF ? CLONE_VM : CLONE_THREAD;
	bool ok = seccomp_rule_add(filter, refuse, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, needed, 0)) == 0;
	for (size_t i = 0; i < ELEMENTS(namespaces) && ok; i++) {
		ok = seccomp_rule_add(filter, refuse, SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i])) == 0;
	}
	return ok;
}

static bool refuse_calls(scmp_filter_ctx filter) {
	for (size_t i = 0; i < ELEMENTS(refused_calls); i++) {
		int number = seccomp_syscall_resolve_name(refused_calls[i]);
		if (MAY_TRACE_ITSELF && number == SCMP_SYS(ptrace)) {
			continue;
		}
		/* One that this architecture or library does not know cannot be made. */
		if (number != __NR_SCMP_ERROR && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0) < 0) {
			return false;
		}
	}
	/* clone3 hides its flags: glibc falls back to clone. */
	return refuse_processes(filter) && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

/*
 * But for udev's news of devices: libinput opens a socket to hear them anew whenever the person comes back from another
 * console. Of the other sockets that we can have, none is unbound and can be of use with a name as short as that of a
 * netlink socket: accepted ones have theirs, and there are no new pairs. A datagram is sent to nobody by name.
 */
static bool refuse_sockets(scmp_filter_ctx filter) {
	const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
	return seccomp_rule_add(filter, refuse, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_NE, AF_NETLINK, 0)) == 0 &&
		seccomp_rule_add(filter, refuse, SCMP_SYS(socket), 1, SCMP_A2(SCMP_CMP_NE, NETLINK_KOBJECT_UEVENT, 0)) == 0 &&
		seccomp_rule_add(filter, refuse, SCMP_SYS(bind), 1, SCMP_A2(SCMP_CMP_NE, sizeof(struct sockaddr_nl), 0)) == 0 &&
		seccomp_rule_add(filter, refuse, SCMP_SYS(sendto), 1, SCMP_A4(SCMP_CMP_NE, 0, 0)) == 0;
}

#define LOW 0xffffffff /* the kernel takes no more of an int */

/*
 * Calls that are needed for ourselves, refused where they reach others: abort(3) signals its own thread, drivers ask for
 * limits. A descriptor may tell us by SIGIO that it is ready; telling another process so would be a signal of our choice.
 */
static bool refuse_reaching_others(scmp_filter_ctx filter) {
	const struct {
		int number;
		struct scmp_arg_cmp which;
	} calls[] = {
		{SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid(), 0)},
		{SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_NE, 0, 0)},
		{SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, F_SETOWN)},
		{SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, F_SETOWN_EX)},
		{SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, F_SETSIG)},
		{SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, FIOSETOWN)},
		{SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, SIOCSPGRP)},
		/* typing into the terminal that the session was started on */
		{SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, TIOCSTI)},
		{SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, TIOCLINUX)},
		{SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, TIOCSCTTY)},
		/* drivers pin their threads for speed, and do without where they may not */
		{SCMP_SYS(sched_setaffinity), SCMP_A0(SCMP_CMP_NE, 0, 0)},
		/* outliving the supervisor, adopting its children, sharing a core's secrets */
		{SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, PR_SET_PDEATHSIG)},
		{SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, PR_SET_CHILD_SUBREAPER)},
		{SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, PR_SCHED_CORE)},
		/* being traced: last, since a sanitizer build does without */
		{SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, PR_SET_DUMPABLE)},
		{SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, PR_SET_PTRACER)},
	};
	const size_t count = ELEMENTS(calls) - (MAY_TRACE_ITSELF ? 2 : 0);
	for (size_t i = 0; i < count; i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i].number, 1, calls[i].which) < 0) {
			return false;
		}
	}
	return true;
}

static bool give_up_privileges(void) {
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		log_error("no_new_privs refused: %s", strerror(errno));
		return false;
	}
	return true;
}

/* mseal, of Linux 6.10: from 424 on, numbers are the same nearly everywhere. Some old architectures count otherwise. */
#if defined(__arm__) || defined(__mips__) || defined(__alpha__)
#define LAST_KNOWN_CALL UINT32_MAX
#else
#define LAST_KNOWN_CALL 462
#endif

/* What the kernel has learnt since the lists above were written is not there. */
static bool refuse_unknown_calls(void) {
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_KNOWN_CALL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = ELEMENTS(code), .filter = code};
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

static bool refuse_known_calls(void) {
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (filter == NULL) {
		log_error("seccomp: out of memory");
		return false;
	}
	/* Calls of another architecture's numbers end the process; threads that drivers have made already are bound too. */
	bool ok = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 && refuse_calls(filter) &&
		refuse_sockets(filter) && refuse_reaching_others(filter);
	int result = ok ? seccomp_load(filter) : -EINVAL;
	seccomp_release(filter);
	if (result != 0) {
		log_error("seccomp refused: %s", strerror(-result));
	}
	return result == 0;
}

bool confine_calls(void) {
	if (!give_up_privileges()) {
		return false;
	}
	if (prctl(PR_GET_SECCOMP) < 0) {
		log_warn("this kernel has no seccomp: the compositor goes on without it");
		return true;
	}
	if (!refuse_unknown_calls()) {
		log_error("seccomp refused: %s", strerror(errno));
		return false;
	}
	return refuse_known_calls();
}

/* ---- Landlock: which files ---- */

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define DEVICE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR | IOCTL_DEVICE)
/* Newer than some headers. */
#define RESOLVE_UNIX (1ULL << 16)
#define IOCTL_DEVICE (1ULL << 15)
#define RESTRICT_ALL_THREADS (1U << 3)

/* struct landlock_ruleset_attr, as far as we use it. */
struct refusals {
	uint64_t files, network, scope;
};

/*
 * All that Landlock knew at each of its versions: what is not allowed below is refused. Returns how much of the struct
 * this version knows.
 */
static size_t fill_refusals(struct refusals *refusals, int version) {
	refusals->files = (1ULL << 13) - 1; /* EXECUTE to MAKE_SYM */
	refusals->files |= version >= 2 ? 1ULL << 13 : 0; /* REFER */
	refusals->files |= version >= 3 ? 1ULL << 14 : 0; /* TRUNCATE */
	refusals->files |= version >= 5 ? IOCTL_DEVICE : 0;
	refusals->files |= version >= 9 ? RESOLVE_UNIX : 0; /* other programs' sockets, for a datagram on one we were given */
	refusals->network = version >= 10 ? 15 : version >= 4 ? 3 : 0; /* bind and connect: TCP, UDP */
	refusals->scope = version >= 6 ? 3 : 0; /* abstract sockets of others, and signals to them */
	return version >= 6 ? sizeof(*refusals) : offsetof(struct refusals, scope) - (version >= 4 ? 0 : sizeof(uint64_t));
}

static const struct {
	const char *path; /* "~": below the home */
	uint64_t access;
} allowed[] = {
	{"/usr/share/fonts", READ}, {"/usr/local/share/fonts", READ}, {"/etc/fonts", READ}, {"/usr/share/fontconfig", READ},
	{"/var/cache/fontconfig", READ}, {"~/.fonts", READ}, {"~/.local/share/fonts", READ}, {"~/.config/fontconfig", READ},
	{"~/.cache/fontconfig", READ}, {"/run/current-system/sw/share", READ}, {"/nix/store", READ}, /* a closure's fonts */
	{"/usr/share/icons", READ}, {"/usr/share/pixmaps", READ}, {"~/.icons", READ}, {"~/.local/share/icons", READ},
	{"/usr/share/libinput", READ}, {"/etc/libinput", READ}, {"/usr/share/libwacom", READ},
	{"/usr/share/X11/xkb", READ}, /* included by the keymaps of the shell's virtual keyboards */
	{"/usr/share/drirc.d", READ}, {"/usr/share/zoneinfo", READ}, {"/etc/localtime", READ}, {"/run/udev", READ},
	{"/sys", READ}, {"/proc/self", READ}, {"/dev/dri", DEVICE}, {"/dev/input", DEVICE}, {"/dev/null", DEVICE},
	{"/dev/urandom", READ}, /* identifiers of windows and tokens */
	{"/dev/udmabuf", DEVICE}, {"/dev/dma_heap", DEVICE},
};

static char *expand(const char *path) {
	const char *home = getenv("HOME");
	if (path[0] != '~') {
		return xstrdup(path);
	}
	return home != NULL && home[0] == '/' ? xasprintf("%s%s", home, path + 1) : NULL;
}

/* Only what a file can be asked is allowed of a file: the kernel refuses a rule that says more. */
static bool allow(int ruleset, const char *path, uint64_t access) {
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0) {
		return true; /* it is not there, so it need not be allowed */
	}
	struct stat status;
	if (fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode)) {
		access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | IOCTL_DEVICE;
	}
	const struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
	bool ok = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
	if (!ok) {
		log_error("Landlock: %s: %s", path, strerror(errno));
	}
	close(fd);
	return ok;
}

static bool has_other_threads(void) {
	DIR *dir = opendir("/proc/self/task");
	size_t threads = 0;
	while (dir != NULL && readdir(dir) != NULL) {
		threads++;
	}
	if (dir != NULL) {
		closedir(dir);
	}
	return threads != 3; /* ".", "..", this one; where it cannot be known, the worse is said */
}

static bool restrict_self(int ruleset, int version) {
	if (version >= 8) {
		return syscall(SYS_landlock_restrict_self, ruleset, RESTRICT_ALL_THREADS) == 0;
	}
	if (has_other_threads()) {
		log_info("this kernel's Landlock cannot confine the threads that the graphics driver has made already");
	}
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

bool confine_files(void) {
	if (!give_up_privileges()) {
		return false;
	}
	int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1) {
		log_warn("this kernel has no Landlock: the compositor's files are not confined");
		return true;
	}
	struct refusals refusals;
	size_t size = fill_refusals(&refusals, version);
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &refusals, size, 0);
	if (ruleset < 0) {
		log_error("Landlock refused: %s", strerror(errno));
		return false;
	}
	bool ok = true;
	for (size_t i = 0; i < ELEMENTS(allowed) && ok; i++) {
		char *path = expand(allowed[i].path);
		ok = path == NULL || allow(ruleset, path, allowed[i].access & refusals.files);
		/* analyzer: each of them has a path of its own */
		free(path);
	}
	if (ok && !restrict_self(ruleset, version)) {
		log_error("Landlock refused: %s", strerror(errno));
		ok = false;
	}
	close(ruleset);
	return ok;
}
