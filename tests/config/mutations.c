#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/memory.h"
#include "tests/config/text.h"

/*
 * The installed config, cut at every place and with every byte replaced by each that means something: whatever
 * comes out, it is a model or errors with lines that exist, and libscfg never refuses what our own look has passed
 * (that error alone has no line, and libscfg prints to stderr, past the strip and past coffer check).
 */

struct sample {
	char *text;
	size_t length;
};

static int setup(void **state) {
	static struct sample sample;
	int fd = open(getenv("DEFAULT_CONFIG"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	sample.text = fd_read_all(fd, CONFIG_SIZE_MAX, &sample.length);
	assert_non_null(sample.text);
	fd_close(&fd);
	*state = &sample;
	return 0;
}

static int teardown(void **state) {
	free(((struct sample *)*state)->text);
	return 0;
}

static void check(const char *text, size_t length) {
	int lines = 1;
	for (size_t i = 0; i < length; i++) {
		lines += text[i] == '\n';
	}
	struct config_errors errors = { 0 };
	struct config *config = config_parse(text, length, HOME, &errors);
	assert_int_equal(config != NULL, errors.len == 0);
	for (size_t i = 0; i < errors.len; i++) {
		if (errors.list[i].line < 1 || errors.list[i].line > lines) {
			fail_msg("line %d: %s", errors.list[i].line, errors.list[i].text);
		}
		assert_true(i == 0 || errors.list[i - 1].line <= errors.list[i].line);
	}
	config_destroy(config);
	config_errors_finish(&errors);
}

static void test_default(void **state) {
	struct sample *sample = *state;
	struct config *config = text_parse(sample->text);
	assert_int_equal(config->instances_len, 2);
	assert_non_null(config_find_instance(config, "work"));
	assert_non_null(config_find_instance(config, "personal"));
	config_destroy(config);
}

static void test_cut(void **state) {
	struct sample *sample = *state;
	for (size_t length = 0; length <= sample->length; length++) {
		/* A copy of just this size, so that a sanitizer sees a byte read past it. */
		char *copy = xcalloc(length, 1);
		memcpy(copy, sample->text, length);
		check(copy, length);
		free(copy);
	}
}

static void test_replaced(void **state) {
	static const char bytes[] = "\0\n\"'\\{} #\xff";
	struct sample *sample = *state;
	/* Comments apart, so that every byte counts. */
	char *text = xcalloc(sample->length + 1, 1);
	size_t length = 0;
	for (char *line = strtok(sample->text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		if (line[strspn(line, "\t ")] != '#') {
			length += (size_t)sprintf(text + length, "%s\n", line);
		}
	}
	for (size_t i = 0; i < length; i++) {
		char was = text[i];
		for (size_t k = 0; k < sizeof(bytes) - 1; k++) {
			text[i] = bytes[k];
			check(text, length);
		}
		text[i] = was;
	}
	free(text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_default, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
