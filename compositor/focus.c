#include "compositor/focus.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compositor/seat.h"
#include "policy/focus.h"

struct focus_private {
	struct focus *focus;
	struct wl_event_loop *loop;
	struct desk *desk;
	struct instances *instances;
	bool held;
	char lost[SESSION_NAME_SIZE];     /* whose window was focused last, while nothing is; "" where that says nothing */
	struct wlr_surface *entered;      /* the surface that its seat was told of */
	struct instance *entered_instance;
	struct wl_event_source *quiet;    /* the half second before focus may pass to another instance */
	struct wl_listener map, unmap;
	struct wl_listener outputs_changed;
	struct wl_listener layer_destroy;
	struct wl_listener entered_destroy; /* of entered_instance */
};

static void handle_entered_destroy(struct wl_listener *listener, void *data) {
	struct focus_private *priv = wl_container_of(listener, priv, entered_destroy);
	priv->entered = NULL;
	priv->entered_instance = NULL;
	wl_list_remove(&priv->entered_destroy.link);
	wl_list_init(&priv->entered_destroy.link);
	if (priv->focus->instance == data) {
		priv->focus->instance = NULL;
	}
}

/* The one place where a seat gets or loses the keyboard: the one before first, so that no key has two homes. */
static void tell_seats(struct focus *focus, struct wlr_surface *surface, struct instance *instance) {
	struct focus_private *priv = focus->priv;
	struct instance *before = priv->entered_instance;
	if (before != NULL && before != instance && before->seat != NULL) {
		seat_enter(before->seat, NULL);
	}
	wl_list_remove(&priv->entered_destroy.link);
	wl_list_init(&priv->entered_destroy.link);
	priv->entered = surface;
	priv->entered_instance = instance;
	if (instance != NULL) {
		wl_signal_add(&instance->events.destroy, &priv->entered_destroy);
		if (instance->seat != NULL) {
			seat_enter(instance->seat, surface);
		}
	}
}

static void update(struct focus *focus) {
	struct focus_private *priv = focus->priv;
	struct wlr_surface *surface = NULL;
	struct instance *instance = NULL;
	if (focus->layer != NULL) {
		surface = focus->layer;
		instance = priv->instances->shell;
	} else if (focus->window != NULL) {
		surface = focus->window->toplevel->base->surface;
		instance = focus->window->instance;
	}
	bool switched = instance != focus->instance;
	focus->instance = instance;
	if (switched) {
		/* Before the new one gets a key: what is held is forgotten, grabs and drags end. */
		wl_signal_emit_mutable(&focus->events.switched, instance);
	}
	if (priv->held) {
		tell_seats(focus, NULL, NULL);
	} else {
		tell_seats(focus, surface, instance);
	}
	wl_signal_emit_mutable(&focus->events.changed, focus);
}

static void set_window(struct focus *focus, struct window *window) {
	struct focus_private *priv = focus->priv;
	wl_event_source_timer_update(priv->quiet, 0);
	struct window *before = focus->window;
	priv->lost[0] = '\0';
	if (before != window && before != NULL) {
		window_set_focused(before, false);
	}
	focus->window = window;
	if (window != NULL) {
		window_set_urgent(window, false);
		window_set_focused(window, true);
		desk_reveal(priv->desk, window);
		window_raise(window);
		wl_list_remove(&window->focus_link);
		wl_list_insert(&window->workspace->focus_order, &window->focus_link);
		if (window->workspace->output != NULL) {
			desk_set_output(priv->desk, window->workspace->output);
		}
	}
	update(focus);
}

void focus_choose(struct focus *focus, struct window *window) {
	if (window != NULL && (!window->mapped || window->workspace == NULL)) {
		return;
	}
	if (window != NULL && window->workspace->output == NULL) {
		desk_show(focus->priv->desk, window->workspace->number);
	}
	if (focus->layer != NULL) {
		/* The person turned away from the shell's surface. */
		wl_list_remove(&focus->priv->layer_destroy.link);
		wl_list_init(&focus->priv->layer_destroy.link);
		focus->layer = NULL;
	}
	set_window(focus, window);
}

static struct workspace *attended(struct focus *focus) {
	struct output *output = desk_get_output(focus->priv->desk);
	return output != NULL ? desk_on_output(focus->priv->desk, output) : NULL;
}

void focus_refresh(struct focus *focus) {
	struct workspace *workspace = attended(focus);
	if (focus->window != NULL && focus->window->workspace == workspace) {
		return;
	}
	set_window(focus, workspace != NULL ? workspace_latest(workspace, NULL) : NULL);
}

/* Its output went away, and the person looks at another. With no output at all another console is shown: then nothing is
 * lost, and the same window shall have the focus after. */
static bool is_out_of_sight(const struct focus *focus) {
	return focus->window != NULL && focus->window->workspace != NULL && focus->window->workspace->output == NULL &&
		desk_get_output(focus->priv->desk) != NULL;
}

