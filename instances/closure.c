#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "base/path.h"
#include "instances/closure.h"

#define LIST "store-paths"
#define LIST_SIZE_MAX (1024 * 1024)
#define ETC_MAX 256
#define HASH_LENGTH 32

struct reading {
	struct plan_closure *closure;
	char *store; /* "/nix/store" */
	char *reason;
	size_t size;
};

/* Where a store could not be without covering what the instance needs of its own. */
static const char *const no_stores[] = {
	"/bin",
	"/dev",
	"/etc",
	"/home",
	"/lib",
	"/lib64",
	"/proc",
	"/run",
	"/sbin",
	"/sys",
	"/usr",
	"/var",
	NULL,
};

/* Of /etc, what is made for the instance at its start. */
static const char *const own_etc[] = {
	"group",
	"hostname",
	"hosts",
	"localtime",
	"machine-id",
	"nsswitch.conf",
	"passwd",
	"resolv.conf",
	NULL,
};

/* What stands elsewhere inside, where the closure has it. */
static const struct {
	const char *path, *below;
} places[] = {
	{ "/bin/sh", "sw/bin/sh" },
	{ "/usr/bin/env", "sw/bin/env" },
	{ "/run/opengl-driver", "opengl-driver" },
};

static bool is_among(const char *const *list, const char *word) {
	for (; *list != NULL; list++) {
		if (strcmp(*list, word) == 0) {
			return true;
		}
	}
	return false;
}

/* Of a store path's last component: 32 digits in Nix's base 32, a hyphen, and a name of Nix's characters. */
static bool is_store_name(const char *untrusted_name) {
	static const char digits[] = "0123456789abcdfghijklmnpqrsvwxyz";
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?=";
	const char *rest = untrusted_name + HASH_LENGTH + 1;
	return strspn(untrusted_name, digits) == HASH_LENGTH && untrusted_name[HASH_LENGTH] == '-' && rest[0] != '\0' &&
		rest[strspn(rest, letters)] == '\0' && strlen(untrusted_name) <= NAME_MAX;
}

/* The store that a path lies right in, or NULL. The caller frees it. */
static char *find_store(const char *path) {
	const char *slash = strrchr(path, '/');
	if (slash == NULL || slash == path || !is_store_name(slash + 1)) {
		return NULL;
	}
	char *store = xstrndup(path, (size_t)(slash - path));
	for (const char *const *no = no_stores; *no != NULL; no++) {
		if (path_is_within(store, *no)) {
			free(store);
			return NULL;
		}
	}
	return store;
}

/* ---- the paths ---- */

/* Checks a line of the list and appends its path. */
static bool add_path(struct reading *reading, const char *untrusted_path) {
	struct plan_closure *closure = reading->closure;
	size_t length = strlen(reading->store);
	bool is_right_in = strncmp(untrusted_path, reading->store, length) == 0 && untrusted_path[length] == '/' &&
		is_store_name(untrusted_path + length + 1);
	if (!is_right_in) {
		snprintf(reading->reason, reading->size, "root closure: %s/" LIST " names what is no path of %s: build it anew",
			closure->root, reading->store);
		return false;
	}
	if (closure->paths_len == CLOSURE_PATHS_MAX) {
		snprintf(reading->reason, reading->size, "root closure: %s has more than %d store paths: use fewer packages",
			closure->root, CLOSURE_PATHS_MAX);
		return false;
	}
	struct stat status;
	char target[PATH_MAX];
	ssize_t target_length = 0;
	if (lstat(untrusted_path, &status) != 0) {
		snprintf(reading->reason, reading->size, "root closure: %s: %s: build it anew, or coffer update",
			untrusted_path, strerror(errno));
		return false;
	}
	/* A store path may be a link itself; bwrap would bind what it leads to, wherever that is. */
	if (S_ISLNK(status.st_mode)) {
		target_length = readlink(untrusted_path, target, sizeof(target) - 1);
	}
	closure->paths = xrealloc_array(closure->paths, closure->paths_len + 1, sizeof(*closure->paths));
	closure->paths[closure->paths_len++] = (struct plan_store_path){
		.path = xstrdup(untrusted_path),
		.link_target = target_length > 0 ? xstrndup(target, (size_t)target_length) : NULL,
	};
	return true;
}

static int by_path(const void *a, const void *b) {
	return strcmp(((const struct plan_store_path *)a)->path, ((const struct plan_store_path *)b)->path);
}

/* In order, and none twice. */
static void sort_paths(struct plan_closure *closure) {
	size_t kept = 1; /* the root is always there */
	qsort(closure->paths, closure->paths_len, sizeof(*closure->paths), by_path);
	for (size_t i = 1; i < closure->paths_len; i++) {
		if (strcmp(closure->paths[i].path, closure->paths[kept - 1].path) == 0) {
			free(closure->paths[i].path);
			free(closure->paths[i].link_target);
		} else {
			closure->paths[kept++] = closure->paths[i];
		}
	}
	closure->paths_len = kept;
}

