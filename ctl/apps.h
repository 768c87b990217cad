#ifndef CTL_APPS_H
#define CTL_APPS_H

/*
 * What can be started in an instance: the apps of the config, and the .desktop files of its root. What the instance
 * itself has written, in its home, is not looked at.
 */

#include "ctl/arguments.h"
#include "ctl/places.h"

struct app {
	char *id; /* what `coffer run` takes: an app's name, or "firefox.desktop" */
	char *name; /* for a person */
	char *icon; /* a name or a path inside; "" for none */
	char *icon_file; /* the path outside; NULL where none was found */
	char **words; /* the command, NULL-terminated */
	size_t words_len;
	bool terminal;
};

struct apps {
	struct app *list; /* the config's in its order, then the others by name */
	size_t len;
};

/* The caller calls apps_finish(). */
void apps_find(const struct places *places, const struct config_instance *instance, struct apps *apps);
void apps_finish(struct apps *apps);

/* coffer apps. Returns an enum control_exit, and has said what is wrong where that is not EXIT_CODE_OK. */
int apps_show(const struct arguments *arguments);

#endif
