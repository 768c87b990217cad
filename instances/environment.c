#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "instances/environment.h"

static const struct {
	const char *name;
	const char *value;
} always[] = {
	{ "HOME", INSIDE_HOME },
	{ "USER", INSIDE_USER },
	{ "LOGNAME", INSIDE_USER },
	{ "PATH", "/usr/local/bin:/usr/bin:/bin" },
	{ "XDG_RUNTIME_DIR", INSIDE_RUNTIME },
	{ "WAYLAND_DISPLAY", INSIDE_DISPLAY },
	{ "XDG_SESSION_TYPE", "wayland" },
	{ "XDG_CURRENT_DESKTOP", "cofferdam" },
	/* Toolkits that guess would try X11 first, or wait for it. */
	{ "GDK_BACKEND", "wayland" },
	{ "QT_QPA_PLATFORM", "wayland" },
	{ "SDL_VIDEODRIVER", "wayland" },
	{ "MOZ_ENABLE_WAYLAND", "1" },
	/* There is no accessibility bus inside, and programs wait for one. */
	{ "NO_AT_BRIDGE", "1" },
	{ "GTK_A11Y", "none" },
};

/* There is no /usr whose directories programs would find by themselves. */
static void set_closure(const struct plan_closure *closure, struct words *environment) {
	static const struct {
		const char *name, *below;
	} directories[] = {
		{ "PATH", "sw/bin" },
		{ "XDG_DATA_DIRS", "sw/share" },
		{ "XDG_CONFIG_DIRS", "sw/etc/xdg" },
		{ "XCURSOR_PATH", "sw/share/icons" },
		{ "TERMINFO_DIRS", "sw/share/terminfo" },
	};
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		char *path = xasprintf("%s/%s", closure->root, directories[i].below);
		words_set(environment, directories[i].name, path);
		free(path);
	}
	if (closure->shell != NULL) {
		words_set(environment, "SHELL", closure->shell);
	}
}

void environment_build(const struct plan *plan, struct words *environment) {
	const struct plan_facts *facts = plan->facts;
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		words_set(environment, always[i].name, always[i].value);
	}
	if (facts->closure != NULL) {
		set_closure(facts->closure, environment);
	} else {
		words_set(environment, "SHELL", facts->has_bash ? "/bin/bash" : "/bin/sh");
	}
	if (facts->has_bus) {
		words_set(environment, "DBUS_SESSION_BUS_ADDRESS", "unix:path=" INSIDE_RUNTIME "/bus");
	}
	if (facts->timezone != NULL) {
		words_set(environment, "TZ", facts->timezone);
	}
	if (facts->locale.len == 0) {
		words_set(environment, "LANG", "C.UTF-8");
	}
	const struct words *locale = &facts->locale;
	for (size_t i = 0; i < locale->len; i++) {
		words_add(environment, locale->list[i], NULL);
	}
	const struct config_argv *own = plan->instance->environment;
	for (size_t i = 0; own != NULL && i < own->len; i++) {
		char *equals = strchr(own->words[i], '=');
		if (equals == NULL) {
			continue; /* the config has checked it */
		}
		char *name = xstrndup(own->words[i], (size_t)(equals - own->words[i]));
		words_set(environment, name, equals + 1);
		free(name);
	}
}
