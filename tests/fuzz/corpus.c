#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/fd.h"
#include "base/memory.h"
#include "tests/fuzz/corpus.h"

void corpus_add(struct corpus *corpus, const char *name, const uint8_t *data, size_t size) {
	if (corpus->len == corpus->room) {
		corpus->room = corpus->room * 2 + 16;
		corpus->list = xrealloc_array(corpus->list, corpus->room, sizeof(*corpus->list));
	}
	struct input *input = &corpus->list[corpus->len++];
	*input = (struct input){ .name = name != NULL ? xstrdup(name) : NULL, .size = size };
	input->data = xcalloc(size + 1, 1);
	if (size > 0) {
		memcpy(input->data, data, size);
	}
}

static bool add_file(struct corpus *corpus, const char *path, size_t max) {
	size_t size = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data = fd >= 0 ? fd_read_all(fd, max, &size) : NULL;
	if (data == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	} else {
		corpus_add(corpus, path, (const uint8_t *)data, size);
	}
	free(data);
	fd_close(&fd);
	return data != NULL;
}

bool corpus_add_path(struct corpus *corpus, const char *path, size_t max) {
	struct stat status;
	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
		return add_file(corpus, path, max);
	}
	struct dirent **entries;
	int len = scandir(path, &entries, NULL, alphasort);
	if (len < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	bool good = true;
	for (int i = 0; i < len; i++) {
		if (entries[i]->d_name[0] != '.') {
			char *file = xasprintf("%s/%s", path, entries[i]->d_name);
			good = add_file(corpus, file, max) && good;
			free(file);
		}
		free(entries[i]);
	}
	free(entries);
	return good;
}

void corpus_finish(struct corpus *corpus) {
	for (size_t i = 0; i < corpus->len; i++) {
		free(corpus->list[i].name);
		free(corpus->list[i].data);
	}
	free(corpus->list);
	*corpus = (struct corpus){ 0 };
}
