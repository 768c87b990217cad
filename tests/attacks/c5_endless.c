/*
 * C5. A source without end, a million MIME types, names of a mebibyte. What is read stops at the clipboard's limit, all
 * types together; what a client may say of its types is bounded; either is reported, costs nobody else anything, and
 * leaves the clipboard as usable as before.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "primary-selection-unstable-v1-client-protocol.h"
#include "tests/attacks/stage.h"

#define LIMIT (1024 * 1024) /* bytes, as in the config below */
#define PIPE_SIZE (64 * 1024)
#define STEP_SIZE (256 * 1024) /* that one look at a pipe may take in */

static const char clipboard[] = "clipboard {\n"
								"\tlimit 1M\n"
								"\ttimeout 10\n"
								"\ttype application/x-one application/x-two application/x-three\n"
								"}\n";

/* ---- a source without end ---- */

#define FLOWS_MAX 8

/* Whatever the compositor asks for is written to for as long as that goes. */
struct endless {
	int fds[FLOWS_MAX];
	size_t fds_len;
	size_t written;
	size_t per_step; /* bytes to one pipe at a time */
};

static void keep(void *data, struct source *source, const char *mime, int fd) {
	struct endless *endless = data;
	struct test *test = source->client->test;
	CHECK(endless->fds_len < FLOWS_MAX, "it is asked for more types than may cross");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	endless->fds[endless->fds_len++] = fd;
}

/* Returns whether any pipe is still open at its other end. */
static bool pour(struct endless *endless) {
	static char bytes[PIPE_SIZE];
	memset(bytes, 'x', sizeof(bytes));
	bool any = false;
	for (size_t i = 0; i < endless->fds_len; i++) {
		if (endless->fds[i] < 0) {
			continue;
		}
		ssize_t written = write(endless->fds[i], bytes, endless->per_step);
		if (written < 0 && errno != EAGAIN) {
			close(endless->fds[i]);
			endless->fds[i] = -1;
			continue;
		}
		endless->written += written > 0 ? (size_t)written : 0;
		any = true;
	}
	return any || endless->fds_len == 0;
}

static bool strip_has_changed(struct stage *stage, const struct picture *before) {
	struct picture *now = desktop_picture(stage->session);
	struct box strip = desktop_strip();
	strip.width -= 100; /* less the time */
	int x, y;
	bool differs = picture_differs(before, now, &strip, NULL, 0, &x, &y);
	picture_destroy(now);
	return differs;
}

static struct stage *set_up(struct test *test, const char *in_attacker) {
	struct stage *stage = stage_start(test, clipboard, in_attacker);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->attacker);
	return stage;
}

/* What the victim copies can be carried to a third. */
static void check_still_works(struct stage *stage) {
	struct test *test = stage->test;
	CHECK(!desktop_clipboard(stage->session).held, "something of it is held");
	party_focus(&stage->victim);
	party_copy(&stage->victim, "honest");
	stage_take_and_wait(stage);
	CHECK_TEXT(desktop_clipboard(stage->session).source, "victim", "the next take is the victim's");
	party_open(&stage->third, "notes");
	party_focus(&stage->third);
	stage_give(stage);
	WAIT_FOR(stage->third.selection->offer != NULL, "nothing can be given any more");
	CHECK_TEXT(selection_text(stage->third.selection), "honest", "something else is given");
}

