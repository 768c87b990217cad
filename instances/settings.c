#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/memory.h"
#include "instances/programs.h"
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
	const char *config_home = getenv("XDG_CONFIG_HOME");
	settings->given = path != NULL ? xstrdup(path) : NULL;
	settings->home = xstrdup(home);
	settings->own = config_home != NULL && config_home[0] == '/' ? xasprintf("%s/cofferdam/config", config_home)
		: xasprintf("%s/.config/cofferdam/config", home);
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
	if (settings->given != NULL) {
		return xstrdup(settings->given);
	}
	/* One that exists but cannot be read is an error to be told, not a reason to fall back. */
	return access(settings->own, F_OK) == 0 ? xstrdup(settings->own) : programs_find_default_config();
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
