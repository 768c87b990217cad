#include <string.h>
#include "wire/codec.h"
#include "wire/control.h"
#include "wire/fields.h"

_Static_assert(sizeof(struct control_message) + 64 * sizeof(uint32_t) <= MESSAGE_BODY_MAX, "every body fits");

static const struct codec_field run_fields[] = {
	CODEC_FIELD_NAME(struct control_words, name),
	CODEC_FIELD_WORDS(struct control_words, words, words_len, 1, CONTROL_WORDS_MAX),
	CODEC_FIELD_END,
};

static const struct codec_field name_fields[] = {
	CODEC_FIELD_NAME(struct control_words, name),
	CODEC_FIELD_END,
};

/* For the trusted shell, or all, too. */
static const struct codec_field name_or_empty_fields[] = {
	CODEC_FIELD_NAME_OR_EMPTY(struct control_words, name),
	CODEC_FIELD_END,
};

static const struct codec_field instance_fields[] = {
	CODEC_FIELD_NAME(struct control_instance, name),
	CODEC_FIELD_TEXT(struct control_instance, state),
	CODEC_FIELD_FLAG(struct control_instance, frozen),
	CODEC_FIELD_TEXT(struct control_instance, backend),
	CODEC_FIELD_TEXT(struct control_instance, network),
	CODEC_FIELD_RANGE(struct control_instance, color, 0, 0xffffff),
	CODEC_FIELD_U32(struct control_instance, pids),
	CODEC_FIELD_U64(struct control_instance, memory),
	CODEC_FIELD_U32(struct control_instance, windows),
	CODEC_FIELD_U32(struct control_instance, clients),
	CODEC_FIELD_TEXT(struct control_instance, met),
	CODEC_FIELD_TEXT(struct control_instance, reason),
	CODEC_FIELD_END,
};

static const struct codec_field place_fields[] = {
	CODEC_FIELD_TEXT(struct control_place, config),
	CODEC_FIELD_TEXT(struct control_place, store),
	CODEC_FIELD_U32(struct control_place, pid),
	CODEC_FIELD_END,
};

static const struct codec_field held_fields[] = {
	CODEC_FIELD_U32(struct control_held, unstopped),
	CODEC_FIELD_END,
};

static const struct codec_field sandbox_fields[] = {
	CODEC_FIELD_NAME(struct control_sandbox, name),
	CODEC_FIELD_TEXT(struct control_sandbox, how),
	CODEC_FIELD_TEXT(struct control_sandbox, why),
	CODEC_FIELD_U64S(struct control_sandbox, used),
	CODEC_FIELD_U64S(struct control_sandbox, most),
	CODEC_FIELD_U64S(struct control_sandbox, limit),
	CODEC_FIELD_U64S(struct control_sandbox, met),
	CODEC_FIELD_U32(struct control_sandbox, cpu_weight),
	CODEC_FIELD_END,
};

static const struct codec_field line_fields[] = {
	CODEC_FIELD_TEXT(struct control_line, text),
	CODEC_FIELD_END,
};

static const struct codec_field error_fields[] = {
	CODEC_FIELD_RANGE(struct control_error, code, EXIT_CODE_FAILED, EXIT_CODE_CONFIG),
	CODEC_FIELD_TEXT(struct control_error, text),
	CODEC_FIELD_END,
};

static const struct codec_form forms[] = {
	[CONTROL_RUN] = { "run", CONTROL_COFFER, 0, run_fields },
	[CONTROL_PS] = { "ps", CONTROL_COFFER, 0, NULL },
	[CONTROL_STOP] = { "stop", CONTROL_COFFER, 0, name_fields },
	[CONTROL_KILL] = { "kill", CONTROL_COFFER, 0, name_fields },
	[CONTROL_WINDOWS] = { "windows", CONTROL_COFFER, 0, NULL },
	[CONTROL_CLIPBOARD_STATUS] = { "clipboard-status", CONTROL_COFFER, 0, NULL },
	[CONTROL_CLIPBOARD_CLEAR] = { "clipboard-clear", CONTROL_COFFER, 0, NULL },
	[CONTROL_RELOAD] = { "reload", CONTROL_COFFER, 0, NULL },
	[CONTROL_QUIT] = { "quit", CONTROL_COFFER, 0, NULL },
	[CONTROL_SOCKET] = { "socket", CONTROL_COFFER, 0, name_or_empty_fields },
	[CONTROL_LOGS] = { "logs", CONTROL_COFFER, 0, name_fields },
	[CONTROL_LIMITS] = { "limits", CONTROL_COFFER, 0, name_or_empty_fields },
	[CONTROL_INSTANCE] = { "instance", CONTROL_SUPERVISOR, 0, instance_fields },
	[CONTROL_WINDOW] = { "window", CONTROL_SUPERVISOR, 0, fields_window },
	[CONTROL_CLIPBOARD] = { "clipboard", CONTROL_SUPERVISOR, 0, fields_clipboard },
	[CONTROL_LIMITS_OF] = { "limits-of", CONTROL_SUPERVISOR, 0, fields_limits },
	[CONTROL_SANDBOX] = { "sandbox", CONTROL_SUPERVISOR, 0, sandbox_fields },
	[CONTROL_LINE] = { "line", CONTROL_SUPERVISOR, 0, line_fields },
	[CONTROL_ERROR] = { "error", CONTROL_SUPERVISOR, 0, error_fields },
	[CONTROL_END] = { "end", CONTROL_SUPERVISOR, 0, NULL },
	[CONTROL_PLACES] = { "places", CONTROL_COFFER, 0, name_or_empty_fields },
	[CONTROL_HOLD] = { "hold", CONTROL_COFFER, 0, name_fields },
	[CONTROL_PLACE] = { "place", CONTROL_SUPERVISOR, 0, place_fields },
	[CONTROL_HELD] = { "held", CONTROL_SUPERVISOR, 0, held_fields },
};

static const struct codec_table table = {
	.name = "control",
	.forms = forms,
	.forms_len = sizeof(forms) / sizeof(forms[0]),
	.body_offset = offsetof(struct control_message, request),
};

const char *control_resource_name(enum control_resource resource) {
	static const char *const names[CONTROL_RESOURCES] = { [RESOURCE_MEMORY] = "memory", [RESOURCE_PIDS] = "pids" };
	return names[resource];
}

bool control_send(struct channel *channel, enum control_end sender, struct control_message *message) {
	struct message encoded;
	return codec_encode(&table, (int)sender, message->type, message, NULL, &encoded) && channel_send(channel, &encoded);
}

bool control_decode(struct message *untrusted_message, enum control_end sender, struct control_message *message) {
	memset(message, 0, sizeof(*message));
	if (!codec_decode(&table, (int)sender, untrusted_message, message, NULL)) {
		return false;
	}
	message->type = untrusted_message->type;
	return true;
}
