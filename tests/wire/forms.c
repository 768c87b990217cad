#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include "forms.h"

static size_t count_open(void) {
	size_t count = 0;
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return count;
}

static size_t count_parts(const struct form *form) {
	size_t count = 0;
	while (form->parts[count].kind != PART_END) {
		count++;
	}
	return count;
}

/* ---- building ---- */

/* A value in place of a part's good one. */
struct value {
	uint64_t number;
	const char *text;
	size_t length;
};

static struct value good_value(const struct part *part) {
	struct value value = { .number = part->number, .text = part->text, .length = part->text_length };
	if (part->kind != PART_WORDS && part->text != NULL) {
		value.length = strlen(part->text);
	}
	return value;
}

static void put_value(struct message *message, const struct part *part, struct value value) {
	switch (part->kind) {
	case PART_U32:
		message_put_u32(message, (uint32_t)value.number);
		break;
	case PART_U64:
		message_put_u64(message, value.number);
		break;
	case PART_U64S:
		for (size_t i = 0; i < part->size / sizeof(uint64_t); i++) {
			message_put_u64(message, value.number + i);
		}
		break;
	case PART_WORDS:
		message_put_u32(message, (uint32_t)value.number);
		message_put_bytes(message, value.text, value.length);
		break;
	default:
		message_put_bytes(message, value.text, value.length);
	}
}

/* The packet as it should be on the wire, with one part replaced where replaced is not NULL. */
static void build(
	const struct form *form, const struct part *replaced, const struct value *value, struct message *message) {
	message_init(message, form->type);
	for (const struct part *part = form->parts; part->kind != PART_END; part++) {
		put_value(message, part, part == replaced ? *value : good_value(part));
	}
	for (size_t i = 0; i < form->fds; i++) {
		message_put_fd(message, dup(STDERR_FILENO));
	}
	assert_false(message->broken);
}

static void store_value(const struct part *part, struct value value, char *body) {
	uint32_t number = (uint32_t)value.number;
	switch (part->kind) {
	case PART_U32:
		memcpy(body + part->offset, &number, sizeof(number));
		break;
	case PART_U64:
		memcpy(body + part->offset, &value.number, sizeof(value.number));
		break;
	case PART_U64S:
		for (size_t i = 0; i < part->size / sizeof(uint64_t); i++) {
			uint64_t one = value.number + i;
			memcpy(body + part->offset + i * sizeof(one), &one, sizeof(one));
		}
		break;
	case PART_WORDS:
		memcpy(body + part->count_offset, &number, sizeof(number));
		__attribute__((fallthrough));
	default:
		assert_true(value.length <= part->size);
		memset(body + part->offset, 0, part->size);
		memcpy(body + part->offset, value.text, value.length);
	}
}

/* The message as a caller would fill it in; freed by the caller. */
static char *fill(const struct conversation *conversation, const struct form *form) {
	char *message = calloc(1, conversation->message_size);
	for (const struct part *part = form->parts; part->kind != PART_END; part++) {
		store_value(part, good_value(part), message + conversation->body_offset);
	}
	return message;
}

/* Decodes and closes what came; true where it was accepted. No descriptor may be left either way. */
static bool accepts(const struct conversation *conversation, int sender, struct message *message) {
	char *decoded = malloc(conversation->message_size);
	size_t open = count_open() - message->fds_len;
	int fds[MESSAGE_FDS_MAX] = { -1, -1, -1, -1 };
	uint32_t type = UINT32_MAX;
	bool accepted = conversation->decode(message, sender, decoded, &type, fds);
	if (accepted) {
		assert_int_equal(type, message->type);
	}
	for (size_t i = 0; i < MESSAGE_FDS_MAX; i++) {
		if (fds[i] >= 0) {
			assert_true(accepted);
			close(fds[i]);
		}
	}
	assert_int_equal(message->fds_len, 0);
	assert_int_equal(count_open(), open);
	free(decoded);
	return accepted;
}

/* ---- the forms themselves ---- */

