#include <fcntl.h>
#include <string.h>
#include "base/memory.h"
#include "base/utf8.h"
#include "instances/announce.h"
#include "instances/process.h"

static struct session_message make(enum session_type type) {
	return (struct session_message){ .type = type, .fds = { -1, -1 } };
}

/* The receiver's own; -1 makes the message broken, which is logged and goes nowhere. */
static int copy_fd(int fd) {
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

void announce_config(struct compositor *compositor, const struct snapshot *snapshot) {
	struct session_message message = make(SESSION_CONFIG);
	message.config.serial = snapshot_get_serial(snapshot);
	message.fds[0] = copy_fd(snapshot_get_text_fd(snapshot));
	message.fds[1] = copy_fd(snapshot_get_keymap_fd(snapshot));
	compositor_send(compositor, &message);
}

void announce_socket(struct compositor *compositor, const char *name, int socket_fd) {
	struct session_message message = make(SESSION_LISTEN);
	copy_string(message.listen.name, sizeof(message.listen.name), name);
	message.fds[0] = copy_fd(socket_fd);
	compositor_send(compositor, &message);
}

_Static_assert(BACKEND_VM == SESSION_BACKEND_MAX && NETWORK_NAT == SESSION_NETWORK_MAX, "session.h knows the last");

void announce_state(struct compositor *compositor, const struct instance *instance) {
	struct session_message message = make(SESSION_STATE);
	struct process_usage usage = process_measure(instance_get_pid(instance));
	const char *reason = instance_get_reason(instance);
	copy_string(message.state.name, sizeof(message.state.name), instance_get_name(instance));
	message.state.state = instance_get_state(instance);
	message.state.frozen = instance_is_frozen(instance);
	message.state.pids = usage.processes;
	message.state.backend = instance_get_config(instance)->backend;
	message.state.network = instance_get_config(instance)->network;
	message.state.memory = usage.memory;
	utf8_copy_line(reason, strlen(reason), message.state.reason, sizeof(message.state.reason));
	compositor_send(compositor, &message);
}

void announce_members(struct compositor *compositor, struct fleet *fleet) {
	for (struct member *member = fleet_get_members(fleet); member != NULL; member = member->next) {
		/* One that left the config has no place there: its programs keep their sandbox, not the desktop. */
		if (!member->announced && !member->leaving) {
			member->announced = true;
			announce_socket(compositor, instance_get_name(member->instance), member->socket_fd);
			announce_state(compositor, member->instance);
		}
	}
}

void announce_states(struct compositor *compositor, struct fleet *fleet) {
	for (struct member *member = fleet_get_members(fleet); member != NULL; member = member->next) {
		if (member->announced) {
			announce_state(compositor, member->instance);
		}
	}
}

void announce_forgotten(struct compositor *compositor, const char *name) {
	struct session_message message = make(SESSION_FORGET);
	copy_string(message.forget.name, sizeof(message.forget.name), name);
	compositor_send(compositor, &message);
}

void announce_notice(
	struct compositor *compositor, enum session_notice_level level, const char *name, const char *text) {
	struct session_message message = make(SESSION_NOTICE);
	message.notice.level = level;
	copy_string(message.notice.name, sizeof(message.notice.name), name);
	utf8_copy_line(text, strlen(text), message.notice.text, sizeof(message.notice.text));
	compositor_send(compositor, &message);
}

void announce_spawned(struct compositor *compositor, const char *name) {
	struct session_message message = make(SESSION_SPAWNED);
	copy_string(message.spawned.name, sizeof(message.spawned.name), name);
	compositor_send(compositor, &message);
}

void announce_query(struct compositor *compositor, uint32_t id, enum session_query what) {
	struct session_message message = make(SESSION_QUERY);
	message.query.id = id;
	message.query.what = what;
	compositor_send(compositor, &message);
}

void announce_clipboard_clear(struct compositor *compositor) {
	struct session_message message = make(SESSION_CLIPBOARD_CLEAR);
	compositor_send(compositor, &message);
}
