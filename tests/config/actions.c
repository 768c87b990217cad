#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/actions.h"
#include "tests/config/text.h"

#define PRELUDE "shell {\n\tmenu m\n}\ninstance work {\n\tapp term foot\n}\n"
#define LINE 7 /* after it */

static char *with_prelude(const char *action) {
	return xasprintf(PRELUDE "bind Super+A %s\n", action);
}

static void test_good(void **state) {
	static const struct {
		const char *text;
		struct config_bind bind;
		size_t words;
	} rows[] = {
		{ "run work term", { .action = ACTION_RUN, .instance = "work", .app = "term" }, 0 },
		{ "run work -- foot -e top", { .action = ACTION_RUN, .instance = "work" }, 3 },
		{ "run work -- --", { .action = ACTION_RUN, .instance = "work" }, 1 },
		{ "exec grim 'a b'", { .action = ACTION_EXEC }, 2 },
		{ "menu", { .action = ACTION_MENU }, 0 },
		{ "clipboard-take", { .action = ACTION_CLIPBOARD_TAKE }, 0 },
		{ "clipboard-give", { .action = ACTION_CLIPBOARD_GIVE }, 0 },
		{ "clipboard-clear", { .action = ACTION_CLIPBOARD_CLEAR }, 0 },
		{ "close", { .action = ACTION_CLOSE }, 0 },
		{ "focus next", { .action = ACTION_FOCUS, .direction = DIRECTION_NEXT }, 0 },
		{ "focus prev", { .action = ACTION_FOCUS, .direction = DIRECTION_PREV }, 0 },
		{ "focus left", { .action = ACTION_FOCUS, .direction = DIRECTION_LEFT }, 0 },
		{ "focus right", { .action = ACTION_FOCUS, .direction = DIRECTION_RIGHT }, 0 },
		{ "move up", { .action = ACTION_MOVE, .direction = DIRECTION_UP }, 0 },
		{ "move down", { .action = ACTION_MOVE, .direction = DIRECTION_DOWN }, 0 },
		{ "float", { .action = ACTION_FLOAT }, 0 },
		{ "fullscreen", { .action = ACTION_FULLSCREEN }, 0 },
		{ "maximize", { .action = ACTION_MAXIMIZE }, 0 },
		{ "workspace 1", { .action = ACTION_WORKSPACE, .number = 1 }, 0 },
		{ "send 9", { .action = ACTION_SEND, .number = 9 }, 0 },
		{ "focus-output next", { .action = ACTION_FOCUS_OUTPUT, .direction = DIRECTION_NEXT }, 0 },
		{ "send-output prev", { .action = ACTION_SEND_OUTPUT, .direction = DIRECTION_PREV }, 0 },
		{ "main-ratio +5", { .action = ACTION_MAIN_RATIO, .number = 5 }, 0 },
		{ "main-ratio -80", { .action = ACTION_MAIN_RATIO, .number = -80 }, 0 },
		{ "main-count -1", { .action = ACTION_MAIN_COUNT, .number = -1 }, 0 },
		{ "owners", { .action = ACTION_OWNERS }, 0 },
		{ "layout-next", { .action = ACTION_LAYOUT_NEXT }, 0 },
		{ "reload", { .action = ACTION_RELOAD }, 0 },
		{ "quit", { .action = ACTION_QUIT }, 0 },
	};
	bool seen[64] = { false };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = with_prelude(rows[i].text);
		struct config *config = text_parse(text);
		assert_int_equal(config->binds_len, 1);
		const struct config_bind *bind = &config->binds[0];
		const struct config_bind *expected = &rows[i].bind;
		assert_int_equal(bind->line, LINE);
		assert_int_equal(bind->action, expected->action);
		assert_int_equal(bind->direction, expected->direction);
		assert_int_equal(bind->number, expected->number);
		assert_int_equal(bind->argv.len, rows[i].words);
		assert_int_equal(bind->argv.words != NULL, rows[i].words > 0);
		assert_int_equal(bind->instance != NULL, expected->instance != NULL);
		assert_int_equal(bind->app != NULL, expected->app != NULL);
		if (expected->instance != NULL) {
			assert_string_equal(bind->instance, expected->instance);
		}
		if (expected->app != NULL) {
			assert_string_equal(bind->app, expected->app);
		}
		/* The name of the action is the line's first word. */
		const char *name = config_action_name(bind->action);
		assert_int_equal(strncmp(rows[i].text, name, strlen(name)), 0);
		seen[bind->action] = true;
		config_destroy(config);
		free(text);
	}
	for (const struct action *action = actions; action->name != NULL; action++) {
		assert_true(seen[action->action]);
	}
}

