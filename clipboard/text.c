#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/utf8.h"
#include "clipboard/text.h"

#define BYTE_ORDER_MARK 0xfeff

/* ---- the filter ---- */

struct text_filter {
	char untrusted_carry[TEXT_FILTER_CARRY + 1]; /* an unfinished character, and room for its last byte */
	size_t carry_length;
	bool after_cr;  /* the last character was CR: a LF that follows belongs to it */
	bool started;   /* a character has been written */
	bool broken;
};

struct text_filter *text_filter_create(void) {
	return xcalloc(1, sizeof(struct text_filter));
}

void text_filter_destroy(struct text_filter *filter) {
	free(filter);
}

/* How many bytes the character that starts so has; 1 for what can't start one: decoding will say so. */
static size_t character_length(char untrusted_first) {
	unsigned char byte = (unsigned char)untrusted_first;
	if (byte < 0xc2 || byte > 0xf4) {
		return 1;
	}
	return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
}

static bool is_control(uint32_t code_point) {
	return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f);
}

/* What becomes of one character of `length` bytes: returns how many bytes of it were written. */
static size_t filter_character(struct text_filter *filter, uint32_t code_point, const char *bytes, size_t length,
		char *out) {
	bool after_cr = filter->after_cr;
	filter->after_cr = code_point == '\r';
	if (code_point == '\r' || code_point == '\n') {
		if (code_point == '\n' && after_cr) {
			return 0;
		}
		filter->started = true;
		out[0] = '\n';
		return 1;
	}
	if ((is_control(code_point) && code_point != '\t') || (code_point == BYTE_ORDER_MARK && !filter->started)) {
		return 0;
	}
	filter->started = true;
	memcpy(out, bytes, length);
	return length;
}

/*
 * Finishes the character whose first bytes came with the piece before. Returns how many bytes of this piece it took, or
 * -1 where it is no character.
 */
static ssize_t finish_carry(struct text_filter *filter, const char *untrusted_text, size_t length, char *out,
		size_t *written) {
	size_t wanted = character_length(filter->untrusted_carry[0]);
	size_t taken = wanted - filter->carry_length;
	if (taken > length) {
		taken = length;
	}
	memcpy(filter->untrusted_carry + filter->carry_length, untrusted_text, taken);
	filter->carry_length += taken;
	if (filter->carry_length < wanted) {
		return (ssize_t)taken;
	}
	uint32_t code_point;
	utf8_decode(filter->untrusted_carry, wanted, &code_point);
	if (code_point == UTF8_INVALID) {
		return -1;
	}
	*written = filter_character(filter, code_point, filter->untrusted_carry, wanted, out);
	filter->carry_length = 0;
	return (ssize_t)taken;
}

/* The plain letters, digits and signs from here on, which most text consists of and which need no thought. */
static size_t plain_run(const char *untrusted_text, size_t length) {
	size_t run = 0;
	while (run < length && untrusted_text[run] >= ' ' && untrusted_text[run] <= '~') {
		run++;
	}
	return run;
}

static ssize_t filter_piece(struct text_filter *filter, const char *untrusted_text, size_t length, char *out) {
	size_t written = 0, at = 0;
	if (filter->carry_length > 0) {
		ssize_t taken = finish_carry(filter, untrusted_text, length, out, &written);
		if (taken < 0) {
			return -1;
		}
		at = (size_t)taken;
	}
	while (at < length) {
		size_t run = plain_run(untrusted_text + at, length - at);
		if (run > 0) {
			memcpy(out + written, untrusted_text + at, run);
			written += run;
			at += run;
			filter->started = true;
			filter->after_cr = false;
			continue;
		}
		size_t wanted = character_length(untrusted_text[at]);
		if (wanted > length - at) {
			filter->carry_length = length - at;
			memcpy(filter->untrusted_carry, untrusted_text + at, filter->carry_length);
			break;
		}
		uint32_t code_point;
		utf8_decode(untrusted_text + at, wanted, &code_point);
		if (code_point == UTF8_INVALID) {
			return -1;
		}
		written += filter_character(filter, code_point, untrusted_text + at, wanted, out + written);
		at += wanted;
	}
	return (ssize_t)written;
}

ssize_t text_filter_feed(struct text_filter *filter, const char *untrusted_text, size_t length, char *out) {
	ssize_t written = filter->broken ? -1 : filter_piece(filter, untrusted_text, length, out);
	filter->broken = written < 0;
	return written;
}

bool text_filter_end(const struct text_filter *filter) {
	return !filter->broken && filter->carry_length == 0;
}

