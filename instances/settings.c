#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "config/find.h"
#include "instances/settings.h"

struct settings {
	char *given; /* -c, or NULL */
	char *own; /* the person's */
	char *path; /* read last */
	char *home;
	uint32_t last_serial;
	struct snapshot *current;
};

struct settings *settings_create(const char *path, const char *home) {
	struct settings *settings = xcalloc(1, sizeof(*settings));
	settings->given = path != NULL ? xstrdup(path) : NULL;
	settings->home = xstrdup(home);
	settings->own = config_find_own(home);
	settings->path = xstrdup("");
	return settings;
}

void settings_destroy(struct settings *settings) {
	if (settings == NULL) {
		return;
	}
	snapshot_unref(settings->current);
	free(settings->given);
	free(settings->own);
	free(settings->path);
	free(settings->home);
	free(settings);
}

static char *choose_path(const struct settings *settings) {
	return settings->given != NULL ? xstrdup(settings->given) : config_find(settings->home);
}

struct snapshot *settings_read(struct settings *settings, struct config_errors *errors) {
	free(settings->path);
	settings->path = choose_path(settings);
	return snapshot_load(settings->path, settings->home, ++settings->last_serial, errors);
}

void settings_accept(struct settings *settings, struct snapshot *snapshot) {
	snapshot_unref(settings->current);
	settings->current = snapshot;
}

struct snapshot *settings_get(const struct settings *settings) {
	return settings->current;
}

const char *settings_get_path(const struct settings *settings) {
	return settings->path;
}

const char *settings_get_own_path(const struct settings *settings) {
	return settings->own;
}

const char *settings_get_given_path(const struct settings *settings) {
	return settings->given;
}
