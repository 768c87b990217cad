#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/log.h"
#include "instances/syscalls.h"

#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* The kernel looks at these 32 bits of an int argument; a comparison of all 64 could be led astray by the others. */
#define LOW_WORD UINT64_C(0xffffffff)

#define FAMILIES_MAX 64 /* of socket families: more than any kernel has */

/* Refused whatever the arguments are. Names that this architecture does not have are passed over. */
static const struct {
	const char *name;
	int error;
} refused[] = {
	/* namespaces and mounts: the way out of the sandbox, and the kernel's least tried code */
	{ "setns", EPERM }, { "pivot_root", EPERM }, { "chroot", EPERM }, { "mount", EPERM }, { "umount", EPERM },
	{ "umount2", EPERM }, { "open_tree", ENOSYS }, { "open_tree_attr", ENOSYS }, { "move_mount", ENOSYS },
	{ "fsopen", ENOSYS }, { "fsconfig", ENOSYS }, { "fsmount", ENOSYS }, { "fspick", ENOSYS },
	{ "mount_setattr", ENOSYS },
	/* its flags lie in memory, where no filter sees them; libc falls back to clone */
	{ "clone3", ENOSYS },
	/* keyrings are the user's, not the sandbox's */
	{ "add_key", EPERM }, { "keyctl", EPERM }, { "request_key", EPERM },
	/* large and sharp interfaces that an application has no need of */
	{ "bpf", EPERM }, { "perf_event_open", EPERM }, { "userfaultfd", EPERM }, { "io_uring_setup", ENOSYS },
	{ "io_uring_enter", ENOSYS }, { "io_uring_register", ENOSYS }, { "fanotify_init", EPERM },
	{ "open_by_handle_at", EPERM }, { "lookup_dcookie", EPERM }, { "modify_ldt", EPERM }, { "vm86", ENOSYS },
	{ "vm86old", ENOSYS }, { "move_pages", EPERM }, { "migrate_pages", EPERM }, { "mbind", EPERM },
	{ "set_mempolicy", EPERM }, { "set_mempolicy_home_node", EPERM }, { "remap_file_pages", ENOSYS },
	/* the machine */
	{ "acct", EPERM }, { "quotactl", EPERM }, { "quotactl_fd", EPERM }, { "swapon", EPERM }, { "swapoff", EPERM },
	{ "reboot", EPERM }, { "kexec_load", EPERM }, { "kexec_file_load", EPERM }, { "init_module", EPERM },
	{ "finit_module", EPERM }, { "delete_module", EPERM }, { "create_module", ENOSYS }, { "query_module", ENOSYS },
	{ "get_kernel_syms", ENOSYS }, { "nfsservctl", ENOSYS }, { "uselib", ENOSYS }, { "syslog", EPERM },
	{ "iopl", EPERM }, { "ioperm", EPERM }, { "vhangup", EPERM }, { "settimeofday", EPERM }, { "stime", EPERM },
	{ "clock_settime", EPERM }, { "clock_settime64", EPERM }, { "sethostname", EPERM }, { "setdomainname", EPERM }
};

/* Each of these flags of clone and unshare makes a namespace. */
static const uint64_t namespace_flags[] = { CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC,
	CLONE_NEWUTS, CLONE_NEWCGROUP };

/* Types text into a terminal that others read, or reads its selection. */
static const uint64_t refused_ioctls[] = { TIOCSTI, TIOCLINUX };

static int refuse_calls(scmp_filter_ctx filter) {
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		int call = seccomp_syscall_resolve_name(refused[i].name);
		if (call == __NR_SCMP_ERROR) {
			continue;
		}
		int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)refused[i].error), call, 0);
		if (result != 0) {
			return result;
		}
	}
	return 0;
}

static int refuse_flag(scmp_filter_ctx filter, int call, unsigned int argument, uint64_t flag) {
	const struct scmp_arg_cmp has_flag = {
		.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = flag, .datum_b = flag
	};
	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), call, 1, &has_flag);
}

static int refuse_namespaces(scmp_filter_ctx filter) {
#if defined(__s390__) || defined(__s390x__)
	const unsigned int clone_flags = 1;
#else
	const unsigned int clone_flags = 0;
#endif
	int result = 0;
	for (size_t i = 0; result == 0 && i < sizeof(namespace_flags) / sizeof(namespace_flags[0]); i++) {
		result = refuse_flag(filter, SCMP_SYS(clone), clone_flags, namespace_flags[i]);
		if (result == 0) {
			result = refuse_flag(filter, SCMP_SYS(unshare), 0, namespace_flags[i]);
		}
	}
	/* For clone, this bit is part of the exit signal. */
	return result != 0 ? result : refuse_flag(filter, SCMP_SYS(unshare), 0, CLONE_NEWTIME);
}

static int refuse_ioctls(scmp_filter_ctx filter) {
	int result = 0;
	for (size_t i = 0; result == 0 && i < sizeof(refused_ioctls) / sizeof(refused_ioctls[0]); i++) {
		const struct scmp_arg_cmp request = {
			.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = LOW_WORD, .datum_b = refused_ioctls[i]
		};
		result = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, &request);
	}
	return result;
}

static bool family_is_allowed(int family) {
	return family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK;
}

/* Local sockets, the internet, and of netlink the part that lists addresses and routes. */
static int refuse_socket_families(scmp_filter_ctx filter, int call) {
	int result = 0;
	for (int family = 0; result == 0 && family < FAMILIES_MAX; family++) {
		if (!family_is_allowed(family)) {
			const struct scmp_arg_cmp is_family = {
				.arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = LOW_WORD, .datum_b = (uint64_t)family
			};
			result = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), call, 1, &is_family);
		}
	}
	if (result == 0) {
		const struct scmp_arg_cmp above = { .arg = 0, .op = SCMP_CMP_GE, .datum_a = FAMILIES_MAX };
		result = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), call, 1, &above);
	}
	if (result == 0) {
		const struct scmp_arg_cmp other_netlink[] = {
			{ .arg = 0, .op = SCMP_CMP_EQ, .datum_a = AF_NETLINK },
			{ .arg = 2, .op = SCMP_CMP_NE, .datum_a = 0 }, /* NETLINK_ROUTE */
		};
		result = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPROTONOSUPPORT), call, 2, other_netlink);
	}
	return result;
}

static int fill(scmp_filter_ctx filter) {
	int result = refuse_calls(filter);
	if (result == 0) {
		result = refuse_namespaces(filter);
	}
	if (result == 0) {
		result = refuse_ioctls(filter);
	}
	if (result == 0) {
		result = refuse_socket_families(filter, SCMP_SYS(socket));
	}
	return result;
}

int syscalls_create_filter(void) {
	int fd = -1;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (filter == NULL) {
		log_error("seccomp: no memory for the filter");
		return -1;
	}
	/* Calls of another architecture (32 bit, x32) would need a table of their own: there are none. */
	int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	if (result == 0) {
		result = fill(filter);
	}
	if (result == 0) {
		fd = memfd_create("seccomp", MFD_CLOEXEC);
		result = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);
	}
	/* analyzer: open, or there is a result */
	if (result == 0 && lseek(fd, 0, SEEK_SET) != 0) {
		result = -errno;
	}
	if (result != 0) {
		log_error("seccomp: the filter cannot be made: %s", strerror(-result));
		fd_close(&fd);
	}
	seccomp_release(filter);
	return fd;
}
