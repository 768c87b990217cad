#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "clipboard/transfer.h"

#define LIMIT (16 * 1024 * 1024)
#define START 1000000 /* when the take begins in most of these */
#define HELD_AT (START + 100)
#define DEADLINE (HELD_AT + 60000)

#define PAIR(what, from, to) { .action = (what), .source = (from), .destination = (to) }

static struct config_pair pairs[] = {
	PAIR(CONFIG_PAIR_DENY, "vault", "*"),
	PAIR(CONFIG_PAIR_ASK, "work", "bank"),
	PAIR(CONFIG_PAIR_DENY, "*", "agent"),
	PAIR(CONFIG_PAIR_ALLOW, "work", "agent"),
	PAIR(CONFIG_PAIR_DENY, "mail", "bank"),
	PAIR(CONFIG_PAIR_ASK, "mail", "bank"),
};

static const struct config_clipboard rules = {
	.limit = LIMIT,
	.expire = 60,
	.timeout = 2,
	.pairs = pairs,
	.pairs_len = sizeof(pairs) / sizeof(pairs[0]),
};

static int setup(void **state) {
	struct transfer *transfer = transfer_create();
	transfer_configure(transfer, &rules);
	*state = transfer;
	return 0;
}

static int teardown(void **state) {
	transfer_destroy(*state);
	return 0;
}

static void hold_from(struct transfer *transfer, const char *source) {
	assert_int_equal(transfer_take(transfer, source, START), REFUSED_NOT);
	assert_int_equal(transfer_taken(transfer, 5, HELD_AT), REFUSED_NOT);
	assert_int_equal(transfer_get_state(transfer), TRANSFER_HELD);
}

static void assert_empty(const struct transfer *transfer) {
	assert_int_equal(transfer_get_state(transfer), TRANSFER_EMPTY);
	assert_string_equal(transfer_get_source(transfer), "");
	assert_string_equal(transfer_get_destination(transfer), "");
	assert_int_equal(transfer_get_size(transfer), 0);
	assert_int_equal(transfer_get_left(transfer, START), -1);
	assert_int_equal(transfer_get_take_left(transfer, START), -1);
}

static void assert_refused(struct transfer *transfer, const char *destination, int64_t now,
		enum transfer_refusal wanted) {
	enum transfer_refusal refusal = REFUSED_NOT;
	assert_int_equal(transfer_give(transfer, destination, now, &refusal), GIVE_REFUSED);
	assert_int_equal(refusal, wanted);
}

static void assert_given(struct transfer *transfer, const char *destination, int64_t now) {
	enum transfer_refusal refusal = REFUSED_EMPTY;
	assert_int_equal(transfer_give(transfer, destination, now, &refusal), GIVE_NOW);
	assert_int_equal(refusal, REFUSED_NOT);
	assert_empty(transfer);
}

static void assert_asked(struct transfer *transfer, const char *destination, int64_t now) {
	enum transfer_refusal refusal = REFUSED_EMPTY;
	assert_int_equal(transfer_give(transfer, destination, now, &refusal), GIVE_ASK);
	assert_int_equal(refusal, REFUSED_NOT);
	assert_int_equal(transfer_get_state(transfer), TRANSFER_ASKING);
	assert_string_equal(transfer_get_destination(transfer), destination);
}

static void assert_answer(struct transfer *transfer, bool yes, int64_t now, enum transfer_give give,
		enum transfer_refusal wanted) {
	enum transfer_refusal refusal = REFUSED_SHELL;
	assert_int_equal(transfer_answer(transfer, yes, now, &refusal), give);
	assert_int_equal(refusal, wanted);
}

