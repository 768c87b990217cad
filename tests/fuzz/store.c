/*
 * The state store, on a real file system. The input is lines: the instance's name; the persistent path, "F" before
 * it for a file; then what an instance may have left there, as tree.h has it. However it stands, what is opened
 * lies beneath the instance's own directory.
 */

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
#include "tests/fuzz/tree.h"

#define LEFT_MAX 16

/* Else the layout before would be seen in it. */
static void write_marker(int place_fd) {
	int store_fd = beneath_open_directory(place_fd, "store");
	int fd = openat(store_fd, "VERSION", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0 && write(fd, "1\n", 2) == 2);
	fd_close(&fd);
	fd_close(&store_fd);
}

static void leave_all(const char *name, char *lines) {
	int place_fd = tree_open();
	char *path = xasprintf("store/%s/home", name);
	write_marker(place_fd);
	int home_fd = beneath_open_directory(place_fd, path);
	if (home_fd >= 0) {
		tree_leave(home_fd, &lines, LEFT_MAX);
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
	char *home = xasprintf("%s/store/%s/home/", tree_place(), name);
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
	const char *name = tree_next_line(&rest);
	char *path = tree_next_line(&rest);
	if (strlen(path) > CONFIG_PATH_SIZE) {
		path[CONFIG_PATH_SIZE] = '\0';
	}
	struct config_persist persist = { .is_file = path[0] == 'F' };
	persist.path = path + persist.is_file;

	char *store_path = xasprintf("%s/store", tree_place());
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
	tree_remove("store");
	free(store_path);
	free(text);
	return 0;
}
