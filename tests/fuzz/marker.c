/*
 * The store's marker, and the migration from the layout before. The input is lines: the marker ("m1" with a line
 * feed behind it, "z1" with a zero byte and more behind that, "r1" as it is, "-" for none); after how many calls
 * that change something the machine stops; then what is in the store's directory, as tree.h has it. Whatever is
 * there and wherever it stops, no file is lost and nothing beside the store is touched; what is whole stays as it
 * is; and what was interrupted comes out as if it had not been.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "store/layout.h"
#include "store/marker.h"
#include "store/walk.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tree.h"

#define LEFT_MAX 24
#define CONTENT_MAX 4096

/* ---- a machine that stops: the linker puts these before the C library's ---- */

static size_t calls_left = SIZE_MAX;

static bool goes_on(void) {
	if (calls_left == 0) {
		errno = EIO;
		return false;
	}
	calls_left -= calls_left != SIZE_MAX;
	return true;
}

int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_mkdirat(int directory_fd, const char *name, mode_t mode);
int __real_unlinkat(int directory_fd, const char *name, int flags);
ssize_t __real_write(int fd, const void *data, size_t size);
int __real_fsync(int fd);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_mkdirat(int directory_fd, const char *name, mode_t mode);
int __wrap_unlinkat(int directory_fd, const char *name, int flags);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __wrap_fsync(int fd);

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to) {
	return goes_on() ? __real_renameat(from_fd, from, to_fd, to) : -1;
}

int __wrap_mkdirat(int directory_fd, const char *name, mode_t mode) {
	return goes_on() ? __real_mkdirat(directory_fd, name, mode) : -1;
}

int __wrap_unlinkat(int directory_fd, const char *name, int flags) {
	return goes_on() ? __real_unlinkat(directory_fd, name, flags) : -1;
}

ssize_t __wrap_write(int fd, const void *data, size_t size) {
	return goes_on() ? __real_write(fd, data, size) : -1;
}

int __wrap_fsync(int fd) {
	return goes_on() ? __real_fsync(fd) : -1;
}

/* ---- what is there ---- */

int LLVMFuzzerInitialize(int *argc, char ***argv) {
	log_init("fuzz-marker", LOG_WARN);
	return 0;
}

/* Sums that do not go by order. */
struct sums {
	uint64_t files; /* of what is no directory, by its own name and content */
	uint64_t places; /* of everything, by its path and content */
};

static uint64_t digest(const char *path, const char *content, size_t length, mode_t mode) {
	char text[SHA256_HEX_SIZE];
	struct sha256 hash;
	sha256_init(&hash);
	sha256_add(&hash, path, strlen(path) + 1);
	sha256_add(&hash, &mode, sizeof(mode));
	sha256_add(&hash, content, length);
	sha256_finish(&hash, text);
	text[16] = '\0';
	return strtoull(text, NULL, 16);
}

static enum walk_step add_entry(void *data, const struct walk_entry *entry) {
	struct sums *sums = data;
	char content[CONTENT_MAX];
	ssize_t length = 0;
	struct stat status;
	mode_t type = entry->status.st_mode & S_IFMT;
	/* The marker itself, and the one that is being written. */
	if (strcmp(entry->untrusted_path, LAYOUT_MARKER) == 0 || strcmp(entry->untrusted_path, LAYOUT_MARKER ".new") == 0) {
		return type == S_IFDIR ? WALK_ON : WALK_SKIP;
	}
	if (type == S_IFREG) {
		int fd = walk_open_file(entry->parent_fd, entry->untrusted_name, &status);
		length = read(fd, content, sizeof(content));
		fd_close(&fd);
	} else if (type == S_IFLNK) {
		length = readlinkat(entry->parent_fd, entry->untrusted_name, content, sizeof(content));
	}
	FUZZ_CHECK(length >= 0);
	sums->files += type != S_IFDIR ? digest(entry->untrusted_name, content, (size_t)length, type) : 0;
	sums->places += digest(entry->untrusted_path, content, (size_t)length, type);
	return WALK_ON;
}

static struct sums add_up(int directory_fd) {
	static const struct walk_limits limits = { .entries = 100000, .depth = WALK_DEPTH_MANIFEST };
	struct sums sums = { 0 };
	walk_tree(directory_fd, &limits, add_entry, &sums);
	return sums;
}

static bool is_same(struct sums a, struct sums b) {
	return a.files == b.files && a.places == b.places;
}

