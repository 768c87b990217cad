#include "compositor/session.h"

#include <signal.h>
#include <stdlib.h>

#include "base/log.h"
#include "compositor/actions.h"
#include "compositor/activation.h"
#include "compositor/bell.h"
#include "compositor/capture.h"
#include "compositor/confine.h"
#include "compositor/fairness.h"
#include "compositor/foreign.h"
#include "compositor/hardware.h"
#include "compositor/inbox.h"
#include "compositor/layer.h"
#include "compositor/limits.h"
#include "compositor/managers.h"
#include "compositor/routing.h"

struct session {
	const struct session_options *options;
	bool failed, ended;
	struct wl_display *display;
	struct wl_event_loop *loop;
	struct wl_event_source *signals[2];
	struct hardware *hardware;
	struct instances *instances;
	struct gate *gate;
	struct fairness *fairness;
	struct limits *limits;
	struct wl_listener limit_exceeded;
	struct doors *doors;
	struct painter *painter;
	struct scene *scene;
	struct outputs *outputs;
	struct managers *managers;
	struct seats *seats;
	struct windows *windows;
	struct popups *popups;
	struct desk *desk;
	struct focus *focus;
	struct routing *routing;
	struct modals *modals;
	struct prompts *prompts;
	struct carry *carry;
	struct strip *strip;
	struct idle *idle;
	struct keyboards *keyboards;
	struct pointer *pointer;
	struct layers *layers;
	struct activation *activation;
	struct bell *bell;
	struct foreign *foreign;
	struct capture *capture;
	struct owners *owners;
	struct link *link;
	struct report *report;
	struct actions *actions;
	struct inbox *inbox;
	struct wl_listener outputs_gone;
};

/* ---- stages ---- */

static int handle_signal(int number, void *data) {
	struct session *session = data;
	session->ended = true;
	return 0;
}

static bool display_up(struct session *s) {
	s->display = wl_display_create();
	if (s->display == NULL) {
		return false;
	}
	s->loop = wl_display_get_event_loop(s->display);
	s->signals[0] = wl_event_loop_add_signal(s->loop, SIGTERM, handle_signal, s);
	s->signals[1] = wl_event_loop_add_signal(s->loop, SIGINT, handle_signal, s);
	return true;
}

static void display_down(struct session *s) {
	if (s->display == NULL) {
		return;
	}
	wl_event_source_remove(s->signals[0]);
	wl_event_source_remove(s->signals[1]);
	wl_display_destroy(s->display);
}

static bool instances_up(struct session *s) {
	s->instances = instances_create();
	s->gate = gate_create(s->display);
	s->fairness = fairness_create(s->display, NULL);
	s->limits = limits_create(s->display);
	fairness_set_watch(s->fairness, limits_count_descriptors);
	s->doors = doors_create(s->display, s->instances, s->fairness, s->limits);
	return true;
}

static void instances_down(struct session *s) {
	doors_destroy(s->doors);
	gate_destroy(s->gate);
	instances_destroy(s->instances);
	fairness_destroy(s->fairness);
	limits_destroy(s->limits);
}

static void handle_new_input(void *data, struct wlr_input_device *device) {
	struct session *s = data;
	switch (device->type) {
	case WLR_INPUT_DEVICE_KEYBOARD:
		keyboards_add(s->keyboards, wlr_keyboard_from_input_device(device), false);
		break;
	case WLR_INPUT_DEVICE_POINTER:
	case WLR_INPUT_DEVICE_TOUCH:
		pointer_add(s->pointer, device);
		break;
	default:
		break;
	}
}

static void handle_lost(void *data) {
	struct session *s = data;
	s->failed = true;
	s->ended = true;
}

static const struct hardware_handler hardware_handler = {.new_input = handle_new_input, .lost = handle_lost};

static bool hardware_up(struct session *s) {
	s->hardware = hardware_create(s->loop, &hardware_handler, s);
	return s->hardware != NULL;
}

static void hardware_down(struct session *s) {
	hardware_destroy(s->hardware);
}

static bool picture_up(struct session *s) {
	s->painter = painter_create("");
	s->scene = scene_create();
	if (s->painter == NULL || s->scene == NULL) {
		return false;
	}
	struct wlr_backend *backend = hardware_get_backend(s->hardware);
	struct wlr_renderer *renderer = hardware_get_renderer(s->hardware);
	s->outputs = outputs_create(s->display, s->gate, backend, hardware_get_allocator(s->hardware), renderer,
		hardware_get_recorder(s->hardware), s->scene, s->fairness);
	s->managers = managers_create(s->display, s->gate, backend, renderer, s->scene, s->outputs);
	return s->managers != NULL;
}

