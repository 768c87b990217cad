#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/utf8.h"
#include "config/edit.h"
#include "config/unfold.h"

char *config_edit_line(const char *path, bool is_file) {
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+/@%,:=";
	const char *name = is_file ? "persist-file" : "persist";
	if (!utf8_is_line(path, strlen(path))) {
		return NULL;
	}
	if (path[strspn(path, plain)] == '\0') {
		return xasprintf("%s %s", name, path);
	}
	char *quoted = xcalloc(strlen(path) * 2 + 1, 1), *out = quoted;
	for (const char *c = path; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\') {
			*out++ = '\\';
		}
		*out++ = *c;
	}
	char *line = xasprintf("%s \"%s\"", name, quoted);
	free(quoted);
	return line;
}

/* ---- where the block ends ---- */

/* Of the scan over the file's words. */
struct scan {
	const char *name;
	int depth;
	size_t words; /* of the directive so far */
	bool is_instance, is_ours; /* the directive's first word; its second too */
	bool inside; /* the block */
	const char *brace; /* that ends the block; NULL until it is found */
};

static bool is_word(const char *word, size_t length, const char *text) {
	/* A name may stand in quotes, and never needs to. */
	if (length >= 2 && (word[0] == '"' || word[0] == '\'') && word[length - 1] == word[0]) {
		word++;
		length -= 2;
	}
	return length == strlen(text) && memcmp(word, text, length) == 0;
}

static void take_word(struct scan *scan, const char *word, size_t length) {
	bool ends = length > 1 && word[length - 1] == ';';
	length -= ends;
	if (length == 1 && word[0] == '{') {
		scan->inside = scan->inside || (scan->depth == 0 && scan->is_ours && scan->words == 2);
		scan->depth++;
		scan->words = 0;
	} else if (length == 1 && word[0] == '}') {
		scan->depth--;
		scan->words = 0;
		if (scan->inside && scan->depth == 0) {
			scan->brace = word;
		}
	} else {
		scan->words++;
		if (scan->words == 1) {
			scan->is_instance = is_word(word, length, "instance");
			scan->is_ours = false;
		} else if (scan->words == 2) {
			scan->is_ours = scan->is_instance && is_word(word, length, scan->name);
		}
	}
	if (ends) {
		scan->words = 0;
	}
}

static const char *find_brace(const char *text, size_t length, const char *name) {
	struct scan scan = { .name = name };
	const char *at = text, *end = text + length;
	while (at < end && scan.brace == NULL) {
		const char *feed = memchr(at, '\n', (size_t)(end - at)), *line_end = feed != NULL ? feed : end;
		at += strspn(at, " \t");
		scan.words = 0;
		at = at < line_end && *at == '#' ? line_end : at;
		while (at < line_end && scan.brace == NULL) {
			const char *word = at;
			at = unfold_word_end(word, line_end);
			take_word(&scan, word, (size_t)(at - word));
			at += strspn(at, " \t");
		}
		at = line_end + (feed != NULL);
	}
	return scan.brace;
}

/* ---- the new line ---- */

/* "instance x {" … "}": the blanks before the last line of the block, or one tab more than before the brace. */
static char *find_indent(const char *text, const char *brace_line, const char *brace) {
	const char *at = brace_line;
	while (at > text) {
		const char *end = at - 1;
		for (at = end; at > text && at[-1] != '\n';) {
			at--;
		}
		size_t blanks = strspn(at, " \t");
		if (at + blanks < end) {
			bool opens = end[-1] == '{';
			return opens ? xasprintf("%.*s\t", (int)(brace - brace_line), brace_line) : xstrndup(at, blanks);
		}
	}
	return xstrdup("\t");
}

static char *insert(const char *text, size_t length, const char *brace, const char *line) {
	const char *brace_line = brace;
	while (brace_line > text && brace_line[-1] != '\n') {
		brace_line--;
	}
	size_t rest = length - (size_t)(brace - text);
	if (strspn(brace_line, " \t") == (size_t)(brace - brace_line)) {
		char *indent = find_indent(text, brace_line, brace);
		char *new_text = xasprintf("%.*s%s%s\n%.*s%.*s", (int)(brace_line - text), text, indent, line,
			(int)(brace - brace_line), brace_line, (int)rest, brace);
		free(indent);
		return new_text;
	}
	/* instance x { persist a; } */
	const char *before = brace;
	while (before > brace_line && (before[-1] == ' ' || before[-1] == '\t')) {
		before--;
	}
	bool needs_end = before > brace_line && before[-1] != ';' && before[-1] != '{';
	return xasprintf("%.*s%s %s; %.*s", (int)(before - text), text, needs_end ? ";" : "", line, (int)rest, brace);
}

/* ---- is it right? ---- */

static bool has_persist(const struct config_instance *instance, const char *path, bool is_file) {
	for (size_t i = 0; i < instance->persist_len; i++) {
		if (strcmp(instance->persist[i].path, path) == 0) {
			return instance->persist[i].is_file == is_file;
		}
	}
	return false;
}

/* The same instances, with as many paths as before but for the one that is new. */
bool config_edit_is_right(
	const struct config *old, const struct config *new, const char *name, const char *path, bool is_file) {
	if (old->instances_len != new->instances_len || old->binds_len != new->binds_len) {
		return false;
	}
	for (size_t i = 0; i < old->instances_len; i++) {
		const struct config_instance *before = &old->instances[i], *after = &new->instances[i];
		bool ours = strcmp(before->name, name) == 0;
		if (strcmp(before->name, after->name) != 0 || after->persist_len != before->persist_len + ours ||
			after->files_len != before->files_len || (ours && !has_persist(after, path, is_file))) {
			return false;
		}
	}
	return true;
}

char *config_edit_insert(const char *untrusted_text, size_t length, const char *name, const char *path, bool is_file,
	char *reason, size_t size) {
	char *line = config_edit_line(path, is_file), *new_text = NULL;
	const char *brace = memchr(untrusted_text, '\0', length) == NULL && length < CONFIG_SIZE_MAX
		? find_brace(untrusted_text, length, name)
		: NULL;
	if (line == NULL) {
		snprintf(reason, size, "a path with control characters cannot stand in the config");
	} else if (brace == NULL) {
		snprintf(reason, size, "the block of the instance %s was not found in the config", name);
	} else {
		new_text = insert(untrusted_text, length, brace, line);
	}
	free(line);
	return new_text;
}
