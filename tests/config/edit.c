#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "config/edit.h"
#include "text.h"

/* As `coffer state keep` does it with a config that includes no other. */
static char *edit(const char *before, const char *path, bool is_file, char *reason, size_t size) {
	struct config_errors errors = { 0 };
	struct config *old = config_parse(before, strlen(before), HOME, &errors), *new = NULL;
	char *text = old != NULL ? config_edit_insert(before, strlen(before), "work", path, is_file, reason, size) : NULL;
	if (text != NULL) {
		new = config_parse(text, strlen(text), HOME, &errors);
	}
	if (text != NULL && (new == NULL || !config_edit_is_right(old, new, "work", path, is_file))) {
		free(text);
		text = NULL;
	}
	if (text == NULL && reason[0] == '\0') {
		snprintf(reason, size, "it would be wrong");
	}
	config_destroy(new);
	config_destroy(old);
	config_errors_finish(&errors);
	return text;
}

static void test_edits(void **state) {
	static const struct {
		const char *before, *path, *after;
		bool is_file;
	} rows[] = {
		{ "instance work {\n}\n", "a", "instance work {\n\tpersist a\n}\n", false },
		{ "instance work {\n}\n", "a", "instance work {\n\tpersist-file a\n}\n", true },
		{ "instance work {\n  persist x # y\n}\n", "a", NULL, false }, /* bad before */
		{ "instance work {\n    persist x\n}\n", "a/b", "instance work {\n    persist x\n    persist a/b\n}\n", false },
		{ "# instance work {\ninstance other {\n}\ninstance work { # the word\n}\n", "a", NULL, false },
		{ "# instance work {\n\ninstance other {\n\tpersist a\n}\n\ninstance work {\n\t# keep } this {\n\tcolor \"#010203\"\n\n}\n# end\n",
			"a",
			"# instance work {\n\ninstance other {\n\tpersist a\n}\n\ninstance work {\n\t# keep } this {\n\tcolor "
			"\"#010203\"\n\n\tpersist a\n}\n# end\n",
			false },
		{ "instance work { persist x; }\ninstance b { }\n", "a", "instance work { persist x; persist a; }\ninstance b { }\n", false },
		{ "instance work { persist x }\n", "a", "instance work { persist x; persist a; }\n", false },
		{ "instance work { }\n", "a", "instance work { persist a; }\n", false },
		{ "instance b { }; instance work { };\n", "a", NULL, false },
		{ "instance \"work\" {\n\tapp x sh -c \"}\"\n\tapp y '{'\n}\n", "a",
			"instance \"work\" {\n\tapp x sh -c \"}\"\n\tapp y '{'\n\tpersist a\n}\n", false },
		{ "instance work {\n}\n", "with blank \"and\" \\", "instance work {\n\tpersist \"with blank \\\"and\\\" \\\\\"\n}\n", false },
		{ "instance work {\n}\n", "a;", "instance work {\n\tpersist \"a;\"\n}\n", false },
		{ "instance work {\n}\n", "\xc3\xa4", "instance work {\n\tpersist \"\xc3\xa4\"\n}\n", false },
		{ "instance work {\n}\n", "a\nb", NULL, false },
		{ "instance work {\n}\n", "\x1b[m", NULL, false },
		{ "instance work {\n}\n", "../a", NULL, false },
		{ "instance work {\n\tpersist a\n}\n", "a", NULL, false },
		{ "instance other {\n}\n", "a", NULL, false },
		{ "nonsense\n", "a", NULL, false },
		{ "instance work {\n}", "a", "instance work {\n\tpersist a\n}", false },
		{ "\tinstance work {\n\t}\n", "a", "\tinstance work {\n\t\tpersist a\n\t}\n", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char reason[256] = "";
		char *text = edit(rows[i].before, rows[i].path, rows[i].is_file, reason, sizeof(reason));
		if (rows[i].after == NULL) {
			if (text != NULL) {
				/* What can be done is done right: the new text is a good config with the path in the right block. */
				struct config *config = text_parse(text);
				const struct config_instance *work = config_find_instance(config, "work");
				assert_string_equal(work->persist[work->persist_len - 1].path, rows[i].path);
				config_destroy(config);
			} else {
				assert_true(reason[0] != '\0');
			}
		} else if (text == NULL || strcmp(text, rows[i].after) != 0) {
			fail_msg("row %zu: %s%s", i, text != NULL ? text : "", reason);
		}
		free(text);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_edits) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
