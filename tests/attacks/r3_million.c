/*
 * R3. A client makes as many objects as it is let, of each kind that costs the compositor something. At the limit of
 * its instance it is disconnected and told why, the log and the strip say so, what it had is given back, and the
 * victim notices nothing.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "presentation-time-client-protocol.h"
#include "tests/attacks/stage.h"
#include "tests/protocol/lib/json.h"
#include "xdg-activation-v1-client-protocol.h"

#define A_MILLION 1000000
#define MOST_KIB (128 * 1024) /* what any flood of them may cost while it lasts */
#define AT_ONCE 24 /* in one piece: what is not read yet when a connection is closed takes the last message with it */

/* What each of these makes one of. */
static void make_surface(struct party *party) {
	wl_compositor_create_surface(client_compositor(party->client));
}

static void make_callback(struct party *party) {
	wl_surface_frame(party->window->surface);
}

static void make_region(struct party *party) {
	wl_compositor_create_region(client_compositor(party->client));
}

static void make_source(struct party *party) {
	wl_data_device_manager_create_data_source(client_data_device_manager(party->client));
}

static void make_subsurface(struct party *party) {
	struct wl_surface *surface = wl_compositor_create_surface(client_compositor(party->client));
	wl_subcompositor_get_subsurface(client_subcompositor(party->client), surface, party->window->surface);
}

static struct wl_shm_pool *make_pool(struct party *party) {
	struct test *test = party->stage->test;
	int fd = memfd_create("pool", MFD_CLOEXEC);
	CHECK(fd >= 0 && ftruncate(fd, 4096) == 0, "no memory for a pool");
	struct wl_shm_pool *pool = wl_shm_create_pool(client_shm(party->client), fd, 4096);
	close(fd);
	return pool;
}

static void make_pool_only(struct party *party) {
	make_pool(party);
}

/* The pool's memory and descriptor live as long as its buffer. */
static void make_buffer(struct party *party) {
	struct wl_shm_pool *pool = make_pool(party);
	wl_shm_pool_create_buffer(pool, 0, 1, 1, 4, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
}

static void make_feedback(struct party *party) {
	struct wp_presentation *presentation = client_bind(party->client, &wp_presentation_interface, 1);
	wp_presentation_feedback(presentation, party->window->surface);
	wp_presentation_destroy(presentation);
}

static void make_window(struct party *party) {
	struct wl_surface *surface = wl_compositor_create_surface(client_compositor(party->client));
	xdg_surface_get_toplevel(xdg_wm_base_get_xdg_surface(client_wm_base(party->client), surface));
}

static const struct popup_options small = { .x = 1, .y = 1, .width = 30, .height = 30, .color = INTRUDER };

static void make_popup(struct party *party) {
	popup_create(party->client, party->window->xdg_surface, &small);
}

/*
 * A picture of 64 MiB that nobody has filled: whoever reads it pays for it. The pool begins small and is enlarged, and
 * everything that has a name goes at once; only the surface keeps it.
 */
#define SIDE 4096
#define HUGE (SIDE * SIDE * 4)

static struct wl_buffer *make_huge_buffer(struct party *party) {
	struct test *test = party->stage->test;
	int fd = memfd_create("huge", MFD_CLOEXEC);
	CHECK(fd >= 0 && ftruncate(fd, HUGE) == 0, "no memory for a pool");
	struct wl_shm_pool *pool = wl_shm_create_pool(client_shm(party->client), fd, 4096);
	wl_shm_pool_resize(pool, HUGE);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, SIDE, SIDE, SIDE * 4, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	close(fd);
	return buffer;
}

static void make_huge(struct party *party) {
	make_huge_buffer(party);
}

static void make_kept(struct party *party) {
	struct wl_surface *surface = wl_compositor_create_surface(client_compositor(party->client));
	struct wl_buffer *buffer = make_huge_buffer(party);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_commit(surface);
	wl_buffer_destroy(buffer);
}

/* Returns how many it got to make, the last ones not counted exactly; *most is what the compositor then used, KiB. */
static long flood(struct party *party, void (*make)(struct party *party), long *most) {
	long made = 0;
	while (made < A_MILLION && client_is_alive(party->client)) {
		for (int i = 0; i < AT_ONCE; i++) {
			make(party);
		}
		made += AT_ONCE;
		client_try_roundtrip(party->client);
		if (made % (32 * AT_ONCE) == 0) {
			long now = stage_resident_in_all(party->stage);
			*most = now > *most ? now : *most;
		}
	}
	return made;
}

/* again: how many of them it may make afterwards, being honest. */
static void check_flood(struct test *test, const char *limit, void (*make)(struct party *party), int again) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	struct picture *before = desktop_picture(stage->session);
	long resident_before = stage_resident_in_all(stage), most = resident_before;

	long made = flood(attacker, make, &most);
	CHECK(made < A_MILLION, "a client made a million");
	test_note(test, "%s: disconnected after at most %ld", limit, made);
	CHECK(strstr(attacker->client->error.message, limit) != NULL, "the error does not name the limit %s but says: %s", limit,
		attacker->client->error.message);
	char *line = xasprintf("limit %s", limit);
	WAIT_FOR(strstr(session_log(stage->session), line) != NULL, "the log does not name the limit %s", limit);
	free(line);
	struct picture *after = desktop_picture(stage->session);
	struct box strip = desktop_strip();
	int x, y;
	CHECK(picture_differs(before, after, &strip, NULL, 0, &x, &y), "the strip says nothing");
	picture_destroy(after);
	picture_destroy(before);

	/* Nothing of it counts any more: the same instance has the same room again, and others were never short of any. */
	client_roundtrip(stage->victim.client);
	party_reconnect(attacker);
	party_open(attacker, "again");
	for (int i = 0; i < again; i++) {
		make(attacker);
	}
	client_roundtrip(attacker->client);
	long resident_after = stage_resident_in_all(stage);
	test_note(test, "%s: resident memory %ld KiB before, at most %ld seen in between, %ld after", limit, resident_before,
		most, resident_after);
	CHECK(most < resident_before + MOST_KIB + RESIDENT_SLACK, "the flood costs %ld KiB", most - resident_before);
	CHECK(resident_after < resident_before + 32 * 1024 + RESIDENT_SLACK, "memory does not come back: %ld KiB, before %ld KiB", resident_after,
		resident_before);
}

