#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/fd.h"
#include "instances/runtime.h"
#include "tree.h"

static bool can_connect(const char *path) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	fd_close(&fd);
	return connected;
}

static void test_life(void **state) {
	const char *tree = *state;
	char reason[512];
	struct runtime *runtime = runtime_create(tree, reason, sizeof(reason));
	assert_non_null(runtime);
	assert_string_equal(runtime_get_path(runtime), tree_path(tree, "cofferdam"));
	assert_int_equal(tree_mode(tree, "cofferdam"), S_IFDIR | 0700);
	struct runtime_directory *directory = runtime_open(runtime, "instances/work");
	assert_string_equal(runtime_directory_get_path(directory), tree_path(tree, "cofferdam/instances/work"));
	int fd = runtime_listen(runtime, directory, "wayland-0", SOCK_STREAM);
	assert_true(fd >= 0);
	assert_int_equal(tree_mode(tree, "cofferdam/instances/work/wayland-0"), S_IFSOCK | 0600);
	assert_int_equal(tree_mode(tree, "cofferdam/instances/work"), S_IFDIR | 0700);
	assert_true(can_connect(tree_path(tree, "cofferdam/instances/work/wayland-0")));

	/* One session at a time; being refused leaves the other's things alone. */
	assert_null(runtime_create(tree, reason, sizeof(reason)));
	assert_non_null(strstr(reason, "another cofferdam is running"));
	assert_true(can_connect(tree_path(tree, "cofferdam/instances/work/wayland-0")));

	fd_close(&fd);
	runtime_remove(directory);
	assert_int_equal(tree_mode(tree, "cofferdam/instances/work"), 0);
	runtime_destroy(runtime);
	assert_int_equal(tree_mode(tree, "cofferdam"), 0);
	runtime = runtime_create(tree, reason, sizeof(reason));
	assert_non_null(runtime);
	runtime_destroy(runtime);
}

static void test_leftovers(void **state) {
	const char *tree = *state;
	char reason[512];
	tree_socket(tree, "cofferdam/control");
	tree_socket(tree, "cofferdam/shell/wayland-0");
	tree_socket(tree, "cofferdam/instances/work/wayland-0");
	tree_file(tree, "cofferdam/instances/work/log", "old");
	struct runtime *runtime = runtime_create(tree, reason, sizeof(reason));
	assert_non_null(runtime);
	assert_int_equal(tree_mode(tree, "cofferdam/control"), 0);
	assert_int_equal(tree_mode(tree, "cofferdam/shell"), 0);
	assert_int_equal(tree_mode(tree, "cofferdam/instances"), 0);
	runtime_destroy(runtime);
}

static void test_refused(void **state) {
	const char *tree = *state;
	char reason[512];
	assert_null(runtime_create(NULL, reason, sizeof(reason)));
	assert_non_null(strstr(reason, "XDG_RUNTIME_DIR is not set"));
	assert_null(runtime_create("run", reason, sizeof(reason)));
	assert_null(runtime_create(tree_path(tree, "missing"), reason, sizeof(reason)));
	tree_directory(tree, "open");
	assert_int_equal(chmod(tree_path(tree, "open"), 0777), 0);
	assert_null(runtime_create(tree_path(tree, "open"), reason, sizeof(reason)));
	assert_non_null(strstr(reason, "only you can write to"));
	/* A link in its place leads nowhere. */
	tree_directory(tree, "elsewhere/instances");
	tree_link(tree, "run/cofferdam", "../elsewhere");
	assert_null(runtime_create(tree_path(tree, "run"), reason, sizeof(reason)));
	assert_true(S_ISDIR(tree_mode(tree, "elsewhere/instances")));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_leftovers, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_refused, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
