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
#include "tests/attacks/stage.h"

#define A_MILLION 1000000
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

/* VmRSS of the compositor in KiB. */
static long resident(struct stage *stage) {
	struct test *test = stage->test;
	char *path = xasprintf("/proc/%d/status", (int)session_compositor_pid(stage->session));
	FILE *file = fopen(path, "r");
	CHECK(file != NULL, "cannot read %s", path);
	char line[256];
	long value = -1;
	while (fgets(line, sizeof(line), file) != NULL && value < 0) {
		sscanf(line, "VmRSS: %ld", &value);
	}
	fclose(file);
	free(path);
	CHECK(value > 0, "the compositor's memory is not known");
	return value;
}

/* Returns how many it got to make, the last ones not counted exactly. */
static long flood(struct party *party, void (*make)(struct party *party)) {
	long made = 0;
	while (made < A_MILLION && client_is_alive(party->client)) {
		for (int i = 0; i < AT_ONCE; i++) {
			make(party);
		}
		made += AT_ONCE;
		client_try_roundtrip(party->client);
	}
	return made;
}

static void check_flood(struct test *test, const char *limit, void (*make)(struct party *party)) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(&stage->victim, "editor");
	party_open(attacker, "game");
	struct picture *before = desktop_picture(stage->session);
	long resident_before = resident(stage);

	long made = flood(attacker, make);
	CHECK(made < A_MILLION, "a client made a million");
	test_note(test, "disconnected after at most %ld; resident memory %ld KiB before", made, resident_before);
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
	for (int i = 0; i < 100; i++) {
		make(attacker);
	}
	client_roundtrip(attacker->client);
	long resident_after = resident(stage);
	test_note(test, "%ld KiB after", resident_after);
	CHECK(resident_after < resident_before + 32 * 1024 + RESIDENT_SLACK, "memory does not come back: %ld KiB, before %ld KiB", resident_after,
		resident_before);
}

static void surfaces(struct test *test) {
	check_flood(test, "surfaces", make_surface);
}

static void callbacks(struct test *test) {
	check_flood(test, "callbacks", make_callback);
}

static void regions(struct test *test) {
	check_flood(test, "objects", make_region);
}

static void sources(struct test *test) {
	check_flood(test, "objects", make_source);
}

static void subsurfaces(struct test *test) {
	check_flood(test, "subsurfaces", make_subsurface);
}

static void pools(struct test *test) {
	check_flood(test, "pools", make_pool_only);
}

static void buffers(struct test *test) {
	check_flood(test, "buffers", make_buffer);
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
	long before = resident(stage), made = 0;
	while (made < 100000 && client_is_alive(attacker->client)) {
		for (int i = 0; i < AT_ONCE; i++) {
			make_surface(attacker);
		}
		made += AT_ONCE;
		client_try_roundtrip(attacker->client);
	}
	client_roundtrip(stage->victim.client);
	CHECK(!client_is_alive(attacker->client), "nothing stops it at %ld surfaces, which cost %ld MiB", made,
		(resident(stage) - before) / 1024);
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
	{ "a chain of subsurfaces cannot be made deep", deep_chain },
	{ "clients of one instance share its limits, which the config sets", together },
};

TEST_MAIN(cases)
