#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "base/memory.h"
#include "ctl/desktop.h"

#define HEAD "[Desktop Entry]\nType=Application\n"
#define FOOT HEAD "Name=Foot\nIcon=foot\n"

/* What comes out, words with '|' between; NULL for nothing. */
static void expect(const char *text, const char *locale, const char *name, const char *command) {
	struct desktop_entry entry;
	bool parsed = desktop_parse(text, strlen(text), locale, &entry);
	if (parsed != (command != NULL)) {
		fail_msg("%s: %s", text, parsed ? "was taken" : "was refused");
	}
	if (!parsed) {
		assert_null(entry.words);
		return;
	}
	char *joined = xstrdup("");
	for (size_t i = 0; i < entry.words_len; i++) {
		char *longer = xasprintf("%s%s%s", joined, i > 0 ? "|" : "", entry.words[i]);
		free(joined);
		joined = longer;
	}
	assert_string_equal(joined, command);
	assert_string_equal(entry.name, name);
	assert_null(entry.words[entry.words_len]);
	free(joined);
	desktop_finish(&entry);
}

static void test_commands(void **state) {
	static const struct {
		const char *exec, *command;
	} rows[] = {
		{ "foot", "foot" },
		{ "foot --server", "foot|--server" },
		{ "  foot   -e  top ", "foot|-e|top" },
		{ "foot %U", "foot" },
		{ "foot --open=%u x", "foot|--open=|x" },
		{ "foot %f %F %u %k", "foot" },
		{ "foot %i", "foot|--icon|foot" },
		{ "foot -T %c", "foot|-T|Foot" },
		{ "foot 100%%", "foot|100%" },
		{ "\"/opt/a b/foot\" x", "/opt/a b/foot|x" },
		{ "foot \"a \\\\\\\\ \\\\\"b\\\\$c\"", "foot|a \\ \"b$c" },
		{ "sh -c 'a b \"c\"'", "sh|-c|a b \"c\"" },
		{ "foot \"\"", "foot|" },
		{ "foot a\\sb", "foot|a|b" },
		{ "foot $HOME;id|&<>~*`x`", "foot|$HOME;id|&<>~*`x`" },
		{ "foot a\"b c\"d", "foot|ab cd" },
		{ "foot \\", "foot|\\" },
		{ "foot a\\x", "foot|ax" },
		{ "foot \"a\\", NULL },
		{ "foot %x", NULL },
		{ "foot %", NULL },
		{ "foot \"open", NULL },
		{ "foot 'open", NULL },
		{ "foot a\\nb", NULL },
		{ "foot \x80", NULL },
		{ "foot \x1b[1m", NULL },
		{ "", NULL },
		{ "%U", NULL },
		{ "\"\"", NULL },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = xasprintf(FOOT "Exec=%s\n", rows[i].exec);
		expect(text, NULL, "Foot", rows[i].command);
		free(text);
	}
}

static void test_shown(void **state) {
	static const struct {
		const char *text;
		bool shown;
	} rows[] = {
		{ FOOT "Exec=foot\n", true },
		{ FOOT "Exec=foot", true },
		{ "\n# comment\n" FOOT "Exec = foot\r\n", true },
		{ FOOT "Exec=foot\nHidden=false\nNoDisplay=false\n", true },
		{ FOOT "Exec=foot\n[Desktop Action new]\nExec=%x\nNoDisplay=true\n", true },
		{ FOOT "Exec=foot\nExec=%x\n", true }, /* the first counts */
		{ FOOT "Exec=foot\nNoDisplay=true\n", false },
		{ FOOT "Exec=foot\nHidden=true\n", false },
		{ FOOT "Exec=foot\nOnlyShowIn=GNOME;\n", false },
		{ FOOT, false },
		{ HEAD "Exec=foot\n", false },
		{ HEAD "Name=\nExec=foot\n", false },
		{ HEAD "Name=a\x1b]0;b\nExec=foot\n", false },
		{ HEAD "Name=a\\nb\nExec=foot\n", false },
		{ "[Desktop Entry]\nType=Link\nName=a\nExec=foot\n", false },
		{ "[Desktop Entry]\nName=a\nExec=foot\n", false },
		{ "[Other]\nType=Application\nName=a\nExec=foot\n", false },
		{ "Type=Application\n[Desktop Entry]\nName=a\nExec=foot\n", false },
		{ FOOT "Exec=foot\nno equals sign\n", false },
		{ "", false },
		{ "[", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect(rows[i].text, NULL, "Foot", rows[i].shown ? "foot" : NULL);
	}
}

static void test_languages(void **state) {
	static const char text[] = HEAD "Exec=x\nName[de]=de\nName=none\nName[de_CH]=de_CH\nName[de@mod]=de@mod\n"
									"Name[de_CH@mod]=de_CH@mod\nName[]=empty\nName[=open\nNames=other\n";
	static const struct {
		const char *locale, *name;
	} rows[] = {
		{ NULL, "none" },
		{ "", "none" },
		{ "C", "none" },
		{ "de", "de" },
		{ "de_AT.UTF-8", "de" },
		{ "de_CH.UTF-8", "de_CH" },
		{ "de_CH.UTF-8@mod", "de_CH@mod" },
		{ "de_AT@mod", "de@mod" },
		{ "de_CH@other", "de_CH" },
		{ "d", "none" },
		{ "deu", "none" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect(text, rows[i].locale, rows[i].name, "x");
	}
}

static void test_limits(void **state) {
	char *text = xstrdup(FOOT "Exec=foot");
	for (size_t i = 0; i < DESKTOP_WORDS_MAX; i++) {
		char *longer = xasprintf("%s x", text);
		free(text);
		text = longer;
	}
	expect(text, NULL, "Foot", NULL);
	free(text);
	struct desktop_entry entry;
	char *large = xcalloc(DESKTOP_SIZE_MAX + 1, 1);
	memset(large, '\n', DESKTOP_SIZE_MAX + 1);
	memcpy(large, FOOT "Exec=foot\n", strlen(FOOT "Exec=foot\n"));
	assert_false(desktop_parse(large, DESKTOP_SIZE_MAX + 1, NULL, &entry));
	assert_true(desktop_parse(large, DESKTOP_SIZE_MAX, NULL, &entry));
	assert_false(entry.terminal);
	desktop_finish(&entry);
	free(large);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
