#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
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

/* ---- the rules, in one order for whatever is made of them ---- */

/* Of one argument of a call: (argument & mask) == value, or argument >= value, or != value where not all bits count. */
struct condition {
	unsigned int argument;
	enum scmp_compare comparison; /* SCMP_CMP_MASKED_EQ, _EQ, _NE or _GE */
	uint64_t mask; /* for SCMP_CMP_MASKED_EQ alone */
	uint64_t value;
};

/* Refuses one call with an error, where all conditions hold. */
struct rule {
	const char *name;
	int error;
	struct condition conditions[2];
	unsigned int conditions_len;
};

/* Returns 0, or a negative errno, which ends it. */
typedef int (*rule_visitor)(void *data, const struct rule *rule);

static int refuse_calls(rule_visitor visit, void *data) {
	int result = 0;
	for (size_t i = 0; result == 0 && i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct rule rule = { .name = refused[i].name, .error = refused[i].error };
		if (seccomp_syscall_resolve_name(rule.name) != __NR_SCMP_ERROR) {
			result = visit(data, &rule);
		}
	}
	return result;
}

static int refuse_masked(
	rule_visitor visit, void *data, const char *name, int error, unsigned int argument, uint64_t mask, uint64_t value) {
	const struct rule rule = {
		.name = name,
		.error = error,
		.conditions = { { argument, SCMP_CMP_MASKED_EQ, mask, value } },
		.conditions_len = 1,
	};
	return visit(data, &rule);
}

static int refuse_namespaces(rule_visitor visit, void *data) {
#if defined(__s390__) || defined(__s390x__)
	const unsigned int clone_flags = 1;
#else
	const unsigned int clone_flags = 0;
#endif
	int result = 0;
	for (size_t i = 0; result == 0 && i < sizeof(namespace_flags) / sizeof(namespace_flags[0]); i++) {
		const uint64_t flag = namespace_flags[i];
		result = refuse_masked(visit, data, "clone", EPERM, clone_flags, flag, flag);
		if (result == 0) {
			result = refuse_masked(visit, data, "unshare", EPERM, 0, flag, flag);
		}
	}
	/* For clone, this bit is part of the exit signal. */
	return result != 0 ? result : refuse_masked(visit, data, "unshare", EPERM, 0, CLONE_NEWTIME, CLONE_NEWTIME);
}

static int refuse_ioctls(rule_visitor visit, void *data) {
	int result = 0;
	for (size_t i = 0; result == 0 && i < sizeof(refused_ioctls) / sizeof(refused_ioctls[0]); i++) {
		result = refuse_masked(visit, data, "ioctl", EPERM, 1, LOW_WORD, refused_ioctls[i]);
	}
	return result;
}

static bool family_is_allowed(int family) {
	return family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK;
}

/* Local sockets, the internet, and of netlink the part that lists addresses and routes. */
static int refuse_socket_families(rule_visitor visit, void *data) {
	static const struct rule others[] = {
		{ "socket", EAFNOSUPPORT, { { 0, SCMP_CMP_GE, 0, FAMILIES_MAX } }, 1 },
		{ "socket", EPROTONOSUPPORT,
			{ { 0, SCMP_CMP_EQ, 0, AF_NETLINK }, { 2, SCMP_CMP_NE, 0, 0 /* NETLINK_ROUTE */ } }, 2 },
	};
	int result = 0;
	for (int family = 0; result == 0 && family < FAMILIES_MAX; family++) {
		if (!family_is_allowed(family)) {
			result = refuse_masked(visit, data, "socket", EAFNOSUPPORT, 0, LOW_WORD, (uint64_t)family);
		}
	}
	for (size_t i = 0; result == 0 && i < sizeof(others) / sizeof(others[0]); i++) {
		result = visit(data, &others[i]);
	}
	return result;
}

