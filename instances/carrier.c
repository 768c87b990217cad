#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/memory.h"
#include "base/path.h"
#include "instances/carrier.h"

/* A regular file that can be executed, by the path that no link is in. The caller frees it; NULL where there is none. */
static char *find_in(const char *directory, size_t length, const char *name) {
	struct stat status;
	char *path = xasprintf("%.*s/%s", (int)length, directory, name);
	bool good = path[0] == '/' && stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
	char *real = good ? realpath(path, NULL) : NULL;
	free(path);
	return real;
}

/* In directories with a colon between two. */
static char *find_program(const char *directories, const char *name) {
	char *found = NULL;
	for (const char *c = directories; found == NULL && *c != '\0';) {
		size_t length = strcspn(c, ":");
		found = length > 0 ? find_in(c, length, name) : NULL;
		c += length + (c[length] == ':');
	}
	return found;
}

static bool is_in_carrier(const struct plan_facts *carrier, const char *path) {
	for (size_t i = 0; i < carrier->sources_len; i++) {
		if (path_is_within(path, carrier->sources[i].path)) {
			return true;
		}
	}
	return false;
}

/* What a program refers to is in the same store. */
static void add_store(struct plan_facts *carrier, const char *program) {
	static const char *const stores[] = { "/nix/store", "/gnu/store" };
	for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
		if (path_is_within(program, stores[i]) && !is_in_carrier(carrier, stores[i])) {
			carrier->sources = xrealloc_array(carrier->sources, carrier->sources_len + 1, sizeof(*carrier->sources));
			carrier->sources[carrier->sources_len++] = (struct plan_source){ stores[i], xstrdup(stores[i]) };
		}
	}
}

char *carrier_find(struct plan_facts *carrier, const char *name, const char *places, const char *who,
	const char *package, char *reason, size_t size) {
	const char *path = getenv("PATH");
	char *found = find_program(path != NULL ? path : "/usr/bin:/bin", name);
	if (found == NULL) {
		found = find_program(places, name);
	}
	if (found == NULL) {
		snprintf(reason, size, "%s needs %s (package %s)", who, name, package);
		return NULL;
	}
	add_store(carrier, found);
	if (!is_in_carrier(carrier, found)) {
		snprintf(reason, size, "%s is not part of the system: %s needs one in /usr", found, who);
		free(found);
		return NULL;
	}
	return found;
}
