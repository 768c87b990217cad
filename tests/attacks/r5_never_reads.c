/*
 * R5. A client does not read its socket. Where it asks for answers without end, it is not read either, so that what
 * waits for it is bounded and others do not wait. Where events pour in that it did not ask for, it is dropped at a
 * bound, and not before: an honest client that stops for some seconds while the pointer moves over it lives on.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/attacks/stage.h"

#define SENT_MAX (16 << 20) /* bytes; far more than the kernel and the compositor keep for one client */
#define SYNC_BYTES 12
#define ROUNDTRIPS 2000 /* of the victim's, without a byte of the attacker's being read in between */

#define MOVEMENTS 5000

/*
 * Fills its socket as long as anything of it is read. One that is only served after the others, as every flood is, is read
 * on while the victim has its answers, and would be dropped in the end. Returns what it could send.
 */
static long fill(struct stage *stage, bool *dropped) {
	struct client *client = stage->attacker.client;
	long sent = 0;
	int last = -1;
	for (int still = 0; still < ROUNDTRIPS && sent < SENT_MAX && !*dropped; still++) {
		int flushed;
		while ((flushed = wl_display_flush(client->display)) >= 0 && sent < SENT_MAX) {
			for (int i = 0; i < 100; i++) {
				wl_callback_destroy(wl_display_sync(client->display));
			}
			sent += 100 * SYNC_BYTES;
		}
		*dropped = flushed < 0 && errno != EAGAIN;
		client_roundtrip(stage->victim.client);
		int now = stage_count_unread(wl_display_get_fd(client->display));
		still = now == last ? still : 0;
		last = now;
	}
	return sent;
}

static void asks_and_never_reads(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	struct client *client = stage->attacker.client;
	long before = stage_resident_in_all(stage);
	test_remove_client(test, client); /* nothing of it is read from here on */
	bool dropped = false;
	long sent = fill(stage, &dropped);
	test_note(test, "%s after %ld KiB; resident memory %ld KiB, before %ld KiB", dropped ? "dropped" : "no longer read",
		sent / 1024, stage_resident_in_all(stage), before);
	CHECK(sent < SENT_MAX, "it is read on and on");
	CHECK(stage_resident_in_all(stage) < before + 8 * 1024 + RESIDENT_SLACK, "what waits for it is not bounded");
	if (dropped && !stage_is_ours(stage)) {
		return;
	}
	/* It is not lost: when it reads, all is answered. */
	CHECK(!dropped, "it is dropped, though it can be made to wait");
	test_add_client(test, client, false);
	client_roundtrip(client);
}

/* The pointer goes to and fro over the client's window, which does not read. */
static void move_over(struct stage *stage, const struct desktop_window *window, int times) {
	for (int i = 0; i < times; i++) {
		virtual_pointer_move(stage->pointer, window->content.x + 50 + i % 2, window->content.y + 50);
		if (i % 100 == 99) {
			client_roundtrip(session_shell(stage->session));
		}
	}
	client_roundtrip(session_shell(stage->session));
}

static void honest_stops(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct desktop_window window = party_open(&stage->third, "reader");
	move_over(stage, &window, 2);
	test_settle(test);
	test_remove_client(test, stage->third.client);
	move_over(stage, &window, MOVEMENTS); /* a fast mouse for five seconds */
	test_add_client(test, stage->third.client, false);
	client_roundtrip(stage->third.client);
	size_t told = seat_count(stage->third.seat, SEAT_MOTION);
	CHECK(told >= MOVEMENTS, "of %d movements it was told %zu", MOVEMENTS, told);
}

static void dropped_at_a_bound(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct desktop_window window = party_open(&stage->attacker, "game");
	move_over(stage, &window, 2);
	test_settle(test);
	long before = stage_resident_in_all(stage);
	test_remove_client(test, stage->attacker.client);
	move_over(stage, &window, 40000);
	CHECK(stage_resident_in_all(stage) < before + 8 * 1024 + RESIDENT_SLACK, "what waits for it is not bounded");
	WAIT_FOR(strstr(session_log(stage->session), "attacker: a program that did not read") != NULL,
		"it is not dropped, or nobody says so");
	test_add_client(test, stage->attacker.client, false);
	CHECK(!client_try_roundtrip(stage->attacker.client), "the connection lives");
	client_roundtrip(stage->victim.client);
}

static const struct test_case cases[] = {
	{ "one that asks and never reads is not read, and loses nothing", asks_and_never_reads, ANYWHERE },
	{ "one that stops while the pointer moves over it five thousand times lives", honest_stops },
	{ "one that does not read forty thousand movements is dropped", dropped_at_a_bound },
};

TEST_MAIN(cases)