void forms_cover_every_type(const struct conversation *conversation) {
	for (uint32_t type = 0; type <= conversation->last_type + 1; type++) {
		size_t found = 0;
		for (size_t i = 0; i < conversation->forms_len; i++) {
			found += conversation->forms[i].type == type;
		}
		assert_int_equal(found, type >= 1 && type <= conversation->last_type);
	}
	static const uint32_t unknown[] = { 0, 0x80000000, UINT32_MAX };
	for (int sender = 0; sender < 2; sender++) {
		struct message message;
		for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
			message_init(&message, unknown[i]);
			assert_false(accepts(conversation, sender, &message));
		}
		message_init(&message, conversation->last_type + 1);
		message_put_fd(&message, dup(STDERR_FILENO));
		assert_false(accepts(conversation, sender, &message));
	}
}

/* A member added to a struct and to no list of parts shows as bytes that nothing covers. */
void forms_cover_every_member(const struct conversation *conversation) {
	for (size_t i = 0; i < conversation->forms_len; i++) {
		const struct form *form = &conversation->forms[i];
		size_t covered = 0;
		for (const struct part *part = form->parts; part->kind != PART_END; part++) {
			covered += part->size + (part->kind == PART_WORDS ? sizeof(uint32_t) : 0);
		}
		if (covered + form->unused != form->body_size) {
			fail_msg("type %u: %zu bytes of %zu are covered", form->type, covered, form->body_size);
		}
	}
}