static int handle_quiet(void *data) {
	struct focus *focus = data;
	if (focus->window != NULL && !is_out_of_sight(focus)) {
		return 0;
	}
	int64_t wait = focus_wait(clock_now(), focus->last_key);
	if (wait > 0) {
		/* Another key came meanwhile: wait from that one. */
		wl_event_source_timer_update(focus->priv->quiet, (int)wait);
		return 0;
	}
	focus_refresh(focus);
	return 0;
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct focus_private *priv = wl_container_of(listener, priv, map);
	struct focus *focus = priv->focus;
	struct window *window = data;
	/* With no window focused, the instance that has just lost one still counts as the one typed into: keys in
	 * flight were meant for it. */
	struct focus_facts facts = {
		.same_instance = focus->window != NULL ? focus->window->instance == window->instance :
			priv->lost[0] != '\0' && strcmp(priv->lost, window->instance->name) == 0,
		.nothing_focused = focus->window == NULL && focus->layer == NULL,
		.now = clock_now(),
		.last_key = focus->last_key,
		.spawned = window->instance->spawned,
	};
	bool may = focus->layer == NULL && window->workspace == attended(focus) && focus_new_window(&facts);
	if (may) {
		/* What the person started has come: the next window of the instance is not asked for any more. */
		window->instance->spawned = 0;
		set_window(focus, window);
	} else {
		window_set_urgent(window, true);
	}
}

static void wait_for_quiet(struct focus *focus) {
	int64_t wait = focus_wait(clock_now(), focus->last_key);
	wl_event_source_timer_update(focus->priv->quiet, wait > 0 ? (int)wait : 1);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct focus_private *priv = wl_container_of(listener, priv, unmap);
	struct focus *focus = priv->focus;
	struct window *window = data;
	if (focus->window != window) {
		return;
	}
	struct instance *instance = window->instance;
	struct workspace *workspace = window->workspace;
	/* It is still on its lists here: take it off the focus order to look for the next. */
	wl_list_remove(&window->focus_link);
	wl_list_init(&window->focus_link);
	focus->window = NULL;
	window_set_focused(window, false);
	struct window *next = workspace != NULL ? workspace_latest(workspace, instance) : NULL;
	if (next != NULL) {
		set_window(focus, next);
		return;
	}
	copy_string(priv->lost, sizeof(priv->lost), instance->name);
	update(focus);
	wait_for_quiet(focus);
}

/* Not at once: of several outputs that go together, one goes first. */
static void handle_outputs_changed(struct wl_listener *listener, void *data) {
	struct focus_private *priv = wl_container_of(listener, priv, outputs_changed);
	if (is_out_of_sight(priv->focus)) {
		wait_for_quiet(priv->focus);
	}
}

static void handle_layer_destroy(struct wl_listener *listener, void *data) {
	struct focus_private *priv = wl_container_of(listener, priv, layer_destroy);
	focus_layer(priv->focus, NULL);
}

void focus_layer(struct focus *focus, struct wlr_surface *surface) {
	struct focus_private *priv = focus->priv;
	if (focus->layer == surface) {
		return;
	}
	wl_list_remove(&priv->layer_destroy.link);
	wl_list_init(&priv->layer_destroy.link);
	focus->layer = surface;
	if (surface != NULL) {
		wl_signal_add(&surface->events.destroy, &priv->layer_destroy);
	}
	update(focus);
}

void focus_hold(struct focus *focus, bool held) {
	if (focus->priv->held == held) {
		return;
	}
	focus->priv->held = held;
	update(focus);
}

bool focus_is_held(const struct focus *focus) {
	return focus->priv->held;
}

struct focus *focus_create(struct wl_event_loop *loop, struct desk *desk, struct instances *instances) {
	struct focus *focus = xcalloc(1, sizeof(*focus));
	struct focus_private *priv = focus->priv = xcalloc(1, sizeof(*priv));
	priv->focus = focus;
	priv->loop = loop;
	priv->desk = desk;
	priv->instances = instances;
	wl_signal_init(&focus->events.changed);
	wl_signal_init(&focus->events.switched);
	wl_list_init(&priv->layer_destroy.link);
	wl_list_init(&priv->entered_destroy.link);
	priv->layer_destroy.notify = handle_layer_destroy;
	priv->entered_destroy.notify = handle_entered_destroy;
	priv->quiet = wl_event_loop_add_timer(loop, handle_quiet, focus);
	priv->map.notify = handle_map;
	wl_signal_add(&desk->events.map, &priv->map);
	priv->unmap.notify = handle_unmap;
	wl_signal_add(&desk->events.unmap, &priv->unmap);
	priv->outputs_changed.notify = handle_outputs_changed;
	wl_signal_add(&desk->outputs->events.changed, &priv->outputs_changed);
	return focus;
}

void focus_destroy(struct focus *focus) {
	if (focus == NULL) {
		return;
	}
	struct focus_private *priv = focus->priv;
	wl_event_source_remove(priv->quiet);
	wl_list_remove(&priv->map.link);
	wl_list_remove(&priv->unmap.link);
	wl_list_remove(&priv->outputs_changed.link);
	wl_list_remove(&priv->layer_destroy.link);
	wl_list_remove(&priv->entered_destroy.link);
	free(priv);
	free(focus);
}