static int visit_all(rule_visitor visit, void *data) {
	int result = refuse_calls(visit, data);
	if (result == 0) {
		result = refuse_namespaces(visit, data);
	}
	if (result == 0) {
		result = refuse_ioctls(visit, data);
	}
	if (result == 0) {
		result = refuse_socket_families(visit, data);
	}
	return result;
}

/* ---- as the kernel's program ---- */

static int add_to_filter(void *data, const struct rule *rule) {
	scmp_filter_ctx filter = data;
	struct scmp_arg_cmp compared[2];
	for (unsigned int i = 0; i < rule->conditions_len; i++) {
		const struct condition *condition = &rule->conditions[i];
		bool masked = condition->comparison == SCMP_CMP_MASKED_EQ;
		compared[i] = (struct scmp_arg_cmp){
			.arg = condition->argument,
			.op = condition->comparison,
			.datum_a = masked ? condition->mask : condition->value,
			.datum_b = masked ? condition->value : 0,
		};
	}
	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((uint32_t)rule->error),
		seccomp_syscall_resolve_name(rule->name), rule->conditions_len, compared);
}

static int write_program(int fd) {
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (filter == NULL) {
		return -ENOMEM;
	}
	/* Calls of another architecture (32 bit, x32) would need a table of their own: there are none. */
	int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	if (result == 0) {
		result = visit_all(add_to_filter, filter);
	}
	if (result == 0) {
		result = seccomp_export_bpf(filter, fd);
	}
	seccomp_release(filter);
	return result;
}

/* ---- as the text that OCI runtimes make that program from ---- */

struct text {
	FILE *file;
	bool begun;
};

static const char *comparison_name(enum scmp_compare comparison) {
	switch (comparison) {
	case SCMP_CMP_NE:
		return "SCMP_CMP_NE";
	case SCMP_CMP_EQ:
		return "SCMP_CMP_EQ";
	case SCMP_CMP_GE:
		return "SCMP_CMP_GE";
	default:
		return "SCMP_CMP_MASKED_EQ";
	}
}

static int add_to_text(void *data, const struct rule *rule) {
	struct text *text = data;
	fprintf(text->file, "%s\n{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":%d,\"args\":[",
		text->begun ? "," : "", rule->name, rule->error);
	for (unsigned int i = 0; i < rule->conditions_len; i++) {
		const struct condition *condition = &rule->conditions[i];
		bool masked = condition->comparison == SCMP_CMP_MASKED_EQ;
		fprintf(text->file, "%s{\"index\":%u,\"value\":%" PRIu64 ",\"valueTwo\":%" PRIu64 ",\"op\":\"%s\"}",
			i > 0 ? "," : "", condition->argument, masked ? condition->mask : condition->value,
			masked ? condition->value : 0, comparison_name(condition->comparison));
	}
	fprintf(text->file, "]}");
	text->begun = true;
	return 0;
}

/* No other architecture is named, so that none gets through: a runtime ends who tries. */
static int write_text(int fd) {
	int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	struct text text = { .file = own_fd >= 0 ? fdopen(own_fd, "w") : NULL };
	if (text.file == NULL) {
		int error = errno;
		fd_close(&own_fd);
		return -error;
	}
	fprintf(text.file, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[");
	int result = visit_all(add_to_text, &text);
	fprintf(text.file, "\n]}\n");
	bool written = ferror(text.file) == 0;
	written = fclose(text.file) == 0 && written;
	return result == 0 && !written ? -EIO : result;
}

/* ---- from outside ---- */

int syscalls_create_filter(enum syscalls_form form) {
	int fd = memfd_create("seccomp", MFD_CLOEXEC);
	int result = fd < 0 ? -errno : form == SYSCALLS_BPF ? write_program(fd) : write_text(fd);
	/* analyzer: open, or there is a result */
	if (result == 0 && lseek(fd, 0, SEEK_SET) != 0) {
		result = -errno;
	}
	if (result != 0) {
		log_error("seccomp: the filter cannot be made: %s", strerror(-result));
		fd_close(&fd);
	}
	return fd;
}