void forms_round_trip(const struct conversation *conversation) {
	for (size_t i = 0; i < conversation->forms_len; i++) {
		const struct form *form = &conversation->forms[i];
		int sockets[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
		struct channel *sender = channel_create(sockets[0]), *receiver = channel_create(sockets[1]);
		size_t open = count_open();

		char *sent = fill(conversation, form), *decoded = malloc(conversation->message_size);
		int fds[MESSAGE_FDS_MAX] = { -1, -1, -1, -1 };
		for (size_t j = 0; j < form->fds; j++) {
			fds[j] = dup(STDERR_FILENO);
		}
		assert_true(conversation->send(sender, form->sender, form->type, sent, fds));
		assert_int_equal(count_open(), open); /* taken over */

		struct message received, expected;
		assert_int_equal(channel_receive(receiver, &received), CHANNEL_MESSAGE);
		build(form, NULL, NULL, &expected);
		assert_int_equal(received.type, form->type);
		assert_int_equal(received.length, expected.length);
		assert_memory_equal(received.body, expected.body, expected.length);
		message_finish(&expected);

		uint32_t type = 0;
		assert_true(conversation->decode(&received, form->sender, decoded, &type, fds));
		assert_int_equal(type, form->type);
		assert_memory_equal(decoded + conversation->body_offset, sent + conversation->body_offset,
			conversation->message_size - conversation->body_offset);
		for (size_t j = 0; j < form->fds; j++) {
			assert_true(fcntl(fds[j], F_GETFD) & FD_CLOEXEC);
			close(fds[j]);
		}
		assert_int_equal(count_open(), open);
		free(sent);
		free(decoded);
		channel_destroy(sender);
		channel_destroy(receiver);
	}
}

/* ---- values ---- */

#define SAY(literal) { .text = literal, .length = sizeof(literal) - 1 }

static const struct value bad_texts[] = {
	SAY("a\nb"),
	SAY("\t"),
	SAY("\x1b[31m"),
	SAY("\x7f"),
	SAY("\xc2\x80"),
	SAY("\xc2\x9f"),
	SAY("a\0b"),
	SAY("a\0"),
	SAY("\xff"),
	SAY("\xc0\xaf"),
	SAY("\xed\xa0\x80"),
	SAY("\xe2\x82"),
	SAY("\xf4\x90\x80\x80"),
};

static const struct value bad_names[] = {
	SAY("Work"),
	SAY("0a"),
	SAY("-a"),
	SAY("a_b"),
	SAY("a.b"),
	SAY("../a"),
	SAY("a/b"),
	SAY("a b"),
	SAY("a\n"),
	SAY("a\0b"),
	SAY("w\xc3\xb6rk"),
	SAY("*"),
	SAY("abcdefghijklmnopqrstuvwxyz-01234"),
};

static const struct value good_texts[] = { SAY(""), SAY("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0~") };

static char many_bytes[65536]; /* all 'a' */

struct values {
	struct value list[20];
	size_t len;
};

static void add(struct values *values, struct value value) {
	assert_true(values->len < sizeof(values->list) / sizeof(values->list[0]));
	values->list[values->len++] = value;
}

static void add_all(struct values *values, const struct value *list, size_t len) {
	for (size_t i = 0; i < len; i++) {
		add(values, list[i]);
	}
}

static struct value letters(size_t length) {
	memset(many_bytes, 'a', sizeof(many_bytes));
	return (struct value){ .text = many_bytes, .length = length };
}

static void bad_values(const struct part *part, struct values *values) {
	*values = (struct values){ 0 };
	switch (part->kind) {
	case PART_U32:
		if (part->min > 0) {
			add(values, (struct value){ .number = part->min - 1 });
		}
		if (part->max < UINT32_MAX) {
			add(values, (struct value){ .number = (uint64_t)part->max + 1 });
			add(values, (struct value){ .number = UINT32_MAX });
		}
		break;
	case PART_TEXT:
		add_all(values, bad_texts, sizeof(bad_texts) / sizeof(bad_texts[0]));
		add(values, letters(part->size));
		break;
	case PART_NAME:
		add(values, (struct value)SAY(""));
		__attribute__((fallthrough));
	case PART_NAME_OR_EMPTY:
		add_all(values, bad_names, sizeof(bad_names) / sizeof(bad_names[0]));
		add(values, letters(part->size));
		break;
	default:
		break; /* PART_U64, PART_U64S: any will do; PART_WORDS: control.c has its own */
	}
}

static void good_values(const struct part *part, struct values *values) {
	*values = (struct values){ 0 };
	switch (part->kind) {
	case PART_U32:
		add(values, (struct value){ .number = part->min });
		add(values, (struct value){ .number = part->max });
		break;
	case PART_U64:
	case PART_U64S:
		add(values, (struct value){ .number = 0 });
		add(values, (struct value){ .number = UINT64_MAX });
		break;
	case PART_TEXT:
		add_all(values, good_texts, sizeof(good_texts) / sizeof(good_texts[0]));
		add(values, letters(part->size - 1));
		break;
	case PART_NAME_OR_EMPTY:
		add(values, (struct value)SAY(""));
		__attribute__((fallthrough));
	case PART_NAME:
		add(values, (struct value)SAY("a"));
		add(values, letters(31));
		break;
	default:
		break;
	}
}

typedef void (*value_check)(
	const struct conversation *conversation, const struct form *form, const struct part *part, struct value value);

/* Every part of every form in turn, with every value of its kind. */
static void for_each_value(const struct conversation *conversation,
	void (*values_of)(const struct part *part, struct values *values), value_check check) {
	for (size_t i = 0; i < conversation->forms_len; i++) {
		const struct form *form = &conversation->forms[i];
		for (const struct part *part = form->parts; part->kind != PART_END; part++) {
			struct values values;
			values_of(part, &values);
			for (size_t j = 0; j < values.len; j++) {
				check(conversation, form, part, values.list[j]);
			}
		}
	}
}

static void check_accepted(
	const struct conversation *conversation, const struct form *form, const struct part *part, struct value value) {
	struct message message;
	build(form, part, &value, &message);
	if (!accepts(conversation, form->sender, &message)) {
		fail_msg("type %u part %zu: refused a good value", form->type, (size_t)(part - form->parts));
	}
}

static void check_refused(
	const struct conversation *conversation, const struct form *form, const struct part *part, struct value value) {
	struct message message;
	build(form, part, &value, &message);
	if (accepts(conversation, form->sender, &message)) {
		fail_msg("type %u part %zu: accepted a bad value", form->type, (size_t)(part - form->parts));
	}
}

static void check_not_sent(
	const struct conversation *conversation, const struct form *form, const struct part *part, struct value value) {
	if (part->kind != PART_U32 && memchr(value.text, '\0', value.length) != NULL) {
		return; /* in a string of C that is its end, and the rest a good value */
	}
	int sockets[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	struct channel *channel = channel_create(sockets[0]);
	size_t open = count_open();
	char *message = fill(conversation, form);
	int fds[MESSAGE_FDS_MAX] = { -1, -1, -1, -1 };
	for (size_t i = 0; i < form->fds; i++) {
		fds[i] = dup(STDERR_FILENO);
	}
	store_value(part, value, message + conversation->body_offset);

	bool sent = conversation->send(channel, form->sender, form->type, message, fds);
	char byte;
	if (sent || recv(sockets[1], &byte, 1, MSG_DONTWAIT) != -1 || channel_is_broken(channel)) {
		fail_msg("type %u part %zu: sent a bad value", form->type, (size_t)(part - form->parts));
	}
	assert_int_equal(count_open(), open);
	free(message);
	channel_destroy(channel);
	close(sockets[1]);
}

void forms_limits_accepted(const struct conversation *conversation) {
	for_each_value(conversation, good_values, check_accepted);
}

void forms_corrupted_refused(const struct conversation *conversation) {
	for_each_value(conversation, bad_values, check_refused);
}

void forms_corrupted_not_sent(const struct conversation *conversation) {
	for_each_value(conversation, bad_values, check_not_sent);
}

/* ---- lengths, descriptors, direction ---- */

void forms_wrong_length_refused(const struct conversation *conversation) {
	for (size_t i = 0; i < conversation->forms_len; i++) {
		const struct form *form = &conversation->forms[i];
		struct message message;
		build(form, NULL, NULL, &message);
		size_t whole = message.length;
		message_finish(&message);
		assert_true(whole > 0 || count_parts(form) == 0);

		for (size_t length = 0; length <= whole + 8; length++) {
			build(form, NULL, NULL, &message);
			if (length > whole) {
				memset(message.body + whole, 0, length - whole);
			}
			message.length = length;
			if (accepts(conversation, form->sender, &message) != (length == whole)) {
				fail_msg("type %u of %zu bytes: wrong about %zu", form->type, whole, length);
			}
		}
	}
}

void forms_wrong_fds_refused(const struct conversation *conversation) {
	for (size_t i = 0; i < conversation->forms_len; i++) {
		const struct form *form = &conversation->forms[i];
		for (size_t fds = 0; fds <= MESSAGE_FDS_MAX; fds++) {
			struct message message;
			build(form, NULL, NULL, &message);
			message_finish(&message);
			for (size_t j = 0; j < fds; j++) {
				message_put_fd(&message, dup(STDERR_FILENO));
			}
			if (accepts(conversation, form->sender, &message) != (fds == form->fds)) {
				fail_msg("type %u: wrong about %zu descriptors", form->type, fds);
			}
		}
	}
}

void forms_wrong_sender_refused(const struct conversation *conversation) {
	for (size_t i = 0; i < conversation->forms_len; i++) {
		const struct form *form = &conversation->forms[i];
		struct message message;
		build(form, NULL, NULL, &message);
		assert_false(accepts(conversation, 1 - form->sender, &message));

		int sockets[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
		struct channel *channel = channel_create(sockets[0]);
		size_t open = count_open();
		char *filled = fill(conversation, form);
		int fds[MESSAGE_FDS_MAX] = { -1, -1, -1, -1 };
		for (size_t j = 0; j < form->fds; j++) {
			fds[j] = dup(STDERR_FILENO);
		}
		assert_false(conversation->send(channel, 1 - form->sender, form->type, filled, fds));
		assert_int_equal(count_open(), open);
		free(filled);
		channel_destroy(channel);
		close(sockets[1]);
	}
}
