#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"
#include "ctl/apps.h"
#include "ctl/desktop.h"
#include "ctl/generations.h"

#define APPS_MAX 4096
#define DEPTH_MAX 4
#define SUFFIX ".desktop"

/* Where an instance's programs come from, while its files are read. */
struct search {
	struct apps *apps;
	char **seen; /* ids of files that were there, shown or not: the first of a name holds */
	size_t seen_len;
	int root_fd; /* no link leads out of it */
	const char *const *shares; /* directories in it, the first one first; NULL-terminated */
	const char *locale;
};

/* ---- the root ---- */

/* Opens a path of the root, every link taken as the root's own. -1 where there is nothing. */
static int open_inside(int root_fd, const char *path, int flags) {
	const struct open_how how = {
		/* A FIFO is not waited for. */
		.flags = (unsigned)(flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY)),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	return (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
}

/* A regular file's path outside, or NULL. The caller frees it. */
static char *find_file(int root_fd, const char *path) {
	struct stat status;
	char link[64], target[PATH_MAX];
	char *found = NULL;
	int fd = open_inside(root_fd, path, O_PATH);
	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		ssize_t length = readlink(link, target, sizeof(target) - 1);
		found = length > 0 ? xstrndup(target, (size_t)length) : NULL;
	}
	fd_close(&fd);
	return found;
}

/* ---- icons ---- */

static char *find_icon(const struct search *search, const char *untrusted_icon) {
	static const char *const places[] = {
		"icons/hicolor/scalable/apps",
		"icons/hicolor/256x256/apps",
		"icons/hicolor/128x128/apps",
		"icons/hicolor/64x64/apps",
		"icons/hicolor/48x48/apps",
		"icons/hicolor/32x32/apps",
		"pixmaps",
		NULL,
	};
	static const char *const endings[] = { ".svg", ".png", "", NULL };
	if (untrusted_icon[0] == '/') {
		return find_file(search->root_fd, untrusted_icon);
	}
	if (untrusted_icon[0] == '\0' || strchr(untrusted_icon, '/') != NULL) {
		return NULL;
	}
	char *found = NULL;
	for (const char *const *share = search->shares; *share != NULL; share++) {
		for (const char *const *place = places; *place != NULL; place++) {
			for (const char *const *ending = endings; *ending != NULL && found == NULL; ending++) {
				char *path = xasprintf("%s/%s/%s%s", *share, *place, untrusted_icon, *ending);
				found = find_file(search->root_fd, path);
				free(path);
			}
		}
	}
	return found;
}

/* ---- .desktop files ---- */

static bool is_seen(struct search *search, const char *id) {
	for (size_t i = 0; i < search->seen_len; i++) {
		if (strcmp(search->seen[i], id) == 0) {
			return true;
		}
	}
	search->seen = xrealloc_array(search->seen, search->seen_len + 1, sizeof(*search->seen));
	search->seen[search->seen_len++] = xstrdup(id);
	return false;
}

static struct app *add_app(struct apps *apps) {
	apps->list = xrealloc_array(apps->list, apps->len + 1, sizeof(*apps->list));
	apps->list[apps->len] = (struct app){ 0 };
	return &apps->list[apps->len++];
}

static void read_entry(struct search *search, const char *path, const char *id) {
	struct stat status;
	struct desktop_entry entry;
	size_t length = 0;
	int fd = open_inside(search->root_fd, path, O_RDONLY);
	bool is_file = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
	char *untrusted_text = is_file ? fd_read_all(fd, DESKTOP_SIZE_MAX, &length) : NULL;
	if (untrusted_text != NULL && desktop_parse(untrusted_text, length, search->locale, &entry)) {
		struct app *app = add_app(search->apps);
		app->id = xstrdup(id);
		app->name = entry.name;
		app->icon = entry.icon;
		app->icon_file = find_icon(search, entry.icon);
		app->words = entry.words;
		app->words_len = entry.words_len;
		app->terminal = entry.terminal;
	}
	free(untrusted_text);
	fd_close(&fd);
}

/* A directory that is being read, and those that led there. */
struct passed {
	const struct passed *outer;
	dev_t device;
	ino_t inode;
	int depth;
};

/* Returns false where a link has led back, or too deep. */
static bool pass(int fd, const struct passed *outer, struct passed *here) {
	struct stat status;
	if (fd < 0 || fstat(fd, &status) != 0) {
		return false;
	}
	*here = (struct passed){ outer, status.st_dev, status.st_ino, outer != NULL ? outer->depth + 1 : 0 };
	for (; outer != NULL; outer = outer->outer) {
		if (outer->device == here->device && outer->inode == here->inode) {
			return false;
		}
	}
	return here->depth <= DEPTH_MAX;
}

