/*
 * F9. A client asks what monitors there are: maker, model, serial number, the name of the connector, by every version
 * of every interface that tells. It is told the same words for each monitor of each maker, and a number.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "tests/attacks/stage.h"
#include "xdg-output-unstable-v1-client-protocol.h"

#define OUTPUTS 3
#define TEXTS_MAX 64

/* Every string that a client was told. */
struct told {
	char *texts[TEXTS_MAX];
	size_t len;
	int width_mm, height_mm; /* of the last one */
	size_t modes;
};

static void add(struct told *told, const char *text) {
	if (told->len < TEXTS_MAX) {
		told->texts[told->len++] = xstrdup(text);
	}
}

static void handle_geometry(void *data, struct wl_output *output, int32_t x, int32_t y, int32_t width_mm,
	int32_t height_mm, int32_t subpixel, const char *make, const char *model, int32_t transform) {
	struct told *told = data;
	add(told, make);
	add(told, model);
	told->width_mm = width_mm;
	told->height_mm = height_mm;
}

static void handle_mode(
	void *data, struct wl_output *output, uint32_t flags, int32_t width, int32_t height, int32_t refresh) {
	struct told *told = data;
	told->modes++;
}

static void handle_done(void *data, struct wl_output *output) {
}

static void handle_scale(void *data, struct wl_output *output, int32_t factor) {
}

static void handle_name(void *data, struct wl_output *output, const char *name) {
	add(data, name);
}

static void handle_description(void *data, struct wl_output *output, const char *description) {
	add(data, description);
}

static const struct wl_output_listener output_listener = {
	.geometry = handle_geometry,
	.mode = handle_mode,
	.done = handle_done,
	.scale = handle_scale,
	.name = handle_name,
	.description = handle_description,
};

static void handle_logical_position(void *data, struct zxdg_output_v1 *output, int32_t x, int32_t y) {
}

static void handle_logical_size(void *data, struct zxdg_output_v1 *output, int32_t width, int32_t height) {
}

static void handle_xdg_done(void *data, struct zxdg_output_v1 *output) {
}

static void handle_xdg_name(void *data, struct zxdg_output_v1 *output, const char *name) {
	add(data, name);
}

static void handle_xdg_description(void *data, struct zxdg_output_v1 *output, const char *description) {
	add(data, description);
}

static const struct zxdg_output_v1_listener xdg_listener = {
	.logical_position = handle_logical_position,
	.logical_size = handle_logical_size,
	.done = handle_xdg_done,
	.name = handle_xdg_name,
	.description = handle_xdg_description,
};

/* Binds the output of this place in the registry, at this version, and everything that tells more of it. */
static struct told ask(struct client *client, size_t index, uint32_t version) {
	struct told *told = xcalloc(1, sizeof(*told)); /* listeners keep it */
	const struct client_global *global;
	size_t at = 0;
	wl_list_for_each(global, &client->globals, link) {
		if (strcmp(global->interface, "wl_output") != 0 || at++ != index) {
			continue;
		}
		struct wl_output *output = wl_registry_bind(client->registry, global->name, &wl_output_interface, version);
		wl_output_add_listener(output, &output_listener, told);
		if (client_find(client, "zxdg_output_manager_v1") != NULL) {
			struct zxdg_output_manager_v1 *manager = client_bind(client, &zxdg_output_manager_v1_interface, 3);
			zxdg_output_v1_add_listener(zxdg_output_manager_v1_get_xdg_output(manager, output), &xdg_listener, told);
		}
	}
	client_roundtrip(client);
	return *told;
}

/* Which of our names for outputs it is; 0 for none. */
static size_t number_of(const char *text) {
	for (size_t i = 1; i <= OUTPUTS; i++) {
		char name[32];
		snprintf(name, sizeof(name), "output-%zu", i);
		if (strcmp(text, name) == 0) {
			return i;
		}
	}
	return 0;
}

