#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "base/path.h"
#include "instances/kernel.h"

#define LIST_SIZE_MAX (16 * 1024 * 1024)

/* Where a distribution keeps what belongs to a version of the kernel. */
static const char *const module_places[] = { "/usr/lib/modules", "/lib/modules" };

static const char *const always[] = { "virtio_pci", "virtiofs", "vmw_vsock_virtio_transport", NULL };
static const char *const with_card[] = { "virtio_pci", "virtiofs", "vmw_vsock_virtio_transport", "virtio_net", NULL };

/* ---- which modules ---- */

/* "kernel/drivers/net/virtio_net.ko.xz" (length bytes) is virtio_net; a hyphen is as good as an underscore. */
static bool is_named(const char *file, size_t length, const char *name) {
	for (const char *slash; (slash = memchr(file, '/', length)) != NULL;) {
		length -= (size_t)(slash + 1 - file);
		file = slash + 1;
	}
	size_t i = 0;
	for (; name[i] != '\0'; i++) {
		if (i >= length || (file[i] == '-' ? '_' : file[i]) != name[i]) {
			return false;
		}
	}
	return length - i >= 3 && strncmp(file + i, ".ko", 3) == 0;
}

/* The line whose file, up to end, is of that module; NULL where there is none. */
static const char *find_line(const char *list, const char *name, char end) {
	while (*list != '\0') {
		size_t line = strcspn(list, "\n");
		const char *stop = memchr(list, end, line);
		size_t length = stop != NULL ? (size_t)(stop - list) : line;
		if (is_named(list, length, name)) {
			return list;
		}
		list += line + (list[line] == '\n');
	}
	return NULL;
}

static void add_once(struct words *files, const char *file, size_t length) {
	for (size_t i = 0; i < files->len; i++) {
		if (strlen(files->list[i]) == length && memcmp(files->list[i], file, length) == 0) {
			return;
		}
	}
	char *copy = xstrndup(file, length);
	words_add(files, copy, NULL);
	free(copy);
}

/* A line is "FILE: NEEDED NEEDED…": the last of those needs none of the others. */
static void add_line(struct words *files, const char *line) {
	size_t file = strcspn(line, ":"), end = strcspn(line, "\n");
	for (size_t stop = end; stop > file + 1;) {
		size_t begin = stop;
		while (begin > file + 1 && line[begin - 1] != ' ') {
			begin--;
		}
		if (begin < stop) {
			add_once(files, line + begin, stop - begin);
		}
		stop = begin > file + 1 ? begin - 1 : begin;
	}
	add_once(files, line, file);
}

bool kernel_select_modules(
	const char *dep, const char *builtin, const char *const *names, struct words *files, const char **missing) {
	for (; *names != NULL; names++) {
		const char *line = find_line(dep, *names, ':');
		if (line != NULL) {
			add_line(files, line);
		} else if (find_line(builtin, *names, '\n') == NULL) {
			*missing = *names;
			return false;
		}
	}
	return true;
}

