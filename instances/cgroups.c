#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/cgroups.h"
#include "instances/launcher.h"
#include "instances/words.h"

#define PROC_MAX (1024 * 1024)
#define VERSION_PATIENCE_MS 5000

struct cgroups {
	enum cgroups_how how;
	const char *why;
	int version;
	int base_fd; /* the cgroup that we were started in */
	char *leaf; /* where we are now, below it; NULL where we have not moved */
	struct words leftovers; /* cgroups of ours that could not be removed yet */
	unsigned int last;
};

/* ---- the pure part ---- */

char *cgroups_parse_path(const char *text) {
	const char *line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
	if (line == NULL) {
		return NULL;
	}
	const char *path = strchr(line, '/');
	/* analyzer: what was found has one */
	return xstrndup(path, strcspn(path, "\n"));
}

bool cgroups_parse_mount(const char *text, char **point, char **root) {
	char *copy = xstrdup(text), *save = NULL;
	bool found = false;
	for (char *line = strtok_r(copy, "\n", &save); line != NULL && !found; line = strtok_r(NULL, "\n", &save)) {
		char its_root[4096], its_point[4096];
		/* ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAGS...] - TYPE ...; a space in a path would be \040. */
		const char *type = strstr(line, " - ");
		if (type == NULL || strncmp(type, " - cgroup2 ", 11) != 0 ||
			sscanf(line, "%*u %*u %*s %4095s %4095s", its_root, its_point) != 2 || strchr(its_point, '\\') != NULL) {
			continue;
		}
		found = true;
		*point = xstrdup(its_point);
		*root = xstrdup(its_root);
	}
	free(copy);
	return found;
}

int cgroups_parse_version(const char *text) {
	int version;
	return sscanf(text, "systemd %d", &version) == 1 && version > 0 ? version : 0;
}

bool cgroups_has_word(const char *text, const char *word) {
	size_t length = strlen(word);
	for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
		if ((at == text || strchr(" \n", at[-1]) != NULL) && strchr(" \n", at[length]) != NULL) {
			return true;
		}
	}
	return false;
}

uint64_t cgroups_parse_count(const char *text, const char *name) {
	size_t length = strlen(name);
	for (const char *at = text; (at = strstr(at, name)) != NULL; at++) {
		if ((at == text || at[-1] == '\n') && at[length] == ' ') {
			return strtoull(at + length, NULL, 10);
		}
	}
	return 0;
}

/* ---- files ---- */

