#include "wire/fields.h"

#define WINDOW_FLAGS_ALL \
	(WINDOW_FOCUSED | WINDOW_FLOATING | WINDOW_FULLSCREEN | WINDOW_MAXIMIZED | WINDOW_URGENT | WINDOW_VISIBLE)

_Static_assert((WINDOW_FLAGS_ALL & (WINDOW_FLAGS_ALL + 1)) == 0, "a range can only check flags without gaps");

const struct codec_field fields_window[] = {
	CODEC_FIELD_U32(struct session_window, query),
	CODEC_FIELD_U32(struct session_window, id),
	CODEC_FIELD_NAME_OR_EMPTY(struct session_window, name),
	CODEC_FIELD_TEXT(struct session_window, title),
	CODEC_FIELD_TEXT(struct session_window, app_id),
	CODEC_FIELD_TEXT(struct session_window, output),
	CODEC_FIELD_RANGE(struct session_window, workspace, 1, 9),
	CODEC_FIELD_U32(struct session_window, x),
	CODEC_FIELD_U32(struct session_window, y),
	CODEC_FIELD_RANGE(struct session_window, width, 0, INT32_MAX),
	CODEC_FIELD_RANGE(struct session_window, height, 0, INT32_MAX),
	CODEC_FIELD_U32(struct session_window, content_x),
	CODEC_FIELD_U32(struct session_window, content_y),
	CODEC_FIELD_RANGE(struct session_window, content_width, 0, INT32_MAX),
	CODEC_FIELD_RANGE(struct session_window, content_height, 0, INT32_MAX),
	CODEC_FIELD_RANGE(struct session_window, flags, 0, WINDOW_FLAGS_ALL),
	CODEC_FIELD_END,
};

const struct codec_field fields_clipboard[] = {
	CODEC_FIELD_U32(struct session_clipboard, query),
	CODEC_FIELD_FLAG(struct session_clipboard, held),
	CODEC_FIELD_NAME_OR_EMPTY(struct session_clipboard, name),
	CODEC_FIELD_TEXT(struct session_clipboard, types),
	CODEC_FIELD_U64(struct session_clipboard, size),
	CODEC_FIELD_U32(struct session_clipboard, seconds),
	CODEC_FIELD_END,
};

const struct codec_field fields_limits[] = {
	CODEC_FIELD_U32(struct session_limits, query),
	CODEC_FIELD_NAME(struct session_limits, name),
	CODEC_FIELD_U64S(struct session_limits, used),
	CODEC_FIELD_U64S(struct session_limits, most),
	CODEC_FIELD_U64S(struct session_limits, limit),
	CODEC_FIELD_U64S(struct session_limits, met),
	CODEC_FIELD_END,
};
