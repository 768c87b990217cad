#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/message.h"

/* What a hostile peer can send and no put would write: length bytes as the body. */
static void fill(struct message *message, const void *body, size_t length) {
	message_init(message, 1);
	memcpy(message->body, body, length);
	message->length = length;
}

static void test_round_trip(void **state) {
	struct message message;
	message_init(&message, 42);
	message_put_u32(&message, 0);
	message_put_u32(&message, UINT32_MAX);
	message_put_u64(&message, UINT64_MAX - 1);
	message_put_string(&message, "");
	message_put_string(&message, "w\xc3\xb6rk");
	message_put_bytes(&message, "a\0b", 3);
	message_put_bytes(&message, NULL, 0);

	char text[16];
	size_t length;
	assert_int_equal(message.type, 42);
	assert_int_equal(message_get_u32(&message), 0);
	assert_int_equal(message_get_u32(&message), UINT32_MAX);
	assert_true(message_get_u64(&message) == UINT64_MAX - 1);
	message_get_string(&message, text, sizeof(text));
	assert_string_equal(text, "");
	message_get_string(&message, text, sizeof(text));
	assert_string_equal(text, "w\xc3\xb6rk");
	const unsigned char *bytes = message_get_bytes(&message, &length);
	assert_int_equal(length, 3);
	assert_memory_equal(bytes, "a\0b", 3);
	assert_false(message_is_done(&message));
	assert_non_null(message_get_bytes(&message, &length));
	assert_int_equal(length, 0);
	assert_true(message_is_done(&message));
}

static void test_get_past_the_end(void **state) {
	static const unsigned char bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	for (size_t length = 0; length < 8; length++) {
		struct message message;
		fill(&message, bytes, length);
		assert_true(message_get_u64(&message) == 0);
		assert_true(message.broken);
	}
	for (size_t length = 0; length < 4; length++) {
		struct message message;
		fill(&message, bytes, length);
		assert_int_equal(message_get_u32(&message), 0);
		assert_true(message.broken);
	}
}

static void test_broken_stays_broken(void **state) {
	struct message message;
	char text[4] = "old";
	size_t length = 7;
	message_init(&message, 1);
	message_put_u32(&message, 5);
	message_put_u32(&message, 6);
	message_get_u64(&message);
	message_get_u32(&message);
	assert_true(message.broken);
	message.cursor = 0; /* even where there would be something to read */
	assert_int_equal(message_get_u32(&message), 0);
	message_get_string(&message, text, sizeof(text));
	assert_string_equal(text, "");
	assert_null(message_get_bytes(&message, &length));
	assert_int_equal(length, 0);
	assert_false(message_is_done(&message));
}

static const struct {
	const char *data;
	size_t length;
	uint32_t claimed; /* the length that stands before the data */
	bool valid; /* as a string for eight bytes */
} strings[] = {
	{ "seven77", 7, 7, true },
	{ "eight888", 8, 8, false },
	{ "a\0b", 3, 3, false },
	{ "a\0", 2, 2, false },
	{ "\xff", 1, 1, false },
	{ "\xc0\xaf", 2, 2, false },
	{ "\xed\xa0\x80", 3, 3, false },
	{ "\xe2\x82", 2, 2, false },
	{ "short", 5, 6, false },
	{ "short", 5, UINT32_MAX, false },
	{ "short", 5, UINT32_MAX - 3, false }, /* wraps around if added to anything */
	{ "", 0, 0x80000000, false },
};

static void test_strings(void **state) {
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct message message;
		char text[9] = "########";
		message_init(&message, 1);
		message_put_u32(&message, strings[i].claimed);
		memcpy(message.body + message.length, strings[i].data, strings[i].length);
		message.length += strings[i].length;

		message_get_string(&message, text, 8);
		if (message.broken == strings[i].valid) {
			fail_msg("row %zu should be %s", i, strings[i].valid ? "valid" : "refused");
		}
		assert_string_equal(text, strings[i].valid ? strings[i].data : "");
		assert_int_equal(message_is_done(&message), strings[i].valid);
	}
}

static void test_body_is_bounded(void **state) {
	static const char data[MESSAGE_BODY_MAX + 1];
	struct message message;

	message_init(&message, 1);
	message_put_bytes(&message, data, MESSAGE_BODY_MAX - 4);
	assert_false(message.broken);
	assert_int_equal(message.length, MESSAGE_BODY_MAX);
	message_put_u32(&message, 1);
	assert_true(message.broken);
	assert_int_equal(message.length, MESSAGE_BODY_MAX);

	message_init(&message, 1);
	message_put_bytes(&message, data, MESSAGE_BODY_MAX - 3);
	assert_true(message.broken);
	message_init(&message, 1);
	message_put_bytes(&message, data, sizeof(data));
	assert_true(message.broken);
	message_init(&message, 1);
	message_put_bytes(&message, data, (size_t)UINT32_MAX + 1); /* whose low 32 bits are zero */
	assert_true(message.broken);
}

static bool is_open(int fd) {
	return fcntl(fd, F_GETFD) != -1;
}

static void test_fds(void **state) {
	int fds[MESSAGE_FDS_MAX + 1];
	struct message message;
	message_init(&message, 1);
	for (size_t i = 0; i <= MESSAGE_FDS_MAX; i++) {
		assert_false(message.broken);
		fds[i] = dup(STDERR_FILENO);
		message_put_fd(&message, fds[i]);
	}
	assert_true(message.broken);
	assert_false(is_open(fds[MESSAGE_FDS_MAX])); /* the one that did not fit */
	message.broken = false;

	assert_int_equal(message_take_fd(&message), fds[0]);
	assert_int_equal(message_take_fd(&message), fds[1]);
	assert_false(message_is_done(&message));
	message_finish(&message);
	assert_true(is_open(fds[0]));
	assert_true(is_open(fds[1]));
	assert_false(is_open(fds[2]));
	assert_false(is_open(fds[3]));
	close(fds[0]);
	close(fds[1]);

	message_init(&message, 1);
	assert_int_equal(message_take_fd(&message), -1);
	assert_true(message.broken);
	message_init(&message, 1);
	message_put_fd(&message, -1);
	assert_true(message.broken);
	assert_int_equal(message.fds_len, 0);
	message_finish(&message);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_get_past_the_end),
		cmocka_unit_test(test_broken_stays_broken),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_body_is_bounded),
		cmocka_unit_test(test_fds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
