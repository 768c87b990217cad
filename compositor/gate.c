#include "compositor/gate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "compositor/client.h"
#include "policy/protocols.h"

struct admission {
	struct wl_global *global;
	const struct protocol_rule *rule;
	struct instance *owner; /* for PROTOCOL_OWN */
};

#define RETIRED_MS 4000 /* less than wlroots' 5 s, after which another global may have the same address */

struct retirement {
	struct gate *gate;
	struct wl_global *global;
	struct wl_event_source *timer;
	struct wl_list link; // gate.retirements
};

struct gate {
	struct wl_display *display;
	struct wl_list retirements; // retirement.link
	struct admission *list;
	size_t len;
	struct admission expected; /* global NULL, rule set while something is announced */
};

static const struct admission *find(const struct gate *gate, const struct wl_global *global) {
	for (size_t i = 0; i < gate->len; i++) {
		if (gate->list[i].global == global) {
			return &gate->list[i];
		}
	}
	/* Being made right now: only the one announced, and only under its own name. */
	if (gate->expected.rule != NULL &&
			strcmp(wl_global_get_interface(global)->name, gate->expected.rule->interface) == 0) {
		return &gate->expected;
	}
	return NULL;
}

static bool handle_filter(const struct wl_client *client, const struct wl_global *global, void *data) {
	const struct gate *gate = data;
	const struct instance *instance = client_instance((struct wl_client *)client);
	const struct admission *admission = find(gate, global);
	if (instance == NULL || admission == NULL) {
		return false;
	}
	if (admission->rule->audience == PROTOCOL_OWN) {
		return admission->owner == instance;
	}
	return protocol_allows(admission->rule, instance->shell, instance->grants);
}

struct gate *gate_create(struct wl_display *display) {
	struct gate *gate = xcalloc(1, sizeof(*gate));
	gate->display = display;
	wl_list_init(&gate->retirements);
	wl_display_set_global_filter(display, handle_filter, gate);
	return gate;
}

static void retirement_destroy(struct retirement *retirement) {
	wl_event_source_remove(retirement->timer);
	wl_list_remove(&retirement->link);
	free(retirement);
}

static bool deny_all(const struct wl_client *client, const struct wl_global *global, void *data) {
	return false;
}

void gate_destroy(struct gate *gate) {
	if (gate == NULL) {
		return;
	}
	wl_display_set_global_filter(gate->display, deny_all, NULL);
	struct retirement *retirement, *next;
	wl_list_for_each_safe(retirement, next, &gate->retirements, link) {
		retirement_destroy(retirement);
	}
	free(gate->list);
	free(gate);
}

void gate_expect(struct gate *gate, const char *interface, struct instance *owner) {
	assert(gate->expected.rule == NULL);
	const struct protocol_rule *rule = protocol_find(interface);
	if (rule == NULL || (rule->audience == PROTOCOL_OWN) != (owner != NULL)) {
		log_error("%s has no row in policy/protocols.c that fits", interface);
		abort();
	}
	gate->expected = (struct admission){.rule = rule, .owner = owner};
}

void gate_admit(struct gate *gate, struct wl_global *global) {
	assert(gate->expected.rule != NULL && global != NULL);
	assert(strcmp(wl_global_get_interface(global)->name, gate->expected.rule->interface) == 0);
	gate->list = xrealloc_array(gate->list, gate->len + 1, sizeof(*gate->list));
	gate->list[gate->len] = gate->expected;
	gate->list[gate->len].global = global;
	gate->len++;
	gate->expected = (struct admission){0};
}

void gate_dismiss(struct gate *gate, struct wl_global *global) {
	for (size_t i = 0; i < gate->len; i++) {
		if (gate->list[i].global == global) {
			gate->list[i] = gate->list[--gate->len];
			return;
		}
	}
}

static int handle_retired(void *data) {
	struct retirement *retirement = data;
	gate_dismiss(retirement->gate, retirement->global);
	retirement_destroy(retirement);
	return 0;
}

void gate_retire(struct gate *gate, struct wl_global *global) {
	struct retirement *retirement = xcalloc(1, sizeof(*retirement));
	retirement->gate = gate;
	retirement->global = global;
	retirement->timer =
		wl_event_loop_add_timer(wl_display_get_event_loop(gate->display), handle_retired, retirement);
	if (retirement->timer == NULL) {
		free(retirement);
		gate_dismiss(gate, global);
		return;
	}
	wl_event_source_timer_update(retirement->timer, RETIRED_MS);
	wl_list_insert(&gate->retirements, &retirement->link);
}
