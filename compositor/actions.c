#include "compositor/actions.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compositor/link.h"
#include "compositor/seat.h"

struct actions {
	struct desk *desk;
	struct focus *focus;
	struct carry *carry;
	struct owners *owners;
	struct link *link;
	uint32_t serial;
};

/* The compositor executes nothing: the supervisor looks the bind up in its own config and does what that says. */
static void run_by_supervisor(struct actions *a, const struct config_bind *bind, int index) {
	link_send_bind(a->link, a->serial, (uint32_t)index);
}

static void clipboard_take(struct actions *a, const struct config_bind *bind, int index) {
	carry_take(a->carry);
}

static void clipboard_give(struct actions *a, const struct config_bind *bind, int index) {
	carry_give(a->carry);
}

static void clipboard_clear(struct actions *a, const struct config_bind *bind, int index) {
	carry_clear(a->carry);
}

static void close_window(struct actions *a, const struct config_bind *bind, int index) {
	if (a->focus->window != NULL) {
		window_close(a->focus->window);
	}
}

static void focus_direction(struct actions *a, const struct config_bind *bind, int index) {
	if (a->focus->window == NULL) {
		focus_refresh(a->focus);
		return;
	}
	struct window *window = workspace_neighbour(a->focus->window, bind->direction);
	if (window != NULL) {
		focus_choose(a->focus, window);
	}
}

static void move_direction(struct actions *a, const struct config_bind *bind, int index) {
	if (a->focus->window != NULL) {
		desk_swap(a->desk, a->focus->window, bind->direction);
	}
}

static void toggle_floating(struct actions *a, const struct config_bind *bind, int index) {
	if (a->focus->window != NULL) {
		desk_set_floating(a->desk, a->focus->window, !a->focus->window->floating);
	}
}

static void toggle_fullscreen(struct actions *a, const struct config_bind *bind, int index) {
	if (a->focus->window != NULL) {
		desk_set_fullscreen(a->desk, a->focus->window, !a->focus->window->fullscreen);
	}
}

static void toggle_maximized(struct actions *a, const struct config_bind *bind, int index) {
	if (a->focus->window != NULL) {
		desk_set_maximized(a->desk, a->focus->window, !a->focus->window->maximized);
	}
}

static void show_workspace(struct actions *a, const struct config_bind *bind, int index) {
	desk_show(a->desk, bind->number);
	focus_refresh(a->focus);
}

static void send_to_workspace(struct actions *a, const struct config_bind *bind, int index) {
	if (a->focus->window != NULL) {
		desk_send(a->desk, a->focus->window, bind->number);
		focus_refresh(a->focus);
	}
}

/* The output after or before the attended one, in the order in which they came. */
static struct output *next_output(struct actions *a, enum config_direction direction) {
	struct output *output = desk_get_output(a->desk);
	if (output == NULL) {
		return NULL;
	}
	struct wl_list *list = &a->desk->outputs->list;
	bool forward = direction == DIRECTION_NEXT || direction == DIRECTION_RIGHT || direction == DIRECTION_DOWN;
	struct wl_list *link = forward ? output->link.next : output->link.prev;
	if (link == list) {
		link = forward ? link->next : link->prev;
	}
	return wl_container_of(link, output, link);
}

static void focus_output(struct actions *a, const struct config_bind *bind, int index) {
	struct output *output = next_output(a, bind->direction);
	if (output != NULL) {
		desk_set_output(a->desk, output);
		focus_refresh(a->focus);
	}
}

static void send_to_output(struct actions *a, const struct config_bind *bind, int index) {
	struct output *output = next_output(a, bind->direction);
	if (output != NULL && a->focus->window != NULL) {
		desk_send_output(a->desk, a->focus->window, output);
		focus_refresh(a->focus);
	}
}

static void main_ratio(struct actions *a, const struct config_bind *bind, int index) {
	desk_main_ratio(a->desk, bind->number);
}

static void main_count(struct actions *a, const struct config_bind *bind, int index) {
	desk_main_count(a->desk, bind->number);
}

static void show_owners(struct actions *a, const struct config_bind *bind, int index) {
	owners_toggle(a->owners);
}

static void next_layout(struct actions *a, const struct config_bind *bind, int index) {
	if (a->focus->instance != NULL && a->focus->instance->seat != NULL) {
		seat_layout_next(a->focus->instance->seat);
	}
}

typedef void (*action)(struct actions *actions, const struct config_bind *bind, int index);
static const action table[] = {
	[ACTION_RUN] = run_by_supervisor,
	[ACTION_EXEC] = run_by_supervisor,
	[ACTION_MENU] = run_by_supervisor,
	[ACTION_CLIPBOARD_TAKE] = clipboard_take,
	[ACTION_CLIPBOARD_GIVE] = clipboard_give,
	[ACTION_CLIPBOARD_CLEAR] = clipboard_clear,
	[ACTION_CLOSE] = close_window,
	[ACTION_FOCUS] = focus_direction,
	[ACTION_MOVE] = move_direction,
	[ACTION_FLOAT] = toggle_floating,
	[ACTION_FULLSCREEN] = toggle_fullscreen,
	[ACTION_MAXIMIZE] = toggle_maximized,
	[ACTION_WORKSPACE] = show_workspace,
	[ACTION_SEND] = send_to_workspace,
	[ACTION_FOCUS_OUTPUT] = focus_output,
	[ACTION_SEND_OUTPUT] = send_to_output,
	[ACTION_MAIN_RATIO] = main_ratio,
	[ACTION_MAIN_COUNT] = main_count,
	[ACTION_OWNERS] = show_owners,
	[ACTION_LAYOUT_NEXT] = next_layout,
	[ACTION_RELOAD] = run_by_supervisor,
	[ACTION_QUIT] = run_by_supervisor,
};

struct actions *actions_create(struct desk *desk, struct focus *focus, struct carry *carry, struct owners *owners,
		struct link *link) {
	struct actions *actions = xcalloc(1, sizeof(*actions));
	*actions = (struct actions){.desk = desk, .focus = focus, .carry = carry, .owners = owners, .link = link};
	return actions;
}

void actions_destroy(struct actions *actions) {
	free(actions);
}

void actions_configure(struct actions *actions, uint32_t serial) {
	actions->serial = serial;
}

void actions_run(struct actions *actions, const struct config_bind *bind, int index) {
	table[bind->action](actions, bind, index);
}

void actions_owners(struct actions *actions) {
	owners_toggle(actions->owners);
}
