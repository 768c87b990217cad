#include "tests/protocol/lib/desktop.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "tests/protocol/lib/capture.h"
#include "tests/protocol/lib/json.h"

static struct test *test_of(struct session *session) {
	return session_shell(session)->test;
}

/* ---- windows ---- */

static struct box read_box(struct test *test, const struct json_value *object) {
	return (struct box){
		.x = (int)json_get_int(test, object, "x"),
		.y = (int)json_get_int(test, object, "y"),
		.width = (int)json_get_int(test, object, "width"),
		.height = (int)json_get_int(test, object, "height"),
	};
}

static void read_window(struct test *test, const struct json_value *object, struct desktop_window *window) {
	*window = (struct desktop_window){
		.id = json_get_int(test, object, "id"),
		.workspace = (int)json_get_int(test, object, "workspace"),
		.frame = read_box(test, object),
		.content = read_box(test, json_get(test, object, "content")),
		.focused = json_get_bool(test, object, "focused"),
		.floating = json_get_bool(test, object, "floating"),
		.fullscreen = json_get_bool(test, object, "fullscreen"),
		.maximized = json_get_bool(test, object, "maximized"),
		.urgent = json_get_bool(test, object, "urgent"),
		.visible = json_get_bool(test, object, "visible"),
	};
	copy_string(window->instance, sizeof(window->instance), json_get_text(test, object, "instance"));
	copy_string(window->title, sizeof(window->title), json_get_text(test, object, "title"));
	copy_string(window->app_id, sizeof(window->app_id), json_get_text(test, object, "app_id"));
	copy_string(window->output, sizeof(window->output), json_get_text(test, object, "output"));
}

size_t desktop_windows(struct session *session, struct desktop_window windows[DESKTOP_WINDOWS_MAX]) {
	struct test *test = test_of(session);
	struct process_output output = COFFER(session, "windows", "--json");
	CHECK(output.status == 0, "coffer windows ended with %d: %s", output.status, output.err);
	const struct json_value *list = json_parse(test, output.out);
	size_t len = json_len(test, list);
	CHECK(len <= DESKTOP_WINDOWS_MAX, "%zu windows are more than a test expects", len);
	for (size_t i = 0; i < len; i++) {
		read_window(test, json_at(test, list, i), &windows[i]);
	}
	process_output_finish(&output);
	return len;
}

bool desktop_find(struct session *session, const char *instance, const char *title, struct desktop_window *window) {
	struct desktop_window windows[DESKTOP_WINDOWS_MAX];
	size_t len = desktop_windows(session, windows);
	for (size_t i = 0; i < len; i++) {
		if (strcmp(windows[i].instance, instance) == 0 && (title == NULL || strcmp(windows[i].title, title) == 0)) {
			*window = windows[i];
			return true;
		}
	}
	return false;
}

struct desktop_window desktop_wait(struct session *session, const char *instance, const char *title) {
	struct test *test = test_of(session);
	struct desktop_window window;
	WAIT_FOR(desktop_find(session, instance, title, &window), "no window “%s” of %s", title != NULL ? title : "(any)",
		instance);
	return window;
}

const char *desktop_focused(struct session *session) {
	static char instance[64];
	struct desktop_window windows[DESKTOP_WINDOWS_MAX];
	size_t len = desktop_windows(session, windows);
	instance[0] = '\0';
	for (size_t i = 0; i < len; i++) {
		if (windows[i].focused) {
			copy_string(instance, sizeof(instance), windows[i].instance);
		}
	}
	return instance;
}

static bool is_focused(struct session *session, const char *instance, const char *title) {
	struct desktop_window window;
	return desktop_find(session, instance, title, &window) && window.focused;
}

void desktop_focus(struct session *session, const char *instance, const char *title) {
	struct test *test = test_of(session);
	struct desktop_window window = desktop_wait(session, instance, title);
	/* At the right end of the band, where no client can draw and no tag is. */
	virtual_pointer_click(session_pointer(session), window.frame.x + window.frame.width - 2 * BORDER_WIDTH,
		window.frame.y + BORDER_WIDTH + BAND_HEIGHT / 2, BTN_LEFT);
	WAIT_FOR(is_focused(session, instance, title), "a click on its band does not focus %s", instance);
	test_settle(test);
}