bool cgroups_write(int directory_fd, const char *file, const char *text) {
	int fd = openat(directory_fd, file, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	fd_close(&fd);
	return written;
}

bool cgroups_read(int directory_fd, const char *file, char *out, size_t size) {
	int fd = openat(directory_fd, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, out, size - 1) : -1;
	fd_close(&fd);
	out[n > 0 ? n : 0] = '\0';
	return n >= 0;
}

static char *read_proc(const char *path) {
	size_t size;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = fd >= 0 ? fd_read_all(fd, PROC_MAX, &size) : NULL;
	fd_close(&fd);
	return text;
}

char *cgroups_find(pid_t pid) {
	char file[64];
	char *found = NULL, *point = NULL, *root = NULL;
	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	char *cgroup = read_proc(file), *mounts = read_proc("/proc/self/mountinfo");
	char *path = cgroup != NULL ? cgroups_parse_path(cgroup) : NULL;
	if (path != NULL && mounts != NULL && cgroups_parse_mount(mounts, &point, &root)) {
		size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
		/* "/.." begins the path of what lies outside of our cgroup namespace. */
		if (strncmp(path, root, length) == 0 && strncmp(path, "/..", 3) != 0) {
			found = xasprintf("%s%s", point, path + length);
		}
	}
	free(point);
	free(root);
	free(path);
	free(cgroup);
	free(mounts);
	return found;
}

char *cgroups_find_mount(void) {
	char *point = NULL, *root = NULL;
	char *mounts = read_proc("/proc/self/mountinfo");
	if (mounts != NULL) {
		cgroups_parse_mount(mounts, &point, &root);
	}
	free(root);
	free(mounts);
	return point;
}

/* ---- the user's systemd ---- */

static bool is_in_path(const char *program) {
	const char *path = getenv("PATH");
	char *copy = xstrdup(path != NULL ? path : "/usr/bin:/bin"), *save = NULL;
	bool found = false;
	for (char *part = strtok_r(copy, ":", &save); part != NULL && !found; part = strtok_r(NULL, ":", &save)) {
		char *file = xasprintf("%s/%s", part, program);
		found = access(file, X_OK) == 0;
		free(file);
	}
	free(copy);
	return found;
}

/* Somebody listens where systemd-run speaks to it. */
static bool systemd_answers(void) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int length = snprintf(
		address.sun_path, sizeof(address.sun_path), "%s/systemd/private", runtime != NULL ? runtime : "");
	if (runtime == NULL || runtime[0] != '/' || length < 0 || (size_t)length >= sizeof(address.sun_path)) {
		return false;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answers = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	fd_close(&fd);
	return answers && is_in_path("systemd-run");
}

/* Waits for as long as a program takes to say its version. */
static int ask_version(void) {
	static char *const argv[] = { "systemd-run", "--version", NULL };
	char reason[256], text[256];
	struct words environment = { 0 };
	int pipe_fds[2];
	if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
		return 0;
	}
	const char *path = getenv("PATH");
	words_set(&environment, "PATH", path != NULL ? path : "/usr/bin:/bin");
	const struct launch_fd fds[] = { { pipe_fds[1], STDOUT_FILENO }, { pipe_fds[1], STDERR_FILENO } };
	const struct launch launch = { .argv = argv, .environment = environment.list, .fds = fds, .fds_len = 2 };
	pid_t pid = launch_program(&launch, reason, sizeof(reason));
	fd_close(&pipe_fds[1]);
	struct pollfd poll_fd = { .fd = pipe_fds[0], .events = POLLIN };
	ssize_t n = pid > 0 && poll(&poll_fd, 1, VERSION_PATIENCE_MS) == 1 ? read(pipe_fds[0], text, sizeof(text) - 1) : -1;
	text[n > 0 ? n : 0] = '\0';
	fd_close(&pipe_fds[0]);
	words_finish(&environment);
	if (pid > 0) {
		/* It has said it, or is not to any more. */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return cgroups_parse_version(text);
}

/* ---- a cgroup of our own ---- */

static bool is_alone(int directory_fd) {
	char procs[256];
	char *end;
	return cgroups_read(directory_fd, "cgroup.procs", procs, sizeof(procs)) &&
		strtol(procs, &end, 10) == (long)getpid() && strcmp(end, "\n") == 0;
}

/* What stands in a cgroup with processes of its own cannot be divided: ours goes one down, if it is the only one. */
static bool move_down(struct cgroups *cgroups) {
	if (!is_alone(cgroups->base_fd)) {
		return false;
	}
	char *leaf = xasprintf("cofferdam-%d", (int)getpid());
	char *procs = xasprintf("%s/cgroup.procs", leaf);
	bool moved = mkdirat(cgroups->base_fd, leaf, 0755) == 0 && cgroups_write(cgroups->base_fd, procs, "0");
	free(procs);
	cgroups->leaf = leaf;
	return moved;
}

static bool divide(struct cgroups *cgroups, const char *controllers) {
	static const char *const wanted[] = { "memory", "pids", "cpu" };
	char present[512];
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		char word[16];
		snprintf(word, sizeof(word), "+%s", wanted[i]);
		bool here = cgroups_read(cgroups->base_fd, "cgroup.subtree_control", present, sizeof(present)) &&
			cgroups_has_word(present, wanted[i]);
		if (here || !cgroups_has_word(controllers, wanted[i]) ||
			cgroups_write(cgroups->base_fd, "cgroup.subtree_control", word)) {
			continue;
		}
		bool retry = errno == EBUSY && cgroups->leaf == NULL && move_down(cgroups);
		if (!retry || !cgroups_write(cgroups->base_fd, "cgroup.subtree_control", word)) {
			return false;
		}
	}
	return true;
}

