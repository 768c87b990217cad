/*
 * The edit that `coffer state keep` makes in a person's config. The input is lines: the path, "F" before it for a
 * file; the instance's name; then the config. What comes out is the same text with the one line put in, and the same
 * model with the one path; or nothing, and a reason.
 */

#include <string.h>
#include "base/memory.h"
#include "base/name.h"
#include "config/config.h"
#include "config/edit.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/model.h"
#include "tests/fuzz/tree.h"

#define HOME "/home/person"

static struct config *parse(const char *text, size_t length) {
	struct config_errors errors = { 0 };
	struct config *config = config_parse(text, length, HOME, &errors);
	config_errors_finish(&errors);
	return config;
}

static size_t common_head(const char *a, const char *b) {
	size_t length = 0;
	while (a[length] != '\0' && a[length] == b[length]) {
		length++;
	}
	return length;
}

/* Put in at one place, where blanks before the brace may have gone, with no more around the line than its indent needs. */
static void check_text(const char *old, const char *new, const char *line) {
	size_t old_length = strlen(old), new_length = strlen(new), head = common_head(old, new), tail = 0;
	while (tail < old_length - head && tail < new_length - head && old[old_length - 1 - tail] == new[new_length - 1 - tail]) {
		tail++;
	}
	/* What both end in may begin in the line: so the line is looked for around what differs. */
	for (size_t i = head; i < old_length - tail; i++) {
		FUZZ_CHECK(old[i] == ' ' || old[i] == '\t');
	}
	bool found = false;
	for (const char *at = strstr(new, line); at != NULL && !found; at = strstr(at + 1, line)) {
		size_t before = (size_t)(at - new), after = before + strlen(line);
		/* Without the line, and what separates it, it is the old one. */
		char *without = xcalloc(new_length + 1, 1), *blank_free = xcalloc(old_length + 1, 1);
		size_t len = 0, old_len = 0;
		for (size_t i = 0; i < new_length; i++) {
			if ((i < before || i >= after) && strchr(" \t\n;", new[i]) == NULL) {
				without[len++] = new[i];
			}
		}
		for (size_t i = 0; i < old_length; i++) {
			if (strchr(" \t\n;", old[i]) == NULL) {
				blank_free[old_len++] = old[i];
			}
		}
		found = strcmp(without, blank_free) == 0;
		free(without);
		free(blank_free);
	}
	FUZZ_CHECK(found);
	/* Its indent is a line's of the block: no longer than what was there before, and a little. */
	FUZZ_CHECK(new_length <= 2 * old_length + strlen(line) + 8);
}

/* Takes the path out of the new model again: then they are the same. */
static void check_model(const struct config *old, struct config *new, const char *name, const char *path, bool is_file) {
	struct config_instance *instance = NULL;
	for (size_t i = 0; i < new->instances_len; i++) {
		instance = strcmp(new->instances[i].name, name) == 0 ? &new->instances[i] : instance;
	}
	FUZZ_CHECK(instance != NULL && instance->persist_len > 0);
	const struct config_persist *last = &instance->persist[instance->persist_len - 1];
	FUZZ_CHECK(strcmp(last->path, path) == 0 && last->is_file == is_file);
	instance->persist_len--;
	char *before = model_print(old), *after = model_print(new);
	instance->persist_len++;
	FUZZ_CHECK(strcmp(before, after) == 0);
	free(before);
	free(after);
}

/* What would be written, and what it says, as `coffer state keep` goes about it. */
static void check_edit(const char *text, size_t length, const char *name, const char *path, bool is_file) {
	char reason[512] = "";
	struct config *old = parse(text, length), *new = NULL;
	char *new_text = config_edit_insert(text, length, name, path, is_file, reason, sizeof(reason));
	FUZZ_CHECK((new_text == NULL) == (reason[0] != '\0'));
	FUZZ_CHECK(strchr(reason, '\n') == NULL);
	if (new_text != NULL) {
		char *line = config_edit_line(path, is_file);
		FUZZ_CHECK(line != NULL && strlen(text) == length);
		/* Be the text a config by itself or a part of one. */
		check_text(text, new_text, line);
		free(line);
		new = parse(new_text, strlen(new_text));
	}
	if (old != NULL && new != NULL && config_edit_is_right(old, new, name, path, is_file)) {
		check_model(old, new, name, path, is_file);
	}
	config_destroy(old);
	config_destroy(new);
	free(new_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *text = xcalloc(size + 1, 1), *rest = text;
	if (size > 0) {
		memcpy(text, data, size);
	}
	const char *path = tree_next_line(&rest), *name = tree_next_line(&rest);
	bool is_file = path[0] == 'F';
	if (name_is_valid(name)) {
		check_edit(rest, size - (size_t)(rest - text), name, path + is_file, is_file);
	}
	free(text);
	return 0;
}