static bool read_paths(struct reading *reading) {
	const struct plan_closure *closure = reading->closure;
	bool good = false;
	size_t length = 0;
	struct stat status;
	char *path = xasprintf("%s/" LIST, closure->root);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool is_file = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
	char *untrusted_text = is_file ? fd_read_all(fd, LIST_SIZE_MAX, &length) : NULL;
	if (untrusted_text == NULL) {
		snprintf(reading->reason, reading->size, "root closure: %s: %s: nix/root.nix makes such a directory", path,
			fd >= 0 && !is_file ? "expected a regular file" : strerror(errno));
		goto out;
	}
	/* A zero byte would end the text early, and hide what is after it. */
	if (strlen(untrusted_text) != length) {
		snprintf(reading->reason, reading->size, "root closure: %s: holds a zero byte: build it anew", path);
		goto out;
	}
	good = add_path(reading, closure->root);
	char *state = NULL;
	for (char *line = strtok_r(untrusted_text, "\n", &state); line != NULL && good;
		line = strtok_r(NULL, "\n", &state)) {
		good = add_path(reading, line);
	}
out:
	free(untrusted_text);
	fd_close(&fd);
	free(path);
	return good;
}

/* ---- what stands elsewhere inside ---- */

/* Takes over both. */
static void add_link(struct plan_closure *closure, char *path, char *target) {
	closure->links = xrealloc_array(closure->links, closure->links_len + 1, sizeof(*closure->links));
	closure->links[closure->links_len++] = (struct plan_closure_link){ .path = path, .target = target };
}

static bool has(const struct plan_closure *closure, const char *below) {
	char *path = xasprintf("%s/%s", closure->root, below);
	bool there = access(path, F_OK) == 0;
	free(path);
	return there;
}

static int is_no_dot(const struct dirent *entry) {
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool link_etc(struct reading *reading) {
	struct plan_closure *closure = reading->closure;
	struct dirent **entries;
	bool good = true;
	char *path = xasprintf("%s/etc", closure->root);
	int len = scandir(path, &entries, is_no_dot, by_name);
	for (int i = 0; i < len; i++) {
		const char *name = entries[i]->d_name;
		if (good && (is_among(own_etc, name) || i >= ETC_MAX)) {
			snprintf(reading->reason, reading->size, "root closure: %s/%s: %s: leave it out", path, name,
				i >= ETC_MAX ? "there are too many of them" : "cofferdam makes this file itself");
			good = false;
		} else if (good) {
			add_link(closure, xasprintf("/etc/%s", name), xasprintf("%s/%s", path, name));
		}
		free(entries[i]);
	}
	if (len >= 0) {
		free(entries);
	}
	free(path);
	return good;
}

static void link_places(struct plan_closure *closure) {
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (has(closure, places[i].below)) {
			add_link(closure, xstrdup(places[i].path), xasprintf("%s/%s", closure->root, places[i].below));
		}
	}
}

static void find_shell(struct plan_closure *closure) {
	static const char *const shells[] = { "sw/bin/bash", "sw/bin/sh" };
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]) && closure->shell == NULL; i++) {
		closure->shell = has(closure, shells[i]) ? xasprintf("%s/%s", closure->root, shells[i]) : NULL;
	}
}

struct plan_closure *closure_open(const char *path, char *reason, size_t size) {
	char real[PATH_MAX];
	if (realpath(path, real) == NULL) {
		snprintf(reason, size, "root closure %s: %s: build it first, or coffer update", path, strerror(errno));
		return NULL;
	}
	struct reading reading = { .store = find_store(real), .reason = reason, .size = size };
	if (reading.store == NULL) {
		snprintf(reason, size, "root closure %s: %s is no path of a Nix store: nix/root.nix makes one", path, real);
		return NULL;
	}
	reading.closure = xcalloc(1, sizeof(*reading.closure));
	reading.closure->root = xstrdup(real);
	bool good = read_paths(&reading);
	if (good) {
		sort_paths(reading.closure);
		link_places(reading.closure);
		find_shell(reading.closure);
		reading.closure->has_bus = has(reading.closure, "sw/bin/dbus-daemon");
		reading.closure->has_waypipe = has(reading.closure, "sw/bin/waypipe");
		good = link_etc(&reading);
	}
	free(reading.store);
	if (!good) {
		closure_destroy(reading.closure);
		return NULL;
	}
	return reading.closure;
}

void closure_destroy(struct plan_closure *closure) {
	if (closure == NULL) {
		return;
	}
	for (size_t i = 0; i < closure->paths_len; i++) {
		free(closure->paths[i].path);
		free(closure->paths[i].link_target);
	}
	for (size_t i = 0; i < closure->links_len; i++) {
		free(closure->links[i].path);
		free(closure->links[i].target);
	}
	free(closure->paths);
	free(closure->links);
	free(closure->shell);
	free(closure->root);
	free(closure);
}