static void picture_down(struct session *s) {
	managers_destroy(s->managers);
	outputs_destroy(s->outputs);
	scene_destroy(s->scene);
	painter_destroy(s->painter);
}

static bool desktop_up(struct session *s) {
	s->seats = seats_create(s->display, s->gate, s->instances);
	s->windows = windows_create(s->display, s->gate, s->instances, s->scene, s->outputs, s->painter);
	s->popups = popups_create(s->windows, s->scene, s->outputs);
	s->desk = desk_create(s->windows, s->outputs);
	s->focus = focus_create(s->loop, s->desk, s->instances);
	s->routing = routing_create(s->focus);
	return true;
}

static void desktop_down(struct session *s) {
	routing_destroy(s->routing);
	focus_destroy(s->focus);
	desk_destroy(s->desk);
	popups_destroy(s->popups);
	windows_destroy(s->windows);
	seats_destroy(s->seats);
}

static void handle_announce(void *data, const char *text) {
	struct session *s = data;
	strip_announce(s->strip, text);
}

static void handle_limit_exceeded(struct wl_listener *listener, void *data) {
	struct session *s = wl_container_of(listener, s, limit_exceeded);
	const struct limits_notice *notice = data;
	strip_notice(s->strip, NOTICE_WARNING, notice->instance, notice->text);
}

static bool trusted_up(struct session *s) {
	s->modals = modals_create(s->focus);
	s->prompts = prompts_create(s->loop, s->scene, s->outputs, s->painter, s->modals);
	s->carry = carry_create(s->loop, s->display, s->instances, s->seats, s->focus);
	s->strip = strip_create(s->loop, s->scene, s->outputs, s->instances, s->seats, s->desk, s->focus, s->carry,
		s->painter);
	carry_set_prompts(s->carry, s->prompts, s->desk);
	prompts_set_announce(s->prompts, handle_announce, s);
	s->limit_exceeded.notify = handle_limit_exceeded;
	wl_signal_add(limits_get_exceeded(s->limits), &s->limit_exceeded);
	return true;
}

static void trusted_down(struct session *s) {
	wl_list_remove(&s->limit_exceeded.link);
	modals_close(s->modals);
	strip_destroy(s->strip);
	carry_destroy(s->carry);
	prompts_destroy(s->prompts);
	modals_destroy(s->modals);
}

static bool input_up(struct session *s) {
	s->idle = idle_create(s->display, s->gate, s->instances, s->desk);
	s->keyboards = keyboards_create(s->display, s->focus, s->routing, s->modals, s->idle);
	s->pointer = pointer_create(s->display, s->gate, s->scene, s->outputs, s->seats, s->desk, s->focus, s->routing,
		s->keyboards, s->modals, s->idle);
	keyboards_set_session(s->keyboards, hardware_get_session(s->hardware));
	pointer_set_strip(s->pointer, s->strip);
	return true;
}

static void input_down(struct session *s) {
	pointer_destroy(s->pointer);
	keyboards_destroy(s->keyboards);
	idle_destroy(s->idle);
}

static bool shell_up(struct session *s) {
	s->layers = layers_create(s->display, s->gate, s->scene, s->outputs, s->focus, s->popups);
	s->activation = activation_create(s->display, s->gate, s->focus);
	s->bell = bell_create(s->display, s->gate);
	s->foreign = foreign_create(s->display, s->gate, s->windows, s->desk, s->focus);
	s->capture = capture_create(s->display, s->gate, s->keyboards, s->pointer);
	return true;
}

static void shell_down(struct session *s) {
	capture_destroy(s->capture);
	foreign_destroy(s->foreign);
	bell_destroy(s->bell);
	activation_destroy(s->activation);
	layers_destroy(s->layers);
}

static void handle_order(void *data, struct instance *instance, enum session_order order) {
	struct session *s = data;
	link_send_order(s->link, instance->name, order);
	if (order == ORDER_KILL) {
		/* At once, and also those that are in no sandbox of the supervisor's. */
		doors_close_clients(s->doors, instance);
	}
}

/* Super+Escape: nothing keeps hold of the pointer, whoever has it. */
static void handle_owners_opened(void *data) {
	struct session *s = data;
	pointer_end_grabs(s->pointer);
	link_send_measure(s->link);
}

static const struct owners_handler owners_handler = {.order = handle_order, .opened = handle_owners_opened};

static void handle_message(void *data, struct session_message *message) {
	struct session *s = data;
	inbox_message(s->inbox, s->link, message);
}

static void handle_link_closed(void *data) {
	struct session *s = data;
	log_info("the supervisor has closed the line: ending");
	s->ended = true;
}

static const struct link_handler link_handler = {.message = handle_message, .closed = handle_link_closed};

