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

struct gate {
	struct wl_display *display;
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
	wl_display_set_global_filter(display, handle_filter, gate);
	return gate;
}

static bool deny_all(const struct wl_client *client, const struct wl_global *global, void *data) {
	return false;
}

void gate_destroy(struct gate *gate) {
	if (gate == NULL) {
		return;
	}
	wl_display_set_global_filter(gate->display, deny_all, NULL);
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