static void pour_until_it_stops(struct test *test, const char *const *types, size_t per_step) {
	struct stage *stage = set_up(test, NULL);
	struct endless endless = { .per_step = per_step };
	struct source *source = source_create(stage->attacker.client, types, "");
	source->serve = keep;
	source->data = &endless;
	virtual_keyboard_tap(stage->keyboard, KEY_A);
	test_settle(test);
	selection_set(stage->attacker.selection, source, stage->attacker.seat->serial);
	test_settle(test);
	window_count_frames(stage->victim.window);
	struct picture *before = desktop_picture(stage->session);
	stage_take(stage);
	size_t frames = stage->victim.window->frames;
	double slowest = 0;
	int64_t begin = test_now(), deadline = test_deadline(test, TEST_TIMEOUT_MS);
	while (pour(&endless)) {
		CHECK(test_step(test, deadline), "after %zu bytes it still takes more", endless.written);
		double time = client_time_roundtrip(stage->victim.client);
		slowest = time > slowest ? time : slowest;
	}
	test_note(test, "stopped after %zu bytes and %d ms; the victim's slowest roundtrip took %.1f ms, in %zu frames",
		endless.written, (int)(test_now() - begin), slowest, stage->victim.window->frames - frames);
	CHECK(endless.written <= LIMIT + endless.fds_len * PIPE_SIZE + STEP_SIZE, "it took %zu bytes, with a limit of %d",
		endless.written, LIMIT);
	CHECK(endless.written >= LIMIT / 2, "it took %zu bytes only: this is no test of the limit", endless.written);
	CHECK(slowest < test_deadline(test, 250) - test_now(), "the victim waited for %.0f ms", slowest);
	WAIT_FOR(strip_has_changed(stage, before), "the strip says nothing");
	check_still_works(stage);
}

static void endless_text(struct test *test) {
	pour_until_it_stops(test, (const char *const[]){ "text/plain;charset=utf-8", NULL }, PIPE_SIZE);
}

/* Less at a time: what counts is the sum. */
static void endless_in_small_pieces(struct test *test) {
	pour_until_it_stops(test, (const char *const[]){ "UTF8_STRING", NULL }, 3000);
}

/* Each for itself is within the limit when all of them together are beyond it. */
static void endless_in_many_types(struct test *test) {
	pour_until_it_stops(test,
		(const char *const[]){ "text/plain", "application/x-one", "application/x-two", "application/x-three", NULL },
		PIPE_SIZE);
}

/* ---- types without end ---- */

#define MILLION 1000000

/* Offers one more type after the other, each of another name of at least this length, until it is stopped. */
static void check_types_are_bounded(
	struct test *test, void (*offer)(void *object, const char *mime), bool is_primary, bool one_source, size_t length) {
	/* Each is compared with all before: for long ones, fewer show the same in a fraction of the time. */
	struct stage *stage = set_up(test, length > 0 ? "\tlimit types 1024\n" : NULL);
	struct party *attacker = &stage->attacker;
	struct client *client = attacker->client;
	window_count_frames(stage->victim.window);
	long before = stage_resident(stage), most = before;
	char *name = xcalloc(length + 64, 1);
	memset(name, 'y', length);
	void *object = NULL;
	double slowest = 0;
	int64_t stop = test_deadline(test, 60000);
	size_t offered = 0;
	while (offered < MILLION && client_is_alive(client)) {
		for (int i = 0; i < 64; i++) {
			if (object == NULL || (!one_source && i % 32 == 0)) {
				object = is_primary ? (void *)source_create_primary(client, "")->primary
									: (void *)source_create_text(client, "")->wl_source;
			}
			snprintf(name + length, 64, "x/%zu", offered++);
			offer(object, name);
		}
		client_try_roundtrip(client);
		double time = client_time_roundtrip(stage->victim.client);
		CHECK(time >= 0, "the victim was thrown out");
		slowest = time > slowest ? time : slowest;
		long now = stage_resident(stage);
		most = now > most ? now : most;
		CHECK(most < before + 32 * 1024 + RESIDENT_SLACK, "after %zu types the compositor has %ld KiB, %ld KiB before",
			offered, most, before);
		CHECK(test_now() < stop, "after a minute and %zu types it is not stopped", offered);
	}
	test_note(test, "stopped after %zu types; at most %ld KiB more; the victim's slowest roundtrip took %.1f ms",
		offered, most - before, slowest);
	free(name);
	CHECK(!client_is_alive(client), "a client has offered a million types");
	if (!stage_is_ours(stage)) {
		return;
	}
	CHECK(slowest < test_deadline(test, 250) - test_now(), "the victim waited for %.0f ms", slowest);
	WAIT_FOR(strstr(session_log(stage->session), "disconnected") != NULL, "the log says nothing");
	party_reconnect(attacker);
	check_still_works(stage);
}

