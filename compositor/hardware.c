#include "compositor/hardware.h"

#include <stdlib.h>
#include <string.h>
#include <wlr/backend.h>
#include <wlr/backend/session.h>
#include <wlr/render/allocator.h>
#include <wlr/render/pixman.h>
#include <wlr/render/wlr_renderer.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/record.h"

struct hardware {
	const struct hardware_handler *handler;
	void *data;
	struct wlr_backend *backend;
	struct wlr_session *session;
	struct wlr_renderer *renderer;
	struct recorder *recorder;
	struct wlr_allocator *allocator;
	struct wl_listener new_input, backend_destroy, seat_lost;
};

/* ---- screens, devices and the seat ---- */

static void stop_listening(struct wl_listener *listener) {
	wl_list_remove(&listener->link);
	wl_list_init(&listener->link);
}

static void handle_new_input(struct wl_listener *listener, void *data) {
	struct hardware *hardware = wl_container_of(listener, hardware, new_input);
	hardware->handler->new_input(hardware->data, data);
}

static void handle_backend_destroy(struct wl_listener *listener, void *data) {
	struct hardware *hardware = wl_container_of(listener, hardware, backend_destroy);
	stop_listening(&hardware->backend_destroy);
	stop_listening(&hardware->new_input);
	hardware->backend = NULL;
	if (hardware->session != NULL) {
		log_error("the screens are gone: their graphics card or the seat was taken away");
		hardware->handler->lost(hardware->data);
	}
	/* Else the desktop that showed us is gone, which the supervisor has been told: it ends everything in order. */
}

/* seatd or logind has gone, and with it every device: the supervisor starts another compositor, which asks again. */
static void handle_seat_lost(struct wl_listener *listener, void *data) {
	struct hardware *hardware = wl_container_of(listener, hardware, seat_lost);
	stop_listening(&hardware->seat_lost);
	log_error("the seat is gone: seatd or logind has closed it");
	hardware->handler->lost(hardware->data);
}

static bool find_backend(struct hardware *hardware, struct wl_event_loop *loop) {
	hardware->backend = wlr_backend_autocreate(loop, &hardware->session);
	if (hardware->backend == NULL) {
		log_error("no screen can be used: on a text console, seatd or logind must let this user have it");
		return false;
	}
	hardware->new_input.notify = handle_new_input;
	wl_signal_add(&hardware->backend->events.new_input, &hardware->new_input);
	hardware->backend_destroy.notify = handle_backend_destroy;
	wl_signal_add(&hardware->backend->events.destroy, &hardware->backend_destroy);
	if (hardware->session != NULL) {
		hardware->seat_lost.notify = handle_seat_lost;
		wl_signal_add(&hardware->session->events.destroy, &hardware->seat_lost);
	}
	return true;
}

/* ---- what can draw ---- */

static bool use_renderer(struct hardware *hardware, struct wlr_renderer *renderer) {
	hardware->recorder = NULL;
	if (renderer != NULL && wlr_renderer_is_pixman(renderer)) {
		hardware->recorder = recorder_create(renderer);
		renderer = recorder_get_renderer(hardware->recorder);
	}
	hardware->renderer = renderer;
	hardware->allocator = renderer != NULL ? wlr_allocator_autocreate(hardware->backend, renderer) : NULL;
	if (hardware->allocator == NULL && renderer != NULL) {
		wlr_renderer_destroy(renderer);
		hardware->renderer = NULL;
	}
	return hardware->allocator != NULL;
}

/* Where there is a graphics card, wlroots tries no other way if none works on it: without a driver for it, say, or the
 * right to use it. */
static bool find_renderer(struct hardware *hardware) {
	if (use_renderer(hardware, wlr_renderer_autocreate(hardware->backend))) {
		return true;
	}
	const char *chosen = getenv("WLR_RENDERER");
	if (chosen != NULL && strcmp(chosen, "auto") != 0) {
		log_error("the renderer that WLR_RENDERER names cannot be used here: pixman needs no graphics driver");
		return false;
	}
	log_warn("the graphics card cannot be used to draw: drawing without it, which is slower");
	if (!use_renderer(hardware, wlr_pixman_renderer_create())) {
		log_error("no renderer can be used, not even pixman");
		return false;
	}
	return true;
}

/* ---- lifetime ---- */

struct hardware *hardware_create(struct wl_event_loop *loop, const struct hardware_handler *handler, void *data) {
	struct hardware *hardware = xcalloc(1, sizeof(*hardware));
	hardware->handler = handler;
	hardware->data = data;
	wl_list_init(&hardware->new_input.link);
	wl_list_init(&hardware->backend_destroy.link);
	wl_list_init(&hardware->seat_lost.link);
	if (!find_backend(hardware, loop) || !find_renderer(hardware)) {
		hardware_destroy(hardware);
		return NULL;
	}
	return hardware;
}

void hardware_destroy(struct hardware *hardware) {
	if (hardware == NULL) {
		return;
	}
	wl_list_remove(&hardware->new_input.link);
	wl_list_remove(&hardware->backend_destroy.link);
	wl_list_remove(&hardware->seat_lost.link);
	if (hardware->allocator != NULL) {
		wlr_allocator_destroy(hardware->allocator);
	}
	if (hardware->renderer != NULL) {
		wlr_renderer_destroy(hardware->renderer);
	}
	if (hardware->backend != NULL) {
		wlr_backend_destroy(hardware->backend);
	}
	free(hardware);
}

bool hardware_start(struct hardware *hardware) {
	if (!wlr_backend_start(hardware->backend)) {
		log_error("the screen cannot be started");
		return false;
	}
	return true;
}

struct wlr_backend *hardware_get_backend(const struct hardware *hardware) {
	return hardware->backend;
}

struct wlr_session *hardware_get_session(const struct hardware *hardware) {
	return hardware->session;
}

struct wlr_renderer *hardware_get_renderer(const struct hardware *hardware) {
	return hardware->renderer;
}

struct wlr_allocator *hardware_get_allocator(const struct hardware *hardware) {
	return hardware->allocator;
}

struct recorder *hardware_get_recorder(const struct hardware *hardware) {
	return hardware->recorder;
}