static void test_take_and_give(void **state) {
	struct transfer *transfer = *state;
	assert_empty(transfer);
	assert_int_equal(transfer_take(transfer, "work", START), REFUSED_NOT);
	assert_int_equal(transfer_get_state(transfer), TRANSFER_TAKING);
	assert_string_equal(transfer_get_source(transfer), "work");
	assert_int_equal(transfer_get_size(transfer), 0);
	assert_int_equal(transfer_get_left(transfer, START), -1);
	assert_int_equal(transfer_get_take_left(transfer, START + 500), 1500);

	assert_int_equal(transfer_taken(transfer, 42, HELD_AT), REFUSED_NOT);
	assert_int_equal(transfer_get_state(transfer), TRANSFER_HELD);
	assert_string_equal(transfer_get_source(transfer), "work");
	assert_int_equal(transfer_get_size(transfer), 42);
	assert_int_equal(transfer_get_left(transfer, HELD_AT), 60000);
	assert_int_equal(transfer_get_left(transfer, DEADLINE - 1), 1);
	assert_int_equal(transfer_get_left(transfer, DEADLINE + 5), 0);
	assert_int_equal(transfer_get_take_left(transfer, HELD_AT), -1);

	assert_given(transfer, "personal", DEADLINE - 1);
}

/* C10: once is once. */
static void test_give_twice(void **state) {
	struct transfer *transfer = *state;
	hold_from(transfer, "work");
	assert_given(transfer, "personal", HELD_AT);
	assert_refused(transfer, "personal", HELD_AT, REFUSED_EMPTY);
	assert_refused(transfer, "other", HELD_AT, REFUSED_EMPTY);
}

static void test_give_while_empty_says_why(void **state) {
	struct transfer *transfer = *state;
	assert_refused(transfer, "personal", START, REFUSED_EMPTY);

	hold_from(transfer, "work");
	assert_refused(transfer, "personal", DEADLINE, REFUSED_EXPIRED); /* no timer had to fire first */
	assert_empty(transfer);
	assert_refused(transfer, "personal", DEADLINE + 1, REFUSED_EXPIRED);

	hold_from(transfer, "work");
	assert_true(transfer_source_gone(transfer, "work"));
	assert_empty(transfer);
	assert_refused(transfer, "personal", HELD_AT, REFUSED_SOURCE_GONE);

	hold_from(transfer, "work");
	assert_true(transfer_clear(transfer));
	assert_refused(transfer, "personal", HELD_AT, REFUSED_EMPTY);
	assert_false(transfer_clear(transfer));

	/* A new take forgets why the last one ended. */
	hold_from(transfer, "work");
	assert_true(transfer_expire(transfer, DEADLINE));
	assert_int_equal(transfer_take(transfer, "work", DEADLINE), REFUSED_NOT);
	transfer_failed(transfer);
	assert_refused(transfer, "personal", DEADLINE, REFUSED_EMPTY);

	/* So does nothing else: clearing what is empty changes no reason. */
	hold_from(transfer, "work");
	assert_true(transfer_expire(transfer, DEADLINE));
	assert_false(transfer_clear(transfer));
	assert_refused(transfer, "personal", DEADLINE, REFUSED_EXPIRED);
}

static void test_expiry(void **state) {
	struct transfer *transfer = *state;
	assert_false(transfer_expire(transfer, INT64_MAX - 1));
	hold_from(transfer, "work");
	assert_false(transfer_expire(transfer, DEADLINE - 1));
	assert_int_equal(transfer_get_state(transfer), TRANSFER_HELD);
	assert_true(transfer_expire(transfer, DEADLINE));
	assert_empty(transfer);
	assert_false(transfer_expire(transfer, DEADLINE));
}

static void test_never_expires(void **state) {
	struct transfer *transfer = *state;
	struct config_clipboard never = rules;
	never.expire = 0;
	transfer_configure(transfer, &never);
	hold_from(transfer, "work");
	assert_int_equal(transfer_get_left(transfer, INT64_MAX - 1), -1);
	assert_false(transfer_expire(transfer, INT64_MAX - 1));
	assert_given(transfer, "personal", INT64_MAX - 1);
}

