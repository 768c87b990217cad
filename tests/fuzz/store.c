/*
 * The state store, on a real file system. The input is lines: the instance's name; the persistent path, "F" before
 * it for a file; then what an instance may have left there: "d NAME", "f NAME", "l NAME TARGET" (a link), "h NAME"
 * (a second name of the file before). However it stands, what is opened lies beneath the instance's own directory.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "base/name.h"
#include "base/utf8.h"
#include "base/beneath.h"
#include "store/store.h"
#include "tests/fuzz/fuzz.h"

#define LEFT_MAX 16
#define LINE_LEFT_MAX 256
#define DEPTH_MAX (CONFIG_PATH_SIZE / 2 + 2) /* more than any path here is deep, less than descriptors may be open */

/*
 * A directory of this process's own, for its life; emptied after each input and removed at the end. In memory where
 * it can be: on a disk, thousands of links a second would be waited for.
 */
static char *place(void) {
	static char path[64];
	if (path[0] == '\0') {
		snprintf(path, sizeof(path), "%s/fuzz-store-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	}
	return path;
}

static void remove_place(void) {
	rmdir(place());
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
	FUZZ_CHECK(mkdtemp(place()) != NULL);
	atexit(remove_place);
	return 0;
}

/* Cuts the next line off; "" where there is none. */
static char *next_line(char **rest) {
	char *line = *rest;
	*rest += strcspn(line, "\n");
	if (**rest == '\n') {
		*(*rest)++ = '\0';
	}
	return line;
}

/* As an instance does: within its directory, through no link of its own, for the test must not wander off. */
static void leave(int home_fd, char *line, char *previous) {
	if (line[0] == '\0' || line[1] != ' ' || strlen(line) > LINE_LEFT_MAX) {
		return;
	}
	char *name = line + 2, *target = strchr(name, ' ');
	if (target != NULL) {
		*target++ = '\0';
	}
	char *slash = strrchr(name, '/');
	const char *last = slash != NULL ? slash + 1 : name;
	if (slash != NULL) {
		*slash = '\0';
	}
	int parent_fd = slash != NULL && name[0] != '\0' ? beneath_open_directory(home_fd, name) : dup(home_fd);
	if (parent_fd >= 0 && last[0] != '\0' && strcmp(last, "..") != 0) {
		int made_fd = -1;
		switch (line[0]) {
		case 'd':
			mkdirat(parent_fd, last, 0700);
			break;
		case 'f':
			made_fd = openat(parent_fd, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
			snprintf(previous, NAME_MAX + 1, "%s", slash == NULL && made_fd >= 0 ? last : "");
			break;
		case 'l':
			(void)!symlinkat(target != NULL ? target : "..", parent_fd, last);
			break;
		case 'h':
			(void)!linkat(home_fd, previous, parent_fd, last, 0);
			break;
		}
		fd_close(&made_fd);
	}
	fd_close(&parent_fd);
}

/* Else the layout before would be seen in it. */
static void write_marker(int place_fd) {
	int store_fd = beneath_open_directory(place_fd, "store");
	int fd = openat(store_fd, "VERSION", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0 && write(fd, "1\n", 2) == 2);
	fd_close(&fd);
	fd_close(&store_fd);
}

static void leave_all(const char *name, char *lines) {
	int place_fd = open(place(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	FUZZ_CHECK(place_fd >= 0);
	char *path = xasprintf("store/%s/home", name);
	write_marker(place_fd);
	int home_fd = beneath_open_directory(place_fd, path);
	char previous[NAME_MAX + 1] = "";
	for (size_t i = 0; i < LEFT_MAX && home_fd >= 0 && *lines != '\0'; i++) {
		leave(home_fd, next_line(&lines), previous);
	}
	free(path);
	fd_close(&home_fd);
	fd_close(&place_fd);
}

static void check_opened(int fd, const char *name, const struct config_persist *persist) {
	char link[64], path[2 * PATH_MAX];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	FUZZ_CHECK(length > 0);
	path[length] = '\0';
	char *home = xasprintf("%s/store/%s/home/", place(), name);
	FUZZ_CHECK(strncmp(path, home, strlen(home)) == 0);
	free(home);
	struct stat status;
	FUZZ_CHECK(fstat(fd, &status) == 0);
	FUZZ_CHECK(persist->is_file ? S_ISREG(status.st_mode) && status.st_nlink == 1 : S_ISDIR(status.st_mode));
}

/* As the config lets a path through; everything else never reaches the store. */
static bool is_plain(const char *path) {
	for (const char *at = path; strlen(path) < CONFIG_PATH_SIZE && path[0] != '~'; at++) {
		size_t length = strcspn(at, "/");
		bool dots = (length == 1 && at[0] == '.') || (length == 2 && at[0] == '.' && at[1] == '.');
		if (length == 0 || length > NAME_MAX || dots) {
			return false;
		}
		at += length;
		if (*at == '\0') {
			return true;
		}
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *text = xcalloc(size + 1, 1), *rest = text;
	if (size > 0) {
		memcpy(text, data, size);
	}
	const char *name = next_line(&rest);
	char *path = next_line(&rest);
	if (strlen(path) > CONFIG_PATH_SIZE) {
		path[CONFIG_PATH_SIZE] = '\0';
	}
	struct config_persist persist = { .is_file = path[0] == 'F' };
	persist.path = path + persist.is_file;

	char *store_path = xasprintf("%s/store", place());
	if (name_is_valid(name)) {
		leave_all(name, rest);
	}
	struct store *store = store_create(store_path);
	char reason[512] = "";
	/* Some that no config would let through as well: the store does not lean on the config alone. */
	int fd = store_open(store, name, &persist, reason, sizeof(reason));
	FUZZ_CHECK(fd < 0 || name_is_valid(name));
	FUZZ_CHECK((fd < 0) == (reason[0] != '\0'));
	if (fd >= 0 && is_plain(persist.path)) {
		check_opened(fd, name, &persist);
	}
	fd_close(&fd);
	store_destroy(store);
	int place_fd = open(place(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	beneath_remove(place_fd, "store", DEPTH_MAX);
	FUZZ_CHECK(faccessat(place_fd, "store", F_OK, AT_SYMLINK_NOFOLLOW) != 0);
	fd_close(&place_fd);
	free(store_path);
	free(text);
	return 0;
}
