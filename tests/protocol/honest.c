/*
 * What an honest client may expect of the session, and what the attack tests rely on: that windows stand where
 * `coffer windows` says, are drawn as they paint, and get the person's input.
 */

#include <string.h>
#include <unistd.h>

#include "tests/protocol/lib/capture.h"
#include "tests/protocol/lib/desktop.h"
#include "tests/protocol/lib/seat.h"
#include "tests/protocol/lib/selection.h"
#include "tests/protocol/lib/session.h"
#include "tests/protocol/lib/window.h"

#define COLOR 0x1775fd
#define PAINT 0x20c0a0

static const char config[] = "bind Super+J focus next\n"
							 "instance work {\n"
							 "\tcolor \"#1775fd\"\n"
							 "}\n"
							 "instance personal {\n"
							 "\tcolor \"#fa9719\"\n"
							 "}\n";

static void starts_and_stops(struct test *test) {
	struct session *session = session_start(test, config);
	session_shell(session);
	struct process_output output = COFFER(session, "socket", "work");
	CHECK_INT(output.status, 0, "coffer socket: %s", output.err);
	output.out[strcspn(output.out, "\n")] = '\0';
	CHECK_TEXT(output.out, session_instance_socket(session, "work"), "coffer tells another path");
	CHECK(access(output.out, W_OK) == 0, "the socket does not exist");
	output = COFFER(session, "windows", "--json");
	CHECK_INT(output.status, 0, "coffer windows: %s", output.err);
	struct desktop_window windows[DESKTOP_WINDOWS_MAX];
	CHECK_INT(desktop_windows(session, windows), 0, "a new session has windows");
	session_stop(session);
}

static void quits(struct test *test) {
	struct session *session = session_start(test, config);
	struct client *client = session_connect(session, "work");
	window_open(client, "editor", PAINT);
	struct process_output output = COFFER(session, "quit");
	CHECK_INT(output.status, 0, "coffer quit: %s", output.err);
	CHECK_INT(session_wait_end(session), 0, "it does not end well");
	client_expect_death(client, NULL);
}

static void stands_where_coffer_says(struct test *test) {
	struct session *session = session_start(test, config);
	struct client *client = session_connect(session, "work");
	struct window *window = window_open(client, "editor", PAINT);
	struct desktop_window first = desktop_wait(session, "work", "editor");
	desktop_wait_still(session);
	CHECK(desktop_find(session, "work", "editor", &first), "the window has gone");
	CHECK(first.visible && first.focused, "the only window is not shown, or not focused");
	CHECK_INT(first.workspace, 1, "it is on another workspace");
	CHECK_INT(window->width, first.content.width, "the client was told another width");
	CHECK_INT(window->height, first.content.height, "the client was told another height");
	struct box content = frame_content(&first.frame);
	CHECK(memcmp(&content, &first.content, sizeof(content)) == 0, "frame and content do not fit");

	struct picture *picture = desktop_picture(session);
	int x, y;
	CHECK(picture_is_filled(picture, &first.content, PAINT, &x, &y), "at %d,%d its paint does not show", x, y);
	desktop_check_frame(session, picture, &first, COLOR);
	struct picture *ext = capture_ext(session_shell(session));
	struct box below = desktop_below_strip();
	CHECK(!picture_differs(picture, ext, &below, NULL, 0, &x, &y), "the two captures differ at %d,%d", x, y);
}

static void two_side_by_side(struct test *test) {
	struct session *session = session_start(test, config);
	window_open(session_connect(session, "work"), "editor", PAINT);
	window_open(session_connect(session, "personal"), "mail", 0x406080);
	desktop_wait(session, "work", "editor");
	desktop_wait(session, "personal", "mail");
	desktop_wait_still(session);
	struct desktop_window a, b;
	CHECK(desktop_find(session, "work", "editor", &a) && desktop_find(session, "personal", "mail", &b),
		"a window has gone");
	struct box common;
	CHECK(!box_intersect(&common, &a.frame, &b.frame), "two tiled windows overlap");
	CHECK(a.frame.y >= STRIP_HEIGHT && b.frame.y >= STRIP_HEIGHT, "a window stands over the strip");
	struct picture *picture = desktop_picture(session);
	desktop_check_frame(session, picture, &a, COLOR);
	desktop_check_frame(session, picture, &b, 0xfa9719);
	int x, y;
	CHECK(picture_is_filled(picture, &b.content, 0x406080, &x, &y), "at %d,%d its paint does not show", x, y);
}

