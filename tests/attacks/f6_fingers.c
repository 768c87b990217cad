/*
 * F6. Fingers and gestures: they are told to whom they are on, and to nobody else; a finger's surface keeps it until it
 * is lifted, a gesture is cancelled where its surface loses the pointer, and a drag by touch enters its own instance alone.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "pointer-gestures-unstable-v1-client-protocol.h"
#include "relative-pointer-unstable-v1-client-protocol.h"
#include "tests/attacks/stage.h"

struct setting {
	struct stage *stage;
	int fd;
	struct sockaddr_un address;
	struct box own, victim;
	size_t begun, updated, ended, cancelled;
};

static void send_to(struct setting *setting, const char *format, double a, double b, double c) {
	struct test *test = setting->stage->test;
	char command[128];
	int length = snprintf(command, sizeof(command), format, a, b, c);
	CHECK(sendto(setting->fd, command, (size_t)length, 0, (struct sockaddr *)&setting->address,
			  sizeof(setting->address)) == length,
		"cannot send to the fake devices: %s", strerror(errno));
	test_settle(test);
	test_settle(test);
}

static void set_up(struct test *test, struct setting *setting) {
	*setting = (struct setting){ .address = { .sun_family = AF_UNIX } };
	snprintf(setting->address.sun_path, sizeof(setting->address.sun_path), "%s/fake", test_directory(test));
	setenv("TEST_FAKE_SOCKET", setting->address.sun_path, 1);
	setenv("LD_PRELOAD", getenv("TEST_FAKE_DEVICES"), 1);
	setting->stage = stage_start(test, NULL, NULL);
	unsetenv("LD_PRELOAD");
	setting->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct stage *stage = setting->stage;
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->attacker);
	setting->victim = party_look(&stage->victim).content;
	setting->own = party_look(&stage->attacker).content;
	virtual_pointer_move(stage->pointer, 640, 10);
	CHECK(stage->attacker.seat->touch == NULL, "there is touch without a touch screen");
	send_to(setting, "plug", 0, 0, 0);
	WAIT_FOR(
		stage->attacker.seat->touch != NULL && stage->victim.seat->touch != NULL, "nobody is told of the touch screen");
	test_settle(test);
	seat_forget(stage->attacker.seat);
	seat_forget(stage->victim.seat);
}

static void down(struct setting *setting, int id, int x, int y) {
	send_to(setting, "down %g %.9f %.9f", id, x / (double)OUTPUT_WIDTH, y / (double)OUTPUT_HEIGHT);
	send_to(setting, "frame", 0, 0, 0);
}

static void move(struct setting *setting, int id, int x, int y) {
	send_to(setting, "move %g %.9f %.9f", id, x / (double)OUTPUT_WIDTH, y / (double)OUTPUT_HEIGHT);
	send_to(setting, "frame", 0, 0, 0);
}

static void up(struct setting *setting, int id) {
	send_to(setting, "up %g", id, 0, 0);
	send_to(setting, "frame", 0, 0, 0);
}

static size_t touches(const struct seat *seat) {
	return seat_count(seat, SEAT_TOUCH_DOWN) + seat_count(seat, SEAT_TOUCH_UP) + seat_count(seat, SEAT_TOUCH_MOTION);
}

static void fingers(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	struct stage *stage = setting.stage;
	down(&setting, 0, setting.victim.x + 100, setting.victim.y + 120);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_TOUCH_DOWN), 1, "no touch:\n%s", seat_describe(stage->victim.seat));
	const struct seat_event *event = seat_last(stage->victim.seat, SEAT_TOUCH_DOWN);
	CHECK(event->x > 98 && event->x < 102 && event->y > 118 && event->y < 122, "at %.1f,%.1f", event->x, event->y);
	CHECK(seat_has_focus(stage->victim.seat, stage->victim.window->surface), "a finger does not focus");
	/* A second one at the other; the first crosses over. */
	down(&setting, 1, setting.own.x + 50, setting.own.y + 50);
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_TOUCH_DOWN), 1, "no second touch");
	seat_forget(stage->attacker.seat);
	move(&setting, 0, setting.own.x + 60, setting.own.y + 60);
	CHECK_INT(
		touches(stage->attacker.seat), 0, "the victim's finger is told:\n%s", seat_describe(stage->attacker.seat));
	event = seat_last(stage->victim.seat, SEAT_TOUCH_MOTION);
	CHECK(event != NULL && event->x > setting.victim.width, "the finger's surface loses it");
	up(&setting, 0);
	up(&setting, 1);
	CHECK_INT(seat_count(stage->victim.seat, SEAT_TOUCH_UP), 1, "the victim's up");
	CHECK_INT(seat_count(stage->attacker.seat, SEAT_TOUCH_UP), 1, "the attacker's up");
	/* On what is ours: nobody's. */
	seat_forget(stage->victim.seat);
	seat_forget(stage->attacker.seat);
	struct box frame = party_look(&stage->victim).frame;
	down(&setting, 0, frame.x + 200, frame.y + 10);
	move(&setting, 0, setting.victim.x + 100, setting.victim.y + 120);
	up(&setting, 0);
	CHECK_INT(touches(stage->victim.seat) + touches(stage->attacker.seat), 0, "a touch on a band is told");
}

