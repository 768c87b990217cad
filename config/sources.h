#ifndef CONFIG_SOURCES_H
#define CONFIG_SOURCES_H

/*
 * The files that a config is made of: the one that was named, and those that `include` lines name, in the place of these
 * lines. All are read before anything is made of them, so that who parses the text afterwards opens no files.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "config/config.h"

#define SOURCES_MAX 64
#define SOURCES_DEPTH_MAX 8 /* of files that include files */

struct config_source {
	char *path; /* as it was opened: from the directory of the file that includes it, where that is how it says it */
	char *text; /* with a zero byte after it */
	size_t length;
	dev_t device;
	ino_t inode;
};

/* Where a line of the whole text stands. */
struct config_origin {
	int source; /* 0: the file that was named */
	int line;
};

struct config_sources {
	struct config_source *list;
	size_t len;
	struct config_origin *lines; /* of the whole text; NULL where nothing is included, and the whole is the file itself */
	size_t lines_len;
};

/* One of the files as it is to be, for a look at what would come of it. */
struct config_draft {
	const char *path; /* as in struct config_source */
	const char *text;
	size_t length;
};

/*
 * Reads the file at path, which is regular or a link to one, and what it includes. draft may be NULL. Returns the whole
 * text, zero-terminated, for the caller to free, and *sources for sources_finish(), in any case; NULL where there is an
 * error because of which it makes no sense to go on. errors gets all that are found; there may be some with a text, too.
 */
char *sources_read(const char *path, const char *home, const struct config_draft *draft, struct config_sources *sources,
	size_t *length, struct config_errors *errors);
void sources_finish(struct config_sources *sources);

/* sources may be NULL. */
struct config_origin sources_find(const struct config_sources *sources, int line);
/* The file of that line, as a person is told: its path, or NULL for the one that was named. */
const char *sources_get_path(const struct config_sources *sources, int line);
/* From lines of the whole text to lines of the files, for the errors from number first on. */
void sources_map_errors(const struct config_sources *sources, struct config_errors *errors, size_t first);

/* What is wrong with the parameter of an include line, to stand after "expected "; NULL where nothing is. */
const char *sources_find_fault(const char *untrusted_path);

#endif
