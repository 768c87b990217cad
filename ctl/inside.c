#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "ctl/inside.h"
#include "ctl/places.h"
#include "ctl/text.h"
#include "wire/control.h"

/* Where the home is, by the name of the instance's first process: plan.h and vm.c say so too. */
static const struct {
	const char *first, *home;
} homes[] = {
	{ "coffer-init\n", "home/user" },
	{ "coffer-vm\n", "instance/home/user" },
};

/* Reads a file of proc(5), at most size - 1 bytes. */
static bool read_proc(int proc_fd, const char *name, char *out, size_t size) {
	int fd = openat(proc_fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, out, size - 1) : -1;
	fd_close(&fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* NULL where the instance's files are not to be seen from here. */
static const char *find_home(int proc_fd) {
	char untrusted_comm[32];
	bool named = read_proc(proc_fd, "comm", untrusted_comm, sizeof(untrusted_comm));
	for (size_t i = 0; named && i < sizeof(homes) / sizeof(homes[0]); i++) {
		if (strcmp(untrusted_comm, homes[i].first) == 0) {
			return homes[i].home;
		}
	}
	return NULL;
}

static int open_home(int pid, const char *name) {
	char path[32];
	snprintf(path, sizeof(path), "/proc/%d", pid);
	int root_fd = -1, home_fd = -1, again;
	int proc_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* From here on proc_fd is that process for ever; it is the right one if it is so still. */
	if (proc_fd < 0 || places_find_pid(name, &again) != EXIT_CODE_OK || again != pid) {
		errno = ESRCH;
		goto out;
	}
	const char *home = find_home(proc_fd);
	if (home == NULL) {
		errno = EOPNOTSUPP;
		goto out;
	}
	root_fd = openat(proc_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	home_fd = root_fd >= 0 ? (int)syscall(SYS_openat2, root_fd, home, &how, sizeof(how)) : -1;
out:;
	int saved_errno = errno;
	fd_close(&root_fd);
	fd_close(&proc_fd);
	errno = saved_errno;
	return home_fd;
}

int inside_open_home(const char *name, int *fd) {
	int pid;
	*fd = -1;
	int code = places_find_pid(name, &pid);
	if (code != EXIT_CODE_OK || pid == 0) {
		return code;
	}
	*fd = open_home(pid, name);
	if (*fd < 0) {
		text_complain("cannot look into %s: %s", name,
			errno == EOPNOTSUPP ? "its backend does not let this machine see its files" : strerror(errno));
		return EXIT_CODE_FAILED;
	}
	return EXIT_CODE_OK;
}
