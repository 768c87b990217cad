#include "compositor/activation.h"

#include <stdlib.h>
#include <wlr/types/wlr_xdg_activation_v1.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/client.h"
#include "compositor/seat.h"

#define SHELL_TOKENS_MAX 32 /* others have their limit; the oldest goes first */

struct activation {
	struct focus *focus;
	struct wlr_xdg_activation_v1 *wlr;
	struct wl_event_loop *loop;
	struct wl_event_source *sweep; /* due: worthless tokens to throw away */
	struct wl_list tokens; // token.link, latest first
	struct wl_listener new_token;
	struct wl_listener request_activate;
};

/* What we know of a token: whose seat it names, and whether the person was at work there when it was made. */
struct token {
	struct wlr_xdg_activation_token_v1 *wlr;
	struct instance *instance; /* NULL where it named no seat, or that instance is forgotten */
	bool by_person;
	struct wl_list link; // activation.tokens
	struct wl_listener instance_destroy; /* only where there is one */
	struct wl_listener destroy;
};

static void handle_instance_destroy(struct wl_listener *listener, void *data) {
	struct token *token = wl_container_of(listener, token, instance_destroy);
	wl_list_remove(&token->instance_destroy.link);
	token->instance = NULL;
}

static void handle_token_destroy(struct wl_listener *listener, void *data) {
	struct token *token = wl_container_of(listener, token, destroy);
	if (token->instance != NULL) {
		instance_use(token->instance, LIMIT_TOKENS, -1);
		wl_list_remove(&token->instance_destroy.link);
	}
	wl_list_remove(&token->destroy.link);
	wl_list_remove(&token->link);
	free(token);
}

/* One without a seat passes none of wlroots' checks, and is worth nothing here. */
static void handle_sweep(void *data) {
	struct activation *activation = data;
	activation->sweep = NULL;
	struct token *token, *next;
	wl_list_for_each_safe(token, next, &activation->tokens, link) {
		if (token->instance == NULL) {
			wlr_xdg_activation_token_v1_destroy(token->wlr);
		}
	}
}

/* Programs ask for tokens that nobody ever uses: losing the oldest is kinder than being thrown out, and as safe. */
static void drop_oldest(struct activation *activation, struct instance *instance) {
	uint64_t len = 0, most = instance->shell ? SHELL_TOKENS_MAX : instance->limits[LIMIT_TOKENS];
	struct token *token, *next;
	wl_list_for_each_safe(token, next, &activation->tokens, link) {
		if (token->instance == instance && ++len > most) {
			instance->met[LIMIT_TOKENS]++;
			wlr_xdg_activation_token_v1_destroy(token->wlr);
		}
	}
}

static void handle_new_token(struct wl_listener *listener, void *data) {
	struct activation *activation = wl_container_of(listener, activation, new_token);
	struct wlr_xdg_activation_token_v1 *wlr_token = data;
	const struct seat *seat = wlr_token->seat != NULL ? wlr_token->seat->data : NULL;
	struct token *token = xcalloc(1, sizeof(*token));
	token->wlr = wlr_token;
	token->instance = seat != NULL ? seat->instance : NULL;
	token->by_person = seat != NULL && seat_is_active(seat);
	token->destroy.notify = handle_token_destroy;
	wl_signal_add(&wlr_token->events.destroy, &token->destroy);
	wl_list_insert(&activation->tokens, &token->link);
	wlr_token->data = token;
	if (token->instance != NULL) {
		instance_use(token->instance, LIMIT_TOKENS, 1);
		token->instance_destroy.notify = handle_instance_destroy;
		wl_signal_add(&token->instance->events.destroy, &token->instance_destroy);
		drop_oldest(activation, token->instance);
	} else if (activation->sweep == NULL) {
		/* Not now: wlroots has yet to tell the client its name. */
		activation->sweep = wl_event_loop_add_idle(activation->loop, handle_sweep, activation);
	}
}

static void handle_request_activate(struct wl_listener *listener, void *data) {
	struct activation *activation = wl_container_of(listener, activation, request_activate);
	const struct wlr_xdg_activation_v1_request_activate_event *event = data;
	const struct token *token = event->token->data;
	struct window *window = window_from_surface(event->surface);
	if (window == NULL || !window->mapped || window->focused || token == NULL ||
			token->instance != window->instance || event->token->seat == NULL) {
		return;
	}
	if (token->by_person && activation->focus->instance == window->instance) {
		focus_choose(activation->focus, window);
	} else {
		window_set_urgent(window, true);
	}
}

struct activation *activation_create(struct wl_display *display, struct gate *gate, struct focus *focus) {
	struct activation *activation = xcalloc(1, sizeof(*activation));
	activation->focus = focus;
	activation->loop = wl_display_get_event_loop(display);
	wl_list_init(&activation->tokens);
	gate_expect(gate, "xdg_activation_v1", NULL);
	activation->wlr = wlr_xdg_activation_v1_create(display);
	if (activation->wlr == NULL) {
		log_error("out of memory for xdg_activation_v1");
		abort();
	}
	gate_admit(gate, activation->wlr->global);
	activation->new_token.notify = handle_new_token;
	wl_signal_add(&activation->wlr->events.new_token, &activation->new_token);
	activation->request_activate.notify = handle_request_activate;
	wl_signal_add(&activation->wlr->events.request_activate, &activation->request_activate);
	return activation;
}

void activation_destroy(struct activation *activation) {
	if (activation == NULL) {
		return;
	}
	struct token *token, *next;
	wl_list_for_each_safe(token, next, &activation->tokens, link) {
		wlr_xdg_activation_token_v1_destroy(token->wlr);
	}
	if (activation->sweep != NULL) {
		wl_event_source_remove(activation->sweep);
	}
	wl_list_remove(&activation->new_token.link);
	wl_list_remove(&activation->request_activate.link);
	free(activation);
}
