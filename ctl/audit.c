#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/name.h"
#include "ctl/audit.h"
#include "ctl/backup.h"
#include "ctl/json.h"
#include "ctl/state.h"
#include "ctl/text.h"
#include "store/layout.h"
#include "store/walk.h"
#include "wire/control.h"

#define FOUND_MAX 2000 /* of one instance */

struct finding {
	char *instance; /* "" for the trusted shell */
	const char *where; /* "config" or "store" */
	const char *kind;
	char *untrusted_what;
};

struct audit {
	struct finding *list;
	size_t len;
	const char *instance; /* whose store is looked at */
	size_t found; /* in it */
	bool cut;
};

/* Takes over what. */
static void add(struct audit *audit, const char *instance, const char *where, const char *kind, char *what) {
	if (audit->len % 64 == 0) {
		audit->list = xrealloc_array(audit->list, audit->len + 64, sizeof(*audit->list));
	}
	audit->list[audit->len++] = (struct finding){ xstrdup(instance), where, kind, what };
}

/* ---- the config ---- */

/* The words in one line, in quotes where they need them. The caller frees it. */
static char *join(const struct config_argv *argv) {
	char *line = xstrdup("");
	for (size_t i = 0; i < argv->len; i++) {
		bool plain = argv->words[i][0] != '\0' && strpbrk(argv->words[i], " \t\n\"'\\$&|;<>(){}*?") == NULL;
		char *longer = xasprintf("%s%s%s%s%s", line, i > 0 ? " " : "", plain ? "" : "'", argv->words[i], plain ? "" : "'");
		free(line);
		line = longer;
	}
	return line;
}

/* Where a line of the config stands: "line 5", and of what other file. The caller frees it. */
static char *find_place(const struct config_sources *sources, int line) {
	const char *path = sources_get_path(sources, line);
	int number = sources_find(sources, line).line;
	return path != NULL ? xasprintf("line %d of %s", number, path) : xasprintf("line %d", number);
}

static void audit_shell(struct audit *audit, const struct config_loaded *loaded) {
	const struct config *config = loaded->config;
	for (size_t i = 1; i < loaded->sources.len; i++) {
		add(audit, "", "config", "include", xstrdup(loaded->sources.list[i].path));
	}
	for (size_t i = 0; i < config->shell_exec_len; i++) {
		add(audit, "", "config", "exec", join(&config->shell_exec[i]));
	}
	if (config->shell_menu.len > 0) {
		add(audit, "", "config", "menu", join(&config->shell_menu));
	}
	for (size_t i = 0; i < config->binds_len; i++) {
		const struct config_bind *bind = &config->binds[i];
		if (bind->action == ACTION_EXEC || (bind->action == ACTION_RUN && bind->app == NULL)) {
			char *line = join(&bind->argv);
			bool runs = bind->action == ACTION_RUN;
			char *place = find_place(&loaded->sources, bind->line);
			add(audit, runs ? bind->instance : "", "config", "bind", xasprintf("%s: %s", place, line));
			free(place);
			free(line);
		}
	}
}

static void audit_instance(struct audit *audit, const struct config_instance *instance) {
	const char *name = instance->name;
	if (instance->network != NETWORK_NONE) {
		add(audit, name, "config", "network", xstrdup(config_network_name(instance->network)));
	}
	if (instance->grants & GRANT_GPU) {
		add(audit, name, "config", "allow", xstrdup("gpu"));
	}
	if (strcmp(instance->root, "host") != 0) {
		add(audit, name, "config", "root", xstrdup(instance->root));
	}
	if (instance->kernel != NULL) {
		add(audit, name, "config", "kernel",
			xasprintf("%s%s%s", instance->kernel, instance->modules != NULL ? " " : "",
				instance->modules != NULL ? instance->modules : ""));
	}
	for (size_t i = 0; i < instance->files_len; i++) {
		add(audit, name, "config", "files",
			xasprintf("%s %s", instance->files[i].path, instance->files[i].writable ? "rw" : "ro"));
	}
	for (size_t i = 0; i < instance->apps_len; i++) {
		char *line = join(&instance->apps[i].argv);
		add(audit, name, "config", "app", xasprintf("%s: %s", instance->apps[i].name, line));
		free(line);
	}
	for (size_t i = 0; i < instance->start_len; i++) {
		add(audit, name, "config", "start", xstrdup(instance->start[i]));
	}
	for (size_t i = 0; i < instance->environment->len; i++) {
		add(audit, name, "config", "env", xstrdup(instance->environment->words[i]));
	}
}

/* ---- the store ---- */

static enum walk_step audit_entry(void *data, const struct walk_entry *entry) {
	struct audit *audit = data;
	mode_t mode = entry->status.st_mode;
	char head[16] = "", target[PATH_MAX] = "";
	size_t head_length = 0;
	if (S_ISREG(mode)) {
		struct stat status;
		int fd = walk_open_file(entry->parent_fd, entry->untrusted_name, &status);
		ssize_t n = fd >= 0 ? read(fd, head, sizeof(head)) : 0;
		head_length = n > 0 ? (size_t)n : 0;
		fd_close(&fd);
	} else if (S_ISLNK(mode)) {
		ssize_t n = readlinkat(entry->parent_fd, entry->untrusted_name, target, sizeof(target) - 1);
		/* analyzer: one byte less than there is room for was asked for */
		target[n > 0 ? n : 0] = '\0';
	}
	const char *kind = audit_classify(entry->untrusted_path, mode, head, head_length, target);
	if (kind == NULL) {
		return WALK_ON;
	}
	if (audit->found++ == FOUND_MAX) {
		audit->cut = true;
		return WALK_STOP;
	}
	add(audit, audit->instance, "store", kind,
		S_ISLNK(mode) ? xasprintf("%s -> %s", entry->untrusted_path, target) : xstrdup(entry->untrusted_path));
	return WALK_ON;
}

