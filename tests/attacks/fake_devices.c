/*
 * Loaded into the compositor by LD_PRELOAD: a touch screen and a touchpad that no machine has to have. The test sends
 * one datagram for each event to the socket $TEST_FAKE_SOCKET names; all of it goes the way of a real device.
 */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wlr/backend.h>
#include <wlr/backend/session.h>
#include <wlr/interfaces/wlr_pointer.h>
#include <wlr/interfaces/wlr_touch.h>

static struct wl_event_source *source;
static struct wlr_touch touch;
static struct wlr_pointer pad;

static const struct wlr_touch_impl touch_impl = { .name = "fake touch screen" };
static const struct wlr_pointer_impl pad_impl = { .name = "fake touchpad" };

static void act(struct wlr_backend *backend, const char *command) {
	char word[32];
	double a = 0, b = 0, c = 0;
	if (sscanf(command, "%31s %lf %lf %lf", word, &a, &b, &c) < 1) {
		return;
	}
	if (strcmp(word, "plug") == 0) {
		wlr_touch_init(&touch, &touch_impl, "fake touch screen");
		wl_signal_emit_mutable(&backend->events.new_input, &touch.base);
	} else if (strcmp(word, "unplug") == 0) {
		wlr_touch_finish(&touch);
	} else if (strcmp(word, "down") == 0) {
		struct wlr_touch_down_event event = { .touch = &touch, .time_msec = 1, .touch_id = (int)a, .x = b, .y = c };
		wl_signal_emit_mutable(&touch.events.down, &event);
	} else if (strcmp(word, "move") == 0) {
		struct wlr_touch_motion_event event = { .touch = &touch, .time_msec = 2, .touch_id = (int)a, .x = b, .y = c };
		wl_signal_emit_mutable(&touch.events.motion, &event);
	} else if (strcmp(word, "up") == 0) {
		struct wlr_touch_up_event event = { .touch = &touch, .time_msec = 3, .touch_id = (int)a };
		wl_signal_emit_mutable(&touch.events.up, &event);
	} else if (strcmp(word, "cancel") == 0) {
		struct wlr_touch_cancel_event event = { .touch = &touch, .time_msec = 3, .touch_id = (int)a };
		wl_signal_emit_mutable(&touch.events.cancel, &event);
	} else if (strcmp(word, "frame") == 0) {
		wl_signal_emit_mutable(&touch.events.frame, NULL);
	} else if (strcmp(word, "swipe-begin") == 0) {
		struct wlr_pointer_swipe_begin_event event = { .pointer = &pad, .time_msec = 4, .fingers = 3 };
		wl_signal_emit_mutable(&pad.events.swipe_begin, &event);
	} else if (strcmp(word, "swipe-update") == 0) {
		struct wlr_pointer_swipe_update_event event = {
			.pointer = &pad, .time_msec = 5, .fingers = 3, .dx = a, .dy = b
		};
		wl_signal_emit_mutable(&pad.events.swipe_update, &event);
	} else if (strcmp(word, "swipe-end") == 0) {
		struct wlr_pointer_swipe_end_event event = { .pointer = &pad, .time_msec = 6, .cancelled = a != 0 };
		wl_signal_emit_mutable(&pad.events.swipe_end, &event);
	} else if (strcmp(word, "hold-begin") == 0) {
		struct wlr_pointer_hold_begin_event event = { .pointer = &pad, .time_msec = 7, .fingers = 2 };
		wl_signal_emit_mutable(&pad.events.hold_begin, &event);
	} else if (strcmp(word, "hold-end") == 0) {
		struct wlr_pointer_hold_end_event event = { .pointer = &pad, .time_msec = 8, .cancelled = a != 0 };
		wl_signal_emit_mutable(&pad.events.hold_end, &event);
	}
}

static int handle_datagram(int fd, uint32_t mask, void *data) {
	char command[128];
	ssize_t n;
	while ((n = recv(fd, command, sizeof(command) - 1, MSG_DONTWAIT)) > 0) {
		command[n] = '\0';
		act(data, command);
	}
	return 0;
}

/* Found before wlroots' own. */
#define EXPORTED __attribute__((visibility("default")))

EXPORTED struct wlr_backend *wlr_backend_autocreate(struct wl_event_loop *loop, struct wlr_session **session) {
	struct wlr_backend *(*real)(struct wl_event_loop *, struct wlr_session **) = dlsym(RTLD_NEXT, __func__);
	struct wlr_backend *backend = real(loop, session);
	const char *path = getenv("TEST_FAKE_SOCKET");
	if (backend == NULL || path == NULL) {
		return backend;
	}
	/* As early as this: later the compositor may make no sockets. */
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		return NULL;
	}
	source = wl_event_loop_add_fd(loop, fd, WL_EVENT_READABLE, handle_datagram, backend);
	return backend;
}

EXPORTED bool wlr_backend_start(struct wlr_backend *backend) {
	bool (*real)(struct wlr_backend *) = dlsym(RTLD_NEXT, __func__);
	bool started = real(backend);
	static bool is_made;
	/* Called again from within, for each backend that this one is made of: what they have, it has. */
	if (started && source != NULL && !is_made) {
		is_made = true;
		wlr_pointer_init(&pad, &pad_impl, "fake touchpad");
		wl_signal_emit_mutable(&backend->events.new_input, &pad.base);
	}
	return started;
}