/* ---- the preview ---- */

struct range {
	uint32_t first, last;
};

/*
 * What draws nothing by itself, or moves what stands around it: format and bidirectional controls, joiners, fillers,
 * variation selectors, tags, line separators, spaces other than the common one, private use (Unicode 16: Cf, Zl, Zp, Zs,
 * Co, Default_Ignorable_Code_Point). In order.
 */
static const struct range hidden_ranges[] = {
	{ 0x00a0, 0x00a0 }, { 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x0600, 0x0605 }, { 0x061c, 0x061c },
	{ 0x06dd, 0x06dd }, { 0x070f, 0x070f }, { 0x0890, 0x0891 }, { 0x08e2, 0x08e2 }, { 0x115f, 0x1160 },
	{ 0x1680, 0x1680 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x2000, 0x200f }, { 0x2028, 0x202f },
	{ 0x205f, 0x206f }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xe000, 0xf8ff },
	{ 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
	{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff }, { 0xf0000, 0x10ffff },
};

/* Blocks of marks that fonts stack upon what stands before: enough of them would cover other lines. In order. */
static const struct range stacking_ranges[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05c7 }, { 0x0610, 0x061a }, { 0x064b, 0x065f },
	{ 0x0670, 0x0670 }, { 0x06d6, 0x06ed }, { 0x0711, 0x0711 }, { 0x0730, 0x074a }, { 0x0816, 0x082d },
	{ 0x0859, 0x085b }, { 0x0897, 0x089f }, { 0x08ca, 0x08ff }, { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e }, { 0x0eb1, 0x0eb1 }, { 0x0eb4, 0x0ebc }, { 0x0ec8, 0x0ece }, { 0x0f35, 0x0f39 },
	{ 0x0f71, 0x0f87 }, { 0x0f8d, 0x0fbc }, { 0x135d, 0x135f }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
	{ 0x20d0, 0x20ff }, { 0x2cef, 0x2cf1 }, { 0x2de0, 0x2dff }, { 0x302a, 0x302f }, { 0x3099, 0x309a },
	{ 0xa66f, 0xa67d }, { 0xa69e, 0xa69f }, { 0xa8e0, 0xa8f1 }, { 0xfe20, 0xfe2f }, { 0x101fd, 0x101fd },
	{ 0x1d165, 0x1d169 }, { 0x1d16d, 0x1d172 }, { 0x1d17b, 0x1d182 }, { 0x1d185, 0x1d18b },
	{ 0x1e000, 0x1e02f }, { 0x1e130, 0x1e136 }, { 0x1e2ae, 0x1e2ae }, { 0x1e2ec, 0x1e2ef },
	{ 0x1e8d0, 0x1e8d6 }, { 0x1e944, 0x1e94a },
};

#define RANGES_LEN(ranges) (sizeof(ranges) / sizeof((ranges)[0]))
#define STACKING_MAX 4
#define SIGN_SIZE 24 /* the longest: ⟦U+10FFFF⟧ */

static bool is_in(const struct range *ranges, size_t len, uint32_t code_point) {
	size_t low = 0, high = len;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (code_point > ranges[middle].last) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < len && code_point >= ranges[low].first;
}

struct builder {
	struct text_preview *preview;
	size_t lines, columns; /* at most */
	size_t length;         /* bytes of shown */
	size_t line;           /* lines begun */
	size_t used;           /* columns of this line */
	size_t cut_at;         /* where "…" would go: the last place in this line that has a column for it */
	bool line_cut;
};

/* Puts "…" at the end of the line, over its last character where it must. */
static void cut_line(struct builder *builder) {
	builder->preview->cut = true;
	if (!builder->line_cut && builder->line > 0 && builder->columns > 0) {
		memcpy(builder->preview->shown + builder->cut_at, "…", strlen("…"));
		builder->length = builder->cut_at + strlen("…");
		builder->line_cut = true;
	}
}

/* Adds what takes so many columns, whole or not at all. */
static void add(struct builder *builder, const char *bytes, size_t length, size_t columns) {
	if (builder->line_cut || builder->line > builder->lines) {
		return;
	}
	if (columns > builder->columns - builder->used) {
		cut_line(builder);
		return;
	}
	memcpy(builder->preview->shown + builder->length, bytes, length);
	builder->length += length;
	builder->used += columns;
	if (builder->used < builder->columns) {
		builder->cut_at = builder->length;
	}
}

