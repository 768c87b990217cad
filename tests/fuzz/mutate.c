#include <string.h>
#include "tests/fuzz/mutate.h"

#define PIECE_MAX 64

struct subject {
	struct rng *rng;
	uint8_t *data;
	size_t size, max;
	const uint8_t *other;
	size_t other_size;
};

/* Bytes that mean something in one format or another. */
static const uint8_t telling[] = "\0\1\x7f\x80\xff\n\r\t \"'\\{};#/~.-=\x1b\xc0\xe2\xed\xf4\xef";

/* A length from 1 to limit, short ones more often. limit is at least 1. */
static size_t piece(struct rng *rng, size_t limit) {
	size_t most = rng_one(rng, 4) ? limit : (limit < 8 ? limit : 8);
	return 1 + rng_below(rng, most < PIECE_MAX ? most : PIECE_MAX);
}

/* Makes room for length bytes at `at`; false where there is none. */
static bool open_gap(struct subject *subject, size_t at, size_t length) {
	if (length > subject->max - subject->size) {
		return false;
	}
	memmove(subject->data + at + length, subject->data + at, subject->size - at);
	subject->size += length;
	return true;
}

static void flip_bit(struct subject *subject) {
	if (subject->size > 0) {
		subject->data[rng_below(subject->rng, subject->size)] ^= (uint8_t)(1 << rng_below(subject->rng, 8));
	}
}

static uint8_t any_byte(struct rng *rng) {
	return rng_one(rng, 2) ? (uint8_t)rng_next(rng) : telling[rng_below(rng, sizeof(telling) - 1)];
}

static void set_byte(struct subject *subject) {
	if (subject->size > 0) {
		subject->data[rng_below(subject->rng, subject->size)] = any_byte(subject->rng);
	}
}

static void insert_bytes(struct subject *subject) {
	size_t at = rng_below(subject->rng, subject->size + 1), length = piece(subject->rng, 8);
	if (open_gap(subject, at, length)) {
		for (size_t i = 0; i < length; i++) {
			subject->data[at + i] = any_byte(subject->rng);
		}
	}
}

static void erase(struct subject *subject) {
	if (subject->size > 0) {
		size_t at = rng_below(subject->rng, subject->size), length = piece(subject->rng, subject->size - at);
		memmove(subject->data + at, subject->data + at + length, subject->size - at - length);
		subject->size -= length;
	}
}

static void cut(struct subject *subject) {
	subject->size = rng_below(subject->rng, subject->size + 1);
}

static void set_number(struct subject *subject) {
	uint32_t number = rng_odd_number(subject->rng);
	size_t width = (size_t)1 << rng_below(subject->rng, 3);
	if (subject->size >= width) {
		/* Numbers stand at multiples of their size more often than not. */
		size_t at = rng_below(subject->rng, subject->size - width + 1);
		memcpy(subject->data + (rng_one(subject->rng, 3) ? at : at - at % width), &number, width);
	}
}

static void change_digit(struct subject *subject) {
	size_t start = rng_below(subject->rng, subject->size);
	for (size_t i = 0; i < subject->size; i++) {
		uint8_t *byte = &subject->data[(start + i) % subject->size];
		if (*byte >= '0' && *byte <= '9') {
			*byte = (uint8_t)('0' + rng_below(subject->rng, 10));
			return;
		}
	}
}

static void repeat(struct subject *subject) {
	if (subject->size == 0) {
		return;
	}
	size_t from = rng_below(subject->rng, subject->size), length = piece(subject->rng, subject->size - from);
	uint8_t copy[PIECE_MAX];
	memcpy(copy, subject->data + from, length);
	size_t at = rng_below(subject->rng, subject->size + 1);
	size_t times = rng_one(subject->rng, 8) ? 1 + rng_below(subject->rng, 64) : 1;
	while (times-- > 0 && open_gap(subject, at, length)) {
		memcpy(subject->data + at, copy, length);
	}
}

static void take_from_other(struct subject *subject) {
	if (subject->other_size == 0) {
		return;
	}
	size_t from = rng_below(subject->rng, subject->other_size);
	size_t length = piece(subject->rng, subject->other_size - from);
	size_t at = rng_below(subject->rng, subject->size + 1);
	if (rng_one(subject->rng, 2) && length <= subject->size - at) {
		memcpy(subject->data + at, subject->other + from, length);
	} else if (open_gap(subject, at, length)) {
		memcpy(subject->data + at, subject->other + from, length);
	}
}

/* The head of the one, the tail of the other. */
static void cross(struct subject *subject) {
	size_t from = rng_below(subject->rng, subject->other_size + 1);
	size_t at = rng_below(subject->rng, subject->size + 1);
	size_t length = subject->other_size - from;
	if (length > subject->max - at) {
		length = subject->max - at;
	}
	if (length > 0) {
		memcpy(subject->data + at, subject->other + from, length);
	}
	subject->size = at + length;
}

size_t mutate(struct rng *rng, uint8_t *data, size_t size, size_t max, const uint8_t *other, size_t other_size) {
	static void (*const ways[])(struct subject *subject) = {
		flip_bit,
		set_byte,
		set_byte,
		insert_bytes,
		erase,
		erase,
		cut,
		set_number,
		set_number,
		change_digit,
		repeat,
		take_from_other,
		take_from_other,
		cross,
	};
	struct subject subject = { rng, data, size, max, other, other_size };
	for (size_t left = 1 + rng_below(rng, 1 + rng_below(rng, 8)); left > 0; left--) {
		ways[rng_below(rng, sizeof(ways) / sizeof(ways[0]))](&subject);
	}
	return subject.size;
}
