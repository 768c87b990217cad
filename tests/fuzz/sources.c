/*
 * A config of several files. The input is their texts, with a zero byte after each but the last: `config`, then `a`, `b` and
 * `c` beside it. What is made of them is what the whole text says to somebody who reads no file, as the compositor does;
 * and every error names a line that its file has.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "config/check.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/model.h"
#include "tests/fuzz/tree.h"

static const char *const names[] = { "config", "a", "b", "c" };
#define NAMES_LEN (sizeof(names) / sizeof(names[0]))

static void write_file(int directory_fd, const char *name, const uint8_t *data, size_t size) {
	int fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	fd_close(&fd);
}

/* How many lines the text of that name has; at least one. */
static int count_lines(const uint8_t *const *texts, const size_t *sizes, const char *path) {
	int lines = 1;
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;
	for (size_t i = 0; i < NAMES_LEN; i++) {
		if (strcmp(names[i], slash != NULL ? slash + 1 : "config") == 0) {
			for (size_t j = 0; texts[i] != NULL && j < sizes[i]; j++) {
				lines += texts[i][j] == '\n';
			}
		}
	}
	return lines;
}

static void check_errors(const struct config_errors *errors, const uint8_t *const *texts, const size_t *sizes) {
	FUZZ_CHECK(errors->len > 0 && errors->len <= CONFIG_ERRORS_MAX);
	for (size_t i = 0; i < errors->len; i++) {
		const struct config_error *error = &errors->list[i], *before = i > 0 ? error - 1 : error;
		FUZZ_CHECK((error->source == 0) == (error->file == NULL));
		FUZZ_CHECK(error->line >= 1 && error->line <= count_lines(texts, sizes, error->file));
		FUZZ_CHECK(before->source < error->source || (before->source == error->source && before->line <= error->line));
		for (char *tab = strchr(error->text, '\t'); tab != NULL; tab = strchr(tab, '\t')) {
			*tab = ' ';
		}
		FUZZ_CHECK(utf8_is_line(error->text, strlen(error->text)));
	}
}

static void check_whole(const struct config_loaded *loaded, const char *home) {
	struct config_errors errors = { 0 };
	struct config *again = config_parse(loaded->text, loaded->length, home, &errors);
	FUZZ_CHECK(again != NULL && strlen(loaded->text) == loaded->length);
	char *one = model_print(loaded->config), *other = model_print(again);
	FUZZ_CHECK(strcmp(one, other) == 0);
	free(other);
	free(one);
	config_destroy(again);
	for (size_t i = 0; i < loaded->config->instances_len; i++) {
		struct config_origin origin = sources_find(&loaded->sources, loaded->config->instances[i].line);
		FUZZ_CHECK(origin.source >= 0 && (size_t)origin.source < loaded->sources.len && origin.line >= 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	const uint8_t *texts[NAMES_LEN] = { 0 }, *end = data + size;
	size_t sizes[NAMES_LEN] = { 0 }, len = 0;
	int directory_fd = tree_open();
	for (const uint8_t *at = data; len < NAMES_LEN; len++) {
		const uint8_t *zero = at < end && len < NAMES_LEN - 1 ? memchr(at, 0, (size_t)(end - at)) : NULL;
		texts[len] = at;
		sizes[len] = (size_t)((zero != NULL ? zero : end) - at);
		write_file(directory_fd, names[len], at, sizes[len]);
		at = zero != NULL ? zero + 1 : end;
	}
	char *path = xasprintf("%s/config", tree_place());
	struct config_loaded loaded;
	struct config_errors errors = { 0 };
	if (config_load(path, "/home/person", &loaded, &errors)) {
		FUZZ_CHECK(errors.len == 0);
		check_whole(&loaded, "/home/person");
	} else {
		check_errors(&errors, texts, sizes);
	}
	config_loaded_finish(&loaded);
	config_errors_finish(&errors);
	free(path);
	for (size_t i = 0; i < NAMES_LEN; i++) {
		tree_remove(names[i]);
	}
	fd_close(&directory_fd);
	return 0;
}