static void test_words(void **state) {
	struct config *config = text_parse(PRELUDE "bind F1 run work -- sh -c 'a; b'\nbind F2 exec x y\n");
	const struct config_argv *argv = &config->binds[0].argv;
	assert_int_equal(argv->len, 3);
	assert_string_equal(argv->words[0], "sh");
	assert_string_equal(argv->words[2], "a; b");
	assert_null(argv->words[3]);
	assert_string_equal(config->binds[1].argv.words[1], "y");
	config_destroy(config);
}

#define RUN "bind: run: expected INSTANCE and an app's name, or INSTANCE -- COMMAND"
#define COMMAND "bind: expected a command, not an empty word"
#define DIRECTION "bind: expected next, prev, left, right, up or down, not "
#define UNKNOWN \
	"expected run, exec, menu, clipboard-take, clipboard-give, clipboard-clear, close, focus, move, " \
	"float, fullscreen, maximize, workspace, send, focus-output, send-output, main-ratio, main-count, " \
	"owners, layout-next, reload or quit"

static void test_bad(void **state) {
	static const struct text_case rows[] = {
		{ "frob", LINE, "bind: unknown action 'frob': " UNKNOWN },
		{ "Close", LINE, "bind: unknown action 'Close': " UNKNOWN },
		{ "close now", LINE, "bind: close: expected nothing after it" },
		{ "run", LINE, "bind: run: expected INSTANCE APP|-- COMMAND... after it" },
		{ "run work", LINE, "bind: run: expected INSTANCE APP|-- COMMAND... after it" },
		{ "run work --", LINE, RUN },
		{ "run work foot -e", LINE, RUN },
		{ "run work -- ''", LINE, COMMAND },
		{ "exec", LINE, "bind: exec: expected COMMAND... after it" },
		{ "exec ''", LINE, COMMAND },
		{ "run nobody term", LINE, "bind: expected the name of an instance of this file, not 'nobody'" },
		{ "run nobody -- x", LINE, "bind: expected the name of an instance of this file, not 'nobody'" },
		{ "run work mail", LINE, "bind: expected the name of an app of instance work, not 'mail'" },
		{ "run * term", LINE, "bind: expected the name of an instance of this file, not '*'" },
		{ "run * -- x", LINE, "bind: expected the name of an instance of this file, not '*'" },
		{ "focus", LINE, "bind: focus: expected next|prev|left|right|up|down after it" },
		{ "focus sideways", LINE, DIRECTION "'sideways'" },
		{ "focus-output left", LINE, "bind: expected next or prev, not 'left'" },
		{ "workspace 0", LINE, "bind: workspace: expected a whole number from 1 to 9, not '0'" },
		{ "workspace 10", LINE, "bind: workspace: expected a whole number from 1 to 9, not '10'" },
		{ "send x", LINE, "bind: send: expected a whole number from 1 to 9, not 'x'" },
		{ "main-ratio 0.5", LINE, "bind: main-ratio: expected a whole number from -80 to 80, not '0.5'" },
		{ "main-count 9", LINE, "bind: main-count: expected a whole number from -8 to 8, not '9'" },
		{ NULL, 0, NULL },
	};
	for (const struct text_case *row = rows; row->text != NULL; row++) {
		char *text = with_prelude(row->text);
		text_expect(&(struct text_case){ text, row->line, row->error });
		free(text);
	}
}

static void test_binds(void **state) {
	static const struct text_case rows[] = {
		{ "bind F1", 1, "bind: expected at least 2 parameters (CHORD ACTION [PARAMETER...]), not 1" },
		{ "bind F1 close {\n\tx\n}\n", 1, "bind: expected no block after it" },
		{ "bind F1 close\n\nbind f1 quit", 3, "bind: 'f1' is already bound on line 1: expected another chord" },
		{ "bind Super+Shift+a close\nbind shift+SUPER+A quit", 2,
			"bind: 'shift+SUPER+A' is already bound on line 1: expected another chord" },
		{ "bind Super+a close\nbind Super+Shift+a quit", 0, NULL },
		{ "bind a close", 1,
			"bind: 'a' would take a key from programs: expected Super+ or Ctrl+Alt+, "
			"or a key that types nothing, such as F1 or Print" },
		{ "bind F1 menu", 1, "bind: menu needs a chooser: expected `menu COMMAND...` in the shell block" },
		{ NULL, 0, NULL },
	};
	text_expect_all(rows);

	/* Both what is wrong with the chord and what is wrong with the action. */
	struct config_errors errors = { 0 };
	assert_null(config_parse("bind a frob", 11, HOME, &errors));
	assert_int_equal(errors.len, 2);
	config_errors_finish(&errors);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_binds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
