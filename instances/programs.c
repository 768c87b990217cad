#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/memory.h"
#include "instances/programs.h"

/* The directory of the executable that runs. The caller frees it. */
static char *own_directory(void) {
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (length <= 0) {
		return xstrdup("/");
	}
	/* analyzer: one byte less than there is room for was asked for */
	path[length] = '\0';
	*strrchr(path, '/') = '\0';
	return xstrdup(path);
}

/* Takes over path. NULL where there is nothing of that kind. */
static char *keep_if(char *path, int access_mode) {
	char *real = access(path, access_mode) == 0 ? realpath(path, NULL) : NULL;
	free(path);
	return real;
}

char *programs_find(const char *name, const char *room) {
	char *directory = own_directory();
	char *path = keep_if(xasprintf("%s/../libexec/%s", directory, name), X_OK);
	if (path == NULL) {
		path = keep_if(xasprintf("%s/../%s/%s", directory, room, name), X_OK);
	}
	free(directory);
	return path != NULL ? path : xasprintf("%s/%s", COFFERDAM_LIBEXECDIR, name);
}
