#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/fd.h"
#include "store/aside.h"
#include "tree.h"

static struct config_persist paths[] = {
	{ .path = (char *)".config/app", .is_file = false },
	{ .path = (char *)"notes", .is_file = true },
	{ .path = (char *)".config", .is_file = false },
};

static const struct config_instance narrow = { .name = (char *)"work", .persist = paths, .persist_len = 2 };
static const struct config_instance wide = { .name = (char *)"work", .persist = paths, .persist_len = 3 };

static int open_instance(const char *tree) {
	int fd = open(tree_path(tree, "work"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static const struct holding *find(const struct holdings *holdings, enum holding_kind kind, const char *path) {
	for (size_t i = 0; i < holdings->len; i++) {
		if (holdings->list[i].kind == kind && strcmp(holdings->list[i].untrusted_path, path) == 0) {
			return &holdings->list[i];
		}
	}
	return NULL;
}

static void make(const char *tree) {
	tree_file(tree, "work/home/.config/app/rc", "12345");
	tree_file(tree, "work/home/.config/other/rc", "123");
	tree_file(tree, "work/home/.local/share/x", "1");
	tree_file(tree, "outside/secret", "secret");
	tree_link(tree, "work/home/link", "../../outside");
	tree_fifo(tree, "work/home/.config/fifo");
	tree_directory(tree, "work/home/empty");
	/* Modes that an ordinary user could not move a directory with. */
	assert_int_equal(chmod(tree_path(tree, "work/home/.local"), 0100), 0);
}

static void test_tidy(void **state) {
	const char *tree = *state;
	struct holdings holdings;
	char reason[512] = "";
	size_t moved;
	make(tree);
	int fd = open_instance(tree);

	/* What is declared as a whole is one thing. */
	holdings_list(fd, &wide, &holdings);
	assert_non_null(find(&holdings, HOLDING_DECLARED, ".config"));
	assert_int_equal(find(&holdings, HOLDING_DECLARED, ".config")->size.bytes, 8);
	assert_null(find(&holdings, HOLDING_UNDECLARED, ".config/other"));
	holdings_finish(&holdings);

	holdings_list(fd, &narrow, &holdings);
	assert_int_equal(holdings.len, 7);
	assert_int_equal(find(&holdings, HOLDING_DECLARED, ".config/app")->size.bytes, 5);
	assert_false(find(&holdings, HOLDING_DECLARED, "notes")->exists);
	assert_int_equal(find(&holdings, HOLDING_UNDECLARED, ".config/other")->size.bytes, 3);
	assert_int_equal(find(&holdings, HOLDING_UNDECLARED, ".local")->size.bytes, 1);
	assert_int_equal(find(&holdings, HOLDING_UNDECLARED, "link")->size.bytes, 0);
	assert_non_null(find(&holdings, HOLDING_UNDECLARED, ".config/fifo"));
	assert_non_null(find(&holdings, HOLDING_UNDECLARED, "empty"));
	holdings_finish(&holdings);

	assert_true(aside_tidy(fd, &narrow, &moved, reason, sizeof(reason)));
	assert_int_equal(moved, 4); /* the empty directory is no more */
	assert_int_equal(tree_mode(tree, "work/home/.config/app/rc") & S_IFMT, S_IFREG);
	assert_int_equal(tree_mode(tree, "work/home/.config/other"), 0);
	assert_int_equal(tree_mode(tree, "work/home/empty"), 0);
	assert_int_equal(tree_mode(tree, "outside/secret") & S_IFMT, S_IFREG);
	holdings_list(fd, &narrow, &holdings);
	assert_int_equal(holdings.len, 5);
	const struct holding *other = find(&holdings, HOLDING_ASIDE, ".config");
	assert_int_equal(other->size.bytes, 3);
	assert_int_equal(find(&holdings, HOLDING_ASIDE, ".local")->size.bytes, 1);
	char path[128];
	snprintf(path, sizeof(path), "work/aside/%s/.config/other/rc", other->date);
	assert_int_equal(tree_mode(tree, path) & S_IFMT, S_IFREG);
	snprintf(path, sizeof(path), "work/aside/%s/.local", other->date);
	assert_int_equal(tree_mode(tree, path), S_IFDIR | 0100);
	assert_int_equal(chmod(tree_path(tree, path), 0700), 0);
	holdings_finish(&holdings);

	/* Nothing more to do, and the same name again lies beside the first. */
	assert_true(aside_tidy(fd, &narrow, &moved, reason, sizeof(reason)));
	assert_int_equal(moved, 0);
	tree_file(tree, "work/home/.local/share/x", "22");
	assert_true(aside_tidy(fd, &narrow, &moved, reason, sizeof(reason)));
	assert_int_equal(moved, 1);
	holdings_list(fd, &narrow, &holdings);
	assert_int_equal(holdings.len, 6);
	holdings_finish(&holdings);
	fd_close(&fd);
}

static void test_nothing_declared(void **state) {
	struct holdings holdings;
	make(*state);
	int fd = open_instance(*state);
	holdings_list(fd, NULL, &holdings);
	assert_int_equal(holdings.len, 4);
	assert_non_null(find(&holdings, HOLDING_UNDECLARED, ".config"));
	holdings_finish(&holdings);
	assert_int_equal(chmod(tree_path(*state, "work/home/.local"), 0700), 0);
	holdings_list(-1, &narrow, &holdings);
	assert_int_equal(holdings.len, 2);
	assert_false(holdings.list[0].exists);
	holdings_finish(&holdings);
	fd_close(&fd);
}

/* A way to something declared that is a link is left for store_open() to refuse, and not gone through. */
static void test_link_on_the_way(void **state) {
	const char *tree = *state;
	char reason[512] = "";
	size_t moved;
	tree_file(tree, "outside/other", "secret");
	tree_directory(tree, "work/home");
	tree_link(tree, "work/home/.config", "../../outside");
	int fd = open_instance(tree);
	assert_true(aside_tidy(fd, &narrow, &moved, reason, sizeof(reason)));
	assert_int_equal(moved, 0);
	assert_int_equal(tree_mode(tree, "outside/other") & S_IFMT, S_IFREG);
	assert_int_equal(unlink(tree_path(tree, "work/home/.config")), 0);
	assert_int_equal(rmdir(tree_path(tree, "work/home")), 0);
	tree_link(tree, "work/home", "../outside");
	assert_false(aside_tidy(fd, &narrow, &moved, reason, sizeof(reason)));
	assert_true(reason[0] != '\0');
	assert_int_equal(tree_mode(tree, "outside/other") & S_IFMT, S_IFREG);
	fd_close(&fd);
}

static void test_return(void **state) {
	const char *tree = *state, *date = "2026-01-02_030405";
	tree_file(tree, "work/aside/2026-01-02_030405/.config/app/rc", "12345");
	tree_file(tree, "work/aside/2026-01-02_030405/notes", "remember");
	tree_file(tree, "outside/x", "secret");
	tree_file(tree, "work/home/notes", "");
	tree_directory(tree, "work/home/.config/app/inner");
	int fd = open_instance(tree);
	assert_false(aside_return(fd, date, ".config/app"));
	assert_int_equal(errno, EEXIST); /* one that has something in it */
	assert_int_equal(rmdir(tree_path(tree, "work/home/.config/app/inner")), 0);
	assert_true(aside_return(fd, date, ".config/app"));
	assert_int_equal(tree_mode(tree, "work/home/.config/app/rc") & S_IFMT, S_IFREG);
	assert_int_equal(tree_mode(tree, "work/aside/2026-01-02_030405/.config"), 0);
	assert_true(aside_return(fd, date, "notes"));
	assert_int_equal(tree_mode(tree, "work/aside/2026-01-02_030405"), 0);
	assert_int_equal(tree_mode(tree, "work/aside") & S_IFMT, S_IFDIR);

	/* Links are gone through in neither place. */
	tree_file(tree, "work/aside/2026-01-02_030405/a/b", "1");
	tree_link(tree, "work/home/a", "../../outside");
	assert_false(aside_return(fd, date, "a/b"));
	assert_int_equal(tree_mode(tree, "outside/b"), 0);
	tree_link(tree, "work/aside/2026-01-02_030405/way", "../../../outside");
	assert_false(aside_return(fd, date, "way/x"));
	assert_int_equal(tree_mode(tree, "outside/x") & S_IFMT, S_IFREG);
	tree_link(tree, "work/home/b", "nowhere");
	tree_file(tree, "work/aside/2026-01-02_030405/b", "1");
	assert_false(aside_return(fd, date, "b"));
	assert_int_equal(errno, EEXIST);
	fd_close(&fd);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tidy, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_declared, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_return, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_link_on_the_way, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
