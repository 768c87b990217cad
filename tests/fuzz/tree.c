#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "config/config.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tree.h"

#define LINE_MAX_LENGTH 256
#define DEPTH_MAX (CONFIG_PATH_SIZE / 2 + 2) /* more than any path here is deep, less than descriptors may be open */

/* What is removed at exit can only be found in one place. */
static char place[64];

static void remove_place(void) {
	rmdir(place);
}

void tree_begin_in(const char *directory) {
	snprintf(place, sizeof(place), "%s/fuzz-XXXXXX", directory);
	FUZZ_CHECK(mkdtemp(place) != NULL);
	atexit(remove_place);
}

/* On a disk, thousands of links a second would be waited for. */
const char *tree_place(void) {
	if (place[0] == '\0') {
		tree_begin_in(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	}
	return place;
}

int tree_open(void) {
	int fd = open(tree_place(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FUZZ_CHECK(fd >= 0);
	return fd;
}

void tree_remove(const char *name) {
	int fd = tree_open();
	beneath_remove(fd, name, DEPTH_MAX);
	FUZZ_CHECK(faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0);
	fd_close(&fd);
}

char *tree_next_line(char **rest) {
	char *line = *rest;
	*rest += strcspn(line, "\n");
	if (**rest == '\n') {
		*(*rest)++ = '\0';
	}
	return line;
}

static void write_content(int fd, const char *text) {
	FUZZ_CHECK(fd < 0 || write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

/* Through no link of its own, for the test must not wander off. */
static void leave(int directory_fd, char *line, char *previous) {
	if (line[0] == '\0' || line[1] != ' ' || strlen(line) > LINE_MAX_LENGTH) {
		return;
	}
	char *name = line + 2, *words = strchr(name, ' ');
	if (words != NULL) {
		*words++ = '\0';
	}
	char *slash = strrchr(name, '/');
	const char *last = slash != NULL ? slash + 1 : name;
	if (slash != NULL) {
		*slash = '\0';
	}
	int parent_fd = slash != NULL && name[0] != '\0' ? beneath_open_directory(directory_fd, name) : dup(directory_fd);
	if (parent_fd >= 0 && last[0] != '\0' && strcmp(last, "..") != 0) {
		int made_fd = -1;
		switch (line[0]) {
		case 'd':
			mkdirat(parent_fd, last, 0700);
			break;
		case 'f':
			made_fd = openat(parent_fd, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
			write_content(made_fd, words != NULL ? words : "");
			snprintf(previous, NAME_MAX + 1, "%s", slash == NULL && made_fd >= 0 ? last : "");
			break;
		case 'l':
			(void)!symlinkat(words != NULL ? words : "..", parent_fd, last);
			break;
		case 'h':
			(void)!linkat(directory_fd, previous, parent_fd, last, 0);
			break;
		case 'p':
			(void)!mkfifoat(parent_fd, last, 0600);
			break;
		}
		fd_close(&made_fd);
	}
	fd_close(&parent_fd);
}

void tree_leave(int directory_fd, char **lines, size_t max) {
	char previous[NAME_MAX + 1] = "";
	for (size_t i = 0; i < max && **lines != '\0'; i++) {
		char *line = tree_next_line(lines);
		if (strcmp(line, "-") == 0) {
			return;
		}
		leave(directory_fd, line, previous);
	}
}
