#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include "tests/config/text.h"

#define TOP " outside of all blocks: expected output, input, shell, clipboard, layout, bind, instance or include"
#define COMMENT "expected no '#' here: a comment stands on a line of its own"

static void test_blocks(void **state) {
	static const struct text_case rows[] = {
		{ "foo", 1, "unknown directive 'foo'" TOP },
		{ "foo {\n\tbar\n}\n", 1, "unknown directive 'foo'" TOP },
		{ "\"\" {\n}\n", 1, "unknown directive ''" TOP },
		{ "Layout {\n}\n", 1, "unknown directive 'Layout'" TOP },
		{ "gap 3", 1, "unknown directive 'gap'" TOP },
		{ "layout {\n\tgrace 3\n}\n", 2,
			"unknown directive 'grace' in the layout block: expected main-ratio, main-count, gap or font" },
		{ "shell {\n\tbind F1 quit\n}\n", 2, "unknown directive 'bind' in the shell block: expected exec or menu" },
		{ "layout\n", 0, NULL },
		{ "layout x\n", 1, "layout: expected nothing after it" },
		{ "layout {\n}\n\nlayout {\n}\n", 4, "layout: already set on line 1: expected it once" },
		{ "layout {\n\tgap 1\n\tgap 1\n}\n", 3, "gap: already set on line 2: expected it once" },
		{ "layout {\n\tgap 1 # px\n}\n", 2, "gap: " COMMENT },
		{ "layout {\n\tgap 1 2\n}\n", 2, "gap: expected 1 parameter (PIXELS), not 2" },
		{ "shell {\n\texec waybar # bar\n}\n", 2, "exec: " COMMENT },
		{ "shell {\n\texec waybar #bar\n}\n", 0, NULL },
		{ "instance a {\n\tpersist b # c\n}\n", 2, "persist: " COMMENT },
		{ "layout # c\n", 1, "layout: " COMMENT },
		{ "layout {\n\tgap\n}\n", 2, "gap: expected 1 parameter (PIXELS), not 0" },
		{ "layout {\n\tgap 1 {\n\t\tx\n\t}\n}\n", 2, "gap: expected no block after it" },
		{ "input keyboard\ninput pointer\n", 0, NULL },
		{ "input keyboard\ninput keyboard\n", 2, "input: already set on line 1: expected it once" },
		{ "input", 1, "input: expected keyboard or pointer after it" },
		{ "input mouse", 1, "input: expected keyboard or pointer after it" },
		{ "input keyboard us", 1, "input: expected 1 parameter (keyboard), not 2" },
		{ NULL, 0, NULL },
	};
	text_expect_all(rows);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