static void surfaces(struct test *test) {
	check_flood(test, "surfaces", make_surface, 100);
}

static void callbacks(struct test *test) {
	check_flood(test, "callbacks", make_callback, 100);
}

static void regions(struct test *test) {
	check_flood(test, "objects", make_region, 100);
}

static void sources(struct test *test) {
	check_flood(test, "objects", make_source, 100);
}

static void subsurfaces(struct test *test) {
	check_flood(test, "subsurfaces", make_subsurface, 100);
}

static void pools(struct test *test) {
	check_flood(test, "pools", make_pool_only, 100);
}

static void buffers(struct test *test) {
	check_flood(test, "buffers", make_buffer, 100);
}

static void feedbacks(struct test *test) {
	check_flood(test, "feedbacks", make_feedback, 100);
}

static void windows(struct test *test) {
	check_flood(test, "windows", make_window, 20);
}

static void popups(struct test *test) {
	check_flood(test, "popups", make_popup, 20);
}

static void shared_memory(struct test *test) {
	check_flood(test, "shared-memory", make_huge, 20);
}

static void kept_memory(struct test *test) {
	check_flood(test, "shared-memory", make_kept, 20);
}

/* foot asks for 512 MiB for each picture, and fills as much of it as the picture has. */
static void honest_memory(struct test *test) {
	struct stage *stage = stage_start(test, NULL, "\tlimit shared-memory 64M");
	struct party *party = &stage->attacker;
	for (int i = 0; i < 50; i++) {
		int fd = memfd_create("sparse", MFD_CLOEXEC);
		CHECK(fd >= 0 && ftruncate(fd, 512 << 20) == 0, "no memory for a pool");
		struct wl_shm_pool *pool = wl_shm_create_pool(client_shm(party->client), fd, 512 << 20);
		wl_shm_pool_create_buffer(pool, 0, 512, 512, 512 * 4, WL_SHM_FORMAT_XRGB8888);
		close(fd);
	}
	client_roundtrip(party->client);
	/* And pictures that lie one over the other are as large as the pool, not as all of them. */
	int fd = memfd_create("shared", MFD_CLOEXEC);
	CHECK(fd >= 0 && ftruncate(fd, 1 << 20) == 0, "no memory for a pool");
	struct wl_shm_pool *pool = wl_shm_create_pool(client_shm(party->client), fd, 1 << 20);
	for (int i = 0; i < 200; i++) {
		wl_shm_pool_create_buffer(pool, 0, 512, 512, 512 * 4, WL_SHM_FORMAT_XRGB8888);
	}
	close(fd);
	client_roundtrip(party->client);
}

