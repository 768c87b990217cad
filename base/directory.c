#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/directory.h"
#include "base/memory.h"

void directory_make(const char *path, mode_t mode) {
	char *copy = xstrdup(path);
	for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, mode);
		*slash = '/';
	}
	mkdir(copy, mode);
	free(copy);
}
