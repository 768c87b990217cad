#include <stdbool.h>
#include <stdint.h>

#include "base/utf8.h"
#include "policy/label.h"
#include "policy/unicode.h"

#define REPLACEMENT 0xfffd
#define ELLIPSIS 0x2026

struct label {
	char *out;
	size_t length;     /* bytes written */
	size_t characters; /* code points written */
	size_t cut;        /* bytes to keep where the label is too long: all but its last character */
	size_t marks;      /* in a row, at the end */
	bool space;        /* one is due before the next visible character */
	bool invalid;      /* the end is a U+FFFD for bytes that were not UTF-8 */
};

static void append(struct label *label, uint32_t code_point) {
	if (label->characters == LABEL_CHARACTERS_MAX - 1) {
		label->cut = label->length;
	}
	label->length += utf8_encode(code_point, label->out + label->length);
	label->characters++;
}

static bool is_full(const struct label *label) {
	return label->characters == LABEL_CHARACTERS_MAX;
}

/* Makes the last character an ellipsis, without a space before it. */
static void shorten(struct label *label) {
	label->length = label->cut;
	if (label->out[label->length - 1] == ' ') {
		label->length--;
	}
	label->length += utf8_encode(ELLIPSIS, label->out + label->length);
}

/* Returns false where the label is full: there is more than it may hold. */
static bool add_visible(struct label *label, uint32_t code_point) {
	if (label->space && !is_full(label)) {
		append(label, ' ');
	}
	if (is_full(label)) {
		return false;
	}
	append(label, code_point);
	label->space = false;
	label->marks = 0;
	return true;
}

/* A mark stands on the character before it: never on nothing, on a space, or on a whole tower of marks. */
static bool add_mark(struct label *label, uint32_t code_point) {
	if (label->length == 0 || label->space || label->marks == LABEL_MARKS_MAX) {
		return true;
	}
	if (is_full(label)) {
		return false;
	}
	append(label, code_point);
	label->marks++;
	return true;
}

static bool add(struct label *label, uint32_t code_point) {
	if (code_point == UTF8_INVALID) {
		if (label->invalid) {
			return true;
		}
		label->invalid = true;
		return add_visible(label, REPLACEMENT);
	}
	enum unicode_class class = unicode_classify(code_point);
	if (class != UNICODE_DROP) {
		label->invalid = false;
	}
	switch (class) {
	case UNICODE_VISIBLE:
		return add_visible(label, code_point);
	case UNICODE_MARK:
		return add_mark(label, code_point);
	case UNICODE_SPACE:
		label->space = label->length > 0;
		break;
	case UNICODE_DROP:
		break;
	}
	return true;
}

const char *label_clean(const char *untrusted_title, size_t length, char *out) {
	struct label label = {.out = out};
	while (length > 0) {
		uint32_t code_point;
		size_t used = utf8_decode(untrusted_title, length, &code_point);
		if (!add(&label, code_point)) {
			shorten(&label);
			break;
		}
		untrusted_title += used;
		length -= used;
	}
	out[label.length] = '\0';
	return out;
}
