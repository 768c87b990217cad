#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "config/errors.h"
#include "config/values.h"

#define FIELD(type) ((type *)(void *)((char *)target + directive->offset))

/* ---- numbers, by hand: strtod and strtol ask the locale and take more than a person means ---- */

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

/* A run of at least one digit at *text, moved past; false too where it exceeds limit. */
static bool read_digits(const char **text, int64_t limit, int64_t *out) {
	const char *c = *text;
	int64_t value = 0;
	if (!is_digit(*c)) {
		return false;
	}
	for (; is_digit(*c); c++) {
		value = value * 10 + (*c - '0');
		if (value > limit) {
			return false;
		}
	}
	*text = c;
	*out = value;
	return true;
}

static bool read_sign(const char **text) {
	bool negative = **text == '-';
	if (negative || **text == '+') {
		(*text)++;
	}
	return negative;
}

/* An unsigned decimal at *text, moved past. */
static bool read_number(const char **text, double *out) {
	int64_t whole;
	if (!read_digits(text, 1000000, &whole)) {
		return false;
	}
	double value = (double)whole, digit = 0.1;
	if (**text == '.') {
		const char *c = *text + 1;
		if (!is_digit(*c)) {
			return false;
		}
		for (; is_digit(*c); c++, digit /= 10) {
			value += (*c - '0') * digit;
		}
		*text = c;
	}
	*out = value;
	return true;
}

bool value_integer(const char *untrusted_text, int *out) {
	const char *c = untrusted_text;
	bool negative = read_sign(&c);
	int64_t value;
	if (!read_digits(&c, INT_MAX, &value) || *c != '\0') {
		return false;
	}
	*out = (int)(negative ? -value : value);
	return true;
}

bool value_number(const char *untrusted_text, double *out) {
	const char *c = untrusted_text;
	bool negative = read_sign(&c);
	double value;
	if (!read_number(&c, &value) || *c != '\0') {
		return false;
	}
	*out = negative ? -value : value;
	return true;
}

/* ---- setters ---- */

VALUE_SETTER(set_integer) {
	const char *untrusted_text = untrusted_line->params[0];
	char quoted[QUOTE_SIZE];
	int value;
	if (!value_integer(untrusted_text, &value) || value < directive->min || value > directive->max) {
		parser_error(parser, untrusted_line, "expected a whole number of %s from %g to %g, not %s", directive->unit,
			directive->min, directive->max, errors_quote(untrusted_text, quoted));
		return;
	}
	*FIELD(int) = value;
}

VALUE_SETTER(set_number) {
	const char *untrusted_text = untrusted_line->params[0];
	char quoted[QUOTE_SIZE];
	double value;
	const struct word *word = directive->words != NULL ? word_find(directive->words, untrusted_text) : NULL;
	if (word != NULL) {
		*FIELD(double) = word->value;
		return;
	}
	/* A little slack, since a decimal fraction is not exact in binary. */
	if (!value_number(untrusted_text, &value) || value < directive->min - 1e-9 || value > directive->max + 1e-9) {
		char *list = directive->words != NULL ? word_list(directive->words) : NULL;
		parser_error(parser, untrusted_line, "expected a number from %g to %g%s%s, not %s", directive->min,
			directive->max, list != NULL ? " or " : "", list != NULL ? list : "", errors_quote(untrusted_text, quoted));
		free(list);
		return;
	}
	*FIELD(double) = value;
}

bool value_size(const char *untrusted_text, uint64_t *out) {
	static const struct {
		const char *name;
		int shift;
	} units[] = { { "", 0 }, { "K", 10 }, { "M", 20 }, { "G", 30 } };
	const char *c = untrusted_text;
	int64_t value;
	if (!read_digits(&c, INT_MAX, &value)) {
		return false;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].name, c) == 0) {
			*out = (uint64_t)value << units[i].shift;
			return true;
		}
	}
	return false;
}

VALUE_SETTER(set_size) {
	char quoted[QUOTE_SIZE];
	uint64_t value;
	if (!value_size(untrusted_line->params[0], &value) || (double)value < directive->min ||
		(double)value > directive->max) {
		bool large = directive->min >= 1024 * 1024;
		double unit = large ? 1024 * 1024 : 1024;
		parser_error(parser, untrusted_line, "expected a size from %g%s to %g%s, such as %s, not %s",
			directive->min / unit, large ? "M" : "K", directive->max / unit / 1024, large ? "G" : "M",
			large ? "512M or 2G" : "512K or 16M", errors_quote(untrusted_line->params[0], quoted));
		return;
	}
	*FIELD(uint64_t) = value;
}

