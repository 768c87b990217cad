#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/memory.h"
#include "base/name.h"
#include "ctl/generations.h"
#include "ctl/json.h"
#include "ctl/places.h"
#include "ctl/table.h"
#include "ctl/text.h"
#include "wire/control.h"

#define NUMBER_MAX 1000000000

struct generation {
	long number;
	int64_t made; /* seconds since 1970 */
	char *path; /* in the store; NULL where the link cannot be read */
};

/* An instance, and what its profile holds. */
struct profile {
	struct places places;
	const struct config_instance *instance;
	char *directory, *name, *path; /* DIRECTORY/NAME is PATH */
	struct generation *list; /* by number */
	size_t len;
	long current; /* the number; 0 where there is no profile */
};

/* ---- the profile ---- */

/* Beside the state store: both are below $XDG_STATE_HOME. The caller frees it. */
static char *find_profiles(const struct places *places) {
	const char *store = store_get_path(places->store);
	return xasprintf("%.*s/nix/profiles", (int)(strrchr(store, '/') - store), store);
}

char *generations_find_root(const struct places *places, const struct config_instance *instance) {
	struct stat status;
	char *profiles = find_profiles(places);
	char *profile = xasprintf("%s/cofferdam-%s", profiles, instance->name);
	char *root = realpath(lstat(profile, &status) == 0 ? profile : instance->root, NULL);
	free(profile);
	free(profiles);
	return root;
}

static char *read_link(const char *path) {
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	return length > 0 ? xstrndup(target, (size_t)length) : NULL;
}

/* The number in NAME-N-link, or 0. */
static long read_number(const char *untrusted_name, const char *name) {
	size_t length = strlen(name);
	if (strncmp(untrusted_name, name, length) != 0 || untrusted_name[length] != '-') {
		return 0;
	}
	char *end;
	const char *digits = untrusted_name + length + 1;
	if (digits[0] < '1' || digits[0] > '9') {
		return 0;
	}
	errno = 0;
	long number = strtol(digits, &end, 10);
	return errno == 0 && number < NUMBER_MAX && strcmp(end, "-link") == 0 ? number : 0;
}

static int by_number(const void *a, const void *b) {
	long first = ((const struct generation *)a)->number, second = ((const struct generation *)b)->number;
	return (first > second) - (first < second);
}

static void read_generations(struct profile *profile) {
	DIR *directory = opendir(profile->directory);
	for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
		struct stat status;
		long number = read_number(entry->d_name, profile->name);
		char *path = xasprintf("%s/%s", profile->directory, entry->d_name);
		if (number > 0 && lstat(path, &status) == 0 && S_ISLNK(status.st_mode)) {
			profile->list = xrealloc_array(profile->list, profile->len + 1, sizeof(*profile->list));
			profile->list[profile->len++] = (struct generation){
				.number = number, .made = status.st_mtime, .path = read_link(path)
			};
		}
		free(path);
	}
	if (directory != NULL) {
		closedir(directory);
	}
	if (profile->len > 0) {
		qsort(profile->list, profile->len, sizeof(*profile->list), by_number);
	}
	char *target = read_link(profile->path);
	const char *last = target != NULL ? strrchr(target, '/') : NULL;
	profile->current = target != NULL ? read_number(last != NULL ? last + 1 : target, profile->name) : 0;
	free(target);
}

static const struct generation *find_current(const struct profile *profile) {
	for (size_t i = 0; i < profile->len; i++) {
		if (profile->list[i].number == profile->current) {
			return &profile->list[i];
		}
	}
	return NULL;
}

static void profile_finish(struct profile *profile) {
	for (size_t i = 0; i < profile->len; i++) {
		free(profile->list[i].path);
	}
	free(profile->list);
	free(profile->directory);
	free(profile->name);
	free(profile->path);
	places_finish(&profile->places);
}

/* Finds the instance and reads its profile. The caller calls profile_finish() either way. */
static int profile_open(const struct arguments *arguments, struct profile *profile) {
	const char *name = arguments->words[0];
	*profile = (struct profile){ 0 };
	int code = places_find(arguments, &profile->places);
	if (code != EXIT_CODE_OK) {
		return code;
	}
	profile->instance = name_is_valid(name) ? config_find_instance(profile->places.loaded.config, name) : NULL;
	if (profile->instance == NULL) {
		text_complain("there is no instance '%s' in %s", name, profile->places.config_path);
		return EXIT_CODE_UNKNOWN;
	}
	if (!profile->instance->root_is_closure) {
		text_complain("%s has no generations: its programs come from %s, which is updated like any other system", name,
			profile->instance->root);
		return EXIT_CODE_FAILED;
	}
	profile->directory = find_profiles(&profile->places);
	profile->name = xasprintf("cofferdam-%s", name);
	profile->path = xasprintf("%s/%s", profile->directory, profile->name);
	read_generations(profile);
	return EXIT_CODE_OK;
}

/* ---- changing it ---- */

