/*
 * R1. The file behind a shared buffer is cut off while the compositor reads from it: a read past its end raises SIGBUS
 * in the compositor. It must live, whatever the moment; the client may be thrown out, and comes again.
 */

#include <sys/mman.h>
#include <unistd.h>

#include "tests/attacks/stage.h"

#define WIDTH 320
#define HEIGHT 240
#define STRIDE (WIDTH * 4)
#define SIZE (STRIDE * HEIGHT)
#define ROUNDS 10000
#define AT_ONCE 50 /* between looks at whether it is thrown out */

/* A buffer of the file's first HEIGHT lines. The file stays in *fd. */
static struct wl_buffer *make_buffer(struct party *party, int *fd) {
	struct test *test = party->stage->test;
	*fd = memfd_create("truncated", MFD_CLOEXEC);
	CHECK(*fd >= 0 && ftruncate(*fd, SIZE) == 0, "no memory for a buffer");
	struct wl_shm_pool *pool = wl_shm_create_pool(client_shm(party->client), *fd, SIZE);
	struct wl_buffer *buffer =
		wl_shm_pool_create_buffer(pool, 0, WIDTH, HEIGHT, STRIDE, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	return buffer;
}

static void attack(struct party *party, bool shown_before) {
	struct test *test = party->stage->test;
	struct wl_surface *surface = party->window->surface;
	int fd;
	struct wl_buffer *buffer = make_buffer(party, &fd);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_damage(surface, 0, 0, WIDTH, HEIGHT);
	wl_surface_commit(surface);
	wl_display_flush(party->client->display);
	if (shown_before) {
		client_try_roundtrip(party->client);
	}
	CHECK(ftruncate(fd, 0) == 0, "cannot cut it off");
	wl_surface_damage(surface, 0, 0, WIDTH, HEIGHT);
	wl_surface_commit(surface);
	wl_buffer_destroy(buffer);
	close(fd);
}

static void check(struct test *test, bool shown_before, int rounds) {
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
		attack(attacker, shown_before);
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
	check(test, false, ROUNDS);
}

static void while_it_is_shown(struct test *test) {
	check(test, true, ROUNDS / 10);
}

static const struct test_case cases[] = {
	{ "a buffer may be cut off before it is read", before_it_is_read, ANYWHERE },
	{ "a buffer may be cut off while it is shown", while_it_is_shown, ANYWHERE },
};

TEST_MAIN(cases)
