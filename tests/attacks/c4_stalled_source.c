/*
 * C4. A source that never writes, writes a byte a second, closes late, or closes with nothing. The compositor gives
 * up after the time it was given, says so on the strip, and everybody else's frames go on meanwhile.
 */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "tests/attacks/stage.h"

#define TIMEOUT_MS 1000 /* as in the config below */

static const char clipboard[] = "clipboard {\n\ttimeout 1\n}\n";

/* The pipe that the compositor wants filled, kept. */
struct kept {
	int fd;
};

static void keep(void *data, struct source *source, const char *mime, int fd) {
	struct kept *kept = data;
	if (kept->fd >= 0) {
		close(kept->fd);
	}
	kept->fd = fd;
}

/* Has the compositor closed its end? */
static bool is_given_up(const struct kept *kept) {
	struct pollfd poll_fd = { .fd = kept->fd, .events = POLLOUT };
	return kept->fd >= 0 && poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & POLLERR) != 0;
}

/* Whether the strip, but for the time at its right end, is another than in the picture. */
static bool strip_has_changed(struct stage *stage, const struct picture *before) {
	struct picture *now = desktop_picture(stage->session);
	struct box strip = desktop_strip();
	strip.width -= 100;
	int x, y;
	bool differs = picture_differs(before, now, &strip, NULL, 0, &x, &y);
	picture_destroy(now);
	return differs;
}

/* The attacker has copied, and its source keeps the pipe; the victim repaints. */
static struct stage *set_up(struct test *test, struct kept *kept) {
	struct stage *stage = stage_start(test, clipboard, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->attacker);
	struct source *source = party_copy(&stage->attacker, "");
	source->serve = keep;
	source->data = kept;
	kept->fd = -1;
	window_count_frames(stage->victim.window);
	return stage;
}

/* Nothing is held, nothing can be given, and an honest take works. */
static void check_over(struct stage *stage) {
	struct test *test = stage->test;
	CHECK(!desktop_clipboard(stage->session).held, "something is held of a source that did not deliver");
	party_focus(&stage->victim);
	stage_give(stage);
	CHECK(stage->victim.selection->offer == NULL, "something was given of a source that did not deliver");
	party_copy(&stage->victim, "honest");
	stage_take_and_wait(stage);
	CHECK_TEXT(desktop_clipboard(stage->session).source, "victim", "the next take is the victim's");
}

static void never_writes(struct test *test) {
	struct kept kept;
	struct stage *stage = set_up(test, &kept);
	struct picture *before = desktop_picture(stage->session);
	stage_take(stage);
	WAIT_FOR(kept.fd >= 0, "Super+C does not ask the source");
	int64_t begin = test_now();
	size_t frames = stage->victim.window->frames;
	double slowest = 0;
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	while (!is_given_up(&kept)) {
		CHECK(test_step(test, deadline), "the compositor waits for the source for ever");
		double time = client_time_roundtrip(stage->victim.client);
		slowest = time > slowest ? time : slowest;
	}
	int64_t waited = test_now() - begin;
	CHECK(waited > TIMEOUT_MS / 2, "it gave up after %d ms already", (int)waited);
	frames = stage->victim.window->frames - frames;
	test_note(test, "gave up after %d ms; the victim had %zu frames meanwhile, its slowest roundtrip took %.1f ms",
		(int)waited, frames, slowest);
	CHECK(frames >= 10, "the victim had only %zu frames meanwhile", frames);
	CHECK(slowest < TIMEOUT_MS / 2, "the victim waited for %.0f ms", slowest);
	WAIT_FOR(strip_has_changed(stage, before), "the strip does not say so");
	check_over(stage);
	close(kept.fd);
}

static void byte_by_byte(struct test *test) {
	struct kept kept;
	struct stage *stage = set_up(test, &kept);
	stage_take(stage);
	WAIT_FOR(kept.fd >= 0, "Super+C does not ask the source");
	/* Each byte is progress, and the whole still has to be there in time. */
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	int64_t next = test_now();
	while (!is_given_up(&kept)) {
		CHECK(test_step(test, deadline), "a byte now and then keeps the compositor waiting");
		if (test_now() >= next) {
			next = test_now() + 100;
			(void)!write(kept.fd, "x", 1);
		}
	}
	check_over(stage);
	close(kept.fd);
}

static void closes_late(struct test *test) {
	struct kept kept;
	struct stage *stage = set_up(test, &kept);
	stage_take(stage);
	WAIT_FOR(kept.fd >= 0, "Super+C does not ask the source");
	CHECK(write(kept.fd, "nearly all of it", 16) == 16, "cannot write: %s", strerror(errno));
	WAIT_FOR(is_given_up(&kept), "without the end of file the compositor waits for ever");
	CHECK(write(kept.fd, "!", 1) < 0 && errno == EPIPE, "the pipe still takes something");
	close(kept.fd);
	check_over(stage);
}

static void closes_with_nothing(struct test *test) {
	struct kept kept;
	struct stage *stage = set_up(test, &kept);
	stage_take(stage);
	WAIT_FOR(kept.fd >= 0, "Super+C does not ask the source");
	close(kept.fd);
	kept.fd = -1;
	test_settle(test);
	check_over(stage);
}

static void dies_meanwhile(struct test *test) {
	struct kept kept;
	struct stage *stage = set_up(test, &kept);
	stage_take(stage);
	WAIT_FOR(kept.fd >= 0, "Super+C does not ask the source");
	client_destroy(stage->attacker.client);
	close(kept.fd);
	desktop_wait_still(stage->session);
	check_over(stage);
}

static void given_while_taking(struct test *test) {
	struct kept kept;
	struct stage *stage = set_up(test, &kept);
	stage_take(stage);
	WAIT_FOR(kept.fd >= 0, "Super+C does not ask the source");
	party_focus(&stage->victim);
	stage_give(stage);
	CHECK(stage->victim.selection->offer == NULL, "something was given before it was there");
	(void)!write(kept.fd, "late", 4);
	close(kept.fd);
	test_settle(test);
	CHECK(stage->victim.selection->offer == NULL, "it was given after all, without another Super+V");
}

static const struct test_case cases[] = {
	{ "a source that never writes is given up, and nobody waits for it", never_writes },
	{ "so is one that writes a byte now and then", byte_by_byte },
	{ "so is one that does not close", closes_late },
	{ "one that closes with nothing leaves nothing", closes_with_nothing },
	{ "one that dies meanwhile leaves nothing", dies_meanwhile },
	{ "what is not there yet cannot be given", given_while_taking },
};

TEST_MAIN(cases)
