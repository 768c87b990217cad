#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/module.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include "instances/vm_guest_machine.h"

#define ROOT "/root" /* where the instance's is put together, in the initramfs */
#define FILES_MAX 524288
#define TRIES 100 /* for a device to be found, 50 ms each */
#define MODULES "/modules"
#define CAPABILITIES_MAX 64
#define DEPTH_MAX 32 /* of directories that lead to a mount point */

bool vm_guest_fault(const char *what) {
	fprintf(stderr, "coffer-guest: %s: %s\n", what, strerror(errno));
	return false;
}

/* ---- modules ---- */

static int is_module(const struct dirent *entry) {
	return strstr(entry->d_name, ".ko") != NULL;
}

static bool ends_in_ko(const char *name) {
	size_t length = strlen(name);
	return length > 3 && strcmp(name + length - 3, ".ko") == 0;
}

static bool load_module(const char *name) {
	char path[512];
	snprintf(path, sizeof(path), MODULES "/%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int flags = ends_in_ko(name) ? 0 : MODULE_INIT_COMPRESSED_FILE;
	/* One that the kernel has already is as good. */
	bool loaded = fd >= 0 && (syscall(SYS_finit_module, fd, "", flags) == 0 || errno == EEXIST);
	if (!loaded) {
		vm_guest_fault(path);
	}
	if (fd >= 0) {
		close(fd);
	}
	unlink(path); /* the initramfs is memory, and stays */
	return loaded;
}

bool vm_guest_load_modules(void) {
	struct dirent **entries;
	int len = scandir(MODULES, &entries, is_module, alphasort);
	bool loaded = true;
	for (int i = 0; i < len; i++) {
		loaded = loaded && load_module(entries[i]->d_name);
		free(entries[i]);
	}
	if (len >= 0) {
		free(entries);
	}
	return loaded;
}

/* ---- the root ---- */

/* virtio's devices may be found a moment after this process was started. */
static bool mount_shared(const char *tag, const char *path, unsigned long flags) {
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	for (int i = 0; i < TRIES; i++) {
		if (mount(tag, path, "virtiofs", flags | MS_NOSUID | MS_NODEV, NULL) == 0) {
			return true;
		}
		nanosleep(&pause, NULL);
	}
	return vm_guest_fault(path);
}

/* What never changes: it lies in the root as well, but may be kept in the guest's memory for as long as there is room. */
static bool mount_system(const char *system) {
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), ROOT "%s", system);
	return length > 0 && (size_t)length < sizeof(path) && mount_shared("system", path, MS_RDONLY);
}

/* /dev as the other sandboxes have it: nothing of the machine, and nothing that can be added. */
static bool make_devices(void) {
	static const struct {
		const char *path;
		unsigned int major, minor;
	} nodes[] = {
		{ ROOT "/dev/null", 1, 3 },
		{ ROOT "/dev/zero", 1, 5 },
		{ ROOT "/dev/full", 1, 7 },
		{ ROOT "/dev/random", 1, 8 },
		{ ROOT "/dev/urandom", 1, 9 },
		{ ROOT "/dev/tty", 5, 0 },
	};
	static const struct {
		const char *path, *target;
	} links[] = {
		{ ROOT "/dev/fd", "/proc/self/fd" },
		{ ROOT "/dev/stdin", "/proc/self/fd/0" },
		{ ROOT "/dev/stdout", "/proc/self/fd/1" },
		{ ROOT "/dev/stderr", "/proc/self/fd/2" },
		{ ROOT "/dev/ptmx", "pts/ptmx" },
	};
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		if (mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) != 0) {
			return vm_guest_fault(nodes[i].path);
		}
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (symlink(links[i].target, links[i].path) != 0) {
			return vm_guest_fault(links[i].path);
		}
	}
	return mkdir(ROOT "/dev/pts", 0755) == 0 && mkdir(ROOT "/dev/shm", 0755) == 0;
}

