#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/utf8.h"
#include "config/errors.h"
#include "config/syntax.h"

/* The deepest that any directive goes is 1; libscfg recurses, and this bounds it. */
#define DEPTH_MAX 4

enum line_shape {
	LINE_PLAIN,
	LINE_OPENS, /* ends in '{' */
	LINE_CLOSES, /* is '}' */
};

struct scanner {
	struct config_errors *errors;
	int line;
	size_t depth;
	int opened[DEPTH_MAX]; /* the line of each open '{' */
	enum syntax_result result;
};

/* What a reader of the file would not see, or not see where it stands. */
static const struct {
	uint32_t first, last;
	const char *what;
} hidden[] = {
	{ 0x00, 0x00, "a zero byte" },
	{ 0x01, 0x08, "a control character" },
	{ 0x0b, 0x0c, "a control character" },
	{ 0x0d, 0x0d, "a carriage return: lines end in a line feed alone" },
	{ 0x0e, 0x1f, "a control character" },
	{ 0x7f, 0x9f, "a control character" },
	{ 0x200e, 0x200f, "an invisible direction mark" },
	{ 0x2028, 0x2029, "an invisible line separator" },
	{ 0x202a, 0x202e, "an invisible direction mark" },
	{ 0x2066, 0x2069, "an invisible direction mark" },
	{ 0xfeff, 0xfeff, "an invisible byte order mark" },
	{ UTF8_INVALID, UTF8_INVALID, "bytes that are not UTF-8" },
};

static const char *find_hidden(const char *at, const char *end) {
	while (at < end) {
		uint32_t code_point;
		at += utf8_decode(at, (size_t)(end - at), &code_point);
		for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
			if (code_point >= hidden[i].first && code_point <= hidden[i].last) {
				return hidden[i].what;
			}
		}
	}
	return NULL;
}

static bool is_blank(char c) {
	return c == ' ' || c == '\t';
}

static const char *skip_blank(const char *at, const char *end) {
	while (at < end && is_blank(*at)) {
		at++;
	}
	return at;
}

/* The next two move *at past a word and return what is wrong with it, or NULL. */
static const char *scan_quoted(const char **at, const char *end) {
	char quote = **at;
	const char *c = *at + 1;
	while (c < end && *c != quote) {
		/* Between single quotes a backslash is a character like any other. */
		c += *c == '\\' && quote == '"' ? 2 : 1;
	}
	if (c >= end) {
		return "a quote is opened and not closed on this line";
	}
	c++;
	if (c < end && !is_blank(*c)) {
		return "a space is missing after a closing quote";
	}
	*at = c;
	return NULL;
}

static const char *scan_bare(const char **at, const char *end) {
	const char *c = *at;
	while (c < end && !is_blank(*c)) {
		if (*c == '"' || *c == '\'') {
			return "a quote inside a word: put the whole word in quotes";
		}
		if (*c == '{' || *c == '}') {
			return "a brace inside a word: put the word in quotes, or a space before '{'";
		}
		c += *c == '\\' ? 2 : 1;
	}
	if (c > end) {
		return "a backslash at the end of the line: it can only stand before a character";
	}
	*at = c;
	return NULL;
}

static const char *scan_line(const char *at, const char *end, enum line_shape *shape) {
	*shape = LINE_PLAIN;
	const char *start = at = skip_blank(at, end);
	if (at < end && *at == '#') {
		return NULL;
	}
	for (; at < end; at = skip_blank(at, end)) {
		if (*at == '}') {
			*shape = LINE_CLOSES;
			bool alone = at == start && skip_blank(at + 1, end) == end;
			return alone ? NULL : "expected '}' on a line of its own";
		}
		if (*at == '{') {
			*shape = LINE_OPENS;
			if (at == start) {
				return "expected a directive's name before '{'";
			}
			bool last = skip_blank(at + 1, end) == end;
			return last ? NULL : "expected the line to end after '{'";
		}
		bool quoted = *at == '"' || *at == '\'';
		const char *wrong = quoted ? scan_quoted(&at, end) : scan_bare(&at, end);
		if (wrong != NULL) {
			return wrong;
		}
	}
	return NULL;
}

static void open_block(struct scanner *scanner) {
	if (scanner->depth == DEPTH_MAX) {
		errors_add(scanner->errors, scanner->line, "blocks are nested more than %d deep", DEPTH_MAX);
		scanner->result = SYNTAX_LOST;
		return;
	}
	scanner->opened[scanner->depth++] = scanner->line;
}

static void close_block(struct scanner *scanner) {
	if (scanner->depth == 0) {
		errors_add(scanner->errors, scanner->line, "'}' closes nothing: no block is open here");
		scanner->result = SYNTAX_LOST;
		return;
	}
	scanner->depth--;
}

static void check_line(struct scanner *scanner, char *line, size_t length) {
	enum line_shape shape;
	const char *unseen = find_hidden(line, line + length);
	const char *wrong = scan_line(line, line + length, &shape);
	if (unseen != NULL) {
		errors_add(scanner->errors, scanner->line, "the line holds %s", unseen);
	} else if (wrong != NULL) {
		errors_add(scanner->errors, scanner->line, "%s", wrong);
	}

	if (unseen != NULL || wrong != NULL) {
		bool braces = memchr(line, '{', length) != NULL || memchr(line, '}', length) != NULL;
		if (braces) {
			scanner->result = SYNTAX_LOST;
		} else if (scanner->result == SYNTAX_GOOD) {
			scanner->result = SYNTAX_MENDED;
		}
		memset(line, ' ', length);
		return;
	}
	/* Once the blocks are lost, what is said of them would be a guess. */
	if (scanner->result == SYNTAX_LOST) {
		return;
	}
	if (shape == LINE_OPENS) {
		open_block(scanner);
	} else if (shape == LINE_CLOSES) {
		close_block(scanner);
	}
}

enum syntax_result syntax_check(char *untrusted_text, size_t length, struct config_errors *errors) {
	struct scanner scanner = { .errors = errors, .result = SYNTAX_GOOD };
	char *end = untrusted_text + length;
	for (char *line = untrusted_text; line < end;) {
		char *feed = memchr(line, '\n', (size_t)(end - line));
		char *line_end = feed != NULL ? feed : end;
		scanner.line++;
		check_line(&scanner, line, (size_t)(line_end - line));
		line = line_end + 1;
	}
	if (scanner.result == SYNTAX_LOST) {
		return SYNTAX_LOST;
	}
	for (size_t i = 0; i < scanner.depth; i++) {
		errors_add(errors, scanner.opened[i], "the block opened here is never closed: expected '}'");
	}
	return scanner.depth > 0 ? SYNTAX_LOST : scanner.result;
}

bool syntax_read_tree(const char *untrusted_text, size_t length, struct scfg_block *tree, struct config_errors *errors) {
	*tree = (struct scfg_block){ 0 };
	if (length == 0) {
		return true;
	}
	FILE *file = fmemopen((char *)untrusted_text, length, "r");
	if (file == NULL) {
		errors_add(errors, 0, "the text cannot be read: out of memory");
		return false;
	}
	int result = scfg_parse_file(tree, file);
	fclose(file);
	if (result != 0) {
		errors_add(errors, 0, "libscfg cannot read the text: expected the form of cofferdam-config(5)");
		return false;
	}
	return true;
}
