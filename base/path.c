#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/path.h"

bool path_is_within(const char *inner, const char *outer) {
	size_t length = strlen(outer);
	return strncmp(inner, outer, length) == 0 && (inner[length] == '\0' || inner[length] == '/');
}

char *path_parent(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash == NULL ? xstrdup(".") : xstrndup(path, (size_t)(slash - path) + (slash == path));
}

char *path_find_place(const char *path) {
	const char *slash = strrchr(path, '/');
	char *parent = path_parent(path), *real = realpath(parent, NULL);
	char *place = NULL;
	if (real != NULL) {
		place = xasprintf("%s/%s", strcmp(real, "/") == 0 ? "" : real, slash != NULL ? slash + 1 : path);
	}
	free(real);
	free(parent);
	return place;
}
