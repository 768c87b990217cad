/*
 * F8. A client watches the victim by what it is told of its own pictures: frame callbacks and presentation feedback of
 * commits that change nothing, of its cursor, of parts that cannot be seen, and buffers that come back. Each of these
 * comes by itself or not at all; none waits for the victim to paint, or a client would see every key that is typed
 * there. There is no idle notifier. (What remains is told in ../../SECURITY.md: how busy the screen is.)
 */

#include <stdlib.h>

#include "ext-idle-notify-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "tests/attacks/stage.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define QUIET_MS 700 /* what does not come by itself within this does not come by itself */
#define PAINTS 12 /* of the victim's */
#define OTHER_CONTENT 0x20ff40 /* that it paints in turn */

/* Something that tells when it happens, once it is armed. */
struct sensor {
	struct stage *stage;
	struct wl_surface *surface;
	struct wp_presentation *presentation;
	struct buffer *shown; /* told when it comes back */
	size_t told;
};

/* ---- what tells ---- */

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time) {
	struct sensor *sensor = data;
	sensor->told++;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener frame_listener = { .done = handle_frame };

static void handle_sync_output(void *data, struct wp_presentation_feedback *feedback, struct wl_output *output) {
}

static void handle_presented(void *data, struct wp_presentation_feedback *feedback, uint32_t seconds_high,
	uint32_t seconds_low, uint32_t nanoseconds, uint32_t refresh, uint32_t seq_high, uint32_t seq_low, uint32_t flags) {
	struct sensor *sensor = data;
	sensor->told++;
	wp_presentation_feedback_destroy(feedback);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *feedback) {
	struct sensor *sensor = data;
	sensor->told++;
	wp_presentation_feedback_destroy(feedback);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

static void arm_frame(struct sensor *sensor) {
	wl_callback_add_listener(wl_surface_frame(sensor->surface), &frame_listener, sensor);
	wl_surface_commit(sensor->surface);
}

static void arm_feedback(struct sensor *sensor) {
	wp_presentation_feedback_add_listener(
		wp_presentation_feedback(sensor->presentation, sensor->surface), &feedback_listener, sensor);
	wl_surface_commit(sensor->surface);
}

/* Another buffer in the place of the one that is shown, with no word of damage: then that one comes back. */
static void arm_release(struct sensor *sensor) {
	struct window *window = sensor->stage->attacker.window;
	struct buffer *next = buffer_create(window->client, window->width, window->height, INTRUDER);
	wl_surface_attach(sensor->surface, next->wl_buffer, 0, 0);
	wl_surface_commit(sensor->surface);
}

/* ---- what it is about ---- */

static void its_window(struct sensor *sensor) {
	sensor->surface = sensor->stage->attacker.window->surface;
}

static void a_part(struct sensor *sensor) {
	struct party *attacker = &sensor->stage->attacker;
	sensor->surface = subsurface_create(attacker->client, attacker->window->surface, 5, 5, 50, 50, INTRUDER)->surface;
	wl_surface_commit(attacker->window->surface);
}

static void a_part_outside(struct sensor *sensor) {
	struct party *attacker = &sensor->stage->attacker;
	xdg_surface_set_window_geometry(
		attacker->window->xdg_surface, 0, 0, attacker->window->width, attacker->window->height);
	sensor->surface = subsurface_create(attacker->client, attacker->window->surface, -3000, 10, 50, 50, INTRUDER)
						  ->surface;
	wl_surface_commit(attacker->window->surface);
}

static void a_popup(struct sensor *sensor) {
	struct party *attacker = &sensor->stage->attacker;
	sensor->surface = popup_open(attacker->client, attacker->window->xdg_surface,
		&(struct popup_options){ .x = 5, .y = 5, .width = 60, .height = 60, .color = INTRUDER })
						  ->surface;
}

static void no_role(struct sensor *sensor) {
	sensor->surface = wl_compositor_create_surface(client_compositor(sensor->stage->attacker.client));
}

static void its_cursor(struct sensor *sensor) {
	struct stage *stage = sensor->stage;
	struct test *test = stage->test;
	struct party *attacker = &stage->attacker;
	struct box content = party_look(attacker).content;
	virtual_pointer_move(stage->pointer, content.x + 100, content.y + 100);
	WAIT_FOR(attacker->seat->pointer_focus != NULL, "the pointer does not enter");
	sensor->surface = wl_compositor_create_surface(client_compositor(attacker->client));
	struct buffer *buffer = buffer_create(attacker->client, 24, 24, INTRUDER);
	wl_surface_attach(sensor->surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(sensor->surface, 0, 0, 24, 24);
	wl_surface_commit(sensor->surface);
	wl_pointer_set_cursor(attacker->seat->pointer, attacker->seat->serial, sensor->surface, 2, 2);
	test_settle(test);
}

static void its_cursor_elsewhere(struct sensor *sensor) {
	its_cursor(sensor);
	struct box content = party_look(&sensor->stage->victim).content;
	virtual_pointer_move(sensor->stage->pointer, content.x + 100, content.y + 100);
	test_settle(sensor->stage->test);
}

static void on_another_workspace(struct sensor *sensor) {
	struct stage *stage = sensor->stage;
	its_window(sensor);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_2);
	test_settle(stage->test);
	window_destroy(stage->victim.window);
	party_open(&stage->victim, "elsewhere");
}

static void a_buffer(struct sensor *sensor) {
	struct window *window = sensor->stage->attacker.window;
	sensor->surface = window->surface;
	sensor->shown = buffer_create(window->client, window->width, window->height, INTRUDER);
	window_show(window, sensor->shown);
}

static void behind_a_whole_screen(struct sensor *sensor) {
	struct stage *stage = sensor->stage;
	struct test *test = stage->test;
	its_window(sensor);
	xdg_toplevel_set_fullscreen(stage->victim.window->toplevel, NULL);
	WAIT_FOR(window_has_state(stage->victim.window, XDG_TOPLEVEL_STATE_FULLSCREEN), "the victim is not fullscreen");
	test_settle(test);
}

/* The icon's own pixels let through what is below them. */
static void its_drag_icon(struct sensor *sensor) {
	struct stage *stage = sensor->stage;
	struct party *attacker = &stage->attacker;
	struct box content = party_look(attacker).content;
	virtual_pointer_move(stage->pointer, content.x + 100, content.y + 100);
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	test_settle(stage->test);
	sensor->surface = wl_compositor_create_surface(client_compositor(attacker->client));
	struct buffer *buffer = buffer_create_argb(attacker->client, 24, 24, 0x40400040);
	wl_surface_attach(sensor->surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(sensor->surface, 0, 0, 24, 24);
	wl_surface_commit(sensor->surface);
	wl_data_device_start_drag(attacker->selection->device, source_create_text(attacker->client, "")->wl_source,
		attacker->window->surface, sensor->surface, attacker->seat->serial);
	test_settle(stage->test);
	virtual_pointer_move(stage->pointer, content.x + 110, content.y + 110);
	test_settle(stage->test);
}

static void its_drag_icon_elsewhere(struct sensor *sensor) {
	its_drag_icon(sensor);
	struct box content = party_look(&sensor->stage->victim).content;
	virtual_pointer_move(sensor->stage->pointer, content.x + 110, content.y + 110);
	test_settle(sensor->stage->test);
}

/* ---- watching ---- */

static bool is_told(struct sensor *sensor) {
	return sensor->told > 0 || (sensor->shown != NULL && !sensor->shown->is_busy);
}

static void step_for(struct sensor *sensor, int milliseconds, bool until_told) {
	int64_t end = test_now() + milliseconds;
	while (test_now() < end && !(until_told && is_told(sensor))) {
		test_step(sensor->stage->test, end);
	}
}

/* The victim repaints as it does when keys are typed into it: now and then, and each time it is shown. */
static void let_victim_paint(struct sensor *sensor) {
	struct window *window = sensor->stage->victim.window;
	for (int i = 0; i < PAINTS; i++) {
		window_draw(window, window->width, window->height, i % 2 == 0 ? OTHER_CONTENT : VICTIM_CONTENT);
		step_for(sensor, 30, false);
	}
}

/* The pointer goes about in the victim, beside the attacker, so that its image reaches over the edge. */
static void let_pointer_pass(struct sensor *sensor) {
	struct box content = party_look(&sensor->stage->victim).content;
	for (int i = 0; i < PAINTS; i++) {
		virtual_pointer_move(sensor->stage->pointer, content.x + content.width - 2, content.y + 100 + 5 * i);
		step_for(sensor, 30, false);
	}
}

struct kind {
	const char *of;
	void (*prepare)(struct sensor *sensor);
};

/* What the victim and the person do meanwhile, of which nothing is to be told. */
struct doing {
	const char *what;
	void (*let)(struct sensor *sensor);
};

static const struct doing painting = { "the victim paints", let_victim_paint };
static const struct doing moving = { "the pointer moves in the victim", let_pointer_pass };

static void check_sensor(struct stage *stage, const char *name, const struct kind *kind,
	void (*arm)(struct sensor *sensor), const struct doing *doing) {
	struct test *test = stage->test;
	struct client *client = stage->attacker.client;
	struct sensor sensor = { .stage = stage, .presentation = client_bind(client, &wp_presentation_interface, 2) };
	kind->prepare(&sensor);
	test_settle(test);
	/* What is still to be shown of that is shown. */
	step_for(&sensor, 100, false);
	arm(&sensor);
	client_roundtrip(client);
	step_for(&sensor, QUIET_MS, true);
	bool by_itself = is_told(&sensor);
	if (!by_itself) {
		doing->let(&sensor);
	}
	test_note(test, "%s of %s %s", name, kind->of,
		by_itself              ? "comes by itself"
			: is_told(&sensor) ? "comes late"
							   : "does not come");
	CHECK(by_itself || !is_told(&sensor), "%s of %s tells when %s", name, kind->of, doing->what);
}

/* Victim at the left, with the focus, attacker at the right: as before the first sensor. */
static void reset(struct stage *stage) {
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_1);
	party_reconnect(&stage->attacker);
	if (stage->victim.window != NULL) {
		window_destroy(stage->victim.window);
	}
	test_settle(stage->test);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->victim);
}

static void check_sensors(struct test *test, const char *name, void (*arm)(struct sensor *sensor),
	const struct doing *doing, const struct kind *kinds, size_t kinds_len) {
	struct stage *stage = stage_start(test, "bind Super+1 workspace 1\nbind Super+2 workspace 2\n", NULL);
	for (size_t i = 0; i < kinds_len; i++) {
		reset(stage);
		check_sensor(stage, name, &kinds[i], arm, doing);
	}
}

static void frame_callbacks(struct test *test) {
	static const struct kind kinds[] = {
		{ "its window", its_window },
		{ "a part of it", a_part },
		{ "a part that cannot be seen", a_part_outside },
		{ "a popup", a_popup },
		{ "what is nothing yet", no_role },
		{ "its cursor", its_cursor },
		{ "its cursor elsewhere", its_cursor_elsewhere },
		{ "its drag's icon", its_drag_icon },
		{ "its drag's icon over the victim", its_drag_icon_elsewhere },
		{ "a window on another workspace", on_another_workspace },
		{ "a window behind a whole screen", behind_a_whole_screen },
	};
	check_sensors(test, "a frame callback", arm_frame, &painting, kinds, LEN(kinds));
}

static void feedback(struct test *test) {
	static const struct kind kinds[] = {
		{ "its window", its_window },
		{ "a part of it", a_part },
		{ "a part that cannot be seen", a_part_outside },
		{ "a popup", a_popup },
		{ "its cursor", its_cursor },
		{ "its cursor elsewhere", its_cursor_elsewhere },
		{ "its drag's icon", its_drag_icon },
		{ "its drag's icon over the victim", its_drag_icon_elsewhere },
		{ "a window on another workspace", on_another_workspace },
		{ "a window behind a whole screen", behind_a_whole_screen },
	};
	check_sensors(test, "presentation feedback", arm_feedback, &painting, kinds, LEN(kinds));
}

static void buffers(struct test *test) {
	static const struct kind kinds[] = { { "its window", a_buffer } };
	check_sensors(test, "the return of a buffer", arm_release, &painting, kinds, LEN(kinds));
}

static void the_pointer(struct test *test) {
	/* As on hardware that cannot show an image of its own for the pointer: it is painted over what is below it. */
	setenv("WLR_NO_HARDWARE_CURSORS", "1", 1);
	static const struct kind kinds[] = { { "its window", its_window }, { "a part of it", a_part },
		{ "a popup", a_popup } };
	check_sensors(test, "presentation feedback", arm_feedback, &moving, kinds, LEN(kinds));
}

static void idleness(struct test *test) {
	struct stage *stage = stage_start(test, NULL, "\tallow idle-inhibit\n");
	CHECK(client_find(session_shell(stage->session), "ext_idle_notifier_v1") != NULL,
		"the shell is not told of idleness");
	CHECK(client_find(stage->attacker.client, "ext_idle_notifier_v1") == NULL, "an instance is told of idleness");
	CHECK(client_find(stage->attacker.client, "org_kde_kwin_idle") == NULL, "an instance is told of idleness");
	/* Bound all the same, by the name that it has for the shell. */
	client_bind_name(stage->attacker.client, client_find(session_shell(stage->session), "ext_idle_notifier_v1")->name,
		"ext_idle_notifier_v1", 1);
	client_expect_death(stage->attacker.client, "wl_registry");
}

/* ---- what can be asked of others too ---- */

static void own_pictures(struct test *test) {
	static const struct kind kinds[] = { { "its window", its_window }, { "a part of it", a_part }, { "a popup", a_popup },
		{ "its cursor", its_cursor } };
	check_sensors(test, "a frame callback", arm_frame, &painting, kinds, LEN(kinds));
}

static void own_feedback(struct test *test) {
	static const struct kind kinds[] = { { "its window", its_window }, { "a part of it", a_part }, { "a popup", a_popup },
		{ "its cursor", its_cursor } };
	check_sensors(test, "presentation feedback", arm_feedback, &painting, kinds, LEN(kinds));
}

static void handle_idled(void *data, struct ext_idle_notification_v1 *notification) {
}

static void handle_resumed(void *data, struct ext_idle_notification_v1 *notification) {
	size_t *resumed = data;
	++*resumed;
}

static const struct ext_idle_notification_v1_listener idle_listener = {
	.idled = handle_idled,
	.resumed = handle_resumed,
};

/* The person is idle for a moment, and types into the victim: again and again. */
static void typing(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct client *client = stage->attacker.client;
	party_open(&stage->victim, "editor");
	party_focus(&stage->victim);
	size_t resumed = 0;
	if (!stage_is_ours(stage) || client_find(client, ext_idle_notifier_v1_interface.name) != NULL) {
		struct ext_idle_notifier_v1 *notifier = client_bind(client, &ext_idle_notifier_v1_interface, 1);
		ext_idle_notification_v1_add_listener(
			ext_idle_notifier_v1_get_idle_notification(notifier, 1, stage->attacker.seat->wl_seat), &idle_listener,
			&resumed);
	}
	for (int i = 0; i < 4; i++) {
		test_settle(test);
		virtual_keyboard_tap(stage->keyboard, KEY_A);
	}
	test_settle(test);
	CHECK_INT(resumed, 0, "it is told of each key that is typed into the victim");
}

static const struct test_case cases[] = {
	{ "no frame callback of an ordinary client's waits for another", own_pictures, ANYWHERE },
	{ "nor does its feedback", own_feedback, ANYWHERE },
	{ "nor is it told when the person types", typing, ANYWHERE },
	{ "of idleness the shell alone is told", idleness },
	{ "no frame callback waits for the victim to paint", frame_callbacks },
	{ "nor does presentation feedback", feedback },
	{ "nor a buffer", buffers },
	{ "nor does feedback wait for the pointer to pass", the_pointer },
};

TEST_MAIN(cases)
