#include "compositor/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/config.h"

#define KEYMAP_SIZE_MAX (4 * 1024 * 1024)

struct inbox {
	struct inbox_parts parts;
	struct xkb_context *xkb;
	struct config *config; /* in effect; others borrow parts of it */
};

/* NULL, with a reason, where the text is not a keymap. The supervisor made it, so the file is never looked for here. */
static struct xkb_keymap *read_keymap(struct inbox *inbox, int fd) {
	size_t size;
	char *text = fd_read_all(fd, KEYMAP_SIZE_MAX, &size);
	if (text == NULL) {
		return NULL;
	}
	struct xkb_keymap *keymap = xkb_keymap_new_from_buffer(inbox->xkb, text, size, XKB_KEYMAP_FORMAT_TEXT_V1,
		XKB_KEYMAP_COMPILE_NO_FLAGS);
	free(text);
	return keymap;
}

static struct config *read_config(int fd, char *reason, size_t size) {
	size_t length;
	char *text = fd_read_all(fd, CONFIG_SIZE_MAX, &length);
	if (text == NULL) {
		copy_string(reason, size, "the config cannot be read");
		return NULL;
	}
	struct config_errors errors = {0};
	/* Paths are the supervisor's business: they stay as they are written. */
	struct config *config = config_parse(text, length, NULL, &errors);
	if (config == NULL) {
		copy_string(reason, size, errors.len > 0 ? errors.list[0].text : "the config has errors");
	}
	config_errors_finish(&errors);
	free(text);
	return config;
}

/* In an order in which each finds what it needs; the old config goes when nobody borrows from it any more. */
static void take_effect(struct inbox *inbox, struct config *config, struct xkb_keymap *keymap, uint32_t serial) {
	const struct inbox_parts *parts = &inbox->parts;
	struct config *old = inbox->config;
	inbox->config = config;
	painter_set_font(parts->painter, config->font);
	instances_configure(parts->instances, config);
	seats_set_keymap(parts->seats, keymap, config->keyboard.layout, config->keyboard.repeat_rate,
		config->keyboard.repeat_delay);
	outputs_configure(parts->outputs, config);
	desk_configure(parts->desk, config);
	keyboards_configure(parts->keyboards, keymap, config);
	pointer_configure(parts->pointer, config);
	carry_configure(parts->carry, &config->clipboard);
	actions_configure(parts->actions, serial);
	config_destroy(old);
}

static void handle_config(struct inbox *inbox, struct link *link, struct session_message *message) {
	struct session_message answer = {
		.type = SESSION_READY, .fds = {-1, -1}, .ready = {.serial = message->config.serial},
	};
	struct config *config = read_config(message->fds[0], answer.ready.reason, sizeof(answer.ready.reason));
	struct xkb_keymap *keymap = read_keymap(inbox, message->fds[1]);
	if (config != NULL && keymap != NULL) {
		take_effect(inbox, config, keymap, message->config.serial);
		answer.ready.accepted = 1;
	} else {
		if (config != NULL) {
			copy_string(answer.ready.reason, sizeof(answer.ready.reason), "the keyboard layout cannot be used");
		}
		config_destroy(config);
	}
	xkb_keymap_unref(keymap);
	link_send(link, &answer);
}

static void handle_listen(struct inbox *inbox, struct link *link, struct session_message *message) {
	struct instances *instances = inbox->parts.instances;
	const struct config *config = inbox->config;
	struct instance *instance = instances_find(instances, message->listen.name);
	if (instance == NULL && config != NULL && config_find_instance(config, message->listen.name) != NULL) {
		/* The config has it anew, but it was forgotten since, as part of the config before. */
		instances_configure(instances, config);
		instance = instances_find(instances, message->listen.name);
	}
	if (instance == NULL) {
		log_error("a socket for %s, which is not in the config, is closed", message->listen.name);
		return;
	}
	if (doors_listen(inbox->parts.doors, instance, message->fds[0])) {
		log_debug("listening for %s", instance->shell ? "the shell" : instance->name);
	}
	message->fds[0] = -1;
}

static void handle_forget(struct inbox *inbox, struct link *link, struct session_message *message) {
	struct instance *instance = instances_find(inbox->parts.instances, message->forget.name);
	if (instance != NULL && !instance->shell) {
		/* While its clients go, others count them and look at what is left: it has to be whole until then. */
		doors_close_clients(inbox->parts.doors, instance);
		instances_forget(inbox->parts.instances, message->forget.name);
	}
}

static void handle_state(struct inbox *inbox, struct link *link, struct session_message *message) {
	struct instance *instance = instances_find(inbox->parts.instances, message->state.name);
	if (instance != NULL && !instance->shell) {
		instance_set_state(inbox->parts.instances, instance, &message->state);
	}
}

static void handle_notice(struct inbox *inbox, struct link *link, struct session_message *message) {
	struct instance *instance = message->notice.name[0] != '\0' ?
		instances_find(inbox->parts.instances, message->notice.name) : NULL;
	strip_notice(inbox->parts.strip, message->notice.level, instance, message->notice.text);
}

static void handle_query(struct inbox *inbox, struct link *link, struct session_message *message) {
	report_answer(inbox->parts.report, message->query.id, message->query.what);
}

static void handle_clipboard_clear(struct inbox *inbox, struct link *link, struct session_message *message) {
	carry_clear(inbox->parts.carry);
}

static void handle_spawned(struct inbox *inbox, struct link *link, struct session_message *message) {
	struct instance *instance = instances_find(inbox->parts.instances, message->spawned.name);
	if (instance != NULL) {
		instance->spawned = clock_now();
	}
}

typedef void (*inbox_handler)(struct inbox *inbox, struct link *link, struct session_message *message);
static const inbox_handler handlers[] = {
	[SESSION_CONFIG] = handle_config,
	[SESSION_LISTEN] = handle_listen,
	[SESSION_FORGET] = handle_forget,
	[SESSION_STATE] = handle_state,
	[SESSION_NOTICE] = handle_notice,
	[SESSION_QUERY] = handle_query,
	[SESSION_CLIPBOARD_CLEAR] = handle_clipboard_clear,
	[SESSION_SPAWNED] = handle_spawned,
};

struct inbox *inbox_create(const struct inbox_parts *parts) {
	struct inbox *inbox = xcalloc(1, sizeof(*inbox));
	inbox->parts = *parts;
	/* No include paths: a keymap arrives whole, as text. */
	inbox->xkb = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES | XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	if (inbox->xkb == NULL) {
		free(inbox);
		return NULL;
	}
	return inbox;
}

void inbox_destroy(struct inbox *inbox) {
	if (inbox == NULL) {
		return;
	}
	xkb_context_unref(inbox->xkb);
	config_destroy(inbox->config);
	free(inbox);
}

void inbox_message(struct inbox *inbox, struct link *link, struct session_message *message) {
	size_t type = message->type;
	if (type < sizeof(handlers) / sizeof(handlers[0]) && handlers[type] != NULL) {
		handlers[type](inbox, link, message);
	}
}