static void ends(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	struct stage *stage = setting.stage;
	/* More fingers than there is room for, twice the same one, one that is not there. */
	for (int i = 0; i < 40; i++) {
		down(&setting, i % 20, setting.victim.x + 10 + i, setting.victim.y + 20);
	}
	up(&setting, 99);
	move(&setting, 99, 10, 10);
	for (int i = 0; i < 20; i++) {
		up(&setting, i);
	}
	CHECK_INT(seat_count(stage->victim.seat, SEAT_TOUCH_DOWN), seat_count(stage->victim.seat, SEAT_TOUCH_UP),
		"fingers stay down");
	/* The owners take what is down. */
	down(&setting, 0, setting.victim.x + 100, setting.victim.y + 120);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_ESC);
	test_settle(test);
	seat_forget(stage->victim.seat);
	move(&setting, 0, setting.victim.x + 110, setting.victim.y + 120);
	up(&setting, 0);
	down(&setting, 1, 5, 700);
	up(&setting, 1);
	CHECK_INT(touches(stage->victim.seat), 0, "told below the owners:\n%s", seat_describe(stage->victim.seat));
	virtual_keyboard_tap(stage->keyboard, KEY_ESC);
	test_settle(test);
	/* Its client goes with the finger on it; the screen itself goes. */
	down(&setting, 0, setting.own.x + 100, setting.own.y + 120);
	party_reconnect(&stage->attacker);
	move(&setting, 0, setting.own.x + 110, setting.own.y + 120);
	up(&setting, 0);
	down(&setting, 0, setting.victim.x + 100, setting.victim.y + 120);
	send_to(&setting, "unplug", 0, 0, 0);
	WAIT_FOR((stage->victim.seat->capabilities & WL_SEAT_CAPABILITY_TOUCH) == 0, "touch stays without its screen");
}

static struct source *start_drag(struct setting *setting, bool with_source) {
	struct party *attacker = &setting->stage->attacker;
	const struct seat_event *event = seat_last(attacker->seat, SEAT_TOUCH_DOWN);
	struct source *source = with_source ? source_create_text(attacker->client, "dragged") : NULL;
	struct wl_surface *icon = wl_compositor_create_surface(client_compositor(attacker->client));
	struct buffer *buffer = buffer_create(attacker->client, 40, 30, INTRUDER);
	wl_surface_attach(icon, buffer->wl_buffer, 0, 0);
	wl_surface_commit(icon);
	if (with_source) {
		wl_data_source_set_actions(source->wl_source, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY);
	}
	wl_data_device_start_drag(attacker->selection->device, with_source ? source->wl_source : NULL,
		attacker->window->surface, icon, event->serial);
	test_settle(setting->stage->test);
	return source;
}