static void test_new_take_drops_what_was_held(void **state) {
	static const char *const next[] = { "work", "personal" };
	struct transfer *transfer = *state;
	for (size_t i = 0; i < 2; i++) {
		hold_from(transfer, "work");
		assert_int_equal(transfer_take(transfer, next[i], HELD_AT + 1), REFUSED_NOT);
		assert_int_equal(transfer_get_state(transfer), TRANSFER_TAKING);
		assert_string_equal(transfer_get_source(transfer), next[i]);
		assert_int_equal(transfer_get_size(transfer), 0);
		assert_refused(transfer, "other", HELD_AT + 1, REFUSED_BUSY);
		transfer_failed(transfer);
		assert_empty(transfer);
		assert_refused(transfer, "other", HELD_AT + 1, REFUSED_EMPTY);
	}
	/* The name may be the one it gave out itself. */
	hold_from(transfer, "work");
	assert_int_equal(transfer_take(transfer, transfer_get_source(transfer), HELD_AT + 1), REFUSED_NOT);
	assert_string_equal(transfer_get_source(transfer), "work");
}

static void test_take_refused(void **state) {
	struct transfer *transfer = *state;
	hold_from(transfer, "work");
	assert_int_equal(transfer_take(transfer, NULL, HELD_AT), REFUSED_NO_FOCUS);
	assert_int_equal(transfer_take(transfer, "", HELD_AT), REFUSED_SHELL);
	assert_int_equal(transfer_get_state(transfer), TRANSFER_HELD);

	assert_int_equal(transfer_take(transfer, "work", HELD_AT), REFUSED_NOT);
	assert_int_equal(transfer_take(transfer, "personal", HELD_AT), REFUSED_BUSY);
	assert_string_equal(transfer_get_source(transfer), "work");
	transfer_failed(transfer);

	hold_from(transfer, "work");
	assert_asked(transfer, "bank", HELD_AT);
	assert_int_equal(transfer_take(transfer, "personal", HELD_AT), REFUSED_BUSY);
	assert_int_equal(transfer_get_state(transfer), TRANSFER_ASKING);
}

static void test_unconfigured_is_denied(void **state) {
	(void)state;
	struct transfer *transfer = transfer_create();
	assert_int_equal(transfer_take(transfer, "work", START), REFUSED_DENIED);
	assert_refused(transfer, "work", START, REFUSED_DENIED);
	assert_empty(transfer);
	transfer_destroy(transfer);
	transfer_destroy(NULL);
}

static void test_taken_refused(void **state) {
	static const struct {
		uint64_t size;
		int64_t after; /* ms from the take */
		enum transfer_refusal refusal;
	} rows[] = {
		{ LIMIT, 0, REFUSED_NOT },
		{ LIMIT + 1, 0, REFUSED_TOO_LARGE },
		{ UINT64_MAX, 0, REFUSED_TOO_LARGE },
		{ 0, 0, REFUSED_BROKEN },
		{ 1, 1999, REFUSED_NOT },
		{ 1, 2000, REFUSED_TIMEOUT },
		{ 1, 3600000, REFUSED_TIMEOUT },
	};
	struct transfer *transfer = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(transfer_take(transfer, "work", START), REFUSED_NOT);
		assert_int_equal(transfer_taken(transfer, rows[i].size, START + rows[i].after), rows[i].refusal);
		if (rows[i].refusal == REFUSED_NOT) {
			assert_int_equal(transfer_get_state(transfer), TRANSFER_HELD);
		} else {
			assert_empty(transfer);
			assert_refused(transfer, "personal", START, REFUSED_EMPTY);
		}
	}
}

/* What arrives after the take has ended otherwise is never held. */
static void test_taken_too_late(void **state) {
	struct transfer *transfer = *state;
	assert_int_equal(transfer_taken(transfer, 5, START), REFUSED_EMPTY);

	assert_int_equal(transfer_take(transfer, "work", START), REFUSED_NOT);
	assert_true(transfer_source_gone(transfer, "work"));
	assert_int_equal(transfer_taken(transfer, 5, START), REFUSED_SOURCE_GONE);
	assert_empty(transfer);

	assert_int_equal(transfer_take(transfer, "work", START), REFUSED_NOT);
	assert_true(transfer_clear(transfer));
	assert_int_equal(transfer_taken(transfer, 5, START), REFUSED_EMPTY);
	assert_empty(transfer);

	hold_from(transfer, "work");
	assert_int_equal(transfer_taken(transfer, 99, START), REFUSED_BUSY);
	transfer_failed(transfer); /* of a take that is over */
	assert_int_equal(transfer_get_state(transfer), TRANSFER_HELD);
	assert_int_equal(transfer_get_size(transfer), 5);
}

