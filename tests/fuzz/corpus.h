#ifndef TESTS_FUZZ_CORPUS_H
#define TESTS_FUZZ_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input {
	char *name; /* its file's path; NULL where it has none */
	uint8_t *data;
	size_t size;
};

/* A growing list of inputs, each owned. */
struct corpus {
	struct input *list;
	size_t len, room;
};

/* Adds a file, or every file in a directory in order of name. False, and said on stderr, where it cannot be read. */
bool corpus_add_path(struct corpus *corpus, const char *path, size_t max);
/* Adds a copy. */
void corpus_add(struct corpus *corpus, const char *name, const uint8_t *data, size_t size);
void corpus_finish(struct corpus *corpus);

#endif
