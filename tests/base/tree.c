#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/memory.h"
#include "base/beneath.h"
#include "tree.h"

#define PATHS_MAX 512

static char *paths[PATHS_MAX];
static size_t paths_len;

int tree_set_up(void **state) {
	char template[] = "/tmp/cofferdam-tree-XXXXXX";
	if (mkdtemp(template) == NULL) {
		return -1;
	}
	*state = realpath(template, NULL);
	return 0;
}

int tree_tear_down(void **state) {
	char *tree = *state;
	int tmp_fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int removed = beneath_remove(tmp_fd, strrchr(tree, '/') + 1, 16) ? 0 : -1;
	close(tmp_fd);
	while (paths_len > 0) {
		free(paths[--paths_len]);
	}
	free(tree);
	return removed;
}

const char *tree_path(const char *tree, const char *path) {
	assert_true(paths_len < PATHS_MAX);
	paths[paths_len] = xasprintf("%s/%s", tree, path);
	return paths[paths_len++];
}

static void make_parents(const char *tree, const char *path) {
	char *whole = xasprintf("%s/%s", tree, path);
	for (char *slash = strchr(whole + strlen(tree) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(whole, 0700);
		*slash = '/';
	}
	free(whole);
}

static void check(int result, const char *path) {
	if (result != 0) {
		fail_msg("%s: %s", path, strerror(errno));
	}
}

void tree_directory(const char *tree, const char *path) {
	make_parents(tree, path);
	check(mkdir(tree_path(tree, path), 0700), path);
}

void tree_file(const char *tree, const char *path, const char *content) {
	make_parents(tree, path);
	FILE *file = fopen(tree_path(tree, path), "w");
	check(file == NULL, path);
	fputs(content, file);
	fclose(file);
}

void tree_link(const char *tree, const char *path, const char *target) {
	make_parents(tree, path);
	check(symlink(target, tree_path(tree, path)), path);
}

void tree_hard_link(const char *tree, const char *path, const char *target) {
	make_parents(tree, path);
	check(link(tree_path(tree, target), tree_path(tree, path)), path);
}

void tree_fifo(const char *tree, const char *path) {
	make_parents(tree, path);
	check(mkfifo(tree_path(tree, path), 0600), path);
}

void tree_socket(const char *tree, const char *path) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	make_parents(tree, path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", tree, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(bind(fd, (struct sockaddr *)&address, sizeof(address)), path);
	close(fd);
}

mode_t tree_mode(const char *tree, const char *path) {
	struct stat status;
	return lstat(tree_path(tree, path), &status) == 0 ? status.st_mode : 0;
}

int tree_is_at(const char *tree, const char *path, int fd) {
	struct stat there, here;
	return stat(tree_path(tree, path), &there) == 0 && fstat(fd, &here) == 0 && there.st_dev == here.st_dev &&
		there.st_ino == here.st_ino;
}