static void test_give_refused(void **state) {
	struct transfer *transfer = *state;
	hold_from(transfer, "work");
	assert_refused(transfer, NULL, HELD_AT, REFUSED_NO_FOCUS);
	assert_refused(transfer, "", HELD_AT, REFUSED_SHELL);
	assert_refused(transfer, "work", HELD_AT, REFUSED_SAME);
	assert_int_equal(transfer_get_state(transfer), TRANSFER_HELD);
	assert_given(transfer, "personal", HELD_AT); /* none of them used it up */
}

static void test_pair_rules(void **state) {
	static const struct {
		const char *source, *destination;
		enum transfer_give give;
	} rows[] = {
		{ "work", "personal", GIVE_NOW }, /* no rule */
		{ "vault", "personal", GIVE_REFUSED },
		{ "vault", "agent", GIVE_REFUSED },
		{ "work", "vault", GIVE_NOW }, /* rules have a direction */
		{ "work", "bank", GIVE_ASK },
		{ "bank", "work", GIVE_NOW },
		{ "personal", "agent", GIVE_REFUSED },
		{ "work", "agent", GIVE_NOW }, /* the last rule that fits, not the first */
		{ "mail", "bank", GIVE_ASK },
		{ "wor", "bank", GIVE_NOW }, /* whole names */
		{ "workshop", "bank", GIVE_NOW },
	};
	struct transfer *transfer = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum transfer_refusal refusal;
		hold_from(transfer, rows[i].source);
		assert_int_equal(transfer_give(transfer, rows[i].destination, HELD_AT, &refusal), rows[i].give);
		assert_int_equal(refusal, rows[i].give == GIVE_REFUSED ? REFUSED_DENIED : REFUSED_NOT);
		if (rows[i].give == GIVE_REFUSED) {
			assert_int_equal(transfer_get_state(transfer), TRANSFER_HELD);
		}
		transfer_clear(transfer);
	}
}

static void test_rule_for_everything(void **state) {
	static struct config_pair all[] = { PAIR(CONFIG_PAIR_DENY, "*", "*") };
	struct transfer *transfer = *state;
	struct config_clipboard closed = rules;
	closed.pairs = all;
	closed.pairs_len = 1;
	hold_from(transfer, "work");
	transfer_configure(transfer, &closed); /* for the next give */
	assert_refused(transfer, "personal", HELD_AT, REFUSED_DENIED);
}

static void test_ask_yes(void **state) {
	struct transfer *transfer = *state;
	hold_from(transfer, "work");
	assert_asked(transfer, "bank", HELD_AT);
	assert_int_equal(transfer_get_left(transfer, HELD_AT), 60000);
	assert_int_equal(transfer_get_size(transfer), 5);
	assert_refused(transfer, "bank", HELD_AT, REFUSED_BUSY);
	assert_answer(transfer, true, DEADLINE - 1, GIVE_NOW, REFUSED_NOT);
	assert_empty(transfer);
	assert_answer(transfer, true, DEADLINE - 1, GIVE_REFUSED, REFUSED_EMPTY);
}

static void test_ask_no_is_held_with_its_old_deadline(void **state) {
	struct transfer *transfer = *state;
	hold_from(transfer, "work");
	assert_asked(transfer, "bank", HELD_AT);
	assert_answer(transfer, false, HELD_AT + 5000, GIVE_REFUSED, REFUSED_NOT);
	assert_int_equal(transfer_get_state(transfer), TRANSFER_HELD);
	assert_string_equal(transfer_get_destination(transfer), "");
	assert_int_equal(transfer_get_left(transfer, HELD_AT + 5000), 55000);
	/* A second answer to a question that is over gives nothing. */
	assert_answer(transfer, true, HELD_AT + 5000, GIVE_REFUSED, REFUSED_BUSY);
	assert_int_equal(transfer_get_state(transfer), TRANSFER_HELD);
	assert_given(transfer, "personal", HELD_AT + 5000);
}