/* Without controllers below it, the cgroup may hold processes again. */
static void move_up(struct cgroups *cgroups) {
	if (cgroups->leaf == NULL) {
		return;
	}
	static const char *const words[] = { "-memory", "-pids", "-cpu" };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		cgroups_write(cgroups->base_fd, "cgroup.subtree_control", words[i]);
	}
	cgroups_write(cgroups->base_fd, "cgroup.procs", "0");
	unlinkat(cgroups->base_fd, cgroups->leaf, AT_REMOVEDIR);
	free(cgroups->leaf);
	cgroups->leaf = NULL;
}

static bool try_own(struct cgroups *cgroups) {
	char controllers[512];
	char *path = cgroups_find(getpid());
	if (path == NULL) {
		cgroups->why = "there is no cgroup v2 on this machine";
		return false;
	}
	cgroups->base_fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	free(path);
	if (cgroups->base_fd < 0 ||
		!cgroups_read(cgroups->base_fd, "cgroup.controllers", controllers, sizeof(controllers)) ||
		!cgroups_has_word(controllers, "memory") || !cgroups_has_word(controllers, "pids")) {
		cgroups->why = "the user's systemd does not answer, and cgroup v2 has no memory and pids here";
		return false;
	}
	if (faccessat(cgroups->base_fd, "cgroup.subtree_control", W_OK, AT_EACCESS) != 0 ||
		faccessat(cgroups->base_fd, ".", W_OK, AT_EACCESS) != 0) {
		cgroups->why = "the user's systemd does not answer, and the session's cgroup is not ours to divide";
		return false;
	}
	if (!divide(cgroups, controllers)) {
		move_up(cgroups);
		cgroups->why = "the user's systemd does not answer, and others are in the session's cgroup";
		return false;
	}
	return true;
}

static void sweep(struct cgroups *cgroups) {
	struct words old = cgroups->leftovers;
	cgroups->leftovers = (struct words){ 0 };
	for (size_t i = 0; i < old.len; i++) {
		if (unlinkat(cgroups->base_fd, old.list[i], AT_REMOVEDIR) != 0 && errno != ENOENT) {
			words_add(&cgroups->leftovers, old.list[i], NULL);
		}
	}
	words_finish(&old);
}

void cgroups_remove(struct cgroups *cgroups, const char *name) {
	words_add(&cgroups->leftovers, name, NULL);
	sweep(cgroups);
}

/* ---- life ---- */

struct cgroups *cgroups_create(void) {
	struct cgroups *cgroups = xcalloc(1, sizeof(*cgroups));
	cgroups->base_fd = -1;
	cgroups->why = "";
	if (systemd_answers()) {
		cgroups->how = CGROUPS_SYSTEMD;
		cgroups->version = ask_version();
		log_info("sandboxes are limited by the user's systemd");
	} else if (try_own(cgroups)) {
		cgroups->how = CGROUPS_DIRECT;
		log_info("sandboxes are limited by cgroups of the session's own");
	} else {
		log_warn("memory, processes and processor of sandboxes are not limited: %s", cgroups->why);
	}
	return cgroups;
}

void cgroups_destroy(struct cgroups *cgroups) {
	if (cgroups == NULL) {
		return;
	}
	sweep(cgroups);
	for (size_t i = 0; i < cgroups->leftovers.len; i++) {
		log_warn("the cgroup %s stays: something is left in it", cgroups->leftovers.list[i]);
	}
	move_up(cgroups);
	words_finish(&cgroups->leftovers);
	fd_close(&cgroups->base_fd);
	free(cgroups);
}

enum cgroups_how cgroups_get_how(const struct cgroups *cgroups) {
	return cgroups->how;
}

const char *cgroups_get_name(const struct cgroups *cgroups) {
	static const char *const names[] = {
		[CGROUPS_NONE] = "", [CGROUPS_SYSTEMD] = "systemd", [CGROUPS_DIRECT] = "cgroup"
	};
	return names[cgroups->how];
}

int cgroups_get_version(const struct cgroups *cgroups) {
	return cgroups->version;
}

const char *cgroups_get_why(const struct cgroups *cgroups) {
	return cgroups->why;
}

int cgroups_get_base(const struct cgroups *cgroups) {
	return cgroups->base_fd;
}

unsigned int cgroups_next(struct cgroups *cgroups) {
	return ++cgroups->last;
}
