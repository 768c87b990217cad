#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/fleet.h"
#include "instances/quota.h"

#define MEASURE_MS (5 * 60 * 1000) /* between two looks at what the instances keep */
#define MEASURED_MS 5000 /* as long as a look is good */

struct fleet {
	struct loop *loop;
	struct children *children;
	struct runtime *runtime;
	const struct preparation_places *places;
	const struct fleet_handler *handler;
	void *data;
	struct member *members;
	struct loop_source *measure;
	struct loop_source *sweep; /* members are removed in a turn of their own, not under their callers' feet */
};

/* ---- what they keep ---- */

bool fleet_measure(struct member *member) {
	struct fleet *fleet = member->fleet;
	const struct config_instance *config = instance_get_config(member->instance);
	char reason[SESSION_TEXT_SIZE];
	uint64_t bytes;
	if (config == NULL || config->state_limit == 0) {
		member->over = false;
	} else if (member->measured == 0 || clock_now() - member->measured >= MEASURED_MS) {
		bool was_over = member->over;
		member->over = quota_is_over(fleet->places->store, config, &bytes);
		member->measured = clock_now();
		if (member->over && !was_over) {
			quota_describe(config, bytes, reason, sizeof(reason));
			log_warn("instance %s: %s", config->name, reason);
			fleet->handler->over(fleet->data, config->name, reason);
		}
	}
	return member->over;
}

static void handle_measure(void *data) {
	struct fleet *fleet = data;
	for (struct member *member = fleet->members; member != NULL; member = member->next) {
		if (!instance_is_idle(member->instance)) {
			fleet_measure(member);
		}
	}
	loop_arm_timer(fleet->measure, MEASURE_MS);
}

/* ---- members ---- */

static void handle_changed(void *data, struct instance *instance) {
	struct member *member = data;
	struct fleet *fleet = member->fleet;
	if (instance_get_state(instance) == INSTANCE_PREPARING) {
		member->limits = (struct session_limits){ 0 }; /* of its life before */
	}
	if (member->leaving && instance_is_idle(instance)) {
		loop_arm_timer(fleet->sweep, 1);
	}
	if (instance_get_state(instance) == INSTANCE_STOPPED && instance_is_idle(instance)) {
		member->measured = 0;
		fleet_measure(member);
	}
	fleet->handler->changed(fleet->data, member);
}

static void handle_over(void *data, struct instance *instance, const char *text) {
	const struct fleet *fleet = ((const struct member *)data)->fleet;
	fleet->handler->over(fleet->data, instance_get_name(instance), text);
}

static const struct instance_handler instance_handler = { .changed = handle_changed, .over = handle_over };

static void remove_member(struct member *member) {
	struct member **link = &member->fleet->members;
	while (*link != NULL && *link != member) {
		link = &(*link)->next;
	}
	if (*link == member) {
		*link = member->next;
	}
	instance_destroy(member->instance);
	fd_close(&member->socket_fd);
	runtime_remove(member->directory);
	free(member);
}

static struct member *create_member(struct fleet *fleet, struct snapshot *snapshot, const char *name) {
	struct member *member = xcalloc(1, sizeof(*member));
	member->fleet = fleet;
	member->socket_fd = -1;
	char *path = xasprintf("instances/%s", name);
	member->directory = runtime_open(fleet->runtime, path);
	free(path);
	if (member->directory == NULL) {
		goto fail;
	}
	member->socket_fd = runtime_listen(fleet->runtime, member->directory, "wayland-0", SOCK_STREAM);
	if (member->socket_fd < 0) {
		goto fail;
	}
	const struct instance_places places = {
		.loop = fleet->loop,
		.children = fleet->children,
		.preparation = fleet->places,
		.directory_fd = runtime_directory_get_fd(member->directory),
		.directory = runtime_directory_get_path(member->directory),
	};
	member->instance = instance_create(snapshot, name, &places, &instance_handler, member);
	if (member->instance == NULL) {
		goto fail;
	}
	return member;

fail:
	log_error("instance %s cannot be used in this session", name);
	remove_member(member);
	return NULL;
}