static bool link_up(struct session *s) {
	s->link = link_create(s->loop, s->options->link_fd, &link_handler, s);
	if (s->link == NULL) {
		log_error("descriptor %d is not a line to the supervisor", s->options->link_fd);
		return false;
	}
	s->owners = owners_create(s->loop, s->scene, s->outputs, s->instances, s->desk, s->focus, s->popups, s->painter,
		s->modals, &owners_handler, s);
	s->actions = actions_create(s->desk, s->focus, s->carry, s->owners, s->link);
	keyboards_set_actions(s->keyboards, s->actions, s->prompts);
	s->report = report_create(s->loop, s->link, s->instances, s->windows, s->carry);
	s->inbox = inbox_create(&(struct inbox_parts){
		.instances = s->instances, .doors = s->doors, .seats = s->seats, .outputs = s->outputs, .desk = s->desk,
		.keyboards = s->keyboards, .pointer = s->pointer, .carry = s->carry, .painter = s->painter,
		.strip = s->strip, .actions = s->actions, .report = s->report,
	});
	return s->inbox != NULL;
}

static void link_down(struct session *s) {
	modals_close(s->modals);
	report_destroy(s->report);
	actions_destroy(s->actions);
	owners_destroy(s->owners);
	link_destroy(s->link);
}

/* Without a seat of its own, it is shown by another desktop, which gives no new window for one that was closed. Real
 * monitors come back: they are all gone too while another console is shown. */
static void handle_outputs_gone(struct wl_listener *listener, void *data) {
	struct session *s = wl_container_of(listener, s, outputs_gone);
	if (hardware_get_session(s->hardware) == NULL) {
		struct session_message message = {.type = SESSION_CLOSED, .fds = {-1, -1}};
		link_send(s->link, &message);
	}
}

static bool start_up(struct session *s) {
	s->outputs_gone.notify = handle_outputs_gone;
	wl_signal_add(&s->outputs->events.gone, &s->outputs_gone);
	return hardware_start(s->hardware);
}

/* Clients go while everything that listens to them still stands; the config goes last of all that borrow from it. */
static void start_down(struct session *s) {
	wl_list_remove(&s->outputs_gone.link);
	wl_display_destroy_clients(s->display);
}

static void config_down(struct session *s) {
	inbox_destroy(s->inbox);
}

/* The graphics driver is loaded, and fontconfig's thread not yet started, which nothing could confine any more. */
static bool files_up(struct session *s) {
	return !s->options->confined || confine_files();
}

/* Screens, devices and the line are open: from here on nothing new is needed but what confine_calls() leaves. */
static bool calls_up(struct session *s) {
	return !s->options->confined || confine_calls();
}

static void nothing_down(struct session *s) {
}

static bool nothing_up(struct session *s) {
	return true;
}

static const struct stage {
	const char *name;
	bool (*up)(struct session *session);
	void (*down)(struct session *session);
} stages[] = {
	{"display", display_up, display_down},
	{"config", nothing_up, config_down},
	{"instances", instances_up, instances_down},
	{"hardware", hardware_up, hardware_down},
	{"confinement of files", files_up, nothing_down},
	{"picture", picture_up, picture_down},
	{"desktop", desktop_up, desktop_down},
	{"trusted picture", trusted_up, trusted_down},
	{"input", input_up, input_down},
	{"shell protocols", shell_up, shell_down},
	{"link", link_up, link_down},
	{"start", start_up, start_down},
	{"confinement of calls", calls_up, nothing_down},
};

/* ---- run ---- */

/*
 * wl_display_run(), with places between sending and waiting, and after what was waited for: what there is to paint has a
 * slice of each turn. What a picture that is done leaves to do is done before anything is waited for.
 */
static void dispatch(struct session *session) {
	bool painting = false;
	while (!session->ended) {
		wl_display_flush_clients(session->display);
		fairness_turn(session->fairness);
		wl_event_loop_dispatch(session->loop, painting ? 0 : -1);
		fairness_charge_nobody(session->fairness);
		painting = outputs_paint(session->outputs);
		wl_event_loop_dispatch_idle(session->loop);
	}
}

int session_run(const struct session_options *options) {
	struct session state = {.options = options}, *session = &state;
	size_t up = 0;
	const size_t count = sizeof(stages) / sizeof(stages[0]);
	while (up < count && stages[up].up(session)) {
		up++;
	}
	if (up == count) {
		dispatch(session);
	} else {
		log_error("%s: could not be brought up", stages[up].name);
		session->failed = true;
		up++; /* its down undoes what its up began */
	}
	while (up > 0) {
		stages[--up].down(session);
	}
	return session->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