static void drags(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	struct stage *stage = setting.stage;
	down(&setting, 3, setting.own.x + 100, setting.own.y + 120);
	struct source *source = start_drag(&setting, true);
	CHECK(!source->is_cancelled, "no drag by touch");
	move(&setting, 3, setting.own.x + 150, setting.own.y + 150);
	CHECK_INT(stage->attacker.selection->drag_enters, 1, "its own window is not entered");
	struct picture *picture = desktop_picture(stage->session);
	struct box box;
	CHECK(picture_find(picture, INTRUDER, &box), "no icon at the finger");
	CHECK_INT(box.x, setting.own.x + 150, "the icon's place");
	selection_forget(stage->victim.selection);
	move(&setting, 3, setting.victim.x + 100, setting.victim.y + 150);
	CHECK_INT(stage->victim.selection->drag_enters, 0, "the victim is entered");
	CHECK_INT(touches(stage->victim.seat), 0, "the victim is touched");
	move(&setting, 3, setting.own.x + 150, setting.own.y + 150);
	CHECK_INT(stage->attacker.selection->drag_enters, 2, "its own window is not entered again");
	move(&setting, 3, setting.victim.x + 100, setting.victim.y + 150);
	up(&setting, 3);
	WAIT_FOR(source->is_cancelled, "dropped on nothing, and the source is not told");
	CHECK_INT(stage->victim.selection->drag_enters, 0, "the victim is entered");
	/* Without a source, wlroots alone would follow a null pointer here. */
	down(&setting, 3, setting.own.x + 100, setting.own.y + 120);
	start_drag(&setting, false);
	move(&setting, 3, setting.own.x + 150, setting.own.y + 150);
	up(&setting, 3);
	/* Cancelled by the device. */
	down(&setting, 3, setting.own.x + 100, setting.own.y + 120);
	source = start_drag(&setting, true);
	send_to(&setting, "cancel 3", 0, 0, 0);
	WAIT_FOR(source->is_cancelled, "the finger is taken away, and the drag goes on");
	down(&setting, 3, setting.own.x + 100, setting.own.y + 120);
	source = start_drag(&setting, true);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_ESC);
	WAIT_FOR(source->is_cancelled, "Super+Escape does not end it");
}

/* ---- gestures ---- */

static void handle_begin(void *data, struct zwp_pointer_gesture_swipe_v1 *swipe, uint32_t serial, uint32_t time,
	struct wl_surface *surface, uint32_t fingers) {
	struct setting *setting = data;
	setting->begun++;
}

static void handle_update(
	void *data, struct zwp_pointer_gesture_swipe_v1 *swipe, uint32_t time, wl_fixed_t dx, wl_fixed_t dy) {
	struct setting *setting = data;
	setting->updated++;
}

static void handle_end(
	void *data, struct zwp_pointer_gesture_swipe_v1 *swipe, uint32_t serial, uint32_t time, int32_t cancelled) {
	struct setting *setting = data;
	setting->ended++;
	setting->cancelled += cancelled != 0;
}

static const struct zwp_pointer_gesture_swipe_v1_listener swipe_listener = {
	.begin = handle_begin,
	.update = handle_update,
	.end = handle_end,
};

