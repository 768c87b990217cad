#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/config/text.h"

#define PATH "files: expected a path such as /srv/x or ~/x, without '.', '..' or a slash at its end, not "
#define HOLDS_HOME " would hand over the whole home: expected a file or directory in it"
#define PLACE ": expected another place"

static void test_files(void **state) {
	static const struct text_case rows[] = {
		{ "files ~/Documents", 0, NULL },
		{ "files ~/Documents/work rw", 0, NULL },
		{ "files /srv/a ro", 0, NULL },
		{ "files '/srv/a b'", 0, NULL },
		{ "files ~/..a/b..", 0, NULL },
		{ "files ~/.configuration", 0, NULL },
		{ "files ~/.config/foot", 0, NULL },
		{ "files /run/media/stick", 0, NULL },
		{ "files", 0, "files: expected at least 1 parameter (PATH [ro|rw]), not 0" },
		{ "files ~/a rx", 0, "files: expected ro or rw, not 'rx'" },
		{ "files ~/a ro rw", 0, "files: expected at most 2 parameters (PATH [ro|rw]), not 3" },
		{ "files ''", 0, PATH "''" },
		{ "files a", 0, PATH "'a'" },
		{ "files ~", 0, PATH "'~'" },
		{ "files ~/", 0, PATH "'~/'" },
		{ "files ~root/a", 0, PATH "'~root/a'" },
		{ "files /", 0, PATH "'/'" },
		{ "files //a", 0, PATH "'//a'" },
		{ "files /a/", 0, PATH "'/a/'" },
		{ "files /a//b", 0, PATH "'/a//b'" },
		{ "files /a/./b", 0, PATH "'/a/./b'" },
		{ "files /a/..", 0, PATH "'/a/..'" },
		{ "files ~/../b", 0, PATH "'~/../b'" },
		{ "files /home", 0, "files: '/home'" HOLDS_HOME },
		{ "files " HOME, 0, "files: '" HOME "'" HOLDS_HOME },
		{ "files /proc", 0, "files: '/proc' would hand over every process of the host" PLACE },
		{ "files /proc/1", 0, "files: '/proc/1' would hand over every process of the host" PLACE },
		{ "files /dev/input", 0, "files: '/dev/input' would hand over the host's devices" PLACE },
		{ "files /run", 0, "files: '/run' would hand over the session's sockets" PLACE },
		{ "files /run/user/1000/x", 0, "files: '/run/user/1000/x' would hand over the session's sockets" PLACE },
		{ "files /tmp", 0, "files: '/tmp' would hand over the sockets of X servers" PLACE },
		{ "files /usr", 0, "files: '/usr' would cover the instance's own system" PLACE },
		{ "files /etc/hosts", 0, "files: '/etc/hosts' would cover the instance's own system" PLACE },
		{ "files /etcetera /usrlocal", 0, "files: expected ro or rw, not '/usrlocal'" },
		{ "files /run/dbus/socket", 0, "files: '/run/dbus/socket' would hand over the system's message bus" PLACE },
		{ "files ~/.config rw", 0, "files: '" HOME "/.config' would hand over the config" PLACE },
		{ "files ~/.config/cofferdam/config", 0,
			"files: '" HOME "/.config/cofferdam/config' would hand over the config" PLACE },
		{ "files " HOME "/.local", 0, "files: '" HOME "/.local' would hand over what other instances keep" PLACE },
		{ "files ~/.local/state/nix/profiles rw", 0,
			"files: '" HOME "/.local/state/nix/profiles' would hand over what instances start from" PLACE },
		{ "files ~/a\n\tfiles ~/b", 0, NULL },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("instance work", rows);
	text_expect(&(struct text_case){ "instance work {\n\tfiles ~/a\n\tfiles " HOME "/a rw\n}\n", 3,
		"files: '" HOME "/a' is there already: expected it once" });
}

#define PERSIST \
	"expected a path in the instance's home, such as .config/foot, without '.', '..' or a slash at either end, not "
#define APART ": expected paths apart from one another"

static void test_persist(void **state) {
	static const struct text_case rows[] = {
		{ "persist .config/foot .local/share/fish .a", 0, NULL },
		{ "persist-file .bash_history", 0, NULL },
		{ "persist a a-b a.b", 0, NULL },
		{ "persist", 0, "persist: expected at least 1 parameter (PATH...), not 0" },
		{ "persist ''", 0, "persist: " PERSIST "''" },
		{ "persist /a", 0, "persist: " PERSIST "'/a'" },
		{ "persist a/", 0, "persist: " PERSIST "'a/'" },
		{ "persist a//b", 0, "persist: " PERSIST "'a//b'" },
		{ "persist .", 0, "persist: " PERSIST "'.'" },
		{ "persist ./a", 0, "persist: " PERSIST "'./a'" },
		{ "persist a/./b", 0, "persist: " PERSIST "'a/./b'" },
		{ "persist ..", 0, "persist: " PERSIST "'..'" },
		{ "persist a/../../b", 0, "persist: " PERSIST "'a/../../b'" },
		{ "persist-file ~/a", 0, "persist-file: " PERSIST "'~/a'" },
		{ "persist a a", 0, "persist: 'a' and 'a' overlap" APART },
		{ "persist a a/b", 0, "persist: 'a/b' and 'a' overlap" APART },
		{ "persist a/b a", 0, "persist: 'a' and 'a/b' overlap" APART },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("instance work", rows);
	text_expect(&(struct text_case){
		"instance work {\n\tpersist a\n\tpersist-file a/b\n}\n", 3, "persist-file: 'a/b' and 'a' overlap" APART });
}

static void test_root(void **state) {
	static const struct text_case rows[] = {
		{ "root host", 0, NULL },
		{ "root /srv/root", 0, NULL },
		{ "root closure /srv/root", 0, NULL },
		{ "root closure ~/root", 0, NULL },
		{ "root closure root", 0,
			"root: expected closure and a path such as /srv/x or ~/x, without '.', '..' or a slash at its end, not 'root'" },
		{ "root host /srv/root", 0,
			"root: expected host, a path, or closure and a path, not two words with 'host' first" },
		{ "root closure", 0,
			"root: expected host, closure and a path, or a path such as /srv/x or ~/x, without '.', '..' or a slash at "
			"its end, not 'closure'" },
		{ "root guest", 0,
			"root: expected host, closure and a path, or a path such as /srv/x or ~/x, without '.', '..' or a slash at its end, not 'guest'" },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("instance work", rows);
}

static void test_kernel(void **state) {
	static const struct text_case rows[] = {
		{ "kernel /boot/vmlinuz-6.1", 0, NULL },
		{ "kernel ~/linux/bzImage ~/linux/lib/modules/6.1", 0, NULL },
		{ "kernel auto", 0,
			"kernel: expected the path of a kernel such as /srv/x or ~/x, without '.', '..' or a slash at its end, not "
			"'auto'" },
		{ "kernel /boot/vmlinuz-6.1 ../6.1", 0,
			"kernel: expected the directory of its modules such as /srv/x or ~/x, without '.', '..' or a slash at its "
			"end, not '../6.1'" },
		{ "kernel /a /b /c", 0, "kernel: expected at most 2 parameters (PATH [MODULES]), not 3" },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("instance work", rows);
}

static void test_lengths(void **state) {
	static const struct {
		size_t name; /* the length of each component */
		size_t count;
		bool good;
	} rows[] = {
		{ 255, 1, true },
		{ 256, 1, false },
		{ 249, 4, true }, /* with slashes and HOME, 1023 bytes at most */
		{ 255, 4, false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *path = xstrdup("");
		for (size_t k = 0; k < rows[i].count; k++) {
			char name[257] = "";
			memset(name, 'a', rows[i].name);
			char *longer = xasprintf("%s/%s", path, name);
			free(path);
			path = longer;
		}
		char *text = xasprintf("instance a {\n\tfiles ~%s\n\tpersist %s\n}\n", path, path + 1);
		struct config_errors errors = { 0 };
		struct config *config = config_parse(text, strlen(text), HOME, &errors);
		assert_int_equal(config != NULL, rows[i].good);
		config_destroy(config);
		config_errors_finish(&errors);
		free(text);
		free(path);
	}
}

static void test_home(void **state) {
	static const struct {
		const char *home, *path;
	} rows[] = {
		{ "/home/u", "/home/u/a/b" },
		{ "/home/u/", "/home/u/a/b" },
		{ "/", "/a/b" },
		{ NULL, "~/a/b" },
		{ "", "~/a/b" },
		{ "relative", "~/a/b" },
	};
	static const char text[] = "instance w {\n\tfiles ~/a/b rw\n\troot ~/a/b\n}\n";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config_errors errors = { 0 };
		struct config *config = config_parse(text, strlen(text), rows[i].home, &errors);
		assert_non_null(config);
		assert_string_equal(config->instances[0].files[0].path, rows[i].path);
		assert_true(config->instances[0].files[0].writable);
		assert_string_equal(config->instances[0].root, rows[i].path);
		config_destroy(config);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_persist),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_home),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
