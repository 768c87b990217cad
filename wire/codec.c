#include <string.h>
#include "base/log.h"
#include "base/utf8.h"
#include "wire/codec.h"

const struct codec_form *codec_find_form(const struct codec_table *table, uint32_t type) {
	if (type >= table->forms_len || table->forms[type].name == NULL) {
		return NULL;
	}
	return &table->forms[type];
}

static uint32_t load_u32(const void *address) {
	uint32_t value;
	memcpy(&value, address, sizeof(value));
	return value;
}

static bool in_range(const struct codec_field *field, uint32_t untrusted_value) {
	return untrusted_value >= field->min && untrusted_value <= field->max;
}

/* What a text of each kind has to be, on the way out as on the way in. */
static bool text_is_valid(enum codec_kind kind, const char *untrusted_text) {
	switch (kind) {
	case CODEC_TEXT:
		return utf8_is_line(untrusted_text, strlen(untrusted_text));
	case CODEC_NAME:
		return name_is_valid(untrusted_text);
	case CODEC_NAME_OR_EMPTY:
		return untrusted_text[0] == '\0' || name_is_valid(untrusted_text);
	default:
		return false;
	}
}

/* ---- out ---- */

static bool put_u32(const struct codec_field *field, const void *member, struct message *message) {
	uint32_t value = load_u32(member);
	message_put_u32(message, value);
	return in_range(field, value);
}

/* One, or as many as an array has. */
static bool put_u64s(const struct codec_field *field, const char *member, struct message *message) {
	for (size_t at = 0; at < field->size; at += sizeof(uint64_t)) {
		uint64_t value;
		memcpy(&value, member + at, sizeof(value));
		message_put_u64(message, value);
	}
	return true;
}

static bool put_text(const struct codec_field *field, const char *text, struct message *message) {
	if (memchr(text, '\0', field->size) == NULL || !text_is_valid(field->kind, text)) {
		return false;
	}
	message_put_string(message, text);
	return true;
}

static bool put_words(const struct codec_field *field, const char *words, uint32_t count, struct message *message) {
	size_t length = 0;
	if (!in_range(field, count)) {
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		const char *end = memchr(words + length, '\0', field->size - length);
		if (end == NULL) {
			return false;
		}
		length = (size_t)(end - words) + 1;
	}
	message_put_u32(message, count);
	message_put_bytes(message, words, length);
	return true;
}

static bool put_field(const struct codec_field *field, const char *body, struct message *message) {
	const char *member = body + field->offset;
	switch (field->kind) {
	case CODEC_U32:
		return put_u32(field, member, message);
	case CODEC_U64:
	case CODEC_U64S:
		return put_u64s(field, member, message);
	case CODEC_TEXT:
	case CODEC_NAME:
	case CODEC_NAME_OR_EMPTY:
		return put_text(field, member, message);
	case CODEC_WORDS:
		return put_words(field, member, load_u32(body + field->count_offset), message);
	case CODEC_END:
		break;
	}
	return false;
}

bool codec_encode(
	const struct codec_table *table, int sender, uint32_t type, const void *source, int *fds, struct message *message) {
	const struct codec_form *form = codec_find_form(table, type);
	if (form == NULL) {
		log_error("%s: there is no message of type %u", table->name, type);
		return false;
	}

	/* The descriptors first: from here on message_finish() closes them whatever else is wrong. */
	message_init(message, type);
	for (size_t i = 0; i < form->fds; i++) {
		message_put_fd(message, fds[i]);
		fds[i] = -1;
	}
	if (form->sender != sender || message->broken) {
		log_error("%s: %s: sent by the wrong end or without its descriptors", table->name, form->name);
		goto refuse;
	}
	for (const struct codec_field *field = form->fields; field != NULL && field->kind != CODEC_END; field++) {
		if (!put_field(field, (const char *)source + table->body_offset, message) || message->broken) {
			log_error("%s: %s: cannot send this %s", table->name, form->name, field->name);
			goto refuse;
		}
	}
	return true;

refuse:
	message_finish(message);
	return false;
}

/* ---- in ---- */

static bool get_u32(const struct codec_field *field, struct message *untrusted_message, void *member) {
	uint32_t untrusted_value = message_get_u32(untrusted_message);
	if (!in_range(field, untrusted_value)) {
		return false;
	}
	memcpy(member, &untrusted_value, sizeof(untrusted_value));
	return true;
}

static bool get_u64s(const struct codec_field *field, struct message *untrusted_message, char *member) {
	for (size_t at = 0; at < field->size; at += sizeof(uint64_t)) {
		uint64_t value = message_get_u64(untrusted_message);
		memcpy(member + at, &value, sizeof(value));
	}
	return true;
}

static bool get_text(const struct codec_field *field, struct message *untrusted_message, char *member) {
	message_get_string(untrusted_message, member, field->size);
	return text_is_valid(field->kind, member);
}

static bool get_words(
	const struct codec_field *field, struct message *untrusted_message, char *member, void *count_member) {
	uint32_t untrusted_count = message_get_u32(untrusted_message);
	size_t length;
	const unsigned char *untrusted_words = message_get_bytes(untrusted_message, &length);
	if (untrusted_words == NULL || length > field->size || !in_range(field, untrusted_count)) {
		return false;
	}

	uint32_t count = 0;
	for (size_t i = 0; i < length; i++) {
		count += untrusted_words[i] == '\0';
	}
	if (count != untrusted_count || (length > 0 && untrusted_words[length - 1] != '\0')) {
		return false;
	}
	memcpy(member, untrusted_words, length);
	memcpy(count_member, &count, sizeof(count));
	return true;
}

static bool get_field(const struct codec_field *field, struct message *untrusted_message, char *body) {
	char *member = body + field->offset;
	switch (field->kind) {
	case CODEC_U32:
		return get_u32(field, untrusted_message, member);
	case CODEC_U64:
	case CODEC_U64S:
		return get_u64s(field, untrusted_message, member);
	case CODEC_TEXT:
	case CODEC_NAME:
	case CODEC_NAME_OR_EMPTY:
		return get_text(field, untrusted_message, member);
	case CODEC_WORDS:
		return get_words(field, untrusted_message, member, body + field->count_offset);
	case CODEC_END:
		break;
	}
	return false;
}

bool codec_decode(
	const struct codec_table *table, int sender, struct message *untrusted_message, void *target, int *fds) {
	const struct codec_form *form = codec_find_form(table, untrusted_message->type);
	if (form == NULL || form->sender != sender) {
		log_warn("%s: refused a message of type %u: not from this end", table->name, untrusted_message->type);
		goto refuse;
	}
	if (untrusted_message->fds_len != form->fds) {
		log_warn("%s: refused %s: %zu descriptors, expected %zu", table->name, form->name, untrusted_message->fds_len,
			form->fds);
		goto refuse;
	}
	for (const struct codec_field *field = form->fields; field != NULL && field->kind != CODEC_END; field++) {
		bool valid = get_field(field, untrusted_message, (char *)target + table->body_offset);
		if (!valid || untrusted_message->broken) {
			log_warn("%s: refused %s: bad %s", table->name, form->name, field->name);
			goto refuse;
		}
	}
	if (untrusted_message->cursor != untrusted_message->length) {
		log_warn("%s: refused %s: bytes after its end", table->name, form->name);
		goto refuse;
	}
	for (size_t i = 0; i < form->fds; i++) {
		fds[i] = message_take_fd(untrusted_message);
	}
	return true;

refuse:
	message_finish(untrusted_message);
	return false;
}