/* prefix: of the ids, "kde-" for what lies in kde/. */
static void read_directory(struct search *search, const char *path, const char *prefix, const struct passed *outer) {
	/* Of an id's: it is a word of a line that people and scripts read. */
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+@:,-";
	int fd = open_inside(search->root_fd, path, O_RDONLY | O_DIRECTORY);
	struct passed here;
	DIR *directory = pass(fd, outer, &here) ? fdopendir(fd) : NULL;
	if (directory == NULL) {
		fd_close(&fd);
		return;
	}
	for (struct dirent *entry; search->seen_len < APPS_MAX && (entry = readdir(directory)) != NULL;) {
		const char *untrusted_name = entry->d_name;
		size_t length = strlen(untrusted_name);
		if (untrusted_name[0] == '.' || untrusted_name[strspn(untrusted_name, letters)] != '\0') {
			continue;
		}
		char *inner = xasprintf("%s/%s", path, untrusted_name);
		bool is_entry = length > strlen(SUFFIX) && strcmp(untrusted_name + length - strlen(SUFFIX), SUFFIX) == 0;
		if (is_entry) {
			char *id = xasprintf("%s%s", prefix, untrusted_name);
			if (!is_seen(search, id)) {
				read_entry(search, inner, id);
			}
			free(id);
		} else {
			char *longer = xasprintf("%s%s-", prefix, untrusted_name);
			read_directory(search, inner, longer, &here);
			free(longer);
		}
		free(inner);
	}
	closedir(directory);
}

static int by_name(const void *a, const void *b) {
	const struct app *first = a, *second = b;
	int order = strcoll(first->name, second->name);
	return order != 0 ? order : strcmp(first->id, second->id);
}

static void read_shares(struct search *search, const char *root) {
	size_t before = search->apps->len;
	search->root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (const char *const *share = search->shares; *share != NULL; share++) {
		char *path = xasprintf("%s/applications", *share);
		read_directory(search, path, "", NULL);
		free(path);
	}
	fd_close(&search->root_fd);
	if (search->apps->len > before) {
		qsort(search->apps->list + before, search->apps->len - before, sizeof(*search->apps->list), by_name);
	}
	for (size_t i = 0; i < search->seen_len; i++) {
		free(search->seen[i]);
	}
	free(search->seen);
}

/* ---- all of an instance ---- */

/* As setlocale() would take it, installed or not. */
static const char *find_language(void) {
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		if (value != NULL && value[0] != '\0') {
			return value;
		}
	}
	return NULL;
}

static void add_own(const struct config_instance *instance, struct apps *apps) {
	for (size_t i = 0; i < instance->apps_len; i++) {
		const struct config_app *own = &instance->apps[i];
		struct app *app = add_app(apps);
		app->id = xstrdup(own->name);
		app->name = xstrdup(own->name);
		app->icon = xstrdup("");
		app->words = xcalloc(own->argv.len + 1, sizeof(*app->words));
		app->words_len = own->argv.len;
		for (size_t k = 0; k < own->argv.len; k++) {
			app->words[k] = xstrdup(own->argv.words[k]);
		}
	}
}

void apps_find(const struct places *places, const struct config_instance *instance, struct apps *apps) {
	static const char *const system[] = { "/usr/local/share", "/usr/share", NULL };
	*apps = (struct apps){ 0 };
	add_own(instance, apps);
	struct search search = { .apps = apps, .shares = system, .locale = find_language() };
	if (!instance->root_is_closure) {
		read_shares(&search, strcmp(instance->root, "host") == 0 ? "/" : instance->root);
		return;
	}
	/* Its links lead elsewhere in the store, by the paths of the whole machine. */
	char *root = generations_find_root(places, instance);
	if (root != NULL) {
		char *share = xasprintf("%s/sw/share", root);
		const char *const shares[] = { share, NULL };
		search.shares = shares;
		read_shares(&search, "/");
		free(share);
	}
	free(root);
}

void apps_finish(struct apps *apps) {
	for (size_t i = 0; i < apps->len; i++) {
		struct app *app = &apps->list[i];
		for (size_t k = 0; k < app->words_len; k++) {
			free(app->words[k]);
		}
		free(app->words);
		free(app->id);
		free(app->name);
		free(app->icon);
		free(app->icon_file);
	}
	free(apps->list);
	*apps = (struct apps){ 0 };
}
