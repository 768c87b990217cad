#include "config/limit.h"
#include "config/errors.h"
#include "config/values.h"

#define MANY 1000000
#define MIB (UINT64_C(1024) * 1024)
#define GIB (1024 * MIB)

/* Far more than programs are known to use, and little enough that all instances at once leave the rest alone. Why each
 * is what it is: doc/limits.md. */
const struct limit_row limit_rows[CONFIG_LIMITS] = {
	[LIMIT_CLIENTS] = { "clients", 1, MANY, 64, false },
	[LIMIT_SURFACES] = { "surfaces", 1, MANY, 4096, false },
	[LIMIT_SUBSURFACES] = { "subsurfaces", 1, MANY, 512, false },
	[LIMIT_WINDOWS] = { "windows", 1, MANY, 256, false },
	[LIMIT_POPUPS] = { "popups", 1, MANY, 64, false },
	/* wlroots and we walk down such a chain in functions that call themselves: the most is fixed. */
	[LIMIT_POPUP_DEPTH] = { "popup-depth", 1, 64, 16, false },
	[LIMIT_POOLS] = { "pools", 1, MANY, 1024, false },
	[LIMIT_SHARED_MEMORY] = { "shared-memory", MIB, 1024 * GIB, 2 * GIB, true },
	[LIMIT_BUFFERS] = { "buffers", 1, MANY, 4096, false },
	[LIMIT_CALLBACKS] = { "callbacks", 1, MANY, 16384, false },
	[LIMIT_FEEDBACKS] = { "feedbacks", 1, MANY, 4096, false },
	[LIMIT_DESCRIPTORS] = { "descriptors", 1, MANY, 256, false },
	[LIMIT_TOKENS] = { "tokens", 1, MANY, 32, false },
	[LIMIT_TYPES] = { "types", 1, MANY, 4096, false },
	[LIMIT_OBJECTS] = { "objects", 1, MANY, 65536, false },
};

#define WORD(limit, text) { .name = text, .value = limit }

const struct word limit_words[] = {
	WORD(LIMIT_CLIENTS, "clients"),
	WORD(LIMIT_SURFACES, "surfaces"),
	WORD(LIMIT_SUBSURFACES, "subsurfaces"),
	WORD(LIMIT_WINDOWS, "windows"),
	WORD(LIMIT_POPUPS, "popups"),
	WORD(LIMIT_POPUP_DEPTH, "popup-depth"),
	WORD(LIMIT_POOLS, "pools"),
	WORD(LIMIT_SHARED_MEMORY, "shared-memory"),
	WORD(LIMIT_BUFFERS, "buffers"),
	WORD(LIMIT_CALLBACKS, "callbacks"),
	WORD(LIMIT_FEEDBACKS, "feedbacks"),
	WORD(LIMIT_DESCRIPTORS, "descriptors"),
	WORD(LIMIT_TOKENS, "tokens"),
	WORD(LIMIT_TYPES, "types"),
	WORD(LIMIT_OBJECTS, "objects"),
	{ 0 },
};

void limits_set_defaults(uint64_t limits[CONFIG_LIMITS]) {
	for (size_t i = 0; i < CONFIG_LIMITS; i++) {
		limits[i] = limit_rows[i].fallback;
	}
}

const char *config_limit_name(enum config_limit limit) {
	return limit_rows[limit].name;
}

bool config_limit_is_bytes(enum config_limit limit) {
	return limit_rows[limit].is_bytes;
}

static bool read_value(const struct limit_row *row, const char *untrusted_text, uint64_t *value) {
	int number;
	if (row->is_bytes) {
		return value_size(untrusted_text, value);
	}
	if (!value_integer(untrusted_text, &number) || number < 0) {
		return false;
	}
	*value = (uint64_t)number;
	return true;
}

VALUE_SETTER(set_limit) {
	const char *untrusted_text = untrusted_line->params[1];
	uint64_t *limits = (uint64_t *)(void *)((char *)target + directive->offset);
	char quoted[QUOTE_SIZE];
	uint64_t value;
	const struct word *word = word_expect(parser, limit_words, untrusted_line, untrusted_line->params[0]);
	if (word == NULL) {
		return;
	}
	const struct limit_row *row = &limit_rows[word->value];
	if (read_value(row, untrusted_text, &value) && value >= row->min && value <= row->max) {
		limits[word->value] = value;
	} else if (row->is_bytes) {
		parser_error(parser, untrusted_line, "expected a size from %lluM to %lluG, such as 512M or 2G, not %s",
			(unsigned long long)(row->min / MIB), (unsigned long long)(row->max / GIB),
			errors_quote(untrusted_text, quoted));
	} else {
		parser_error(parser, untrusted_line, "expected a whole number from %llu to %llu, not %s",
			(unsigned long long)row->min, (unsigned long long)row->max, errors_quote(untrusted_text, quoted));
	}
}
