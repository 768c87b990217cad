/*
 * R1. The file behind a shared buffer is cut off while the compositor reads from it: a read past its end raises SIGBUS
 * in the compositor. It must live, whatever the moment; the client may be thrown out, and comes again.
 */

#include <sys/mman.h>
#include <unistd.h>

#include "tests/attacks/stage.h"

#define WIDTH 320
#define HEIGHT 240
#define LARGE_WIDTH 1280
#define LARGE_HEIGHT 720
#define ROUNDS 10000
#define LARGE_ROUNDS 150
#define AT_ONCE 50 /* between looks at whether it is thrown out */

enum moment { BEFORE, PAINTED, SHOWN };

/* All of the file, which stays in *fd. */
static struct wl_buffer *make_buffer(struct party *party, int width, int height, int *fd) {
	struct test *test = party->stage->test;
	*fd = memfd_create("truncated", MFD_CLOEXEC);
	CHECK(*fd >= 0 && ftruncate(*fd, width * height * 4) == 0, "no memory for a buffer");
	struct wl_shm_pool *pool = wl_shm_create_pool(client_shm(party->client), *fd, width * height * 4);
	struct wl_buffer *buffer =
		wl_shm_pool_create_buffer(pool, 0, width, height, width * 4, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	return buffer;
}

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time) {
	bool *came = data;
	*came = true;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener frame_listener = { .done = handle_frame };

/* The frame callback comes when a picture of it is begun; where that is painted in slices, most of it is still to come. */
static void wait_for_frame(struct party *party, const bool *came) {
	struct test *test = party->stage->test;
	WAIT_FOR(*came || party->client->is_dead, "it is not painted");
}

static void attack(struct party *party, enum moment moment) {
	struct test *test = party->stage->test;
	struct wl_surface *surface = party->window->surface;
	int width = moment == PAINTED ? LARGE_WIDTH : WIDTH, height = moment == PAINTED ? LARGE_HEIGHT : HEIGHT;
	int fd;
	struct wl_buffer *buffer = make_buffer(party, width, height, &fd);
	bool came = false;
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_damage(surface, 0, 0, width, height);
	if (moment == PAINTED) {
		wl_callback_add_listener(wl_surface_frame(surface), &frame_listener, &came);
	}
	wl_surface_commit(surface);
	wl_display_flush(party->client->display);
	if (moment == SHOWN) {
		client_try_roundtrip(party->client);
	} else if (moment == PAINTED) {
		wait_for_frame(party, &came);
	}
	CHECK(ftruncate(fd, 0) == 0, "cannot cut it off");
	wl_surface_damage(surface, 0, 0, width, height);
	wl_surface_commit(surface);
	wl_buffer_destroy(buffer);
	close(fd);
}

static void check(struct test *test, enum moment moment, int rounds) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	int thrown_out = 0;
	for (int i = 0; i < rounds; i++) {
		if (attacker->window == NULL || !client_is_alive(attacker->client)) {
			thrown_out += attacker->window != NULL;
			if (attacker->window != NULL) {
				party_reconnect(attacker);
			}
			attacker->window = window_open(attacker->client, "game", attacker->content);
			attacker->window->is_manual = true;
		}
		attack(attacker, moment);
		if (i % AT_ONCE == 0) {
			client_try_roundtrip(attacker->client);
			client_roundtrip(stage->victim.client);
		}
	}
	client_try_roundtrip(attacker->client);
	test_note(test, "%d rounds, thrown out %d times", rounds, thrown_out);
	struct picture *picture = desktop_picture(stage->session);
	if (stage_is_ours(stage)) {
		struct desktop_window window = party_look(&stage->victim);
		desktop_check_frame(stage->session, picture, &window, stage->victim.color);
	}
	picture_destroy(picture);
	client_roundtrip(stage->victim.client);
}

static void before_it_is_read(struct test *test) {
	check(test, BEFORE, ROUNDS);
}

static void while_it_is_shown(struct test *test) {
	check(test, SHOWN, ROUNDS / 10);
}

static void while_it_is_painted(struct test *test) {
	check(test, PAINTED, LARGE_ROUNDS);
}

static const struct test_case cases[] = {
	{ "a buffer may be cut off before it is read", before_it_is_read, ANYWHERE },
	{ "a buffer may be cut off while it is painted", while_it_is_painted, ANYWHERE },
	{ "a buffer may be cut off while it is shown", while_it_is_shown, ANYWHERE },
};

TEST_MAIN(cases)
