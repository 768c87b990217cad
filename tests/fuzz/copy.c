/*
 * Copies of what an instance or a backup has left, for `coffer state`, `backup` and `restore`. The input is a tree
 * as tree.h has it. The copy has what the tree has, but for what is no file; the tree stays as it is, nothing
 * beside either is touched, and both can be erased whole.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "store/copy.h"
#include "store/erase.h"
#include "store/manifest.h"
#include "store/walk.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tree.h"

#define LEFT_MAX 24
#define NAMES_MAX LEFT_MAX
#define TEXT_MAX (4 * 1024 * 1024)

/* What is in it, by its manifest, without what is no file; NULL where it is too deep for one. The caller frees it. */
static char *list(int place_fd, const char *name, bool specials) {
	int fd = beneath_open(place_fd, name, O_RDONLY | O_DIRECTORY, 0);
	char *text = NULL, *kept = NULL;
	size_t length;
	if (manifest_write(fd)) {
		int list_fd = openat(fd, MANIFEST_NAME, O_RDONLY | O_CLOEXEC);
		text = fd_read_all(list_fd, TEXT_MAX, &length);
		FUZZ_CHECK(text != NULL);
		fd_close(&list_fd);
		kept = xcalloc(length + 1, 1);
		char *rest = text, *end = kept;
		while (*rest != '\0') {
			const char *line = tree_next_line(&rest);
			if ((specials || strncmp(line, "special ", 8) != 0) && strncmp(line, "end ", 4) != 0) {
				end += sprintf(end, "%s\n", line);
			}
		}
	}
	unlinkat(fd, MANIFEST_NAME, 0);
	fd_close(&fd);
	free(text);
	return kept;
}

/* ---- what no manifest has ---- */

struct marks {
	uint64_t times; /* of all that is copied, by path: a sum, whatever the order */
	struct stat names[NAMES_MAX]; /* of files */
	size_t names_len;
};

static void add(uint64_t *hash, const void *data, size_t length) {
	const unsigned char *bytes = data;
	for (size_t i = 0; i < length; i++) {
		*hash = (*hash ^ bytes[i]) * 0x100000001b3u;
	}
}

static enum walk_step mark(void *data, const struct walk_entry *entry) {
	struct marks *marks = data;
	const struct stat *status = &entry->status;
	if (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode) || S_ISLNK(status->st_mode)) {
		uint64_t hash = 0xcbf29ce484222325u;
		add(&hash, entry->untrusted_path, strlen(entry->untrusted_path));
		add(&hash, &status->st_mtim.tv_sec, sizeof(status->st_mtim.tv_sec));
		add(&hash, &status->st_mtim.tv_nsec, sizeof(status->st_mtim.tv_nsec));
		marks->times += hash;
	}
	if (S_ISREG(status->st_mode) && marks->names_len < NAMES_MAX) {
		marks->names[marks->names_len++] = *status;
	}
	return WALK_ON;
}

/* The times are the tree's, and what are names of one file there are names of one file here. */
static void check_marks(int place_fd) {
	struct marks *marks = xcalloc(2, sizeof(*marks));
	static const char *const trees[] = { "tree", "copy" };
	for (size_t i = 0; i < 2; i++) {
		int fd = beneath_open(place_fd, trees[i], O_RDONLY | O_DIRECTORY, 0);
		walk_tree(fd, &walk_whole, mark, &marks[i]);
		fd_close(&fd);
	}
	FUZZ_CHECK(marks[0].times == marks[1].times && marks[0].names_len == marks[1].names_len);
	for (size_t i = 0; i < marks[0].names_len; i++) {
		for (size_t j = 0; j < i; j++) {
			bool is_one = marks[0].names[i].st_ino == marks[0].names[j].st_ino;
			FUZZ_CHECK(is_one == (marks[1].names[i].st_ino == marks[1].names[j].st_ino));
		}
	}
	free(marks);
}

static void check_erased(int place_fd, const char *name) {
	struct stat status;
	FUZZ_CHECK(erase_tree(place_fd, name) && fstatat(place_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0);
}

static void check_copy(int place_fd) {
	struct copy_report report = { 0 };
	struct walk_size size, copy_size;
	char *before = list(place_fd, "tree", true), *wanted = list(place_fd, "tree", false);
	bool copied = copy_tree(place_fd, "tree", place_fd, "copy", &report);
	FUZZ_CHECK(copied == (report.failed == 0) && copied == (report.untrusted_first == NULL) && !report.full);
	FUZZ_CHECK(walk_measure(place_fd, "tree", &walk_whole, &size) && size.whole == copied);
	if (copied) {
		char *after = list(place_fd, "tree", true), *found = list(place_fd, "copy", true);
		FUZZ_CHECK(before != NULL && strcmp(before, after) == 0 && strcmp(wanted, found) == 0);
		FUZZ_CHECK(walk_measure(place_fd, "copy", &walk_whole, &copy_size));
		FUZZ_CHECK(copy_size.whole && copy_size.files + report.left_out == size.files);
		check_marks(place_fd);
		free(found);
		free(after);
	} else {
		char *what = copy_report_describe(&report);
		FUZZ_CHECK(what[0] != '\0');
		free(what);
	}
	copy_report_finish(&report);
	check_erased(place_fd, "copy");
	check_erased(place_fd, "tree");
	free(wanted);
	free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *text = xcalloc(size + 1, 1), *rest = text;
	if (size > 0) {
		memcpy(text, data, size);
	}
	int place_fd = tree_open();
	int beside_fd = beneath_open_directory(place_fd, "beside/work");
	int tree_fd = beneath_open_directory(place_fd, "tree");
	/* What a link in the tree may lead to: "../beside/file". */
	FUZZ_CHECK(symlinkat("nowhere", beside_fd, "file") == 0);
	char *beside = list(place_fd, "beside", true);
	tree_leave(tree_fd, &rest, LEFT_MAX);
	if (unlinkat(tree_fd, MANIFEST_NAME, 0) == 0 || faccessat(tree_fd, MANIFEST_NAME, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
		check_copy(place_fd);
	} else {
		check_erased(place_fd, "tree");
	}
	char *beside_after = list(place_fd, "beside", true);
	FUZZ_CHECK(strcmp(beside, beside_after) == 0);
	free(beside_after);
	free(beside);
	fd_close(&tree_fd);
	fd_close(&beside_fd);
	fd_close(&place_fd);
	tree_remove("beside");
	free(text);
	return 0;
}