static void gets_input(struct test *test) {
	struct session *session = session_start(test, config);
	struct client *client = session_connect(session, "work");
	struct seat *seat = seat_create(client);
	struct window *window = window_open(client, "editor", PAINT);
	WAIT_FOR(seat_has_focus(seat, window->surface), "the only window has no keyboard");
	seat_forget(seat);
	virtual_keyboard_type(session_keyboard(session), "Hello, World: 42%");
	test_settle(test);
	CHECK_TEXT(seat_text(seat), "Hello, World: 42%", "it is not what was typed:\n%s", seat_describe(seat));

	desktop_wait_still(session);
	struct desktop_window place = desktop_wait(session, "work", "editor");
	/* From outside, so that it enters. */
	virtual_pointer_move(session_pointer(session), 1, 1);
	test_settle(test);
	seat_forget(seat);
	virtual_pointer_click(session_pointer(session), place.content.x + 30, place.content.y + 40, BTN_LEFT);
	virtual_pointer_scroll(session_pointer(session), 15);
	test_settle(test);
	const struct seat_event *enter = seat_last(seat, SEAT_POINTER_ENTER);
	CHECK(enter != NULL && enter->surface == window->surface, "the pointer does not enter:\n%s", seat_describe(seat));
	CHECK(enter->x >= 29 && enter->x <= 31 && enter->y >= 39 && enter->y <= 41, "it enters at %.1f,%.1f", enter->x,
		enter->y);
	CHECK_INT(seat_count(seat, SEAT_BUTTON), 2, "a click is a press and a release");
	CHECK_INT(seat_count(seat, SEAT_AXIS), 1, "the wheel does not arrive");
}

static void gets_frames(struct test *test) {
	struct session *session = session_start(test, config);
	struct window *window = window_open(session_connect(session, "work"), "editor", PAINT);
	window_count_frames(window);
	WAIT_FOR(window->frames >= 10, "only %zu frames came", window->frames);
}

static void popup_in_its_frame(struct test *test) {
	struct session *session = session_start(test, config);
	struct client *client = session_connect(session, "work");
	struct seat *seat = seat_create(client);
	struct window *window = window_open(client, "editor", PAINT);
	WAIT_FOR(seat_has_focus(seat, window->surface), "the only window has no keyboard");
	desktop_wait_still(session);
	struct desktop_window place = desktop_wait(session, "work", "editor");
	struct popup *popup = popup_open(client, window->xdg_surface,
		&(struct popup_options){ .x = 100, .y = 80, .width = 200, .height = 100, .color = 0xff00ff });
	struct picture *picture = desktop_picture(session);
	struct box box;
	CHECK(picture_find(picture, 0xff00ff, &box), "the popup does not show");
	CHECK_INT(box.x, place.content.x + 100, "it stands elsewhere");
	CHECK_INT(box.y, place.content.y + 80, "it stands elsewhere");
	CHECK(box.width == 200 && box.height == 100, "it has another size");
	int x, y;
	CHECK(picture_is_framed(picture, 0xff00ff, COLOR, POPUP_BORDER_WIDTH, &x, &y), "it has no frame at %d,%d", x, y);
	seat_forget(seat);
	virtual_pointer_click(session_pointer(session), box.x + 10, box.y + 10, BTN_LEFT);
	test_settle(test);
	const struct seat_event *enter = seat_last(seat, SEAT_POINTER_ENTER);
	CHECK(enter != NULL && enter->surface == popup->surface, "the pointer does not reach the popup:\n%s",
		seat_describe(seat));
}

static const struct test_case cases[] = {
	{ "the session starts, is asked, and ends without a trace", starts_and_stops },
	{ "coffer quit ends it", quits },
	{ "a window stands where coffer says, in its frame", stands_where_coffer_says },
	{ "two windows stand side by side below the strip", two_side_by_side },
	{ "the focused window gets what the person types, points at and scrolls", gets_input },
	{ "a window that repaints gets its frames", gets_frames },
	{ "a popup stands where it wants to, in its frame, and gets the pointer", popup_in_its_frame },
};

TEST_MAIN(cases)
