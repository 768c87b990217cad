#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include "wire/codec.h"

/* A small table of the test's own, with a gap in it. */
struct thing {
	uint32_t number;
	char text[8];
};

struct envelope {
	uint32_t before; /* the body does not begin where the struct does */
	struct thing thing;
	uint32_t after;
};

static const struct codec_field thing_fields[] = {
	CODEC_FIELD_RANGE(struct thing, number, 2, 3),
	CODEC_FIELD_TEXT(struct thing, text),
	CODEC_FIELD_END,
};

static const struct codec_form forms[] = {
	[1] = { "thing", 0, 1, thing_fields },
	[3] = { "nothing", 1, 0, NULL },
};

static const struct codec_table table = { "test", forms, 4, offsetof(struct envelope, thing) };

static void test_find_form(void **state) {
	assert_null(codec_find_form(&table, 0));
	assert_ptr_equal(codec_find_form(&table, 1), &forms[1]);
	assert_null(codec_find_form(&table, 2)); /* the gap */
	assert_ptr_equal(codec_find_form(&table, 3), &forms[3]);
	assert_null(codec_find_form(&table, 4));
	assert_null(codec_find_form(&table, UINT32_MAX));
}

static void test_round_trip(void **state) {
	const struct envelope source = { 11, { 3, "w\xc3\xb6rk" }, 22 };
	struct envelope target = { 0 };
	struct message message;
	int fd = dup(STDERR_FILENO), number = fd;

	assert_true(codec_encode(&table, 0, 1, &source, &fd, &message));
	assert_int_equal(fd, -1);
	assert_int_equal(message.type, 1);
	assert_int_equal(message.length, 4 + 4 + 5);
	assert_true(codec_decode(&table, 0, &message, &target, &fd));
	assert_int_equal(fd, number);
	assert_memory_equal(&target.thing, &source.thing, sizeof(source.thing));
	assert_int_equal(target.before, 0);
	assert_int_equal(target.after, 0);
	close(fd);
}

static void test_refused_encodings(void **state) {
	static const struct {
		int sender;
		uint32_t type;
		struct thing thing;
		bool with_fd;
	} rows[] = {
		{ 1, 1, { 2, "ok" }, true },
		{ 0, 1, { 1, "ok" }, true },
		{ 0, 1, { 4, "ok" }, true },
		{ 0, 1, { 2, "no\n" }, true },
		{ 0, 1, { 2, "\xff" }, true },
		{ 0, 1, { 2, { '8', 'l', 'e', 't', 't', 'e', 'r', 's' } }, true },
		{ 0, 1, { 2, "ok" }, false },
		{ 0, 3, { 2, "ok" }, false },
		{ 0, 0, { 2, "ok" }, false },
		{ 0, 2, { 2, "ok" }, false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct envelope source = { .thing = rows[i].thing };
		struct message message;
		int fd = rows[i].with_fd ? dup(STDERR_FILENO) : -1, number = fd;
		if (codec_encode(&table, rows[i].sender, rows[i].type, &source, &fd, &message)) {
			fail_msg("row %zu should be refused", i);
		}
		assert_int_equal(fd, -1);
		if (rows[i].with_fd) {
			assert_int_equal(fcntl(number, F_GETFD), -1); /* closed */
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find_form),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused_encodings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