static void begin_line(struct builder *builder) {
	if (builder->line >= builder->lines) {
		if (builder->line == builder->lines) {
			cut_line(builder);
			builder->line++;
		}
		return;
	}
	if (builder->line > 0) {
		builder->preview->shown[builder->length++] = '\n';
	}
	builder->line++;
	builder->used = 0;
	builder->cut_at = builder->length;
	builder->line_cut = false;
}

static void add_sign(struct builder *builder, const char *sign) {
	size_t columns = 0;
	for (const char *byte = sign; *byte != '\0'; byte++) {
		columns += ((unsigned char)*byte & 0xc0) != 0x80;
	}
	builder->preview->hidden++;
	add(builder, sign, strlen(sign), columns);
}

/* Writes the sign for a character into out (SIGN_SIZE bytes); false where it shows itself. */
static bool make_sign(uint32_t code_point, size_t stacked, char *out) {
	if (code_point == UTF8_INVALID) {
		snprintf(out, SIGN_SIZE, "�");
	} else if (code_point == '\t') {
		snprintf(out, SIGN_SIZE, "→");
	} else if (code_point < 0x20 || code_point == 0x7f) {
		/* The pictures of the controls stand in their order from U+2400, that of DEL after them. */
		out[utf8_encode(0x2400 + (code_point == 0x7f ? 0x21 : code_point), out)] = '\0';
	} else if (is_control(code_point) || stacked > STACKING_MAX || (code_point & 0xfffe) == 0xfffe ||
			is_in(hidden_ranges, RANGES_LEN(hidden_ranges), code_point)) {
		snprintf(out, SIGN_SIZE, "⟦U+%04X⟧", (unsigned int)code_point);
	} else {
		return false;
	}
	return true;
}

/* Spaces from here on; *ends where they end their line. */
static size_t space_run(const char *untrusted_text, size_t length, bool *ends) {
	size_t run = 0;
	while (run < length && untrusted_text[run] == ' ') {
		run++;
	}
	*ends = run == length || untrusted_text[run] == '\n';
	return run;
}

static void add_spaces(struct builder *builder, size_t run, bool ends) {
	for (size_t i = 0; i < run; i++) {
		if (ends) {
			add_sign(builder, "·");
		} else {
			add(builder, " ", 1, 1);
		}
	}
}

static void build(struct builder *builder, const char *untrusted_text, size_t length, bool whole) {
	char sign[SIGN_SIZE];
	size_t stacked = 0, step;
	begin_line(builder);
	builder->preview->lines = 1;
	for (size_t at = 0; at < length; at += step) {
		if (untrusted_text[at] == ' ') {
			bool ends;
			step = space_run(untrusted_text + at, length - at, &ends);
			add_spaces(builder, step, ends);
			stacked = 0;
			continue;
		}
		uint32_t code_point;
		step = utf8_decode(untrusted_text + at, length - at, &code_point);
		bool last = at + step == length;
		if (code_point == '\n' && last && whole) {
			add_sign(builder, "↵");
		} else if (code_point == '\n') {
			begin_line(builder);
			builder->preview->lines++;
		} else {
			stacked = is_in(stacking_ranges, RANGES_LEN(stacking_ranges), code_point) ? stacked + 1 : 0;
			if (make_sign(code_point, stacked, sign)) {
				add_sign(builder, sign);
			} else {
				add(builder, untrusted_text + at, step, 1);
			}
		}
	}
}

void text_preview_make(struct text_preview *preview, const char *untrusted_text, size_t size, size_t lines,
		size_t columns) {
	size_t length = size < TEXT_PREVIEW_SCAN_MAX ? size : TEXT_PREVIEW_SCAN_MAX;
	bool whole = length == size;
	/* Every column takes at most 4 bytes, every line one LF, and the end a zero byte. */
	*preview = (struct text_preview){
		.shown = xcalloc(lines * (columns * 4 + 1) + 1, 1),
		.counted = whole,
	};
	if (size == 0) {
		return;
	}
	struct builder builder = { .preview = preview, .lines = lines, .columns = columns };
	/* A character that the limit cuts in two is left out, not shown as a broken one. */
	for (int i = 0; !whole && i < 3 && ((unsigned char)untrusted_text[length] & 0xc0) == 0x80; i++) {
		length--;
	}
	build(&builder, untrusted_text, length, whole);
	if (!whole) {
		cut_line(&builder);
	}
	preview->shown[builder.length] = '\0';
}

void text_preview_finish(struct text_preview *preview) {
	free(preview->shown);
	preview->shown = NULL;
}