static void popup_depth(struct test *test) {
	struct stage *stage = stage_start(test, NULL, "\tlimit popup-depth 5");
	struct party *attacker = &stage->attacker;
	party_open(attacker, "game");
	party_focus(attacker);
	struct xdg_surface *parent = attacker->window->xdg_surface;
	for (int i = 0; i < 5; i++) {
		parent = popup_create(attacker->client, parent, &small)->xdg_surface;
		client_roundtrip(attacker->client);
	}
	test_settle(test);
	client_roundtrip(attacker->client);
	popup_create(attacker->client, parent, &small);
	client_expect_death(attacker->client, "wl_display");
	CHECK(strstr(attacker->client->error.message, "popup-depth of 5") != NULL, "the client was told: %s",
		attacker->client->error.message);
	WAIT_FOR(strstr(session_log(stage->session), "limit popup-depth") != NULL, "the log does not name the limit");
}

/* ---- what `coffer` tells ---- */

struct told {
	long used, most, max, met;
};

static struct told told_limit(struct stage *stage, const char *instance, const char *limit) {
	struct test *test = stage->test;
	struct process_output output = COFFER(stage->session, "limits", instance, "--json");
	CHECK(output.status == 0, "coffer limits ended with %d: %s", output.status, output.err);
	const struct json_value *all = json_parse(test, output.out);
	CHECK_INT(json_len(test, all), 1, "instances");
	const struct json_value *rows = json_get(test, json_at(test, all, 0), "limits");
	process_output_finish(&output);
	for (size_t i = 0; i < json_len(test, rows); i++) {
		const struct json_value *row = json_at(test, rows, i);
		if (strcmp(json_get_text(test, row, "limit"), limit) == 0) {
			return (struct told){ json_get_int(test, row, "used"), json_get_int(test, row, "most"),
				json_get_int(test, row, "max"), json_get_int(test, row, "met") };
		}
	}
	FAIL("coffer limits does not tell %s", limit);
}

static bool ps_says(struct stage *stage, const char *wanted) {
	struct test *test = stage->test;
	struct process_output output = COFFER(stage->session, "ps", "--json");
	CHECK(output.status == 0, "coffer ps ended with %d: %s", output.status, output.err);
	const struct json_value *all = json_parse(test, output.out);
	bool found = false;
	for (size_t i = 0; i < json_len(test, all); i++) {
		const struct json_value *row = json_at(test, all, i);
		bool is_attacker = strcmp(json_get_text(test, row, "name"), stage->attacker.name) == 0;
		found = found || (is_attacker && strcmp(json_get_text(test, row, "met"), wanted) == 0);
		CHECK(is_attacker || json_get_text(test, row, "met")[0] == '\0', "another instance has met a limit");
	}
	process_output_finish(&output);
	return found;
}

static void told(struct test *test) {
	struct stage *stage = stage_start(test, NULL, "\tlimit surfaces 50");
	struct party *attacker = &stage->attacker;
	client_roundtrip(attacker->client);
	struct told before = told_limit(stage, "attacker", "surfaces");
	CHECK_INT(before.max, 50, "the limit");
	struct wl_surface *surfaces[45];
	for (size_t i = 0; i < 45; i++) {
		surfaces[i] = wl_compositor_create_surface(client_compositor(attacker->client));
	}
	client_roundtrip(attacker->client);
	CHECK_INT(told_limit(stage, "attacker", "surfaces").used, before.used + 45, "in use");
	struct process_output output = COFFER(stage->session, "limits", "attacker");
	CHECK(strstr(output.out, "near") != NULL, "45 of 50 is not near: %s", output.out);
	process_output_finish(&output);
	for (size_t i = 0; i < 45; i++) {
		wl_surface_destroy(surfaces[i]);
	}
	client_roundtrip(attacker->client);
	struct told after = told_limit(stage, "attacker", "surfaces");
	CHECK_INT(after.used, before.used, "in use when they are gone");
	CHECK_INT(after.most, before.used + 45, "the most there were");
	CHECK_INT(after.met, 0, "nothing has met a limit");
	CHECK(ps_says(stage, ""), "coffer ps says that a limit was met");

	long most = 0;
	flood(attacker, make_surface, &most);
	WAIT_FOR(ps_says(stage, "surfaces"), "coffer ps does not say which limit was met");
	CHECK_INT(told_limit(stage, "attacker", "surfaces").met, 1, "one client was disconnected");
	CHECK_INT(told_limit(stage, "attacker", "surfaces").used, 0, "it has nothing any more");
	CHECK_INT(told_limit(stage, "victim", "surfaces").met, 0, "the victim has met none");
}

