#ifndef TEST_H
#define TEST_H

/*
 * The frame of a test program: named cases, checks, and waiting that always ends. Each case runs in a process of
 * its own with an empty directory, so that a failed check simply ends it, and nothing that it started outlives it.
 * Results are printed as TAP. Inside a case and its helpers the variable `test` is in scope: the macros use it.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test;
struct client;

/* Whether a case asks of our own compositor only, or can be asked of others too (see peer.h). */
enum test_where { OURS_ONLY, ANYWHERE };

struct test_case {
	const char *name; /* what must hold, as a sentence */
	void (*run)(struct test *test);
	enum test_where where;
};

/*
 * Runs the cases in order, or the one whose number is the first argument. Returns what main returns. On a peer a case
 * ends in one of five ways, which a line of its output tells: it holds; "# got through: …"; "# crashed: …"; "# absent: …",
 * where the peer has not what the attack goes by; "# not measured: …", where what failed is not what was asked.
 */
int test_main(int argc, char **argv, const struct test_case *cases, size_t cases_len);

#define TEST_MAIN(cases) \
	int main(int argc, char **argv) { \
		return test_main(argc, argv, cases, sizeof(cases) / sizeof((cases)[0])); \
	}

/* ---- checks ---- */

/* Ends the case as failed: prints the place, what was expected, and the message. */
_Noreturn void test_fail(struct test *test, const char *file, int line, const char *expected, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#define FAIL(...) test_fail(test, __FILE__, __LINE__, NULL, __VA_ARGS__)

/* CHECK(condition, "what it means that it does not hold, with %s", values…). */
#define CHECK(condition, ...) \
	do { \
		if (!(condition)) { \
			test_fail(test, __FILE__, __LINE__, #condition, __VA_ARGS__); \
		} \
	} while (0)

/* Two ints are equal; both are printed where they are not. */
#define CHECK_INT(value, expected, ...) \
	test_check_int(test, __FILE__, __LINE__, #value, (long)(value), (long)(expected), __VA_ARGS__)
/* Two strings are equal; NULL equals nothing. */
#define CHECK_TEXT(value, expected, ...) test_check_text(test, __FILE__, __LINE__, #value, value, expected, __VA_ARGS__)

/* What an attack needs to be one. Where that does not hold, ours fails, and a peer is not measured. */
#define NEED(condition, ...) \
	do { \
		if (!(condition)) { \
			test_fail_need(test, __FILE__, __LINE__, #condition, __VA_ARGS__); \
		} \
	} while (0)

_Noreturn void test_fail_need(struct test *test, const char *file, int line, const char *expected, const char *format,
	...) __attribute__((format(printf, 5, 6)));

/* Does the case run against a peer? */
bool test_is_on_peer(void);
/* Ends the case: the peer has not what the attack goes by. */
_Noreturn void test_absent(struct test *test, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The peer has died, by this signal or status: that is what the case ends with, whatever follows from it. */
void test_note_crash(struct test *test, const char *how);

void test_check_int(struct test *test, const char *file, int line, const char *name, long value, long expected,
	const char *format, ...) __attribute__((format(printf, 7, 8)));
void test_check_text(struct test *test, const char *file, int line, const char *name, const char *value,
	const char *expected, const char *format, ...) __attribute__((format(printf, 7, 8)));

/* ---- time ---- */

#define TEST_TIMEOUT_MS 10000 /* for whatever must happen; multiplied by $TEST_TIMEOUT_FACTOR */
#define TEST_CASE_TIMEOUT_MS 90000 /* for a whole case; multiplied likewise */

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t test_now(void);
/* The time that is milliseconds, times the factor, from now. */
int64_t test_deadline(struct test *test, int64_t milliseconds);

/*
 * Lets every client of the case send and receive, for at most some 10 ms. Returns false where the deadline has
 * passed.
 */
bool test_step(struct test *test, int64_t deadline);

/* Steps until the condition holds; fails where it does not in time. The condition may be any expression. */
#define WAIT_FOR(condition, ...) \
	do { \
		int64_t wait_deadline = test_deadline(test, TEST_TIMEOUT_MS); \
		while (!(condition)) { \
			if (!test_step(test, wait_deadline)) { \
				test_fail(test, __FILE__, __LINE__, "in time: " #condition, __VA_ARGS__); \
			} \
		} \
	} while (0)

/*
 * Roundtrips of every living client, those on the shell's socket first: afterwards all that was sent before has
 * been acted on, and all that the compositor had to say about it has been received. This is how a test knows
 * that something did *not* happen, without sleeping.
 */
void test_settle(struct test *test);

/* ---- what a case holds ---- */

/* An empty directory of the case's own, with a short path; removed with all that is in it. */
const char *test_directory(struct test *test);

/* Called in reverse order at the end of a case that passed: returns resources, and may fail the case. */
void test_at_end(struct test *test, void (*finish)(void *data), void *data);
/* Called in order where the case has failed, to save evidence. What fails in there is not reported again. */
void test_at_failure(struct test *test, void (*save)(struct test *test, void *data), void *data);

/* The path for a picture of this case in $TEST_PICTURES, or NULL where that is not set. The caller frees it. */
char *test_picture_path(struct test *test, const char *what);

/* Prints a diagnostic line. */
void test_note(struct test *test, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For client.c: every client takes part in test_step() and test_settle() while it lives. */
void test_add_client(struct test *test, struct client *client, bool is_shell);
void test_remove_client(struct test *test, struct client *client);

#endif
