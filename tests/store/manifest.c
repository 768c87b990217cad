#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/fd.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "store/copy.h"
#include "store/manifest.h"
#include "tree.h"

#define LONG_NAME 255
#define HEAD "cofferdam-backup 1\n"
#define ONE "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b" /* the digest of "1" */

static void note(void *data, enum manifest_fault fault, const char *path) {
	static const char signs[] = { [MANIFEST_MISSING] = '-', [MANIFEST_CHANGED] = '!', [MANIFEST_ADDED] = '+',
		[MANIFEST_UNREADABLE] = '?' };
	char **notes = data, *longer = xasprintf("%s%c%s ", *notes, signs[fault], path);
	free(*notes);
	*notes = longer;
}

/* The faults in one line, "BAD" where the manifest makes no sense. The caller frees it. */
static char *check(const char *tree, uint64_t *entries) {
	char *notes = xstrdup("");
	int fd = open(tree_path(tree, "backup"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (manifest_check(fd, note, &notes, entries) < 0) {
		assert_int_equal(errno, EBADMSG);
		assert_string_equal(notes, "");
		free(notes);
		notes = xstrdup("BAD");
	}
	fd_close(&fd);
	return notes;
}

static void write_manifest(const char *tree) {
	unlink(tree_path(tree, "backup/MANIFEST"));
	int fd = open(tree_path(tree, "backup"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(manifest_write(fd));
	fd_close(&fd);
}

static void test_faults(void **state) {
	uint64_t entries;
	tree_file(*state, "backup/a", "1");
	tree_file(*state, "backup/d/with blank", "");
	tree_file(*state, "backup/d/\xc3\xa4\\", "");
	tree_link(*state, "backup/link", "../../etc");
	tree_fifo(*state, "backup/pipe");
	write_manifest(*state);
	char *notes = check(*state, &entries);
	assert_string_equal(notes, "");
	assert_int_equal(entries, 6);
	free(notes);

	tree_file(*state, "backup/a", "2");
	unlink(tree_path(*state, "backup/d/with blank"));
	unlink(tree_path(*state, "backup/link"));
	tree_link(*state, "backup/link", "../../usr");
	tree_file(*state, "backup/new\x1b", "");
	notes = check(*state, &entries);
	assert_string_equal(notes, "!a -d/with\\x20blank !link +new\\x1b ");
	free(notes);
}

/* The longest paths that copy_tree() makes, of bytes that take four each. */
static void test_long(void **state) {
	char name[LONG_NAME + 1], path[PATH_MAX] = "";
	uint64_t entries;
	memset(name, '\xff', LONG_NAME);
	name[LONG_NAME] = '\0';
	tree_directory(*state, "backup");
	int fd = open(tree_path(*state, "backup"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (strlen(path) + sizeof(name) < COPY_PATH_MAX) {
		size_t length = strlen(path);
		snprintf(path + length, sizeof(path) - length, "%s%s", length > 0 ? "/" : "", name);
		assert_int_equal(mkdirat(fd, path, 0700), 0);
	}
	fd_close(&fd);
	write_manifest(*state);
	char *notes = check(*state, &entries);
	assert_string_equal(notes, "");
	assert_int_equal(entries, (strlen(path) + 1) / sizeof(name));
	free(notes);
}

/* Whoever changes a backup can put the right digest below: what is above it has to be ours in form all the same. */
static void test_forged(void **state) {
	static const struct {
		const char *lines, *notes;
	} rows[] = {
		{ HEAD "file 1 " ONE " a\n", "" },
		{ HEAD "file 2 " ONE " a\n", "!a " },
		{ HEAD, "+a " },
		{ HEAD "directory - - A\nfile 1 " ONE " a\nspecial - - b\n", "-A -b " },
		{ "cofferdam-backup 2\nfile 1 " ONE " a\n", "BAD" },
		{ "", "BAD" },
		{ HEAD "file 1 " ONE " a", "BAD" },
		{ HEAD "file 1 " ONE " \n", "BAD" },
		{ HEAD "file 1 " ONE "\n", "BAD" },
		{ HEAD "file -1 " ONE " a\n", "BAD" },
		{ HEAD "file  " ONE " a\n", "BAD" },
		{ HEAD "file 1 - a\n", "BAD" },
		{ HEAD "device - - a\n", "BAD" },
		{ HEAD "\nfile 1 " ONE " a\n", "BAD" },
		{ HEAD "file 1 " ONE " a\nfile 1 " ONE " a\n", "BAD" }, /* twice */
		{ HEAD "file 1 " ONE " b\nfile 1 " ONE " a\n", "BAD" }, /* in another order */
		{ HEAD "file 1 " ONE " a\nend 1 " ONE "\n", "BAD" },
		/* what would steer a terminal, and bytes written otherwise than we do */
		{ HEAD "file 1 " ONE " a\ndirectory - - \x1b[2J\n", "BAD" },
		{ HEAD "file 1 " ONE " a\ndirectory - - b c\n", "BAD" },
		{ HEAD "file 1 " ONE " a\ndirectory - - b\\x1\n", "BAD" },
		{ HEAD "file 1 " ONE " a\ndirectory - - b\\x 1\n", "BAD" },
		{ HEAD "file 1 " ONE " a\ndirectory - - b\\x1B\n", "BAD" },
		{ HEAD "file 1 " ONE " \\x61\n", "BAD" },
		{ HEAD "file 1 " ONE " a\ndirectory - - b\\x1b\n", "-b\\x1b " },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char digest[SHA256_HEX_SIZE];
		struct sha256 hash;
		uint64_t lines = 0, entries;
		for (const char *c = rows[i].lines; *c != '\0'; c++) {
			lines += *c == '\n';
		}
		sha256_init(&hash);
		sha256_add(&hash, rows[i].lines, strlen(rows[i].lines));
		sha256_finish(&hash, digest);
		char *text = xasprintf("%send %" PRIu64 " %s\n", rows[i].lines, lines > 0 ? lines - 1 : 0, digest);
		tree_file(*state, "backup/a", "1");
		tree_file(*state, "backup/MANIFEST", text);
		char *notes = check(*state, &entries);
		if (strcmp(notes, rows[i].notes) != 0) {
			fail_msg("row %zu: %s", i, notes);
		}
		free(notes);
		free(text);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_faults, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_long, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_forged, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
