#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "base/memory.h"
#include "golden.h"

static char *find(const char *name) {
	return xasprintf("%s/%s.txt", getenv("TEST_GOLDEN"), name);
}

void golden_print_words(FILE *out, const struct words *words) {
	for (size_t i = 0; i < words->len; i++) {
		fprintf(out, "%s%s", words->starts[i] ? i > 0 ? "\n" : "" : " ", words->list[i]);
	}
	fprintf(out, "\n");
}

void golden_compare(const char *name, const char *text, const char *what) {
	static char golden[32768];
	char *path = find(name);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	golden[fread(golden, 1, sizeof(golden) - 1, file)] = '\0';
	fclose(file);
	if (strcmp(text, golden) != 0) {
		fail_msg("%s: %s:\n%s", path, what, text);
	}
	free(path);
}

bool golden_write(const char *name, const char *text) {
	char *path = find(name);
	FILE *file = fopen(path, "w");
	bool written = file != NULL && fputs(text, file) >= 0;
	written = file != NULL && fclose(file) == 0 && written;
	if (!written) {
		perror(path);
	}
	free(path);
	return written;
}
