/*
 * The list of store paths in an instance's root. The input is a store as tree.h has it, ROOT in it the root, a line
 * "-", and the list, in which "@" stands for the store's path. What is taken is right in that store, there, in order
 * and once; of what stands elsewhere inside, all comes from the root, and nothing takes the place of what we make
 * ourselves.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "instances/closure.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tree.h"

#define LEFT_MAX 24
#define ROOT "0123456789abcdfghijklmnpqrsvwxyz-root"

/* A store cannot be below /dev. */
int LLVMFuzzerInitialize(int *argc, char ***argv) {
	tree_begin_in("/tmp");
	return 0;
}

static void write_list(int store_fd, const char *text, size_t length) {
	int fd = beneath_open(store_fd, ROOT "/store-paths", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (file == NULL) {
		return; /* the tree has something there */
	}
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '@') {
			fprintf(file, "%s/store", tree_place());
		} else {
			fputc(text[i], file);
		}
	}
	FUZZ_CHECK(fclose(file) == 0);
}

static void check_path(const struct plan_store_path *path, const char *store) {
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?=";
	const char *name = path->path + strlen(store) + 1;
	struct stat status;
	FUZZ_CHECK(strncmp(path->path, store, strlen(store)) == 0 && name[-1] == '/');
	FUZZ_CHECK(strlen(name) > 33 && name[32] == '-' && name[strspn(name, letters)] == '\0');
	FUZZ_CHECK(lstat(path->path, &status) == 0 && S_ISLNK(status.st_mode) == (path->link_target != NULL));
}

static void check_link(const struct plan_closure_link *link, const char *root) {
	static const char *const ours[] = { "/etc/passwd", "/etc/group", "/etc/hosts", "/etc/resolv.conf", "/etc/machine-id",
		"/etc/hostname", "/etc/localtime", "/etc/nsswitch.conf" };
	FUZZ_CHECK(strncmp(link->target, root, strlen(root)) == 0 && link->target[strlen(root)] == '/');
	FUZZ_CHECK(strstr(link->target, "/../") == NULL);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		FUZZ_CHECK(strcmp(link->path, ours[i]) != 0);
	}
	bool is_etc = strncmp(link->path, "/etc/", 5) == 0 && strchr(link->path + 5, '/') == NULL;
	FUZZ_CHECK(is_etc || strcmp(link->path, "/bin/sh") == 0 || strcmp(link->path, "/usr/bin/env") == 0 ||
		strcmp(link->path, "/run/opengl-driver") == 0);
}

static void check_closure(const struct plan_closure *closure, const char *store, const char *root) {
	bool has_root = false;
	FUZZ_CHECK(strcmp(closure->root, root) == 0 && closure->paths_len <= CLOSURE_PATHS_MAX);
	for (size_t i = 0; i < closure->paths_len; i++) {
		check_path(&closure->paths[i], store);
		FUZZ_CHECK(i == 0 || strcmp(closure->paths[i - 1].path, closure->paths[i].path) < 0);
		has_root = has_root || strcmp(closure->paths[i].path, root) == 0;
	}
	FUZZ_CHECK(has_root);
	for (size_t i = 0; i < closure->links_len; i++) {
		check_link(&closure->links[i], root);
	}
	FUZZ_CHECK(closure->shell == NULL || strncmp(closure->shell, root, strlen(root)) == 0);
}

/* Every line of the list that was taken is there. */
static void check_lines(const struct plan_closure *closure, const char *root) {
	char *path = xasprintf("%s/store-paths", root);
	size_t length;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = fd_read_all(fd, 1024 * 1024, &length), *rest = text;
	FUZZ_CHECK(text != NULL && strlen(text) == length);
	while (*rest != '\0') {
		const char *line = tree_next_line(&rest);
		bool found = line[0] == '\0';
		for (size_t i = 0; i < closure->paths_len && !found; i++) {
			found = strcmp(closure->paths[i].path, line) == 0;
		}
		FUZZ_CHECK(found);
	}
	free(text);
	fd_close(&fd);
	free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *text = xcalloc(size + 1, 1), *rest = text;
	if (size > 0) {
		memcpy(text, data, size);
	}
	char *store = xasprintf("%s/store", tree_place()), *root = xasprintf("%s/" ROOT, store), reason[512] = "";
	int place_fd = tree_open(), store_fd = beneath_open_directory(place_fd, "store");
	tree_leave(store_fd, &rest, LEFT_MAX);
	write_list(store_fd, rest, size - (size_t)(rest - text));
	struct plan_closure *closure = closure_open(root, reason, sizeof(reason));
	FUZZ_CHECK((closure == NULL) == (reason[0] != '\0'));
	/* A root that is a link is another one, and its own matter. */
	struct stat status;
	if (closure != NULL && lstat(root, &status) == 0 && S_ISDIR(status.st_mode)) {
		check_closure(closure, store, root);
		check_lines(closure, root);
	}
	closure_destroy(closure);
	fd_close(&store_fd);
	fd_close(&place_fd);
	tree_remove("store");
	free(root);
	free(store);
	free(text);
	return 0;
}