static void test_ask_overtaken(void **state) {
	struct transfer *transfer = *state;
	static const bool answers[] = { false, true };
	for (size_t i = 0; i < 2; i++) {
		hold_from(transfer, "work"); /* expired, and the answer is the first to notice */
		assert_asked(transfer, "bank", HELD_AT);
		assert_answer(transfer, answers[i], DEADLINE, GIVE_REFUSED, REFUSED_EXPIRED);
		assert_empty(transfer);

		hold_from(transfer, "work"); /* expired by the timer */
		assert_asked(transfer, "bank", HELD_AT);
		assert_true(transfer_expire(transfer, DEADLINE));
		assert_empty(transfer);
		assert_answer(transfer, answers[i], DEADLINE, GIVE_REFUSED, REFUSED_EXPIRED);

		hold_from(transfer, "work");
		assert_asked(transfer, "bank", HELD_AT);
		assert_false(transfer_source_gone(transfer, "bank"));
		assert_true(transfer_source_gone(transfer, "work"));
		assert_empty(transfer);
		assert_answer(transfer, answers[i], HELD_AT, GIVE_REFUSED, REFUSED_SOURCE_GONE);

		hold_from(transfer, "work");
		assert_asked(transfer, "bank", HELD_AT);
		assert_true(transfer_clear(transfer));
		assert_answer(transfer, answers[i], HELD_AT, GIVE_REFUSED, REFUSED_EMPTY);
		assert_empty(transfer);
	}
}

static void test_ask_then_denied_by_a_new_config(void **state) {
	static struct config_pair all[] = { PAIR(CONFIG_PAIR_DENY, "work", "bank") };
	struct transfer *transfer = *state;
	struct config_clipboard closed = rules;
	closed.pairs = all;
	closed.pairs_len = 1;
	hold_from(transfer, "work");
	assert_asked(transfer, "bank", HELD_AT);
	transfer_configure(transfer, &closed);
	assert_answer(transfer, true, HELD_AT, GIVE_REFUSED, REFUSED_DENIED);
	assert_int_equal(transfer_get_state(transfer), TRANSFER_HELD);
}

static void test_source_gone_is_of_its_source_only(void **state) {
	struct transfer *transfer = *state;
	assert_false(transfer_source_gone(transfer, "work"));
	assert_false(transfer_source_gone(transfer, ""));
	hold_from(transfer, "work");
	assert_false(transfer_source_gone(transfer, "personal"));
	assert_false(transfer_source_gone(transfer, NULL));
	assert_given(transfer, "personal", HELD_AT);
}

static void test_every_refusal_has_its_own_line(void **state) {
	(void)state;
	assert_string_equal(transfer_refusal_text(REFUSED_NOT), "");
	for (int i = REFUSED_NOT + 1; i <= REFUSED_SHELL; i++) {
		const char *text = transfer_refusal_text((enum transfer_refusal)i);
		assert_non_null(text);
		assert_true(strlen(text) > 0 && strlen(text) < 80);
		assert_null(strchr(text, '\n'));
		for (int j = REFUSED_NOT; j < i; j++) {
			assert_string_not_equal(text, transfer_refusal_text((enum transfer_refusal)j));
		}
	}
	assert_string_equal(transfer_refusal_text((enum transfer_refusal)(REFUSED_SHELL + 1)), "refused");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(test_take_and_give),
		TEST(test_give_twice),
		TEST(test_give_while_empty_says_why),
		TEST(test_expiry),
		TEST(test_never_expires),
		TEST(test_new_take_drops_what_was_held),
		TEST(test_take_refused),
		TEST(test_unconfigured_is_denied),
		TEST(test_taken_refused),
		TEST(test_taken_too_late),
		TEST(test_give_refused),
		TEST(test_pair_rules),
		TEST(test_rule_for_everything),
		TEST(test_ask_yes),
		TEST(test_ask_no_is_held_with_its_old_deadline),
		TEST(test_ask_overtaken),
		TEST(test_ask_then_denied_by_a_new_config),
		TEST(test_source_gone_is_of_its_source_only),
		TEST(test_every_refusal_has_its_own_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