static bool is_same_box(const struct box *a, const struct box *b) {
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

static bool is_same(const struct desktop_window *a, const struct desktop_window *b) {
	return a->id == b->id && is_same_box(&a->frame, &b->frame) && is_same_box(&a->content, &b->content) &&
		a->focused == b->focused && a->visible == b->visible && a->workspace == b->workspace &&
		a->floating == b->floating && a->fullscreen == b->fullscreen && a->maximized == b->maximized;
}

static void wait_still_picture(struct session *session) {
	struct test *test = test_of(session);
	const struct box screen = { 0, 0, OUTPUT_WIDTH, OUTPUT_HEIGHT };
	struct picture *before = NULL;
	bool still = false;
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	while (!still) {
		CHECK(test_step(test, deadline), "the picture does not come to rest");
		struct picture *now = desktop_picture(session);
		int x, y;
		still = before != NULL && !picture_differs(before, now, &screen, NULL, 0, &x, &y);
		picture_destroy(before);
		before = now;
	}
	picture_destroy(before);
}

void desktop_wait_still(struct session *session) {
	if (session_peer(session) != NULL) {
		wait_still_picture(session);
		return;
	}
	struct test *test = test_of(session);
	struct desktop_window before[DESKTOP_WINDOWS_MAX], after[DESKTOP_WINDOWS_MAX];
	size_t after_len = desktop_windows(session, after);
	bool still = false;
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	while (!still) {
		CHECK(test_step(test, deadline), "the windows do not come to rest");
		memcpy(before, after, sizeof(before));
		size_t before_len = after_len;
		test_settle(test);
		after_len = desktop_windows(session, after);
		still = before_len == after_len;
		for (size_t i = 0; i < after_len && still; i++) {
			still = is_same(&before[i], &after[i]);
		}
	}
}

/* ---- clipboard ---- */

struct desktop_clipboard desktop_clipboard(struct session *session) {
	struct test *test = test_of(session);
	struct process_output output = COFFER(session, "clipboard", "status", "--json");
	CHECK(output.status == 0, "coffer clipboard status ended with %d: %s", output.status, output.err);
	const struct json_value *object = json_parse(test, output.out);
	struct desktop_clipboard clipboard = { .held = json_get_bool(test, object, "held") };
	if (clipboard.held) {
		copy_string(clipboard.source, sizeof(clipboard.source), json_get_text(test, object, "instance"));
		clipboard.size = json_get_int(test, object, "size");
		const struct json_value *seconds = json_get(test, object, "seconds");
		clipboard.seconds = json_is_null(seconds) ? -1 : json_get_int(test, object, "seconds");
	}
	process_output_finish(&output);
	return clipboard;
}

/* ---- pictures ---- */

struct picture *desktop_picture(struct session *session) {
	test_settle(test_of(session));
	return capture(session_shell(session));
}

struct box desktop_strip(void) {
	return (struct box){ 0, 0, OUTPUT_WIDTH, STRIP_HEIGHT };
}

struct box desktop_below_strip(void) {
	return (struct box){ 0, STRIP_HEIGHT, OUTPUT_WIDTH, OUTPUT_HEIGHT - STRIP_HEIGHT };
}

void desktop_check_frame(
	struct session *session, const struct picture *picture, const struct desktop_window *window, uint32_t color) {
	struct test *test = test_of(session);
	const struct box *frame = &window->frame;
	const struct {
		const char *name;
		struct box box;
	} sides[] = {
		{ "top", { frame->x, frame->y, frame->width, BORDER_WIDTH } },
		{ "left", { frame->x, frame->y, BORDER_WIDTH, frame->height } },
		{ "right", { frame->x + frame->width - BORDER_WIDTH, frame->y, BORDER_WIDTH, frame->height } },
		{ "bottom", { frame->x, frame->y + frame->height - BORDER_WIDTH, frame->width, BORDER_WIDTH } },
	};
	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		int x, y;
		CHECK(picture_is_filled(picture, &sides[i].box, color, &x, &y),
			"the %s border of %s's “%.40s” is not whole: at %d,%d it is %06x, not %06x", sides[i].name,
			window->instance, window->title, x, y, picture_pixel(picture, x, y), color);
	}
}