static void gestures(struct test *test) {
	struct setting setting;
	set_up(test, &setting);
	struct stage *stage = setting.stage;
	struct zwp_pointer_gestures_v1 *manager = client_bind(
		stage->attacker.client, &zwp_pointer_gestures_v1_interface, 3);
	zwp_pointer_gesture_swipe_v1_add_listener(
		zwp_pointer_gestures_v1_get_swipe_gesture(manager, stage->attacker.seat->pointer), &swipe_listener, &setting);
	test_settle(test);
	virtual_pointer_move(stage->pointer, setting.victim.x + 50, setting.victim.y + 50);
	send_to(&setting, "swipe-begin", 0, 0, 0);
	send_to(&setting, "swipe-update %g %g", 3, 4, 0);
	send_to(&setting, "swipe-end 0", 0, 0, 0);
	CHECK_INT(setting.begun + setting.updated + setting.ended, 0, "the victim's gesture is told");
	virtual_pointer_move(stage->pointer, setting.own.x + 50, setting.own.y + 50);
	send_to(&setting, "swipe-begin", 0, 0, 0);
	send_to(&setting, "swipe-update %g %g", 3, 4, 0);
	CHECK_INT(setting.begun, 1, "its own begin");
	CHECK_INT(setting.updated, 1, "its own update");
	/* The pointer leaves in the middle of it. */
	virtual_pointer_move(stage->pointer, setting.victim.x + 50, setting.victim.y + 50);
	test_settle(test);
	CHECK_INT(setting.cancelled, 1, "it is not cancelled as the pointer leaves");
	send_to(&setting, "swipe-update %g %g", 3, 4, 0);
	send_to(&setting, "swipe-end 0", 0, 0, 0);
	virtual_pointer_move(stage->pointer, setting.own.x + 50, setting.own.y + 50);
	send_to(&setting, "swipe-update %g %g", 3, 4, 0);
	send_to(&setting, "hold-begin", 0, 0, 0);
	send_to(&setting, "swipe-end 0", 0, 0, 0);
	send_to(&setting, "hold-end 1", 0, 0, 0);
	CHECK_INT(setting.updated, 1, "updates without a begin");
	CHECK_INT(setting.ended, 1, "an end without a begin");
	send_to(&setting, "swipe-begin", 0, 0, 0);
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_ESC);
	test_settle(test);
	CHECK_INT(setting.cancelled, 2, "it is not cancelled by the owners");
	send_to(&setting, "swipe-update %g %g", 3, 4, 0);
	CHECK_INT(setting.updated, 1, "it is told below the owners");
	virtual_keyboard_tap(stage->keyboard, KEY_ESC);
	test_settle(test);
	/* Another surface of its own comes under the pointer: the gesture was the first one's. */
	virtual_pointer_move(stage->pointer, setting.own.x + 50, setting.own.y + 50);
	test_settle(test);
	send_to(&setting, "swipe-begin", 0, 0, 0);
	CHECK_INT(setting.begun, 3, "no third begin");
	struct wl_surface *first = stage->attacker.seat->pointer_focus;
	subsurface_create(stage->attacker.client, stage->attacker.window->surface, 100, 100, 200, 200, INTRUDER);
	wl_surface_commit(stage->attacker.window->surface);
	test_settle(test);
	virtual_pointer_move(stage->pointer, setting.own.x + 150, setting.own.y + 150);
	test_settle(test);
	CHECK(stage->attacker.seat->pointer_focus != first, "its subsurface is not entered");
	CHECK_INT(setting.cancelled, 3, "it is not cancelled by another surface");
}

/* ---- relative motion ---- */

static void handle_relative(void *data, struct zwp_relative_pointer_v1 *object, uint32_t high, uint32_t low,
	wl_fixed_t dx, wl_fixed_t dy, wl_fixed_t raw_dx, wl_fixed_t raw_dy) {
	size_t *told = data;
	++*told;
}

static const struct zwp_relative_pointer_v1_listener relative_listener = { .relative_motion = handle_relative };

static void relative_motion(struct test *test) {
	struct stage *stage = stage_start(test, NULL, "\tallow pointer-lock\n");
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	const struct box own = party_look(&stage->attacker).content, victim = party_look(&stage->victim).content;
	struct zwp_relative_pointer_manager_v1 *manager =
		client_bind(stage->attacker.client, &zwp_relative_pointer_manager_v1_interface, 1);
	size_t told = 0;
	zwp_relative_pointer_v1_add_listener(
		zwp_relative_pointer_manager_v1_get_relative_pointer(manager, stage->attacker.seat->pointer),
		&relative_listener, &told);
	test_settle(test);
	virtual_pointer_move(stage->pointer, own.x + 20, own.y + 20);
	for (int i = 0; i < 5; i++) {
		virtual_pointer_step(stage->pointer, 5, 0);
	}
	test_settle(test);
	NEED(told > 0, "it is told of no motion at all");
	virtual_pointer_move(stage->pointer, victim.x + 20, victim.y + 20);
	test_settle(test);
	told = 0;
	for (int i = 0; i < 10; i++) {
		virtual_pointer_step(stage->pointer, 5, 0);
	}
	test_settle(test);
	CHECK_INT(told, 0, "it is told how the pointer moves in the victim");
}

static const struct test_case cases[] = {
	{ "relative motion is told to who has the pointer", relative_motion, ANYWHERE },
	{ "a finger is told to the surface that it came down on", fingers },
	{ "and ends with the owners, its client and its screen", ends },
	{ "a drag by touch enters no other instance", drags },
	{ "a gesture is told to who has the pointer, and cancelled with that", gestures },
};

TEST_MAIN(cases)