static void offer(void *object, const char *mime) {
	wl_data_source_offer(object, mime);
}

static void offer_primary(void *object, const char *mime) {
	zwp_primary_selection_source_v1_offer(object, mime);
}

static void a_million_types(struct test *test) {
	check_types_are_bounded(test, offer, false, true, 0);
}

static void a_million_primary_types(struct test *test) {
	check_types_are_bounded(test, offer_primary, true, true, 0);
}

static void long_types(struct test *test) {
	check_types_are_bounded(test, offer, false, true, 3900);
}

static void in_many_sources(struct test *test) {
	check_types_are_bounded(test, offer, false, false, 3900);
}

/* One name larger than any message may be. */
static void a_name_of_a_mebibyte(struct test *test) {
	static const size_t lengths[] = { 4100, 60000, 65000, 1024 * 1024 };
	struct stage *stage = set_up(test, NULL);
	struct party *attacker = &stage->attacker;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		long before = stage_resident(stage);
		char *name = xcalloc(lengths[i] + 4, 1); /* with the zeros that fill up a word */
		memset(name, 'z', lengths[i]);
		/* Past the library, which refuses to send the largest ones: an object made by its bytes, and a request of it. */
		struct source *source = source_create_text(attacker->client, "");
		client_roundtrip(attacker->client);
		uint32_t header[3] = { wl_proxy_get_id((struct wl_proxy *)source->wl_source),
			(uint32_t)((lengths[i] + 1 + 3) / 4 * 4 + 12) << 16 | WL_DATA_SOURCE_OFFER, (uint32_t)lengths[i] + 1 };
		int fd = wl_display_get_fd(attacker->client->display);
		(void)!write(fd, header, sizeof(header));
		(void)!write(fd, name, (lengths[i] + 1 + 3) / 4 * 4);
		client_try_roundtrip(attacker->client);
		CHECK(stage_resident(stage) < before + 8 * 1024 + RESIDENT_SLACK, "a name of %zu bytes costs %ld KiB",
			lengths[i], stage_resident(stage) - before);
		CHECK(client_time_roundtrip(stage->victim.client) >= 0, "the victim was thrown out");
		free(name);
		party_reconnect(attacker);
	}
	check_still_works(stage);
}

/* So many as a program may offer, and text among the last: it crosses. */
static void many_honest_types(struct test *test) {
	struct stage *stage = set_up(test, NULL);
	struct party *attacker = &stage->attacker;
	struct source *source = source_create(attacker->client, (const char *const[]){ NULL }, "after many others");
	for (int i = 0; i < 500; i++) {
		char name[64];
		snprintf(name, sizeof(name), "application/x-honest-%d", i);
		wl_data_source_offer(source->wl_source, name);
	}
	wl_data_source_offer(source->wl_source, "text/plain;charset=utf-8");
	virtual_keyboard_tap(stage->keyboard, KEY_A);
	test_settle(test);
	selection_set(attacker->selection, source, attacker->seat->serial);
	test_settle(test);
	stage_take_and_wait(stage);
	party_focus(&stage->victim);
	stage_give(stage);
	WAIT_FOR(stage->victim.selection->offer != NULL, "nothing is given");
	CHECK_TEXT(selection_text(stage->victim.selection), "after many others", "something else is given");
	/* The destination is told what may cross, not what the source said. */
	CHECK(stage->victim.selection->offer->types_len < 8, "the victim is offered %zu types",
		stage->victim.selection->offer->types_len);
}

static const struct test_case cases[] = {
	{ "text without end stops at the limit", endless_text },
	{ "in small pieces too", endless_in_small_pieces },
	{ "and of several types, all together", endless_in_many_types },
	{ "a million types are not taken", a_million_types, ANYWHERE },
	{ "nor for the primary selection", a_million_primary_types },
	{ "nor types with long names", long_types, ANYWHERE },
	{ "nor in many sources", in_many_sources },
	{ "a name larger than a message costs its sender the connection at most", a_name_of_a_mebibyte },
	{ "five hundred types are no hindrance", many_honest_types },
};

TEST_MAIN(cases)
