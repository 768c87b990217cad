#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include "wire/init.h"

struct pair {
	int supervisor, guest;
};

static int set_up(void **state) {
	static struct pair pair;
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) {
		return -1;
	}
	pair = (struct pair){ fds[0], fds[1] };
	*state = &pair;
	return 0;
}

static int tear_down(void **state) {
	struct pair *pair = *state;
	close(pair->supervisor);
	close(pair->guest);
	return 0;
}

static size_t count_fds(void) {
	size_t count = 0;
	for (int fd = 0; fd < 256; fd++) {
		count += fcntl(fd, F_GETFD) >= 0;
	}
	return count;
}

static struct init_message sent, received;

static void test_start(void **state) {
	struct pair *pair = *state;
	int fds[INIT_FDS_MAX];
	char *list[8];
	size_t cursor = 0;
	init_message_set(&sent, INIT_START, 7, 0);
	assert_true(init_message_add_argument(&sent, "foot"));
	assert_true(init_message_add_argument(&sent, ""));
	assert_true(init_message_add_environment(&sent, "A=1"));
	assert_false(init_message_add_argument(&sent, "late"));
	assert_true(init_send(pair->supervisor, &sent, (const int[]){ 1, 2 }, 2));
	assert_int_equal(init_receive(pair->guest, INIT_SUPERVISOR, &received, fds), INIT_MESSAGE);
	assert_int_equal(received.header.id, 7);
	assert_int_equal(received.header.argv_len, 2);
	init_message_words(&received, &cursor, received.header.argv_len, list);
	assert_string_equal(list[0], "foot");
	assert_string_equal(list[1], "");
	assert_null(list[2]);
	init_message_words(&received, &cursor, received.header.environment_len, list);
	assert_string_equal(list[0], "A=1");
	assert_null(list[1]);
	for (size_t i = 0; i < INIT_FDS_MAX; i++) {
		assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
		close(fds[i]);
	}
	assert_int_equal(init_receive(pair->guest, INIT_SUPERVISOR, &received, fds), INIT_AGAIN);
}

static void test_bounds(void **state) {
	static char large[INIT_WORDS_SIZE + 1];
	memset(large, 'x', INIT_WORDS_SIZE);
	init_message_set(&sent, INIT_START, 1, 0);
	assert_false(init_message_add_argument(&sent, large));
	large[INIT_WORDS_SIZE - 1] = '\0';
	assert_true(init_message_add_argument(&sent, large));
	assert_false(init_message_add_argument(&sent, ""));
	init_message_set(&sent, INIT_START, 1, 0);
	for (size_t i = 0; i < INIT_WORDS_MAX; i++) {
		assert_true(init_message_add_argument(&sent, "x"));
	}
	assert_false(init_message_add_environment(&sent, "x"));
}

/* Either end refuses what is not exactly of its form, and keeps no descriptor of it. */
static void test_hostile(void **state) {
	static const struct {
		const char *what;
		enum init_end sender;
		struct init_header header;
		const char *words;
		size_t words_length;
		size_t fds_len;
	} rows[] = {
		{ "no type", INIT_GUEST, { .type = 0 }, "", 0, 0 },
		{ "an unknown type", INIT_GUEST, { .type = 99 }, "", 0, 0 },
		{ "an order from inside", INIT_GUEST, { .type = INIT_TERMINATE }, "", 0, 0 },
		{ "a start from inside", INIT_GUEST, { .type = INIT_START, .argv_len = 1 }, "a", 2, 2 },
		{ "an answer from outside", INIT_SUPERVISOR, { .type = INIT_STARTED }, "", 0, 0 },
		{ "words where none belong", INIT_GUEST, { .type = INIT_EXITED }, "a", 2, 0 },
		{ "a count where none belongs", INIT_GUEST, { .type = INIT_EXITED, .argv_len = 1 }, "", 0, 0 },
		{ "descriptors from inside", INIT_GUEST, { .type = INIT_HELLO }, "", 0, 2 },
		{ "a start of nothing", INIT_SUPERVISOR, { .type = INIT_START }, "", 0, 2 },
		{ "fewer words than said", INIT_SUPERVISOR, { .type = INIT_START, .argv_len = 2 }, "a", 2, 2 },
		{ "more words than said", INIT_SUPERVISOR, { .type = INIT_START, .argv_len = 1 }, "a\0b", 4, 2 },
		{ "a word without end", INIT_SUPERVISOR, { .type = INIT_START, .argv_len = 1 }, "a\0b", 3, 2 },
		{ "a huge count", INIT_SUPERVISOR, { .type = INIT_START, .argv_len = UINT32_MAX }, "a", 2, 2 },
		{ "counts that overflow", INIT_SUPERVISOR, { .type = INIT_START, .argv_len = UINT32_MAX, .environment_len = 2 },
			"a", 2, 2 },
		{ "no descriptors", INIT_SUPERVISOR, { .type = INIT_START, .argv_len = 1 }, "a", 2, 0 },
		{ "one descriptor", INIT_SUPERVISOR, { .type = INIT_START, .argv_len = 1 }, "a", 2, 1 },
	};
	struct pair *pair = *state;
	size_t before = count_fds();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fds[INIT_FDS_MAX];
		sent.header = rows[i].header;
		sent.words_length = rows[i].words_length;
		memcpy(sent.words, rows[i].words, rows[i].words_length);
		assert_true(init_send(pair->supervisor, &sent, (const int[]){ 1, 2 }, rows[i].fds_len));
		if (init_receive(pair->guest, rows[i].sender, &received, fds) != INIT_CLOSED) {
			fail_msg("accepted: %s", rows[i].what);
		}
		assert_int_equal(fds[0], -1);
		assert_int_equal(fds[1], -1);
	}
	assert_int_equal(count_fds(), before);
}

static void test_sizes(void **state) {
	struct pair *pair = *state;
	int fds[INIT_FDS_MAX];
	static char large[sizeof(struct init_header) + INIT_WORDS_SIZE + 1];
	assert_int_equal(send(pair->supervisor, large, sizeof(struct init_header) - 1, 0), sizeof(struct init_header) - 1);
	assert_int_equal(init_receive(pair->guest, INIT_SUPERVISOR, &received, fds), INIT_CLOSED);
	assert_int_equal(send(pair->supervisor, large, sizeof(large), 0), sizeof(large));
	assert_int_equal(init_receive(pair->guest, INIT_SUPERVISOR, &received, fds), INIT_CLOSED);
	shutdown(pair->supervisor, SHUT_RDWR);
	assert_int_equal(init_receive(pair->guest, INIT_SUPERVISOR, &received, fds), INIT_CLOSED);
	init_message_set(&sent, INIT_FREEZE, 0, 0);
	assert_false(init_send(pair->supervisor, &sent, NULL, 0)); /* and no SIGPIPE */
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_start, set_up, tear_down),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test_setup_teardown(test_hostile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sizes, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
