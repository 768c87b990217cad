#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "config/unfold.h"

struct writer {
	struct unfolded *out;
	size_t text_size, lines_size;
	int line; /* of the file, 1-based */
	bool is_empty; /* nothing but blanks on the line being written */
};

static void put_byte(struct writer *writer, char byte) {
	struct unfolded *out = writer->out;
	if (out->length + 1 >= writer->text_size) {
		writer->text_size = writer->text_size * 2 + 64;
		out->text = xrealloc_array(out->text, writer->text_size, 1);
	}
	out->text[out->length++] = byte;
	out->text[out->length] = '\0';
}

static void begin_line(struct writer *writer) {
	struct unfolded *out = writer->out;
	if (out->lines_len == writer->lines_size) {
		writer->lines_size = writer->lines_size * 2 + 64;
		out->lines = xrealloc_array(out->lines, writer->lines_size, sizeof(*out->lines));
	}
	out->lines[out->lines_len++] = writer->line;
	writer->is_empty = true;
}

static void put_word(struct writer *writer, const char *word, size_t length) {
	for (size_t i = 0; i < length; i++) {
		put_byte(writer, word[i]);
	}
	writer->is_empty = writer->is_empty && length == 0;
}

static void break_line(struct writer *writer) {
	if (!writer->is_empty) {
		put_byte(writer, '\n');
		begin_line(writer);
	}
}

static bool is_blank(char c) {
	return c == ' ' || c == '\t';
}


const char *unfold_word_end(const char *at, const char *end) {
	char quote = '\0';
	for (; at < end && (quote != '\0' || !is_blank(*at)); at++) {
		if (*at == '\\' && quote != '\'' && at + 1 < end) {
			at++;
		} else if (quote != '\0') {
			quote = *at == quote ? '\0' : quote;
		} else if (*at == '"' || *at == '\'') {
			quote = *at;
		}
	}
	return at;
}

static bool is_escaped(const char *word, const char *at) {
	size_t backslashes = 0;
	while (at > word && at[-1] == '\\') {
		backslashes++;
		at--;
	}
	return backslashes % 2 == 1;
}

static void lay_out_word(struct writer *writer, const char *word, const char *end, bool is_last) {
	size_t length = (size_t)(end - word);
	bool ends = length > 0 && word[length - 1] == ';' && !is_escaped(word, word + length - 1);
	length -= ends;
	bool closes = length == 1 && word[0] == '}';
	if (closes) {
		break_line(writer);
	}
	put_word(writer, word, length);
	bool opens = length == 1 && word[0] == '{';
	if ((opens && !is_last) || ends) {
		break_line(writer);
	}
}

static void lay_out_line(struct writer *writer, const char *at, const char *end) {
	begin_line(writer);
	while (at < end && is_blank(*at)) {
		put_byte(writer, *at++);
	}
	if (at < end && *at == '#') {
		put_word(writer, at, (size_t)(end - at));
		return;
	}
	while (at < end) {
		const char *word = at;
		at = unfold_word_end(word, end);
		const char *next = at;
		while (next < end && is_blank(*next)) {
			next++;
		}
		lay_out_word(writer, word, at, next == end);
		/* Blanks as they were, but for those that a break took the place of. */
		while (at < next) {
			if (!writer->is_empty) {
				put_byte(writer, *at);
			}
			at++;
		}
	}
}

void unfold(struct unfolded *unfolded, const char *untrusted_text, size_t length) {
	*unfolded = (struct unfolded){ 0 };
	struct writer writer = { .out = unfolded };
	unfolded->text = xcalloc(1, 1);
	const char *at = untrusted_text, *end = untrusted_text + length;
	while (at < end) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = feed != NULL ? feed : end;
		writer.line++;
		lay_out_line(&writer, at, line_end);
		if (feed != NULL) {
			put_byte(&writer, '\n');
		}
		at = line_end + (feed != NULL);
	}
}

void unfolded_finish(struct unfolded *unfolded) {
	free(unfolded->text);
	free(unfolded->lines);
	*unfolded = (struct unfolded){ 0 };
}

static int map(const struct unfolded *unfolded, int line) {
	return line > 0 && (size_t)line <= unfolded->lines_len ? unfolded->lines[line - 1] : line;
}

void unfolded_map_errors(const struct unfolded *unfolded, struct config_errors *errors, size_t first) {
	for (size_t i = first; i < errors->len; i++) {
		errors->list[i].line = map(unfolded, errors->list[i].line);
	}
}

void unfolded_map_tree(const struct unfolded *unfolded, struct scfg_block *tree) {
	for (size_t i = 0; i < tree->directives_len; i++) {
		tree->directives[i].lineno = map(unfolded, tree->directives[i].lineno);
		unfolded_map_tree(unfolded, &tree->directives[i].children);
	}
}