/* The caller frees it; NULL with errno set. */
static char *read_list(const char *directory, const char *name) {
	size_t size;
	char *path = xasprintf("%s/%s", directory, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = fd >= 0 ? fd_read_all(fd, LIST_SIZE_MAX, &size) : NULL;
	int saved_errno = errno;
	fd_close(&fd);
	free(path);
	errno = saved_errno;
	return text;
}

static bool select_modules(struct kernel *kernel, bool with_network, char *reason, size_t size) {
	struct words files = { 0 };
	const char *missing = NULL;
	char *dep = read_list(kernel->modules, "modules.dep"), *builtin = NULL;
	if (dep == NULL) {
		snprintf(reason, size, "kernel %s: %s/modules.dep: %s", kernel->path, kernel->modules, strerror(errno));
		return false;
	}
	builtin = read_list(kernel->modules, "modules.builtin");
	bool selected = kernel_select_modules(
		dep, builtin != NULL ? builtin : "", with_network ? with_card : always, &files, &missing);
	if (!selected) {
		snprintf(reason, size, "kernel %s has no %s, which a guest needs: name another by `kernel`", kernel->path, missing);
	}
	for (size_t i = 0; i < files.len; i++) {
		bool absolute = files.list[i][0] == '/';
		char *file = xasprintf("%s%s%s", absolute ? "" : kernel->modules, absolute ? "" : "/", files.list[i]);
		words_add(&kernel->files, file, NULL);
		free(file);
	}
	words_finish(&files);
	free(builtin);
	free(dep);
	return selected;
}

/* ---- which kernel ---- */

static bool has_list(const char *directory) {
	char *path = xasprintf("%s/modules.dep", directory);
	bool there = access(path, R_OK) == 0;
	free(path);
	return there;
}

/* Takes over both strings where it can be opened, and has modules. *denied: its path, where somebody else may read it. */
static bool try_kernel(struct kernel *kernel, char *path, char *modules, char **denied) {
	if (has_list(modules)) {
		kernel->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (kernel->fd >= 0) {
			kernel->path = path;
			kernel->modules = modules;
			return true;
		}
		if (errno == EACCES && *denied == NULL) {
			*denied = xstrdup(path);
		}
	}
	free(path);
	free(modules);
	return false;
}

static int is_version(const struct dirent *entry) {
	return entry->d_name[0] != '.';
}

static int newest_first(const struct dirent **a, const struct dirent **b) {
	return versionsort(b, a);
}

/* Those of a distribution, in one of module_places: "6.12.1" has its modules there, and its kernel there or in /boot. */
static bool find_in(struct kernel *kernel, const char *root, const char *place, char **denied) {
	struct dirent **entries;
	char *directory = xasprintf("%s%s", root, place);
	int len = scandir(directory, &entries, is_version, newest_first);
	bool found = false;
	for (int i = 0; i < len; i++) {
		const char *version = entries[i]->d_name;
		found = found || try_kernel(kernel, xasprintf("%s/%s/vmlinuz", directory, version),
							 xasprintf("%s/%s", directory, version), denied);
		found = found || try_kernel(kernel, xasprintf("%s/boot/vmlinuz-%s", root, version),
							 xasprintf("%s/%s", directory, version), denied);
		free(entries[i]);
	}
	if (len >= 0) {
		free(entries);
	}
	free(directory);
	return found;
}

static bool find_booted(struct kernel *kernel, const char *root, char **denied) {
	static const char place[] = "/run/booted-system/kernel-modules/lib/modules";
	struct dirent **entries;
	char *directory = xasprintf("%s%s", root, place);
	int len = scandir(directory, &entries, is_version, newest_first);
	bool found = false;
	for (int i = 0; i < len; i++) {
		found = found || try_kernel(kernel, xasprintf("%s/run/booted-system/kernel", root),
							 xasprintf("%s/%s", directory, entries[i]->d_name), denied);
		free(entries[i]);
	}
	if (len >= 0) {
		free(entries);
	}
	free(directory);
	return found;
}

static bool find_newest(struct kernel *kernel, const char *root, char *reason, size_t size) {
	char *denied = NULL;
	bool found = false;
	for (size_t i = 0; i < sizeof(module_places) / sizeof(module_places[0]); i++) {
		found = found || find_in(kernel, root, module_places[i], &denied);
	}
	found = found || find_booted(kernel, root, &denied);
	if (!found && denied != NULL) {
		snprintf(reason, size, "%s is not yours to read: copy it, and name the copy by `kernel`", denied);
	} else if (!found) {
		snprintf(reason, size, "no kernel with modules in /usr/lib/modules and /boot: name one by `kernel`");
	}
	free(denied);
	return found;
}

/* "/boot/vmlinuz-6.12.1" is of version 6.12.1. The caller frees it; NULL where there are none. */
static char *find_modules(const char *root, const char *path) {
	const char *version = strchr(strrchr(path, '/'), '-');
	char *directory = NULL;
	for (size_t i = 0; version != NULL && i < sizeof(module_places) / sizeof(module_places[0]); i++) {
		directory = xasprintf("%s%s/%s", root, module_places[i], version + 1);
		if (has_list(directory)) {
			return directory;
		}
		free(directory);
	}
	directory = path_parent(path);
	if (has_list(directory)) {
		return directory;
	}
	free(directory);
	return NULL;
}

static bool open_named(
	struct kernel *kernel, const char *root, const char *path, const char *modules, char *reason, size_t size) {
	struct stat status;
	kernel->path = xstrdup(path);
	kernel->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (kernel->fd < 0 || fstat(kernel->fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		snprintf(reason, size, "kernel %s: %s", path, kernel->fd < 0 ? strerror(errno) : "expected a regular file");
		return false;
	}
	kernel->modules = modules != NULL ? xstrdup(modules) : find_modules(root, path);
	if (kernel->modules == NULL) {
		snprintf(reason, size, "kernel %s: its modules are not found: name their directory after it", path);
		return false;
	}
	return true;
}

bool kernel_open(struct kernel *kernel, const char *root, const char *path, const char *modules, bool with_network,
	char *reason, size_t size) {
	*kernel = (struct kernel){ .fd = -1 };
	bool found = path != NULL ? open_named(kernel, root, path, modules, reason, size)
							  : find_newest(kernel, root, reason, size);
	return found && select_modules(kernel, with_network, reason, size);
}

void kernel_finish(struct kernel *kernel) {
	fd_close(&kernel->fd);
	free(kernel->path);
	free(kernel->modules);
	words_finish(&kernel->files);
	*kernel = (struct kernel){ .fd = -1 };
}