static void handle_sweep(void *data) {
	struct fleet *fleet = data;
	struct member *next;
	for (struct member *member = fleet->members; member != NULL; member = next) {
		next = member->next;
		if (member->leaving && instance_is_idle(member->instance)) {
			char *name = xstrdup(instance_get_name(member->instance));
			remove_member(member);
			fleet->handler->forgotten(fleet->data, name);
			free(name);
		}
	}
}

/* ---- the config ---- */

void fleet_configure(struct fleet *fleet, struct snapshot *snapshot) {
	const struct config *config = snapshot_get_config(snapshot);
	struct member *old = fleet->members, *member;
	struct member **end = &fleet->members;
	/* The list is laid anew in the order of the config; what is left over in the old one leaves. */
	fleet->members = NULL;
	for (size_t i = 0; i < config->instances_len; i++) {
		struct member **link = &old;
		while (*link != NULL && strcmp(instance_get_name((*link)->instance), config->instances[i].name) != 0) {
			link = &(*link)->next;
		}
		member = *link;
		if (member != NULL) {
			*link = member->next;
			member->leaving = false;
			instance_configure(member->instance, snapshot);
		} else {
			member = create_member(fleet, snapshot, config->instances[i].name);
		}
		if (member != NULL) {
			member->next = NULL;
			*end = member;
			end = &member->next;
		}
	}
	*end = old;
	for (member = old; member != NULL; member = member->next) {
		member->leaving = true;
		if (instance_is_idle(member->instance)) {
			loop_arm_timer(fleet->sweep, 1);
		}
	}
}

struct member *fleet_get_members(const struct fleet *fleet) {
	return fleet->members;
}

struct member *fleet_find(const struct fleet *fleet, const char *untrusted_name) {
	for (struct member *member = fleet->members; member != NULL; member = member->next) {
		if (strcmp(instance_get_name(member->instance), untrusted_name) == 0) {
			return member;
		}
	}
	return NULL;
}

/* ---- all of them ---- */

void fleet_start_apps(struct fleet *fleet, instance_answer answer, void *data) {
	for (struct member *member = fleet->members; member != NULL; member = member->next) {
		const struct config_instance *config = instance_get_config(member->instance);
		for (size_t i = 0; i < config->start_len; i++) {
			const struct config_app *app = config_find_app(config, config->start[i]);
			if (app != NULL) {
				instance_run(member->instance, app->argv.words, answer, data);
			}
		}
	}
}

void fleet_stop(struct fleet *fleet) {
	for (struct member *member = fleet->members; member != NULL; member = member->next) {
		instance_stop(member->instance);
	}
}

void fleet_kill(struct fleet *fleet) {
	for (struct member *member = fleet->members; member != NULL; member = member->next) {
		instance_kill(member->instance);
	}
}

bool fleet_is_idle(const struct fleet *fleet) {
	for (struct member *member = fleet->members; member != NULL; member = member->next) {
		if (!instance_is_idle(member->instance)) {
			return false;
		}
	}
	return true;
}

/* ---- life ---- */

struct fleet *fleet_create(struct loop *loop, struct children *children, struct runtime *runtime,
	const struct preparation_places *places, const struct fleet_handler *handler, void *data) {
	struct fleet *fleet = xcalloc(1, sizeof(*fleet));
	fleet->loop = loop;
	fleet->children = children;
	fleet->runtime = runtime;
	fleet->places = places;
	fleet->handler = handler;
	fleet->data = data;
	fleet->sweep = loop_add_timer(loop, handle_sweep, fleet);
	fleet->measure = loop_add_timer(loop, handle_measure, fleet);
	loop_arm_timer(fleet->measure, MEASURE_MS);
	return fleet;
}

void fleet_destroy(struct fleet *fleet) {
	if (fleet == NULL) {
		return;
	}
	while (fleet->members != NULL) {
		/* analyzer: it is taken out of the list when it goes */
		remove_member(fleet->members);
	}
	loop_remove(fleet->sweep);
	loop_remove(fleet->measure);
	free(fleet);
}