/* Nothing but words that say nothing, and the number that the output has. Returns that; 0 where it is not told. */
static size_t check_neutral(struct test *test, const struct told *told) {
	size_t number = 0;
	for (size_t i = 0; i < told->len; i++) {
		const char *text = told->texts[i];
		size_t named = number_of(text);
		bool is_neutral = strcmp(text, "cofferdam") == 0 || strcmp(text, "screen") == 0 || strcmp(text, "Unknown") == 0;
		CHECK(is_neutral || named != 0, "of an output it is told “%s”", text);
		CHECK(named == 0 || number == 0 || named == number, "one output has the names of two");
		number = named != 0 ? named : number;
	}
	CHECK(told->len >= 2, "of an output nothing is told");
	CHECK_INT(told->modes, 1, "it is told other modes than the one that is shown");
	return number;
}

static struct stage *set_up(struct test *test, const char *grant) {
	char outputs[8];
	snprintf(outputs, sizeof(outputs), "%d", OUTPUTS);
	setenv("WLR_HEADLESS_OUTPUTS", outputs, 1);
	return stage_start(test, NULL, grant);
}

static void every_version(struct test *test) {
	struct stage *stage = set_up(test, NULL);
	struct client *client = stage->attacker.client;
	CHECK_INT(client_count(client, "wl_output"), OUTPUTS, "the outputs of this test");
	CHECK(client_find(client, "zxdg_output_manager_v1") == NULL, "without the word in the config there is xdg-output");
	for (size_t i = 0; i < OUTPUTS; i++) {
		for (uint32_t version = 1; version <= 4; version++) {
			struct told told = ask(client, i, version);
			CHECK_INT(check_neutral(test, &told) != 0, version >= WL_OUTPUT_NAME_SINCE_VERSION, "its name");
		}
	}
}

static void with_xdg_output(struct test *test) {
	struct stage *stage = set_up(test, "\tallow xdg-output\n");
	struct client *client = stage->attacker.client;
	CHECK(client_find(client, "zxdg_output_manager_v1") != NULL, "the grant has no effect");
	for (size_t i = 0; i < OUTPUTS; i++) {
		struct told told = ask(client, i, 4);
		CHECK(told.len >= 6, "xdg-output tells nothing");
		CHECK(check_neutral(test, &told) != 0, "it is told no name");
	}
}

/* The same for all, so that none can be told from another but by its number. */
static void all_alike(struct test *test) {
	struct stage *stage = set_up(test, "\tallow xdg-output\n");
	struct told first = ask(stage->attacker.client, 0, 4);
	for (size_t i = 1; i < OUTPUTS; i++) {
		struct told other = ask(stage->attacker.client, i, 4);
		CHECK_INT(other.len, first.len, "of output %zu more is told", i + 1);
		CHECK_TEXT(other.texts[0], first.texts[0], "the makers differ");
		CHECK_TEXT(other.texts[1], first.texts[1], "the models differ");
		CHECK_INT(other.width_mm, first.width_mm, "the sizes differ");
		CHECK_INT(other.height_mm, first.height_mm, "the sizes differ");
	}
	/* And for each instance. */
	struct told elsewhere = ask(stage->victim.client, 0, 4);
	CHECK_TEXT(elsewhere.texts[0], first.texts[0], "another instance is told another maker");
}

/* The true names are the person's, in the session's log. So the words above are no accident of this backend. */
static void true_names(struct test *test) {
	struct stage *stage = set_up(test, NULL);
	CHECK(strstr(session_log(stage->session), "output HEADLESS-1 is output-") != NULL,
		"the log does not say which is which");
	struct told told = ask(stage->attacker.client, 0, 4);
	for (size_t i = 0; i < told.len; i++) {
		CHECK(strcasestr(told.texts[i], "headless") == NULL, "it is told the backend: “%s”", told.texts[i]);
	}
}

/* The connector's name, from which much follows on real machines: whose the screen is, and how many there were. */
static void connector(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct told told = ask(stage->attacker.client, 0, 4);
	NEED(told.len >= 2, "of an output nothing is told");
	for (size_t i = 0; i < told.len; i++) {
		CHECK(strcasestr(told.texts[i], "headless") == NULL && strcasestr(told.texts[i], "wayland") == NULL,
			"it is told the backend and the connector: “%s”", told.texts[i]);
	}
}

static const struct test_case cases[] = {
	{ "a client is not told the connector", connector, ANYWHERE },
	{ "no version of wl_output tells of the hardware", every_version },
	{ "nor does xdg-output, where it is granted", with_xdg_output },
	{ "all outputs are alike, to every instance", all_alike },
	{ "the connectors' names are the person's", true_names },
};

TEST_MAIN(cases)
