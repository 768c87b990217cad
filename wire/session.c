#include <string.h>
#include "wire/codec.h"
#include "wire/fields.h"
#include "wire/session.h"

#define FDS_MAX (sizeof(((struct session_message *)0)->fds) / sizeof(int))

_Static_assert(SESSION_NAME_SIZE == NAME_SIZE, "one size of names");
_Static_assert(FDS_MAX <= MESSAGE_FDS_MAX, "a message carries its descriptors");
/* No body is larger than the union, and each field costs at most four bytes more than its member. */
_Static_assert(sizeof(struct session_message) + 64 * sizeof(uint32_t) <= MESSAGE_BODY_MAX, "every body fits");

static const struct codec_field config_fields[] = {
	CODEC_FIELD_U32(struct session_config, serial),
	CODEC_FIELD_END,
};

static const struct codec_field listen_fields[] = {
	CODEC_FIELD_NAME_OR_EMPTY(struct session_listen, name),
	CODEC_FIELD_END,
};

static const struct codec_field forget_fields[] = {
	CODEC_FIELD_NAME(struct session_forget, name),
	CODEC_FIELD_END,
};

static const struct codec_field state_fields[] = {
	CODEC_FIELD_NAME(struct session_state, name),
	CODEC_FIELD_RANGE(struct session_state, state, INSTANCE_STOPPED, INSTANCE_FAILED),
	CODEC_FIELD_FLAG(struct session_state, frozen),
	CODEC_FIELD_U32(struct session_state, pids),
	CODEC_FIELD_RANGE(struct session_state, backend, 0, SESSION_BACKEND_MAX),
	CODEC_FIELD_RANGE(struct session_state, network, 0, SESSION_NETWORK_MAX),
	CODEC_FIELD_U64(struct session_state, memory),
	CODEC_FIELD_TEXT(struct session_state, reason),
	CODEC_FIELD_END,
};

static const struct codec_field notice_fields[] = {
	CODEC_FIELD_RANGE(struct session_notice, level, NOTICE_INFO, NOTICE_WARNING),
	CODEC_FIELD_NAME_OR_EMPTY(struct session_notice, name),
	CODEC_FIELD_TEXT(struct session_notice, text),
	CODEC_FIELD_END,
};

static const struct codec_field query_fields[] = {
	CODEC_FIELD_U32(struct session_query_message, id),
	CODEC_FIELD_RANGE(struct session_query_message, what, QUERY_WINDOWS, QUERY_LIMITS),
	CODEC_FIELD_END,
};

static const struct codec_field spawned_fields[] = {
	CODEC_FIELD_NAME_OR_EMPTY(struct session_spawned, name),
	CODEC_FIELD_END,
};

static const struct codec_field ready_fields[] = {
	CODEC_FIELD_U32(struct session_ready, serial),
	CODEC_FIELD_FLAG(struct session_ready, accepted),
	CODEC_FIELD_TEXT(struct session_ready, reason),
	CODEC_FIELD_END,
};

static const struct codec_field bind_fields[] = {
	CODEC_FIELD_U32(struct session_bind, serial),
	CODEC_FIELD_U32(struct session_bind, index),
	CODEC_FIELD_END,
};

static const struct codec_field order_fields[] = {
	CODEC_FIELD_NAME(struct session_order_message, name),
	CODEC_FIELD_RANGE(struct session_order_message, order, ORDER_FREEZE, ORDER_STOP),
	CODEC_FIELD_END,
};

static const struct codec_field query_end_fields[] = {
	CODEC_FIELD_U32(struct session_query_end, query),
	CODEC_FIELD_END,
};

static const struct codec_field windows_fields[] = {
	CODEC_FIELD_NAME_OR_EMPTY(struct session_windows, name),
	CODEC_FIELD_U32(struct session_windows, windows),
	CODEC_FIELD_U32(struct session_windows, clients),
	CODEC_FIELD_END,
};

static const struct codec_form forms[] = {
	[SESSION_CONFIG] = { "config", SESSION_SUPERVISOR, 2, config_fields },
	[SESSION_LISTEN] = { "listen", SESSION_SUPERVISOR, 1, listen_fields },
	[SESSION_FORGET] = { "forget", SESSION_SUPERVISOR, 0, forget_fields },
	[SESSION_STATE] = { "state", SESSION_SUPERVISOR, 0, state_fields },
	[SESSION_NOTICE] = { "notice", SESSION_SUPERVISOR, 0, notice_fields },
	[SESSION_QUERY] = { "query", SESSION_SUPERVISOR, 0, query_fields },
	[SESSION_CLIPBOARD_CLEAR] = { "clipboard-clear", SESSION_SUPERVISOR, 0, NULL },
	[SESSION_SPAWNED] = { "spawned", SESSION_SUPERVISOR, 0, spawned_fields },
	[SESSION_READY] = { "ready", SESSION_COMPOSITOR, 0, ready_fields },
	[SESSION_BIND] = { "bind", SESSION_COMPOSITOR, 0, bind_fields },
	[SESSION_ORDER] = { "order", SESSION_COMPOSITOR, 0, order_fields },
	[SESSION_WINDOW] = { "window", SESSION_COMPOSITOR, 0, fields_window },
	[SESSION_CLIPBOARD] = { "clipboard", SESSION_COMPOSITOR, 0, fields_clipboard },
	[SESSION_QUERY_END] = { "query-end", SESSION_COMPOSITOR, 0, query_end_fields },
	[SESSION_WINDOWS] = { "windows", SESSION_COMPOSITOR, 0, windows_fields },
	[SESSION_MEASURE] = { "measure", SESSION_COMPOSITOR, 0, NULL },
	[SESSION_CLOSED] = { "closed", SESSION_COMPOSITOR, 0, NULL },
	[SESSION_LIMITS] = { "limits", SESSION_COMPOSITOR, 0, fields_limits },
};

static const struct codec_table table = {
	.name = "session",
	.forms = forms,
	.forms_len = sizeof(forms) / sizeof(forms[0]),
	.body_offset = offsetof(struct session_message, config),
};

bool session_send(struct channel *channel, enum session_end sender, struct session_message *message) {
	struct message encoded;
	return codec_encode(&table, (int)sender, message->type, message, message->fds, &encoded) &&
		channel_send(channel, &encoded);
}

bool session_decode(struct message *untrusted_message, enum session_end sender, struct session_message *message) {
	memset(message, 0, sizeof(*message));
	for (size_t i = 0; i < FDS_MAX; i++) {
		message->fds[i] = -1;
	}
	if (!codec_decode(&table, (int)sender, untrusted_message, message, message->fds)) {
		return false;
	}
	message->type = untrusted_message->type;
	return true;
}