VALUE_SETTER(set_memory) {
	const char *untrusted_text = untrusted_line->params[0];
	char quoted[QUOTE_SIZE];
	uint64_t value;
	if (strcmp(untrusted_text, "auto") == 0) {
		*FIELD(uint64_t) = CONFIG_MEMORY_AUTO;
	} else if (strcmp(untrusted_text, "none") == 0) {
		*FIELD(uint64_t) = CONFIG_MEMORY_NONE;
	} else if (value_size(untrusted_text, &value) && (double)value >= directive->min &&
		(double)value <= directive->max) {
		*FIELD(uint64_t) = value;
	} else {
		parser_error(parser, untrusted_line, "expected a size from %gM to %gG, such as 512M or 4G, auto or none, not %s",
			directive->min / (1024 * 1024), directive->max / (1024 * 1024 * 1024),
			errors_quote(untrusted_text, quoted));
	}
}

VALUE_SETTER(set_text) {
	const char *untrusted_text = untrusted_line->params[0];
	size_t length = strlen(untrusted_text);
	if (length < (size_t)directive->min || length > (size_t)directive->max) {
		parser_error(parser, untrusted_line, "expected a text of %g to %g bytes, not %zu", directive->min,
			directive->max, length);
		return;
	}
	free(*FIELD(char *));
	*FIELD(char *) = xstrdup(untrusted_text);
}

VALUE_SETTER(set_word) {
	const struct word *word = word_expect(parser, directive->words, untrusted_line, untrusted_line->params[0]);
	if (word != NULL) {
		*FIELD(int) = word->value;
	}
}

VALUE_SETTER(set_bool) {
	const struct word *word = word_expect(parser, directive->words, untrusted_line, untrusted_line->params[0]);
	if (word != NULL) {
		*FIELD(bool) = word->value != 0;
	}
}

VALUE_SETTER(set_flag) {
	*FIELD(bool) = word_find(directive->words, directive->name)->value != 0;
}

VALUE_SETTER(set_color) {
	const char *untrusted_text = untrusted_line->params[0];
	char quoted[QUOTE_SIZE];
	bool valid = untrusted_text[0] == '#' && strlen(untrusted_text) == 7 &&
		strspn(untrusted_text + 1, "0123456789abcdefABCDEF") == 6;
	if (!valid) {
		parser_error(
			parser, untrusted_line, "expected a colour as #rrggbb, not %s", errors_quote(untrusted_text, quoted));
		return;
	}
	*FIELD(uint32_t) = (uint32_t)strtoul(untrusted_text + 1, NULL, 16);
}

/* WIDTHxHEIGHT[@HZ[Hz]] */
static bool read_mode(const char *c, int64_t limit, struct config_output *output) {
	int64_t width, height;
	double refresh = 0;
	if (!read_digits(&c, limit, &width) || *c++ != 'x' || !read_digits(&c, limit, &height)) {
		return false;
	}
	if (*c == '@') {
		c++;
		if (!read_number(&c, &refresh) || refresh < 1 || refresh > 1000) {
			return false;
		}
		c += strcmp(c, "Hz") == 0 ? 2 : 0;
	}
	if (*c != '\0' || width < 1 || height < 1) {
		return false;
	}
	output->has_mode = true;
	output->mode_width = (int)width;
	output->mode_height = (int)height;
	output->mode_refresh = refresh;
	return true;
}

VALUE_SETTER(set_mode) {
	const char *untrusted_text = untrusted_line->params[0];
	char quoted[QUOTE_SIZE];
	if (!read_mode(untrusted_text, (int64_t)directive->max, target)) {
		parser_error(parser, untrusted_line, "expected a mode such as 1920x1080 or 1920x1080@59.94, not %s",
			errors_quote(untrusted_text, quoted));
	}
}

VALUE_SETTER(set_position) {
	struct config_output *output = target;
	int *const fields[] = { &output->x, &output->y };
	char quoted[QUOTE_SIZE];
	output->has_position = true;
	for (size_t i = 0; i < 2; i++) {
		int value;
		const char *untrusted_text = untrusted_line->params[i];
		if (!value_integer(untrusted_text, &value) || value < directive->min || value > directive->max) {
			parser_error(parser, untrusted_line, "expected a whole number from %g to %g, not %s", directive->min,
				directive->max, errors_quote(untrusted_text, quoted));
			continue;
		}
		*fields[i] = value;
	}
}
