#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/config/text.h"

#define MIME "type: expected a MIME type, such as image/svg+xml, not "
#define LONG_MIME \
	"x/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_clipboard(void **state) {
	static const struct text_case rows[] = {
		{ "type image/svg+xml text/html;charset=utf-8", 0, NULL },
		{ "type text", 0, MIME "'text'" },
		{ "type text/", 0, MIME "'text/'" },
		{ "type /plain", 0, MIME "'/plain'" },
		{ "type a/b/c", 0, MIME "'a/b/c'" },
		{ "type 'text/plain; charset=utf-8'", 0, MIME "'text/plain; charset=utf-8'" },
		{ "type text/é", 0, MIME "'text/é'" },
		{ "type " LONG_MIME, 0, MIME "'x/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'" },
		{ "type", 0, "type: expected at least 1 parameter (MIME...), not 0" },
		{ "type a/a a/b a/c a/d a/e a/f", 0, NULL },
		{ "type a/a a/b a/c a/d a/e a/f a/g", 0, "type: expected at most 6 parameters (MIME...), not 7" },
		{ "type a/a a/b a/c\n\ttype a/d a/e a/f", 0, NULL },
		{ "allow * *", 0, NULL },
		{ "deny * nobody", 0, "deny: expected the name of an instance of this file, not 'nobody'" },
		{ "ask nobody *", 0, "ask: expected the name of an instance of this file, not 'nobody'" },
		{ "deny a a", 0, "deny: within an instance nothing is carried: expected two instances" },
		{ "deny *", 0, "deny: expected 2 parameters (FROM TO), not 1" },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("clipboard", rows);

	static const struct text_case whole[] = {
		{ "clipboard {\n\tdeny a *\n\task a b\n\tallow b a\n}\ninstance a\ninstance b\n", 0, NULL },
		{ "clipboard {\n\tdeny a *\n\tallow a *\n}\ninstance a\n", 3,
			"allow: there is a rule for this pair on line 2: expected one" },
		{ "clipboard {\n\ttype a/a a/b a/c a/d a/e\n\ttype a/f a/g\n}\n", 3, "type: expected at most 6 of them" },
		{ NULL, 0, NULL },
	};
	text_expect_all(whole);
}

#define NAME "expected a name of 1 to 31 lower-case letters, digits and hyphens, the first a letter, not "

static void test_instance(void **state) {
	static const struct text_case rows[] = {
		{ "allow gpu pointer-lock", 0, NULL },
		{ "allow gpu gpu", 0, NULL },
		{ "allow everything", 0,
			"allow: expected gpu, xdg-output, pointer-lock or idle-inhibit, not 'everything'" },
		{ "allow gpu tablet", 0,
			"allow: 'tablet' is not in this version: expected gpu, xdg-output, pointer-lock or idle-inhibit" },
		{ "app term foot", 0, NULL },
		{ "app a-1 foot -e sh", 0, NULL },
		{ "app Term foot", 0, "app: " NAME "'Term'" },
		{ "app te/rm foot", 0, "app: " NAME "'te/rm'" },
		{ "app '' foot", 0, "app: " NAME "''" },
		{ "app term", 0, "app: expected at least 2 parameters (NAME COMMAND...), not 1" },
		{ "app term ''", 0, "app: expected a command, not an empty word" },
		{ "env A=1 _b2=x=y C=", 0, NULL },
		{ "env 'A=b c'", 0, NULL },
		{ "env A", 0, "env: expected NAME=VALUE, not 'A'" },
		{ "env =1", 0, "env: expected NAME=VALUE, not '=1'" },
		{ "env 1A=1", 0, "env: expected NAME=VALUE, not '1A=1'" },
		{ "env A-B=1", 0, "env: expected NAME=VALUE, not 'A-B=1'" },
		{ "env ''", 0, "env: expected NAME=VALUE, not ''" },
		{ "env A=1 A=2", 0, "env: 'A=2' is there already: expected it once" },
		{ "env A=1 AB=2", 0, NULL },
		{ "env WAYLAND_DISPLAY=x", 0, "env: WAYLAND_DISPLAY is set by cofferdam: expected another variable" },
		{ "env HOME=/", 0, "env: HOME is set by cofferdam: expected another variable" },
		{ "env HOMES=/", 0, NULL },
		{ "start term", 0, "start: expected the name of an app of instance work, not 'term'" },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("instance work", rows);

	static const struct text_case whole[] = {
		{ "instance a {\n\tstart t t\n\tapp t x\n}\n", 0, NULL },
		{ "instance a {\n\tapp t x\n\tapp t y\n}\n", 3, "app: 't' is already on line 2: expected another name" },
		{ "instance a {\n\tapp t x\n}\ninstance b {\n\tapp t x\n}\n", 0, NULL },
		{ "instance a {\n\tapp t x\n}\ninstance b {\n\tstart t\n}\n", 5,
			"start: expected the name of an app of instance b, not 't'" },
		{ "instance a {\n\tenv A=1\n\tenv A=2\n}\n", 3, "env: 'A=2' is there already: expected it once" },
		{ NULL, 0, NULL },
	};
	text_expect_all(whole);
}

static void test_shell(void **state) {
	static const struct text_case rows[] = {
		{ "exec waybar\n\texec mako --x", 0, NULL },
		{ "exec", 0, "exec: expected at least 1 parameter (COMMAND...), not 0" },
		{ "exec ''", 0, "exec: expected a command, not an empty word" },
		{ "exec a ''", 0, NULL },
		{ "menu fuzzel --dmenu", 0, NULL },
		{ "menu ''", 0, "menu: expected a command, not an empty word" },
		{ NULL, 0, NULL },
	};
	text_expect_in_block("shell", rows);
	text_expect(
		&(struct text_case){ "shell {\n\tmenu a\n\tmenu b\n}\n", 3, "menu: already set on line 2: expected it once" });
}

static char *many(const char *head, const char *step, size_t count, const char *tail) {
	char *text = xcalloc(strlen(head) + count * strlen(step) + strlen(tail) + 1, 1);
	strcpy(text, head);
	char *end = text + strlen(text);
	for (size_t i = 0; i < count; i++) {
		end = stpcpy(end, step);
	}
	strcpy(end, tail);
	return text;
}

/* As many as there may be, and one more. */
static void test_bounds(void **state) {
	static const struct {
		const char *head, *step, *tail;
		size_t max;
		int line;
		const char *error;
	} rows[] = {
		{ "shell {\n", "\texec a\n", "}\n", 64, 66, "exec: expected at most 64 of them" },
		{ "shell {\n\tmenu", " a", "\n}\n", 200, 2, "menu: expected at most 200 parameters (COMMAND...), not 201" },
		{ "shell {\n\tmenu x ", "0123456789abcdef", "\n}\n", 1023, 2,
			"menu: the command is too long: expected at most 200 words and 16384 bytes" },
		{ "instance a {\n\tenv A=", "0123456789abcdef", "\n}\n", 1023, 2, "env: expected at most 16384 bytes of them" },
		{ "instance a {\n\tapp t x\n", "\tstart t\n", "}\n", 64, 67, "start: expected at most 64 of them" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *full = many(rows[i].head, rows[i].step, rows[i].max, rows[i].tail);
		text_expect(&(struct text_case){ full, 0, NULL });
		free(full);
		char *over = many(rows[i].head, rows[i].step, rows[i].max + 1, rows[i].tail);
		text_expect(&(struct text_case){ over, rows[i].line, rows[i].error });
		free(over);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clipboard),
		cmocka_unit_test(test_instance),
		cmocka_unit_test(test_shell),
		cmocka_unit_test(test_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
