#ifndef WIRE_CODEC_H
#define WIRE_CODEC_H

/*
 * Between a struct and a struct message, by a table. A table has a form for each message type: who may send it,
 * how many descriptors go with it, and its fields in the order in which they travel. Encoding and decoding walk
 * the same form and make the same checks, so that the two ends cannot drift apart.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/message.h"
#include "base/name.h"

enum codec_kind {
	CODEC_END, /* closes a list of fields */
	CODEC_U32, /* uint32_t from min to max */
	CODEC_U64, /* uint64_t */
	CODEC_U64S, /* uint64_t[], all of them */
	CODEC_TEXT, /* char[size]: UTF-8 without control characters, may be empty */
	CODEC_NAME, /* char[NAME_SIZE]: an instance's name */
	CODEC_NAME_OR_EMPTY,
	CODEC_WORDS, /* char[size]: min to max words, each with its zero byte; any other byte may be in them */
};

struct codec_field {
	enum codec_kind kind;
	const char *name; /* for the log */
	size_t offset, size; /* of the member in the body */
	uint32_t min, max; /* CODEC_U32: the value; CODEC_WORDS: how many */
	size_t count_offset; /* CODEC_WORDS: of the uint32_t that counts them */
};

/* A field's initializer. The _Generic refuses, at compile time, a member of another type than the kind's. */
#define CODEC_FIELD(k, body, member, type, ...) \
	{ .kind = k, \
		.name = #member, \
		.size = sizeof(((body *)0)->member), \
		.offset = _Generic(&((body *)0)->member, type: offsetof(body, member)), \
		__VA_ARGS__ }
#define CODEC_FIELD_RANGE(body, member, from, to) \
	CODEC_FIELD(CODEC_U32, body, member, uint32_t *, .min = from, .max = to)
#define CODEC_FIELD_U32(body, member) CODEC_FIELD_RANGE(body, member, 0, UINT32_MAX)
#define CODEC_FIELD_FLAG(body, member) CODEC_FIELD_RANGE(body, member, 0, 1)
#define CODEC_FIELD_U64(body, member) CODEC_FIELD(CODEC_U64, body, member, uint64_t *, .min = 0)
#define CODEC_FIELD_U64S(body, member) \
	CODEC_FIELD(CODEC_U64S, body, member, uint64_t (*)[sizeof(((body *)0)->member) / sizeof(uint64_t)], .min = 0)
#define CODEC_FIELD_TEXT(body, member) \
	CODEC_FIELD(CODEC_TEXT, body, member, char (*)[sizeof(((body *)0)->member)], .min = 0)
#define CODEC_FIELD_NAME(body, member) CODEC_FIELD(CODEC_NAME, body, member, char (*)[NAME_SIZE], .min = 0)
#define CODEC_FIELD_NAME_OR_EMPTY(body, member) \
	CODEC_FIELD(CODEC_NAME_OR_EMPTY, body, member, char (*)[NAME_SIZE], .min = 0)
#define CODEC_FIELD_WORDS(body, member, count, from, to) \
	CODEC_FIELD(CODEC_WORDS, body, member, char (*)[sizeof(((body *)0)->member)], .min = from, .max = to, \
		.count_offset = _Generic(&((body *)0)->count, uint32_t *: offsetof(body, count)))
#define CODEC_FIELD_END { .kind = CODEC_END }

struct codec_form {
	const char *name; /* NULL: there is no such type */
	int sender; /* the table's own enum of ends */
	size_t fds;
	const struct codec_field *fields; /* ends with CODEC_FIELD_END; NULL for none */
};

struct codec_table {
	const char *name; /* for the log */
	const struct codec_form *forms; /* by type */
	size_t forms_len;
	size_t body_offset; /* where, in the struct that a caller hands in, the body begins */
};

/* The form of a type, or NULL where the table has none. */
const struct codec_form *codec_find_form(const struct codec_table *table, uint32_t type);

/*
 * Encodes the body in source, and takes over the first descriptors of fds, as many as the form says (they become
 * -1; those past them are not looked at). Returns false, logged, with nothing left open, where the form is not
 * met: a bug of ours. On true the caller sends or finishes message.
 */
bool codec_encode(
	const struct codec_table *table, int sender, uint32_t type, const void *source, int *fds, struct message *message);

/*
 * Checks a message against its form and decodes it into the body in target, of which every byte not set must be
 * zero already. fds gets the form's descriptors, which are the caller's. Returns false, logged, with nothing left
 * open, where anything is amiss: type, sender, length, a field, the number of descriptors.
 */
bool codec_decode(
	const struct codec_table *table, int sender, struct message *untrusted_message, void *target, int *fds);

#endif
