#include "compositor/instance.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compositor/paint.h"
#include "policy/palette.h"

static struct instance *instance_create(const char *name) {
	struct instance *instance = xcalloc(1, sizeof(*instance));
	copy_string(instance->name, sizeof(instance->name), name);
	wl_signal_init(&instance->events.changed);
	wl_signal_init(&instance->events.destroy);
	wl_list_init(&instance->link);
	return instance;
}

static void instance_destroy(struct instance *instance) {
	wl_signal_emit_mutable(&instance->events.destroy, instance);
	wl_list_remove(&instance->link);
	free(instance);
}

struct instances *instances_create(void) {
	struct instances *instances = xcalloc(1, sizeof(*instances));
	wl_list_init(&instances->list);
	wl_signal_init(&instances->events.created);
	wl_signal_init(&instances->events.changed);
	instances->shell = instance_create("");
	instances->shell->shell = true;
	instances->shell->grants = UINT32_MAX;
	instances->shell->color = COLOR_SELECTED;
	instances->shell->text_color = palette_text_on(COLOR_SELECTED);
	instances->shell->state = INSTANCE_RUNNING;
	return instances;
}

void instances_destroy(struct instances *instances) {
	if (instances == NULL) {
		return;
	}
	struct instance *instance, *next;
	wl_list_for_each_safe(instance, next, &instances->list, link) {
		instance_destroy(instance);
	}
	instance_destroy(instances->shell);
	free(instances);
}

struct instance *instances_find(struct instances *instances, const char *name) {
	if (name[0] == '\0') {
		return instances->shell;
	}
	struct instance *instance;
	wl_list_for_each(instance, &instances->list, link) {
		if (strcmp(instance->name, name) == 0) {
			return instance;
		}
	}
	return NULL;
}

void instance_notify(struct instances *instances, struct instance *instance) {
	wl_signal_emit_mutable(&instance->events.changed, instance);
	wl_signal_emit_mutable(&instances->events.changed, instance);
}

void instance_use(struct instance *instance, enum config_limit limit, int64_t change) {
	instance->used[limit] += (uint64_t)change;
	if (instance->used[limit] > instance->most[limit]) {
		instance->most[limit] = instance->used[limit];
	}
}

void instances_configure(struct instances *instances, const struct config *config) {
	for (size_t i = 0; i < config->instances_len; i++) {
		const struct config_instance *wanted = &config->instances[i];
		struct instance *instance = instances_find(instances, wanted->name);
		bool is_new = instance == NULL;
		if (is_new) {
			instance = instance_create(wanted->name);
			wl_list_insert(instances->list.prev, &instance->link);
		}
		instance->color = wanted->color;
		instance->text_color = palette_text_on(wanted->color);
		instance->grants = wanted->grants;
		instance->cover = wanted->fullscreen_cover;
		if (instance->state == INSTANCE_STOPPED || instance->state == INSTANCE_FAILED) {
			/* Where a sandbox runs, its state says what it is: a reload does not change that, and is not to seem to. */
			instance->backend = wanted->backend;
			instance->network = wanted->network;
		}
		memcpy(instance->limits, wanted->limits, sizeof(instance->limits));
		if (is_new) {
			wl_signal_emit_mutable(&instances->events.created, instance);
		}
		instance_notify(instances, instance);
	}
}

void instances_forget(struct instances *instances, const char *name) {
	struct instance *instance = instances_find(instances, name);
	if (instance != NULL && !instance->shell) {
		instance_destroy(instance);
	}
}

void instance_set_state(struct instances *instances, struct instance *instance, const struct session_state *state) {
	if (state->state == INSTANCE_PREPARING && instance->state != INSTANCE_PREPARING) {
		/* A new life: what is told of it is its own. */
		memcpy(instance->most, instance->used, sizeof(instance->most));
		memset(instance->met, 0, sizeof(instance->met));
	}
	instance->state = state->state;
	instance->frozen = state->frozen != 0;
	instance->pids = state->pids;
	instance->backend = state->backend;
	instance->network = state->network;
	instance->memory = state->memory;
	copy_string(instance->reason, sizeof(instance->reason), state->reason);
	instance_notify(instances, instance);
}