/* Runs nix-env, whose messages are the person's to read; its output is none of ours. */
static bool run_nix(const struct profile *profile, const char *action, const char *path) {
	directory_make(profile->directory, 0755);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execlp("nix-env", "nix-env", "--profile", profile->path, action, path, (char *)NULL);
		text_complain("nix-env: %s: it is a part of Nix", strerror(errno));
		_exit(EXIT_CODE_FAILED);
	}
	int status;
	while (pid > 0 && waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR) {
			return false;
		}
	}
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Does it, and says which generation it is now. */
static int change(struct profile *profile, const char *action, const char *path) {
	if (!run_nix(profile, action, path)) {
		text_complain("%s stays as it is: nix-env has failed", profile->instance->name);
		return EXIT_CODE_FAILED;
	}
	for (size_t i = 0; i < profile->len; i++) {
		free(profile->list[i].path);
	}
	profile->len = 0;
	read_generations(profile);
	printf("%s: generation %ld, from its next start on\n", profile->instance->name, profile->current);
	return EXIT_CODE_OK;
}

/* What the config names, links followed, where it looks like a root. The caller frees it. */
static char *find_offered(const struct profile *profile) {
	const char *root = profile->instance->root;
	char *offered = realpath(root, NULL);
	if (offered == NULL) {
		text_complain("%s: %s: build it first", root, strerror(errno));
		return NULL;
	}
	char *list = xasprintf("%s/store-paths", offered);
	bool is_root = access(list, R_OK) == 0;
	free(list);
	if (!is_root) {
		text_complain("%s is no instance's root: nix/root.nix makes one", offered);
		free(offered);
		return NULL;
	}
	return offered;
}

int generations_update(const struct arguments *arguments) {
	struct profile profile;
	char *offered = NULL;
	int code = profile_open(arguments, &profile);
	if (code == EXIT_CODE_OK && (offered = find_offered(&profile)) == NULL) {
		code = EXIT_CODE_FAILED;
	}
	if (code != EXIT_CODE_OK) {
		goto out;
	}
	const struct generation *current = find_current(&profile);
	if (current != NULL && current->path != NULL && strcmp(current->path, offered) == 0) {
		printf("%s: generation %ld is what the config names: nothing to do\n", profile.instance->name, profile.current);
	} else {
		code = change(&profile, "--set", offered);
	}
out:
	free(offered);
	profile_finish(&profile);
	return code;
}

int generations_rollback(const struct arguments *arguments) {
	struct profile profile;
	int code = profile_open(arguments, &profile);
	if (code == EXIT_CODE_OK) {
		bool has_earlier = profile.len > 0 && profile.current > profile.list[0].number;
		if (has_earlier) {
			code = change(&profile, "--rollback", NULL);
		} else {
			text_complain("%s has no generation before this one", profile.instance->name);
			code = EXIT_CODE_FAILED;
		}
	}
	profile_finish(&profile);
	return code;
}

/* ---- showing it ---- */

static void list_as_json(const struct profile *profile) {
	struct json json;
	json_init(&json, stdout);
	json_begin_array(&json);
	for (size_t i = 0; i < profile->len; i++) {
		const struct generation *generation = &profile->list[i];
		json_begin_object(&json);
		json_key(&json, "number"), json_int(&json, generation->number);
		json_key(&json, "made"), json_int(&json, generation->made);
		json_key(&json, "path"), json_string(&json, generation->path != NULL ? generation->path : "");
		json_key(&json, "current"), json_bool(&json, generation->number == profile->current);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_finish(&json);
}

static const struct table_column list_columns[] = {
	{ .heading = "GENERATION", .right = true },
	{ .heading = "MADE" },
	{ .heading = "CURRENT", .optional = true },
	{ .heading = "PATH" },
};

static void list_as_table(const struct profile *profile) {
	if (profile->len == 0) {
		printf("%s has no generations yet, and starts from what the config names: coffer update %s makes the first\n",
			profile->instance->name, profile->instance->name);
		return;
	}
	struct table *table = table_create(
		list_columns, sizeof(list_columns) / sizeof(list_columns[0]), text_locale_is_utf8());
	for (size_t i = 0; i < profile->len; i++) {
		const struct generation *generation = &profile->list[i];
		char made[32] = "";
		time_t time = (time_t)generation->made;
		struct tm tm;
		if (localtime_r(&time, &tm) != NULL) {
			strftime(made, sizeof(made), "%Y-%m-%d %H:%M", &tm);
		}
		table_add_number(table, (unsigned)generation->number);
		table_add(table, made);
		table_add(table, generation->number == profile->current ? "current" : "");
		table_add(table, generation->path != NULL ? generation->path : "");
	}
	table_print(table, stdout);
	table_destroy(table);
}

int generations_list(const struct arguments *arguments) {
	struct profile profile;
	int code = profile_open(arguments, &profile);
	if (code == EXIT_CODE_OK) {
		(arguments->json ? list_as_json : list_as_table)(&profile);
	}
	profile_finish(&profile);
	return code;
}