/* Nobody is thrown out for permits that are not used: the oldest is forgotten. */
static void tokens(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	struct xdg_activation_v1 *activation = client_bind(attacker->client, &xdg_activation_v1_interface, 1);
	party_open(attacker, "game");
	party_focus(attacker);
	long before = stage_resident_in_all(stage);
	for (int i = 0; i < 20000; i++) {
		struct xdg_activation_token_v1 *token = xdg_activation_v1_get_activation_token(activation);
		xdg_activation_token_v1_set_serial(token, attacker->seat->serial, attacker->seat->wl_seat);
		xdg_activation_token_v1_commit(token);
		xdg_activation_token_v1_destroy(token);
		if (i % 100 == 99) {
			client_roundtrip(attacker->client);
		}
	}
	struct told limit = told_limit(stage, "attacker", "tokens");
	CHECK_INT(limit.used, 32, "tokens are kept");
	CHECK_INT(limit.met, 20000 - 32, "tokens were forgotten");
	long after = stage_resident_in_all(stage);
	test_note(test, "tokens: resident memory %ld KiB before, %ld after", before, after);
	CHECK(after < before + 8 * 1024 + RESIDENT_SLACK, "tokens cost memory: %ld KiB, before %ld KiB", after, before);
}

/* Parts of parts of parts: wlroots walks such a chain at each commit, and in itself. */
static void deep_chain(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	struct wl_surface *parent = attacker->window->surface;
	for (int i = 0; i < 20000 && client_is_alive(attacker->client); i++) {
		struct wl_surface *surface = wl_compositor_create_surface(client_compositor(attacker->client));
		wl_subcompositor_get_subsurface(client_subcompositor(attacker->client), surface, parent);
		wl_surface_commit(surface);
		wl_surface_commit(attacker->window->surface);
		parent = surface;
		if (i % 64 == 0) {
			client_try_roundtrip(attacker->client);
		}
	}
	client_try_roundtrip(attacker->client);
	CHECK(strstr(attacker->client->error.message, "subsurfaces") != NULL, "a chain of 20000 is taken: %s",
		attacker->client->error.message);
	client_roundtrip(stage->victim.client);
}

/* Several clients of an instance share what it may have; and the config says how much. */
static void together(struct test *test) {
	struct stage *stage = stage_start(test, NULL, "\tlimit surfaces 50");
	struct party *attacker = &stage->attacker;
	for (int i = 0; i < 40; i++) {
		make_surface(attacker);
	}
	client_roundtrip(attacker->client);
	struct client *second = session_connect(stage->session, attacker->name);
	for (int i = 0; i < 20; i++) {
		wl_compositor_create_surface(client_compositor(second));
	}
	client_expect_death(second, "wl_display");
	CHECK(strstr(second->error.message, "50 surfaces") != NULL, "the second client was told: %s", second->error.message);
	client_roundtrip(attacker->client);
	for (int i = 0; i < 60; i++) {
		make_surface(&stage->victim);
	}
	client_roundtrip(stage->victim.client);
}

/* What can be asked of others too: a hundred thousand surfaces, and whether anybody minds. */
static void without_end(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	long before = stage_resident_in_all(stage), made = 0;
	while (made < 100000 && client_is_alive(attacker->client)) {
		for (int i = 0; i < AT_ONCE; i++) {
			make_surface(attacker);
		}
		made += AT_ONCE;
		client_try_roundtrip(attacker->client);
	}
	client_roundtrip(stage->victim.client);
	CHECK(!client_is_alive(attacker->client), "nothing stops it at %ld surfaces, which cost %ld MiB", made,
		(stage_resident_in_all(stage) - before) / 1024);
}

static const struct test_case cases[] = {
	{ "a hundred thousand surfaces are too many", without_end, ANYWHERE },
	{ "surfaces are limited", surfaces },
	{ "frame callbacks are limited", callbacks },
	{ "regions are limited with all objects", regions },
	{ "clipboard sources are limited with all objects", sources },
	{ "subsurfaces are limited", subsurfaces },
	{ "shared memory pools are limited", pools },
	{ "buffers, which keep their pools, are limited", buffers },
	{ "presentation feedbacks are limited", feedbacks },
	{ "windows are limited", windows },
	{ "popups are limited", popups },
	{ "popups on popups are limited", popup_depth },
	{ "pictures in shared memory are limited by their bytes", shared_memory },
	{ "pictures count as long as something shows them", kept_memory },
	{ "who asks for more memory than its pictures fill is let", honest_memory },
	{ "activation tokens are forgotten, oldest first", tokens },
	{ "coffer tells what is used, what was, and what was met", told },
	{ "a chain of subsurfaces cannot be made deep", deep_chain },
	{ "clients of one instance share its limits, which the config sets", together },
};

TEST_MAIN(cases)