/* ---- a store ---- */

static void put_marker(int store_fd, const char *how) {
	size_t length = strlen(how);
	if (length == 0 || strchr("mzr", how[0]) == NULL) {
		return;
	}
	char *text = xasprintf("%s%s_%s", how + 1, how[0] != 'r' ? "\n" : "", how[0] == 'z' ? "more" : "");
	length = length - 1 + (how[0] != 'r');
	text[length] = '\0';
	length += how[0] == 'z' ? 5 : 0;
	int fd = openat(store_fd, LAYOUT_MARKER, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd < 0 || write(fd, text, length) == (ssize_t)length);
	fd_close(&fd);
	free(text);
}

static int make_store(int place_fd, const char *name, const char *marker, const char *lines) {
	char *copy = xstrdup(lines), *rest = copy;
	FUZZ_CHECK(mkdirat(place_fd, name, 0700) == 0);
	int fd = beneath_open(place_fd, name, O_RDONLY | O_DIRECTORY, 0);
	put_marker(fd, marker);
	tree_leave(fd, &rest, LEFT_MAX);
	free(copy);
	return fd;
}

/* No more in it than was written, and no less. */
static void check_marker(int store_fd) {
	size_t length;
	struct stat status;
	int fd = walk_open_file(store_fd, LAYOUT_MARKER, &status);
	char *text = fd_read_all(fd, CONTENT_MAX, &length);
	FUZZ_CHECK(text != NULL && length == 2 && memcmp(text, "1\n", 2) == 0);
	free(text);
	fd_close(&fd);
}

/* A call that stops after so many changes; SIZE_MAX: never. */
static bool ensure(int store_fd, size_t calls) {
	char reason[512] = "";
	struct sums before = add_up(store_fd);
	long version = marker_read(store_fd);
	calls_left = calls;
	bool ready = marker_ensure(store_fd, "the store", reason, sizeof(reason));
	calls_left = SIZE_MAX;
	struct sums after = add_up(store_fd);
	struct stat status;
	FUZZ_CHECK(ready == (reason[0] == '\0') && strchr(reason, '\n') == NULL);
	FUZZ_CHECK(before.files == after.files);
	FUZZ_CHECK(version == MARKER_NONE || version == LAYOUT_VERSION || (!ready && is_same(before, after)));
	if (ready) {
		check_marker(store_fd);
		FUZZ_CHECK(fstatat(store_fd, LAYOUT_MOVING, &status, AT_SYMLINK_NOFOLLOW) != 0);
	}
	return ready;
}

static void check_stop(int place_fd, const char *marker, size_t calls, const char *lines) {
	int whole_fd = make_store(place_fd, "whole", marker, lines), cut_fd = make_store(place_fd, "cut", marker, lines);
	bool ready = ensure(whole_fd, SIZE_MAX);
	struct sums end = add_up(whole_fd);
	ensure(cut_fd, calls);
	bool cut_ready = ensure(cut_fd, SIZE_MAX);
	if (ready) {
		FUZZ_CHECK(cut_ready && is_same(add_up(cut_fd), end));
		/* Whole now, and so it stays. */
		FUZZ_CHECK(ensure(whole_fd, 0) && is_same(add_up(whole_fd), end));
	}
	fd_close(&cut_fd);
	fd_close(&whole_fd);
	tree_remove("whole");
	tree_remove("cut");
}

/* What a link in the store may lead to. */
static int make_beside(int place_fd) {
	int fd = beneath_open_directory(place_fd, "beside/work");
	FUZZ_CHECK(fd >= 0);
	int file_fd = openat(fd, "file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FUZZ_CHECK(file_fd >= 0);
	fd_close(&file_fd);
	fd_close(&fd);
	return beneath_open(place_fd, "beside", O_RDONLY | O_DIRECTORY, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *text = xcalloc(size + 1, 1), *rest = text;
	if (size > 0) {
		memcpy(text, data, size);
	}
	const char *marker = tree_next_line(&rest);
	size_t calls = strtoull(tree_next_line(&rest), NULL, 10) % 64;
	int place_fd = tree_open(), beside_fd = make_beside(place_fd);
	struct sums before = add_up(beside_fd);
	check_stop(place_fd, marker, calls, rest);
	FUZZ_CHECK(is_same(add_up(beside_fd), before));
	fd_close(&beside_fd);
	fd_close(&place_fd);
	tree_remove("beside");
	free(text);
	return 0;
}