static void audit_store(struct audit *audit, int root_fd, const char *name) {
	int instance_fd = beneath_open(root_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	int home_fd = instance_fd >= 0 ? beneath_open(instance_fd, LAYOUT_HOME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0) : -1;
	audit->instance = name;
	audit->found = 0;
	audit->cut = false;
	if (home_fd >= 0) {
		struct walk_result result = walk_tree(home_fd, &walk_glance, audit_entry, audit);
		if (audit->cut || result.cut || result.unreadable > 0) {
			add(audit, name, "store", "more", xstrdup("there is more than could be looked at"));
		}
	}
	fd_close(&home_fd);
	fd_close(&instance_fd);
}

/* ---- showing ---- */

static bool is_chosen(const struct arguments *arguments, const char *name) {
	return arguments->words_len == 0 || strcmp(arguments->words[0], name) == 0;
}

static void print_json(const struct arguments *arguments, const struct audit *audit) {
	struct json json;
	json_init(&json, stdout);
	json_begin_array(&json);
	for (size_t i = 0; i < audit->len; i++) {
		const struct finding *finding = &audit->list[i];
		if (!is_chosen(arguments, finding->instance)) {
			continue;
		}
		json_begin_object(&json);
		json_key(&json, "instance"), json_string(&json, finding->instance);
		json_key(&json, "where"), json_string(&json, finding->where);
		json_key(&json, "kind"), json_string(&json, finding->kind);
		json_key(&json, "what"), json_string(&json, finding->untrusted_what);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_finish(&json);
}

static void print_group(const struct audit *audit, const char *instance) {
	const char *heading = instance[0] != '\0' ? instance : "(shell)", *where = "";
	bool any = false;
	for (size_t i = 0; i < audit->len; i++) {
		const struct finding *finding = &audit->list[i];
		if (strcmp(finding->instance, instance) != 0) {
			continue;
		}
		char *clean = text_clean(
			finding->untrusted_what, strlen(finding->untrusted_what), TEXT_ONE_LINE, text_locale_is_utf8());
		if (!any) {
			printf("%s\n", heading);
		}
		if (strcmp(where, finding->where) != 0) {
			printf("  in the %s\n", finding->where);
		}
		printf("    %-11s %s\n", finding->kind, clean);
		where = finding->where;
		any = true;
		free(clean);
	}
}

/* ---- all of it ---- */

/* The config's instances in its order, then those that only the store has. The caller frees both. */
static char **list_names(const struct arguments *arguments, const struct config *config, int root_fd, size_t *len) {
	size_t kept_len = 0;
	char **kept = root_fd >= 0 ? backup_list_instances(root_fd, &kept_len) : NULL;
	char **names = xcalloc(config->instances_len + kept_len + 1, sizeof(*names));
	*len = 0;
	for (size_t i = 0; i < config->instances_len; i++) {
		if (is_chosen(arguments, config->instances[i].name)) {
			names[(*len)++] = xstrdup(config->instances[i].name);
		}
	}
	for (size_t i = 0; i < kept_len; i++) {
		/* analyzer: NULL only where there are none */
		if (is_chosen(arguments, kept[i]) && config_find_instance(config, kept[i]) == NULL) {
			names[(*len)++] = xstrdup(kept[i]);
		}
		free(kept[i]);
	}
	free(kept);
	return names;
}

static void print(const struct arguments *arguments, const struct audit *audit, char *const *names, size_t len) {
	if (arguments->json) {
		print_json(arguments, audit);
		return;
	}
	if (arguments->words_len == 0) {
		print_group(audit, "");
	}
	for (size_t i = 0; i < len; i++) {
		print_group(audit, names[i]);
	}
}

int audit_run(const struct arguments *arguments) {
	struct places places;
	struct audit audit = { 0 };
	char reason[512];
	int code = places_find(arguments, &places);
	if (code != EXIT_CODE_OK) {
		places_finish(&places);
		return code;
	}
	const struct config *config = places.loaded.config;
	int root_fd = store_enter(places.store, false, reason, sizeof(reason));
	size_t len;
	char **names = list_names(arguments, config, root_fd, &len);
	if (root_fd < 0 && reason[0] != '\0') {
		text_complain("%s", reason);
		code = EXIT_CODE_FAILED;
	} else if (len == 0 && arguments->words_len > 0) {
		text_complain("no instance is called %s: coffer state list lists them", arguments->words[0]);
		code = EXIT_CODE_UNKNOWN;
	} else {
		audit_shell(&audit, &places.loaded);
		for (size_t i = 0; i < len; i++) {
			const struct config_instance *instance = config_find_instance(config, names[i]);
			if (instance != NULL) {
				audit_instance(&audit, instance);
			}
			if (root_fd >= 0) {
				audit_store(&audit, root_fd, names[i]);
			}
		}
		print(arguments, &audit, names, len);
	}
	for (size_t i = 0; i < len; i++) {
		free(names[i]);
	}
	for (size_t i = 0; i < audit.len; i++) {
		free(audit.list[i].instance);
		free(audit.list[i].untrusted_what);
	}
	free(audit.list);
	free(names);
	fd_close(&root_fd);
	places_finish(&places);
	return code;
}
