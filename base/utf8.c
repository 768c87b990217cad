#include <string.h>
#include "base/utf8.h"

/*
 * The well-formed sequences by their first byte: Unicode 16, table 3-7. The second byte's range is what keeps out
 * overlong forms, surrogates and what lies above U+10FFFF; later bytes are always 80 to BF.
 */
static const struct {
	unsigned char first_min, first_max;
	unsigned char second_min, second_max;
	unsigned char length;
	unsigned char mask; /* the first byte's own bits */
} sequences[] = {
	{ 0x00, 0x7f, 0x00, 0x00, 1, 0x7f },
	{ 0xc2, 0xdf, 0x80, 0xbf, 2, 0x1f },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3, 0x0f },
	{ 0xe1, 0xec, 0x80, 0xbf, 3, 0x0f },
	{ 0xed, 0xed, 0x80, 0x9f, 3, 0x0f },
	{ 0xee, 0xef, 0x80, 0xbf, 3, 0x0f },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4, 0x07 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4, 0x07 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4, 0x07 },
};

#define SEQUENCES_LEN (sizeof(sequences) / sizeof(sequences[0]))

size_t utf8_decode(const char *untrusted_text, size_t length, uint32_t *code_point) {
	const unsigned char *untrusted_bytes = (const unsigned char *)untrusted_text;

	*code_point = UTF8_INVALID;
	if (length == 0) {
		return 0;
	}

	size_t form = 0;
	while (form < SEQUENCES_LEN &&
		(untrusted_bytes[0] < sequences[form].first_min || untrusted_bytes[0] > sequences[form].first_max)) {
		form++;
	}
	if (form == SEQUENCES_LEN) {
		return 1;
	}

	uint32_t value = untrusted_bytes[0] & sequences[form].mask;
	for (size_t i = 1; i < sequences[form].length; i++) {
		unsigned char min = i == 1 ? sequences[form].second_min : 0x80;
		unsigned char max = i == 1 ? sequences[form].second_max : 0xbf;
		if (i >= length || untrusted_bytes[i] < min || untrusted_bytes[i] > max) {
			/* What was well-formed so far counts as one mistake; the byte that broke it starts anew. */
			return i;
		}
		value = value << 6 | (untrusted_bytes[i] & 0x3f);
	}

	*code_point = value;
	return sequences[form].length;
}

size_t utf8_encode(uint32_t code_point, char *out) {
	if (code_point < 0x80) {
		out[0] = (char)code_point;
		return 1;
	}
	size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
	static const unsigned char marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	for (size_t i = length - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (code_point & 0x3f));
		code_point >>= 6;
	}
	out[0] = (char)(marks[length] | code_point);
	return length;
}

bool utf8_is_valid(const char *untrusted_text, size_t length) {
	while (length > 0) {
		uint32_t code_point;
		size_t consumed = utf8_decode(untrusted_text, length, &code_point);
		if (code_point == UTF8_INVALID) {
			return false;
		}
		untrusted_text += consumed;
		length -= consumed;
	}
	return true;
}

static bool is_control(uint32_t code_point) {
	return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
}

bool utf8_is_line(const char *untrusted_text, size_t length) {
	while (length > 0) {
		uint32_t code_point;
		size_t consumed = utf8_decode(untrusted_text, length, &code_point);
		if (code_point == UTF8_INVALID || is_control(code_point)) {
			return false;
		}
		untrusted_text += consumed;
		length -= consumed;
	}
	return true;
}

const char *utf8_copy_line(const char *untrusted_text, size_t length, char *out, size_t size) {
	size_t used = 0;
	while (length > 0) {
		uint32_t code_point;
		size_t consumed = utf8_decode(untrusted_text, length, &code_point);
		if (code_point == UTF8_INVALID || is_control(code_point)) {
			code_point = 0xfffd;
		}
		char encoded[4];
		size_t encoded_length = utf8_encode(code_point, encoded);
		if (used + encoded_length >= size) {
			break;
		}
		memcpy(out + used, encoded, encoded_length);
		used += encoded_length;
		untrusted_text += consumed;
		length -= consumed;
	}
	out[used] = '\0';
	return out;
}