static bool mount_own(const char *type, const char *path, unsigned long flags, const char *options) {
	return mount(type, path, type, flags, options) == 0 || vm_guest_fault(path);
}

/* What lies below a directory of the shared root, which something is to be mounted over. */
static bool carry_over(int old_fd, const char *path, int depth);

static bool bind_descriptor(int fd, const char *path) {
	char source[64];
	snprintf(source, sizeof(source), ROOT "/proc/self/fd/%d", fd);
	return mount(source, path, NULL, MS_BIND, NULL) == 0 || vm_guest_fault(path);
}

static bool carry_directory(int old_fd, const char *name, const char *path, int depth) {
	struct stat parent, status;
	/* To open it mounts there what the sandbox outside has mounted, which is then another device. */
	int fd = openat(old_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool carried = fd >= 0 && fstat(old_fd, &parent) == 0 && fstat(fd, &status) == 0 &&
		(mkdir(path, 0755) == 0 || errno == EEXIST);
	if (!carried) {
		vm_guest_fault(path);
	} else if (status.st_dev != parent.st_dev) {
		carried = bind_descriptor(fd, path);
	} else {
		carried = carry_over(fd, path, depth + 1);
	}
	if (fd >= 0) {
		close(fd);
	}
	return carried;
}

static bool carry_file(int old_fd, const char *name, const char *path) {
	int fd = openat(old_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int new_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	bool carried = fd >= 0 && new_fd >= 0 ? bind_descriptor(fd, path) : vm_guest_fault(path);
	if (fd >= 0) {
		close(fd);
	}
	if (new_fd >= 0) {
		close(new_fd);
	}
	return carried;
}

static bool carry_over(int old_fd, const char *path, int depth) {
	int list_fd = openat(old_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = list_fd >= 0 ? fdopendir(list_fd) : NULL;
	struct dirent *entry;
	bool carried = list != NULL && depth < DEPTH_MAX ? true : vm_guest_fault(path);
	while (carried && (entry = readdir(list)) != NULL) {
		char entry_path[PATH_MAX];
		struct stat status;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			fstatat(old_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
			continue;
		}
		snprintf(entry_path, sizeof(entry_path), "%s/%s", path, entry->d_name);
		if (S_ISDIR(status.st_mode)) {
			carried = carry_directory(old_fd, entry->d_name, entry_path, depth);
		} else if (S_ISREG(status.st_mode)) {
			carried = carry_file(old_fd, entry->d_name, entry_path);
		}
	}
	if (list != NULL) {
		closedir(list);
	}
	return carried;
}

/* The sandbox outside has nothing there but what the config names, and that shall be seen. */
static bool mount_around(const char *path, const char *options) {
	int old_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool mounted = (old_fd >= 0 || vm_guest_fault(path)) && mount_own("tmpfs", path, MS_NOSUID | MS_NODEV, options) &&
		carry_over(old_fd, path, 0);
	if (old_fd >= 0) {
		close(old_fd);
	}
	return mounted;
}

static bool bind_program(const char *program, const char *path) {
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd >= 0) {
		close(fd);
	}
	const unsigned long read_only = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV;
	return (fd >= 0 && mount(program, path, NULL, MS_BIND, NULL) == 0 &&
			   mount(NULL, path, NULL, read_only, NULL) == 0) ||
		vm_guest_fault(path);
}

static bool make_runtime(void) {
	return ((mkdir(ROOT "/run/user", 0755) == 0 || errno == EEXIST) &&
			   (mkdir(ROOT VM_GUEST_RUNTIME, 0700) == 0 || errno == EEXIST) &&
			   chmod(ROOT VM_GUEST_RUNTIME, 0700) == 0 &&
			   chown(ROOT VM_GUEST_RUNTIME, VM_GUEST_UID, VM_GUEST_UID) == 0) ||
		vm_guest_fault(VM_GUEST_RUNTIME);
}

static bool fill_root(void) {
	const unsigned long plain = MS_NOSUID | MS_NODEV;
	return mount_own("proc", ROOT "/proc", plain | MS_NOEXEC, NULL) &&
		mount_own("tmpfs", ROOT "/dev", MS_NOSUID | MS_NOEXEC, "mode=0755,size=64k") && make_devices() &&
		mount_own("devpts", ROOT "/dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620") &&
		mount_own("tmpfs", ROOT "/dev/shm", plain, "mode=1777,size=12%") &&
		mount_own("tmpfs", ROOT "/dev", MS_REMOUNT | MS_NOSUID | MS_NOEXEC | MS_RDONLY, "mode=0755,size=64k") &&
		mount_around(ROOT "/tmp", "mode=1777,size=25%") && mount_around(ROOT "/run", "mode=0755,size=64m") &&
		make_runtime() && bind_program("/init", ROOT VM_GUEST_SELF) && bind_program("/coffer-init", ROOT VM_GUEST_INIT);
}

bool vm_guest_enter_root(const char *system) {
	umask(0);
	if ((mkdir(ROOT, 0755) != 0 && errno != EEXIST) || !mount_shared("root", ROOT, 0) || !fill_root() ||
		(system != NULL && !mount_system(system))) {
		return false;
	}
	umask(022);
	/* The initramfs itself cannot be left by pivot_root(2). */
	return (chdir(ROOT) == 0 && mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0 && chdir("/") == 0) ||
		vm_guest_fault("the root cannot be entered");
}

bool vm_guest_enter_proc(void) {
	return (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
			   umount2("/proc", MNT_DETACH) == 0 &&
			   mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0) ||
		vm_guest_fault("/proc");
}

/* ---- limits ---- */

static bool write_file(const char *path, const char *text) {
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0) {
		close(fd);
	}
	return written || vm_guest_fault(path);
}

bool vm_guest_set_limits(const char *hostname) {
	const struct rlimit files = { 1024, FILES_MAX };
	if (sethostname(hostname, strlen(hostname)) != 0) {
		return vm_guest_fault("hostname");
	}
	if (setrlimit(RLIMIT_NOFILE, &files) != 0) {
		return vm_guest_fault("open files");
	}
	return write_file("/proc/sys/user/max_user_namespaces", "0\n");
}

/* ---- privileges ---- */

bool vm_guest_drop_privileges(void) {
	for (unsigned long i = 0; i < CAPABILITIES_MAX; i++) {
		/* What this kernel does not know is refused, and nothing is lost. */
		prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	}
	/* The change of user takes what capabilities there are; no program that is executed after gives any back. */
	return (setgroups(0, NULL) == 0 && setresgid(VM_GUEST_UID, VM_GUEST_UID, VM_GUEST_UID) == 0 &&
			   setresuid(VM_GUEST_UID, VM_GUEST_UID, VM_GUEST_UID) == 0 &&
			   prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) ||
		vm_guest_fault("privileges");
}

struct vm_guest_filter {
	unsigned short len;
	struct sock_filter instructions[BPF_MAXINSNS];
};

struct vm_guest_filter *vm_guest_read_filter(const char *path) {
	struct vm_guest_filter *filter = calloc(1, sizeof(*filter));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	errno = EINVAL;
	bool good = filter != NULL && fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0 &&
		(size_t)status.st_size <= sizeof(filter->instructions) &&
		(size_t)status.st_size % sizeof(filter->instructions[0]) == 0 &&
		read(fd, filter->instructions, (size_t)status.st_size) == (ssize_t)status.st_size;
	if (good) {
		filter->len = (unsigned short)((size_t)status.st_size / sizeof(filter->instructions[0]));
	} else {
		vm_guest_fault(path);
		free(filter);
		filter = NULL;
	}
	if (fd >= 0) {
		close(fd);
	}
	return filter;
}

bool vm_guest_set_filter(const struct vm_guest_filter *filter) {
	const struct sock_fprog program = { .len = filter->len, .filter = (struct sock_filter *)filter->instructions };
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ||
		vm_guest_fault("the filter of system calls");
}
