#ifndef TESTS_WIRE_FORMS_H
#define TESTS_WIRE_FORMS_H

/*
 * What a conversation's messages look like on the wire, written down by hand and apart from the tables in wire/: a
 * field that a table forgets, or checks less strictly than it is told here, fails a test.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/message.h"

#define FORM_PARTS_MAX 20

enum part_kind { PART_END, PART_U32, PART_U64, PART_U64S, PART_TEXT, PART_NAME, PART_NAME_OR_EMPTY, PART_WORDS };

struct part {
	enum part_kind kind;
	size_t offset, size; /* in the body's struct */
	uint64_t number; /* a good value; PART_U64S: the first, each next is one more; PART_WORDS: how many words */
	uint32_t min, max; /* PART_U32 */
	const char *text; /* a good value */
	size_t text_length; /* PART_WORDS: with the zero bytes */
	size_t count_offset; /* PART_WORDS */
};

#define PART_AT(body, member) .offset = offsetof(body, member), .size = sizeof(((body *)0)->member)
#define U32(body, member, good, from, to) { PART_U32, PART_AT(body, member), .number = good, .min = from, .max = to }
#define ANY_U32(body, member, good) U32(body, member, good, 0, UINT32_MAX)
#define ANY_U64(body, member, good) { PART_U64, PART_AT(body, member), .number = good }
#define ANY_U64S(body, member, good) { PART_U64S, PART_AT(body, member), .number = good }
#define TEXT(body, member, good) { PART_TEXT, PART_AT(body, member), .text = good }
#define NAME(body, member, good) { PART_NAME, PART_AT(body, member), .text = good }
#define NAME_OR_EMPTY(body, member, good) { PART_NAME_OR_EMPTY, PART_AT(body, member), .text = good }
#define WORDS(body, member, counter, count, good) \
	{ PART_WORDS, PART_AT(body, member), .number = count, .text = good, .text_length = sizeof(good), \
		.count_offset = offsetof(body, counter) }

struct form {
	uint32_t type;
	int sender;
	size_t fds;
	size_t body_size; /* of the body's struct, 0 for none */
	size_t unused; /* bytes of it that no part covers: padding */
	struct part parts[FORM_PARTS_MAX];
};

struct conversation {
	const struct form *forms;
	size_t forms_len;
	uint32_t last_type;
	size_t message_size, body_offset;
	/* As session_send() and session_decode(), with the message's type and descriptors apart. */
	bool (*send)(struct channel *channel, int sender, uint32_t type, void *message, int *fds);
	bool (*decode)(struct message *untrusted_message, int sender, void *message, uint32_t *type, int *fds);
};

/* Each fails the running cmocka test where something is not as it should be. */
void forms_cover_every_type(const struct conversation *conversation);
void forms_cover_every_member(const struct conversation *conversation);
void forms_round_trip(const struct conversation *conversation);
void forms_limits_accepted(const struct conversation *conversation);
void forms_corrupted_refused(const struct conversation *conversation);
void forms_corrupted_not_sent(const struct conversation *conversation);
void forms_wrong_length_refused(const struct conversation *conversation);
void forms_wrong_fds_refused(const struct conversation *conversation);
void forms_wrong_sender_refused(const struct conversation *conversation);

#endif
